"""What a study will cost, worked out by hand on round rates, and the size of a stored run against a real one."""

import os
import re
import subprocess
from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from ner_pruning.data.encoded_sentences import concatenate, read_encoded, take, write_encoded
from ner_pruning.files import read_json
from ner_pruning.planning import calibration, costs
from ner_pruning.planning.costs import (
    JOB_SECONDS,
    Rates,
    TrainingSetSize,
    hours,
    import_seconds,
    mean_rates,
    measure_rates,
    padded_pieces,
    plan_run,
    plan_text,
    slowed_down,
    stored_bytes,
)
from ner_pruning.report.run_table import plan_table, planned_and_measured
from ner_pruning.terms import Run
from ner_pruning.training import word_rows
from ner_pruning.training.finetune import finetune
from ner_pruning.training.model import load_encoder, set_packing
from ner_pruning.training.pruning import Pruner
from ner_pruning.training.run import make_training
from ner_pruning.training.word_rows import WordRows
from small_models import random_sentences, tiny_model
from small_runs import FINETUNING, PRUNING, WEIGHTS, run

RATES = Rates(
    start_seconds=4,
    load_seconds=6,
    parameter_seconds=1e-6,
    piece_seconds=0.01,
    update_seconds={"partial": 2.0, "full": 3.0},
    load_run_seconds=5,
    predict_piece_seconds=0.001,
    stored_share=0.5,
    prediction_bytes=40,
    fixed_weights=100_000,
    rows=5000,
    hidden=10,
    all_rows_below=300,
    prunable={"partial": 60_000, "full": 70_000},
    padded=False,
    device="abacus",
)
SIZE = TrainingSetSize(
    sentences=95, pieces=1000, padded_pieces=2100, rows=200, evaluation_sentences=300, evaluation_pieces=2000
)
SCHEDULES = [
    {"up_to": 50, "batch_size": 5, "start": 1, "end": 2, "frequency": 1},
    {"up_to": 100, "batch_size": 10, "start": 10, "end": 25, "frequency": 10},
]
CONFIG = {"finetuning": {"epochs": 3, "weight_decay": 0.0}}


def test_a_run_worked_out_by_hand():
    row = plan_run(Run("sw", "partial-50", 2), SIZE, SCHEDULES, CONFIG, RATES)
    assert (row["training_set"], row["variant"], row["seed"]) == Run("sw", "partial-50", 2)
    assert row["steps"] == 3 * 10  # 95 sentences in batches of 10, the last one of 5
    assert row["pieces"] == 3000
    assert row["updates"] == 3  # at 10, 20 and 25
    # 102,000 weights are trained: 30 steps of .102 s, 3,000 pieces of .01 s and 3 updates of 2 s
    assert row["finetune_seconds"] == pytest.approx(4 + 6 + 3.06 + 30 + 6)
    assert row["predict_seconds"] == pytest.approx(4 + 5 + 2)
    assert row["stored_bytes"] == 4 * (102_000 - 30_000) * 0.5 + 60_000 / 8 + 300 * 40


def test_a_padded_run_computes_its_padding():
    packed, padded = (
        plan_run(Run("sw", "dense", 1), SIZE, SCHEDULES, CONFIG, replace(RATES, padded=padded))
        for padded in (False, True)
    )
    assert (packed["pieces"], packed["computed_pieces"]) == (3000, 3000)
    assert (padded["pieces"], padded["computed_pieces"]) == (3000, 6300)
    assert padded["finetune_seconds"] - packed["finetune_seconds"] == pytest.approx(3300 * 0.01)
    assert padded["predict_seconds"] == packed["predict_seconds"]


