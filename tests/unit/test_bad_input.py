"""Wrong configs, overlays, encoders and data files: the one line that each ends in, word for word.

What is not here is in test_config, test_encoder, test_sources and test_wikiann; workflow/test_errors and
workflow/test_bad_overlays have what only a call of Snakemake shows.
"""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import encode_test_sets
import language_data
import perturb
import predict
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import score
import test_sets
import torch
from ner_pruning.claims.paper_scores import check_reference
from ner_pruning.data.sources import SPLITS, check_sizes, encoder_files, source_files
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.files import InputError
from ner_pruning.scoring.prediction_files import read_predictions
from ner_pruning.study.config import check_as_written, check_config
from ner_pruning.study.languages import WRITE, read_languages
from ner_pruning.training.encoder import fetch_encoder, random_encoder
from ner_pruning.training.encoder_check import settle_packing
from ner_pruning.training.model import load_encoder
from read_corpora import from_folder
from safetensors.torch import load_file, save_file
from study_configs import ROOT, SCHEMA, TABLE, TINY, merged
from transformers import (
    BartConfig,
    BartModel,
    BertConfig,
    BertForTokenClassification,
    CanineConfig,
    CanineModel,
    CanineTokenizer,
    GPT2Config,
    GPT2Model,
)

ROW = TINY["schedules"][0]

INTEGER = "it must be a whole number without decimal point or exponent"
NAME = "a name of letters a-z and A-Z, digits, '.', '_' and '-' that begins with a letter or digit"
MAPPING = "it must be a mapping of keys to values"
CODE = "a code of lower-case letters and digits, with '-' or '_' between its parts, such as en or zh-yue"


# Configs, laid on tiny.yaml

