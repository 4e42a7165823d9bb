"""Validation, the study grid, input functions named by what they return, wildcard constraints, digests."""

import gc
import itertools
import sys
from functools import cache
from pathlib import Path

import yaml
from snakemake.common.configfile import load_configfile
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import update_config

from jobs import gpus, logs, overlays, summary
from ner_pruning.study import job_resources as resources
from ner_pruning.study import grid as study
from ner_pruning import terms
from ner_pruning.study.config import check_config, check_repeated_keys, make_floats
from ner_pruning.files import InputError, check_writable
from ner_pruning.study.code_digest import code_digest, environment_pins, lock_digest
from ner_pruning.study.languages import pool_languages, read_languages
from ner_pruning.study.layout import ENCODER_FILES
from ner_pruning.claims.paper_scores import cells_of_study, check_reference, read_published, read_reference
from ner_pruning.data.sources import SPLITS, encoder_files, source_files
from ner_pruning.terms import DENSE, parse_variant, variant_names

# Neither Snakemake's modules nor its graph of jobs become garbage: without these lines every full collection walks them,
# a tenth of the time that planning takes, and more of it the larger the study is.
gc.freeze()
gc.set_threshold(*gc.get_threshold()[:2], 1000)

OVERLAYS, GIVEN_VALUES = workflow.overwrite_configfiles, workflow.config_settings.config_args or []
if IN_MODULE:  # they are laid on the config of the workflow that uses this one
    OVERLAYS, GIVEN_VALUES, OWN_CONFIG = [], [], []
try:
    if workflow.is_main_process and not IN_MODULE:
        overlays.check_given_once(sys.argv[1:])
    for path in workflow.configfiles:
        check_repeated_keys(Path(path).read_text(encoding="utf-8"), str(path))
    VALUES = overlays.read_values(GIVEN_VALUES)
    overlays.check_study({path: load_configfile(path) for path in [*OWN_CONFIG, *OVERLAYS]}, VALUES)
except InputError as error:
    raise SystemExit(f"Error: {error}") from None
if VALUES:  # from the start, because Snakemake has laid its own reading of them on the config
    config.clear()
    replaced = workflow.config_settings.replace_workflow_config
    for path in [*([] if replaced else workflow.configfiles[len(OVERLAYS) :]), *OVERLAYS]:
        update_config(config, load_configfile(path))
    update_config(config, VALUES)

LANGUAGES_FILE = get_own_file("resources/languages.tsv")
PUBLISHED_FILE = get_own_file("resources/paper_f1.csv")
PUBLISHED_STUDY = f"docs/{config['study']}/results"
PLAN = f"results/{config['study']}/plan.json"  # of `snakemake plan`, a record that no result depends on
PREFIXED = str(workflow.modifier.modify_path(PLAN)) != PLAN  # in a module that says so

SCHEMA = yaml.safe_load(Path(ROOT, "workflow", "schemas", "config.schema.yaml").read_text(encoding="utf-8"))

try:
    TABLE = read_languages(LANGUAGES_FILE)
    check_config(config, SCHEMA, TABLE)
    make_floats(config, SCHEMA)
    LOCAL_FILES = {}  # looked for before any job runs
    PUBLISHED = read_published(PUBLISHED_FILE)
    if config["data"]["source"] == "local":
        LOCAL_FILES = {code: source_files(config["data"]["folder"], code) for code in config["languages"]}
        folders.check_inputs(itertools.chain.from_iterable(LOCAL_FILES.values()), "a file of `data: folder`")
    if config["encoder"]["source"] == "local":
        LOCAL_ENCODER = encoder_files(config["encoder"]["folder"])
        folders.check_inputs(LOCAL_ENCODER, "a file of `encoder: folder`")
    if config["reference"]:
        folders.check_inputs([config["reference"]], "`reference`")
        check_reference(read_reference(config["reference"]), config["languages"], config["reference"])
except InputError as error:
    raise SystemExit(f"Error: {error}") from None

