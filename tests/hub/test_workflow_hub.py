"""The rules of data and encoder in Snakemake, with the variables that a user sets."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hub_server import COMMIT, Hub, Repository
from hub_sources import LANGUAGES, Data, Encoder
from ner_pruning.data.wikiann import read_corpus

ROOT = Path(__file__).parents[2]
PARTS = (
    *("Snakefile", "config.yaml", "requirements.lock", "requirements-int8.txt"),
    *("workflow", "studies", "profiles", "resources", "envs"),
)
STUDY = {
    "languages": [*LANGUAGES],
    "monolingual": ["sw"],
    "data": {"source": "hub", "revision": "main", "allow_other_sizes": True},
    "encoder": {"source": "hub", "name": Encoder.name, "revision": "main", "random": None},
    "tables": {"examples": ["sw"]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A copy of the workflow."""
    folder = tmp_path_factory.mktemp("workflow")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return folder


def run(folder, study, targets, changes=None, **variables):
    """Run the files `targets` of a study's results with some environment variables; return what snakemake did."""
    overlay = folder / f"{study}.yaml"
    overlay.write_text(yaml.safe_dump({**STUDY, **(changes or {}), "study": study}))
    paths = [f"results/{study}/{target}" for target in targets]
    command = [sys.executable, "-m", "snakemake", *paths, "--cores", "4", "--configfile", "studies/tiny.yaml", overlay]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    environment |= {"HF_HOME": str(folder / "home"), "PYTHONDONTWRITEBYTECODE": "1", **variables}
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_a_study_from_the_hub_and_the_next_without_it(hub, folder, data_files, encoder_files):
    """All languages and the encoder at once; then another study offline, and one that lacks a language."""
    targets = [*(f"data/{language}/train.parquet" for language in LANGUAGES), "encoder/config.json"]
    done = run(folder, "first", targets, HF_ENDPOINT=hub.endpoint)
    assert done.returncode == 0, done.stdout
    results = folder / "results/first"
    Data.check(results / "data/sw", data_files)
    assert yaml.safe_load((results / "data/source.json").read_text())["commit"] == COMMIT
    Encoder.check(results, encoder_files)
    assert yaml.safe_load((results / "encoder/source.json").read_text())["commit"] == COMMIT
    downloads = [request.path for request in hub.asked("GET", "/storage/")]
    assert len(downloads) == len(set(downloads)) == 3 * len(LANGUAGES) + 1

    hub.stop()
    pinned = {"data": STUDY["data"] | {"revision": COMMIT}, "languages": ["sw", "yo", "hi"]}
    targets = ["data/sw/train.parquet", "data/hi/train.parquet"]
    done = run(folder, "second", targets, pinned, HF_ENDPOINT=hub.endpoint, HF_HUB_OFFLINE="1")
    assert done.returncode != 0
    Data.check(folder / "results/second/data/sw", data_files)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Error: ")]
    assert line == f"Error: {Data.name}, language hi (revision {COMMIT}): has no file hi/*.parquet"
    assert line in (folder / "results/second/logs/language_data/hi.log").read_text()


def shard(words, tags, names) -> bytes:
    """Return a Parquet file with other columns than WikiAnn's, and tag names in an order of its own."""
    feature = {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "List"}
    description = json.dumps({"info": {"features": {"ner": feature}}})
    buffer = io.BytesIO()
    table = pa.table({"id": ["0"] * len(words), "words": words, "ner": tags})
    pq.write_table(table.replace_schema_metadata({"huggingface": description}), buffer)
    return buffer.getvalue()


def test_a_data_set_with_other_names_and_columns(folder, encoder_files):
    """Splits named by language in one folder, with hashes in the names of files; the config says it all."""
    names = ["I-DATE", "B-DATE", "O", "B-LOC", "I-LOC"]
    files = {"README.md": b"# NER"}
    for language, word in (("swa", "Lamu"), ("yor", "Eko")):
        for split in ("train", "val", "test"):
            for number in range(2):
                name = f"data/{split}_{language}-{number:05d}-of-00002-0a1b2c3d4e5f6789.parquet"
                files[name] = shard(
                    [[split, word, "Mei"], [word]] * (1 + number), [[2, 3, 1], [3]] * (1 + number), names
                )
    hub = Hub({"datasets/someone/ner": Repository(files), Encoder.key: Repository(encoder_files)})
    data = STUDY["data"] | {
        "repository": "someone/ner",
        "path": "data/{split}_{language}",
        "names": {"sw": "swa", "yo": "yor"},
        "splits": {"validation": "val"},
        "columns": {"tokens": "words", "tags": "ner"},
        "entity_types": ["LOC", "DATE"],
        "allow_other_sizes": False,  # they are not in Table 1
    }
    try:
        done = run(
            folder,
            "others",
            ["data/sw/train.parquet", "data/yo/test.parquet"],
            {"data": data},
            HF_ENDPOINT=hub.endpoint,
        )
        asked = [request.path for request in hub.asked("GET", "/storage/")]
    finally:
        hub.stop()
    assert done.returncode == 0, done.stdout
    corpus = read_corpus(folder / "results/others/data/sw/train.parquet")
    assert corpus.types == ("LOC", "DATE")
    assert corpus.tokens == [["train", "Lamu", "Mei"], ["Lamu"]] * 3
    assert corpus.tags == [[0, 1, 3], [1]] * 3
    assert read_corpus(folder / "results/others/data/yo/test.parquet").tokens[0] == ["test", "Eko", "Mei"]
    assert len(asked) == len(set(asked)) == 12  # of each language its six files, and no other
