import copy
import dataclasses

import numpy as np
import pytest
import torch
from ner_pruning.files import file_digest
from ner_pruning.training.checkpoint import read_weights, save_run
from ner_pruning.training.finetune import finetune
from ner_pruning.training.model import load_batch
from ner_pruning.training.packing import pack
from ner_pruning.training.pruning import Pruner, prunable_matrices, sparsity_schedule
from ner_pruning.training.vocabulary import trim_vocabulary
from small_models import make_training, pruned_at, random_sentences, tiny_model

VOCABULARY = 240
SCHEDULE = sparsity_schedule(0.8, pruned_at(4, 20, 4))
TRAINING = make_training(epochs=5, learning_rate=1e-3)
VARIANTS = [
    *(("", "layer", 0.0), ("", "layer", 0.1), ("partial", "layer", 0.1), ("partial", "global", 0.0)),
    *(("full", "layer", 0.1), ("full", "global", 0.0)),
]
"""Scope, threshold and dropout."""


def sentences_of_few_pieces():
    """Sentences that use some 50 of the 240 rows, scattered over the vocabulary, its first and last row among them."""
    sentences = random_sentences([3, 40, 7, 2, 19, 5, 33, 4] * 5, all_lost=[5, 9])
    rows = np.random.default_rng(1).permutation(np.arange(2, VOCABULARY - 1))[:60]
    pieces = rows[sentences.pieces].astype(np.int32)
    pieces[:2] = 2, VOCABULARY - 1
    return dataclasses.replace(sentences, pieces=pieces)


SENTENCES = sentences_of_few_pieces()


def train(model, scope, threshold, folder=None):
    """Fine-tune a model, with its whole vocabulary or, given a folder, with the rows that the sentences use and stored
    there; return the losses and the weights as loaded back."""
    sentences, vocabulary = SENTENCES, None
    if folder is not None:
        model.base_model.save_pretrained(folder)
        vocabulary, pieces = trim_vocabulary(model, sentences.pieces, keep_rest=scope == "full")
        sentences = dataclasses.replace(sentences, pieces=pieces)
    pruner = Pruner({}, {})
    if scope:
        pruner = Pruner(prunable_matrices(model, scope), SCHEDULE, threshold, vocabulary)
    curve = finetune(model, sentences, TRAINING, pruner, seed=3)
    weights = model.state_dict()
    if folder is not None:
        save_run(
            model,
            vocabulary,
            file_digest(folder / "model.safetensors"),
            folder / "weights.safetensors.zst",
            folder / "config.json",
        )
        weights = dict(read_weights(folder / "weights.safetensors.zst", folder))
    return [row["loss"] for row in curve], weights


@pytest.mark.parametrize("scope, threshold, dropout", VARIANTS)
@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "modernbert", "deberta-v2"])
def test_training_with_the_used_rows_alone_is_the_training_with_all(family, scope, threshold, dropout, tmp_path):
    """Equal up to the rounding of the gradient norm, in which the whole vocabulary has more zeros to add up."""
    start = tiny_model(family, vocabulary=VOCABULARY, dropout=dropout)
    whole_losses, whole = train(copy.deepcopy(start), scope, threshold)
    trimmed_losses, trimmed = train(copy.deepcopy(start), scope, threshold, tmp_path)
    assert len(whole_losses) == 25
    assert trimmed_losses == pytest.approx(whole_losses, abs=1e-6)
    assert len(set(whole_losses)) == 25, "the loss does not move"
    shapes = {name: parameter.shape for name, parameter in start.named_parameters()}
    assert trimmed.keys() == whole.keys() == shapes.keys()
    for name, parameter in trimmed.items():
        other = whole[name]
        assert parameter.shape == other.shape == shapes[name]
        torch.testing.assert_close(parameter, other, rtol=0, atol=1e-6, msg=lambda text, name=name: f"{name} {text}")
        assert torch.equal(parameter == 0, other == 0), f"{name}: other zeros"
    before = start.get_input_embeddings().weight
    words = trimmed[next(name for name, parameter in start.named_parameters() if parameter is before)]
    unused = np.setdiff1d(np.arange(VOCABULARY), SENTENCES.pieces)
    kept = words[unused] != 0
    assert torch.equal(words[unused][kept], before[unused][kept]), "a row that no sentence uses has moved"
    if scope == "full" and threshold == "layer":
        assert int((words == 0).sum()) == round(0.8 * words.numel())
        assert 0 < int((words[unused] == 0).sum()) < words[unused].numel()
    elif scope != "full":
        assert torch.equal(words[unused], before[unused])


