"""The encoder's tokenizer: read as its files declare it, checked against its vocabulary, and changed, if necessary, so
that it cuts a list of words into the same pieces as running text."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ner_pruning.files import InputError, read_json
from ner_pruning.study.layout import TOKENIZER_FILES

NEVER_PRODUCED = 0.01
"""Largest share of a vocabulary's pieces that may have capitals or accents which its tokenizer removes.

It is 30 % of multilingual BERT's where a tokenizer for uncased text reads it, and none of bert-base-uncased's.
"""

READING_KEYS = ("do_lower_case", "strip_accents", "tokenize_chinese_chars")
"""Keys of tokenizer_config.json that change how a text is read."""

GENERIC_CLASS = "PreTrainedTokenizerFast"
"""The class in tokenizer_config.json with which transformers takes tokenizer.json as it is."""

SENTENCES = tuple(
    sentence.split()
    for sentence in (
        "All human beings are born free and equal in dignity and rights .",
        "Rais Mwai Kibaki ( 1931 – 2022 ) aliishi Othaya , kilomita 3,500 na 50% ; '' Nairobi's '' [ don't ] U.S. 7th",
        "Watu wote wamezaliwa huru , hadhi na haki zao ni sawa .",
        "Gbogbo ènìyàn ni a bí ní òmìnira ; iyì àti ẹ̀tọ́ kọ̀ọ̀kan sì dọ́gba .",
        "Gbogbo e\u0300ni\u0300ya\u0300n ni a bi\u0301 ni\u0301 o\u0300mi\u0300nira .",  # decomposed
        "Alle Menschen sind frei und gleich an Würde und Rechten geboren , auch in GROSSBUCHSTABEN .",
        "Bütün insanlar hür , haysiyet ve haklar bakımından eşit doğarlar : İstanbul , Iğdır .",
        "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền .",
        "Все люди рождаются свободными и равными в своём достоинстве и правах .",
        "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια .",
        "ყველა ადამიანი იბადება თავისუფალი და თანასწორი .",
        "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق .",
        "כל בני האדם נולדו בני חורין ושווים בערכם .",
        "सभी मनुष्यों को गौरव और अधिकारों के मामले में समानता प्राप्त है ।",
        "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர் .",
        "มนุษย์ ทั้งหลาย เกิดมา มี อิสระ",
        "人 人 生 而 自 由 ， 在 尊 严 和 权 利 上 一 律 平 等 。 東京都 ＡＢＣ",
        "모든 인간은 태어날 때부터 자유로우며 동등하다 .",
    )
)
"""What a tokenizer is tried on, as words: mostly the first article of the Universal Declaration of Human Rights."""


def check_code(folder: str | Path, what: str) -> None:
    """Raise InputError for a tokenizer that is code of the repository alone: transformers would take another class."""
    named = _read_config(Path(folder)).get("auto_map") or {}
    own = isinstance(named, list) or "AutoTokenizer" in named
    if own and not Path(folder, TOKENIZER_FILES[0]).is_file():
        raise InputError(f"{what}: its tokenizer is code of the repository, which is not run; expected tokenizer.json")


def save_tokenizer(wrapped: PreTrainedTokenizerBase, folder: str | Path, out: Path, what: str) -> None:
    """Write the tokenizer that transformers loaded from `folder` to `out`, where the model's config.json lies already.

    In `out` it cuts words as running text (`words_as_text`), and transformers reads it there as the tokenizers library
    does, so that an exported model reads what it was trained on. Raises InputError, in a line that begins with `what`,
    where that cannot be had, where the files in `folder` contradict each other (`declared_tokenizer`), and where the
    tokenizer contradicts its vocabulary (`check_letters`).
    """
    declared = declared_tokenizer(wrapped, Path(folder), what)
    check_letters(declared, wrapped.all_special_tokens, what, Path(folder, TOKENIZER_FILES[0]).is_file())
    tokenizer = words_as_text(declared, what)
    wrapped.save_pretrained(out)
    if "auto_map" in _read_config(out):  # names code of the repository, which neither runs nor comes along
        _configure(out, auto_map=None)
    if tokenizer is not wrapped.backend_tokenizer:
        tokenizer.save(str(out / TOKENIZER_FILES[0]))
    if tokenizer is not declared:
        _configure(out, add_prefix_space=True)
    if not _stored_as(tokenizer, out):
        _configure(out, tokenizer_class=GENERIC_CLASS)
        if not _stored_as(tokenizer, out):
            kind = type(wrapped).__name__
            raise InputError(f"{what}: transformers ({kind}) reads its tokenizer differently once it is stored")


def _configure(out: Path, **values: str | bool | None) -> None:
    """Set keys of tokenizer_config.json; None takes a key out."""
    config = _read_config(out) | values
    text = json.dumps({key: value for key, value in config.items() if key not in values or value is not None}, indent=2)
    (out / TOKENIZER_FILES[1]).write_text(text + "\n", encoding="utf-8")


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / TOKENIZER_FILES[1]
    config = read_json(path) if path.is_file() else {}
    if not isinstance(config, dict):
        raise InputError(f"{path}: no keys; expected those of a tokenizer, such as do_lower_case")
    return config


def _stored_as(tokenizer: Tokenizer, out: Path) -> bool:
    stored = AutoTokenizer.from_pretrained(out, trust_remote_code=False).backend_tokenizer
    return read_alike(tokenizer, stored) and read_alike(tokenizer, Tokenizer.from_file(str(out / TOKENIZER_FILES[0])))


def declared_tokenizer(wrapped: PreTrainedTokenizerBase, folder: Path, what: str) -> Tokenizer:
    """Return the tokenizer that the files in `folder` declare: tokenizer.json where there is one.

    transformers takes only the pieces from tokenizer.json where tokenizer_config.json, or the type of the model, names
    a class of tokenizers; how a text is normalised and cut is then that class's, with the keys of
    tokenizer_config.json. Where these keys (READING_KEYS) and tokenizer.json contradict each other, it is refused.
    """
    path, config = folder / TOKENIZER_FILES[0], _read_config(folder)
    if not path.is_file():
        return wrapped.backend_tokenizer
    stored = Tokenizer.from_file(str(path))
    if read_alike(stored, wrapped.backend_tokenizer):
        return wrapped.backend_tokenizer
    if keys := config.keys() & set(READING_KEYS):
        raise InputError(
            f"{what}: tokenizer.json and tokenizer_config.json ({', '.join(sorted(keys))}) cut words into other "
            "pieces; expected that they agree"
        )
    return stored


def read_alike(one: Tokenizer, other: Tokenizer) -> bool:
    """Return whether two tokenizers give the words of SENTENCES the same pieces, with the special ones."""
    return _readings(one) == _readings(other)


def _readings(tokenizer: Tokenizer) -> list[list[int]]:
    with without_limits(tokenizer):
        return [tokenizer.encode(words, is_pretokenized=True).ids for words in SENTENCES]


@contextmanager
def without_limits(tokenizer: Tokenizer) -> Iterator[None]:
    """Have a tokenizer neither cut nor pad sentences for a while."""
    truncation, padding = tokenizer.truncation, tokenizer.padding
    tokenizer.no_truncation()
    tokenizer.no_padding()
    try:
        yield
    finally:
        if truncation:
            tokenizer.enable_truncation(**truncation)
        if padding:
            tokenizer.enable_padding(**padding)


# Words as running text


def words_as_text(tokenizer: Tokenizer, what: str) -> Tokenizer:
    """Return the tokenizer, or a copy of it that puts a space before each word, whichever cuts words as running text.

    That is: the pieces of a sentence given as words are those of the words joined by spaces, and from the second word
    on those that the tokenizer, as it came, gives the words joined by spaces. The first word counts as any other, as if
    a space stood before it. Byte-level BPE as it comes often takes the first word of a text for one that goes on
    without a space; a copy puts a space before running text too. Raises InputError when neither cuts SENTENCES so.
    """
    with without_limits(tokenizer):
        difference = _first_difference(tokenizer, tokenizer)
        if difference is None:
            return tokenizer
        spaced = _with_space_before(tokenizer)
        if _first_difference(spaced, tokenizer) is None:
            return spaced
    words, text = difference
    raise InputError(
        f"{what}: its tokenizer cuts words into other pieces than running text: {words} instead of {text}; expected "
        "the same pieces, at least with a space before each word"
    )


def _first_difference(tokenizer: Tokenizer, original: Tokenizer) -> tuple[str, str] | None:
    """Return the pieces of the first of SENTENCES that is cut in two ways, as words and as text, or None."""
    for words in SENTENCES:
        given = tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
        text, before = (each.encode(" ".join(words), add_special_tokens=False) for each in (tokenizer, original))
        later = sum(word > 0 for word in given.word_ids)
        if given.ids != text.ids:
            return " ".join(given.tokens[:8]), " ".join(text.tokens[:8])
        if given.ids[len(given.ids) - later :] != before.ids[max(0, len(before.ids) - later) :]:
            return " ".join(given.tokens[:8]), " ".join(before.tokens[:8])
    return None


def _with_space_before(tokenizer: Tokenizer) -> Tokenizer:
    """Return a copy that puts a space before each word it is given, and before running text."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    if isinstance(copy.pre_tokenizer, pre_tokenizers.ByteLevel):
        copy.pre_tokenizer.add_prefix_space = True
        return copy
    # within a sequence, ByteLevel would put a space before each part of a word
    steps = [] if copy.normalizer is None else [copy.normalizer]
    copy.normalizer = normalizers.Sequence([normalizers.Prepend(" "), *steps])
    return copy


