report: "workflow/report/workflow.rst"


include: "workflow/rules/config.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/targets.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/perturb.smk"
include: "workflow/rules/finetune.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/explore.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/efficiency.smk"
include: "workflow/rules/plan.smk"


from snakemake.logging import logger

from jobs import arrays, logs, quantisation, summary
from ner_pruning.files import check_writable

logs.write_utf8(logger.handlers)
JOB_EVENTS = summary.JobEvents()
MOVED = workflow.overwrite_workdir is not None  # from the folder of the call, by --directory
RESULTS = Path("results") / config["study"]
REPORT_CALL = summary.report_call(
    OVERLAYS,
    GIVEN_VALUES,
    snakefile=next(workflow.included).get_path_or_uri(secret_free=True),
    directory=workflow.overwrite_workdir,
)


onstart:
    logger.addHandler(JOB_EVENTS)
    check_writable(RESULTS)
    with one_line_errors():
        arrays.refuse_arrays(workflow.executor_settings)
    if not workflow.touch:  # which records results as made, and makes none
        with one_line_errors():
            quantisation.check_package(workflow.dag.needrun_jobs(), IN_CONDA)


onsuccess:
    results = RESULTS.absolute() if MOVED else RESULTS
    logger.info(summary.success(config["study"], str(results), len(get_runs()), JOB_EVENTS, REPORT_CALL))


onerror:
    logger.info(summary.failure(config["study"], JOB_EVENTS, log, summary.this_call(sys.argv[1:], MOVED)))


rule all:
    input:
        get_claims(),
        get_tables(),
        get_figures(),
        get_scores(),
        get_diagnosis(),
        get_explore(),
        get_study_config(),


rule data:
    input:
        get_data(),


rule perturbed:
    input:
        get_perturbed_sets(),


rule models:
    input:
        get_models(),


rule scores:
    input:
        get_scores(),


rule tables:
    input:
        get_tables(),


rule figures:
    input:
        get_figures(),


rule export:
    input:
        get_exports,


rule efficiency:
    input:
        [f"<results>/tables/efficiency.{suffix}" for suffix in ("csv", "md", "tex", "html")],
        [f"<results>/figures/efficiency.{suffix}" for suffix in ("pdf", "png", "svg")],


rule publish:
    input:
        PUBLISHED_STUDY,
