"""A study of two languages with encoders of other kinds than BERT: packed with windows, and padded."""

import pandas as pd
import pytest
import torch
import yaml
from exported_runs import assert_export_predicts
from ner_pruning.data.synthetic import generate
from ner_pruning.files import read_json
from ner_pruning.training.encoder import random_encoder
from transformers import DebertaV2Config, DebertaV2Model, ModernBertConfig, ModernBertModel
from workflow_copy import ROOT, copy_workflow

SIZES = {"vocabulary": 400, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 64}
SAME = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 64}
SAME |= {"num_hidden_layers": 3, "pad_token_id": 0, "initializer_range": 0.2}
WINDOWS = {"local_attention": 8, "global_attn_every_n_layers": 3}
DISTANCES = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False}
ENCODERS = {
    "modernbert": (ModernBertModel, ModernBertConfig, WINDOWS, True),
    "deberta-v2": (DebertaV2Model, DebertaV2Config, DISTANCES, False),
}
DATA = {code: {"train": 24, "validation": 8, "test": 12} for code in ("hi", "mr")}
RUNS = ["multilingual/dense/seed-1", "multilingual/full-50/seed-1"]


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    return copy_workflow(tmp_path_factory.mktemp("families"))


@pytest.mark.parametrize("family", ENCODERS)
def test_a_study_is_trained_scored_and_exported(workflow, family):
    model, config, more, packed = ENCODERS[family]
    source = workflow.folder / family
    texts = [words for code in DATA for words in generate(code, DATA[code], 0)["train"].tokens]
    random_encoder(texts, SIZES, 0, source)  # for its tokenizer
    torch.manual_seed(0)
    rows = read_json(source / "config.json")["vocab_size"]
    model(config(vocab_size=rows, **SAME, **more)).save_pretrained(source)
    overlay = yaml.safe_load((ROOT / "studies/tiny.yaml").read_text(encoding="utf-8"))
    overlay["finetuning"]["precision"] = "fp32"  # in which transformers reads the export
    overlay |= {
        "study": family,
        "monolingual": [],
        "multilingual": True,
        "encoder": {"source": "local", "folder": family},
        "export": RUNS,
    }
    (workflow.folder / f"{family}.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    workflow.run(f"{family}.yaml", "export")
    results = workflow.folder / "results" / family

    log = (results / "logs/build_encoder.log").read_text()
    assert ("cannot be trained on packed batches" in log) == (not packed)
    for run in RUNS:
        record = read_json(results / "runs" / run / "run.json")
        assert record["packed"] == packed
        assert "packing" not in record["finetuning"]
        sparsity = pd.read_csv(results / "runs" / run / "sparsity.csv")
        pruned = sparsity[sparsity["pruned"]]
        assert (pruned["zeros"] == (0.5 * pruned["weights"]).round()).all()
        encoder = set(sparsity["matrix"][sparsity["part"] == "encoder"])
        assert set(pruned["matrix"]) == (encoder if "full" in run else set())
        for language in DATA:
            assert_export_predicts(results, run, language)
