"""A config and the files that it names, checked before any job runs."""

import json
from pathlib import Path

import pytest
import yaml
from jobs.errors import one_line_errors
from jobs.study_files import check_study_files
from ner_pruning.files import InputError
from study_configs import PAPER, SCHEMA, merged

ROOT = Path(__file__).parents[3]
RESOURCES = ([ROOT / "resources/languages.tsv", ROOT / "resources/more_languages.tsv"], ROOT / "resources/paper_f1.csv")
TINY = merged(PAPER, yaml.safe_load((ROOT / "studies/tiny.yaml").read_text()))


@pytest.fixture
def local(tmp_path) -> dict:
    """The tiny study on data and an encoder in folders, and F1 by others."""
    data, encoder = tmp_path / "data", tmp_path / "encoder"
    data.mkdir()
    encoder.mkdir()
    for language in ("hi", "mr"):
        for split in ("train", "dev", "test"):
            (data / f"{split}-{language}.tsv").touch()
    (encoder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    for name in ("model.safetensors", "tokenizer.json", "README.md"):
        (encoder / name).touch()
    (tmp_path / "others.csv").write_text("language,f1\nhi,0.8\n")
    return merged(
        TINY,
        {
            "data": {"source": "local", "folder": str(data)},
            "encoder": {"source": "local", "folder": str(encoder)},
            "reference": str(tmp_path / "others.csv"),
        },
    )


def check(config):
    return check_study_files(config, SCHEMA, *RESOURCES)


def test_files_of_a_study_in_folders(local, tmp_path):
    files = check(local)
    assert len(files.table) == 333 and files.table["hi"].name == "Hindi" and files.languages == []
    assert len(files.published) > 100
    assert files.data == {
        code: {
            split: [tmp_path / f"data/{name}-{code}.tsv"]
            for split, name in {"train": "train", "validation": "dev", "test": "test"}.items()
        }
        for code in ("hi", "mr")
    }
    names = ("config.json", "model.safetensors", "tokenizer.json")  # not README.md
    assert files.encoder == [tmp_path / "encoder" / name for name in names]
    assert files.equal_budget == []


def test_files_of_another_study(local, tmp_path):
    names = ("config.yaml", "groups.csv", "replicates.parquet")
    other = merged(local, {"equal_budget": str(tmp_path)})
    for name in names[:2]:
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="no replicates.parquet; expected in `equal_budget`"):
        check(other)
    (tmp_path / names[2]).touch()
    assert check(other).equal_budget == [tmp_path / name for name in names]


def test_a_study_that_reads_no_folder_names_no_files_and_its_numbers_are_floats():
    config = merged(TINY, {"replacement": {"share": 1}})
    files = check(config)
    assert (files.data, files.encoder) == ({}, [])
    assert repr(config["replacement"]["share"]) == "1.0"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": []}, r"config: seeds: \[\] is wrong"),
        ({"data": {"folder": "/nowhere"}}, "/nowhere: no such folder; expected the data of `data: folder`"),
        ({"encoder": {"folder": "/nowhere"}}, "/nowhere: no such folder; expected the folder of a model"),
        ({"reference": "/nowhere.csv"}, "/nowhere.csv: not a readable CSV file"),
        ({"reference": "{hi}.csv"}, r"\{hi\}\.csv: `reference` has \{ in its name"),
        (
            {"equal_budget": "/nowhere"},
            "/nowhere: no config.yaml; expected in `equal_budget` the results of a finished study",
        ),
    ],
)
def test_the_first_fault_is_named(local, changes, message):
    with pytest.raises(InputError, match=f"^{message}"):
        check(merged(local, changes))


@pytest.mark.parametrize(
    ("key", "message"), [("data", "a file of `data: folder`"), ("encoder", "a file of `encoder: folder`")]
)
def test_a_folder_whose_name_snakemake_would_fill_in_is_refused(local, tmp_path, key, message):
    (tmp_path / key).rename(tmp_path / "<run>")
    with pytest.raises(InputError, match=f"{message} has <run> in its name"):
        check(merged(local, {key: {"folder": str(tmp_path / "<run>")}}))


def test_a_wrong_input_ends_the_call_with_one_line():
    with pytest.raises(SystemExit) as end, one_line_errors():
        raise InputError("seeds: [] is wrong")
    assert end.value.code == "Error: seeds: [] is wrong"
    with pytest.raises(ValueError), one_line_errors():
        raise ValueError("a fault of the code keeps its traceback")
