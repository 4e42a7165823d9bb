"""The table of intervals: every number of a study that a table or figure prints, one tidy frame for all of them.

One row per statistic, cell (`terms.Cell`), and language, mean, median or correlation over languages. Whatever prints a
number selects its rows here and computes nothing of its own.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from ner_pruning.files import InputError
from ner_pruning.parquet import read_table_of, write_table
from ner_pruning.statistics.correlations import Coefficient, correlate, pearson, spearman
from ner_pruning.statistics.intervals import (
    Cells,
    Estimate,
    adjust,
    divide,
    estimate,
    mean_of_defined,
    median_of_defined,
)
from ner_pruning.terms import (
    DENSE,
    IN_LANGUAGE,
    INT8,
    MAGNITUDE,
    MONOLINGUAL,
    MULTILINGUAL,
    OF_THE_PAPER,
    REGULAR,
    SCOPES,
    SETTINGS,
    Cell,
    dense_scope,
    is_perturbation,
    is_quantised,
    matrices_of,
    method_of,
    trained_scope,
)

MEAN, MEDIAN, OVER_LANGUAGES = "mean", "median", "over languages"
"""What stands for a language where a value is of several."""

EVERY_SETTING = "every setting"
"""The group of figure 1: the languages that have models of every setting, so that settings are compared on the same."""

EVERY_PERTURBATION = "every perturbation"
"""The group of figure 3: the languages that have every perturbed test set, so that these are compared on the same."""

EVERY_METHOD = "every method"
"""What the groups of the table and figure of methods begin with, followed by a setting and a scope: the languages that
have models of every method which prunes these matrices, so that methods are compared on the same. Where only dense
models are quantised, DENSE stands for the scope."""

METHOD_TEST_SETS = (REGULAR, IN_LANGUAGE)
"""The test sets on which methods are compared."""

DECIMALS = 12
"""Of the numbers that are written: the last bits differ between versions and machines."""

EFFECTS = ("difference", "relative_difference", "multilingual_gain", "method_gain")
"""Statistics that are 0 where there is no effect, and have p-values of that."""

BOUNDS = {"f1": (0, 1), "fraction": (0, None), "floor_fraction": (0, None)}
"""What the ends of an interval are clipped to."""

FLOORS = ("chance_floor", "shuffle_floor")
PROPERTIES = (*FLOORS, "changed_share", "unseen_share")
"""Statistics that belong to a test set (and a training set) and not to a model; columns of the scores."""

CORRELATIONS: dict[str, Coefficient] = {"overlap_pearson": pearson, "overlap_spearman": spearman}
"""Correlations over languages of dense F1 and the share of test mentions that training has seen."""

INTERVAL_COLUMNS = [
    *("statistic", "setting", "test_set", "language", "group", "scope", "sparsity"),
    *("estimate", "low", "high", "seed_sd", "p_value", "p_adjusted", "languages", "undefined", "seeds", "most_seeds"),
]


Summary = Callable[..., np.ndarray]
"""A mean or median along an axis."""


class Scores:
    """What the tidy scores of a study say besides the mean F1 of its cells.

    scores: of `read_all_scores`. Raises InputError for a missing column, and for two F1 of one cell and seed.
    """

    def __init__(self, scores: pd.DataFrame) -> None:
        names = [*PROPERTIES, *(f"{floor}_{end}" for floor in FLOORS for end in ("low", "high"))]
        needed = [*Cell._fields, "language", "seed", "f1", *names]
        if missing := [column for column in needed if column not in scores.columns]:
            raise InputError(f"scores: no column {', '.join(missing)}; expected {', '.join(needed)}")
        scores = scores.assign(scope=scores["scope"].astype(object).fillna(""))  # CSV makes NaN of a dense model's
        self._f1: dict[tuple[Cell, str], dict[int, float]] = {}
        for row in scores.dropna(subset=["f1"]).itertuples():
            cell = Cell(row.setting, row.test_set, row.scope, row.sparsity)
            by_seed = self._f1.setdefault((cell, row.language), {})
            if row.seed in by_seed:
                raise InputError(f"scores: more than one F1 of {cell} in {row.language}, seed {row.seed}; expected one")
            by_seed[row.seed] = row.f1
        properties = scores.groupby(["setting", "test_set", "language"])[names].first()
        self._properties = {name: properties[name].to_dict() for name in names}

    def seed_sd(self, cell: Cell, languages: Sequence[str], summary: Summary = np.mean) -> float:
        """Return the standard deviation over seeds (n - 1) of a mean or median over languages; NaN with one seed.

        It is that of each seed's own mean or median, over the seeds that all of the languages have.
        """
        by_language = [self._f1.get((cell.key, language), {}) for language in languages]
        seeds = [seed for seed in by_language[0] if all(seed in by_seed for by_seed in by_language)]
        if len(seeds) < 2:
            return float("nan")
        f1 = np.array([[by_seed[seed] for seed in seeds] for by_seed in by_language])
        return float(summary(f1, axis=0).std(ddof=1))

    def property(self, name: str, cell: Cell, languages: Sequence[str]) -> np.ndarray:
        """Return a property of the test set of a cell, such as its chance floor, of each of some languages."""
        values = self._properties[name]
        return np.array([values.get((cell.setting, cell.test_set, code), np.nan) for code in languages], dtype=float)


@dataclass(frozen=True)
class Part:
    """The languages of a group, whose means a table gives; group: "" for all of them; cells: theirs."""

    group: str
    cells: Cells


def intervals_table(cells: Cells, groups: Mapping[str, Mapping[str, str | int]], scores: pd.DataFrame) -> pd.DataFrame:
    """Return every score, difference, mean, median and correlation of a study with its interval.

    groups: by name of a grouping ("family", …), the group of each language. scores: the study's tidy scores.
    Returns the columns INTERVAL_COLUMNS.

    statistic: f1; difference (sparse - dense); relative_difference ((sparse - dense) / dense); fraction (perturbed /
    regular, see `Cells.fraction`); floor_fraction (chance floor / regular); multilingual_gain (multilingual -
    monolingual, under setting multilingual); method_gain (another method - gradual magnitude pruning of the same scope
    and sparsity, under the method; a model in int8 - the same one as it was trained, of the same seeds); PROPERTIES;
    CORRELATIONS.
    language: a code; `mean` over the languages of a line (`Cells.compared_languages`) where the statistic is defined;
    `median` of the same; OVER_LANGUAGES for a correlation.
    group: of a mean: "" (all languages), "family Germanic", EVERY_SETTING, EVERY_PERTURBATION (of fractions only), or
    "every method monolingual partial" (of F1 and method_gain).
    scope: a dense model has ""; other methods than gradual magnitude pruning have their names at the end,
    "partial-random". The means of dense models stand under "", over all languages that have one, and in each scope that
    has sparse models, over the languages of that line. In the scopes of models in int8, "partial-int8", the dense model
    is the one in int8, which stands under DENSE_INT8 too; `difference` is from it.
    estimate, low, high: measured value and 95 % interval; that of a floor is over its draws. Ends are within BOUNDS.
    seed_sd: of an F1, the standard deviation over seeds (`Scores.seed_sd`).
    p_value, p_adjusted: for the value 0, where it means no effect; adjusted over the languages of a statistic and cell.
    languages: how many are behind a value; undefined: how many more have the models, but no value.
    seeds, most_seeds: the fewest and the most of a language; 0 for properties, which are of no model.
    """
    known = Scores(scores)
    parts = _parts(cells, groups)
    rows = []
    for cell in cells.kinds():
        scopes = [] if cell.sparsity else cells.sparse_scopes(cell)
        for statistic, behind in _statistics(cells, cell):
            rows += _rows_of_languages(statistic, behind, cells, known)
            for scope in [cell.scope, *scopes]:  # a dense cell stands in each
                of_line = [each._replace(scope=scope) if each.scope == cell.scope else each for each in behind]
                rows += _rows_of_means(statistic, of_line, parts, known)
        if cell.test_set == REGULAR and not (cell.sparsity or cell.scope):
            rows += _rows_of_correlations(cell, cells, known)
    table = pd.DataFrame(rows, columns=INTERVAL_COLUMNS)
    for statistic, bounds in BOUNDS.items():
        of_it = table["statistic"] == statistic
        table.loc[of_it, ["low", "high"]] = table.loc[of_it, ["low", "high"]].clip(*bounds)
    return table.round(DECIMALS)


Computation = Callable[[Cells, Sequence[Cell], Sequence[str]], np.ndarray]
"""A statistic of some languages from their cells, languages × (1 + resamples)."""


def _f1(cells: Cells, behind: Sequence[Cell], languages: Sequence[str]) -> np.ndarray:
    return cells.f1(behind[0], languages)


def _difference(cells: Cells, behind: Sequence[Cell], languages: Sequence[str]) -> np.ndarray:
    return cells.difference(*behind, languages)


def _relative_difference(cells: Cells, behind: Sequence[Cell], languages: Sequence[str]) -> np.ndarray:
    return divide(_difference(cells, behind, languages), cells.f1(behind[1], languages))


def _fraction(cells: Cells, behind: Sequence[Cell], languages: Sequence[str]) -> np.ndarray:
    return cells.fraction(behind[0], languages)


def _floor_fraction(cells: Cells, behind: Sequence[Cell], languages: Sequence[str]) -> np.ndarray:
    return cells.floor_fraction(behind[0], languages)


STATISTICS: dict[str, Computation] = {
    "f1": _f1,
    "difference": _difference,
    "relative_difference": _relative_difference,
    "fraction": _fraction,
    "floor_fraction": _floor_fraction,
    "multilingual_gain": _difference,
    "method_gain": _difference,
}
"""How each statistic with an interval is computed from its cells."""


def _statistics(cells: Cells, cell: Cell) -> Iterator[tuple[str, list[Cell]]]:
    """Yield the name of each statistic of a cell that any language has, and the cells behind it; the first is it."""
    found: list[tuple[str, list[Cell]]] = [("f1", [cell]), *((name, [cell]) for name in PROPERTIES)]
    if cell.sparsity:
        dense = cell._replace(sparsity=0)
        found += [("difference", [cell, dense]), ("relative_difference", [cell, dense])]
    if method_of(cell.scope) not in ("", MAGNITUDE):
        other = trained_scope(cell.scope) if is_quantised(cell.scope) else matrices_of(cell.scope)
        found.append(("method_gain", [cell, cell._replace(scope=other)]))
    if is_perturbation(cell.test_set):
        regular = cell._replace(test_set=REGULAR)
        found += [("fraction", [cell, regular]), ("floor_fraction", [cell, regular])]
    if cell.setting == MULTILINGUAL:
        found.append(("multilingual_gain", [cell, cell._replace(setting=MONOLINGUAL)]))
    yield from ((statistic, behind) for statistic, behind in found if cells.common_languages(*behind))


def _parts(cells: Cells, groups: Mapping[str, Mapping[str, str | int]]) -> list[Part]:
    """Return all languages, those that figures 1 and 3 and that of methods compare on, and each group; their cells."""
    languages = dict.fromkeys(code for cell in cells.kinds() for code in cells.languages(cell))
    members: dict[str, list[str]] = {}
    for name, group_of in groups.items():
        if unknown := sorted(set(languages) - set(group_of)):
            raise InputError(f"{name}: none for {', '.join(unknown)}; expected one for every language of the scores")
        for language in languages:
            members.setdefault(f"{name} {group_of[language]}", []).append(language)
    members = {
        EVERY_SETTING: [*languages_of_every_setting(cells)],
        EVERY_PERTURBATION: [*languages_of_every_perturbation(cells)],
        **languages_of_every_method(cells),
        **members,
    }
    return [Part("", cells), *(Part(name, cells.of(codes)) for name, codes in members.items())]


def languages_of_every_setting(cells: Cells) -> set[str]:
    """Return the languages that have regular F1 of every setting of the study, in all variants that a setting has.

    Variants that the paper has none like do not count. Without such languages those that have models of every setting,
    and without these all languages.
    """
    kinds = cells.of_the_paper().kinds()
    of_settings = [
        [set(cells.languages(cell)) for cell in kinds if cell[:2] == (setting, REGULAR)] for setting in SETTINGS
    ]
    of_settings = [variants for variants in of_settings if variants]
    for choice in (set.intersection, set.union):
        if of_settings and (common := set.intersection(*(choice(*variants) for variants in of_settings))):
            return common
    return {code for cell in cells.kinds() for code in cells.languages(cell)}


def languages_of_every_perturbation(cells: Cells) -> set[str]:
    """Return the languages that have every perturbed test set of a setting, the multilingual one's if it has several.

    A language alone in its script has none perturbed in-script. Without a language that has them all, all languages.
    """
    for setting in reversed(SETTINGS):
        of_sets: dict[str, set[str]] = {}
        for cell in cells.kinds():
            if cell.setting == setting and is_perturbation(cell.test_set):
                of_sets.setdefault(cell.test_set, set()).update(cells.languages(cell))
        if of_sets and (common := set.intersection(*of_sets.values())):
            return common
    return {code for cell in cells.kinds() for code in cells.languages(cell)}


def languages_of_every_method(cells: Cells) -> dict[str, list[str]]:
    """Return, by group (EVERY_METHOD), the languages that have all variants of a setting which prune the same matrices.

    On the regular and the in-language test set, if the study has that. Without such languages those that have any of
    these variants. There is a group only where a study has models that the paper has none like: of dense ones where
    they are in int8 and no sparse one is, which they would stand beside.
    """
    variants: dict[str, list[set[str]]] = {}
    compared = set()
    for cell in cells.kinds():
        if cell.test_set in METHOD_TEST_SETS:
            group = group_of_methods(cell)
            variants.setdefault(group, []).append(set(cells.languages(cell)))
            if cell.scope not in OF_THE_PAPER and (cell.sparsity or not cells.sparse_scopes(cell)):
                compared.add(group)
    order = dict.fromkeys(code for cell in cells.kinds() for code in cells.languages(cell))
    chosen = {group: set.intersection(*variants[group]) or set.union(*variants[group]) for group in sorted(compared)}
    return {group: [code for code in order if code in codes] for group, codes in chosen.items()}


def group_of_methods(cell: Cell) -> str:
    """Return the group in which the methods of a cell's setting and matrices (DENSE for none) are compared."""
    return f"{EVERY_METHOD} {cell.setting} {matrices_of(cell.scope) or DENSE}"


