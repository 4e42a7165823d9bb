"""Each sentence's correct, predicted and gold mentions, of one run: what the bootstrap resamples."""

import os
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ner_pruning.files import InputError
from ner_pruning.parquet import read_table, write_table

COUNTS = ("correct", "predicted", "gold")
GOLD = COUNTS.index("gold")

_SCHEMA = pa.schema(
    [("test_set", pa.string()), ("language", pa.string()), *((name, pa.int32()) for name in COUNTS)],
)


def write_counts(path: str | os.PathLike, counts: Mapping[tuple[str, str], np.ndarray]) -> None:
    """Write the counts of a run by (test set, language), each sentences × 3 in the order of COUNTS."""
    parts = [
        pa.table([pa.repeat(test_set, len(part)), pa.repeat(language, len(part)), *part.T], schema=_SCHEMA)
        for (test_set, language), part in counts.items()
    ]
    write_table(path, pa.concat_tables([_SCHEMA.empty_table(), *parts]), use_dictionary=["test_set", "language"])


def read_counts(path: str | os.PathLike) -> dict[tuple[str, str], np.ndarray]:
    """Return the counts of a run by (test set, language), in the file's order; each int32, sentences × 3.

    Raises InputError for a file of another format.
    """
    table = read_table(path)
    if not table.schema.equals(_SCHEMA):
        raise InputError(f"{path}: columns {', '.join(table.schema.names)}; expected {', '.join(_SCHEMA.names)}")
    numbers = np.stack([table.column(name).to_numpy() for name in COUNTS], axis=1)
    codes = [table.column(name).combine_chunks().dictionary_encode() for name in ("test_set", "language")]
    changes = [np.flatnonzero(np.diff(code.indices.to_numpy(), prepend=-1)) for code in codes]
    starts = np.unique(np.concatenate(changes))
    keys = [tuple(code.dictionary[code.indices[start].as_py()].as_py() for code in codes) for start in starts]
    return dict(zip(keys, np.split(numbers, starts[1:]), strict=True))
