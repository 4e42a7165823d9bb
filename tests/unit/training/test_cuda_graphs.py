"""Steps that are replayed from graphs give the bytes of computed ones; what cannot be recorded is computed.

There is no GPU: the graphs are those of `recorded_work`, which replays operators on the same memory.
"""

import dataclasses
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import finetune as finetune_script
import numpy as np
import pytest
import torch
from ner_pruning.files import InputError, read_json
from ner_pruning.terms import Run
from ner_pruning.training import attention, cuda_graphs
from ner_pruning.training import finetune as loop
from ner_pruning.training.cuda_graphs import CudaGraphs, GraphedGradients, GraphError, MemoryRead, recorder_of
from ner_pruning.training.finetune import finetune
from ner_pruning.training.gradients import Gradients
from ner_pruning.training.model import IGNORED, lay_out, load_batch, unfold
from ner_pruning.training.packing import pack
from ner_pruning.training.pruning import Pruner, prunable_matrices, sparsity_schedule
from ner_pruning.training.run import RunConfig
from ner_pruning.training.snapshot import Interrupted, Snapshots
from recorded_work import record
from small_models import CPU, make_training, pruned_at, random_sentences, tiny_model
from small_runs import FINETUNING, SCHEDULES, WEIGHTS, run
from torch.nn import functional

SENTENCES = random_sentences([3, 9, 7, 2, 5, 6, 3, 4] * 8, all_lost=[5])
TRAINING = make_training(epochs=6, learning_rate=1e-3)  # 48 steps
SCHEDULE = sparsity_schedule(0.6, pruned_at(10, 30, 5))


@pytest.fixture
def few_layouts(monkeypatch):
    """Lengths in multiples of 32, as on a GPU."""
    monkeypatch.setattr("ner_pruning.training.gradients.piece_multiple", lambda *_: 32)


@pytest.fixture
def drawn_by_torch(monkeypatch):
    """Dropout from torch's generator, as on a GPU: ours on a CPU hands torch finished numbers."""
    monkeypatch.setattr(attention, "drop", functional.dropout)


@pytest.fixture
def counted(monkeypatch):
    """What became of the batches: computed, recorded, replayed."""
    counts = {"_compute": 0, "_add_graph": 0, "_replay": 0}

    def counting(name):
        method = getattr(GraphedGradients, name)

        def call(self, *arguments):
            counts[name] += 1
            return method(self, *arguments)

        return call

    for name in counts:
        monkeypatch.setattr(GraphedGradients, name, counting(name))
    return counts


def train(scope="", family="bert", precision="fp32", record=None, snapshots=None, dropout=0.1):
    model = tiny_model(family, dropout=dropout)
    matrices = prunable_matrices(model, "partial" if scope == "movement" else scope) if scope else {}
    scores = {name: torch.zeros_like(matrix) for name, matrix in matrices.items()} if scope == "movement" else {}
    pruner = Pruner(matrices, SCHEDULE if scope else {}, scores=scores)
    training = dataclasses.replace(TRAINING, precision=precision)
    curve = finetune(model, SENTENCES, training, pruner, 1, snapshots, record=record)
    rows = [{key: value for key, value in row.items() if key != "tokens_per_second"} for row in curve]
    return rows, [parameter.detach().numpy().tobytes() for parameter in model.parameters()]


@pytest.mark.usefixtures("few_layouts", "drawn_by_torch")
@pytest.mark.parametrize(
    "scope, family, precision",
    [
        *(("", "bert", "fp32"), ("full", "bert", "fp32"), ("movement", "bert", "fp32"), ("full", "bert", "bf16")),
        *(("full", "modernbert", "fp32"), ("full", "xlm-roberta", "fp32")),
    ],
)
def test_replayed_steps_give_the_bytes_of_computed_ones(monkeypatch, counted, capsys, scope, family, precision):
    # as on a GPU
    monkeypatch.setattr(loop, "Gradients", lambda *arguments: Gradients(*arguments, fill_words=True))
    monkeypatch.setattr("ner_pruning.training.gradients.rounds_at_once", lambda precision, _: precision == "bf16")
    assert train(scope, family, precision, record) == train(scope, family, precision)
    assert counted["_compute"] + counted["_replay"] - counted["_add_graph"] == TRAINING.steps(len(SENTENCES))
    assert counted["_replay"] > 30 > 3 * counted["_add_graph"] > 3
    assert "cuda_graphs" not in capsys.readouterr().out


