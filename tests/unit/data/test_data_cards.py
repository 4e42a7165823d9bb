import json

import data_card
import pytest
from ner_pruning.data.data_cards import card, compare, count_pieces, describe
from ner_pruning.data.wikiann import Corpus, write_corpus
from ner_pruning.files import InputError
from read_corpora import from_folder
from real_data import WIKIANN, needs_wikiann
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

# Two sentences twice, one of them with other tags; one I- at the start, one after another type, one after O.
TRAIN = Corpus(
    tokens=[["Ana", "na", "Lamu"], ["Ana", "na", "Lamu"], ["Lamu"], ["Lamu"], ["mji", "wa", "Lamu"]],
    tags=[[1, 0, 5], [1, 0, 0], [6], [5], [1, 4, 6]],
)
TEST = Corpus(
    tokens=[["Lamu"], ["Lamu", "Ana"], ["Ana", "na", "Lamu"], ["na"]],
    tags=[[5], [5, 1], [3, 4, 4], [0]],
)


@pytest.fixture
def tokenizer():
    """As bert-base-multilingual-cased's, with a vocabulary of a few pieces."""
    vocabulary = {piece: id for id, piece in enumerate(["[UNK]", "[CLS]", "[SEP]", "Ana", "na", "La", "##mu", "mji"])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=None)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return tokenizer


def test_sentences_mentions_duplicates_and_inside_tags_are_counted():
    assert describe(TRAIN) == {
        "sentences": 5,
        "tokens": 11,
        "mentions": {"PER": 3, "ORG": 1, "LOC": 4},
        "duplicate_sentences": 2,
        "inside_without_begin": 3,
    }


def test_the_test_set_is_compared_with_the_training_set():
    # Test mentions: LOC Lamu twice and PER Ana, all known, and ORG (Ana na Lamu), which as a mention is not.
    assert compare(TRAIN, TEST) == {
        "sentences": 2,
        "mentions": 3,
        "mentions_share": 0.75,
        "unique_mentions": 2,
        "unique_mentions_share": 2 / 3,
    }


def test_a_mention_of_another_type_is_not_known():
    assert compare(Corpus([["Lamu"]], [[3]]), Corpus([["Lamu"]], [[5]]))["mentions"] == 0


def test_shares_of_no_mentions_are_none():
    assert compare(TRAIN, Corpus([["na"]], [[0]]))["mentions_share"] is None


def test_pieces_and_words_without_a_piece_are_counted(tokenizer):
    sentences = [["Lamu", "\u200b", "na"], ["\ufeff", "\u200b", "\u200f\u200f"], ["qq"], ["Lamu", "Lamu", "Ana"]]
    # With [CLS] and [SEP]: La ##mu na = 5, none = 2, [UNK] = 3, La ##mu La ##mu Ana = 7
    assert count_pieces(sentences, tokenizer, max_length=4) == {
        "longest_sentence_pieces": 7,
        "sentences_over_max_length": 2,
        "words_without_piece": 4,
        "words_without_piece_examples": ["U+200B", "U+FEFF", "U+200F U+200F"],
    }


def test_at_most_ten_words_are_given_as_examples(tokenizer):
    counts = count_pieces([["\u200b" * n] for n in range(1, 13)], tokenizer, max_length=4)
    assert counts["words_without_piece"] == 12
    assert counts["words_without_piece_examples"][0] == "U+200B"
    assert len(counts["words_without_piece_examples"]) == 10


def test_truncation_and_padding_of_the_tokenizer_do_not_hide_a_long_sentence(tokenizer):
    tokenizer.enable_truncation(max_length=4)
    tokenizer.enable_padding(length=20)
    written = card("sw", TRAIN, TEST, TEST, tokenizer, max_length=5)
    assert written["splits"]["train"]["longest_sentence_pieces"] == 7 - 1  # Ana na La ##mu with [CLS] and [SEP]
    assert written["splits"]["train"]["sentences_over_max_length"] == 3  # mji [UNK] La ##mu is as long
    assert tokenizer.truncation["max_length"] == 4
    assert tokenizer.padding["length"] == 20


def test_the_script_writes_the_card(tmp_path, tokenizer):
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    paths = [tmp_path / f"{name}.parquet" for name in ("train", "validation", "test")]
    for path, corpus in zip(paths, (TRAIN, TEST, TEST), strict=True):
        write_corpus(path, corpus)
    data_card.main("sw", *paths, tmp_path / "tokenizer.json", 512, tmp_path / "card.json")
    written = json.loads((tmp_path / "card.json").read_text())
    assert written["language"] == "sw"
    assert list(written["splits"]) == ["test", "train", "validation"]
    assert written["splits"]["train"]["mentions"] == {"PER": 3, "ORG": 1, "LOC": 4}
    assert written["test_in_train"]["sentences"] == 2


def test_a_file_that_is_no_tokenizer_is_named(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match=r"tokenizer\.json: not a tokenizer\.json of the tokenizers library"):
        data_card.main("sw", "", "", "", tmp_path / "tokenizer.json", 512, tmp_path / "card.json")


@needs_wikiann
def test_known_facts_of_real_data():
    """Counted apart from this code: I- without B-, unique training sentences, test sentences also in train."""
    facts = {
        "zh": (1855, None, None),
        "el": (1, None, None),
        "bn": (0, 4003, 718),
        "jv": (0, None, 1),
        "yo": (0, None, 15),
    }
    for language, (inside, unique, overlap) in facts.items():
        corpora = from_folder(WIKIANN, language)
        described = {split: describe(corpus) for split, corpus in corpora.items()}
        assert sum(counts["inside_without_begin"] for counts in described.values()) == inside
        if unique is not None:
            assert described["train"]["sentences"] - described["train"]["duplicate_sentences"] == unique
        if overlap is not None:
            assert compare(corpora["train"], corpora["test"])["sentences"] == overlap
