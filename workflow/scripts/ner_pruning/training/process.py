"""What a process that trains or predicts sets for itself: threads, denormal numbers, determinism and memory."""

import ctypes
import gc
import os

import torch


def use_threads(threads: int) -> None:
    """Have torch compute in so many threads, and have all of them flush denormal numbers to zero.

    Call it before the first tensor is computed: the setting belongs to a thread, and torch's pool inherits it from the
    thread that starts the pool. The first moment of a weight that has no gradient for some 800 steps is denormal for
    good, as rounding keeps the smallest such numbers from reaching zero; Intel's processors take twenty times as long
    to compute with them. A processor that cannot flush them keeps them.
    """
    torch.set_flush_denormal(True)
    torch.set_num_threads(threads)


def be_deterministic() -> None:
    """Have torch compute the same bits in every run, and refuse what it cannot."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS is not deterministic
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # NaN in what an operation is about to write


def keep_freed_memory() -> None:
    """Have the C library keep memory that is freed, for the next step, where it is one that can be told to (glibc).

    By default each large tensor's pages go back to the system and are faulted in anew at the next step.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        trim_threshold, mmap_max = -1, -4  # names in malloc.h
        library.mallopt(mmap_max, 0)  # every tensor comes from the heap
        library.mallopt(trim_threshold, 2**31 - 1)  # whose free end is not given back


def give_back_freed_memory() -> None:
    """Return what training has freed to the system, before more is asked for than the C library may reuse."""
    gc.collect()  # the optimiser and its scheduler refer to each other
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
