"""Sentences without a piece, as a tokenizer without special pieces gives them: from the text to the scores."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from ner_pruning.data.data_cards import count_pieces
from ner_pruning.data.encoded_sentences import LOST, concatenate, read_encoded, write_encoded
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.tokenization import encode, load_tokenizer
from ner_pruning.planning import calibration
from ner_pruning.planning.calibration import Work
from ner_pruning.scoring.prediction import predict, predict_language
from ner_pruning.training.checkpoint import load_run
from ner_pruning.training.encoder import random_encoder
from ner_pruning.training.finetune import finetune
from ner_pruning.training.model import load_batch
from ner_pruning.training.packing import pack
from ner_pruning.training.pruning import Pruner
from small_models import CPU, make_training, random_sentences, tiny_model
from small_runs import FINETUNING, PRUNING, SIZES, WEIGHTS, run
from torch.nn.functional import cross_entropy

EMPTY = ["\u200d"]  # a zero-width joiner, which the tokenizer removes
TEXT = [["Lamu", "ni", "mji"], EMPTY, ["Juma"], ["\u200d", "\u200d"], ["\u200d", "Lamu"]]
TAGS = [[5, 0, 0], [1], [1], [3, 4], [0, 5]]


@pytest.fixture(scope="module")
def bare_study(tmp_path_factory):
    """A study like that of small_runs, whose tokenizer puts no special pieces around a sentence."""
    folder = tmp_path_factory.mktemp("bare")
    random_encoder(TEXT, SIZES, 0, folder / "encoder")
    path = folder / "encoder" / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"post_processor": None}))
    for language, times in (("sw", 5), ("yo", 3)):
        write_encoded(folder / f"{language}.parquet", encode(TEXT * times, TAGS * times, load_tokenizer(path, 40)))
    return folder


def sentences_without(lengths, empty):
    """Random sentences, and among them, before those with the numbers `empty`, one without a piece but two words."""
    none = dataclasses.replace(
        random_sentences([4], all_lost=[0]),
        pieces=np.zeros(0, np.int32),
        piece_offsets=np.array([0, 0]),
        first_pieces=np.full(2, LOST, np.int16),
        tags=np.array([1, 2], np.int8),
        word_offsets=np.array([0, 2]),
    )
    parts = []
    for number, length in enumerate(lengths):
        parts += [none] * (number in empty) + [random_sentences([length], seed=number)]
    return concatenate([*parts, none])


def test_a_sentence_without_a_piece_keeps_its_place(bare_study):
    sentences = read_encoded(bare_study / "yo.parquet")
    assert sentences.lengths[[1, 3, 6, 8]].tolist() == [0] * 4
    assert sentences.lengths.min() == 0 < sentences.lengths[0]
    assert sentences.word_counts.tolist() == [3, 1, 1, 2, 2] * 3
    assert sentences.first_pieces[:9].tolist() == [0, 1, 2, LOST, 0, LOST, LOST, LOST, 0]
    assert sentences.tags[:9].tolist() == [5, 0, 0, 1, 1, 3, 4, 0, 5]


def test_the_data_card_counts_it(bare_study):
    tokenizer = load_tokenizer(bare_study / "encoder" / "tokenizer.json", 40)
    assert count_pieces([EMPTY, ["\u200d", "Lamu"]], tokenizer, 40) == {
        "longest_sentence_pieces": 1,
        "sentences_over_max_length": 0,
        "words_without_piece": 2,
        "words_without_piece_examples": ["U+200D"],
    }
    assert count_pieces([EMPTY], tokenizer, 40)["longest_sentence_pieces"] == 0


def test_it_has_no_part_in_a_packed_batch():
    batch = pack(sentences_without([3, 2], empty=[0, 1]), np.arange(5))
    assert batch.positions.tolist() == [0, 1, 2, 0, 1]
    assert batch.segments.tolist() == [0, 0, 0, 1, 1]
    assert (batch.word_numbers > 1).all()


@pytest.mark.parametrize("multiple", [1, 32])
def test_scores_and_gradients_of_a_batch_are_those_without_it(multiple):
    lengths = [3, 9, 2, 14]
    results = []
    for empty in ([], [0, 2, 3]):
        sentences, model = sentences_without(lengths, empty), tiny_model("bert")
        batch = pack(sentences, np.arange(len(sentences)))
        logits = model(**load_batch(batch, model, CPU, multiple).arguments).logits[0]
        cross_entropy(logits[torch.from_numpy(batch.words)], torch.from_numpy(batch.tags).long()).backward()
        results.append((logits, [parameter.grad for parameter in model.parameters()]))
    (logits, gradients), (others, other_gradients) = results
    assert torch.equal(logits, others)
    for one, other in zip(gradients, other_gradients, strict=True):
        assert (one is None) == (other is None)
        assert one is None or torch.equal(one, other)


@pytest.mark.parametrize("multiple", [1, 32])
@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "modernbert", "deberta-v2"])
def test_a_batch_of_nothing_else_has_no_loss_and_gradients_of_0(family, multiple):
    model, sentences = tiny_model(family), sentences_without([5], empty=[0])
    batch = pack(sentences, np.array([0, 2]))
    assert (batch.pieces.tolist(), batch.words.tolist()) == ([], [])
    loaded = load_batch(batch, model, CPU, multiple)
    logits = model(**loaded.arguments).logits.flatten(0, 1)[loaded.words]
    loss = cross_entropy(logits, torch.from_numpy(batch.tags).long(), reduction="sum")
    loss.backward()
    assert loss.item() == 0
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert gradients
    assert not any(gradient.count_nonzero() for gradient in gradients)


@pytest.mark.parametrize("family", ["bert", "deberta-v2"])
def test_training_goes_on_over_batches_of_nothing_else(family):
    sentences = sentences_without([7, 5, 9], empty=[0, 1, 2])
    training = dataclasses.replace(make_training(epochs=3, learning_rate=1e-3), batch_size=1)
    model = tiny_model(family, dropout=0.1)
    curve = finetune(model, sentences, training, Pruner({}, {}), seed=1)
    losses = [row["loss"] for row in curve]
    assert len(losses) == 3 * 7
    assert sum(loss == 0 for loss in losses) == 3 * 4
    assert np.isfinite(losses).all()
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_its_words_are_outside():
    model = tiny_model("bert").eval()
    model.classifier.bias.data[LABELS.index("B-LOC")] = 100.0
    sentences = sentences_without([7, 5], empty=[0, 1])
    predicted = [tags.tolist() for tags in predict(model, sentences, "fp32")]
    assert [predicted[place] for place in (0, 2, 4)] == [[0, 0]] * 3
    assert list(map(len, predicted)) == sentences.word_counts.tolist()
    assert 5 in predicted[1]
    alone = sentences_without([], empty=[])
    assert [tags.tolist() for tags in predict(model, alone, "fp32")] == [[0, 0]]
    assert predict_language(model, "yo", alone, {"regular": 1}, "fp32")["regular"].lost.tolist() == [2]


def test_a_run_is_trained_stored_and_predicts(bare_study, tmp_path, settings_of_torch):
    schedules = [{"up_to": 100, "batch_size": 1, "start": 5, "end": 22, "frequency": 5}]
    out = run(bare_study, tmp_path / "run", "full-50", schedules=schedules)
    model = load_run(out / WEIGHTS, out / "config.json", bare_study / "encoder")
    predicted = predict(model, read_encoded(bare_study / "yo.parquet"), "fp32")
    assert list(map(len, predicted)) == [3, 1, 1, 2, 2] * 3
    assert [predicted[place].tolist() for place in (1, 3, 6)] == [[0], [0, 0], [0]]


def test_a_plan_is_measured_on_the_other_sentences(bare_study, tmp_path, monkeypatch, settings_of_torch):
    monkeypatch.setattr(calibration, "SECONDS", 0.01)
    work = Work(
        encoder=str(bare_study / "encoder"),
        train=str(bare_study / "sw.parquet"),
        evaluation=str(bare_study / "yo.parquet"),
        finetuning=FINETUNING,
        pruning=PRUNING,
        scopes=["partial", "full"],
        batch_size=2,
        spawned=0.0,
        folder=str(tmp_path),
    )
    rates = calibration.main(work)
    assert rates.piece_seconds + rates.parameter_seconds > 0
    assert np.isfinite([rates.predict_piece_seconds, rates.prediction_bytes, *rates.update_seconds.values()]).all()
