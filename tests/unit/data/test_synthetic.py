"""The synthetic corpus: reproducible, valid, in its language's script, and neither trivial nor all unseen."""

import random
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from ner_pruning.data.mentions import LABELS, TYPES
from ner_pruning.data.synthetic import generate, make_pools, split_words
from ner_pruning.data.synthetic_lists import LISTS
from ner_pruning.data.wikiann import Corpus, read_corpus, write_corpus
from ner_pruning.files import InputError

SCRIPTS = {
    "en": "LATIN",
    "de": "LATIN",
    "ru": "CYRILLIC",
    "bg": "CYRILLIC",
    "hi": "DEVANAGARI",
    "mr": "DEVANAGARI",
    "sw": "LATIN",
    "yo": "LATIN",
}
SIZES = {"train": 400, "validation": 100, "test": 100}

PRINT_DIGESTS = """
from ner_pruning.files import sentence_digest
from ner_pruning.data.synthetic import generate
for language in ("yo", "ru"):
    for split, corpus in generate(language, {"train": 50, "test": 50}, 3).items():
        print(language, split, sentence_digest([word for tokens in corpus.tokens for word in tokens]), corpus.tags)
"""


@pytest.fixture(scope="module")
def corpora() -> dict[str, dict[str, Corpus]]:
    return {language: generate(language, SIZES, 1) for language in SCRIPTS}


def mentions_of(corpus: Corpus) -> set[tuple[str, str]]:
    """Mentions as (type, text), by a reader of IOB2 that is independent of the package's."""
    mentions = set()
    for tokens, tags in zip(corpus.tokens, corpus.tags, strict=True):
        open_mention: tuple[str, list[str]] | None = None
        for token, label in [*zip(tokens, (LABELS[tag] for tag in tags), strict=True), ("", "O")]:
            if open_mention and not label.startswith("I-"):
                mentions.add((open_mention[0], " ".join(open_mention[1])))
                open_mention = None
            if label.startswith("B-"):
                open_mention = (label[2:], [token])
            elif label.startswith("I-"):
                assert open_mention and open_mention[0] == label[2:], f"{label} continues no mention in {tokens}"
                open_mention[1].append(token)
    return mentions


def test_languages_are_the_eight_of_the_demo():
    assert set(LISTS) == set(SCRIPTS)


def test_two_processes_with_other_hash_seeds_make_the_same_corpora():
    scripts = Path(__file__).parents[3] / "workflow" / "scripts"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGESTS],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(scripts)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0].splitlines()) == 4


def test_seed_and_split_change_the_sentences():
    first, second = generate("en", SIZES, 1), generate("en", SIZES, 2)
    assert first["train"].tokens != second["train"].tokens
    assert first["validation"].tokens != first["test"].tokens


def test_a_split_does_not_depend_on_the_other_sizes_nor_its_beginning_on_its_own():
    whole = generate("sw", SIZES, 1)
    generate("en", {"train": 7}, 1)  # another language in between
    assert generate("sw", {"test": 100, "train": 11}, 1)["test"] == whole["test"]
    shorter = generate("sw", {"train": 11}, 1)["train"]
    assert shorter.tokens == whole["train"].tokens[:11]
    assert shorter.tags == whole["train"].tags[:11]


@pytest.mark.parametrize("language", SCRIPTS)
def test_splits_have_their_sizes_no_empty_token_and_every_type(corpora, language):
    for split, corpus in corpora[language].items():
        assert len(corpus.tokens) == len(corpus.tags) == SIZES[split]
        for tokens, tags in zip(corpus.tokens, corpus.tags, strict=True):
            assert len(tokens) == len(tags) > 0
            assert any(tags), f"no mention in {tokens}"
            for token in tokens:
                assert token and not any(character.isspace() for character in token)
                assert not {"{", "}"} & set(token), f"unfilled slot in {tokens}"
                assert unicodedata.is_normalized("NFC", token)
                assert unicodedata.category(token[0])[0] != "M", f"{token!r} begins with a combining mark"
        assert {type for type, _ in mentions_of(corpus)} == set(TYPES)


