"""A Hub on this machine with WikiAnn and an encoder, and the Hub's own client set to ask it."""

import io
import os
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hub_layout import hub_file
from hub_server import Hub, Repository
from hub_sources import LANGUAGES, SIZES, Data, Encoder
from huggingface_hub import constants
from ner_pruning.data import synthetic
from ner_pruning.training.encoder import random_encoder
from workflow_copy import COLD

ENCODER_SIZES = {"vocabulary": 400, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 64}


@pytest.fixture(autouse=True)
def cold(monkeypatch) -> None:
    """Have each job import the Hub's client itself, which then reads the environment."""
    for name, value in COLD.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def data_files() -> dict[str, bytes]:
    """WikiAnn's files of LANGUAGES: the real ones where WIKIANN_DIR names them, else synthetic ones."""
    folder = os.environ.get("WIKIANN_DIR")
    files = {"README.md": b"---\nlicense: unknown\n---\n"}
    for language in LANGUAGES:
        corpora = {} if folder else synthetic.generate(language, SIZES, seed=0)
        for split in SIZES:
            name = f"{language}/{split}-00000-of-00001.parquet"
            files[name] = Path(folder, name).read_bytes() if folder else hub_file(corpora[split])
    return files


@pytest.fixture(scope="session")
def encoder_files(tmp_path_factory, data_files) -> dict[str, bytes]:
    """A small encoder as it lies on the Hub, beside files that no study needs."""
    folder = tmp_path_factory.mktemp("encoder")
    texts = pq.read_table(io.BytesIO(data_files["sw/train-00000-of-00001.parquet"]))["tokens"].to_pylist()
    random_encoder(texts, ENCODER_SIZES, 0, folder)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return files | {"README.md": b"# An encoder", "tf_model.h5": b"weights", "onnx/config.json": b"{}"}


@pytest.fixture
def hub(data_files, encoder_files):
    hub = Hub({Data.key: Repository(data_files), Encoder.key: Repository(encoder_files)})
    yield hub
    hub.stop()


@pytest.fixture
def client(hub, tmp_path, monkeypatch):
    """Set the client in this process to ask `hub`, with a cache of its own; it reads the variables at its import only.

    Return the list of the seconds that would have been waited. A chunk is what of a broken transfer is kept; the
    client's is 10 MB.
    """
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "ENDPOINT": hub.endpoint,
        "HUGGINGFACE_CO_URL_TEMPLATE": f"{hub.endpoint}/{{repo_id}}/resolve/{{revision}}/{{filename}}",
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "HF_TOKEN_PATH": str(tmp_path / "token"),
        "HF_HUB_OFFLINE": False,
        "HF_HUB_ETAG_TIMEOUT": 30,
        "HF_HUB_DOWNLOAD_TIMEOUT": 30,
        "DOWNLOAD_CHUNK_SIZE": 1024,
    }.items():
        monkeypatch.setattr(constants, name, value)
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


@pytest.fixture
def impatient(client, monkeypatch):
    """The client, which waits for no answer longer than a server takes that has little else to do."""
    for name in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"):
        monkeypatch.setattr(constants, name, 0.3)
    return client
