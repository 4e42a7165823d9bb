"""Correlations over languages, or groups of them, in every replicate at once.

scipy.stats is imported where it is called: it takes half a second, and most jobs that import this call none of it.
"""

from collections.abc import Callable

import numpy as np

ROUNDING = 1e-12
"""Values that differ by no more are the same."""

LEAST_WITH_INTERVAL = 5
"""Items that a correlation needs for an interval: four drawn with replacement give any value from -1 to 1."""

Coefficient = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A correlation of each column of two arrays, items × columns."""


def correlate(x: np.ndarray, y: np.ndarray, coefficient: Coefficient) -> np.ndarray:
    """Return a correlation over items; each replicate draws the items again, with replacement, besides its own noise.

    x, y: items × (1 + resamples), the measured values first. NaN where there are fewer than 2 items, or all drawn ones
    have the same x or y, and in all replicates with fewer than LEAST_WITH_INTERVAL items.
    """
    if len(x) < 2:
        return np.full(x.shape[1], np.nan)
    drawn = np.random.default_rng(0).integers(len(x), size=x.shape)
    drawn[:, 0] = np.arange(len(x))
    x, y = np.take_along_axis(x, drawn, axis=0), np.take_along_axis(y, drawn, axis=0)
    defined = (np.ptp(x, axis=0) > ROUNDING) & (np.ptp(y, axis=0) > ROUNDING)
    correlations = np.full(x.shape[1], np.nan)
    if len(x) < LEAST_WITH_INTERVAL:
        defined[1:] = False
    if defined.any():
        correlations[defined] = coefficient(x[:, defined], y[:, defined])
    return correlations


def pearson(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of each column; x, y: items × columns."""
    from scipy.stats import pearsonr

    return pearsonr(x, y, axis=0).statistic


def spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of each column; x, y: items × columns."""
    from scipy.stats import rankdata

    return pearson(rankdata(x, axis=0), rankdata(y, axis=0))


def kendall(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Kendall's tau-b (Kendall 1945) of each column; x, y: items × columns.

    All columns at once: scipy's kendalltau takes a column at a time, and seconds for the replicates of one statistic.
    """
    first, second = np.triu_indices(len(x), k=1)
    x_order, y_order = (_signs(side[first] - side[second]) for side in (x, y))
    return (x_order * y_order).sum(axis=0) / np.sqrt((x_order**2).sum(axis=0) * (y_order**2).sum(axis=0))


def _signs(differences: np.ndarray) -> np.ndarray:
    """Return -1, 0 or 1, where what is but rounding is 0: it would order equal means at random."""
    return np.sign(np.where(np.abs(differences) > ROUNDING, differences, 0))