@pytest.mark.parametrize(
    "lengths, batch_size",
    [([1, 2, 3, 4, 9], 2), ([5, 1, 7, 7, 2, 9, 4], 3), ([3, 3], 5), ([4, 8, 1], 1), ([2, 8, 1], 3)],
)
def test_padded_pieces_are_the_mean_over_all_orders_of_the_sentences(lengths, batch_size):
    epochs = [sum(len(batch) * max(batch) for batch in batched(order, batch_size)) for order in permutations(lengths)]
    assert padded_pieces(np.array(lengths), batch_size) == pytest.approx(np.mean(epochs))


def batched(values, size):
    return [values[start : start + size] for start in range(0, len(values), size)]


def test_a_dense_run_has_no_updates_and_weight_decay_trains_all_rows():
    row = plan_run(Run("sw", "dense", 1), SIZE, SCHEDULES, CONFIG, RATES)
    assert row["updates"] == 0
    assert row["finetune_seconds"] == pytest.approx(4 + 6 + 3.06 + 30)
    decayed = plan_run(
        Run("sw", "dense", 1),
        SIZE,
        SCHEDULES,
        {"finetuning": {"epochs": 3, "weight_decay": 0.1}},
        replace(RATES, all_rows_below=5001),
    )
    # all 5,000 rows of 10 weights are trained; what all_rows_below is on such a study is measured with its weight decay
    assert decayed["finetune_seconds"] - row["finetune_seconds"] == pytest.approx(30 * 48_000 * 1e-6)
    assert decayed["stored_bytes"] - row["stored_bytes"] == 4 * 48_000 * 0.5


@pytest.mark.parametrize(
    ("variant", "updates", "seconds"),
    [
        ("partial-50-random", 3, 4 + 6 + 3.06 + 30 + 6),
        ("partial-50-movement", 3, 4 + 6 + 3.06 + 30 + 6),
        ("partial-50-2to4", 1, 4 + 6 + 3.06 + 30 + 2),
        ("full-50-before", 1, 4 + 6 + 3.06 + 30 + 3),
        ("full-50-after", 1, 4 + 6 + 5 + 3),  # no step; the dense run is loaded
        ("full-50-recovered", 1, 4 + 6 + 5 + 3.06 + 30 + 3),
        ("full-50-rewound", 1, 4 + 6 + 5 + 3.06 + 30 + 3),
    ],
)
def test_a_run_of_another_method_worked_out_by_hand(variant, updates, seconds):
    row = plan_run(Run("sw", variant, 2), SIZE, SCHEDULES, CONFIG, RATES)
    by_magnitude = plan_run(Run("sw", "-".join(variant.split("-")[:2]), 2), SIZE, SCHEDULES, CONFIG, RATES)
    assert row["updates"] == updates
    assert row["finetune_seconds"] == pytest.approx(seconds)
    assert (row["steps"], row["pieces"]) == ((0, 0) if "after" in variant else (30, 3000))
    assert [row[key] for key in ("stored_bytes", "predict_seconds")] == [
        by_magnitude[key] for key in ("stored_bytes", "predict_seconds")
    ]


@pytest.mark.parametrize("variant", ["dense-int8", "full-50-int8"])
def test_a_run_in_int8_is_a_prediction_alone(variant):
    row = plan_run(Run("sw", variant, 2), SIZE, SCHEDULES, CONFIG, RATES)
    trained = plan_run(Run("sw", variant.removesuffix("-int8"), 2), SIZE, SCHEDULES, CONFIG, RATES)
    assert set(row) == set(trained)
    assert [row[key] for key in ("steps", "pieces", "computed_pieces", "updates", "finetune_seconds")] == [0] * 5
    assert row["predict_seconds"] == trained["predict_seconds"] and row["stored_bytes"] == 300 * 40


def test_a_prediction_in_int8_waits_for_the_run_that_it_is_of():
    base, quantised = Run("sw", "dense", 1), Run("sw", "dense-int8", 1)
    plan = {run: plan_run(run, SIZE, SCHEDULES, CONFIG, RATES) for run in (base, quantised)}
    jobs = Counter([("finetune", base), ("predict", base), ("predict", quantised)])
    seconds = plan[base]["finetune_seconds"] + plan[quantised]["predict_seconds"]
    assert hours(jobs, plan, {}, cores=8, runs_at_a_time=8).clock == pytest.approx(seconds / 3600)


