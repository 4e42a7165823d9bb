"""The word embedding while it is trained: a step moves the rows that its batch uses, and the others catch up later."""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.optim.adamw import adamw
from transformers import PreTrainedModel

from ner_pruning.training.packing import PackedBatch
from ner_pruning.training.pruning import Pruner

FEWEST_WEIGHTS = 6_000_000
"""With fewer, moving all rows in each step takes less time than to keep track of them (8,000 rows of mBERT)."""

NEGLIGIBLE = 2.0**-26
"""Updates that a row has missed are left out once they are below this share of the first of them."""

CHUNK_ROWS = 512
"""Rows that catch up in one go, so that they stay in a processor's cache."""


def all_rows_below(embedding: nn.Module, *, betas: tuple[float, float], weight_decay: float) -> float:
    """Return with fewer rows than how many a step moves all rows of an embedding: infinity where it always does.

    That is on a GPU, with weight decay, and where the updates that a row misses do not die away.
    """
    catches_up = type(embedding) is nn.Embedding and weight_decay == 0 and 0 < _decay(betas) < 1
    if not catches_up or embedding.weight.device.type != "cpu":
        return math.inf
    return FEWEST_WEIGHTS / embedding.weight.shape[1]


def _decay(betas: tuple[float, float]) -> float:
    """Return by what AdamW's update shrinks from one step without a gradient to the next."""
    return betas[0] / math.sqrt(betas[1])


