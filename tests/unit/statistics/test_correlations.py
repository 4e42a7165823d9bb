"""Correlations against hand-worked numbers, scipy and simulation."""

import math

import numpy as np
import pytest
from ner_pruning.statistics.correlations import correlate, kendall, pearson, spearman
from ner_pruning.statistics.intervals import estimate
from scipy import stats

COEFFICIENTS = [pearson, spearman, kendall]


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_coefficients_worked_out_by_hand():
    # Deviations (-2 -1 0 1 2) and (-1 -2 1 0 2): 8 / sqrt(10 · 10). Of ten pairs two are in another order.
    x, y = column(0, 1, 2, 3, 4), column(2, 1, 4, 3, 5)
    assert pearson(x, y)[0] == pytest.approx(0.8)
    assert spearman(np.exp(x), column(2, 1, 40, 3, 500))[0] == pytest.approx(0.8)  # the ranks are those above
    assert kendall(x, y)[0] == pytest.approx((8 - 2) / 10)


@pytest.mark.parametrize(("coefficient", "scipys"), [(spearman, stats.spearmanr), (kendall, stats.kendalltau)])
def test_ranks_with_ties_are_scipys(coefficient, scipys):
    random = np.random.default_rng(0)
    x, y = (random.integers(0, 5, size=(12, 50)) for _ in range(2))
    expected = [scipys(x[:, each], y[:, each]).statistic for each in range(50)]
    assert coefficient(x, y) == pytest.approx(expected)


def test_rounding_breaks_no_tie_of_kendalls_tau():
    """Of 0.1 + 0.2 and 0.3 neither is larger: two of three pairs have an order, the same one on both sides."""
    assert kendall(column(0.1 + 0.2, 0.3, 1), column(2, 2, 3))[0] == pytest.approx(1)


def test_intervals_cover_the_true_correlation_about_as_often_as_they_say():
    """Of 400 studies of 40 languages. Percentiles of drawn languages are a little narrow, which 40 hardly show."""
    random = np.random.default_rng(0)
    true = {pearson: 0.6, spearman: 6 / math.pi * math.asin(0.3)}  # of a bivariate normal distribution
    covered = dict.fromkeys(true, 0)
    for _ in range(400):
        x, noise = random.standard_normal((2, 40, 1))
        sides = [np.broadcast_to(side, (40, 501)) for side in (x, 0.6 * x + 0.8 * noise)]
        for coefficient, correlation in true.items():
            interval = estimate(correlate(*sides, coefficient))
            covered[coefficient] += interval.low <= correlation <= interval.high
    for count in covered.values():
        assert 0.9 < count / 400 < 0.98


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_what_does_not_exist_is_nan(coefficient):
    for x, y in (([], []), ([1.0], [2.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]), ([1, 2, 3], [0.1 + 0.2, 0.3, 0.3])):
        sides = [np.broadcast_to(np.array(side, dtype=float)[:, None], (len(side), 101)) for side in (x, y)]
        assert math.isnan(estimate(correlate(*sides, coefficient)).value)
    # Of three languages one is drawn three times in a ninth of the replicates: too many for an interval.
    three = [np.broadcast_to(column(*side), (3, 1001)) for side in ((1, 2, 3), (1, 2, 4))]
    result = estimate(correlate(*three, coefficient))
    assert result.value > 0.9 and math.isnan(result.low) and math.isnan(result.high)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_a_perfect_correlation_has_a_point_for_an_interval(coefficient):
    x = np.broadcast_to(column(0, 1, 2, 3, 4), (5, 1001))
    result = estimate(correlate(x, -x, coefficient))
    assert (result.value, result.low, result.high) == pytest.approx((-1, -1, -1))
