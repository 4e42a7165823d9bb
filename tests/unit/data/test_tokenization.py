import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ner_pruning.data import tokenization
from ner_pruning.data.encoded_sentences import LOST, EncodedSentences, read_encoded, write_encoded
from ner_pruning.data.tokenization import encode, load_tokenizer
from ner_pruning.files import InputError, sentence_digest
from real_data import WIKIANN, needs_wikiann
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "Lamu", "ni", "m", "##ji", "a", "b"]

HAND_MADE = [
    ["Lamu", "ni", "mji", "wa", "Kenya"],
    ["Lamu", "\u200d", "mji", "\u0007", "kale"],  # a zero-width joiner and a control character alone give no piece
    ["\ufeff", "Lamu", "\u00ad", "\u2028", "\u00a0", "\u3000"],
    ["a\u00a0b", "c d", "e\u2028f", " g ", "h"],
    ["中文", "東京都", "ni", "हिन्दी", "भाषा"],
    ["e\u0301", "\ufffd", "👩\u200d👩\u200d👧", "(1912–1994)", "'''"],
    ["Mombasa"],
    ["[SEP]", "Lamu", "</s>", "[MASK]", "ni"],  # pieces of the tokenizers' own, met in a text
    ["pneumonoultramicroscopicsilicovolcanoconiosis", "ni", "x" * 150, "mji"],
    ["Lamu"] * 40,
]
FILLER = [["ni"]] * 4000
"""Keeps the share of lost words, high at a small length limit, below that which marks a wrong tokenizer."""


