"""The weights of linear layers in bf16, rounded all at once at the beginning of a step, for a GPU.

Autocast rounds each matrix when a layer is called and turns its gradient to float32 on its own: small kernels, which a
GPU starts one by one. Here each is one call over all of them. The numbers are the same bit for bit.
"""

from functools import partial

import torch
from torch import nn
from torch.nn.functional import linear


class _Rounding(torch.autograd.Function):
    """From float32 tensors to the same in bf16; their gradients come back in float32."""

    @staticmethod
    def forward(ctx, *weights: torch.Tensor) -> tuple[torch.Tensor, ...]:
        ctx.set_materialize_grads(False)  # a layer that a batch does not use has none
        return _copied(weights, torch.bfloat16)

    @staticmethod
    def backward(ctx, *gradients: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        whole = iter(_copied([gradient for gradient in gradients if gradient is not None], torch.float32))
        return tuple(None if gradient is None else next(whole) for gradient in gradients)


def _copied(tensors: list[torch.Tensor], dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    copies = [torch.empty_like(tensor, dtype=dtype) for tensor in tensors]
    if copies:
        torch._foreach_copy_(copies, list(tensors))
    return tuple(copies)


class RoundedWeights:
    """Within it, the linear layers of a model that is trained in bf16 (autocast) multiply with weights rounded before.

    Where a model leaves autocast, a layer multiplies with its weights as they are. Layers of a type of their own are
    left to autocast.
    """

    def __init__(self, model: nn.Module) -> None:
        self._layers = [module for module in model.modules() if type(module) is nn.Linear]
        together = [(layer.weight, layer.bias) for layer in self._layers]
        self._weights = list(dict.fromkeys(part for parts in together for part in parts if part is not None))

    def __enter__(self) -> None:
        rounded = dict(zip(self._weights, _Rounding.apply(*self._weights), strict=True)) if self._weights else {}
        for layer in self._layers:
            bias = None if layer.bias is None else rounded[layer.bias]
            layer.forward = partial(_multiply, layer, rounded[layer.weight], bias)

    def __exit__(self, *_: object) -> None:
        for layer in self._layers:
            del layer.forward


def _multiply(layer: nn.Linear, weight: torch.Tensor, bias: torch.Tensor | None, values: torch.Tensor) -> torch.Tensor:
    if torch.is_autocast_enabled(values.device.type):
        return linear(values, weight, bias)
    return linear(values, layer.weight, layer.bias)
