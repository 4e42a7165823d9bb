"""The F1 that the page of results draws: rows of the table of intervals, and the score of each seed.

Nothing is computed here but which rows there are and what they are called.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from ner_pruning.statistics.interval_table import (
    EVERY_METHOD,
    EVERY_PERTURBATION,
    EVERY_SETTING,
    MEAN,
    MEDIAN,
    in_scope,
    select,
)
from ner_pruning.terms import VALIDATION, dense_scope

DECIMALS = 4
"""As in tables 2-9."""

_LINE = ["setting", "test_set", "language", "group"]
_CELL = [*_LINE, "scope", "sparsity"]

LINE_COLUMNS = [
    *("setting", "test_set", "of", "kind", "scope", "sparsity"),
    *("f1", "low", "high", "seed_sd", "floor", "languages", "seeds", "most_seeds"),
]
SEED_COLUMNS = ["setting", "test_set", "of", "scope", "sparsity", "seed", "f1"]


def line_rows(intervals: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return a row for each point of each line that the page can draw, columns LINE_COLUMNS.

    intervals: the table of intervals; names: of languages, by code. of: what the line is of, such as "Yoruba (yo)",
    "mean of all languages" or "mean of family Niger-Congo"; kind: "language", "all languages" or "group". A dense model
    stands in each scope that has sparse models of its line, and under "" where none has; one in int8 in the scopes of
    sparse models in int8, else under DENSE_INT8. floor: the chance floor of the same models and test sets. Numbers have
    DECIMALS digits, NaN where there are none. The order is that of the table.
    """
    rows = _in_scopes(select(intervals, statistic=["f1", "chance_floor"]))
    f1, floors = (select(rows, statistic=name) for name in ("f1", "chance_floor"))
    floors = floors[[*_CELL, "estimate"]].rename(columns={"estimate": "floor"})
    rows = f1.rename(columns={"estimate": "f1"}).merge(floors, on=_CELL, how="left", validate="one_to_one")
    of = [line_name(language, group, names) for language, group in zip(rows["language"], rows["group"], strict=True)]
    kinds = [_kind(language, group) for language, group in zip(rows["language"], rows["group"], strict=True)]
    return rows.assign(of=of, kind=kinds)[LINE_COLUMNS].round(DECIMALS)


def seed_rows(scores: pd.DataFrame, lines: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the F1 of each seed of the lines of single languages, columns SEED_COLUMNS.

    scores: of `read_all_scores`; lines: of `line_rows`, in whose scopes a dense model stands.
    """
    known = scores[(scores["test_set"] != VALIDATION) & scores["f1"].notna()]
    known = known.assign(of=[line_name(language, "", names) for language in known["language"]])
    line = ["setting", "test_set", "of"]
    scopes = lines.loc[lines["sparsity"] == 0, [*line, "scope"]]
    scopes = scopes.assign(dense=scopes["scope"].map(dense_scope))
    dense = known[known["sparsity"] == 0].rename(columns={"scope": "dense"}).merge(scopes, on=[*line, "dense"])
    rows = pd.concat([dense, known[known["sparsity"] > 0]], ignore_index=True)
    return rows[SEED_COLUMNS].round(DECIMALS)


def line_name(language: str, group: str, names: Mapping[str, str]) -> str:
    """Return what a row is of, in words: "Yoruba (yo)", "mean of family Niger-Congo"; names: of languages, by code."""
    if language in (MEAN, MEDIAN):
        if group in (EVERY_SETTING, EVERY_PERTURBATION) or group.startswith(EVERY_METHOD):
            return f"{language} of languages with {group}"
        return f"{language} of {group or 'all languages'}"
    return f"{names[language]} ({language})"


def first_lines(lines: pd.DataFrame, languages: Sequence[str]) -> list[str]:
    """Return what the page shows at first: the mean over all languages, and some languages, as far as they have lines.

    lines: of `line_rows`; languages: their names as lines.
    """
    known = set(lines["of"])
    return [name for name in (line_name(MEAN, "", {}), *languages) if name in known]


def _in_scopes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows by scope, whatever the scopes are called, a dense one in each that its line has sparse models of."""
    sparse = rows[rows["sparsity"] > 0]
    lines_of_scope = pd.MultiIndex.from_frame(sparse[[*_LINE, "scope"]])
    parts = []
    for scope in dict.fromkeys(sparse["scope"]):
        part = in_scope(rows, scope)
        parts.append(part[pd.MultiIndex.from_frame(part[[*_LINE, "scope"]]).isin(lines_of_scope)])
    dense = rows[(rows["sparsity"] == 0) & (rows["scope"] == rows["scope"].map(dense_scope))]
    sparse = sparse.assign(scope=sparse["scope"].map(dense_scope))  # of the dense models that their lines begin with
    with_scope, begun = (pd.MultiIndex.from_frame(part[[*_LINE, "scope"]]) for part in (dense, sparse))
    return pd.concat([*parts, dense[~with_scope.isin(begun)]])


def _kind(language: str, group: str) -> str:
    if language not in (MEAN, MEDIAN):
        return "language"
    return "group" if group else "all languages"
