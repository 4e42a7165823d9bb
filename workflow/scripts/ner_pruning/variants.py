"""The variants of a study (dense, or a scope and a sparsity), and the schedule that a training set's size selects."""

import math
from collections.abc import Iterable, Mapping, Sequence

DENSE = "dense"


def variant_names(scopes: Iterable[str], sparsities: Iterable[int]) -> list[str]:
    """Return the variants of a study: the dense one once, and each scope at each sparsity."""
    sparsities = sorted(sparsities)
    return [DENSE] + [variant_name(scope, sparsity) for scope in scopes for sparsity in sparsities]


def variant_name(scope: str, sparsity: int) -> str:
    """Return the name of a variant; sparsity: percent, 0 for the dense one, whatever the scope."""
    return f"{scope}-{sparsity}" if sparsity else DENSE


def parse_variant(variant: str) -> tuple[str, int]:
    """Return the scope and sparsity (percent) of a variant: ("", 0) for the dense one."""
    if variant == DENSE:
        return "", 0
    scope, sparsity = variant.rsplit("-", 1)
    return scope, int(sparsity)


def training_steps(epochs: int, sentences: int, batch_size: int) -> int:
    """Return the number of optimiser steps: the last batch of an epoch may be smaller."""
    return epochs * math.ceil(sentences / batch_size)


def choose_schedule(schedules: Sequence[Mapping[str, int]], sentences: int) -> Mapping[str, int]:
    """Return the first row of the schedules that is not smaller than a training set, the last for larger ones.

    The last row needs no `up_to`.
    """
    return next((row for row in schedules[:-1] if sentences <= row["up_to"]), schedules[-1])
