"""One pruning of all matrices, against torch.nn.utils.prune, and the steps of pruned models, against dense ones."""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import ours
import torch
import trainer
from common import Work, alternate, dense_and_pruned, in_child, make_parser, prepared_work, ratio_line, run_benchmark
from ner_pruning.terms import DENSE
from ner_pruning.training.model import load_encoder
from ner_pruning.training.pruning import Pruner, prunable_matrices
from safetensors.torch import load_file, save_file
from spreads import spread
from torch import nn
from torch.nn.utils import prune

SCOPE = "full"
THRESHOLDS = {"layer": "l1_unstructured", "global": "global_unstructured"}
"""Our thresholds, and the functions of torch.nn.utils.prune that have them."""

Matrices = dict[str, torch.Tensor]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print seconds and zeros of one pruning of both sides, seconds of a training step by variant, then the ratios."""
    parser = make_parser(__doc__, steps=20)
    parser.add_argument("--sparsity", type=int, default=50, help="percent")
    parser.add_argument("--skip", type=int, default=2, help="first steps that are not timed; the second one prunes")
    arguments = parser.parse_args(arguments)
    share = arguments.sparsity / 100
    with prepared_work(arguments, {arguments.steps}) as work:
        lines = [compare_updates(work, threshold, share, arguments.repetitions) for threshold in THRESHOLDS]
        variants = dense_and_pruned(arguments.sparsity)
        sides = {variant: partial(ours.train, work, arguments.steps, variant) for variant in variants}
        runs = alternate(sides, arguments.repetitions)
    print(f"\n{arguments.steps} steps, the first {arguments.skip} not timed, {runs[DENSE][0].precision}")
    seconds = {name: [np.median(run.seconds[arguments.skip :]) for run in runs[name]] for name in variants}
    for variant in variants:
        print(f"  {variant}: {spread(seconds[variant])} s a step")
    lines += [ratio_line(f"pruning-{name}/{DENSE}", seconds[name], seconds[DENSE]) for name in variants[1:]]
    print(*lines, sep="\n")


def compare_updates(work: Work, threshold: str, share: float, repetitions: int) -> str:
    """Prune all matrices of both sides, print what it took and that the zeros are the same; return the ratio."""
    name = THRESHOLDS[threshold]
    sides = {
        "ours": partial(prune_ours, work, threshold, share),
        name: partial(prune_theirs, work, threshold, share),
    }
    seconds = alternate(sides, repetitions)
    zeros, tied = in_child(compare_zeros, work, threshold)
    print(f"\n{SCOPE}-{round(100 * share)}, threshold {threshold}: {zeros} zeros of both sides, ", end="")
    print(f"in the same places but for {tied} weights that tie at the threshold")
    for side, values in seconds.items():
        print(f"  {side}: {spread(values)} s")
    return ratio_line(f"pruning-{threshold}/{name}", *seconds.values())


def load_matrices(work: Work) -> tuple[nn.Module, dict[str, nn.Parameter]]:
    """Return the model that is pruned, and its matrices by name."""
    torch.set_num_threads(work.finetuning["threads"])
    model = load_encoder(work.encoder, dropout=0.0, seed=0)
    return model, prunable_matrices(model, SCOPE)


def prune_ours(work: Work, threshold: str, share: float) -> float:
    """Prune to a share of zeros as a training does after a step; keep the zeros, and return the seconds it took."""
    _, matrices = load_matrices(work)
    optimizer = torch.optim.AdamW(matrices.values(), lr=0.0, weight_decay=0.0, fused=True)
    for matrix in matrices.values():
        matrix.grad = torch.zeros_like(matrix)
    optimizer.step()  # a training's optimiser has moments, which pruning changes too
    pruner = Pruner(matrices, {1: share}, threshold)
    began = time.perf_counter()
    pruner.update(1, optimizer)
    seconds = time.perf_counter() - began
    save_zeros(matrices, zeros_path(work, threshold, "ours"))
    return seconds


def prune_theirs(work: Work, threshold: str, share: float) -> float:
    """Prune with torch.nn.utils.prune to a share of zeros; keep them, and return the seconds it took."""
    model, matrices = load_matrices(work)
    modules = [(module, "weight") for module in trainer.matrix_modules(model, SCOPE)]
    began = time.perf_counter()
    if threshold == "global":
        prune.global_unstructured(modules, prune.L1Unstructured, amount=share)
    else:
        for module, name in modules:
            prune.l1_unstructured(module, name, share)
    seconds = time.perf_counter() - began
    weights = (module.weight for module, _ in modules)
    save_zeros(dict(zip(matrices, weights, strict=True)), zeros_path(work, threshold, "theirs"))
    return seconds


def zeros_path(work: Work, threshold: str, side: str) -> Path:
    """Return the file of the zeros that a side (ours or theirs) has made."""
    return work.folder / f"zeros-{threshold}-{side}.safetensors"


def save_zeros(matrices: Matrices, path: Path) -> None:
    """Write where matrices are 0, as one mask a matrix."""
    save_file({name: matrix.detach() == 0 for name, matrix in matrices.items()}, path)


def compare_zeros(work: Work, threshold: str) -> tuple[int, int]:
    """Return how many weights both sides have set to 0, and how many of those differ because they tie."""
    _, matrices = load_matrices(work)
    masks = [load_file(zeros_path(work, threshold, side)) for side in ("ours", "theirs")]
    count, tied = 0, 0
    for group in [list(matrices)] if threshold == "global" else [[name] for name in matrices]:
        weights, our_zeros, their_zeros = (
            torch.cat([side[name].detach().flatten() for name in group]) for side in (matrices, *masks)
        )
        count += int(our_zeros.sum())
        tied += count_tied(weights, our_zeros, their_zeros)
    return count, tied


def count_tied(weights: torch.Tensor, our_zeros: torch.Tensor, their_zeros: torch.Tensor) -> int:
    """Return how many weights ours alone has set to 0: they tie with others at the largest magnitude that was pruned.

    Raises RuntimeError when one side has pruned more weights, or one of another magnitude that the other has not.
    """
    if our_zeros.sum() != their_zeros.sum():
        raise RuntimeError(f"{int(our_zeros.sum())} zeros of ours, {int(their_zeros.sum())} of theirs")
    differing = weights[our_zeros != their_zeros].abs()
    if len(differing) and (differing != weights[our_zeros].abs().max()).any():
        raise RuntimeError("the sides have pruned weights of different magnitudes")
    return len(differing) // 2


if __name__ == "__main__":
    run_benchmark(main)
