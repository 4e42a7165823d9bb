"""The languages that a study may have and their properties: resources/languages.tsv, and what is laid on it."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ner_pruning.files import InputError
from ner_pruning.terms import grouping

TEXTS = ("name", "phylum", "family", "script")
NUMBERS = {
    "train_size": int,
    "test_size": int,
    "pretraining_share": float,
    "monolingual": {"yes": True, "no": False}.__getitem__,
}
"""Columns of Table 1, with what reads their values."""

WRITE = "expected a row with code, name, script and family in a file of columns separated by tabs, `languages_table`"
"""What to do for a language that has no row."""


@dataclass(frozen=True)
class Language:
    """A row of the table of languages; sizes in sentences, pretraining_share in percent of mBERT's tokens.

    Languages that are not in Table 1 of the paper have None for what it says. A text that is not known is "". others:
    further columns of the study's own table.
    """

    code: str
    name: str
    phylum: str
    family: str
    script: str
    train_size: int | None = None
    test_size: int | None = None
    pretraining_share: float | None = None
    monolingual: bool = False
    others: Mapping[str, str] = field(default_factory=dict)

    def group(self, column: str) -> str:
        """Return the value of a column that groups languages; "" where the table has none."""
        return getattr(self, column) if column in TEXTS else self.others.get(column, "")


def listed(paths: str | Iterable[str]) -> list[str]:
    """Return the paths of the tables of languages that a rule names: one, or several."""
    return [paths] if isinstance(paths, str) else list(paths)


def read_languages(path: str | os.PathLike, *additions: str | os.PathLike) -> dict[str, Language]:
    """Read languages.tsv, in the order of its rows, by language code.

    additions: tables that are laid on it, one after another: a row of a language that is there changes the columns that
    the table has, others are added after it. Raises InputError that names the line of a wrong or missing value, and of
    a second row of a language in one file.
    """
    languages = {}
    for source in (path, *additions):
        for line, row in _rows(source):
            code = row.pop("code")
            found = languages.get(code)
            if source == path and (missing := [name for name in (*TEXTS, *NUMBERS) if name not in row]):
                raise InputError(f"{source}: line {line}: wrong or missing value ({missing[0]!r})")
            own = {name: value for name, value in row.items() if name not in (*TEXTS, *NUMBERS)}
            values = {name: row[name] for name in TEXTS if name in row}
            try:
                values |= {name: read(row[name]) for name, read in NUMBERS.items() if row.get(name)}
            except (KeyError, ValueError) as error:
                raise InputError(f"{source}: line {line}: wrong or missing value ({error})") from None
            base = {} if found is None else vars(found)
            texts = dict.fromkeys(TEXTS, "")
            languages[code] = Language(
                **{**texts, **base, **values, "code": code, "others": {**(found.others if found else {}), **own}}
            )
    return languages


def _rows(path: str | os.PathLike) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a table of languages, each with its line."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, delimiter="\t")
            rows, columns = list(enumerate(table, start=2)), table.fieldnames or []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable table of languages ({error})") from None
    if "code" not in columns:
        raise InputError(f"{path}: no column code; expected code, name, script, family, …, separated by tabs")
    lines: dict[str, int] = {}
    for line, row in rows:
        if None in row or None in row.values() or not row["code"]:
            what = next((name for name, value in row.items() if value is None), "code")
            raise InputError(f"{path}: line {line}: wrong or missing value ({what!r})")
        if row["code"] in lines:
            raise InputError(f"{path}: line {line}: a second row of {row['code']}; expected one row per language")
        lines[row["code"]] = line
    return rows


def pool_languages(
    language: str, perturbation: str, studied: Sequence[str], table: Mapping[str, Language], own_language: bool = False
) -> list[str]:
    """Return the languages whose mentions may replace those of `language`, in the order of the study.

    in-language: itself. in-script, in-family, in-… of another column: the other languages of the study that have its
    value there (and itself, with `own_language`, if there is another); none for a language alone in its group.
    """
    if (column := grouping(perturbation)) is None:
        return [language]
    group = [other for other in studied if table[other].group(column) == table[language].group(column)]
    others = [other for other in group if other != language]
    return group if others and own_language else others
