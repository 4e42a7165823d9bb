"""What a study will cost: the steps, word pieces, bytes and hours of each run, from its sizes and measured rates."""

import dataclasses
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ner_pruning.files import read_json, write_json
from ner_pruning.planning.dry_run import RUN_RULES
from ner_pruning.planning.power import power_text
from ner_pruning.progress import duration
from ner_pruning.study.code_digest import imported_packages
from ner_pruning.study.methods import WITH_EMBEDDINGS, method_of_run, source_of_run, trains
from ner_pruning.study.schedules import Schedule, choose_schedule
from ner_pruning.terms import Run

JOB_SECONDS = 0.3
"""Seconds of a core that Snakemake itself takes to start a job and to record its end: measured on the demo."""


@dataclass(frozen=True)
class Rates:
    """What parts of a run take, and the sizes of its model.

    start_seconds: to import a job's modules, and to end its process.
    load_seconds: to load the encoder and store a dense run.
    parameter_seconds: of a step, per weight that it moves (the optimiser).
    piece_seconds: of a step, per word piece that it computes; padding is computed too.
    update_seconds: of a pruning update, by scope.
    load_run_seconds: to load a stored run.
    predict_piece_seconds: of a prediction, per word piece.
    stored_share: bytes of a stored dense run divided by those of its trained weights.
    prediction_bytes: stored per sentence.
    fixed_weights: number of weights outside the word embedding, which has `rows` rows of `hidden` weights.
    all_rows_below: with fewer rows than that, a step moves all of them; with more, those of its batch.
    prunable: number of weights outside the word embedding that a scope prunes.
    padded: whether sentences are padded to the longest one of their batch, rather than packed.
    device: its name.
    """

    start_seconds: float
    load_seconds: float
    parameter_seconds: float
    piece_seconds: float
    update_seconds: dict[str, float]
    load_run_seconds: float
    predict_piece_seconds: float
    stored_share: float
    prediction_bytes: float
    fixed_weights: int
    rows: int
    hidden: int
    all_rows_below: int
    prunable: dict[str, int]
    padded: bool
    device: str

    def trained_weights(self, rows: int) -> int:
        """Return the weights of a model with so many rows of its word embedding: those that are trained."""
        return self.fixed_weights + self.hidden * rows

    def moved_weights(self, rows: int) -> int:
        """Return those that every step moves; what moving the rows of its batch takes is counted by its pieces."""
        return self.trained_weights(rows if rows < self.all_rows_below else 0)


def mean_rates(several: Sequence[Rates]) -> Rates:
    """Return the mean of rates that were measured in several processes at a time."""
    names = [field.name for field in dataclasses.fields(Rates) if field.type is float]
    means = {name: fmean(getattr(rates, name) for rates in several) for name in names}
    scopes = several[0].update_seconds
    updates = {scope: fmean(rates.update_seconds[scope] for rates in several) for scope in scopes}
    return dataclasses.replace(several[0], **means, update_seconds=updates)


def measure_rates(work: Mapping[str, Any], processes: int) -> Rates:
    """Run `ner_pruning.planning.calibration` in so many processes at a time, as many as jobs will, and return the mean.

    work: what `calibration.Work` holds, but the time and the folder. Raises RuntimeError with the last line that a
    process printed which failed.
    """
    environment = _environment(Path(__file__).parents[2])
    with TemporaryDirectory(prefix="calibration.") as folder:

        def measure(number: int) -> Rates:
            own = Path(folder, str(number))
            own.mkdir()
            work_path, rates_path = own / "work.json", own / "rates.json"
            write_json(work_path, {**work, "spawned": time.time(), "folder": str(own)})
            command = [sys.executable, "-m", "ner_pruning.planning.calibration", str(work_path), str(rates_path)]
            done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, encoding="utf-8", errors="replace")
            end = time.time()
            if done.returncode:
                lines = done.stderr.strip().splitlines() or [f"it ended with {_signal_or_status(done.returncode)}"]
                raise RuntimeError(f"the calibration failed: {lines[-1]}")
            rates = Rates(**read_json(rates_path))
            end_seconds = end - rates_path.stat().st_mtime
            return dataclasses.replace(rates, start_seconds=rates.start_seconds + end_seconds)

        with ThreadPoolExecutor(processes) as pool:
            return mean_rates(list(pool.map(measure, range(processes))))


