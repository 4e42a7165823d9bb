import numpy as np
import pytest
import torch
from ner_pruning.data.encoded_sentences import LOST, EncodedSentences, concatenate, ranges
from ner_pruning.training.attention import sentence_grid
from ner_pruning.training.model import first_position, load_batch, set_packing
from ner_pruning.training.packing import batches_by_length, pack, pad
from small_models import CPU, IGNORED, padded_inputs, random_sentences, tiny_model


def packed_logits(model, batch):
    return model(**load_batch(batch, model, CPU).arguments).logits[0]


LENGTHS = [3, 60, 7, 2, 19, 5, 33, 4]
CHOSEN = np.array([6, 0, 3, 1, 5, 2])
FAMILIES = ["bert", "xlm-roberta", "modernbert"]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", FAMILIES)
def test_packed_logits_equal_padded_ones(family, attention):
    model, sentences = tiny_model(family).eval(), random_sentences(LENGTHS, all_lost=[5])
    batch = pack(sentences, CHOSEN)
    inputs = padded_inputs(sentences, CHOSEN, model.config.pad_token_id)
    with torch.no_grad():
        packed = packed_logits(model, batch)
        padded = tiny_model(family, attention).eval()(**inputs).logits
    all_pieces = padded[inputs["attention_mask"].bool()]
    assert packed.shape == all_pieces.shape == (3 + 60 + 7 + 2 + 5 + 33, 7)
    assert all_pieces.std() > 0.1, "logits too flat to tell models apart"
    torch.testing.assert_close(packed, all_pieces, rtol=0, atol=1e-5)
    labelled = inputs["labels"] != IGNORED
    torch.testing.assert_close(packed[batch.words], padded[labelled], rtol=0, atol=1e-5)
    assert batch.tags.tolist() == inputs["labels"][labelled].tolist()


@pytest.mark.parametrize("multiple", [1, 16, 32])
@pytest.mark.parametrize("family", FAMILIES)
def test_packed_gradients_equal_padded_ones(family, multiple):
    packed_model, padded_model = tiny_model(family), tiny_model(family, "eager")
    sentences = random_sentences(LENGTHS, all_lost=[5])
    batch = pack(sentences, CHOSEN)
    logits = packed_model(**load_batch(batch, packed_model, CPU, multiple).arguments).logits[0, batch.words]
    loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(batch.tags).long())
    loss.backward()
    padded = padded_model(**padded_inputs(sentences, CHOSEN, padded_model.config.pad_token_id))
    padded.loss.backward()
    torch.testing.assert_close(loss, padded.loss, rtol=0, atol=1e-5)
    for (name, one), other in zip(packed_model.named_parameters(), padded_model.parameters(), strict=True):
        torch.testing.assert_close(
            one.grad, other.grad, rtol=0, atol=1e-5, msg=lambda text, name=name: f"{name} {text}"
        )
    assert packed_model.get_input_embeddings().weight.grad.abs().max() > 1e-3


