"""Precision of training and prediction: how `auto` chooses it, and bf16 on CPUs that have no fast products for it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

PRODUCTS = frozenset(
    {
        *(functional.linear, torch.bmm, torch.baddbmm, functional.scaled_dot_product_attention),
        *(torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__),
    }
)
"""The matrix products of an encoder, in packed batches and, in the second line, in padded ones."""

PLAIN = (torch.Tensor, torch.nn.Parameter)
"""The types of tensors that hold the numbers that they stand for."""


def choose_precision(name: str, device: torch.device) -> str:
    """Return the precision of a config value: fp32, bf16, or auto (bf16 where the device multiplies it faster)."""
    if name != "auto":
        return name
    return "bf16" if multiplies_bf16_faster(device) else "fp32"


def multiplies_bf16_faster(device: torch.device) -> bool:
    """Return whether a device multiplies matrices faster in bf16 than in fp32.

    That is a GPU of compute capability 8.0, or a processor with AMX, or one of AMD's with AVX-512 BF16: Intel's with
    that alone are faster in fp32 (docs/decisions.md has the rates that were measured).
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    processor = torch.cpu.get_capabilities()
    amd = "AMD" in processor.get("cpu_name", "")
    return bool(processor.get("amx_bf16", False) or (amd and processor.get("avx512_bf16", False)))


@contextmanager
def computing_in(precision: str, device: torch.device) -> Iterator[None]:
    """Within it, the forward pass of a float32 model computes in a precision: fp32, or bf16 (autocast).

    An x86 processor that is slow in bf16 computes the products of one that is not, in float32 (`RoundedProducts`).
    """
    with ExitStack() as contexts:
        if precision == "bf16":
            contexts.enter_context(torch.autocast(device.type, torch.bfloat16))
            if product_type(precision, device) == torch.float32:
                contexts.enter_context(RoundedProducts())
        yield


def product_type(precision: str, device: torch.device) -> torch.dtype:
    """Return the type of the numbers that a device multiplies in a precision: that of bf16 may be float32."""
    rounds = device.type == "cpu" and not multiplies_bf16_faster(device) and torch.cpu.get_capabilities().get("avx2")
    return torch.bfloat16 if precision == "bf16" and not rounds else torch.float32


def piece_multiple(precision: str, device: torch.device) -> int:
    """Return of how many pieces batches are made a multiple, so that few shapes of matrix products occur.

    A GPU chooses its kernels by shape. On a processor, bf16 products of a new shape are first compiled (oneDNN), which
    takes 2 to 10 ms each, 40 ms a step with BERT's layers; the last 1,024 are kept, those of some 60 lengths of a
    batch. Products in float32 are not compiled.
    """
    if device.type != "cpu":
        return 32
    return 16 if precision == "bf16" else 1


def rounds_at_once(precision: str, device: torch.device) -> bool:
    """Return whether training rounds the weights of all layers at once (`rounded_weights`): not on a processor."""
    return precision == "bf16" and device.type != "cpu"


class RoundedProducts(TorchFunctionMode):
    """Multiplies bf16 as such hardware does: rounds the factors, multiplies and sums in float32, rounds the result.

    Gradients too. torch's own products of bf16 take up to eight times as long on a processor without them
    (docs/decisions.md).
    """

    def __torch_function__(
        self, function: Callable, types: Any, args: tuple = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if function not in PRODUCTS or not torch.is_autocast_enabled("cpu"):  # as where a model turns positions
            return function(*args, **kwargs)
        if any(isinstance(arg, torch.Tensor) and type(arg) not in PLAIN for arg in args):  # an int8 matrix
            return function(*args, **kwargs)
        with torch.autocast("cpu", enabled=False):
            result = function(*map(_rounded, args), **{key: _rounded(value) for key, value in kwargs.items()})
        return result.bfloat16()


def _rounded(value: Any) -> Any:
    """Return a float tensor with its values rounded to bf16, in float32, and anything else as it is."""
    return value.bfloat16().float() if isinstance(value, torch.Tensor) and value.is_floating_point() else value
