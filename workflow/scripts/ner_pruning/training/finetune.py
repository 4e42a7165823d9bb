"""Fine-tuning with pruning: one loop, read from top to bottom (paper, sections 3 and A)."""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from torch.nn.utils import get_total_norm
from transformers import PreTrainedModel, get_scheduler

from ner_pruning.data.encoded_sentences import EncodedSentences
from ner_pruning.progress import ProgressLines
from ner_pruning.study.schedules import optimiser_steps
from ner_pruning.training.cuda_graphs import GraphedGradients, Recorder
from ner_pruning.training.gradients import Gradients
from ner_pruning.training.operations import step_operations
from ner_pruning.training.packing import pack
from ner_pruning.training.pruning import Pruner
from ner_pruning.training.snapshot import Progress, Snapshots, TrainingState
from ner_pruning.training.word_rows import WordRows

LOG_ROWS = 1000
"""Rows that a training curve has at most, besides those of pruning updates: a long run logs means over more steps."""

CLIPPING_EPSILON = 1e-6
"""What `torch.nn.utils.clip_grad_norm_` adds to a norm before it divides by it."""

CURVE_COLUMNS = ("step", "epoch", "loss", "learning_rate", "sparsity", "tokens_per_second")


class TrainingError(RuntimeError):
    """Training cannot go on: its message is one line.

    step: in which (from 1); sentences: the numbers of those in its batch.
    """

    def __init__(self, message: str, step: int, sentences: Sequence[int]) -> None:
        super().__init__(message)
        self.step, self.sentences = step, list(sentences)


@dataclass(frozen=True)
class Training:
    """What a run trains with. learning_rate_schedule is a name of transformers' `get_scheduler`; precision is fp32 or
    bf16 (autocast, float32 weights); the adam values are AdamW's betas and epsilon; total: the number of optimiser
    steps, where it is given and the last epoch may be cut short."""

    epochs: int
    batch_size: int
    learning_rate: float
    learning_rate_schedule: str
    warmup_steps: int
    weight_decay: float
    gradient_clipping: float
    adam_beta1: float
    adam_beta2: float
    adam_epsilon: float
    precision: str
    total: int | None = None

    def steps(self, sentences: int) -> int:
        """Return the number of optimiser steps over a training set of that many sentences."""
        return self.total or optimiser_steps(epochs=self.epochs, sentences=sentences, batch_size=self.batch_size)


