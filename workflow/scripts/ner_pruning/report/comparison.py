"""A study's F1 next to the published F1 and the two floors, cell by cell, as a frame and as a table."""

from collections.abc import Sequence

import pandas as pd

from ner_pruning.claims.paper_scores import PublishedF1
from ner_pruning.files import InputError
from ner_pruning.report.f1_tables import FLOOR_NOTE, NEXT_TO_F1
from ner_pruning.statistics.interval_table import FLOORS, by_language, select
from ner_pruning.table import Table, TableCell, cells_with_interval, count, count_range, four_digits
from ner_pruning.terms import REGULAR, Provenance, variant_name

CELL = ["setting", "test_set", "scope", "language", "sparsity"]
ENDS = ["estimate", "low", "high"]
OURS = ["ours", "ours_low", "ours_high"]
FLOOR_COLUMNS = {name: [f"{name}{end}" for end in ("", "_low", "_high")] for name in FLOORS}
MEANINGLESS = "This study is a demo on synthetic text: its comparison with the published numbers MEANS NOTHING."


def compare(published: Sequence[PublishedF1], intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that both the paper and the study have, in the order of the published ones.

    intervals: of `intervals_table`.
    Returns the columns setting, test_set, scope ("" for dense), language, sparsity, seeds, ours, ours_low, ours_high,
    theirs, difference (ours - theirs), difference_low, difference_high (the interval of ours less theirs, since the
    paper prints no spread), the two floors with their ends in _low and _high, theirs_below, ours_below (whether the F1
    is less than the mean chance floor, NA without one). Raises InputError for no cell in common.
    """
    rows = by_language(intervals)
    ours = select(rows, statistic="f1")[[*CELL, "seeds", *ENDS]].rename(columns=dict(zip(ENDS, OURS, strict=True)))
    theirs = pd.DataFrame(published, columns=PublishedF1._fields).rename(columns={"f1": "theirs"})
    frame = theirs.merge(ours, on=CELL, validate="1:1")
    for name, columns in FLOOR_COLUMNS.items():
        floors = select(rows, statistic=name)[[*CELL, *ENDS]].rename(columns=dict(zip(ENDS, columns, strict=True)))
        frame = frame.merge(floors, on=CELL, how="left", validate="1:1")
    if frame.empty:
        raise InputError("intervals: no cell of the published tables; expected at least one")
    for end in ("", "_low", "_high"):
        frame[f"difference{end}"] = frame[f"ours{end}"] - frame["theirs"]
    for whose in ("theirs", "ours"):
        below = (frame[whose] < frame["chance_floor"]).astype("boolean")
        frame[f"{whose}_below"] = below.mask(frame["chance_floor"].isna())
    difference = [f"difference{end}" for end in ("", "_low", "_high")]
    floors = [column for columns in FLOOR_COLUMNS.values() for column in columns]
    return frame[[*CELL, "seeds", *OURS, "theirs", *difference, *floors, "theirs_below", "ours_below"]]


def published_table(frame: pd.DataFrame, provenance: Provenance) -> Table:
    """Return the comparison as a table; frame: of `compare`.

    The CSV has every column of the frame; Markdown and LaTeX put the intervals next to their numbers, name the variant,
    and say in one column whose F1 is below the chance floor. The setting has a column there if there are two; else the
    title names it.
    """
    settings = list(frame["setting"].unique())
    numbers = frame.select_dtypes("float").columns
    rows = frame.assign(
        **{column: frame[column].map(four_digits) for column in numbers},
        **{
            column: frame[column].map({True: "yes", False: "no"}).fillna("")
            for column in ("theirs_below", "ours_below")
        },
    )
    rows = rows.astype(str).rename(columns=lambda column: column.replace("_", " "))
    shown = pd.DataFrame(
        {
            "setting": frame["setting"].map(TableCell),
            "test set": frame["test_set"].map(TableCell),
            "variant": list(map(TableCell, map(variant_name, frame["scope"], frame["sparsity"]))),
            "language": frame["language"].map(TableCell),
            "ours": _with_interval(frame, "ours"),
            "theirs": frame["theirs"].map(four_digits).map(TableCell),
            "difference": _with_interval(frame, "difference"),
            **{NEXT_TO_F1[name]: _with_interval(frame, name) for name in FLOORS},
            "below the floor": list(map(_below, frame["theirs_below"], frame["ours_below"])),
        }
    )
    of_setting = ""
    if len(settings) == 1:
        shown, of_setting = shown.drop(columns="setting"), f", {settings[0]} models"
    title = (
        "F1 of this study (ours) next to the F1 that the paper prints (theirs; Ogueji et al. 2022, tables 6-9)"
        f"{of_setting}"
        f"{' (demo on synthetic text: the comparison means nothing)' if provenance.demo else ''}"
    )
    return Table("published", title, [MEANINGLESS] * provenance.demo + _notes(frame, provenance), rows, shown)


def _notes(frame: pd.DataFrame, provenance: Provenance) -> list[str]:
    seeds = count_range(int(frame["seeds"].min()), int(frame["seeds"].max()), "seed")
    below = "; ".join(_count_below(test_set, cells) for test_set, cells in frame.groupby("test_set", sort=False))
    return [
        f"{provenance}; the paper's encoder is multilingual BERT. "
        f"{count(frame['language'].nunique(), 'language')}, {seeds}.",
        "ours: mean over seeds with its 95 % interval; theirs: mean over three seeds, without spread in the paper; "
        "difference: ours less theirs, with the interval of ours alone.",
        f"{FLOOR_NOTE} of this study, mean with interval. Below the mean chance floor: {below}.",
    ]


def _count_below(test_set: str, cells: pd.DataFrame) -> str:
    theirs, ours = (int(cells[column].sum()) for column in ("theirs_below", "ours_below"))
    data = "regular" if test_set == REGULAR else f"perturbed ({test_set})"
    return f"on {data} data theirs in {theirs} and ours in {ours} of {count(len(cells), 'cell')}"


def _below(theirs: bool, ours: bool) -> TableCell:
    """Return whose F1 is below the chance floor; nothing where there is no floor."""
    if pd.isna(theirs) or pd.isna(ours):
        return TableCell("")
    words = {(True, True): "both", (True, False): "theirs", (False, True): "ours", (False, False): "neither"}
    return TableCell(words[bool(theirs), bool(ours)])


def _with_interval(frame: pd.DataFrame, value: str) -> list[TableCell]:
    return cells_with_interval(frame[value], frame[f"{value}_low"], frame[f"{value}_high"])
