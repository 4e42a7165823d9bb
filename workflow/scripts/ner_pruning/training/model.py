"""The tagging model: an encoder with a linear head, loaded, and called on packed or padded batches."""

import inspect
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from torch import nn
from transformers import (
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    AutoConfig,
    PreTrainedConfig,
    PreTrainedModel,
    logging,
)

from ner_pruning.data.mentions import labels_of, types_of
from ner_pruning.files import InputError
from ner_pruning.terms import TYPES, Types
from ner_pruning.training.attention import PACKED_ATTENTION, SentenceGrid, sentence_grid
from ner_pruning.training.dropout import replace_dropout
from ner_pruning.training.packing import PackedBatch, pad

DROPOUT_KEYS = (
    *("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout", "embd_pdrop"),
    *("embedding_dropout", "mlp_dropout"),
)
HEAD_DROPOUT_KEYS = ("classifier_dropout", "classifier_dropout_prob")

PACKED_KEY = "packed_batches"
"""Key of a model's config.json, false where sentences are padded. `settle_packing` writes it to the encoder's, a run
with `packing: off` to its own."""

PADDED_ATTENTION = "eager"
"""The attention of padded batches, by transformers' name: every model has it."""

GIVEN_GPUS = ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_GPUS")
"""Variables by which a process is given GPUs."""

logging.set_verbosity_error()
logging.disable_progress_bar()


def load_encoder(
    folder: str | os.PathLike, *, dropout: float, seed: int, types: Types = TYPES, packing: str | bool = "auto"
) -> PreTrainedModel:
    """Load an encoder with a new linear tagging head over the labels of `types`, drawn from `seed`, in float32.

    dropout: probability of every dropout of the encoder and of the head's. packing: auto (as `settle_packing` has
    found), or off: sentences are padded. Raises InputError when the folder cannot be loaded or lacks weights of the
    encoder.
    """
    config = _load_config(folder)
    if packing != "auto":
        setattr(config, PACKED_KEY, False)
    labels = labels_of(types)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}
    for key in DROPOUT_KEYS + HEAD_DROPOUT_KEYS:
        if hasattr(config, key):
            setattr(config, key, dropout)
    torch.manual_seed(seed)
    model, missing = _load_weights(folder, config)
    _refuse_missing(folder, [name for name in missing if name.startswith(f"{model.base_model_prefix}.")])
    return model


def load_trained(config_path: str | os.PathLike, weights: dict[str, torch.Tensor]) -> PreTrainedModel:
    """Return a run's model in float32, for prediction, from its config and its weights by name.

    Raises InputError when the config is damaged, weights are missing, or the labels are not those of entity types.
    """
    folder = Path(config_path).parent
    config = _load_config(folder)
    types_of_model(config, str(config_path))
    model, missing = _load_weights(folder, config, weights)
    _refuse_missing(folder, missing)
    return model.eval()


def types_of_model(config: PreTrainedConfig, source: str) -> Types:
    """Return the entity types of a tagging model in the order of its label ids; source: what errors name.

    Raises InputError when its labels are not O, and B- and I- of each type.
    """
    labels = [config.id2label.get(number) for number in range(len(config.id2label))]
    types = types_of(labels)
    if types is None:
        raise InputError(f"{source}: labels {config.id2label}, expected 0 = O, then B- and I- of each entity type")
    return types


def _load_config(folder: str | os.PathLike) -> PreTrainedConfig:
    if not Path(folder, "config.json").is_file():
        raise InputError(f"{folder}: has no config.json, expected the folder of a model")
    try:
        return AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}/config.json: {' '.join(str(error).split())[:300]}") from None


def _load_weights(
    folder: str | os.PathLike, config: PreTrainedConfig, weights: dict[str, torch.Tensor] | None = None
) -> tuple[PreTrainedModel, list[str]]:
    """Return the tagging model of a folder, or of its config with `weights`, for its batches; and what it lacks.

    Those weights are random.
    """
    try:
        model, loading = tagging_class(config).from_pretrained(
            folder if weights is None else None,
            config=config,
            state_dict=weights,
            dtype=torch.float32,
            output_loading_info=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder}: its weights cannot be loaded: {' '.join(str(error).split())[:300]}") from None
    set_packing(model, is_packed(model))
    replace_dropout(model)
    return model, sorted(loading["missing_keys"])


def is_packed(model: PreTrainedModel) -> bool:
    """Return whether a model's sentences are packed rather than padded."""
    return getattr(model.config, PACKED_KEY, True)


