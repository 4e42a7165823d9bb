"""A study in int8: what it plans, that it ends before any training without torchao, and where that is, runs through."""

import json
import os
from collections import Counter

import pandas as pd
import pytest
import yaml
from exported_runs import assert_export_predicts
from huggingface_hub import ModelCard
from ner_pruning.scoring.prediction_files import read_manifest
from workflow_copy import COLD, ROOT, Workflow

INT8 = {"hi": ["dense-int8", "full-50-int8", "full-50-after-int8"]}


@pytest.fixture
def without_int8(tmp_path) -> list[str]:
    path = tmp_path / "methods.yaml"
    path.write_text(yaml.safe_dump({"study": "int8", "pruning": {"methods": {"after": {}}}}))
    return ["studies/tiny.yaml", str(path)]


@pytest.fixture
def overlays(without_int8, tmp_path) -> list[str]:
    path = tmp_path / "int8.yaml"
    study = {"quantisation": {"int8": {"methods": ["after"]}}, "export": ["hi/full-50-int8/seed-1"]}
    path.write_text(yaml.safe_dump(study))
    return [*without_int8, str(path)]


def planned(workflow, *overlays: str, target: str = "all") -> Counter:
    return workflow.planned(None, target, "--configfile", *overlays)


def test_a_prediction_and_a_scoring_more_for_each_and_what_compares_them(workflow, without_int8, overlays):
    plain, quantised = planned(workflow, *without_int8), planned(workflow, *overlays)
    more = {f"{rule} hi {variant} 1" for rule in ("predict", "score") for variant in INT8["hi"]}
    assert quantised - plain == Counter(more)
    assert not plain - quantised


def test_a_study_without_other_methods_has_its_models_in_int8_compared(workflow, tmp_path):
    path = tmp_path / "alone.yaml"
    path.write_text(yaml.safe_dump({"study": "int8", "quantisation": {"int8": {}}}))
    plain, quantised = planned(workflow, "studies/tiny.yaml"), planned(workflow, "studies/tiny.yaml", str(path))
    more = {f"{rule} hi {variant} 1" for rule in ("predict", "score") for variant in ("dense-int8", "full-50-int8")}
    assert quantised - plain == Counter(more | {"methods_table", "figure methods"})
    assert not plain - quantised


@pytest.mark.parametrize("target", ["models", "data", "perturbed"])
def test_targets_before_predictions_are_as_without(workflow, without_int8, overlays, target):
    assert planned(workflow, *overlays, target=target) == planned(workflow, *without_int8, target=target)


def test_weights_of_a_quantised_run_cannot_be_asked_for(workflow, overlays):
    done = workflow.call(
        "--dry-run", "results/int8/runs/hi/dense-int8/seed-1/weights.safetensors.zst", "--configfile", *overlays
    )
    assert done.returncode != 0
    message = "Error: hi/dense-int8/seed-1 has no weights of its own; expected those of hi/dense/seed-1"
    assert done.stdout.splitlines()[-1] == message


WITHOUT = """
import runpy
from importlib.machinery import PathFinder

find_spec = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name == "torchao" else find_spec(name, *rest)
runpy.run_path({guard!r})
"""
"""What a Python runs first that does not find torchao: this, and the guard that those of all tests run first."""


def test_without_torchao_it_ends_in_one_line_before_any_job(workflow, overlays, tmp_path):
    guard = str(ROOT / "tests/loopback/sitecustomize.py")
    (tmp_path / "sitecustomize.py").write_text(WITHOUT.format(guard=guard))
    without = COLD | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])}
    done = Workflow(workflow.folder, environment=without).call("--cores", "1", "--configfile", *overlays)
    assert done.returncode != 0
    last = done.stdout.splitlines()[-1]
    assert last.startswith("Error: config: quantisation: torchao, which dense-int8 needs, is not installed here;")
    assert "Traceback" not in done.stdout and not (workflow.folder / "results/int8/data").exists()
    assert workflow.call("data", "--cores", "1", "--configfile", *overlays).returncode == 0  # and nothing is locked


@pytest.mark.int8
def test_with_torchao_it_runs_to_its_end(workflow, overlays):
    done = workflow.call("--cores", "2", "--configfile", *overlays)
    assert done.returncode == 0, done.stdout
    results = workflow.folder / "results/int8"
    assert planned(workflow, *overlays) == Counter()
    runs = results / "runs/hi"
    for variant in INT8["hi"]:
        assert {path.name for path in (runs / variant / "seed-1").iterdir()} == {
            *("predictions", "predictions.json", "scores.csv", "counts.parquet", "confidence.parquet", "found.parquet"),
        }
        found, base = (
            read_manifest(runs / name / "seed-1/predictions.json") for name in (variant, variant.removesuffix("-int8"))
        )
        assert {name: entry["languages"] for name, entry in found.items()} == {
            name: entry["languages"] for name, entry in base.items()
        }
        log = results / f"logs/predict/hi/{variant}/seed-1.log"
        assert "6 linear layers in int8" in log.read_text(encoding="utf-8")
    scores = pd.read_csv(results / "scores.csv")
    assert set(scores["variant"]) == {"dense", "full-50", "full-50-after", *INT8["hi"]}
    for name, column in (("methods", "method"), ("runs", "variant"), ("calibration", "scope")):
        table = pd.read_csv(results / f"tables/{name}.csv")
        assert table[column].astype(str).str.contains("int8").any(), name
    claims = pd.read_csv(results / "claims.csv")
    about = claims[claims["text"].str.contains("int8")]
    assert set(about["claim"]) == {"own 5"} and about["text"].str.contains("full-50-after, ").sum() == 2
    for path in (*results.glob("tables/table-*"), *results.glob("tables/forgotten*")):
        assert "int8" not in path.read_text(encoding="utf-8").replace("Study int8", "").replace("int8,", ""), path
    assert "dense-int8" in (results / "diagnosis.csv").read_text(encoding="utf-8")

    run = "hi/full-50-int8/seed-1"
    for exported, target in (("export", "export"), ("compact", f"results/int8/compact/{run}")):
        done = workflow.call(target, "--cores", "2", "--configfile", *overlays)
        assert done.returncode == 0, done.stdout
        config = json.loads((results / exported / run / "config.json").read_text(encoding="utf-8"))
        assert config["quantization_config"]["quant_method"] == "torchao"
        assert_export_predicts(results, run, "hi", exported)
        card = ModelCard.load(results / exported / run / "README.md")
        assert "# int8-hi-full-50-int8-seed-1" in card.text and "by torchao 0." in card.text
        of_run = pd.read_csv(runs / "full-50-int8/seed-1/scores.csv")
        shown = {result.metric_name: result.metric_value for result in card.data.eval_results}
        assert shown == {f"F1, {row.test_set}": row.f1 for row in of_run.itertuples()}
    assert planned(workflow, *overlays, target=f"results/int8/compact/{run}") == Counter()

    moved = {path: path.with_name("moved") for path in results.glob("runs/*/*/*/weights*")}
    for path, place in moved.items():
        path.rename(place)
    assert planned(workflow, *overlays) == Counter()
    for path, place in moved.items():
        place.rename(path)
    weights = runs / "full-50/seed-1/weights.safetensors.zst"
    weights.write_bytes(weights.read_bytes() + b"0")
    again = planned(workflow, *overlays)
    assert {job for job in again if job.startswith(("finetune", "predict"))} == {
        *("predict hi full-50 1", "predict hi full-50-int8 1"),
    }