@pytest.mark.usefixtures("few_layouts", "drawn_by_torch")
def test_a_padded_model_is_replayed_too(counted):
    expected = train(family="deberta-v2", dropout=0.0)
    assert train(family="deberta-v2", record=record, dropout=0.0)[1] == expected[1]
    assert counted["_replay"] > 30


@pytest.mark.usefixtures("few_layouts", "drawn_by_torch")
@pytest.mark.parametrize(("before", "after"), [(record, record), (record, None), (None, record)])
def test_a_run_that_was_ended_resumes_with_graphs_and_without(tmp_path, counted, before, after):
    expected = train("full")

    class Ended(Snapshots):
        def due(self):
            self.calls = getattr(self, "calls", 0) + 1
            return self.calls == 25

        def save(self, *arguments):
            super().save(*arguments)
            raise Interrupted(15)

    with pytest.raises(Interrupted):
        train("full", record=before, snapshots=Ended(tmp_path, {}, minutes=1000))
    assert (counted["_replay"] > 10) == (before is not None)
    counted["_replay"] = 0
    assert train("full", record=after, snapshots=Snapshots(tmp_path, {}, minutes=1000))[1] == expected[1]
    assert (counted["_replay"] > 10) == (after is not None)


@pytest.mark.usefixtures("few_layouts")
def test_a_value_from_python_is_seen_and_all_is_computed(counted, capsys):
    """Our dropout on a CPU draws with numpy: a replay would drop what the recorded step has dropped."""
    expected = train("full")
    assert train("full", record=record)[1] == expected[1]
    assert (counted["_replay"], counted["_compute"]) == (1, TRAINING.steps(len(SENTENCES)))
    line = "cuda_graphs: a replayed step has not given the bits of a computed one; goes on without them"
    out = capsys.readouterr().out
    assert f"{line}, with the same results\n" in out and out.count("cuda_graphs") == 1


@pytest.mark.usefixtures("few_layouts", "drawn_by_torch")
@pytest.mark.parametrize("fault", ["loss", "gradient", "none"])
def test_a_graph_that_gives_anything_else_is_not_trusted(monkeypatch, counted, fault):
    class Wrong(GraphedGradients):
        def _replay(self, *arguments):
            super()._replay(*arguments)
            if fault == "loss":
                self._loss_of_graph.nextafter_(torch.tensor(9.0))
            if fault == "gradient":
                value = list(self._gradients.values())[-1][0]
                value.nextafter_(torch.tensor(9.0))
            if fault == "none":
                self._graphs[next(layout for layout, graph in self._graphs.items() if graph)].parameters.pop()

    expected = train()
    monkeypatch.setattr(loop, "GraphedGradients", Wrong)
    assert train(record=record)[1] == expected[1]
    assert counted["_replay"] == 1


@pytest.mark.usefixtures("few_layouts", "drawn_by_torch")
def test_what_cannot_be_recorded_is_computed(counted, capsys):
    def refuse(work):
        """As torch: what ends the recording fails, too, after the model's own error."""
        try:
            work()
            raise RuntimeError("operation not permitted when stream is capturing\nand more")
        finally:
            raise RuntimeError("failed due to a previous error during capture")

    expected = train("full")
    assert train("full", record=refuse)[1] == expected[1]
    assert (counted["_add_graph"], counted["_replay"]) == (1, 0)
    assert "cuda_graphs: operation not permitted when stream is capturing; goes on" in capsys.readouterr().out


