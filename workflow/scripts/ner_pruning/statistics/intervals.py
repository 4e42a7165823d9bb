"""Intervals, p-values and their adjustment, from bootstrap replicates; and the table of all intervals of a study.

A statistic is an array whose last axis holds the measured value first and then its replicates; what is computed along
that axis (differences, means over languages) is computed for all of them at once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from ner_pruning.statistics.bootstrap import Replicates
from ner_pruning.terms import MONOLINGUAL, MULTILINGUAL, PERTURBATIONS, REGULAR, SCOPES

LEVEL = 95
"""Percent of the intervals: from the 2.5 to the 97.5 percentile of the replicates."""

EFFECTS = ("difference", "relative_difference", "multilingual_gain")
"""Statistics that are 0 where there is no effect, and have p-values of that."""

INTERVAL_COLUMNS = [
    *("statistic", "setting", "test_set", "language", "group", "scope", "sparsity"),
    *("estimate", "low", "high", "p_value", "p_adjusted", "languages", "seeds"),
]


@dataclass(frozen=True)
class Estimate:
    """A measured value with its interval; p_value: two-sided, of the value 0. NaN where the statistic is undefined."""

    value: float
    low: float
    high: float
    p_value: float


def estimate(statistic: np.ndarray) -> Estimate:
    """Return the measured value, its percentile interval and p-value; statistic: (1 + resamples), measured first.

    The p-value is twice the smaller share of replicates on either side of 0, counting the measured one on both, so it
    is never 0 (Davison & Hinkley 1997, section 4.2). An undefined replicate may be anything: it counts on both sides of
    0, and beyond both ends of the interval, which does not exist (NaN) where more are undefined than lie outside of it.
    """
    value, replicates = float(statistic[0]), statistic[1:]
    defined = replicates[np.isfinite(replicates)]
    if not np.isfinite(value) or not len(defined):
        return Estimate(value if np.isfinite(value) else float("nan"), float("nan"), float("nan"), float("nan"))
    undefined, percent = len(replicates) - len(defined), 50 - LEVEL / 2
    smaller = min((defined <= 0).sum(), (defined >= 0).sum()) + undefined
    p_value = float(min(1, 2 * (1 + smaller) / (1 + len(replicates))))
    if undefined:
        place = percent / 100 * (len(replicates) - 1) - undefined  # of the lower end among the defined ones
        if place < 0:
            return Estimate(value, float("nan"), float("nan"), p_value)
        percent = 100 * place / (len(defined) - 1)
    low, high = np.percentile(defined, [percent, 100 - percent])
    return Estimate(value, float(low), float(high), p_value)


def adjust(p_values: Sequence[float]) -> np.ndarray:
    """Return p-values adjusted for the false discovery rate (Benjamini & Hochberg 1995); NaN stay NaN, uncounted."""
    p_values = np.asarray(p_values, dtype=float)
    adjusted, known = np.full(p_values.shape, np.nan), ~np.isnan(p_values)
    if known.any():
        adjusted[known] = false_discovery_control(p_values[known])
    return adjusted


def partial_conjunctions(p_values: Sequence[float]) -> np.ndarray:
    """Return the p-values of "r or more of the n effects exist", r = 1..n (Benjamini & Heller 2008, by Bonferroni).

    p_values: of each effect. If fewer than r exist, n - r + 1 or more do not, and the r-th smallest p-value is no less
    than the smallest one of these; it is adjusted for their number.
    """
    ordered = np.sort(np.asarray(p_values, dtype=float))
    return np.minimum(1, np.arange(len(ordered), 0, -1) * ordered)


Key = tuple[str, str, str, int]
"""Setting, test set, scope and sparsity of a cell; sparsity 0 is the dense model, in every scope."""


class Cells:
    """The replicates of a study by setting, test set, scope, sparsity and language.

    floors: chance floor by (language, test set); 0 where it is not known.
    """

    def __init__(self, replicates: Replicates, floors: Mapping[tuple[str, str], float] | None = None) -> None:
        self.resamples = replicates.values.shape[1] - 1
        self._floors = floors or {}
        self._rows: dict[tuple, dict[str, np.ndarray]] = {}
        self._seeds: dict[tuple, dict[str, int]] = {}
        for row, values in zip(replicates.cells.itertuples(), replicates.values, strict=True):
            key = (row.setting, row.test_set, row.scope, row.sparsity)
            self._rows.setdefault(key, {})[row.language] = values.astype(np.float64)
            self._seeds.setdefault(key, {})[row.language] = row.seeds

    def of(self, languages: Iterable[str]) -> "Cells":
        """Return the cells of some languages; a kind that has none of them is left out."""
        chosen, part = set(languages), copy(self)
        part._rows, part._seeds = (
            {key: found for key, row in rows.items() if (found := {code: row[code] for code in row if code in chosen})}
            for rows in (self._rows, self._seeds)
        )
        return part

    def kinds(self) -> list[Key]:
        """Return every (setting, test set, scope, sparsity) that has cells; the scope of dense cells is ""."""
        return list(self._rows)

    def sparsities(self, setting: str, scope: str) -> list[int]:
        """Return the sparsities above 0 that a setting has in a scope, in ascending order."""
        return sorted({key[3] for key in self._rows if key[0] == setting and key[2] == scope})

    def languages(self, setting: str, test_set: str, scope: str, sparsity: int) -> list[str]:
        """Return the languages of a cell; sparsity 0 is the dense model, in every scope."""
        return list(self._rows.get(_key(setting, test_set, scope, sparsity), {}))

    def common_languages(self, *keys: Key) -> list[str]:
        """Return the languages that have all of some cells, in the order of the first."""
        others = [set(self.languages(*key)) for key in keys[1:]]
        return [code for code in self.languages(*keys[0]) if all(code in other for other in others)]

    def compared_languages(self, *keys: Key) -> list[str]:
        """Return the languages that a mean over some cells is of, so that it can be compared along its line.

        A line is what a row of a table or a line of a figure shows: a setting, test set and scope, at all sparsities
        that all lines of `keys` have. The mean is over the languages that have the cells of `keys` and all of their
        lines; over those that have the cells where no language has all of the lines. keys: a sparsity of 0 belongs to
        the line of the scope that it comes with, and to none with the scope "".
        """
        lines = {key[:3] for key in keys if key[2]}
        levels = [set(self.sparsities_of_line(*line)) for line in lines]
        cells = [(*line, level) for line in lines for level in (0, *sorted(set.intersection(*levels)))] if lines else []
        return self.common_languages(*keys, *cells) or self.common_languages(*keys)

    def sparsities_of_line(self, setting: str, test_set: str, scope: str) -> list[int]:
        """Return the sparsities above 0 of a line, in ascending order."""
        return sorted({key[3] for key in self._rows if key[:3] == (setting, test_set, scope)})

    def f1(self, setting: str, test_set: str, scope: str, sparsity: int, languages: Iterable[str]) -> np.ndarray:
        """Return F1, languages × (1 + resamples); raises KeyError for a language without it."""
        rows = self._rows[_key(setting, test_set, scope, sparsity)]
        return np.array([rows[language] for language in languages])

    def fraction(self, setting: str, test_set: str, scope: str, sparsity: int, languages: Sequence[str]) -> np.ndarray:
        """Return F1 as a fraction of the regular F1 of the same models, languages × (1 + resamples).

        NaN for a language whose regular F1 is not above its chance floor: a fraction of what chance gives may be any
        number. Raises KeyError for a language without either F1.
        """
        regular = self.f1(setting, REGULAR, scope, sparsity, languages)
        fractions = divide(self.f1(setting, test_set, scope, sparsity, languages), regular)
        floors = np.array([self._floors.get((language, REGULAR), 0.0) for language in languages])
        return np.where((regular[:, 0] > floors)[:, None], fractions, np.nan)

    def fewest_seeds(self, keys: Sequence[Key], languages: Sequence[str]) -> np.ndarray:
        """Return the smallest number of seeds that each of some languages has in some cells."""
        seeds = [self._seeds[_key(*key)] for key in keys]
        return np.array([min(of[language] for of in seeds) for language in languages], dtype=int)


def _key(setting: str, test_set: str, scope: str, sparsity: int) -> Key:
    return setting, test_set, scope if sparsity else "", sparsity


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Return the ratio, NaN where the denominator is not above 0: an F1 of 0 has no fraction."""
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)