def _signal_or_status(code: int) -> str:
    """Return how a process ended, by what `subprocess` returns of it: a killed one prints nothing."""
    return f"signal {-code}, as the system kills a process for want of memory" if code < 0 else f"status {code}"


def measure_several(work: Mapping[str, Any], own: int, others: Iterable[int]) -> dict[int, Rates]:
    """Return the rates with so many processes at a time: `own`, and of `others` those for which a GPU has memory."""
    rates = {own: measure_rates(work, own)}
    for number in sorted(set(others) - {own}):
        try:
            rates[number] = measure_rates(work, number)
        except RuntimeError as error:
            print(f"{number} at a time were not possible: {error}")
            break
    return dict(sorted(rates.items()))


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of a process that imports modules of a folder."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}


def import_seconds(scripts: Iterable[Path], library: Path, processes: int) -> dict[Path, float]:
    """Return the seconds that the jobs of scripts take to start, measured so many at a time.

    Of scripts that import the same packages one is measured. library: the folder of the package that they share.
    Modules are looked for where this process finds them: in a conda environment, too, Snakemake is another one's.
    """

    def measure(script: Path) -> float:
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", f"import gc, sys; gc.disable(); sys.path += {sys.path!r}; import {script.stem}"],
            env=_environment(script.parent),
            check=True,
        )
        return time.perf_counter() - began

    packages = {script: imported_packages(script, library) for script in scripts}
    measured = {names: script for script, names in packages.items()}
    with ThreadPoolExecutor(processes) as pool:
        seconds = dict(zip(measured, pool.map(measure, measured.values()), strict=True))
    return {script: seconds[names] for script, names in packages.items()}


@dataclass(frozen=True)
class TrainingSetSize:
    """What the runs on a training set read: sentences and word pieces of an epoch, these with the padding that padded
    batches have, distinct pieces, and what they are evaluated on: sentences, and word pieces without those of repeated
    sentences."""

    sentences: int
    pieces: int
    padded_pieces: float
    rows: int
    evaluation_sentences: int
    evaluation_pieces: int


