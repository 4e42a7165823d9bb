"""How much F1 varies between the seeds of a model, pooled over all models of a study that have several.

Two or three seeds say next to nothing about the variance of one model, and one seed says nothing. The models of a study
together say it well, and lend it to each of them, those with one seed included (as limma does for genes; Smyth 2004).

A seed's F1 deviates from the mean over seeds for two reasons. The seed makes the model better or worse everywhere, or
only on some sentences. Other sentences average the second part out, and the bootstrap of sentences has it already. So
the variance between seeds is taken less the part that sentences explain. Both are divided by F1 (1 - F1), since F1 near
0 or 1 varies less, and pooled: over the models of a training set, to which those of all other training sets are added
as if they had PRIOR_DEGREES degrees of freedom at most. F1 on the regular and on perturbed test sets are pooled apart:
perturbed F1 varies more between seeds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ner_pruning.terms import REGULAR, Run

PRIOR_DEGREES = 30
"""Degrees of freedom that other training sets' models count for at most, next to a training set's own: however many
they are, a model's own variance may be another one."""

COMMON_SHARE = 0.5
"""Share of the variance that a seed has in common in all languages and test sets of a model, which share its weights.

F1 on two test sets of a model correlate by 0.3 to 0.5 over seeds in docs/low-resource, where they do. What other shares
do to the intervals is in docs/claims.md.
"""


@dataclass(frozen=True)
class SeedVariance:
    """Variance of F1 between seeds, divided by F1 (1 - F1).

    whole: as measured on the same sentences; explained: the part of it that sentences explain. degrees: of freedom of
    the whole; 0 if no seed is repeated, and so nothing is known.
    """

    whole: float = 0.0
    explained: float = 0.0
    degrees: float = 0.0

    def draw(self, random: np.random.Generator, number: int) -> np.ndarray:
        """Return draws of what the seeds' own part may be: the whole over chi-square, less the explained part."""
        whole = self.whole * self.degrees / random.chisquare(self.degrees, number)
        return np.maximum(whole - self.explained, 0)


@dataclass(frozen=True)
class _Sums:
    """Sums over models, weighted by their degrees of freedom; degrees: of models, however many their test sets."""

    whole: float = 0.0
    explained: float = 0.0
    scale: float = 0.0
    degrees: int = 0

    def plus(self, other: "_Sums", sign: int = 1) -> "_Sums":
        return _Sums(
            self.whole + sign * other.whole,
            self.explained + sign * other.explained,
            self.scale + sign * other.scale,
            self.degrees + sign * other.degrees,
        )

    @property
    def factors(self) -> np.ndarray:
        """Return the whole and the explained variance, divided by F1 (1 - F1)."""
        return np.array([self.whole, self.explained]) / self.scale if self.scale > 0 else np.zeros(2)


class SeedNoise:
    """The pooled variances of a study, by training set and kind of test set.

    runs, counts: as of `bootstrap.resample`.
    """

    def __init__(self, runs: Sequence[Run], counts: Sequence[Mapping[tuple[str, str], np.ndarray]]) -> None:
        models: dict[tuple[str, str], list[int]] = {}
        for place, run in enumerate(runs):
            models.setdefault((run.training_set, run.variant), []).append(place)
        self._own: dict[tuple[str, bool], _Sums] = {}
        self._study: dict[bool, _Sums] = {}
        for (training_set, _), places in models.items():
            if len(places) < 2:
                continue
            of_model: dict[bool, list[tuple[float, float, float]]] = {}
            for test_set, language in counts[places[0]]:
                parts = [counts[place].get((test_set, language)) for place in places]
                if all(part is not None and part[:, 2].any() for part in parts):
                    of_model.setdefault(test_set == REGULAR, []).append(between_seeds(parts))
            for regular, found in of_model.items():
                degrees = len(places) - 1
                sums = _Sums(*(degrees * np.sum(found, axis=0)), degrees)
                self._own[training_set, regular] = self._own.get((training_set, regular), _Sums()).plus(sums)
                self._study[regular] = self._study.get(regular, _Sums()).plus(sums)

    def of(self, training_set: str, test_set: str) -> SeedVariance:
        """Return the variance of a model of a training set on a test set."""
        regular = test_set == REGULAR
        if regular not in self._study:
            return SeedVariance()
        own = self._own.get((training_set, regular), _Sums())
        others = self._study[regular].plus(own, sign=-1)
        degrees = np.array([own.degrees, min(PRIOR_DEGREES, others.degrees)], dtype=float)
        weights = degrees / degrees.sum()
        factors = np.array([own.factors, others.factors])
        whole, explained = weights @ factors
        # degrees of freedom of a weighted sum of two variances (Satterthwaite 1946)
        squares = weights @ (factors[:, 0] ** 2) / degrees.sum()
        return SeedVariance(whole, explained, whole**2 / squares if squares else degrees.sum())


def between_seeds(parts: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """Return the variance of F1 between seeds, what sentences explain of it, and F1 (1 - F1).

    parts: counts of the same sentences by two or more seeds. The second is the variance that F1 would have between
    seeds which differ on single sentences only; it may be the larger one by chance.
    """
    correct, predicted, gold = np.stack(parts, axis=-1).astype(float).transpose(1, 0, 2)  # each sentences × seeds
    total = (predicted + gold).sum(axis=0)
    f1 = 2 * correct.sum(axis=0) / total
    influence = (2 * correct - f1 * (predicted + gold)) / total  # of a sentence on F1, to first order
    deviations = influence - influence.mean(axis=1, keepdims=True)
    mean = f1.mean()
    return float(f1.var(ddof=1)), float((deviations**2).sum() / (len(parts) - 1)), float(mean * (1 - mean))
