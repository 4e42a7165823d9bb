"""Tokenizers as encoders have them: words are cut as running text, and none contradicts its vocabulary or its files."""

import json
import shutil
import unicodedata
from pathlib import Path

import export_run
import pytest
from huggingface_hub import ModelCard
from ner_pruning.data.tokenization import encode, load_tokenizer
from ner_pruning.files import InputError
from ner_pruning.training.encoder import fetch_encoder, random_encoder, train_wordpiece
from ner_pruning.training.encoder_check import settle_packing
from ner_pruning.training.model import load_encoder
from ner_pruning.training.tokenizer import SENTENCES, check_letters, words_as_text
from read_corpora import from_folder
from real_data import WIKIANN, needs_wikiann
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, RobertaConfig, RobertaModel

SIZES = {"vocabulary": 500, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 64}
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
BYTES = pre_tokenizers.ByteLevel.alphabet()

# Families: (model, trainer, normaliser, pre-tokenizer), and whether words are cut as running text as it comes

BPE, UNIGRAM, WORDPIECE = (
    (models.BPE, trainers.BpeTrainer, {"initial_alphabet": BYTES}),
    (models.Unigram, trainers.UnigramTrainer, {"unk_token": "<unk>"}),
    (models.WordPiece, trainers.WordPieceTrainer, {}),
)


def metaspace(scheme):
    return pre_tokenizers.Metaspace(prepend_scheme=scheme)


def llama_3(add_prefix_space=False):
    split = pre_tokenizers.Split(Regex(LLAMA_3), "isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space, use_regex=False)])


def bert(lowercase):
    return normalizers.BertNormalizer(lowercase=lowercase)


LLAMA_2 = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
XLM_R = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace("always")])
DIGITS = pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
FAMILIES = {
    "word piece, cased": (WORDPIECE, bert(False), pre_tokenizers.BertPreTokenizer(), True),
    "word piece, uncased": (WORDPIECE, bert(True), pre_tokenizers.BertPreTokenizer(), True),
    "unigram, always": (UNIGRAM, normalizers.NFKC(), metaspace("always"), True),
    "unigram, first": (UNIGRAM, normalizers.NFKC(), metaspace("first"), True),
    "unigram, never": (UNIGRAM, normalizers.NFKC(), metaspace("never"), False),
    "unigram of xlm-r": (UNIGRAM, normalizers.NFKC(), XLM_R, True),
    "bpe, always": (BPE, None, metaspace("always"), True),
    "bpe, never": (BPE, normalizers.NFC(), metaspace("never"), False),
    "bpe of gemma": (BPE, normalizers.Replace(" ", "▁"), pre_tokenizers.Split("▁", "merged_with_next"), False),
    "bpe of llama 2": (BPE, LLAMA_2, pre_tokenizers.Split("▁", "merged_with_next"), True),
    "byte-level bpe of roberta": (BPE, None, pre_tokenizers.ByteLevel(add_prefix_space=False), False),
    "byte-level bpe with a space": (BPE, None, pre_tokenizers.ByteLevel(add_prefix_space=True), True),
    "byte-level bpe, normalised": (BPE, normalizers.NFC(), pre_tokenizers.ByteLevel(add_prefix_space=False), False),
    "byte-level bpe of llama 3": (BPE, None, llama_3(), False),
    "byte-level bpe, digits apart": (BPE, None, DIGITS, False),
}
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def train(family) -> Tokenizer:
    (model, trainer, options), normalizer, pre_tokenizer, _ = FAMILIES[family]
    tokenizer = Tokenizer(model())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    trained = trainer(vocab_size=1200, special_tokens=SPECIAL, show_progress=False, **options)
    tokenizer.train_from_iterator([" ".join(words) for words in SENTENCES for _ in range(3)], trained)
    if model is models.WordPiece:
        tokenizer.model.unk_token = "<unk>"
    return tokenizer


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return request.param


def pieces_of_words(tokenizer, words) -> list[list[str]]:
    """The pieces of each word of a sentence that is given as words."""
    encoding = tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
    pieces = [[] for _ in words]
    for piece, word in zip(encoding.tokens, encoding.word_ids, strict=True):
        pieces[word].append(piece)
    return pieces


