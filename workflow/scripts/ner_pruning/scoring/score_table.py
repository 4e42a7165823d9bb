"""The table of all runs' scores, each with its two floors and the shares of changed and unseen mentions."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ner_pruning.files import InputError
from ner_pruning.frames import read_frame
from ner_pruning.parquet import read_table
from ner_pruning.scoring.f1 import SUPPORT, score_columns
from ner_pruning.terms import MULTILINGUAL, REGULAR, VALIDATION, Run

RUN_COLUMNS = ["training_set", "setting", "variant", "scope", "sparsity", "seed", "language"]
"""What the columns of a run's scores come after in the table of all runs."""

FLOOR_COLUMNS = [f"{floor}{end}" for floor in ("chance_floor", "shuffle_floor") for end in ("", "_low", "_high")]
NOVELTY_COLUMNS = [*FLOOR_COLUMNS, "changed_share", "unseen_share"]
"""What they come before: floats."""

ORDER = ["training_set", "scope", "sparsity", "seed", "test_set", "language"]
"""What the rows of the table of all runs are sorted by."""


def read_scores(path: str | Path) -> pd.DataFrame:
    """Return a run's scores, with the columns of `score_columns` for the types that the file has.

    Raises InputError for other columns or unreadable values.
    """
    with open(path, encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file), [])
    return read_frame(path, score_columns(types_scored(columns)), "scores")


def types_scored(columns: Iterable[str]) -> list[str]:
    """Return the entity types of a run's scores by their columns, in the order of their label ids."""
    return [column.removeprefix(SUPPORT) for column in columns if column.startswith(SUPPORT)]


def read_all_scores(path: str | Path) -> pd.DataFrame:
    """Return the table of all runs' scores from its Parquet file, with an F1 of NaN where a test set has no mention.

    There is none; seqeval calls it 0.0, which the file keeps.
    """
    table = read_table(path).to_pandas(use_threads=False)
    return table.assign(f1=table["f1"].where(table["mentions"] > 0))


def read_overlap(path: str | Path) -> pd.DataFrame:
    """Return the overlap of a training set with its test sets; the share is NaN for a test set without mentions."""
    types = {"language": "str", "test_set": "str", "unseen_share": "float64"}
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values={"unseen_share": [""]})


def without_mentions(scores: pd.DataFrame) -> dict[str, list[str]]:
    """Return the languages whose test set has no mention, by test set, validation apart; scores: of all runs."""
    rows = scores[(scores["mentions"] == 0) & (scores["test_set"] != VALIDATION)]
    return {name: sorted(set(part["language"])) for name, part in rows.groupby("test_set")}


def read_floors(path: str | Path) -> dict[tuple[str, str], float]:
    """Return the chance floor (F1) by (language, test set) from the Parquet table of all runs' scores.

    A test set of one sentence, or without a mention, has none.
    """
    rows = read_table(path).select(["language", "test_set", "chance_floor"]).to_pylist()
    floors = {(row["language"], row["test_set"]): row["chance_floor"] for row in rows if row["test_set"] != VALIDATION}
    return {key: floor for key, floor in floors.items() if floor is not None}