def finetune(
    model: PreTrainedModel,
    sentences: EncodedSentences,
    training: Training,
    pruner: Pruner,
    seed: int,
    snapshots: Snapshots | None = None,
    peak: float | None = None,
    record: Recorder | None = None,
) -> list[dict]:
    """Train `model` in place on packed or padded batches, pruning as it goes; return the training curve.

    The seed gives the order of sentences and the dropout. A row of the curve: step (finished optimiser steps), epoch,
    loss (mean over the words of each batch, then over the steps since the last row), learning_rate (of the last step),
    sparsity (that the schedule has reached), tokens_per_second (pieces). With `snapshots` it goes on from the last one,
    with the same result. peak: operations a second that the device can do (`operations.peak_rate`), for the lines on
    the progress to say what share of them is done. record: has steps replayed from graphs (`cuda_graphs`), with the
    same result. Raises TrainingError on a loss or gradient that is not finite, before that reaches a snapshot, and what
    `GraphedGradients.add` and `Snapshots.save` raise.
    """
    device = next(model.parameters()).device
    total = training.steps(len(sentences))
    log_every = max(1, total // LOG_ROWS)
    operations = step_operations(model)
    optimizer, scheduler = make_optimizer(model, training, total)
    words = WordRows(model, optimizer, total)
    precision = training.precision
    gradients = GraphedGradients(model, precision, record) if record else Gradients(model, precision)
    state = TrainingState(model, optimizer, scheduler, pruner, words)
    start = snapshots.resume(state) if snapshots else Progress()
    if start.step == 0:
        pruner.update(0, optimizer)  # by methods that prune before training
    model.train()

    curve, tokens, since = start.curve, start.tokens, time.perf_counter() - start.row_seconds
    losses = list(torch.tensor(start.losses, device=device))  # since the last row
    scales = []  # of gradients, since they were last looked at
    lines = ProgressLines(total, done=start.step, peak=peak)
    batches = islice(draw_batches(len(sentences), training, seed), start.step, total)
    for step, (epoch, chosen) in enumerate(batches, start=start.step + 1):
        batch = pack(sentences, chosen.numpy())
        loss = gradients.add(words.activate(batch), seed=(seed, step - 1))
        pruner.observe()
        words.mask_gradient(pruner)
        clip_gradients([*model.parameters(), words.active], training.gradient_clipping, optimizer, pruner)
        optimizer.step()
        words.step()
        learning_rate = scheduler.get_last_lr()[0]
        scheduler.step()
        optimizer.zero_grad(set_to_none=True)
        if step in pruner.schedule:
            words.before_pruning(pruner)
            pruner.update(step, optimizer)

        losses.append(loss)
        scales.append(optimizer.grad_scale)
        tokens += len(batch.pieces)
        row_due = step % log_every == 0 or step in pruner.schedule or step == total
        line_due = lines.due(step, len(batch.pieces), operations.of_batch(batch)) or step == total
        snapshot_due = snapshots is not None and snapshots.due()
        if not (row_due or line_due or snapshot_due):
            continue
        values = torch.stack(losses + scales).tolist()  # the only wait for the device
        values, found, scales = values[: len(losses)], values[len(losses) :], []
        check_finite(values, found, step, draw_batches(len(sentences), training, seed))
        mean_loss = sum(values) / len(values)
        if line_due:
            lines.write(f"step {step:,} of {total:,} (epoch {epoch} of {training.epochs})", f"loss {mean_loss:.4f}")
        if row_due:
            now = time.perf_counter()
            row = (step, epoch, mean_loss, learning_rate, pruner.sparsity, tokens / (now - since))
            curve.append(dict(zip(CURVE_COLUMNS, row, strict=True)))
            losses, values, tokens, since = [], [], 0, now
        if snapshot_due:
            snapshots.save(state, Progress(step, values, tokens, time.perf_counter() - since, curve=curve))
    words.finish()
    return curve


def check_finite(
    losses: Sequence[float], scales: Sequence[float], step: int, batches: Iterator[tuple[int, torch.Tensor]]
) -> None:
    """Raise TrainingError for the first step whose loss or gradient is not finite, if there is one.

    losses, scales: of the steps that end with `step`, one each; scales are those of their gradients. batches: of all
    steps.
    """
    wrong = [(number, f"loss is {loss}") for number, loss in _numbered(losses, step) if not math.isfinite(loss)]
    wrong += [
        (number, "gradient is not finite") for number, scale in _numbered(scales, step) if not math.isfinite(scale)
    ]
    if wrong:
        number, what = min(wrong, key=lambda found: found[0])
        epoch, chosen = next(islice(batches, number - 1, None))
        raise TrainingError(f"the {what} at step {number} (epoch {epoch})", number, chosen.tolist())


def _numbered(values: Sequence[float], step: int) -> Iterator[tuple[int, float]]:
    """Return values with the numbers of their steps, which end with `step`."""
    return enumerate(values, step - len(values) + 1)


def draw_batches(sentences: int, training: Training, seed: int) -> Iterator[tuple[int, torch.Tensor]]:
    """Yield the epoch, from 1, and the numbers of the sentences of each optimiser step, shuffled anew in each epoch."""
    order = torch.Generator().manual_seed(seed)
    for epoch in range(1, training.epochs + 1):
        for chosen in torch.randperm(sentences, generator=order).split(training.batch_size):
            yield epoch, chosen


def clip_gradients(
    parameters: Iterable[torch.nn.Parameter | None], limit: float, optimizer: torch.optim.AdamW, pruner: Pruner
) -> None:
    """Have the next optimiser step scale the gradients of the weights that are not pruned to the norm `limit` at most.

    parameters: all; those that have no gradient do not count.
    It is `torch.nn.utils.clip_grad_norm_`, but the fused optimiser scales on its way. The norm with pruned weights is
    no smaller and cheaper: where it is within the limit it will do, and is tried first if it may be.
    """
    parameters = [parameter for parameter in parameters if parameter is not None and parameter.grad is not None]
    last = getattr(optimizer, "grad_scale", None)
    norm = None
    if pruner.sparsity == 0 or (last is not None and last.device.type == "cpu" and last == 1):  # a GPU waits
        norm = get_total_norm([parameter.grad for parameter in parameters])
    if norm is None or (pruner.sparsity > 0 and norm > limit - CLIPPING_EPSILON):
        norm = pruner.gradient_norm(parameters)
    optimizer.grad_scale = ((norm + CLIPPING_EPSILON) / limit).clamp(min=1.0)  # gradients are divided by it


def make_optimizer(model: PreTrainedModel, training: Training, total: int):
    """Return AdamW over all parameters and its scheduler; weight decay spares biases and normalisation."""
    matrices = [parameter for parameter in model.parameters() if parameter.ndim >= 2]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": training.weight_decay}, {"params": vectors, "weight_decay": 0.0}],
        lr=training.learning_rate,
        betas=(training.adam_beta1, training.adam_beta2),
        eps=training.adam_epsilon,
        fused=True,
    )
    schedule = training.learning_rate_schedule
    if schedule == "constant" and training.warmup_steps:  # which the schedule of that name does not have
        schedule = "constant_with_warmup"
    scheduler = get_scheduler(schedule, optimizer, training.warmup_steps, total)
    return optimizer, scheduler