CONFIGS = [
    # misspelt keys
    ({"data": {"foldr": "x"}}, "data: unknown key 'foldr'; allowed: source, repository, revision, folder, "),
    ({"data": {"synthetic": {"size": {}}}}, "data.synthetic: unknown key 'size'; allowed: seed, sizes"),
    (
        {"data": {"synthetic": {"sizes": {"hi": {"tran": 1}}}}},
        "data.synthetic.sizes.hi: unknown key 'tran'; allowed: train, validation, test",
    ),
    ({"data": {"synthetic": {"sizes": {"hii": {}}}}}, "data.synthetic.sizes.hii: the key 'train' is missing"),
    (
        {"data": {"synthetic": {"sizes": {"hj": {"train": 1, "validation": 1, "test": 1}}}}},
        f"data.synthetic.sizes: no row for the language 'hj'; {WRITE}",
    ),
    (
        {"encoder": {"random": {"head": 2}}},
        "encoder.random: unknown key 'head'; allowed: seed, vocabulary, hidden, layers, heads, feed_forward, positions",
    ),
    ({"finetuning": {"epoch": 2}}, "finetuning: unknown key 'epoch'; allowed: epochs, learning_rate, max_length, "),
    (
        {"schedules": [ROW | {"batch": 8}]},
        "schedules.0: unknown key 'batch'; allowed: up_to, batch_size, steps, start, end, frequency",
    ),
    ({"schedules": [{"up_to": 100}]}, "schedules.0: the key 'batch_size' is missing"),
    ({"bootstrap": {"samples": 500}}, "bootstrap: unknown key 'samples'; allowed: seed, resamples"),
    ({"chance_floor": {"draws": 100}}, "chance_floor: unknown key 'draws'; allowed: seed, derangements"),
    ({"diagnosis": {"factor": 2}}, "diagnosis: unknown key 'factor'; allowed: floor_factor"),
    ({"tables": {"example": []}}, "tables: unknown key 'example'; allowed: examples, sentences"),
    ({"replacement": {"seeds": 0}}, "replacement: unknown key 'seeds'; allowed: seed, share, pool_split, "),
    # wrong types
    ({"seeds": [1.0]}, f"seeds.0: 1.0 is wrong: {INTEGER}"),
    ({"seeds": [True]}, f"seeds.0: true is wrong: {INTEGER}"),
    ({"seeds": ["1"]}, f"seeds.0: '1' is wrong: {INTEGER}, without quotes"),
    ({"seeds": None}, "seeds: null is wrong: it must be a list"),
    ({"seeds": [4294967296]}, "seeds.0: 4294967296 is wrong: it must be at most 4294967295"),
    ({"pruning": {"sparsities": 50}}, "pruning.sparsities: 50 is wrong: it must be a list"),
    ({"pruning": {"sparsities": [50.0]}}, f"pruning.sparsities.0: 50.0 is wrong: {INTEGER}"),
    ({"pruning": {"sparsities": [50.5]}}, f"pruning.sparsities.0: 50.5 is wrong: {INTEGER}"),
    ({"pruning": {"sparsities": ["1e9"]}}, f"pruning.sparsities.0: '1e9' is wrong: {INTEGER}"),
    (
        {"pruning": {"sparsities": [10**9]}},
        "pruning.sparsities.0: 1000000000 is wrong: it must be at most 99",
    ),
    (
        {"pruning": {"sparsities": [50, 50]}},
        "pruning.sparsities: [50, 50] is wrong: it must be a list without repetitions",
    ),
    ({"pruning": {"classifier": 0}}, "pruning.classifier: 0 is wrong: it must be true or false"),
    ({"pruning": None}, f"pruning: null is wrong: {MAPPING}"),
    ({"pruning": [50]}, f"pruning: [50] is wrong: {MAPPING}"),
    ({"finetuning": {"learning_rate": True}}, "finetuning.learning_rate: true is wrong: it must be a finite number"),
    (
        {"finetuning": {"learning_rate": float("nan")}},
        "finetuning.learning_rate: nan is wrong: it must be a finite number",
    ),
    (
        {"finetuning": {"learning_rate": "1e-3"}},
        "finetuning.learning_rate: '1e-3' is wrong: it must be a finite number: YAML reads an exponent only with a "
        "point before it and a sign, as in 1.0e-5",
    ),
    ({"finetuning": {"epochs": 2.0}}, f"finetuning.epochs: 2.0 is wrong: {INTEGER}"),
    (
        {"finetuning": {"gradient_clipping": float("inf")}},
        "finetuning.gradient_clipping: inf is wrong: it must be a finite number",
    ),
    (
        {"replacement": {"share": "0.5"}},
        "replacement.share: '0.5' is wrong: it must be a finite number, without quotes",
    ),
    ({"encoder": {"revision": 1234567}}, "encoder.revision: 1234567 is wrong: it must be a text, in quotes"),
    ({"study": date(2024, 1, 1)}, "study: datetime.date(2024, 1, 1) is wrong: it must be a text, in quotes"),
    (
        {"data": {"source": "local", "folder": "x", "columns": {"tokens": 0}}},
        "data.columns: 0 is wrong: columns of text are counted from 1, or from -1 for the last",
    ),
    (
        {"data": {"source": "local", "folder": "x", "path": "x**/{split}"}},
        "data.path: 'x**/{split}' is wrong: it must be a path in the folder or repository, with {language} and {split}",
    ),
    (
        {"data": {"labels": ["O", "B-A", "B-A"]}},
        "data.labels: ['O', 'B-A', 'B-A'] is wrong: it must be a list without repetitions",
    ),
    (
        {"data": {"entity_types": ["strict"]}},
        "data.entity_types.0: 'strict' is wrong: it must be a name without spaces, such as PER, and not strict, which "
        "a column of the scores ends with",
    ),
    (
        {"fewer_runs": {False: {"seeds": [1]}}},
        "fewer_runs: false is not in the training sets: hi; YAML reads no, yes, on and off as true or false unless in "
        "quotes",
    ),
    ({"data": {"folder": ["a"]}}, "data.folder: ['a'] is wrong: it must be a text or null"),
    ({"data": {"folder": ""}}, "data.folder: '' is wrong: it must be a text that is not empty"),
    # names and languages
    ({"study": "my study"}, f"study: 'my study' is wrong: it must be {NAME}"),
    ({"study": "runs/mine"}, f"study: 'runs/mine' is wrong: it must be {NAME}"),
    ({"study": "mine\n"}, f"study: 'mine\\n' is wrong: it must be {NAME}"),
    ({"study": "x" * 101}, f"study: '{'x' * 76}... is wrong: it must be a text of at most 100 characters"),
    ({"study": None}, "study: null is wrong: it must be a text"),
    ({"languages": "hi"}, "languages: 'hi' is wrong: it must be a list"),
    ({"languages": []}, "languages: [] is wrong: it must be a list of at least 1"),
    (
        {"languages": ["hi", "HI"]},
        f"languages.1: 'HI' is wrong: it must be {CODE}",
    ),
    ({"monolingual": ["hi", "hi"]}, "monolingual: ['hi', 'hi'] is wrong: it must be a list without repetitions"),
    ({"monolingual": None}, "monolingual: null is wrong: it must be a list"),
    (
        {"perturbations": ["in-script", "in-script"]},
        "perturbations: ['in-script', 'in-script'] is wrong: it must be a list without repetitions",
    ),
    # schedules
    ({"schedules": [ROW | {"start": 9}]}, "schedules.0.start: 9 is wrong: it must be less than end (6)"),
    ({"schedules": [ROW | {"start": 0}]}, "schedules.0.start: 0 is wrong: it must be more than 0"),
    ({"schedules": [ROW | {"batch_size": 8.0}]}, f"schedules.0.batch_size: 8.0 is wrong: {INTEGER}"),
    (
        {"schedules": [ROW, ROW | {"up_to": 99}]},
        "schedules.1.up_to: 99 is wrong: rows must ascend by up_to",
    ),
    (
        {"schedules": [ROW | {"end": 7}]},
        "schedules: pruning of hi ends at step 7, but 24 sentences in batches of 8 over 2 epochs are 6 steps",
    ),
    (
        {"finetuning": {"warmup_steps": 6}},
        "finetuning.warmup_steps: 6 is wrong: it must be less than the steps of each training set, and of hi 24 "
        "sentences in batches of 8 over 2 epochs are 6 steps",
    ),
    # the rest
    ({"finetuning": {"max_length": 2}}, "finetuning.max_length: 2 is wrong: it must be at least 3"),
    ({"finetuning": {"adam_beta2": 1}}, "finetuning.adam_beta2: 1 is wrong: it must be less than 1"),
    ({"finetuning": {"weight_decay": -1}}, "finetuning.weight_decay: -1 is wrong: it must be at least 0"),
    ({"finetuning": {"threads": 0}}, "finetuning.threads: 0 is wrong: it must be at least 1"),
    ({"finetuning": {"device": "gpu"}}, "finetuning.device: 'gpu' is wrong: it must be one of auto, cpu, cuda"),
    ({"encoder": {"random": {"vocabulary": 99}}}, "encoder.random.vocabulary: 99 is wrong: it must be at least 100"),
    ({"replacement": {"pool_split": "dev"}}, "replacement.pool_split: 'dev' is wrong: it must be one of test, train, "),
    ({"bootstrap": {"resamples": 1099}}, "bootstrap.resamples: 1099 is wrong: it must be at least 1100"),
    ({"bootstrap": {"seed": -1}}, "bootstrap.seed: -1 is wrong: it must be at least 0"),
    ({"diagnosis": {"floor_factor": -1}}, "diagnosis.floor_factor: -1 is wrong: it must be more than 0"),
    ({"tables": {"examples": ["hj"]}}, f"tables.examples: no row for the language 'hj'; {WRITE}"),
    (
        {"tables": {"examples": ["hi", "hi"]}},
        "tables.examples: ['hi', 'hi'] is wrong: it must be a list without repetitions",
    ),
    ({"tables": {"sentences": 0}}, "tables.sentences: 0 is wrong: it must be at least 1"),
    ({"export": "hi/dense/seed-1"}, "export: 'hi/dense/seed-1' is wrong: it must be a list"),
    (
        {"export": ["hi/dense/seed-1\n"]},
        "export.0: 'hi/dense/seed-1\\n' is wrong: it must be training set/variant/seed-number, such as hi/dense/seed-1",
    ),
    ({"export": ["hi/dense/seed-01"]}, "export: hi/dense/seed-01: 'seed-01' is not in the seeds: seed-1"),
    ({"reference": ["a.csv"]}, "reference: ['a.csv'] is wrong: it must be a text or null"),
    ({"fewer_runs": []}, f"fewer_runs: [] is wrong: {MAPPING}"),
    ({"fewer_runs": {"hi": None}}, f"fewer_runs.hi: null is wrong: {MAPPING}"),
    ({"fewer_runs": {"multilingual": {"seeds": [1]}}}, "fewer_runs: 'multilingual' is not in the training sets: hi"),
    (
        {"fewer_runs": {"hi": {"seeds": [1, 1]}}},
        "fewer_runs.hi.seeds: [1, 1] is wrong: it must be a list without repetitions",
    ),
]


