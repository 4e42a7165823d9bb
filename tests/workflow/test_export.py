"""An exported run, as a user of transformers sees it."""

import numpy as np
import pandas as pd
import pytest
import torch
from huggingface_hub import ModelCard
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.scoring.prediction_files import read_manifest, read_predictions
from transformers import AutoModelForTokenClassification, AutoTokenizer

RUN = "hi/full-50/seed-1"


@pytest.fixture(scope="module")
def results(finished):
    """The results of a study one of whose runs was exported."""
    output = finished.run("studies/tiny.yaml", "export", "--config", f"export=[{RUN}]")
    assert "2 of 2 steps (100%) done" in output  # the export and its target
    return finished.folder / "results/tiny"


def test_the_exported_model_predicts_as_the_study_did(results):
    folder, run = results / "export" / RUN, results / "runs" / RUN
    model = AutoModelForTokenClassification.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    sentences = read_corpus(results / "data/hi/test.parquet").tokens
    inputs = tokenizer(sentences, is_split_into_words=True, padding=True, truncation=True, return_tensors="pt")
    assert (inputs["attention_mask"] == 0).any()
    with torch.no_grad():
        logits = model(**inputs).logits
    best = logits.topk(2).values
    expected = read_predictions(run / "predictions/regular.parquet", read_manifest(run / "predictions.json")["regular"])
    compared = []
    for number, tags in enumerate(expected["hi"].tags):
        words = inputs.word_ids(number)
        for word, tag in enumerate(tags):
            first = words.index(word)
            if best[number, first, 0] - best[number, first, 1] > 1e-5:  # else rounding chooses
                assert logits[number, first].argmax() == tag
                compared.append(tag)
    assert len(compared) > 0.95 * sum(map(len, sentences))
    assert len(set(compared)) > 1, "a model that tells words apart too little"


def test_the_exported_model_has_the_sparsity_of_the_run(results):
    model = AutoModelForTokenClassification.from_pretrained(results / "export" / RUN)
    table = pd.read_csv(results / "runs" / RUN / "sparsity.csv").set_index("matrix")
    matrices = {name: weight.detach().numpy() for name, weight in model.named_parameters() if weight.ndim == 2}
    assert sorted(matrices) == sorted(table.index)
    for name, weight in matrices.items():
        assert np.count_nonzero(weight == 0) == table.loc[name, "zeros"], name
        assert not table.loc[name, "pruned"] or table.loc[name, "zeros"] == round(0.5 * weight.size)


def test_the_card_has_the_scores_of_the_run(results):
    card = ModelCard.load(results / "export" / RUN / "README.md")
    scores = pd.read_csv(results / "runs" / RUN / "scores.csv")
    assert {result.metric_name: result.metric_value for result in card.data.eval_results} == {
        f"F1, {row.test_set}": row.f1 for row in scores.itertuples()
    }
    assert card.data.language == ["hi"]
    assert "synthetic text: 24 sentences of hi" in card.text


def test_a_run_is_exported_once(finished, results):
    assert results.joinpath("export", RUN).is_dir()
    assert not finished.planned("studies/tiny.yaml", f"results/tiny/export/{RUN}")
    assert finished.planned("studies/tiny.yaml", "results/tiny/export/hi/dense/seed-1") == {"export_run hi dense 1": 1}
