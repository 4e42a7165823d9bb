"""The languages of a study with their names, training sizes and groups: family, script and class of training size."""

import os
from collections.abc import Mapping, Sequence

import pandas as pd

from ner_pruning.frames import read_frame
from ner_pruning.study.languages import Language
from ner_pruning.study.schedules import size_class

GROUP_COLUMNS = {"language": "str", "name": "str", "family": "str", "script": "str", "sentences": "int", "size": "int"}
"""With their types; sentences: of the training set; size: the class of them, `up_to` of a row of the schedules."""

GROUPINGS = ("size", "family", "script")
"""The columns that group languages."""


def language_groups(
    train_sentences: Mapping[str, int], resource: Mapping[str, Language], size_classes: Sequence[int]
) -> pd.DataFrame:
    """Return one row per language of the study, columns GROUP_COLUMNS.

    train_sentences: by language; resource: rows of languages.tsv; size_classes: as for `size_class`.
    """
    rows = [
        (code, resource[code].name, resource[code].family, resource[code].script, size, size_class(size, size_classes))
        for code, size in train_sentences.items()
    ]
    return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))


def read_groups(path: str | os.PathLike) -> pd.DataFrame:
    """Return the table of `language_groups` by language code; raises InputError for a file of another format."""
    return read_frame(path, GROUP_COLUMNS, "languages").set_index("language")


def groupings(groups: pd.DataFrame) -> dict[str, dict[str, str | int]]:
    """Return the group of each language by the name of the grouping; groups: of `read_groups`."""
    return {name: groups[name].to_dict() for name in GROUPINGS}
