"""One run: from an encoder and encoded sentences to a stored model whose sparsity is counted from the file."""

import ctypes
import dataclasses
import gc
import os
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from ner_pruning.data.encoded_sentences import concatenate, read_encoded
from ner_pruning.files import InputError, file_digest, write_csv, write_json
from ner_pruning.study.schedules import choose_schedule
from ner_pruning.terms import parse_variant
from ner_pruning.training.checkpoint import SPARSITY_COLUMNS, peak_memory_bytes, read_weights, save_run, stored_sparsity
from ner_pruning.training.finetune import CURVE_COLUMNS, Training, TrainingError, finetune
from ner_pruning.training.model import choose_device, load_encoder
from ner_pruning.training.precision import choose_precision
from ner_pruning.training.pruning import Pruner, prunable_matrices, sparsity_schedule, target_count
from ner_pruning.training.snapshot import Snapshots
from ner_pruning.training.vocabulary import trim_vocabulary

PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "zstandard", "numpy")
OPTIMISER_KEYS = ("learning_rate", "gradient_clipping", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon")
"""Values of `finetuning` that decide whether training converges."""

TRAINING_KEYS = tuple(
    field.name for field in dataclasses.fields(Training) if field.name not in ("batch_size", "precision")
)


def train_run(
    encoder_folder: str,
    encoded_paths: Sequence[str],
    variant: str,
    seed: int,
    finetuning: Mapping[str, Any],
    schedules: Sequence[Mapping[str, int]],
    pruning: Mapping[str, Any] | None,
    weights_path: str,
    config_path: str,
    curve_path: str,
    sparsity_path: str,
    run_path: str,
    snapshot_folder: str,
    snapshot_minutes: float,
    version: str,
) -> None:
    """Fine-tune an encoder on the sentences of one or several languages, prune it to a variant, and store the run.

    finetuning, pruning: those mappings of the study's config; pruning is None for the dense variant, and needs no
    `position_embeddings` for a partial one. schedules: the rows of them that may apply, see `choose_schedule`.
    Writes the model, the training curve, the sparsity of each matrix as counted from the stored file, and run.json. A
    snapshot is kept in a folder meanwhile, every so many minutes and when a signal asks for one; a run that was ended
    goes on from it. version: of the code and packages, as far as they change what a run gives. Raises InputError when
    the pruning schedule does not fit into the training or the loss is not finite, Interrupted when a signal ends it.
    """
    began = time.perf_counter()
    device = choose_device(finetuning["device"])
    torch.set_num_threads(finetuning["threads"])
    keep_freed_memory()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS is not deterministic
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # NaN in what an operation is about to write
    parts = [read_encoded(path) for path in encoded_paths]
    sentences, lengths = concatenate(parts), [len(part) for part in parts]
    del parts
    schedule = choose_schedule(schedules, len(sentences))
    training = make_training(finetuning, schedule["batch_size"], device)
    scope, sparsity = parse_variant(variant)
    steps = training.steps(len(sentences))
    if scope and schedule["end"] > steps:
        raise InputError(
            f"schedules: pruning ends at step {schedule['end']}, but {len(sentences)} sentences in batches of "
            f"{training.batch_size} over {training.epochs} epochs are {steps} steps"
        )

    model = load_encoder(encoder_folder, dropout=finetuning["dropout"], seed=seed)
    model.to(device)
    rest, vocabulary = {}, None
    if training.weight_decay == 0:  # with weight decay the rows that no sentence uses would move
        vocabulary, pieces = trim_vocabulary(model, sentences.pieces, keep_rest=scope == "full")
        sentences = dataclasses.replace(sentences, pieces=pieces)
        if vocabulary.rest is not None:
            rest[vocabulary.name] = vocabulary.rest, vocabulary.used, vocabulary.unused
    for parameter in model.parameters():  # a copy: else all pages of the encoder's file that were read stay resident
        parameter.data = parameter.data.clone()
    pruner = Pruner({}, {})
    if scope:
        steps_and_sparsities = sparsity_schedule(
            sparsity / 100, schedule["start"], schedule["end"], schedule["frequency"], pruning["curve"]
        )
        pruner = Pruner(chosen_matrices(model, scope, pruning), steps_and_sparsities, pruning["threshold"], rest)
    encoder_sha256 = file_digest(Path(encoder_folder, "model.safetensors"))
    data_sha256 = {Path(path).stem: file_digest(path) for path in encoded_paths}
    identity = {
        "data": data_sha256,
        "encoder": encoder_sha256,
        "variant or seed": [variant, seed],
        "config": {"finetuning": dict(finetuning), "schedule": dict(schedule), "pruning": pruning and dict(pruning)},
        "code or packages": version,
        "precision": training.precision,
        "device": device.type,
    }
    loaded = time.perf_counter()
    snapshots = Snapshots(snapshot_folder, identity, snapshot_minutes)
    try:
        with snapshots.listening():
            curve = finetune(model, sentences, training, pruner, seed, snapshots)
    except TrainingError as error:
        if error.step == 1:
            batch = name_sentences(error.sentences, encoded_paths, lengths)
            raise InputError(f"{run_path}: {error}, before any update, on {batch}: the encoder's fault") from None
        settings = ", ".join(f"{key} {finetuning[key]}" for key in OPTIMISER_KEYS)
        raise InputError(
            f"{run_path}: {error}: training has diverged with finetuning: {settings}; expected values with which it "
            "does not, such as a lower learning_rate; the last snapshot, if any, is kept"
        ) from None
    give_back_freed_memory()
    training_seconds, before_storing = snapshots.training_seconds(), time.perf_counter()

    save_run(model, vocabulary, encoder_sha256, weights_path, config_path)
    counts = stored_sparsity(
        read_weights(weights_path, encoder_folder), list(pruner.parameters), model.base_model_prefix
    )
    if scope:
        check_sparsity(counts, sparsity / 100, pruning["threshold"], weights_path)
    write_csv(curve_path, curve, CURVE_COLUMNS)
    write_csv(sparsity_path, counts, SPARSITY_COLUMNS)
    write_json(
        run_path,
        {
            "variant": variant,
            "seed": seed,
            "sentences": len(sentences),
            "steps": steps,
            "pieces": int(training.epochs * len(sentences.pieces)),
            "finetuning": dict(finetuning),
            "schedule": dict(schedule) if scope else {"batch_size": training.batch_size},
            "pruning": dict(pruning) if scope else None,
            "precision": training.precision,
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or "cpu",
            "device_type": device.type,
            "threads": torch.get_num_threads(),
            "packages": {name: package_version(name) for name in PACKAGES} | {"python": platform.python_version()},
            "training_seconds": training_seconds,
            "seconds": training_seconds + (loaded - began) + (time.perf_counter() - before_storing),
            "resumed_at_steps": snapshots.resumed_at,
            "peak_memory_bytes": peak_memory_bytes(device),
            "weights_bytes": os.path.getsize(weights_path),
            "vocabulary_rows_trained": len(vocabulary.used) if vocabulary is not None else None,
            "encoder_sha256": encoder_sha256,
            "data_sha256": data_sha256,
        },
    )
    snapshots.discard()


def run_paths(folder: str | os.PathLike) -> dict[str, str]:
    """Return the paths that `train_run` takes of a run that lies in a folder, by the argument's name."""
    names = {
        "weights_path": "weights.safetensors.zst",
        "config_path": "config.json",
        "curve_path": "training.csv",
        "sparsity_path": "sparsity.csv",
        "run_path": "run.json",
        "snapshot_folder": "snapshot",
    }
    return {argument: str(Path(folder, name)) for argument, name in names.items()}


def make_training(finetuning: Mapping[str, Any], batch_size: int, device: torch.device) -> Training:
    """Return what a run on a device trains with; finetuning: that mapping of the study's config."""
    keys = {key: finetuning[key] for key in TRAINING_KEYS}
    return Training(batch_size=batch_size, precision=choose_precision(finetuning["precision"], device), **keys)


def chosen_matrices(model: PreTrainedModel, scope: str, pruning: Mapping[str, Any]) -> dict[str, torch.nn.Parameter]:
    """Return the matrices that a scope prunes by the config's `pruning`, see `pruning.prunable_matrices`."""
    choice = {key: pruning[key] for key in ("classifier", "position_embeddings") if key in pruning}
    return prunable_matrices(model, scope, **choice)


def name_sentences(numbers: Sequence[int], paths: Sequence[str], lengths: Sequence[int]) -> str:
    """Return the rows, from 0, of the sentences of a pool by file; lengths: the number of sentences of each file."""
    rows: dict[str, list[int]] = {}
    starts = np.cumsum([0, *lengths])
    for number in sorted(numbers):
        file = int(np.searchsorted(starts, number, side="right")) - 1
        rows.setdefault(paths[file], []).append(number - int(starts[file]))
    return ", ".join(f"rows {' '.join(map(str, numbers))} of {path}" for path, numbers in rows.items())


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


def check_sparsity(counts: Sequence[Mapping[str, Any]], sparsity: float, threshold: str, source: str) -> None:
    """Raise RuntimeError unless the stored matrices have the zeros that the sparsity asks for (0..1, contract: exact).

    A matrix has more zeros than asked for only where weights that are kept are 0 themselves; that is allowed when the
    encoder came with them, so only too few zeros are an error.
    """
    pruned = [count for count in counts if count["pruned"]]
    groups = [pruned] if threshold == "global" else [[count] for count in pruned]
    for group in groups:
        zeros, weights = (sum(count[column] for count in group) for column in ("zeros", "weights"))
        if zeros < target_count(sparsity, weights):
            raise RuntimeError(f"{source}: {group[0]['matrix']} has fewer zeros than sparsity {sparsity} asks for")
