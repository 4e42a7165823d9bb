import dataclasses
import json

import numpy as np
import pytest
import torch
from ner_pruning.data.encoded_sentences import LOST, concatenate
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.tokenization import encode, load_tokenizer
from ner_pruning.files import InputError, file_digest
from ner_pruning.scoring import prediction as predict_module
from ner_pruning.scoring.prediction import (
    first_of_same,
    lost_words,
    predict,
    predict_language,
    predict_with_confidence,
)
from ner_pruning.training.checkpoint import load_run, save_run
from ner_pruning.training.encoder import random_encoder
from ner_pruning.training.model import load_encoder
from ner_pruning.training.packing import pack
from read_corpora import from_shards
from real_data import WIKIANN, needs_wikiann
from small_models import IGNORED, padded_inputs, random_sentences, tiny_model

LENGTHS = [3, 60, 7, 2, 19, 5, 33, 4, 6, 5, 11, 3, 48, 2, 9, 8, 5, 7, 21, 4]
SENTENCES = random_sentences(LENGTHS, all_lost=[0, 5, 12, 19])
TEST_SETS = {"validation": [9, 3], "regular": [50, 4, 7], "in-script": [4, 41, 6]}
"""Lengths of the sentences of some test sets."""


def padded_predictions(model, sentences):
    """The tag of every word by the padded model, 4 sentences at a time in their order, and the smallest lead over
    the second best tag."""
    tags, leads = [], []
    for start in range(0, len(sentences), 4):
        chosen = np.arange(start, min(start + 4, len(sentences)))
        inputs = padded_inputs(sentences, chosen, model.config.pad_token_id)
        with torch.no_grad():
            logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits
        for row, sentence in enumerate(chosen):
            firsts = sentences.first_pieces[slice(*sentences.word_offsets[sentence : sentence + 2])]
            tags.append([0 if first == LOST else int(logits[row, first].argmax()) for first in firsts.tolist()])
        best = logits.topk(2).values
        leads.append((best[..., 0] - best[..., 1])[inputs["labels"] >= 0].min())
    return tags, min(leads)


@pytest.mark.parametrize("budget", [512, 70, 1])
@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "modernbert", "deberta-v2"])
def test_predictions_are_the_best_tags_of_the_padded_model(family, budget, monkeypatch):
    monkeypatch.setattr(predict_module, "BATCH_PIECES", {"cpu": budget})
    model = tiny_model(family).eval()
    expected, lead = padded_predictions(tiny_model(family, "sdpa").eval(), SENTENCES)
    assert lead > 1e-4, "two tags too close to each other for rounding"
    predicted = predict(model, SENTENCES, "fp32")
    assert [tags.tolist() for tags in predicted] == expected
    assert all(tags.dtype == np.int8 for tags in predicted)
    assert len({tag for tags in expected for tag in tags}) >= 4, "a model that tells sentences apart too little"