def collect(
    scores: Sequence[tuple[Run, pd.DataFrame]],
    floors: Mapping[str, Mapping[str, Mapping[str, Any]]],
    overlap: Mapping[str, pd.DataFrame],
    perturbed: Mapping[tuple[str, str], Mapping[str, int]],
) -> pd.DataFrame:
    """Return one tidy table of all runs' scores, each with its two floors and the novelty of its mentions.

    scores: each run with its scores. floors: `chance_floor` by language and test set, with `shuffle_floor` as the value
    of `shuffled`.
    overlap: by training set, with the columns language, test_set and unseen_share. perturbed: the counts `mentions` and
    `changed` by (perturbation, language). The columns are RUN_COLUMNS, the rest of the scores', and NOVELTY_COLUMNS,
    which are NaN on validation and where a share or floor does not exist. Rows are sorted by ORDER.

    Raises InputError that names run, language and test set where a row is given twice, is missing or is not expected,
    and where no test set has a mention.
    A monolingual run is expected to have its own language, a multilingual one every language of `floors`, and a
    language the test sets of its `floors`, and validation.
    """
    runs = [run for run, _ in scores]
    if len(set(runs)) < len(runs):
        raise InputError(f"run {max(runs, key=runs.count)} is given twice")
    for run, frame in scores:
        if list(frame.columns) != list(scores[0][1].columns):
            types = [", ".join(types_scored(columns)) for columns in (frame.columns, scores[0][1].columns)]
            raise InputError(f"run {run}: scores of the types {types[0]}; expected {types[1]}, as of {scores[0][0]}")
    for run, frame in scores:
        _check_rows(run, frame, floors)
    table = pd.concat([_with_run(*each) for each in scores], ignore_index=True)
    keys = ["language", "test_set"]

    floor_rows = [
        (language, test_set, *(floor[end] for floor in (values, values["shuffled"]) for end in ("mean", "low", "high")))
        for language, test_sets in floors.items()
        for test_set, values in test_sets.items()
    ]
    changed_rows = [(language, REGULAR, 0.0) for language in floors] + [
        (language, perturbation, counts["changed"] / counts["mentions"] if counts["mentions"] else None)
        for (perturbation, language), counts in perturbed.items()
    ]
    unseen = pd.concat([frame.assign(training_set=name) for name, frame in overlap.items()], ignore_index=True)
    table = _join(table, pd.DataFrame(floor_rows, columns=keys + FLOOR_COLUMNS), keys)
    table = _join(table, pd.DataFrame(changed_rows, columns=[*keys, "changed_share"]), keys)
    table = _join(table, unseen[["training_set", *keys, "unseen_share"]], ["training_set", *keys])

    if not table.loc[table["test_set"] != VALIDATION, "mentions"].any():
        raise InputError("scores: no test set has a mention; expected one or more, F1 is of mentions")
    table = table.astype(dict.fromkeys(NOVELTY_COLUMNS, "float64"))
    rest = [column for column in scores[0][1].columns if column not in RUN_COLUMNS]
    return table[RUN_COLUMNS + rest + NOVELTY_COLUMNS].sort_values(ORDER, ignore_index=True)


def check_precision(runs: Mapping[str, Mapping[str, object]]) -> None:
    """Raise InputError when the runs of a study were trained in different precision; runs: run.json by run name."""
    by_precision: dict[object, str] = {}
    for name, run in runs.items():
        by_precision.setdefault(run["precision"], name)
    if len(by_precision) > 1:
        found = ", ".join(f"{precision} (run {name})" for precision, name in by_precision.items())
        raise InputError(f"finetuning.precision: the runs of one study need the same precision, these have {found}")


def _with_run(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**run._asdict(), setting=run.setting, scope=run.scope, sparsity=run.sparsity)


def _check_rows(run: Run, frame: pd.DataFrame, floors: Mapping[str, Mapping]) -> None:
    languages = floors if run.setting == MULTILINGUAL else [run.training_set]
    expected = {(language, name) for language in languages for name in (VALIDATION, *floors.get(language, ()))}
    rows = list(zip(frame["language"], frame["test_set"], strict=True))
    twice = {row for row in rows if rows.count(row) > 1}
    for what, wrong in (
        ("scores given twice", twice),
        ("no scores", expected - set(rows)),
        ("scores that the study doesn't expect", set(rows) - expected),
    ):
        if wrong:
            language, test_set = min(wrong)
            raise InputError(f"run {run}, language {language}, test set {test_set}: {what}")


def _join(table: pd.DataFrame, values: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add the columns of `values` to each row by its keys, NaN on validation; refuse missing and repeated values."""
    what = ", ".join(column for column in values.columns if column not in keys)
    values = values[values["test_set"] != VALIDATION]
    if values.duplicated(keys).any():
        row = values[values.duplicated(keys)].iloc[0]
        raise InputError(f"{what} given twice for {', '.join(f'{key} {row[key]}' for key in keys)}")
    joined = table.merge(values, on=keys, how="left", indicator=True)
    missing = joined[(joined["_merge"] == "left_only") & (joined["test_set"] != VALIDATION)]
    if len(missing):
        row = missing.iloc[0]
        raise InputError(f"no {what} for {', '.join(f'{key} {row[key]}' for key in keys)}")
    return joined.drop(columns="_merge")
