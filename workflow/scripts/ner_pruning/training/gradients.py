"""The loss of a batch and the gradients of all weights: the forward and the backward pass of a training step."""

from contextlib import nullcontext

import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from ner_pruning.training.dropout import seed_dropout
from ner_pruning.training.model import Layout, lay_out, to_device, unfold
from ner_pruning.training.packing import PackedBatch
from ner_pruning.training.precision import computing_in, piece_multiple, rounds_at_once
from ner_pruning.training.rounded_weights import RoundedWeights


class Gradients:
    """Computes gradients of a model on its device, where they are added to those that there are.

    precision: fp32 or bf16 (autocast). fill_words: see `lay_out`; None for as the device has it: a GPU, which chooses
    its kernels by shape, has few shapes with filled words.
    """

    def __init__(self, model: PreTrainedModel, precision: str, *, fill_words: bool | None = None) -> None:
        self._model, self._precision = model, precision
        self._device = next(model.parameters()).device
        self._multiple = piece_multiple(precision, self._device)
        self._fill_words = self._device.type != "cpu" if fill_words is None else fill_words
        self._rounded = RoundedWeights(model) if rounds_at_once(precision, self._device) else nullcontext()

    def add(self, batch: PackedBatch, seed: tuple[int, int]) -> torch.Tensor:
        """Add the gradients of a batch, and return its loss: the mean over its words (scalar, on the device).

        seed: of the dropout. The loss of a batch all of whose words gave no piece is 0 rather than 0 / 0.
        """
        return self._compute(*self._lay_out(batch), seed)

    def _lay_out(self, batch: PackedBatch) -> tuple[Layout, torch.Tensor]:
        return lay_out(batch, self._model, self._multiple, fill_words=self._fill_words)

    def _compute(self, layout: Layout, numbers: torch.Tensor, seed: tuple[int, int]) -> torch.Tensor:
        seed_dropout(*seed)
        loss = self._loss(layout, to_device(numbers, self._device))
        loss.backward()
        return loss.detach()

    def _loss(self, layout: Layout, numbers: torch.Tensor) -> torch.Tensor:
        """Return the loss of a batch that is laid out so, from its numbers on the device."""
        loaded = unfold(numbers, layout, self._model)
        with computing_in(self._precision, self._device), self._rounded:
            logits = self._model(**loaded.arguments).logits.flatten(0, 1).index_select(0, loaded.words)
        return cross_entropy(logits.float(), loaded.tags, reduction="sum") / loaded.count