def test_embeddings_alone_are_stored_as_under_full():
    rates = replace(RATES, prunable=RATES.prunable | {"embeddings": 10_000})
    # 10,000 of positions and 2,000 of trained words, to a half; 48,000 untrained weights of words have a bit each
    assert stored_bytes("embeddings", 50, 200, rates) == 4 * (102_000 - 6_000) * 0.5 + (12_000 + 48_000) / 8


def test_full_stores_a_bit_of_every_row():
    # 70,000 and 2,000 of trained words are pruned to a half; 48,000 untrained ones have a bit each
    assert stored_bytes("full", 50, 200, RATES) == 4 * (102_000 - 36_000) * 0.5 + (72_000 + 48_000) / 8


PLAN = {Run("sw", "dense", 1): {"finetune_seconds": 3600.0, "predict_seconds": 360.0}}
PLAN[Run("sw", "full-50", 1)] = {"finetune_seconds": 7200.0, "predict_seconds": 360.0}


def test_hours_by_job_and_by_the_clock():
    jobs = Counter({("finetune", run): 1 for run in PLAN} | {("predict", run): 1 for run in PLAN} | {"figure": 4})
    several = hours(jobs, PLAN, {"figure": 9.0}, cores=4, runs_at_a_time=1)
    assert (several.finetune, several.predict, several.other) == pytest.approx((3, 0.2, 0.01))
    assert several.clock == pytest.approx(3.2 + 0.01 / 4)
    many = hours(jobs, PLAN, {"figure": 9.0}, cores=4, runs_at_a_time=4)
    assert many.clock == pytest.approx(2.1 + 0.01 / 4)  # never less than the longest run


def test_jobs_that_share_a_gpu_wait_for_the_longest():
    """Two runs on one GPU: as fast together as alone, and with four at a time one takes as long as both before."""
    runs = [Run("sw", "dense", 1), Run("multilingual", "dense", 1)]

    def plan(shared):
        seconds = dict(zip(runs, (360 * shared, 3600 * shared), strict=True))
        return {run: {"finetune_seconds": each, "predict_seconds": 0.0} for run, each in seconds.items()}

    jobs = Counter({(rule, run): 1 for rule in ("finetune", "predict") for run in runs} | {"figure": 100})
    found = costs.gpu_hours(jobs, {1: plan(1), 2: plan(1), 4: plan(1.2)})
    assert found == pytest.approx({1: 1.1, 2: 1.0, 4: 1.2})


def test_a_run_waits_for_the_one_that_it_starts_from():
    after = Run("sw", "full-50-recovered", 1)
    plan = PLAN | {after: {"finetune_seconds": 3600.0, "predict_seconds": 360.0}}
    jobs = Counter({("finetune", run): 1 for run in plan} | {("predict", run): 1 for run in plan})
    many = hours(jobs, plan, {}, cores=8, runs_at_a_time=8)
    assert many.clock == pytest.approx(2.1)  # both one after the other: 1 + 1 + 0.1, as long as the longest
    plan[after]["finetune_seconds"] = 7200.0
    assert hours(jobs, plan, {}, cores=8, runs_at_a_time=8).clock == pytest.approx(1 + 2 + 0.1)
    del jobs["finetune", Run("sw", "dense", 1)]  # it has run already
    assert hours(jobs, plan, {}, cores=8, runs_at_a_time=8).clock == pytest.approx(2.1)


