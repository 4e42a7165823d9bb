"""The criteria of pruning methods, against torch.nn.utils.prune, torch.ao.pruning and cases worked out by hand."""

import warnings

import pytest
import torch
from ner_pruning.files import InputError
from ner_pruning.terms import Run
from ner_pruning.training.pruning import Block, Matrix, Pruner, prunable_matrices, prune_smallest, target_count
from ner_pruning.training.pruning_methods import (
    criterion,
    prune_at_random,
    prune_low_scores,
    prune_two_of_four,
    prune_where,
    pruning_steps,
)
from ner_pruning.training.run import pruner_of_run
from ner_pruning.training.vocabulary import Vocabulary
from small_models import pruned_at, tiny_model
from small_runs import PRUNING
from torch import nn
from torch.nn.utils import prune
from transformers import BertConfig, BertForTokenClassification


def matrix(weight, name="m"):
    return Matrix(name, [Block(weight)])


def kept(matrices):
    return [each.blocks[0].kept for each in matrices]


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def as_int(weight):
    return weight.view(torch.int32)


# Random


@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.7, 0.98, 1.0])
@pytest.mark.parametrize("shape", [(64, 33), (7, 11), (1, 5)])
def test_random_pruning_has_as_many_zeros_as_random_unstructured(shape, sparsity):
    layer = nn.Linear(shape[1], shape[0], bias=False)
    prune.random_unstructured(layer, "weight", amount=float(sparsity))
    pruned = matrix(before := normal(*shape))
    original = before.clone()
    prune_at_random([pruned], target_count(sparsity, before.numel()), seed=1)
    (mask,) = kept([pruned])
    assert int((~mask).sum()) == int((layer.weight_mask == 0).sum())
    assert torch.equal(as_int(before)[mask], as_int(original)[mask]) and not as_int(before)[~mask].any()


def test_random_masks_only_grow_and_do_not_depend_on_weights_or_order():
    """A run that prunes step by step, one that prunes at once, and one with other weights: the same mask."""
    weights = [normal(40, 13, seed=seed) for seed in (1, 2)]
    stepwise, others = matrix(weights[0]), matrix(weights[1])
    last = torch.ones(40, 13, dtype=torch.bool)
    for count in (10, 10, 200, 400):
        prune_at_random([stepwise], count, seed=5)
        assert int((~stepwise.blocks[0].kept).sum()) == count
        assert not (stepwise.blocks[0].kept & ~last).any()
        last = stepwise.blocks[0].kept.clone()
    prune_at_random([others], 400, seed=5)
    assert torch.equal(others.blocks[0].kept, last)


def test_each_seed_and_matrix_has_random_masks_of_its_own():
    def mask(seed, name):
        prune_at_random([pruned := matrix(normal(50, 40), name)], 1000, seed)
        return pruned.blocks[0].kept

    first = mask(1, "a")
    assert torch.equal(first, mask(1, "a"))
    for other in (mask(2, "a"), mask(1, "b")):
        # Of 2000 weights, half of them pruned twice: 500 in both masks, with a standard deviation of 11.2.
        assert 450 < int((~first & ~other).sum()) < 550


def test_random_pruning_spares_no_row_no_column_and_no_magnitude():
    weight = normal(200, 200)
    large = weight.abs() > weight.abs().median()
    prune_at_random([pruned := matrix(weight)], 20_000, seed=3)
    gone = ~pruned.blocks[0].kept
    for part, standard_deviation in ((gone[large], 50), (gone[:100], 50), (gone[:, ::2], 50)):
        assert abs(int(part.sum()) - 10_000) < 4 * standard_deviation


def test_random_ranks_of_all_matrices_together_prune_each_by_its_size():
    matrices = [matrix(normal(100, 100), "a"), matrix(normal(100, 300), "b")]
    prune_at_random(matrices, 20_000, seed=1)
    counts = [int((~mask).sum()) for mask in kept(matrices)]
    assert sum(counts) == 20_000
    assert abs(counts[0] - 5000) < 4 * 43.3  # hypergeometric: √(20000 · ¼ · ¾ · ½)


@pytest.mark.parametrize("used", [[0, 3, 4, 8], [8], list(range(9))])
@pytest.mark.parametrize("method", ["random", "before", "rewound"])
def test_a_cut_vocabulary_is_pruned_as_the_whole_matrix(method, used):
    used = torch.tensor(used)
    rest = torch.tensor([row for row in range(9) if row not in used], dtype=torch.long)
    table = normal(9, 12)
    zeros = {"words": normal(9, 12, seed=9) < 0}
    count = int(zeros["words"].sum()) if method == "rewound" else 50
    whole = matrix(table.clone(), "words")
    split = Matrix("words", [Block(table[used].clone(), used), Block(table[rest].clone(), rest)])
    for each in (whole, split):
        criterion(method, 1, zeros, {})([each], count)
    joined_weight, joined_kept = torch.empty_like(table), torch.empty(table.shape, dtype=torch.bool)
    for block in split.blocks:
        joined_weight[block.row_numbers], joined_kept[block.row_numbers] = block.weight, block.kept
    assert torch.equal(joined_kept, whole.blocks[0].kept) and int((~joined_kept).sum()) == count
    assert torch.equal(as_int(joined_weight), as_int(whole.blocks[0].weight))