@pytest.mark.usefixtures("few_layouts", "drawn_by_torch")
def test_layouts_beyond_the_most_are_computed(monkeypatch, counted):
    expected = train()
    monkeypatch.setattr(cuda_graphs, "MOST_GRAPHS", 1)
    assert train(record=record)[1] == expected[1]
    assert counted["_add_graph"] == 1 and counted["_compute"] > 3


@pytest.mark.usefixtures("few_layouts", "drawn_by_torch")
def test_a_model_that_draws_on_the_processor_is_computed(monkeypatch, counted, capsys):
    """As LayerDrop does: by chance the step that is compared may draw what the recorded one has drawn."""
    init = GraphedGradients.__init__

    def of_a_gpu(self, *arguments, **options):
        init(self, *arguments, **options)
        self._draws_there = False

    expected = train("full")
    monkeypatch.setattr(GraphedGradients, "__init__", of_a_gpu)
    assert train("full", record=record)[1] == expected[1]
    assert (counted["_add_graph"], counted["_replay"]) == (1, 0)
    assert "cuda_graphs: the model draws random numbers on the processor; goes on" in capsys.readouterr().out
    assert train("full", record=record, dropout=0.0)[1] == train("full", dropout=0.0)[1]
    assert counted["_replay"] > 10


@pytest.mark.usefixtures("few_layouts", "drawn_by_torch")
def test_other_bits_after_graphs_were_trusted_end_the_run(monkeypatch):
    class Later(GraphedGradients):
        def _replay(self, *arguments):
            super()._replay(*arguments)
            if sum(graph is not None and graph.trusted for graph in self._graphs.values()) == 1:
                self._loss_of_graph += 1

    monkeypatch.setattr(loop, "GraphedGradients", Later)
    with pytest.raises(GraphError, match="has not given the bits"):
        train(record=record)


@pytest.mark.usefixtures("few_layouts", "drawn_by_torch", "settings_of_torch")
def test_the_config_has_a_run_replayed_and_its_record_counts(study, tmp_path, monkeypatch, counted):
    asked = []

    def recorder(cuda_graphs, device):
        asked.append((cuda_graphs, device))
        return recorded if cuda_graphs else None

    recorded = partial(record)  # an object of its own, which counts
    recorded.replayed = 0
    monkeypatch.setattr("ner_pruning.training.run.recorder_of", recorder)
    monkeypatch.setattr("ner_pruning.training.dropout.dropout", functional.dropout)
    for name, graphs in (("with", True), ("without", False)):
        (tmp_path / name).mkdir()
        finetune_script.main(
            Run("sw", "dense", 1),
            study / "encoder",
            [str(study / "sw.parquet")],
            RunConfig(FINETUNING, SCHEDULES, pruning=None),
            tmp_path / name,
            jobs_per_gpu=1,
            cuda_graphs=graphs,
            snapshot_minutes=60,
            version="code",
            source=None,
        )
    assert asked == [(True, CPU), (False, CPU)]
    of_graphs, plain = (read_json(tmp_path / name / "run.json") for name in ("with", "without"))
    assert plain["replayed_steps"] == 0
    assert 10 < of_graphs["replayed_steps"] < of_graphs["steps"]
    assert of_graphs["replayed_steps"] == of_graphs["steps"] - counted["_compute"]
    one, other = ((tmp_path / name / WEIGHTS).read_bytes() for name in ("with", "without"))
    assert one == other


