"""What makes a result stale, and what does not: the exact jobs that a run would do after each change.

Each key of the config: test_stale_keys.py. A new clone: test_stale_clone.py.
"""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hub_layout import write_hub_files
from ner_pruning.data.synthetic import generate
from ner_pruning.study.data_form import SPLITS
from stale_study import (
    AFTER,
    AFTER_CARDS,
    CONFIG,
    EVERYTHING,
    FIGURES,
    HINDI,
    LANGUAGES,
    MULTILINGUAL,
    REWOUND,
    RUNS,
    SIZES,
    jobs,
    predicted,
    scored,
    times_kept,
    trained,
)
from workflow_copy import finished_jobs

INT8 = ("hi dense-int8 1", "hi partial-50-int8 1", "hi full-50-int8 1")

CONDA = """#!/bin/sh
echo '{"conda_prefix": "/nowhere", "platform": "linux-64", "get": {"channel_priority": "strict"}, "version": "25.1.0"}'
"""
"""A conda that answers what Snakemake asks it before it plans."""


@pytest.fixture
def without_weights(study):
    """The study, without the weights of its runs until the test ends."""
    moved = {path: path.with_name("moved") for path in study.results.glob("runs/*/*/*/weights*")}
    assert len(moved) == len(RUNS)
    for path, place in moved.items():
        path.rename(place)
    yield study
    for path, place in moved.items():
        place.rename(path)


@pytest.fixture
def edited(study):
    """A function that changes a file of the workflow until the test ends."""
    originals = {}

    def edit(name: str, old: str, new: str) -> None:
        path = study.workflow.folder / name
        originals.setdefault(path, path.read_text())
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    yield edit
    for path, text in originals.items():
        path.write_text(text)


def planned(study, *arguments: str) -> Counter:
    return study.workflow.planned(study.overlay, *arguments)


def test_the_study_has_the_jobs_that_the_tests_expect(study):
    assert planned(study, "--forceall") == Counter(EVERYTHING)


def test_a_second_run_does_nothing_nor_does_one_after_another_study(study):
    assert planned(study) == Counter()
    assert study.workflow.planned("studies/tiny.yaml") == Counter()


def test_a_study_that_was_killed_goes_on_with_exactly_the_jobs_that_had_not_finished(study):
    finished = finished_jobs(study.killed)
    assert {"build_encoder", "split_data hi train"} <= set(finished)
    assert not any(job.startswith(("finetune", "collect_scores")) for job in finished)
    assert study.left == Counter(EVERYTHING) - finished


def test_the_studies_lie_beside_each_other_and_are_whole(study):
    for study_name in ("stale", "tiny"):
        results = study.workflow.folder / "results" / study_name
        assert (results / "scores.csv").stat().st_size > 0
        assert {path.name for path in results.joinpath("figures").iterdir()} == {
            f"{name}.{suffix}"
            for name in [
                *(f"figure-{number}" for number in range(1, 10)),
                "languages",
                "novelty",
                "calibration",
                "training-curves",
                "sparsity",
                "published",
                "forgotten",
                *(["methods"] * (study_name == "stale")),
            ]
            for suffix in ("pdf", "png", "svg")
        }
    tables = {path.stem for path in study.results.joinpath("tables").glob("*.csv")}
    others = {"published", "calibration", "methods", "runs", "forgotten", "forgotten-sentences"}
    assert tables == {*others, *(f"table-{number}" for number in range(1, 11))}  # an example of hi


def test_touched_files_are_not_stale(study):
    touched = ["data/hi/train.parquet", "data/hi/test.parquet", "encoder/model.safetensors", "evaluation/hi.parquet"]
    touched += [
        f"runs/hi/dense/seed-1/{name}" for name in ("weights.safetensors.zst", "config.json", "predictions.json")
    ]
    predictions = [*study.results.joinpath("runs/hi/dense/seed-1/predictions").iterdir()]
    sources = [study.data_file("hi", "train"), study.folder / "encoder/model.safetensors"]
    paths = [*(study.results / name for name in touched), *predictions, *sources]
    with times_kept(paths):
        for path in paths:
            os.utime(path)
        assert planned(study) == Counter()


@pytest.mark.parametrize(("changed", "starts_from_it"), [("hi dense 1", AFTER), ("hi full-50 1", REWOUND)])
def test_other_weights_make_stale_what_starts_from_them(study, changed, starts_from_it):
    language, variant, seed = changed.split()
    weights = study.results / f"runs/{language}/{variant}/seed-{seed}/weights.safetensors.zst"
    before = weights.read_bytes()
    with times_kept([weights]):
        weights.write_bytes(before + b"0")
        found = planned(study)
        weights.write_bytes(before)
    expected = jobs("finetune", [starts_from_it]) | predicted([changed, starts_from_it]) | {"run_statistics"}
    assert found == Counter(expected)


