"""Classes of mentions by their properties, and the mentions of a class counted by sentence, for the bootstrap."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ner_pruning.data.mention_properties import MentionProperties
from ner_pruning.scoring.found_mentions import Found, Properties
from ner_pruning.terms import Types

LEAST_MENTIONS = 10
"""Mentions that a class needs in a test set to be counted there. A share of fewer says little, and many a bootstrap
draw would have none of them."""

MANY = np.inf
LENGTHS = {"1": (1, 1), "2": (2, 2), "3": (3, 3), "4 or more": (4, MANY)}
"""Fewest and most words of a mention."""

FREQUENCIES = {"0": (0, 0), "1": (1, 1), "2 to 9": (2, 9), "10 or more": (10, MANY)}
"""Fewest and most times that the training data have a mention, as (type, words)."""

SEEN = {"seen": (1, MANY), "unseen": (0, 0)}
"""The same in two classes, those of the overlap of training and test set."""


class MentionClass(NamedTuple):
    """A class of mentions: those with one value of a property; all of them, with both "all"."""

    property: str
    value: str

    def members(self, mentions: MentionProperties) -> np.ndarray:
        """Return which mentions of a test set are in the class, as a Boolean array."""
        if self == ALL:
            return np.ones(len(mentions), dtype=bool)
        if self.property == TYPE:
            return mentions.type == mentions.types.index(self.value)
        column = mentions.words if self.property == WORDS else mentions.frequency
        low, high = _RANGES[self.property][self.value]
        return (low <= column) & (column <= high)


ALL = MentionClass("all", "all")
TYPE, WORDS, FREQUENCY, OVERLAP = "type", "words", "training frequency", "overlap"
_RANGES = {WORDS: LENGTHS, FREQUENCY: FREQUENCIES, OVERLAP: SEEN}


def mention_classes(types: Types) -> list[MentionClass]:
    """Return all classes; types: the entity types of the study."""
    ranges = [MentionClass(name, value) for name, values in _RANGES.items() for value in values]
    return [ALL, *(MentionClass(TYPE, type) for type in types), *ranges]


def by_sentence(mentions: MentionProperties, members: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    """Return sums over the mentions of each sentence, sentences × 3: (first, second, second).

    So `bootstrap.resample` takes a share of two sums, first / second, for an F1: 2 a / (b + b) = a / b. members: which
    mentions count; weights: two arrays, an item a mention.
    """
    rows = mentions.sentence[members]
    first, second = (np.bincount(rows, each[members], minlength=mentions.sentences) for each in weights)
    return np.stack([first, second, second], axis=1).astype(np.float32)


def counted_parts(
    found: Found, properties: Properties, mentions: MentionClass, test_sets: Iterable[str]
) -> Iterator[tuple[tuple[str, str], np.ndarray, MentionProperties, np.ndarray]]:
    """Yield of one run's test sets that have LEAST_MENTIONS of a class: key, what is found, properties and members."""
    test_sets = set(test_sets)
    for key, part in found.items():
        if key[0] in test_sets:
            members = mentions.members(properties[key])
            if members.sum() >= LEAST_MENTIONS:
                yield key, part, properties[key], members
