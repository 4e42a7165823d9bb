"""Size of stored models, and seconds to save and to load them, against save_pretrained and from_pretrained."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from shutil import rmtree
from unittest.mock import patch

import ours
import torch
from common import Work, alternate, dense_and_pruned, make_parser, prepared_work, ratio_line, run_benchmark
from ner_pruning.files import read_json
from ner_pruning.training import run
from spreads import spread
from transformers import AutoModelForTokenClassification

MEGABYTE = 1e6
MEASURES = {"size": ("save", "megabytes"), "save": ("save", "seconds"), "load": ("load", "seconds")}
"""What is compared: what is done, and the value of `Stored`."""


@dataclass(frozen=True)
class Stored:
    """Seconds that saving or loading a model took, and the size of its files."""

    seconds: float
    megabytes: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print size and seconds of both sides by variant, then the ratios."""
    parser = make_parser(__doc__, steps=3)
    parser.add_argument("--sparsity", type=int, default=90, help="percent")
    arguments = parser.parse_args(arguments)
    lines = []
    with prepared_work(arguments, {arguments.steps}) as work:
        for variant in dense_and_pruned(arguments.sparsity):
            lines += compare(work, variant, arguments.steps, arguments.repetitions)
    print(*lines, sep="\n")


def compare(work: Work, variant: str, steps: int, repetitions: int) -> list[str]:
    """Store and load one variant with both sides, print what it took, and return the ratios."""
    actions = {
        "ours save": partial(save_ours, work, variant, steps),
        "transformers save": partial(save_theirs, work),
        "ours load": partial(load_ours, work),
        "transformers load": partial(load_theirs, work),
    }
    results = alternate(actions, repetitions)
    rows = read_json(work.trained / "run.json")["vocabulary_rows_trained"]
    print(f"\n{variant}, {steps} steps, {rows} rows of the word embedding trained")
    lines = []
    for measure, (action, value) in MEASURES.items():
        sides = {
            side: [getattr(stored, value) for stored in results[f"{side} {action}"]]
            for side in ("ours", "transformers")
        }
        print(f"  {measure}: " + ", ".join(f"{side} {spread(values)} {value}" for side, values in sides.items()))
        lines.append(ratio_line(f"storage-{measure}-{variant}/transformers", *sides.values()))
    return lines


def save_ours(work: Work, variant: str, steps: int) -> Stored:
    """Train a variant as the workflow does, and time the part that writes the model."""
    rmtree(work.trained, ignore_errors=True)
    work.trained.mkdir()
    seconds: list[float] = []
    with patch.object(run, "save_run", timed(run.save_run, seconds)):
        ours.train_into(work.trained, work, steps, variant)
    return Stored(seconds[0], megabytes(ours.model_files(work)))


def save_theirs(work: Work) -> Stored:
    """Save the model that ours has stored."""
    rmtree(work.published, ignore_errors=True)
    model, seconds = ours.load(work), []
    timed(model.save_pretrained, seconds)(work.published)
    return Stored(seconds[0], megabytes(work.published.iterdir()))


def load_ours(work: Work) -> Stored:
    """Load the model as the workflow does to predict."""
    seconds: list[float] = []
    timed(ours.load, seconds)(work)
    return Stored(seconds[0], megabytes(ours.model_files(work)))


def load_theirs(work: Work) -> Stored:
    """Load the same model as transformers has saved it."""
    torch.set_num_threads(work.finetuning["threads"])
    seconds: list[float] = []
    timed(AutoModelForTokenClassification.from_pretrained, seconds)(work.published, trust_remote_code=False)
    return Stored(seconds[0], megabytes(work.published.iterdir()))


def timed(function: Callable, seconds: list[float]) -> Callable:
    """Return the function, which notes how long each of its calls takes."""

    @wraps(function)
    def call(*arguments, **keywords):
        began = time.perf_counter()
        result = function(*arguments, **keywords)
        seconds.append(time.perf_counter() - began)
        return result

    return call


def megabytes(paths: Iterable[Path]) -> float:
    """Return the size of files together."""
    return sum(path.stat().st_size for path in paths) / MEGABYTE


if __name__ == "__main__":
    run_benchmark(main)
