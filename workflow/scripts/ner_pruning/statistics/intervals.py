"""Intervals, p-values and their adjustment, from bootstrap replicates.

A statistic is an array whose last axis holds the measured value first and then its replicates; what is computed along
that axis (differences, means over languages) is computed for all of them at once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np

from ner_pruning.statistics.bootstrap import AS_TRAINED, Replicates
from ner_pruning.terms import OF_THE_PAPER, REGULAR, Cell, is_quantised, ordered_scopes, trained_scope

LEVEL = 95
"""Percent of the intervals: from the 2.5 to the 97.5 percentile of the replicates."""

MONTE_CARLO = 3
"""Standard errors by which a quantile of some replicates may be off that of endlessly many."""

DETECTABLE = 2.8
"""Standard errors of the smallest difference that is found in 80 % of studies at 5 %, two-sided: 1.96 + 0.84."""

INTERVAL_WIDTH = 2 * 1.96
"""Standard errors from end to end of a 95 % interval."""


@dataclass(frozen=True)
class Estimate:
    """A measured value with its interval; p_value: two-sided, of the value 0. NaN where the statistic is undefined."""

    value: float
    low: float
    high: float
    p_value: float


def estimate(statistic: np.ndarray, level: float = LEVEL) -> Estimate:
    """Return the measured value, its percentile interval and p-value; statistic: (1 + resamples), measured first.

    level: of the interval, in percent.

    The p-value is twice the smaller share of replicates on either side of 0, counting the measured one on both, so it
    is never 0 (Davison & Hinkley 1997, section 4.2). An undefined replicate may be anything: it counts on both sides of
    0, and beyond both ends of the interval, which does not exist (NaN) where more are undefined than lie outside of it.
    An interval holds the measured value, also one at the end of what is possible, such as an F1 of 0.
    """
    value, replicates = float(statistic[0]), statistic[1:]
    defined = replicates[np.isfinite(replicates)]
    if not np.isfinite(value) or not len(defined):
        return Estimate(value if np.isfinite(value) else float("nan"), float("nan"), float("nan"), float("nan"))
    undefined, percent = len(replicates) - len(defined), 50 - level / 2
    smaller = min((defined <= 0).sum(), (defined >= 0).sum()) + undefined
    p_value = float(min(1, 2 * (1 + smaller) / (1 + len(replicates))))
    if undefined:
        place = percent / 100 * (len(replicates) - 1) - undefined  # of the lower end among the defined ones
        if place < 0:
            return Estimate(value, float("nan"), float("nan"), p_value)
        percent = 100 * place / (len(defined) - 1)
    low, high = np.percentile(defined, [percent, 100 - percent])
    return Estimate(value, min(float(low), value), max(float(high), value), p_value)


def cautious_level(resamples: int) -> float:
    """Return the level, in percent, of an interval that endlessly many replicates would not make wider than LEVEL's.

    The share of replicates beyond an end has a standard error, of which MONTE_CARLO are taken.
    """
    beyond = (100 - LEVEL) / 200
    return LEVEL + 200 * min(beyond, monte_carlo_error(beyond, resamples))


def cautious_p_value(p_value: float | np.ndarray, resamples: int) -> float | np.ndarray:
    """Return a p-value that endlessly many replicates would not make larger, as `cautious_level` does.

    p_value: (1 + n) / (1 + resamples), where n replicates have a standard error. One of no replicate stays.
    """
    p_value = np.asarray(p_value, dtype=float)
    share = np.maximum(0, p_value - 1 / (1 + resamples))
    return np.minimum(1, p_value + monte_carlo_error(share, resamples))


def monte_carlo_error(share: float | np.ndarray, resamples: int) -> float | np.ndarray:
    """Return by how much a share of some replicates may be off that of endlessly many: MONTE_CARLO standard errors."""
    return MONTE_CARLO * np.sqrt(share * (1 - share) / resamples)


def detectable(statistic: np.ndarray) -> float:
    """Return the smallest difference that a study could have shown: see DETECTABLE; NaN without an interval."""
    replicates = statistic[1:][np.isfinite(statistic[1:])]
    return DETECTABLE * float(replicates.std()) if len(replicates) > 1 and np.isfinite(statistic[0]) else float("nan")


def adjust(p_values: Sequence[float]) -> np.ndarray:
    """Return p-values adjusted for the false discovery rate (Benjamini & Hochberg 1995); NaN stay NaN, uncounted."""
    p_values = np.asarray(p_values, dtype=float)
    adjusted, known = np.full(p_values.shape, np.nan), ~np.isnan(p_values)
    if known.any():
        from scipy.stats import false_discovery_control  # here, for it takes half a second that few jobs need

        adjusted[known] = false_discovery_control(p_values[known])
    return adjusted


def partial_conjunctions(p_values: Sequence[float]) -> np.ndarray:
    """Return the p-values of "r or more of the n effects exist", r = 1..n (Benjamini & Heller 2008, by Bonferroni).

    p_values: of each effect. If fewer than r exist, n - r + 1 or more do not, and the r-th smallest p-value is no less
    than the smallest one of these; it is adjusted for their number.
    """
    ordered = np.sort(np.asarray(p_values, dtype=float))
    return np.minimum(1, np.arange(len(ordered), 0, -1) * ordered)


class Cells:
    """The replicates of a study by setting, test set, scope, sparsity and language.

    floors: chance floor by (language, test set); 0 where it is not known.
    """

    def __init__(self, replicates: Replicates, floors: Mapping[tuple[str, str], float] | None = None) -> None:
        self.resamples = replicates.values.shape[1] - 1
        self._floors = floors or {}
        self._rows: dict[Cell, dict[str, np.ndarray]] = {}
        self._seeds: dict[Cell, dict[str, int]] = {}
        self._as_trained: dict[tuple[Cell, str], np.ndarray] = {}
        self._most_seeds: dict[str, int] = {}
        for row, values in zip(replicates.cells.itertuples(), replicates.values, strict=True):
            cell = Cell(row.setting, row.test_set, row.scope.removesuffix(AS_TRAINED), row.sparsity)
            if cell.scope != row.scope:
                self._as_trained[cell, row.language] = values
                continue
            self._rows.setdefault(cell, {})[row.language] = values
            self._seeds.setdefault(cell, {})[row.language] = row.seeds
            if row.scope in OF_THE_PAPER:
                self._most_seeds[row.test_set] = max(row.seeds, self._most_seeds.get(row.test_set, 0))

    def of(self, languages: Iterable[str]) -> "Cells":
        """Return the cells of some languages; a cell that has none of them is left out."""
        chosen, part = set(languages), copy(self)
        part._rows, part._seeds = (
            {
                cell: found
                for cell, row in rows.items()
                if (found := {code: row[code] for code in row if code in chosen})
            }
            for rows in (self._rows, self._seeds)
        )
        return part

    def of_the_paper(self) -> "Cells":
        """Return the cells of models that the paper has like ones of: dense, and of its scopes, pruned by magnitude."""
        return self.without(*(cell for cell in self._rows if cell.scope not in OF_THE_PAPER))

    def without(self, *cells: Cell) -> "Cells":
        """Return the cells less some of them."""
        part, left_out = copy(self), set(cells)
        part._rows, part._seeds = (
            {cell: row for cell, row in rows.items() if cell not in left_out} for rows in (self._rows, self._seeds)
        )
        return part

    def know_seeds(self, *test_sets: str) -> bool:
        """Return whether it is known how much seeds vary: a model of the study, of those that the paper has, has two.

        The whole study's, also of a part of its cells. test_sets: on one of these; on any if none is given.
        """
        return max((self._most_seeds.get(name, 0) for name in test_sets or self._most_seeds), default=0) > 1

    def kinds(self) -> list[Cell]:
        """Return every cell that a language has; the scope of dense cells is "", or DENSE_INT8."""
        return list(self._rows)

    def sparsities(self, setting: str, scope: str) -> list[int]:
        """Return the sparsities above 0 that a setting has in a scope, in ascending order."""
        return sorted({cell.sparsity for cell in self._rows if (cell.setting, cell.scope) == (setting, scope)})

    def languages(self, cell: Cell) -> list[str]:
        """Return the languages of a cell; sparsity 0 is the dense model, in every scope (see `Cell.key`)."""
        return list(self._rows.get(cell.key, {}))

    def common_languages(self, *cells: Cell) -> list[str]:
        """Return the languages that have all of some cells, in the order of the first."""
        others = [set(self.languages(cell)) for cell in cells[1:]]
        return [code for code in self.languages(cells[0]) if all(code in other for other in others)]

    def compared_languages(self, *cells: Cell) -> list[str]:
        """Return the languages that a mean over some cells is of, so that it can be compared along its line.

        The mean is over the languages that have the cells and all of their lines (`Cell.line`), at all sparsities that
        these lines share; over those that have the cells where no language has all of the lines. A sparsity of 0
        belongs to the line of the scope that it comes with, and to none with the scope "".
        """
        lines = {cell.line for cell in cells if cell.scope}
        levels = [set(self.sparsities_of_line(*line)) for line in lines]
        shared = (0, *sorted(set.intersection(*levels))) if lines else ()
        whole = [Cell(*line, level) for line in lines for level in shared]
        return self.common_languages(*cells, *whole) or self.common_languages(*cells)

    def sparsities_of_line(self, setting: str, test_set: str, scope: str) -> list[int]:
        """Return the sparsities above 0 of a line, in ascending order."""
        return sorted({cell.sparsity for cell in self._rows if cell.line == (setting, test_set, scope)} - {0})

    def sparse_scopes(self, dense: Cell) -> list[str]:
        """Return the scopes whose lines begin with a dense cell, those with sparse models of its setting and test set.

        In the order of `ordered_scopes`. A line of models in int8 begins with the dense one in int8.
        """
        sparse = (other for other in self._rows if other.sparsity)
        return ordered_scopes(other.scope for other in sparse if other._replace(sparsity=0).key == dense.key)

    def f1(self, cell: Cell, languages: Iterable[str]) -> np.ndarray:
        """Return F1, languages × (1 + resamples); raises KeyError for a language without it."""
        rows = self._rows[cell.key]
        return np.array([rows[language] for language in languages])

    def difference(self, first: Cell, second: Cell, languages: Sequence[str]) -> np.ndarray:
        """Return F1 of the first cell less that of the second, languages × (1 + resamples).

        Models in int8 are compared with the ones that they are of as `f1_as_trained` says: of the same seeds.
        """
        of_the_same = is_quantised(first.scope) and second.key == _as_trained(first).key
        others = self.f1_as_trained(first, languages) if of_the_same else self.f1(second, languages)
        return self.f1(first, languages) - others

    def f1_as_trained(self, quantised: Cell, languages: Iterable[str]) -> np.ndarray:
        """Return F1 of the models of a cell in int8 as they were trained, of the same seeds; else as `f1`."""
        trained = self._rows[_as_trained(quantised).key]
        found = self._as_trained
        return np.array([found.get((quantised.key, language), trained[language]) for language in languages])

    def fraction(self, cell: Cell, languages: Sequence[str]) -> np.ndarray:
        """Return F1 as a fraction of the regular F1 of the same models, languages × (1 + resamples).

        NaN for a language whose regular F1 is not above its chance floor: a fraction of what chance gives may be any
        number. Raises KeyError for a language without either F1.
        """
        return self._of_regular(self.f1(cell, languages), cell, languages)

    def floor_fraction(self, cell: Cell, languages: Sequence[str]) -> np.ndarray:
        """Return the chance floor as a fraction of the regular F1, as `fraction` does; NaN where it is not known."""
        floors = [self._floors.get((language, cell.test_set), np.nan) for language in languages]
        return self._of_regular(np.tile(np.array(floors)[:, None], 1 + self.resamples), cell, languages)

    def _of_regular(self, values: np.ndarray, cell: Cell, languages: Sequence[str]) -> np.ndarray:
        """Return values as a fraction of the regular F1 of a cell's models; both languages × (1 + resamples)."""
        regular = self.f1(cell._replace(test_set=REGULAR), languages)
        floors = np.array([self._floors.get((language, REGULAR), 0.0) for language in languages])
        return np.where((regular[:, 0] > floors)[:, None], divide(values, regular), np.nan)

    def fewest_seeds(self, cells: Sequence[Cell], languages: Sequence[str]) -> np.ndarray:
        """Return the smallest number of seeds that each of some languages has in some cells."""
        seeds = [self._seeds[cell.key] for cell in cells]
        return np.array([min(of[language] for of in seeds) for language in languages], dtype=int)


def _as_trained(quantised: Cell) -> Cell:
    return quantised._replace(scope=trained_scope(quantised.scope))


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Return the ratio, NaN where the denominator is not above 0: an F1 of 0 has no fraction."""
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)


def mean_of_defined(values: np.ndarray) -> np.ndarray:
    """Return the mean over languages whose measured value is defined; values: languages × (1 + resamples).

    NaN if there is none. A replicate in which one of them is undefined is undefined.
    """
    return _over_defined(values, np.mean)


def median_of_defined(values: np.ndarray) -> np.ndarray:
    """Return the median over languages, as `mean_of_defined` does the mean."""
    return _over_defined(values, np.median)


def _over_defined(values: np.ndarray, summary: Callable[..., np.ndarray]) -> np.ndarray:
    defined = values[np.isfinite(values[:, 0])]
    return summary(defined, axis=0) if len(defined) else np.full(values.shape[1], np.nan)
