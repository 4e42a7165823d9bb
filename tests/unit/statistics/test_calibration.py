"""Calibration: worked out by hand, and its intervals by simulation."""

import warnings

import matplotlib
import numpy as np
import pytest
from ner_pruning.figures.calibration import draw_calibration
from ner_pruning.figures.style import STYLE
from ner_pruning.report.calibration_table import calibration_table
from ner_pruning.scoring.confidence import GROUPS, SHAPE, confidence_counts
from ner_pruning.statistics.calibration import (
    MENTION_ERROR,
    WHEN_RIGHT,
    WHEN_WRONG,
    WORD_ERROR,
    calibration_measures,
    measure_calibration,
)
from ner_pruning.statistics.interval_table import MEAN
from ner_pruning.terms import Provenance, Run

ONCE = np.ones((1, GROUPS))
PROVENANCE = Provenance("mine", demo=False, encoder="a model")


def counts(*mentions: tuple[bool, int]) -> np.ndarray:
    """Return the counts of sentences of one mention each; mentions: whether it is right, and its confidence."""
    gold = [[1] for _ in mentions]
    return confidence_counts(gold, [[1] if right else [3] for right, _ in mentions], [[sure] for _, sure in mentions])


def test_measures_by_hand():
    # two of the last bin, confidence 1 and right or not: |1 - 2| = 1; one right at 0.2, in a bin of its own: 0.8
    word, mention, right, wrong = calibration_measures(counts((True, 255), (False, 255), (True, 51)), ONCE)[:, 0]
    assert word == mention == pytest.approx((1 + 0.8) / 3)
    assert right == pytest.approx((1 + 0.2) / 2)
    assert wrong == 1


def test_a_calibrated_model_has_no_error():
    assert calibration_measures(counts(*[(True, 204)] * 4, (False, 204)), ONCE)[1, 0] == pytest.approx(0)


def test_without_predictions_there_is_nothing_to_measure():
    assert np.isnan(calibration_measures(np.zeros(SHAPE, int), ONCE)).all()
    assert np.isnan(calibration_measures(counts((True, 255)), ONCE)[3, 0])  # none is wrong


def study(**seeds):
    """Return runs and their counts of yo and jv: partial-50 is as sure as dense, and wrong half of the time."""
    runs, parts = [], []
    for language in ("yo", "jv"):
        for variant in ("dense", "partial-50"):
            for seed in (1, 2):
                runs.append(Run(language, variant, seed))
                wrong = variant != "dense"
                mentions = [(True, 255), (not wrong, 255 if language == "yo" else 204)] * 50
                parts.append({("regular", language): counts(*mentions)})
    return runs, parts


def test_table_by_language_and_mean():
    frame = measure_calibration(*study(), seed=0)
    chosen = frame[(frame["measure"] == MENTION_ERROR) & (frame["test_set"] == "regular")]
    values = {(row.language, row.scope, row.sparsity): row.estimate for row in chosen.itertuples()}
    assert values == pytest.approx(
        {
            ("yo", "", 0): 0,
            ("jv", "", 0): 0.1,
            ("yo", "partial", 50): 0.5,
            ("jv", "partial", 50): 0.4,
            (MEAN, "", 0): 0.05,
            (MEAN, "partial", 0): 0.05,
            (MEAN, "partial", 50): 0.45,
        }
    )
    sure = frame[(frame["measure"] == WHEN_WRONG) & (frame["language"] == MEAN) & (frame["sparsity"] == 50)].iloc[0]
    assert (sure["estimate"], sure["languages"], sure["seeds"]) == (pytest.approx(0.9), 2, 2)
    none = frame[(frame["measure"] == WHEN_WRONG) & (frame["language"] == MEAN) & (frame["scope"] == "")].iloc[0]
    assert np.isnan(none["estimate"])
    assert none["languages"] == 0  # no dense mention is wrong


def test_intervals_depend_on_the_seed_of_the_bootstrap_alone():
    runs, parts = study()
    first, again, other = (measure_calibration(runs, parts, seed=seed) for seed in (0, 0, 1))
    assert first.equals(again)
    assert not first.equals(other)
    wide = first[(first["measure"] == MENTION_ERROR) & (first["language"] == "yo") & (first["sparsity"] == 50)].iloc[0]
    assert wide["low"] < 0.5 < wide["high"]


def test_intervals_hold_the_true_confidence_of_wrong_mentions():
    """Confidences of wrong mentions, drawn around 0.5: the interval of their mean holds it in 95 % of studies."""
    random, held = np.random.default_rng(3), 0
    for study in range(100):
        sure = random.integers(28, 228, 300)  # mean 127.5
        frame = measure_calibration(
            [Run("yo", "dense", 1)], [{("regular", "yo"): counts(*[(False, int(each)) for each in sure])}], seed=study
        )
        row = frame[(frame["measure"] == WHEN_WRONG) & (frame["language"] == "yo")].iloc[0]
        held += row["low"] <= 0.5 <= row["high"]
    assert 90 <= held <= 99


