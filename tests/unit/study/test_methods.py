"""The names of variants of pruning methods, the runs of a study that has some, and what each of these reads."""

import pytest
from ner_pruning.study.contents import f1_tables, figure_names
from ner_pruning.study.grid import (
    compares_methods,
    mapped_runs,
    pruned_scopes,
    pruning_of_run,
    runs_of_the_paper,
    schedules_of_run,
    shown_runs,
    study_methods,
    study_runs,
    study_variants,
)
from ner_pruning.study.methods import IN_INT8, METHODS, source_of_run
from ner_pruning.terms import ALL_SCOPES, Cell, Run, parse_variant, variant_name
from study_configs import PAPER, TABLE, merged

STUDY = {
    "languages": ["yo", "hi"],
    "monolingual": ["yo", "hi"],
    "multilingual": False,
    "seeds": [1, 2],
    "pruning": {"scopes": ["partial", "full"], "sparsities": [50, 90], "curve": "cubic", "threshold": "layer"},
    "fewer_runs": {"hi": {"sparsities": [90], "seeds": [2]}},
}
SCHEDULED = {"start": 10, "end": 60, "frequency": 10}


def with_methods(**methods):
    return STUDY | {"pruning": STUDY["pruning"] | {"methods": methods}}


@pytest.mark.parametrize("method", [name for name in METHODS if name != "magnitude"])
@pytest.mark.parametrize("matrices", ALL_SCOPES)
def test_a_method_is_one_more_line_in_all_statistics(matrices, method):
    variant = f"{matrices}-50-{method}"
    assert parse_variant(variant) == (f"{matrices}-{method}", 50)
    assert variant_name(f"{matrices}-{method}", 50) == variant
    assert variant_name(f"{matrices}-{method}", 0) == ("dense-int8" if method in IN_INT8 else "dense")
    run = Run("yo", variant, 1)
    assert (run.scope, run.matrices, run.method, run.sparsity) == (f"{matrices}-{method}", matrices, method, 50)
    cell = Cell("monolingual", "regular", run.scope, 50)
    assert str(cell) == f"monolingual {variant} models on regular" and cell.key == cell


def test_the_papers_names_are_as_they_were():
    for variant, parsed in {"dense": ("", 0), "partial-50": ("partial", 50), "full-98": ("full", 98)}.items():
        assert parse_variant(variant) == parsed and variant_name(*parsed) == variant
    runs = [Run("yo", variant, 1) for variant in ("dense", "partial-50")]
    assert [(run.matrices, run.method) for run in runs] == [("", ""), ("partial", "magnitude")]


def test_a_method_has_a_grid_of_its_own_and_else_that_of_each_training_set():
    random = {"scopes": ["partial"], "sparsities": [70], "seeds": [2], "training_sets": ["yo"]}
    config = with_methods(random=random, before={})
    assert study_runs(config)[: len(study_runs(STUDY))] == study_runs(STUDY)
    added = study_runs(config)[len(study_runs(STUDY)) :]
    assert added == [
        Run("yo", "partial-70-random", 2),
        *(Run("yo", f"{scope}-{s}-before", seed) for scope in ("partial", "full") for s in (50, 90) for seed in (1, 2)),
        *(Run("hi", f"{scope}-90-before", 2) for scope in ("partial", "full")),  # as fewer_runs leaves it
    ]
    assert runs_of_the_paper(config) == study_runs(STUDY)
    assert study_variants(config) == [
        *study_variants(STUDY),
        "partial-70-random",
        *(f"{scope}-{sparsity}-before" for scope in ("partial", "full") for sparsity in (50, 90)),
    ]
    assert study_variants(STUDY) == ["dense", "partial-50", "partial-90", "full-50", "full-90"]


def test_methods_come_in_the_same_order_however_a_config_has_them():
    assert study_methods(with_methods(after={}, random={})) == ["random", "after"]
    assert study_methods(STUDY) == [] == study_methods(with_methods())


@pytest.mark.parametrize(
    ("variant", "source"),
    [
        ("dense", None),
        ("full-90", None),
        ("full-90-random", None),
        ("full-90-before", None),
        ("partial-50-2to4", None),
        ("partial-90-movement", None),
        ("full-90-after", "dense"),
        ("full-90-recovered", "dense"),
        ("full-90-rewound", "full-90"),
        ("embeddings-50-rewound", "embeddings-50"),
    ],
)
def test_the_run_that_a_run_starts_from(variant, source):
    assert source_of_run(Run("yo", variant, 3)) == (source and Run("yo", source, 3))


