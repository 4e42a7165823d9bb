"""Floating-point operations: how many a training step needs, and how many the device can do in a second."""

import time
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn.functional import linear
from transformers import PreTrainedModel

from ner_pruning.training.model import load_batch
from ner_pruning.training.packing import PackedBatch
from ner_pruning.training.precision import product_type

FORWARD_AND_BACKWARD = 3
"""Times the operations of a forward pass: the backward pass has a product for the inputs and one for the weights."""

PRODUCT_SIZES = {"cpu": 1024, "cuda": 8192}
"""Rows and columns of the product that gives the peak, by type of device: large enough to keep all of it busy."""

PRODUCT_SECONDS = 0.2
"""How long that product is repeated."""


@dataclass(frozen=True)
class StepOperations:
    """The floating-point operations that a training step needs.

    per_piece: for each word piece, in the products with weight matrices. per_pair: for each pair of pieces of a
    sentence, in attention; a sentence of n pieces has n².
    """

    per_piece: float
    per_pair: float

    def of_batch(self, batch: PackedBatch) -> float:
        """Return the operations of a step on a batch; padding is no work."""
        lengths = np.bincount(batch.segments)
        return float(self.per_piece * lengths.sum() + self.per_pair * (lengths**2).sum())


@torch.no_grad()
def step_operations(model: PreTrainedModel) -> StepOperations:
    """Return the operations of a training step of a model, dense or pruned: a weight that is 0 is multiplied too.

    A forward pass takes 2 for each piece and weight that it is multiplied with, and in each layer 4 · width for each
    pair of pieces. The weights are counted in a call of the model, in which some types use a matrix several times.
    """
    config, weights = model.config, 0

    def count(module: nn.Linear, *_: object) -> None:
        nonlocal weights
        weights += module.weight.numel()

    hooks = [module.register_forward_hook(count) for module in model.modules() if isinstance(module, nn.Linear)]
    zero, training = np.zeros(1, np.int64), model.training
    one_piece = PackedBatch(pieces=zero, positions=zero, segments=zero, words=zero, word_numbers=zero, tags=zero)
    try:
        model.eval()(**load_batch(one_piece, model, next(model.parameters()).device).arguments)
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    width = config.num_attention_heads * size
    return StepOperations(
        per_piece=FORWARD_AND_BACKWARD * 2 * weights,
        per_pair=FORWARD_AND_BACKWARD * 4 * config.num_hidden_layers * width,
    )


@cache
def peak_rate(
    precision: str, device: torch.device, threads: int, size: int | None = None, seconds: float = PRODUCT_SECONDS
) -> float:
    """Return the floating-point operations a second of a large matrix product: the fastest of several, kept afterwards.

    precision: of the run; the product is of the type that its products are. threads: those that torch computes in.
    """
    size = size or PRODUCT_SIZES[device.type]
    values = torch.linspace(-1, 1, size * size, device=device).view(size, size)  # no random numbers are drawn
    values = values.to(product_type(precision, device))
    fastest, repetitions, until = float("inf"), 0, time.perf_counter() + seconds
    with torch.no_grad():
        while repetitions < 2 or time.perf_counter() < until:  # the first one allocates
            began = time.perf_counter()
            linear(values, values)[0, 0].item()  # waits for the device
            fastest = min(fastest, time.perf_counter() - began)
            repetitions += 1
    return 2 * size**3 / fastest
