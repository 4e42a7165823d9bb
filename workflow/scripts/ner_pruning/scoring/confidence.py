"""How sure a run is of its tags, and how often it is right: counts that the expected calibration error is made of.

Each predicted word and each predicted mention falls into a bin by its confidence (Guo et al. 2017). A word is right if
its tag is the gold one. A mention is as sure as the least sure of its words, and is right as for F1: span and type.
"""

import os
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from ner_pruning.files import InputError
from ner_pruning.parquet import read_table_of, write_table
from ner_pruning.scoring.f1 import lay_out, mentions_in
from ner_pruning.scoring.prediction_files import CONFIDENCE_STEPS

BINS = 15
"""Of equal width, as in Guo et al. 2017; a bin holds its upper end."""

GROUPS = 100
"""Sentences are counted in as many groups, by their number modulo this, which are what a bootstrap draws."""

UNITS = ("word", "mention")

VALUES = ("wrong", "right", "wrong_confidence", "right_confidence")
"""Counted in each bin: predictions that are wrong and right, and the sums of their confidences in steps."""

SHAPE = (len(UNITS), GROUPS, BINS, len(VALUES))

_KEYS = ("unit", "group", "bin")
_SCHEMA = pa.schema(
    [
        *((name, pa.dictionary(pa.int32(), pa.string())) for name in ("test_set", "language")),
        *((name, pa.uint8()) for name in _KEYS),
        *((name, pa.int32()) for name in VALUES),
    ]
)


def confidence_counts(
    gold: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]], confidence: Sequence[Sequence[int]]
) -> np.ndarray:
    """Return the counts of a test set, int64 of SHAPE: units × groups × bins × VALUES.

    gold, predicted: tag ids; confidence: of the predicted ones in steps, 0 where a word got no prediction, which is
    counted nowhere. All have one list per sentence and one value per word.
    """
    gold_row, first = lay_out(gold)
    row, _ = lay_out(predicted)
    sure, _ = lay_out(confidence)
    group = np.repeat(np.arange(len(gold)) % GROUPS, np.diff(first))
    words = np.flatnonzero(sure)
    mentions, of_gold = mentions_in(row), mentions_in(gold_row)
    counts = np.zeros(SHAPE, dtype=np.int64)
    _count(counts[0], group[words], sure[words], gold_row[words] == row[words])
    if len(mentions.start):
        ends = np.stack([mentions.start, mentions.end], axis=1).ravel()  # a free position follows each sentence
        least = np.minimum.reduceat(sure, ends)[::2]
        right = np.isin(mentions.keys(first[-1]), of_gold.keys(first[-1]), assume_unique=True)
        _count(counts[1], group[mentions.start], least, right)
    return counts


def _count(counts: np.ndarray, group: np.ndarray, sure: np.ndarray, right: np.ndarray) -> None:
    """Add predictions to the counts of a unit, groups × bins × VALUES; sure: their confidence in steps."""
    bin = (sure * BINS - 1) // CONFIDENCE_STEPS
    np.add.at(counts, (group, bin, right.astype(int)), 1)
    np.add.at(counts, (group, bin, 2 + right), sure)


def write_confidence(path: str | os.PathLike, counts: Mapping[tuple[str, str], np.ndarray]) -> None:
    """Write the counts of a run by (test set, language), each of SHAPE; bins in which nothing falls have no row."""
    parts = []
    for (test_set, language), each in counts.items():
        places = np.nonzero(each.any(axis=-1))
        columns = [pa.array([name] * len(places[0]), pa.string()) for name in (test_set, language)]
        columns = [column.dictionary_encode() for column in columns]
        columns += [pa.array(place.astype(np.uint8)) for place in places]
        columns += [pa.array(value.astype(np.int32)) for value in each[places].T]
        parts.append(pa.Table.from_arrays(columns, schema=_SCHEMA))
    write_table(path, pa.concat_tables([_SCHEMA.empty_table(), *parts]).unify_dictionaries())


def read_confidence(path: str | os.PathLike) -> dict[tuple[str, str], np.ndarray]:
    """Return the counts of a run by (test set, language), in the file's order, each int64 of SHAPE.

    None in a file of a run whose predictions have no confidence. Raises InputError for a file of another format.
    """
    table = read_table_of(path, _SCHEMA.names)
    keys = list(zip(*(table.column(name).to_pylist() for name in ("test_set", "language")), strict=True))
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    part = np.array([numbers[key] for key in keys], dtype=np.int64)
    counts = np.zeros((len(numbers), *SHAPE), dtype=np.int64)
    places = tuple(table.column(name).to_numpy().astype(np.int64) for name in _KEYS)
    for place, length, name in zip(places, SHAPE, _KEYS, strict=False):
        if len(place) and place.max() >= length:
            raise InputError(f"{path}: {name} {place.max()}; expected 0 to {length - 1}")
    counts[(part, *places)] = np.stack([table.column(name).to_numpy() for name in VALUES], axis=1)
    return {key: counts[number] for key, number in numbers.items()}
