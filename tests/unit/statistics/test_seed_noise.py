"""The variance between seeds that the models of a study have together, and intervals with it."""

import coverage as made_up
import numpy as np
import pytest
from ner_pruning.statistics.bootstrap import resample, seed_draws
from ner_pruning.statistics.intervals import estimate
from ner_pruning.statistics.seed_noise import (
    COMMON_SHARE,
    PRIOR_DEGREES,
    SeedNoise,
    SeedVariance,
    between_seeds,
)
from ner_pruning.terms import Run
from scipy import stats

RIGHT, WRONG = [1, 1, 1], [0, 1, 1]
KEY = ("regular", "yo")


def counts_of(*sentences: list[int]) -> np.ndarray:
    return np.array(sentences, dtype=np.int32)


def test_variance_between_seeds_worked_out_by_hand():
    """F1 is 1 and .5: variance .125, mean .75. A sentence moves the second by +-.25, the first by nothing.

    So the seeds' deviations of a sentence's influence are +-.125, whose squares add up to .0625.
    """
    whole, explained, scale = between_seeds([counts_of(RIGHT, RIGHT), counts_of(RIGHT, WRONG)])
    assert (whole, explained, scale) == pytest.approx((0.125, 0.0625, 0.75 * 0.25))


def test_what_differs_on_single_sentences_only_is_explained_by_sentences():
    """Two seeds without an effect of their own, on average over 2,000 made-up pairs."""
    random = np.random.default_rng(0)
    gold = np.ones(100, dtype=np.int32)
    found = [
        between_seeds([np.stack([random.binomial(1, 0.6, 100), gold, gold], axis=1) for _ in range(2)])
        for _ in range(2000)
    ]
    whole, explained, _ = np.mean(found, axis=0)
    assert whole == pytest.approx(explained, rel=0.06)  # two standard errors


def test_a_training_set_has_its_own_variance_and_the_others_as_a_prior():
    """yo: the two seeds of above, by scale 2/3 and 1/3; jv: none between two equal ones; sw, one seed, has both."""
    pair = [{KEY: counts_of(RIGHT, RIGHT)}, {KEY: counts_of(RIGHT, WRONG)}]
    equal = [{KEY: counts_of(RIGHT, WRONG)}] * 2
    runs = [Run("yo", "dense", 1), Run("yo", "dense", 2), Run("jv", "dense", 1), Run("jv", "dense", 2)]
    noise = SeedNoise([*runs, Run("sw", "dense", 1)], [*pair, *equal, equal[0]])
    own, other = noise.of("yo", "regular"), noise.of("jv", "regular")
    assert (own.whole, own.explained) == pytest.approx((1 / 3, 1 / 6))  # half of 2/3 and of 0
    assert own.whole == pytest.approx(other.whole) and own.degrees == pytest.approx(1)  # (1/3)² / ((2/3)² / 4)
    lent = noise.of("sw", "regular")
    assert lent.whole == pytest.approx(0.125 / (0.75 * 0.25 + 0.25)) and lent.degrees == pytest.approx(2)
    assert noise.of("sw", "in-script").degrees == 0


def test_what_others_lend_is_limited():
    """40 models of two seeds have 40 degrees of freedom, and count as 30."""
    runs = [Run("yo", f"partial-{number}", seed) for number in range(40) for seed in (1, 2)]
    noise = SeedNoise(runs, [{KEY: counts_of(RIGHT, RIGHT)}, {KEY: counts_of(RIGHT, WRONG)}] * 40)
    assert noise.of("sw", "regular").degrees == pytest.approx(PRIOR_DEGREES)
    assert noise.of("yo", "regular").degrees == pytest.approx(40)


def test_a_study_without_a_repeated_seed_has_no_noise_of_seeds():
    runs = [Run("yo", "dense", 1), Run("yo", "partial-50", 1)]
    noise = SeedNoise(runs, [{KEY: counts_of(RIGHT, WRONG)}, {KEY: counts_of(RIGHT, RIGHT)}])
    assert noise.of("yo", "regular") == SeedVariance()


def test_draws_are_students_t_where_sentences_explain_nothing_and_less_where_they_do():
    draws = seed_draws(SeedVariance(0.04, 0.0, 5), 0, 20000, ("yo", "dense"), ("yo", "regular"))
    assert stats.kstest(draws / 0.2, stats.t(df=5).cdf).pvalue > 0.01
    less = seed_draws(SeedVariance(0.04, 0.03, 1e6), 0, 20000, ("yo", "dense"), ("yo", "regular"))
    assert less.std() == pytest.approx(0.1, rel=0.02)
    assert not seed_draws(SeedVariance(0.04, 0.05, 1e6), 0, 20, ("yo", "dense"), ("yo", "regular")).any()


def test_the_languages_of_a_model_share_a_part_of_its_seeds_noise_and_models_none():
    variance = SeedVariance(0.04, 0.0, 1e6)
    dense, other, sparse = (
        seed_draws(variance, 0, 20000, ("multilingual", variant), (language, "regular"))
        for variant, language in (("dense", "yo"), ("dense", "jv"), ("full-50", "yo"))
    )
    assert np.corrcoef(dense, other)[0, 1] == pytest.approx(COMMON_SHARE, abs=0.02)
    assert abs(np.corrcoef(dense, sparse)[0, 1]) < 0.03


def test_a_model_of_one_seed_has_the_noise_of_the_others_seeds():
    """Its replicates spread by that of its sentences and of the seeds of 20 models of other variants."""
    world = made_up.World(seed_sd=0.05)
    runs, counts = made_up.made_up_study(world, 1000, 1, np.random.default_rng(1))
    together = resample(runs, counts, seed=0, resamples=2000)
    alone = resample(runs[-2:], counts[-2:], seed=0, resamples=2000)
    spreads = [
        each.values[each.cells["training_set"] == "multilingual", 1:].std(axis=1).mean() for each in (alone, together)
    ]
    assert np.sqrt(spreads[1] ** 2 - spreads[0] ** 2) == pytest.approx(0.05, rel=0.3)
    assert estimate(alone.values[0]).high - estimate(alone.values[0]).low < 0.06


@pytest.mark.parametrize("seeds", [1, 2])
def test_intervals_hold_the_true_value_as_often_as_they_say_with_few_seeds(seeds):
    """150 made-up studies of benchmarks/coverage.py; two and a half standard errors are 4.5 %."""
    held, _ = made_up.coverage(made_up.World(), sentences=100, seeds=seeds, studies=150, resamples=500)
    pooled = held[made_up.METHODS.index("pooled variance")]
    assert (pooled >= 0.905).all() and (pooled <= 0.995).all(), pooled
    assert held[0, made_up.STATISTICS.index("mean difference")] < 0.905  # over sentences only
