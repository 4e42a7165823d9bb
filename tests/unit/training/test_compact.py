"""A compact model and tokenizer against the whole ones: pieces, embedding rows and ids."""

import json

import export_run
import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from ner_pruning.data.wikiann import Corpus, write_corpus
from ner_pruning.files import InputError
from ner_pruning.training.compact import (
    check_same_pieces,
    compact_model,
    compact_tokenizer,
    kept_pieces,
    merges_of,
    pieces_of,
)
from ner_pruning.training.model import first_position
from small_models import tiny_model
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedTokenizerFast

TEXTS = [
    ["the", "lower", "the", "newest", "the", "widest", "lowland", "of", "rivers", "and", "of", "newer", "wideness"],
    ["Othaya", "lies", "in", "Nyeri", "and", "the", "river", "flows", "wide", "and", "low"],
    ["rivers", "wider", "than", "the", "widest", "river", "flow", "into", "the", "newest", "lakes"],
]
NEW = ["wonderful", "towers", "of", "1930", ",", "flown", "in", "winter"]


def tokenizer_of(kind):
    """A tokenizer of a kind with some 80 pieces, trained on TEXTS; its special pieces stand first."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    if kind == "WordPiece":
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=90, special_tokens=special)
    elif kind == "Unigram":
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(vocab_size=80, special_tokens=special, unk_token="<unk>")
    else:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=340, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([" ".join(words) for words in TEXTS], trainer)
    start, end = (special[2], special[3]) if kind == "WordPiece" else (special[0], special[2])
    ids = [(piece, tokenizer.token_to_id(piece)) for piece in (start, end)]
    if kind == "BPE":
        tokenizer.post_processor = processors.RobertaProcessing(ids[1], ids[0])
    else:
        tokenizer.post_processor = processors.TemplateProcessing(single=f"{start} $A {end}", special_tokens=ids)
    return tokenizer


def ids_of(tokenizer, texts):
    return [np.array(tokenizer.encode(words, is_pretokenized=True).ids) for words in texts]


@pytest.mark.parametrize("own_limit", [None, 6])
def test_pieces_beyond_the_longest_sentence_of_training_are_kept(own_limit, tmp_path):
    """Whole sentences are tagged with an export, whatever `max_length` or the tokenizer's own file cut them off at."""
    whole = tokenizer_of("WordPiece")
    if own_limit:
        whole.enable_truncation(own_limit)
        whole.enable_padding(length=40)
    write_corpus(path := tmp_path / "texts.parquet", Corpus(TEXTS, [[0] * len(words) for words in TEXTS]))
    cut = [ids[:5] for ids in ids_of(whole, TEXTS)]
    with pytest.raises(InputError, match="is cut into other pieces"):
        check_same_pieces(whole, compact_tokenizer(whole, kept_pieces(whole, cut)), TEXTS, "texts")
    kept = kept_pieces(whole, [*cut, *pieces_of(whole, [path])])
    check_same_pieces(whole, compact_tokenizer(whole, kept), TEXTS, "texts")


@pytest.mark.parametrize("kind", ["WordPiece", "Unigram", "BPE"])
def test_the_compact_tokenizer_cuts_the_texts_as_the_whole_one(kind):
    whole = tokenizer_of(kind)
    kept = kept_pieces(whole, ids_of(whole, TEXTS[:1]))
    assert len(kept) < whole.get_vocab_size()
    compact = compact_tokenizer(whole, kept)
    assert compact.get_vocab_size() == len(kept)
    check_same_pieces(whole, compact, TEXTS[:1], "texts")
    for one, other in zip(ids_of(whole, TEXTS[:1]), ids_of(compact, TEXTS[:1]), strict=True):
        np.testing.assert_array_equal(one, kept[other])
    assert {compact.id_to_token(new): int(old) for new, old in enumerate(kept)} == {
        whole.id_to_token(int(old)): int(old) for old in kept
    }


@pytest.mark.parametrize("kind", ["WordPiece", "Unigram", "BPE"])
def test_new_words_are_spelt_and_not_unknown(kind):
    whole = tokenizer_of(kind)
    compact = compact_tokenizer(whole, kept_pieces(whole, ids_of(whole, TEXTS[:1])))
    found = {
        name: [word for word in NEW if is_known(tokenizer, word)]
        for name, tokenizer in (("whole", whole), ("compact", compact))
    }
    assert found["whole"] == found["compact"]
    assert "towers" in found["compact"]


def is_known(tokenizer, word):
    numbers = {tokenizer.token_to_id(name) for name in ("[UNK]", "<unk>")}
    return not numbers & {*tokenizer.encode([word], is_pretokenized=True).ids}


