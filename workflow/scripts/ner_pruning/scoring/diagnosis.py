"""Why a perturbed F1 is near its chance floor: wrong alignment, wrong labels, nothing predicted, or wrong mentions.

Words of this module: a prediction *stands* at the sentence or word whose tags it is scored against; it is *for* the one
that it was made for. Where all is well, every prediction stands where it is for. docs/diagnosis.md says it for readers.
"""

from collections.abc import Mapping, Sequence, Set
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from ner_pruning.data.mentions import MOST_TYPES, find_mentions, labels_of
from ner_pruning.data.overlap import Words, seen_mentions, typed_mentions
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError
from ner_pruning.scoring.information import Information, information
from ner_pruning.scoring.score_table import RUN_COLUMNS
from ner_pruning.table import count
from ner_pruning.terms import REGULAR, TYPES, Run, Types, is_perturbation

MISALIGNED = "misaligned"
PERMUTED = "labels permuted"
ALL_O = "all O"
NO_INFORMATION = "no information"
WRONG = "wrong on mentions"
FINDINGS = {
    MISALIGNED: "a re-alignment of the predictions restores the score",
    PERMUTED: "other names of the predicted labels restore the score",
    ALL_O: "hardly a word is predicted to be in a mention",
    NO_INFORMATION: "the labels say no more of the gold than shuffled or renamed ones: an untrained or lost head",
    WRONG: "none of these: the mentions that are predicted are wrong",
}
"""What the diagnosis can find, in the order in which it looks, and what it means."""

CLEAR_GAIN = 2
"""An explanation restores the score if its F1 is more than so many times the F1 that is there and chance, …"""
REGULAR_SHARE = 0.5
"""… and at least this share of the F1 of the same run on the regular test set."""
FEW_WORDS = 0.05
"""All O: the words predicted to be in mentions are at most this share of those that are."""
LARGEST_SHIFT = 100
"""Predictions are looked for up to so many sentences before and after the one they are for …"""
WORD_SHIFTS = (-2, -1, 1, 2)
"""… and by so many words."""
CHANCE_SHIFT = 10
"""Chance is the best of moves by up to so many sentences, where an explanation is no such move itself."""

INFORMATION = [name for name in Information._fields if name != "none"]  # which the finding says
CLASSES = ("changed", "unchanged", "seen", "unseen")
DIAGNOSIS_COLUMNS = [
    *RUN_COLUMNS,
    *["test_set", "f1", "chance_floor", "chance_floor_high", "shuffle_floor", "f1_regular"],
    *["predicted_o_share", "gold_o_share", *INFORMATION],
    *["realignment", "f1_realigned", "relabelling", "f1_relabelled", "type_permutation", "f1_types_permuted"],
    *(f"{column}_{name}" for name in CLASSES for column in ("mentions", "f1")),
    "finding",
]


