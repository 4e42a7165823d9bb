"""AdamW's step as the workflow makes it, fused, next to `torch.compile` of the same step and to `foreach`.

Of all parameters of an encoder but its word embedding, of which a step moves the rows of its batch alone.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from common import SEED, alternate, ratio_line, run_benchmark
from ner_pruning.files import InputError
from spreads import spread
from transformers import AutoConfig, AutoModel

SIDES = {"fused": {"fused": True}, "compiled": {"fused": False, "foreach": False}, "foreach": {"foreach": True}}


class Steps(NamedTuple):
    """Seconds of the first step, which compiles, the median of those after it, and the weights that they moved."""

    first: float
    seconds: float
    moved: list[np.ndarray]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print seconds a step of each side, those of its first step, and the largest difference of a weight."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("encoder", help="a Hub id, or a folder with a config.json, of which nothing else is read")
    parser.add_argument("--steps", type=int, default=10, help="after the first two")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    arguments = parser.parse_args(arguments)
    if arguments.steps < 1 or arguments.repetitions < 1:
        raise InputError("--steps, --repetitions: expected 1 or more")
    sides: dict[str, Callable[[], Steps]] = {
        name: partial(time_optimizer, arguments.encoder, name, arguments.steps, arguments.threads) for name in SIDES
    }
    runs = alternate(sides, arguments.repetitions)
    print(f"{arguments.encoder}, {arguments.threads} threads, torch {torch.__version__}")
    for side, several in runs.items():
        pairs = zip(several[0].moved, runs["fused"][0].moved, strict=True)
        apart = max(float(np.abs(own - other).max()) for own, other in pairs)
        print(f"  {side}: {spread(run.seconds for run in several)} s a step, ", end="")
        print(f"first {spread(run.first for run in several)} s, weights at most {apart:.2g} apart")
    for side in ("compiled", "foreach"):
        print(ratio_line(f"optimizer/{side}", *([run.seconds for run in runs[name]] for name in ("fused", side))))


def time_optimizer(encoder: str, side: str, steps: int, threads: int) -> Steps:
    """Return what two steps of a side and so many more take on random gradients, which stay the same."""
    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    model = AutoModel.from_config(AutoConfig.from_pretrained(encoder, trust_remote_code=False))
    words = model.get_input_embeddings().weight
    parameters = [parameter for parameter in model.parameters() if parameter is not words]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter) / 1000
    # a compiled step is compiled once if the learning rate is a tensor, which foreach does not take
    rate = 7e-5 if side == "foreach" else torch.tensor(7e-5)
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0, **SIDES[side])
    step = torch.compile(optimizer.step) if side == "compiled" else optimizer.step
    seconds = []
    for _ in range(steps + 2):
        began = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - began)
    moved = [parameter.detach().numpy() for parameter in parameters]
    return Steps(seconds[0], float(np.median(seconds[2:])), moved)


if __name__ == "__main__":
    run_benchmark(main)
