"""Data set and encoder as a study takes them from the Hub: through the scripts of its rules."""

import io
import json
from pathlib import Path

import build_encoder
import language_data
import pyarrow.parquet as pq
import resolve_revision
from hub_server import COMMIT
from ner_pruning.data.sources import SPLITS
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.study.layout import ENCODER_FILES
from safetensors.torch import load, load_file

LANGUAGES = ("sw", "yo")
SIZES = {"train": 60, "validation": 30, "test": 30}
"""Numbers of sentences of synthetic data; those of real data are other ones."""


class Data:
    """The data set, as a study takes it from the Hub."""

    kind = "dataset"
    name, key, large = "unimelb-nlp/wikiann", "datasets/unimelb-nlp/wikiann", "sw/train-00000-of-00001.parquet"
    what = f"{name}, language sw (revision {COMMIT})"

    @classmethod
    def fetch(cls, folder: Path, revision: str = COMMIT, language: str = "sw") -> Path:
        """Write the three splits to a folder, and the commit to its source.json; return the folder."""
        resolve_revision.main(str(folder / "source.json"), cls.name, revision, cls.kind)
        out_paths = {split: str(folder / f"{split}.parquet") for split in SPLITS}
        language_data.main(out_paths, "hub", language, str(folder / "source.json"), SIZES, True)
        return folder

    @staticmethod
    def check(folder: Path, files: dict[str, bytes]) -> None:
        """Compare the splits in a folder with the files that were served."""
        for split in SPLITS:
            table = pq.read_table(io.BytesIO(files[f"sw/{split}-00000-of-00001.parquet"]))
            corpus = read_corpus(folder / f"{split}.parquet")
            assert corpus.tokens == table["tokens"].to_pylist()
            assert corpus.tags == table["ner_tags"].to_pylist()


class Encoder:
    """The encoder, as a study takes it from the Hub."""

    kind = "model"
    name, key, large = "some/encoder", "models/some/encoder", "model.safetensors"
    what = f"encoder: {name} (revision {COMMIT})"

    @classmethod
    def fetch(cls, folder: Path, revision: str = COMMIT) -> Path:
        """Write the encoder to the folder's `encoder`, and the commit to its source.json; return the folder."""
        resolve_revision.main(str(folder / "source.json"), cls.name, revision, cls.kind)
        build_encoder.main("hub", cls.name, None, str(folder / "source.json"), [], 64, str(folder / "encoder"))
        return folder

    @staticmethod
    def check(folder: Path, files: dict[str, bytes]) -> None:
        """Compare the encoder in a folder with the files that were served."""
        assert {path.name for path in (folder / "encoder").iterdir()} - {"source.json"} == set(ENCODER_FILES)
        served, fetched = load(files["model.safetensors"]), load_file(folder / "encoder/model.safetensors")
        assert set(served) == set(fetched)
        assert all(served[name].equal(fetched[name]) for name in served)
        served, fetched = files["tokenizer.json"], (folder / "encoder/tokenizer.json").read_bytes()
        assert json.loads(served)["model"]["vocab"] == json.loads(fetched)["model"]["vocab"]