def perturbed_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the perturbed test sets, with the column f1_regular: F1 of the same run and language.

    scores: the table of all runs' scores; rows without F1, of test sets without mentions, are left out. Raises
    InputError for a row without a score on the regular test set.
    """
    scores = scores.dropna(subset=["f1"])
    regular = scores.loc[scores["test_set"] == REGULAR, [*RUN_COLUMNS, "f1"]].rename(columns={"f1": "f1_regular"})
    perturbed = scores[scores["test_set"].map(is_perturbation)].merge(regular, on=RUN_COLUMNS, how="left")
    alone = perturbed[perturbed["f1_regular"].isna()]
    if len(alone):
        row = alone.iloc[0]
        raise InputError(f"scores: {place_of(row)}: no score of the same model on the test set {REGULAR}")
    return perturbed


def is_near_floor(perturbed: pd.DataFrame, floor_factor: float) -> pd.Series:
    """Return for each row whether its F1 is at most `floor_factor` times the upper end of its floor's interval.

    A test set of one sentence has no floor, and no score near it.
    """
    return perturbed["f1"] <= floor_factor * perturbed["chance_floor_high"]


class Explanation(NamedTuple):
    """The best way of one kind to restore a score.

    name: its name, "" if it is best to change nothing.
    f1: the F1 that it gives.
    chance: the highest F1 that the same predictions give when they are shifted by other numbers of sentences. It
        measures what trying many alignments finds by accident, and equals `f1` if a model predicts the same everywhere.
    """

    name: str
    f1: float
    chance: float


def diagnose(
    regular: Corpus,
    perturbed: Corpus,
    predicted: Sequence[Sequence[int]],
    training_mentions: Set[tuple[str, Words]],
    *,
    f1: float,
    f1_regular: float,
    floor_high: float,
) -> dict[str, str | float | int]:
    """Return the columns of a diagnosis from predicted_o_share on: all that it looks at, and the finding.

    regular, perturbed: a test set and what a perturbation made of it, sentence by sentence; predicted: tag ids for
    `perturbed`, one list per sentence, one id per word; training_mentions: as `known_mentions` returns them. f1,
    f1_regular, floor_high: F1 of the run on both sets, and the upper end of the floor's interval on the perturbed one.
    The finding is that of `choose_finding`. Raises ValueError where the sets differ in their number of mentions.
    """
    types = perturbed.types
    gold, spans = find_spans(perturbed.tags), find_spans(predicted)
    lengths = np.array([len(tokens) for tokens in perturbed.tokens], dtype=np.int64)
    realigned = best_realignment(gold, spans, perturbed.tokens)
    relabelled = best_relabelling(perturbed.tags, predicted, types)
    types_permuted = best_type_permutation(gold, spans, lengths, types)
    predicted_o, gold_o = o_share(predicted), o_share(perturbed.tags)
    said = information(perturbed.tags, predicted, labels=len(labels_of(types)))
    finding = choose_finding(
        {MISALIGNED: [realigned], PERMUTED: [relabelled, types_permuted]},
        f1=f1,
        f1_regular=f1_regular,
        floor_high=floor_high,
        predicts_little=1 - predicted_o <= FEW_WORDS * (1 - gold_o),
        says_nothing=said.none,
    )
    return {
        "predicted_o_share": predicted_o,
        "gold_o_share": gold_o,
        **{name: getattr(said, name) for name in INFORMATION},
        "realignment": realigned.name,
        "f1_realigned": realigned.f1,
        "relabelling": relabelled.name,
        "f1_relabelled": relabelled.f1,
        "type_permutation": types_permuted.name,
        "f1_types_permuted": types_permuted.f1,
        **scores_by_class(gold, spans, mention_classes(regular, perturbed, training_mentions)),
        "finding": finding,
    }


def choose_finding(
    explanations: Mapping[str, Sequence[Explanation]],
    *,
    f1: float,
    f1_regular: float,
    floor_high: float,
    predicts_little: bool,
    says_nothing: bool,
) -> str:
    """Return the finding: that of the explanation that restores the score, else the first of the others that holds.

    explanations: by finding; the one with the highest F1 counts. It restores the score if its F1 is more than
    CLEAR_GAIN times `f1` (as it is), the upper end of the floor's interval and its own chance, and at least
    REGULAR_SHARE times the F1 of the run on the regular test set. predicts_little: whether the words predicted to be in
    mentions are at most FEW_WORDS times those that are; says_nothing: `Information.none`.
    """
    pairs = [(finding, explanation) for finding, group in explanations.items() for explanation in group]
    finding, best = max(pairs, key=lambda pair: pair[1].f1)
    if best.f1 > CLEAR_GAIN * max(f1, floor_high, best.chance) and best.f1 >= REGULAR_SHARE * f1_regular:
        return finding
    if predicts_little:
        return ALL_O
    return NO_INFORMATION if says_nothing else WRONG


# Re-alignment


def best_realignment(gold: np.ndarray, spans: np.ndarray, tokens: Sequence[Sequence[str]]) -> Explanation:
    """Return the re-alignment of predictions that gives the highest F1, over the words that prediction and gold have.

    gold, spans: gold and predicted mentions, as `find_spans` returns them; tokens: words of each sentence. Only what a
    program does by mistake is tried, so that no score is restored by choice among many: all predictions late or early
    by up to LARGEST_SHIFT sentences (the last ones go to the first places) or by WORD_SHIFTS, and `other_orders`.
    """
    lengths = np.array([len(words) for words in tokens], dtype=np.int64)
    places = np.arange(len(tokens))
    shifts = sentence_shifts(len(tokens), LARGEST_SHIFT)
    alignments = [(_shift_name(shift, "sentence"), np.roll(places, shift), 0) for shift in shifts]
    alignments += [(name, order, 0) for name, order in other_orders(tokens).items()]
    alignments += [(_shift_name(shift, "word"), places, shift) for shift in WORD_SHIFTS]
    f1 = [aligned_f1(gold, spans, lengths, order, words) for _, order, words in alignments]
    best = int(np.argmax(f1))
    name, _, words = alignments[best]
    if words:
        chance = chance_f1(gold, spans, lengths, words)
    else:
        chance = max((f1[number] for number in range(len(shifts)) if number != best), default=0.0)
    return Explanation(name, f1[best], chance)


def sentence_shifts(number: int, largest: int) -> list[int]:
    """Return by how many of `number` sentences, at most `largest`, predictions can be late, or (below 0) early."""
    return [shift for shift in range(-min(largest, (number - 1) // 2), min(largest, number // 2) + 1) if shift]


def other_orders(tokens: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Return orders in which predictions may stand, other than the right one, as the sentence at each place, by name.

    In reverse, sorted by number of words (equal ones as they stood), and sorted by words.
    """
    places = np.arange(len(tokens))
    lengths = np.array([len(words) for words in tokens], dtype=np.int64)
    orders = {
        "in reverse": places[::-1],
        "sorted, shortest first": np.argsort(lengths, kind="stable"),
        "sorted, longest first": np.argsort(-lengths, kind="stable"),
        "sorted by words": np.array(sorted(places, key=tokens.__getitem__), dtype=np.int64),
    }
    return {name: order for name, order in orders.items() if (order != places).any()}


