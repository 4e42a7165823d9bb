"""The tagging model: an encoder with a linear head, loaded, and called on packed batches."""

import inspect
import os

import numpy as np
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForTokenClassification, PreTrainedModel, logging

from compression.encoded import PackedBatch
from compression.files import InputError
from compression.mentions import LABELS

DROPOUT_KEYS = ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout", "embd_pdrop")
HEAD_DROPOUT_KEYS = ("classifier_dropout", "classifier_dropout_prob")

logging.set_verbosity_error()
logging.disable_progress_bar()


def load_encoder(folder: str | os.PathLike, *, dropout: float, seed: int) -> PreTrainedModel:
    """Load an encoder with a new linear tagging head over LABELS, drawn from `seed`, in float32.

    dropout: probability of every dropout of the encoder and of the head's.
    """
    config = AutoConfig.from_pretrained(folder)
    config.id2label = dict(enumerate(LABELS))
    config.label2id = {label: number for number, label in enumerate(LABELS)}
    for key in DROPOUT_KEYS + HEAD_DROPOUT_KEYS:
        if hasattr(config, key):
            setattr(config, key, dropout)
    torch.manual_seed(seed)
    return AutoModelForTokenClassification.from_pretrained(folder, config=config, dtype=torch.float32)


def load_trained(folder: str | os.PathLike) -> PreTrainedModel:
    """Load a fine-tuned model; raises InputError when its labels are not LABELS with the same ids."""
    config = AutoConfig.from_pretrained(folder)
    labels = tuple(config.id2label[number] for number in range(config.num_labels))
    if labels != LABELS:
        raise InputError(f"{folder}/config.json: labels {labels}, expected {LABELS}")
    return AutoModelForTokenClassification.from_pretrained(folder, config=config, dtype=torch.float32).eval()


def first_position(model: PreTrainedModel) -> int:
    """Return the position id of a sentence's first piece: 0 for BERT, after the padding id for RoBERTa and XLM-R."""
    for module in model.base_model.modules():
        positions = getattr(module, "position_embeddings", None)
        if isinstance(positions, nn.Embedding):
            return 0 if positions.padding_idx is None else positions.padding_idx + 1
    return 0


def packed_inputs(batch: PackedBatch, model: PreTrainedModel, device: torch.device) -> dict[str, torch.Tensor]:
    """Return the model's arguments for a packed batch: a row of pieces in which each attends to its own sentence only.

    The attention mask is block-diagonal, (1, 1, pieces, pieces): True or 0 within a sentence, False or −inf elsewhere,
    as the model's attention implementation wants it.
    """
    segments = torch.from_numpy(batch.segments).to(device)
    mask = (segments[:, None] == segments[None, :])[None, None]
    if model.config._attn_implementation != "sdpa":
        mask = torch.zeros(mask.shape, device=device).masked_fill_(~mask, torch.finfo(torch.float32).min)
    pieces = torch.from_numpy(batch.pieces.astype(np.int64)).to(device)[None]
    inputs = {
        "input_ids": pieces,
        "attention_mask": mask,
        "position_ids": torch.from_numpy(batch.positions + first_position(model)).to(device)[None],
    }
    if "token_type_ids" in inspect.signature(model.forward).parameters:
        inputs["token_type_ids"] = torch.zeros_like(pieces)
    return inputs


def choose_device(name: str) -> torch.device:
    """Return the device of a config value: cpu, cuda, or auto (CUDA where there is a device); raises InputError."""
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("finetuning.device: cuda, but no CUDA device is visible; use auto or cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
