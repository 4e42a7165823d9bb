"""F1 by language, and by group of languages: those of one family, one script, or one training size."""

from collections.abc import Mapping

import pandas as pd

from ner_pruning.files import InputError
from ner_pruning.statistics.summaries import differences_to_dense, property_of, repeat_dense, same_languages, seed_means
from ner_pruning.terms import IN_LANGUAGE, REGULAR


def f1_by_language(scores: pd.DataFrame, train_sizes: Mapping[str, int]) -> pd.DataFrame:
    """Return F1 by language, setting, test set (regular, in-language), scope and sparsity: the figure `languages`.

    train_sizes: training sentences (or their class) by language.
    Returns the columns of `seed_means` and train_size, sorted by training size and language; the dense model stands in
    every scope that has sparse models. Raises InputError for a language without a training size, and without scores.
    """
    means = repeat_dense(seed_means(scores[scores["test_set"].isin([REGULAR, IN_LANGUAGE])]))
    if means.empty:
        raise InputError(f"scores: no row of the test sets {REGULAR} and {IN_LANGUAGE}; expected at least one")
    means = means.assign(train_size=property_of(means["language"], train_sizes, "training size"))
    return means.sort_values(["train_size", "language"], kind="stable", ignore_index=True)


def f1_by_group(
    scores: pd.DataFrame, setting: str, test_set: str, groups: Mapping[str, str | int], grouping: str
) -> pd.DataFrame:
    """Return F1, and its relative difference to the dense model, by group, scope and sparsity: figures 4-8.

    groups: the group of each language; grouping: what they are, such as "family". Means are over the languages of a
    group (see `same_languages`), of F1 that is the mean over seeds, and of `differences_to_dense`. The dense model is
    sparsity 0 of every scope that has sparse models.
    Returns the columns group, scope, sparsity, f1, f1_std (standard deviation over languages, n - 1 in the denominator;
    NaN with one language), difference, difference_std, languages (behind f1), undefined (those of them that have no
    difference, because their dense F1 is missing or 0), seeds_low, seeds_high, chance_floor (mean). Groups are in the
    order of `order_groups`. Raises InputError for a language without a group, and when there are no sparse models.
    """
    rows = differences_to_dense(scores, setting, test_set)
    rows = rows.assign(group=property_of(rows["language"], groups, grouping), undefined=rows["difference"].isna())
    order = order_groups(rows)
    rows = same_languages(rows, ["group", "scope"])
    means = rows.groupby(["group", "scope", "sparsity"]).agg(
        f1=("f1", "mean"),
        f1_std=("f1", "std"),
        difference=("difference", "mean"),
        difference_std=("difference", "std"),
        languages=("language", "nunique"),
        undefined=("undefined", "sum"),
        seeds_low=("seeds", "min"),
        seeds_high=("seeds", "max"),
        chance_floor=("chance_floor", "mean"),
    )
    return means.reset_index().sort_values("group", key=lambda column: column.map(order.index), kind="stable")


def order_groups(rows: pd.DataFrame) -> list[str] | list[int]:
    """Return the groups in the order of figures: sizes ascending; names by number of languages, most first, then name.

    rows: with the columns group and language.
    """
    languages = rows.groupby("group")["language"].nunique()
    if pd.api.types.is_numeric_dtype(languages.index):
        return sorted(languages.index)
    return sorted(languages.index, key=lambda group: (-languages[group], group))