@pytest.mark.parametrize(("sentences", "error"), [(100, 0.01), (100, 0.03), (100, 0.1), (1000, 0.01)])
def test_intervals_hold_the_true_error(sentences, error):
    """Words that are right less often than the model is sure, by the error: an interval that does not take off what a
    sample adds by chance holds an error of 0.01 in two fifths of the studies of 100 sentences."""
    random, held, studies = np.random.default_rng(5), 0, 200
    for study in range(studies):
        sure = np.round(255 * (1 - 0.6 * random.beta(1, 8, (sentences, 7)))).astype(int)
        right = random.random(sure.shape) < sure / 255 - error
        drawn = confidence_counts(np.ones_like(sure), np.where(right, 1, 3), sure)
        frame = measure_calibration([Run("yo", "dense", 1)], [{("regular", "yo"): drawn}], seed=study)
        row = frame[(frame["measure"] == WORD_ERROR) & (frame["language"] == "yo")].iloc[0]
        held += row["low"] <= error <= row["high"]
    assert 0.87 <= held / studies <= 0.99


def test_table_and_figure_print_the_same_means():
    frame = measure_calibration(*study(), seed=0)
    table = calibration_table(frame, PROVENANCE)
    shown = table.markdown()
    assert "| monolingual | regular | partial-50 | 2 |" in " ".join(shown.split())
    row = table.shown[table.shown["variant"].map(lambda cell: cell.text) == "partial-50"].iloc[0]
    assert row["calibration error, mentions"].text == "0.4500"
    assert row["confidence when right"].text == "1.0000"
    assert table.shown.iloc[0]["confidence when wrong"].text == ""
    assert len(table.rows) == len(frame)
    figure = draw_calibration(frame, PROVENANCE)
    errors, _ = figure.axes[:2]
    assert errors.lines[0].get_ydata().tolist() == pytest.approx([0.05, 0.45])
    assert set(frame["measure"]) == {WORD_ERROR, MENTION_ERROR, WHEN_RIGHT, WHEN_WRONG}


def test_a_mean_over_fewer_languages_than_its_row_says_so():
    """Nothing that the pruned model finds in Javanese is right, so that its confidence when right is Yoruba's alone."""
    runs = [Run(language, variant, 1) for language in ("yo", "jv") for variant in ("dense", "partial-50")]
    right, wrong = [(True, 255)] * 30, [(False, 204)] * 30
    parts = [{("regular", run.training_set): counts(*(wrong if run == runs[-1] else right + wrong))} for run in runs]
    table = calibration_table(measure_calibration(runs, parts, seed=0), PROVENANCE)
    row = table.shown[table.shown["variant"].map(lambda cell: cell.text) == "partial-50"].iloc[0]
    assert row["languages"].text == "2"
    assert (row["confidence when right"].text, row["confidence when right"].beside) == (
        "1.0000",
        "[1.000, 1.000] (1 language)",
    )
    assert (row["confidence when wrong"].text, row["confidence when wrong"].beside) == ("0.8000", "[.800, .800]")
    assert "(1 language)" in table.markdown()


def test_the_legend_of_a_study_with_both_settings_and_scopes_fits_the_figure():
    runs, parts = study()
    more = [Run("multilingual", "full-50", 1), Run("multilingual", "dense", 1), Run("yo", "full-50", 1)]
    frame = measure_calibration([*runs, *more], [*parts, parts[0] | parts[-1], parts[0] | parts[-1], parts[0]], seed=0)
    figure = draw_calibration(frame, PROVENANCE)
    with matplotlib.rc_context(STYLE), warnings.catch_warnings(action="error"):  # of a layout that does not fit
        figure.draw_without_rendering()
    (legend,) = figure.legends
    shown = [text.get_text() for text in legend.get_texts()]
    # in one of two languages the dense multilingual model is never wrong
    assert shown == ["monolingual (n=1–2)", "multilingual (n=1–2)", "partial", "full (incl. embeddings)"]
    box, whole = legend.get_window_extent(), figure.bbox
    assert whole.x0 <= box.x0 and box.x1 <= whole.x1


def test_runs_without_confidences_give_a_table_that_says_so():
    frame = measure_calibration([Run("yo", "dense", 1)], [{}], seed=0)
    table = calibration_table(frame, PROVENANCE)
    assert "No run has stored confidences" in table.markdown()
    assert table.latex()
    assert table.html()
    assert "stored" in draw_calibration(frame, PROVENANCE).axes[0].texts[0].get_text()