def pieces_of_text(tokenizer, words) -> list[str]:
    return tokenizer.encode(" ".join(words), add_special_tokens=False).tokens


def differing(tokenizer, original, sentences) -> list[list[str]]:
    """The sentences whose words are not cut as their running text, which the tokenizer as it came cuts in the same
    way but for the first word: another word before it makes it one that a space precedes."""
    found = []
    for words in sentences:
        cut = [piece for word in pieces_of_words(tokenizer, words) for piece in word]
        with_one_before = pieces_of_text(original, ["na", *words])
        before = pieces_of_text(original, ["na"])
        if not cut == pieces_of_text(tokenizer, words) == with_one_before[len(before) :]:
            found.append(words)
    return found


OTHER_SENTENCES = [
    ["Rais", "Mwai", "Kibaki"],
    ["''", "Kibaki's", "'s", "(1912–1994)", "3,500", "A.B.", "km²", "…", "e\u0301", "ẹ̀tọ́"],
    ["中", "文", "東京都", "ni", "हिन्दी", "भाषा", "Ştefan", "ẞ", "ǅ", "İ"],
]


def test_words_are_cut_as_running_text(family):
    tokenizer = train(family)
    assert (not differing(tokenizer, tokenizer, OTHER_SENTENCES)) == FAMILIES[family][3]
    read = words_as_text(tokenizer, "encoder: x")
    assert (read is tokenizer) == FAMILIES[family][3]
    assert not differing(read, tokenizer, OTHER_SENTENCES)


@pytest.fixture(scope="module")
def real_sentences() -> list[list[str]]:
    """A hundred sentences of each of ten languages, without those of words that have white space in them."""
    sentences = []
    for language in ("yo", "sw", "jv", "hi", "zh", "ar", "ko", "te", "ru", "tr"):
        sentences += from_folder(WIKIANN, language)["test"].tokens[:100]
    return [words for words in sentences if all(word.split() == [word] for word in words)]


@needs_wikiann
def test_words_of_real_sentences_are_cut_as_running_text(family, real_sentences):
    tokenizer = train(family)
    assert len(real_sentences) > 990
    assert not differing(words_as_text(tokenizer, "encoder: x"), tokenizer, real_sentences)


# By hand: the pieces of `Rais Mwai Kibaki` in byte-level BPE, where Ġ stands for a space

MERGES = [("w", "a"), ("a", "i"), ("Ġ", "R"), ("Ġ", "M"), ("K", "i"), ("Ġ", "Ki"), ("b", "a"), ("k", "i")]
HAND = [["ĠR", "ai", "s"], ["ĠM", "wa", "i"], ["ĠKi", "ba", "ki"]]
WORDS = ["Rais", "Mwai", "Kibaki"]
SOURCES = [
    *(("tokenizer.json", kind) for kind in ("RobertaTokenizer", "PreTrainedTokenizerFast", None)),
    *(("vocab.json and merges.txt", kind) for kind in ("RobertaTokenizer", None)),
]


def byte_level(pre_tokenizer=None) -> Tokenizer:
    pieces = [*SPECIAL, "<mask>", *sorted(BYTES), *("".join(merge) for merge in MERGES)]
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, MERGES))
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens([AddedToken(piece, special=True) for piece in (*SPECIAL, "<mask>")])
    begin, end = (("<s>", 0), ("</s>", 2))
    tokenizer.post_processor = processors.RobertaProcessing(end, begin, trim_offsets=True, add_prefix_space=False)
    return tokenizer


def roberta(folder: Path, tokenizer: Tokenizer) -> Path:
    """Write a tiny RoBERTa with the weights and config that its repository would have."""
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = RobertaConfig(vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=66, pad_token_id=1, **sizes)
    RobertaModel(config).save_pretrained(folder)
    return folder


