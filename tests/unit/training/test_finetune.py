import copy
import dataclasses
import json
import math
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from ner_pruning.data.mentions import LABELS
from ner_pruning.files import InputError, file_digest
from ner_pruning.study.layout import ENCODER_FILES
from ner_pruning.training import finetune as finetune_module
from ner_pruning.training.checkpoint import load_run, read_weights
from ner_pruning.training.encoder import random_encoder
from ner_pruning.training.finetune import CURVE_COLUMNS, TrainingError, clip_gradients, finetune
from ner_pruning.training.model import is_packed, load_batch, load_encoder
from ner_pruning.training.packing import pack
from ner_pruning.training.precision import choose_precision
from ner_pruning.training.pruning import Pruner, prunable_matrices, sparsity_schedule
from ner_pruning.training.pruning_methods import criterion
from safetensors.torch import load_file, save_file
from small_models import CPU, make_training, padded_inputs, pruned_at, random_sentences, tiny_model
from small_runs import FILES, FINETUNING, PRUNING, SCHEDULES, SIZES, WEIGHTS, run
from torch import nn
from torch.nn.utils import prune

pytestmark = pytest.mark.usefixtures("settings_of_torch")

TRAINING = make_training(epochs=40, learning_rate=7e-5)
LENGTHS = [3, 60, 7, 2, 19, 5, 33, 4, 6, 5, 11, 3, 48, 2, 9, 8, 5, 7, 21, 4] * 2  # 40 sentences: 5 steps an epoch
SENTENCES = random_sentences(LENGTHS, all_lost=[5, 12, 33])


@pytest.fixture
def chosen_batches(monkeypatch):
    """The sentences of every batch that `finetune` has trained on, in order."""
    batches = []

    def recorded(sentences, chosen):
        batches.append(chosen.copy())
        return pack(sentences, chosen)

    monkeypatch.setattr(finetune_module, "pack", recorded)
    return batches


def plain_loop(model, batches, learning_rate, prune_at=None):
    """The usual training: padded batches, the model's own loss, and masks by torch.nn.utils.prune; return the losses.

    prune_at: number of zeros in all, by layer, after each step at which to prune.
    """
    model.train()
    if is_packed(model):  # else it has its own attention
        model.set_attn_implementation("sdpa")
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.0)
    linear = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: 1 - done / len(batches))
    losses = []
    for step, chosen in enumerate(batches, start=1):
        optimizer.zero_grad()
        loss = model(**padded_inputs(SENTENCES, chosen, model.config.pad_token_id)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        linear.step()
        losses.append(loss.item())
        for name, zeros in (prune_at or {}).get(step, {}).items():
            layer = model.get_submodule(name.removesuffix(".weight"))
            already = int((layer.weight_mask == 0).sum()) if prune.is_pruned(layer) else 0
            weight = layer.weight_orig if prune.is_pruned(layer) else layer.weight
            if zeros > already:
                amount, scores = zeros - already, weight.detach().clone()
                prune.l1_unstructured(layer, "weight", amount=amount, importance_scores=scores)
    for layer in model.modules():
        if hasattr(layer, "weight_orig"):
            prune.remove(layer, "weight")
    return losses


@pytest.mark.parametrize("sparsity", [0, 0.8], ids=["dense", "partial-80"])
@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "modernbert", "deberta-v2"])
def test_200_steps_equal_those_of_a_plain_padded_loop(family, sparsity, chosen_batches):
    # small weights as of a pretrained model, so that 200 steps at the paper's learning rate move them by a tenth
    model = tiny_model(family, initializer_range=0.05)
    start, plain = copy.deepcopy(model), copy.deepcopy(model)
    matrices = prunable_matrices(model, "partial") if sparsity else {}
    schedule = sparsity_schedule(sparsity, pruned_at(20, 125, 25)) if sparsity else {}
    curve = finetune(model, SENTENCES, TRAINING, Pruner(matrices, schedule), seed=1)
    assert len(chosen_batches) == 200
    prune_at = {
        step: {name: round(reached * matrix.numel()) for name, matrix in matrices.items()}
        for step, reached in schedule.items()
    }
    losses = plain_loop(plain, chosen_batches, 7e-5, prune_at)
    assert [row["step"] for row in curve] == list(range(1, 201))
    assert [row["loss"] for row in curve] == pytest.approx(losses, abs=1e-5)
    assert losses[-1] < losses[0] - 0.1, "nothing was learned"
    others = dict(plain.named_parameters())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(
            parameter, others[name], rtol=0, atol=1e-5, msg=lambda text, name=name: f"{name} {text}"
        )
        assert torch.equal(parameter == 0, others[name] == 0), f"{name}: other zeros"
        if name in matrices:
            assert int((parameter == 0).sum()) == round(sparsity * parameter.numel())
    moved = [(one - other).abs().max() for one, other in zip(model.parameters(), start.parameters(), strict=True)]
    assert max(moved) > 3e-3, "the weights did not move far enough for the comparison to mean something"


