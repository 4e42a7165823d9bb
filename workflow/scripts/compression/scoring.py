"""Scores of predicted tags, and the chance floor of a test set.

The scores are seqeval's (Nakayama 2018), to the last bit, and tested against it. They are counted with arrays: 10,000
sentences take 0.01 to 0.03 s, in seqeval 0.8 to 1.6 s, and a multilingual run of the paper's study has over a million.
Chance floors and intervals need counts of mentions, which seqeval does not give.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from compression.files import atomic_path
from compression.mentions import TYPES

SCORE_COLUMNS: dict[str, str] = {
    "test_set": "str",
    "language": "str",
    **dict.fromkeys(["sentences", "words", "words_lost", "mentions", "predicted", "correct"], "int64"),
    **dict.fromkeys(["precision", "recall", "f1", *(f"f1_{type}" for type in TYPES)], "float64"),
    **{f"support_{type}": "int64" for type in TYPES},
    "f1_strict": "float64",
}
"""Columns of a run's scores, and their types."""


@dataclass(frozen=True)
class _Mentions:
    """Mentions of many sentences, one item a mention.

    Positions count the words of all sentences, one sentence after another, with one place left free after each.
    """

    start: np.ndarray  # position of the first word
    end: np.ndarray  # position after the last word
    type: np.ndarray  # index into TYPES
    begun: np.ndarray  # whether the first tag is B-: the mentions that seqeval's strict IOB2 mode knows

    def keys(self, positions: int) -> np.ndarray:
        """Return one number a mention that holds its start, end and type; `positions` is more than any end."""
        return (self.start * positions + self.end) * len(TYPES) + self.type


def _find_mentions(tags: Sequence[Sequence[int]]) -> tuple[_Mentions, np.ndarray]:
    """Return the mentions of all sentences, and each sentence's first position followed by the number of positions.

    As `mentions.find_mentions` for one sentence: a mention also begins at an I- tag that does not continue one.
    """
    lengths = np.fromiter(map(len, tags), dtype=np.int64, count=len(tags))
    first = np.concatenate([[0], np.cumsum(lengths + 1)])
    words = np.arange(lengths.sum()) + np.repeat(np.arange(len(tags)), lengths)
    flat = np.zeros(first[-1], dtype=np.int64)  # the O between two sentences lets no mention run on
    flat[words] = np.fromiter(chain.from_iterable(tags), dtype=np.int64, count=len(words))

    begun, type = flat % 2 == 1, (flat + 1) // 2  # tag ids: B- is odd, I- is the even number after it
    starts = (flat > 0) & (begun | (type != np.concatenate([[0], type[:-1]])))
    limits = np.flatnonzero(starts | (flat == 0))  # where a mention begins, or none is
    here = starts[limits]
    start, end = limits[here], limits[np.flatnonzero(here) + 1]
    return _Mentions(start, end, type[start] - 1, begun[start]), first


def _divide(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else 0.0


def _precision_recall_f1(correct: int, predicted: int, gold: int) -> tuple[float, float, float]:
    """Return precision, recall and F1, 0.0 where undefined, with seqeval's order of operations."""
    precision, recall = _divide(correct, predicted), _divide(correct, gold)
    return precision, recall, 2 * precision * recall / (precision + recall) if correct else 0.0


def score(gold: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]]) -> dict[str, int | float]:
    """Return the scores of predicted tags: SCORE_COLUMNS without test_set, language and words_lost.

    gold, predicted: tag ids, one list a sentence, one id a word. Precision, recall and F1 are 0..1, the micro average
    over mentions and F1 by type in seqeval's default mode; f1_strict is the micro average in its strict mode with
    scheme IOB2. Undefined ratios are 0.0 (seqeval's zero_division=0). Raises ValueError for unequal lengths.
    """
    if list(map(len, gold)) != list(map(len, predicted)):
        raise ValueError("gold and predicted tags differ in number")
    gold_mentions, first = _find_mentions(gold)
    predicted_mentions, _ = _find_mentions(predicted)
    gold_keys, predicted_keys = (mentions.keys(first[-1]) for mentions in (gold_mentions, predicted_mentions))
    correct_keys = np.intersect1d(gold_keys, predicted_keys, assume_unique=True)
    by_type = np.array(
        [np.bincount(k % len(TYPES), minlength=len(TYPES)) for k in (correct_keys, predicted_keys, gold_keys)]
    )
    precision, recall, f1 = _precision_recall_f1(len(correct_keys), len(predicted_keys), len(gold_keys))

    gold_strict, predicted_strict = gold_keys[gold_mentions.begun], predicted_keys[predicted_mentions.begun]
    correct_strict = np.intersect1d(gold_strict, predicted_strict, assume_unique=True)
    return {
        "sentences": len(gold),
        "words": sum(map(len, gold)),
        "mentions": len(gold_keys),
        "predicted": len(predicted_keys),
        "correct": len(correct_keys),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        **{f"f1_{type}": _precision_recall_f1(*map(int, by_type[:, n]))[2] for n, type in enumerate(TYPES)},
        **{f"support_{type}": int(by_type[2, n]) for n, type in enumerate(TYPES)},
        "f1_strict": _precision_recall_f1(len(correct_strict), len(predicted_strict), len(gold_strict))[2],
    }