LANGUAGES = config["languages"]
TRAINING_SETS = study.training_sets(config)
VARIANTS = variant_names(config["pruning"]["scopes"], config["pruning"]["sparsities"])
PERTURBATIONS = config["perturbations"]
SYNTHETIC = config["data"]["source"] == "synthetic"
ENCODER_NAME = {
    "hub": config["encoder"]["name"],
    "local": Path(config["encoder"]["folder"] or "").name,
    "random": "random weights",
}[config["encoder"]["source"]]
ENCODER_ORIGIN = {
    "hub": config["encoder"]["name"],
    "local": config["encoder"]["folder"],
    "random": None,
}[config["encoder"]["source"]]
# What tables and figures say of where their numbers come from; those of the data alone name no encoder.
DATA_PROVENANCE = {"demo": SYNTHETIC, "study": config["study"]}
PROVENANCE = DATA_PROVENANCE | {"encoder": ENCODER_NAME}
DATASET_NAME = {
    "hub": config["data"]["repository"],
    "local": Path(config["data"]["folder"] or "").name,
    "synthetic": "synthetic text",
}[config["data"]["source"]]
HUB_IDS = {
    "base_model": ENCODER_NAME if config["encoder"]["source"] == "hub" else None,
    "datasets": [DATASET_NAME] if config["data"]["source"] == "hub" else None,
}
GPUS = resources.gpus(config["finetuning"]["device"])
CONDA_PINS = []  # of the environment that jobs run in, if Snakemake makes it
if DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method:
    ENVIRONMENT = Path(ROOT, "envs", "study.yaml").read_text(encoding="utf-8")
    CONDA_PINS = environment_pins(yaml.safe_load(ENVIRONMENT))
LOCK = lock_digest(ROOT / "requirements.lock", CONDA_PINS)

# Of the jobs on this machine only so many start as find a GPU: others would hold a core while they wait for one. What
# --resources says goes first, and a cluster knows its own GPUs.
if workflow.is_main_process and workflow.nodes is None:
    SLOTS = gpus.gpu_slots(config["finetuning"]["device"], config["jobs_per_gpu"])
    if SLOTS:
        workflow.global_resources.setdefault("gpu", SLOTS)

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


pathvars:
    results=f"results/{config['study']}",


wildcard_constraints:
    language="|".join(LANGUAGES),
    training_set="|".join(TRAINING_SETS),
    variant="|".join(VARIANTS),
    seed="|".join(str(seed) for seed in config["seeds"]),
    perturbation="|".join(terms.PERTURBATIONS),


@cache
def version_of(script):
    """Return what makes the results of a script stale besides its input and parameters: its code and the lock."""
    return f"{code_digest(SCRIPTS / f'{script}.py', SCRIPTS / 'ner_pruning')} {LOCK}"


def sorted_values(value):
    """Return plain values, each mapping in them with sorted keys: Snakemake compares parameters by how they print."""
    if isinstance(value, dict):
        return {key: sorted_values(inner) for key, inner in sorted(value.items())}
    return [sorted_values(inner) for inner in value] if isinstance(value, list) else value


# The study grid


@cache
def get_pool(language, perturbation):
    return pool_languages(language, perturbation, LANGUAGES, TABLE, config["replacement"]["own_language"])


@cache
def get_perturbations(language):
    """Return the perturbations of the study that exist for a language: it is not alone in its group."""
    return [perturbation for perturbation in PERTURBATIONS if get_pool(language, perturbation)]


def get_test_sets(language):
    """Return what a language is evaluated on: validation, and the test sets that exist for it."""
    return [terms.VALIDATION, terms.REGULAR, *get_perturbations(language)]


def get_runs():
    """Return every run of the study."""
    return study.study_runs(config)


def plain(runs):
    """Return runs as plain tuples, for parameters: their text is compared, and a script reads them from a pickle."""
    return [tuple(run) for run in runs]


# Paths


def get_corpus_path(part, language):
    """Return the corpus of a split or test set."""
    if part in terms.PERTURBATIONS:
        return f"<results>/perturbed/{part}/{language}.parquet"
    return f"<results>/data/{language}/{'test' if part == terms.REGULAR else part}.parquet"


def get_run_path(training_set, variant, seed, name):
    return f"<results>/runs/{training_set}/{variant}/seed-{seed}/{name}"


