"""Mistakes of an evaluation, worked out by hand on short sentences and with seqeval's scores on longer ones."""

import numpy as np
import pytest
import torch
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.synthetic import generate
from ner_pruning.data.tokenization import encode, load_tokenizer
from ner_pruning.scoring.broken_models import untrained_head_f1, wrong_encoder_f1, wrong_vocabulary_f1
from ner_pruning.scoring.f1 import GoldRow, lay_out, score
from ner_pruning.scoring.mistakes import MISTAKES, TestSet, draw_f1, erring, in_order, moved, other_sentences, read_as
from ner_pruning.scoring.prediction import predict, word_states
from ner_pruning.training.encoder import random_encoder
from ner_pruning.training.model import load_encoder
from transformers import ModernBertConfig, ModernBertModel

OUT, B_PER, I_PER, B_ORG, I_ORG, B_LOC, I_LOC = range(7)
GOLD = [[B_PER, I_PER, OUT], [OUT, B_LOC], [B_ORG]]


def by_sentence(gold, row):
    """Return a row as lists of tags by sentence."""
    return [row[start : end - 1].tolist() for start, end in zip(gold.first[:-1], gold.first[1:], strict=True)]


@pytest.fixture
def short():
    return TestSet(GOLD, [[B_PER, OUT], [B_LOC, I_LOC, OUT], [B_ORG]])


@pytest.fixture(scope="module")
def long():
    """200 sentences of two mentions: an organisation of two words, or a person, and a place of one."""
    gold = [[B_ORG, I_ORG, OUT, B_LOC] if number % 3 else [OUT, B_PER, OUT, B_LOC, OUT] for number in range(200)]
    return TestSet(gold, gold)


def test_f1_of_a_row_is_that_of_score(long):
    random = np.random.default_rng(0)
    gold = by_sentence(long.gold, long.gold.row)
    for _ in range(20):
        row = np.where(random.random(len(long.gold.row)) < 0.5, random.integers(0, 7, len(long.gold.row)), 0)
        row *= long.gold.words
        assert long.gold.f1(row) == score(gold, by_sentence(long.gold, row))["f1"]
    assert GoldRow([[OUT]]).f1(lay_out([[OUT]])[0]) == 0


def test_tags_of_the_regular_set_are_cut_or_filled_up(short):
    assert by_sentence(short.gold, short.regular) == [[B_PER, OUT, OUT], [B_LOC, I_LOC], [B_ORG]]


def test_tags_one_word_late_or_early(short):
    row = short.gold.row
    assert by_sentence(short.gold, moved(short, row, 1)) == [[OUT, B_PER, I_PER], [OUT, OUT], [OUT]]
    assert by_sentence(short.gold, moved(short, row, -1)) == [[I_PER, OUT, OUT], [B_LOC, OUT], [OUT]]


def test_labels_in_another_order(short):
    """Sorted: B-LOC B-ORG B-PER I-LOC I-ORG I-PER O are ids 0 to 6, which are O B-PER I-PER B-ORG I-ORG B-LOC I-LOC."""
    names = in_order(sorted(LABELS))
    assert [LABELS[name] for name in names] == ["B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER", "O"]
    read = by_sentence(short.gold, read_as(short, short.gold.row, names))
    assert read == [[B_ORG, B_PER, B_LOC], [B_LOC, I_PER], [I_LOC]]
    back = read_as(short, read_as(short, short.gold.row, names), np.argsort(names))
    assert (back == short.gold.row).all()


def test_tags_of_other_sentences_are_those_of_a_permutation(short):
    random = np.random.default_rng(0)
    seen = set()
    for _ in range(50):
        placed = by_sentence(short.gold, other_sentences(short, short.gold.row, random))
        orders = [
            order
            for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
            if placed == [(GOLD[k] + [OUT] * 3)[: len(GOLD[place])] for place, k in enumerate(order)]
        ]
        assert orders
        seen.update(orders)
    assert len(seen) == 6


@pytest.mark.parametrize("f1", [0.1, 0.5, 0.8, 1.0])
def test_a_simulated_model_has_the_f1_that_it_should_have(long, f1):
    random = np.random.default_rng(1)
    reached = [long.gold.f1(erring(long.gold, f1, random)) for _ in range(200)]
    assert np.mean(reached) == pytest.approx(f1, abs=0.01)