# The vocabulary


def check_letters(tokenizer: Tokenizer, special: Iterable[str], what: str, by_json: bool = False) -> None:
    """Raise InputError when a tokenizer removes letters that its vocabulary has, or keeps such as it lacks.

    The first is so when it removes the capitals or accents of more than NEVER_PRODUCED of its pieces, which it could
    never produce; the second when most of its pieces have small letters, at most one in a thousand of these a capital,
    and capitals are kept, which would make words unknown. special: pieces that are no text. by_json: it is
    tokenizer.json that says how a text is read, not tokenizer_config.json.
    """

    def remedy(key: str, value: str) -> str:
        return "by the normalizer in tokenizer.json" if by_json else f'in tokenizer_config.json "{key}": {value}'

    pieces = _texts(tokenizer, special)
    normalize = tokenizer.normalizer.normalize_str if tokenizer.normalizer else str
    capitals = [piece for piece in pieces if _has_capital(piece) and not _has_capital(normalize(piece))]
    accents = [piece for piece in pieces if _accents(piece) > _accents(normalize(piece))]
    never = len({*capitals, *accents})
    if never > NEVER_PRODUCED * len(pieces):
        lost = [name for name, found in (("capitals", capitals), ("accents", accents)) if found]
        example = next((piece for piece in capitals or accents if len(piece) > 3), (capitals or accents)[0])
        key = "do_lower_case" if capitals else "strip_accents"
        raise InputError(
            f"{what}: its tokenizer removes {' and '.join(lost)}, so that {never:,} of the {len(pieces):,} pieces of "
            f"its vocabulary, such as {example}, can never be produced; expected one that keeps them "
            f"({remedy(key, 'false')})"
        )
    small = sum(any(letter.title() != letter for letter in piece) for piece in pieces)
    few_capitals = 1000 * sum(map(_has_capital, pieces)) <= small
    if few_capitals and 2 * small > len(pieces) and not _knows_bytes(tokenizer) and _has_capital(normalize("A")):
        raise InputError(
            f"{what}: its tokenizer keeps capitals, which its vocabulary lacks ({small:,} of {len(pieces):,} pieces "
            "are lower-case): words with capitals would be unknown; expected one that lower-cases text "
            f"({remedy('do_lower_case', 'true')})"
        )