@pytest.mark.parametrize(("language", "script"), SCRIPTS.items())
def test_letters_are_of_the_languages_script(corpora, language, script):
    letters = [
        letter for corpus in corpora[language].values() for tokens in corpus.tokens for letter in "".join(tokens)
    ]
    letters = [letter for letter in letters if letter.isalpha()]
    assert sum(unicodedata.name(letter).startswith(script) for letter in letters) / len(letters) >= 0.9


def test_yoruba_has_its_under_dots_and_tone_marks(corpora):
    text = unicodedata.normalize("NFD", " ".join(word for tokens in corpora["yo"]["train"].tokens for word in tokens))
    assert min(text.count(mark) for mark in ("\N{COMBINING DOT BELOW}", "\u0300", "\u0301")) > 100


@pytest.mark.parametrize("language", SCRIPTS)
def test_some_test_mentions_are_seen_in_training_and_some_are_not(corpora, language):
    training, test = mentions_of(corpora[language]["train"]), mentions_of(corpora[language]["test"])
    assert 0.3 < len(test - training) / len(test) < 0.9


@pytest.mark.parametrize("language", SCRIPTS)
def test_mentions_are_ambiguous_and_of_several_words(corpora, language):
    mentions = mentions_of(corpora[language]["train"])
    texts = {type: {text for other, text in mentions if other == type} for type in TYPES}
    assert texts["LOC"] & texts["ORG"], "no place that is a team too"
    assert sum(" " in text for _, text in mentions) > len(mentions) / 2


@pytest.mark.parametrize("language", SCRIPTS)
def test_a_language_has_enough_distinct_sentence_patterns_with_known_slots(language):
    lines = LISTS[language].sentences.split("\n")
    assert len(set(lines)) == len(lines) >= 12
    types = {slot: pool.type for slot, pool in make_pools(language, random.Random(1)).items()}
    words = {word.strip("{}") for line in lines for word in line.split() if word.startswith("{")}
    assert words <= set(types) | {"year", "number"}


# Country names of the CLDR, and what a person's or a club's name is written in: Faker has no Burmese names.
MARKUP_LANGUAGES = {"fi": "Saksa", "ka": "გერმანია", "my": "ဂျာမနီ", "th": "เยอรมนี", "tl": "Germany", "ur": "جرمنی"}


@pytest.mark.parametrize("language, germany", MARKUP_LANGUAGES.items(), ids=list(MARKUP_LANGUAGES))
def test_a_language_of_the_cldr_without_word_lists_has_lines_of_markup(language, germany):
    corpus = generate(language, {"train": 2000, "test": 10}, seed=0)["train"]
    outside = {
        word
        for words, tags in zip(corpus.tokens, corpus.tags, strict=True)
        for word, tag in zip(words, tags, strict=True)
        if not tag
    }
    assert {word for word in outside if word.isalpha()} == {"REDIRECT"}
    assert [germany] in make_pools(language, random.Random(1))["country"].phrases
    assert {tag for tags in corpus.tags for tag in tags} == set(range(7))
    assert len({tuple(words) for words in corpus.tokens}) > 1000


def test_a_georgian_name_begins_with_a_small_letter_as_all_georgian_words_do():
    words = {word for words in generate("ka", {"train": 500}, seed=0)["train"].tokens for word in words}
    assert "ნიკა" in words
    assert not [word for word in words if unicodedata.name(word[0]).startswith("GEORGIAN MTAVRULI")]


def test_a_language_that_the_cldr_lacks_is_refused():
    with pytest.raises(InputError, match="^language 'bbj': no synthetic corpus can be made; expected en, de, .*CLDR$"):
        generate("bbj", {"train": 1}, seed=0)


def test_split_words_parts_commas_and_parentheses_and_composes_letters():
    assert split_words("Newport, Rhode Island (U.S.)") == ["Newport", ",", "Rhode", "Island", "(", "U.S.", ")"]
    assert split_words("e\u0301a\u00a0b") == ["\u00e9a", "b"]


def test_corpus_survives_the_studys_file_format(tmp_path, corpora):
    write_corpus(tmp_path / "train.parquet", corpora["mr"]["train"])
    assert read_corpus(tmp_path / "train.parquet") == corpora["mr"]["train"]
