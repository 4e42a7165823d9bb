"""The row of the config's `schedules` that a training set's size selects, and the optimiser steps of a training."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ner_pruning.files import InputError


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long a run trains, and after which of its optimiser steps it is pruned.

    epochs: over the training set, the last of which may be cut short by `total`. batch_size: sentences of a step.
    start, end: the first and the last step that pruning follows; frequency: the steps from one pruning to the next.
    These three are None for a dense run, which reads none of them. total: the optimiser steps, if they are given in
    place of epochs.
    """

    epochs: int
    batch_size: int
    start: int | None = None
    end: int | None = None
    frequency: int | None = None
    total: int | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, int | float], epochs: int | None, sentences: int) -> "Schedule":
        """Return the schedule of a row of the config's `schedules` for a training set of that many sentences.

        epochs: of the config, for a row without `steps`. Shares of the training become steps here, at least one.
        """
        batch_size, total = row["batch_size"], row.get("steps")
        if total is not None:
            epochs = math.ceil(total / math.ceil(sentences / batch_size))
        steps = total or optimiser_steps(epochs=epochs, sentences=sentences, batch_size=batch_size)
        pruning = {
            key: max(1, round(row[key] * steps)) if isinstance(row[key], float) else row[key]
            for key in ("start", "end", "frequency")
            if key in row
        }
        return cls(epochs=epochs, batch_size=batch_size, total=total, **pruning)

    def steps(self, sentences: int) -> int:
        """Return the number of optimiser steps over a training set of that many sentences."""
        return self.total or optimiser_steps(epochs=self.epochs, sentences=sentences, batch_size=self.batch_size)

    def passes(self, sentences: int) -> float:
        """Return how many times the training set is gone through: the epochs, or a part of the last one less."""
        steps = math.ceil(sentences / self.batch_size)
        return self.steps(sentences) / steps

    def length(self, sentences: int) -> str:
        """Return how many steps these are and why, as part of a sentence."""
        steps = self.steps(sentences)
        if self.total:
            return f"training has {steps} steps"
        batches = f"{sentences} sentences in batches of {self.batch_size}"
        return f"{batches} over {self.epochs} epochs are {steps} steps"

    def misfit(self, sentences: int) -> str | None:
        """Return why the steps of pruning do not fit into the training or each other, None if they do."""
        if self.end > self.steps(sentences):
            return f"ends at step {self.end}, but {self.length(sentences)}"
        if self.start >= self.end or self.frequency > self.end - self.start:
            steps = f"start {self.start}, end {self.end} and frequency {self.frequency} in steps"
            return f"has {steps}, which do not fit together; {self.length(sentences)}"
        return None

    def pruning_steps(self) -> list[int]:
        """Return the steps that pruning follows: start, start + frequency, … up to `end`, and `end` itself."""
        return sorted({*range(self.start, self.end, self.frequency), self.end})


def check_steps(schedule: Schedule, sentences: int, training_set: str, *, warmup_steps: int, prunes: bool) -> None:
    """Raise InputError where pruning on the schedule, if there is any, or the warm-up does not fit into the training.

    sentences: of the training set.
    """
    if prunes and (misfit := schedule.misfit(sentences)):
        raise InputError(f"config: schedules: pruning of {training_set} {misfit}")
    if warmup_steps >= schedule.steps(sentences):
        raise InputError(
            f"config: finetuning.warmup_steps: {warmup_steps} is wrong: it must be less than the steps of each "
            f"training set, and of {training_set} {schedule.length(sentences)}"
        )


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
