"""Training steps, against transformers.Trainer with dynamic padding, flattened, and padded to the maximum length."""

import argparse
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import ours
import trainer
from common import SEED, TrainedRun, Work, alternate, batches, make_parser, prepared_work, ratio_line, run_benchmark
from ner_pruning.training import operations
from ner_pruning.training.model import choose_device, load_encoder
from ner_pruning.training.process import use_threads
from spreads import spread

MATMUL_SECONDS = 1.0
"""How long a matrix product is repeated."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print seconds a step, losses and the share of the machine's peak of both sides, then the ratios."""
    parser = make_parser(__doc__, steps=20)
    parser.add_argument("--skip", type=int, default=2, help="first steps that are not timed")
    parser.add_argument("--padded-steps", type=int, default=4, help="steps with padding to the maximum length, or 0")
    parser.add_argument("--padded-repetitions", type=int, default=1)
    parser.add_argument("--trainer-precision", choices=["fp32", "bf16"], default="fp32", help="of the other side")
    parser.add_argument("--matrix", type=int, default=2048, help="rows and columns of the product that gives the peak")
    arguments = parser.parse_args(arguments)
    steps, padded_steps = arguments.steps, arguments.padded_steps
    with prepared_work(arguments, {steps, padded_steps or steps}) as work:
        others = {"trainer-default": "longest", "trainer-flattened": "flattened"}
        lines = compare(work, others, steps, arguments.repetitions, arguments)
        if padded_steps:
            others = {f"trainer-{work.finetuning['max_length']}": "max_length"}
            lines += compare(work, others, padded_steps, arguments.padded_repetitions, arguments)
    print(*lines, sep="\n")


def compare(
    work: Work, others: Mapping[str, str], steps: int, repetitions: int, arguments: argparse.Namespace
) -> list[str]:
    """Train all sides on the same batches, print what each does, and return the ratios of their seconds a step.

    others: what the trainer's sides do with sentences of different lengths, by name (`trainer.train`).
    """
    precision = arguments.trainer_precision
    sides = {
        "ours": partial(ours.train, work, steps),
        **{name: partial(trainer.train, work, steps, kind, precision=precision) for name, kind in others.items()},
        "matmul": partial(matmul_rates, work.finetuning["threads"], arguments.matrix),
    }
    results = alternate(sides, repetitions)
    peaks = results.pop("matmul")
    print(f"\n{steps} steps, the first {arguments.skip} not timed")
    for precision in peaks[0]:
        print(f"  peak of a matrix product, {precision}: {spread(peak[precision] / 1e9 for peak in peaks)} GFLOP/s")
    needed = step_operations(work, steps)[arguments.skip :]
    seconds = {}
    for side, runs in results.items():
        timed = [run.seconds[arguments.skip :] for run in runs]
        seconds[side] = [np.median(run) for run in timed]
        rates = [np.median(needed / run) for run in timed]
        shares = [100 * rate / peak[run.precision] for rate, run, peak in zip(rates, runs, peaks, strict=True)]
        print(f"  {side}, {runs[0].precision}: {spread(seconds[side])} s a step, {describe_loss(runs, arguments.skip)}")
        print(f"    {spread(shares)} % of the peak, padding not counted as work")
    return [ratio_line(f"training/{name}", seconds["ours"], seconds[name]) for name in others]


def describe_loss(runs: Sequence[TrainedRun], skip: int) -> str:
    """Return the mean loss of the timed steps, which both sides must agree on but for their dropout."""
    return f"loss {spread(run.losses[skip:].mean() for run in runs)}"


def step_operations(work: Work, steps: int) -> np.ndarray:
    """Return the floating-point operations that each step needs, for its pieces alone (see `operations`)."""
    model = load_encoder(work.encoder, dropout=0.0, seed=SEED)
    needed = operations.step_operations(model)
    return np.array(
        [needed.per_piece * batch.sum() + needed.per_pair * (batch**2).sum() for batch in batches(work, steps)]
    )


def matmul_rates(threads: int, size: int) -> dict[str, float]:
    """Return the floating-point operations a second of a large matrix product, the fastest of several, by precision."""
    use_threads(threads)
    device = choose_device("auto")
    return {
        precision: operations.peak_rate(precision, device, threads, size, MATMUL_SECONDS)
        for precision in ("fp32", "bf16")
    }


if __name__ == "__main__":
    run_benchmark(main)
