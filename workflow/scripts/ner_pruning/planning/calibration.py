"""What parts of a run take on this machine: short real runs on sentences of the study, in a process of their own.

`costs.measure_rates` calls this module as a program: `python -m ner_pruning.planning.calibration WORK.json RATES.json`.
"""

import dataclasses
import gc
import math
import os
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.optimize import nnls
from transformers import PreTrainedModel

from ner_pruning.data.encoded_sentences import EncodedSentences, read_encoded, take, write_encoded
from ner_pruning.files import read_json, write_json
from ner_pruning.planning.costs import Rates
from ner_pruning.scoring.prediction import first_of_same, predict_language
from ner_pruning.scoring.prediction_files import LanguagePredictions, write_predictions
from ner_pruning.study.methods import WITH_EMBEDDINGS
from ner_pruning.terms import DENSE, Run
from ner_pruning.training.checkpoint import load_run
from ner_pruning.training.finetune import Training, draw_batches, finetune
from ner_pruning.training.model import choose_device, is_packed, load_encoder
from ner_pruning.training.pruning import Pruner
from ner_pruning.training.run import (
    RunConfig,
    chosen_matrices,
    make_training,
    prepare,
    run_paths,
    train_run,
)
from ner_pruning.training.snapshot import Progress, Snapshots, TrainingState
from ner_pruning.training.word_rows import all_rows_below

SECONDS = 3.0
"""How long each part is measured, at least."""

STEPS = 5, 400
"""The fewest and the most steps in a row: the first, which allocates, does not count."""

LATE = 1500
"""How many steps seem to have gone before those that are measured: by then the rows of rare pieces are far behind."""

UNTIMED_SPARSITIES = {1: 0.125}
SAMPLED_SPARSITIES = {2: 0.25, 3: 0.5}
"""Of pruning updates, by step; they take about the same time at any sparsity, but for the first, which allocates."""


@dataclasses.dataclass
class Work:
    """What is measured, and in what folder; finetuning, pruning: those mappings of the config, see `run.RunConfig`.

    train, evaluation: files of encoded sentences. spawned: the time at which this process was started.
    """

    encoder: str
    train: str
    evaluation: str
    finetuning: dict[str, Any]
    pruning: dict[str, Any]
    scopes: list[str]
    batch_size: int
    spawned: float
    folder: str


def main(work: Work) -> Rates:
    """Store a run, time its parts and its prediction."""
    start_seconds = time.time() - work.spawned
    sentences = with_pieces(read_encoded(work.train))
    record = store_run(work, sentences)
    packing = work.finetuning.get("packing", "auto")
    dropout = work.finetuning["dropout"]
    model = load_encoder(work.encoder, dropout=dropout, seed=1, types=sentences.types, packing=packing)
    words = model.get_input_embeddings().weight
    rows, hidden = words.shape
    fixed_weights = sum(parameter.numel() for parameter in model.parameters()) - words.numel()
    matrices = {scope: chosen_matrices(model, scope, work.pruning).values() for scope in work.scopes}
    prunable_weights = {
        scope: sum(matrix.numel() for matrix in found if matrix is not words) for scope, found in matrices.items()
    }
    return Rates(
        start_seconds=start_seconds,
        load_seconds=record["seconds"] - record["training_seconds"],
        **time_training(model, sentences, work),
        **time_prediction(work, record["precision"]),
        stored_share=record["weights_bytes"]
        / (4 * (fixed_weights + hidden * (record["vocabulary_rows_trained"] or rows))),
        fixed_weights=fixed_weights,
        rows=rows,
        hidden=hidden,
        prunable=prunable_weights,
        padded=not is_packed(model),
        device=record["device"],
    )


def store_run(work: Work, sentences: EncodedSentences) -> dict[str, Any]:
    """Train for two steps as the workflow's rule does, and return run.json."""
    folder = Path(work.folder)
    write_encoded(folder / "two-steps.parquet", take(sentences, np.arange(len(sentences))[: 2 * work.batch_size]))
    train_run(
        Run("calibration", DENSE, seed=1),
        encoder_folder=work.encoder,
        encoded_paths=[str(folder / "two-steps.parquet")],
        config=RunConfig(
            finetuning=work.finetuning | {"epochs": 1, "warmup_steps": 0},  # that ends before two steps
            schedules=[{"batch_size": work.batch_size}],
            pruning=None,
        ),
        folder=folder,
        snapshot_minutes=60,
        version="calibration",
    )
    return read_json(run_paths(folder).record)


