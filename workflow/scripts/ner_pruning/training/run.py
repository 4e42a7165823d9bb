"""One run: from an encoder and encoded sentences to a stored model whose sparsity is counted from the file."""

import dataclasses
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

from ner_pruning.data.encoded_sentences import EncodedSentences, concatenate, read_encoded
from ner_pruning.files import InputError, file_digest, write_csv, write_json
from ner_pruning.machine import processor_name
from ner_pruning.study.layout import RUN_FILES
from ner_pruning.study.methods import WITH_EMBEDDINGS, method_of_run, prunes_on_schedule, trains
from ner_pruning.study.schedules import Schedule, check_steps, choose_schedule
from ner_pruning.terms import Run
from ner_pruning.training.checkpoint import (
    SPARSITY_COLUMNS,
    peak_memory_bytes,
    read_weights,
    read_zeros,
    save_run,
    stored_sparsity,
)
from ner_pruning.training.cuda_graphs import GraphError, recorder_of
from ner_pruning.training.finetune import CURVE_COLUMNS, Training, TrainingError, finetune
from ner_pruning.training.model import choose_device, is_packed, load_batch, load_encoder
from ner_pruning.training.operations import peak_rate
from ner_pruning.training.packing import pack
from ner_pruning.training.precision import choose_precision, computing_in
from ner_pruning.training.process import be_deterministic, give_back_freed_memory, keep_freed_memory, use_threads
from ner_pruning.training.pruning import Pruner, prunable_matrices, target_count
from ner_pruning.training.pruning_methods import check_fours, criterion, pruning_steps
from ner_pruning.training.snapshot import Snapshots
from ner_pruning.training.vocabulary import Vocabulary, trim_vocabulary

PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "zstandard", "numpy")
OPTIMISER_KEYS = ("learning_rate", "gradient_clipping", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon")
"""Values of `finetuning` that decide whether training converges."""

TRAINING_KEYS = tuple(
    field.name for field in dataclasses.fields(Training) if field.name not in ("batch_size", "precision", "total")
)


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What a run reads of the study's config.

    finetuning, pruning: those mappings; pruning is None for a dense run, and needs no `position_embeddings` for a
    partial one. schedules: the rows of them that may apply, see `choose_schedule`.
    """

    finetuning: Mapping[str, Any]
    schedules: Sequence[Mapping[str, int]]
    pruning: Mapping[str, Any] | None


@dataclasses.dataclass(frozen=True)
class RunPaths:
    """The files of a run, and the folder of its snapshot."""

    weights: Path
    config: Path
    curve: Path
    sparsity: Path
    record: Path
    snapshot: Path


def run_paths(folder: str | os.PathLike) -> RunPaths:
    """Return the paths of the run that lies in a folder."""
    files = {name: Path(folder, file) for name, file in RUN_FILES.items()}
    return RunPaths(**files, snapshot=Path(folder, "snapshot"))


def train_run(
    run: Run,
    encoder_folder: str | os.PathLike,
    encoded_paths: Sequence[str],
    config: RunConfig,
    folder: str | os.PathLike,
    *,
    snapshot_minutes: float,
    version: str,
    source: str | os.PathLike | None = None,
    cuda_graphs: bool = False,
) -> None:
    """Fine-tune an encoder on the sentences of one or several languages, prune it to a variant, and store the run.

    Writes to the run's folder the model, the training curve, the sparsity of each matrix as counted from the stored
    file, and run.json. A snapshot is kept there meanwhile, every so many minutes and when a signal asks for one; a run
    that was ended resumes from it. version: of the code and packages, as far as they change what a run gives.
    source: the stored weights of the run that it starts from, or whose zeros it takes over (`study.methods`).
    cuda_graphs: whether steps on a GPU are replayed from graphs, which changes no result. Raises InputError when the
    pruning schedule does not fit into the training, the model cannot compute in the precision, the loss is not finite,
    PyTorch is too old for graphs, or graphs that were trusted may be wrong; Interrupted when a signal ends it.
    """
    began = time.perf_counter()
    paths, finetuning, pruning = run_paths(folder), config.finetuning, config.pruning
    use_threads(finetuning["threads"])
    keep_freed_memory()
    be_deterministic()
    device = choose_device(finetuning["device"])
    parts = [read_encoded(path) for path in encoded_paths]
    sentences, lengths = concatenate(parts), [len(part) for part in parts]
    del parts
    row = choose_schedule(config.schedules, len(sentences))
    schedule = Schedule.of_row(row, finetuning.get("epochs"), len(sentences))
    training = make_training(finetuning | {"epochs": schedule.epochs}, schedule.batch_size, device, schedule.total)
    method = method_of_run(run)
    if trains(run):
        warmup, prunes = finetuning["warmup_steps"], prunes_on_schedule(run)
        check_steps(schedule, len(sentences), run.training_set, warmup_steps=warmup, prunes=prunes)

    packing = finetuning.get("packing", "auto")
    model = load_encoder(
        encoder_folder, dropout=finetuning["dropout"], seed=run.seed, types=sentences.types, packing=packing
    )
    if not is_packed(model):
        print("sentences are padded to the longest one of their batch", flush=True)
    zeros = {}  # to take over
    if method is not None and method.weights_of:
        model.load_state_dict(dict(read_weights(source, encoder_folder)))
    elif method is not None and method.zeros_of:
        zeros = read_zeros(source, encoder_folder, chosen_matrices(model, run.matrices, pruning))
    keep_rest = run.matrices in WITH_EMBEDDINGS
    sentences, vocabulary = prepare(model, sentences, training, device, keep_rest=keep_rest)
    check_precision(model, sentences, training.precision)
    pruner = pruner_of_run(model, run, schedule, pruning, vocabulary, zeros)
    encoder_sha256 = file_digest(Path(encoder_folder, "model.safetensors"))
    data_sha256 = {Path(path).stem: file_digest(path) for path in encoded_paths}
    identity = {
        "data": [[name, digest] for name, digest in data_sha256.items()],  # in their order, which batches follow
        "encoder": encoder_sha256,
        "variant or seed": [run.variant, run.seed],
        "config": {"finetuning": dict(finetuning), "schedule": dict(row), "pruning": pruning and dict(pruning)},
        "packing": is_packed(model),
        "code or packages": version,
        "precision": training.precision,
        "device": device.type,
    }
    source_sha256 = None if source is None else file_digest(source)
    if source is not None:
        identity["run that it starts from"] = source_sha256
    peak = peak_rate(training.precision, device, finetuning["threads"])
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)  # the product that was timed is not the run's
    loaded = time.perf_counter()
    snapshots = Snapshots(paths.snapshot, identity, snapshot_minutes)
    record = recorder_of(cuda_graphs and trains(run), device)
    curve = []
    try:
        if trains(run):
            with snapshots.listening():
                curve = finetune(model, sentences, training, pruner, run.seed, snapshots, peak, record)
        else:
            pruner.prune_to(run.sparsity / 100)
    except GraphError as error:
        snapshots.discard()
        raise InputError(
            f"{paths.record}: {error}, after others were trusted; the snapshot is removed; expected cuda_graphs: false"
        ) from None
    except TrainingError as error:
        if error.step == 1:
            batch = name_sentences(error.sentences, encoded_paths, lengths)
            raise InputError(f"{paths.record}: {error}, before any update, on {batch}: the encoder's fault") from None
        settings = ", ".join(f"{key} {finetuning[key]}" for key in OPTIMISER_KEYS)
        raise InputError(
            f"{paths.record}: {error}: training has diverged with finetuning: {settings}; expected values with which "
            "it does not, such as a lower learning_rate; the last snapshot, if any, is kept"
        ) from None
    give_back_freed_memory()
    training_seconds, before_storing = snapshots.training_seconds(), time.perf_counter()

    save_run(model, vocabulary, encoder_sha256=encoder_sha256, weights_path=paths.weights, config_path=paths.config)
    counts = stored_sparsity(
        read_weights(paths.weights, encoder_folder), pruned=list(pruner.parameters), prefix=model.base_model_prefix
    )
    if run.scope:
        check_sparsity(counts, run.sparsity / 100, threshold=pruning["threshold"], source=str(paths.weights))
    write_csv(paths.curve, curve, CURVE_COLUMNS)
    write_csv(paths.sparsity, counts, SPARSITY_COLUMNS)
    write_json(
        paths.record,
        {
            "variant": run.variant,
            "seed": run.seed,
            "sentences": len(sentences),
            "steps": schedule.steps(len(sentences)) if trains(run) else 0,
            "pieces": round(schedule.passes(len(sentences)) * len(sentences.pieces)) if trains(run) else 0,
            "finetuning": dict(finetuning),
            "schedule": dict(row)
            if prunes_on_schedule(run)
            else {key: row[key] for key in ("batch_size", "steps") if key in row},
            "pruning": dict(pruning) if run.scope else None,
            "packed": is_packed(model),
            "precision": training.precision,
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else processor_name(),
            "device_type": device.type,
            "threads": torch.get_num_threads(),
            "packages": {name: package_version(name) for name in PACKAGES} | {"python": platform.python_version()},
            "training_seconds": training_seconds,
            "seconds": training_seconds + (loaded - began) + (time.perf_counter() - before_storing),
            "resumed_at_steps": snapshots.resumed_at,
            "replayed_steps": record.replayed if record else 0,
            "peak_memory_bytes": peak_memory_bytes(device),
            "weights_bytes": os.path.getsize(paths.weights),
            "vocabulary_rows_trained": len(vocabulary.used) if vocabulary is not None else None,
            "encoder_sha256": encoder_sha256,
            "source_sha256": source_sha256,
            "data_sha256": data_sha256,
        },
    )
    snapshots.discard()


def prepare(
    model: PreTrainedModel, sentences: EncodedSentences, training: Training, device: torch.device, *, keep_rest: bool
) -> tuple[EncodedSentences, Vocabulary | None]:
    """Make a model ready for training on sentences; return these, renumbered, and the vocabulary that was cut, if any.

    It is put on the device with the rows of its word embedding that the sentences use. With weight decay it keeps all
    of them, because those that no sentence uses would move too. keep_rest: see `trim_vocabulary`.
    """
    model.to(device)
    vocabulary = None
    if training.weight_decay == 0:
        vocabulary, pieces = trim_vocabulary(model, sentences.pieces, keep_rest=keep_rest)
        sentences = dataclasses.replace(sentences, pieces=pieces)
    for parameter in model.parameters():  # a copy: else all pages of the encoder's file that were read stay resident
        parameter.data = parameter.data.clone()
    return sentences, vocabulary


OF_MACHINE = ("CUDA error", "allocate memory", "bad_alloc")
"""What torch says where it is the machine, and not the precision, that a model cannot compute in."""


@torch.no_grad()
def check_precision(model: PreTrainedModel, sentences: EncodedSentences, precision: str) -> None:
    """Raise InputError when a model cannot compute in a precision: DeBERTa's first version cannot in bf16.

    Reads the first of the sentences.
    """
    device = next(model.parameters()).device
    batch = load_batch(pack(sentences, np.zeros(1, np.int64)), model, device)
    try:
        with computing_in(precision, device):
            model.eval()(**batch.arguments)
    except RuntimeError as error:
        ended = (torch.OutOfMemoryError, torch.AcceleratorError)
        if precision == "fp32" or isinstance(error, ended) or any(words in str(error) for words in OF_MACHINE):
            raise
        raise InputError(
            f"finetuning.precision: {precision}, in which {model.config.model_type} models cannot compute "
            f"({str(error).splitlines()[0]}); expected fp32"
        ) from None


def pruner_of_run(
    model: PreTrainedModel,
    run: Run,
    schedule: Schedule,
    pruning: Mapping[str, Any] | None,
    vocabulary: Vocabulary | None,
    zeros: Mapping[str, torch.Tensor],
) -> Pruner:
    """Return the pruner of a run, of a model that `prepare` has made ready; of a dense one it prunes nothing.

    zeros: of `read_zeros`, for a run that takes them over. Raises InputError where `check_fours` does.
    """
    if not run.scope:
        return Pruner({}, {})
    matrices = chosen_matrices(model, run.matrices, pruning)
    if run.method == "2to4":
        check_fours(matrices)
    scores = {name: torch.zeros_like(matrix) for name, matrix in matrices.items()} if run.method == "movement" else {}
    return Pruner(
        matrices,
        pruning_steps(run.method, run.sparsity / 100, schedule, pruning.get("curve")),
        threshold=pruning["threshold"],
        vocabulary=vocabulary,
        prune=criterion(run.method, run.seed, zeros, scores),
        scores=scores,
    )


def make_training(
    finetuning: Mapping[str, Any], batch_size: int, device: torch.device, total: int | None = None
) -> Training:
    """Return what a run on a device trains with; finetuning: that mapping of the config; total: of a schedule."""
    precision = choose_precision(finetuning["precision"], device)
    keys = {key: finetuning[key] for key in TRAINING_KEYS}
    return Training(batch_size=batch_size, precision=precision, total=total, **keys)


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
