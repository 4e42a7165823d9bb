"""Training in which only the rows of a batch are moved, against the plain loop, in which every step moves all rows."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from ner_pruning.training import word_rows
from ner_pruning.training.finetune import finetune
from ner_pruning.training.pruning import Pruner, prunable_matrices, sparsity_schedule
from ner_pruning.training.snapshot import Interrupted, Snapshots
from small_models import make_training, pruned_at, random_sentences, tiny_model

SENTENCES = random_sentences([3, 40, 7, 2, 19, 5, 33, 4] * 10)
TRAINING = make_training(epochs=24, learning_rate=1e-3)  # 240 steps
SCHEDULE = sparsity_schedule(0.6, pruned_at(30, 150, 60))


def with_rare_pieces(rows):
    """The sentences with pieces of which some occur in one sentence in all, and rows that none has."""
    pieces = SENTENCES.pieces.copy()
    starts = SENTENCES.piece_offsets[:-1]
    pieces[starts] = np.arange(len(starts)) + 60
    assert pieces.max() < rows - 10
    return dataclasses.replace(SENTENCES, pieces=pieces)


ROWS = 160
RARE = with_rare_pieces(ROWS)


def train(
    monkeypatch, fewest, scope="", threshold="layer", dropout=0.1, training=TRAINING, snapshots=None, family="bert"
):
    monkeypatch.setattr(word_rows, "FEWEST_WEIGHTS", fewest)
    model = tiny_model(family, vocabulary=ROWS, dropout=dropout)
    pruner = Pruner(prunable_matrices(model, scope), SCHEDULE, threshold) if scope else Pruner({}, {})
    curve = finetune(model, RARE, training, pruner, 1, snapshots)
    return model, curve, pruner


@pytest.mark.parametrize(
    "family, scope, threshold",
    [
        *(("bert", "", "layer"), ("bert", "full", "layer"), ("bert", "full", "global")),
        *(("modernbert", "full", "layer"), ("deberta-v2", "full", "layer")),
    ],
)
def test_training_is_that_of_the_plain_loop_but_for_last_bits(monkeypatch, family, scope, threshold):
    lazy, lazy_curve, _ = train(monkeypatch, 0, scope, threshold, family=family)
    plain, plain_curve, _ = train(monkeypatch, math.inf, scope, threshold, family=family)
    assert [row["loss"] for row in lazy_curve] == pytest.approx([row["loss"] for row in plain_curve], abs=2e-5)
    learned = 0.2 if family == "deberta-v2" else 0.3
    assert plain_curve[-1]["loss"] < plain_curve[0]["loss"] - learned, "nothing was learned"
    for (name, one), other in zip(lazy.named_parameters(), plain.parameters(), strict=True):
        if not name.endswith(("key.bias", "pos_key_proj.bias")):  # no score sees it: its gradient is rounding
            torch.testing.assert_close(one, other, rtol=0, atol=2e-4, msg=lambda text, name=name: f"{name} {text}")
        assert torch.equal(one == 0, other == 0), f"{name}: other zeros"
    start = tiny_model("bert", vocabulary=ROWS).get_input_embeddings().weight
    unused = torch.from_numpy(np.setdiff1d(np.arange(ROWS), RARE.pieces))
    assert len(unused) > 10
    if scope != "full":
        assert torch.equal(lazy.get_input_embeddings().weight[unused], start[unused])


def in_float64(weights, gradients, training):
    """The weights after steps of AdamW whose gradients are given, computed in float64 by its definition."""
    weights, first, second = weights.double(), torch.zeros(weights.shape).double(), torch.zeros(weights.shape).double()
    for step, (gradient, rate) in enumerate(gradients, 1):
        first = training.adam_beta1 * first + (1 - training.adam_beta1) * gradient
        second = training.adam_beta2 * second + (1 - training.adam_beta2) * gradient**2
        root = (second / (1 - training.adam_beta2**step)).sqrt()
        weights = weights - rate * first / (1 - training.adam_beta1**step) / (root + training.adam_epsilon)
    return weights, first, second


@pytest.mark.parametrize("warmup", [0, 100])
def test_rows_are_as_near_to_exact_ones_as_those_of_the_plain_optimiser(monkeypatch, warmup):
    """With given gradients, of which most rows have few: no loss stands between them and the rows."""
    random, steps, width = torch.Generator().manual_seed(0), 600, 32
    monkeypatch.setattr(word_rows, "FEWEST_WEIGHTS", 0)
    weights = torch.randn(ROWS, width, generator=random) * 0.05
    used = [
        torch.unique(torch.randint(0, 1 + int(ROWS * 0.97 ** (step % 200)), (12,), generator=random))
        for step in range(steps)
    ]
    values = [10.0 ** -torch.randint(1, 8, (len(rows), 1), generator=random) for rows in used]
    values = [scale * torch.randn(len(scale), width, generator=random) for scale in values]
    rates = [1e-3 * min(1, (step + 1) / (warmup or 1)) * (1 - step / steps) for step in range(steps)]
    models = {}
    for name in ("lazy", "plain"):
        model = tiny_model("bert", vocabulary=ROWS)
        table = model.get_input_embeddings()
        table.weight = torch.nn.Parameter(weights.clone())
        optimizer = torch.optim.AdamW([table.weight], lr=1.0, weight_decay=0.0, fused=True)
        optimizer.grad_scale = torch.tensor(1.0)
        words = word_rows.WordRows(model, optimizer, steps)
        for rows, gradient, rate in zip(used, values, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate
            if name == "lazy":
                batch = word_rows.PackedBatch(rows.numpy(), *[np.zeros(0)] * 5)
                assert words.activate(batch).pieces.tolist() == list(range(len(rows)))
                words.active.grad = gradient
                words.step()
            else:
                table.weight.grad = torch.zeros(ROWS, width).index_copy_(0, rows, gradient)
                optimizer.step()
        words.finish() if name == "lazy" else None
        models[name] = (
            table.weight.detach(),
            *(optimizer.state[table.weight][key] for key in ("exp_avg", "exp_avg_sq")),
        )
    whole = [
        (torch.zeros(ROWS, width).index_copy_(0, rows, gradient).double(), rate)
        for rows, gradient, rate in zip(used, values, rates, strict=True)
    ]
    exact = in_float64(weights, whole, TRAINING)
    for lazy, plain, true in zip(models["lazy"], models["plain"], exact, strict=True):
        normal = true.abs() > 1e-36  # below, float32 has fewer digits or none
        errors = [((one.double() - true).abs() / true.abs())[normal] for one in (lazy, plain)]
        assert errors[0].max() <= 1.5 * errors[1].max()
        assert errors[0].mean() <= errors[1].mean()


def test_a_resumed_run_is_bit_for_bit_an_uninterrupted_one(monkeypatch, tmp_path):
    whole, whole_curve, _ = train(monkeypatch, 0, "full")
    kept, save = Snapshots(tmp_path, {}, minutes=1000), Snapshots.save
    monkeypatch.setattr(Snapshots, "due", lambda self: self is kept and next(calls) == 100)
    calls = iter(range(1, 1000))

    def save_and_stop(self, state, progress):
        save(self, state, progress)
        raise Interrupted(0)

    monkeypatch.setattr(Snapshots, "save", save_and_stop)
    with pytest.raises(Interrupted):
        train(monkeypatch, 0, "full", snapshots=kept)
    resumed, curve, _ = train(monkeypatch, 0, "full", snapshots=Snapshots(tmp_path, {}, minutes=1000))
    assert [row["loss"] for row in curve] == [row["loss"] for row in whole_curve]
    for one, other in zip(resumed.parameters(), whole.parameters(), strict=True):
        assert torch.equal(one, other)


def batch_of(*rows):
    return word_rows.PackedBatch(np.array(rows, np.int64), *[np.zeros(0)] * 5)


@pytest.mark.parametrize("beta1, beta2", [(0.5, 0.5), (0.7, 0.5), (0.69, 0.48)])
def test_pruned_weights_stay_so_however_long_their_row_is_not_used(monkeypatch, beta1, beta2):
    """So long that float32 has 0 for what is left of the second moment, which is infinite; so with the paper's betas.

    With these it is after 87,000 steps.
    """
    monkeypatch.setattr(word_rows, "FEWEST_WEIGHTS", 0)
    model, missed = tiny_model("bert", vocabulary=ROWS), 500
    weight = model.get_input_embeddings().weight
    optimizer = torch.optim.AdamW([weight], lr=1e-3, betas=(beta1, beta2), weight_decay=0.0, fused=True)
    optimizer.grad_scale = torch.tensor(1.0)
    words = word_rows.WordRows(model, optimizer, missed + 3)
    assert words.lazy and np.float32(beta2**missed) == 0
    pruner = Pruner({"words": weight}, {1: 0.5})
    for step in range(1, missed + 3):
        words.activate(batch_of(5, 7) if step in (1, missed + 2) else batch_of(7))
        words.active.grad = torch.full_like(words.active, 0.01)
        words.mask_gradient(pruner)
        words.step()
        if step == 1:
            words.before_pruning(pruner)
            pruner.update(step, optimizer)
    words.finish()
    kept = pruner.matrices[0].blocks[0].kept
    assert torch.equal(weight.detach() != 0, kept) and weight.isfinite().all()
    assert (optimizer.state[weight]["exp_avg_sq"][5][~kept[5]] == torch.inf).all()


def test_a_batch_without_pieces_is_looked_up_as_with_all_rows(monkeypatch):
    """What fills it up is piece 0, and is no piece of a sentence."""
    monkeypatch.setattr(word_rows, "FEWEST_WEIGHTS", 0)
    model = tiny_model("bert", vocabulary=ROWS)
    table = model.get_input_embeddings()
    optimizer = torch.optim.AdamW([table.weight], lr=1e-3, weight_decay=0.0, fused=True)
    words = word_rows.WordRows(model, optimizer, 1)
    assert words.activate(batch_of()).pieces.tolist() == []
    assert torch.equal(table(torch.tensor([0])), table.weight[:1])


def test_what_cannot_be_caught_up_with_is_trained_as_before(monkeypatch):
    """With weight decay every row moves in every step."""
    decaying = dataclasses.replace(TRAINING, weight_decay=0.01, epochs=1)
    one, _, _ = train(monkeypatch, 0, training=decaying)
    other, _, _ = train(monkeypatch, math.inf, training=decaying)
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)
