"""Bootstrap replicates, and the intervals and p-values made from them."""

import numpy as np
import pandas as pd
import pytest
from ner_pruning.files import InputError
from ner_pruning.scoring.f1 import read_counts, write_counts
from ner_pruning.statistics.bootstrap import read_replicates, resample, write_replicates
from ner_pruning.statistics.intervals import (
    adjust,
    divide,
    estimate,
    mean_of_defined,
    partial_conjunctions,
)
from ner_pruning.terms import Cell, Run
from scipy import stats
from small_scores import cells_of, frame, score


def made_up_counts(random: np.random.Generator, sentences: int, recall: float) -> np.ndarray:
    """Return the counts of sentences with one or two gold mentions, of which a share is found; none is predicted else.

    Micro F1 of many such sentences is 2r / (r + 1) for recall r.
    """
    gold = random.integers(1, 3, size=sentences)
    found = random.binomial(gold, recall)
    return np.stack([found, found, gold], axis=1).astype(np.int32)


def f1(counts: np.ndarray) -> float:
    correct, predicted, gold = counts.sum(axis=0)
    return 2 * correct / (predicted + gold)


def test_counts_survive_writing(tmp_path):
    random = np.random.default_rng(0)
    counts = {
        ("regular", "yo"): made_up_counts(random, 5, 0.5),
        ("regular", "jv"): made_up_counts(random, 3, 0.5),
        ("in-family", "jv"): made_up_counts(random, 3, 0.5),
    }
    write_counts(tmp_path / "counts.parquet", counts)
    read = read_counts(tmp_path / "counts.parquet")
    assert list(read) == list(counts)
    for key, part in counts.items():
        assert (read[key] == part).all()


def test_the_first_column_is_the_mean_over_seeds_and_replicates_are_f1_of_drawn_sentences():
    random = np.random.default_rng(1)
    runs = [Run("yo", "dense", 1), Run("yo", "dense", 2), Run("yo", "partial-50", 1)]
    counts = [{("regular", "yo"): made_up_counts(random, 40, 0.6)} for _ in runs]
    replicates = resample(runs, counts, seed=0, resamples=500)
    f1s = [f1(part["regular", "yo"]) for part in counts]
    assert replicates.values[:, 0] == pytest.approx([(f1s[0] + f1s[1]) / 2, f1s[2]])
    assert replicates.cells["scope"].tolist() == ["", "partial"]
    assert replicates.cells["seeds"].tolist() == [2, 1]
    # One seed has no noise but the sentences': the spread is that of scipy's bootstrap of the same statistic.
    rows = counts[2]["regular", "yo"]
    expected = stats.bootstrap(
        (np.arange(len(rows)),), lambda rows_: f1(rows[rows_]), vectorized=False, method="percentile", rng=2
    )
    alone = resample(runs[2:], counts[2:], seed=0, resamples=2000)
    assert alone.values[0, 1:].std() == pytest.approx(expected.standard_error, rel=0.1)


def test_a_test_set_without_a_mention_has_no_cell():
    """What is predicted there, one mention in each sentence, makes no F1 of 0."""
    none = np.array([[0, 1, 0]] * 4, dtype=np.int32)
    some = made_up_counts(np.random.default_rng(0), 4, 0.5)
    both, alone = (
        resample([Run("multilingual", "dense", 1)], [counts], seed=0, resamples=50)
        for counts in ({("regular", "yo"): none, ("regular", "jv"): some}, {("regular", "jv"): some})
    )
    assert both.cells["language"].tolist() == alone.cells["language"].tolist() == ["jv"]
    assert np.array_equal(both.values, alone.values) and np.ptp(alone.values)
    with pytest.raises(
        InputError, match="^counts: no test set has a mention; expected one or more, F1 is of mentions$"
    ):
        resample([Run("yo", "dense", 1)], [{("regular", "yo"): none}], seed=0, resamples=50)


def test_a_replicate_without_a_mention_has_no_f1():
    """One of two sentences has a mention, which is found: F1 is 1 where it is drawn, and undefined in a quarter."""
    counts = {("regular", "yo"): np.array([[1, 1, 1], [0, 1, 0]], dtype=np.int32)}
    values = resample([Run("yo", "dense", 1)], [counts], seed=0, resamples=4000).values[0]
    assert values[0] == pytest.approx(2 / 3)
    drawn, shares = np.unique(values[1:], return_counts=True)  # NaN are one value here, the last
    assert drawn[:2] == pytest.approx([2 / 3, 1]) and np.isnan(drawn[2]) and len(drawn) == 3
    assert shares / 4000 == pytest.approx([1 / 2, 1 / 4, 1 / 4], abs=0.03)


