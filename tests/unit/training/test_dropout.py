import numpy as np
import pytest
import torch
from ner_pruning.training.dropout import Dropout, dropout, replace_dropout, seed_dropout
from scipy.stats import binomtest
from small_models import tiny_model
from torch import nn


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_values_are_dropped_at_random_and_the_others_scaled_up(probability):
    seed_dropout(1, 0)
    values = torch.full((500, 401), 3.0)  # an odd number of values
    dropped = dropout(values, probability)
    kept = dropped != 0
    assert binomtest(int((~kept).sum()), kept.numel(), probability).pvalue > 1e-3
    torch.testing.assert_close(dropped[kept], torch.full((int(kept.sum()),), 3.0 / (1 - probability)))
    neighbours = np.corrcoef(kept[:, 1:].flatten(), kept[:, :-1].flatten())[0, 1]
    rows = np.corrcoef(kept[1:].flatten(), kept[:-1].flatten())[0, 1]
    assert max(abs(neighbours), abs(rows)) < 4 / kept.numel() ** 0.5


def test_the_gradient_passes_where_the_values_did():
    seed_dropout(1, 0)
    values = torch.ones(1000, requires_grad=True)
    dropped = dropout(values, 0.3)
    dropped.sum().backward()
    assert torch.equal(values.grad, dropped.detach())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_drawn_depends_on_the_seed_and_the_step_alone(dtype):
    def drawn(*seed, before=0):
        torch.manual_seed(before)
        seed_dropout(*seed)
        return [dropout(torch.ones(200, dtype=dtype), 0.5).tolist() for _ in range(2)]

    assert drawn(1, 7) == drawn(1, 7, before=5)
    draws = [drawn(1, 7), drawn(1, 8), drawn(2, 7), drawn(7, 1)]
    assert len({tuple(draw) for pair in draws for draw in pair}) == 8


def test_every_dropout_of_a_model_is_replaced_and_evaluation_drops_nothing():
    model = tiny_model("bert", dropout=0.4)
    count = sum(isinstance(module, nn.Dropout) for module in model.modules())
    replace_dropout(model)
    replaced = [module for module in model.modules() if isinstance(module, Dropout)]
    assert len(replaced) == count == 1 + 3 * 2 + 1  # embeddings; weights, attention and feed-forward of 2 layers; head
    assert {module.p for module in replaced} == {0.4}
    values = torch.ones(50)
    assert torch.equal(replaced[0].eval()(values), values)
    assert not torch.equal(replaced[0].train()(values), values)