def test_words_go_without_their_space_as_the_tokenizer_comes_and_have_it_as_it_is_read():
    for tokenizer in (byte_level(), byte_level(llama_3())):
        assert pieces_of_words(tokenizer, WORDS) == [["R", "ai", "s"], ["M", "wa", "i"], ["Ki", "ba", "ki"]]
        assert pieces_of_text(tokenizer, WORDS) == ["R", "ai", "s", *HAND[1], *HAND[2]]
        read = words_as_text(tokenizer, "encoder: x")
        assert pieces_of_words(read, WORDS) == HAND
        assert pieces_of_text(read, WORDS) == sum(HAND, [])


def test_a_word_has_one_space_before_it_whatever_parts_it_is_split_into():
    """With add_prefix_space of the ByteLevel in the sequence, each part would have one: Ġ ' t."""
    read = words_as_text(byte_level(llama_3()), "encoder: x")
    assert pieces_of_words(read, ["Kibaki't", "(1912"]) == [
        ["ĠKi", "ba", "ki", "'", "t"],
        ["Ġ", "(", "1", "9", "1", "2"],
    ]
    with_space = byte_level(llama_3(add_prefix_space=True))
    assert pieces_of_words(with_space, ["Kibaki't"]) == [["ĠKi", "ba", "ki", "Ġ", "'", "t"]]


@pytest.mark.parametrize("files, kind", SOURCES)
def test_encoder_and_export_have_the_space(tmp_path, files, kind):
    source, encoder, export = (tmp_path / part for part in ("source", "encoder", "export"))
    tokenizer = byte_level()
    roberta(source, tokenizer)
    if files == "tokenizer.json":
        tokenizer.save(str(source / files))
    else:
        tokenizer.model.save(str(source))
    if kind is not None:
        special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
        config = {"tokenizer_class": kind, "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>", **special}
        (source / "tokenizer_config.json").write_text(json.dumps(config))
    fetch_encoder(str(source), None, encoder)
    settle_packing(encoder, 60)
    export_run.main(load_encoder(encoder, dropout=0.0, seed=0), ModelCard("card"), encoder, str(export))
    encoded = encode([WORDS], [[0] * 3], load_tokenizer(encoder / "tokenizer.json", 60))
    expected = [0, *(tokenizer.token_to_id(piece) for piece in sum(HAND, [])), 2]
    assert encoded.pieces.tolist() == expected
    assert encoded.first_pieces.tolist() == [1, 4, 7]
    for folder in (encoder, export):
        assert json.loads((folder / "tokenizer_config.json").read_text())["add_prefix_space"] is True
        loaded = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        assert loaded(WORDS, is_split_into_words=True)["input_ids"] == expected
        assert loaded(" ".join(WORDS))["input_ids"] == expected


