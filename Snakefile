report: "workflow/report/workflow.rst"


include: "workflow/rules/config.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/perturb.smk"
include: "workflow/rules/finetune.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/plan.smk"


onstart:
    logger.addHandler(JOB_EVENTS)
    check_writable(RESULTS)


onsuccess:
    results = RESULTS if workflow.overwrite_workdir is None else RESULTS.absolute()
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


rule publish:
    input:
        PUBLISHED_STUDY,