@pytest.mark.parametrize("family", FAMILIES)
def test_the_logits_of_a_sentence_do_not_depend_on_the_others_of_its_batch(family):
    model, sentences = tiny_model(family).eval(), random_sentences(LENGTHS)
    start, end = sentences.piece_offsets[4:6]
    with torch.no_grad():
        alone = packed_logits(model, pack(sentences, np.array([4])))
        for before, after in (([], [1]), ([1], []), ([0, 6], [2, 3]), ([4], [4]), ([7, 5, 3, 2, 1], [0, 6])):
            row = sum(LENGTHS[other] for other in before)
            logits = packed_logits(model, pack(sentences, np.array([*before, 4, *after])))
            torch.testing.assert_close(logits[row : row + end - start], alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_other_pieces_in_the_same_batch_change_no_bit(family):
    """With batches of the same shape nothing is rounded in another way: what leaks would show in any bit."""
    model, sentences = tiny_model(family).eval(), random_sentences(LENGTHS)
    others = random_sentences(LENGTHS, seed=1)
    start, end = sentences.piece_offsets[4:6]
    others.pieces[start:end] = sentences.pieces[start:end]
    with torch.no_grad():
        one, other = (packed_logits(model, pack(each, np.array([1, 4, 6]))) for each in (sentences, others))
    assert torch.equal(one[60:79], other[60:79])
    assert not torch.equal(one[:60], other[:60])


@pytest.mark.parametrize("family, first", [("bert", 0), ("xlm-roberta", 2)])
def test_position_ids_begin_where_the_model_begins_them(family, first):
    model, batch = tiny_model(family), pack(random_sentences([3, 2]), np.array([1, 0]))
    assert first_position(model) == first
    expected = [[first, first + 1, first, first + 1, first + 2]]
    assert load_batch(batch, model, CPU).arguments["position_ids"].tolist() == expected


def test_every_piece_has_its_cell_in_the_grid_by_hand():
    pieces = torch.tensor([0, 1, -1, 2, 3, 4])
    grid = sentence_grid(torch.tensor([0, 0, 1, 1, 1]), torch.tensor([0, 1, 0, 1, 2]), pieces, (2, 2, 3))
    assert grid.cells.view(5, 2).tolist() == [[0, 3], [1, 4], [6, 9], [7, 10], [8, 11]]
    first, second = grid.sources.view(2, 2, 3).tolist()
    assert [row[:2] for row in first] == [[0, 2], [1, 3]]
    assert second == [[4, 6, 8], [5, 7, 9]]
    assert grid.empty.view(2, 2, 3).tolist() == [[[False, False, True]] * 2, [[False] * 3] * 2]
    assert grid.bias.tolist() == [[[[0, 0, -torch.inf]]], [[[0, 0, 0]]]]


def test_a_row_is_filled_up_to_few_shapes_by_a_sentence_of_its_own():
    batch, model = pack(random_sentences([3, 2]), np.array([1, 0])), tiny_model("bert")
    assert load_batch(batch, model, CPU).arguments["grid"].shape == (2, 4, 3)
    inputs = load_batch(batch, model, CPU, multiple=8).arguments
    assert inputs["grid"].shape == (3, 4, 8)
    assert inputs["input_ids"].tolist() == [[*batch.pieces.tolist(), 0, 0, 0]]
    assert inputs["token_type_ids"].tolist() == [[0] * 8]
    assert inputs["grid"].bias[:, 0, 0].isfinite().tolist() == [
        [True] * 2 + [False] * 6,
        [True] * 3 + [False] * 5,
        [True] + [False] * 7,
    ]


# Batches, by hand

HAND = EncodedSentences(
    pieces=np.array([10, 11, 12, 20, 21, 30, 31, 32, 33], np.int32),
    piece_offsets=np.array([0, 3, 5, 9]),
    first_pieces=np.array([1, LOST, LOST, 1, 2, LOST], np.int16),
    tags=np.array([1, 2, 3, 5, 6, 0], np.int8),
    word_offsets=np.array([0, 2, 3, 6]),
    digests=["a", "b", "c"],
)


def test_packed_sentences_lie_end_to_end_in_the_order_chosen():
    batch = pack(HAND, np.array([2, 1, 0]))
    assert batch.pieces.tolist() == [30, 31, 32, 33, 20, 21, 10, 11, 12]
    assert batch.positions.tolist() == [0, 1, 2, 3, 0, 1, 0, 1, 2]
    assert batch.segments.tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2]
    assert batch.words.tolist() == [1, 2, 7]  # the second sentence has no word with a piece
    assert batch.word_numbers.tolist() == [3, 4, 0]
    assert batch.tags.tolist() == [5, 6, 1]


@pytest.mark.parametrize("multiple, longest", [(1, 4), (3, 6)])
def test_padded_sentences_have_a_row_each_in_the_order_chosen(multiple, longest):
    rows = pad(pack(HAND, np.array([2, 1, 0])), multiple)
    more = [0] * (longest - 4)
    assert rows.pieces.tolist() == [[30, 31, 32, 33, *more], [20, 21, 0, 0, *more], [10, 11, 12, 0, *more]]
    assert rows.positions.tolist() == [[0, 1, 2, 3, *more], [0, 1, 0, 0, *more], [0, 1, 2, 0, *more]]
    assert rows.mask.tolist() == [[1, 1, 1, 1, *more], [1, 1, 0, 0, *more], [1, 1, 1, 0, *more]]
    assert rows.words.tolist() == [1, 2, 2 * longest + 1]


@pytest.mark.parametrize("multiple", [1, 32])
@pytest.mark.parametrize("family", [*FAMILIES, "deberta-v2"])
def test_our_padded_batches_are_the_usual_ones(family, multiple):
    """With the padding piece 0 in place of the model's own, and positions that are given to it."""
    model, plain, sentences = (
        tiny_model(family, "eager").eval(),
        tiny_model(family, "eager").eval(),
        random_sentences(LENGTHS, all_lost=[5]),
    )
    set_packing(model, False)
    loaded = load_batch(pack(sentences, CHOSEN), model, CPU, multiple)
    inputs = padded_inputs(sentences, CHOSEN, plain.config.pad_token_id)
    with torch.no_grad():
        ours, padded = model(**loaded.arguments).logits.flatten(0, 1)[loaded.words], plain(**inputs).logits
    labelled = inputs["labels"] != IGNORED
    torch.testing.assert_close(ours, padded[labelled], rtol=0, atol=1e-5)
    assert loaded.tags.tolist() == inputs["labels"][labelled].tolist()
    assert loaded.arguments["input_ids"].shape == (6, 60 if multiple == 1 else 64)


