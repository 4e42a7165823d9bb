"""Tables 2-9: what their cells, titles and notes say."""

from collections.abc import Sequence

import pandas as pd

from ner_pruning.files import InputError
from ner_pruning.scoring.score_table import without_mentions
from ner_pruning.statistics.interval_table import FLOORS, MEAN, MEDIAN, in_scope, select
from ner_pruning.table import Table, TableCell, cells_with_interval, count, four_digits, three_digits
from ner_pruning.terms import F1_TABLES, REGULAR, Provenance

SUMMARY = {MEAN: "means", MEDIAN: "medians"}
"""The last two rows of tables 2-9, in the paper's words."""

NEXT_TO_F1 = {
    "chance_floor": "chance floor",
    "shuffle_floor": "shuffle floor",
    "changed_share": "changed",
    "unseen_share": "unseen",
}
"""What stands next to perturbed F1, by its statistic."""

FLOOR_NOTE = (
    "chance floor: F1 of the gold tags of other sentences on the same test set; shuffle floor: F1 of the gold tags of "
    "all its words, shuffled, which do not depend on the sentence; both"
)
"""What tables say of the two floors; what comes next is of both."""


def f1_table(
    intervals: pd.DataFrame, scores: pd.DataFrame, number: int, languages: Sequence[str], provenance: Provenance
) -> Table:
    """Return one of tables 2-9: F1 by language and sparsity, mean and spread over seeds, with means and medians.

    intervals: of `intervals_table`, which has every number; scores: the study's tidy scores, which say what was trained
    and which test sets have no mention; languages: those of the table's setting, in the order of the rows. The tables
    of perturbed test sets have the two floors and the shares of changed and unseen mentions next to the scores.
    Raises InputError when the study holds no score for the table.
    """
    setting, test_set, scope = F1_TABLES[number]
    scores = scores[scores["setting"] == setting]
    sparsities = _sparsities(scores[scores["test_set"] == test_set], scope)
    if not sparsities:
        raise InputError(f"scores: no row of a {setting} model on the test set {test_set}; expected at least one")
    line = in_scope(select(intervals, setting=setting, test_set=test_set, group=""), scope)
    f1, spread = (_cells(line, value, languages, sparsities) for value in ("estimate", "seed_sd"))
    seeds = _cells(line, "seeds", languages, sparsities).loc[list(languages)].fillna(0).astype(int)
    over = list(f1.loc[list(languages)].dropna().index) or list(languages)
    perturbed = test_set != REGULAR
    annexed = _next_to_f1(line, f1.index) if perturbed else f1[[]]
    printed, spread = f1.map(four_digits).rename(columns=str), spread.rename(columns=str)
    rows = printed.join(spread.map(four_digits).add_suffix(" sd")).join(annexed.map(four_digits))
    shown = _shown(printed, spread.map(_spread), over).join(_shown_next_to_f1(annexed) if perturbed else annexed)
    shown.insert(0, "languages", [TableCell(language) for language in shown.index])
    data = f"perturbed data ({test_set})" if perturbed else "regular data"
    title = (
        f"F1 scores for {setting} fine-tuning on the {data} for various levels of sparsity "
        f"{'without' if scope == 'partial' else 'with'} pruning embedding layers{provenance.in_title}"
    )
    empty = without_mentions(scores).get(test_set, [])
    notes = [f"{provenance}. {_counted(seeds, over, empty)}"]
    notes.append("Columns: sparsity in percent; 0 is the dense model. Bold: the best of a row.")
    if spread.notna().any(axis=None):
        notes.append(
            "± (sd in the CSV): standard deviation over seeds, none where there is one seed; that of means and medians "
            "is of each seed's mean and median over the languages."
        )
    else:
        notes.append("No standard deviation over seeds: no score has more than one seed.")
    if perturbed:
        notes.append(
            f"{FLOOR_NOTE} with the range of 95 % of the draws; changed: share of the mentions that the perturbation "
            "changed; unseen: share of the mentions after it that are absent from training."
        )
    return Table(f"table-{number}", title, notes, rows.rename_axis(columns=None).reset_index(), shown)


def _sparsities(scores: pd.DataFrame, scope: str) -> list[int]:
    """Return the sparsities of a scope that were trained, with or without an F1, in ascending order; dense is 0."""
    return sorted(scores.loc[(scores["sparsity"] == 0) | (scores["scope"] == scope), "sparsity"].unique())


