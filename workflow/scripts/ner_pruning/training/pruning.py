"""Iterative magnitude pruning: the sparsity schedule, exact thresholds, and masks that only grow (paper, section 3).

The criteria of other methods are in `pruning_methods`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.utils import get_total_norm

from ner_pruning.files import InputError
from ner_pruning.study.methods import WITH_EMBEDDINGS, WITH_LINEAR_LAYERS
from ner_pruning.study.schedules import Schedule
from ner_pruning.training.vocabulary import Vocabulary

CHUNK = 1 << 22
"""Weights whose magnitudes are looked at in one go, so that no copy of a whole matrix is made."""

CACHED = 1 << 17
"""Weights whose masked gradients are multiplied in one go, so that they stay in a processor's cache."""

RADIX = 1 << 16
"""Buckets of each of the two passes that find a threshold: half the bits of a 32-bit magnitude."""


def sparsity_schedule(target: float, schedule: Schedule, curve: str = "cubic") -> dict[int, float]:
    """Return the sparsity (0..1) to reach after each optimiser step at which weights are pruned.

    The steps are those of `Schedule.pruning_steps`; at its end the target is always reached.
    curve: "cubic" is Zhu & Gupta 2017, s(t) = target · (1 − (1 − (t − start) / (end − start))³); "linear" has power 1.
    """
    power = {"cubic": 3, "linear": 1}[curve]
    start, end = schedule.start, schedule.end
    progress = {step: 1.0 if step == end else (step - start) / (end - start) for step in schedule.pruning_steps()}
    return {step: target * (1 - (1 - done) ** power) for step, done in progress.items()}


def prunable_matrices(
    model: nn.Module, scope: str, *, classifier: bool = False, position_embeddings: bool = True
) -> dict[str, nn.Parameter]:
    """Return the weight matrices that a scope prunes, by their name in the model.

    scope: "partial" is all linear layers of the encoder; "embeddings" its word embeddings, and with
    `position_embeddings` those of positions and types; "full" is both. The tagging head is pruned with the linear
    layers, and only with `classifier`; normalisation weights and biases, which are not dense weights, never.
    """
    encoder, words = model.base_model, model.get_input_embeddings()
    matrices = {}
    for name, module in model.named_modules():
        inside = name.startswith(f"{model.base_model_prefix}.")
        linear = isinstance(module, nn.Linear) and (inside or classifier)
        embedding = isinstance(module, nn.Embedding) and (module is words or position_embeddings)
        if (linear and scope in WITH_LINEAR_LAYERS) or (embedding and scope in WITH_EMBEDDINGS):
            matrices[f"{name}.weight"] = module.weight
    if not any(isinstance(module, nn.Linear) for module in encoder.modules()):
        raise InputError("encoder: has no linear layers (torch.nn.Linear), so that there is nothing to prune")
    return matrices