Row = dict[str, str | int | float]
"""A row of the table of intervals, by column."""


def _rows_of_languages(statistic: str, behind: Sequence[Cell], cells: Cells, known: Scores) -> list[Row]:
    """Return the rows of one statistic by language; behind: its cells, under the first of which it stands."""
    languages = cells.common_languages(*behind)
    if statistic in PROPERTIES:
        ends = [np.full(len(languages), np.nan)] * 2
        if statistic in FLOORS:
            ends = [known.property(f"{statistic}_{end}", behind[0], languages) for end in ("low", "high")]
        values = known.property(statistic, behind[0], languages)
        estimates = [Estimate(*each, np.nan) for each in zip(values, *ends, strict=True)]
        seeds = np.zeros(len(languages), dtype=int)
    else:
        estimates = [estimate(values) for values in STATISTICS[statistic](cells, behind, languages)]
        seeds = cells.fewest_seeds(behind, languages)
    rows = []
    for language, each, number in zip(languages, estimates, seeds, strict=True):
        row = _row(statistic, behind[0], each, language=language, number=1, defined=np.isfinite(each.value))
        spread = known.seed_sd(behind[0], [language]) if statistic == "f1" else np.nan
        rows.append(row | {"seed_sd": spread, "languages": 1, "seeds": number, "most_seeds": number})
    for row, p_adjusted in zip(rows, adjust([row["p_value"] for row in rows]), strict=True):
        row["p_adjusted"] = p_adjusted
    return rows


