"""Stored models: compressed safetensors, without the weights that the encoder has and with one bit per zero."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import torch
import zstandard
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from transformers import PreTrainedModel

from ner_pruning.files import InputError, atomic_path, file_digest, naming
from ner_pruning.training.model import load_trained
from ner_pruning.training.vocabulary import Vocabulary, unused_rows

LEVEL = 1
"""Of zstandard: weights that are not zero hardly compress, at any level."""

BITS, VALUES, ROWS, KEPT = ":bits", ":values", ":rows", ":kept"
"""Ends of the names of a matrix's parts: where its weights are not zero, eight to a byte, and those weights; numbers of
the rows that are stored; where the other rows have the encoder's weights and not zeros, eight to a byte."""


SPARSITY_COLUMNS = ("matrix", "part", "rows", "columns", "pruned", "weights", "zeros", "sparsity")


def save_run(
    model: PreTrainedModel,
    vocabulary: Vocabulary | None,
    encoder_sha256: str,
    weights_path: str | os.PathLike,
    config_path: str | os.PathLike,
) -> None:
    """Write a run's weights and the model's config; both files appear whole, the weights last.

    Of a trimmed vocabulary the trained rows are stored; `read_weights` takes the others from the encoder, whose
    weights must have the digest encoder_sha256.
    """
    model.config.architectures = [type(model).__name__]
    tensors, shapes = {}, {}
    for name, weight in model.state_dict().items():
        tensors |= _stored_parts(name, weight.cpu())
        shapes[name] = list(weight.shape)
    if vocabulary is not None:
        tensors[vocabulary.name + ROWS] = vocabulary.used.cpu()
        if vocabulary.rest is not None:
            tensors[vocabulary.name + KEPT] = _pack_bits(_is_stored(vocabulary.rest.cpu()))
    layout = {"shapes": shapes, "encoder": encoder_sha256}
    for left in Path(weights_path).parent.glob(".model.*"):  # by an attempt that was killed
        rmtree(left)
    with naming(weights_path), tempfile.TemporaryDirectory(dir=Path(weights_path).parent, prefix=".model.") as folder:
        model.config.save_pretrained(folder)
        plain = Path(folder, "weights")
        save_file(tensors, plain, {"layout": json.dumps(layout)})  # one entry: safetensors keeps no order of several
        with atomic_path(config_path) as beside:
            os.rename(Path(folder, "config.json"), beside)
        with atomic_path(weights_path) as beside, open(plain, "rb") as source, open(beside, "wb") as target:
            compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
            compressor.copy_stream(source, target, size=plain.stat().st_size)


def read_weights(
    weights_path: str | os.PathLike, encoder_folder: str | os.PathLike
) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the weights that `save_run` stored, with their names, one whole matrix at a time, bit for bit the run's.

    Raises InputError when the file is damaged or was trained from another encoder.
    """
    encoder = Path(encoder_folder, "model.safetensors")
    with tempfile.TemporaryDirectory(prefix="model.") as folder, ExitStack() as opened:
        plain = Path(folder, "weights")
        try:
            with naming(plain), open(weights_path, "rb") as source, open(plain, "wb") as target:
                zstandard.ZstdDecompressor().copy_stream(source, target)
            stored = opened.enter_context(safe_open(plain, framework="pt"))
        except (zstandard.ZstdError, SafetensorError) as error:
            raise InputError(f"{weights_path}: damaged ({error})") from None
        layout = json.loads(stored.metadata()["layout"])
        if layout["encoder"] != file_digest(encoder):
            raise InputError(f"{weights_path}: was trained from another encoder than {encoder}")
        for name, shape in layout["shapes"].items():
            yield name, _read_whole(name, shape, stored, encoder)


def load_run(
    weights_path: str | os.PathLike, config_path: str | os.PathLike, encoder_folder: str | os.PathLike
) -> PreTrainedModel:
    """Return the model of a run that `save_run` stored, for prediction; raises InputError where its parts do."""
    return load_trained(config_path, dict(read_weights(weights_path, encoder_folder)))


def read_zeros(
    weights_path: str | os.PathLike, encoder_folder: str | os.PathLike, names: Iterable[str]
) -> dict[str, torch.Tensor]:
    """Return where the weights of some stored matrices are 0, bool masks of their shapes by name.

    Raises InputError where `read_weights` does, and for a matrix that the file lacks.
    """
    wanted = set(names)
    found = {
        name: ~_is_nonzero(weight) for name, weight in read_weights(weights_path, encoder_folder) if name in wanted
    }
    if missing := wanted - set(found):
        raise InputError(f"{weights_path}: has no matrix {min(missing)}")
    return found


def _stored_parts(name: str, weight: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return what is stored of a tensor, by name: itself, or where that is less, its bits and values."""
    if weight.dtype == torch.float32:
        stored = _is_stored(weight)
        values = weight[stored]
        if 32 * len(values) + weight.numel() < 32 * weight.numel():
            return {name + BITS: _pack_bits(stored), name + VALUES: values}
    return {name: weight.contiguous()}