def set_packing(model: PreTrainedModel, packed: bool) -> None:
    """Have a model read packed batches, or padded ones."""
    if packed != is_packed(model):
        setattr(model.config, PACKED_KEY, packed)
    model.set_attn_implementation(PACKED_ATTENTION if packed else PADDED_ATTENTION)


def tagging_class(config: PreTrainedConfig) -> type[PreTrainedModel]:
    """Return the class of transformers that tags tokens with a model of that config."""
    kind = MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING[type(config)]
    return kind[0] if isinstance(kind, tuple) else kind


def _refuse_missing(folder: str | os.PathLike, missing: list[str]) -> None:
    if missing:
        raise InputError(f"{folder}: has no weights for {missing[0]} (in all {len(missing)} are missing)")


def first_position(model: PreTrainedModel) -> int:
    """Return the position id of a sentence's first piece: 0 for BERT, after the padding id for RoBERTa and XLM-R."""
    for module in model.base_model.modules():
        positions = getattr(module, "position_embeddings", None)
        if isinstance(positions, nn.Embedding):
            return 0 if positions.padding_idx is None else positions.padding_idx + 1
    return 0


@cache  # asked in every step
def _takes(kind: type[PreTrainedModel], argument: str) -> bool:
    return argument in inspect.signature(kind.forward).parameters


IGNORED = -100
"""The tag of what fills the words of a batch up: `torch.nn.functional.cross_entropy` leaves it out."""


@dataclass(frozen=True)
class Layout:
    """The shapes in which a batch is computed: two batches of the same layout differ in their numbers alone.

    rows: of the piece ids. grid: of the sentences of a packed row, see `SentenceGrid`, or None. words: their number,
    with those that fill them up.
    """

    rows: tuple[int, int]
    grid: tuple[int, int, int] | None
    words: int


@dataclass(frozen=True)
class LoadedBatch:
    """A batch on a device.

    arguments: the model's. words: place of each word's first piece in its row, or in its rows laid end to end; tags:
    tag id of each, IGNORED for those that fill them up (words). count: number of the others, at least 1 (scalar).
    """

    arguments: dict[str, torch.Tensor | SentenceGrid]
    words: torch.Tensor
    tags: torch.Tensor
    count: torch.Tensor


def load_batch(batch: PackedBatch, model: PreTrainedModel, device: torch.device, multiple: int = 1) -> LoadedBatch:
    """Return a batch on a device as the model reads it: packed in one row, or a padded row a sentence.

    multiple: lengths are rounded up to multiples of it, so that few shapes occur.
    """
    layout, numbers = lay_out(batch, model, multiple)
    return unfold(to_device(numbers, device), layout, model)


def lay_out(
    batch: PackedBatch, model: PreTrainedModel, multiple: int = 1, *, fill_words: bool = False
) -> tuple[Layout, torch.Tensor]:
    """Return the layout of a batch, and all that the device is to know of it as whole numbers in one row.

    multiple: see `load_batch`. fill_words: whether the words are filled up to one for each piece, so that batches of
    the same lengths have the same layout.
    """
    rows, grid, (*parts, words) = (_packed if is_packed(model) else _padded)(batch, model, multiple)
    tags, count = batch.tags.astype(np.int64), np.array([max(1, len(words))])
    if fill_words:  # with what is no word, each once: of several gradients for one place a GPU adds one by one
        filling = np.setdiff1d(np.arange(rows[0] * rows[1]), words)
        words = np.concatenate([words, filling])
        tags = np.concatenate([tags, np.full_like(filling, IGNORED)])
    together = np.concatenate([part.ravel() for part in (*parts, words, tags, count)], dtype=np.int64)
    return Layout(rows, grid, len(words)), torch.from_numpy(together)