@pytest.fixture
def quantised(study, tmp_path):
    """The overlay of the study with hi in int8, whose jobs are recorded as done: their files are empty."""
    overlay = study.write("quantised", study.config | {"quantisation": {"int8": {"training_sets": ["hi"]}}})
    kept = tmp_path / "kept"
    shutil.copytree(study.workflow.folder, kept, symlinks=True)
    try:
        for language, variant, seed in map(str.split, INT8):
            folder = study.results / f"runs/{language}/{variant}/seed-{seed}"
            (folder / "predictions").mkdir(parents=True)
            for name in ("predictions.json", "scores.csv", "counts.parquet", "confidence.parquet", "found.parquet"):
                (folder / name).touch()
            benchmark = study.results / f"benchmarks/predict/{language}/{variant}/seed-{seed}.tsv"
            benchmark.parent.mkdir(parents=True)
            benchmark.touch()
        study.workflow.run(overlay, "--touch", "--forcerun", "predict")
        yield overlay
    finally:
        shutil.rmtree(study.workflow.folder)
        shutil.move(kept, study.workflow.folder)


def test_other_weights_make_stale_what_is_predicted_with_them_in_int8(study, quantised):
    assert study.workflow.planned(quantised) == Counter()
    weights = study.results / "runs/hi/full-50/seed-1/weights.safetensors.zst"
    weights.write_bytes(weights.read_bytes() + b"0")
    expected = jobs("finetune", [REWOUND]) | predicted(["hi full-50 1", "hi full-50-int8 1", REWOUND])
    assert study.workflow.planned(quantised) == Counter(expected | {"run_statistics"})


def test_a_run_that_is_trained_again_is_predicted_again_in_int8(study, quantised):
    again = study.write("again", yaml.safe_load(Path(quantised).read_text()) | {"seeds": [1], "jobs_per_gpu": 2})
    assert study.workflow.planned(again) == Counter(CONFIG)
    found = study.workflow.planned(quantised, "--forcerun", "finetune")
    assert set(found) >= jobs("predict", INT8) | jobs("finetune predict", RUNS)
    assert not [job for job in found if job.startswith("finetune") and "int8" in job]


def test_weights_that_are_deleted_after_int8_was_predicted_are_not_trained_again(study, quantised):
    for path in study.results.glob("runs/*/*/*/weights*"):
        path.unlink()
    assert study.workflow.planned(quantised) == Counter()
    (study.workflow.folder / "requirements-int8.txt").write_text("torchao==0\n")
    found = study.workflow.planned(quantised)
    of_hindi = [run for run in HINDI if run not in (AFTER, REWOUND)]
    assert {job for job in found if job.startswith("predict")} >= jobs("predict", INT8)
    assert {job for job in found if job.startswith("finetune")} >= jobs("finetune", of_hindi)
    assert not {job for job in found if job.startswith("finetune") and job.split()[1] != "hi"}


def test_deleted_weights_are_trained_again_only_for_what_is_made_of_them(without_weights, edited):
    study = without_weights
    assert planned(study) == Counter()
    edited(
        "workflow/scripts/ner_pruning/report/run_table.py",
        "import pandas as pd\n",
        "import pandas as pd\nCHANGED = 1\n",
    )
    assert planned(study) == Counter(["run_statistics"])
    edited("workflow/scripts/ner_pruning/scoring/f1.py", "import ", "CHANGED = 1\nimport ")
    assert not any(job.startswith(("finetune", "predict")) for job in planned(study))
    assert planned(study, "models") >= Counter(jobs("finetune", RUNS))
    edited("workflow/scripts/ner_pruning/scoring/prediction.py", "import torch\n", "import torch\nCHANGED = 1\n")
    assert planned(study) >= Counter(jobs("finetune predict", RUNS))


# Code


def test_comments_docstrings_and_formatting_are_not_stale(study, edited):
    edited("workflow/scripts/ner_pruning/training/pruning.py", "class Pruner:\n", "class Pruner:  # prunes\n")
    edited(
        "workflow/scripts/ner_pruning/scoring/f1.py", '"""Scores of predicted tags', '"""The scores of predicted tags'
    )
    edited("workflow/scripts/finetune.py", "if __name__", "\n\nif __name__")
    edited("requirements.lock", "# All packages", "# All the packages")
    assert planned(study) == Counter()


def test_changed_scoring_reruns_scores_and_what_follows(study, edited):
    edited(
        "workflow/scripts/ner_pruning/scoring/f1.py",
        'SUPPORT = "support_"',
        'CHANGED = 1\nSUPPORT = "support_"',
    )
    assert planned(study) == Counter(jobs("score", RUNS) | jobs("chance_floor", LANGUAGES) | scored(RUNS))