@pytest.mark.parametrize("overlay, line", CONFIGS, ids=[line.split(" ")[0] for _, line in CONFIGS])
def test_a_config(overlay, line):
    with pytest.raises(InputError) as error:
        check_config(merged(TINY, overlay), SCHEMA, TABLE)
    expected = f"config: {line}"
    assert str(error.value)[: len(expected) if line.endswith(", ") else None] == expected  # a list may go on
    assert "\n" not in str(error.value)


def test_a_training_set_that_is_never_pruned_needs_no_steps_for_it():
    late = {"schedules": [ROW | {"end": 7}], "fewer_runs": {"hi": {"scopes": [], "sparsities": []}}}
    check_config(merged(TINY, late), SCHEMA, TABLE)


# Keys given twice

REPEATED = [
    ("seeds: [1]\nstudy: a\nseeds: [2]\n", "line 3: the key 'seeds' is in line 1 already; expected it once"),
    (
        "pruning:\n  scopes: [full]\n  curve: linear\n  scopes: [partial]\n",
        "line 4: the key 'scopes' is in line 2 already; expected it once",
    ),
    ("pruning: {scopes: [full], scopes: []}\n", "line 1: the key 'scopes' is in line 1 already; expected it once"),
    (
        "schedules:\n  - {up_to: 1}\n  -\n    end: 2\n    end: 3\n",
        "line 5: the key 'end' is in line 4 already; expected it once",
    ),
    ('{\n\t"study": "a",\n\t"study": "b"\n}', "line 3: the key 'study' is in line 2 already; expected it once"),
    (
        "\ufeffstudy: a\r\nseeds: [1]\r\nstudy: b\r\n",
        "line 3: the key 'study' is in line 1 already; expected it once",
    ),
]