def get_benchmark(rule, training_set, variant, seed):
    """Return what Snakemake writes of a job's time."""
    return f"<results>/benchmarks/{rule}/{training_set}/{variant}/seed-{seed}.tsv"


# Input functions and parameters


def get_source(wildcards):
    """Return what a language's data is read from: the resolved revision, the files of the folder, or nothing."""
    if config["data"]["source"] == "hub":
        return {"resolved": "<results>/data/source.json"}
    if config["data"]["source"] == "local":
        return {"files": [local(str(path)) for path in LOCAL_FILES[wildcards.language]]}
    return {}


def get_encoder_source(wildcards):
    """Return what the encoder is made from: the resolved revision, the folder's files, or the training text."""
    if config["encoder"]["source"] == "hub":
        return {"commit": "<results>/encoder/source.json"}
    if config["encoder"]["source"] == "local":
        return {"files": [local(str(path)) for path in LOCAL_ENCODER]}
    return {"train": [get_corpus_path("train", language) for language in LANGUAGES]}


def get_encoder_sizes(wildcards):
    """Return the seed and sizes of an encoder with random weights, None for a pretrained one."""
    return sorted_values(config["encoder"]["random"]) if config["encoder"]["source"] == "random" else None


def get_expected_sizes(wildcards):
    return sorted_values(study.expected_sizes(wildcards.language, config, TABLE))


def get_synthetic(wildcards):
    """Return the size of each synthetic split and the seed, None for real data."""
    if not SYNTHETIC:
        return None
    return {"seed": config["data"]["synthetic"]["seed"], "sizes": get_expected_sizes(wildcards)}


def get_pool_paths(wildcards):
    """Return the splits whose mentions replace those of a language's test set."""
    split = config["replacement"]["pool_split"]
    return [f"<results>/data/{language}/{split}.parquet" for language in get_pool(**wildcards)]


def get_pool_languages(wildcards):
    return get_pool(**wildcards)


def get_sentences(wildcards):
    """Return the encoded training sentences of a training set."""
    return [f"<results>/encoded/train/{language}.parquet" for language in get_languages(wildcards)]


def get_training_corpora(wildcards):
    return [get_corpus_path("train", language) for language in get_languages(wildcards)]


def get_schedules(wildcards):
    """Return what a run reads of the schedules that may apply to it: a dense one the batch size; of the last no limit."""
    rows = [dict(row) for row in study.possible_schedules(wildcards.training_set, config, TABLE)]
    del rows[-1]["up_to"]
    unread = ("start", "end", "frequency") if wildcards.variant == DENSE else ()
    return sorted_values([{key: value for key, value in row.items() if key not in unread} for row in rows])


def get_pruning(wildcards):
    """Return what a run reads of how it is pruned: a dense one nothing, a partial one nothing of the embeddings."""
    if wildcards.variant == DENSE:
        return None
    scope, _ = parse_variant(wildcards.variant)
    unread = ["sparsities", "scopes"] + (["position_embeddings"] if scope == "partial" else [])
    return sorted_values({key: value for key, value in config["pruning"].items() if key not in unread})


def get_evaluation_names(wildcards):
    return get_test_sets(wildcards.language)


def get_evaluation_corpora(wildcards):
    """Return the corpora that a language is evaluated on."""
    return [get_corpus_path(name, wildcards.language) for name in get_test_sets(wildcards.language)]


def get_languages(wildcards):
    """Return the languages that a training set holds, and that its runs are evaluated on."""
    return study.training_languages(wildcards.training_set, config)


def get_encoded_evaluation(wildcards):
    return [f"<results>/encoded/evaluation/{language}.parquet" for language in get_languages(wildcards)]


def get_evaluation(wildcards):
    return [f"<results>/evaluation/{language}.parquet" for language in get_languages(wildcards)]


def get_evaluated_languages():
    """Return the languages that any run is evaluated on, in the order of the study."""
    return LANGUAGES if config["multilingual"] else [code for code in LANGUAGES if code in config["monolingual"]]


