"""The encoder stage: what it accepts, what it refuses, and that a described encoder is reproducible."""

import json
import re
from pathlib import Path

import pytest
import torch
from ner_pruning.data.sources import read_vocabulary
from ner_pruning.files import InputError
from ner_pruning.study.layout import ENCODER_FILES
from ner_pruning.training import attention, encoder_check
from ner_pruning.training.encoder import fetch_encoder, random_encoder, train_wordpiece
from ner_pruning.training.encoder_check import settle_packing
from ner_pruning.training.model import is_packed, load_encoder
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models
from torch import nn
from transformers import (
    AlbertConfig,
    AlbertModel,
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    DistilBertConfig,
    DistilBertModel,
    ElectraConfig,
    ElectraModel,
    EsmConfig,
    EsmModel,
    EuroBertConfig,
    EuroBertModel,
    FNetConfig,
    FNetModel,
    GPT2Config,
    GPT2Model,
    ModernBertConfig,
    ModernBertForMaskedLM,
    ModernBertModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)
from transformers.models.bert.modeling_bert import BertSelfAttention

SIZES = {"vocabulary": 300, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 64}
TEXTS = [["Ann", "lives", "in", "Rome"], ["दिल्ली", "में", "राम"], ["Ann", "and", "Bob"]] * 5
SMALL = {
    "vocab_size": 120,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}
WINDOW = {"local_attention": 8, "global_attn_every_n_layers": 2, "pad_token_id": 0}


def save(folder: Path, model) -> Path:
    torch.manual_seed(0)
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    "model",
    [
        lambda: BertModel(BertConfig(**SMALL)),
        lambda: XLMRobertaModel(XLMRobertaConfig(**SMALL, pad_token_id=1)),
        lambda: ElectraModel(ElectraConfig(**SMALL, embedding_size=16)),
        lambda: AlbertModel(AlbertConfig(**SMALL, embedding_size=16)),
        lambda: DistilBertModel(DistilBertConfig(vocab_size=120, dim=16, n_layers=2, n_heads=2, hidden_dim=32)),
        lambda: EuroBertModel(
            EuroBertConfig(**SMALL | {"num_attention_heads": 4}, num_key_value_heads=2, pad_token_id=0)
        ),
        lambda: ModernBertModel(ModernBertConfig(**SMALL, **WINDOW)),
    ],
    ids=[
        *("bert", "xlm-roberta", "electra", "albert", "distilbert", "eurobert with grouped queries"),
        "modernbert with a window",
    ],
)
def test_encoders_that_can_be_packed(tmp_path, model):
    folder = save(tmp_path, model())
    config = (folder / "config.json").read_bytes()
    assert settle_packing(folder, 60)
    assert (folder / "config.json").read_bytes() == config


def test_an_encoder_that_cannot_be_packed_is_padded_from_then_on(tmp_path, capsys):
    """DeBERTa's attention counts how far pieces are apart in the row that it is given."""
    config = DebertaV2Config(**SMALL, relative_attention=True, position_biased_input=False, pos_att_type=["p2c", "c2p"])
    folder = save(tmp_path, DebertaV2Model(config))
    before = json.loads((folder / "config.json").read_text())
    assert is_packed(load_encoder(folder, dropout=0.0, seed=0))
    assert not settle_packing(folder, 60)
    assert re.fullmatch(
        r"encoder: deberta-v2 models cannot be trained on packed batches \(the scores of a sentence differ by 0\.\d+ "
        r"from those it has alone\): their sentences are padded\n",
        capsys.readouterr().out,
    )
    assert json.loads((folder / "config.json").read_text()) == before | {"packed_batches": False}
    assert not is_packed(load_encoder(folder, dropout=0.0, seed=0))
    assert not settle_packing(folder, 60)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
def test_how_large_the_scores_are_does_not_matter(tmp_path, monkeypatch, scale):
    """A new head of other weights than 0.02 has other scores: of small ones every difference is small."""

    def scaled(*arguments, **options):
        model = load_encoder(*arguments, **options)
        with torch.no_grad():
            model.classifier.weight.mul_(scale)
        return model

    monkeypatch.setattr(encoder_check, "load_encoder", scaled)
    assert settle_packing(save(tmp_path / "bert", BertModel(BertConfig(**SMALL))), 60)
    config = DebertaV2Config(**SMALL, relative_attention=True, position_biased_input=False, pos_att_type=["p2c", "c2p"])
    assert not settle_packing(save(tmp_path / "deberta", DebertaV2Model(config)), 60)
    with pytest.raises(InputError, match="a piece does not see the pieces after it"):
        settle_packing(save(tmp_path / "gpt", GPT2Model(GPT2Config(**SMALL))), 60)