@pytest.mark.parametrize("text, line", REPEATED)
def test_an_overlay_with_a_key_twice(text, line):
    with pytest.raises(InputError) as error:
        check_as_written(text, "studies/mine.yaml")
    assert str(error.value) == f"studies/mine.yaml: {line}"


@pytest.mark.parametrize("written, read", [("1:3", 63), ("010", 8), ("-1:30:00", -5400), ("00", 0), ("0_7", 7)])
def test_a_number_that_yaml_reads_to_another_base(written, read):
    with pytest.raises(InputError) as error:
        check_as_written(f"study: mine\nseeds: [{written}]\n", "mine.yaml")
    expected = "expected a number to base 10 without zeros before it, or a text in quotes"
    assert str(error.value) == f"mine.yaml: line 2: YAML reads {written} as {read}; {expected}"
    check_as_written(f"seeds: ['{written}', 0, 10, 1_000, 1.0, -3]", "mine.yaml")


def test_keys_of_one_name_in_other_mappings():
    check_as_written((ROOT / "config.yaml").read_text(), "config.yaml")
    check_as_written("{}", "empty.json")
    check_as_written("a: &same {seed: 1}\nb: {seed: 1, c: *same}\n", "anchors.yaml")


# Languages and reference files


def test_a_language_with_two_rows(tmp_path):
    path = tmp_path / "languages.tsv"
    rows = (ROOT / "resources/languages.tsv").read_text().splitlines()
    path.write_text("\n".join([*rows, rows[2]]) + "\n")
    with pytest.raises(InputError) as error:
        read_languages(path)
    assert str(error.value) == f"{path}: line 42: a second row of ar; expected one row per language"


def test_a_reference_of_other_languages():
    with pytest.raises(InputError) as error:
        check_reference({"English": 0.8, "German": 0.7}, ["en", "de"], "xtreme.csv")
    assert str(error.value) == (
        "xtreme.csv: language: none of English, German is in the study; expected codes such as en"
    )
    check_reference({"en": 0.8, "fr": 0.7}, ["en", "de"], "xtreme.csv")


# Folders

NO_FOLDER = {
    "~/wikiann": "no such folder; expected {}; ~ and $NAME are not expanded",
    "$HOME/wikiann": "no such folder; expected {}; ~ and $NAME are not expanded",
    r"C:\data\wikiann": "no such folder; expected {}",
    __file__: "not a folder; expected {}",
}


@pytest.mark.parametrize("folder, line", NO_FOLDER.items())
def test_a_folder_that_is_none(folder, line):
    data, encoder = "the data of `data: folder`", "the folder of a model in `encoder: folder`"
    for find, expected in ((lambda: source_files(folder, "sw"), data), (lambda: encoder_files(folder), encoder)):
        with pytest.raises(InputError) as error:
            find()
        assert str(error.value) == f"{folder}: {line.format(expected)}"


# Encoders, as the workflow treats those of a folder: looked at before any job runs, then copied and tried

SIZES = {"vocabulary": 300, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 64}
TEXTS = [["Ann", "lives", "in", "Rome"], ["दिल्ली", "में", "राम"], ["Ann", "and", "Bob"]] * 5
KEY = "encoder.layer.0.attention.self.key.weight"


@pytest.fixture(scope="module")
def good_encoder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    random_encoder(TEXTS, SIZES, 0, folder)
    return folder


def build(folder: Path, out: Path, max_length: int) -> None:
    encoder_files(folder)
    fetch_encoder(str(folder), None, out)
    settle_packing(out, max_length)


def with_inf_in_the_last_row(weights: torch.Tensor) -> torch.Tensor:
    """Return an embedding one of whose pieces would have no finite loss, late in training perhaps."""
    weights[-1, -1] = float("inf")
    return weights


def removing(*names: str) -> Callable[[Path], None]:
    return lambda folder: [(folder / name).unlink() for name in names]


def writing(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content)