def test_the_texts_of_another_tokenizer_are_refused():
    whole = tokenizer_of("WordPiece")
    compact = compact_tokenizer(whole, kept_pieces(whole, []))
    with pytest.raises(InputError, match=r"^data/yo\.parquet: row 0 is cut into other pieces by the compact tokenizer"):
        check_same_pieces(whole, compact, TEXTS, "data/yo.parquet")


def test_the_merges_of_a_piece_are_applied_lowest_rank_first():
    ranks = {("e", "r"): 0, ("l", "o"): 1, ("w", "er"): 2, ("lo", "w"): 3, ("lo", "wer"): 4}
    assert merges_of("lower", ranks) == [("e", "r"), ("l", "o"), ("w", "er"), ("lo", "wer")]
    assert merges_of("xyz", ranks) == []


def test_ids_up_to_the_padding_piece_are_kept():
    whole = tokenizer_of("WordPiece")
    assert kept_pieces(whole, [], first=30)[:30].tolist() == list(range(30))


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_the_compact_model_gives_the_same_logits(family):
    """Embedding rows move to their new ids, positions stay: bit for bit."""
    model = tiny_model(family, "sdpa").eval()
    kept = np.array([0, 1, 2, 3, 5, 17, 21, 22, 40, 59])
    pieces = torch.tensor([[0, 17, 5, 59, 21, 2, 1], [0, 40, 22, 40, 17, 17, 2]])
    mask = (pieces != 1).long()
    with torch.no_grad():
        before = model(input_ids=pieces, attention_mask=mask).logits
        compact_model(model, kept)
        new = torch.from_numpy(np.searchsorted(kept, pieces.numpy()))
        after = model(input_ids=new, attention_mask=mask).logits
    assert torch.equal(before, after)
    assert model.config.vocab_size == len(kept) == model.get_input_embeddings().num_embeddings
    assert model.config.pad_token_id == {"bert": 0, "xlm-roberta": 1}[family]


@pytest.mark.parametrize(
    ("kind", "family"), [("WordPiece", "bert"), ("Unigram", "xlm-roberta"), ("BPE", "xlm-roberta")]
)
def test_a_compact_export_is_read_by_transformers_alone_and_gives_the_same_logits(tmp_path, kind, family):
    """From its folder: other ids, the same pieces, and the same scores of every word, new words included."""
    texts = TEXTS[:1]
    write_corpus(path := tmp_path / "texts.parquet", Corpus(texts, [[0] * len(words) for words in texts]))
    whole = tokenizer_of(kind)
    names = dict(
        zip(["cls_token", "pad_token", "sep_token", "unk_token"], ["<s>", "<pad>", "</s>", "<unk>"], strict=True)
    )
    if kind == "WordPiece":
        names = {f"{name}_token": f"[{name.upper()}]" for name in ("cls", "pad", "sep", "unk")}
    encoder = tmp_path / "encoder"
    PreTrainedTokenizerFast(tokenizer_object=whole, **names).save_pretrained(encoder)
    model = tiny_model(family, "sdpa", vocabulary=whole.get_vocab_size()).eval()
    expected = read_scores_of(model, AutoTokenizer.from_pretrained(encoder), [*texts, NEW])
    kept = kept_pieces(whole, ids_of(whole, texts), first_position(model))
    export_run.main(model, ModelCard("---\nlanguage: en\n---\n"), encoder, str(tmp_path / "out"), kept, [str(path)])

    loaded = AutoModelForTokenClassification.from_pretrained(tmp_path / "out").eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    rows = loaded.get_input_embeddings().num_embeddings
    assert rows == len(tokenizer) == len(kept) < whole.get_vocab_size()
    scores = read_scores_of(loaded, tokenizer, [*texts, NEW])
    for one, other in zip(expected[:-1], scores[:-1], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)
    assert scores[-1].isfinite().all()


def read_scores_of(model, tokenizer, sentences):
    """The scores of each sentence's words, by transformers alone."""
    found = []
    for words in sentences:
        inputs = tokenizer([words], is_split_into_words=True, return_tensors="pt")
        numbers = inputs.word_ids(0)
        firsts = [numbers.index(word) for word in range(len(words)) if word in numbers]
        assert len(firsts) == len(words)
        with torch.no_grad():
            found.append(
                model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits[0, firsts]
            )
    return found


def test_the_least_likely_piece_stays_so_that_unknown_characters_cost_the_same():
    whole = tokenizer_of("Unigram")
    scores = [score for _, score in json.loads(whole.to_str())["model"]["vocab"]]
    assert int(np.argmin(scores)) in kept_pieces(whole, [])