def test_what_a_folder_says_of_packing_is_found_out_anew(tmp_path):
    folder = save(tmp_path, BertModel(BertConfig(**SMALL, packed_batches=False)))
    assert not is_packed(load_encoder(folder, dropout=0.0, seed=0))
    assert settle_packing(folder, 60)
    assert is_packed(load_encoder(folder, dropout=0.0, seed=0))


def test_an_encoder_whose_scores_depend_on_padding_is_refused(tmp_path):
    """FNet mixes all pieces of a row, those of the padding too."""
    folder = save(tmp_path, FNetModel(FNetConfig(**{key: SMALL[key] for key in SMALL if key != "num_attention_heads"})))
    with pytest.raises(
        InputError,
        match=r"^encoder: fnet models can be trained neither on packed batches \(AttributeError: .+\) nor on padded "
        r"ones \(the scores of a sentence differ by [\d.]+ from those it has alone\)$",
    ):
        settle_packing(folder, 60)


def test_a_window_that_is_read_wrong_is_found(tmp_path, monkeypatch):
    """A sentence that is longer than the window shows it: packed without a window, the model would be padded."""
    folder = save(tmp_path, ModernBertModel(ModernBertConfig(**SMALL, **WINDOW)))
    monkeypatch.setattr(attention, "within_window", lambda bias, window: bias)
    assert settle_packing(folder, 4)  # a piece sees 4 on either side
    assert not settle_packing(folder, 60)


def test_the_pretrained_part_of_a_head_is_kept(tmp_path):
    """ModernBERT's head for masked pieces has a dense layer and a norm that its tagging head begins with."""
    config = ModernBertConfig(**SMALL | {"vocab_size": 60}, **WINDOW)
    random_encoder(TEXTS, SIZES | {"vocabulary": 60}, 0, tmp_path / "source")
    (tmp_path / "source" / "model.safetensors").unlink()
    torch.manual_seed(5)
    source = ModernBertForMaskedLM(config)
    source.save_pretrained(tmp_path / "source")
    fetch_encoder(str(tmp_path / "source"), None, tmp_path / "out")
    one, other = (load_encoder(tmp_path / "out", dropout=0.0, seed=seed) for seed in (1, 2))
    for model in (one, other):
        assert torch.equal(model.head.dense.weight, source.head.dense.weight)
        for name, weight in source.model.state_dict().items():
            assert torch.equal(model.model.state_dict()[name], weight), name
    assert not torch.equal(one.classifier.weight, other.classifier.weight)
    assert settle_packing(tmp_path / "out", 60)


@pytest.mark.parametrize("max_length, line", [(65, 64), (64, None)])
def test_an_encoder_without_a_table_of_positions_has_those_of_its_config(tmp_path, max_length, line):
    folder = save(tmp_path, EuroBertModel(EuroBertConfig(**SMALL, pad_token_id=0)))
    if line is None:
        settle_packing(folder, max_length)
        return
    with pytest.raises(InputError, match=f"max_length: 65 is wrong: it must be at most {line}, the positions"):
        settle_packing(folder, max_length)


def test_an_encoder_that_reads_the_numbers_of_pieces_is_refused(tmp_path):
    """ESM takes the piece with the number of its mask out of a sentence; trimmed, another one has that number."""
    folder = save(tmp_path, EsmModel(EsmConfig(**SMALL, pad_token_id=1, mask_token_id=3, token_dropout=True)))
    with pytest.raises(
        InputError, match=r"^encoder: esm models can be .+ \(it uses the ids of pieces beyond their embeddings"
    ):
        settle_packing(folder, 60)


def test_a_described_encoder_is_reproducible(tmp_path):
    for name in ("a", "b"):
        random_encoder(iter(TEXTS), SIZES, 3, tmp_path / name)
    for file in ENCODER_FILES:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    random_encoder(TEXTS, SIZES, 4, tmp_path / "c")
    assert (tmp_path / "a/model.safetensors").read_bytes() != (tmp_path / "c/model.safetensors").read_bytes()


def test_a_described_encoder_may_have_a_given_vocabulary(tmp_path):
    pieces = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "De", "##lhi", "日", "é"]
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(pieces) + "\n", encoding="utf-8")
    (tmp_path / "encoder").mkdir()
    random_encoder([], SIZES | {"vocabulary": str(path)}, seed=0, out=tmp_path / "encoder")
    tokenizer = Tokenizer.from_file(str(tmp_path / "encoder/tokenizer.json"))
    assert tokenizer.get_vocab() == {piece: number for number, piece in enumerate(pieces)}
    # as BERT's own: each Chinese character is a word, capitals and accents are kept
    assert tokenizer.encode("Delhi 日日 é delhi").tokens == [
        *["[CLS]", "De", "##lhi", "日", "日", "é", "[UNK]", "[SEP]"]
    ]
    weights = load_file(tmp_path / "encoder/model.safetensors")
    assert weights["embeddings.word_embeddings.weight"].shape == (10, SIZES["hidden"])


