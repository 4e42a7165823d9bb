"""Peak resident memory of whole runs, stored model included, against those of transformers.Trainer."""

from collections.abc import Sequence
from functools import partial

import ours
import trainer
from common import alternate, dense_and_pruned, make_parser, prepared_work, ratio_line, run_benchmark
from spreads import spread

GIGABYTE = 1e9


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the peak memory and the last loss of both sides by variant, then the ratios.

    The trainer's pruned models are pruned by torch.nn.utils.prune; a run is loading, training and storing.
    """
    parser = make_parser(__doc__, steps=5)
    parser.add_argument("--sparsity", type=int, default=50, help="percent")
    arguments = parser.parse_args(arguments)
    lines = []
    with prepared_work(arguments, {arguments.steps}) as work:
        for variant in dense_and_pruned(arguments.sparsity):
            sides = {
                "ours": partial(ours.train, work, arguments.steps, variant),
                "trainer": partial(trainer.train, work, arguments.steps, variant=variant),
            }
            results = alternate(sides, arguments.repetitions)
            print(f"\n{variant}, {arguments.steps} steps")
            peaks = {side: [run.peak_bytes / GIGABYTE for run in runs] for side, runs in results.items()}
            for side, runs in results.items():
                losses = spread(run.losses.mean() for run in runs)
                print(f"  {side}, {runs[0].precision}: {spread(peaks[side])} GB, loss {losses}")
            lines.append(ratio_line(f"memory-{variant}/trainer", *peaks.values()))
    print(*lines, sep="\n")


if __name__ == "__main__":
    run_benchmark(main)
