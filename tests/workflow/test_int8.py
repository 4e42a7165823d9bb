"""A study in int8: what it plans, that it ends before any training without torchao, and where that is, runs through."""

from collections import Counter
from importlib.util import find_spec

import pandas as pd
import pytest
import yaml
from ner_pruning.scoring.prediction_files import read_manifest

INT8 = {"hi": ["dense-int8", "full-50-int8"]}
TORCHAO = find_spec("torchao") is not None


@pytest.fixture
def overlays(tmp_path) -> list[str]:
    path = tmp_path / "int8.yaml"
    path.write_text(yaml.safe_dump({"study": "int8", "quantisation": {"int8": {}}}))
    return ["studies/tiny.yaml", str(path)]


def planned(workflow, *overlays: str, target: str = "all") -> Counter:
    return workflow.planned(None, target, "--configfile", *overlays)


def test_a_prediction_and_a_scoring_more_for_each_and_what_compares_them(workflow, overlays):
    plain, quantised = planned(workflow, "studies/tiny.yaml"), planned(workflow, *overlays)
    more = {f"{rule} hi {variant} 1" for rule in ("predict", "score") for variant in INT8["hi"]}
    assert quantised - plain == Counter(more | {"methods_table", "figure methods"})
    assert not plain - quantised


@pytest.mark.parametrize("target", ["models", "data", "perturbed"])
def test_targets_before_predictions_are_as_without(workflow, overlays, target):
    assert planned(workflow, *overlays, target=target) == planned(workflow, "studies/tiny.yaml", target=target)


def test_weights_of_a_quantised_run_cannot_be_asked_for(workflow, overlays):
    done = workflow.call(
        "--dry-run", "results/int8/runs/hi/dense-int8/seed-1/weights.safetensors.zst", "--configfile", *overlays
    )
    assert done.returncode != 0
    message = "Error: hi/dense-int8/seed-1 has no weights of its own; expected those of hi/dense/seed-1"
    assert done.stdout.splitlines()[-1] == message


@pytest.mark.skipif(TORCHAO, reason="torchao is installed")
def test_without_torchao_it_ends_in_one_line_before_any_job(workflow, overlays):
    done = workflow.call("--cores", "1", "--configfile", *overlays)
    assert done.returncode != 0
    last = done.stdout.splitlines()[-1]
    assert last.startswith("Error: config: quantisation: torchao, which predicts dense-int8, is not installed here;")
    assert "Traceback" not in done.stdout and not (workflow.folder / "results/int8/data").exists()
    assert workflow.call("data", "--cores", "1", "--configfile", *overlays).returncode == 0  # and nothing is locked


@pytest.mark.skipif(not TORCHAO, reason="torchao is not installed (requirements-int8.txt)")
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
    assert set(scores["variant"]) == {"dense", "full-50", *INT8["hi"]}
    for name, column in (("methods", "method"), ("runs", "variant"), ("calibration", "scope")):
        table = pd.read_csv(results / f"tables/{name}.csv")
        assert table[column].astype(str).str.contains("int8").any(), name
    for path in (*results.glob("claims.*"), *results.glob("tables/table-*"), *results.glob("tables/forgotten*")):
        assert "int8" not in path.read_text(encoding="utf-8").replace("Study int8", "").replace("int8,", ""), path
    assert "dense-int8" in (results / "diagnosis.csv").read_text(encoding="utf-8")

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
