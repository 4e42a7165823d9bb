"""Whether predicted tags say anything of the gold ones, or are those of an untrained head or of no model at all.

The last layer of a model, its head, gives each label its own row of weights. Before training these rows
are drawn from one distribution: every naming of the labels is then equally likely, whatever the encoder below the head
knows of the sentence. So the question is not whether predicted and gold tags are dependent (over a pretrained encoder
they are), but whether the labels have the right names.
"""

import math
from collections.abc import Sequence
from functools import cache
from itertools import chain, permutations
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import chi2_contingency

from ner_pruning.data.mentions import LABELS

MOST_RENAMINGS = 5040
"""All of seven labels; of more labels so many are drawn."""


@cache
def renamings(labels: int) -> np.ndarray:
    """Return ways to name so many labels, one a row, of which the first leaves them as they are.

    These are all of up to seven labels, else MOST_RENAMINGS drawn at random: with the right one among them, the share
    of renamings that are as good is a valid p-value (Phipson & Smyth 2010).
    """
    if math.factorial(labels) <= MOST_RENAMINGS:
        return np.array(list(permutations(range(labels))))
    random = np.random.default_rng(labels)
    drawn = [random.permutation(labels) for _ in range(MOST_RENAMINGS - 1)]
    return np.array([np.arange(labels), *drawn])


RENAMINGS = renamings(len(LABELS))
"""Of the paper's labels, 5,040 × 7."""

GOOD_RENAMINGS = 0.03
"""The labels have the right names if at most this share of the renamings agrees with the gold at least as well.

Of few labels, of which some are never predicted, more renamings change nothing: then if no others do (`least_as_good`).
"""
SHUFFLES = 100
"""The predictions depend on the words if none of so many shuffles of them agrees with the gold as well."""
CLEAN_MENTIONS = 0.25
"""Mentions are told from O if the share of O among words predicted in mentions is at most so many times that of all."""
ASSOCIATED = 0.01
"""Types (or B- and I-) are dependent if a chi-squared test of independence has a p-value below this."""


class Information(NamedTuple):
    """What predicted tags say of the gold ones.

    mutual_information: of predicted and gold tags of the words, as a share of the entropy of the gold tags.
    shuffles_as_good: share of the SHUFFLES of the predicted tags over all words that agree with the gold as well.
    renamings_as_good: share of the `renamings` of the predicted labels that agree with the gold as well, those that
        change no predicted label included.
    tells_mentions: of `tells_mentions`.
    none: whether they say nothing: no better than shuffled, or their labels no better than renamed.
    """

    mutual_information: float
    shuffles_as_good: float
    renamings_as_good: float
    tells_mentions: bool
    none: bool


def information(
    gold: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]], *, labels: int = len(LABELS), seed: int = 0
) -> Information:
    """Return what predicted tags say of the gold ones; gold, predicted: ids of `labels` tags, one list per sentence."""
    flat_gold, flat = (np.fromiter(chain.from_iterable(tags), dtype=np.int64) for tags in (gold, predicted))
    table, random = confusion(flat_gold, flat, labels), np.random.default_rng(seed)
    agreement = np.trace(beyond_chance(table)) - _ROUNDING
    shuffled = [
        np.trace(beyond_chance(confusion(flat_gold, random.permutation(flat), labels))) for _ in range(SHUFFLES)
    ]
    as_good, renamed = float(np.mean(np.array(shuffled) >= agreement)), renamings_as_good(table)
    tells = tells_mentions(table)
    named = renamed <= max(GOOD_RENAMINGS, least_as_good(table)) or tells
    return Information(
        mutual_information=mutual_information(table),
        shuffles_as_good=as_good,
        renamings_as_good=renamed,
        tells_mentions=tells,
        none=as_good > 0 or not named,
    )


_ROUNDING = 1e-6  # words; agreement is a number of words beyond chance


def confusion(gold: np.ndarray, predicted: np.ndarray, size: int = len(LABELS)) -> np.ndarray:
    """Return the number of words by predicted and gold tag, size × size; gold, predicted: tag ids of the words."""
    return np.bincount(predicted * size + gold, minlength=size**2).reshape(size, size)


def beyond_chance(table: np.ndarray) -> np.ndarray:
    """Return counts less those of independent rows and columns; the trace is the numerator of Cohen's kappa."""
    return table - table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / max(table.sum(), 1)


def renamings_as_good(table: np.ndarray) -> float:
    """Return the share of all renamings of the predicted labels under which they agree with the gold as well as named.

    table: of `confusion`. Agreement is beyond chance, so that the frequencies of the labels alone say nothing. For the
    predictions of a head with exchangeable rows the share is at most x in at most x of all cases.
    """
    agreement = beyond_chance(table)[np.arange(len(table)), renamings(len(table))].sum(axis=1)
    return float(np.mean(agreement >= agreement[0] - _ROUNDING))


def least_as_good(table: np.ndarray) -> float:
    """Return the share of all renamings that change no label which is predicted; table: of `confusion`."""
    predicted = np.flatnonzero(table.any(axis=1))
    return float(np.mean((renamings(len(table))[:, predicted] == predicted).all(axis=1)))


def tells_mentions(table: np.ndarray) -> bool:
    """Return whether predictions tell mentions from O, without contradicting the gold in types or in B- and I-.

    A weak model may know no more than that. Its words in mentions are hardly ever O in the gold (CLEAN_MENTIONS), and
    where both tags are of mentions, types are independent or agree best as they are named, and so do B- and I-. Of an
    untrained head that by chance gives O to the words that are O, dependent types have wrong names.
    """
    in_mentions, words = table[1:].sum(), table.sum()
    if not in_mentions or table[1:, 0].sum() * words > CLEAN_MENTIONS * table[:, 0].sum() * in_mentions:
        return False
    of_types = [range(place, place + 2) for place in range(1, len(table), 2)]  # B- and I- of each type
    of_roles = [range(1, len(table), 2), range(2, len(table), 2)]  # B- of all types, I- of all
    return not any(_contradicts(_merge(table, groups)) for groups in (of_types, of_roles))


def _merge(table: np.ndarray, groups: Sequence[Sequence[int]]) -> np.ndarray:
    """Return the counts of a confusion by group of tags."""
    return np.array([[table[np.ix_(rows, columns)].sum() for columns in groups] for rows in groups])


def _contradicts(table: np.ndarray) -> bool:
    """Return whether rows and columns are dependent, and another order of the rows agrees better than theirs."""
    held = table[np.ix_(table.any(axis=1), table.any(axis=0))]
    if min(held.shape, default=0) < 2 or chi2_contingency(held, correction=False).pvalue >= ASSOCIATED:
        return False
    rest = beyond_chance(table)
    return rest[linear_sum_assignment(rest, maximize=True)].sum() > np.trace(rest) + _ROUNDING


def mutual_information(table: np.ndarray) -> float:
    """Return the mutual information of rows and columns as a share of the columns' entropy, 0 where that is 0."""
    shares = table / max(table.sum(), 1)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    held = shares > 0
    entropy = -np.sum(columns[columns > 0] * np.log(columns[columns > 0]))
    shared = np.sum(shares[held] * np.log(shares[held] / np.outer(rows, columns)[held]))
    return float(max(0.0, shared) / entropy) if entropy > 0 else 0.0  # a sum of rounded terms may be below 0
