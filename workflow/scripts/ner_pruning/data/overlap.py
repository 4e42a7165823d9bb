"""Mentions that the test data share with the training data."""

from collections.abc import Iterable, Iterator, Set

from ner_pruning.data.mentions import find_mentions
from ner_pruning.data.wikiann import Corpus

Words = tuple[str, ...]


def typed_mentions(corpus: Corpus) -> Iterator[tuple[str, Words]]:
    """Yield every mention of a corpus, in order and with repetitions, as (type, words)."""
    for tokens, tags in zip(corpus.tokens, corpus.tags, strict=True):
        for mention in find_mentions(tags, corpus.types):
            yield mention.type, tuple(tokens[mention.start : mention.end])


def known_mentions(corpora: Iterable[Corpus]) -> set[tuple[str, Words]]:
    """Return the unique mentions of all corpora as (type, words); each corpus is looked at once and not kept."""
    return {mention for corpus in corpora for mention in typed_mentions(corpus)}


def seen_mentions(training_mentions: Set[tuple[str, Words]], test: Corpus) -> list[bool]:
    """Return of each mention of a test set, in order, whether its (type, words) is a mention of the training data.

    training_mentions: as `known_mentions` returns them.
    """
    return [mention in training_mentions for mention in typed_mentions(test)]


def overlap(training_mentions: Set[tuple[str, Words]], test: Corpus) -> dict[str, int | float | None]:
    """Count the mentions of a test set, and those whose (type, words) is also a mention of the training data.

    training_mentions: as `known_mentions` returns them. Repeated test mentions count each time. Returns {"mentions",
    "seen", "unseen_share"}; the share is between 0 and 1, and None for a test set without mentions.
    """
    seen = seen_mentions(training_mentions, test)
    unseen_share = seen.count(False) / len(seen) if seen else None
    return {"mentions": len(seen), "seen": seen.count(True), "unseen_share": unseen_share}