def save(tokenizer, begin, end, path):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(piece, tokenizer.token_to_id(piece)) for piece in (begin, end)]
    )
    tokenizer.save(str(path))
    return path


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def train_word_piece(texts, path):
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = word_piece()
    trainer = trainers.WordPieceTrainer(vocab_size=2500, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return save(tokenizer, "[CLS]", "[SEP]", path)


def train_unigram(texts, path):
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=2500, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return save(tokenizer, "<s>", "</s>", path)


@pytest.fixture(scope="module", params=["word piece", "unigram"])
def tokenizer_path(request, tmp_path_factory):
    texts = [" ".join(words) for words in HAND_MADE + real_sentences()]
    train = {"word piece": train_word_piece, "unigram": train_unigram}[request.param]
    return train(texts, tmp_path_factory.mktemp("tokenizer") / "tokenizer.json")


@pytest.fixture(scope="module")
def hand_path(tmp_path_factory):
    """A WordPiece tokenizer of ten pieces, so that its output can be worked out by hand."""
    tokenizer = word_piece()
    tokenizer.model = models.WordPiece({piece: number for number, piece in enumerate(VOCABULARY)}, unk_token="[UNK]")
    return save(tokenizer, "[CLS]", "[SEP]", tmp_path_factory.mktemp("hand") / "tokenizer.json")


def real_sentences():
    """The first, and the longest, test sentences of languages in seven scripts."""
    if not WIKIANN.is_dir():
        return []
    sentences = []
    for language in ("yo", "hi", "zh", "ar", "ko", "te", "ru"):
        (path,) = (WIKIANN / language).glob("test-*.parquet")
        tokens = pq.read_table(path, columns=["tokens"])["tokens"].to_pylist()
        sentences += tokens[:60] + sorted(tokens, key=len)[-3:]
    return sentences


def assert_equal_to_transformers(sentences, tokenizer_path, max_length):
    """Compare with the word ids of transformers' call for pre-split text, its documented way to align tags."""
    sentences = sentences + FILLER
    reference = PreTrainedTokenizerFast(tokenizer_file=str(tokenizer_path))
    encoded = encode(sentences, [[0] * len(words) for words in sentences], load_tokenizer(tokenizer_path, max_length))
    assert len(encoded) == len(sentences)
    for i, words in enumerate(sentences):
        expected = reference(words, is_split_into_words=True, truncation=True, max_length=max_length)
        firsts = [LOST] * len(words)
        for position, word in reversed(list(enumerate(expected.word_ids()))):
            if word is not None:
                firsts[word] = position
        pieces = encoded.pieces[encoded.piece_offsets[i] : encoded.piece_offsets[i + 1]]
        assert pieces.tolist() == expected["input_ids"], words
        assert encoded.first_pieces[encoded.word_offsets[i] : encoded.word_offsets[i + 1]].tolist() == firsts, words


@pytest.mark.parametrize("max_length", [512, 16, 5])
def test_first_pieces_are_those_of_transformers_on_hand_made_sentences(tokenizer_path, max_length):
    assert_equal_to_transformers(HAND_MADE, tokenizer_path, max_length)


@needs_wikiann
@pytest.mark.parametrize("max_length", [512, 24])
def test_first_pieces_are_those_of_transformers_on_real_sentences(tokenizer_path, max_length):
    assert_equal_to_transformers(real_sentences(), tokenizer_path, max_length)


@pytest.mark.parametrize(
    "max_length, pieces, firsts",
    [
        (512, [2, 4, 5, 6, 7, 8, 9, 3], [1, LOST, 2, 3, 5]),
        (8, [2, 4, 5, 6, 7, 8, 9, 3], [1, LOST, 2, 3, 5]),
        (7, [2, 4, 5, 6, 7, 8, 3], [1, LOST, 2, 3, 5]),  # the last word is cut, its first piece is there
        (6, [2, 4, 5, 6, 7, 3], [1, LOST, 2, 3, LOST]),
        (5, [2, 4, 5, 6, 3], [1, LOST, 2, 3, LOST]),  # the fourth word, m ##ji, is cut
    ],
)
def test_a_sentence_worked_out_by_hand(hand_path, max_length, pieces, firsts):
    encoded = encode(
        [["Lamu", "\u200d", "ni", "mji", "a\u00a0b"]], [[5, 0, 1, 2, 0]], load_tokenizer(hand_path, max_length)
    )
    assert encoded.pieces.tolist() == pieces
    assert encoded.first_pieces.tolist() == firsts
    assert encoded.tags.tolist() == [5, 0, 1, 2, 0]


def test_sentences_follow_each_other_and_lost_words_keep_their_place(hand_path):
    tokens = [["Lamu"], ["\u200d"], ["ni", "b"]]
    encoded = encode(tokens, [[1], [3], [0, 5]], load_tokenizer(hand_path, 512))
    assert encoded.pieces.tolist() == [2, 4, 3, 2, 3, 2, 5, 9, 3]
    assert encoded.piece_offsets.tolist() == [0, 3, 5, 9]
    assert encoded.first_pieces.tolist() == [1, LOST, 1, 2]
    assert encoded.word_offsets.tolist() == [0, 1, 2, 4]
    assert encoded.tags.tolist() == [1, 3, 0, 5]
    assert encoded.lengths.tolist() == [3, 2, 4]
    assert encoded.word_counts.tolist() == [1, 1, 2]
    assert encoded.digests == [sentence_digest(words) for words in tokens]


def test_a_word_with_no_known_piece_is_unknown_and_not_lost(hand_path):
    encoded = encode([["Zanzibar"]], [[5]], load_tokenizer(hand_path, 512))
    assert (encoded.pieces.tolist(), encoded.first_pieces.tolist()) == ([2, 1, 3], [1])


def test_the_number_of_sentences_encoded_at_once_changes_nothing(tokenizer_path, monkeypatch):
    tags = [[0] * len(words) for words in HAND_MADE]
    whole = encode(HAND_MADE, tags, load_tokenizer(tokenizer_path, 512))
    monkeypatch.setattr(tokenization, "ENCODING_CHUNK", 3)
    assert_same_sentences(encode(HAND_MADE, tags, load_tokenizer(tokenizer_path, 512)), whole)


def test_padding_and_truncation_stored_with_a_tokenizer_do_not_count(hand_path, tmp_path):
    tokenizer = Tokenizer.from_file(str(hand_path))
    tokenizer.enable_padding(length=32)
    tokenizer.enable_truncation(3)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    encoded = encode([["ni", "mji"], ["ni"]], [[0, 0], [0]], load_tokenizer(tmp_path / "tokenizer.json", 512))
    assert encoded.pieces.tolist() == [2, 5, 6, 7, 3, 2, 5, 3]


def test_a_tokenizer_that_loses_most_words_is_refused(hand_path):
    with pytest.raises(InputError, match="67% of the words give no piece"):
        encode([["\u200d", "\u200d", "ni"]], [[0, 0, 0]], load_tokenizer(hand_path, 512))


@pytest.mark.parametrize("content", ["", "{}", "not JSON"])
def test_what_is_no_tokenizer_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(InputError, match=r"tokenizer\.json: not a tokenizer\.json of the tokenizers library") as error:
        load_tokenizer(tmp_path / "tokenizer.json", 512)
    assert "\n" not in str(error.value)


# The file of encoded sentences

SMALL = EncodedSentences(
    pieces=np.array([2, 119546, 3, 2, 3, 2, 5, 9, 3], np.int32),
    piece_offsets=np.array([0, 3, 5, 9]),
    first_pieces=np.array([1, LOST, 1, 2], np.int16),
    tags=np.array([1, 3, 0, 6], np.int8),
    word_offsets=np.array([0, 1, 2, 4]),
    digests=["a", "b", "c"],
)


def assert_same_sentences(one, other):
    for name in ("pieces", "piece_offsets", "first_pieces", "tags", "word_offsets"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name, strict=True)
    assert list(one.digests) == list(other.digests)


def test_written_sentences_read_back_the_same(tmp_path):
    write_encoded(tmp_path / "a.parquet", SMALL)
    assert_same_sentences(read_encoded(tmp_path / "a.parquet"), SMALL)


def test_a_file_holds_one_row_a_sentence_with_small_types(tmp_path):
    write_encoded(tmp_path / "a.parquet", SMALL)
    table = pq.read_table(tmp_path / "a.parquet")
    assert table["pieces"].to_pylist() == [[2, 119546, 3], [2, 3], [2, 5, 9, 3]]
    assert table["first_pieces"].to_pylist() == [[1], [-1], [1, 2]]
    assert table["tags"].to_pylist() == [[1], [3], [0, 6]]
    types = [pa.list_(pa.int32()), pa.list_(pa.int16()), pa.list_(pa.int8()), pa.string()]
    assert [table.schema.field(name).type for name in ("pieces", "first_pieces", "tags", "digest")] == types


def test_many_sentences_in_several_row_groups_read_back_the_same(tmp_path):
    table_path = tmp_path / "a.parquet"
    write_encoded(table_path, SMALL)
    pq.write_table(pq.read_table(table_path), table_path, row_group_size=1)
    assert_same_sentences(read_encoded(table_path), SMALL)


def test_the_same_sentences_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_encoded(tmp_path / f"{name}.parquet", SMALL)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize("content", [b"", b"PAR1 cut short"])
def test_what_is_no_parquet_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.parquet: not a readable Parquet file"):
        read_encoded(tmp_path / "a.parquet")


def test_a_file_cut_short_is_refused_by_name(tmp_path):
    write_encoded(tmp_path / "a.parquet", SMALL)
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"a\.parquet: not a readable Parquet file"):
        read_encoded(tmp_path / "a.parquet")


def test_a_file_damaged_in_the_middle_is_refused_by_name(tmp_path):
    write_encoded(tmp_path / "a.parquet", SMALL)
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[30:60] = b"x" * 30
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.parquet: not a readable Parquet file"):
        read_encoded(tmp_path / "a.parquet")


def test_a_file_with_other_columns_is_refused_by_name(tmp_path):
    pq.write_table(pa.table({"tokens": pa.array([["a"]])}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet: columns \['tokens'\], expected"):
        read_encoded(tmp_path / "a.parquet")
