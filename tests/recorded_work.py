"""A stand-in for CUDA graphs on a CPU: it records the operators of a function, and calls them again on the same memory.

As in a CUDA graph, numbers that come from Python are those of the recording, tensors are read and written where they
stood, and random numbers are drawn anew from torch's generator. Other than there, all that was computed on the way
stays in memory, and no two recordings share any.
"""

from collections.abc import Callable

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Recording(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        self.calls.append((function, args, kwargs or {}, result))
        return result

    @torch.no_grad()
    def replay(self) -> None:
        for function, args, kwargs, result in self.calls:
            again = function(*args, **kwargs)
            for new, old in zip(tree_leaves(again), tree_leaves(result), strict=True):
                if isinstance(old, torch.Tensor) and new.data_ptr() != old.data_ptr():  # else a view, or in place
                    old.copy_(new)


def record(work: Callable[[], None]) -> Callable[[], None]:
    recording = Recording()
    with recording:
        work()
    return recording.replay


record.replayed = 0  # of all tests
