"""One encoder of each family that people use: trained, pruned, exported, and read again by transformers alone."""

import json
from pathlib import Path

import export_run
import numpy as np
import pandas as pd
import pytest
import torch
from huggingface_hub import ModelCard
from ner_pruning.data.encoded_sentences import read_encoded
from ner_pruning.files import read_json
from ner_pruning.scoring.prediction import predict
from ner_pruning.study.layout import TOKENIZER_FILES
from ner_pruning.training.checkpoint import load_run, read_weights
from ner_pruning.training.encoder import fetch_encoder
from ner_pruning.training.encoder_check import settle_packing
from small_runs import FINETUNING, SIZES, WEIGHTS, make_words, run
from transformers import (
    AlbertConfig,
    AutoModel,
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    EuroBertConfig,
    ModernBertConfig,
    RobertaConfig,
    XLMRobertaConfig,
)

SMALL = {
    "vocab_size": SIZES["vocabulary"],
    "hidden_size": 16,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "initializer_range": 0.2,  # scores that tell words apart
}
BERT = SMALL | {"max_position_embeddings": 40, "pad_token_id": 0}
ROBERTA = SMALL | {"max_position_embeddings": 42, "pad_token_id": 1, "type_vocab_size": 1}  # positions begin at 2
ATTENTION = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]
LAYER = [*ATTENTION, "intermediate.dense", "output.dense"]
TABLES = ["word_embeddings", "position_embeddings", "token_type_embeddings"]


def named(prefix: str, layers: list[str], tables: list[str], *, count: int = 4) -> tuple[set[str], set[str]]:
    """The matrices of linear layers, those of `count` layers each, and of embeddings."""
    linear = {f"{prefix}.{name}.weight" for number in range(count) for name in (each.format(number) for each in layers)}
    return linear, {f"{prefix}.{name}.weight" for name in tables}


def of_bert(prefix: str, tables: list[str] = TABLES) -> tuple[set[str], set[str]]:
    return named(prefix, [f"encoder.layer.{{}}.{name}" for name in LAYER], [f"embeddings.{name}" for name in tables])


def with_more(matrices: tuple[set[str], set[str]], *linear: str) -> tuple[set[str], set[str]]:
    return matrices[0] | set(linear), matrices[1]


