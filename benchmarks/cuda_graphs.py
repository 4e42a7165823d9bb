"""Training steps on a GPU that are replayed from CUDA graphs (`cuda_graphs: true`), against steps without them."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import ours
import torch
from common import alternate, make_parser, prepared_work, ratio_line, run_benchmark
from ner_pruning.files import InputError
from spreads import spread

GRAPHS, WITHOUT = "graphs", "without"

LOG_EVERY = 10
"""After so many steps a run waits for the GPU: a wait in each step would take longer than a replayed one."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print seconds a step of both sides, and their ratio. It is an error if a loss is not the same."""
    parser = make_parser(__doc__, steps=900)
    parser.set_defaults(language="en")
    parser.add_argument("--skip", type=int, default=600, help="first steps that are not timed: they record the graphs")
    arguments = parser.parse_args(arguments)
    steps, skip = arguments.steps, arguments.skip
    if not torch.cuda.is_available():
        raise InputError("cuda_graphs: PyTorch finds no GPU, and only there steps are replayed from graphs")
    if skip >= steps or skip % LOG_EVERY or steps % LOG_EVERY:
        raise InputError(f"--skip: {skip}, --steps: {steps}; expected multiples of {LOG_EVERY}, and fewer skipped ones")
    with prepared_work(arguments, {steps}) as work:
        sides = {
            GRAPHS: partial(ours.train, work, steps, cuda_graphs=True, log_every=LOG_EVERY),
            WITHOUT: partial(ours.train, work, steps, log_every=LOG_EVERY),
        }
        runs = alternate(sides, arguments.repetitions)
    for one, other in zip(*runs.values(), strict=True):
        if one.losses.tolist() != other.losses.tolist():
            raise RuntimeError("the losses are not the same with graphs and without")
    seconds = {side: [np.median(run.seconds[skip // LOG_EVERY :]) for run in several] for side, several in runs.items()}
    print(f"\n{steps} steps, the first {skip} not timed, {runs[GRAPHS][0].precision}, {torch.cuda.get_device_name()}")
    for side, values in seconds.items():
        print(f"  {side}: {spread(values)} s a step")
    print(ratio_line(f"cuda-graphs/{WITHOUT}", seconds[GRAPHS], seconds[WITHOUT]))


if __name__ == "__main__":
    run_benchmark(main)
