"""The study as all rules know it: its checked config, languages, runs and paths, and digests of the code."""

import gc
from functools import cache
from pathlib import Path

import yaml
from snakemake.settings.types import DeploymentMethod

from jobs import gpus, quantisation
from jobs.study_files import check_study_files
from ner_pruning import terms
from ner_pruning.machine import processor_name
from ner_pruning.study import contents, grid, methods
from ner_pruning.study import job_resources as resources
from ner_pruning.study.code_digest import code_digest, environment_pins, lock_digest
from ner_pruning.study.data_form import SPLITS, WIKIANN, DataForm, data_of_language, sources
from ner_pruning.study.languages import pool_languages
from ner_pruning.study.layout import ENCODER_FILES, RUN_FILES
from ner_pruning.study.names import dataset_name, encoder_name, encoder_origin, hub_ids

# Neither Snakemake's modules nor its graph of jobs become garbage: without these lines every full collection walks them,
# a tenth of the time that planning takes, and more of it the larger the study is.
gc.freeze()
gc.set_threshold(*gc.get_threshold()[:2], 1000)

LANGUAGES_FILE = get_own_file("resources/languages.tsv")
MORE_LANGUAGES_FILE = get_own_file("resources/more_languages.tsv")
PUBLISHED_FILE = get_own_file("resources/paper_f1.csv")
SCHEMA = yaml.safe_load(Path(ROOT, "workflow", "schemas", "config.schema.yaml").read_text(encoding="utf-8"))

with one_line_errors():  # before any job runs
    STUDY_FILES = check_study_files(config, SCHEMA, [LANGUAGES_FILE, MORE_LANGUAGES_FILE], PUBLISHED_FILE)

TABLE = STUDY_FILES.table
LANGUAGES = config["languages"]
LANGUAGES_FILES = LANGUAGES_FILE
if any(TABLE[code].train_size is None for code in LANGUAGES) or config["languages_table"]:  # not Table 1's as they are
    LANGUAGES_FILES = [LANGUAGES_FILE, MORE_LANGUAGES_FILE, *map(local, STUDY_FILES.languages)]
TRAINING_SETS = grid.training_sets(config)
VARIANTS = grid.study_variants(config)
PERTURBATIONS = config["perturbations"]
COMPARED_RUNS = contents.compared_runs(config)  # with the dense models of their training sets
COMPARED_SETS = list(dict.fromkeys(run.training_set for run in COMPARED_RUNS))
GROUPED_BY = grid.more_groupings(config)
PLAN = f"results/{config['study']}/plan.json"  # of `snakemake plan`, a record that no result depends on
PREFIXED = str(workflow.modifier.modify_path(PLAN)) != PLAN  # in a module that says so

# What tables and figures say of where their numbers come from; those of the data alone name no encoder.
SYNTHETIC = any(data["source"] == "synthetic" for data in sources(config["data"], LANGUAGES))
DATA_PROVENANCE = {"demo": SYNTHETIC, "study": config["study"]}
PROVENANCE = DATA_PROVENANCE | {"encoder": encoder_name(config)}

# Of the jobs on this machine only so many start as find a GPU: others would hold a core while they wait for one. What
# --resources says goes first, and a cluster knows its own GPUs.
GPUS = resources.gpus(config["finetuning"]["device"])
PLAN_SETTINGS = resources.settings_digests(config)
PLANNED_SECONDS = resources.planned_seconds(PLAN, GPUS, PLAN_SETTINGS)
if workflow.is_main_process and workflow.nodes is None:
    SLOTS = gpus.gpu_slots(config["finetuning"]["device"], config["jobs_per_gpu"])
    if SLOTS:
        workflow.global_resources.setdefault("gpu", SLOTS)

CONDA_PINS = []  # of the environment that jobs run in, if Snakemake makes it
IN_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
if IN_CONDA:
    ENVIRONMENT = Path(ROOT, "envs", "study.yaml").read_text(encoding="utf-8")
    CONDA_PINS = environment_pins(yaml.safe_load(ENVIRONMENT))
LOCK = lock_digest(ROOT / "requirements.lock", CONDA_PINS)


# An input of the jobs that give the tags their ids, where the data say which types there are.
ENTITY_TYPES = {} if config["data"]["entity_types"] else {"types": "<results>/data/entity_types.json"}


pathvars:
    results=f"results/{config['study']}",
    run="<results>/runs/{training_set}/{variant}/seed-{seed}",


wildcard_constraints:
    language="|".join(LANGUAGES),
    training_set="|".join(TRAINING_SETS),
    variant="|".join(VARIANTS),
    seed="|".join(str(seed) for seed in config["seeds"]),
    perturbation="|".join({**dict.fromkeys(terms.PERTURBATIONS), **dict.fromkeys(PERTURBATIONS)}),


@cache
def version_of(script):
    """Return what makes the results of a script stale besides its input and parameters: its code and the lock."""
    return f"{code_digest(SCRIPTS / f'{script}.py', SCRIPTS / 'ner_pruning')} {LOCK}"


@cache
def get_int8_lock():
    """Return a digest of what quantised runs need beside the lock."""
    return lock_digest(ROOT / "requirements-int8.txt")


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


def get_runs():
    """Return every run of the study."""
    return grid.study_runs(config)


def get_trained_runs():
    """Return those that have weights of their own."""
    return grid.trained_runs(config)


def plain(runs):
    """Return runs as plain tuples, for parameters: their text is compared, and a script reads them from a pickle."""
    return [tuple(run) for run in runs]


def get_languages(wildcards):
    """Return the languages that a training set holds, and that its runs are evaluated on."""
    return grid.training_languages(wildcards.training_set, config)


def get_evaluated_languages():
    """Return the languages that any run is evaluated on, in the order of the study."""
    return grid.evaluated_languages(config)


# Paths


def get_corpus_path(part, language):
    """Return the corpus of a split or test set."""
    if terms.is_perturbation(part):
        return f"<results>/perturbed/{part}/{language}.parquet"
    return f"<results>/data/{language}/{'test' if part == terms.REGULAR else part}.parquet"