def test_equal_runs_differ_by_nothing_in_any_replicate():
    part = {("regular", "yo"): made_up_counts(np.random.default_rng(2), 30, 0.5)}
    other = {("regular", "yo"): made_up_counts(np.random.default_rng(3), 30, 0.5)}
    runs = [Run("yo", variant, 1) for variant in ("dense", "partial-50")]
    values = resample(runs, [part, part], seed=0, resamples=500).values
    assert (values[0] == values[1]).all()
    assert values[0].std() > 0.01
    assert (resample(runs, [part, other], seed=0, resamples=500).values[0] == values[0]).all()


def test_replicates_of_a_language_depend_on_no_other():
    random = np.random.default_rng(4)
    yo, jv = ({("regular", code): made_up_counts(random, 25, 0.5)} for code in ("yo", "jv"))
    alone = resample([Run("yo", "dense", 1)], [yo], seed=0, resamples=500)
    both = resample([Run("jv", "dense", 1), Run("yo", "dense", 1)], [jv, yo], seed=0, resamples=500)
    assert (both.values[both.cells["language"] == "yo"] == alone.values).all()
    assert (both.values[0] != both.values[1]).any()
    assert (resample([Run("yo", "dense", 1)], [yo], seed=1, resamples=500).values[0, 1:] != alone.values[0, 1:]).any()


def test_test_sets_of_unequal_length_are_refused():
    counts = {("regular", "yo"): np.ones((3, 3), np.int32), ("in-language", "yo"): np.ones((4, 3), np.int32)}
    with pytest.raises(InputError, match="language yo: 3 sentences in one test set or run, 4 in another"):
        resample([Run("yo", "dense", 1)], [counts], seed=0, resamples=500)


def test_more_than_a_thousand_sentences_are_drawn_in_groups_with_the_same_spread():
    counts = {("regular", "en"): made_up_counts(np.random.default_rng(5), 4001, 0.6)}
    values = resample([Run("en", "dense", 1)], [counts], seed=0, resamples=4000).values[0]
    part = counts["regular", "en"].astype(float)
    influence = (2 * part[:, 0] - values[0] * (part[:, 1] + part[:, 2])) / part[:, 1:].sum()
    assert values[0] == f1(part)
    assert values[1:].std() == pytest.approx(np.sqrt((influence**2).sum()), rel=0.06)  # 2 % of groups, 1 % of draws
    assert values[1:].mean() == pytest.approx(values[0], abs=0.001)


@pytest.mark.parametrize(("right", "f1s"), [(0, (0, 0.0243)), (1, (0.9757, 1))])
def test_no_mention_right_or_all_right_has_the_bound_of_clopper_and_pearson(right, f1s):
    """Of 150 mentions as many are predicted. With none right the share may be 1 - .025 ** (1 / 150) = .0243."""
    part = np.array([[right, 1, 1]] * 150, dtype=np.int32)
    runs = [Run("yo", "dense", 1), Run("yo", "partial-50", 1)]
    values = resample(runs, [{("regular", "yo"): part}] * 2, seed=0, resamples=20000).values
    interval = estimate(values[0])
    assert interval.value == right
    assert (interval.low, interval.high) == pytest.approx(f1s, abs=0.0008)
    # The difference of two shares that fall off by exp(-150 x) is above x by .5 exp(-150 x): .025 at log(20) / 150.
    assert estimate(values[1] - values[0]).high == pytest.approx(0.0200, abs=0.0008)


def coverage(truth: float, studies: int, draw) -> float:
    """Return the share of made-up studies whose interval holds the true value; draw(random): a statistic."""
    held = 0
    for study in range(studies):
        interval = estimate(draw(study))
        held += interval.low <= truth <= interval.high
    return held / studies