def mean_of_defined(values: np.ndarray) -> np.ndarray:
    """Return the mean over languages whose measured value is defined; values: languages × (1 + resamples).

    NaN if there is none. A replicate in which one of them is undefined is undefined.
    """
    defined = values[np.isfinite(values[:, 0])]
    return defined.mean(axis=0) if len(defined) else np.full(values.shape[1], np.nan)


def intervals_table(cells: Cells, groups: Mapping[str, Mapping[str, str | int]]) -> pd.DataFrame:
    """Return every score, difference and mean of a study with its interval.

    groups: by name of a grouping ("family", …), the group of each language. Returns the columns INTERVAL_COLUMNS.
    statistic is one of: f1; difference (sparse - dense); relative_difference ((sparse - dense) / dense); fraction
    (perturbed / regular, see `Cells.fraction`); multilingual_gain (multilingual - monolingual, under setting
    multilingual). language is a code, or `mean` over the languages of a line (`Cells.compared_languages`) where the
    statistic is defined: of all (group ""), or of a group ("family Germanic"). The means of dense models stand in each
    scope that has sparse ones, because the languages of its line may differ. p_value and p_adjusted are for the value
    0, where it means no effect; p_adjusted is over the languages of a statistic, setting, test set, scope and sparsity.
    low and high of f1 are within 0..1, those of fraction not below 0.
    """
    tables = []
    parts = _parts(cells, groups)
    for key in cells.kinds():
        setting, test_set, scope, sparsity = key
        scopes = [each for each in SCOPES if cells.sparsities_of_line(setting, test_set, each)] if not scope else []
        for keys, statistic in _statistics(cells, *key):
            tables.append(_rows_of_languages(statistic, key, keys, cells))
            for line in scopes or [scope]:
                of_line = [(*each[:2], line, each[3]) for each in keys]
                tables.append(_rows_of_means(statistic, of_line[0], of_line, parts))
    table = pd.concat(tables, ignore_index=True)
    for statistic, most in (("f1", 1), ("fraction", None)):
        rows = table["statistic"] == statistic
        table.loc[rows, ["low", "high"]] = table.loc[rows, ["low", "high"]].clip(0, most)
    return table