BAD_VOCABULARIES = [
    ("[PAD]\na\nb\na\n", "line 4: the piece 'a' is in line 2 already"),
    ("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "no piece [MASK]; expected a vocab.txt of BERT, with [MASK] in a line of its own"),
    (b"\xff", "not UTF-8; expected a vocab.txt with a word piece in each line"),
    (None, "no such file; expected in `encoder.random.vocabulary` a vocab.txt or a number"),
]


@pytest.mark.parametrize("content, line", BAD_VOCABULARIES, ids=["twice", "special", "bytes", "none"])
def test_a_wrong_vocabulary_ends_in_one_line(tmp_path, content, line):
    path = tmp_path / "vocab.txt"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as error:
        read_vocabulary(path)
    assert str(error.value) == f"{path}: {line}"


def test_the_trained_vocabulary_has_whole_words_pieces_and_special_pieces_first():
    vocabulary = train_wordpiece(TEXTS, 300)
    assert [piece for piece, number in sorted(vocabulary.items(), key=lambda item: item[1])][:5] == [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
    ]
    assert {"Ann", "Rome", "##o", "द"} <= set(vocabulary)
    assert len(vocabulary) <= 300


def test_a_folder_is_fetched_whole(tmp_path):
    random_encoder(TEXTS, SIZES, 0, tmp_path / "source")
    fetch_encoder(str(tmp_path / "source"), None, tmp_path / "copy")
    assert {path.name for path in (tmp_path / "copy").iterdir()} == set(ENCODER_FILES)
    source, copy = (load_file(tmp_path / name / "model.safetensors") for name in ("source", "copy"))
    assert set(source) == set(copy)
    assert all(torch.equal(source[name], copy[name]) for name in source)
    text = ["Ann", "दिल्ली", "xyz"]
    ids = [
        Tokenizer.from_file(str(tmp_path / name / "tokenizer.json")).encode(text, is_pretokenized=True).ids
        for name in ("source", "copy")
    ]
    assert ids[0] == ids[1]


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(InputError, match=f"encoder: {tmp_path}.*cannot be loaded"):
        fetch_encoder(str(tmp_path), None, tmp_path / "out")


def test_an_encoder_that_lacks_weights_is_refused(tmp_path):
    random_encoder(TEXTS, SIZES, 0, tmp_path / "source")
    weights = load_file(tmp_path / "source/model.safetensors")
    del weights["encoder.layer.0.attention.self.key.weight"]
    save_file(weights, tmp_path / "source/model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match="no weights for bert.encoder.layer.0.attention.self.key.weight"):
        fetch_encoder(str(tmp_path / "source"), None, tmp_path / "out")


def test_the_tokenizer_of_a_larger_model_is_refused(tmp_path):
    random_encoder(TEXTS, SIZES, 0, tmp_path / "source")
    pieces = {f"piece{number}": number for number in range(500)} | {"[UNK]": 500}
    other = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordPiece(pieces, unk_token="[UNK]")))
    other.save_pretrained(tmp_path / "source")
    with pytest.raises(
        InputError, match="has 501 pieces with ids up to 500, the model .* rows: the tokenizer of another"
    ):
        fetch_encoder(str(tmp_path / "source"), None, tmp_path / "out")


def test_an_encoder_with_weights_that_no_scope_prunes_is_refused(tmp_path, monkeypatch):
    """A convolution over single pieces: packed, it gives each the same scores as alone."""

    def attention(self, config, **others):
        original(self, config, **others)
        self.value = PointwiseConvolution(16, 16, 1)

    folder = save(tmp_path, BertModel(BertConfig(**SMALL)))
    original = BertSelfAttention.__init__
    monkeypatch.setattr(BertSelfAttention, "__init__", attention)
    weights = load_file(folder / "model.safetensors")
    for name, weight in weights.items():
        if name.endswith("self.value.weight"):
            weights[name] = weight[:, :, None].clone()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError) as error:
        settle_packing(folder, 60)
    assert str(error.value) == (
        "encoder: bert models have weights outside of linear layers and embeddings "
        "(encoder.layer.0.attention.self.value.weight), which could not be pruned"
    )


class PointwiseConvolution(nn.Conv1d):
    def forward(self, pieces):
        return super().forward(pieces.transpose(1, 2)).transpose(1, 2)