@pytest.mark.usefixtures("settings_of_torch")
def test_such_an_end_is_one_line_and_leaves_no_snapshot(study, tmp_path, monkeypatch):
    """And a run on a GPU is what graphs are recorded for."""
    asked = []

    def fail(*arguments):
        asked.append(arguments[-1])
        Path(tmp_path, "run", "snapshot").mkdir()
        raise GraphError("a replayed step has not given the bits of a computed one")

    monkeypatch.setattr("ner_pruning.training.run.finetune", fail)
    with pytest.raises(InputError) as error:
        run(study, tmp_path / "run", "dense")
    assert str(error.value).startswith(f"{tmp_path}/run/run.json: a replayed step has not given the bits")
    assert not Path(tmp_path, "run", "snapshot").exists()
    assert recorder_of(True, CPU) is recorder_of(False, torch.device("cuda")) is asked[0] is None
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: "pool")
    assert isinstance(recorder_of(True, torch.device("cuda")), CudaGraphs)
    monkeypatch.setattr(torch, "__version__", "2.12.1+cu130")
    with pytest.raises(InputError, match=r"cuda_graphs: true with PyTorch 2\.12\.1.*expected 2\.13 or newer, or false"):
        recorder_of(True, torch.device("cuda"))


def test_a_recording_has_the_pool_and_gives_the_stream_back(monkeypatch):
    """With a made-up CUDA: a recording that fails leaves its stream as the current one, as torch does."""
    streams, calls = ["main"], []

    @contextmanager
    def stream(one):
        streams.append(one)
        try:
            yield
        finally:
            del streams[streams.index(one, 1) :]

    @contextmanager
    def graph(recorded, pool):
        calls.append(pool)
        streams.append("recording")
        yield
        streams.pop()

    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: "pool")
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: "current")
    monkeypatch.setattr(torch.cuda, "stream", stream)
    monkeypatch.setattr(torch.cuda, "graph", graph)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=lambda: calls.append("replay")))
    recorder = CudaGraphs()
    replay = recorder(lambda: calls.append("work"))
    replay(), replay()
    assert calls == ["pool", "work", "replay", "replay"]
    with pytest.raises(ZeroDivisionError):
        recorder(lambda: 1 / 0)
    assert streams == ["main"]


def test_the_memory_that_was_there_is_held_and_what_is_made_is_not():
    weight, other, read = torch.ones(3, requires_grad=True), torch.ones(3), MemoryRead()
    with read:
        (weight * 2 + other).sum().backward()
        torch.zeros(3).add_(1)
    assert set(read.kept) == {tensor.untyped_storage().data_ptr() for tensor in (weight, other)}


@pytest.mark.parametrize("packed", [True, False])
def test_filling_words_up_changes_no_gradient(packed):
    gradients, losses = [], []
    for fill in (False, True):
        model = tiny_model("bert" if packed else "deberta-v2", dropout=0.0).eval()
        losses.append(float(Gradients(model, "fp32", fill_words=fill).add(pack(SENTENCES, np.arange(8)), (1, 0))))
        gradients.append([parameter.grad for parameter in model.parameters() if parameter.grad is not None])
    assert losses[0] > 0.5 and losses[1] == pytest.approx(losses[0], rel=1e-6)
    assert len(gradients[0]) == len(gradients[1]) > 20
    assert all(map(torch.equal, *gradients))


def test_batches_of_a_layout_differ_in_numbers_alone():
    model = tiny_model("bert")
    some, others = pack(SENTENCES, np.array([0, 1, 2])), pack(SENTENCES, np.array([8, 9, 10]))
    (one, numbers), (other, more) = (lay_out(batch, model, 32, fill_words=True) for batch in (some, others))
    assert one == other and hash(one) == hash(other)
    assert numbers.shape == more.shape and not torch.equal(numbers, more)
    assert lay_out(pack(SENTENCES, np.arange(8)), model, 32, fill_words=True)[0] != one
    loaded, plain = unfold(numbers, one, model), load_batch(some, model, CPU)
    assert loaded.count == plain.count == len(some.words)
    kept = loaded.tags != IGNORED
    assert sorted(loaded.words.tolist()) == list(range(32))  # each place once
    assert loaded.tags[kept].tolist() == plain.tags.tolist() == some.tags.tolist()
    assert loaded.words[kept].tolist() == some.words.tolist()
