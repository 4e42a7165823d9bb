"""What mistakes of an evaluation make of predictions: their F1 on a test set, draw by draw.

A model that is evaluated soundly is simulated: gold tags with as many errors as give it the F1 that it should have. All
functions take and return rows of tags as `f1.lay_out` lays them out, with O at the free position after each sentence.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ner_pruning.data.mentions import LABELS
from ner_pruning.scoring.f1 import GoldRow, lay_out
from ner_pruning.terms import TYPES

SORTED_LABELS = sorted(LABELS)
"""The labels as `sort | uniq` writes them, whose order XTREME's scripts may read: O comes last."""
O_THEN_SORTED = ["O", *sorted(label for label in LABELS if label != "O")]


class TestSet:
    """The first sentences of a perturbed test set, and the gold of the regular one cut or filled up to its words."""

    __test__ = False  # pytest takes classes of this name for tests

    def __init__(self, perturbed: Sequence[Sequence[int]], regular: Sequence[Sequence[int]]) -> None:
        self.gold = GoldRow(perturbed)
        row, first = lay_out(regular)
        self.regular = _place(row, first, np.arange(len(perturbed)), self.gold)


def _place(row: np.ndarray, first: np.ndarray, sources: np.ndarray, gold: GoldRow) -> np.ndarray:
    """Return a row in which each sentence of `gold` has the tags of another one, cut or filled up with O.

    row, first: where the tags are from; sources: number there of the sentence whose tags each sentence gets.
    """
    lengths = np.diff(gold.first) - 1
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    offset = np.flatnonzero(gold.words) - gold.first[sentence]
    source = sources[sentence]
    held = offset < (np.diff(first) - 1)[source]
    placed = np.zeros(len(gold.row), dtype=np.int64)
    placed[np.flatnonzero(gold.words)[held]] = row[first[source[held]] + offset[held]]
    return placed


def erring(gold: GoldRow, f1: float, random: np.random.Generator) -> np.ndarray:
    """Return the tags of a simulated model: gold in which each mention is wrong with the chance that gives it an F1.

    A wrong mention is not found, has another type, or ends one word early (if it has but one: has another type), each
    with a chance of a third: of m mentions e m are wrong and m (1 - e/3) predicted, so that F1 = 2 (1 - e)/(2 - e/3).
    """
    mentions = gold.mentions
    wrong = random.random(len(mentions.start)) < (2 - 2 * f1) / (2 - f1 / 3)
    kind = random.integers(0, 3, len(mentions.start))
    several = mentions.end - mentions.start > 1
    dropped, cut = wrong & (kind == 0), wrong & (kind == 1) & several
    other = (mentions.type + random.integers(1, len(TYPES), len(mentions.type))) % len(TYPES)
    type = np.where(wrong & ~dropped & ~cut, other, mentions.type)
    row = np.zeros(len(gold.row), dtype=np.int64)
    for start, end, name in zip(*(part[~dropped] for part in (mentions.start, mentions.end - cut, type)), strict=True):
        row[start:end] = 2 * name + 2
        row[start] = 2 * name + 1
    return row


def other_sentences(test_set: TestSet, row: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return predictions that each sentence gets of a random other one (or, seldom, its own)."""
    first = test_set.gold.first
    return _place(row, first, random.permutation(len(first) - 1), test_set.gold)


def moved(test_set: TestSet, row: np.ndarray, words: int) -> np.ndarray:
    """Return predictions that stand one word late (1) or early (-1) in every sentence."""
    return np.roll(row, words) * test_set.gold.words


def read_as(test_set: TestSet, row: np.ndarray, names: np.ndarray) -> np.ndarray:
    """Return predictions whose label ids are read as others; names: the tag that each id is read as."""
    return names[row] * test_set.gold.words


def in_order(labels: Sequence[str]) -> np.ndarray:
    """Return what the ids of LABELS are read as where the labels are taken to stand in another order."""
    return np.array([LABELS.index(label) for label in labels])


Mistake = Callable[[TestSet, float, np.random.Generator], np.ndarray]
"""Return predicted tags of one run; float: the F1 that a sound evaluation of it would give."""


def _of_model(change: Callable[[TestSet, np.ndarray, np.random.Generator], np.ndarray]) -> Mistake:
    """Return what a mistake makes of the predictions of a simulated model."""
    return lambda test_set, f1, random: change(test_set, erring(test_set.gold, f1, random), random)


def _of_words(tags: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Mistake:
    """Return tags that depend on no sentence; tags: drawn for all words, given their gold tags."""

    def drawn(test_set: TestSet, f1: float, random: np.random.Generator) -> np.ndarray:
        row = np.zeros(len(test_set.gold.row), dtype=np.int64)
        row[test_set.gold.words] = tags(test_set.gold.row[test_set.gold.words], random)
        return row

    return drawn


_SORTED, _O_FIRST = in_order(SORTED_LABELS), in_order(O_THEN_SORTED)

MISTAKES: Mapping[str, Mistake] = {
    "sound evaluation": _of_model(lambda test_set, row, random: row),
    "scored against other sentences": _of_model(other_sentences),
    "predictions of the regular set": lambda test_set, f1, random: test_set.regular,
    "one word late": _of_model(lambda test_set, row, random: moved(test_set, row, 1)),
    "one word early": _of_model(lambda test_set, row, random: moved(test_set, row, -1)),
    "label order: read as sorted": _of_model(lambda test_set, row, random: read_as(test_set, row, _SORTED)),
    "label order: sorted, read as the Hub's": _of_model(
        lambda test_set, row, random: read_as(test_set, row, np.argsort(_SORTED))
    ),
    "label order: read as O, then sorted": _of_model(lambda test_set, row, random: read_as(test_set, row, _O_FIRST)),
    "label order: another one in each run": _of_model(
        lambda test_set, row, random: read_as(test_set, row, random.permutation(len(LABELS)))
    ),
    "untrained head: tags mapped at random": _of_model(
        lambda test_set, row, random: read_as(test_set, row, random.integers(0, len(LABELS), len(LABELS)))
    ),
    "shuffled tags": _of_words(lambda tags, random: random.permutation(tags)),
    "tags drawn uniformly": _of_words(lambda tags, random: random.integers(0, len(LABELS), len(tags))),
    "nothing predicted": _of_words(lambda tags, random: np.zeros_like(tags)),
}
"""Mistakes that need no model, by name; the first is none.

An untrained head over a fine-tuned encoder, whose states are about one cluster for each tag, reads each tag as any.
"""


def draw_f1(mistake: Mistake, test_set: TestSet, f1: float, random: np.random.Generator, draws: int) -> np.ndarray:
    """Return the F1 on a test set of some runs with a mistake; f1: what a sound evaluation would give them."""
    return np.array([test_set.gold.f1(mistake(test_set, f1, random)) for _ in range(draws)])
