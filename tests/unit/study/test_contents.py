"""Which tables and figures a study has."""

import pytest
from ner_pruning.study.contents import (
    compared_runs,
    example_languages,
    f1_table_languages,
    f1_tables,
    figure_names,
    forgetting_languages,
    runs_of_languages,
)

PAPER = {
    "languages": ["yo", "sw", "hi"],
    "monolingual": ["yo", "hi"],
    "multilingual": True,
    "perturbations": ["in-language", "in-script"],
    "pruning": {"scopes": ["partial", "full"], "sparsities": [50]},
    "seeds": [1],
    "fewer_runs": {},
    "tables": {"examples": ["yo", "hi"]},
}
DENSE = {"scopes": [], "sparsities": []}


@pytest.mark.parametrize(
    ("changes", "tables"),
    [
        ({}, [2, 3, 4, 5, 6, 7, 8, 9]),
        ({"multilingual": False}, [6, 7, 8, 9]),
        ({"monolingual": []}, [2, 3, 4, 5]),
        ({"pruning": {"scopes": ["full"], "sparsities": [50]}}, [3, 5, 7, 9]),
        ({"perturbations": []}, [2, 3, 6, 7]),
        ({"perturbations": ["in-script"]}, [2, 3, 6, 7]),  # the paper's tables show no other than in-language
        ({"pruning": DENSE}, [2, 4, 6, 8]),
        ({"pruning": DENSE, "perturbations": [], "monolingual": []}, [2]),
    ],
)
def test_tables_of_f1(changes, tables):
    assert f1_tables(PAPER | changes) == tables


def test_tables_2_to_5_are_multilingual_and_6_to_9_monolingual():
    for number in range(2, 6):
        assert f1_table_languages(number, PAPER) == ["yo", "sw", "hi"]
        assert f1_table_languages(number + 4, PAPER) == ["yo", "hi"]


@pytest.mark.parametrize(
    ("changes", "examples"),
    [
        ({}, {10: "yo", 11: "hi"}),
        ({"tables": {"examples": ["zh", "hi"]}}, {11: "hi"}),  # zh is no language of the study; the numbers stay
        ({"tables": {"examples": []}}, {}),
        ({"perturbations": ["in-script"]}, {}),
        ({"perturbations": []}, {}),
    ],
)
def test_tables_of_examples(changes, examples):
    assert example_languages(PAPER | changes) == examples


@pytest.mark.parametrize(
    ("changes", "numbers", "others"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9], ["languages", "novelty"]),
        ({"pruning": DENSE}, [1, 3, 9], ["languages", "novelty"]),
        ({"perturbations": []}, [1, 2, 4, 5, 9], ["languages"]),
        ({"perturbations": ["in-script"]}, [1, 2, 3, 4, 5, 9], ["languages", "novelty"]),
        ({"perturbations": ["in-region"]}, [1, 2, 3, 4, 5, 9], ["languages", "novelty", "groups-region"]),
        ({"perturbations": [], "pruning": DENSE}, [1, 9], ["languages"]),
    ],
)
def test_figures(changes, numbers, others):
    assert figure_names(PAPER | changes) == [*(f"figure-{number}" for number in numbers), *others]


RUNS = PAPER | {"seeds": [1], "fewer_runs": {"multilingual": {"scopes": []}}}


def test_runs_are_compared_where_a_training_set_has_pruned_models():
    """The multilingual one here has none, so that it shows nothing of what pruning forgets."""
    runs = compared_runs(RUNS)
    assert {run.training_set for run in runs} == {"yo", "hi"}
    assert {run.variant for run in runs} == {"dense", "partial-50", "full-50"}
    assert compared_runs(RUNS | {"pruning": DENSE}) == []
    assert {run.training_set for run in compared_runs(RUNS | {"fewer_runs": {}})} == {"yo", "hi", "multilingual"}


def test_languages_of_forgotten_sentences():
    """Of the examples' languages, those that a compared run is evaluated on: sw has but the multilingual model."""
    examples = RUNS | {"tables": {"examples": ["sw", "yo", "zh", "yo"]}}
    assert forgetting_languages(examples) == ["yo"]
    assert forgetting_languages(examples | {"fewer_runs": {}}) == ["sw", "yo"]
    assert forgetting_languages(examples | {"pruning": DENSE}) == []
    runs = compared_runs(RUNS | {"fewer_runs": {}})
    assert {run.training_set for run in runs_of_languages(runs, ["sw"])} == {"multilingual"}
    assert {run.training_set for run in runs_of_languages(runs, ["hi"])} == {"hi", "multilingual"}
