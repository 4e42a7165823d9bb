"""Every type for which transformers has a tagging model: trained, pruned and stored, or refused in one line."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from ner_pruning.data.encoded_sentences import LOST, read_encoded
from ner_pruning.files import InputError
from ner_pruning.scoring.prediction import predict
from ner_pruning.study.layout import TOKENIZER_FILES
from ner_pruning.training.checkpoint import load_run
from ner_pruning.training.dropout import Dropout
from ner_pruning.training.encoder import fetch_encoder
from ner_pruning.training.encoder_check import settle_packing
from ner_pruning.training.model import load_batch, load_encoder
from ner_pruning.training.packing import pack
from ner_pruning.training.quantisation import quantise
from ner_pruning.training.quantised_export import save_in_int8
from ner_pruning.training.run import check_precision
from safetensors import safe_open
from small_models import CPU
from small_runs import FINETUNING, WEIGHTS, run
from tiny_encoders import TYPES, tiny_config, tiny_model
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import AutoModelForTokenClassification

PACKED = {
    *("albert", "bert", "camembert", "data2vec-text", "distilbert", "electra", "ernie", "esm", "esmc", "eurobert"),
    *("gte", "jina_embeddings_v3", "modernbert", "nomic_bert", "roberta", "roberta-prelayernorm", "ultrabert"),
    *("xlm-roberta", "xlm-roberta-xl"),
}

PADDED = {
    *("big_bird", "deberta", "deberta-v2", "flaubert", "longformer", "megatron-bert", "mpnet", "rembert"),
    *("roformer", "xlm"),
}

ACCEPTED = PACKED | PADDED

REFUSED = {
    r"models read from left to right: a piece does not see the pieces after it; expected": (
        "apertus arcee axk1 axk2 beam biogpt bloom deepseek_v3 diffllama exaone4 falcon gemma gemma2 glm glm4 gpt2 "
        "gpt_bigcode gpt_neo gpt_neox gpt_oss helium llama minimax ministral ministral3 mistral mistral4 mixtral mpt "
        "nemotron persimmon phi phi3 qwen3 qwen3_asr qwen3_moe qwen2_moe qwen3_next seed_oss smollm3 stablelm "
        "starcoder2"
    ),
    r"models: a piece does not see other pieces; expected": "mra",  # it attends on GPUs only
    r"models read more than text \(.+\); expected": (
        "bros layoutlm layoutlmv2 layoutlmv3 lilt luke markuplm modernvbert roc_bert t5gemma t5gemma2 ultravbert"
    ),
    r"models have no table of word pieces \(torch\.nn\.Embedding\)": "canine ibert",
    r"models have weights outside of linear layers and embeddings": "convbert openai_privacy_filter squeezebert xlnet",
    # funnel pools pieces, and fails on sentences of less than five
    r"models cannot read a sentence of word pieces \(\w+: .+\)": "funnel nystromformer xmod",
    # fnet mixes all of a row, and yoso hashes it
    r"models can be trained neither on packed batches \(.+\) nor on padded ones \(the scores of a sentence differ by": (
        "fnet yoso"
    ),
    # t5's table of word pieces stands in two places; mobilebert reads the padding after the last piece
    r"models can be trained neither on packed batches \(.+\) nor on padded ones \(it uses the ids of pieces": (
        "mobilebert mt5 t5 umt5"
    ),
    # whose class of tokenizers is fixed by the type and reads the words of this test's tokenizer in another way
    r"transformers \(\w+\) reads its tokenizer differently": "qwen2 qwen3_5",
}

MAX_LENGTH = 40
ONE_EPOCH = FINETUNING | {"epochs": 1, "dropout": 0.0}
SCHEDULES = [{"up_to": 100, "batch_size": 8, "start": 1, "end": 4, "frequency": 1}]  # of 8 steps


def write_source(kind: str, study: Path, folder: Path) -> Path:
    """Write a tiny model of a type, with the tokenizer of the study, as a repository has it."""
    try:
        tiny_model(TYPES[kind]).save_pretrained(folder)
    except ImportError:  # LayoutLMv2 needs a library that is not installed
        tiny_config(TYPES[kind]()).save_pretrained(folder)
        shutil.copy(study / "encoder" / "model.safetensors", folder)
    for name in TOKENIZER_FILES:
        shutil.copy(study / "encoder" / name, folder)
    return folder


def build(kind: str, study: Path, folder: Path) -> Path:
    """Return the folder of an encoder, taken over as the workflow does."""
    fetch_encoder(str(write_source(kind, study, folder / "source")), None, folder / "encoder")
    assert settle_packing(folder / "encoder", MAX_LENGTH) == (kind in PACKED)
    return folder / "encoder"


def test_the_types_are_those_of_the_installed_transformers():
    refused = " ".join(REFUSED.values()).split()
    assert len(refused) == len(set(refused))
    assert not ACCEPTED & set(refused)
    assert not PACKED & PADDED
    assert set(TYPES) == ACCEPTED | set(refused)


@pytest.mark.parametrize("kind", sorted(set(TYPES) - ACCEPTED))
def test_a_type_that_cannot_be_used_is_refused_in_one_line(tmp_path, study, kind):
    with pytest.raises(InputError) as error:
        build(kind, study, tmp_path)
    line = str(error.value)
    reasons = [reason for reason, kinds in REFUSED.items() if kind in kinds.split()]
    assert [bool(re.search(reason, line)) for reason in reasons] == [True], line
    assert line.startswith("encoder: ")
    assert "\n" not in line
    assert kind.replace("_", "") in line.lower().replace("_", "")


def scores_alone(model, sentences) -> list[torch.Tensor]:
    """The scores of each sentence's pieces by the model's own call on it alone, with its own attention."""
    model.set_attn_implementation("eager")
    rows = np.split(sentences.pieces, sentences.piece_offsets[1:-1])
    rows = [torch.tensor(row.tolist())[None] for row in rows]
    return [model(input_ids=row, attention_mask=torch.ones_like(row)).logits[0] for row in rows]


@pytest.mark.parametrize("kind", sorted(ACCEPTED))
def test_a_type_that_is_accepted_is_trained_pruned_stored_and_predicts(tmp_path, study, kind, settings_of_torch):
    build(kind, study, tmp_path)
    for language in ("sw", "yo"):
        shutil.copy(study / f"{language}.parquet", tmp_path)
    out = run(tmp_path, tmp_path / "run", "full-50", schedules=SCHEDULES, finetuning=ONE_EPOCH)

    model = load_run(out / WEIGHTS, out / "config.json", tmp_path / "encoder")
    weights = dict(model.named_parameters())
    matrices = {name for name, weight in weights.items() if weight.ndim > 1 and "classifier" not in name}
    matrices -= {"score.weight", "head.dense.weight"}  # of the heads of EuroBERT and ModernBERT
    sparsity = pd.read_csv(out / "sparsity.csv")
    assert set(sparsity["matrix"][sparsity["pruned"]]) == matrices
    for name in matrices:
        assert int((weights[name] == 0).sum()) == round(0.5 * weights[name].numel()), name

    sentences = read_encoded(tmp_path / "sw.parquet")
    predicted = predict(model, sentences, "fp32")
    with torch.no_grad():
        scores = scores_alone(model, sentences)
    assert torch.cat(scores).std() > 0.01, "scores too flat to tell words apart"
    for sentence, (tags, found) in enumerate(zip(scores, predicted, strict=True)):
        firsts = sentences.first_pieces[slice(*sentences.word_offsets[sentence : sentence + 2])].tolist()
        assert found.tolist() == [0 if first == LOST else int(tags[first].argmax()) for first in firsts]


def test_a_type_that_cannot_compute_in_bf16_says_so_before_it_trains(tmp_path, study, settings_of_torch):
    build("deberta", study, tmp_path)
    for language in ("sw", "yo"):
        shutil.copy(study / f"{language}.parquet", tmp_path)
    with pytest.raises(InputError) as error:
        run(tmp_path, tmp_path / "run", "dense", finetuning=ONE_EPOCH | {"precision": "bf16"})
    assert str(error.value) == (
        "finetuning.precision: bf16, in which deberta models cannot compute (value cannot be converted to type "
        "c10::BFloat16 without overflow); expected fp32"
    )


@pytest.mark.parametrize("kind", sorted(ACCEPTED - {"deberta"}))
def test_other_types_compute_in_bf16(tmp_path, study, kind):
    encoder, sentences = build(kind, study, tmp_path), read_encoded(study / "yo.parquet")
    model = load_encoder(encoder, dropout=0.0, seed=1)
    check_precision(model, sentences, "bf16")
    assert len(predict(model.eval(), sentences, "bf16")) == len(sentences)


@pytest.mark.parametrize("kind", sorted(ACCEPTED))
def test_the_gradients_of_a_batch_are_those_of_its_sentences_alone(tmp_path, study, kind):
    encoder = build(kind, study, tmp_path)
    sentences = read_encoded(study / "yo.parquet")
    batch_model, model = (load_encoder(encoder, dropout=0.0, seed=1).train() for _ in range(2))
    batch = pack(sentences, np.arange(len(sentences)))
    tags = torch.from_numpy(batch.tags).long()
    loaded = load_batch(batch, batch_model, CPU)
    logits = batch_model(**loaded.arguments).logits.flatten(0, 1)[loaded.words]
    cross_entropy(logits, tags).backward()
    cross_entropy(torch.cat(scores_alone(model, sentences))[torch.from_numpy(batch.words)], tags).backward()
    moved = 0
    for (name, one), other in zip(batch_model.named_parameters(), model.parameters(), strict=True):
        assert (one.grad is None) == (other.grad is None), name
        if one.grad is not None:
            torch.testing.assert_close(
                one.grad, other.grad, rtol=1e-4, atol=1e-5, msg=lambda text, n=name: f"{n} {text}"
            )
            moved += bool(one.grad.any())
    assert moved > len(list(model.parameters())) / 2


@pytest.mark.parametrize("kind", sorted(ACCEPTED))
def test_the_dropout_of_the_study_is_all_there_is(tmp_path, study, kind):
    encoder = build(kind, study, tmp_path)
    batch = pack(read_encoded(study / "yo.parquet"), np.arange(8))
    model = load_encoder(encoder, dropout=0.0, seed=1)
    with torch.no_grad():
        training, evaluating = (
            model.train(mode)(**load_batch(batch, model, CPU).arguments).logits for mode in (True, False)
        )
    assert torch.equal(training, evaluating)
    modules = list(load_encoder(encoder, dropout=0.3, seed=1).modules())
    found = {module.p for module in modules if isinstance(module, Dropout)}
    found |= {value for module in modules if isinstance(value := getattr(module, "attention_dropout", None), float)}
    assert found == {0.3}


@pytest.mark.int8
@pytest.mark.parametrize("kind", sorted(ACCEPTED))
def test_what_transformers_loads_is_stored_in_int8_and_computes_the_same(tmp_path, kind):
    """Some types are stored in another format than they are loaded in, with several matrices as one."""
    model, other = (tiny_model(TYPES[kind]).eval() for _ in range(2))
    pieces = torch.tensor([[1, 17, 5, 59, 21, 2], [1, 40, 2, 3, 3, 3]])
    inputs = {"input_ids": pieces, "attention_mask": (pieces != 3).long()}
    assert save_in_int8(model, tmp_path) == quantise(other)
    loaded, found = AutoModelForTokenClassification.from_pretrained(tmp_path, output_loading_info=True)
    assert not found["missing_keys"] and not found["unexpected_keys"]
    with torch.no_grad():
        assert torch.equal(loaded.eval()(**inputs).logits, other(**inputs).logits)
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        stored = [file.get_tensor(name) for name in file.offset_keys() if name.endswith("_qdata")]
    assert {weight.dtype for weight in stored} == {torch.int8}
    linear = [part.weight.shape for part in other.base_model.modules() if isinstance(part, nn.Linear)]
    assert sorted(weight.shape for weight in stored) == sorted(linear)
