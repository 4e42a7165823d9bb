"""What a study's encoder and data set are called in tables, in model cards and on the Hub."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ner_pruning.study.data_form import sources


def encoder_name(config: Mapping[str, Any]) -> str:
    """Return the encoder's name: its id on the Hub, the name of its folder, or "random weights"."""
    encoder = config["encoder"]
    if encoder["source"] == "hub":
        return encoder["name"]
    return Path(encoder["folder"]).name if encoder["source"] == "local" else "random weights"


def encoder_origin(config: Mapping[str, Any]) -> str | None:
    """Return where the encoder is read from: its id on the Hub or its folder, None for random weights."""
    return {"hub": config["encoder"]["name"], "local": config["encoder"]["folder"]}.get(config["encoder"]["source"])


def dataset_name(config: Mapping[str, Any], languages: Sequence[str]) -> str:
    """Return the name of some languages' data set, or the names of several: "wikiann and synthetic text"."""
    return " and ".join(dict.fromkeys(map(_name, sources(config["data"], languages))))


def _name(data: Mapping[str, Any]) -> str:
    """Return a data set's name: its id on the Hub, the name of its folder, or "synthetic text"."""
    if data["source"] == "hub":
        return data["repository"]
    return Path(data["folder"]).name if data["source"] == "local" else "synthetic text"


def hub_ids(config: Mapping[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    """Return what the metadata of a model of some languages link to on the Hub, None for what is not from there."""
    found = [data["repository"] for data in sources(config["data"], languages) if data["source"] == "hub"]
    return {
        "base_model": encoder_name(config) if config["encoder"]["source"] == "hub" else None,
        "datasets": list(dict.fromkeys(found)) or None,
    }
