"""What is known of each mention of a test set: its sentence, type and length, and how often training has it."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ner_pruning.data.mentions import find_mentions
from ner_pruning.data.overlap import Words, typed_mentions
from ner_pruning.data.wikiann import Corpus
from ner_pruning.parquet import read_table_of, write_table
from ner_pruning.terms import Types

_LISTS = {"sentence": np.int32, "type": np.int8, "words": np.int32, "frequency": np.int32}
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("test_set", "language")),
        ("sentences", pa.int32()),
        *((name, pa.list_(pa.from_numpy_dtype(kind))) for name, kind in _LISTS.items()),
    ]
)
_TYPES = b"entity_types"
"""Key of a file's metadata, as JSON: the names of the types."""


@dataclass(frozen=True)
class MentionProperties:
    """The mentions of a test set in their order; each array has one item a mention.

    sentences: number of sentences of the test set. sentence: number of the mention's own; type: index into `types`;
    words: number of them; frequency: how often the mention, as (type, words), is one of the training data.
    """

    sentences: int
    sentence: np.ndarray
    type: np.ndarray
    words: np.ndarray
    frequency: np.ndarray
    types: Types

    def __len__(self) -> int:
        return len(self.sentence)


def mention_frequencies(corpora: Iterable[Corpus]) -> Counter[tuple[str, Words]]:
    """Return how often each mention occurs in corpora, as (type, words); each corpus is looked at once."""
    return Counter(mention for corpus in corpora for mention in typed_mentions(corpus))


def mention_properties(frequencies: Mapping[tuple[str, Words], int], corpus: Corpus) -> MentionProperties:
    """Return the properties of the mentions of a test set; frequencies: of the training data."""
    rows = [
        (
            *(sentence, corpus.types.index(mention.type), mention.end - mention.start),
            frequencies.get((mention.type, tuple(tokens[mention.start : mention.end])), 0),
        )
        for sentence, (tokens, tags) in enumerate(zip(corpus.tokens, corpus.tags, strict=True))
        for mention in find_mentions(tags, corpus.types)
    ]
    columns = np.array(rows, dtype=np.int32).reshape(-1, len(_LISTS)).T
    arrays = {name: column.astype(kind) for (name, kind), column in zip(_LISTS.items(), columns, strict=True)}
    return MentionProperties(len(corpus), **arrays, types=corpus.types)


def write_properties(path: str | os.PathLike, parts: Mapping[tuple[str, str], MentionProperties]) -> None:
    """Write properties by (test set, language) as Parquet, a row each; equal ones give equal bytes."""
    rows = [
        {"test_set": test_set, "language": language, "sentences": part.sentences}
        | {name: getattr(part, name) for name in _LISTS}
        for (test_set, language), part in parts.items()
    ]
    types = next((part.types for part in parts.values()), ())
    table = pa.Table.from_pylist(rows, schema=_SCHEMA.with_metadata({_TYPES: json.dumps(types)}))
    write_table(path, table)


def read_properties(path: str | os.PathLike) -> dict[tuple[str, str], MentionProperties]:
    """Return the properties of a file by (test set, language); raises InputError for a file of another format."""
    table = read_table_of(path, _SCHEMA)
    types = tuple(json.loads(table.schema.metadata[_TYPES]))
    columns = {name: table.column(name).combine_chunks() for name in _SCHEMA.names}
    return {
        (columns["test_set"][row].as_py(), columns["language"][row].as_py()): MentionProperties(
            columns["sentences"][row].as_py(),
            **{name: columns[name][row].values.to_numpy() for name in _LISTS},
            types=types,
        )
        for row in range(len(table))
    }
