"""Linear layers in int8: the arithmetic by hand, what stays as it is, and predictions beside those in float32."""

import sys

import numpy as np
import pytest
import torch
from ner_pruning.files import InputError
from ner_pruning.scoring.prediction import predict_with_confidence
from ner_pruning.training import precision as precision_module
from ner_pruning.training.precision import computing_in
from ner_pruning.training.quantisation import quantise
from small_models import CPU, random_sentences, tiny_model
from torch import nn

pytestmark = pytest.mark.usefixtures("settings_of_torch")

STEPS = 127.5
"""Of int8 on either side of 0: from -128 to 127."""


class Encoder(nn.Module):
    """What `quantise` sees of a model: an encoder of one linear layer and an embedding, and a head."""

    def __init__(self, weight: list[list[float]], bias: list[float]) -> None:
        super().__init__()
        self.base_model = nn.Sequential(nn.Linear(len(weight[0]), len(weight)))
        self.base_model[0].weight.data = torch.tensor(weight)
        self.base_model[0].bias.data = torch.tensor(bias)
        self.classifier = nn.Linear(len(weight), 2)


def test_without_the_package_it_says_what_to_install(monkeypatch):
    for name in ("torchao", "torchao.quantization"):  # transformers may have imported it
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match="^torchao, which .* is not installed; expected .* requirements-int8.txt$"):
        quantise(tiny_model("bert"))


@pytest.mark.int8
def test_a_product_worked_out_by_hand():
    """The step of a row of weights is 1 / 127.5 and 0.5 / 127.5; that of a piece 2 / 127.5 and 8 / 127.5.

    In steps, rounded: weights 127, -64, 32 (1, -0.5, 0.25) and 64, 127, -32 (0.25, 0.5, -0.125); pieces 127, 64, 0
    (2, 1, 0) and 127, 16, -64 (8, 1, -4). There is no step 128, to which the largest would be rounded.
    """
    model = Encoder([[1.0, -0.5, 0.25], [0.25, 0.5, -0.125]], [0.5, -1.0])
    assert quantise(model) == 1
    pieces = torch.tensor([[2.0, 1.0, 0.0], [8.0, 1.0, -4.0]])
    whole = [
        [127 * 127 - 64 * 64, 64 * 127 + 127 * 64],
        [127 * 127 - 16 * 64 - 64 * 32, 127 * 64 + 16 * 127 + 64 * 32],
    ]
    by_hand = torch.tensor(whole, dtype=torch.float64)
    by_hand *= torch.tensor([[2.0], [8.0]], dtype=torch.float64) / STEPS
    by_hand *= torch.tensor([1.0, 0.5], dtype=torch.float64) / STEPS
    by_hand += torch.tensor([0.5, -1.0])
    found = model.base_model(pieces)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), by_hand, rtol=0, atol=1e-5)
    exact = torch.tensor([[2.0, 0.0], [7.0, 2.0]])
    assert 0 < (found - exact).abs().max() < 0.1


@pytest.mark.int8
def test_a_product_is_off_by_no_more_than_half_a_step_of_each_factor():
    """Of n products a w, the factors off by half a step s each: n · (|a| s_w / 2 + |w| s_a / 2 + s_w s_a / 4).

    The largest of either sign is 127.5 steps, of which 127 are stored, so it is off by no more either.
    """
    random = torch.Generator().manual_seed(0)
    weight, pieces = torch.randn(16, 64, generator=random), torch.randn(40, 64, generator=random)
    model = Encoder(weight.tolist(), [0.0] * 16)
    quantise(model)
    steps = [values.abs().amax(dim=1, keepdim=True) / STEPS for values in (pieces, weight)]
    sums = [values.abs().sum(dim=1, keepdim=True) for values in (pieces, weight)]
    bound = sums[0] @ steps[1].T / 2 + (sums[1] @ steps[0].T / 2).T + 64 * steps[0] @ steps[1].T / 4
    off = (model.base_model(pieces) - pieces @ weight.T).abs()
    assert (off <= bound + 1e-5).all() and 0 < off.max() < 0.5


@pytest.mark.int8
def test_each_piece_has_its_own_step_whatever_its_batch():
    model = Encoder(torch.randn(8, 32, generator=torch.Generator().manual_seed(0)).tolist(), [0.0] * 8)
    quantise(model)
    pieces = torch.randn(20, 32, generator=torch.Generator().manual_seed(1)) * torch.logspace(-3, 3, 20)[:, None]
    together = model.base_model(pieces)
    for place in range(len(pieces)):
        assert torch.equal(together[place], model.base_model(pieces[place : place + 1])[0])


@pytest.mark.int8
def test_the_head_the_embeddings_and_the_norms_stay_as_they_are():
    model = tiny_model("bert")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    linear = [name for name, module in model.base_model.named_modules() if isinstance(module, nn.Linear)]
    assert quantise(model) == len(linear) > 0
    changed = {name for name, weight in model.named_parameters() if type(weight) is not nn.Parameter}
    prefix = model.base_model_prefix
    assert {type(weight).__name__ for name, weight in model.named_parameters() if name in changed} <= {"Int8Tensor"}
    for name, weight in model.named_parameters():
        if name not in {f"{prefix}.{layer}.weight" for layer in linear}:
            assert torch.equal(weight, before[name]), name
        else:
            assert weight.qdata.dtype == torch.int8, name


@pytest.mark.int8
def test_an_encoder_without_linear_layers_is_refused():
    model = tiny_model("bert")
    for module in list(model.base_model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, nn.Identity())
    with pytest.raises(InputError, match=r"quantisation.int8: a \w+ encoder has no linear layer"):
        quantise(model)


@pytest.mark.int8
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("fast", [True, False])
def test_predictions_are_near_those_of_the_model_as_it_was_trained(monkeypatch, precision, fast):
    """Also where a processor without bf16 products computes with rounded factors, which int8 matrices are not."""
    monkeypatch.setattr(precision_module, "multiplies_bf16_faster", lambda device: fast)
    sentences = random_sentences([3, 60, 7, 2, 19, 5, 33, 4, 6, 5, 11, 3, 48] * 3)
    model = tiny_model("bert").eval()
    trained = [np.concatenate(part) for part in predict_with_confidence(model, sentences, precision)]
    quantise(model)
    found = [np.concatenate(part) for part in predict_with_confidence(model, sentences, precision)]
    again = [np.concatenate(part) for part in predict_with_confidence(model, sentences, precision)]
    assert all(np.array_equal(*pair) for pair in zip(found, again, strict=True))
    assert (found[0] == trained[0]).mean() > 0.9
    assert np.abs(found[1].astype(int) - trained[1]).max() < 20
    assert not np.array_equal(found[1], trained[1]) or precision == "bf16"


@pytest.mark.int8
def test_a_rounding_processor_leaves_int8_products_as_they_are(monkeypatch):
    monkeypatch.setattr(precision_module, "multiplies_bf16_faster", lambda device: False)
    model = Encoder([[1.0, -0.5, 0.25]], [0.5])
    quantise(model)
    pieces = torch.tensor([[2.0, 1.0, 0.3]])
    expected = model.base_model(pieces)
    with computing_in("bf16", CPU):
        assert torch.equal(model.base_model(pieces), expected)
