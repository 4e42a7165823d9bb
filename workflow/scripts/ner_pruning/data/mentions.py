"""The tag set, and entity mentions as spans of a tagged sentence."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

TYPES: tuple[str, ...] = ("PER", "ORG", "LOC")
LABELS: tuple[str, ...] = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
"""Tag names by tag id, as the Hub data set `unimelb-nlp/wikiann` numbers them."""


class Mention(NamedTuple):
    """An entity mention: its type (PER, ORG or LOC) and its words, from `start` up to but without `end`."""

    type: str
    start: int
    end: int


def begin_tag(type: str) -> int:
    """Return the id of the tag B-`type`; the tag I-`type` is the next id."""
    return 1 + 2 * TYPES.index(type)


def find_mentions(tags: Sequence[int]) -> list[Mention]:
    """Return the mentions of one sentence from left to right.

    tags: tag ids, one per word. A mention begins at a B- tag, and also at an I- tag that does not continue a mention of
    the same type: seqeval's default mode (Nakayama 2018, `get_entities`).
    """
    mentions = []
    start, current = 0, 0  # `current` is the B- tag id of the open mention, 0 for none
    for position, tag in enumerate(tags):
        inside = tag != 0 and tag % 2 == 0
        if inside and tag - 1 == current:
            continue
        if current:
            mentions.append(Mention(TYPES[current // 2], start, position))
        current = tag - 1 if inside else tag
        start = position
    if current:
        mentions.append(Mention(TYPES[current // 2], start, len(tags)))
    return mentions


def mention_tags(type: str, length: int) -> list[int]:
    """Return the IOB2 tag ids of a mention of `length` words: B- first, I- after it."""
    begin = begin_tag(type)
    return [begin] + [begin + 1] * (length - 1)


def count_inside_without_begin(tags: Iterable[int]) -> int:
    """Return how many I- tags of a sentence continue no mention of their type (not valid IOB2)."""
    count, previous = 0, 0
    for tag in tags:
        if tag != 0 and tag % 2 == 0 and previous not in (tag, tag - 1):
            count += 1
        previous = tag
    return count