def test_changed_training_reruns_runs_and_what_follows(study, edited):
    edited("workflow/scripts/ner_pruning/training/pruning.py", "import torch\n", "import torch\nCHANGED = 1\n")
    assert planned(study) == Counter(trained(RUNS))


def test_changed_prediction_trains_nothing(study, edited):
    edited("workflow/scripts/ner_pruning/scoring/prediction.py", "import torch\n", "import torch\nCHANGED = 1\n")
    assert planned(study) == Counter(predicted(RUNS))


def test_changed_plots_redraw_figures_only(study, edited):
    edited("workflow/scripts/ner_pruning/figures/style.py", "SCOPE_NAMES = ", "CHANGED = 1\nSCOPE_NAMES = ")
    beyond = {"calibration", "training_curves", "sparsity_map", "forgotten_means"}
    assert planned(study) == Counter(FIGURES | beyond)


def test_a_changed_page_of_results_is_written_again(study, edited):
    paths = [study.workflow.folder / f"workflow/report/explore.{suffix}" for suffix in ("html", "css", "js")]
    with times_kept(paths):
        for path in paths:
            os.utime(path)
        assert planned(study) == Counter()
    for path, old in zip(paths, ["<h2>", "font:", "use strict"], strict=True):
        before = path.read_text()
        with times_kept([path]):
            edited(str(path.relative_to(study.workflow.folder)), old, f"{old} ")
            try:
                assert planned(study) == Counter(["explore"]), path
            finally:
                path.write_text(before)


# Packages


def test_a_changed_lock_reruns_everything(study, edited):
    edited("requirements.lock", "tqdm==", "tqdm==0.")
    assert planned(study) == Counter(EVERYTHING)


def test_a_changed_environment_file_reruns_everything_where_jobs_run_in_it(study, edited, tmp_path, monkeypatch):
    """Not without `--sdm conda`, nor with it as long as the packages are those of the lock."""
    conda = tmp_path / "conda"
    conda.write_text(CONDA)
    conda.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert planned(study, "--sdm", "conda") == Counter()
    edited("envs/study.yaml", "- tabulate==", "- tabulate==0.")
    assert planned(study) == Counter()
    assert planned(study, "--sdm", "conda") == Counter(EVERYTHING)


# Data and grid


def test_a_changed_training_file_of_a_language_reruns_what_is_made_of_its_data(study):
    path = study.data_file("hi", "train")
    before = path.read_bytes()
    corpora = generate("hi", SIZES, seed=1)
    with times_kept([path]):
        write_hub_files(path.parent, {"train": corpora["train"]})
        try:
            plan = planned(study)
        finally:
            path.write_bytes(before)
    own = {"split_data hi train", "data_card hi", "encode hi"} | jobs(
        "overlap mention_properties", ["hi", "multilingual"]
    )
    assert plan == Counter(own | trained([*HINDI, *MULTILINGUAL]) | AFTER_CARDS)


def test_a_corrected_test_file_trains_nothing_again(study):
    """All predictions of its language are made again, and of the one whose perturbed set takes mentions from it."""
    path = study.data_file("hi", "test")
    before = path.read_bytes()
    with times_kept([path]):
        write_hub_files(path.parent, {"test": generate("hi", SIZES, seed=1)["test"]})
        try:
            plan = planned(study)
        finally:
            path.write_bytes(before)
    assert not {job for job in plan if job.startswith(("finetune", "encode "))}
    own = {"split_data hi test", "data_card hi", "perturb in-language hi", "examples_table 10"}
    pools = jobs("perturb", ["in-script"], ["hi", "mr"])
    evaluated = jobs("test_sets encode_test_sets chance_floor", ["hi", "mr"])
    overlap = jobs("overlap mention_properties", ["hi", "multilingual"])
    assert plan == Counter(own | pools | evaluated | overlap | predicted([*HINDI, *MULTILINGUAL]) | AFTER_CARDS)


def test_a_new_language_reruns_the_pools_it_joins_and_multilingual_runs(study):
    more = study.changed("languages", languages=[*LANGUAGES, "ru"])
    own = {f"{rule} ru" for rule in ("data_card", "encode", "perturb in-language", "perturb in-script")}
    own |= jobs("split_data", ["ru"], SPLITS)
    joined = {"perturb in-script bg"} | jobs("overlap mention_properties", ["bg", "multilingual"])
    joined |= jobs("test_sets encode_test_sets chance_floor", ["bg", "ru"])
    bulgarian = jobs("predict score", ["bg dense 1", "bg full-50 1"])  # it was alone in its script: a test set more
    after = trained(MULTILINGUAL) | AFTER_CARDS | CONFIG
    assert study.workflow.planned(more) == Counter(own | joined | bulgarian | after)
