"""Model cards, as huggingface_hub reads them."""

import pandas as pd
import pytest
from huggingface_hub import ModelCard
from ner_pruning.report.model_card import PRUNED, SCOPES, model_card
from ner_pruning.study.methods import PRUNING_METHODS
from ner_pruning.terms import ALL_SCOPES

SCORES = pd.DataFrame(
    [
        ("validation", "sw", 90, 0.5, 0.25, 1 / 3),
        ("regular", "sw", 100, 0.75, 0.75, 0.75),
        ("in-script", "sw", 100, 0.1, 0.3, 0.15),
        ("regular", "yo", 60, 0.0, 0.0, 0.0),
        ("regular", "te", 0, 0.0, 0.0, 0.0),
    ],
    columns=["test_set", "language", "mentions", "precision", "recall", "f1"],
)
SPARSITY = pd.DataFrame(
    [("a", True, 1000, 900), ("b", True, 3000, 2700), ("head", False, 70, 0)],
    columns=["matrix", "pruned", "weights", "zeros"],
)
RUN = {
    **{"variant": "partial-90", "seed": 3, "sentences": 1100, "steps": 8250, "precision": "fp32"},
    "finetuning": {"max_length": 512},
}
HUB = {"base_model": "google-bert/bert-base-multilingual-cased", "datasets": ["unimelb-nlp/wikiann"]}


@pytest.fixture
def card(tmp_path):
    def load(hub=HUB, quantised_by=None, **run):
        names = ("multilingual", ["sw", "yo"], "google-bert/bert-base-multilingual-cased", "unimelb-nlp/wikiann")
        card = model_card("paper", *names, hub, RUN | run, SPARSITY, SCORES, quantised_by=quantised_by)
        card.save(tmp_path / "README.md")
        return ModelCard.load(tmp_path / "README.md")

    return load


def test_the_hub_reads_every_score(card):
    results = card().data.eval_results
    found = [(result.dataset_config, result.dataset_split, result.metric_name) for result in results]
    assert sorted(found) == [
        ("sw", "test", "F1, in-script"),
        ("sw", "test", "F1, regular"),
        ("sw", "validation", "F1, validation"),
        ("yo", "test", "F1, regular"),
    ]
    values = {(result.dataset_config, result.metric_name): result.metric_value for result in results}
    assert values == {
        ("sw", "F1, validation"): 1 / 3,
        ("sw", "F1, regular"): 0.75,
        ("sw", "F1, in-script"): 0.15,
        ("yo", "F1, regular"): 0.0,
    }
    assert {(result.task_type, result.dataset_type, result.metric_type) for result in results} == {
        ("token-classification", "unimelb-nlp/wikiann", "f1")
    }


def test_the_hub_reads_what_the_model_is(card):
    data = card().data
    assert (data.language, data.base_model, data.datasets) == (["sw", "yo"], *HUB.values())
    assert (data.library_name, data.pipeline_tag) == ("transformers", "token-classification")
    assert (data.model_name, data.tags) == (
        "paper-multilingual-partial-90-seed-3",
        ["named-entity-recognition", "pruning"],
    )


def test_people_read_the_same(card):
    text = card().text
    assert "# paper-multilingual-partial-90-seed-3" in text
    assert "unimelb-nlp/wikiann: 1100 sentences of multilingual, cut at 512 pieces" in text
    assert "90 % by magnitude (3,600 of 4,000 weights are 0), scope partial (linear layers of the encoder)" in text
    assert "8250 steps in fp32, seed 3" in text
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert ["sw", "in-script", "100", "0.1000", "0.3000", "0.1500"] in rows
    assert ["yo", "regular", "60", "0.0000", "0.0000", "0.0000"] in rows
    assert ["te", "regular", "0", "", "", ""] in rows  # without a mention: no F1, and none for the Hub


def test_a_dense_run_of_local_files_has_no_ids_of_the_hub_and_is_not_pruned(card):
    dense = card(hub={"base_model": None, "datasets": None}, variant="dense")
    assert not {"base_model", "datasets"} & set(dense.data.to_dict())
    assert dense.data.tags == ["named-entity-recognition"]
    assert "| pruning | none (dense) |" in dense.text


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("partial-90-random", "90 % at random, little by little while the model was fine-tuned (3,600 of 4,000"),
        ("full-90-before", "90 % by magnitude, all at once before fine-tuning (3,600 of 4,000"),
        ("full-90-after", "90 % by magnitude, all at once after fine-tuning (3,600 of 4,000"),
        ("full-90-rewound", "90 % before fine-tuning, with the zeros of a model that was pruned by magnitude while it"),
        ("partial-50-2to4", "50 % by magnitude, two of each four consecutive weights of a row (3,600 of 4,000"),
        ("partial-90-movement", "90 % by movement (Sanh et al. 2020), little by little while the model was fine-tuned"),
        ("embeddings-90", "90 % by magnitude (3,600 of 4,000 weights are 0), scope embeddings (embeddings)"),
    ],
)
def test_a_card_says_by_which_method_a_model_was_pruned(card, variant, words):
    text = card(variant=variant).text
    assert f"| pruning | {words}" in text
    assert f" weights are 0), scope {variant.split('-')[0]} (" in text


def test_a_card_says_where_a_training_started(card):
    assert (
        "| training | 8250 steps from the dense model's weights in fp32, seed 3 |"
        in card(variant="full-90-recovered").text
    )
    assert "| training | 0 steps from the dense model's weights in fp32" in card(variant="full-90-after", steps=0).text
    for variant in ("dense", "full-90", "full-90-rewound"):
        assert "| training | 8250 steps in fp32, seed 3 |" in card(variant=variant).text


def test_a_card_of_a_model_in_int8_says_what_loads_it(card):
    of_int8 = card(quantised_by="torchao 1.2")
    assert of_int8.data.model_name == "paper-multilingual-partial-90-int8-seed-3"
    assert of_int8.data.tags == ["named-entity-recognition", "pruning", "int8"]
    assert "| pruning | 90 % by magnitude (3,600 of 4,000 weights are 0), scope partial" in of_int8.text
    assert "| quantisation | int8 in the linear layers of the encoder, by torchao 1.2, without which" in of_int8.text
    assert "quantisation" not in card().text


def test_every_method_has_words_on_a_card():
    assert set(PRUNED) == set(PRUNING_METHODS) and set(SCOPES) == set(ALL_SCOPES)
