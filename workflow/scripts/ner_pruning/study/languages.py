"""The languages of the study and their properties, as resources/languages.tsv lists them."""

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ner_pruning.files import InputError
from ner_pruning.terms import GROUPING, IN_LANGUAGE


@dataclass(frozen=True)
class Language:
    """A row of resources/languages.tsv; sizes in sentences, pretraining_share in percent of mBERT's tokens."""

    code: str
    name: str
    phylum: str
    family: str
    script: str
    train_size: int
    test_size: int
    pretraining_share: float
    monolingual: bool


def read_languages(path: str | os.PathLike) -> dict[str, Language]:
    """Read languages.tsv, in the order of its rows, by language code.

    Raises InputError that names the line of a wrong or missing value, and of a second row of a language.
    """
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    languages = {}
    for number, row in enumerate(rows, start=2):
        try:
            languages[row["code"]] = Language(
                **{key: row[key] for key in ("code", "name", "phylum", "family", "script")},
                train_size=int(row["train_size"]),
                test_size=int(row["test_size"]),
                pretraining_share=float(row["pretraining_share"]),
                monolingual={"yes": True, "no": False}[row["monolingual"]],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: line {number}: wrong or missing value ({error})") from None
        if len(languages) < number - 1:
            raise InputError(f"{path}: line {number}: a second row of {row['code']}; expected one row per language")
    return languages


def pool_languages(
    language: str, perturbation: str, studied: Sequence[str], table: Mapping[str, Language], own_language: bool = False
) -> list[str]:
    """Return the languages whose mentions may replace those of `language`, in the order of the study.

    in-language: itself. in-script, in-family: the other languages of the study that share its script or family (and
    itself, with `own_language`, if there is another); none for a language alone in its group.
    """
    if perturbation == IN_LANGUAGE:
        return [language]
    shared = GROUPING[perturbation]
    group = [other for other in studied if getattr(table[other], shared) == getattr(table[language], shared)]
    others = [other for other in group if other != language]
    return group if others and own_language else others
