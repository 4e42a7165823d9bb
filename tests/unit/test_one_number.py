"""A number that is printed in two places is one: means of tables, figures, intervals and claims, in gappy studies."""

import numpy as np
import pandas as pd
import pytest
from ner_pruning.claims.ledger import ledger, published_cells
from ner_pruning.claims.paper_claims import Evidence
from ner_pruning.scoring.f1 import score
from ner_pruning.statistics import summaries
from ner_pruning.statistics.bootstrap import resample
from ner_pruning.statistics.groups import f1_by_group
from ner_pruning.statistics.intervals import Cells, intervals_table
from ner_pruning.terms import IN_LANGUAGE, IN_SCRIPT, REGULAR, Run, parse_variant

LANGUAGES = ["af", "en", "hi", "sw", "te", "yo"]
SIZES = dict(zip(LANGUAGES, [5000, 20000, 5000, 1000, 1000, 100], strict=True))
FAMILIES = {
    "af": "Germanic",
    "en": "Germanic",
    "hi": "Indo-Aryan",
    "sw": "Niger-Congo",
    "te": "Dravidian",
    "yo": "Niger-Congo",
}
SCRIPTS = {"af": "Latin", "en": "Latin", "hi": "Devanagari", "sw": "Latin", "te": "Telugu", "yo": "Latin"}
TEST_SETS = [REGULAR, IN_LANGUAGE, IN_SCRIPT]
GRID = [("partial", 50), ("partial", 70), ("partial", 90), ("full", 50), ("full", 70)]
MISSING = {"sw": [("partial", 70)], "te": [("full", 50), ("full", 70)], "multilingual": [("partial", 90), ("full", 70)]}
"""Variants that a training set lacks: sw would have the means rise from 70 to 90 %, if each were over what it has."""

FLOOR = 0.05


def tags_of(random: np.random.Generator, sentences: int) -> list[list[int]]:
    """Return gold tags of short sentences, each with a mention of one or two words."""
    return [
        [0] * int(random.integers(3)) + [int(random.choice([1, 3, 5]))] + [0] * int(random.integers(3))
        for _ in range(sentences)
    ]


@pytest.fixture(scope="module")
def study():
    """Return scores and cells of a study of two seeds, both counted from the same predictions."""
    random = np.random.default_rng(0)
    gold = {(language, test_set): tags_of(random, 60) for language in LANGUAGES for test_set in TEST_SETS}
    runs = [
        Run(training_set, variant, seed)
        for training_set in (*LANGUAGES, "multilingual")
        for variant in ("dense", *(f"{scope}-{sparsity}" for scope, sparsity in GRID))
        for seed in (1, 2)
        if parse_variant(variant) not in MISSING.get(training_set, [])
    ]
    rows, counts = [], []
    for run in runs:
        counts.append({})
        for language in LANGUAGES if run.setting == "multilingual" else [run.training_set]:
            for test_set in TEST_SETS:
                tags = gold[language, test_set]
                recall = (
                    (0.9 - run.sparsity / 150)
                    * (1 - LANGUAGES.index(language) / 20)
                    * (1 - TEST_SETS.index(test_set) / 9)
                )
                predicted = [sentence if random.random() < recall else [0] * len(sentence) for sentence in tags]
                found = [int(sentence == other) for sentence, other in zip(tags, predicted, strict=True)]
                counts[-1][test_set, language] = np.array([[each, each, 1] for each in found], dtype=np.int32)
                row = {"setting": run.setting, "scope": run.scope, "sparsity": run.sparsity, **run._asdict()}
                floor = {"chance_floor": FLOOR, "changed_share": 1.0, "unseen_share": 0.5}
                rows.append(row | {"language": language, "test_set": test_set, **score(tags, predicted), **floor})
    floors = {(language, test_set): FLOOR for language in LANGUAGES for test_set in TEST_SETS}
    return pd.DataFrame(rows), Cells(resample(runs, counts, seed=0, resamples=200), floors)


