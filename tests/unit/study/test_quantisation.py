"""Variants in int8: their names, the runs of a study that has some, and what shows the paper's models without them."""

import pytest
from ner_pruning.files import InputError
from ner_pruning.study.config import check_config, make_floats
from ner_pruning.study.contents import compared_runs, f1_tables, figure_names
from ner_pruning.study.explored import explored_runs
from ner_pruning.study.grid import (
    compares_methods,
    mapped_runs,
    pruned_scopes,
    runs_of_the_paper,
    shown_runs,
    study_runs,
    study_variants,
    trained_runs,
)
from ner_pruning.study.methods import METHODS, source_of_run, stored_run, trains
from ner_pruning.terms import Cell, Run, dense_scope, parse_variant, trained_scope, unquantised, variant_name
from study_configs import PAPER, SCHEMA, TABLE, merged

STUDY = {
    "languages": ["yo", "hi"],
    "monolingual": ["yo", "hi"],
    "multilingual": False,
    "perturbations": ["in-language"],
    "seeds": [1, 2],
    "pruning": {"scopes": ["partial", "full"], "sparsities": [50, 90], "methods": {"random": {"scopes": ["full"]}}},
    "fewer_runs": {"hi": {"sparsities": [90], "seeds": [2]}},
    "tables": {"examples": ["yo"]},
}


def with_int8(**grid):
    return STUDY | {"quantisation": {"int8": grid}}


@pytest.mark.parametrize(
    ("variant", "scope", "sparsity", "matrices", "method", "base"),
    [
        ("dense-int8", "dense-int8", 0, "", "int8", "dense"),
        ("partial-50-int8", "partial-int8", 50, "partial", "int8", "partial-50"),
        ("full-98-int8", "full-int8", 98, "full", "int8", "full-98"),
        ("embeddings-70-int8", "embeddings-int8", 70, "embeddings", "int8", "embeddings-70"),
        ("full-90-random-int8", "full-random-int8", 90, "full", "random-int8", "full-90-random"),
        ("partial-50-2to4-int8", "partial-2to4-int8", 50, "partial", "2to4-int8", "partial-50-2to4"),
    ],
)
def test_a_variant_in_int8_is_a_line_of_its_own_and_has_the_weights_of_its_base(
    variant, scope, sparsity, matrices, method, base
):
    assert parse_variant(variant) == (scope, sparsity) and variant_name(scope, sparsity) == variant
    run = Run("yo", variant, 3)
    assert (run.scope, run.sparsity, run.matrices, run.method) == (scope, sparsity, matrices, method)
    assert run.quantised and not trains(run) and unquantised(variant) == base
    assert Run("yo", base, 3).scope == trained_scope(scope)
    assert METHODS[method].name.endswith("int8") and METHODS[method].name.count(",") == (method != "int8")
    assert source_of_run(run) == stored_run(run) == Run("yo", base, 3)
    cell = Cell("monolingual", "regular", scope, sparsity)
    assert str(cell) == f"monolingual {variant} models on regular" and cell.key == cell


@pytest.mark.parametrize("variant", ["dense", "partial-50", "full-90-random", "partial-50-2to4"])
def test_any_other_run_predicts_with_its_own_weights(variant):
    run = Run("yo", variant, 1)
    assert not run.quantised and stored_run(run) == run and unquantised(variant) == variant


def test_a_line_in_int8_begins_with_the_dense_model_in_int8():
    scopes = ("", "partial", "full-random", "partial-int8", "full-random-int8", "dense-int8")
    assert [dense_scope(scope) for scope in scopes] == [*("", "", ""), *["dense-int8"] * 3]
    cell = Cell("monolingual", "regular", "partial-int8", 0)
    assert cell.key == cell._replace(scope="dense-int8") and cell._replace(scope="partial").key.scope == ""
    assert str(cell) == "monolingual dense-int8 models on regular"