def sentence_counts(gold: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]]) -> np.ndarray:
    """Return the mentions of each sentence that are correct, predicted and gold: int32, sentences × 3.

    gold, predicted: as for `score`, whose micro F1 is 2 · correct / (predicted + gold) of the columns' sums.
    """
    gold_mentions, first = _find_mentions(gold)
    predicted_mentions, _ = _find_mentions(predicted)
    gold_keys, predicted_keys = (mentions.keys(first[-1]) for mentions in (gold_mentions, predicted_mentions))
    correct = predicted_mentions.start[np.isin(predicted_keys, gold_keys, assume_unique=True)]
    starts = (correct, predicted_mentions.start, gold_mentions.start)
    sentences = [np.searchsorted(first, start, side="right") - 1 for start in starts]
    return np.stack([np.bincount(rows, minlength=len(gold)) for rows in sentences], axis=1).astype(np.int32)


def draw_derangement(number: int, random: np.random.Generator) -> np.ndarray:
    """Return a permutation of 0..number-1 that moves every item; number: 2 or more.

    Permutations with a fixed point are drawn again, so every derangement is equally likely; it takes e = 2.7 draws on
    average, whatever the number.
    """
    while True:
        permutation = random.permutation(number)
        if not (permutation == np.arange(number)).any():
            return permutation


def chance_floor(tags: Sequence[Sequence[int]], *, seed: int, derangements: int = 100) -> dict[str, float | int | None]:
    """Return the F1 that the gold of other sentences gets on a test set: the score of predictions out of line.

    tags: gold tag ids, one list a sentence. In each of the random derangements every sentence is given the gold of
    another one, cut to its length or filled up with O, and the micro F1 of seqeval's default mode is taken. Returns
    mean, low and high (2.5 and 97.5 percentiles over the derangements) and the number of derangements; with fewer than
    two sentences there is no other sentence: None, and 0 derangements.
    """
    if len(tags) < 2:
        return {"mean": None, "low": None, "high": None, "derangements": 0}
    mentions, first = _find_mentions(tags)
    keys = mentions.keys(first[-1])
    key_at = np.full(first[-1], -1)  # key of the gold mention that starts at a position
    key_at[mentions.start] = keys
    sentence = np.searchsorted(first, mentions.start, side="right") - 1
    start, end = mentions.start - first[sentence], mentions.end - first[sentence]
    lengths = np.diff(first) - 1

    random = np.random.default_rng(seed)
    f1 = np.empty(derangements)
    for draw in range(derangements):
        target = draw_derangement(len(tags), random)[sentence]  # the sentence that is given the mention
        kept = start < lengths[target]
        moved_end = np.minimum(end, lengths[target])  # a cut mention ends with its sentence, as in seqeval
        moved = _Mentions(first[target] + start, first[target] + moved_end, mentions.type, mentions.begun)
        correct = (key_at[moved.start[kept]] == moved.keys(first[-1])[kept]).sum()
        f1[draw] = _precision_recall_f1(int(correct), int(kept.sum()), len(keys))[2]
    low, high = np.percentile(f1, [2.5, 97.5])
    return {"mean": float(f1.mean()), "low": float(low), "high": float(high), "derangements": derangements}


def write_scores(path: str | Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write a run's scores, one row a (test set, language), as CSV with the columns SCORE_COLUMNS."""
    with atomic_path(path) as beside, open(beside, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(SCORE_COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
