"""Forward and backward pass of a training step from CUDA graphs: a GPU gets one call instead of some 840."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import PreTrainedModel

from ner_pruning.files import InputError
from ner_pruning.training.dropout import seed_dropout
from ner_pruning.training.gradients import Gradients
from ner_pruning.training.model import Layout, ready_to_copy, to_device
from ner_pruning.training.packing import PackedBatch

MOST_GRAPHS = 256
"""Layouts that are remembered, and get a graph when they occur again; a real run has some fifty."""

OLDEST_TORCH = (2, 13)
"""Before it, a recording that fails leaves torch's random numbers unusable."""


class Recorder(Protocol):
    """Calls a function, and returns what does the same to the same memory; what it writes may be there only after that.

    replayed: steps that were replayed and not computed, which `GraphedGradients` counts.
    """

    replayed: int

    def __call__(self, work: Callable[[], None]) -> Callable[[], None]: ...


class GraphError(RuntimeError):
    """Steps that were replayed may be wrong: its message is one line."""


class CudaGraphs:
    """Records CUDA graphs, which share the memory of what they compute on the way.

    Raises InputError where torch is older than OLDEST_TORCH.
    """

    def __init__(self) -> None:
        if tuple(map(int, torch.__version__.split(".")[:2])) < OLDEST_TORCH:
            oldest = ".".join(map(str, OLDEST_TORCH))
            raise InputError(
                f"cuda_graphs: true with PyTorch {torch.__version__}; expected {oldest} or newer, or false"
            )
        self._pool = torch.cuda.graph_pool_handle()
        self.replayed = 0

    def __call__(self, work: Callable[[], None]) -> Callable[[], None]:
        graph = torch.cuda.CUDAGraph()
        # the outer context: torch leaves its own stream the current one after a recording that failed
        with torch.cuda.stream(torch.cuda.current_stream()), torch.cuda.graph(graph, pool=self._pool):
            work()
        return graph.replay


def recorder_of(cuda_graphs: bool, device: torch.device) -> CudaGraphs | None:
    """Return what records the steps of a run on a device: on a GPU, where the config has `cuda_graphs: true`."""
    return CudaGraphs() if cuda_graphs and device.type == "cuda" else None


