"""Say what a study will cost before it starts: runs, jobs, steps, word pieces, disk, and hours on this machine."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml
from jobs.gpus import claim_gpu, gpu_slots
from jobs.logs import log_to
from ner_pruning.claims.equal_budget import FILES, equal_budget_languages, read_equal_budget
from ner_pruning.data.encoded_sentences import EncodedSentences, concatenate, read_encoded, take, write_encoded
from ner_pruning.data.test_sets import read_encoded_evaluation
from ner_pruning.files import write_json
from ner_pruning.planning import costs
from ner_pruning.planning.calibration import distinct_pieces
from ner_pruning.planning.costs import TrainingSetSize
from ner_pruning.planning.dry_run import planned_jobs
from ner_pruning.planning.power import PlannedLanguage, claims_power
from ner_pruning.study.grid import pruned_scopes
from ner_pruning.study.methods import prunes_on_schedule
from ner_pruning.study.schedules import Schedule, check_steps, choose_schedule
from ner_pruning.terms import REGULAR, Run
from ner_pruning.training.model import choose_device

SAMPLE = 2000
"""Sentences that are calibrated on, of all languages."""

JOBS_PER_GPU = (1, 2, 4, 8)
"""How many jobs are tried on a GPU at a time."""

PACKAGE = "workflow/scripts/ner_pruning"


def training_set_sizes(
    training_sets: Mapping[str, Sequence[str]],
    train: Mapping[str, EncodedSentences],
    evaluation: Mapping[str, EncodedSentences],
    schedules: Mapping[str, Sequence[Mapping[str, int]]],
) -> dict[str, TrainingSetSize]:
    """Return the sizes of training sets; they map to their languages, and these to what is trained and evaluated on.

    schedules: the rows that may apply to each.
    """
    evaluated = {language: (len(part), distinct_pieces(part)) for language, part in evaluation.items()}
    sizes = {}
    for name, languages in training_sets.items():
        parts = [train[language] for language in languages]
        lengths = np.concatenate([part.lengths for part in parts])
        sizes[name] = TrainingSetSize(
            sentences=len(lengths),
            pieces=int(lengths.sum()),
            padded_pieces=costs.padded_pieces(lengths, choose_schedule(schedules[name], len(lengths))["batch_size"]),
            rows=len(np.unique(np.concatenate([np.unique(part.pieces) for part in parts]))),
            evaluation_sentences=sum(evaluated[language][0] for language in languages),
            evaluation_pieces=sum(evaluated[language][1] for language in languages),
        )
    return sizes


def check_fit(
    runs: Sequence[Run],
    sizes: Mapping[str, TrainingSetSize],
    schedules: Mapping[str, Sequence[Mapping[str, int]]],
    finetuning: Mapping[str, Any],
) -> None:
    """Raise InputError where pruning or the warm-up of a run would end after its training.

    Of data whose sizes no config says, this is known only when they have been read.
    """
    for run in runs:
        sentences = sizes[run.training_set].sentences
        row = choose_schedule(schedules[run.training_set], sentences)
        schedule, warmup = Schedule.of_row(row, finetuning["epochs"], sentences), finetuning["warmup_steps"]
        check_steps(schedule, sentences, run.training_set, warmup_steps=warmup, prunes=prunes_on_schedule(run))


def write_sample(path: Path, sentences: Sequence[EncodedSentences]) -> str:
    """Write up to SAMPLE of the sentences, drawn at random, to a file, and return its path."""
    pool = concatenate(list(sentences))
    write_encoded(path, take(pool, np.random.default_rng(0).permutation(len(pool))[:SAMPLE]))
    return str(path)


def main(
    config: Mapping[str, Any],
    runs: Sequence[Run],
    settings: Mapping[str, str],
    training_sets: Mapping[str, Sequence[str]],
    languages: Mapping[str, PlannedLanguage],
    schedules: Mapping[str, Sequence[Mapping[str, int]]],
    train_paths: Mapping[str, str],
    evaluation_paths: Mapping[str, str],
    encoder_folder: str,
    scripts: Mapping[str, str],
    snakefile: str,
    python: str,
    cores: int,
    slots: int = 0,
) -> dict[str, Any]:
    """Measure and return the plan, see `costs.plan_text`.

    settings: of `job_resources.settings_digests`. training_sets: their languages; languages: what decides which claims
    can be tested on them; schedules: the rows that may apply to each. train_paths, evaluation_paths: encoded sentences
    by language. scripts: by rule. python: that Snakemake runs with, which in a conda environment is another one. slots:
    jobs that find a GPU at a time, 0 if their number is not known.
    """
    gpu = choose_device(config["finetuning"]["device"]).type == "cuda"
    trained = sum(not run.quantised for run in runs)
    by_cores = at_a_time = min(trained, max(1, cores // config["finetuning"]["threads"]))  # no more run at a time
    if gpu:
        at_a_time = min(by_cores, slots or config["jobs_per_gpu"])
    train, evaluation = (
        {language: read_encoded(path) for language, path in paths.items()} for paths in (train_paths, evaluation_paths)
    )
    counted = {code: read_encoded_evaluation(path)[1][REGULAR] for code, path in evaluation_paths.items()}
    languages = {
        code: dataclasses.replace(each, train_sentences=len(train[code]), test_sentences=counted[code])
        for code, each in languages.items()
    }
    sizes = training_set_sizes(training_sets, train, evaluation, schedules)
    check_fit(runs, sizes, schedules, config["finetuning"])
    largest = max(sizes, key=lambda name: sizes[name].sentences)
    with TemporaryDirectory(prefix="plan.") as folder:
        work = {
            "encoder": encoder_folder,
            "train": write_sample(Path(folder, "train.parquet"), list(train.values())),
            "evaluation": write_sample(Path(folder, "test.parquet"), list(evaluation.values())),
            "finetuning": config["finetuning"],
            "pruning": config["pruning"],
            "scopes": pruned_scopes(config),
            "batch_size": choose_schedule(schedules[largest], sizes[largest].sentences)["batch_size"],
        }
        own = min(by_cores, config["jobs_per_gpu"]) if gpu else at_a_time
        others = [number for number in JOBS_PER_GPU if gpu and number <= by_cores]
        rates_by_jobs = costs.measure_several(work, own, others)
        Path(folder, "config.yaml").write_text(yaml.safe_dump(dict(config), sort_keys=False), encoding="utf-8")
        jobs, left = (
            planned_jobs(python, snakefile, Path(folder, "config.yaml"), *options) for options in (["--forceall"], [])
        )
    paths = {rule: Path(script) for rule, script in scripts.items() if rule in jobs}
    by_script = costs.import_seconds(set(paths.values()), Path(snakefile).parent / PACKAGE, cores)
    start_seconds = {rule: by_script[path] for rule, path in paths.items()}

    def plan_runs(rates: costs.Rates) -> dict[Run, dict[str, Any]]:
        return {
            run: costs.plan_run(run, sizes[run.training_set], schedules[run.training_set], config, rates)
            for run in runs
        }

    shared = rates_by_jobs if gpu else {}
    rates, rows = rates_by_jobs[own], plan_runs(rates_by_jobs[own])
    if at_a_time >= cores:
        rows, start_seconds = costs.slowed_down(rows, start_seconds, jobs)
    sentences = {code: each.train_sentences for code, each in languages.items()}
    equal = equal_budget_languages(config, sentences)
    other = config["equal_budget"]
    at_equal_budget = read_equal_budget(*(Path(other, name) for name in FILES)) if other else None
    return {
        "study": config["study"],
        "cores": cores,
        "runs_at_a_time": at_a_time,
        "gpus_per_run": int(gpu),
        "gpu_hours": costs.gpu_hours(jobs, {number: plan_runs(other) for number, other in shared.items()}),
        "rates": dataclasses.asdict(rates),
        "runs": [{**row, "settings": settings[run.training_set]} for run, row in rows.items()],
        "runs_left": sum(("finetune", run) in left for run in runs),
        "jobs": jobs.total(),
        "jobs_left": left.total(),
        "hours": dataclasses.asdict(costs.hours(jobs, rows, start_seconds, cores, at_a_time)),
        "claims": claims_power(runs, training_sets, languages, equal, at_equal_budget),
        "hours_left": dataclasses.asdict(costs.hours(left, rows, start_seconds, cores, at_a_time)),
    }


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, files = snakemake.params, snakemake.input
        device, jobs_per_gpu = snakemake.config["finetuning"]["device"], snakemake.config["jobs_per_gpu"]
        slots = gpu_slots(device, jobs_per_gpu)
        claim_gpu(device, jobs_per_gpu)  # before CUDA starts: all that is measured is on one
        plan = main(
            config=snakemake.config,
            runs=[Run(*run) for run in params.runs],
            settings=params.settings,
            training_sets=params.training_sets,
            languages={code: PlannedLanguage(**each) for code, each in params.planned_languages.items()},
            schedules=params.schedules,
            train_paths=dict(zip(params.languages, files.train, strict=True)),
            evaluation_paths=dict(zip(params.languages, files.evaluation, strict=True)),
            encoder_folder=str(Path(files.encoder[0]).parent),
            scripts=params.scripts,
            snakefile=params.snakefile,
            python=params.python,
            cores=snakemake.threads,
            slots=slots,
        )
        write_json(params.record, plan)
        print(costs.plan_text(plan))
