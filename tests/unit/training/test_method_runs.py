"""Whole runs of pruning methods, looked at in the files that they store."""

import numpy as np
import pandas as pd
import pytest
import torch
from ner_pruning.files import InputError, read_json
from ner_pruning.training.checkpoint import read_weights, read_zeros
from ner_pruning.training.model import load_encoder
from small_runs import FINETUNING, PRUNING, SIZES, WEIGHTS, run
from torch.nn.utils import prune

pytestmark = pytest.mark.usefixtures("settings_of_torch")
WORDS = "bert.embeddings.word_embeddings.weight"
SOURCES = {"after": "dense", "recovered": "dense", "rewound": "full-90"}


@pytest.fixture(scope="module")
def runs(study, tmp_path_factory):
    """Runs by variant, trained when a test asks for one, and before it the one that it starts from."""
    folder, done = tmp_path_factory.mktemp("runs"), {}

    def of(variant, **options):
        if variant not in done:
            source = SOURCES.get(variant.split("-")[-1])
            path = None if source is None else of(source) / WEIGHTS
            done[variant] = run(study, folder / variant, variant, source=path, **options)
        return done[variant]

    return of


def weights(study, folder):
    return dict(read_weights(folder / WEIGHTS, study / "encoder"))


def counted(folder):
    table = pd.read_csv(folder / "sparsity.csv")
    return table[table["pruned"]].set_index("matrix")


@pytest.mark.parametrize(
    "variant",
    ["full-90-random", "partial-50-random", "embeddings-90", "embeddings-50-random", "full-50-before", "full-50-after"]
    + ["full-50-recovered", "full-90-rewound", "partial-50-2to4", "partial-90-movement"],
)
def test_each_matrix_has_exactly_as_many_zeros(runs, variant):
    """But for the row of the padding piece, which the encoder has as zeros and random pruning may keep."""
    pruned, target = counted(runs(variant)), int(variant.split("-")[1]) / 100
    more = pruned["zeros"] - [round(target * size) for size in pruned["weights"]]
    padding = more.pop(WORDS) if "random" in variant and WORDS in more else 0
    assert 0 <= padding <= SIZES["hidden"] and not more.any()
    linear, embeddings = (pruned.index.str.contains(part).sum() for part in ("encoder.layer", "embeddings"))
    scope = variant.split("-")[0]
    assert (linear, embeddings) == {"partial": (12, 0), "full": (12, 3), "embeddings": (0, 3)}[scope]
    assert len(pruned) == linear + embeddings


@pytest.mark.parametrize("variant", ["full-50-before", "full-50-after", "full-90-random", "full-90-rewound"])
def test_the_zeros_of_the_word_embedding_are_also_in_rows_that_no_sentence_uses(study, runs, variant):
    record = read_json(runs(variant) / "run.json")
    assert record["vocabulary_rows_trained"] < SIZES["vocabulary"]
    words = weights(study, runs(variant))[WORDS]
    encoder = load_encoder(study / "encoder", dropout=0.0, seed=1).get_input_embeddings().weight.detach()
    same = (words == encoder) | (words == 0)
    untrained = same.all(dim=1)
    assert int(untrained.sum()) >= SIZES["vocabulary"] - record["vocabulary_rows_trained"]
    untrained[0] = False  # the padding piece's row is 0 in the encoder
    assert (words[untrained] == 0).any() and (words[untrained] != 0).any()


@pytest.mark.parametrize("threshold", ["layer", "global"])
def test_one_shot_pruning_after_training_is_that_of_torch_on_the_dense_run(study, runs, tmp_path, threshold):
    """No weight is trained: those that are kept are the dense run's, bit for bit, the others 0."""
    pruning = PRUNING | {"threshold": threshold}
    source = runs("dense") / WEIGHTS
    ours = weights(study, run(study, tmp_path / "after", "full-50-after", pruning=pruning, source=source))
    model = load_encoder(study / "encoder", dropout=0.0, seed=2)
    model.load_state_dict(weights(study, runs("dense")))
    names = list(counted(tmp_path / "after").index)
    modules = {name: model.get_submodule(name.removesuffix(".weight")) for name in sorted(names)}
    places = [(modules[name], "weight") for name in names]
    if threshold == "global":
        prune.global_unstructured(places, pruning_method=prune.L1Unstructured, amount=0.5)
    else:
        for module, name in places:
            prune.l1_unstructured(module, name, amount=0.5)
    for name, weight in weights(study, runs("dense")).items():
        expected = modules[name].weight.detach() if name in modules else weight
        assert torch.equal(ours[name], expected), name
    record = read_json(tmp_path / "after" / "run.json")
    assert (record["steps"], record["pieces"], record["resumed_at_steps"]) == (0, 0, [])
    assert pd.read_csv(tmp_path / "after" / "training.csv").empty


def test_recovery_trains_what_is_left_as_long_as_the_training_itself(study, runs):
    at_once, recovered = (weights(study, runs(f"full-50-{name}")) for name in ("after", "recovered"))
    for name in counted(runs("full-50-recovered")).index:
        assert torch.equal(at_once[name] == 0, recovered[name] == 0), name
    head = "classifier.weight"
    assert not torch.equal(at_once[head], recovered[head])
    curves = [pd.read_csv(runs(variant) / "training.csv") for variant in ("dense", "full-50-recovered")]
    assert curves[0]["step"].tolist() == curves[1]["step"].tolist() == list(range(1, 41))
    assert curves[0]["learning_rate"].tolist() == curves[1]["learning_rate"].tolist()
    assert (curves[1]["sparsity"] == 0.5).all()
    assert curves[1]["loss"][:5].mean() < curves[0]["loss"][:5].mean()  # it begins where the dense run ended