class MemoryRead(TorchDispatchMode):
    """Holds the memory that operators read and that was there before them; they read it again when replayed."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[int, torch.UntypedStorage] = {}
        self._made: set[int] = set()

    def __torch_dispatch__(self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        for storage in _storages((args, kwargs)):
            if storage.data_ptr() not in self._made:
                self.kept[storage.data_ptr()] = storage
        result = function(*args, **kwargs)
        self._made.update(storage.data_ptr() for storage in _storages(result) if storage.data_ptr() not in self.kept)
        return result


def _storages(values: Any) -> list[torch.UntypedStorage]:
    return [value.untyped_storage() for value in tree_leaves(values) if isinstance(value, torch.Tensor)]


@dataclass
class Graph:
    """A recorded batch.

    numbers: the memory that it reads the batch from, see `lay_out`. replay: computes its loss and gradients.
    parameters: those that have a gradient. read: all memory that it reads. trusted: whether it has once given what
    computing without it gives.
    """

    numbers: torch.Tensor
    replay: Callable[[], None]
    parameters: list[nn.Parameter]
    read: MemoryRead
    trusted: bool = False


class GraphedGradients(Gradients):
    """`Gradients` that are replayed from a graph of the batch's layout, with the same bits.

    The first batch of a layout is computed, as libraries then choose their kernels. The second is computed and
    recorded. The third is computed and replayed: other numbers and another dropout, so that a value which was taken
    over from the second shows. All later ones are replayed. Where a model cannot be recorded, draws random numbers of
    its own or gives other bits, all batches are computed from there on, and a line says so.
    """

    def __init__(self, model: PreTrainedModel, precision: str, record: Recorder) -> None:
        super().__init__(model, precision, fill_words=True)
        self._record: Recorder | None = record
        self._graphs: dict[Layout, Graph | None] = {}  # None for a layout that has occurred once
        self._loss_of_graph = torch.zeros((), device=self._device)
        self._gradients: dict[nn.Parameter, torch.Tensor] = {}  # the memory that all graphs write to
        self._draws_there = self._device.type == "cpu"  # random numbers, on the processor

    def add(self, batch: PackedBatch, seed: tuple[int, int]) -> torch.Tensor:
        """As `Gradients.add`, for weights none of which has a gradient yet.

        Raises GraphError when a graph gives other bits after others were trusted.
        """
        layout, numbers = self._lay_out(batch)
        graph = self._graphs.get(layout)
        if graph is not None and graph.trusted:
            self._replay(graph, numbers, seed)
            self._record.replayed += 1
            for parameter in graph.parameters:
                parameter.grad = self._gradients[parameter]
            return self._loss_of_graph.clone()
        loss = self._compute(layout, numbers, seed)
        if self._record is None:
            return loss
        if graph is not None:
            self._check(graph, numbers, seed, loss)
        elif layout in self._graphs:
            self._add_graph(layout, numbers, seed)
        elif len(self._graphs) < MOST_GRAPHS:
            self._graphs[layout] = None
        return loss

    def _add_graph(self, layout: Layout, numbers: torch.Tensor, seed: tuple[int, int]) -> None:
        weights = [parameter for parameter in self._model.parameters() if parameter.requires_grad]
        parameters, read = [], MemoryRead()
        try:
            if not self._gradients:
                self._gradients = {weight: torch.empty_like(weight) for weight in weights}
            numbers = to_device(numbers, self._device)

            def work() -> None:
                with read:
                    loss = self._loss(layout, numbers)
                    # not `backward`: that would add to gradients in memory of the graph's own
                    found = dict(zip(weights, torch.autograd.grad(loss, weights, allow_unused=True), strict=True))
                    parameters.extend(weight for weight, gradient in found.items() if gradient is not None)
                    self._loss_of_graph.copy_(loss.detach())
                    torch._foreach_copy_(
                        [self._gradients[weight] for weight in parameters], [found[weight] for weight in parameters]
                    )

            seed_dropout(*seed)
            before = _drawn()
            replay = self._record(work)
        except RuntimeError as error:
            self._give_up(str(_first_cause(error)).splitlines()[0])
            return
        if not self._draws_there and _drawn() != before:
            self._give_up("the model draws random numbers on the processor")
            return
        self._graphs[layout] = Graph(numbers, replay, parameters, read)

    def _replay(self, graph: Graph, numbers: torch.Tensor, seed: tuple[int, int]) -> None:
        graph.numbers.copy_(ready_to_copy(numbers, self._device), non_blocking=True)
        seed_dropout(*seed)
        graph.replay()

    def _check(self, graph: Graph, numbers: torch.Tensor, seed: tuple[int, int], loss: torch.Tensor) -> None:
        """Trust a graph if it gives the loss and gradients that were computed."""
        self._replay(graph, numbers, seed)
        computed = {weight: weight.grad for weight in self._gradients if weight.grad is not None}
        same = computed.keys() == set(graph.parameters) and same_bits(loss, self._loss_of_graph)
        if same and all(same_bits(gradient, self._gradients[weight]) for weight, gradient in computed.items()):
            graph.trusted = True
            return
        what = "a replayed step has not given the bits of a computed one"
        if any(other is not None and other.trusted for other in self._graphs.values()):
            raise GraphError(what)
        self._give_up(what)

    def _give_up(self, why: str) -> None:
        print(f"cuda_graphs: {why}; goes on without them, with the same results", flush=True)
        self._record, self._graphs, self._gradients = None, {}, {}


def _drawn() -> list[bytes]:
    """Return the states of the processor's random generators."""
    _, words, *others = np.random.get_state()
    of_python = repr(random.getstate()).encode()
    return [torch.get_rng_state().numpy().tobytes(), of_python, words.tobytes(), repr(others).encode()]


def _first_cause(error: BaseException) -> BaseException:
    """Return what came before an error that came from ending the recording."""
    while isinstance(error.__context__, RuntimeError):
        error = error.__context__
    return error


def same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Return whether two float32 tensors of a shape are the same bit for bit."""
    return torch.equal(one.view(torch.int32), other.view(torch.int32))