def padded_pieces(lengths: np.ndarray, batch_size: int) -> float:
    """Return how many pieces an epoch of padded batches is expected to have, padding included.

    lengths: of the sentences, in pieces. The longest of a batch of b is the k-th shortest of all n with the probability
    C(k − 1, b − 1) / C(n, b).
    """
    ascending, count = np.sort(lengths), len(lengths)

    def of_batches(number: int, size: int) -> float:
        if not number or not size:
            return 0.0
        ranks = np.arange(count, size, -1)  # k; the probability of k − 1 is that of k times (k − b) / (k − 1)
        chances = size / count * np.cumprod(np.concatenate([[1.0], (ranks - size) / (ranks - 1)]))
        return float(number * size * (chances @ ascending[size - 1 :][::-1]))

    size = min(batch_size, count)
    return of_batches(count // size, size) + of_batches(1, count % size)


def plan_run(
    run: Run,
    size: TrainingSetSize,
    schedules: Sequence[Mapping[str, int]],
    config: Mapping[str, Any],
    rates: Rates,
) -> dict[str, Any]:
    """Return what a run will take, as a row of the plan.

    schedules: the rows of them that may apply. Columns: training_set, variant, seed, steps, pieces (of all epochs),
    computed_pieces (padding included), updates (of pruning), finetune_seconds, predict_seconds, stored_bytes (weights
    and predictions). Prediction reads sentences of like lengths together, and has hardly any padding. A quantised run
    is predicted alone, at the rate of a trained one.
    """
    row = choose_schedule(schedules, size.sentences)
    schedule = Schedule.of_row(row, config["finetuning"]["epochs"], size.sentences)
    steps = schedule.steps(size.sentences)
    passes = schedule.passes(size.sentences)
    if not trains(run):
        steps, passes = 0, 0
    pieces = round(passes * size.pieces)
    computed = round(passes * size.padded_pieces) if rates.padded else pieces
    pieces_seconds = size.evaluation_pieces * rates.predict_piece_seconds
    predict_seconds = rates.start_seconds + rates.load_run_seconds + pieces_seconds
    prediction_bytes = size.evaluation_sentences * rates.prediction_bytes
    if run.quantised:
        nothing = dict.fromkeys(("steps", "pieces", "computed_pieces", "updates", "finetune_seconds"), 0)
        predicted = {"predict_seconds": predict_seconds, "stored_bytes": round(prediction_bytes)}
        return {**run._asdict(), **nothing, **predicted}
    method = method_of_run(run)
    updates = 0
    if method is not None:
        updates = len(schedule.pruning_steps()) if method.curve else 1
    rows = size.rows if config["finetuning"]["weight_decay"] == 0 else rates.rows
    step_seconds = steps * rates.moved_weights(rows) * rates.parameter_seconds + computed * rates.piece_seconds
    update_seconds = updates * rates.update_seconds[run.matrices] if run.scope else 0
    load_seconds = rates.load_seconds + (rates.load_run_seconds if source_of_run(run) else 0)
    return {
        **run._asdict(),
        "steps": steps,
        "pieces": pieces,
        "computed_pieces": computed,
        "updates": updates,
        "finetune_seconds": rates.start_seconds + load_seconds + step_seconds + update_seconds,
        "predict_seconds": predict_seconds,
        "stored_bytes": round(stored_bytes(run.matrices, run.sparsity, rows, rates) + prediction_bytes),
    }


def stored_bytes(scope: str, sparsity: int, rows: int, rates: Rates) -> float:
    """Return the size of a stored run: its weights, without pruned ones, which take a bit each (see `checkpoint`)."""
    weights = rates.trained_weights(rows)
    if not scope:
        return 4 * weights * rates.stored_share
    words = rates.hidden * rows if scope in WITH_EMBEDDINGS else 0
    untrained = rates.hidden * (rates.rows - rows) if scope in WITH_EMBEDDINGS else 0
    pruned = rates.prunable[scope] + words
    kept = weights - pruned * sparsity / 100
    return 4 * kept * rates.stored_share + (pruned + untrained) / 8


@dataclass(frozen=True)
class Hours:
    """The hours of jobs, one after another, and those by the clock on a machine's cores or GPUs."""

    finetune: float
    predict: float
    other: float
    clock: float


def slowed_down(
    plan: Mapping[Run, Mapping[str, Any]],
    start_seconds: Mapping[str, float],
    jobs: Counter[str | tuple[str, Run]],
) -> tuple[dict[Run, dict[str, Any]], dict[str, float]]:
    """Return a plan and start_seconds, see `hours`, of jobs that leave Snakemake no core of its own.

    A calibration has the cores for itself; while jobs run, Snakemake starts others and records their ends. That is much
    where jobs take seconds, as in the demo, and nothing where they take hours.
    """
    alone = hours(jobs, plan, start_seconds, cores=1, runs_at_a_time=1)
    seconds = 3600 * (alone.finetune + alone.predict + alone.other)
    factor = 1 + JOB_SECONDS * jobs.total() / seconds if seconds else 1.0
    keys = [f"{rule}_seconds" for rule in RUN_RULES]
    slowed = {run: {**row, **{key: factor * row[key] for key in keys}} for run, row in plan.items()}
    return slowed, {rule: factor * seconds for rule, seconds in start_seconds.items()}


def hours(
    jobs: Counter[str | tuple[str, Run]],
    plan: Mapping[Run, Mapping[str, Any]],
    start_seconds: Mapping[str, float],
    cores: int,
    runs_at_a_time: int,
) -> Hours:
    """Return what jobs will take; plan: rows of `plan_run` by run, start_seconds: of the other rules by name.

    By the clock it is never less than the longest run with that which it starts from, if this is among the jobs.
    """
    seconds = dict.fromkeys((*RUN_RULES, "other"), 0.0)
    longest = 0.0
    for job, count in jobs.items():
        if isinstance(job, tuple):
            rule, run = job
            seconds[rule] += plan[run][f"{rule}_seconds"]
            chain = sum(plan[run][f"{rule}_seconds"] for rule in RUN_RULES)
            source = source_of_run(run)
            while source is not None and ("finetune", source) in jobs:
                chain += plan[source]["finetune_seconds"]
                source = source_of_run(source)
            longest = max(longest, chain)
        else:
            seconds["other"] += count * start_seconds.get(job, 0.0)
    runs = sum(seconds[rule] for rule in RUN_RULES)
    clock = max(longest, runs / runs_at_a_time) + seconds["other"] / cores
    return Hours(*(value / 3600 for value in (*seconds.values(), clock)))


def gpu_hours(
    jobs: Counter[str | tuple[str, Run]], plans: Mapping[int, Mapping[Run, Mapping[str, Any]]]
) -> dict[int, float]:
    """Return the hours by the clock that the jobs of runs take on one GPU, by how many share it.

    plans: rows of `plan_run` by run, measured with so many at a time.
    """
    of_runs = Counter({job: count for job, count in jobs.items() if isinstance(job, tuple)})
    return {number: hours(of_runs, plan, {}, cores=1, runs_at_a_time=number).clock for number, plan in plans.items()}


def plan_text(plan: Mapping[str, Any]) -> str:
    """Return a plan as lines to read.

    plan: study, cores, runs_at_a_time, gpu_hours (by the number of jobs that share a GPU; none on a CPU), rates, runs
    (rows of `plan_run`), runs_left, jobs, jobs_left, claims (rows of `claims_power`), and hours and hours_left
    (`Hours`); "left" is what results that are there already leave to do.
    """
    runs, rates = plan["runs"], plan["rates"]
    keys = ("steps", "pieces", "computed_pieces", "stored_bytes")
    steps, pieces, computed, stored = (sum(run[key] for run in runs) for key in keys)
    padding = f", with padding {computed:,}" if rates["padded"] else ""
    lines = [
        f"study {plan['study']}: {len(runs):,} runs ({plan['runs_left']:,} to train), {plan['jobs']:,} jobs "
        f"({plan['jobs_left']:,} to do)",
        f"training: {steps:,} steps, {pieces:,} word pieces{padding}",
        f"disk: {_bytes(stored)} of weights and predictions",
        f"device: {rates['device']}, {plan['runs_at_a_time']} at a time",
        f"{'time':<30}{'all':>14}{'to do':>14}",
    ]
    if plan["gpu_hours"]:
        best = min(plan["gpu_hours"], key=plan["gpu_hours"].get)
        several = ", ".join(f"{number}: {_time(hours)}" for number, hours in plan["gpu_hours"].items())
        lines.append(f"all runs on one GPU, by the jobs that share it: {several}; best with jobs_per_gpu: {best}")
    names = {
        "finetune": "fine-tuning",
        "predict": "prediction",
        "other": "starting all other jobs",
        "clock": f"wall clock, on {plan['cores']} core{'s' * (plan['cores'] > 1)}",
    }
    for key, name in names.items():
        lines.append(f"{name:<30}{_time(plan['hours'][key]):>14}{_time(plan['hours_left'][key]):>14}")
    lines += power_text(plan["claims"])
    return "\n".join(lines)


def _time(hours: float) -> str:
    return duration(3600 * hours)


def _bytes(number: float) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.1f} MB"