# 2:4


def test_two_of_four_by_hand():
    weight = torch.tensor(
        [
            [1.0, -2.0, 3.0, -4.0, 0.5, 0.5, 0.5, 0.5],
            [-4.0, 3.0, -2.0, 1.0, 0.0, 7.0, -0.0, 0.0],
        ]
    )
    prune_two_of_four([pruned := matrix(weight)], 8)
    assert weight.tolist() == [[0, 0, 3, -4, 0, 0, 0.5, 0.5], [-4, 3, 0, 0, 0, 7, 0, 0]]
    # Of four equal ones the left two go; of three zeros too, and the third stays as a weight that is 0.
    assert pruned.blocks[0].kept.tolist()[1] == [True, True, False, False, False, True, False, True]
    assert not as_int(weight)[~pruned.blocks[0].kept].any()


def test_two_of_four_is_what_torchs_sparsifier_prunes():
    from torch.ao.pruning import WeightNormSparsifier

    model = nn.Sequential(nn.Linear(64, 48, bias=False))
    weight = normal(48, 64)
    model[0].weight.data.copy_(weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is going to move to torchao
        sparsifier = WeightNormSparsifier(sparsity_level=1.0, sparse_block_shape=(1, 4), zeros_per_block=2)
        sparsifier.prepare(model, [{"tensor_fqn": "0.weight"}])
        sparsifier.step()
    expected = model[0].parametrizations.weight[0].mask.bool()
    prune_two_of_four([pruned := matrix(weight)], weight.numel() // 2)
    assert torch.equal(pruned.blocks[0].kept, expected)


def test_rows_that_cannot_be_cut_into_fours_are_refused():
    """Before the first step, and not only where the schedule prunes."""
    config = BertConfig(vocab_size=60, hidden_size=6, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    expected = r"^pruning.methods.2to4: bert\.encoder\S+ has rows of 6 weights; expected a multiple of 4$"
    with pytest.raises(InputError, match=expected):
        pruner_of_run(
            BertForTokenClassification(config), Run("yo", "partial-50-2to4", 1), pruned_at(5, 22, 5), PRUNING, None, {}
        )


# Rewound


def test_zeros_of_another_run_are_those_of_custom_from_mask():
    layer = nn.Linear(6, 5, bias=False)
    weight = layer.weight.detach().clone()
    zeros = normal(5, 6) < 0.3
    prune.custom_from_mask(layer, "weight", mask=~zeros)
    prune_where([pruned := matrix(weight)], int(zeros.sum()), {"m": zeros})
    assert torch.equal(pruned.blocks[0].kept, layer.weight_mask.bool())
    assert torch.equal(weight, layer.weight.detach())


def test_too_few_zeros_of_another_run_are_an_error():
    zeros = torch.tensor([[True, False, False]])
    prune_where([matrix(normal(1, 3))], 1, {"m": zeros})
    with pytest.raises(RuntimeError, match="m: 1 zeros to take over; expected 2"):
        prune_where([matrix(normal(1, 3))], 2, {"m": zeros})


# Movement


def test_movement_by_hand():
    """Two steps of plain gradient descent on L = ½ Σ (w − t)², whose gradient is w − t, at a rate of ½.

    S = −Σ w (w − t), step by step:
      w = 1, t = 3: −1·(−2) = 2; then w = 2: −2·(−1) = 2; S = 4, and so on. The weight that shrinks most goes first,
      though it is the largest one.
    """
    start, target = torch.tensor([[1.0, 8.0, -2.0, 0.5]]), torch.tensor([[3.0, 0.0, -2.0, 0.0]])
    weight = nn.Parameter(start.clone())
    pruner = Pruner(
        {"m": weight}, {}, prune=criterion("movement", 1, {}, scores := {"m": torch.zeros(1, 4)}), scores=scores
    )
    for _ in range(2):
        weight.grad = weight.detach() - target
        pruner.observe()
        with torch.no_grad():
            weight -= 0.5 * weight.grad
    # 8: −8·8 − 4·4 = −80; −2: 0; 0.5: −0.25 − 0.0625
    assert scores["m"].tolist() == [[4.0, -80.0, 0.0, -0.3125]]
    pruner.prune_to(0.25)
    assert weight.tolist() == [[2.5, 0.0, -2.0, 0.125]]
    pruner.prune_to(0.5)
    assert weight.tolist() == [[2.5, 0.0, -2.0, 0.0]]
    pruner.prune_to(0.75)
    assert weight.tolist() == [[2.5, 0.0, 0.0, 0.0]]


@pytest.mark.parametrize("count", [0, 1, 7, 50, 99, 100])
def test_the_lowest_scores_are_those_of_a_stable_sort(count):
    scores = normal(10, 10)
    scores[::3] = scores[0, 0]  # ties
    scores[1, :5], scores[2, 5:] = 0.0, -0.0
    scores[4, 4], scores[5, 5] = 1e-42, -1e-42
    prune_low_scores([pruned := matrix(normal(10, 10))], count, {"m": scores})
    expected = torch.ones(100, dtype=torch.bool)
    expected[scores.flatten().argsort(stable=True)[:count]] = False
    assert torch.equal(pruned.blocks[0].kept.flatten(), expected)


def test_weights_that_are_pruned_stay_so_whatever_their_score_becomes():
    scores = {"m": torch.tensor([[1.0, 2.0, 3.0]])}
    prune_low_scores([pruned := matrix(torch.ones(1, 3))], 1, scores)
    scores["m"][0, 0] = 9.0
    prune_low_scores([pruned], 2, scores)
    assert pruned.blocks[0].kept.tolist() == [[False, False, True]]


# When


@pytest.mark.parametrize(
    ("method", "steps"),
    [
        ("magnitude", {10: 0.0, 20: 0.4375, 30: 0.5}),  # ½ (1 − (½)³)
        ("random", {10: 0.0, 20: 0.4375, 30: 0.5}),
        ("movement", {10: 0.0, 20: 0.4375, 30: 0.5}),
        ("2to4", {10: 0.5}),
        ("before", {0: 0.5}),
        ("after", {0: 0.5}),
        ("recovered", {0: 0.5}),
        ("rewound", {0: 0.5}),
    ],
)
def test_the_steps_after_which_a_method_prunes(method, steps):
    assert pruning_steps(method, 0.5, pruned_at(10, 30, 10), "cubic") == pytest.approx(steps, abs=1e-12)


# While training


def step(model, optimizer):
    for parameter in model.parameters():
        parameter.grad = None
    pieces = torch.randint(4, 60, (2, 30))
    model(input_ids=pieces).logits.square().sum().backward()
    optimizer.step()


@pytest.mark.parametrize("fused, weight_decay", [(True, 0.0), (False, 0.0), (True, 0.01)])
def test_what_is_pruned_before_the_first_step_stays_0_and_all_else_is_trained_as_with_torchs_masks(fused, weight_decay):
    """AdamW on the masks of torch.nn.utils.prune, which multiplies the weights in each forward pass."""
    ours, theirs = tiny_model("bert", "sdpa"), tiny_model("bert", "sdpa")
    parameters = prunable_matrices(ours, "full")
    pruner = Pruner(parameters, {0: 0.6})
    for name in parameters:
        prune.l1_unstructured(theirs.get_submodule(name.removesuffix(".weight")), "weight", amount=0.6)
    options = {"lr": 1e-3, "fused": fused, "weight_decay": weight_decay}
    optimizers = [torch.optim.AdamW(model.parameters(), **options) for model in (ours, theirs)]
    pruner.update(0, optimizers[0])
    for number in range(30):
        for model, optimizer in zip((ours, theirs), optimizers, strict=True):
            torch.manual_seed(number)
            step(model, optimizer)
    for each, parameter in zip(pruner.matrices, parameters.values(), strict=True):
        module = theirs.get_submodule(each.name.removesuffix(".weight"))
        mask = each.blocks[0].kept
        assert int((~mask).sum()) == round(0.6 * mask.numel())
        assert torch.equal(mask, module.weight_mask.bool())
        assert not as_int(parameter.detach())[~mask].any()
        torch.testing.assert_close(parameter.detach(), module.weight_orig.detach() * mask, rtol=1e-4, atol=1e-6)


def test_the_embeddings_alone_are_pruned_and_with_them_the_rows_that_are_not_trained():
    model = tiny_model("bert")
    matrices = prunable_matrices(model, "embeddings", classifier=True)
    both = {*prunable_matrices(model, "partial"), *matrices}
    assert both == {*prunable_matrices(model, "full")} and not {*prunable_matrices(model, "partial")} & {*matrices}
    assert sorted(matrices) == [
        f"bert.embeddings.{kind}_embeddings.weight" for kind in ("position", "token_type", "word")
    ]
    only_words = prunable_matrices(model, "embeddings", position_embeddings=False)
    assert list(only_words) == ["bert.embeddings.word_embeddings.weight"]
    trained = nn.Parameter(torch.tensor([[1.0, 8.0], [7.0, 6.0]]))
    rest = torch.tensor([[2.0, 3.0], [4.0, 5.0]])
    vocabulary = Vocabulary("words", used=torch.tensor([0, 2]), unused=torch.tensor([1, 3]), rest=rest)
    pruner = Pruner({"words": trained}, {0: 0.5}, vocabulary=vocabulary, prune=prune_smallest)
    pruner.update(0, torch.optim.AdamW([trained]))
    assert trained.tolist() == [[0, 8], [7, 6]] and rest.tolist() == [[0, 0], [0, 5]]