def _rows_of_means(statistic: str, behind: Sequence[Cell], parts: Sequence[Part], known: Scores) -> list[Row]:
    """Return the rows of the means of one statistic over all languages and each group that have it, and of medians.

    Medians are of F1 and properties, over all languages, as in tables 2-9.
    """
    rows = []
    for part in parts:
        languages = part.cells.compared_languages(*behind)
        if not languages or (part.group and statistic in ("changed_share", "unseen_share")):
            continue
        if part.group.startswith(EVERY_METHOD) and (
            statistic not in ("f1", "method_gain", "chance_floor") or part.group != group_of_methods(behind[0])
        ):
            continue
        if part.group == EVERY_PERTURBATION and statistic not in ("fraction", "floor_fraction"):
            continue
        if statistic in PROPERTIES:
            values, seeds = known.property(statistic, behind[0], languages)[:, None], np.zeros(1, dtype=int)
        else:
            values = STATISTICS[statistic](part.cells, behind, languages)
            seeds = part.cells.fewest_seeds(behind, languages)
        summaries: list[tuple[str, Callable[[np.ndarray], np.ndarray], Summary]] = [(MEAN, mean_of_defined, np.mean)]
        if not part.group and statistic in ("f1", *PROPERTIES):
            summaries.append((MEDIAN, median_of_defined, np.median))
        defined = int(np.isfinite(values[:, 0]).sum())
        for name, over, of_seeds in summaries:
            row = _row(statistic, behind[0], estimate(over(values)), name, len(languages), defined)
            spread = known.seed_sd(behind[0], languages, of_seeds) if statistic == "f1" else np.nan
            seeds_of = {"seeds": seeds.min(), "most_seeds": seeds.max()}
            rows.append(row | {"group": part.group, "seed_sd": spread, **seeds_of})
    return rows


