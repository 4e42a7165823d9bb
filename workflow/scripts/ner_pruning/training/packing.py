"""Batches packed without padding, sentences laid end to end in one row; and the same ones padded, a row each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ner_pruning.data.encoded_sentences import LOST, EncodedSentences, ranges


@dataclass(frozen=True)
class PackedBatch:
    """Sentences laid end to end in one row, without padding.

    pieces, positions, segments: piece id, position within its sentence, and number of its sentence among those of the
    batch that have a piece (pieces of the batch, each).
    words: place in the row of each word's first piece, sentence by sentence, words that have none left out.
    word_numbers: number of each of those words among all words of the encoded sentences.
    tags: tag id of each of those words.
    """

    pieces: np.ndarray
    positions: np.ndarray
    segments: np.ndarray
    words: np.ndarray
    word_numbers: np.ndarray
    tags: np.ndarray


def pack(sentences: EncodedSentences, chosen: np.ndarray) -> PackedBatch:
    """Pack the sentences with the indices `chosen`, in that order, into one row."""
    lengths, word_counts = sentences.lengths[chosen], sentences.word_counts[chosen]
    row_starts = np.cumsum(lengths) - lengths
    words = ranges(sentences.word_offsets[chosen], word_counts)
    firsts = sentences.first_pieces[words]
    kept = firsts != LOST
    return PackedBatch(
        pieces=sentences.pieces[ranges(sentences.piece_offsets[chosen], lengths)],
        positions=ranges(np.zeros_like(lengths), lengths),
        segments=np.repeat(np.arange(np.count_nonzero(lengths)), lengths[lengths > 0]),
        words=(np.repeat(row_starts, word_counts) + firsts)[kept],
        word_numbers=words[kept],
        tags=sentences.tags[words[kept]],
    )


@dataclass(frozen=True)
class PaddedRows:
    """The sentences of a packed batch in a row each, as long as the longest one or longer.

    pieces, positions: as in the packed batch, and 0 where there is none (sentences, longest). mask: 1 where there is
    one, else 0 (sentences, longest). words: place of each word's first piece, rows counted end to end.
    """

    pieces: np.ndarray
    positions: np.ndarray
    mask: np.ndarray
    words: np.ndarray


def pad(batch: PackedBatch, multiple: int = 1) -> PaddedRows:
    """Lay the sentences of a batch out in padded rows, whose length is rounded up to a multiple.

    Piece 0 fills them up: a trimmed vocabulary has no row of its own for that. A batch without a piece is a row of
    it, in which the first is read, because attention over nothing is 0 / 0.
    """
    longest = int(batch.positions.max(initial=0)) + 1
    shape = (int(batch.segments.max(initial=0)) + 1, longest + -longest % multiple)
    pieces, positions, mask = np.zeros((3, *shape), np.int64)
    cells = batch.segments, batch.positions
    pieces[cells], positions[cells], mask[cells] = batch.pieces, batch.positions, 1
    if not len(batch.pieces):
        mask[0, 0] = 1
    return PaddedRows(pieces, positions, mask, batch.segments[batch.words] * shape[1] + batch.positions[batch.words])


def batches_by_length(lengths: np.ndarray, budget: int, padded: bool = False) -> Iterator[np.ndarray]:
    """Yield the indices of all sentences, longest first, in batches of at most `budget` pieces or of one sentence.

    padded: a sentence takes as many as the longest one of its batch.
    """
    order = np.argsort(-lengths, kind="stable")
    start, used = 0, 0
    for place, length in enumerate(lengths[order]):
        size = lengths[order[start]] if padded else length
        if place > start and used + size > budget:
            yield order[start:place]
            start, used, size = place, 0, length
        used += size
    if len(order):
        yield order[start:]