def test_what_the_config_leaves_out_is_as_the_training_set_has_it():
    config = with_int8()
    assert study_runs(config)[: len(study_runs(STUDY))] == study_runs(STUDY) == trained_runs(config)
    yo = ["dense-int8", *(f"{scope}-{sparsity}-int8" for scope in ("partial", "full") for sparsity in (50, 90))]
    expected = [Run("yo", variant, seed) for variant in yo for seed in (1, 2)]
    expected += [Run("hi", variant, 2) for variant in ("dense-int8", "partial-90-int8", "full-90-int8")]
    assert study_runs(config)[len(study_runs(STUDY)) :] == expected
    assert study_variants(config) == [*study_variants(STUDY), *yo]
    assert trained_runs(STUDY) == study_runs(STUDY) == study_runs(STUDY | {"quantisation": {}})


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ({"training_sets": ["hi"], "scopes": ["full"]}, ["hi/dense-int8/seed-2", "hi/full-90-int8/seed-2"]),
        ({"training_sets": ["yo"], "scopes": [], "seeds": [2]}, ["yo/dense-int8/seed-2"]),
        ({"training_sets": ["yo"], "sparsities": [], "seeds": [1]}, ["yo/dense-int8/seed-1"]),
        (
            {"sparsities": [90], "scopes": ["partial"], "seeds": [2]},
            [f"{name}/{variant}-int8/seed-2" for name in ("yo", "hi") for variant in ("dense", "partial-90")],
        ),
    ],
)
def test_the_dense_runs_of_what_is_chosen_are_always_among_them(grid, expected):
    assert [str(run) for run in study_runs(with_int8(**grid)) if run.quantised] == expected


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ({}, ["yo/full-90-random/seed-1", "yo/full-90-random/seed-2", "yo/partial-90-after/seed-2"]),
        ({"seeds": [1]}, ["yo/full-90-random/seed-1"]),
        ({"scopes": ["partial"]}, ["yo/partial-90-after/seed-2"]),
        ({"methods": ["after"]}, ["yo/partial-90-after/seed-2"]),
        ({"sparsities": [50]}, []),
        ({"training_sets": ["hi"]}, []),
    ],
)
def test_the_runs_of_other_methods_are_as_these_have_them_less_what_is_left_out(grid, expected):
    methods = {"random": {"scopes": ["full"], "sparsities": [90], "training_sets": ["yo"]}}
    methods["after"] = {"scopes": ["partial"], "sparsities": [90], "training_sets": ["yo"], "seeds": [2]}
    study = {"pruning": STUDY["pruning"] | {"methods": methods}}
    plain = study_runs(with_int8(**{key: value for key, value in grid.items() if key != "methods"}) | study)
    runs = study_runs(with_int8(**{"methods": ["after", "random"]} | grid) | study)
    added = [run for run in runs if run not in plain]
    assert [str(stored_run(run)) for run in added] == expected and all(run.quantised for run in added)
    trained = trained_runs(STUDY | study)
    assert [run for run in runs if run in plain] == [run for run in plain if stored_run(run) in trained]
    assert len(set(runs)) == len(runs)


def test_a_part_of_the_models_of_another_method_may_be_one_that_gradual_magnitude_pruning_lacks():
    methods = {"random": {"scopes": ["full", "partial"], "sparsities": [50, 55], "training_sets": ["yo"], "seeds": [1]}}
    config = merged(PAPER, {"pruning": {"scopes": ["partial"], "methods": methods}})
    for grid, expected in (
        ({"scopes": ["full"]}, ["dense-int8", "full-50-random-int8", "full-55-random-int8"]),
        ({"sparsities": [55]}, ["dense-int8", "full-55-random-int8", "partial-55-random-int8"]),
        ({"sparsities": [50], "scopes": ["partial"]}, ["dense-int8", "partial-50-int8", "partial-50-random-int8"]),
    ):
        int8 = {"methods": ["random"], "training_sets": ["yo"], "seeds": [1]} | grid
        asked = config | {"quantisation": {"int8": int8}}
        check_config(asked, SCHEMA, TABLE)
        assert [str(run) for run in study_runs(asked) if run.quantised] == [f"yo/{name}/seed-1" for name in expected]


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (
            {"methods": ["random"], "scopes": ["full", "embeddings"]},
            "config: quantisation.int8.scopes: 'embeddings' is not in its models: full",
        ),
        (
            {"methods": ["random"], "sparsities": [50, 60]},
            "config: quantisation.int8.sparsities: 60 is not in its models: 50",
        ),
        (
            {"methods": ["before"]},
            "config: quantisation.int8.methods: 'before' is not in the methods of the study: random",
        ),
        (
            {"methods": ["random"], "scopes": ["partial"]},
            "config: quantisation.int8.methods: random has no model of these scopes, sparsities, seeds and training "
            "sets; expected one or more",
        ),
    ],
)
def test_a_method_without_models_is_refused(grid, message):
    methods = {"random": {"scopes": ["full"], "sparsities": [50]}}
    config = merged(PAPER, {"pruning": {"methods": methods}, "quantisation": {"int8": grid}})
    with pytest.raises(InputError) as error:
        check_config(config, SCHEMA, TABLE)
    assert str(error.value) == message


def test_what_is_about_the_paper_is_without_them():
    config = with_int8()
    for of in (runs_of_the_paper, shown_runs, mapped_runs, compared_runs, pruned_scopes, f1_tables, figure_names):
        assert of(config) == of(STUDY), of.__name__
    shown = [(run.training_set, run.variant) for run in explored_runs(config)]
    assert ("yo", "dense-int8") in shown and shown[0] == ("yo", "dense")


def test_a_study_in_int8_compares_methods_and_draws_them_if_any_is_pruned():
    plain = STUDY | {"pruning": STUDY["pruning"] | {"methods": {}}}
    assert not compares_methods(plain) and "methods" not in figure_names(plain)
    for scopes, drawn in ((["full"], True), ([], False)):
        config = plain | {"quantisation": {"int8": {"scopes": scopes}}}
        assert compares_methods(config) and ("methods" in figure_names(config)) == drawn


def test_the_papers_study_may_have_them():
    config = merged(PAPER, {"quantisation": {"int8": {}}})
    check_config(config, SCHEMA, TABLE)
    make_floats(config, SCHEMA)
    assert len(study_runs(config)) == 2 * 429 and len(trained_runs(config)) == 429
    assert study_runs(PAPER) == trained_runs(PAPER) == trained_runs(config)