def time_training(model: PreTrainedModel, sentences: EncodedSentences, work: Work) -> dict[str, Any]:
    """Return parameter_seconds, piece_seconds, update_seconds and all_rows_below.

    The model is trained and its vocabulary trimmed.
    """
    device = choose_device(work.finetuning["device"])
    training = make_training(work.finetuning | {"epochs": 1}, work.batch_size, device)
    all_rows = len(model.get_input_embeddings().weight)
    keep_rest = any(scope in WITH_EMBEDDINGS for scope in work.scopes)
    sentences, vocabulary = prepare(model, sentences, training, device, keep_rest=keep_rest)
    weights = sum(parameter.numel() for parameter in model.parameters())
    words = model.get_input_embeddings()
    betas = (training.adam_beta1, training.adam_beta2)
    fewest = all_rows_below(words, betas=betas, weight_decay=training.weight_decay)
    start, left = None, np.arange(len(sentences))
    if len(words.weight) >= fewest:
        weights -= words.weight.numel()
        start, left = late_in_training(sentences, training, len(words.weight))
    few = STEPS[0] * work.batch_size
    by_length = left[np.argsort(sentences.lengths[left], kind="stable")]
    some = take(sentences, np.resize(by_length, few))
    _, probed = time_steps(model, some, training, Pruner({}, {}), start)
    steps = int(np.clip(SECONDS / probed[1:].mean(), *STEPS))
    halves = np.array_split(by_length, 2)  # short and long ones
    timed = [time_several(model, sentences, half, training, start, steps) for half in halves]
    pieces, seconds = (np.concatenate(parts) for parts in zip(*timed, strict=True))
    (parameter_seconds, piece_seconds), _ = nnls(np.column_stack([np.full(len(pieces), weights), pieces]), seconds)

    updates = {}
    for scope in work.scopes:
        matrices = chosen_matrices(model, scope, work.pruning)
        pruner = Pruner(matrices, UNTIMED_SPARSITIES | SAMPLED_SPARSITIES, work.pruning["threshold"], vocabulary)
        pieces, seconds = time_steps(model, some, training, pruner, start)
        update_seconds = seconds - parameter_seconds * weights - piece_seconds * pieces
        updates[scope] = max(0.0, float(np.mean([update_seconds[step - 1] for step in SAMPLED_SPARSITIES])))
    return {
        "parameter_seconds": float(parameter_seconds),
        "piece_seconds": float(piece_seconds),
        "update_seconds": updates,
        "all_rows_below": math.ceil(min(fewest, all_rows + 1)),
    }


class LateStart(Snapshots):
    """In the place of snapshots, a start with the word embedding as after LATE steps, and all else as before them.

    moved: after which of these steps each of its rows was last used.
    """

    def __init__(self, moved: np.ndarray, learning_rate: float) -> None:
        super().__init__(os.devnull, identity={}, minutes=math.inf)
        self._tensors = {"moved": torch.from_numpy(moved), "rates": torch.full([LATE], learning_rate)}

    def resume(self, state: TrainingState) -> Progress:
        """Let the rows of the word embedding be behind; return that no step is done."""
        state.words.restore(self._tensors)
        return Progress()