Computation = Callable[[Cells, Sequence[Key], Sequence[str]], np.ndarray]
"""A statistic of some languages from their cells, languages × (1 + resamples)."""


def _f1(cells: Cells, keys: Sequence[Key], languages: Sequence[str]) -> np.ndarray:
    return cells.f1(*keys[0], languages)


def _difference(cells: Cells, keys: Sequence[Key], languages: Sequence[str]) -> np.ndarray:
    return cells.f1(*keys[0], languages) - cells.f1(*keys[1], languages)


def _relative_difference(cells: Cells, keys: Sequence[Key], languages: Sequence[str]) -> np.ndarray:
    return divide(_difference(cells, keys, languages), cells.f1(*keys[1], languages))


def _fraction(cells: Cells, keys: Sequence[Key], languages: Sequence[str]) -> np.ndarray:
    return cells.fraction(*keys[0], languages)


STATISTICS: dict[str, Computation] = {
    "f1": _f1,
    "difference": _difference,
    "relative_difference": _relative_difference,
    "fraction": _fraction,
    "multilingual_gain": _difference,
}
"""How each statistic of the table is computed from its cells."""


def _statistics(
    cells: Cells, setting: str, test_set: str, scope: str, sparsity: int
) -> Iterator[tuple[list[Key], str]]:
    """Yield the cells and the name of all statistics of one kind of cells that any language has."""
    here, dense = (setting, test_set, scope, sparsity), (setting, test_set, scope, 0)
    found: list[tuple[list[Key], str]] = [([here], "f1")]
    if sparsity:
        found += [([here, dense], "difference"), ([here, dense], "relative_difference")]
    if test_set in PERTURBATIONS:
        found.append(([here, (setting, REGULAR, scope, sparsity)], "fraction"))
    if setting == MULTILINGUAL:
        found.append(([here, (MONOLINGUAL, test_set, scope, sparsity)], "multilingual_gain"))
    yield from ((keys, statistic) for keys, statistic in found if cells.common_languages(*keys))


