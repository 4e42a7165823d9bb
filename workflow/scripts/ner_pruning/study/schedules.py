"""The row of the config's `schedules` that a training set's size selects, and the optimiser steps of a training."""

import math
from collections.abc import Mapping, Sequence


def optimiser_steps(epochs: int, sentences: int, batch_size: int) -> int:
    """Return the number of optimiser steps: the last batch of an epoch may be smaller."""
    return epochs * math.ceil(sentences / batch_size)


def choose_schedule(schedules: Sequence[Mapping[str, int]], sentences: int) -> Mapping[str, int]:
    """Return the first row of the schedules that is not smaller than a training set, the last for larger ones.

    The last row needs no `up_to`.
    """
    return next((row for row in schedules[:-1] if sentences <= row["up_to"]), schedules[-1])


def size_class(sentences: int, classes: Sequence[int]) -> int:
    """Return the class of a training size: the smallest that is not smaller, else the largest; as for schedules."""
    return choose_schedule([{"up_to": size} for size in classes], sentences)["up_to"]