def get_scripts(wildcards):
    """Return the path of each rule's script, of those that have one, by the name of the rule in this workflow."""
    named = {name: proxy.rule for name, proxy in rules._rules.items()}  # a module may have other names for them
    return {name: str(SCRIPTS / Path(rule.script).name) for name, rule in named.items() if rule.script}


def get_planned_encoder(wildcards):
    """Return what a plan is measured with; of a module whose results lie elsewhere it could not say what is left."""
    if PREFIXED:
        raise SystemExit("Error: plan: not of a module with a prefix; expected `snakemake plan` of the workflow itself")
    return ["<results>/encoder/config.json", "<results>/encoder/model.safetensors"]


def get_evaluated_perturbed():
    """Return (perturbation, language) of the perturbed sets that any run is evaluated on."""
    return [
        (perturbation, language)
        for perturbation in PERTURBATIONS
        for language in get_evaluated_languages()
        if perturbation in get_perturbations(language)
    ]


def get_claims_input(wildcards):
    """Return what the claims are tested on where the study has it: overlap of multilingual training, F1 by others."""
    files = {"overlap": f"<results>/overlap/{terms.MULTILINGUAL}.csv"} if config["multilingual"] else {}
    return files | ({"reference": local(config["reference"])} if config["reference"] else {})


def get_number(wildcards):
    """Return the number of a table."""
    return int(wildcards.number)


def get_table_languages(wildcards):
    """Return the languages of one of tables 2-9: tables 2-5 are multilingual, 6-9 monolingual."""
    return LANGUAGES if int(wildcards.number) <= 5 else config["monolingual"]


def get_curve_runs():
    return study.shown_runs(config)


def get_map_runs():
    return study.mapped_runs(config)


def get_published_cells():
    """Return the cells of the paper's tables that the study measures too."""
    return cells_of_study(PUBLISHED, config)


# Resources, which a cluster is asked for: they make no result stale, and a local run has no limit on any but GPUs


def get_training_minutes(wildcards, attempt):
    steps = resources.expected_steps(wildcards.training_set, config, TABLE)
    return resources.training_minutes(steps, GPUS, attempt)


def get_training_megabytes(wildcards, attempt):
    return resources.training_megabytes(wildcards.variant, len(get_languages(wildcards)), attempt)


def get_prediction_minutes(wildcards, attempt):
    sizes = {language: study.expected_sizes(language, config, TABLE) for language in get_languages(wildcards)}
    sentences = sum(
        size["validation"] + size["test"] * (1 + len(get_perturbations(language))) for language, size in sizes.items()
    )
    return resources.prediction_minutes(sentences, GPUS, attempt)


def get_prediction_megabytes(wildcards, attempt):
    return resources.prediction_megabytes(attempt)


FIGURES = {
    "figure-1": "monolingual and multilingual models",
    "figure-2": "sparse and dense models, by training size",
    "figure-3": "perturbed and regular test sets",
    "figure-4": "families",
    "figure-5": "scripts",
    "figure-6": "training sizes, in-language",
    "figure-7": "families, in-language",
    "figure-8": "scripts, in-language",
    "figure-9": "entity overlap",
    "languages": "F1 of each language",
    "novelty": "unseen mentions",
}
"""What the figures of rule `figure` show, for the report; the first nine are the paper's."""


def get_figure_labels(wildcards):
    number = wildcards.figure.removeprefix("figure-")
    return {"figure": number if number.isdecimal() else "beyond the paper", "shows": FIGURES[wildcards.figure]}


def get_table_labels(number, shows):
    """Return how the report lists one of the paper's tables.

    The report sorts labels as text: a figure space, as wide as a digit, puts 2 before 10.
    """
    return {"table": number.rjust(2, "\N{FIGURE SPACE}"), "shows": shows}


def get_f1_labels(wildcards):
    return get_table_labels(wildcards.number, ", ".join(terms.F1_TABLES[int(wildcards.number)]))


def get_example_labels(wildcards):
    return get_table_labels(wildcards.number, f"perturbed sentences, {get_example_language(wildcards)}")


def get_example_language(wildcards):
    return get_example_languages()[int(wildcards.number)]