def test_trimming_and_storing_alone_change_no_bit(tmp_path):
    model = tiny_model("bert", vocabulary=VOCABULARY)
    model.get_input_embeddings().weight.data[3, :4] = torch.tensor([-0.0, 0.0, 1e-42, torch.nan])
    model.base_model.save_pretrained(tmp_path)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    vocabulary, pieces = trim_vocabulary(model, SENTENCES.pieces, keep_rest=False)
    used = np.unique(SENTENCES.pieces)
    assert vocabulary.name == "bert.embeddings.word_embeddings.weight"
    assert vocabulary.used.tolist() == used.tolist()
    assert sorted([*vocabulary.used.tolist(), *vocabulary.unused.tolist()]) == list(range(VOCABULARY))
    assert model.get_input_embeddings().weight.shape == (len(used), 32)
    assert used[pieces].tolist() == SENTENCES.pieces.tolist()
    save_run(
        model, vocabulary, file_digest(tmp_path / "model.safetensors"), tmp_path / "stored", tmp_path / "config.json"
    )
    weights = dict(read_weights(tmp_path / "stored", tmp_path))
    assert weights.keys() == before.keys()
    for name, tensor in weights.items():
        assert torch.equal(tensor.view(torch.int32), before[name].view(torch.int32)), name


def test_rows_by_hand():
    model = tiny_model("bert", vocabulary=5)
    rows = torch.arange(5.0)[:, None].expand(5, 32)
    model.get_input_embeddings().weight.data.copy_(rows)
    vocabulary, pieces = trim_vocabulary(model, np.array([4, 1, 4], np.int32), keep_rest=True)
    assert pieces.tolist() == [1, 0, 1]
    assert model.get_input_embeddings().weight[:, 0].tolist() == [1, 4]
    assert (vocabulary.unused.tolist(), vocabulary.rest[:, 0].tolist()) == ([0, 2, 3], [0, 2, 3])


def test_a_vocabulary_that_is_used_as_a_whole_stays_as_it_is():
    model = tiny_model("xlm-roberta", vocabulary=60)
    before = model.get_input_embeddings().weight.detach().clone()
    vocabulary, pieces = trim_vocabulary(model, np.arange(60, dtype=np.int32), keep_rest=False)
    assert (pieces.tolist(), vocabulary.unused.tolist()) == (list(range(60)), [])
    assert torch.equal(model.get_input_embeddings().weight, before)


def test_a_trimmed_model_gives_the_logits_of_the_whole_one():
    model = tiny_model("xlm-roberta", vocabulary=VOCABULARY).eval()
    chosen, device = np.array([1, 4]), torch.device("cpu")
    with torch.no_grad():
        before = model(**load_batch(pack(SENTENCES, chosen), model, device).arguments).logits
        _, pieces = trim_vocabulary(model, SENTENCES.pieces, keep_rest=False)
        renumbered = dataclasses.replace(SENTENCES, pieces=pieces)
        trimmed = model(**load_batch(pack(renumbered, chosen), model, device).arguments).logits
    assert torch.equal(trimmed, before)


@pytest.mark.parametrize(("family", "padding"), [("bert", 0), ("xlm-roberta", 1)])
def test_the_padding_piece_in_a_text_trains_as_without_trimming(family, padding, monkeypatch, tmp_path):
    pieces = SENTENCES.pieces.copy()
    pieces[4:30:5] = padding
    monkeypatch.setattr("test_vocabulary.SENTENCES", dataclasses.replace(SENTENCES, pieces=pieces))
    start = tiny_model(family, vocabulary=VOCABULARY)
    losses, weights = train(copy.deepcopy(start), "", "layer")
    trimmed_losses, trimmed = train(copy.deepcopy(start), "", "layer", tmp_path)
    assert trimmed_losses == pytest.approx(losses, abs=1e-6)
    words = f"{start.base_model_prefix}.embeddings.word_embeddings.weight"
    torch.testing.assert_close(trimmed[words], weights[words], rtol=0, atol=1e-6)
