"""Runs that are ended and go on: what they give must be that of a run that was left alone, bit for bit."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from ner_pruning.files import InputError, read_json
from ner_pruning.training import finetune as finetune_module
from ner_pruning.training import gradients as gradients_module
from ner_pruning.training import snapshot as snapshot_module
from ner_pruning.training.snapshot import Interrupted
from small_runs import FILES, FINETUNING, PRUNING, WEIGHTS, make_study, run

VARIANTS = ["dense", "partial-50", "full-90"]
pytestmark = pytest.mark.usefixtures("settings_of_torch")


@pytest.fixture(scope="module")
def whole(study, tmp_path_factory):
    """Runs that were left alone."""
    folder = tmp_path_factory.mktemp("whole")
    return {variant: run(study, folder / variant, variant) for variant in VARIANTS}


@pytest.fixture
def signals(monkeypatch):
    """A function that has a signal sent to this process while an optimiser step is made, counted from 1."""
    wanted = {}

    def packed(*arguments, pack=finetune_module.pack):
        packed.step += 1
        if (number := wanted.pop(packed.step, None)) is not None:
            os.kill(os.getpid(), number)
        return pack(*arguments)

    packed.step = 0
    monkeypatch.setattr(finetune_module, "pack", packed)

    def send(number, step):
        """step: counted from the start of the next attempt."""
        wanted[packed.step + step] = number

    return send


def assert_same(folder, whole):
    for name in (WEIGHTS, "config.json", "sparsity.csv"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    curves = [pd.read_csv(path / "training.csv").drop(columns="tokens_per_second") for path in (folder, whole)]
    pd.testing.assert_frame_equal(*curves, check_exact=True)
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES), "something was left behind"


@pytest.mark.parametrize("step", [1, 3, 5, 12, 22, 30, 39])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_stopped_run_goes_on_to_the_same_bytes(study, whole, signals, tmp_path, variant, step):
    """Stopped before, at, between and after pruning updates, which follow steps 5, 10, 15, 20 and 22 of 40."""
    signals(signal.SIGTERM, step)
    with pytest.raises(Interrupted) as stopped:
        run(study, tmp_path / "run", variant)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert not (tmp_path / "run" / "run.json").exists()
    assert read_json(tmp_path / "run" / "snapshot" / "snapshot.json")["progress"]["step"] == step
    assert_same(run(study, tmp_path / "run", variant), whole[variant])
    assert read_json(tmp_path / "run" / "run.json")["resumed_at_steps"] == [step]


def test_a_run_may_be_stopped_again_and_again(study, whole, signals, tmp_path):
    for more in (4, 6, 1, 20):
        signals(signal.SIGINT, more)
        with pytest.raises(Interrupted):
            run(study, tmp_path / "run", "full-90")
    assert_same(run(study, tmp_path / "run", "full-90"), whole["full-90"])
    assert read_json(tmp_path / "run" / "run.json")["resumed_at_steps"] == [4, 10, 11, 31]


@pytest.mark.parametrize("threshold", ["layer", "global"])
def test_thresholds_of_all_matrices_together_go_on_too(study, signals, tmp_path, threshold):
    pruning = PRUNING | {"threshold": threshold}
    alone = run(study, tmp_path / "alone", "full-90", pruning=pruning)
    signals(signal.SIGTERM, 17)
    with pytest.raises(Interrupted):
        run(study, tmp_path / "run", "full-90", pruning=pruning)
    assert_same(run(study, tmp_path / "run", "full-90", pruning=pruning), alone)


def test_padded_batches_go_on_too(study, signals, tmp_path):
    """With dropout, also of the attention, which torch draws."""
    finetuning = FINETUNING | {"packing": "off"}
    alone = run(study, tmp_path / "alone", "full-90", finetuning=finetuning)
    signals(signal.SIGTERM, 17)
    with pytest.raises(Interrupted):
        run(study, tmp_path / "run", "full-90", finetuning=finetuning)
    assert_same(run(study, tmp_path / "run", "full-90", finetuning=finetuning), alone)


def test_weight_decay_bf16_warmup_and_cosine_go_on_too(study, signals, tmp_path):
    changes = {"weight_decay": 0.01, "precision": "bf16", "warmup_steps": 7, "learning_rate_schedule": "cosine"}
    alone = run(study, tmp_path / "alone", "partial-50", finetuning=FINETUNING | changes)
    signals(signal.SIGTERM, 6)
    with pytest.raises(Interrupted):
        run(study, tmp_path / "run", "partial-50", finetuning=FINETUNING | changes)
    assert_same(run(study, tmp_path / "run", "partial-50", finetuning=FINETUNING | changes), alone)


def test_a_warning_signal_makes_a_snapshot_and_the_run_goes_on(study, whole, signals, tmp_path, capsys):
    signals(signal.SIGUSR1, 13)
    assert_same(run(study, tmp_path / "run", "partial-50"), whole["partial-50"])
    assert capsys.readouterr().out.count("snapshot after step 13") == 1


def test_handlers_of_signals_are_those_of_before(study, tmp_path):
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)]
    run(study, tmp_path / "run", "dense")
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)] == before


CHILD = """
import sys
sys.path[:0] = {paths}
from pathlib import Path
from small_runs import run
run(Path(sys.argv[1]), Path(sys.argv[2]), "full-90", snapshot_minutes=1e-9)
"""


def test_a_killed_process_loses_only_what_came_after_its_last_snapshot(study, whole, tmp_path):
    """Killed without warning at a random moment, with a snapshot after every step; what it left is taken up."""
    code = CHILD.format(paths=[path for path in sys.path if path])
    index = tmp_path / "run" / "snapshot" / "snapshot.json"
    child = subprocess.Popen([sys.executable, "-c", code, study, tmp_path / "run"], stdout=subprocess.DEVNULL)
    while not index.exists() or read_json(index)["progress"]["step"] < 7:
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    reached = read_json(index)["progress"]["step"]
    assert reached >= 7
    assert_same(run(study, tmp_path / "run", "full-90"), whole["full-90"])
    assert read_json(tmp_path / "run" / "run.json")["resumed_at_steps"] == [reached]


@pytest.fixture
def stopped(study, signals, tmp_path) -> Path:
    """The folder of a run that was stopped after step 12."""
    signals(signal.SIGTERM, 12)
    with pytest.raises(Interrupted):
        run(study, tmp_path / "run", "full-90")
    return tmp_path / "run"


def test_a_kill_while_a_snapshot_is_written_leaves_the_one_before(study, whole, stopped, monkeypatch):
    """The tensors of a later snapshot are there, but not the file that names them."""

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(snapshot_module, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        run(study, stopped, "full-90", snapshot_minutes=1e-9)
    assert len(list(stopped.glob("snapshot/*.safetensors"))) == 2
    monkeypatch.undo()
    assert_same(run(study, stopped, "full-90"), whole["full-90"])
    assert read_json(stopped / "run.json")["resumed_at_steps"] == [12]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"version": "other code"}, "code or packages"),
        ({"seed": 2}, "variant or seed"),
        ({"finetuning": FINETUNING | {"learning_rate": 2e-3}}, "config"),
        ({"pruning": PRUNING | {"curve": "linear"}}, "config"),
    ],
)
def test_a_snapshot_of_another_run_is_not_taken(study, stopped, tmp_path, capsys, change, name):
    alone = run(study, tmp_path / "alone", "full-90", **change)
    capsys.readouterr()
    assert_same(run(study, stopped, "full-90", **change), alone)
    assert f"{stopped / 'snapshot'}: the snapshot was made with other {name}; the run starts afresh" in (
        capsys.readouterr().out
    )
    assert read_json(stopped / "run.json")["resumed_at_steps"] == []


def test_a_snapshot_with_other_data_or_encoder_is_not_taken(study, stopped, tmp_path, capsys):
    other = make_study(tmp_path / "other")
    for name, content in (("sw", "yo"), ("yo", "sw")):
        (other / f"{name}.parquet").write_bytes((study / f"{content}.parquet").read_bytes())
    weights = other / "encoder" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    run(other, stopped, "full-90")
    assert "the snapshot was made with other data, encoder; the run starts afresh" in capsys.readouterr().out


def test_a_snapshot_of_languages_in_another_order_is_not_taken(study, whole, stopped, tmp_path, capsys):
    """Batches follow it. What comes of it is what an uninterrupted run in that order comes to."""
    other = run(study, tmp_path / "other", "full-90", languages=("yo", "sw"))
    capsys.readouterr()
    run(study, stopped, "full-90", languages=("yo", "sw"))
    assert "the snapshot was made with other data; the run starts afresh" in capsys.readouterr().out
    assert_same(stopped, other)
    assert (other / WEIGHTS).read_bytes() != (whole["full-90"] / WEIGHTS).read_bytes()


def test_a_snapshot_of_packed_batches_is_not_taken_for_padded_ones(study, stopped, tmp_path, capsys):
    """The check of the encoder may find otherwise than it did."""
    other = make_study(tmp_path / "other")
    config = other / "encoder" / "config.json"
    config.write_text(json.dumps(read_json(config) | {"packed_batches": False}))
    alone = run(other, tmp_path / "alone", "full-90")
    capsys.readouterr()
    assert_same(run(other, stopped, "full-90"), alone)
    assert "the snapshot was made with other packing; the run starts afresh" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["bit", "cut", "gone", "index"])
def test_a_damaged_snapshot_is_not_taken(study, whole, stopped, capsys, damage):
    index, (tensors,) = stopped / "snapshot" / "snapshot.json", stopped.glob("snapshot/*.safetensors")
    content = bytearray(tensors.read_bytes())
    if damage == "bit":
        content[-1] ^= 1
        tensors.write_bytes(content)
    elif damage == "cut":
        tensors.write_bytes(content[:-10])
    elif damage == "gone":
        tensors.unlink()
    else:
        index.write_text(index.read_text()[:-20])
    capsys.readouterr()
    assert_same(run(study, stopped, "full-90"), whole["full-90"])
    out = capsys.readouterr().out
    assert (f"{index}: not a JSON file" if damage == "index" else f"{tensors}: the snapshot is damaged") in out
    assert "; the run starts afresh" in out


def test_training_seconds_are_those_of_all_attempts(study, stopped):
    before = read_json(stopped / "snapshot" / "snapshot.json")["progress"]["seconds"]
    run(study, stopped, "full-90")
    record = read_json(stopped / "run.json")
    assert record["seconds"] > record["training_seconds"] > before > 0


def without_gradient(logits, loss):
    """The loss plus a root at 0, whose gradient does not exist."""
    return loss + (0 * logits.sum()).sqrt()


def test_an_encoder_without_a_loss_is_to_blame_and_its_sentences_are_named(study, tmp_path, monkeypatch):
    """Before the first update no setting of the training can be."""
    chosen = []

    def packed(sentences, numbers, pack=finetune_module.pack):
        chosen.append(numbers)
        return pack(sentences, numbers)

    monkeypatch.setattr(finetune_module, "pack", packed)
    monkeypatch.setattr(gradients_module, "cross_entropy", lambda logits, *_, **__: logits.sum() * math.nan)
    with pytest.raises(InputError) as error:
        run(study, tmp_path / "run", "dense")
    files = {"sw": [n for n in sorted(chosen[0]) if n < 45], "yo": [n - 45 for n in sorted(chosen[0]) if n >= 45]}
    assert all(files.values()), "a batch of both languages"
    rows = [f"rows {' '.join(map(str, numbers))} of {study}/{code}.parquet" for code, numbers in files.items()]
    assert str(error.value) == (
        f"{tmp_path}/run/run.json: the loss is nan at step 1 (epoch 1), before any update, on {', '.join(rows)}: the "
        "encoder's fault"
    )


@pytest.mark.parametrize(
    ("wrong", "what"),
    [(lambda _, loss: loss * math.nan, "loss is nan"), (without_gradient, "gradient is not finite")],
    ids=["loss", "gradient"],
)
def test_what_is_not_finite_stops_the_run_with_step_and_settings_and_reaches_no_snapshot(
    study, whole, stopped, monkeypatch, wrong, what
):
    """It comes up between two rows of the curve, with a snapshot after every step; the run goes on when it is gone."""
    chosen = []

    def packed(sentences, numbers, pack=finetune_module.pack):
        chosen.append(numbers)
        return pack(sentences, numbers)

    def loss_of(logits, tags, cross_entropy=gradients_module.cross_entropy, **options):
        loss = cross_entropy(logits, tags, **options)
        return wrong(logits, loss) if len(chosen) == 5 else loss

    monkeypatch.setattr(finetune_module, "LOG_ROWS", 1)
    monkeypatch.setattr(finetune_module, "pack", packed)
    monkeypatch.setattr(gradients_module, "cross_entropy", loss_of)
    with pytest.raises(InputError) as error:
        run(study, stopped, "full-90", snapshot_minutes=1e-9)
    assert str(error.value) == (
        f"{stopped}/run.json: the {what} at step 17 (epoch 3): training has diverged with finetuning: learning_rate "
        "0.001, gradient_clipping 1.0, weight_decay 0.0, adam_beta1 0.9, adam_beta2 0.999, adam_epsilon 1e-08; "
        "expected values with which it does not, such as a lower learning_rate; the last snapshot, if any, is kept"
    )
    assert read_json(stopped / "snapshot" / "snapshot.json")["progress"]["step"] == 16
    monkeypatch.undo()
    run(study, stopped, "full-90")
    assert (stopped / WEIGHTS).read_bytes() == (whole["full-90"] / WEIGHTS).read_bytes()
    assert read_json(stopped / "run.json")["resumed_at_steps"] == [12, 16]


METHODS = {
    "partial-50-random": None,
    "full-90-random": None,
    "embeddings-90": None,
    "full-50-before": None,
    "full-50-recovered": "dense",
    "full-90-rewound": "full-90",
    "partial-50-2to4": None,
    "partial-90-movement": None,
}
"""Variants of other methods, and the variant that each starts from."""


@pytest.mark.parametrize("variant", METHODS)
def test_every_method_goes_on_to_the_same_bytes(study, whole, signals, tmp_path, variant):
    """Stopped before, between and after the pruning updates of those that have any while they train."""
    source = whole[METHODS[variant]] / WEIGHTS if METHODS[variant] else None
    alone = run(study, tmp_path / "alone", variant, source=source)
    for more in (1, 11, 16):
        signals(signal.SIGTERM, more)
        with pytest.raises(Interrupted):
            run(study, tmp_path / "run", variant, source=source)
    assert_same(run(study, tmp_path / "run", variant, source=source), alone)
    assert read_json(tmp_path / "run" / "run.json")["resumed_at_steps"] == [1, 12, 28]


def test_a_snapshot_of_a_run_that_started_from_another_model_is_not_used(study, whole, signals, tmp_path, capsys):
    signals(signal.SIGTERM, 6)
    with pytest.raises(Interrupted):
        run(study, tmp_path / "run", "full-50-recovered", source=whole["dense"] / WEIGHTS)
    other = run(study, tmp_path / "dense", "dense", finetuning=FINETUNING | {"learning_rate": 2e-3})
    run(study, tmp_path / "run", "full-50-recovered", source=other / WEIGHTS)
    assert "made with other run that it starts from; the run starts afresh" in capsys.readouterr().out
    assert read_json(tmp_path / "run" / "run.json")["resumed_at_steps"] == []
