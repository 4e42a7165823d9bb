"""No code of a repository runs, and nobody is asked whether it may."""

import ast
import builtins
import json
import shutil
from pathlib import Path

import pytest
from ner_pruning.data.tokenization import load_tokenizer
from ner_pruning.files import InputError, read_json
from ner_pruning.training.encoder import fetch_encoder, random_encoder
from ner_pruning.training.encoder_check import settle_packing
from ner_pruning.training.model import load_encoder, load_trained
from ner_pruning.training.tokenizer import SENTENCES
from tokenizers import Tokenizer
from transformers import AutoTokenizer

ROOT = Path(__file__).parents[2]
SIZES = {"vocabulary": 500, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 64}
CODE = """
from pathlib import Path
from transformers import {base}

Path({marker!r}).touch()


class Gizmo({base}):
    pass
"""
MODEL_CODE = {"AutoConfig": "code.Gizmo", "AutoModel": "code.Gizmo", "AutoModelForTokenClassification": "code.Gizmo"}

TOKENIZER_CODE = {"auto_map": {"AutoTokenizer": [None, "code.Gizmo"]}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An encoder with code beside it that would leave the file `ran`; who is asked says yes, and that is noted."""

    def answer(question=""):
        (tmp_path / "asked").write_text(question)
        return "y"

    monkeypatch.setattr(builtins, "input", answer)
    random_encoder(SENTENCES, SIZES, 0, tmp_path / "encoder")
    code = CODE.format(base="BertConfig", marker=str(tmp_path / "ran"))
    (tmp_path / "encoder" / "code.py").write_text(code)
    yield tmp_path / "encoder"
    assert not (tmp_path / "asked").exists(), "someone was asked"
    assert not (tmp_path / "ran").exists(), "code of the repository ran"


def configure(folder: Path, name: str, **values) -> None:
    (folder / name).write_text(json.dumps(read_json(folder / name) | values))


@pytest.mark.parametrize("load", [load_encoder, load_trained, settle_packing], ids=["training", "prediction", "check"])
def test_a_model_of_its_own_code_is_refused_wherever_it_is_loaded(folder, load):
    configure(folder, "config.json", model_type="gizmo", auto_map=MODEL_CODE)
    calls = {
        load_encoder: lambda: load_encoder(folder, dropout=0.0, seed=0),
        load_trained: lambda: load_trained(folder / "config.json", {}),
        settle_packing: lambda: settle_packing(folder, 60),
    }
    with pytest.raises(InputError, match=r"config\.json: The repository .* contains custom code") as error:
        calls[load]()
    assert "\n" not in str(error.value)


def test_a_repository_with_a_model_of_its_own_code_is_refused_in_one_line(folder, tmp_path):
    configure(folder, "config.json", model_type="gizmo", auto_map=MODEL_CODE)
    with pytest.raises(InputError) as error:
        fetch_encoder(str(folder), None, tmp_path / "out")
    assert str(error.value) == (
        f"encoder: {folder}: its config.json cannot be loaded (ValueError: The repository {folder} contains custom "
        "code which must be executed to correctly load the model)"
    )


@pytest.mark.parametrize("auto_map", [MODEL_CODE, {"AutoConfig": "code.BertConfig", "AutoModel": "code.Gizmo"}])
def test_a_model_of_its_own_code_under_the_type_of_another_is_refused(folder, tmp_path, auto_map):
    configure(folder, "config.json", auto_map=auto_map)  # as some give `bert` as the type of what is none
    with pytest.raises(InputError) as error:
        fetch_encoder(str(folder), None, tmp_path / "out")
    assert str(error.value) == (
        f"encoder: {folder}: its model is code of the repository (code.Gizmo), which is not run; expected a model that "
        "transformers has"
    )


def test_a_tokenizer_that_is_its_own_code_is_refused(folder, tmp_path):
    """transformers would take the class that is usual for the type of the model in its place."""
    configure(folder, "tokenizer_config.json", tokenizer_class="BertTokenizer", do_lower_case=False, **TOKENIZER_CODE)
    vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    (folder / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.get)), encoding="utf-8")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(InputError) as error:
        fetch_encoder(str(folder), None, tmp_path / "out")
    assert str(error.value) == (
        f"encoder: {folder}: its tokenizer is code of the repository, which is not run; expected tokenizer.json"
    )


def test_a_tokenizer_of_its_own_code_is_read_as_its_tokenizer_json_says(folder, tmp_path):
    configure(folder, "tokenizer_config.json", tokenizer_class="GizmoTokenizer", **TOKENIZER_CODE)
    fetch_encoder(str(folder), None, tmp_path / "out")
    assert "auto_map" not in read_json(tmp_path / "out" / "tokenizer_config.json")
    own, other = (load_tokenizer(path / "tokenizer.json", 60) for path in (folder, tmp_path / "out"))
    for words in SENTENCES:
        assert own.encode(words, is_pretokenized=True).ids == other.encode(words, is_pretokenized=True).ids


def test_the_encoder_of_a_known_type_names_no_code_once_it_is_fetched(folder, tmp_path):
    own = {"AutoConfig": "code.BertConfig", "AutoModel": "code.BertModel", "AutoModelForMaskedLM": "code.Gizmo"}
    configure(folder, "config.json", auto_map=own)
    configure(folder, "tokenizer_config.json", **TOKENIZER_CODE)
    fetch_encoder(str(folder), None, tmp_path / "out")
    settle_packing(tmp_path / "out", 60)
    shutil.rmtree(folder)
    assert "auto_map" not in read_json(tmp_path / "out" / "config.json")
    assert "auto_map" not in read_json(tmp_path / "out" / "tokenizer_config.json")
    assert AutoTokenizer.from_pretrained(tmp_path / "out", trust_remote_code=False).is_fast


def loading_calls(path: Path) -> list[ast.Call]:
    """The calls that load something by a class of transformers that takes code of a repository: Auto…, or one chosen
    by the config; as a call of their own or handed to another function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {"from_pretrained", "from_config"}
    return [
        call
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and any(isinstance(part, ast.Attribute) and part.attr in names for part in (call.func, *call.args))
    ]


def test_no_call_that_loads_a_model_or_a_tokenizer_leaves_it_open_whether_code_runs():
    calls = {}
    for folder in ("workflow", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            calls |= {f"{path.relative_to(ROOT)}:{call.lineno}": call for call in loading_calls(path)}
    assert len(calls) > 10
    for place, call in calls.items():
        values = {keyword.arg: keyword.value for keyword in call.keywords}
        if any(isinstance(part, ast.Attribute) and part.attr == "from_pretrained" for part in call.args):
            continue  # of `timed(Auto….from_pretrained, seconds)(…)`, whose outer call has the keyword
        assert "trust_remote_code" in values, place
        assert ast.literal_eval(values["trust_remote_code"]) is False, place
