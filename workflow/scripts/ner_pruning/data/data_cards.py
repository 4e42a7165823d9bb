"""The data card of a language: counts of its sentences and mentions, and how many test mentions training has seen."""

from collections.abc import Mapping, Sequence
from typing import Any

from tokenizers import Tokenizer

from ner_pruning.data.mentions import count_inside_without_begin, find_mentions
from ner_pruning.data.overlap import known_mentions, seen_mentions
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import read_json

_EXAMPLES = 10
_BATCH = 1000  # sentences encoded at a time: all pieces of a language at once would fill the memory


def card(
    language: str,
    train: Corpus,
    validation: Corpus,
    test: Corpus,
    tokenizer: Tokenizer,
    max_length: int,
    tagging: Sequence[Mapping[str, Any] | None] = (None, None, None),
) -> dict[str, Any]:
    """Return the data card of a language, ready for JSON.

    tokenizer: the encoder's; max_length: the longest sentence that is encoded whole, in pieces with the special ones.
    tagging: what was done to the tags of each split, None for nothing.
    The card holds, for each split, what `describe` counts, what was done to its tags if anything was, and, between
    train and test, what `compare` counts.
    """
    tokenizer = Tokenizer.from_str(tokenizer.to_str())  # a copy, because lengths are counted before any cut
    tokenizer.no_truncation()
    tokenizer.no_padding()
    splits = {"train": train, "validation": validation, "test": test}
    return {
        "language": language,
        "max_length": max_length,
        "splits": {
            split: {
                **describe(corpus),
                **count_pieces(corpus.tokens, tokenizer, max_length),
                **({} if done is None else {"tagging": dict(done)}),
            }
            for (split, corpus), done in zip(splits.items(), tagging, strict=True)
        },
        "test_in_train": compare(train, test),
    }


def read_training_sizes(cards: Mapping[str, str]) -> dict[str, int]:
    """Return the counted training sentences by language; cards: paths of data cards by language."""
    return {language: read_json(path)["splits"]["train"]["sentences"] for language, path in cards.items()}


def describe(corpus: Corpus) -> dict[str, Any]:
    """Count sentences, tokens, mentions by type, sentences that repeat an earlier one, and I- tags without a B-."""
    mentions = dict.fromkeys(corpus.types, 0)
    for tags in corpus.tags:
        for mention in find_mentions(tags, corpus.types):
            mentions[mention.type] += 1
    return {
        "sentences": len(corpus),
        "tokens": sum(map(len, corpus.tokens)),
        "mentions": mentions,
        "duplicate_sentences": len(corpus) - len(set(map(tuple, corpus.tokens))),
        "inside_without_begin": sum(map(count_inside_without_begin, corpus.tags)),
    }


def compare(train: Corpus, test: Corpus) -> dict[str, Any]:
    """Count the test sentences, by their tokens, and the test mentions, by type and tokens, that are also in train.

    Shares are None where the test set has no mention.
    """
    known_sentences = set(map(tuple, train.tokens))
    known = known_mentions([train])
    seen, unique = seen_mentions(known, test), known_mentions([test])
    seen_unique = len(unique & known)
    return {
        "sentences": sum(tuple(tokens) in known_sentences for tokens in test.tokens),
        "mentions": sum(seen),
        "mentions_share": sum(seen) / len(seen) if seen else None,
        "unique_mentions": seen_unique,
        "unique_mentions_share": seen_unique / len(unique) if unique else None,
    }


def count_pieces(sentences: Sequence[Sequence[str]], tokenizer: Tokenizer, max_length: int) -> dict[str, Any]:
    """Count the pieces of the longest sentence, the sentences over `max_length` pieces, and the words without a piece.

    Pieces count with the special ones. Of the words, the first different ones are given as Unicode code points, because
    most are made of characters that cannot be seen.
    """
    longest = too_long = without_piece = 0
    examples: dict[str, None] = {}
    for start in range(0, len(sentences), _BATCH):
        batch = sentences[start : start + _BATCH]
        for tokens, encoding in zip(batch, tokenizer.encode_batch(batch, is_pretokenized=True), strict=True):
            longest = max(longest, len(encoding))
            too_long += len(encoding) > max_length
            with_piece = set(encoding.word_ids)
            lost = [token for word, token in enumerate(tokens) if word not in with_piece]
            without_piece += len(lost)
            examples.update(dict.fromkeys(lost))
    return {
        "longest_sentence_pieces": longest,
        "sentences_over_max_length": too_long,
        "words_without_piece": without_piece,
        "words_without_piece_examples": [_code_points(word) for word in list(examples)[:_EXAMPLES]],
    }


def _code_points(word: str) -> str:
    return " ".join(f"U+{ord(character):04X}" for character in word)
