"""Tokenisation: words to word pieces, each word represented by its first piece."""

import os
from collections.abc import Sequence

import numpy as np
from tokenizers import Encoding, Tokenizer

from ner_pruning.data.encoded_sentences import LOST, EncodedSentences
from ner_pruning.files import InputError, sentence_digest
from ner_pruning.terms import TYPES, Types

ENCODING_CHUNK = 1000
"""Sentences handed to the tokenizer at once: bounds the memory of its Python objects."""


def load_tokenizer(path: str | os.PathLike, max_length: int) -> Tokenizer:
    """Load a fast tokenizer that cuts a sentence after `max_length` pieces, special pieces included."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception for every malformed file
        raise InputError(f"{path}: not a tokenizer.json of the tokenizers library ({error})") from None
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    return tokenizer


def first_pieces(encoding: Encoding, words: int) -> np.ndarray:
    """Return the position of each word's first piece in an encoded sentence of `words` words, or LOST."""
    firsts = np.full(words, LOST, np.int16)
    word_ids = np.array([LOST if word is None else word for word in encoding.word_ids], np.int64)
    present, positions = np.unique(word_ids, return_index=True)
    firsts[present[present != LOST]] = positions[present != LOST]
    return firsts


def encode(
    tokens: Sequence[Sequence[str]], tags: Sequence[Sequence[int]], tokenizer: Tokenizer, types: Types = TYPES
) -> EncodedSentences:
    """Encode pre-split sentences; a word that is lost keeps its place (`LOST`).

    tokens, tags: words and tag ids of each sentence; types: whose labels these ids are of. Raises InputError when the
    tokenizer loses most words, which no tokenizer that fits the text does.
    """
    if not tokens:
        raise InputError("encoding: no sentences")
    pieces, firsts, uncut = [], [], []
    for start in range(0, len(tokens), ENCODING_CHUNK):
        chunk = tokens[start : start + ENCODING_CHUNK]
        for words, encoding in zip(chunk, tokenizer.encode_batch(chunk, is_pretokenized=True), strict=True):
            pieces.append(np.array(encoding.ids, np.int32))
            firsts.append(first_pieces(encoding, len(words)))
            if not encoding.overflowing:
                uncut.append(firsts[-1])
    lost = np.mean(np.concatenate(uncut) == LOST) if uncut else 0.0
    if lost > 0.5:
        raise InputError(f"encoding: {lost:.0%} of the words give no piece: a tokenizer of other text?")
    return EncodedSentences(
        pieces=np.concatenate(pieces),
        piece_offsets=_offsets(pieces),
        first_pieces=np.concatenate(firsts),
        tags=np.concatenate([np.array(sentence, np.int8) for sentence in tags]),
        word_offsets=_offsets(firsts),
        digests=[sentence_digest(words) for words in tokens],
        types=types,
    )


def _offsets(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
