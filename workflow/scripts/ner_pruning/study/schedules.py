"""The row of the config's `schedules` that a training set's size selects, and the optimiser steps of a training."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long a run trains, and after which of its optimiser steps it is pruned.

    batch_size: sentences of a step. start, end: the first and the last step that pruning follows; frequency: the steps
    from one pruning to the next. These three are None for a dense run, which reads none of them.
    """

    epochs: int
    batch_size: int
    start: int | None = None
    end: int | None = None
    frequency: int | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, int], epochs: int) -> "Schedule":
        """Return the schedule of a row of the config's `schedules`."""
        keys = ("batch_size", "start", "end", "frequency")
        return cls(epochs=epochs, **{key: row[key] for key in keys if key in row})

    def steps(self, sentences: int) -> int:
        """Return the number of optimiser steps over a training set of that many sentences."""
        return optimiser_steps(epochs=self.epochs, sentences=sentences, batch_size=self.batch_size)

    def pruning_steps(self) -> list[int]:
        """Return the steps that pruning follows: start, start + frequency, … up to `end`, and `end` itself."""
        return sorted({*range(self.start, self.end, self.frequency), self.end})


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