def _read_whole(name: str, shape: Sequence[int], stored: safe_open, encoder: Path) -> torch.Tensor:
    """Return a tensor put together from its parts; rows that are not stored are the encoder's, or pruned."""
    names = set(stored.keys())
    if name in names:
        weight = stored.get_tensor(name)
    else:
        values = stored.get_tensor(name + VALUES)
        weight = torch.zeros(*shape, dtype=values.dtype)
        weight[_unpack_bits(stored.get_tensor(name + BITS), shape)] = values
    if name + ROWS not in names:
        return weight
    with safe_open(encoder, framework="pt", backend="pread") as pretrained:
        whole = pretrained.get_tensor(next(key for key in pretrained.keys() if name.endswith(key)))  # noqa: SIM118
    used = stored.get_tensor(name + ROWS)
    if name + KEPT in names:
        unused = unused_rows(used, len(whole))
        kept = _unpack_bits(stored.get_tensor(name + KEPT), (len(unused), whole.shape[1]))
        whole[unused] = whole[unused].masked_fill_(~kept, 0.0)
    whole[used] = weight
    return whole


def _is_stored(weight: torch.Tensor) -> torch.Tensor:
    """Return where a float32 tensor is not +0.0, whose bits are all 0."""
    return weight.view(torch.int32) != 0


def _is_nonzero(weight: torch.Tensor) -> torch.Tensor:
    """Return where a tensor is not 0; by its bits if float32: where denormal numbers are flushed, they compare as 0."""
    return weight.view(torch.int32) & 0x7FFFFFFF != 0 if weight.dtype == torch.float32 else weight != 0


def _pack_bits(mask: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(np.packbits(mask.numpy()))


def _unpack_bits(bits: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    count = int(np.prod(shape))
    return torch.from_numpy(np.unpackbits(bits.numpy(), count=count)).view(torch.bool).view(*shape)


def stored_sparsity(
    weights: Iterable[tuple[str, torch.Tensor]], pruned: Sequence[str], prefix: str
) -> list[dict[str, Any]]:
    """Count the zeros of every matrix of a stored model.

    weights: as `read_weights` yields them. pruned: names of the matrices that were pruned. prefix: name of the encoder
    within the model. Returns one row a matrix, of SPARSITY_COLUMNS: part is encoder or head, sparsity in 0..1.
    """
    counts, missing = [], set(pruned)
    for name, weight in weights:
        missing.discard(name)
        if weight.ndim < 2:
            continue
        zeros = weight.numel() - int(_is_nonzero(weight).count_nonzero())
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
    if missing:
        raise InputError(f"stored model: has no matrix {min(missing)}")
    return sorted(counts, key=lambda count: count["matrix"])


def peak_memory_bytes(device: torch.device) -> int:
    """Return the peak memory of this process in bytes: allocated on the GPU, or resident on the machine."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
