"""What a study's encoder and data set are called in tables, in model cards and on the Hub."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def encoder_name(config: Mapping[str, Any]) -> str:
    """Return the encoder's name: its id on the Hub, the name of its folder, or "random weights"."""
    encoder = config["encoder"]
    if encoder["source"] == "hub":
        return encoder["name"]
    return Path(encoder["folder"]).name if encoder["source"] == "local" else "random weights"


def encoder_origin(config: Mapping[str, Any]) -> str | None:
    """Return where the encoder is read from: its id on the Hub or its folder, None for random weights."""
    return {"hub": config["encoder"]["name"], "local": config["encoder"]["folder"]}.get(config["encoder"]["source"])


def dataset_name(config: Mapping[str, Any]) -> str:
    """Return the data set's name: its id on the Hub, the name of its folder, or "synthetic text"."""
    data = config["data"]
    if data["source"] == "hub":
        return data["repository"]
    return Path(data["folder"]).name if data["source"] == "local" else "synthetic text"


def hub_ids(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model card's metadata link to on the Hub, None for what does not come from there."""
    return {
        "base_model": encoder_name(config) if config["encoder"]["source"] == "hub" else None,
        "datasets": [dataset_name(config)] if config["data"]["source"] == "hub" else None,
    }
