"""Scores of predicted tags, and the counts of each sentence that the bootstrap resamples.

The scores are seqeval's (Nakayama 2018), to the last bit, and tested against it. They are counted with arrays: 10,000
sentences take 0.01 to 0.03 s, in seqeval 0.8 to 1.6 s, and a multilingual run of the paper's study has over a million.
Chance floors and intervals need counts of mentions, which seqeval does not give.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa

from ner_pruning.data.mentions import MOST_TYPES
from ner_pruning.files import write_csv
from ner_pruning.parquet import read_table_of, write_table
from ner_pruning.terms import TYPES, Types


def score_columns(types: Sequence[str]) -> dict[str, str]:
    """Return the columns of a run's scores, with their types; types: the entity types of the study."""
    return {
        "test_set": "str",
        "language": "str",
        **dict.fromkeys(["sentences", "words", "words_lost", "mentions", "predicted", "correct"], "int64"),
        **dict.fromkeys(["precision", "recall", "f1", *(f"f1_{type}" for type in types)], "float64"),
        **{f"{SUPPORT}{type}": "int64" for type in types},
        "f1_strict": "float64",
    }


SUPPORT = "support_"
"""Before the name of a type: the number of its gold mentions."""

SCORE_COLUMNS: dict[str, str] = score_columns(TYPES)
"""The paper's."""


_KEYS = MOST_TYPES + 1
"""More than the types that there can be."""


@dataclass(frozen=True)
class LocatedMentions:
    """Mentions of many sentences, one item a mention.

    Positions count the words of all sentences, one sentence after another, with one place left free after each.
    """

    start: np.ndarray  # position of the first word
    end: np.ndarray  # position after the last word
    type: np.ndarray  # index into the study's types
    begun: np.ndarray  # whether the first tag is B-: the mentions that seqeval's strict IOB2 mode knows

    def keys(self, positions: int) -> np.ndarray:
        """Return one number a mention that holds its start, end and type; `positions` is more than any end."""
        return (self.start * positions + self.end) * _KEYS + self.type


def lay_out(tags: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the tag at every position (O at the free ones), and each sentence's first followed by their number."""
    lengths = np.fromiter(map(len, tags), dtype=np.int64, count=len(tags))
    first = np.concatenate([[0], np.cumsum(lengths + 1)])
    words = np.arange(lengths.sum()) + np.repeat(np.arange(len(tags)), lengths)
    row = np.zeros(first[-1], dtype=np.int64)  # the O between two sentences lets no mention run on
    row[words] = np.fromiter(chain.from_iterable(tags), dtype=np.int64, count=len(words))
    return row, first


def mentions_in(row: np.ndarray) -> LocatedMentions:
    """Return the mentions of a row of tags, as `lay_out` returns it.

    As `mentions.find_mentions` for one sentence: a mention also begins at an I- tag that does not continue one.
    """
    begun, type = row % 2 == 1, (row + 1) // 2  # tag ids: B- is odd, I- is the even number after it
    starts = (row > 0) & (begun | (type != np.concatenate([[0], type[:-1]])))
    limits = np.flatnonzero(starts | (row == 0))  # where a mention begins, or none is
    here = starts[limits]
    start, end = limits[here], limits[np.flatnonzero(here) + 1]
    return LocatedMentions(start, end, type[start] - 1, begun[start])


def locate_mentions(tags: Sequence[Sequence[int]]) -> tuple[LocatedMentions, np.ndarray]:
    """Return the mentions of all sentences, and each sentence's first position followed by the number of positions."""
    row, first = lay_out(tags)
    return mentions_in(row), first


class GoldRow:
    """The gold tags of a test set laid out in a row, against which other rows of the same words are scored.

    row, first: of `lay_out`; words: which positions are of words; mentions: the gold ones. Many rows are scored in
    little time.
    """

    def __init__(self, tags: Sequence[Sequence[int]]) -> None:
        self.row, self.first = lay_out(tags)
        self.words = np.ones(len(self.row), dtype=bool)
        self.words[self.first[1:] - 1] = False  # the free position after each sentence
        self.mentions = mentions_in(self.row)
        self._key_at = np.full(len(self.row), -1)  # key of the gold mention that starts at a position
        self._key_at[self.mentions.start] = self.mentions.keys(len(self.row))

    def f1(self, row: np.ndarray) -> float:
        """Return the micro F1 of a row of predicted tags, O at the free positions, in seqeval's default mode."""
        return self.f1_of(mentions_in(row))

    def f1_of(self, predicted: LocatedMentions) -> float:
        """Return the micro F1 of predicted mentions, of which no two begin at the same position."""
        correct = (self._key_at[predicted.start] == predicted.keys(len(self.row))).sum()
        return precision_recall_f1(int(correct), len(predicted.start), len(self.mentions.start))[2]


def _divide(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else 0.0


def precision_recall_f1(correct: int, predicted: int, gold: int) -> tuple[float, float, float]:
    """Return precision, recall and F1, 0.0 where undefined, with seqeval's order of operations."""
    precision, recall = _divide(correct, predicted), _divide(correct, gold)
    return precision, recall, 2 * precision * recall / (precision + recall) if correct else 0.0


def score(
    gold: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]], types: Types = TYPES
) -> dict[str, int | float]:
    """Return the scores of predicted tags: `score_columns` without test_set, language and words_lost.

    gold, predicted: tag ids, one list per sentence, one id per word, of the labels of `types`. Precision, recall and F1
    are 0..1: the micro average over mentions, and F1 by type, in seqeval's default mode. f1_strict is the micro average
    in its strict mode with scheme IOB2. Undefined ratios are 0.0 (seqeval's zero_division=0). Raises ValueError for
    unequal lengths.
    """
    if list(map(len, gold)) != list(map(len, predicted)):
        raise ValueError("gold and predicted tags differ in number")
    gold_mentions, first = locate_mentions(gold)
    predicted_mentions, _ = locate_mentions(predicted)
    gold_keys, predicted_keys = (mentions.keys(first[-1]) for mentions in (gold_mentions, predicted_mentions))
    correct_keys = np.intersect1d(gold_keys, predicted_keys, assume_unique=True)
    by_type = np.array(
        [np.bincount(k % _KEYS, minlength=len(types)) for k in (correct_keys, predicted_keys, gold_keys)]
    )
    precision, recall, f1 = precision_recall_f1(len(correct_keys), len(predicted_keys), len(gold_keys))

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
        **{f"f1_{type}": precision_recall_f1(*map(int, by_type[:, n]))[2] for n, type in enumerate(types)},
        **{f"{SUPPORT}{type}": int(by_type[2, n]) for n, type in enumerate(types)},
        "f1_strict": precision_recall_f1(len(correct_strict), len(predicted_strict), len(gold_strict))[2],
    }


