import numpy as np
import pytest
import torch
from ner_pruning.files import InputError
from ner_pruning.training import pruning
from ner_pruning.training.pruning import (
    Block,
    Matrix,
    Pruner,
    prunable_matrices,
    prune_smallest,
    sparsity_schedule,
    target_count,
)
from ner_pruning.training.vocabulary import Vocabulary
from small_models import pruned_at, tiny_model
from torch import nn
from torch.nn.utils import prune

SHAPES = [(7, 11), (64, 33), (1, 5), (40, 1)]


def distinct_weights(shapes, seed):
    """Matrices in which no two magnitudes are equal, over many orders of magnitude (subnormal numbers too)."""
    generator = torch.Generator().manual_seed(seed)
    size = sum(rows * columns for rows, columns in shapes)
    magnitudes = torch.unique(10 ** torch.empty(4 * size).uniform_(-42, 5, generator=generator))
    magnitudes = magnitudes[torch.randperm(len(magnitudes), generator=generator)[:size]]
    assert len(torch.unique(magnitudes)) == size
    signs = torch.randint(0, 2, (size,), generator=generator) * 2 - 1
    flat = (magnitudes * signs).split([rows * columns for rows, columns in shapes])
    return [part.reshape(shape).clone() for part, shape in zip(flat, shapes, strict=True)]


def tied_weights(shapes, seed):
    """Matrices of few magnitudes, each many times with either sign, zeros of both signs among them."""
    random = np.random.default_rng(seed)
    values = np.array([0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.0 + 2**-23, 3.0], np.float32)
    return [torch.from_numpy(random.choice(values, shape)) for shape in shapes]


def whole(weights):
    return [Matrix(f"matrix {number}", [Block(weight)]) for number, weight in enumerate(weights)]


def masks(matrices):
    return [matrix.blocks[0].kept for matrix in matrices]


def expected_masks(weights, already_kept, count):
    """Sort everything, by numpy: pruned weights first, then by magnitude, then by place; the first `count` go."""
    keys = [
        np.where(kept, w.abs().numpy(), np.float32(-1)).ravel() for w, kept in zip(weights, already_kept, strict=True)
    ]
    joined = np.concatenate(keys)
    kept = np.ones(len(joined), bool)
    kept[np.argsort(joined, kind="stable")[: max(count, int((joined < 0).sum()))]] = False
    parts = np.split(kept, np.cumsum([len(key) for key in keys])[:-1])
    return [torch.from_numpy(part.reshape(w.shape)) for part, w in zip(parts, weights, strict=True)]


def assert_pruned(matrices, before, expected):
    """The masks are as expected, kept weights have not changed, and pruned ones are +0.0, bit for bit."""
    for matrix, old, mask in zip(matrices, before, expected, strict=True):
        weight = matrix.blocks[0].weight
        assert torch.equal(matrix.blocks[0].kept, mask)
        assert torch.equal(weight.view(torch.int32)[mask], old.view(torch.int32)[mask])
        assert not weight.view(torch.int32)[~mask].any()


# Masks against torch.nn.utils.prune


@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.7, 0.9, 0.98, 1.0])
@pytest.mark.parametrize("shape", [(64, 33), (7, 11), (1, 5)])
def test_the_mask_of_a_matrix_is_that_of_l1_unstructured(shape, sparsity):
    (weight,) = distinct_weights([shape], seed=1)
    layer = nn.Linear(shape[1], shape[0], bias=False)
    layer.weight.data.copy_(weight)
    prune.l1_unstructured(layer, "weight", amount=float(sparsity))
    matrices = whole([weight.clone()])
    prune_smallest(matrices, target_count(sparsity, weight.numel()))
    assert torch.equal(masks(matrices)[0], layer.weight_mask.bool())
    assert torch.equal(matrices[0].blocks[0].weight, layer.weight.detach())


@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.7, 0.9, 0.98, 1.0])
def test_the_masks_of_all_matrices_are_those_of_global_unstructured(sparsity):
    weights = distinct_weights(SHAPES, seed=2)
    layers = [nn.Linear(columns, rows, bias=False) for rows, columns in SHAPES]
    for layer, weight in zip(layers, weights, strict=True):
        layer.weight.data.copy_(weight)
    method = prune.L1Unstructured
    prune.global_unstructured([(layer, "weight") for layer in layers], pruning_method=method, amount=float(sparsity))
    matrices = whole([weight.clone() for weight in weights])
    prune_smallest(matrices, target_count(sparsity, sum(weight.numel() for weight in weights)))
    for mask, layer in zip(masks(matrices), layers, strict=True):
        assert torch.equal(mask, layer.weight_mask.bool())