@pytest.fixture(scope="module")
def means(study):
    """Return the means of the table of intervals by statistic, setting, test set, group, scope and sparsity."""
    table = intervals_table(study[1], {"size": SIZES, "family": FAMILIES, "script": SCRIPTS})
    table = table[table["language"] == "mean"]
    return table.set_index(["statistic", "setting", "test_set", "group", "scope", "sparsity"])["estimate"]


def same(one: float, other: float) -> bool:
    return one == pytest.approx(other, abs=1e-12)


SETTINGS = ["monolingual", "multilingual"]


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("scope", ["partial", "full"])
@pytest.mark.parametrize("test_set", TEST_SETS)
def test_the_means_of_tables_are_those_of_intervals(study, means, setting, scope, test_set):
    table = summaries.f1_by_sparsity(study[0], setting, test_set, scope, LANGUAGES)
    expected = means["f1", setting, test_set, "", scope]
    assert list(table.columns) == expected.index.tolist()
    assert all(same(table.loc["means", sparsity], expected[sparsity]) for sparsity in expected.index)


def test_a_gap_does_not_let_a_mean_rise(study, means):
    """Of monolingual partial models the means are without sw, at 0 %, 50 % and 90 % too."""
    rows = study[0][(study[0]["setting"] == "monolingual") & (study[0]["test_set"] == REGULAR)]
    by_hand = [
        rows[
            (rows["sparsity"] == sparsity)
            & (rows["scope"] == ("partial" if sparsity else ""))
            & (rows["language"] != "sw")
        ]
        .groupby("language")["f1"]
        .mean()
        .mean()
        for sparsity in (0, 50, 70, 90)
    ]
    assert means["f1", "monolingual", REGULAR, "", "partial"].tolist() == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_points_of_figure_2_are_those_of_intervals(study, means, setting):
    for row in summaries.relative_to_dense(study[0], setting, REGULAR, SIZES).itertuples():
        expected = means["relative_difference", setting, REGULAR, f"size {row.train_size}", row.scope, row.sparsity]
        assert same(row.difference, expected)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_points_of_figure_3_are_those_of_intervals(study, means, setting):
    for row in summaries.perturbed_fractions(study[0], setting).itertuples():
        assert same(row.fraction, means["fraction", setting, row.perturbation, "", row.scope, row.sparsity])


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("test_set", [REGULAR, IN_LANGUAGE])
@pytest.mark.parametrize("name, groups", [("size", SIZES), ("family", FAMILIES), ("script", SCRIPTS)])
def test_the_points_of_figures_4_to_8_are_those_of_intervals(study, means, setting, test_set, name, groups):
    for row in f1_by_group(study[0], setting, test_set, groups, name).itertuples():
        place = (setting, test_set, f"{name} {row.group}", row.scope, row.sparsity)
        assert same(row.f1, means["f1", *place])
        if row.sparsity:
            assert same(row.difference, means["relative_difference", *place])


def test_the_statistics_of_claims_are_those_of_intervals(study, means):
    seen = dict.fromkeys(LANGUAGES, 0.5)
    evidence = Evidence(study[1], SIZES, FAMILIES, SCRIPTS, seen, {})
    parts = ledger(evidence, published_cells([])).query("part > 0 and verdict != 'not tested'").set_index("text")
    compared = 0
    for (statistic, setting, test_set, group, scope, sparsity), expected in means.items():
        if group:
            continue
        variant = f"{scope}-{sparsity}" if sparsity else "dense"
        texts = {
            "multilingual_gain": f"{variant}, {test_set}: F1 multilingual - monolingual, mean over languages",
            "fraction": f"{setting}, {variant}, {test_set}: F1 perturbed / regular",
            "difference": f"{setting}, {variant}, {test_set}: F1 partial - dense",
        }
        text = texts.get(statistic)
        if text in parts.index and not (statistic == "difference" and scope == "full") and sparsity:
            compared += 1
            assert same(parts.loc[text, "measured"], expected), text
    assert compared == 3 + 3 + 7  # gains, fractions, differences