def test_snakemake_takes_its_time_from_the_jobs():
    jobs = Counter({("finetune", run): 1 for run in PLAN} | {("predict", run): 1 for run in PLAN} | {"figure": 4})
    slower = 1 + 8 * JOB_SECONDS / (3.2 * 3600 + 4 * 36)
    slowed, starts = slowed_down({run: row | {"steps": 20} for run, row in PLAN.items()}, {"figure": 36.0}, jobs)
    assert starts == pytest.approx({"figure": 36 * slower})
    for which, row in PLAN.items():
        assert slowed[which] == pytest.approx({key: slower * value for key, value in row.items()} | {"steps": 20})
    assert slowed_down({}, {}, Counter()) == ({}, {})


def test_only_the_jobs_that_are_left_cost_time():
    left = hours(Counter({("predict", Run("sw", "dense", 1)): 1}), PLAN, {}, cores=1, runs_at_a_time=1)
    assert (left.finetune, left.predict, left.other) == pytest.approx((0, 0.1, 0))


def test_a_step_of_a_large_vocabulary_moves_the_rows_of_its_batch():
    """From 300 rows on: 30 steps of .1 s, whatever the rows."""
    large = replace(SIZE, rows=3000)
    row = plan_run(Run("sw", "dense", 1), large, SCHEDULES, CONFIG, RATES)
    assert row["finetune_seconds"] == pytest.approx(4 + 6 + 3 + 30)
    assert row["stored_bytes"] == 4 * 130_000 * 0.5 + 300 * 40


def test_as_many_jobs_on_a_gpu_are_tried_as_it_has_memory_for(monkeypatch, capsys):
    def measure(work, processes):
        if processes > 2:
            raise RuntimeError("the calibration failed: out of memory")
        return replace(RATES, piece_seconds=processes)

    monkeypatch.setattr(costs, "measure_rates", measure)
    rates = costs.measure_several({}, 2, [1, 2, 4, 8])
    assert {number: rate.piece_seconds for number, rate in rates.items()} == {1: 1, 2: 2}
    assert capsys.readouterr().out == "4 at a time were not possible: the calibration failed: out of memory\n"
    with pytest.raises(RuntimeError):
        costs.measure_several({}, 4, [1])


def test_rates_of_several_processes_are_averaged():
    slow = Rates(**vars(RATES) | {"piece_seconds": 0.03, "update_seconds": {"partial": 4.0, "full": 3.0}})
    mean = mean_rates([RATES, slow])
    assert mean.piece_seconds == pytest.approx(0.02)
    assert mean.update_seconds == {"partial": 3.0, "full": 3.0}
    assert (mean.rows, mean.device, mean.load_seconds) == (5000, "abacus", 6)


def test_the_text_says_what_is_left():
    rows = [plan_run(Run("sw", variant, 1), SIZE, SCHEDULES, CONFIG, RATES) for variant in ("dense", "full-50")]
    spent = {"finetune": 1.5, "predict": 0.25, "other": 0.0, "clock": 0.9}
    plan = {
        "study": "mine",
        "cores": 2,
        "runs_at_a_time": 2,
        "gpu_hours": {},
        "rates": vars(RATES),
        "runs": rows,
        "runs_left": 1,
    }
    plan |= {"jobs": 1234, "jobs_left": 20, "hours": spent, "hours_left": dict.fromkeys(spent, 0.125)}
    plan["claims"] = [{"claim": "1", "parts": 13, "planned": 7, "decidable": 5, "detectable": 0.0412}]
    text = plan_text(plan)
    assert "study mine: 2 runs (1 to train), 1,234 jobs (20 to do)" in text
    assert "training: 60 steps, 6,000 word pieces" in text
    assert "disk: 0.4 MB of weights and predictions" in text
    assert "device: abacus, 2 at a time" in text
    assert "share" not in text
    padded = plan_text(plan | {"rates": plan["rates"] | {"padded": True}})
    assert "training: 60 steps, 6,000 word pieces, with padding 6,000\n" in padded
    gpu = plan_text(plan | {"gpu_hours": {1: 3.0, 2: 2.0, 4: 2.5}})
    assert "by the jobs that share it: 1: 3 h 0 min, 2: 2 h 0 min, 4: 2 h 30 min; best with jobs_per_gpu: 2\n" in gpu
    *_, clock, _, claim, _ = text.splitlines()
    assert re.split(" {2,}", clock) == ["wall clock, on 2 cores", "54 min", "7 min 30 s"]
    assert claim.split() == ["1", "13", "7", "5", "0.041"]


