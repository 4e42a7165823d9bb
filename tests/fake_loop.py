"""The training loop on `fake_device`, as a program that prints a JSON object for each of CASES.

steps: of each step but the first and the last, the operators that the device was asked for, and the copies to it
(blocking, others) and from it. error, line: what ended the loop, and where in it.
"""

import dataclasses
import json
from collections.abc import Callable
from functools import partial
from traceback import extract_tb

import torch
from fake_device import Record, fake_tensors, move, register_device
from ner_pruning.progress import ProgressLines
from ner_pruning.training import cuda_graphs
from ner_pruning.training import finetune as loop
from ner_pruning.training.dropout import replace_dropout
from ner_pruning.training.model import set_packing
from ner_pruning.training.pruning import Pruner, prunable_matrices
from small_models import make_training, random_sentences
from transformers import BertConfig, BertForTokenClassification

STEPS, BATCH = 5, 8

FAULTS = {
    "wait": lambda device: torch.ones(3, device=device).sum().item(),
    "copy": lambda device: torch.ones(3).to(device),
    "mix": lambda device: torch.ones(3, device=device) + torch.ones(3),
}
"""What a change of the loop could bring in: it waits for a value, copies while it waits, mixes devices."""

CASES = {name: (name, 12, None) for name in ("dense", "full", "movement")}
CASES |= {"padded": ("dense", 12, None), "replayed": ("full", 12, None)}
CASES |= {fault: ("dense", 1, fault) for fault in FAULTS}
"""By name: the scope (or movement, of `partial`), the layers (mBERT has 12), and the fault of step 4, if any.

Of `replayed`, that step is the first to be replayed from a graph, of which nothing is counted.
"""


class Order:
    """The numbers of a batch's sentences, drawn before tensors lose their values."""

    def __init__(self, chosen: torch.Tensor) -> None:
        self._chosen = chosen.numpy().copy()

    def numpy(self):
        return self._chosen


def record_work(work: Callable[[], None]) -> Callable[[], None]:
    work()
    return lambda: None


record_work.replayed = 0


def run_case(device: torch.device, scope: str, layers: int, fault: str | None, packed: bool, replayed: bool) -> dict:
    sizes = {"hidden_size": 48, "num_hidden_layers": layers, "num_attention_heads": 4, "intermediate_size": 64}
    record, steps, pack = Record(), [], loop.pack

    def pack_and_record(*arguments):
        moved = {"blocking": record.to_device[False], "others": record.to_device[True], "back": record.from_device}
        steps.append({"operators": record.operators.total()} | moved)
        record.clear()
        if fault and len(steps) == 4:
            FAULTS[fault](device)
        return pack(*arguments)

    loop.pack = pack_and_record
    with fake_tensors():
        model = BertForTokenClassification(BertConfig(vocab_size=60, num_labels=7, **sizes))
        set_packing(model, packed)
        replace_dropout(model)
        move(model, device)
        pruner = Pruner({}, {})
        if scope != "dense":
            matrices = prunable_matrices(model, "partial" if scope == "movement" else scope)
            scored = matrices if scope == "movement" else {}
            pruner = Pruner(matrices, {}, scores={name: torch.zeros_like(matrix) for name, matrix in scored.items()})
            pruner.sparsity = 0.5
        try:
            with record:
                loop.finetune(model, SENTENCES, TRAINING, pruner, seed=1, record=record_work if replayed else None)
        except Exception as error:
            line = [frame.line for frame in extract_tb(error.__traceback__) if frame.filename == loop.__file__][-1]
            return {"steps": steps[2:], "error": type(error).__name__, "line": line}
        finally:
            loop.pack = pack
    raise RuntimeError("the loop has ended without a wait for its last losses")


if __name__ == "__main__":
    TRAINING = dataclasses.replace(make_training(epochs=1, learning_rate=1e-4), precision="bf16")
    BATCHES = [(epoch, Order(chosen)) for epoch, chosen in loop.draw_batches(BATCH * STEPS, TRAINING, 1)]
    loop.draw_batches = lambda *_: iter(BATCHES)
    loop.LOG_ROWS = 1  # a row waits for the losses: only the last step has one
    loop.ProgressLines = partial(ProgressLines, first=float("inf"))  # and so does a line
    torch.use_deterministic_algorithms(True)
    gpu, autocast = register_device()
    SENTENCES = random_sentences([9] * BATCH * STEPS)
    cuda_graphs.same_bits = lambda *_: True  # which have no values to compare
    cuda_graphs._drawn = lambda: []
    cases = {
        name: run_case(gpu, *case, packed=name != "padded", replayed=name == "replayed") for name, case in CASES.items()
    }
    print(json.dumps(cases))