def _rows_of_correlations(cell: Cell, cells: Cells, known: Scores) -> list[Row]:
    """Return the rows of CORRELATIONS over the languages of a cell of dense models, on the regular test set."""
    languages = cells.languages(cell)
    shares = dict(zip(languages, 1 - known.property("unseen_share", cell, languages), strict=True))
    defined = [language for language in languages if np.isfinite(shares[language])]
    if not defined:
        return []
    f1, seeds = cells.f1(cell, defined), cells.fewest_seeds([cell], defined)
    seen = np.broadcast_to(np.array([shares[language] for language in defined])[:, None], f1.shape)
    seeds_of = {"seeds": seeds.min(), "most_seeds": seeds.max()}
    return [
        _row(name, cell, estimate(correlate(seen, f1, coefficient)), OVER_LANGUAGES, len(languages), len(defined))
        | seeds_of
        for name, coefficient in CORRELATIONS.items()
    ]


def _row(statistic: str, cell: Cell, value: Estimate, language: str, number: int, defined: int) -> Row:
    """Return a row of no group; number: of languages that have the cells; defined: of those that have a value."""
    return {
        "statistic": statistic,
        **cell._asdict(),
        "language": language,
        "group": "",
        "estimate": value.value,
        "low": value.low,
        "high": value.high,
        "seed_sd": np.nan,
        "p_value": value.p_value if statistic in EFFECTS else np.nan,
        "p_adjusted": np.nan,
        "languages": defined,
        "undefined": number - defined,
    }


