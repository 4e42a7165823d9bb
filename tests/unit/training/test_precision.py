"""Which precision is taken, and that bf16 is the same on processors with and without products of their own for it."""

import dataclasses
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
import torch
from ner_pruning.files import InputError
from ner_pruning.scoring.prediction import predict, predict_with_confidence
from ner_pruning.training.finetune import finetune
from ner_pruning.training.precision import RoundedProducts, choose_precision, computing_in, piece_multiple
from ner_pruning.training.pruning import Pruner
from ner_pruning.training.run import check_precision
from small_models import CPU, make_training, random_sentences, tiny_model
from torch.nn import functional

pytestmark = pytest.mark.usefixtures("settings_of_torch")

LENGTHS = [3, 60, 7, 2, 19, 5, 33, 4, 6, 5, 11, 3, 48, 2, 9, 8, 5, 7, 21, 4] * 2  # 40 sentences: 5 steps an epoch
SENTENCES = random_sentences(LENGTHS, all_lost=[5, 12, 33])
PROCESSORS = {
    "Intel with AMX": {"cpu_name": "Intel Xeon", "avx2": True, "avx512_bf16": True, "amx_bf16": True},
    "Intel with AVX-512 BF16": {"cpu_name": "Intel Xeon", "avx2": True, "avx512_bf16": True, "amx_bf16": False},
    "AMD with AVX-512 BF16": {"cpu_name": "AMD EPYC", "avx2": True, "avx512_bf16": True, "amx_bf16": False},
    "AMD with AVX2": {"cpu_name": "AMD EPYC", "avx2": True, "avx512_bf16": False, "amx_bf16": False},
    "ARM": {"neon": True},
}
FASTER = {"Intel with AMX", "AMD with AVX-512 BF16"}
"""Those that multiply bf16 faster than fp32."""


@pytest.fixture
def processor(monkeypatch, request):
    """The name of a processor whose capabilities torch reports."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: PROCESSORS[request.param])
    return request.param


@pytest.mark.parametrize("processor", PROCESSORS, indirect=True)
def test_half_precision_is_chosen_where_the_processor_multiplies_it_faster(processor):
    assert choose_precision("auto", CPU) == ("bf16" if processor in FASTER else "fp32")
    assert [choose_precision(name, CPU) for name in ("fp32", "bf16")] == ["fp32", "bf16"]


@pytest.mark.parametrize("capability, expected", [((7, 5), "fp32"), ((8, 0), "bf16"), ((9, 0), "bf16")])
def test_half_precision_is_chosen_on_a_gpu_that_has_it(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert choose_precision("auto", torch.device("cuda")) == expected


@pytest.mark.parametrize(
    "error, refused",
    [
        (RuntimeError("value cannot be converted to type at::BFloat16 without overflow"), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."), False),
        (torch.AcceleratorError("CUDA error: uncorrectable ECC error encountered", 1), False),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), False),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory"),
            False,
        ),
    ],
)
def test_what_is_wrong_with_the_machine_is_not_put_down_to_the_precision(monkeypatch, error, refused):
    model = tiny_model("bert")

    def fail(**arguments):
        raise error

    monkeypatch.setattr(model, "forward", fail)
    with pytest.raises(InputError if refused else type(error)) as raised:
        check_precision(model, SENTENCES, "bf16")
    assert ("expected fp32" in str(raised.value)) == refused


@pytest.mark.parametrize("processor", PROCESSORS, indirect=True)
def test_an_x86_processor_that_is_slow_in_bf16_multiplies_rounded_values_in_fp32(processor):
    """torch's own products of bf16 keep the factors for the gradients in bf16, the rounded ones in float32."""
    kept = set()
    factors = [torch.randn(4, 8, requires_grad=True) for _ in range(2)]

    def product(precision):
        kept.clear()
        hooks = torch.autograd.graph.saved_tensors_hooks(lambda saved: kept.add(saved.dtype), lambda saved: saved)
        with hooks, computing_in(precision, CPU):
            return functional.linear(*factors).dtype

    assert product("fp32") == torch.float32
    assert product("bf16") == torch.bfloat16
    rounded = processor in {"Intel with AVX-512 BF16", "AMD with AVX2"}
    assert kept == {torch.float32 if rounded else torch.bfloat16}


def integers(*shape):
    """Integers that bf16 holds, as values that need gradients."""
    return torch.randint(-8, 9, shape, dtype=torch.float32, requires_grad=True)


