"""The table of calibration: how sure the models are, and how often they are right."""

import pandas as pd

from ner_pruning.statistics.calibration import MEASURES, MENTION_ERROR, WHEN_RIGHT, WHEN_WRONG, WORD_ERROR
from ner_pruning.statistics.interval_table import MEAN, select
from ner_pruning.table import Table, TableCell, cells_with_interval, count, count_range, four_digits
from ner_pruning.terms import Provenance, dense_scope, variant_name

MEASURE_NAMES = {
    WORD_ERROR: "calibration error, words",
    MENTION_ERROR: "calibration error, mentions",
    WHEN_RIGHT: "confidence when right",
    WHEN_WRONG: "confidence when wrong",
}

MISSING = "No run has stored confidences: its predictions were made by an earlier version. Predict again to have them."


def calibration_table(frame: pd.DataFrame, provenance: Provenance) -> Table:
    """Return calibration as a table; frame: of `calibration.measure_calibration`.

    The CSV has every row of the frame. Markdown and LaTeX have the means over languages, one row per model and test
    set, with the measures in columns.
    """
    numbers = frame.select_dtypes("float").columns
    rows = frame.assign(**{column: frame[column].map(four_digits) for column in numbers}).astype(str)
    # Means of dense models also stand in each scope, over its languages; shown are those over all that have one.
    means = select(frame, language=MEAN)
    means = means[(means["sparsity"] > 0) | (means["scope"] == means["scope"].map(dense_scope))]
    keys = ["setting", "test_set", "scope", "sparsity"]
    shown = select(means, measure=WORD_ERROR)[[*keys, "languages"]]
    cells = pd.DataFrame(
        {
            "setting": shown["setting"].map(TableCell),
            "test set": shown["test_set"].map(TableCell),
            "variant": list(map(TableCell, map(variant_name, shown["scope"], shown["sparsity"]))),
            "languages": shown["languages"].astype(str).map(TableCell),
        }
    ).reset_index(drop=True)
    for measure in MEASURES:
        values = shown[keys].merge(select(means, measure=measure), on=keys, how="left")
        of_row = cells_with_interval(values["estimate"], values["low"], values["high"])
        fewer = (values["languages"] < shown["languages"].to_numpy()) & values["estimate"].notna()
        cells[MEASURE_NAMES[measure]] = [
            TableCell(cell.text, f"{cell.beside} ({count(number, 'language')})".strip()) if few else cell
            for cell, few, number in zip(of_row, fewer, values["languages"], strict=True)
        ]
    title = f"How sure the models are, and how often they are right{provenance.in_title}"
    if frame.empty:
        return Table("calibration", title, [f"{provenance}. {MISSING}"], _one_row(rows), _one_row(cells).map(TableCell))
    seeds = count_range(int(frame["seeds"].min()), int(frame["seeds"].max()), "seed")
    notes = [
        f"{provenance}. Means over {seeds} and over the languages that have a model at every sparsity of a scope and "
        "method, with 95 % intervals over test sentences; none where too many draws have no such mention. The number "
        "of languages stands next to a mean over fewer: the others have no such mention at all.",
        "Expected calibration error (Guo et al. 2017): the mean difference between the confidence of predictions and "
        "the share of them that is right, over 15 bins by confidence. The confidence of a word is the probability of "
        "its tag, that of a mention the lowest of its words. The last two columns are means over predicted mentions. "
        "A small test set makes an error larger by chance: the intervals take that off, the errors do not.",
    ]
    return Table("calibration", title, notes, rows, cells)


def _one_row(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row without values, for a table that has no other."""
    return pd.DataFrame([[""] * len(frame.columns)], columns=frame.columns)
