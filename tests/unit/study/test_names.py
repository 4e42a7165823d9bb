"""What a study's encoder and data set are called."""

import pytest
from ner_pruning.study.names import dataset_name, encoder_name, encoder_origin, hub_ids

ENCODER = {"name": "google-bert/bert-base-multilingual-cased", "folder": None}
DATA = {"repository": "unimelb-nlp/wikiann", "folder": None}


@pytest.mark.parametrize(
    ("encoder", "name", "origin"),
    [
        ({"source": "hub"}, ENCODER["name"], ENCODER["name"]),
        ({"source": "hub", "folder": "/lab/bert"}, ENCODER["name"], ENCODER["name"]),
        ({"source": "local", "folder": "/lab/bert"}, "bert", "/lab/bert"),
        ({"source": "local", "folder": "models/bert/"}, "bert", "models/bert/"),
        ({"source": "random"}, "random weights", None),
    ],
)
def test_names_of_an_encoder(encoder, name, origin):
    config = {"encoder": ENCODER | encoder}
    assert (encoder_name(config), encoder_origin(config)) == (name, origin)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"source": "hub"}, "unimelb-nlp/wikiann"),
        ({"source": "local", "folder": "/lab/panx"}, "panx"),
        ({"source": "synthetic", "folder": "/lab/panx"}, "synthetic text"),
    ],
)
def test_names_of_a_data_set(data, name):
    assert dataset_name({"data": DATA | data}, ["sw", "yo"]) == name


def test_the_languages_of_a_run_may_have_several_data_sets():
    by_language = {"sw": {"source": "synthetic"}, "ha, yo": {"source": "local", "folder": "/lab/own"}}
    config = {"encoder": ENCODER | {"source": "random"}, "data": DATA | {"source": "hub", "by_language": by_language}}
    names = {"en": DATA["repository"], "sw": "synthetic text", "yo": "own"}
    assert {code: dataset_name(config, [code]) for code in names} == names
    assert dataset_name(config, ["yo", "en", "ha", "sw"]) == "own and unimelb-nlp/wikiann and synthetic text"
    assert hub_ids(config, ["sw", "yo"])["datasets"] is None
    assert hub_ids(config, ["sw", "en", "de"])["datasets"] == [DATA["repository"]]


def test_only_what_comes_from_the_hub_has_an_id_there():
    hub, local = {"source": "hub"}, {"source": "local", "folder": "/lab/own"}
    assert hub_ids({"encoder": ENCODER | hub, "data": DATA | local}, ["sw"]) == {
        "base_model": "google-bert/bert-base-multilingual-cased",
        "datasets": None,
    }
    assert hub_ids({"encoder": ENCODER | local, "data": DATA | hub}, ["sw"]) == {
        "base_model": None,
        "datasets": ["unimelb-nlp/wikiann"],
    }
