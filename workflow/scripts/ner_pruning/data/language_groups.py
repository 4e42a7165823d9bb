"""The languages of a study with their names, training sizes and groups: family, script and class of training size."""

import csv
import os
from collections.abc import Mapping, Sequence

import pandas as pd

from ner_pruning.frames import read_frame
from ner_pruning.study.languages import Language
from ner_pruning.study.schedules import size_class

GROUP_COLUMNS = {"language": "str", "name": "str", "family": "str", "script": "str", "sentences": "int", "size": "int"}
"""With their types; sentences: of the training set; size: the class of them, `up_to` of a row of the schedules."""

GROUPINGS = ("size", "family", "script")
"""The columns that group the languages of every study."""


def language_groups(
    train_sentences: Mapping[str, int],
    resource: Mapping[str, Language],
    size_classes: Sequence[int],
    more: Sequence[str] = (),
) -> pd.DataFrame:
    """Return one row per language of the study, columns GROUP_COLUMNS and those of `more`.

    train_sentences: by language; resource: rows of the table of languages; size_classes: as for `size_class`; more:
    columns of that table that the study groups languages by besides family and script.
    """
    rows = [
        (
            *(code, resource[code].name, resource[code].family, resource[code].script),
            *(size, size_class(size, size_classes)),
            *(resource[code].group(column) for column in more),
        )
        for code, size in train_sentences.items()
    ]
    return pd.DataFrame(rows, columns=[*GROUP_COLUMNS, *more])


def read_groups(path: str | os.PathLike) -> pd.DataFrame:
    """Return the table of `language_groups` by language code; raises InputError for a file of another format."""
    with open(path, encoding="utf-8", newline="") as file:
        more = next(csv.reader(file), [])[len(GROUP_COLUMNS) :]
    return read_frame(path, GROUP_COLUMNS | dict.fromkeys(more, "str"), "languages").set_index("language")


def groupings(groups: pd.DataFrame) -> dict[str, dict[str, str | int]]:
    """Return the group of each language by the name of the grouping; groups: of `read_groups`."""
    more = [name for name in groups.columns if name not in GROUP_COLUMNS]
    return {name: groups[name].to_dict() for name in (*GROUPINGS, *more)}
