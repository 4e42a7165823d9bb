"""What a compressed model buys on this machine: bytes, memory and sentences a second, with the kernels that there are.

Each measurement is a process of its own, `python -m ner_pruning.planning.efficiency WORK.json RESULT.json`, which does
what a user of transformers does: it loads an exported folder and tags padded batches of sentences.
"""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from shutil import copy, rmtree
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedModel

from ner_pruning.files import read_json, write_json
from ner_pruning.report.efficiency_table import WHOLE
from ner_pruning.study.layout import TOKENIZER_FILES
from ner_pruning.training.model import choose_device
from ner_pruning.training.quantised_export import save_in_int8

DENSE, SPARSE, INT8 = "dense kernels", "CSR kernels", "int8 kernels"
HALF, SEMI_STRUCTURED = "dense kernels in float16", "2:4 kernels"
KERNELS = (DENSE, SPARSE, INT8, HALF, SEMI_STRUCTURED)
"""How the products with the weights of linear layers are computed: with all weights, with those that are not 0 (CSR of
torch, 2:4 of NVIDIA's tensor cores), or with weights and activations in int8 (torchao). 2:4 has float16, and so a model
that has it is measured with dense kernels in float16, too."""

BATCHES = (1, 32)
"""Sentences of a batch."""

ROUNDS = 2
"""How often each measurement is made, in turns, so that a machine that slows down meanwhile slows all of them."""

SECONDS = 1.5
"""How long the passes of one batch size are repeated, at least three times."""

SCRATCH = ".efficiency."
"""What the names of folders with models in int8 begin with."""

COLUMNS = ("variant", "vocabulary", "kernels", "threads", "batch", "bytes", "resident_bytes", "low", "median", "high")
COLUMNS += ("passes", "same_tags")


def possible_kernels(sparsity: int, method: str, device: str) -> list[str]:
    """Return the kernels that a device (cpu, cuda) has for a model; sparsity: in percent, method: of its pruning."""
    found = [DENSE] + [SPARSE] * (sparsity > 0)
    found += [INT8] * (importlib.util.find_spec("torchao") is not None)
    has_2to4 = device == "cuda" and torch.cuda.get_device_capability() >= (8, 0)
    return found + [HALF, SEMI_STRUCTURED] * (method == "2to4" and has_2to4)