def _texts(tokenizer: Tokenizer, special: Iterable[str]) -> list[str]:
    """Return the pieces of a vocabulary that stand for text, in their order, as characters."""
    added = {str(token.content) for token in tokenizer.get_added_tokens_decoder().values()} | set(special)
    numbers = tokenizer.get_vocab(with_added_tokens=False)
    pieces = [piece for piece in sorted(numbers, key=numbers.get) if piece not in added]
    pieces = [piece for piece in pieces if not re.fullmatch(r"\[.+\]|<.+>", piece)]  # [unused1], <0x0A>
    if _is_byte_level(tokenizer):
        decode = decoders.ByteLevel().decode
        return [decode([piece]).replace("\ufffd", "") for piece in pieces]
    return pieces


def _is_byte_level(tokenizer: Tokenizer) -> bool:
    return tokenizer.pre_tokenizer is not None and b'"ByteLevel"' in tokenizer.pre_tokenizer.__getstate__()


def _knows_bytes(tokenizer: Tokenizer) -> bool:
    """Return whether there is a piece for each byte, so that no character is unknown."""
    return _is_byte_level(tokenizer) or getattr(tokenizer.model, "byte_fallback", False)


def _has_capital(text: str) -> bool:
    return any(map(str.isupper, text))


def _accents(text: str) -> int:
    """Return the number of accents and other marks, as the normalisers of `tokenizers` strip them."""
    return sum(unicodedata.category(character) == "Mn" for character in unicodedata.normalize("NFD", text))
