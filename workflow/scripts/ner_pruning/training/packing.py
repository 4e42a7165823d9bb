"""Batches packed without padding: sentences laid end to end in one row."""

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


def batches_by_length(lengths: np.ndarray, budget: int) -> Iterator[np.ndarray]:
    """Yield the indices of all sentences, longest first, in batches of at most `budget` pieces or of one sentence."""
    order = np.argsort(-lengths, kind="stable")
    start, used = 0, 0
    for place, length in enumerate(lengths[order]):
        if place > start and used + length > budget:
            yield order[start:place]
            start, used = place, 0
        used += length
    if len(order):
        yield order[start:]
