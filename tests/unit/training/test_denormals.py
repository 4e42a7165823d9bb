"""Denormal numbers are flushed in all of torch's threads, which changes no weight, loss or prediction."""

import json
import os
import subprocess
import sys

import pytest
import torch
from ner_pruning.training.checkpoint import stored_sparsity
from ner_pruning.training.process import use_threads

CHILD = """
import hashlib, json, sys
sys.path[:0] = {paths}
threads, flush = int(sys.argv[1]), sys.argv[2] == "flush"
import numpy as np
import torch
from ner_pruning.training.process import use_threads
(use_threads if flush else torch.set_num_threads)(threads)
from dataclasses import replace
from ner_pruning.scoring.prediction import predict
from ner_pruning.training import finetune as module
from ner_pruning.training.pruning import Pruner, prunable_matrices
from small_models import make_training, random_sentences, tiny_model
torch.set_num_threads(threads)  # small_models sets one

STEPS, BETA, WORDS = int(sys.argv[3]), float(sys.argv[4]), 4000
sentences = random_sentences([5] * STEPS)
pieces = np.random.default_rng(0).integers(4, WORDS, len(sentences.pieces)).astype(np.int32)
sentences = replace(sentences, pieces=pieces)  # most are in one step alone
training = replace(make_training(epochs=1, learning_rate=1e-3), batch_size=1, adam_beta1=BETA)
optimizers, make_optimizer = [], module.make_optimizer
def kept(*arguments):
    optimizer, scheduler = make_optimizer(*arguments)
    optimizers.append(optimizer)
    return optimizer, scheduler
module.make_optimizer = kept

def digest(arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()

def denormals(tensor):
    bits = tensor.view(torch.int32) & 0x7FFFFFFF
    return int(((bits > 0) & (bits < 0x00800000)).sum())

results = dict(threads=torch.get_num_threads())
for scope in ("", "full"):
    model = tiny_model("bert", vocabulary=WORDS, dropout=0.1)
    pruner = Pruner(prunable_matrices(model, scope), {{100: 0.3, STEPS - 50: 0.5}}) if scope else Pruner({{}}, {{}})
    curve = module.finetune(model, sentences, training, pruner, seed=1)
    moments = [state["exp_avg"] for state in optimizers.pop().state.values()]
    results[scope or "dense"] = dict(
        denormals=sum(map(denormals, moments)),
        weights=digest(parameter.detach().numpy() for parameter in model.parameters()),
        losses=[row["loss"] for row in curve],
        predictions=digest(predict(model.eval(), sentences, "fp32")),
    )
smallest = torch.ones(1 << 20, dtype=torch.int32).view(torch.float32)  # enough for all threads
results["kept by a kernel"] = int((smallest * 1.0).view(torch.int32).count_nonzero())
print(json.dumps(results))
"""


@pytest.fixture(scope="module", params=[(1, 400, 0.8), (2, 200, 0.6)], ids=["1 thread", "2 threads"])
def trained(request) -> dict[str, dict]:
    """What so many steps with a beta1 give in a process of its own, in which denormal numbers are flushed or kept.

    A moment of 1e-6 is denormal after 330 steps of 0.8 and 150 of 0.6 (710 of the paper's 0.9), and stays so: each
    rounds the smallest one up.
    """
    threads, *others = request.param

    def child(how: str) -> dict:
        command = [sys.executable, "-c", CHILD.format(paths=sys.path), str(threads), how, *map(str, others)]
        environment = os.environ | {"OMP_WAIT_POLICY": "passive"}  # else threads that wait take a busy machine's cores
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
        return json.loads(done.stdout.splitlines()[-1])

    results = {how: child(how) for how in ("flush", "keep")}
    assert {result["threads"] for result in results.values()} == {threads}
    return results


@pytest.mark.parametrize("variant", ["dense", "full"])
def test_a_long_run_holds_no_denormal_first_moment(trained, variant):
    assert trained["keep"][variant]["denormals"] > 1000, "a case without any"
    assert trained["flush"][variant]["denormals"] == 0


@pytest.mark.parametrize("variant", ["dense", "full"])
def test_weights_losses_and_predictions_are_the_same_bytes(trained, variant):
    for what in ("weights", "losses", "predictions"):
        assert trained["flush"][variant][what] == trained["keep"][variant][what], what


def test_all_threads_of_a_kernel_flush(trained):
    assert trained["keep"]["kept by a kernel"] == 1 << 20
    assert trained["flush"]["kept by a kernel"] == 0


@pytest.mark.usefixtures("settings_of_torch")
def test_a_denormal_weight_counts_as_no_zero_where_they_are_flushed():
    use_threads(1)
    weight = torch.tensor([[1, 0], [-(2**31), 0x3F800000]], dtype=torch.int32).view(torch.float32)  # 1e-45 0 -0 1
    (count,) = stored_sparsity([("encoder.words", weight)], ["encoder.words"], "encoder")
    assert (count["zeros"], count["sparsity"]) == (2, 0.5)