@pytest.mark.parametrize("sparsity", [0.5, 0.7, 0.8, 0.9, 0.95, 0.98])
def test_the_number_of_zeros_is_rounded_as_torch_rounds_it(sparsity):
    for size in [*range(1, 400), 768 * 768, 3072 * 768, 119547 * 768]:
        assert target_count(sparsity, size) == prune._compute_nparams_toprune(sparsity, size)


# Exact counts and ties


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("make", [distinct_weights, tied_weights])
@pytest.mark.parametrize("shapes", [[(9, 13)], SHAPES], ids=["layer", "global"])
def test_exactly_so_many_are_pruned_smallest_first_then_by_place(shapes, make, seed):
    before = make(shapes, seed)
    size = sum(weight.numel() for weight in before)
    for count in {0, 1, 2, size // 3, size // 2, size // 2 + 1, size - 1, size}:
        matrices = whole([weight.clone() for weight in before])
        prune_smallest(matrices, count)
        assert sum(int((~mask).sum()) for mask in masks(matrices)) == count
        expected = expected_masks(before, [np.ones(w.shape, bool) for w in before], count)
        assert_pruned(matrices, before, expected)


def test_ties_by_hand():
    first, second = torch.tensor([[2.0, -1.0], [1.0, 3.0]]), torch.tensor([[-1.0, 1.0], [0.0, -0.0]])
    matrices = whole([first, second])
    prune_smallest(matrices, 4)  # both zeros, and of the four ones the two of the earlier matrix
    assert first.tolist() == [[2, 0], [0, 3]]
    assert second.tolist() == [[-1, 1], [0, 0]]
    assert masks(matrices)[1].tolist() == [[True, True], [False, False]]
    prune_smallest(matrices, 5)
    assert second.tolist() == [[0, 1], [0, 0]]


def test_a_matrix_of_one_value_is_pruned_row_by_row():
    matrices = whole([torch.full((3, 4), -0.25)])
    prune_smallest(matrices, 6)
    assert masks(matrices)[0].tolist() == [[False] * 4, [False] * 2 + [True] * 2, [True] * 4]


def test_pruned_weights_come_first_even_when_others_are_zero():
    weight = torch.tensor([[5.0, 1.0, 4.0, 3.0]])
    matrices = whole([weight])
    prune_smallest(matrices, 1)
    weight[0, 2] = 0.0  # a kept weight that training left at 0 is pruned next, and instead of nothing that is pruned
    prune_smallest(matrices, 1)
    assert masks(matrices)[0].tolist() == [[True, False, True, True]]
    prune_smallest(matrices, 2)
    assert masks(matrices)[0].tolist() == [[True, False, False, True]]


def test_a_lower_count_brings_nothing_back():
    matrices = whole([torch.tensor([[1.0, 2.0, 3.0]])])
    prune_smallest(matrices, 2)
    prune_smallest(matrices, 1)
    assert masks(matrices)[0].tolist() == [[False, False, True]]


@pytest.mark.parametrize("make", [distinct_weights, tied_weights])
@pytest.mark.parametrize("shapes", [[(9, 13)], SHAPES], ids=["layer", "global"])
def test_masks_only_grow_while_weights_change(shapes, make):
    weights = make(shapes, 5)
    matrices, size = whole(weights), sum(weight.numel() for weight in weights)
    for update, count in enumerate((size // 9, size // 3, size // 2, size - 3)):
        old_masks = [mask.clone() for mask in masks(matrices)]
        for weight, mask, change in zip(weights, old_masks, make(shapes, 10 + update), strict=True):
            weight.copy_(change.where(mask, torch.zeros(())))  # training moves every weight that is kept
        before = [weight.clone() for weight in weights]
        prune_smallest(matrices, count)
        assert sum(int((~mask).sum()) for mask in masks(matrices)) == count
        assert not any((new & ~old).any() for new, old in zip(masks(matrices), old_masks, strict=True))
        assert_pruned(matrices, before, expected_masks(before, [mask.numpy() for mask in old_masks], count))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("make", [distinct_weights, tied_weights])
@pytest.mark.parametrize("used", [[0, 3, 4, 8], [8], [0], list(range(9)), [1, 2, 7]])
def test_a_matrix_in_two_blocks_is_pruned_as_the_whole_matrix(used, make, seed):
    """Split into trained rows and the rest, alone and among other matrices, bit for bit, also where weights tie."""
    used = torch.tensor(used)
    rest = torch.tensor([row for row in range(9) if row not in used], dtype=torch.long)
    others = make([(4, 6), (5, 3)], seed)
    table = make([(9, 13)], seed + 50)[0]
    for before in ([table], [others[0], table, others[1]]):
        size = sum(weight.numel() for weight in before)
        place = 0 if len(before) == 1 else 1
        unsplit, split = whole([w.clone() for w in before]), whole([w.clone() for w in before])
        blocks = [Block(table[used].clone(), used), Block(table[rest].clone(), rest)]
        split[place] = Matrix("split", blocks)
        for count in (size // 5, size // 2, size - 7):
            prune_smallest(unsplit, count)
            prune_smallest(split, count)
            joined_weight, joined_kept = torch.empty_like(table), torch.empty(table.shape, dtype=torch.bool)
            for block in blocks:
                joined_weight[block.row_numbers], joined_kept[block.row_numbers] = block.weight, block.kept
            block = unsplit[place].blocks[0]
            assert torch.equal(joined_kept, block.kept)
            assert torch.equal(joined_weight.view(torch.int32), block.weight.view(torch.int32))
            for number, matrix in enumerate(unsplit):
                if number != place:
                    assert torch.equal(matrix.blocks[0].kept, split[number].blocks[0].kept)


@pytest.mark.parametrize("chunk", [1, 7, 11, 50, 64 * 33 - 1])
@pytest.mark.parametrize("make", [distinct_weights, tied_weights])
def test_how_much_is_looked_at_in_one_go_changes_nothing(monkeypatch, chunk, make):
    before = make([(64, 33), (7, 11)], 3)
    monkeypatch.setattr(pruning, "CHUNK", chunk)
    matrices = whole([weight.clone() for weight in before])
    kept = [np.ones(weight.shape, bool) for weight in before]
    for count in (500, 1000, 2000):
        prune_smallest(matrices, count)
        expected = expected_masks(before, kept, count)
        kept = [mask.numpy() for mask in expected]
        assert_pruned(matrices, before, expected)


# The schedule


@pytest.mark.parametrize(
    "start, end, frequency, steps",
    [
        (10, 60, 10, [10, 20, 30, 40, 50, 60]),
        (100, 300, 50, [100, 150, 200, 250, 300]),
        (500, 1200, 100, [500, 600, 700, 800, 900, 1000, 1100, 1200]),
        (700, 1800, 150, [700, 850, 1000, 1150, 1300, 1450, 1600, 1750, 1800]),  # 1800 is forced
        (1000, 2400, 200, [1000, 1200, 1400, 1600, 1800, 2000, 2200, 2400]),
        (5, 8, 10, [5, 8]),
        (7, 7, 10, [7]),
    ],
)
@pytest.mark.parametrize("curve", ["cubic", "linear"])
@pytest.mark.parametrize("target", [0.5, 0.7, 0.98])
def test_the_steps_that_prune_end_with_the_target(start, end, frequency, steps, curve, target):
    schedule = sparsity_schedule(target, pruned_at(start, end, frequency), curve)
    assert list(schedule) == steps
    assert schedule[end] == target  # exactly: the count of zeros is rounded from it
    assert list(schedule.values()) == sorted(schedule.values())


@pytest.mark.parametrize(
    "target, schedule, curve, expected",
    [
        # 0.5 · (1 − 1³), 0.5 · (1 − 0.8³), 0.5 · (1 − 0.6³), …
        (0.5, (10, 60, 10), "cubic", [0, 0.244, 0.392, 0.468, 0.496, 0.5]),
        (0.5, (10, 60, 10), "linear", [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        # 0.9 · (1 − (950/1100)³) and so on: 19/22, 16/22, 13/22, 10/22, 7/22, 4/22, 1/22
        (
            0.9,
            (700, 1800, 150),
            "cubic",
            [0, *(0.9 * (22**3 - left**3) / 22**3 for left in (19, 16, 13, 10, 7, 4, 1)), 0.9],
        ),
        (0.9, (700, 1800, 150), "linear", [0, *(0.9 * (22 - left) / 22 for left in (19, 16, 13, 10, 7, 4, 1)), 0.9]),
        (0.8, (100, 300, 50), "cubic", [0, 0.4625, 0.7, 0.7875, 0.8]),
        (0.8, (100, 300, 50), "linear", [0, 0.2, 0.4, 0.6, 0.8]),
    ],
)
def test_the_curve_of_the_schedule_by_hand(target, schedule, curve, expected):
    assert list(sparsity_schedule(target, pruned_at(*schedule), curve).values()) == pytest.approx(expected, abs=1e-12)


# What is pruned

LINEAR = [
    f"encoder.layer.{layer}.{place}.weight"
    for layer in range(2)
    for place in (
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
        "intermediate.dense",
        "output.dense",
    )
]
EMBEDDINGS = [f"embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type")]
MODELS = [("bert", "bert"), ("xlm-roberta", "roberta")]


@pytest.mark.parametrize("family, prefix", MODELS)
@pytest.mark.parametrize(
    "scope, choices, expected",
    [
        ("partial", {}, LINEAR),
        ("partial", {"position_embeddings": False}, LINEAR),
        ("full", {}, LINEAR + EMBEDDINGS),
        ("full", {"position_embeddings": False}, [*LINEAR, EMBEDDINGS[0]]),
    ],
)
def test_the_scopes_hold_these_matrices_and_no_norm_bias_or_head(family, prefix, scope, choices, expected):
    model = tiny_model(family)
    matrices = prunable_matrices(model, scope, **choices)
    assert sorted(matrices) == sorted(f"{prefix}.{name}" for name in expected)
    named = dict(model.named_parameters())
    assert all(matrices[name] is named[name] for name in matrices)
    with_head = prunable_matrices(model, scope, classifier=True, **choices)
    assert sorted(with_head) == sorted([*matrices, "classifier.weight"])


def test_a_model_without_linear_layers_is_refused():
    class Encoder(nn.Module):
        base_model_prefix = "encoder"

        def __init__(self):
            super().__init__()
            self.encoder = nn.Sequential(nn.Embedding(3, 2))

        base_model = property(lambda self: self.encoder)

        def get_input_embeddings(self):
            return self.encoder[0]

    with pytest.raises(InputError, match="no linear layers"):
        prunable_matrices(Encoder(), "partial")


# Pruning while training


def step(model, optimizer, scale=1.0):
    """One optimiser step with a gradient for every weight of the model."""
    for parameter in model.parameters():
        parameter.grad = None
    pieces = torch.randint(4, 60, (2, 30))
    (scale * model(input_ids=pieces).logits.square().sum()).backward()
    optimizer.step()


@pytest.mark.parametrize("threshold", ["layer", "global"])
@pytest.mark.parametrize("fused, weight_decay", [(True, 0.0), (False, 0.0), (True, 0.01)])
def test_zeros_stay_zero_for_200_steps_and_everything_else_trains(threshold, fused, weight_decay):
    model = tiny_model("bert", "sdpa")
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    parameters = prunable_matrices(model, "full")
    pruner = Pruner(parameters, {10: 0.0, 15: 0.6, 20: 0.8}, threshold)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=fused, weight_decay=weight_decay)
    size, masks_then = sum(parameter.numel() for parameter in parameters.values()), None
    for number in range(1, 221):
        step(model, optimizer)
        pruner.update(number, optimizer)
        if number == 15:
            masks_then = [mask.clone() for mask in masks(pruner.matrices)]
        if number < 20:
            continue
        for matrix, parameter in zip(pruner.matrices, parameters.values(), strict=True):
            assert not parameter.detach().view(torch.int32)[~matrix.blocks[0].kept].any(), f"{matrix.name} {number}"
    assert pruner.sparsity == 0.8
    zeros = {name: int((parameter == 0).sum()) for name, parameter in parameters.items()}
    assert [int((~mask).sum()) for mask in masks(pruner.matrices)] == list(zeros.values())
    if threshold == "layer":
        assert zeros == {name: round(0.8 * parameter.numel()) for name, parameter in parameters.items()}
    else:
        assert sum(zeros.values()) == round(0.8 * size)
    assert not any((new & ~old).any() for new, old in zip(masks(pruner.matrices), masks_then, strict=True))
    for name, parameter in model.named_parameters():
        if name not in parameters:
            assert int((parameter == 0).sum()) == 0, f"{name} was pruned"
            assert not torch.equal(parameter, before[name]), f"{name} was not trained"


@pytest.mark.parametrize("size", [10, 100, 1 << 17])
def test_pruned_weights_count_in_no_gradient_norm(monkeypatch, size):
    monkeypatch.setattr(pruning, "CACHED", size)
    model = tiny_model("xlm-roberta", "sdpa")
    parameters = prunable_matrices(model, "full")
    pruner = Pruner(parameters, {1: 0.0, 2: 0.5})
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for number in (1, 2, 3):
        step(model, optimizer)
        pruner.update(number, optimizer)
    masks = {id(parameters[matrix.name]): matrix.blocks[0].kept for matrix in pruner.matrices}
    whole = [parameter.grad for parameter in model.parameters()]
    masked = [parameter.grad * masks.get(id(parameter), 1) for parameter in model.parameters()]
    expected = torch.nn.utils.get_total_norm(masked)
    torch.testing.assert_close(pruner.gradient_norm(list(model.parameters())), expected, rtol=1e-6, atol=0)
    assert expected < 0.9 * torch.nn.utils.get_total_norm(whole)
    pruner.mask_gradients()  # as on a GPU
    assert all(map(torch.equal, (parameter.grad for parameter in model.parameters()), masked))
    pruner.prune_to(0.7)  # whose masks are others
    pruner.mask_gradients()
    assert all((parameters[matrix.name].grad[~matrix.blocks[0].kept] == 0).all() for matrix in pruner.matrices)


def test_steps_outside_the_schedule_prune_nothing():
    model = tiny_model("bert", "sdpa")
    parameters = prunable_matrices(model, "partial")
    pruner, optimizer = Pruner(parameters, {3: 0.5}), torch.optim.AdamW(model.parameters())
    for number in (1, 2, 4, 5):
        pruner.update(number, optimizer)
    assert pruner.sparsity == 0.0
    assert all((parameter != 0).all() for parameter in parameters.values())
    pruner.update(3, optimizer)
    assert pruner.sparsity == 0.5
    assert all(int((parameter == 0).sum()) == parameter.numel() // 2 for parameter in parameters.values())


def test_a_matrix_without_a_gradient_until_it_is_pruned_stays_pruned():
    """As of a layer that every step so far has dropped."""
    layer = nn.Linear(8, 6)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1, weight_decay=0.0, fused=True)
    pruner = Pruner({"weight": layer.weight}, {3: 0.5})
    pruner.update(3, optimizer)
    zeros = layer.weight.detach() == 0
    for _ in range(3):
        layer(torch.ones(1, 8)).sum().backward()
        optimizer.step()
    assert zeros.sum() == 24 and torch.equal(layer.weight.detach() == 0, zeros)


def test_rows_that_are_not_trained_are_pruned_with_the_trained_ones():
    """By hand: four rows, of which two are trained; half of the eight weights go, wherever the small ones lie."""
    trained = nn.Parameter(torch.tensor([[1.0, 8.0], [7.0, 6.0]]))
    rest = torch.tensor([[2.0, 3.0], [4.0, 5.0]])
    vocabulary = Vocabulary("words", used=torch.tensor([0, 2]), unused=torch.tensor([1, 3]), rest=rest)
    pruner = Pruner({"words": trained}, {1: 0.5}, vocabulary=vocabulary)
    pruner.update(1, torch.optim.AdamW([trained]))
    assert trained.tolist() == [[0, 8], [7, 6]]
    assert rest.tolist() == [[0, 0], [0, 5]]


def test_the_dense_variant_prunes_nothing():
    pruner = Pruner({}, {})
    pruner.update(1, torch.optim.AdamW([nn.Parameter(torch.ones(2))]))
    assert pruner.sparsity == 0.0


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_matrix_without_a_gradient_counts_for_nothing_in_the_norm(device):
    """Longformer has some that a tagging model does not use; meta stands for devices other than the processor."""
    first, second = (nn.Parameter(torch.ones(4, 4, device=device)) for _ in range(2))
    pruner = Pruner({"first": first, "second": second}, {1: 0.5})
    if device == "cpu":
        pruner.prune_to(0.5)
    pruner.sparsity = 0.5
    first.grad = torch.ones_like(first)
    norm = pruner.gradient_norm([first])
    if device == "cpu":
        assert norm == pytest.approx(8**0.5)
    else:
        assert norm.shape == ()