def test_a_batch_of_lost_words_alone_has_pieces_and_no_words():
    batch = pack(HAND, np.array([1]))
    assert batch.pieces.tolist() == [20, 21]
    assert (batch.words.tolist(), batch.word_numbers.tolist(), batch.tags.tolist()) == ([], [], [])


def test_a_sentence_may_be_packed_twice():
    batch = pack(HAND, np.array([0, 0]))
    assert batch.pieces.tolist() == [10, 11, 12, 10, 11, 12]
    assert batch.segments.tolist() == [0, 0, 0, 1, 1, 1]
    assert (batch.words.tolist(), batch.word_numbers.tolist()) == ([1, 4], [0, 0])


@pytest.mark.parametrize(
    "starts, counts, expected",
    [
        ([5, 0, 7], [2, 0, 3], [5, 6, 7, 8, 9]),
        ([3, 3], [2, 2], [3, 4, 3, 4]),
        ([9, 0], [1, 2], [9, 0, 1]),
        ([4], [0], []),
        ([], [], []),
    ],
)
def test_ranges(starts, counts, expected):
    assert ranges(np.array(starts, np.int64), np.array(counts, np.int64)).tolist() == expected


@pytest.mark.parametrize(
    "lengths, budget, expected",
    [
        ([3, 9, 3, 5, 1], 8, [[1], [3, 0], [2, 4]]),  # 9 is over the budget and stands alone; 5 + 3 is just the budget
        ([2, 2, 2], 6, [[0, 1, 2]]),
        ([2, 2, 2], 5, [[0, 1], [2]]),
        ([7, 8, 9], 1, [[2], [1], [0]]),
        ([4], 8, [[0]]),
        ([], 8, []),
    ],
)
def test_batches_by_length(lengths, budget, expected):
    batches = batches_by_length(np.array(lengths, np.int64), budget)
    assert [batch.tolist() for batch in batches] == expected


@pytest.mark.parametrize(
    "lengths, budget, expected",
    [
        ([3, 9, 3, 5, 1], 8, [[1], [3], [0, 2], [4]]),  # 5 and 3 take 10, and three of 3 take 9
        ([3, 9, 3, 5, 1], 10, [[1], [3, 0], [2, 4]]),
        ([2, 2, 2], 6, [[0, 1, 2]]),
        ([7, 8, 9], 1, [[2], [1], [0]]),
        ([], 8, []),
    ],
)
def test_padded_batches_by_length_count_their_padding(lengths, budget, expected):
    batches = batches_by_length(np.array(lengths, np.int64), budget, padded=True)
    assert [batch.tolist() for batch in batches] == expected


def test_languages_are_joined_in_the_order_given():
    other = EncodedSentences(
        pieces=np.array([40, 41], np.int32),
        piece_offsets=np.array([0, 2]),
        first_pieces=np.array([1], np.int16),
        tags=np.array([4], np.int8),
        word_offsets=np.array([0, 1]),
        digests=["d"],
    )
    joined = concatenate([other, HAND, other])
    assert len(joined) == 5
    assert joined.pieces.tolist() == [40, 41, 10, 11, 12, 20, 21, 30, 31, 32, 33, 40, 41]
    assert joined.piece_offsets.tolist() == [0, 2, 5, 7, 11, 13]
    assert joined.first_pieces.tolist() == [1, 1, LOST, LOST, 1, 2, LOST, 1]
    assert joined.tags.tolist() == [4, 1, 2, 3, 5, 6, 0, 4]
    assert joined.word_offsets.tolist() == [0, 1, 3, 4, 7, 8]
    assert list(joined.digests) == ["d", "a", "b", "c", "d"]
    assert (joined.pieces.dtype, joined.first_pieces.dtype, joined.tags.dtype) == (np.int32, np.int16, np.int8)


def test_one_language_is_joined_to_itself():
    joined = concatenate([HAND])
    assert joined.piece_offsets.tolist() == HAND.piece_offsets.tolist()
    assert joined.pieces.tolist() == HAND.pieces.tolist()
