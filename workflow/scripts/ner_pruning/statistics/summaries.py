"""What the tables and figures show, computed from the tidy scores: seed means first, then means over languages.

A score that does not exist stays NaN, or its row is absent; nothing is filled in, and every number comes with the count
of languages and seeds behind it.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from ner_pruning.files import InputError
from ner_pruning.terms import PERTURBATIONS, REGULAR, SCOPES, SETTINGS, VALIDATION

SUMMARY = ("means", "medians")
"""The last two rows of tables 2-9, in the paper's words."""

_CELL = ["setting", "test_set", "language", "scope", "sparsity"]
_BESIDE = ["chance_floor", "changed_share", "unseen_share"]


CHANCE = {
    "chance_floor": "chance floor",
    "chance_floor_low": "chance floor low",
    "chance_floor_high": "chance floor high",
    "changed_share": "changed",
    "unseen_share": "unseen",
}
"""What stands beside perturbed F1 in the tables, by its column in the scores."""


def seed_means(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over seeds of each setting, test set, language, scope and sparsity.

    scores: the study's tidy scores, one row a (run, test set, language). Rows without F1 are left out.
    Returns the columns setting, test_set, language, scope ("" for dense), sparsity (percent), f1, f1_std (standard
    deviation over seeds, n - 1 in the denominator; NaN with one seed), seeds (how many), chance_floor, changed_share,
    unseen_share. Raises InputError for a missing column, and for two scores of one cell and seed.
    """
    needed = [*_CELL, "seed", "f1", *_BESIDE]
    missing = [column for column in needed if column not in scores.columns]
    if missing:
        raise InputError(f"scores: no column {', '.join(missing)}; expected {', '.join(needed)}")
    scores = scores[needed].dropna(subset=["f1"])
    # A scope that went through CSV is NaN for dense runs, and groupby would silently drop them.
    scores = scores.assign(scope=scores["scope"].astype(object).fillna(""))
    repeated = scores[scores.duplicated([*_CELL, "seed"])]
    if len(repeated):
        cell = ", ".join(f"{column} {repeated.iloc[0][column]!r}" for column in [*_CELL, "seed"])
        raise InputError(f"scores: more than one row for {cell}; expected one")
    cells = scores.groupby(_CELL, sort=False, observed=True)
    return cells.agg(
        f1=("f1", "mean"),
        f1_std=("f1", "std"),
        seeds=("seed", "nunique"),
        **{column: (column, "mean") for column in _BESIDE},
    ).reset_index()


def repeat_dense(means: pd.DataFrame) -> pd.DataFrame:
    """Return the seed means with the dense rows once in every scope that has sparse rows: dense is sparsity 0 of both.

    Without any sparse rows the dense rows keep the scope "".
    """
    sparse, dense = means[means["sparsity"] > 0], means[means["sparsity"] == 0]
    scopes = [scope for scope in SCOPES if (sparse["scope"] == scope).any()] or [""]
    return pd.concat([*(dense.assign(scope=scope) for scope in scopes), sparse], ignore_index=True)


def _of_table(frame: pd.DataFrame, setting: str, test_set: str, scope: str) -> pd.DataFrame:
    """Return the rows of scores or seed means that belong to one of tables 2-9; dense ones belong to both scopes."""
    frame = frame[(frame["setting"] == setting) & (frame["test_set"] == test_set)]
    return frame[(frame["sparsity"] == 0) | (frame["scope"] == scope)]


def _table_cells(scores: pd.DataFrame, setting: str, test_set: str, scope: str, value: str) -> pd.DataFrame:
    """Return one value of the seed means as a frame, languages × sparsities in ascending order, dense as column 0."""
    rows = _of_table(scores, setting, test_set, scope)
    if rows.empty:
        raise InputError(f"scores: no row of a {setting} model on the test set {test_set}; expected at least one")
    means = _of_table(seed_means(scores), setting, test_set, scope)
    cells = means.pivot(index="language", columns="sparsity", values=value).rename_axis(index="languages")
    return cells.reindex(columns=pd.Index(sorted(rows["sparsity"].unique()), name="sparsity"))


def languages_of_means(cells: pd.DataFrame) -> list[str]:
    """Return the languages that have a value in every column, so that the means of columns can be compared.

    cells: F1, languages × sparsities. Where no language has all, all languages: each mean is over those that have one.
    """
    return list(cells.dropna().index) or list(cells.index)


def _with_summary(frame: pd.DataFrame, over: Sequence[str]) -> pd.DataFrame:
    """Return the frame with two more rows, the means and medians over some languages."""
    rows = frame.loc[list(over)]
    summary = pd.DataFrame([rows.mean(), rows.median()], index=list(SUMMARY))
    return pd.concat([frame, summary]).rename_axis(index=frame.index.name, columns=frame.columns.name)


def f1_by_sparsity(
    scores: pd.DataFrame, setting: str, test_set: str, scope: str, languages: Sequence[str]
) -> pd.DataFrame:
    """Return F1 (0 to 1, mean over seeds) by language and sparsity, with means and medians: the paper's tables 2-9.

    languages: those of the setting, in the order of the rows; one without any score is a row of NaN. Means and medians
    are over `languages_of_means`.
    Returns a frame, (languages + 2) × sparsities in percent; column 0 is the dense model, in both scopes.
    Raises InputError when there is no score at all.
    """
    cells = _table_cells(scores, setting, test_set, scope, "f1").reindex(list(languages))
    return _with_summary(cells, languages_of_means(cells))


def seeds_by_sparsity(
    scores: pd.DataFrame, setting: str, test_set: str, scope: str, languages: Sequence[str]
) -> pd.DataFrame:
    """Return how many seeds are behind each value of `f1_by_sparsity`: languages × sparsities, 0 for no score."""
    return _table_cells(scores, setting, test_set, scope, "seeds").reindex(list(languages)).fillna(0).astype(int)


def spread_by_sparsity(
    scores: pd.DataFrame, setting: str, test_set: str, scope: str, languages: Sequence[str], over: Sequence[str]
) -> pd.DataFrame:
    """Return the spread over seeds of each value of `f1_by_sparsity`, as a frame of the same shape.

    It is the standard deviation, n - 1 in the denominator, NaN with one seed. In the rows means and medians it is that
    of each seed's mean and median over some languages (over: as of `languages_of_means`), over the seeds that all of
    these have in the column.
    """
    spread = _table_cells(scores, setting, test_set, scope, "f1_std").reindex(list(languages))
    rows = _of_table(scores, setting, test_set, scope).dropna(subset=["f1"])
    rows = rows[rows["language"].isin(over)]
    by_seed = {
        sparsity: cells.pivot(index="language", columns="seed", values="f1").dropna(axis="columns")
        for sparsity, cells in rows.groupby("sparsity")
    }
    summary = {sparsity: [f1.mean().std(), f1.median().std()] for sparsity, f1 in by_seed.items()}
    summary = pd.DataFrame(summary, index=list(SUMMARY), columns=spread.columns)
    return pd.concat([spread, summary]).rename_axis(index=spread.index.name, columns=spread.columns.name)


def chance_by_language(
    scores: pd.DataFrame, setting: str, test_set: str, languages: Sequence[str], over: Sequence[str]
) -> pd.DataFrame:
    """Return what stands beside a perturbed F1: the chance floor (F1), and shares of changed and unseen mentions.

    They belong to the test set and the training set, not to a run: every run has the same, and their mean is returned.
    Returns a frame, (languages + 2) × the columns of CHANCE (0 to 1), with means and medians over some languages (over:
    as of `languages_of_means`) as the last rows; these have no low and high.
    """
    rows = scores[(scores["setting"] == setting) & (scores["test_set"] == test_set)]
    beside = rows.groupby("language")[list(CHANCE)].mean().reindex(list(languages)).rename(columns=CHANCE)
    beside = _with_summary(beside.rename_axis(index="languages"), over)
    beside.loc[list(SUMMARY), ["chance floor low", "chance floor high"]] = float("nan")
    return beside


def languages_of(scores: pd.DataFrame, setting: str) -> set[str]:
    """Return the languages that have an F1 of the setting on the regular test set."""
    return set(_regular(scores, setting)["language"])


def _regular(scores: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Return the rows of a setting on the regular test set that have an F1."""
    return scores[(scores["setting"] == setting) & (scores["test_set"] == REGULAR) & scores["f1"].notna()]


def _with_all_variants(scores: pd.DataFrame, setting: str) -> set[str]:
    """Return those of `languages_of` that have scores of all variants that the setting has."""
    rows = _regular(scores, setting)
    counts = pd.crosstab(rows["language"], [rows["scope"], rows["sparsity"]])
    return set(counts.index[(counts > 0).all(axis="columns")])


def settings_of(scores: pd.DataFrame) -> list[str]:
    """Return the settings that the scores hold, monolingual first."""
    return [setting for setting in SETTINGS if languages_of(scores, setting)]


def main_setting(scores: pd.DataFrame) -> str:
    """Return the setting of figures 2-9: multilingual as in the paper, else (no such models) monolingual."""
    settings = settings_of(scores)
    if not settings:
        raise InputError("scores: no row of the test set regular; expected at least one")
    return settings[-1]


def f1_over_languages(scores: pd.DataFrame) -> pd.DataFrame:
    """Return mean F1 over languages by setting, test set, scope and sparsity: figure 1.

    Over the languages that have both monolingual and multilingual models where the study has both settings, and in
    each of them all variants that any language has: so settings, and sparsities, are compared on the same languages.
    Without such languages over those that have both kinds of models, and without these over all.
    Returns the columns setting, test_set, scope, sparsity, f1 (mean), f1_std (standard deviation over languages, n - 1
    in the denominator; NaN with one language), chance_floor (mean), languages, seeds_low, seeds_high.
    """
    settings = settings_of(scores)
    choices = (_with_all_variants, languages_of)
    common = [set.intersection(*(choice(scores, setting) for setting in settings)) for choice in choices if settings]
    common = next(filter(None, common), set(scores["language"]))  # the counts say where these differ
    means = repeat_dense(seed_means(scores[scores["language"].isin(common)]))
    return (
        means.groupby(["setting", "test_set", "scope", "sparsity"])
        .agg(
            f1=("f1", "mean"),
            f1_std=("f1", "std"),
            chance_floor=("chance_floor", "mean"),
            languages=("language", "nunique"),
            seeds_low=("seeds", "min"),
            seeds_high=("seeds", "max"),
        )
        .reset_index()
    )


def same_languages(frame: pd.DataFrame, line: list[str]) -> pd.DataFrame:
    """Return the rows of the languages that have all sparsities of their line, so that its points are of the same ones.

    frame: with the columns language, sparsity and those of `line`, whose values are those of a line of a figure. A line
    on which no language has all keeps its rows.
    """
    levels = frame.groupby([*line, "language"])["sparsity"].transform("nunique")
    most = frame.groupby(line)["sparsity"].transform("nunique")
    whole = levels == most
    return frame[whole | ~whole.groupby([frame[column] for column in line]).transform("any")]


def property_of(languages: pd.Series, values: Mapping[str, str | int], name: str) -> pd.Series:
    """Return a property of each language; raises InputError for a language without one. name: of the property."""
    unknown = sorted(set(languages) - set(values))
    if unknown:
        raise InputError(f"{name}: none for {', '.join(unknown)}; expected one for every language of the scores")
    return languages.map(dict(values))


def differences_to_dense(scores: pd.DataFrame, setting: str, test_set: str) -> pd.DataFrame:
    """Return the relative difference in F1 to the dense model by language, scope and sparsity.

    It is (F1 sparse - F1 dense) / F1 dense, where F1 is the mean over seeds: -0.1 means that the sparse model reaches
    90 % of the dense one (paper, footnote 4); 0 for the dense model, which stands in every scope that has sparse ones.
    Returns the columns of `seed_means` and difference, NaN where there is no dense F1 or one of 0; seeds is the smaller
    number of the two. Raises InputError when there are no sparse models.
    """
    means = seed_means(scores)
    means = repeat_dense(means[(means["setting"] == setting) & (means["test_set"] == test_set)])
    if not (means["sparsity"] > 0).any():
        raise InputError(
            f"scores: no sparse {setting} model on the test set {test_set}; the difference to the dense one needs one"
        )
    dense = means[means["sparsity"] == 0].drop_duplicates("language").set_index("language")
    dense_f1 = means["language"].map(dense["f1"])
    return means.assign(
        difference=((means["f1"] - dense_f1) / dense_f1).where(dense_f1 > 0),
        seeds=means["seeds"].combine(means["language"].map(dense["seeds"]), min),
    )


def relative_to_dense(
    scores: pd.DataFrame, setting: str, test_set: str, train_sizes: Mapping[str, int]
) -> pd.DataFrame:
    """Return the relative difference in F1 to the dense model by training size, scope and sparsity: figure 2.

    It is the mean of `differences_to_dense` over the languages of a size (see `same_languages`).
    train_sizes: training sentences (or their class) by language.
    Returns the columns scope, sparsity (without 0), train_size, difference, languages (behind the mean), undefined
    (languages left out, because they have no dense F1 or one of 0), seeds_low, seeds_high.
    Raises InputError for a language without a training size, and when there are no sparse models.
    """
    sparse = differences_to_dense(scores, setting, test_set).query("sparsity > 0")
    sparse = sparse.assign(train_size=property_of(sparse["language"], train_sizes, "training size"))
    sparse = same_languages(sparse, ["scope", "train_size"])
    return _means_of_defined(sparse, ["scope", "sparsity", "train_size"], ["difference"])


def fractions_by_language(scores: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Return perturbed F1 as a fraction of regular F1 by perturbation, language, scope and sparsity.

    Each F1 is the mean over seeds. Returns the columns of `seed_means` for perturbed test sets, with test_set renamed
    perturbation, and fraction and floor_fraction (chance floor / F1 regular), NaN where the regular F1 is missing or
    not above its own chance floor (a fraction of what chance gives may be any number); seeds is the smaller number of
    the two. Raises InputError when there are no scores on perturbed test sets.
    """
    means = seed_means(scores)
    means = repeat_dense(means[means["setting"] == setting])
    cell = ["language", "scope", "sparsity"]
    regular = means.loc[means["test_set"] == REGULAR, [*cell, "f1", "seeds", "chance_floor"]]
    perturbed = means[means["test_set"].isin(PERTURBATIONS)].rename(columns={"test_set": "perturbation"})
    if perturbed.empty:
        raise InputError(f"scores: no row of a {setting} model on a perturbed test set; expected at least one")
    pairs = perturbed.merge(regular, on=cell, how="left", suffixes=("", "_regular"))
    regular_f1 = pairs["f1_regular"].where(pairs["f1_regular"] > pairs["chance_floor_regular"])
    return pairs.assign(
        fraction=pairs["f1"] / regular_f1,
        floor_fraction=pairs["chance_floor"] / regular_f1,
        seeds=pairs[["seeds", "seeds_regular"]].min(axis="columns"),
    ).drop(columns=["f1_regular", "seeds_regular", "chance_floor_regular"])


def perturbed_fractions(scores: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Return perturbed F1 as a fraction of regular F1 by perturbation, scope and sparsity: figure 3.

    It is the mean of `fractions_by_language` over languages (see `same_languages`).
    Returns the columns perturbation, scope, sparsity, fraction, floor_fraction (mean of chance floor / F1 regular),
    languages (behind the means), undefined (languages left out, because their regular F1 is missing or not above its
    chance floor), seeds_low, seeds_high. Raises InputError when there are no scores on perturbed test sets.
    """
    pairs = same_languages(fractions_by_language(scores, setting), ["perturbation", "scope"])
    return _means_of_defined(pairs, ["perturbation", "scope", "sparsity"], ["fraction", "floor_fraction"])


def _means_of_defined(frame: pd.DataFrame, keys: list[str], values: list[str]) -> pd.DataFrame:
    """Return means of `values` by `keys`, and how many languages have the first of them, how many not, and seeds."""
    return (
        frame.assign(undefined=frame[values[0]].isna())
        .groupby(keys)
        .agg(
            **{value: (value, "mean") for value in values},
            languages=(values[0], "count"),
            undefined=("undefined", "sum"),
            seeds_low=("seeds", "min"),
            seeds_high=("seeds", "max"),
        )
        .reset_index()
    )


def without_mentions(scores: pd.DataFrame) -> dict[str, list[str]]:
    """Return the languages whose test set has no mention, by test set, validation apart; scores: of all runs."""
    rows = scores[(scores["mentions"] == 0) & (scores["test_set"] != VALIDATION)]
    return {name: sorted(set(part["language"])) for name, part in rows.groupby("test_set")}
