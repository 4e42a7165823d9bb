"""The measurement of size and speed: its kernels give the same tags, its table and figure what was measured."""

from collections import Counter
from math import prod
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace

import efficiency
import numpy as np
import pandas as pd
import pytest
import torch
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import Corpus
from ner_pruning.figures.efficiency import draw_efficiency
from ner_pruning.planning.efficiency import (
    BATCHES,
    DENSE,
    HALF,
    INT8,
    ROUNDS,
    SEMI_STRUCTURED,
    SPARSE,
    SparseLinear,
    main,
    measure,
    possible_kernels,
    store_in_int8,
    use_kernels,
)
from ner_pruning.report.efficiency_table import efficiency_table
from ner_pruning.study.contents import measured_language, measured_runs
from ner_pruning.table import Table
from ner_pruning.terms import REGULAR, Provenance, Run
from ner_pruning.training.encoder import random_encoder
from safetensors import safe_open
from small_models import tiny_model
from study_configs import PAPER, merged
from torch import nn
from transformers import AutoModelForTokenClassification, BatchEncoding, PreTrainedModel

SIZES = {"vocabulary": 60, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 64}
SENTENCES = [["Othaya", "lies", "in", "Nyeri"], ["rivers", "flow"], ["low"]]
PROVENANCE = Provenance(study="s", encoder="e", demo=False)


def test_a_sparse_layer_is_the_dense_one():
    torch.manual_seed(0)
    layer = nn.Linear(24, 16)
    layer.weight.data[torch.rand(16, 24) < 0.9] = 0
    inputs = torch.randn(2, 5, 24)
    sparse = SparseLinear(layer)
    assert sparse.weight.values().numel() == layer.weight.count_nonzero()
    torch.testing.assert_close(sparse(inputs), layer(inputs))
    without = nn.Linear(24, 16, bias=False)
    torch.testing.assert_close(SparseLinear(without)(inputs), without(inputs))