@pytest.mark.parametrize(
    "multiply, shapes",
    [
        (functional.linear, [(30, 64), (20, 64), (20,)]),
        (functional.linear, [(2, 15, 64), (20, 64)]),
        (torch.bmm, [(3, 30, 64), (3, 64, 20)]),
        (torch.matmul, [(2, 3, 30, 64), (2, 3, 64, 20)]),
        (lambda one, other: one @ other, [(2, 3, 30, 64), (2, 3, 64, 20)]),
        (lambda one, other: one.matmul(other), [(3, 30, 64), (64, 20)]),
        (lambda *factors: torch.baddbmm(*factors, alpha=0.5), [(3, 1, 20), (3, 30, 64), (3, 64, 20)]),
    ],
)
def test_products_and_gradients_are_those_of_bf16_exactly_where_sums_are_exact(multiply, shapes):
    """Sums of integers are exact in every order, so that only what is rounded to bf16, and when, can differ."""
    torch.manual_seed(0)
    factors = [integers(*shape) for shape in shapes]
    results = []
    for products in (nullcontext(), RoundedProducts()):
        with torch.autocast("cpu", torch.bfloat16), products:
            result = multiply(*factors)
        weights = torch.arange(result.numel()).reshape(result.shape) % 5 - 2
        results.append((result, *torch.autograd.grad((result.float() * weights).sum(), factors)))
    exact = multiply(*factors)
    assert not torch.equal(exact, exact.bfloat16().float()), "nothing had to be rounded"
    assert torch.equal(results[0][0], exact.bfloat16())
    for one, other in zip(*results, strict=True):
        assert one.dtype == other.dtype
        assert torch.equal(one, other)


def test_products_that_a_model_keeps_in_float32_stay_there():
    """Rotary encoders compute angles so: bf16 holds no whole number above 256 exactly."""
    positions, rates = torch.arange(255.0, 300.0)[:, None], torch.tensor([[1.0, 0.1]])
    with torch.autocast("cpu", torch.bfloat16), RoundedProducts(), torch.autocast("cpu", enabled=False):
        angles = positions @ rates
    assert angles.dtype == torch.float32
    assert torch.equal(angles[:, 0], positions[:, 0])


def test_attention_is_that_of_bf16_but_for_what_is_rounded_within_it():
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 4, 20, 16)
    bias = torch.zeros(2, 1, 1, 20).masked_fill(torch.rand(2, 1, 1, 20) < 0.3, -torch.inf)
    exact = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=0.5)
    with computing_in("bf16", CPU), RoundedProducts():
        rounded = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=0.5)
    assert rounded.dtype == torch.bfloat16
    assert 0 < (rounded.float() - exact).abs().max() < 0.03


def losses_of(precision):
    """The losses of some training and the trained model."""
    model = tiny_model("bert", initializer_range=0.05)
    training = dataclasses.replace(make_training(epochs=4, learning_rate=7e-5), precision=precision)
    return np.array([row["loss"] for row in finetune(model, SENTENCES, training, Pruner({}, {}), seed=1)]), model


@pytest.mark.parametrize("processor", ["AMD with AVX-512 BF16", "AMD with AVX2"], indirect=True)
def test_mixed_precision_trains_float32_weights_to_nearly_the_same(processor):
    (exact, _), (rounded, model) = losses_of("fp32"), losses_of("bf16")
    assert rounded == pytest.approx(exact, abs=0.02)
    assert (rounded != exact).any()
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())


def test_batches_in_bf16_come_in_few_shapes():
    """Each new one costs a processor the compilation of its products; float32 has none, and gets no filling."""
    assert [piece_multiple(precision, CPU) for precision in ("fp32", "bf16")] == [1, 16]
    assert piece_multiple("bf16", torch.device("cuda")) == piece_multiple("fp32", torch.device("cuda")) == 32
    lengths = {}
    for precision in ("fp32", "bf16"):
        model, seen = tiny_model("bert"), set()
        model.classifier.register_forward_pre_hook(lambda _, inputs, seen=seen: seen.add(inputs[0].shape[1]))
        training = dataclasses.replace(make_training(epochs=4, learning_rate=7e-5), precision=precision)
        finetune(model, SENTENCES, training, Pruner({}, {}), seed=1)
        predict(model, SENTENCES, precision)
        lengths[precision] = seen
    lengths = {precision: seen - {1} for precision, seen in lengths.items()}  # what operations are counted on
    assert all(length % 16 == 0 for length in lengths["bf16"])
    assert any(length % 16 for length in lengths["fp32"])
    assert len(lengths["bf16"]) <= len(lengths["fp32"]) / 2


def test_training_in_bf16_is_the_same_by_both_kinds_of_products(monkeypatch):
    """Closer to each other than to fp32: they differ by the order of sums, before these are rounded."""
    exact, losses = losses_of("fp32")[0], []
    for name in ("AMD with AVX-512 BF16", "AMD with AVX2"):
        monkeypatch.setattr(torch.cpu, "get_capabilities", partial(PROCESSORS.get, name))
        losses.append(losses_of("bf16")[0])
    assert abs(losses[1] - losses[0]).mean() < abs(losses[0] - exact).mean() / 2


@pytest.mark.parametrize("processor", ["AMD with AVX-512 BF16", "AMD with AVX2"], indirect=True)
def test_mixed_precision_predicts_nearly_the_same(processor):
    model = tiny_model("bert").eval()
    found = [predict_with_confidence(model, SENTENCES, precision) for precision in ("fp32", "bf16")]
    tags, confidence = ([np.concatenate(part) for part in parts] for parts in zip(*found, strict=True))
    assert 0.9 < np.mean(tags[0] == tags[1]) <= 1
    difference = np.abs(confidence[0].astype(int) - confidence[1])
    assert 0 < difference.max() < 20  # of 255 steps: nearly the same, but not computed in fp32