class WordRows:
    """The word embedding of a model whose other parameters `torch.optim.AdamW` moves.

    Without a gradient AdamW still moves a row, by what is left of its first moment, ever less: `moved` says after how
    many steps a row was last moved, and what it has missed since is made up for when a batch uses it, when it is
    pruned, or at the end. The moments after n such steps are m·β₁ⁿ and v·β₂ⁿ, rounded once instead of n times, and the
    updates are summed one by one as long as they are not NEGLIGIBLE; so a weight differs in its last bits from that of
    steps with all rows. The moments lie in the optimiser's state, as those of the other parameters.

    rows: those of the batch (rows), active: their weights (rows, width), a leaf. Both are None where the optimiser
    moves the whole embedding in each step: on a GPU, with weight decay, and where it is small. steps: of the training.
    """

    def __init__(self, model: PreTrainedModel, optimizer: torch.optim.AdamW, steps: int) -> None:
        self._embedding = embedding = model.get_input_embeddings()
        self.weight, self._padding = embedding.weight, embedding.padding_idx
        self._optimizer, self._group = optimizer, _group(optimizer, self.weight)
        self._rates = np.zeros(steps)  # learning rate of each step
        self._done = 0
        self._moved = np.zeros(len(self.weight), np.int64)
        self.rows: torch.Tensor | None = None
        self.active: nn.Parameter | None = None
        betas, weight_decay = self._group["betas"], self._group["weight_decay"]
        self.lazy = len(self.weight) >= all_rows_below(embedding, betas=betas, weight_decay=weight_decay)
        if self.lazy:
            self._most = math.ceil(math.log(NEGLIGIBLE) / math.log(_decay(betas)))
            embedding.forward = self._look_up
            moments = {name: torch.zeros_like(self.weight) for name in ("exp_avg", "exp_avg_sq")}
            optimizer.state[self.weight] = {"step": torch.tensor(0.0), **moments}

    def _look_up(self, pieces: torch.Tensor) -> torch.Tensor:
        padding = None
        if self._padding is not None:
            places = (self.rows == self._padding).nonzero().flatten().tolist()
            padding = places[0] if places else None
        return functional.embedding(pieces, self.active, padding)

    @torch.no_grad()
    def activate(self, batch: PackedBatch) -> PackedBatch:
        """Bring the rows of a batch up to date for the model to look up; return it with its pieces renumbered."""
        if not self.lazy:
            return batch
        rows, pieces = np.unique(batch.pieces.astype(np.int64), return_inverse=True)
        if not len(rows):  # of sentences without a piece: what fills the batch up looks up the first row
            rows = np.zeros(1, np.int64)
        self._catch_up(rows)
        self.rows = torch.from_numpy(rows)
        self.active = nn.Parameter(self.weight.index_select(0, self.rows))
        return dataclasses.replace(batch, pieces=pieces.reshape(-1))

    def mask_gradient(self, pruner: Pruner) -> None:
        """Set the gradient of pruned weights to 0, which moves none of them, so that no norm counts it."""
        if self.active is not None:
            pruner.mask_rows(self.weight, self.rows, self.active.grad)

    @torch.no_grad()
    def step(self) -> None:
        """Move the rows of the batch, as the optimiser has just moved the other parameters."""
        if not self.lazy:
            return
        group, state, weights = self._group, self._optimizer.state[self.weight], self.active.detach()
        moments = [state[name].index_select(0, self.rows) for name in ("exp_avg", "exp_avg_sq")]
        adamw(
            [weights],
            [self.active.grad],
            *([moment] for moment in moments),
            [],
            [state["step"]],  # to which it adds 1
            fused=True,
            grad_scale=self._optimizer.grad_scale,
            amsgrad=False,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            lr=group["lr"],
            weight_decay=0.0,
            eps=group["eps"],
            maximize=False,
        )
        for whole, part in zip((self.weight, state["exp_avg"], state["exp_avg_sq"]), (weights, *moments), strict=True):
            whole.index_copy_(0, self.rows, part)
        self._rates[self._done] = group["lr"]
        self._done += 1
        self._moved[self.rows.numpy()] = self._done
        self.rows = self.active = None

    def before_pruning(self, pruner: Pruner) -> None:
        """Bring all rows up to date if they are going to be pruned."""
        if self.lazy and pruner.prunes(self.weight):
            self._catch_up_all()

    def finish(self) -> None:
        """Bring all rows up to date and have the model look them up as before."""
        if self.lazy:
            self._catch_up_all()
            del self._embedding.forward

    @torch.no_grad()
    def _catch_up_all(self) -> None:
        rows = np.arange(len(self.weight))
        for start in range(0, len(rows), CHUNK_ROWS):
            self._catch_up(rows[start : start + CHUNK_ROWS])

    def _catch_up(self, rows: np.ndarray) -> None:
        """Do to some rows what they have missed; nothing to those that no batch has used yet, whose moments are 0."""
        moved = self._moved[rows]
        behind = rows[(moved > 0) & (moved < self._done)]
        if not len(behind):
            return
        behind = behind[np.argsort(self._moved[behind], kind="stable")]  # those that have missed most come first
        moved, index = self._moved[behind], torch.from_numpy(behind)
        missed = self._done - moved
        state, (beta1, beta2) = self._optimizer.state[self.weight], self._group["betas"]
        weights, first, second = (
            whole.index_select(0, index) for whole in (self.weight, state["exp_avg"], state["exp_avg_sq"])
        )
        nth = np.arange(1, min(self._most, missed[0]) + 1)  # missed step of a row
        steps = np.minimum(moved[:, None] + nth, self._done)
        rates = self._rates[steps - 1] * beta1**nth / (1 - beta1**steps)
        spreads = np.sqrt(beta2**nth / (1 - beta2**steps))
        rates, spreads = (torch.from_numpy(values) for values in (rates.astype(np.float32), _above_0(spreads)))
        root, sums = second.sqrt(), torch.zeros_like(first)
        dividends, divisors = torch.empty_like(first), torch.empty_like(first)
        for place, count in enumerate((missed[:, None] >= nth).sum(0)):
            some = slice(0, count)
            torch.mul(first[some], rates[some, place : place + 1], out=dividends[some])
            torch.mul(root[some], spreads[some, place : place + 1], out=divisors[some]).add_(self._group["eps"])
            sums[some].addcdiv_(dividends[some], divisors[some])
        for whole, part, beta in ((state["exp_avg"], first, beta1), (state["exp_avg_sq"], second, beta2)):
            left = torch.from_numpy(_above_0(beta**missed))
            whole.index_copy_(0, index, part.mul_(left[:, None]))
        self.weight.index_copy_(0, index, weights.sub_(sums))
        self._moved[behind] = self._done

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return what a snapshot holds of it besides the embedding and its moments."""
        if not self.lazy:
            return {}
        return {"moved": torch.from_numpy(self._moved), "rates": torch.from_numpy(self._rates[: self._done])}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take over what `tensors` returned."""
        if self.lazy:
            self._moved, self._done = tensors["moved"].numpy().copy(), len(tensors["rates"])
            self._rates[: self._done] = tensors["rates"].numpy()


def _above_0(factors: np.ndarray) -> np.ndarray:
    """Return factors in float32, none of which is 0: the second moment of a pruned weight is infinite and stays so."""
    return np.maximum(factors, np.finfo(np.float32).tiny).astype(np.float32)


def _group(optimizer: torch.optim.Optimizer, parameter: nn.Parameter) -> dict:
    """Return the optimiser's group of a parameter."""
    return next(group for group in optimizer.param_groups if any(parameter is other for other in group["params"]))