def _shift_name(shift: int, unit: str) -> str:
    return f"{count(abs(shift), unit)} {'late' if shift > 0 else 'early'}"


def chance_f1(gold: np.ndarray, spans: np.ndarray, lengths: np.ndarray, shift: int = 0) -> float:
    """Return the highest F1 of predictions that are moved on by up to CHANCE_SHIFT sentences either way.

    Arguments as for `aligned_f1`. A test set of one sentence gives 0.
    """
    places = np.arange(len(lengths))
    orders = [np.roll(places, move) for move in sentence_shifts(len(lengths), CHANCE_SHIFT)]
    return max((aligned_f1(gold, spans, lengths, order, shift) for order in orders), default=0.0)


def aligned_f1(gold: np.ndarray, spans: np.ndarray, lengths: np.ndarray, order: np.ndarray, shift: int = 0) -> float:
    """Return the micro F1 of predictions, each scored against what it is for, over the words that both have.

    gold, spans: gold and predicted mentions, as `find_spans` returns them; lengths: words of each sentence, and so of
    the prediction at its place; order: the sentence that the prediction at each place is for; shift: how many words
    late the tags stand, less than 0 for early ones. Gold and prediction are cut to the words that both have, and
    mentions with them, as seqeval would see them.
    """
    late, early = max(shift, 0), max(-shift, 0)
    words = np.minimum(lengths - late, lengths[order] - early)  # by place
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    gold = _cut(np.column_stack([place[gold[:, 0]], gold[:, 1:]]), early, words)
    spans = _cut(spans, late, words)
    first = np.cumsum(lengths) - lengths
    rest_at = np.full(lengths.sum(), -1)  # end and type of the gold mention that starts at a word
    rest_at[first[gold[:, 0]] + gold[:, 1]] = _end_and_type(gold)
    correct = np.sum(rest_at[first[spans[:, 0]] + spans[:, 1]] == _end_and_type(spans))
    return _f1(correct, len(spans), len(gold))


def _cut(spans: np.ndarray, first: int, words: np.ndarray) -> np.ndarray:
    """Return what is left of the mentions in the words from `first` on, `words` of each sentence, counted from 0."""
    sentence, start, end, type = spans.T
    start, end = np.maximum(start - first, 0), np.minimum(end - first, words[sentence])
    return np.column_stack([sentence, start, end, type])[start < end]


def _end_and_type(spans: np.ndarray) -> np.ndarray:
    return spans[:, 2] * (MOST_TYPES + 1) + spans[:, 3]


# Relabelling


def best_relabelling(
    gold: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]], types: Types = TYPES
) -> Explanation:
    """Return the renaming of predicted labels, one to one, under which most words agree with the gold (Kuhn 1955).

    gold, predicted: tag ids of the labels of `types`, one list per sentence, one id per word. Its name, such as
    "B-PER→B-LOC …", has only the labels that are predicted and renamed.
    """
    flat_gold, flat = (np.fromiter(chain.from_iterable(tags), dtype=np.int64) for tags in (gold, predicted))
    names, text = _assign(flat, flat_gold, labels_of(types))
    renamed = find_spans([[names[tag] for tag in tags] for tags in predicted])
    return _explanation(text, find_spans(gold), renamed, np.array([len(tags) for tags in gold], dtype=np.int64))


def best_type_permutation(
    gold: np.ndarray, spans: np.ndarray, lengths: np.ndarray, types: Types = TYPES
) -> Explanation:
    """Return the renaming of the types of predicted mentions, one to one, under which most are correct.

    gold, spans: gold and predicted mentions, as `find_spans` returns them; lengths: words of each sentence. It is named
    "PER→ORG …", with the types that are predicted and renamed only.
    """
    overlapped, exact = first_overlapped(gold, spans)
    names, text = _assign(spans[exact, 3], gold[overlapped[exact], 3], types)
    renamed = np.column_stack([spans[:, :3], np.array(names)[spans[:, 3]]])
    return _explanation(text, gold, renamed, lengths)