def test_all_linear_layers_of_the_encoder_become_sparse_and_the_head_stays():
    model = tiny_model("bert", "sdpa").eval()
    pieces = torch.tensor([[0, 17, 5, 59, 21, 2, 3]])
    with torch.no_grad():
        before = model(input_ids=pieces).logits
        use_kernels(model, SPARSE)
        torch.testing.assert_close(model(input_ids=pieces).logits, before)
    kinds = {type(module) for module in model.base_model.modules()}
    assert SparseLinear in kinds
    assert nn.Linear not in kinds
    assert type(model.classifier) is nn.Linear


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of a tagging model with random weights, as an export is."""
    path = tmp_path_factory.mktemp("export") / "model"
    random_encoder(SENTENCES * 20, SIZES, 0, path)
    AutoModelForTokenClassification.from_pretrained(path, num_labels=7).save_pretrained(path)
    return path


def test_measurements_are_made_in_turns(folder, monkeypatch, tmp_path):
    """Two rounds of all, no compact model with CSR, int8 from folders of their own; what is found is made up."""
    orders = []

    def found(order: dict, scratch: Path) -> dict:
        orders.append((order["folder"], order["kernels"], order["threads"]))
        rate = float(len(orders))
        rates = {str(batch): [rate, rate, rate] for batch in BATCHES}
        return {"rates": rates, "resident_bytes": len(orders), "tags": [1, 2, 2, 2 + (order["kernels"] == SPARSE)]}

    def stored(exported: str, out: Path) -> str:
        out.mkdir()
        (out / "model.safetensors").write_bytes(b"8" * (5 if exported == str(folder) else 3))
        return str(out)

    monkeypatch.setattr("ner_pruning.planning.efficiency._in_process", found)
    monkeypatch.setattr("ner_pruning.planning.efficiency.store_in_int8", stored)
    (tmp_path / ".efficiency.killed" / "int8-0").mkdir(parents=True)
    compact = folder.with_name("compact")
    copytree(folder, compact, dirs_exist_ok=True)
    folders = {("dense", "whole"): str(folder), ("dense", "compact"): str(compact)}
    frame = measure(folders, {"dense": [DENSE, SPARSE, INT8]}, SENTENCES, threads=[1, 1], scratch_in=str(tmp_path))
    in_int8 = [order[0] for order in orders if order[1] == INT8]
    works = [(str(folder), DENSE, 1), (str(folder), SPARSE, 1), (in_int8[0], INT8, 1)]
    works += [(str(compact), DENSE, 1), (in_int8[1], INT8, 1)]
    assert orders == works * ROUNDS and ROUNDS == 2
    assert {Path(path).parents[1] for path in in_int8} == {tmp_path} and list(tmp_path.iterdir()) == []
    kinds = [("whole", DENSE), ("whole", SPARSE), ("whole", INT8), ("compact", DENSE), ("compact", INT8)]
    assert frame[["vocabulary", "kernels", "threads", "batch"]].to_numpy().tolist() == [
        [vocabulary, kernels, 1, batch] for vocabulary, kernels in kinds for batch in BATCHES
    ]
    one_batch = frame[frame["batch"] == BATCHES[0]]
    assert one_batch["median"].tolist() == [3.5, 4.5, 5.5, 6.5, 7.5]  # of rates 1 and 6, 2 and 7, and so on
    assert one_batch["passes"].tolist() == [6] * 5 and one_batch["resident_bytes"].tolist() == [6, 7, 8, 9, 10]
    assert one_batch["same_tags"].tolist() == [1, 0.75, 1, 1, 1]
    size = folder.joinpath("model.safetensors").stat().st_size
    assert one_batch["bytes"].tolist() == [size, size, 5, size, 3]


def test_a_measurement_is_made_by_a_process_of_its_own(folder, monkeypatch):
    monkeypatch.setattr("ner_pruning.planning.efficiency.SECONDS", 0.0)
    monkeypatch.setattr("ner_pruning.planning.efficiency.ROUNDS", 1)
    frame = measure({("dense", "whole"): str(folder)}, {"dense": [DENSE, SPARSE]}, SENTENCES, threads=[1])
    assert (frame["passes"] >= 3).all()
    assert (frame["same_tags"] == 1).all()
    assert ((frame["low"] <= frame["median"]) & (frame["median"] <= frame["high"])).all()
    assert (frame["bytes"] == folder.joinpath("model.safetensors").stat().st_size).all()
    assert (frame["resident_bytes"] > 50e6).all()  # of Python and torch alone


def test_a_measurement_tags_every_piece(folder):
    found = main(
        {"folder": str(folder), "kernels": DENSE, "threads": 1, "sentences": SENTENCES, "seconds": 0.0, "device": "cpu"}
    )
    assert len(found["tags"]) >= sum(map(len, SENTENCES)) + 2 * len(SENTENCES)
    assert {batch: len(rates) for batch, rates in found["rates"].items()} == dict.fromkeys(BATCHES, 3)


@pytest.mark.int8
def test_models_in_int8_are_measured_as_they_are_stored(folder, monkeypatch, tmp_path):
    monkeypatch.setattr("ner_pruning.planning.efficiency.SECONDS", 0.0)
    monkeypatch.setattr("ner_pruning.planning.efficiency.ROUNDS", 1)
    frame = measure({("dense", "whole"): str(folder)}, {"dense": [DENSE, INT8]}, SENTENCES, threads=[1])
    dense, int8 = (frame.loc[frame["kernels"] == kind, "bytes"].unique().tolist() for kind in (DENSE, INT8))
    stored = Path(store_in_int8(str(folder), tmp_path / "int8"), "model.safetensors")
    assert stored.stat().st_size == int8[0] != dense[0]
    sizes = {}
    for path in (folder / "model.safetensors", stored):
        with safe_open(path, "pt") as file:
            sizes[path] = Counter()
            for part in map(file.get_slice, file.keys()):
                sizes[path][part.get_dtype()] += prod(part.get_shape())
    whole, quantised = sizes.values()
    weights, rows = 4 * 16 * 16 + 2 * 16 * 32, 5 * 16 + 32  # of the linear layers; a row has a scale and a zero point
    assert quantised == {"I8": weights + rows, "F32": whole["F32"] - weights + rows}
    assert (frame["same_tags"] > 0.9).all()


def measured():
    """Measurements of two models, made up: what is expected of the table is written out below."""
    rows = []
    for variant, vocabulary, kernels, rate in (
        ("dense", "whole", DENSE, 100.0),
        ("partial-90", "whole", DENSE, 101.0),
        ("partial-90", "whole", SPARSE, 150.0),
        ("partial-90", "compact", DENSE, 102.0),
    ):
        for threads in (1, 2):
            for batch in BATCHES:
                median = rate * threads * (2 if batch == 32 else 1)
                row = {"variant": variant, "vocabulary": vocabulary, "kernels": kernels, "threads": threads}
                row |= {"batch": batch, "bytes": 470_000_000, "resident_bytes": 900_000_000 + threads}
                row |= {"low": median - 1, "median": median, "high": median + 2}
                rows.append(row | {"passes": 6, "same_tags": 1.0})
    return pd.DataFrame(rows)


def test_the_table_has_a_row_per_model_and_kernels():
    stored = {"dense": 80_000_000, "partial-90": 12_000_000}
    table = efficiency_table(measured(), stored, "a processor", "yo, seed 1", PROVENANCE)
    lines = table.markdown().splitlines()
    sparse = next(line for line in lines if SPARSE in line)
    cells = [cell.strip() for cell in sparse.strip("|").split("|")]
    assert cells[:6] == ["partial-90", "whole", SPARSE, "12.0", "470.0", "900"]
    assert [cell.split()[0] for cell in cells[6:10]] == ["150.0", "300.0", "300.0", "600.0"]
    assert cells[10] == "1.0000"
    compact = next(line for line in lines if "compact" in line)
    assert compact.split("|")[4].strip() == "–"
    assert len(table.rows) == 16


def test_the_figure_draws_medians_with_quartiles():
    figure = draw_efficiency(measured(), PROVENANCE)
    assert len(figure.axes) == 4
    first = figure.axes[0]
    dense, sparse = (container.lines[0] for container in first.containers)
    assert dense.get_ydata().tolist() == [100.0, 101.0]
    assert sparse.get_ydata().tolist() == [150.0]
    (bar,) = first.containers[1].lines[2][0].get_segments()
    assert np.array(bar)[:, 1].tolist() == [149.0, 152.0]
    for axes in figure.axes:  # panels of a column share their axis: two threads are twice as fast
        drawn = [value for container in axes.containers for value in container.lines[0].get_ydata()]
        assert drawn
        assert 0 <= axes.get_ylim()[0] <= min(drawn) and max(drawn) < axes.get_ylim()[1]


def test_the_models_that_are_measured():
    methods = {"after": {}, "2to4": {"scopes": ["partial"], "sparsities": [50]}}
    pruning = {"sparsities": [50, 70, 90], "methods": methods}
    config = merged(
        PAPER, {"monolingual": ["yo", "sw"], "seeds": [3, 1], "pruning": pruning, "quantisation": {"int8": {}}}
    )
    names = [str(run) for run in measured_runs(config)]
    variants = ["dense", "partial-50", "partial-70", "partial-90", "full-90", "partial-50-2to4"]
    assert names == [f"yo/{variant}/seed-3" for variant in variants]
    assert measured_language(config) == "yo"


@pytest.mark.parametrize("capability, has_them", [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_2to4_kernels_are_measured_on_gpus_that_have_them(monkeypatch, capability, has_them):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert (SEMI_STRUCTURED in possible_kernels(50, "2to4", "cuda")) == has_them
    assert (HALF in possible_kernels(50, "2to4", "cuda")) == has_them, "2:4 kernels have float16, too"
    assert SEMI_STRUCTURED not in possible_kernels(50, "magnitude", "cuda")
    assert SEMI_STRUCTURED not in possible_kernels(50, "2to4", "cpu")


def test_the_memory_of_a_gpu_is_what_the_measured_kernels_have_allocated(folder, monkeypatch):
    """No GPU is here: the model stays where it is. Of a processor it is the process's, also next to a GPU."""
    calls = []
    monkeypatch.setattr("ner_pruning.planning.efficiency.choose_device", lambda name: SimpleNamespace(type=name))
    monkeypatch.setattr("ner_pruning.planning.efficiency.use_kernels", lambda *_: calls.append("kernels"))
    monkeypatch.setattr(PreTrainedModel, "to", lambda self, device: self)
    monkeypatch.setattr(BatchEncoding, "to", lambda self, device: self)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: calls.append("reset"))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 7)
    work = {"folder": str(folder), "kernels": DENSE, "threads": 1, "sentences": SENTENCES, "seconds": 0.0}
    assert main(work | {"device": "cuda"})["resident_bytes"] == 7
    assert calls == ["kernels", "reset"]
    assert main(work | {"device": "cpu"})["resident_bytes"] > 50e6
    assert calls == ["kernels", "reset", "kernels"]