DISTILBERT = ["attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "ffn.lin1", "ffn.lin2"]
EUROBERT = [*(f"self_attn.{name}_proj" for name in "qkvo"), *(f"mlp.{name}_proj" for name in ("gate", "up", "down"))]
ALBERT_LAYER = [*(f"attention.{name}" for name in ("query", "key", "value", "dense")), "ffn", "ffn_output"]
WINDOWS = {"local_attention": 6, "global_attn_every_n_layers": 3}  # the sentences are longer
RELATIVE = {
    **{"relative_attention": True, "max_relative_positions": -1, "position_buckets": 8, "share_att_key": True},
    **{"pos_att_type": ["p2c", "c2p"], "norm_rel_ebd": "layer_norm", "position_biased_input": False},
    "type_vocab_size": 0,
}

# Config; whether its sentences are packed; the matrices of linear layers, and of embeddings
FAMILIES = {
    "bert": (BertConfig(**BERT), True, *of_bert("bert")),
    "xlm-roberta": (XLMRobertaConfig(**ROBERTA), True, *of_bert("roberta")),
    "roberta": (RobertaConfig(**ROBERTA), True, *of_bert("roberta")),
    # narrower embeddings, which a linear layer makes as wide as the rest
    "electra": (
        ElectraConfig(**BERT, embedding_size=8),
        True,
        *with_more(of_bert("electra"), "electra.embeddings_project.weight"),
    ),
    # one set of matrices for all four layers
    "albert": (
        AlbertConfig(**BERT, embedding_size=8),
        True,
        *with_more(
            named(
                "albert",
                [f"encoder.albert_layer_groups.0.albert_layers.0.{name}" for name in ALBERT_LAYER],
                [f"embeddings.{name}" for name in TABLES],
            ),
            "albert.encoder.embedding_hidden_mapping_in.weight",
        ),
    ),
    "distilbert": (
        DistilBertConfig(
            **{"vocab_size": 90, "dim": 16, "n_layers": 4, "n_heads": 4, "hidden_dim": 24, "initializer_range": 0.2},
            max_position_embeddings=40,
            pad_token_id=0,
        ),
        True,
        *named(
            "distilbert",
            [f"transformer.layer.{{}}.{name}" for name in DISTILBERT],
            ["embeddings.word_embeddings", "embeddings.position_embeddings"],
        ),
    ),
    # queries, keys and values in one matrix; no positions, biases or types
    "modernbert": (
        ModernBertConfig(**BERT, **WINDOWS),
        True,
        *named(
            "model",
            [f"layers.{{}}.{name}" for name in ("attn.Wqkv", "attn.Wo", "mlp.Wi", "mlp.Wo")],
            ["embeddings.tok_embeddings"],
        ),
    ),
    # two queries to a key, and neither positions nor biases
    "eurobert": (
        EuroBertConfig(**BERT, num_key_value_heads=2),
        True,
        *named("model", [f"layers.{{}}.{name}" for name in EUROBERT], ["embed_tokens"]),
    ),
    # the distances between pieces have embeddings, which all layers share
    "deberta-v2": (
        DebertaV2Config(**BERT, **RELATIVE),
        False,
        *(
            {
                f"deberta.encoder.layer.{number}.{name}.weight"
                for number in range(4)
                for name in (
                    *(f"attention.self.{part}_proj" for part in ("query", "key", "value")),
                    *("attention.output.dense", "intermediate.dense", "output.dense"),
                )
            },
            {"deberta.embeddings.word_embeddings.weight", "deberta.encoder.rel_embeddings.weight"},
        ),
    ),
}
pytestmark = pytest.mark.usefixtures("settings_of_torch")

ONE_EPOCH = FINETUNING | {"epochs": 1, "learning_rate": 5e-3}
SCHEDULES = [{"up_to": 100, "batch_size": 8, "start": 1, "end": 5, "frequency": 2}]  # of 8 steps


@pytest.fixture(params=FAMILIES)
def family(request):
    return request.param


@pytest.fixture
def prepared(study, tmp_path, family) -> Path:
    """A study with an encoder of a family, taken over as the workflow does."""
    torch.manual_seed(0)
    source = tmp_path / "source"
    AutoModel.from_config(FAMILIES[family][0]).save_pretrained(source)
    for name in TOKENIZER_FILES:
        (source / name).write_bytes((study / "encoder" / name).read_bytes())
    fetch_encoder(str(source), None, tmp_path / "encoder")
    assert settle_packing(tmp_path / "encoder", 40) == FAMILIES[family][1]
    for language in ("sw", "yo"):
        (tmp_path / f"{language}.parquet").write_bytes((study / f"{language}.parquet").read_bytes())
    return tmp_path


def plain_tags(folder: Path, words: list[list[str]]) -> tuple[list[list[int]], float]:
    """The tag of each word's first piece by transformers alone, all sentences padded in one batch; and the smallest
    lead over the second best tag. A word without a piece has tag 0."""
    model, tokenizer = AutoModelForTokenClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(words, is_split_into_words=True, padding=True, return_tensors="pt")
    accepted = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        best = model(**accepted).logits.topk(2)
    tags, leads = [], []
    for number, sentence in enumerate(words):
        firsts = {word: place for place, word in reversed(list(enumerate(inputs.word_ids(number)))) if word is not None}
        found = {word: int(best.indices[number, place, 0]) for word, place in firsts.items()}
        tags.append([found.get(word, 0) for word in range(len(sentence))])
        leads += [float(-best.values[number, place].diff()) for place in firsts.values()]
    return tags, min(leads)


@pytest.mark.parametrize("variant", ["dense", "full-50", "partial-90"])
def test_a_run_is_exact_and_its_export_gives_the_same_tags(prepared, family, variant):
    _, packed, linear, embeddings = FAMILIES[family]
    out = run(prepared, prepared / "run", variant, schedules=SCHEDULES, finetuning=ONE_EPOCH)
    assert read_json(out / "run.json")["packed"] == packed

    scope, _, percent = variant.partition("-")
    expected = {"dense": set(), "partial": linear, "full": linear | embeddings}[scope]
    sparsity = pd.read_csv(out / "sparsity.csv")
    assert set(sparsity["matrix"][sparsity["pruned"]]) == expected
    assert set(sparsity["matrix"][sparsity["part"] == "encoder"]) == linear | embeddings
    weights = dict(read_weights(out / WEIGHTS, prepared / "encoder"))
    for name in expected:
        assert int((weights[name] == 0).sum()) == round(int(percent) / 100 * weights[name].numel()), name

    model = load_run(out / WEIGHTS, out / "config.json", prepared / "encoder")
    predicted = [tags.tolist() for tags in predict(model, read_encoded(prepared / "sw.parquet"), "fp32")]
    export_run.main(model, ModelCard("card"), prepared / "encoder", str(prepared / "export"))
    tags, lead = plain_tags(prepared / "export", make_words(np.random.default_rng(0))[:45])
    assert lead > 1e-5, "two tags too close to each other for rounding"
    assert predicted == tags
    assert len({tag for sentence in tags for tag in sentence}) > 2, "a model that tells words apart too little"
    assert "packed_batches" not in json.loads((prepared / "export/config.json").read_text())
    exported = dict(AutoModelForTokenClassification.from_pretrained(prepared / "export").named_parameters())
    assert all(torch.equal(exported[name], weights[name]) for name in expected)


@pytest.mark.parametrize("family", [name for name, (_, packed, *_) in FAMILIES.items() if packed], indirect=True)
def test_padded_training_is_packed_training(prepared):
    """Without dropout, which is drawn for other shapes: the same losses and weights up to rounding."""
    folders = {}
    for packing in ("auto", "off"):
        finetuning = FINETUNING | {"epochs": 2, "dropout": 0.0, "packing": packing}
        folders[packing] = run(prepared, prepared / packing, "full-50", schedules=SCHEDULES, finetuning=finetuning)
    assert [read_json(folder / "run.json")["packed"] for folder in folders.values()] == [True, False]
    one, other = (dict(read_weights(folder / WEIGHTS, prepared / "encoder")) for folder in folders.values())
    losses = [pd.read_csv(folder / "training.csv")["loss"].to_numpy() for folder in folders.values()]
    assert len(losses[0]) == 16
    np.testing.assert_allclose(*losses, rtol=0, atol=1e-5)
    for name, weight in one.items():
        if name.endswith(("key.bias", "k_lin.bias")):
            continue  # a softmax does not see it: its gradient is 0 but for rounding, which AdamW scales up
        torch.testing.assert_close(weight, other[name], rtol=0, atol=1e-5, msg=lambda text, n=name: f"{n} {text}")
        assert torch.equal(weight == 0, other[name] == 0), f"{name}: other zeros"
    tags = [
        predict(
            load_run(folder / WEIGHTS, folder / "config.json", prepared / "encoder"),
            read_encoded(prepared / "sw.parquet"),
            "fp32",
        )
        for folder in folders.values()
    ]
    assert all(np.array_equal(*each) for each in zip(*tags, strict=True))
