"""A device that computes nothing, for the training loop as a GPU would run it, and a record of what it is asked to do.

`gpu` is registered with torch from Python. Its tensors are FakeTensors, which have shapes and no values: an operation
on tensors of two devices, and whatever needs a value, is an error. Register it in a process of its own.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._foreach_utils import _foreach_supported_types
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

VIEWS = frozenset(
    (
        *("_unsafe_view", "alias", "as_strided", "detach", "empty", "empty_like", "empty_strided", "expand"),
        *("lift_fresh", "new_empty", "permute", "reshape", "select", "slice", "split", "split_with_sizes", "squeeze"),
        *("t", "transpose", "unbind", "unsqueeze", "view"),
    )
)
"""Operators that launch no kernel."""

IN_BF16 = ("linear", "matmul", "bmm", "baddbmm", "addmm")
IN_FLOAT32 = ("layer_norm", "softmax.int", "log_softmax.int", "sum", "sum.dim_IntList", "pow.Tensor_Scalar")
"""Operators that autocast on CUDA computes in bf16 and in float32: those of them that an encoder calls."""


class Backend:
    """What torch asks of a device's module."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]

    def is_initialized(self) -> bool:
        return True

    def is_available(self) -> bool:
        return True

    def current_device(self) -> int:
        return 0

    def device_count(self) -> int:
        return 1

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None:
        pass


class Record(TorchDispatchMode):
    """Counts the operators that a device is asked for, and the copies to it (by non_blocking) and from it."""

    def __init__(self) -> None:
        super().__init__()
        self.clear()

    def clear(self) -> None:
        self.operators, self.to_device, self.from_device = Counter(), Counter(), 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        given, made = (
            {value.device.type for value in tree_leaves(values) if isinstance(value, torch.Tensor)}
            for values in ((args, kwargs), result)
        )
        name = function._schema.name.split("::")[1]
        if "gpu" in given | made and name not in VIEWS and function.namespace == "aten":
            self.operators[name] += 1
        into = name == "copy_" and (args[0].device.type, args[1].device.type) == ("gpu", "cpu")
        if (given == {"cpu"} and made == {"gpu"}) or into:
            self.to_device[bool(kwargs.get("non_blocking", into and any(args[2:])))] += 1
        self.from_device += "gpu" in given and made == {"cpu"}
        return result


def register_device() -> tuple[torch.device, tuple[torch.library.Library, ...]]:
    """Give this process the device, with its autocast, which lives as long as the libraries."""
    _setup_privateuseone_for_python_backend("gpu", backend_module=Backend())
    torch.Tensor.pin_memory = lambda tensor: tensor  # there is no driver to lock pages for
    _foreach_supported_types.append(FakeTensor)  # else torch takes tensors that are not its own one by one
    values = torch.tensor

    def tensor(data, device=None, **kwargs):
        """torch.tensor, which cannot write its values to a device that has none."""
        made = values(data, **kwargs)
        on_device = device is not None and torch.device(device).type == "gpu"
        return torch.empty(made.shape, dtype=made.dtype, device=device) if on_device else made.to(device)

    torch.tensor = tensor
    return torch.device("gpu"), _autocast()


def _autocast() -> tuple[torch.library.Library, ...]:
    """Have autocast on the device turn the arguments of operators into what it does on CUDA; the libraries are kept."""
    others = torch.library.Library("_", "IMPL")
    others.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")
    library = torch.library.Library("aten", "IMPL")

    def turned(operator, dtype, *args, **kwargs):
        def turn(value):
            floating = isinstance(value, torch.Tensor) and value.is_floating_point()
            return value.to(dtype) if floating else value

        with torch.autocast("gpu", enabled=False):
            return operator(*tree_map(turn, args), **tree_map(turn, kwargs))

    def attend(query, key, value, mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False):
        """The kernel that CUDA chooses where there is a mask and gradients are wanted."""
        mask = None if mask is None else mask.expand(*query.shape[:3], key.shape[2])
        kernel = torch.ops.aten._scaled_dot_product_efficient_attention.default
        return turned(kernel, torch.bfloat16, query, key, value, mask, True, dropout_p, is_causal, scale=scale)[0]

    library.impl("scaled_dot_product_attention", attend, "AutocastPrivateUse1")
    for names, dtype in ((IN_BF16, torch.bfloat16), (IN_FLOAT32, torch.float32)):
        for name in names:
            operator, _, overload = name.partition(".")
            operator = getattr(getattr(torch.ops.aten, operator), overload or "default")
            library.impl(name, partial(turned, operator, dtype), "AutocastPrivateUse1")
    return library, others


@contextmanager
def fake_tensors() -> Iterator[None]:
    """Within it, tensors of the device have no values."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield


def move(model: nn.Module, device: torch.device) -> None:
    """Put a model's weights and buffers on the device, without values."""
    for module in model.modules():
        for name, parameter in list(module._parameters.items()):
            if parameter is not None:
                module._parameters[name] = nn.Parameter(torch.empty(parameter.shape, device=device))
        for name, buffer in list(module._buffers.items()):
            if buffer is not None:
                module._buffers[name] = torch.empty(buffer.shape, device=device, dtype=buffer.dtype)
