"""The rule from numbers to verdicts; docs/claims.md has it in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ner_pruning.statistics.intervals import DETECTABLE, INTERVAL_WIDTH, LEVEL, Estimate, adjust

COLLAPSE = 0.5
"""Perturbed F1 as a fraction of regular F1 below which a model has collapsed: it loses more than half."""

SAME_FRACTION = 0.05
"""Fractions of regular F1 that differ by less are the same."""

SAME_F1 = 0.02
"""F1 that differ by less are the same."""

MAJORITY = 0.5
"""Share of languages."""

ONE_SIDE = (1 - LEVEL / 100) / 2
"""p-value at which a claim of several parts is contradicted: what lies outside of an interval on one side."""


class Verdict(StrEnum):
    """What the numbers say about a claim."""

    REPLICATED = "replicated"
    NOT_REPLICATED = "not replicated"
    INCONCLUSIVE = "inconclusive"
    ONE_SEED = "inconclusive (one seed)"
    NOT_TESTED = "not tested"


@dataclass(frozen=True)
class Criterion:
    """What a claim says of a statistic: that it lies above `low`, below `high`, or between them."""

    low: float = -np.inf
    high: float = np.inf

    def verdict(self, interval: Estimate) -> Verdict:
        """Return whether the whole interval lies within the bounds, the whole of it outside on one side, or neither."""
        if np.isnan(interval.low):
            return Verdict.INCONCLUSIVE
        if self.low < interval.low and interval.high < self.high:
            return Verdict.REPLICATED
        if interval.high < self.low or interval.low > self.high:
            return Verdict.NOT_REPLICATED
        return Verdict.INCONCLUSIVE

    def holds(self, value: float) -> bool:
        """Return whether a value without noise lies within the bounds."""
        return self.low < value < self.high

    @property
    def says_equal(self) -> bool:
        """Return whether it says that something is the same: bounds on both sides."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))

    def against(self, statistic: np.ndarray) -> float:
        """Return the one-sided p-value of a statistic within the bounds: small where the claim is contradicted.

        statistic: (1 + resamples), the measured value first. It is the share of replicates, and of the measured value
        counted among them, that do not lie outside on the one side or the other, whichever is less. An undefined
        replicate may lie anywhere and counts as inside; NaN where the measured value is undefined.
        """
        if not np.isfinite(statistic[0]):
            return float("nan")
        replicates = statistic[1:]
        outside = max((replicates < self.low).sum(), (replicates > self.high).sum())  # neither of NaN
        return float((1 + len(replicates) - outside) / (1 + len(replicates)))

    def __str__(self) -> str:
        if np.isinf(self.high):
            return f"> {self.low:g}"
        return f"< {self.high:g}" if np.isinf(self.low) else f"from {self.low:g} to {self.high:g}"

    def can_hold(self, smallest: float) -> bool:
        """Return whether an interval may lie within both bounds; smallest: the difference that its study would show."""
        return smallest / DETECTABLE * INTERVAL_WIDTH <= self.high - self.low


POSITIVE, NEGATIVE = Criterion(low=0), Criterion(high=0)
NO_GAIN = Criterion(high=SAME_F1)
MOST = Criterion(low=MAJORITY)
EQUAL_FRACTIONS = Criterion(-SAME_FRACTION, SAME_FRACTION)
EQUAL_F1 = Criterion(-SAME_F1, SAME_F1)


def combine(verdicts: Sequence[Verdict], against: Sequence[float] = (), readings: bool = False) -> Verdict:
    """Return the verdict on a claim from those on its parts; parts that are not tested do not count.

    against: `Criterion.against` of each part, NaN where it is not tested. A claim that says several things is
    replicated when all of them are. It is not replicated when one of them is not, after adjustment for their number
    (Benjamini & Hochberg 1995: of twenty true things one seems false by chance). With `readings` the parts are readings
    of one ambiguous sentence, which only a verdict decides that all of them are tested for and share.
    """
    tested = [verdict for verdict in verdicts if verdict != Verdict.NOT_TESTED]
    if not tested:
        return Verdict.NOT_TESTED
    if Verdict.ONE_SEED in tested:
        return Verdict.ONE_SEED
    if readings:
        return verdicts[0] if len(set(verdicts)) == 1 else Verdict.INCONCLUSIVE
    if set(tested) == {Verdict.REPLICATED}:
        return Verdict.REPLICATED
    if (adjust(against) <= ONE_SIDE).any():
        return Verdict.NOT_REPLICATED
    return Verdict.INCONCLUSIVE