def test_an_interval_of_one_run_covers_the_true_value_as_often_as_it_says():
    """400 made-up test sets of 100 sentences with recall 0.6: F1 of endless sentences is 1.2 / 1.6."""

    def draw(study: int) -> np.ndarray:
        counts = {("regular", "yo"): made_up_counts(np.random.default_rng([9, study]), 100, 0.6)}
        return resample([Run("yo", "dense", 1)], [counts], seed=study, resamples=500).values[0]

    assert 0.92 <= coverage(2 * 0.6 / 1.6, 400, draw) <= 0.98  # standard error of the share: 0.011


def test_estimate_worked_out_by_hand():
    """Replicates -2..98, one of them twice: 2.5 and 97.5 percentiles of 101 equal steps; 3 are not above 0."""
    replicates = np.arange(-2.0, 99.0)
    result = estimate(np.array([50.0, *replicates]))
    assert (result.value, result.low, result.high) == (50.0, pytest.approx(0.5), pytest.approx(95.5))
    assert result.p_value == pytest.approx(2 * (1 + 3) / (1 + 101))
    # Two more are undefined, -inf and inf to the interval: 2.55 from the end of 103 is 0.55 from that of the others.
    with_undefined = estimate(np.array([50.0, *replicates, np.nan, np.inf]))
    assert (with_undefined.low, with_undefined.high) == (pytest.approx(-1.45), pytest.approx(97.45))
    assert with_undefined.p_value == pytest.approx(2 * (1 + 3 + 2) / (1 + 103))
    too_many = estimate(np.array([50.0, *replicates, np.nan, np.nan, np.nan]))
    assert too_many.value == 50 and np.isnan([too_many.low, too_many.high]).all()
    assert np.isnan(estimate(np.array([np.nan, 1.0, 2.0])).low)


def test_adjusted_p_values_worked_out_by_hand():
    """Benjamini & Hochberg: p · n / rank, then the running minimum from the largest; the unknown one is not counted."""
    assert adjust([0.01, np.nan, 0.04, 0.03]) == pytest.approx([0.03, np.nan, 0.04, 0.04], nan_ok=True)
    assert np.isnan(adjust([np.nan])).all()


def test_ratios_and_means_leave_out_what_is_undefined():
    ratio = divide(np.array([[0.2, 0.3], [0.1, 0.1]]), np.array([[0.4, 0.3], [0.0, 0.2]]))
    assert ratio == pytest.approx(np.array([[0.5, 1.0], [np.nan, 0.5]]), nan_ok=True)
    assert mean_of_defined(ratio).tolist() == [0.5, 1.0]
    assert np.isnan(mean_of_defined(ratio[1:])).all()


def test_replicates_survive_writing(replicates, tmp_path):
    write_replicates(tmp_path / "replicates.parquet", replicates)
    read = read_replicates(tmp_path / "replicates.parquet")
    assert (read.values == replicates.values).all()
    pd.testing.assert_frame_equal(read.cells, replicates.cells)


def test_means_are_compared_on_the_languages_that_have_all_of_their_line():
    """Of group "c" no language has both sparsities: a mean is over those that have it."""
    rows = [("a", "yo", 0), ("a", "yo", 50), ("a", "sw", 0), ("b", "en", 0), ("c", "de", 0), ("c", "fr", 50)]
    members = {group: [code for name, code, _ in rows if name == group] for group in "abc"}
    cells = cells_of(frame(*(score(code, 0.5, sparsity) for _, code, sparsity in rows)))
    dense, half = (Cell("multilingual", "regular", "partial", sparsity) for sparsity in (0, 50))
    assert {group: cells.of(codes).compared_languages(dense) for group, codes in members.items()} == {
        "a": ["yo"],
        "b": ["en"],
        "c": ["de"],
    }
    assert cells.of(members["c"]).compared_languages(half) == ["fr"]
    assert set(cells.compared_languages(dense._replace(scope=""))) == {"yo", "sw", "en", "de"}  # of no line
    assert cells.without(half).compared_languages(dense) == cells.languages(dense)


def test_partial_conjunctions_worked_out_by_hand():
    """4 · .01, 3 · .02, 2 · .03, 1 · .5: one effect exists at a level of .04, three at .06."""
    assert partial_conjunctions([0.5, 0.02, 0.01, 0.03]) == pytest.approx([0.04, 0.06, 0.06, 0.5])
    assert partial_conjunctions([0.9, 0.8]) == pytest.approx([1, 0.9])
