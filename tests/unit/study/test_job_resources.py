import json
from pathlib import Path

import pytest
import yaml
from ner_pruning.study.job_resources import (
    expected_steps,
    gpus,
    planned_seconds,
    prediction_megabytes,
    prediction_minutes,
    settings_digests,
    training_megabytes,
    training_minutes,
)
from ner_pruning.study.languages import read_languages
from ner_pruning.terms import Run

ROOT = Path(__file__).parents[3]
TABLE = read_languages(ROOT / "resources/languages.tsv")


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


@pytest.mark.parametrize(
    ("training_set", "steps"),
    [
        ("yo", 60 * 13),  # 100 sentences in batches of 8
        ("sw", 60 * 125),  # 1,000 in batches of 8
        ("hi", 60 * 313),  # 5,000 in batches of 16
        ("en", 60 * 1250),  # 20,000 in batches of 16
        ("multilingual", 60 * 36144),  # 578,300 in batches of 16
    ],
)
def test_steps_of_the_papers_training_sets(config, training_set, steps):
    assert expected_steps(training_set, config, TABLE) == steps


def test_steps_of_synthetic_data_are_those_of_its_own_sizes(config):
    sizes = {"hi": {"train": 50, "validation": 1, "test": 1}}
    config["data"] |= {"source": "synthetic", "synthetic": {"seed": 0, "sizes": sizes}}
    assert expected_steps("hi", config, TABLE) == 60 * 7


def test_steps_where_other_sizes_are_allowed_are_those_of_the_smallest_batches(config):
    config["data"]["allow_other_sizes"] = True
    assert expected_steps("en", config, TABLE) == 60 * 2500


def test_only_a_study_on_the_cpu_asks_for_no_gpu():
    assert [gpus(device) for device in ("auto", "cuda", "cpu")] == [1, 1, 0]


def test_minutes_of_a_training_follow_steps_device_and_attempt():
    # 18,780 steps of Hindi: 1.5 times 563 s on a GPU, 26,292 s on a core, and 10 minutes
    assert [training_minutes(18780, 1, attempt) for attempt in (1, 2, 3)] == [25, 50, 75]
    assert training_minutes(18780, 0, 1) == 668
    assert training_minutes(6, 1, 1) == 11


def test_memory_of_a_training_follows_variant_languages_and_attempt():
    assert training_megabytes("dense", 1, 1) == 3450
    assert training_megabytes("partial-50", 1, 1) == training_megabytes("full-98", 1, 1) == 4800
    assert training_megabytes("dense", 40, 1) == 5100
    assert training_megabytes("full-50", 40, 1) == 6450
    assert training_megabytes("full-50", 40, 3) == 3 * 6450


def test_minutes_and_memory_of_a_prediction_follow_sentences_device_and_attempt():
    # 48,000 sentences are the forward passes of 1,000 training steps
    assert prediction_minutes(48000, 1, 1) == 10 + 1
    assert prediction_minutes(48000, 0, 1) == 10 + 35
    assert prediction_minutes(48000, 0, 2) == 2 * 45
    assert [prediction_megabytes(attempt) for attempt in (1, 2)] == [3450, 6900]


PLANNED = {
    "gpus_per_run": 1,
    "runs": [
        {"training_set": "sw", "variant": "full-50", "seed": 2, "finetune_seconds": 1200.0, "predict_seconds": 40.0}
    ],
}
SETTINGS = {
    "data": {"source": "hub"},
    "encoder": {"source": "hub"},
    "finetuning": {"epochs": 60},
    "schedules": [{"batch_size": 8}],
    "perturbations": ["in-language"],
    "jobs_per_gpu": 1,
    "languages": ["sw", "yo"],
    "monolingual": ["sw"],
    "multilingual": True,
    "seeds": [1, 2],
}


def test_a_plan_for_such_devices_goes_before_what_is_expected(tmp_path):
    plan = tmp_path / "plan.json"
    run = Run("sw", "full-50", 2)
    (row,) = PLANNED["runs"]
    settings = settings_digests(SETTINGS)
    rows = [{**row, "settings": settings["sw"]}]
    assert planned_seconds(plan, 1, settings) == {}
    plan.write_text(json.dumps(PLANNED | {"runs": rows}))
    assert planned_seconds(plan, 1, settings) == {run: {"finetune": 1200.0, "predict": 40.0}}
    assert planned_seconds(plan, 0, settings) == {}
    for record in ({"runs": rows}, PLANNED):  # of earlier versions
        plan.write_text(json.dumps(record))
        assert planned_seconds(plan, 1, settings) == {}
    assert training_minutes(18780, 1, 2, 1200.0) == 2 * (10 + 30)
    assert prediction_minutes(48000, 1, 1, 40.0) == 10 + 1


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"finetuning": {"epochs": 2}}, ()),
        ({"schedules": [{"batch_size": 16}]}, ()),
        ({"encoder": {"source": "local"}}, ()),
        ({"jobs_per_gpu": 2}, ()),
        ({"languages": ["sw", "yo", "te"]}, ("sw",)),
        ({"seeds": [1, 2, 3]}, ("sw", "multilingual")),
    ],
)
def test_a_plan_of_other_settings_is_none_of_this_study(change, same):
    before, after = settings_digests(SETTINGS), settings_digests(SETTINGS | change)
    assert list(before) == ["sw", "multilingual"]
    for training_set, digest in before.items():
        assert (after[training_set] == digest) == (training_set in same)
