"""Weights that are rounded all at once are trained as those that autocast rounds one by one, bit for bit."""

import dataclasses

import pytest
import torch
from ner_pruning.training import finetune as loop
from ner_pruning.training import gradients
from ner_pruning.training.precision import computing_in, rounds_at_once
from ner_pruning.training.pruning import Pruner, prunable_matrices
from ner_pruning.training.rounded_weights import RoundedWeights
from small_models import CPU, make_training, random_sentences, tiny_model
from torch import nn

pytestmark = pytest.mark.usefixtures("settings_of_torch")

SENTENCES = random_sentences([3, 60, 7, 2, 19, 5, 33, 4, 6, 5, 11, 3, 48, 2, 9, 8] * 2, all_lost=[5])


def trained(family, scope):
    model = tiny_model(family, initializer_range=0.05, dropout=0.1)
    pruner = Pruner(prunable_matrices(model, scope), {2: 0.3, 5: 0.5})
    training = dataclasses.replace(make_training(epochs=2, learning_rate=1e-3), precision="bf16")
    curve = loop.finetune(model, SENTENCES, training, pruner, seed=1)
    return [row["loss"] for row in curve], model.state_dict()


@pytest.mark.parametrize("family", ["bert", "modernbert", "deberta-v2"])
def test_training_is_the_same_bit_for_bit(monkeypatch, family):
    losses, weights = trained(family, "full")
    entered = []
    monkeypatch.setattr(gradients, "rounds_at_once", lambda precision, device: entered.append(precision) or True)
    others, same = trained(family, "full")
    assert entered == ["bf16"]
    assert others == losses
    assert all(torch.equal(weight, same[name]) for name, weight in weights.items())


def test_it_is_for_bf16_on_a_gpu():
    gpu = torch.device("cuda")
    assert [rounds_at_once(precision, gpu) for precision in ("bf16", "fp32")] == [True, False]
    assert not rounds_at_once("bf16", CPU)


class Shared(nn.Module):
    """A layer that is called twice, one outside autocast, one that is never called, and one of a type of its own."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.twice, self.exact, self.unused = nn.Linear(8, 8), nn.Linear(8, 8, bias=False), nn.Linear(8, 8)
        self.other = type("Other", (nn.Linear,), {})(8, 8)

    def forward(self, values):
        values = self.other(self.twice(self.twice(values)))
        with torch.autocast("cpu", enabled=False):
            return self.exact(values.float())


def test_each_layer_computes_and_learns_as_autocast_has_it():
    values, results = torch.linspace(-1, 1, 40).view(5, 8), []
    for rounded in (False, True):
        model = Shared()
        autocast = torch.autocast("cpu", torch.bfloat16)  # torch's own, also on a processor that has no fast products
        with autocast, RoundedWeights(model) if rounded else torch.enable_grad():
            output = model(values)
        output.square().sum().backward()
        gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
        assert {name for name, gradient in gradients.items() if gradient is None} == {"unused.weight", "unused.bias"}
        results.append([output, *(gradient for gradient in gradients.values() if gradient is not None)])
        assert all("forward" not in vars(module) for module in model.modules())
    assert all(one.dtype == other.dtype and torch.equal(one, other) for one, other in zip(*results, strict=True))


def test_nothing_is_rounded_one_by_one():
    """Autocast finds each weight and bias in bf16 already."""
    model = Shared()
    with computing_in("bf16", CPU), RoundedWeights(model):
        assert {tuple(part.dtype for part in model.twice.forward.args[1:])} == {(torch.bfloat16, torch.bfloat16)}
        assert model.exact.forward.args[2] is None


def test_a_model_without_linear_layers_is_left_alone():
    with RoundedWeights(nn.Embedding(3, 2)):
        pass