def test_tags_that_depend_on_no_sentence(long):
    random = np.random.default_rng(2)
    shuffled = MISTAKES["shuffled tags"](long, 0.8, random)
    assert sorted(shuffled) == sorted(long.gold.row) and (shuffled != long.gold.row).any()
    assert not shuffled[~long.gold.words].any()
    uniform = MISTAKES["tags drawn uniformly"](long, 0.8, random)
    assert set(uniform) == set(range(7)) and not uniform[~long.gold.words].any()
    assert not MISTAKES["nothing predicted"](long, 0.8, random).any()


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_gives_rows_of_its_words(long, name):
    row = MISTAKES[name](long, 0.8, np.random.default_rng(3))
    assert row.shape == long.gold.row.shape and not row[~long.gold.words].any()
    assert set(row) <= set(range(7))
    f1 = draw_f1(MISTAKES[name], long, 0.8, np.random.default_rng(3), 3)
    assert f1.shape == (3,) and f1[0] == long.gold.f1(row)


def test_a_sound_evaluation_and_the_gold_of_the_same_sentences_are_not_mistaken(long):
    sound = draw_f1(MISTAKES["sound evaluation"], long, 0.8, np.random.default_rng(4), 50).mean()
    assert sound == pytest.approx(0.8, abs=0.01)
    assert draw_f1(MISTAKES["predictions of the regular set"], long, 0.8, np.random.default_rng(4), 1)[0] == 1


# Models with a part that is not theirs


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that is not trained, its encoded sentences and their tags as it predicts them, so that its F1 is 1."""
    folder = tmp_path_factory.mktemp("encoder")
    corpus = generate("sw", {"train": 40, "validation": 1, "test": 30}, seed=0)["test"]
    sizes = {"vocabulary": 300, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 24, "positions": 64}
    random_encoder(corpus.tokens, sizes, 0, folder)
    model = load_encoder(folder, dropout=0.0, seed=1).eval()
    sentences = encode(corpus.tokens, corpus.tags, load_tokenizer(str(folder / "tokenizer.json"), 64))
    chosen = np.arange(len(corpus.tokens))
    states = word_states(model, sentences, chosen)
    with torch.no_grad():
        flat = model.classifier(torch.from_numpy(states)).argmax(-1).numpy()
    gold = GoldRow([part.tolist() for part in np.split(flat, sentences.word_offsets[1:-1])])
    return model, sentences, chosen, states, gold


def test_a_trained_head_over_its_own_and_over_another_encoder(model):
    whole, _, _, states, gold = model
    assert wrong_encoder_f1(whole, states, gold) == 1
    assert wrong_encoder_f1(whole, -states, gold) < 0.9


def test_the_classifier_of_a_head_with_a_layer_of_its_own_gets_what_that_layer_makes(tmp_path):
    """As ModernBERT's: its own states give the model's own tags, which the encoder's last ones do not."""
    corpus = generate("sw", {"train": 40, "validation": 1, "test": 30}, seed=0)["test"]
    sizes = {"vocabulary": 300, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 24, "positions": 64}
    random_encoder(corpus.tokens, sizes, 0, tmp_path)
    torch.manual_seed(0)
    config = ModernBertConfig(
        vocab_size=300, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, pad_token_id=0
    )
    ModernBertModel(config).save_pretrained(tmp_path)
    model = load_encoder(tmp_path, dropout=0.0, seed=1).eval()
    sentences = encode(corpus.tokens, corpus.tags, load_tokenizer(str(tmp_path / "tokenizer.json"), 64))
    gold = GoldRow([tags.tolist() for tags in predict(model, sentences, "fp32")])
    states = word_states(model, sentences, np.arange(len(sentences)))
    assert wrong_encoder_f1(model, states, gold) == 1


def test_a_shifted_vocabulary_changes_predictions_and_is_put_back(model):
    whole, sentences, chosen, _, gold = model
    before = whole.get_input_embeddings().weight.detach().clone()
    f1 = wrong_vocabulary_f1(whole, sentences, chosen, gold, shifts=[0, 7])
    assert f1[0] == 1 and f1[1] < 0.9
    assert torch.equal(whole.get_input_embeddings().weight, before)


def test_untrained_heads_differ(model):
    *_, states, gold = model
    f1 = untrained_head_f1(states, gold, np.random.default_rng(5), 20)
    assert f1.shape == (20,) and f1.std() > 0 and f1.max() < 1