def test_a_gpu_is_measured_under_its_name_with_one_thread(monkeypatch, tmp_path):
    made = {}

    def found(*_, threads: list[int], device: str, **others) -> str:
        made.update(threads=threads, device=device)
        return "frame"

    def table(frame: str, stored: dict, machine: str, *_) -> Table:
        made.update(frame=frame, machine=machine)
        return Table("efficiency", "", [], pd.DataFrame({"x": []}))

    (weights := tmp_path / "weights").write_bytes(b"x")
    write_evaluation(tmp_path / "yo.parquet", {REGULAR: Corpus(SENTENCES, [[0] * len(each) for each in SENTENCES])})
    monkeypatch.setattr(efficiency, "choose_device", torch.device)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H200")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    monkeypatch.setattr(efficiency, "measure", found)
    monkeypatch.setattr(efficiency, "efficiency_table", table)
    monkeypatch.setattr(efficiency, "save_figures", lambda *_: None)
    monkeypatch.setattr(efficiency, "draw_efficiency", lambda *_: None)
    out = {suffix: str(tmp_path / f"out.{suffix}") for suffix in ("csv", "md", "tex", "html", "pdf", "png", "svg")}
    paths = [str(weights)]
    efficiency.main([Run("yo", "dense", 1)], paths, paths, paths, tmp_path / "yo.parquet", 8, "cuda", PROVENANCE, out)
    assert made == {"threads": [1], "device": "cuda", "frame": "frame", "machine": "NVIDIA H200"}
    efficiency.main([Run("yo", "dense", 1)], paths, paths, paths, tmp_path / "yo.parquet", 8, "cpu", PROVENANCE, out)
    assert (made["threads"], made["device"]) == ([1, 8], "cpu") and made["machine"].endswith(" (8 threads)")


@pytest.mark.parametrize("kernels", [HALF, SEMI_STRUCTURED])
def test_a_model_with_2to4_kernels_computes_to_its_head_in_one_type(kernels, monkeypatch):
    """Their weights, which only a GPU has, are taken as they are."""
    converted = []
    monkeypatch.setattr("torch.sparse.to_sparse_semi_structured", lambda weight: converted.append(weight) or weight)
    model = tiny_model("bert", "sdpa").eval()
    use_kernels(model, kernels)
    assert (len(converted) > 0) == (kernels == SEMI_STRUCTURED)
    with torch.no_grad():
        assert model(input_ids=torch.tensor([[0, 17, 5, 59, 21, 2, 3]])).logits.dtype == torch.float16