def write_intervals(path: str | os.PathLike, frame: pd.DataFrame) -> None:
    """Write the table of intervals as Parquet."""
    write_table(path, pa.Table.from_pandas(frame, preserve_index=False))


def read_intervals(path: str | os.PathLike) -> pd.DataFrame:
    """Read the table of intervals from its Parquet file, whose numbers are those that were written.

    Raises InputError for a file of another format.
    """
    return read_table_of(path, INTERVAL_COLUMNS).to_pandas(use_threads=False)


def select(intervals: pd.DataFrame, **values: str | int | Sequence[str]) -> pd.DataFrame:
    """Return the rows of the table of intervals that have a value, or one of several, in each of some columns."""
    for column, value in values.items():
        intervals = intervals[intervals[column].isin([value] if isinstance(value, str | int) else list(value))]
    return intervals


def by_language(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of single languages."""
    return intervals[~intervals["language"].isin([MEAN, MEDIAN, OVER_LANGUAGES])]


def by_group(intervals: pd.DataFrame, grouping: str) -> pd.DataFrame:
    """Return the means over the groups of a grouping, such as "family", with its name taken off `group`.

    The sizes of "size" are numbers.
    """
    rows = intervals[(intervals["language"] == MEAN) & intervals["group"].str.startswith(f"{grouping} ")]
    names = rows["group"].str.removeprefix(f"{grouping} ")
    return rows.assign(group=names.astype(int) if grouping == "size" else names)


def by_method(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the means that compare pruning methods, over the languages that have every method (EVERY_METHOD).

    On the regular and the in-language test set, with two more columns: matrices, the scope without the method (DENSE
    for none), and method, DENSE of dense models that are not in int8. Raises InputError for a study without other
    methods or scopes than the paper's.
    """
    rows = intervals[(intervals["language"] == MEAN) & intervals["group"].str.startswith(EVERY_METHOD)]
    rows = select(rows, test_set=METHOD_TEST_SETS)
    if rows.empty:
        raise InputError("intervals: no pruning method but gradual magnitude; expected one in pruning.methods")
    of_dense = rows["scope"].map(lambda scope: INT8 if is_quantised(scope) else DENSE)
    methods = rows["scope"].map(method_of).where(rows["sparsity"] > 0, of_dense)
    return rows.assign(matrices=rows["scope"].map(matrices_of).replace("", DENSE), method=methods)


def settings_of(intervals: pd.DataFrame) -> list[str]:
    """Return the settings that have a regular F1, monolingual first."""
    found = set(select(intervals, statistic="f1", test_set=REGULAR)["setting"])
    return [setting for setting in SETTINGS if setting in found]


def main_setting(intervals: pd.DataFrame) -> str:
    """Return the setting of figures 2-9: multilingual as in the paper, else (no such models) monolingual.

    Raises InputError when there is no regular F1.
    """
    settings = settings_of(intervals)
    if not settings:
        raise InputError(f"intervals: no F1 on the test set {REGULAR}; expected at least one")
    return settings[-1]


def of_the_paper(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that the paper's figures are about: of dense models, and of its scopes, pruned by magnitude."""
    others = intervals["group"].str.startswith(EVERY_METHOD) | ~intervals["scope"].isin(OF_THE_PAPER)
    return intervals[~others].reset_index(drop=True) if others.any() else intervals


def in_scope(rows: pd.DataFrame, scope: str) -> pd.DataFrame:
    """Return the rows of a scope, whose sparsity 0 is the dense model.

    A dense value that does not stand under the scope (a language's, or a mean of models that have no line there) is the
    one under "", or DENSE_INT8 in a scope of models in int8.
    """
    rows = rows[(rows["scope"] == scope) | ((rows["sparsity"] == 0) & (rows["scope"] == dense_scope(scope)))]
    own_first = rows.sort_values("scope", key=lambda column: column != scope, kind="stable")
    cell = ["statistic", "setting", "test_set", "language", "group", "sparsity"]
    return own_first.drop_duplicates(cell).sort_index().assign(scope=scope)


def in_each_scope(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `in_scope` for each scope that has sparse models, or for "" where there is none."""
    held = set(rows.loc[rows["sparsity"] > 0, "scope"])
    scopes = [scope for scope in SCOPES if scope in held] or [""]
    return pd.concat([in_scope(rows, scope) for scope in scopes], ignore_index=True)