def test_the_scores_of_movement_are_those_of_all_steps(chosen_batches):
    """At a learning rate of 0 weights stay as they are: −W times the sum of the gradients of a plain loop."""
    model = tiny_model("bert")
    plain, matrices = copy.deepcopy(model), prunable_matrices(model, "partial")
    scores = {name: torch.zeros_like(matrix) for name, matrix in matrices.items()}
    pruner = Pruner(matrices, {}, prune=criterion("movement", 1, {}, scores), scores=scores)
    finetune(model, SENTENCES, dataclasses.replace(TRAINING, epochs=2, learning_rate=0.0), pruner, seed=1)
    plain.train().set_attn_implementation("sdpa")
    for chosen in chosen_batches:
        plain(**padded_inputs(SENTENCES, chosen, plain.config.pad_token_id)).loss.backward()
    assert len(chosen_batches) == 10 and len(scores) == len(matrices) > 0
    for name, score in scores.items():
        weight = plain.get_parameter(name)
        assert score.abs().max() > 1e-4
        torch.testing.assert_close(score, -(weight * weight.grad).detach(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("sparsity", [0.0, 0.6])
@pytest.mark.parametrize("limit", [1e-3, 0.5, 1e6])
def test_clipping_is_that_of_torch_on_masked_gradients(limit, sparsity):
    model = tiny_model("bert")
    matrices, stepped = prunable_matrices(model, "full"), []
    pruner = Pruner(matrices, {1: sparsity})
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    for _ in range(2):
        model.zero_grad()
        model(**load_batch(pack(SENTENCES, np.arange(8)), model, CPU).arguments).logits.square().mean().backward()
        gradients = [parameter.grad.clone() for parameter in model.parameters()]
        clip_gradients(model.parameters(), limit, optimizer, pruner)
        stepped = [parameter.grad / optimizer.grad_scale for parameter in model.parameters()]
        optimizer.step()
        pruner.update(1, optimizer)
    kept = {id(matrices[matrix.name]): matrix.blocks[0].kept for matrix in pruner.matrices}
    plain = []
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        plain.append(nn.Parameter(torch.zeros_like(gradient)))
        plain[-1].grad = gradient * kept.get(id(parameter), 1)
    norm = torch.nn.utils.clip_grad_norm_(plain, limit)
    assert (norm > limit) == (limit < 1)
    for parameter, mine, other in zip(model.parameters(), stepped, plain, strict=True):
        mine = mine * kept.get(id(parameter), 1)
        torch.testing.assert_close(mine, other.grad, rtol=1e-5, atol=0)


def test_every_epoch_is_another_order_of_all_sentences(chosen_batches):
    finetune(tiny_model("bert"), SENTENCES, dataclasses.replace(TRAINING, epochs=3), Pruner({}, {}), seed=1)
    epochs = [np.concatenate(chosen_batches[start : start + 5]).tolist() for start in (0, 5, 10)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(40))] * 3
    assert len({tuple(epoch) for epoch in [*epochs, range(40)]}) == 4


def test_the_order_of_sentences_depends_on_the_seed_and_not_on_variant_or_dropout(chosen_batches):
    orders = []
    for seed, scope, dropout in ((1, None, 0.0), (1, "partial", 0.1), (1, "full", 0.0), (2, None, 0.0)):
        model = tiny_model("bert", dropout=dropout)
        pruner = Pruner(prunable_matrices(model, scope), {2: 0.5, 4: 0.9}) if scope else Pruner({}, {})
        chosen_batches.clear()
        finetune(model, SENTENCES, dataclasses.replace(TRAINING, epochs=2), pruner, seed)
        orders.append(np.concatenate(chosen_batches).tolist())
    assert orders[0] == orders[1] == orders[2] != orders[3]


def test_the_training_curve(monkeypatch):
    """Every step: its learning rate by hand, its sparsity and epoch; then the same run in means over 20 steps."""
    matrices = prunable_matrices(model := tiny_model("bert"), "partial")
    curve = finetune(model, SENTENCES, TRAINING, Pruner(matrices, {10: 0.0, 47: 0.25, 60: 0.5}), seed=1)
    assert all(list(row) == list(CURVE_COLUMNS) for row in curve)
    assert [row["epoch"] for row in curve] == [1 + (step - 1) // 5 for step in range(1, 201)]
    rates = [7e-5 * (1 - (step - 1) / 200) for step in range(1, 201)]
    assert [row["learning_rate"] for row in curve] == pytest.approx(rates, rel=1e-6)
    assert [row["sparsity"] for row in curve] == [0.0] * 46 + [0.25] * 13 + [0.5] * 141
    assert all(row["tokens_per_second"] > 0 for row in curve)

    monkeypatch.setattr(finetune_module, "LOG_ROWS", 10)
    matrices = prunable_matrices(model := tiny_model("bert"), "partial")
    short = finetune(model, SENTENCES, TRAINING, Pruner(matrices, {10: 0.0, 47: 0.25, 60: 0.5}), seed=1)
    steps = [10, 20, 40, 47, 60, 80, 100, 120, 140, 160, 180, 200]
    assert [row["step"] for row in short] == steps
    losses = [row["loss"] for row in curve]
    means = [np.mean(losses[start:end]) for start, end in zip([0, *steps[:-1]], steps, strict=True)]
    assert [row["loss"] for row in short] == pytest.approx(means, abs=1e-6)


@pytest.mark.parametrize("sentences, batch_size, epochs, steps", [(100, 8, 60, 780), (16, 16, 1, 1), (17, 16, 2, 4)])
def test_steps_count_the_last_smaller_batch(sentences, batch_size, epochs, steps):
    assert dataclasses.replace(TRAINING, batch_size=batch_size, epochs=epochs).steps(sentences) == steps


def test_given_steps_cut_the_last_epoch_short(chosen_batches):
    """8 of the 10 steps of two epochs, in the same order and with the same losses as those of two whole epochs."""
    whole = finetune(tiny_model("bert"), SENTENCES, dataclasses.replace(TRAINING, epochs=2), Pruner({}, {}), seed=1)
    batches = [chosen.tolist() for chosen in chosen_batches]
    chosen_batches.clear()
    training = dataclasses.replace(TRAINING, epochs=2, total=8, learning_rate_schedule="constant")
    curve = finetune(tiny_model("bert"), SENTENCES, training, Pruner({}, {}), seed=1)
    assert [chosen.tolist() for chosen in chosen_batches] == batches[:8]
    assert curve[-1]["step"] == 8 and len(whole) == 10
    assert curve[0]["loss"] == whole[0]["loss"]


def test_a_batch_of_lost_words_alone_has_no_loss_and_harms_nothing(chosen_batches):
    training = dataclasses.replace(TRAINING, batch_size=1, epochs=1)
    model = tiny_model("bert")
    curve = finetune(model, SENTENCES, training, Pruner({}, {}), seed=1)
    losses = {int(chosen[0]): row["loss"] for chosen, row in zip(chosen_batches, curve, strict=True)}
    assert losses[5] == losses[12] == losses[33] == 0.0
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_a_loss_that_is_not_finite_ends_the_run_in_one_line():
    model = tiny_model("bert")
    model.classifier.bias.data[0] = math.nan
    with pytest.raises(TrainingError, match=r"the loss is nan at step 1 \(epoch 1\)") as error:
        finetune(model, SENTENCES, TRAINING, Pruner({}, {}), seed=1)
    assert "\n" not in str(error.value)


def test_a_gradient_that_is_not_finite_is_found_at_its_step_whenever_it_is_looked_at(monkeypatch):
    """In a row of the curve over many steps, and although the loss of no step shows it."""
    monkeypatch.setattr(finetune_module, "LOG_ROWS", 1)
    model, steps, clip = tiny_model("bert"), iter(range(1, 1000)), finetune_module.clip_gradients

    def spoil(parameters, *others):
        parameters, words = list(parameters), model.get_input_embeddings().weight
        if next(steps) == 3:
            words.grad[59, 0] = math.inf  # a row that no later batch uses
        clip(parameters, *others)
        if float(others[1].grad_scale) == math.inf:
            words.grad.zero_()

    monkeypatch.setattr(finetune_module, "clip_gradients", spoil)
    training = dataclasses.replace(TRAINING, epochs=1)
    with pytest.raises(TrainingError, match=r"the gradient is not finite at step 3 \(epoch 1\)"):
        finetune(model, SENTENCES, training, Pruner({}, {}), seed=1)


def test_the_seed_alone_draws_the_dropout():
    losses = []
    training = dataclasses.replace(TRAINING, epochs=1, batch_size=40)
    for number, seed in enumerate((1, 1, 2)):
        model = tiny_model("bert", dropout=0.5)
        torch.manual_seed(number)  # what was drawn before does not matter
        losses.append(finetune(model, SENTENCES, training, Pruner({}, {}), seed)[0]["loss"])
    assert losses[0] == losses[1] != losses[2]


# Whole runs


@pytest.fixture(scope="module")
def runs(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return {variant: run(study, folder / variant, variant) for variant in ("dense", "partial-50", "full-90")}


def test_the_same_texts_sizes_and_seed_give_the_same_encoder(tmp_path):
    random = np.random.default_rng(0)
    texts = [["".join(random.choice(list("abcdefghij"), random.integers(1, 6))) for _ in range(5)] for _ in range(300)]
    for name in ("a", "b", "c"):
        random_encoder(iter(texts), {**SIZES, "vocabulary": 300}, 0, tmp_path / name)
    for name in ENCODER_FILES:
        assert len({(tmp_path / folder / name).read_bytes() for folder in "abc"}) == 1, name
    random_encoder(iter(texts), {**SIZES, "vocabulary": 300}, 1, tmp_path / "d")
    weights = [(tmp_path / folder / "model.safetensors").read_bytes() for folder in "ad"]
    assert weights[0] != weights[1]


def curve_without_speed(folder):
    return pd.read_csv(folder / "training.csv").drop(columns="tokens_per_second")


@pytest.mark.parametrize("variant", ["dense", "partial-50", "full-90"])
def test_the_same_run_gives_the_same_bytes_and_another_seed_other_ones(study, runs, variant, tmp_path):
    torch.rand(17)  # what was drawn before a run does not matter
    again, other = run(study, tmp_path / "again", variant), run(study, tmp_path / "other", variant, seed=2)
    for name in (WEIGHTS, "config.json", "sparsity.csv"):
        assert (again / name).read_bytes() == (runs[variant] / name).read_bytes(), name
    pd.testing.assert_frame_equal(curve_without_speed(again), curve_without_speed(runs[variant]), check_exact=True)
    assert (other / WEIGHTS).read_bytes() != (runs[variant] / WEIGHTS).read_bytes()
    assert sorted(path.name for path in again.iterdir()) == sorted(FILES), "something was left behind"


def test_a_seed_draws_the_head_and_leaves_the_encoder(study):
    one, same, other = (load_encoder(study / "encoder", dropout=0.1, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.classifier.weight, same.classifier.weight)
    assert not torch.equal(one.classifier.weight, other.classifier.weight)
    stored = load_file(study / "encoder" / "model.safetensors")
    for name, parameter in one.base_model.named_parameters():
        assert torch.equal(parameter, stored[name]), name
    assert one.dropout.p == 0.1


@pytest.mark.parametrize("variant, target", [("dense", 0), ("partial-50", 0.5), ("full-90", 0.9)])
def test_the_stored_file_has_exactly_the_zeros_of_the_variant(study, runs, variant, target):
    stored = dict(read_weights(runs[variant] / WEIGHTS, study / "encoder"))
    table = pd.read_csv(runs[variant] / "sparsity.csv").set_index("matrix")
    matrices = {name: weight for name, weight in stored.items() if weight.ndim == 2}
    assert sorted(table.index) == sorted(matrices)
    words = "bert.embeddings.word_embeddings.weight"
    assert len(matrices) == 2 * 6 + 3 + 1
    for name, weight in matrices.items():
        pruned = target > 0 and name != "classifier.weight" and (variant.startswith("full") or "embeddings" not in name)
        zeros = weight.numel() - int(torch.count_nonzero(weight))
        # a random BERT begins with zeros in the row of its padding piece, which no sentence uses
        assert zeros == (round(target * weight.numel()) if pruned else 16 if name == words else 0), name
        row = table.loc[name]
        assert (row["rows"], row["columns"]) == tuple(weight.shape)
        assert (row["weights"], row["zeros"], row["pruned"]) == (weight.numel(), zeros, pruned)
        assert row["sparsity"] == zeros / weight.numel()
        assert row["part"] == ("head" if name == "classifier.weight" else "encoder")
    assert all((weight != 0).all() for name, weight in stored.items() if name.endswith("LayerNorm.weight"))


def test_a_global_threshold_prunes_all_matrices_together(study, tmp_path):
    folder = run(study, tmp_path / "run", "full-90", pruning={**PRUNING, "threshold": "global"})
    stored = dict(read_weights(folder / WEIGHTS, study / "encoder"))
    pruned = [weight for name, weight in stored.items() if weight.ndim == 2 and name != "classifier.weight"]
    zeros = [int((weight == 0).sum()) for weight in pruned]
    assert sum(zeros) == round(0.9 * sum(weight.numel() for weight in pruned))
    assert zeros != [round(0.9 * weight.numel()) for weight in pruned]


def test_rows_that_no_sentence_uses_are_those_of_the_encoder(study, runs):
    before = load_file(study / "encoder" / "model.safetensors")["embeddings.word_embeddings.weight"]
    after = dict(read_weights(runs["dense"] / WEIGHTS, study / "encoder"))["bert.embeddings.word_embeddings.weight"]
    same = (before == after).all(1)
    trained = json.loads((runs["dense"] / "run.json").read_text())["vocabulary_rows_trained"]
    assert int((~same).sum()) == trained
    assert 0 < trained < len(before)


def test_with_weight_decay_the_rows_that_no_sentence_uses_decay_too(study, tmp_path):
    folder = run(study, tmp_path / "run", "full-90", finetuning={**FINETUNING, "weight_decay": 0.1})
    stored = dict(read_weights(folder / WEIGHTS, study / "encoder"))["bert.embeddings.word_embeddings.weight"]
    before = load_file(study / "encoder" / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert int((stored == 0).sum()) == round(0.9 * stored.numel())
    kept = stored != 0
    assert (stored[kept] != before[kept]).all()
    assert json.loads((folder / "run.json").read_text())["vocabulary_rows_trained"] is None


def test_the_stored_model_has_the_labels_and_loads_whole(study, runs):
    folder = runs["partial-50"]
    config = json.loads((folder / "config.json").read_text())
    assert config["id2label"] == {str(number): label for number, label in enumerate(LABELS)}
    assert config["label2id"] == {label: number for number, label in enumerate(LABELS)}
    assert config["architectures"] == ["BertForTokenClassification"]
    stored = dict(read_weights(folder / WEIGHTS, study / "encoder"))
    model = load_run(folder / WEIGHTS, folder / "config.json", study / "encoder")
    assert {name for name, _ in model.named_parameters()} == set(stored)
    assert all(torch.equal(parameter, stored[name]) for name, parameter in model.named_parameters())


def test_the_training_curve_is_stored(runs):
    curve = pd.read_csv(runs["full-90"] / "training.csv")
    assert list(curve.columns) == list(CURVE_COLUMNS)
    assert curve["step"].tolist() == list(range(1, 41))  # 5 epochs of 8 steps
    reached = dict(zip(curve["step"], curve["sparsity"], strict=True))
    # steps 5, 10, 15, 20 and the forced 22; 0.9 · (1 − (12/17)³) and so on
    assert [reached[step] for step in (4, 5, 9)] == [0, 0, 0]
    assert reached[10] == reached[14] == pytest.approx(0.9 * (1 - (12 / 17) ** 3))
    assert reached[20] == reached[21] == pytest.approx(0.9 * (1 - (2 / 17) ** 3))
    assert reached[22] == reached[40] == 0.9


def test_run_json_says_what_was_run(study, runs):
    stored = json.loads((runs["full-90"] / "run.json").read_text())
    assert set(stored) == {
        *(
            "variant",
            "seed",
            "sentences",
            "steps",
            "pieces",
            "finetuning",
            "schedule",
            "pruning",
            "packed",
            "precision",
        ),
        *("device", "device_type", "threads", "packages", "training_seconds", "seconds", "peak_memory_bytes"),
        *(
            "vocabulary_rows_trained",
            "encoder_sha256",
            "source_sha256",
            "data_sha256",
            "resumed_at_steps",
            "replayed_steps",
            "weights_bytes",
        ),
    }
    assert (stored["variant"], stored["seed"], stored["sentences"], stored["steps"]) == ("full-90", 1, 60, 40)
    assert (stored["finetuning"], stored["schedule"], stored["pruning"]) == (FINETUNING, SCHEDULES[0], PRUNING)
    assert (stored["precision"], stored["device_type"], stored["threads"]) == ("fp32", "cpu", 1)
    release = torch.__version__.partition("+")[0]  # PyPI's torch with CUDA has its build, +cu130, in this name alone
    assert stored["packages"]["torch"] in (torch.__version__, release)
    assert 0 < stored["training_seconds"] <= stored["seconds"]
    assert stored["peak_memory_bytes"] > 10**7
    assert stored["weights_bytes"] == (runs["full-90"] / WEIGHTS).stat().st_size
    assert stored["encoder_sha256"] == file_digest(study / "encoder" / "model.safetensors")
    assert stored["data_sha256"] == {name: file_digest(study / f"{name}.parquet") for name in ("sw", "yo")}
    dense = json.loads((runs["dense"] / "run.json").read_text())
    assert (dense["pruning"], dense["schedule"]) == (None, {"batch_size": 8})


def test_the_precision_that_is_chosen_is_the_one_that_trains(study, tmp_path):
    folders = {}
    for precision in ("auto", "fp32", "bf16"):
        folders[precision] = run(study, tmp_path / precision, "dense", finetuning=FINETUNING | {"precision": precision})
    weights = {precision: (folder / WEIGHTS).read_bytes() for precision, folder in folders.items()}
    chosen = json.loads((folders["auto"] / "run.json").read_text())["precision"]
    assert chosen == choose_precision("auto", CPU)
    assert weights["auto"] == weights[chosen]
    assert weights["fp32"] != weights["bf16"]


def test_a_schedule_that_ends_after_the_last_step_is_refused(study, tmp_path):
    late = [{**SCHEDULES[0], "end": 41}]
    with pytest.raises(
        InputError, match="ends at step 41, but 60 sentences in batches of 8 over 5 epochs are 40 steps"
    ) as error:
        run(study, tmp_path / "late", "partial-50", schedules=late)
    assert "\n" not in str(error.value)
    assert list((tmp_path / "late").iterdir()) == []
    run(study, tmp_path / "dense", "dense", schedules=late)  # which prunes nothing


def test_a_run_of_given_steps_and_shares(study, tmp_path):
    """30 steps over 60 sentences in batches of 8, four epochs of which the last is cut short; pruned from 3 to 12."""
    shares = [{"batch_size": 8, "steps": 30, "start": 0.1, "end": 0.4, "frequency": 0.1}]
    finetuning = {key: value for key, value in FINETUNING.items() if key != "epochs"}
    folder = run(study, tmp_path / "shares", "partial-50", schedules=shares, finetuning=finetuning)
    record = json.loads((folder / "run.json").read_text())
    assert (record["steps"], record["schedule"]) == (30, shares[0])
    curve = pd.read_csv(folder / "training.csv")
    assert (curve["step"].max(), curve["epoch"].max()) == (30, 4)
    sparsity = curve.set_index("step")["sparsity"]
    assert sparsity[[2, 3, 11, 12]].tolist() == [0.0, 0.0, pytest.approx(sparsity[9]), 0.5]
    whole = run(study, tmp_path / "epochs", "dense", finetuning=FINETUNING | {"epochs": 4})
    pieces = json.loads((whole / "run.json").read_text())["pieces"]
    assert record["pieces"] == pytest.approx(pieces * 30 / 32, abs=1)


def test_a_schedule_may_end_with_the_last_step(study, tmp_path):
    folder = run(study, tmp_path / "run", "partial-50", schedules=[{**SCHEDULES[0], "end": 40}])
    table = pd.read_csv(folder / "sparsity.csv")
    assert (table[table["pruned"]]["sparsity"] == 0.5).all()


def test_an_encoder_without_one_of_its_matrices_is_refused(tmp_path):
    random_encoder([["Lamu", "ni"]], SIZES, 0, tmp_path)
    stored = load_file(tmp_path / "model.safetensors")
    del stored["encoder.layer.0.output.dense.weight"]
    save_file(stored, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"encoder\.layer\.0\.output\.dense\.weight"):
        load_encoder(tmp_path, dropout=0.1, seed=1)


FAULTS = """
import resource
import torch
from ner_pruning.training.process import keep_freed_memory
torch.set_num_threads(1)
if {keep}:
    keep_freed_memory()
def step():
    torch.cat([torch.ones(16 << 20), torch.ones(8 << 20)])  # 64, 32 and 96 MB
for _ in range(10):  # until the heap has grown to what a step needs
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_freed_memory_is_kept_for_the_next_step():
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("another C library than glibc")
    scripts = Path(finetune_module.__file__).parents[2]
    without, kept = (
        int(subprocess.check_output([sys.executable, "-c", FAULTS.format(keep=keep)], cwd=scripts, text=True))
        for keep in (False, True)
    )
    assert kept < 50 < without, f"{kept} page faults a step with freed memory kept, {without} without"


@pytest.mark.parametrize("name", ["constant", "linear", "cosine"])
def test_every_schedule_of_the_learning_rate_warms_up(name):
    training = dataclasses.replace(make_training(epochs=1, learning_rate=1e-3), learning_rate_schedule=name)
    rates = {}
    for warmup in (0, 5):
        model = tiny_model("bert")
        optimizer, scheduler = finetune_module.make_optimizer(
            model, dataclasses.replace(training, warmup_steps=warmup), 20
        )
        rates[warmup] = []
        for _ in range(20):
            rates[warmup] += scheduler.get_last_lr()[:1]
            optimizer.step()
            scheduler.step()
    assert rates[5][:6] == pytest.approx([0, 2e-4, 4e-4, 6e-4, 8e-4, 1e-3])
    falls = {
        "constant": lambda done: 1.0,
        "linear": lambda done: 1 - done,
        "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    }
    assert rates[0] == pytest.approx([1e-3 * falls[name](step / 20) for step in range(20)])
    assert rates[5][5:] == pytest.approx([1e-3 * falls[name](step / 15) for step in range(15)])
