"""Stored models: written whole, and their sparsity counted from the file as it was stored."""

import os
import tempfile
from pathlib import Path

import pandas as pd
import torch
from safetensors import safe_open
from transformers import PreTrainedModel

from compression.files import InputError, atomic_path


def save_model(model: PreTrainedModel, weights_path: str | os.PathLike, config_path: str | os.PathLike) -> None:
    """Write a model's weights (safetensors) and config; both files appear whole, the weights last."""
    with tempfile.TemporaryDirectory(dir=Path(weights_path).parent, prefix=".model.") as folder:
        model.save_pretrained(folder, max_shard_size="100GB")
        for name, path in (("config.json", config_path), ("model.safetensors", weights_path)):
            with atomic_path(path) as beside:
                os.rename(Path(folder, name), beside)


def stored_sparsity(weights_path: str | os.PathLike, pruned: list[str], prefix: str) -> pd.DataFrame:
    """Count the zeros of every matrix of a stored model.

    pruned: names of the matrices that were pruned. prefix: name of the encoder within the model.
    Returns one row a matrix: matrix, part (encoder or head), rows, columns, pruned, weights, zeros, sparsity (0..1).
    """
    counts = []
    with safe_open(weights_path, framework="pt") as stored:
        missing = sorted(set(pruned) - set(stored.keys()))
        if missing:
            raise InputError(f"{weights_path}: has no matrix {missing[0]}")
        for name in stored.keys():  # noqa: SIM118 (a safetensors file is no mapping)
            weight = stored.get_tensor(name)
            if weight.ndim < 2:
                continue
            zeros = int((weight == 0).sum())
            counts.append(
                {
                    "matrix": name,
                    "part": "encoder" if name.startswith(f"{prefix}.") else "head",
                    "rows": weight.shape[0],
                    "columns": weight.shape[1],
                    "pruned": name in set(pruned),
                    "weights": weight.numel(),
                    "zeros": zeros,
                    "sparsity": zeros / weight.numel(),
                }
            )
    return pd.DataFrame(counts)


def peak_memory_bytes(device: torch.device) -> int:
    """Return the peak memory of this process in bytes: allocated on the GPU, or resident on the machine."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
