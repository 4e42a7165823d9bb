"""Scores of predicted tags, the chance floor of a test set, and the table of all runs' scores.

The scores are seqeval's (Nakayama 2018), to the last bit, and tested against it. They are counted with arrays because
seqeval takes about a second for 10,000 sentences, and a multilingual run of the paper's study has over a million.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from compression.files import InputError, atomic_path
from compression.mentions import TYPES
from compression.study import MULTILINGUAL, REGULAR, VALIDATION
from compression.variants import parse_variant

SCORE_COLUMNS: dict[str, str] = {
    "test_set": "str",
    "language": "str",
    **dict.fromkeys(["sentences", "words", "words_lost", "mentions", "predicted", "correct"], "int64"),
    **dict.fromkeys(["precision", "recall", "f1", *(f"f1_{type}" for type in TYPES)], "float64"),
    **{f"support_{type}": "int64" for type in TYPES},
    "f1_strict": "float64",
}
"""Columns of a run's scores, and their types."""

RUN_COLUMNS = ["training_set", "setting", "variant", "scope", "sparsity", "seed", "language"]
"""What the columns of a run's scores come after in the table of all runs."""

NOVELTY_COLUMNS = ["chance_floor", "chance_floor_low", "chance_floor_high", "changed_share", "unseen_share"]
"""What they come before: floats."""

ORDER = ["training_set", "scope", "sparsity", "seed", "test_set", "language"]
"""What the rows of the table of all runs are sorted by."""


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


def read_scores(path: str | Path) -> pd.DataFrame:
    """Return a run's scores, columns SCORE_COLUMNS; raises InputError for other columns or unreadable values."""
    try:
        frame = pd.read_csv(path, dtype=SCORE_COLUMNS, keep_default_na=False)
    except ValueError as error:
        raise InputError(f"{path}: not a table of scores ({error})") from None
    if list(frame.columns) != list(SCORE_COLUMNS):
        raise InputError(f"{path}: columns {', '.join(frame.columns)}; expected {', '.join(SCORE_COLUMNS)}")
    return frame


def read_overlap(path: str | Path) -> pd.DataFrame:
    """Return the overlap of a training set with its test sets; the share is NaN for a test set without mentions."""
    types = {"language": "str", "test_set": "str", "unseen_share": "float64"}
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values={"unseen_share": [""]})


def collect(
    scores: Sequence[tuple[str, str, int, pd.DataFrame]],
    floors: Mapping[str, Mapping[str, Mapping[str, float | None]]],
    overlap: Mapping[str, pd.DataFrame],
    perturbed: Mapping[tuple[str, str], Mapping[str, int]],
) -> pd.DataFrame:
    """Return one tidy table of all runs' scores, each beside its chance floor and the novelty of its mentions.

    scores: training set, variant, seed and scores of each run. floors: `chance_floor` by language and test set.
    overlap: by training set, with the columns language, test_set and unseen_share. perturbed: the counts `mentions` and
    `changed` by (perturbation, language). The columns are RUN_COLUMNS, the rest of SCORE_COLUMNS, and NOVELTY_COLUMNS,
    which are NaN on validation and where a share or floor does not exist. Rows are sorted by ORDER.

    Raises InputError that names run, language and test set where a row is given twice, is missing or is not expected.
    A monolingual run is expected to have its own language, a multilingual one every language of `floors`, and a
    language the test sets of its `floors`, and validation.
    """
    runs = [(training_set, variant, seed) for training_set, variant, seed, _ in scores]
    if len(set(runs)) < len(runs):
        training_set, variant, seed = max(runs, key=runs.count)
        raise InputError(f"run {training_set}/{variant}/seed-{seed} is given twice")
    for *run, frame in scores:
        _check_rows(*run, frame, floors)
    table = pd.concat([_with_run(*run) for run in scores], ignore_index=True)
    keys = ["language", "test_set"]

    floor_rows = [
        (language, test_set, values["mean"], values["low"], values["high"])
        for language, test_sets in floors.items()
        for test_set, values in test_sets.items()
    ]
    changed_rows = [(language, REGULAR, 0.0) for language in floors] + [
        (language, perturbation, counts["changed"] / counts["mentions"] if counts["mentions"] else None)
        for (perturbation, language), counts in perturbed.items()
    ]
    unseen = pd.concat([frame.assign(training_set=name) for name, frame in overlap.items()], ignore_index=True)
    table = _join(table, pd.DataFrame(floor_rows, columns=keys + NOVELTY_COLUMNS[:3]), keys)
    table = _join(table, pd.DataFrame(changed_rows, columns=[*keys, "changed_share"]), keys)
    table = _join(table, unseen[["training_set", *keys, "unseen_share"]], ["training_set", *keys])

    table = table.astype(dict.fromkeys(NOVELTY_COLUMNS, "float64"))
    rest = [column for column in SCORE_COLUMNS if column not in RUN_COLUMNS]
    return table[RUN_COLUMNS + rest + NOVELTY_COLUMNS].sort_values(ORDER, ignore_index=True)


def _with_run(training_set: str, variant: str, seed: int, frame: pd.DataFrame) -> pd.DataFrame:
    scope, sparsity = parse_variant(variant)
    setting = MULTILINGUAL if training_set == MULTILINGUAL else "monolingual"
    return frame.assign(
        training_set=training_set, setting=setting, variant=variant, scope=scope, sparsity=sparsity, seed=seed
    )


def _check_rows(training_set: str, variant: str, seed: int, frame: pd.DataFrame, floors: Mapping[str, Mapping]) -> None:
    languages = floors if training_set == MULTILINGUAL else [training_set]
    expected = {(language, name) for language in languages for name in (VALIDATION, *floors.get(language, ()))}
    rows = list(zip(frame["language"], frame["test_set"], strict=True))
    twice = {row for row in rows if rows.count(row) > 1}
    for what, wrong in (
        ("scores given twice", twice),
        ("no scores", expected - set(rows)),
        ("scores that the study doesn't expect", set(rows) - expected),
    ):
        if wrong:
            language, test_set = min(wrong)
            raise InputError(
                f"run {training_set}/{variant}/seed-{seed}, language {language}, test set {test_set}: {what}"
            )


def _join(table: pd.DataFrame, values: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add the columns of `values` to each row by its keys, NaN on validation; refuse missing and repeated values."""
    what = ", ".join(column for column in values.columns if column not in keys)
    values = values[values["test_set"] != VALIDATION]
    if values.duplicated(keys).any():
        row = values[values.duplicated(keys)].iloc[0]
        raise InputError(f"{what} given twice for {', '.join(f'{key} {row[key]}' for key in keys)}")
    joined = table.merge(values, on=keys, how="left", indicator=True)
    missing = joined[(joined["_merge"] == "left_only") & (joined["test_set"] != VALIDATION)]
    if len(missing):
        row = missing.iloc[0]
        raise InputError(f"no {what} for {', '.join(f'{key} {row[key]}' for key in keys)}")
    return joined.drop(columns="_merge")
