"""The table `methods`: F1 of each pruning method, and its difference to gradual magnitude pruning."""

from collections.abc import Sequence

import pandas as pd

from ner_pruning.statistics.interval_table import METHOD_TEST_SETS, by_method, select
from ner_pruning.study.methods import METHODS
from ner_pruning.table import Table, TableCell, cells_with_interval, count_range, four_digits
from ner_pruning.terms import ALL_SCOPES, DENSE, INT8, MAGNITUDE, SETTINGS, Provenance, method_of

PLACE = ["setting", "matrices", "test_set", "sparsity", "method"]
"""What a row is of; matrices: the scope without the method, DENSE for none."""

ENDS = ["estimate", "low", "high"]


def compare_methods(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return mean F1 of each method next to its difference to gradual magnitude pruning, over the same languages.

    intervals: of `intervals_table`. Returns the columns PLACE, f1, f1_low, f1_high, gain, gain_low, gain_high, p_value
    (of no gain), languages and seeds (the fewest). The method of dense models, which have a row for each setting,
    matrices and test set, is DENSE; they and MAGNITUDE have no gain. That of models in int8, whose methods are INT8 and
    those that end with it, is over the same models as they were trained. Raises InputError where `by_method` does.
    """
    rank = ["", *METHODS].index  # a dense model stands in the scope of each method: taken from the first
    rows = by_method(intervals).sort_values("scope", key=lambda names: names.map(method_of).map(rank), kind="stable")
    f1 = select(rows, statistic="f1").drop_duplicates(PLACE)[[*PLACE, *ENDS, "languages", "seeds"]]
    gains = select(rows, statistic="method_gain").drop_duplicates(PLACE)[[*PLACE, *ENDS, "p_value"]]
    names = {name: dict(zip(ENDS, (name, f"{name}_low", f"{name}_high"), strict=True)) for name in ("f1", "gain")}
    frame = f1.rename(columns=names["f1"]).merge(gains.rename(columns=names["gain"]), on=PLACE, how="left")
    order = {
        "setting": SETTINGS,
        "matrices": (DENSE, *ALL_SCOPES),
        "test_set": METHOD_TEST_SETS,
        "method": (DENSE, *METHODS),
    }
    ranks = frame.assign(**{column: frame[column].map(list(values).index) for column, values in order.items()})
    frame = frame.loc[ranks.sort_values(PLACE).index].reset_index(drop=True)
    values = [*names["f1"].values(), *names["gain"].values()]
    return frame[[*PLACE, *values, "p_value", "languages", "seeds"]]


def method_table(frame: pd.DataFrame, provenance: Provenance) -> Table:
    """Return the comparison as a table; frame: of `compare_methods`.

    Markdown, LaTeX and HTML put the intervals next to their numbers; the setting has a column there if there are two.
    """
    numbers = frame.select_dtypes("float").columns
    rows = frame.assign(**{column: frame[column].map(four_digits) for column in numbers}).astype(str)
    rows = rows.rename(columns={"matrices": "scope", "test_set": "test set"})
    rows = rows.rename(columns=lambda column: column.replace("_", " "))
    shown = pd.DataFrame(
        {
            "setting": frame["setting"].map(TableCell),
            "scope": frame["matrices"].map(TableCell),
            "test set": frame["test_set"].map(TableCell),
            "sparsity": frame["sparsity"].astype(str).map(TableCell),
            "method": [TableCell(DENSE if name == DENSE else METHODS[name].name) for name in frame["method"]],
            "F1": _with_interval(frame, "f1"),
            "less gradual magnitude": _with_interval(frame, "gain"),
            "p": frame["p_value"].map(four_digits).map(TableCell),
        }
    )
    differ = _of_different_languages(frame)
    if differ:
        shown["languages"] = frame["languages"].astype(str).map(TableCell)
    settings = list(frame["setting"].unique())
    of_setting = ""
    if len(settings) == 1:
        shown, of_setting = shown.drop(columns="setting"), f" of {settings[0]} models"
    title = f"F1{of_setting} by pruning method, and its difference to gradual magnitude pruning{provenance.in_title}"
    return Table("methods", title, _notes(frame, provenance, differ), rows, shown)


def _with_interval(frame: pd.DataFrame, name: str) -> list[TableCell]:
    return cells_with_interval(*(frame[column] for column in (name, f"{name}_low", f"{name}_high")))


def _of_different_languages(frame: pd.DataFrame) -> bool:
    """Return whether the methods of a setting and scope are means over different numbers of languages."""
    return bool((frame.groupby(["setting", "matrices", "test_set"])["languages"].nunique() > 1).any())


def _notes(frame: pd.DataFrame, provenance: Provenance, differ: bool) -> Sequence[str]:
    languages, seeds = (
        count_range(int(frame[column].min()), int(frame[column].max()), noun)
        for column, noun in (("languages", "language"), ("seeds", "seed"))
    )
    notes = [
        f"{provenance}. Mean over {languages}, those that have every method in a setting and scope; {seeds}."
        + (" Where no language has them all, rows are of different ones: see languages." if differ else ""),
        "Sparsity in percent; 0 is the dense model. In brackets: 95 % intervals. The difference is to gradual "
        "magnitude pruning of the same scope and sparsity, on the same test sentences. p: two-sided, of no difference; "
        "not adjusted for the number of rows; the smallest means that all replicates lie on one side. What each method "
        "is: docs/methods.md.",
    ]
    if (frame["method"] == INT8).any():
        others = bool(frame["method"].str.endswith(f"-{INT8}").any())
        of_others = ", or of the method named before it," * others
        notes.append(
            f"int8: models of gradual magnitude pruning{of_others} and dense ones, quantised after training; the "
            "difference is to the same models as they were trained (docs/quantisation.md)."
        )
    if (frame["method"] == MAGNITUDE).any() and frame["gain"].isna().all():
        notes.append("No method is of a scope and sparsity that gradual magnitude pruning has too.")
    return notes