def _assign(predicted: np.ndarray, gold: np.ndarray, labels: Sequence[str]) -> tuple[list[int], str]:
    """Return the new number of each label under which most predicted numbers equal gold ones, and this as text."""
    size = len(labels)
    agreement = np.bincount(predicted * size + gold, minlength=size**2).reshape(size, size)
    names = linear_sum_assignment(agreement, maximize=True)[1].tolist()
    renamed = [old for old in range(size) if names[old] != old and agreement[old].any()]
    return names, " ".join(f"{labels[old]}→{labels[names[old]]}" for old in renamed)


def _explanation(name: str, gold: np.ndarray, spans: np.ndarray, lengths: np.ndarray) -> Explanation:
    f1 = aligned_f1(gold, spans, lengths, np.arange(len(lengths)))
    return Explanation(name, f1, chance_f1(gold, spans, lengths))


# Classes of mentions


def mention_classes(
    regular: Corpus, perturbed: Corpus, training_mentions: Set[tuple[str, Words]]
) -> dict[str, np.ndarray]:
    """Return for each of CLASSES which mentions of a perturbed test set are in it, in their order.

    A mention is changed if its words differ from those of the regular test set's mention of the same number, and seen
    if (type, words) is a mention of the training data. Raises ValueError for sets of unequal numbers of mentions.
    """
    before, after = list(typed_mentions(regular)), list(typed_mentions(perturbed))
    if len(before) != len(after):
        raise ValueError(f"{len(after)} mentions, expected {len(before)} as in the regular test set")
    changed = np.array([old[1] != new[1] for old, new in zip(before, after, strict=True)], dtype=bool)
    seen = np.array(seen_mentions(training_mentions, perturbed), dtype=bool)
    return {"changed": changed, "unchanged": ~changed, "seen": seen, "unseen": ~seen}


def scores_by_class(gold: np.ndarray, spans: np.ndarray, classes: Mapping[str, np.ndarray]) -> dict[str, int | float]:
    """Return the number of mentions in each class and their micro F1 (NaN without any), as mentions_… and f1_….

    gold, spans: gold and predicted mentions, as `find_spans` returns them; classes: which gold mentions are in a class.
    A predicted mention counts to the class of the first gold mention that it shares a word with. One that shares none
    counts to no class: mentions made up among O words lower the F1 of all, not that of a class.
    """
    overlapped, exact = first_overlapped(gold, spans)
    met = overlapped >= 0
    overlapped = overlapped[met]
    correct = exact[met] & (gold[overlapped, 3] == spans[met, 3])
    scores: dict[str, int | float] = {}
    for name, members in classes.items():
        number, mine = int(members.sum()), members[overlapped]
        scores[f"mentions_{name}"] = number
        scores[f"f1_{name}"] = _f1(np.sum(correct & mine), np.sum(mine), number) if number else float("nan")
    return scores


# Mentions as arrays


def find_spans(tags: Sequence[Sequence[int]]) -> np.ndarray:
    """Return all mentions, in order, as rows of sentence, start, end (words) and number of the type: mentions × 4."""
    rows = [
        (sentence, mention.start, mention.end, mention.type)
        for sentence, of_sentence in enumerate(tags)
        for mention in find_mentions(of_sentence, range(MOST_TYPES))  # numbers stand for the names of types
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def first_overlapped(gold: np.ndarray, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each predicted mention the first gold mention that it shares a word with, and if it has its words.

    gold, spans: as `find_spans` returns them. The first array holds rows of `gold`, -1 for none; the second is Boolean.
    """
    beyond = max((int(part[:, 2].max()) for part in (gold, spans) if len(part)), default=0) + 1  # more than any end
    # the first mention that ends after the predicted one starts
    row = np.searchsorted(gold[:, 0] * beyond + gold[:, 2], spans[:, 0] * beyond + spans[:, 1], side="right")
    candidates = np.vstack([gold, [-1, 0, 0, 0]])[row]
    overlaps = (candidates[:, 0] == spans[:, 0]) & (candidates[:, 1] < spans[:, 2])
    return np.where(overlaps, row, -1), overlaps & (candidates[:, 1:3] == spans[:, 1:3]).all(axis=1)


def _f1(correct: int, predicted: int, gold: int) -> float:
    return float(2 * correct / (predicted + gold)) if correct else 0.0


def o_share(tags: Sequence[Sequence[int]]) -> float:
    """Return the share of words with the tag O, 1 where there are no words; tags: ids, one list per sentence."""
    flat = np.fromiter(chain.from_iterable(tags), dtype=np.int64)
    return float(np.mean(flat == 0)) if len(flat) else 1.0


# Report


def place_of(row: Mapping[str, Any]) -> str:
    """Return the run, language and test set of a row of scores, for messages."""
    return f"run {run_of(row)}, language {row['language']}, test set {row['test_set']}"


def run_of(row: Mapping[str, Any]) -> Run:
    """Return the run of a row of scores."""
    return Run(row["training_set"], row["variant"], row["seed"])