def _cells(line: pd.DataFrame, value: str, languages: Sequence[str], sparsities: Sequence[int]) -> pd.DataFrame:
    """Return a column of the F1 of a line as a frame, (languages, means, medians) × sparsities.

    line: of `in_scope`. A language without any F1 is a row of NaN.
    """
    cells = select(line, statistic="f1").pivot(index="language", columns="sparsity", values=value)
    cells = cells.reindex(index=[*languages, *SUMMARY], columns=pd.Index(sparsities, name="sparsity"))
    return cells.rename(index=SUMMARY).rename_axis(index="languages")


def _next_to_f1(line: pd.DataFrame, places: pd.Index) -> pd.DataFrame:
    """Return what stands next to the F1 of a perturbed test set, (languages, means, medians) × columns.

    line: of `in_scope`. A mean that is of other languages at each sparsity is NaN.
    """
    columns = {}
    for statistic, name in NEXT_TO_F1.items():
        ends = {"": "estimate", " low": "low", " high": "high"} if statistic in FLOORS else {"": "estimate"}
        for end, value in ends.items():
            values = select(line, statistic=statistic).groupby("language")[value]
            columns[name + end] = values.first().where(values.nunique() <= 1).rename(index=SUMMARY).reindex(places)
    return pd.DataFrame(columns, index=places)


def _spread(value: float) -> str:
    return "" if pd.isna(value) else f"±{three_digits(value)}"


def _shown(printed: pd.DataFrame, spread: pd.DataFrame, over: Sequence[str]) -> pd.DataFrame:
    """Return the cells of F1 with their spread beside them, the best of each row bold; over: languages of the means."""
    best = _best_of_rows(printed, over)
    cells = {column: list(map(TableCell, printed[column], spread[column], best[column])) for column in printed}
    return pd.DataFrame(cells, index=printed.index)


def _shown_next_to_f1(annexed: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of `_next_to_f1`, the floors with their ranges."""
    shown = {}
    for statistic, name in NEXT_TO_F1.items():
        if statistic in FLOORS:
            shown[name] = cells_with_interval(*(annexed[name + end] for end in ("", " low", " high")))
        else:
            shown[name] = list(map(TableCell, annexed[name].map(four_digits)))
    return pd.DataFrame(shown, index=annexed.index)


def _best_of_rows(printed: pd.DataFrame, over: Sequence[str]) -> pd.DataFrame:
    """Return which of the printed values are the highest of their row, ties all.

    None where a row has but one value, and none of means and medians over other languages in each column.
    """
    values = printed.replace("", None).astype(float)
    best = values.eq(values.max(axis="columns"), axis="index")
    best[values.count(axis="columns") < 2] = False
    if values.loc[over].isna().any(axis=None):
        best.loc[list(SUMMARY.values())] = False
    return best


def _counted(seeds: pd.DataFrame, over: Sequence[str], empty: Sequence[str]) -> str:
    """Return sentences that say how many languages and seeds are behind a table.

    seeds: languages × sparsities; over: the languages of means and medians; empty: those whose test set has no mention.
    """
    most = int(seeds.to_numpy().max())
    scored = seeds[(seeds > 0).any(axis="columns")]
    cells = [(f"{language} at {sparsity} %", int(n)) for (language, sparsity), n in scored.stack().items()]
    fewer = [f"{cell} ({n})" for cell, n in cells if 0 < n < most]
    behind = f"F1 is the mean over {count(most, 'seed')}" if most > 1 else "every F1 is of 1 seed"
    behind += f", or fewer: {', '.join(fewer)}" if fewer else ""
    sentences = [f"{count(len(scored), 'language')}; {behind}." if most else "No F1."]
    lacking = [
        f"{language} (its test set has no mention)" if language in empty else language
        for language in seeds.index.difference(scored.index)
    ]
    if absent := [*lacking, *(cell for cell, n in cells if n == 0)]:
        languages = "the other languages"
        if len(over) < len(scored):
            languages = f"the languages with a score in every column ({len(over)})"
        elif len(over) > len(scored) or 0 in scored.to_numpy():
            languages = "those of each column, and not to be compared"
        sentences.append(f"No score: {', '.join(absent)}; {' and '.join(SUMMARY.values())} are over {languages}.")
    return " ".join(sentences)