def to_device(numbers: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return numbers on a device; to a GPU by one copy, for which nothing waits."""
    return ready_to_copy(numbers, device).to(device, non_blocking=True)


def ready_to_copy(numbers: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return numbers in memory that a device copies by itself; it stays until that is done."""
    return numbers if device.type == "cpu" else numbers.pin_memory()


def unfold(numbers: torch.Tensor, layout: Layout, model: PreTrainedModel) -> LoadedBatch:
    """Return the batch that `lay_out` has laid out so, from its numbers on a device.

    No Python value here depends on the numbers.
    """
    pieces, last_sizes = layout.rows[0] * layout.rows[1], [layout.words, layout.words, 1]
    if layout.grid is not None:
        cells = layout.grid[0] * layout.grid[2]
        ids, positions, segments, places, grid, words, tags, count = numbers.split([*[pieces] * 4, cells, *last_sizes])
        arguments = {
            "input_ids": ids.view(layout.rows),
            "position_ids": positions.view(layout.rows),
            "grid": sentence_grid(segments, places, grid, layout.grid),
        }
    else:
        ids, mask, positions, words, tags, count = numbers.split([*[pieces] * 3, *last_sizes])
        arguments = {"input_ids": ids.view(layout.rows), "attention_mask": mask.view(layout.rows)}
        if not _counts_positions(model):  # else some count them by the id of the padding piece, which trimming changes
            arguments["position_ids"] = positions.view(layout.rows)
    # XLM, which has no types, would add the embeddings of the pieces with these numbers
    if _takes(type(model), "token_type_ids") and getattr(model.config, "type_vocab_size", 0):
        arguments["token_type_ids"] = torch.zeros_like(arguments["input_ids"])
    return LoadedBatch(arguments, words, tags, count[0])


def _packed(
    batch: PackedBatch, model: PreTrainedModel, multiple: int
) -> tuple[tuple[int, int], tuple[int, int, int], list[np.ndarray]]:
    """Return the shapes and numbers of one row in which each piece attends to its own sentence only.

    The numbers are pieces, their positions, their sentences and places in these, the grid, and the places of words. The
    row is filled up with pieces that no other sees, after the batch's own. A batch without a piece is all such pieces.
    """
    size, longest = len(batch.pieces), int(batch.positions.max(initial=0)) + 1
    sentences = int(batch.segments[-1]) + 1 if size else 0
    filling = -size % multiple if size else multiple  # a row has a piece at least, though no sentence may have one
    longest += -longest % multiple
    shape = (sentences + (filling > 0), model.config.num_attention_heads, longest)

    def row(values: np.ndarray, fill: int) -> np.ndarray:
        return np.pad(values.astype(np.int64), (0, filling), constant_values=fill)

    segments, places = row(batch.segments, sentences), row(batch.positions, 0)
    grid = np.full((shape[0], longest), -1, np.int64)
    grid[segments, places] = np.arange(size + filling)  # all filling pieces stand in one cell, of which one is read
    parts = [row(batch.pieces, 0), places + first_position(model), segments, places, grid, batch.words]
    return (1, size + filling), shape, parts


def _padded(
    batch: PackedBatch, model: PreTrainedModel, multiple: int
) -> tuple[tuple[int, int], None, list[np.ndarray]]:
    """Return the shape and numbers of padded rows: pieces, mask, positions, and places of words."""
    # a model that counts positions may have none beyond the longest sentence
    rows = pad(batch, 1 if _counts_positions(model) else multiple)
    return rows.pieces.shape, None, [rows.pieces, rows.mask, rows.positions + first_position(model), rows.words]


def _counts_positions(model: PreTrainedModel) -> bool:
    return not _takes(type(model), "position_ids")


def _check_generation() -> None:
    """Raise InputError for a GPU that PyTorch finds and cannot compute on: of an older or newer generation."""
    names = torch.cuda.get_arch_list()
    numbers = [(name.partition("_")[0], int(re.search(r"\d+", name)[0])) for name in names]
    major, minor = torch.cuda.get_device_capability()
    # what is compiled runs on newer GPUs: binaries (sm) on those of the same generation, intermediate code on all
    runs = [number <= 10 * major + minor and (kind != "sm" or number // 10 == major) for kind, number in numbers]
    if runs and not any(runs):
        raise InputError(
            f"finetuning.device: PyTorch {torch.__version__} has nothing compiled for {torch.cuda.get_device_name()} "
            f"(sm_{major}{minor}); expected one of {', '.join(names)}, a PyTorch that is compiled for it "
            "(docs/operations.md), or device: cpu"
        )


def choose_device(name: str) -> torch.device:
    """Return the device of a config value: cpu, cuda, or auto (CUDA where there is a device).

    Raises InputError when CUDA is asked for and cannot be used, when the GPU is of a generation that this PyTorch has
    nothing compiled for, or when this process has been given a GPU that a PyTorch with CUDA cannot use: on a CPU it
    would run for days.
    """
    if name == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        _check_generation()
        return torch.device("cuda")
    given = next((key for key in GIVEN_GPUS if os.environ.get(key, "") not in ("", "-1", "NoDevFiles")), None)
    if name == "auto" and (given is None or torch.version.cuda is None):
        return torch.device("cpu")
    if given is None:
        raise InputError("finetuning.device: cuda, but no CUDA device is visible; use auto or cpu")
    raise InputError(
        f"finetuning.device: {name}, but PyTorch ({torch.__version__}, CUDA {torch.version.cuda}) cannot use the GPU "
        f"that it was given ({given}={os.environ[given]}); expected a driver for that CUDA (nvidia-smi shows its "
        "version), or device: cpu"
    )
