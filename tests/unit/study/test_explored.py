"""Which languages and runs the page of results shows sentences of."""

import pytest
from ner_pruning.study.explored import explored_languages, explored_runs
from study_configs import PAPER, TINY, merged


@pytest.mark.parametrize(
    ("changes", "languages"),
    [
        ({}, ["en", "yo"]),  # the examples of the paper's tables 10 and 11
        ({"perturbations": []}, ["en", "yo"]),
        ({"tables": {"examples": ["xx", "yo"]}}, ["yo"]),
        ({"tables": {"examples": []}, "languages": ["sw", "yo", "te"]}, ["sw", "yo"]),
        # nothing is evaluated on Swahili
        ({"tables": {"examples": []}, "languages": ["sw", "yo", "te"], "multilingual": False}, ["yo", "te"]),
        ({"tables": {"examples": ["en"]}, "monolingual": ["yo"], "multilingual": False}, ["yo"]),
    ],
)
def test_languages(changes, languages):
    assert explored_languages(merged(merged(PAPER, {"monolingual": ["yo", "te"]}), changes)) == languages


def test_the_first_seed_of_each_model_that_tags_these_languages():
    assert [str(run) for run in explored_runs(TINY)] == ["hi/dense/seed-1", "hi/full-50/seed-1"]
    several = {"tables": {"examples": ["mr"]}, "multilingual": True, "seeds": [3, 4]}
    fewer = {"fewer_runs": {"multilingual": {"sparsities": [90], "seeds": [4]}}}
    runs = ["multilingual/dense/seed-4", "multilingual/full-90/seed-4"]
    assert [str(run) for run in explored_runs(merged(TINY, several | fewer))] == runs


def test_models_beside_each_other_have_one_seed_where_they_can():
    """Random pruning and int8 have seed 4 alone: the dense and the pruned model beside them are those of seed 4."""
    methods = {"random": {"seeds": [4]}, "after": {"seeds": [3]}}
    changes = {"seeds": [3, 4], "pruning": {"methods": methods}, "quantisation": {"int8": {"seeds": [4]}}}
    seeds = {run.variant: run.seed for run in explored_runs(merged(TINY, changes))}
    of_seed_4 = ["dense", "full-50", "full-50-random", "dense-int8", "full-50-int8"]
    assert seeds == dict.fromkeys(of_seed_4, 4) | {"full-50-after": 3}


def test_the_papers_study_reads_the_runs_of_three_training_sets():
    runs = explored_runs(PAPER)
    assert len(runs) == len(set(runs)) == 3 * 13
    assert {run.training_set for run in runs} == {"en", "yo", "multilingual"}
    assert {run.seed for run in runs} == {PAPER["seeds"][0]}