def test_pruning_before_training_takes_the_smallest_pretrained_weights(study, runs):
    encoder = load_encoder(study / "encoder", dropout=0.0, seed=1)
    zeros = read_zeros(runs("full-50-before") / WEIGHTS, study / "encoder", counted(runs("full-50-before")).index)
    for name, found in zeros.items():
        module = encoder.get_submodule(name.removesuffix(".weight"))
        prune.l1_unstructured(module, "weight", amount=0.5)
        assert torch.equal(~found, module.weight_mask.bool()), name
    curve = pd.read_csv(runs("full-50-before") / "training.csv")
    assert curve["step"].max() == 40 and (curve["sparsity"] == 0.5).all()


def test_a_rewound_run_has_the_zeros_of_the_pruned_one_and_trains_from_the_encoder(study, runs):
    pruned, rewound = (weights(study, runs(variant)) for variant in ("full-90", "full-90-rewound"))
    for name in counted(runs("full-90-rewound")).index:
        assert torch.equal(pruned[name] == 0, rewound[name] == 0), name
        assert not torch.equal(pruned[name], rewound[name]), name
    curves = [pd.read_csv(runs(variant) / "training.csv") for variant in ("full-90", "full-90-rewound")]
    assert (curves[1]["sparsity"] == 0.9).all() and len(curves[0]) == len(curves[1])


@pytest.mark.parametrize("variant", ["full-50-recovered", "full-90-rewound", "full-50-before", "full-90-random"])
def test_a_method_trains_from_the_weights_that_it_should(study, runs, tmp_path, variant):
    """At a learning rate of 0, the weights that are kept are those of the start, bit for bit."""
    source = SOURCES.get(variant.split("-")[-1])
    path = None if source is None else runs(source) / WEIGHTS
    finetuning = FINETUNING | {"learning_rate": 0.0}
    stored = weights(study, run(study, tmp_path / "run", variant, finetuning=finetuning, source=path))
    if variant == "full-50-recovered":
        start = weights(study, runs("dense"))
    else:  # the encoder, and the head that is drawn from the seed
        start = load_encoder(study / "encoder", dropout=0.0, seed=1).state_dict()
    pruned = counted(tmp_path / "run").index
    assert stored.keys() == {name for name in start if not name.endswith("position_ids")}
    for name, weight in stored.items():
        kept = weight != 0 if name in pruned else torch.ones_like(weight, dtype=torch.bool)
        assert torch.equal(weight[kept], start[name][kept]), name
        assert kept.any(), name


def test_two_of_each_four_are_zeros_in_the_stored_file(study, runs):
    stored = weights(study, runs("partial-50-2to4"))
    names = counted(runs("partial-50-2to4")).index
    for name in names:
        assert ((stored[name] == 0).view(len(stored[name]), -1, 4).sum(dim=-1) == 2).all(), name
    curve = pd.read_csv(runs("partial-50-2to4") / "training.csv").set_index("step")["sparsity"]
    assert (curve[:4] == 0).all() and (curve[5:] == 0.5).all()  # the schedule starts at step 5


def test_random_and_magnitude_pruning_share_the_schedule_and_not_the_mask(study, runs):
    curves = [pd.read_csv(runs(variant) / "training.csv") for variant in ("full-90", "full-90-random")]
    assert curves[0]["sparsity"].tolist() == curves[1]["sparsity"].tolist()
    names = counted(runs("full-90")).index
    magnitude, random = (read_zeros(runs(v) / WEIGHTS, study / "encoder", names) for v in ("full-90", "full-90-random"))
    for name in names:
        # By chance 90 % of the zeros are in both; each matrix is its own draw.
        both, size = int((magnitude[name] & random[name]).sum()), magnitude[name].numel()
        assert abs(both - 0.81 * size) < 5 * np.sqrt(0.0081 * size) + 1, name


def test_movement_keeps_other_weights_than_magnitude(study, runs):
    names = counted(runs("partial-90-movement")).index
    moved, magnitude = (
        read_zeros(runs(v) / WEIGHTS, study / "encoder", names) for v in ("partial-90-movement", "partial-90")
    )
    assert all(not torch.equal(moved[name], magnitude[name]) for name in names)


@pytest.mark.parametrize("variant", ["full-90-random", "full-50-recovered", "full-90-rewound", "full-50-before"])
def test_weight_decay_and_no_cut_vocabulary_keep_the_zeros(study, runs, tmp_path, variant):
    finetuning = FINETUNING | {"weight_decay": 0.01}
    source = SOURCES.get(variant.split("-")[-1])
    path = None if source is None else run(study, tmp_path / source, source, finetuning=finetuning) / WEIGHTS
    pruned = counted(run(study, tmp_path / variant, variant, finetuning=finetuning, source=path)).drop(WORDS)
    target = int(variant.split("-")[1]) / 100
    assert pruned["zeros"].tolist() == [round(target * size) for size in pruned["weights"]]


def test_a_run_that_starts_from_another_encoders_model_is_refused(study, runs, tmp_path_factory):
    from small_runs import make_study

    other = make_study(tmp_path_factory.mktemp("other"))
    path = other / "encoder" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="was trained from another encoder"):
        run(other, tmp_path_factory.mktemp("out") / "run", "full-50-after", source=runs("dense") / WEIGHTS)