def get_example_test(wildcards):
    return get_corpus_path(terms.REGULAR, get_example_language(wildcards))


def get_example_perturbed(wildcards):
    return get_corpus_path(terms.IN_LANGUAGE, get_example_language(wildcards))


# Targets


def get_data():
    files = [f"<results>/data/{language}/{split}.parquet" for language in LANGUAGES for split in SPLITS]
    return files + [f"<results>/data/{language}/card.json" for language in LANGUAGES]


def get_perturbed_sets():
    return [
        get_corpus_path(perturbation, language)
        for language in LANGUAGES
        for perturbation in get_perturbations(language)
    ]


def get_models():
    return [get_run_path(*run, "weights.safetensors.zst") for run in get_runs()]


def get_exports(wildcards):
    """Return the folders of the runs that are to be exported."""
    if not config["export"]:
        raise SystemExit("Error: config: export: [] names no run; expected some, such as hi/dense/seed-1")
    return [f"<results>/export/{run}" for run in config["export"]]


def get_scores():
    return [f"<results>/{name}.{suffix}" for name in ("scores", "intervals") for suffix in ("parquet", "csv")]


def get_claims():
    return [f"<results>/claims.{suffix}" for suffix in ("csv", "md", "html")]


def get_study_config():
    return ["<results>/config.yaml", "<results>/config.html"]


def get_diagnosis():
    """Return the diagnosis of perturbed scores near their chance floor; none in a study without perturbed test sets."""
    return [f"<results>/diagnosis.{suffix}" for suffix in ("csv", "md", "html")] if PERTURBATIONS else []


def get_f1_tables():
    """Return the numbers of tables 2-9 that the study has: by setting, test set and scope, as in the paper."""
    settings = {terms.MULTILINGUAL: config["multilingual"], terms.MONOLINGUAL: bool(config["monolingual"])}
    scopes = config["pruning"]["scopes"] or ["partial"]  # a study of dense models has one table
    return [
        number
        for number, (setting, test_set, scope) in terms.F1_TABLES.items()
        if settings[setting] and scope in scopes and test_set in (terms.REGULAR, *PERTURBATIONS)
    ]


def get_example_languages():
    """Return the languages of tables 10 and 11 that the study has a perturbed test set of, by table number."""
    languages = {10 + place: language for place, language in enumerate(config["tables"]["examples"])}
    if terms.IN_LANGUAGE not in PERTURBATIONS:
        return {}
    return {number: language for number, language in languages.items() if language in LANGUAGES}


def get_tables():
    numbers = [1, *get_f1_tables(), *get_example_languages()]
    names = [f"table-{number}" for number in numbers] + (["published"] if get_published_cells() else []) + ["runs"]
    names += ["plan"] if Path(PLAN).exists() and not PREFIXED else []  # how far it was right
    return [f"<results>/tables/{name}.{suffix}" for name in names for suffix in ("csv", "md", "tex", "html")]


def get_figure_names():
    """Return the figures that the study has: 2 and 4-8 need sparse models, 6-8 and those of fractions perturbed sets."""
    sparse = bool(config["pruning"]["scopes"])
    in_language = terms.IN_LANGUAGE in PERTURBATIONS
    needs = dict.fromkeys(("figure-3", "novelty"), bool(PERTURBATIONS))
    needs |= dict.fromkeys(("figure-2", "figure-4", "figure-5"), sparse)
    needs |= dict.fromkeys(("figure-6", "figure-7", "figure-8"), sparse and in_language)
    return [name for name in FIGURES if needs.get(name, True)]


def get_figures():
    names = get_figure_names()
    names += ["published"] if get_published_cells() else []
    names += ["training-curves"] + (["sparsity"] if get_map_runs() else [])
    return [f"<results>/figures/{name}.{suffix}" for name in names for suffix in ("pdf", "png", "svg")]


def get_published_files():
    """Return what of a study is small and worth keeping in the repository: scores, claims, tables, figures, config."""
    files = [*get_scores(), *get_claims(), *get_diagnosis(), *get_study_config(), *get_tables(), *get_figures()]
    return [file for file in files if file.endswith((".csv", ".md", ".yaml", ".png", ".svg"))]
