"""Which claims a planned study could decide."""

import numpy as np
import pandas as pd
import pytest
import yaml
from ner_pruning.planning.power import PlannedLanguage, claims_power, planned_cells, power_text
from ner_pruning.study.grid import expected_sizes, study_runs, training_languages
from ner_pruning.study.languages import pool_languages, read_languages
from ner_pruning.terms import IN_LANGUAGE, REGULAR, Run
from snakemake.utils import update_config
from study_configs import ROOT

TABLE = read_languages(ROOT / "resources" / "languages.tsv")


def study(sentences: int, seeds: int) -> list[dict]:
    """Return what a study of two languages could decide: dense, partial-50 and full-50 models of each, and of both."""
    languages = {
        code: PlannedLanguage(100, sentences, (REGULAR, IN_LANGUAGE), "a family", "a script") for code in ("yo", "jv")
    }
    training_sets = {"yo": ["yo"], "jv": ["jv"], "multilingual": ["yo", "jv"]}
    runs = [
        Run(training_set, variant, seed)
        for training_set in training_sets
        for variant in ("dense", "partial-50", "full-50")
        for seed in range(1, seeds + 1)
    ]
    return claims_power(runs, training_sets, languages)


def row_of(rows: list[dict], claim: str) -> dict:
    (row,) = [row for row in rows if row["claim"] == claim]
    return row


def test_the_smallest_difference_worked_out_by_hand():
    """Claim 1, dense: four independent noises of seeds, the runs' own of sentences; those that runs share cancel out.

    F1 .75: .1875 (.85 · .3 / (100 · 3) + .0004 / 3) = .00018 by model and language, and half of what the seed does is
    common to the two languages of the multilingual model.
    """
    rows = study(sentences=100, seeds=3)
    scale = 0.75 * 0.25
    of_sentences = 2 * 0.85 * 0.3 / 100 / 3 / 2  # two models, mean of two languages
    of_seeds = 0.0004 / 3 * (1 / 2 + (1 + 0.5) / 2)  # monolingual, multilingual
    expected = 2.8 * np.sqrt(scale * (of_sentences + of_seeds))
    assert row_of(rows, "1")["detectable"] == pytest.approx(expected, rel=0.06)
    assert (row_of(rows, "1")["parts"], row_of(rows, "1")["planned"], row_of(rows, "1")["decidable"]) == (3, 3, 3)


def test_the_smallest_growth_of_a_gap_worked_out_by_hand():
    """Own 1: recall of seen and unseen mentions, half of the sentences each, dense and pruned.

    What the runs share of sentences cancels out between pruned and dense, what a seed does to all of a model between
    seen and unseen. What is left is of four cells, and a mean over two languages.
    """
    row = row_of(study(sentences=100, seeds=3), "own 1")
    assert (row["parts"], row["planned"]) == (4, 4)
    of_each = 0.85 * 0.3 / 50 / 3 + 0.0004 / 2 / 3
    assert row["detectable"] == pytest.approx(2.8 * np.sqrt(0.75 * 0.25 * 4 * of_each / 2), rel=0.06)


def test_methods_are_planned_and_what_int8_does_is_not_known_before():
    """Magnitude less random: as a difference of two models that share what runs share of sentences."""
    languages = {"yo": PlannedLanguage(100, 100, (REGULAR, IN_LANGUAGE), "a family", "a script")}
    variants = ("dense", "partial-50-int8", "partial-50", "partial-50-random", "embeddings-50")
    runs = [Run("yo", variant, seed) for variant in variants for seed in (1, 2, 3)]
    rows = claims_power(runs, {"yo": ["yo"]}, languages)
    of_each = [
        f1 * (1 - f1) * (0.85 * 0.3 / 100 / 3 + of_seeds / 3) for f1, of_seeds in ((0.75, 0.0004), (0.6, 0.0025))
    ]
    expected = np.median([2.8 * np.sqrt(2 * each) for each in of_each])
    for claim in ("own 2", "own 4"):
        assert (row_of(rows, claim)["parts"], row_of(rows, claim)["planned"]) == (2, 2)
        assert row_of(rows, claim)["detectable"] == pytest.approx(expected, rel=0.06)
    assert (row_of(rows, "own 3")["planned"], row_of(rows, "own 3")["decidable"]) == (0, None)
    assert (row_of(rows, "own 5")["planned"], row_of(rows, "own 5")["decidable"]) == (2, None)
    papers = claims_power([run for run in runs if run.variant in ("dense", "partial-50")], {"yo": ["yo"]}, languages)
    assert [row_of(papers, f"own {number}")["planned"] for number in (2, 3, 4, 5)] == [0] * 4


