"""Encoded sentences: word pieces in flat arrays, their file, and batches packed without padding."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ner_pruning.data.wikiann import metadata_of_types, types_in
from ner_pruning.files import InputError
from ner_pruning.parquet import read_table, write_table
from ner_pruning.terms import TYPES, Types

LOST = -1
"""First piece of a word that has none: it gives no piece, or it lies past the length limit."""

_LIST = {"pieces": pa.list_(pa.int32()), "first_pieces": pa.list_(pa.int16()), "tags": pa.list_(pa.int8())}
SCHEMA = pa.schema([*_LIST.items(), ("digest", pa.string())])


@dataclass(frozen=True)
class EncodedSentences:
    """Encoded sentences in flat arrays: sentence i has pieces[piece_offsets[i]:piece_offsets[i + 1]], words likewise.

    pieces: piece ids (total pieces), with the special pieces of each sentence.
    first_pieces: by word, position of its first piece within its sentence, or LOST (total words).
    tags: tag id of each word (total words).
    digests: digest of each sentence's tokens (sentences), see `files.sentence_digest`.
    types: entity types, whose labels the tag ids are of.
    """

    pieces: np.ndarray
    piece_offsets: np.ndarray
    first_pieces: np.ndarray
    tags: np.ndarray
    word_offsets: np.ndarray
    digests: Sequence[str]
    types: Types = TYPES

    def __len__(self) -> int:
        return len(self.piece_offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Number of pieces by sentence."""
        return np.diff(self.piece_offsets)

    @property
    def word_counts(self) -> np.ndarray:
        """Number of words by sentence."""
        return np.diff(self.word_offsets)


def write_encoded(path: str | os.PathLike, sentences: EncodedSentences, metadata: dict[str, str] | None = None) -> None:
    """Write encoded sentences as Parquet, one row per sentence, with metadata of the caller; the file appears whole."""

    def lists(offsets: np.ndarray, values: np.ndarray) -> pa.ListArray:
        return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(values))

    table = pa.table(
        {
            "pieces": lists(sentences.piece_offsets, sentences.pieces),
            "first_pieces": lists(sentences.word_offsets, sentences.first_pieces),
            "tags": lists(sentences.word_offsets, sentences.tags),
            "digest": pa.array(sentences.digests, pa.string()),
        }
    ).cast(SCHEMA)
    write_table(path, table.replace_schema_metadata({**(metadata or {}), **metadata_of_types(sentences.types)} or None))


def read_encoded(path: str | os.PathLike) -> EncodedSentences:
    """Read the encoded sentences that `write_encoded` wrote; raises InputError naming the file when it is damaged."""
    table = read_table(path).combine_chunks()
    if table.schema.remove_metadata() != SCHEMA:
        raise InputError(f"{path}: columns {table.schema.names}, expected {SCHEMA.names}")
    columns = {name: table[name].combine_chunks() for name in _LIST}
    values = {name: column.flatten().to_numpy() for name, column in columns.items()}
    offsets = {name: column.offsets.to_numpy().astype(np.int64) for name, column in columns.items()}
    return EncodedSentences(
        pieces=values["pieces"],
        piece_offsets=offsets["pieces"] - offsets["pieces"][0],
        first_pieces=values["first_pieces"],
        tags=values["tags"],
        word_offsets=offsets["tags"] - offsets["tags"][0],
        digests=table["digest"].to_pylist(),
        types=types_in(table.schema.metadata, str(path)),
    )


def concatenate(parts: Sequence[EncodedSentences]) -> EncodedSentences:
    """Join the sentences of several languages into one pool, in the order given.

    Raises InputError when they differ in their entity types.
    """
    if len(parts) == 1:
        return parts[0]
    for part in parts:
        if part.types != parts[0].types:
            raise InputError(f"entity types {', '.join(part.types)} and {', '.join(parts[0].types)}; expected one set")

    def joined_offsets(name: str) -> np.ndarray:
        counts = [np.diff(getattr(part, name)) for part in parts]
        return np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)

    return EncodedSentences(
        pieces=np.concatenate([part.pieces for part in parts]),
        piece_offsets=joined_offsets("piece_offsets"),
        first_pieces=np.concatenate([part.first_pieces for part in parts]),
        tags=np.concatenate([part.tags for part in parts]),
        word_offsets=joined_offsets("word_offsets"),
        digests=[digest for part in parts for digest in part.digests],
        types=parts[0].types,
    )


def take(sentences: EncodedSentences, chosen: np.ndarray) -> EncodedSentences:
    """Return the sentences with the indices `chosen`, in that order; one may occur more than once."""
    words = ranges(sentences.word_offsets[chosen], sentences.word_counts[chosen])
    return EncodedSentences(
        pieces=sentences.pieces[ranges(sentences.piece_offsets[chosen], sentences.lengths[chosen])],
        piece_offsets=np.concatenate([[0], np.cumsum(sentences.lengths[chosen])]),
        first_pieces=sentences.first_pieces[words],
        tags=sentences.tags[words],
        word_offsets=np.concatenate([[0], np.cumsum(sentences.word_counts[chosen])]),
        digests=[sentences.digests[sentence] for sentence in chosen],
        types=sentences.types,
    )


def ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return starts[0], starts[0] + 1, … (counts[0] numbers), starts[1], … as one array."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts)