def test_a_byte_level_tokenizer_in_a_sequence_keeps_its_space_in_the_encoder_folder(tmp_path):
    source = roberta(tmp_path / "source", byte_level())
    byte_level(llama_3()).save(str(source / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "mask_token": "<mask>"}
    (source / "tokenizer_config.json").write_text(json.dumps(config))
    fetch_encoder(str(source), None, tmp_path / "encoder")
    loaded = AutoTokenizer.from_pretrained(tmp_path / "encoder", trust_remote_code=False)
    pieces = loaded.convert_ids_to_tokens(loaded(WORDS, is_split_into_words=True)["input_ids"])
    assert pieces == ["<s>", *sum(HAND, []), "</s>"]


def test_a_tokenizer_whose_pieces_go_over_words_is_refused():
    """Without a pre-tokenizer, `na haki` is one piece in running text, and never one of words."""
    pieces = [("<unk>", 0.0), ("▁", -4.0), ("▁na", -5.0), ("▁haki", -5.0), ("▁na▁haki", -5.0)]
    letters = {letter for words in SENTENCES for letter in "".join(words)}
    tokenizer = Tokenizer(models.Unigram([*pieces, *((letter, -9.0) for letter in sorted(letters))], unk_id=0))
    tokenizer.normalizer = LLAMA_2
    with pytest.raises(InputError) as error:
        words_as_text(tokenizer, "encoder: x")
    assert str(error.value) == (
        "encoder: x: its tokenizer cuts words into other pieces than running text: ▁ W a t u ▁ w o instead of "
        "▁ W a t u ▁ w o; expected the same pieces, at least with a space before each word"
    )


# Files that contradict each other, and vocabularies that contradict their tokenizer


@pytest.fixture(scope="module")
def cased(tmp_path_factory) -> Path:
    """An encoder with a cased vocabulary of many languages."""
    folder = tmp_path_factory.mktemp("cased")
    random_encoder(SENTENCES * 3, SIZES, 0, folder)
    return folder


def copy_of(folder: Path, out: Path, vocabulary: list[str] | None = None, config: dict | None = None) -> Path:
    """Copy an encoder; with a vocabulary, its tokenizer is vocab.txt alone, else tokenizer.json; config: of it."""
    shutil.copytree(folder, out)
    (out / "tokenizer_config.json").unlink()
    if vocabulary is not None:
        (out / "tokenizer.json").unlink()
        (out / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    if config is not None:
        (out / "tokenizer_config.json").write_text(json.dumps(config))
    return out


def by_number(folder: Path) -> list[str]:
    vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    return sorted(vocabulary, key=vocabulary.get)


def ids(folder: Path) -> list[list[int]]:
    tokenizer = load_tokenizer(folder / "tokenizer.json", 512)
    return [tokenizer.encode(words, is_pretokenized=True).ids for words in SENTENCES]


def test_a_cased_vocabulary_alone_is_refused_and_read_with_the_line_that_was_missing(tmp_path, cased):
    source = copy_of(cased, tmp_path / "source", by_number(cased))
    with pytest.raises(InputError) as error:
        fetch_encoder(str(source), None, tmp_path / "out")
    line = str(error.value)
    assert line.startswith(f"encoder: {source}: its tokenizer removes capitals and accents, so that ")
    assert line.endswith(
        'can never be produced; expected one that keeps them (in tokenizer_config.json "do_lower_case": false)'
    )
    (source / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    fetch_encoder(str(source), None, tmp_path / "out")
    assert ids(tmp_path / "out") == ids(cased)


def test_a_tokenizer_json_that_removes_letters_of_its_vocabulary_is_refused(tmp_path, cased):
    source = Path(shutil.copytree(cased, tmp_path / "source"))
    path = source / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.normalizer = bert(True)
    tokenizer.save(str(path))
    with pytest.raises(InputError, match=r"removes capitals and accents, .* \(by the normalizer in tokenizer\.json\)$"):
        fetch_encoder(str(source), None, tmp_path / "out")


def test_the_pieces_that_cannot_be_produced_are_counted():
    """One in a hundred pieces may have capitals or accents: here 4 of 400, and then a fifth."""
    lost = ["Kenya", "tẹ", "हिन्दी", "##É"]
    small = [f"a{number}" for number in range(395)]
    pieces = ["[UNK]", "[PAD]", "[unused1]", *small, *lost]
    check_letters(wordpiece([*pieces, "na"], lowercase=True), [], "x")
    check_letters(wordpiece([*pieces, "Ọ̀"], lowercase=False), [], "x")
    line = "removes capitals and accents, so that 5 of the 400 pieces of its vocabulary, such as Kenya, can never"
    with pytest.raises(InputError, match=line):
        check_letters(wordpiece([*pieces, "Ọ̀"], lowercase=True), [], "x")


def wordpiece(pieces, **options) -> Tokenizer:
    numbers = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def test_accents_alone_name_their_own_key():
    pieces = ["[UNK]", *(f"tẹ{number}" for number in range(20))]
    with pytest.raises(InputError, match=r"removes accents, so that 20 of the 20 .*\"strip_accents\": false\)$"):
        check_letters(wordpiece(pieces, lowercase=False, strip_accents=True), [], "x")


def uncased(words) -> list[str]:
    """Words as BERT's tokenizer for uncased text leaves them."""
    text = unicodedata.normalize("NFD", " ".join(words).lower())
    return "".join(letter for letter in text if unicodedata.category(letter) != "Mn").split()


def test_an_uncased_vocabulary_is_read_as_one_and_not_as_a_cased_one(tmp_path, cased):
    texts = [uncased(words) for words in SENTENCES] * 3
    vocabulary = train_wordpiece(texts, SIZES["vocabulary"])
    random_encoder(texts, SIZES, 0, tmp_path / "uncased")
    pieces = [*sorted(vocabulary, key=vocabulary.get)[:-1], "Z"]  # a stray capital
    source = copy_of(tmp_path / "uncased", tmp_path / "source", pieces)
    fetch_encoder(str(source), None, tmp_path / "out")
    tokenizer = load_tokenizer(tmp_path / "out" / "tokenizer.json", 60)
    assert (
        tokenizer.encode(["Würde"], is_pretokenized=True).ids == tokenizer.encode(["wurde"], is_pretokenized=True).ids
    )

    latin = [words for words in texts if all(letter < "\u0250" for letter in "".join(words))]
    pieces = sorted(train_wordpiece(latin, 300), key=train_wordpiece(latin, 300).get)
    with pytest.raises(InputError, match=r"keeps capitals, which its vocabulary lacks .*\"do_lower_case\": true\)$"):
        check_letters(wordpiece(pieces, lowercase=False), [], "x")
    check_letters(wordpiece(pieces, lowercase=True), [], "x")


@pytest.mark.parametrize("pieces", [["人", "生", "##生", "ab", "##c"], ["ა", "დამიანი", "##ი"], ["सभी", "##है"]])
def test_scripts_without_capitals_need_none(pieces):
    check_letters(wordpiece(["[UNK]", *pieces], lowercase=False), [], "x")


def test_bytes_are_letters_neither_large_nor_small():
    """Byte-level pieces of Cyrillic and Devanagari look like capitals with accents: Ð´, à¤."""
    tokenizer = train("byte-level bpe of roberta")
    check_letters(tokenizer, SPECIAL, "x")
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    with pytest.raises(InputError, match="removes capitals and accents"):
        check_letters(tokenizer, SPECIAL, "x")
    texts = [" ".join(uncased(words)) for words in SENTENCES for _ in range(3)]
    trainer = trainers.BpeTrainer(vocab_size=8000, special_tokens=SPECIAL, show_progress=False)
    lower = Tokenizer(models.BPE())
    lower.pre_tokenizer = pre_tokenizers.ByteLevel()
    lower.normalizer = tokenizer.normalizer
    lower.train_from_iterator(texts, trainer)
    check_letters(lower, SPECIAL, "x")


def test_tokenizer_json_says_how_a_text_is_read(tmp_path, cased):
    """transformers would take its pieces and lower the case, as its class for BERT does where no key says otherwise."""
    source = copy_of(cased, tmp_path / "source", config={"tokenizer_class": "BertTokenizer"})
    assert AutoTokenizer.from_pretrained(source, trust_remote_code=False).tokenize("ENÌYÀN") != ["ENÌYÀN"]
    fetch_encoder(str(source), None, tmp_path / "out")
    assert ids(tmp_path / "out") == ids(cased)
    stored = AutoTokenizer.from_pretrained(tmp_path / "out", trust_remote_code=False)
    assert [stored(words, is_split_into_words=True)["input_ids"] for words in SENTENCES] == ids(cased)


def test_files_that_contradict_each_other_are_refused(tmp_path, cased):
    config = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "strip_accents": None}
    source = copy_of(cased, tmp_path / "source", config=config)
    with pytest.raises(InputError) as error:
        fetch_encoder(str(source), None, tmp_path / "out")
    assert str(error.value) == (
        f"encoder: {source}: tokenizer.json and tokenizer_config.json (do_lower_case, strip_accents) cut words into "
        "other pieces; expected that they agree"
    )


def test_a_tokenizer_without_special_pieces_stays_one(tmp_path, cased):
    source = Path(shutil.copytree(cased, tmp_path / "source"))
    path = source / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"post_processor": None}))
    fetch_encoder(str(source), None, tmp_path / "out")
    assert ids(tmp_path / "out") == [sentence[1:-1] for sentence in ids(cased)]