def folder_for(name: str) -> Callable[[Path], None]:
    return lambda folder: ((folder / name).unlink(), (folder / name).mkdir())


def cutting(name: str, size: int) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def configured(**values) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | values))

    return change


def reweighted(name: str, make: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        save_file(weights | {name: make(weights[name])}, folder / "model.safetensors", {"format": "pt"})

    return change


def weights_of_pytorch(content: bytes) -> Callable[[Path], None]:
    return lambda folder: (removing("model.safetensors")(folder), writing("pytorch_model.bin", content)(folder))


def gpt2(folder: Path) -> None:
    torch.manual_seed(0)
    GPT2Model(GPT2Config(vocab_size=80, n_positions=64, n_embd=16, n_layer=1, n_head=2)).save_pretrained(folder)


def bart(folder: Path) -> None:
    sides = {
        f"{side}_{name}": 1 for side in ("encoder", "decoder") for name in ("layers", "attention_heads", "ffn_dim")
    }
    BartModel(BartConfig(vocab_size=80, d_model=16, max_position_embeddings=64, **sides)).save_pretrained(folder)


TOKENIZER = "encoder: {folder}: its tokenizer (tokenizer.json, tokenizer_config.json) cannot be loaded"
ENCODERS = {
    "no_config": (
        removing("config.json"),
        "{folder}: has no config.json; expected in `encoder: folder` the folder of a model",
    ),
    "config_is_a_folder": (
        folder_for("config.json"),
        "{folder}: has no config.json; expected in `encoder: folder` the folder of a model",
    ),
    "config_no_json": (
        writing("config.json", b"{"),
        "{folder}/config.json: not a JSON file (Expecting property name enclosed in double quotes: line 1 column 2 "
        "(char 1))",
    ),
    "config_latin_1": (
        writing("config.json", b'{"model_type": "\xe9"}'),
        "{folder}/config.json: not a JSON file ('utf-8' codec can't decode byte 0xe9 in position 16: invalid "
        "continuation byte)",
    ),
    "config_list": (
        writing("config.json", b"[]"),
        "{folder}/config.json: no key model_type; expected the config of a transformers model",
    ),
    "unknown_architecture": (
        configured(model_type="gizmo"),
        "encoder: {folder}: its config.json cannot be loaded (ValueError: The checkpoint you are trying to load has "
        "model type `gizmo` but Transformers does not recognize this architecture)",
    ),
    "no_tagging_model": (
        bart,
        "encoder: {folder}: transformers has no tagging model of the type bart; expected one such as bert or "
        "xlm-roberta",
    ),
    "reads_left_to_right": (
        gpt2,
        "encoder: gpt2 models read from left to right: a piece does not see the pieces after it; expected an encoder "
        "that reads both ways",
    ),
    "wrong_type_in_config": (
        configured(hidden_size="16"),
        "encoder: {folder}: its config.json cannot be loaded (StrictDataclassFieldValidationError: Validation error "
        "for field 'hidden_size': TypeError: Field 'hidden_size' expected int, got str (value: '16'))",
    ),
    "no_weights": (
        removing("model.safetensors"),
        "{folder}: has no weights; expected in `encoder: folder` model.safetensors or pytorch_model.bin",
    ),
    "weights_are_a_folder": (
        folder_for("model.safetensors"),
        "{folder}: has no weights; expected in `encoder: folder` model.safetensors or pytorch_model.bin",
    ),
    "weights_cut_short": (
        cutting("model.safetensors", -100),
        "encoder: {folder}: its weights cannot be loaded (SafetensorError: Error while deserializing header: "
        "incomplete metadata, file not fully covered)",
    ),
    "weights_empty": (
        writing("model.safetensors", b""),
        "encoder: {folder}: its weights cannot be loaded (SafetensorError: Error while deserializing header: header "
        "too small)",
    ),
    "weights_not_fetched": (
        writing("model.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        "{folder}/model.safetensors: a Git LFS pointer; expected the file itself (`git lfs pull`)",
    ),
    "pytorch_weights_damaged": (
        weights_of_pytorch(b"no pickle"),
        "encoder: {folder}: its weights cannot be loaded (UnpicklingError: Weights only load failed)",
    ),
    "pytorch_weights_empty": (
        weights_of_pytorch(b""),
        "encoder: {folder}: its weights cannot be loaded (EOFError)",
    ),
    "fewer_layers_than_configured": (
        configured(num_hidden_layers=2),
        "encoder: {folder}: no weights for bert.encoder.layer.1.attention.output.LayerNorm.bias (16 matrices are "
        "missing)",
    ),
    "weights_of_another_shape": (
        reweighted(KEY, lambda weights: weights[:8, :8].clone()),
        f"encoder: {{folder}}: the weights of bert.{KEY} have the shape [8, 8]; expected [16, 16] by its config.json",
    ),
    "weights_nan": (
        reweighted(KEY, lambda weights: torch.full_like(weights, float("nan"))),
        f"encoder: {{folder}}: the weights of {KEY} are not all finite",
    ),
    "one_weight_inf": (
        reweighted("embeddings.word_embeddings.weight", with_inf_in_the_last_row),
        "encoder: {folder}: the weights of embeddings.word_embeddings.weight are not all finite",
    ),
    "no_tokenizer": (
        removing("tokenizer.json", "tokenizer_config.json"),
        "{folder}: has no tokenizer; expected in `encoder: folder` tokenizer.json",
    ),
    "no_tokenizer_json": (
        removing("tokenizer.json"),
        "{folder}: has no tokenizer; expected in `encoder: folder` tokenizer.json",
    ),
    "tokenizer_no_json": (
        writing("tokenizer.json", b"{"),
        f"{TOKENIZER} (JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1))",
    ),
    "tokenizer_config_list": (
        writing("tokenizer_config.json", b"[]"),
        "{folder}/tokenizer_config.json: no keys; expected those of a tokenizer, such as do_lower_case",
    ),
    "tokenizer_of_a_smaller_model": (
        lambda folder: (
            configured(vocab_size=400)(folder),
            reweighted("embeddings.word_embeddings.weight", lambda weights: torch.zeros(400, 16))(folder),
        ),
        "encoder: {folder}: the tokenizer has 76 pieces with ids up to 75, the model 400 embedding rows: the tokenizer "
        "of another model",
    ),
}


@pytest.mark.parametrize("damage, line", ENCODERS.values(), ids=ENCODERS)
def test_an_encoder(tmp_path, good_encoder, damage, line):
    folder = Path(shutil.copytree(good_encoder, tmp_path / "encoder"))
    damage(folder)
    with pytest.raises(InputError) as error:
        build(folder, tmp_path / "out", 60)
    expected = line.format(folder=folder)
    assert str(error.value)[: len(expected) if line.endswith(" ") else None] == expected  # a number follows
    assert "\n" not in str(error.value)


def test_an_encoder_with_too_few_positions(tmp_path, good_encoder):
    with pytest.raises(InputError) as error:
        build(good_encoder, tmp_path / "out", 65)
    assert str(error.value) == (
        "config: finetuning.max_length: 65 is wrong: it must be at most 64, the positions of the encoder"
    )


def test_a_tokenizer_that_transformers_makes_up(tmp_path, good_encoder):
    """A model of the Hub without any file of a tokenizer, for which transformers makes one of special pieces only."""
    folder = Path(shutil.copytree(good_encoder, tmp_path / "encoder"))
    removing("tokenizer.json", "tokenizer_config.json")(folder)
    with pytest.raises(InputError) as error:
        fetch_encoder(str(folder), None, tmp_path / "out")
    assert str(error.value) == f"encoder: {folder}: no tokenizer; expected tokenizer.json"


def test_a_model_that_has_no_fast_tokenizer(tmp_path):
    """CANINE reads characters: it has neither a fast tokenizer nor a vocabulary."""
    sides = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    CanineModel(CanineConfig(**sides)).save_pretrained(tmp_path / "canine")
    CanineTokenizer().save_pretrained(tmp_path / "canine")
    with pytest.raises(InputError) as error:
        fetch_encoder(str(tmp_path / "canine"), None, tmp_path / "out")
    assert str(error.value) == (
        f"encoder: {tmp_path}/canine: no fast tokenizer (tokenizer.json), which word alignment needs"
    )


def test_a_tagging_head_of_its_own_is_left_out(tmp_path, good_encoder):
    """A model for nine other labels is an encoder like any: its head is neither loaded nor in the way."""
    folder = Path(shutil.copytree(good_encoder, tmp_path / "encoder"))
    config = BertConfig.from_pretrained(folder, num_labels=9)
    BertForTokenClassification(config).save_pretrained(folder)
    build(folder, tmp_path / "out", 60)
    assert not [name for name in load_file(tmp_path / "out/model.safetensors") if "classifier" in name]
    assert load_encoder(tmp_path / "out", dropout=0.0, seed=0).classifier.weight.shape == (7, 16)


# Data

TOKENS, TAGS = pa.list_(pa.string()), pa.list_(pa.int64())
SIZE = dict.fromkeys(SPLITS, 2)
VALIDATION = "{folder}/sw/validation-00000-of-00001.parquet"


def hub_table(tokens=(["Ann", "ran"], ["Bob"]), tags=([1, 0], [1]), tags_type=TAGS) -> pa.Table:
    return pa.table({"tokens": pa.array(list(tokens), TOKENS), "ner_tags": pa.array(list(tags), tags_type)})


def write_hub(folder: Path, **tables: pa.Table) -> None:
    (folder / "sw").mkdir(parents=True)
    for split in SPLITS:
        pq.write_table(tables.get(split, hub_table()), folder / f"sw/{split}-00000-of-00001.parquet")


def hub(validation: pa.Table | Callable[[Path], None]) -> Callable[[Path], None]:
    """Return what writes a folder of the Hub's layout with another table for validation, or with its file damaged."""

    def write(folder: Path) -> None:
        write_hub(folder, **({"validation": validation} if isinstance(validation, pa.Table) else {}))
        if not isinstance(validation, pa.Table):
            validation(folder / "sw/validation-00000-of-00001.parquet")

    return write


def rahimi(validation: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "sw").mkdir(parents=True)
        for name in ("train", "test"):
            (folder / "sw" / name).write_text("sw:Ann\tB-PER\nsw:ran\tO\n\nsw:Bob\tB-PER\n")
        (folder / "sw/dev").write_bytes(validation)

    return write


def swapped(folder: Path) -> None:
    write_hub(folder, test=hub_table([["Bob"]], [[1]]))
    train, test = (folder / f"sw/{split}-00000-of-00001.parquet" for split in ("train", "test"))
    train.rename(folder / "kept")
    test.rename(train)
    (folder / "kept").rename(test)


OTHERS = "(sizes select the pruning schedule; `data: allow_other_sizes: true` permits others)"
SEVEN = "O, B-PER, I-PER, B-ORG, I-ORG, B-LOC, I-LOC"
DATA = {
    "parquet_cut_short": (
        hub(lambda path: path.write_bytes(path.read_bytes()[:-20])),
        f"{VALIDATION}: not a readable Parquet file (Parquet magic bytes not found in footer. Either the file is "
        "corrupted or this is not a parquet file.)",
    ),
    "parquet_is_a_folder": (
        hub(lambda path: (path.unlink(), path.mkdir())),
        f"{VALIDATION}: not a readable Parquet file (Is a directory)",
    ),
    "other_columns": (
        hub(pa.table({"words": [["Ann"]], "labels": [[1]]})),
        f"{VALIDATION}: no column tokens; expected tokens and ner_tags",
    ),
    "columns_of_nothing": (
        hub(pa.table({"tokens": [None], "ner_tags": [None]})),
        f"{VALIDATION}: column tokens is null; expected list<string>",
    ),
    "tags_of_floats": (
        hub(hub_table(tags_type=pa.list_(pa.float64()))),
        f"{VALIDATION}: column ner_tags is list<element: double>; expected list<integer> or list<string>",
    ),
    "more_tags_than_tokens": (
        hub(hub_table(tags=([1, 0], [1, 0]))),
        f"{VALIDATION}: row 1: 1 tokens and 2 tags; expected one tag per token",
    ),
    "tag_out_of_range": (
        hub(hub_table(tags=([1, 0], [255]))),
        f"{VALIDATION}: row 1: tag id 255; expected one of 0 = O, 1 = B-PER, 2 = I-PER, 3 = B-ORG, 4 = I-ORG, "
        "5 = B-LOC, 6 = I-LOC",
    ),
    "no_rows": (hub(hub_table((), ())), "sw: validation: no sentences"),
    "another_size": (
        hub(hub_table([["Bob"]], [[1]])),
        f"sw: validation: 1 sentences; expected 2 {OTHERS}",
    ),
    "splits_swapped": (swapped, f"sw: train: 1 sentences; expected 2 {OTHERS}"),
    "folder_in_capitals": (
        lambda folder: (write_hub(folder), (folder / "sw").rename(folder / "SW")),
        "{folder}: no data of language 'sw'; looked for sw/train-00000-of-00001.parquet, train-sw.tsv, "
        "sw/train-sw.tsv, sw/train, sw.tar.gz, sw/train.conll, .jsonl, .parquet, …",
    ),
    "text_empty": (rahimi(b""), "sw: validation: no sentences"),
    "text_of_blank_lines": (rahimi(b"\n\r\n\n"), "sw: validation: no sentences"),
    "text_utf_16": (rahimi("sw:Ann\tB-PER\n".encode("utf-16")), "{folder}/sw/dev: line 1: not UTF-8"),
    "text_of_tag_ids": (rahimi(b"sw:Ann\t1\n"), f"{{folder}}/sw/dev: line 1: tag '1'; expected one of {SEVEN}"),
    "text_in_two_schemes": (
        rahimi(b"sw:Ann\tB-PER\nsw:Lee\tO\nsw:Bob\tS-PER\n"),
        "{folder}/sw/dev: line 2: tag O after B-PER; expected one scheme in a file, and other tags of the file are "
        "BIOES, with E- or S-",
    ),
    "text_quoted": (
        rahimi(b'"sw:Ann"\t"B-PER"\n'),
        "{folder}/sw/dev: line 1: '\"sw:Ann\"' does not begin with 'sw:'; expected sw:token<TAB>tag",
    ),
    "text_is_a_folder": (
        lambda folder: (rahimi(b"")(folder), folder_for("dev")(folder / "sw")),
        "{folder}: sw: a missing split in Rahimi's layout: validation ({folder}/sw/dev)",
    ),
    "archive_is_none": (
        lambda folder: (folder.mkdir(), (folder / "sw.tar.gz").write_text("hello")),
        "{folder}/sw.tar.gz: cannot be read as a .tar.gz archive (not a gzip file)",
    ),
}


@pytest.mark.parametrize("write, line", DATA.values(), ids=DATA)
def test_data(tmp_path, write, line):
    folder = tmp_path / "data"
    write(folder)
    with pytest.raises(InputError) as error:
        check_sizes("sw", from_folder(folder, "sw"), SIZE, allow_other_sizes=False)
    assert str(error.value) == line.format(folder=folder)


# Words that look like bad input and are none

STRANGE = ["a\u2028b", "\u2028", "a\u00a0b", "\u00a0", "a\u200bb", "\u200b", "\ufeffa", "\ufeff", "a\rb", " ", "\u0085"]
ONLY_IN_PARQUET = ["a\r\nb", "\r\n", "\n", "\t", "a\tb"]  # in text they end a line or a column


def strange_hub(folder: Path) -> list[str]:
    words = [*STRANGE, *ONLY_IN_PARQUET]
    table = hub_table([["Ann", *words, "ran"], ["Bob"]], [[1, 2, *[0] * len(words)], [1]])
    write_hub(folder, test=table)
    return ["Ann", *words, "ran"]


def strange_rahimi(folder: Path) -> list[str]:
    return write_strange_text(folder, "sw/{}", "sw:")


def strange_xtreme(folder: Path) -> list[str]:
    return write_strange_text(folder, "{}-sw.tsv", "")


def write_strange_text(folder: Path, name: str, prefix: str) -> list[str]:
    words = ["Ann", *STRANGE, "ran"]
    lines = "\r\n".join(f"{prefix}{word}\t{'B-PER' if word == 'Ann' else 'O'}" for word in words)
    (folder / "sw").mkdir(parents=True)
    for split in ("train", "dev", "test"):
        text = f"\ufeff{lines}\r\n\r\n{prefix}Bob\tB-PER\r\n"
        (folder / name.format(split)).write_bytes(text.encode())
    return words


@pytest.mark.parametrize("write", [strange_hub, strange_rahimi, strange_xtreme])
def test_strange_words_survive_from_the_file_to_the_scores(tmp_path, good_encoder, write):
    """Every script on the way keeps the words of a sentence and their number; scoring checks the digests of both."""
    words = write(tmp_path / "data")
    paths = {split: str(tmp_path / f"{split}.parquet") for split in SPLITS}
    language_data.main(paths, "local", "sw", str(tmp_path / "data"), SIZE, False)
    perturbed, gold, encoded = (str(tmp_path / f"{name}.parquet") for name in ("perturbed", "gold", "encoded"))
    perturb.main(
        *(paths["test"], {"sw": paths["test"]}, True, perturbed, str(tmp_path / "perturbed.json")),
        **{"seed": 0, "share": 1.0, "perturbation": "in-language", "language": "sw"},
    )
    test_sets.main({"regular": paths["test"], "in-language": perturbed}, gold)
    encode_test_sets.main(gold, str(good_encoder / "tokenizer.json"), 60, encoded)
    model, manifest = load_encoder(good_encoder, dropout=0.0, seed=0).eval(), str(tmp_path / "predictions.json")
    predict.main(model, {"sw": encoded}, "fp32", str(tmp_path / "predictions"), manifest)
    out = {f"out_{name}": str(tmp_path / name) for name in ("csv", "counts", "confidence", "found")}
    score.main(manifest, str(tmp_path / "predictions"), {"sw": gold}, "sw/dense/seed-1", **out)

    assert read_corpus(paths["test"]).tokens == [words, ["Bob"]]
    for test_set, path in (("regular", paths["test"]), ("in-language", perturbed)):
        (predicted,) = read_predictions(tmp_path / f"predictions/{test_set}.parquet").values()
        assert list(map(len, predicted.tags)) == list(map(len, read_corpus(path).tokens))
    assert any(words[-2] in sentence for sentence in read_corpus(perturbed).tokens)
