"""Which gold mentions a run finds: those that it predicts with the same words and type."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from ner_pruning.data.mention_properties import MentionProperties, read_properties
from ner_pruning.files import InputError
from ner_pruning.parquet import read_table_of, write_table
from ner_pruning.scoring.f1 import locate_mentions
from ner_pruning.terms import Run

_SCHEMA = pa.schema([("test_set", pa.string()), ("language", pa.string()), ("found", pa.list_(pa.bool_()))])

Found = Mapping[tuple[str, str], np.ndarray]
"""Of one run, whether it finds each gold mention, in their order: Boolean arrays by (test set, language)."""

Properties = Mapping[tuple[str, str], MentionProperties]
"""Of the mentions of all test sets beside one training set, by (test set, language)."""


def found_mentions(gold: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]]) -> np.ndarray:
    """Return whether each gold mention, in order, is predicted with the same words and type.

    gold, predicted: as for `f1.score`, whose `correct` is the sum of what this returns. Raises ValueError for unequal
    lengths.
    """
    if list(map(len, gold)) != list(map(len, predicted)):
        raise ValueError("gold and predicted tags differ in number")
    (gold_mentions, first), (predicted_mentions, _) = locate_mentions(gold), locate_mentions(predicted)
    return np.isin(gold_mentions.keys(first[-1]), predicted_mentions.keys(first[-1]), assume_unique=True)


def write_found(path: str | os.PathLike, found: Found) -> None:
    """Write what a run finds as Parquet, one row a test set and language; equal input gives equal bytes."""
    rows = [{"test_set": test_set, "language": language, "found": part} for (test_set, language), part in found.items()]
    write_table(path, pa.Table.from_pylist(rows, schema=_SCHEMA))


def read_found(path: str | os.PathLike) -> dict[tuple[str, str], np.ndarray]:
    """Return what a run finds by (test set, language); raises InputError for a file of another format."""
    table = read_table_of(path, _SCHEMA)
    keys = zip(*(table.column(name).to_pylist() for name in ("test_set", "language")), strict=True)
    lists = table.column("found").combine_chunks()
    return {key: lists[row].values.to_numpy(zero_copy_only=False) for row, key in enumerate(keys)}


def read_compared(
    runs: Mapping[Run, str], mentions: Mapping[str, str]
) -> tuple[dict[Run, Found], dict[str, Properties]]:
    """Return what each run finds, and the properties of the mentions by training set.

    runs: path of `write_found` by run; mentions: path of `write_properties` by training set. Raises InputError when a
    run has looked for other mentions, or for fewer or more of a test set.
    """
    properties = {training_set: read_properties(path) for training_set, path in mentions.items()}
    found = {run: read_found(path) for run, path in runs.items()}
    for run, of_run in found.items():
        expected = {key: len(part) for key, part in properties[run.training_set].items()}
        numbers = {key: len(part) for key, part in of_run.items()}
        for key in {**expected, **numbers}:
            if numbers.get(key) != expected.get(key):
                raise InputError(
                    f"{runs[run]}: language {key[1]}, test set {key[0]}: {numbers.get(key, 'no')} mentions; "
                    f"expected {expected.get(key, 'none')}, as in {mentions[run.training_set]}"
                )
    return found, properties
