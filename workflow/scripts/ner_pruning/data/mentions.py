"""Entity types, the labels that they give, and entity mentions as spans of a tagged sentence."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ner_pruning.terms import OUTSIDE, TYPES, Types

MOST_TYPES = 63
"""Label ids are stored as bytes with a sign, which hold 127 labels."""


def labels_of(types: Sequence[str]) -> tuple[str, ...]:
    """Return the labels of entity types by label id: O, then B- and I- of each type."""
    return (OUTSIDE, *(f"{prefix}-{type}" for type in types for prefix in "BI"))


LABELS = labels_of(TYPES)
"""The paper's."""


def types_of(labels: Sequence[str]) -> Types | None:
    """Return the entity types of labels in the order of their ids; None if they are not those of `labels_of`."""
    if isinstance(labels, str):
        return None
    types = tuple(label.removeprefix("B-") for label in labels[1::2] if isinstance(label, str))
    proper = all(types) and len(set(types)) == len(types)
    return types if proper and tuple(labels) == labels_of(types) else None


class Mention(NamedTuple):
    """An entity mention: its type and its words, from `start` up to but without `end`."""

    type: str
    start: int
    end: int


def find_mentions(tags: Sequence[int], types: Sequence[str] = TYPES) -> list[Mention]:
    """Return the mentions of one sentence from left to right.

    tags: tag ids of the labels of `types`, one per word. A mention begins at a B- tag, and also at an I- tag that does
    not continue a mention of the same type: seqeval's default mode (Nakayama 2018, `get_entities`).
    """
    mentions = []
    start, current = 0, 0  # `current` is the B- tag id of the open mention, 0 for none
    for position, tag in enumerate(tags):
        inside = tag != 0 and tag % 2 == 0
        if inside and tag - 1 == current:
            continue
        if current:
            mentions.append(Mention(types[current // 2], start, position))
        current = tag - 1 if inside else tag
        start = position
    if current:
        mentions.append(Mention(types[current // 2], start, len(tags)))
    return mentions


def mention_tags(type: str, length: int, types: Sequence[str] = TYPES) -> list[int]:
    """Return the IOB2 tag ids of a mention of `length` words: B- first, I- after it."""
    begin = 1 + 2 * types.index(type)
    return [begin] + [begin + 1] * (length - 1)


def count_inside_without_begin(tags: Iterable[int]) -> int:
    """Return how many I- tags of a sentence continue no mention of their type (not valid IOB2)."""
    count, previous = 0, 0
    for tag in tags:
        if tag != 0 and tag % 2 == 0 and previous not in (tag, tag - 1):
            count += 1
        previous = tag
    return count