def _parts(cells: Cells, groups: Mapping[str, Mapping[str, str | int]]) -> dict[str, Cells]:
    """Return the cells of all languages, as "", and those of each group, by name: "family Germanic"."""
    languages = dict.fromkeys(code for key in cells.kinds() for code in cells.languages(*key))
    members: dict[str, list[str]] = {}
    for name, group_of in groups.items():
        for language in languages:
            members.setdefault(f"{name} {group_of[language]}", []).append(language)
    return {"": cells} | {name: cells.of(codes) for name, codes in members.items()}


def _rows_of_languages(statistic: str, key: Key, keys: Sequence[Key], cells: Cells) -> pd.DataFrame:
    """Return the rows of one statistic by language; key: what they are called by."""
    languages = cells.common_languages(*keys)
    estimates = [estimate(values) for values in STATISTICS[statistic](cells, keys, languages)]
    p_values = [each.p_value if statistic in EFFECTS else np.nan for each in estimates]
    rows = _frame(statistic, key, languages, [""] * len(languages), estimates)
    seeds = cells.fewest_seeds(keys, languages)
    return rows.assign(p_value=p_values, p_adjusted=adjust(p_values), languages=1, seeds=seeds)[INTERVAL_COLUMNS]


def _rows_of_means(statistic: str, key: Key, keys: Sequence[Key], parts: Mapping[str, Cells]) -> pd.DataFrame:
    """Return the rows of the means of one statistic over all languages and each group that have it.

    parts: of `_parts`. The seeds of a mean are the smallest number of its languages.
    """
    groups, estimates, counts, seeds = [], [], [], []
    for group, cells in parts.items():
        if not (languages := cells.compared_languages(*keys)):
            continue
        values = STATISTICS[statistic](cells, keys, languages)
        groups.append(group)
        estimates.append(estimate(mean_of_defined(values)))
        counts.append(int(np.isfinite(values[:, 0]).sum()))
        seeds.append(int(cells.fewest_seeds(keys, languages).min()))
    p_values = [each.p_value if statistic in EFFECTS else np.nan for each in estimates]
    rows = _frame(statistic, key, ["mean"] * len(groups), groups, estimates)
    return rows.assign(p_value=p_values, p_adjusted=np.nan, languages=counts, seeds=seeds)[INTERVAL_COLUMNS]


def _frame(
    statistic: str, key: Key, languages: Sequence[str], groups: Sequence[str], estimates: Sequence[Estimate]
) -> pd.DataFrame:
    """Return the columns of INTERVAL_COLUMNS that say what a value is of, and the value with its interval."""
    setting, test_set, scope, sparsity = key
    return pd.DataFrame(
        {
            "statistic": statistic,
            "setting": setting,
            "test_set": test_set,
            "language": languages,
            "group": groups,
            "scope": scope,
            "sparsity": sparsity,
            "estimate": [each.value for each in estimates],
            "low": [each.low for each in estimates],
            "high": [each.high for each in estimates],
        }
    )