def test_more_sentences_and_seeds_decide_more_and_one_seed_decides_nothing():
    small, large, one = (
        sum(row["decidable"] or 0 for row in study(*size)) for size in ((100, 3), (10000, 3), (10000, 1))
    )
    assert one == 0 < small < large
    assert "none: test sets too small for that, or no model with two seeds" in power_text(study(10000, 1))[-1]


def test_parts_at_equal_budget_are_those_of_the_study_that_the_config_names():
    """Which has other languages than this one; without it there is no part of equal budgets."""
    languages = {
        code: PlannedLanguage(100, 100, (REGULAR, IN_LANGUAGE), "a family", "a script") for code in ("yo", "jv")
    }
    training_sets = {"yo": ["yo"], "jv": ["jv"], "multilingual": ["yo", "jv"]}
    runs = [
        Run(name, variant, seed) for name in training_sets for variant in ("dense", "partial-50") for seed in (1, 2, 3)
    ]
    other = planned_cells(runs, training_sets, languages)
    few = [run for run in runs if run.training_set == "yo"]
    alone = claims_power(few, {"yo": ["yo"]}, {"yo": languages["yo"]})
    assert row_of(alone, "1, at equal budget")["planned"] == 0
    with_other = claims_power(few, {"yo": ["yo"]}, {"yo": languages["yo"]}, (), other)
    of_other = claims_power(runs, training_sets, languages, ("yo", "jv"))
    assert row_of(with_other, "1, at equal budget")["planned"] == row_of(of_other, "1, at equal budget")["planned"] > 0


def test_what_a_study_lacks_is_not_planned():
    rows = study(100, 2)
    assert row_of(rows, "11")["planned"] == 0 and row_of(rows, "1, exceptions")["planned"] == 0
    assert row_of(rows, "4, languages")["decidable"] is None  # a count
    assert len(power_text(rows)) == 1 + len(rows) + 1


def test_the_assumed_noise_is_that_of_the_published_study():
    """The smallest differences that it planned for are within 40 % of those of its claims, by claim."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, yaml.safe_load((ROOT / "studies" / "low-resource.yaml").read_text()))
    languages = {}
    for code in config["languages"]:
        sizes = expected_sizes(code, config, TABLE)
        found = [each for each in config["perturbations"] if pool_languages(code, each, config["languages"], TABLE)]
        groups = TABLE[code].family, TABLE[code].script
        languages[code] = PlannedLanguage(sizes["train"], sizes["test"], (REGULAR, *found), *groups)
    runs = study_runs(config)
    sets = {run.training_set: training_languages(run.training_set, config) for run in runs}
    planned = {row["claim"]: row["detectable"] for row in claims_power(runs, sets, languages)}
    claims = pd.read_csv(ROOT / "docs" / "low-resource" / "results" / "claims.csv")
    measured = claims.dropna(subset=["detectable"]).groupby("claim")["detectable"].median()
    compared = [claim for claim in measured.index if planned[claim] is not None]
    assert len(compared) >= 10
    ratios = [planned[claim] / measured[claim] for claim in compared]
    assert np.exp(np.mean(np.log(ratios))) == pytest.approx(1, abs=0.25)
