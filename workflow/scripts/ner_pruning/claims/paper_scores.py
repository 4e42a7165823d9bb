"""The published numbers: F1 of tables 6-9 of the paper, as resources/paper_f1.csv holds them."""

import csv
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ner_pruning.files import InputError
from ner_pruning.study.grid import study_runs, training_languages
from ner_pruning.terms import IN_LANGUAGE, REGULAR

TEST_SETS = {"regular": REGULAR, "perturbed": IN_LANGUAGE}
"""The paper's words for test sets; its tables show no other perturbation (section 4)."""


class PublishedF1(NamedTuple):
    """A cell of the paper's tables; scope: "" for dense; sparsity in percent; f1: 0 to 1, mean over three seeds."""

    setting: str
    test_set: str
    scope: str
    language: str
    sparsity: int
    f1: float


def read_published(path: str | os.PathLike) -> list[PublishedF1]:
    """Return the published cells in the order of the file; the dense ones, which two tables print, once.

    Columns: setting, test_set, scope, language, sparsity, f1. Raises InputError that names the line of a wrong or
    missing value, and of a second F1 of a cell.
    """
    cells: dict[tuple, PublishedF1] = {}
    with open(path, encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                cell = _published(row)
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(f"{path}: line {number}: wrong or missing value ({error})") from None
            if cells.setdefault(cell[:-1], cell) != cell:
                raise InputError(f"{path}: line {number}: F1 {cell.f1}, but {cells[cell[:-1]].f1} in a line before")
    return list(cells.values())


def _published(row: Mapping[str, str]) -> PublishedF1:
    sparsity, f1 = int(row["sparsity"]), float(row["f1"])
    if not 0 <= f1 <= 1:
        raise ValueError(f"f1 {f1}, expected 0 to 1")
    scope = row["scope"] if sparsity else ""
    return PublishedF1(row["setting"], TEST_SETS[row["test_set"]], scope, row["language"], sparsity, f1)


def read_reference(path: str | os.PathLike) -> dict[str, float]:
    """Return F1 (0 to 1) of dense multilingual models by others, by language; columns language, f1, and any more.

    Raises InputError that names the file, and the line of a wrong or missing value or of a second one of a language.
    """
    reference: dict[str, float] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            rows, columns = list(table), table.fieldnames or []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable CSV file ({error})") from None
    for column in ("language", "f1"):
        if column not in columns:
            raise InputError(f"{path}: no column {column}; expected language and f1, separated by commas")
    for number, row in enumerate(rows, start=2):
        try:
            language, f1 = row["language"], float(row["f1"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: line {number}: wrong or missing value ({error})") from None
        if not 0 <= f1 <= 1 or language in reference:
            expected = "one row per language" if language in reference else "0 to 1"
            raise InputError(f"{path}: line {number}: F1 {f1} of {language}; expected {expected}")
        reference[language] = f1
    if not reference:
        raise InputError(f"{path}: no rows; expected the columns language and f1")
    return reference


def check_reference(reference: Mapping[str, float], studied: Sequence[str], source: str) -> None:
    """Raise InputError unless F1 by others is given for a language of the study; source: what the error names."""
    if not set(reference) & set(studied):
        raise InputError(
            f"{source}: language: none of {', '.join(reference)} is in the study; expected codes such as {studied[0]}"
        )


def cells_of_study(cells: Sequence[PublishedF1], config: Mapping[str, Any]) -> list[PublishedF1]:
    """Return the published cells that a study measures too."""
    test_sets = [REGULAR, *config["perturbations"]]
    measured = set()
    for run in study_runs(config):
        languages = training_languages(run.training_set, config)
        measured |= {(run.setting, run.scope, run.sparsity, language) for language in languages}
    return [
        cell
        for cell in cells
        if (cell.setting, cell.scope, cell.sparsity, cell.language) in measured and cell.test_set in test_sets
    ]