def late_in_training(sentences: EncodedSentences, training: Training, rows: int) -> tuple[LateStart, np.ndarray]:
    """Return a start in the middle of an epoch after LATE steps, and the numbers of the sentences still to come in it.

    Steps on these are like those of a run, of which nearly all are late: the rows of a batch have missed as much, which
    a step makes up for. A row that none of the steps before has used was used long ago. All sentences are returned if
    there are too few for two kinds of batches.
    """
    of_epoch = math.ceil(len(sentences) / training.batch_size)
    steps = math.ceil(LATE / of_epoch) * of_epoch + of_epoch // 2
    moved, used = np.zeros(rows, np.int64), np.zeros(len(sentences), np.int64)
    batches = draw_batches(len(sentences), dataclasses.replace(training, epochs=steps), seed=1)
    for step, (_, chosen) in enumerate(islice(batches, steps), start=1):
        moved[take(sentences, chosen.numpy()).pieces] = step
        used[chosen.numpy()] = step
    left = np.flatnonzero(used <= steps - of_epoch // 2)
    if len(left) < 2 * training.batch_size:
        left = np.arange(len(sentences))
    return LateStart(np.maximum(1, moved - (steps - LATE)), training.learning_rate), left


def time_several(
    model: PreTrainedModel,
    sentences: EncodedSentences,
    chosen: np.ndarray,
    training: Training,
    start: LateStart | None,
    steps: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `time_steps` does, of so many steps on some of the sentences, less the first, which allocates.

    After a late start, steps are late as long as no sentence comes twice: then they start again.
    """
    at_once = steps if start is None else int(np.clip(len(chosen) // training.batch_size, STEPS[0], steps))
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    while (at_once - 1) * len(parts) < steps - 1:
        some = take(sentences, np.resize(chosen, at_once * training.batch_size))
        pieces, seconds = time_steps(model, some, training, Pruner({}, {}), start)
        parts.append((pieces[1:], seconds[1:]))
        chosen = np.roll(chosen, -at_once * training.batch_size)
    pieces, seconds = (np.concatenate(values) for values in zip(*parts, strict=True))
    return pieces, seconds


def time_steps(
    model: PreTrainedModel, sentences: EncodedSentences, training: Training, pruner: Pruner, start: LateStart | None
) -> tuple[np.ndarray, np.ndarray]:
    """Train for an epoch; return the pieces, padding included, and the seconds of each step with its pruning update.

    start: that the steps take as long as late in a training; None where they take as long early.
    """
    if start is not None:
        training = dataclasses.replace(training, total=LATE + math.ceil(len(sentences) / training.batch_size))
    curve = finetune(model, sentences, training, pruner, seed=1, snapshots=start)
    batches = [sentences.lengths[chosen.numpy()] for _, chosen in draw_batches(len(sentences), training, 1)]
    pieces = np.array([lengths.sum() for lengths in batches])
    computed = pieces if is_packed(model) else np.array([len(lengths) * lengths.max() for lengths in batches])
    return computed, pieces / np.array([row["tokens_per_second"] for row in curve])


def time_prediction(work: Work, precision: str) -> dict[str, float]:
    """Return predict_start_seconds (less those of the imports), predict_piece_seconds and prediction_bytes."""
    paths = run_paths(work.folder)
    began = time.perf_counter()
    model = load_run(weights_path=paths.weights, config_path=paths.config, encoder_folder=work.encoder)
    model.to(choose_device(work.finetuning["device"]))
    load_seconds = time.perf_counter() - began
    sentences, count = with_pieces(read_encoded(work.evaluation)), 64

    def predict_some() -> tuple[EncodedSentences, LanguagePredictions, float]:
        sample = take(sentences, np.arange(min(count, len(sentences))))
        began = time.perf_counter()
        predictions = predict_language(model, "und", sample, {"sample": len(sample)}, precision)["sample"]
        return sample, predictions, time.perf_counter() - began

    predict_some()  # the first batches allocate
    sample, predictions, seconds = predict_some()
    while seconds < SECONDS and len(sample) < len(sentences):
        count = int(count * np.clip(1.2 * SECONDS / seconds, 2, 16))
        sample, predictions, seconds = predict_some()
    path = Path(work.folder, "predictions.parquet")
    write_predictions(path, [predictions])
    return {
        "load_run_seconds": load_seconds,
        "predict_piece_seconds": seconds / distinct_pieces(sample),
        "prediction_bytes": os.path.getsize(path) / len(sample),
    }


def with_pieces(sentences: EncodedSentences) -> EncodedSentences:
    """Return the sentences that have a piece: of the others nothing can be measured."""
    return take(sentences, np.flatnonzero(sentences.lengths))


def distinct_pieces(sentences: EncodedSentences) -> int:
    """Return the pieces that a prediction reads: equal sentences are predicted once."""
    return int(sentences.lengths[np.unique(first_of_same(sentences))].sum())


if __name__ == "__main__":
    gc.freeze()  # as a job does
    rates = main(Work(**read_json(sys.argv[1])))
    write_json(sys.argv[2], dataclasses.asdict(rates))