def test_the_error_is_of_the_runs_that_were_planned_and_have_run():
    dense, pruned = ((Run("sw", variant, 1)) for variant in ("dense", "full-50"))
    rows = [{**plan_run(run, SIZE, SCHEDULES, CONFIG, RATES), "settings": "a"} for run in (dense, pruned)]
    found = {"finetune_seconds": 2 * rows[0]["finetune_seconds"], "predict_seconds": rows[0]["predict_seconds"] / 2}
    found |= {"steps": 30, "stored_bytes": rows[0]["stored_bytes"]}
    plan = {"study": "mine", "runs_at_a_time": 1, "gpu_hours": {}, "rates": vars(RATES), "runs": rows}
    measured = {dense: found, Run("yo", "dense", 1): found}
    frame = planned_and_measured(plan, measured, {"sw": "a", "yo": "a"})
    assert frame["runs"].tolist() == [1] * 4
    assert frame["error"].tolist() == pytest.approx([1, -0.5, 0, 0])
    shown = [line.split("|")[1:-1] for line in plan_table(frame, plan).markdown().splitlines() if "fine-tuning" in line]
    assert [cell.strip() for cell in shown[0]] == ["hours of fine-tuning", "1", "0.01", "0.02", "+100%"]
    assert planned_and_measured(plan, measured, {"sw": "b", "yo": "b"})["runs"].tolist() == [0] * 4


