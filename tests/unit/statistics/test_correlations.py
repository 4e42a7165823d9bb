"""Correlations against hand-worked numbers and simulation; F1 beside overlap."""

import math

import numpy as np
import pytest
from ner_pruning.files import InputError
from ner_pruning.statistics import correlations, summaries
from test_summaries import frame, score


def test_pearson_and_its_interval_are_fishers():
    # Deviations (-2 -1 0 1 2) and (-1 -2 1 0 2): 8 / sqrt(10 · 10) = 0.8. artanh 0.8 = ln(9) / 2 = 1.098612; standard
    # error 1 / sqrt(5 - 3) = 0.707107, times 1.959964 = 1.385904; tanh(-0.287292), tanh(2.484516).
    result = correlations.pearson(np.arange(5.0), np.array([2.0, 1.0, 4.0, 3.0, 5.0]))
    assert (result.estimate, result.low, result.high) == pytest.approx((0.8, -0.279643, 0.986196), abs=1e-5)


def test_spearman_and_its_interval_are_bonett_and_wrights():
    # The ranks are those above, and so is 0.8; standard error sqrt((1 + 0.64 / 2) / 2) = 0.812404, times 1.959964 =
    # 1.592283; tanh(-0.493671), tanh(2.690895).
    result = correlations.spearman(np.exp(np.arange(5.0)), np.array([2.0, 1.0, 40.0, 3.0, 500.0]))
    assert (result.estimate, result.low, result.high) == pytest.approx((0.8, -0.457124, 0.990843), abs=1e-5)


def test_intervals_cover_the_true_correlation_as_often_as_they_say():
    random = np.random.default_rng(0)
    true = {
        correlations.pearson: 0.6,
        correlations.spearman: 6 / math.pi * math.asin(0.3),
    }  # of a bivariate normal distribution
    covered = dict.fromkeys(true, 0)
    for _ in range(400):
        x, noise = random.standard_normal((2, 40))
        for correlate, correlation in true.items():
            result = correlate(x, 0.6 * x + 0.8 * noise)
            covered[correlate] += result.low <= correlation <= result.high
    for count in covered.values():
        assert 0.92 < count / 400 < 0.98


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("correlate", [correlations.pearson, correlations.spearman])
def test_what_does_not_exist_is_nan(correlate):
    three = correlate(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    assert three.estimate > 0.9 and math.isnan(three.low) and math.isnan(three.high)
    for x, y in (([], []), ([1.0], [2.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]), ([1, 2, 3], [0.1 + 0.2, 0.3, 0.3])):
        assert math.isnan(correlate(np.array(x), np.array(y)).estimate)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("correlate", [correlations.pearson, correlations.spearman])
def test_a_perfect_correlation_has_a_point_for_an_interval(correlate):
    result = correlate(np.arange(5.0), -np.arange(5.0))
    assert (result.estimate, result.low, result.high) == pytest.approx((-1, -1, -1))


def test_dense_f1_stands_beside_the_share_of_seen_mentions():
    scores = frame(
        score("en", 0.8) | {"unseen_share": 0.25},
        score("en", 0.6, seed=2) | {"unseen_share": 0.25},
        score("en", 0.1, 50),  # not dense
        score("en", 0.1, test_set="in-language"),  # not regular
        score("en", 0.1, setting="monolingual"),
        score("yo", 0.5) | {"unseen_share": np.nan},
    )
    result = correlations.dense_f1_and_overlap(scores, "multilingual", {"en": 20000, "yo": 100})
    assert result.iloc[0].to_dict() == pytest.approx(
        {"language": "en", "train_size": 20000, "seen_share": 0.75, "f1": 0.7, "seeds": 2}
    )
    assert len(result) == 2 and np.isnan(result.loc[1, "seen_share"])
    with pytest.raises(InputError, match="training size: none for yo"):
        correlations.dense_f1_and_overlap(scores, "multilingual", {"en": 20000})
    with pytest.raises(InputError, match="no dense multilingual model"):
        correlations.dense_f1_and_overlap(scores[scores["sparsity"] > 0], "multilingual", {"en": 20000})


def test_fractions_stand_beside_the_share_of_unseen_mentions():
    scores = frame(
        score("en", 0.8),
        score("en", 0.2, test_set="in-language", floor=0.04) | {"unseen_share": 0.7},  # 0.25
        score("yo", 0.0),
        score("yo", 0.3, test_set="in-language"),  # no fraction of 0
    )
    result = summaries.fractions_by_language(scores, "multilingual").set_index("language")
    assert result.loc["en", ["fraction", "floor_fraction", "unseen_share"]].tolist() == pytest.approx([0.25, 0.05, 0.7])
    assert np.isnan(result.loc["yo", "fraction"])