def sentence_counts(gold: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]]) -> np.ndarray:
    """Return the mentions of each sentence that are correct, predicted and gold: int32, sentences × 3.

    gold, predicted: as for `score`, whose micro F1 is 2 · correct / (predicted + gold) of the columns' sums.
    """
    gold_mentions, first = locate_mentions(gold)
    predicted_mentions, _ = locate_mentions(predicted)
    gold_keys, predicted_keys = (mentions.keys(first[-1]) for mentions in (gold_mentions, predicted_mentions))
    correct = predicted_mentions.start[np.isin(predicted_keys, gold_keys, assume_unique=True)]
    starts = (correct, predicted_mentions.start, gold_mentions.start)
    sentences = [np.searchsorted(first, start, side="right") - 1 for start in starts]
    return np.stack([np.bincount(rows, minlength=len(gold)) for rows in sentences], axis=1).astype(np.int32)


def write_scores(path: str | os.PathLike, rows: Iterable[Mapping[str, object]], types: Types = TYPES) -> None:
    """Write a run's scores, one row per test set and language, as CSV with the columns of `score_columns`."""
    write_csv(path, rows, list(score_columns(types)))


COUNTS = ("correct", "predicted", "gold")


GOLD = COUNTS.index("gold")


_SCHEMA = pa.schema(
    [("test_set", pa.string()), ("language", pa.string()), *((name, pa.int32()) for name in COUNTS)],
)


def write_counts(path: str | os.PathLike, counts: Mapping[tuple[str, str], np.ndarray]) -> None:
    """Write the counts of a run by (test set, language), each sentences × 3 in the order of COUNTS."""
    parts = [
        pa.table([pa.repeat(test_set, len(part)), pa.repeat(language, len(part)), *part.T], schema=_SCHEMA)
        for (test_set, language), part in counts.items()
    ]
    write_table(path, pa.concat_tables([_SCHEMA.empty_table(), *parts]), use_dictionary=["test_set", "language"])


def read_counts(path: str | os.PathLike) -> dict[tuple[str, str], np.ndarray]:
    """Return the counts of a run by (test set, language), in the file's order; each int32, sentences × 3.

    Raises InputError for a file of another format.
    """
    table = read_table_of(path, _SCHEMA)
    numbers = np.stack([table.column(name).to_numpy() for name in COUNTS], axis=1)
    codes = [table.column(name).combine_chunks().dictionary_encode() for name in ("test_set", "language")]
    changes = [np.flatnonzero(np.diff(code.indices.to_numpy(), prepend=-1)) for code in codes]
    starts = np.unique(np.concatenate(changes))
    keys = [tuple(code.dictionary[code.indices[start].as_py()].as_py() for code in codes) for start in starts]
    return dict(zip(keys, np.split(numbers, starts[1:]), strict=True))