@dataclass
class Block:
    """Rows of a matrix that lie together in memory.

    weight: float32 (rows, columns), changed in place. kept: mask of the same shape, False where pruned.
    row_numbers: number of each row in the whole matrix (rows), or None when the block is the whole matrix.
    """

    weight: torch.Tensor
    row_numbers: torch.Tensor | None = None
    kept: torch.Tensor = field(init=False)

    def __post_init__(self):
        self.kept = torch.ones_like(self.weight, dtype=torch.bool)

    def magnitude_bits(self, rows: slice) -> torch.Tensor:
        """Return the magnitudes of some rows as integers of the same order; pruned weights have −1, below all."""
        bits = self.weight[rows].view(torch.int32) & 0x7FFFFFFF
        return bits.bitwise_or_(self.pruned_bits(rows))

    def of_block(self, whole: torch.Tensor) -> torch.Tensor:
        """Return the rows of the block from a tensor of the whole matrix, on the block's device."""
        part = whole if self.row_numbers is None else whole[self.row_numbers.to(whole.device)]
        return part.to(self.weight.device)

    def clear_pruned(self) -> None:
        """Set pruned weights to +0.0, whose bits are all 0."""
        for rows in self.chunks():
            self.weight[rows].view(torch.int32).bitwise_and_(self.pruned_bits(rows).bitwise_not_())

    def pruned_bits(self, rows: slice) -> torch.Tensor:
        """Return −1, all of whose bits are set, where a weight is pruned, else 0: faster than a masked fill."""
        return self.kept[rows].view(torch.int8).to(torch.int32).sub_(1)

    def chunks(self) -> list[slice]:
        """Return slices of rows that hold about CHUNK weights each."""
        step = max(1, CHUNK // self.weight.shape[1])
        return [slice(row, row + step) for row in range(0, len(self.weight), step)]

    def flat_positions(self, mask: torch.Tensor, rows: slice) -> torch.Tensor:
        """Return the flat positions in the whole matrix of the True entries of a mask of some rows."""
        row, column = mask.nonzero(as_tuple=True)
        row = row + rows.start
        number = row if self.row_numbers is None else self.row_numbers[row]
        return number * self.weight.shape[1] + column


@dataclass
class Matrix:
    """A pruned matrix as the blocks that make it up: one, or its trained rows and the rest (a trimmed vocabulary)."""

    name: str
    blocks: list[Block]

    @property
    def size(self) -> int:
        return sum(block.weight.numel() for block in self.blocks)


def prune_smallest(matrices: Sequence[Matrix], count: int) -> None:
    """Prune exactly the `count` weights of smallest magnitude of all the matrices together, in place.

    Weights that are pruned already come first, so that masks only grow; among equal magnitudes the earlier matrix, then
    the lower row and column is pruned first.
    """
    prune_lowest(matrices, count, Block.magnitude_bits)


Keys = Callable[[Block, slice], torch.Tensor]
"""What ranks the weights of some rows of a block: whole numbers from 0 to 2³² − 1, and −1 for those that are pruned."""


def prune_lowest(matrices: Sequence[Matrix], count: int, keys: Keys) -> None:
    """Prune exactly the `count` weights with the lowest keys of all the matrices together, in place.

    Among equal keys the earlier matrix, then the lower row and column is pruned first. The threshold is found without
    sorting or copying a matrix: a radix selection on the bits of the keys, high half first.
    """
    blocks = [block for matrix in matrices for block in matrix.blocks]
    missing = count - sum(block.kept.numel() - int(block.kept.count_nonzero()) for block in blocks)
    if missing <= 0:
        return
    high, missing = _select_bucket(blocks, missing, keys, lambda bits: bits >> 16)
    low, missing = _select_bucket(
        blocks, missing, keys, lambda bits: torch.where((bits >> 16) == high, bits & 0xFFFF, -1)
    )
    threshold = (high << 16) | low
    for matrix in matrices:
        ties = []
        for number, block in enumerate(matrix.blocks):
            for rows in block.chunks():
                bits = keys(block, rows)
                block.kept[rows] &= bits >= threshold
                ties.append((number, block.flat_positions(bits == threshold, rows)))
        missing -= _prune_ties(matrix, ties, missing)
    for block in blocks:
        block.clear_pruned()


def _select_bucket(blocks, rank, keys, half) -> tuple[int, int]:
    """Return the bucket of half(key) that holds the rank-th smallest, and the rank in it; halves of −1 do not count."""
    histogram = torch.zeros(RADIX, dtype=torch.int64, device=blocks[0].weight.device)
    for block in blocks:
        for rows in block.chunks():
            bits = keys(block, rows).flatten()
            histogram += torch.bincount(half(bits) + 1, minlength=RADIX + 1)[1:]
    before = histogram.cumsum(0)
    bucket = int(torch.searchsorted(before, rank))
    return bucket, rank - int(before[bucket] - histogram[bucket])


def _prune_ties(matrix: Matrix, ties: list[tuple[int, torch.Tensor]], missing: int) -> int:
    """Prune the first `missing` of the tied weights by their position in the whole matrix; return how many were."""
    positions = torch.cat([place for _, place in ties])
    if missing <= 0 or not len(positions):
        return 0
    owners = torch.cat([torch.full_like(place, number) for number, place in ties])
    first = torch.argsort(positions)[:missing]
    positions, owners = positions[first], owners[first]
    for number, block in enumerate(matrix.blocks):
        columns = block.weight.shape[1]
        own = positions[owners == number]
        rows = own // columns
        if block.row_numbers is not None:
            rows = torch.searchsorted(block.row_numbers, rows)
        block.kept[rows, own % columns] = False
    return len(positions)


Criterion = Callable[[Sequence[Matrix], int], None]
"""Prunes a number of weights of some matrices together, and before all others those that are pruned already."""


class Pruner:
    """Prunes matrices on a schedule while they are trained; the training loop calls `update` after each step.

    A pruned weight stays exactly 0 and costs a step nothing: AdamW's second moment of it, by whose root a step is
    divided, is made infinite when it is pruned.

    parameters: trained matrices by name. vocabulary: the word embedding that was cut, if it was; when it is among the
    parameters, the rows of its `rest`, which are not trained, are pruned with the trained ones. threshold: "layer"
    prunes each matrix to the sparsity, "global" all together. schedule: the sparsity by step, 0 for before the first
    one. prune: which weights go. scores: of the weights of each matrix, by name, where `prune` reads them; `observe`
    keeps them up to date.
    """

    def __init__(
        self,
        parameters: dict[str, nn.Parameter],
        schedule: dict[int, float],
        threshold: str = "layer",
        vocabulary: Vocabulary | None = None,
        prune: Criterion = prune_smallest,
        scores: Mapping[str, torch.Tensor] | None = None,
    ):
        self.schedule = schedule
        self.prune = prune
        self.scores = dict(scores or {})
        self.parameters = parameters
        self.sparsity = 0.0
        self._masks_at, self._float_masks = 0.0, []  # sparsity at which those masks were made
        self.matrices = []
        for name, parameter in parameters.items():
            weight = parameter.detach()
            if vocabulary is not None and name == vocabulary.name:
                blocks = [Block(weight, vocabulary.used), Block(vocabulary.rest, vocabulary.unused)]
            else:
                blocks = [Block(weight)]
            self.matrices.append(Matrix(name, blocks))
        pairs = zip(self.matrices, parameters.values(), strict=True)
        self._kept = {id(parameter): matrix.blocks[0].kept for matrix, parameter in pairs}  # changed in place
        self.groups = [self.matrices] if threshold == "global" else [[matrix] for matrix in self.matrices]

    def prune_to(self, sparsity: float) -> None:
        """Prune the matrices to a sparsity of 0..1."""
        self.sparsity = sparsity
        for group in self.groups:
            if group:
                self.prune(group, target_count(sparsity, sum(matrix.size for matrix in group)))

    def update(self, step: int, optimizer: torch.optim.Optimizer) -> None:
        """Prune to the sparsity that the schedule has after `step` finished steps of AdamW, if it has one there.

        Where AdamW has no moments yet, before the first step or for a matrix that no step has used, it gets those that
        it would begin with.
        """
        if step not in self.schedule:
            return
        self.prune_to(self.schedule[step])
        for matrix, parameter in zip(self.matrices, self.parameters.values(), strict=True):
            if not optimizer.state[parameter]:
                moments = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
                optimizer.state[parameter] = {"step": torch.zeros((), device=parameter.device), **moments}
            optimizer.state[parameter]["exp_avg_sq"].masked_fill_(~matrix.blocks[0].kept, torch.inf)

    @torch.no_grad()
    def observe(self) -> None:
        """Take up the gradients of a step, before it is taken, where the criterion is of movement (Sanh et al. 2020).

        The score of a weight W is −Σ W · ∂L/∂W over the steps so far: it grows while W moves away from 0.
        """
        names = [name for name in self.scores if self.parameters[name].grad is not None]
        if names:  # one kernel for all on a GPU
            scores, weights = ([of[name] for name in names] for of in (self.scores, self.parameters))
            torch._foreach_addcmul_(scores, [weight.grad for weight in weights], weights, value=-1)

    def prunes(self, parameter: nn.Parameter) -> bool:
        """Return whether a parameter is among those that are pruned."""
        return id(parameter) in self._kept

    def mask_rows(self, parameter: nn.Parameter, rows: torch.Tensor, gradient: torch.Tensor) -> None:
        """Set the gradient of the pruned weights among some rows of a parameter (rows, columns) to 0."""
        if self.sparsity and self.prunes(parameter):
            gradient.masked_fill_(~self._kept[id(parameter)].index_select(0, rows), 0.0)

    def gradient_norm(self, parameters: Sequence[nn.Parameter]) -> torch.Tensor:
        """Return the total norm of the gradients of all `parameters`, in which pruned weights do not count.

        It is that of `torch.nn.utils.prune`. A processor writes nothing back: products are made part by part, in the
        cache. A GPU sets the gradients of pruned weights to 0, which changes no weight, in one kernel for all.
        """
        if parameters[0].device.type != "cpu":
            self.mask_gradients()
            return get_total_norm([parameter.grad for parameter in parameters])
        norms = []
        for parameter in parameters:
            gradient = parameter.grad.flatten()
            parts = gradient.split(CACHED)
            if self.prunes(parameter):
                kept = self._kept[id(parameter)].flatten()
                masks = kept.view(torch.int8).split(CACHED)  # int8 is the fastest to convert
                parts = (mask.to(part.dtype).mul_(part) for mask, part in zip(masks, parts, strict=True))
            norms.extend(map(torch.linalg.vector_norm, parts))
        return torch.linalg.vector_norm(torch.stack(norms))

    def mask_gradients(self) -> None:
        """Set the gradients of pruned weights to 0, in one kernel for all on a GPU."""
        gradients = [self.parameters[matrix.name].grad for matrix in self.matrices]
        masked = [pair for pair in zip(gradients, self._masks(), strict=True) if pair[0] is not None]
        if masked:  # some matrices take no part in tagging
            torch._foreach_mul_(*map(list, zip(*masked, strict=True)))

    def _masks(self) -> list[torch.Tensor]:
        """Return the masks of the matrices in float32, made anew after each pruning update."""
        if self._masks_at != self.sparsity:
            self._float_masks = [matrix.blocks[0].kept.float() for matrix in self.matrices]
            self._masks_at = self.sparsity
        return self._float_masks


def target_count(sparsity: float, size: int) -> int:
    """Return the number of weights of `size` that are zero at a sparsity: the rounding of `torch.nn.utils.prune`."""
    return round(sparsity * size)
