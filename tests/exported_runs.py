"""Exported runs, read by transformers alone, against what the study has predicted."""

from pathlib import Path

import torch
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.scoring.prediction_files import read_manifest, read_predictions
from transformers import AutoModelForTokenClassification, AutoTokenizer


def assert_export_predicts(results: Path, run: str, language: str, exported: str = "export") -> None:
    """Compare the tags of a language's test set, padded in one batch, with those that the study has stored.

    exported: the folder of the exports.
    """
    model = AutoModelForTokenClassification.from_pretrained(results / exported / run)
    tokenizer = AutoTokenizer.from_pretrained(results / exported / run)
    sentences = read_corpus(results / "data" / language / "test.parquet").tokens
    inputs = tokenizer(sentences, is_split_into_words=True, padding=True, truncation=True, return_tensors="pt")
    assert (inputs["attention_mask"] == 0).any()
    with torch.no_grad():
        logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits
    best = logits.topk(2).values
    folder = results / "runs" / run
    stored = read_predictions(
        folder / "predictions/regular.parquet", read_manifest(folder / "predictions.json")["regular"]
    )
    compared = []
    for number, tags in enumerate(stored[language].tags):
        words = inputs.word_ids(number)
        for word, tag in enumerate(tags):
            first = words.index(word)
            if best[number, first, 0] - best[number, first, 1] > 1e-5:  # else rounding chooses
                assert logits[number, first].argmax() == tag
                compared.append(tag)
    assert len(compared) > 0.95 * sum(map(len, sentences))
    assert len(set(compared)) > 1, "a model that tells words apart too little"
