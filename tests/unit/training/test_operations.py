"""Operations of a training step against torch's own count, the machine's peak, and that neither changes a result."""

import copy
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from ner_pruning import progress as progress_module
from ner_pruning.progress import ProgressLines
from ner_pruning.training import finetune as finetune_module
from ner_pruning.training import operations as operations_module
from ner_pruning.training.attention import PACKED_ATTENTION
from ner_pruning.training.finetune import finetune
from ner_pruning.training.model import load_batch
from ner_pruning.training.operations import StepOperations, peak_rate, step_operations
from ner_pruning.training.packing import pack
from ner_pruning.training.pruning import Pruner
from small_models import CPU, make_training, random_sentences, tiny_model
from small_runs import FILES, run
from tiny_encoders import TYPES
from tiny_encoders import tiny_model as tiny_encoder
from torch.utils.flop_counter import FlopCounterMode

SENTENCES = random_sentences([9, 9, 9, 9])
KINDS = ("bert", "xlm-roberta", "albert", "distilbert", "electra", "eurobert", "esm", "nomic_bert")


def counted_by_torch(model, batch) -> int:
    with FlopCounterMode(display=False) as counter:
        model(**load_batch(batch, model, CPU).arguments).logits.sum().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_operations_by_hand_and_as_torch_counts_them(dropout):
    """2 layers of 4 · 32 · 32 + 2 · 32 · 48 weights, a head of 32 · 7, and attention 32 wide."""
    model, batch = tiny_model("bert", dropout=dropout), pack(SENTENCES, np.arange(4))
    weights = 2 * (4 * 32 * 32 + 2 * 32 * 48) + 32 * 7
    assert step_operations(model) == StepOperations(per_piece=6 * weights, per_pair=3 * 4 * 2 * 32)
    expected = 6 * weights * 36 + 3 * 4 * 2 * 32 * 4 * 9**2
    assert step_operations(model).of_batch(batch) == expected == counted_by_torch(model.train(), batch)


@pytest.mark.parametrize("kind", KINDS)
def test_operations_of_other_types_are_as_torch_counts_them(kind):
    """ALBERT uses the weights of a layer several times; EuroBERT has its own size of heads."""
    model = tiny_encoder(TYPES[kind])
    model.set_attn_implementation(PACKED_ATTENTION)
    batch = pack(SENTENCES, np.arange(4))
    assert step_operations(model).of_batch(batch) == counted_by_torch(model.train(), batch)


def test_padding_is_no_work():
    batch = pack(random_sentences([3, 9]), np.arange(2))
    assert StepOperations(per_piece=10.0, per_pair=1.0).of_batch(batch) == 10 * 12 + 3**2 + 9**2


def test_counting_leaves_the_model_as_it_was():
    model = tiny_model("bert", dropout=0.1).train()
    before = copy.deepcopy(model.state_dict())
    state = torch.get_rng_state()
    step_operations(model)
    assert model.training and all(not module._forward_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def test_the_peak_is_that_of_the_fastest_product(monkeypatch):
    """By a clock that is asked before and after each product, which take 3, 2 and 4 seconds: 2 n³ operations in 2."""
    moments = iter([0.0, *(10.0, 13.0), *(20.0, 22.0), 25.0, *(30.0, 34.0), 99.0])
    monkeypatch.setattr(operations_module, "time", SimpleNamespace(perf_counter=lambda: next(moments)))
    assert peak_rate("fp32", CPU, 1, size=16, seconds=50) == 2 * 16**3 / 2


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_peak_is_that_of_a_product_and_draws_no_random_numbers(precision):
    state = torch.get_rng_state()
    rate = peak_rate(precision, CPU, 1, size=256, seconds=0.05)
    assert 1e8 < rate < 1e13
    assert torch.equal(torch.get_rng_state(), state)


def test_a_line_says_the_share_of_the_peak_since_the_last_line(monkeypatch, capsys):
    now = 100.0
    monkeypatch.setattr(progress_module.time, "perf_counter", lambda: now)
    lines = ProgressLines(100, peak=200.0)
    for step, operations in ((1, 300.0), (2, 500.0)):
        now += 10
        assert lines.due(step, 70, operations)
        lines.write(f"step {step}")
        now += 50
        lines.due(step, 0, 0.0)
    out = capsys.readouterr().out.splitlines()
    assert [line.split(", ")[1] for line in out] == ["7 tokens/s (15% of peak)", "1 tokens/s (4% of peak)"]


def test_training_says_the_share_of_the_peak_and_has_the_same_weights_with_it(monkeypatch, capsys):
    monkeypatch.setattr(progress_module, "SECONDS", 0)
    monkeypatch.setattr(
        finetune_module, "ProgressLines", lambda *total, **others: ProgressLines(*total, first=0, **others)
    )
    training, weights, curves, lines = make_training(epochs=3, learning_rate=1e-3), [], [], []
    for peak in (None, 1e9):
        model = tiny_model("bert", dropout=0.1)
        curves.append([row["loss"] for row in finetune(model, SENTENCES, training, Pruner({}, {}), 1, peak=peak)])
        weights.append([parameter.detach().numpy().tobytes() for parameter in model.parameters()])
        lines.append(capsys.readouterr().out.splitlines())
    assert weights[0] == weights[1]
    assert curves[0] == curves[1]
    shares = [[re.search(r"tokens/s \((\d+)% of peak\)", line) for line in part] for part in lines]
    assert shares[0] == [None] * 3
    assert all(int(share[1]) > 0 for share in shares[1])


@pytest.mark.usefixtures("settings_of_torch")
def test_a_run_that_measures_the_peak_stores_the_same_bytes(study, tmp_path, monkeypatch, capsys):
    run(study, tmp_path / "with", "full-50")
    assert re.search(r"tokens/s \(\d+% of peak\), took", capsys.readouterr().out.splitlines()[-1])
    monkeypatch.setattr("ner_pruning.training.run.peak_rate", lambda *_: None)
    run(study, tmp_path / "without", "full-50")
    assert "of peak" not in capsys.readouterr().out
    for name in sorted({*FILES} - {"training.csv", "run.json"}):  # which have times
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes(), name
