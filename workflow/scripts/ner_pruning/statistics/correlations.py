"""F1 beside the share of test mentions that training has seen, or has not, and how the two correlate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ner_pruning.files import InputError
from ner_pruning.statistics.summaries import property_of, seed_means
from ner_pruning.terms import REGULAR

CONFIDENCE = 0.95
FEWEST_FOR_INTERVAL = 4
"""Fisher's standard error has the number of points less 3 in its denominator."""


@dataclass(frozen=True)
class Correlation:
    """A correlation coefficient and its confidence interval, NaN where they do not exist."""

    estimate: float
    low: float = math.nan
    high: float = math.nan


def pearson(x: np.ndarray, y: np.ndarray) -> Correlation:
    """Return Pearson's correlation of n pairs with its 95 % interval (Fisher's transformation, as in scipy).

    No interval for fewer than 4 pairs, and no estimate for fewer than 2, or where all values of a side are the same.
    """
    if not _correlates(x, y):
        return Correlation(math.nan)
    result = stats.pearsonr(x, y)
    if len(x) < FEWEST_FOR_INTERVAL:
        return Correlation(float(result.statistic))
    interval = result.confidence_interval(CONFIDENCE)
    return Correlation(float(result.statistic), float(interval.low), float(interval.high))


def spearman(x: np.ndarray, y: np.ndarray) -> Correlation:
    """Return Spearman's rank correlation of n pairs with its 95 % interval, under the conditions of `pearson`.

    The interval is Fisher's with the standard error sqrt((1 + r²/2) / (n - 3)) of Bonett and Wright 2000, "Sample size
    requirements for estimating Pearson, Kendall and Spearman correlations", Psychometrika 65.
    """
    if not _correlates(x, y):
        return Correlation(math.nan)
    estimate = float(stats.spearmanr(x, y).statistic)
    if len(x) < FEWEST_FOR_INTERVAL:
        return Correlation(estimate)
    if abs(estimate) == 1:  # the transformation is infinite: the interval is the point
        return Correlation(estimate, estimate, estimate)
    reach = stats.norm.ppf((1 + CONFIDENCE) / 2) * math.sqrt((1 + estimate**2 / 2) / (len(x) - 3))
    return Correlation(estimate, math.tanh(math.atanh(estimate) - reach), math.tanh(math.atanh(estimate) + reach))


def _correlates(x: np.ndarray, y: np.ndarray) -> bool:
    """Return whether there are two pairs or more, and more than one value on both sides, but for rounding."""
    return len(x) >= 2 and not any(np.allclose(side, side[0], rtol=1e-12, atol=1e-12) for side in (x, y))


def dense_f1_and_overlap(scores: pd.DataFrame, setting: str, train_sizes: Mapping[str, int]) -> pd.DataFrame:
    """Return dense F1 on the regular test set beside the share of its mentions that training has seen: figure 9.

    train_sizes: training sentences (or their class) by language.
    Returns one row a language: language, train_size, seen_share (0 to 1; NaN for a test set without mentions), f1 (mean
    over seeds), seeds. Raises InputError for a language without a training size, and when there is no dense model.
    """
    means = seed_means(scores)
    means = means[(means["setting"] == setting) & (means["test_set"] == REGULAR) & (means["sparsity"] == 0)]
    if means.empty:
        raise InputError(f"scores: no dense {setting} model on the test set {REGULAR}; expected at least one")
    means = means.assign(
        train_size=property_of(means["language"], train_sizes, "training size"), seen_share=1 - means["unseen_share"]
    )
    return means[["language", "train_size", "seen_share", "f1", "seeds"]].reset_index(drop=True)