@pytest.mark.parametrize(
    ("variant", "read"),
    [
        ("full-90-random", SCHEDULED),
        ("partial-50-2to4", SCHEDULED),
        ("partial-50-movement", SCHEDULED),
        ("embeddings-90", SCHEDULED),
        ("full-90-before", {}),
        ("full-90-after", {}),
        ("full-90-recovered", {}),
        ("full-90-rewound", {}),
    ],
)
def test_only_methods_that_follow_a_schedule_read_when_it_prunes(variant, read):
    config = merged(PAPER, {"schedules": [{"up_to": 100, "batch_size": 8, **SCHEDULED}]})
    assert schedules_of_run("yo", variant, config, TABLE) == [{"batch_size": 8, **read}]


@pytest.mark.parametrize(
    ("variant", "unread"),
    [
        ("full-90", ""),
        ("full-90-random", ""),
        ("partial-90", "position_embeddings"),
        ("partial-90-movement", "position_embeddings"),
        ("partial-50-2to4", "position_embeddings curve"),
        ("embeddings-90", "classifier"),
        ("full-90-before", "curve"),
        ("full-90-rewound", "curve"),
        ("embeddings-90-after", "classifier curve"),
    ],
)
def test_what_a_run_reads_of_pruning(variant, unread):
    read = {key: PAPER["pruning"][key] for key in ("curve", "threshold", "classifier", "position_embeddings")}
    expected = {key: value for key, value in read.items() if key not in unread.split()}
    assert pruning_of_run(variant, merged(PAPER, {"pruning": {"methods": {"random": {}}}})) == expected


def test_what_shows_the_papers_models_shows_no_others():
    config = with_methods(random={}, rewound={"scopes": ["full"]})
    embeddings = config | {"pruning": config["pruning"] | {"scopes": ["embeddings", "partial", "full"]}}
    for each in (config, embeddings):
        assert shown_runs(each) == shown_runs(STUDY)
    only = STUDY | {"pruning": STUDY["pruning"] | {"scopes": ["embeddings"]}}
    assert {run.variant for run in shown_runs(only)} == {"dense"}


def test_weights_are_counted_of_all_scopes_that_are_pruned_by_magnitude():
    config = with_methods(random={}, rewound={"scopes": ["full"]})
    assert mapped_runs(config) == mapped_runs(STUDY)
    scopes = ["embeddings", "partial", "full"]
    all_scopes = config | {"pruning": config["pruning"] | {"scopes": scopes}}
    of_embeddings = mapped_runs(STUDY | {"pruning": STUDY["pruning"] | {"scopes": ["embeddings"]}})
    assert {run.variant for run in of_embeddings} == {f"embeddings-{level}" for level in STUDY["pruning"]["sparsities"]}
    assert {*mapped_runs(all_scopes)} == {*mapped_runs(STUDY), *of_embeddings}


def test_the_figure_of_methods_is_that_of_studies_which_have_models_that_the_paper_has_not():
    perturbed = {"perturbations": ["in-language"]}
    assert "methods" not in figure_names(STUDY | perturbed) and not compares_methods(STUDY)
    config = with_methods(random={}) | perturbed
    assert figure_names(config) == [*figure_names(STUDY | perturbed), "methods"] and compares_methods(config)
    assert f1_tables(config) == f1_tables(STUDY | perturbed)
    only = STUDY | perturbed | {"pruning": STUDY["pruning"] | {"scopes": ["embeddings"]}}
    assert "methods" in figure_names(only) and "figure-2" not in figure_names(only)
    assert f1_tables(only) == [6, 8]  # of the dense models


def test_the_scopes_that_any_method_prunes():
    assert pruned_scopes(STUDY) == ["partial", "full"]
    none = {"scopes": [], "sparsities": []}
    methods = {
        "random": {"scopes": ["embeddings"], "sparsities": [50]},
        "before": {"scopes": ["full"], "sparsities": [90]},
    }
    assert pruned_scopes(STUDY | {"pruning": none | {"methods": methods}, "fewer_runs": {}}) == ["full", "embeddings"]


def test_a_study_that_fewer_runs_leaves_no_pruned_run_is_one_of_dense_models():
    """Its figures of pruned models would fail when all is trained."""
    study = STUDY | {"perturbations": ["in-language"]}
    none = {"scopes": [], "sparsities": []}
    fewer = study | {"fewer_runs": dict.fromkeys(STUDY["monolingual"], none)}
    dense = study | {"fewer_runs": {}, "pruning": STUDY["pruning"] | none}
    assert study_runs(fewer) == study_runs(dense)
    assert figure_names(fewer) == figure_names(dense) and f1_tables(fewer) == f1_tables(dense)
    assert "figure-2" in figure_names(study | {"fewer_runs": {"hi": none}})
