"""The criteria of the pruning methods next to gradual magnitude pruning, and the steps after which each prunes.

docs/methods.md says what each method is and where it comes from; `study.methods` what it starts from.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial

import torch

from ner_pruning.files import InputError
from ner_pruning.study.methods import METHODS
from ner_pruning.study.schedules import Schedule
from ner_pruning.training.pruning import Block, Criterion, Matrix, prune_lowest, prune_smallest, sparsity_schedule

GROUP = 4
"""Consecutive weights of a row, of which 2:4 sparsity prunes two."""


def pruning_steps(method: str, target: float, schedule: Schedule, curve: str | None) -> dict[int, float]:
    """Return the sparsity (0..1) to reach after each optimiser step at which a method prunes; 0: before the first one.

    schedule, curve: read only by the methods that follow them, see `study.methods.Method`.
    """
    if METHODS[method].curve:
        return sparsity_schedule(target, schedule, curve)
    return {schedule.start if METHODS[method].on_schedule else 0: target}


def criterion(
    method: str, seed: int, zeros: Mapping[str, torch.Tensor], scores: Mapping[str, torch.Tensor]
) -> Criterion:
    """Return which weights a method prunes.

    seed: of the run, which random pruning draws with. zeros: bool masks of whole matrices by name, True where a rewound
    run is pruned. scores: of movement pruning, see `Pruner.observe`.
    """
    criteria: dict[str, Criterion] = {
        "random": partial(prune_at_random, seed=seed),
        "rewound": partial(prune_where, zeros=zeros),
        "2to4": prune_two_of_four,
        "movement": partial(prune_low_scores, scores=scores),
    }
    return criteria.get(method, prune_smallest)


def prune_at_random(matrices: Sequence[Matrix], count: int, seed: int) -> None:
    """Prune exactly `count` weights, drawn at random from all the matrices together, in place.

    Each weight has a random rank of its own, which depends on nothing but the seed, the name of its matrix and its
    place there: neither on the device nor on what was pruned before. So masks only grow, and nothing has to be stored.
    """
    ranks = {}
    for matrix in matrices:
        rows = sum(len(block.weight) for block in matrix.blocks)
        shape = (rows, matrix.blocks[0].weight.shape[1])
        digest = hashlib.sha256(f"{seed} {matrix.name}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:4], "big"))
        drawn = torch.randint(2**31 - 1, shape, generator=generator, dtype=torch.int32)
        ranks |= {id(block): block.of_block(drawn) for block in matrix.blocks}

    def keys(block: Block, rows: slice) -> torch.Tensor:
        return ranks[id(block)][rows] | block.pruned_bits(rows)

    prune_lowest(matrices, count, keys)


def prune_where(matrices: Sequence[Matrix], count: int, zeros: Mapping[str, torch.Tensor]) -> None:
    """Prune the weights that are zeros of another run, in place; raises RuntimeError where these are less than `count`.

    There are more where weights of that run were 0 without being pruned.
    """
    pruned = 0
    for matrix in matrices:
        for block in matrix.blocks:
            block.kept &= ~block.of_block(zeros[matrix.name])
            pruned += block.kept.numel() - int(block.kept.count_nonzero())
            block.clear_pruned()
    if pruned < count:
        raise RuntimeError(f"{matrices[0].name}: {pruned} zeros to take over; expected {count}")


def prune_two_of_four(matrices: Sequence[Matrix], count: int) -> None:
    """Prune the two of smallest magnitude of each four consecutive weights of a row, in place; the left one of a tie.

    count: half of the weights, whose rows can be cut into fours (`check_fours`).
    """
    for matrix in matrices:
        for block in matrix.blocks:
            rows, columns = block.weight.shape
            magnitudes = block.weight.abs().view(rows, -1, GROUP)
            ranks = magnitudes.argsort(dim=-1, stable=True).argsort(dim=-1)
            block.kept &= (ranks >= GROUP // 2).view(rows, columns)
            block.clear_pruned()


def check_fours(matrices: Mapping[str, torch.Tensor]) -> None:
    """Raise InputError for a matrix whose rows `prune_two_of_four` cannot cut into fours; matrices: by name."""
    for name, matrix in matrices.items():
        if matrix.shape[1] % GROUP:
            raise InputError(
                f"pruning.methods.2to4: {name} has rows of {matrix.shape[1]} weights; expected a multiple of {GROUP}"
            )


def prune_low_scores(matrices: Sequence[Matrix], count: int, scores: Mapping[str, torch.Tensor]) -> None:
    """Prune exactly the `count` weights with the lowest scores of all the matrices together, in place.

    scores: float32 by name of a matrix, in its shape. Among equal scores the earlier place is pruned first. A matrix in
    two blocks is refused by the scope of the method, which prunes no embeddings.
    """
    by_block = {id(matrix.blocks[0]): scores[matrix.name] for matrix in matrices}

    def keys(block: Block, rows: slice) -> torch.Tensor:
        bits = (by_block[id(block)][rows] + 0.0).view(torch.int32).long()  # -0.0 becomes 0.0, which it equals
        ordered = torch.where(bits < 0, -1 - (bits & 0x7FFFFFFF), bits) + 2**31  # from 0, in the order of the numbers
        return torch.where(block.kept[rows], ordered, -1)

    prune_lowest(matrices, count, keys)