@pytest.fixture(scope="module")
def work(study, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("work")
    pool = concatenate([read_encoded(study / f"{language}.parquet") for language in ("sw", "yo")])
    write_encoded(folder / "train.parquet", pool)
    scopes = ["partial", "full", "embeddings"]
    arguments = {"encoder": str(study / "encoder"), "train": str(folder / "train.parquet"), "pruning": PRUNING}
    arguments |= {"evaluation": str(folder / "train.parquet"), "scopes": scopes}
    arguments["finetuning"] = FINETUNING | {"warmup_steps": 50}  # longer than all that is tried
    return arguments | {"batch_size": 8}


@pytest.fixture(scope="module")
def rates(work) -> Rates:
    """Of two processes at a time."""
    return measure_rates(work, 2)


def test_what_is_measured_is_of_this_model(rates, study):
    assert rates.rows == 90
    assert rates.hidden == 16
    assert 0 < rates.piece_seconds + rates.parameter_seconds < 0.01
    assert 0 < rates.predict_piece_seconds < 0.01
    assert 1 < rates.start_seconds < 120
    assert 0.5 < rates.stored_share < 2
    assert not rates.padded
    # two layers of 4 · 16² + 2 · 16 · 24 weights; 40 positions and 2 types of 16
    assert rates.prunable == {"partial": 2 * (4 * 256 + 768), "full": 2 * 1792 + 672, "embeddings": 672}
    assert rates.update_seconds.keys() == {"partial", "full", "embeddings"}


def test_padded_steps_are_measured_by_their_padding(work, monkeypatch):
    """Of sentences of 5 and 3 pieces 2 · 5 are computed, of those of 2 and 3, 2 · 3."""
    assert measure_rates(work | {"finetuning": FINETUNING | {"packing": "off"}}, 1).padded
    curve = [{"tokens_per_second": 4.0}, {"tokens_per_second": 8.0}]
    sentences = random_sentences([5, 3, 2, 3])
    monkeypatch.setattr(calibration, "finetune", lambda *_, **__: curve)
    monkeypatch.setattr(calibration, "draw_batches", lambda *_: [(1, torch.tensor([0, 1])), (1, torch.tensor([2, 3]))])
    model = tiny_model("bert")
    arguments = sentences, make_training(FINETUNING, 2, torch.device("cpu")), Pruner({}, {}), None
    steps = [calibration.time_steps(model, *arguments)]
    set_packing(model, False)
    steps.append(calibration.time_steps(model, *arguments))
    assert [pieces.tolist() for pieces, _ in steps] == [[8, 5], [10, 6]]
    assert [seconds.tolist() for _, seconds in steps] == [[2.0, 0.625]] * 2


def test_the_first_pruning_update_of_a_scope_does_not_count(study, work, monkeypatch, tmp_path):
    """It allocates, and touches the rows of the vocabulary that are not trained for the first time."""
    steps = calibration.time_steps

    def slow_at_first(model, sentences, training, pruner, start):
        pieces, seconds = steps(model, sentences, training, pruner, start)
        return pieces, seconds + [
            1000.0 * (step == min(pruner.schedule, default=0)) for step in range(1, len(seconds) + 1)
        ]

    monkeypatch.setattr(calibration, "time_steps", slow_at_first)
    model = load_encoder(str(study / "encoder"), dropout=0.0, seed=1)
    arguments = calibration.Work(**work, spawned=0.0, folder=str(tmp_path))
    updates = calibration.time_training(model, read_encoded(arguments.train), arguments)["update_seconds"]
    assert max(updates.values()) < 100


def test_measured_steps_make_up_for_as_much_as_those_late_in_a_training(monkeypatch):
    """What the rows of a batch have missed: early and late in a training, and in the steps that a plan measures."""
    monkeypatch.setattr(word_rows, "FEWEST_WEIGHTS", 0)
    monkeypatch.setattr(calibration, "LATE", 500)
    pool = random_sentences([6] * 800)  # of pieces of which few are frequent and many rare, as those of a language
    pool = replace(pool, pieces=(np.random.default_rng(0).zipf(1.3, len(pool.pieces)) % 3000).astype(np.int32))
    training = replace(make_training(FINETUNING, 4, torch.device("cpu")), epochs=4)
    models = [tiny_model("bert", vocabulary=3000) for _ in range(2)]
    behind, catch_up = [], WordRows._catch_up

    def count(words, rows):
        moved = words._moved[rows]
        behind.append(np.minimum(words._done - moved, words._most)[moved > 0].sum())
        if len(rows) < 100:  # a batch's
            catch_up(words, rows)

    monkeypatch.setattr(WordRows, "_catch_up", count)
    finetune(models[0], pool, training, Pruner({}, {}), seed=2)
    early, late = np.mean(behind[:20]), np.mean(behind[500:800])
    monkeypatch.setattr(WordRows, "_catch_up_all", lambda words: None)  # at the end of a training
    behind.clear()
    start, left = calibration.late_in_training(pool, training, 3000)
    some = np.random.default_rng(0).permutation(left)[:100]
    once = replace(training, epochs=1)
    pieces, seconds = calibration.time_several(models[1], pool, some, once, start, steps=70)
    assert len(pieces) == len(seconds) == 72 and (pieces == 24).all()  # 25 steps at once, whose first does not count
    assert len(behind) == 75 and np.mean(behind) == pytest.approx(late, rel=0.2)
    assert late > 5 * early


@pytest.mark.parametrize(
    ("sentences", "batch_size", "left"), [(800, 4, 400), (17, 16, 17), (100, 8, 52), (1, 8, 1), (40000, 16, 20000)]
)
def test_the_sentences_that_an_epoch_has_left_are_measured_if_they_are_many(sentences, batch_size, left):
    training = make_training(FINETUNING, batch_size, torch.device("cpu"))
    start, numbers = calibration.late_in_training(random_sentences([3] * sentences), training, 60)
    assert len(numbers) == len(set(numbers.tolist())) == left
    moved = start._tensors["moved"].numpy()
    assert moved.min() >= 1 and moved.max() == calibration.LATE == len(start._tensors["rates"])


def test_steps_that_move_all_rows_are_measured_on_all_sentences(study, work, monkeypatch, tmp_path):
    """As on a GPU, with weight decay, and with few rows: there a late step takes as long as an early one."""
    starts, steps = [], calibration.time_steps

    def noted(model, sentences, training, pruner, start):
        starts.append(start)
        return steps(model, sentences, training, pruner, start)

    monkeypatch.setattr(calibration, "time_steps", noted)
    monkeypatch.setattr(calibration, "SECONDS", 0.01)
    arguments = calibration.Work(**work, spawned=0.0, folder=str(tmp_path))
    for fewest, late in ((word_rows.FEWEST_WEIGHTS, False), (0, True)):
        monkeypatch.setattr(word_rows, "FEWEST_WEIGHTS", fewest)
        starts.clear()
        model = load_encoder(str(study / "encoder"), dropout=0.0, seed=1)
        calibration.time_training(model, read_encoded(arguments.train), arguments)
        assert {start is not None for start in starts} == {late} and len(starts) >= 6


@pytest.mark.parametrize("variant", ["dense", "partial-90", "full-50"])
def test_steps_and_stored_size_are_those_of_a_real_run(rates, study, tmp_path, variant):
    out = run(study, tmp_path / "run", variant)
    pool = concatenate([read_encoded(study / f"{language}.parquet") for language in ("sw", "yo")])
    size = TrainingSetSize(len(pool), len(pool.pieces), 0, len(np.unique(pool.pieces)), 0, 0)
    schedules = [{"up_to": 100, "batch_size": 8, "start": 5, "end": 22, "frequency": 5}]
    row = plan_run(Run("multilingual", variant, 1), size, schedules, {"finetuning": FINETUNING}, rates)
    record = read_json(out / "run.json")
    assert (row["steps"], row["pieces"]) == (record["steps"], record["pieces"])
    # names, shapes and biases are a large part of so small a file
    assert row["stored_bytes"] == pytest.approx(os.path.getsize(out / WEIGHTS), rel=0.3)


def test_a_calibration_that_fails_says_why(work, tmp_path):
    with pytest.raises(RuntimeError, match="the calibration failed: .*no such folder"):
        measure_rates(work | {"encoder": str(tmp_path / "no such folder")}, 1)


def test_a_calibration_that_is_killed_says_so(work, monkeypatch):
    killed = subprocess.CompletedProcess([], -9, stderr="")
    monkeypatch.setattr(costs.subprocess, "run", lambda *_, **__: killed)
    with pytest.raises(RuntimeError, match="^the calibration failed: it ended with signal 9, as the system kills"):
        measure_rates(work, 1)


def test_sentences_may_be_taken_twice(study):
    sentences = read_encoded(study / "sw.parquet")
    taken = take(sentences, np.array([3, 0, 3]))
    assert len(taken) == 3
    for place, sentence in enumerate([3, 0, 3]):
        for name, offsets in (("pieces", "piece_offsets"), ("tags", "word_offsets"), ("first_pieces", "word_offsets")):
            parts = [
                getattr(of, name)[slice(*getattr(of, offsets)[at : at + 2])]
                for of, at in ((taken, place), (sentences, sentence))
            ]
            assert np.array_equal(*parts)
        assert taken.digests[place] == sentences.digests[sentence]


def test_scripts_that_import_the_same_are_measured_once(monkeypatch):
    scripts = Path(__file__).parents[3] / "workflow/scripts"
    started = []
    monkeypatch.setattr("subprocess.run", lambda command, **_: started.append(command[-1]))
    chosen = {scripts / f"{name}.py" for name in ("bootstrap", "collect_scores", "score", "overlap")}
    seconds = import_seconds(chosen, scripts / "ner_pruning", 1)
    assert seconds.keys() == chosen
    assert len(started) == 2