@pytest.mark.parametrize("family", ["bert", "modernbert", "deberta-v2"])
def test_the_confidence_is_the_probability_of_the_padded_model(family):
    model, padded = tiny_model(family).eval(), tiny_model(family, "sdpa").eval()
    tags, confidence = predict_with_confidence(model, SENTENCES, "fp32")
    assert [each.tolist() for each in tags] == [each.tolist() for each in predict(model, SENTENCES, "fp32")]
    for sentence in range(len(SENTENCES)):
        inputs = padded_inputs(SENTENCES, np.array([sentence]), padded.config.pad_token_id)
        with torch.no_grad():
            logits = padded(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits[0]
        firsts = SENTENCES.first_pieces[slice(*SENTENCES.word_offsets[sentence : sentence + 2])].tolist()
        expected = [0 if first == LOST else 255 * float(logits[first].softmax(-1).max()) for first in firsts]
        assert confidence[sentence].dtype == np.uint8
        assert confidence[sentence].tolist() == pytest.approx(expected, abs=0.51)


@needs_wikiann
def test_10000_real_sentences_get_the_tags_of_the_padded_model(tmp_path):
    tokens = []
    for language in ("ar", "de", "hi", "zh", "ta"):
        tokens += from_shards([WIKIANN / language / "test-00000-of-00001.parquet"]).tokens[:2667]
    tokens = tokens[:10_000]
    assert len(tokens) == 10_000
    sizes = {"vocabulary": 8000, "hidden": 32, "layers": 2, "heads": 4, "feed_forward": 64, "positions": 512}
    random_encoder(tokens[::5], sizes, 0, tmp_path)
    sentences = encode(tokens, [[0] * len(words) for words in tokens], load_tokenizer(tmp_path / "tokenizer.json", 512))
    model = load_encoder(tmp_path, dropout=0.1, seed=1).eval()
    for parameter in model.parameters():
        if parameter.ndim == 2:
            parameter.data.mul_(6)  # logits that tell words apart, as those of a trained model
    tags, leads = [], []
    predicted = predict(model, sentences, "fp32")
    model.set_attn_implementation("sdpa")
    for start in range(0, len(sentences), 20):
        chosen = np.arange(start, start + 20)
        inputs = padded_inputs(sentences, chosen, model.config.pad_token_id)
        labelled = inputs["labels"] != IGNORED
        with torch.no_grad():
            logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits[labelled]
        best = logits.topk(2).values
        tags.append(logits.argmax(-1).numpy())
        leads.append((best[:, 0] - best[:, 1]).numpy())
    found = np.concatenate(predicted)
    kept = sentences.first_pieces != LOST
    clear = np.concatenate(leads) > 1e-4
    assert clear.mean() > 0.999
    assert np.array_equal(found[kept][clear], np.concatenate(tags)[clear])
    assert np.bincount(found[kept], minlength=len(LABELS)).min() > 1000, "a model that tells words apart too little"


def test_sentences_that_are_the_same_are_predicted_once(monkeypatch):
    packed = []
    monkeypatch.setattr(predict_module, "pack", lambda *given: packed.append(pack(*given)) or packed[-1])
    model = tiny_model("bert").eval()
    parts = [random_sentences([length], seed=seed) for length, seed in ((9, 1), (4, 2), (9, 3), (9, 1), (4, 2), (9, 1))]
    other_words = dataclasses.replace(parts[0], first_pieces=np.full_like(parts[0].first_pieces, LOST))
    sentences = concatenate([*parts, other_words])
    assert first_of_same(sentences).tolist() == [0, 1, 2, 0, 1, 0, 6]
    predicted = [tags.tolist() for tags in predict(model, sentences, "fp32")]
    assert sum(len(batch.pieces) for batch in packed) == 9 + 4 + 9 + 9
    assert predicted == [predict(model, part, "fp32")[0].tolist() for part in (*parts, other_words)]


def test_sentences_keep_their_order_whatever_their_lengths():
    model = tiny_model("bert").eval()
    by_sentence = [tags.tolist() for tags in predict(model, SENTENCES, "fp32")]
    parts = [random_sentences([length], seed=length) for length in (4, 60, 9, 60, 2)]
    alone = [predict(model, part, "fp32")[0].tolist() for part in parts]
    together = predict(model, concatenate(parts), "fp32")
    assert [tags.tolist() for tags in together] == alone
    assert [len(tags) for tags in by_sentence] == SENTENCES.word_counts.tolist()


def test_lost_words_are_outside_whatever_the_model_says():
    model = tiny_model("bert").eval()
    model.classifier.bias.data[LABELS.index("B-LOC")] = 100.0
    for sentence, tags in enumerate(predict(model, SENTENCES, "fp32")):
        firsts = SENTENCES.first_pieces[slice(*SENTENCES.word_offsets[sentence : sentence + 2])]
        assert tags.tolist() == np.where(firsts == LOST, 0, 5).tolist()


def test_lost_words_are_counted():
    lost = lost_words(SENTENCES)
    expected = []
    for sentence in range(len(SENTENCES)):
        firsts = SENTENCES.first_pieces[slice(*SENTENCES.word_offsets[sentence : sentence + 2])].tolist()
        expected.append(firsts.count(LOST))
    assert lost.tolist() == expected
    assert lost[[0, 5, 12, 19]].tolist() == SENTENCES.word_counts[[0, 5, 12, 19]].tolist()
    assert lost.sum() < SENTENCES.word_counts.sum()


def test_a_language_s_predictions_are_those_of_each_of_its_test_sets():
    model = tiny_model("bert").eval()
    parts = {name: random_sentences(lengths, seed=n) for n, (name, lengths) in enumerate(TEST_SETS.items())}
    sizes = {name: len(part) for name, part in parts.items()}
    together = predict_language(model, "yo", concatenate(list(parts.values())), sizes, "fp32")
    assert list(together) == list(TEST_SETS)
    for name, part in parts.items():
        found = together[name]
        assert found.language == "yo"
        assert list(found.digests) == list(part.digests)
        assert [tags.tolist() for tags in found.tags] == [tags.tolist() for tags in predict(model, part, "fp32")]
        assert list(found.lost) == lost_words(part).tolist()


def test_gold_tags_have_no_part_in_a_prediction():
    model = tiny_model("bert").eval()
    blind = dataclasses.replace(SENTENCES, tags=np.zeros_like(SENTENCES.tags))
    for one, other in zip(predict(model, SENTENCES, "fp32"), predict(model, blind, "fp32"), strict=True):
        assert one.tolist() == other.tolist()


# Loading a model


@pytest.fixture
def folder(tmp_path):
    """A stored model with dropout, whose labels are right."""
    model = tiny_model("xlm-roberta", dropout=0.1)
    model.config.id2label = dict(enumerate(LABELS))
    model.config.label2id = {label: number for number, label in enumerate(LABELS)}
    model.base_model.save_pretrained(tmp_path / "encoder")
    (tmp_path / "run").mkdir()
    store(tmp_path, model)
    return tmp_path


def store(folder, model):
    digest = file_digest(folder / "encoder" / "model.safetensors")
    save_run(model, None, digest, folder / "run" / "weights", folder / "run" / "config.json")


def load(folder):
    return load_run(folder / "run" / "weights", folder / "run" / "config.json", folder / "encoder")


def test_a_stored_model_predicts_as_the_one_in_memory(folder):
    assert sorted(path.name for path in (folder / "run").iterdir()) == ["config.json", "weights"]
    loaded, model = load(folder), tiny_model("xlm-roberta").eval()
    assert not loaded.training, "dropout is on"
    for one, other in zip(predict(loaded, SENTENCES, "fp32"), predict(model, SENTENCES, "fp32"), strict=True):
        assert one.tolist() == other.tolist()


@pytest.mark.parametrize(
    "labels",
    [
        [*LABELS[:5], LABELS[6], LABELS[5]],
        [*LABELS, "B-MISC"],
        [f"LABEL_{number}" for number in range(7)],
    ],
)
def test_a_model_of_other_labels_is_refused(folder, labels):
    config = json.loads((folder / "run" / "config.json").read_text())
    config["id2label"] = {str(number): label for number, label in enumerate(labels)}
    config["label2id"] = {label: number for number, label in enumerate(labels)}
    (folder / "run" / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"config\.json: labels .*, expected 0 = O, then B- and I-") as error:
        load(folder)
    assert "\n" not in str(error.value)


def test_a_model_of_other_types_than_the_sentences_is_refused(folder):
    config = json.loads((folder / "run" / "config.json").read_text())
    labels = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-ORG", "I-ORG"]  # XTREME's order
    config["id2label"] = {str(number): label for number, label in enumerate(labels)}
    (folder / "run" / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="^yo: a model of the types LOC, PER, ORG; expected PER, ORG, LOC, as of the"):
        predict_language(load(folder), "yo", SENTENCES, {"regular": len(SENTENCES)}, "fp32")


@pytest.mark.parametrize("name", ["classifier.weight", "roberta.encoder.layer.0.output.dense.weight"])
def test_a_stored_model_without_one_of_its_matrices_is_refused(folder, name, monkeypatch):
    model = tiny_model("xlm-roberta")
    lacking = {key: weight for key, weight in model.state_dict().items() if key != name}
    monkeypatch.setattr(model, "state_dict", lambda: lacking)
    model.config.id2label, model.config.label2id = dict(enumerate(LABELS)), {}
    store(folder, model)
    with pytest.raises(InputError, match=f"run: has no weights for {name}"):
        load(folder)


def test_label_ids_that_do_not_begin_at_0_are_refused(folder):
    config = json.loads((folder / "run" / "config.json").read_text())
    config["id2label"] = {str(number): label for number, label in enumerate(LABELS, start=1)}
    (folder / "run" / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"config\.json: labels"):
        load(folder)