def measure(
    folders: Mapping[tuple[str, str], str],
    kernels: Mapping[str, Sequence[str]],
    sentences: Sequence[Sequence[str]],
    threads: Iterable[int],
    scratch_in: str | None = None,
    device: str = "cpu",
) -> pd.DataFrame:
    """Return the measurements, a row per model, kernels, threads and batch size, of COLUMNS.

    folders: exported folders by variant and vocabulary, one of VOCABULARIES. kernels: by variant; compact models are
    measured with the dense ones and int8. sentences: as words. bytes: of the model's file, which is stored in int8 for
    int8 kernels; resident_bytes: of the process after it has tagged all sentences. low, median and high are quartiles
    of sentences a second over all passes of all rounds. same_tags: share of the word pieces that have the same tag as
    with the dense kernels and the whole vocabulary. scratch_in: where models in int8 lie meanwhile, and those that a
    killed measurement left are deleted. device: cpu or cuda.
    """
    results: dict[tuple, list[dict[str, Any]]] = {}
    for left in Path(scratch_in).glob(f"{SCRATCH}*") if scratch_in else ():  # by a measurement that was killed
        rmtree(left)
    with TemporaryDirectory(prefix=SCRATCH, dir=scratch_in) as scratch:
        stored: dict[tuple[str, str, str], str] = {}  # folders by variant, vocabulary and kernels
        for (variant, vocabulary), folder in folders.items():
            for kind in kernels[variant]:
                if kind == INT8:
                    stored[variant, vocabulary, kind] = store_in_int8(folder, Path(scratch, f"int8-{len(stored)}"))
                elif vocabulary == WHOLE or kind == DENSE:
                    stored[variant, vocabulary, kind] = folder
        size = {model: os.path.getsize(Path(folder, "model.safetensors")) for model, folder in stored.items()}
        works = [(*model, number) for model in stored for number in dict.fromkeys(threads)]
        for _ in range(ROUNDS):
            for work in works:
                variant, vocabulary, kind, number = work
                order = {"folder": stored[variant, vocabulary, kind], "kernels": kind, "threads": number}
                order |= {"sentences": sentences, "seconds": SECONDS, "device": device}
                results.setdefault(work, []).append(_in_process(order, Path(scratch)))
                print(f"{variant}, {vocabulary} vocabulary, {kind}, {number} threads: measured", flush=True)
    rows = []
    for (variant, vocabulary, kind, number), found in results.items():
        expected = results[variant, WHOLE, DENSE, number][0]["tags"]
        same = np.mean([one == other for one, other in zip(found[0]["tags"], expected, strict=True)])
        for batch in BATCHES:
            rates = np.concatenate([each["rates"][str(batch)] for each in found])
            low, median, high = np.quantile(rates, [0.25, 0.5, 0.75])
            rows.append(
                {
                    "variant": variant,
                    "vocabulary": vocabulary,
                    "kernels": kind,
                    "threads": number,
                    "batch": batch,
                    "bytes": size[variant, vocabulary, kind],
                    "resident_bytes": max(each["resident_bytes"] for each in found),
                    "low": low,
                    "median": median,
                    "high": high,
                    "passes": len(rates),
                    "same_tags": same,
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def store_in_int8(folder: str, out: Path) -> str:
    """Store an exported model in int8 in a new folder, with its tokenizer; return the folder's path."""
    save_in_int8(AutoModelForTokenClassification.from_pretrained(folder, trust_remote_code=False).eval(), out)
    for name in TOKENIZER_FILES:
        copy(Path(folder, name), out)
    return str(out)


def _in_process(work: Mapping[str, Any], scratch: Path) -> dict[str, Any]:
    """Return what one measurement found, made in a process of its own."""
    write_json(scratch / "work.json", work)
    call = [sys.executable, "-m", "ner_pruning.planning.efficiency", scratch / "work.json", scratch / "result.json"]
    scripts = str(Path(__file__).parents[2])
    path = os.pathsep.join([scripts, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        call, env=os.environ | {"PYTHONPATH": path}, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise RuntimeError(f"{work['folder']}, {work['kernels']}: {done.stderr[-2000:]}")
    return read_json(scratch / "result.json")


@torch.inference_mode()
def main(work: Mapping[str, Any]) -> dict[str, Any]:
    """Measure one model with some kernels and threads, each batch size for some seconds; see `measure`."""
    torch.set_num_threads(work["threads"])
    device = choose_device(work["device"])
    model = AutoModelForTokenClassification.from_pretrained(work["folder"], trust_remote_code=False).eval().to(device)
    tokenizer = AutoTokenizer.from_pretrained(work["folder"], trust_remote_code=False)
    use_kernels(model, work["kernels"])
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()  # the weights as they were loaded are gone
    tags, rates = [], {}
    for batch in BATCHES:
        parts = [work["sentences"][start : start + batch] for start in range(0, len(work["sentences"]), batch)]
        inputs = [
            tokenizer(part, is_split_into_words=True, truncation=True, padding=True, return_tensors="pt").to(device)
            for part in parts
        ]
        found, until = [], time.perf_counter() + work["seconds"]
        while len(found) < 4 or time.perf_counter() < until:
            began = time.perf_counter()
            best = [model(**part).logits.argmax(-1).cpu() for part in inputs]
            found.append(len(work["sentences"]) / (time.perf_counter() - began))
        rates[batch] = found[1:]  # the first pass allocates
        if batch == BATCHES[0]:
            tags = [int(tag) for part in best for tag in part[0]]
    return {"rates": rates, "resident_bytes": resident_bytes(device.type), "tags": tags}


def use_kernels(model: PreTrainedModel, kernels: str) -> None:
    """Have the linear layers of a model's encoder compute with those kernels, in place; one in int8 already does."""
    encoder = model.base_model
    if kernels in (HALF, SEMI_STRUCTURED):
        model.half()  # the head too, which reads what the encoder gives
    if kernels == SEMI_STRUCTURED:
        from torch.sparse import to_sparse_semi_structured

        for module in filter(_is_linear, encoder.modules()):
            module.weight = nn.Parameter(to_sparse_semi_structured(module.weight.detach()), requires_grad=False)
    elif kernels == SPARSE:
        for name, module in list(encoder.named_modules()):
            if _is_linear(module):
                owner, _, last = name.rpartition(".")
                setattr(encoder.get_submodule(owner), last, SparseLinear(module))


def _is_linear(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear)


class SparseLinear(nn.Module):
    """A linear layer whose weights that are not 0 are stored by rows (CSR) and multiplied alone."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features, self.bias = linear.in_features, linear.out_features, linear.bias
        self.weight = linear.weight.detach().to_sparse_csr()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the layer's output for inputs of any shape whose last dimension is in_features."""
        rows = inputs.reshape(-1, self.in_features)
        product = (self.weight @ rows.T).T
        if self.bias is not None:
            product = product + self.bias
        return product.reshape(*inputs.shape[:-1], self.out_features)


def resident_bytes(device: str) -> int:
    """Return the resident memory of this process in bytes, or what it has allocated at most of its device cuda."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    write_json(sys.argv[2], main(read_json(sys.argv[1])))
