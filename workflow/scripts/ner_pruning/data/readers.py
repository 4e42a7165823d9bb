"""Readers of entity data: Parquet with tag names or ids, tagged text in columns, and JSON lines."""

import codecs
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ner_pruning.data.tag_schemes import TaggedSentences
from ner_pruning.data.wikiann import check_sentences, is_string
from ner_pruning.files import InputError
from ner_pruning.parquet import read_table
from ner_pruning.terms import OUTSIDE

Column = str | int
"""The name of a column, or its number in tagged text: from 1, or from -1 for the last."""

TOKENS, TAGS = "tokens", "ner_tags"
"""The names of the columns in WikiAnn."""

LONGEST = 500
"""Words of a sentence that may be the only one of a file."""

DOCUMENT = "-DOCSTART-"
"""The token of a line between two documents (CoNLL-2002, CoNLL-2003)."""

NAMES_HINT = "expected their names in the file, or in `data: labels`"


# Parquet


def read_shards(
    paths: Sequence[str | os.PathLike],
    names: tuple[str, str] = (TOKENS, TAGS),
    labels: Sequence[str] | None = None,
) -> TaggedSentences:
    """Read the Parquet shards of one split, one after another.

    names: of the columns of words and of tags. Tags are texts, or ids whose names the file has in its metadata, as
    `datasets` writes them; labels: the names where it has none. Raises InputError that names the file, and the row
    (counted from 0), for a file that is not such a table, and for an id without a name.
    """
    sentences = TaggedSentences("row")
    for path in paths:
        table, source = read_table(path), str(path)
        check_sentences(table, source, names, named=True)
        column = table[names[1]]
        if is_string(column.type.value_type):
            tags = column.to_pylist()
        else:
            described = [_names_by_id(found) for found in _described_names(table, source, names[1])]
            if any(each != described[0] for each in described):
                raise InputError(f"{source}: its metadata have several lists of tag names of {names[1]}; expected one")
            tags = _named(column, described[0] if described else _by_id(labels), source)
        sentences.tokens += table[names[0]].to_pylist()
        sentences.tags += tags
        sentences.places += [(source, row) for row in range(len(table))]
    return sentences


def _by_id(labels: Sequence[str] | None) -> dict[int, str]:
    return dict(enumerate(labels or ()))


def _named(column: pa.ChunkedArray, names: Mapping[int, str], source: str) -> list[list[str]]:
    """Return the names of tag ids, sentence by sentence."""
    ids = pc.list_flatten(column)
    for value in pc.unique(ids).to_pylist():
        if value not in names:
            row = pc.list_parent_indices(column)[pc.index(ids, value).as_py() if value is not None else _null(ids)]
            raise _unknown_id(value, names, f"{source}: row {row}")
    return [[names[id] for id in sentence] for sentence in column.to_pylist()]


def _unknown_id(value: int | None, names: Mapping[int, str], place: str) -> InputError:
    """Return the error of a tag id that has no name."""
    if not names:
        return InputError(f"{place}: tag ids without names; {NAMES_HINT}")
    allowed = ", ".join(f"{id} = {name}" for id, name in names.items())
    return InputError(f"{place}: tag id {value}; expected one of {allowed}")


def _null(values: pa.ChunkedArray) -> int:
    return pc.index(pc.is_null(values), True).as_py()


def _described_names(table: pa.Table, source: str, column: str) -> list[Any]:
    """Return all lists of tag names in what `datasets` wrote into a Parquet file about a column.

    Its versions differ in how a feature is nested: `{"feature": …, "_type": "List"}` (or LargeList, Sequence), a list
    `[…]` of the one inner feature, a mapping of the features to themselves or a list of mappings with a `name`. The
    names themselves are a list, or a mapping from ids.
    """
    description = (table.schema.metadata or {}).get(b"huggingface")
    if not description:
        return []
    try:
        value = json.loads(description)
    except ValueError as error:
        raise InputError(f"{source}: its metadata huggingface is not JSON ({error})") from None
    found = [
        names for feature in _values_of(column, value) for names in _values_of("names", feature) if names is not None
    ]
    for names in found:
        if not isinstance(names, list | dict) or not all(isinstance(name, str) for name in _listed(names)):
            raise InputError(f"{source}: tag names {names!r} in its metadata; expected a list of names")
    return found


def _values_of(key: str, tree: Any) -> Iterator[Any]:
    """Yield what a tree of mappings and lists has under a key, or beside that key as a `name`, at any depth."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree[key]
        elif tree.get("name") == key:
            yield tree
        else:
            tree = list(tree.values())
    if isinstance(tree, list):
        for inner in tree:
            yield from _values_of(key, inner)


def _listed(names: list | dict) -> list:
    return list(names.values()) if isinstance(names, dict) else names


def _names_by_id(names: list[str] | dict[str, str]) -> dict[int, str]:
    return {int(id): name for id, name in names.items()} if isinstance(names, dict) else _by_id(names)


# Text


def read_tagged_text(content: bytes, source: str, prefix: str = "") -> TaggedSentences:
    """Read lines `token<TAB>tag`, with blank lines between sentences: XTREME's form, and with a prefix Rahimi et al.'s.

    content: UTF-8, with or without a byte order mark, lines ending in LF or CRLF; source: what errors name; prefix:
    what every line begins with and no token keeps (`en:`). Raises InputError that names source and line (from 1).
    """
    return _sentences(_lines(content, source), source, lambda line, place: _split_line(line, place, prefix), None)


def _split_line(line: str, place: str, prefix: str) -> tuple[str, str]:
    columns = line.split("\t")
    if len(columns) == 1:
        hint = "XTREME's script leaves the tags out of its test files"
        raise InputError(f"{place}: no tag; expected token<TAB>tag ({hint})")
    if len(columns) != 2:
        raise InputError(f"{place}: {len(columns)} columns; expected token<TAB>tag")
    token, tag = columns
    if not token.startswith(prefix):
        raise InputError(f"{place}: {token!r} does not begin with {prefix!r}; expected {prefix}token<TAB>tag")
    token = token[len(prefix) :]
    if not token:
        raise InputError(f"{place}: an empty token; expected {prefix}token<TAB>tag")
    return token, tag


def read_columns(
    content: bytes, source: str, language: str, tokens: Column = TOKENS, tags: Column = TAGS
) -> TaggedSentences:
    """Read lines of columns, a word a line, with blank lines between sentences (CoNLL-2002, CoNLL-2003, …).

    content, source: as for `read_tagged_text`. Columns are separated by tabs if the first line of a word has one, else
    by spaces, and every line has as many. tokens, tags: their numbers; names stand for the first and the last. Left out
    are lines that begin with # before the first word of a sentence, unless they have as many columns and a tag (a
    comment has not), lines whose token is -DOCSTART-, and those that have no word and the tag O (MasakhaNER has two).
    Raises InputError that names source and line for anything else, and for a first column that only counts the words or
    has the language before each of them.
    """
    for column, default in ((tokens, TOKENS), (tags, TAGS)):
        if column != default and not isinstance(column, int):
            raise InputError(
                f"{source}: columns of text have no names; expected a number in `data: columns`, not {column!r}"
            )
    numbers = [tokens if isinstance(tokens, int) else 1, tags if isinstance(tags, int) else -1]
    lines = _lines(content, source)
    first = next((line for line in lines if line.strip() and not line.startswith(("#", DOCUMENT))), "")
    separator = "\t" if "\t" in first else " "
    count = len(_columns(first, separator))
    if first and (count < 2 or max(map(abs, numbers)) > count):
        line = lines.index(first) + 1
        raise InputError(f"{source}: line {line}: {count} columns; expected columns {numbers[0]} and {numbers[1]}")
    token_at, tag_at = (number - 1 if number > 0 else number for number in numbers)

    def split(line: str, place: str) -> tuple[str, str]:
        if re.split("[ \t]", line.lstrip(" \t"), maxsplit=1)[0] == DOCUMENT:
            return DOCUMENT, OUTSIDE
        columns = _columns(line, separator)
        if separator == " " and token_at % count == 0 and line.startswith(" ") and len(columns) == count - 1:
            columns = ["", *columns]  # runs of spaces are one, but in the place of the first column
        if len(columns) == count and not columns[token_at] and columns[tag_at] == OUTSIDE:
            return "", OUTSIDE
        if len(columns) != count:
            by = "tabs" if separator == "\t" else "spaces"
            raise InputError(
                f"{place}: {len(columns)} columns; expected {count} separated by {by}, as in the first line"
            )
        if not columns[token_at]:
            raise InputError(f"{place}: an empty token; expected text in column {numbers[0]}")
        return columns[token_at], columns[tag_at]

    def is_comment(line: str) -> bool:
        columns = _columns(line, separator)
        return line.startswith("#") and not (len(columns) == count and re.fullmatch(r"O|[A-Z]-\S+", columns[tag_at]))

    lines = [line if line.strip(" \t") else "" for line in lines]
    sentences = _sentences(lines, source, split, is_comment)
    _check_first_column(sentences, language, isinstance(tokens, int))
    return sentences


def _columns(line: str, separator: str) -> list[str]:
    """Return the columns of a line; spaces at its end end no column."""
    return line.split("\t") if separator == "\t" else [column for column in line.split(" ") if column]


def _check_first_column(sentences: TaggedSentences, language: str, given: bool) -> None:
    """Raise InputError where the column of words has none: numbers of words, or the language before each word."""
    if not sentences.tokens or given:
        return
    source = sentences.places[0][0]
    long = [tokens for tokens in sentences.tokens if len(tokens) > 1]
    for start in (0, 1):
        if long and all(tokens == [str(start + number) for number in range(len(tokens))] for tokens in long):
            raise InputError(
                f"{source}: column 1 counts the words; expected their column in `data: columns: {{tokens: 2}}`"
            )
    if all(token.startswith(f"{language}:") for tokens in sentences.tokens for token in tokens):
        raise InputError(
            f"{source}: every token begins with '{language}:', as in Rahimi et al.'s layout of WikiAnn; expected "
            "`path` and `splits` in `data` as config.yaml has them, or other tokens"
        )


def _lines(content: bytes, source: str) -> list[str]:
    if not content.startswith(codecs.BOM_UTF8 + b"\t"):  # else it is a token: Tamil has this one
        content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line_number = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{source}: line {line_number}: not UTF-8") from None
    # Only "\n" ends a line: tokens may hold what str.splitlines and str.split take for line ends and spaces.
    return [line.removesuffix("\r") for line in text.split("\n")]


def _sentences(
    lines: Sequence[str],
    source: str,
    split: Callable[[str, str], tuple[str, str]],
    is_comment: Callable[[str], bool] | None,
) -> TaggedSentences:
    """Return the sentences in lines of one word each; split: a line and its place into token and tag.

    is_comment: whether a line before a sentence is left out; None for text that has neither comments nor documents.
    """
    sentences = TaggedSentences("line")
    tokens: list[str] = []
    tags: list[str] = []
    numbers: list[int] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line and not tokens and is_comment is not None and is_comment(line):
            continue
        token, tag = split(line, f"{source}: line {number}") if line else ("", "")
        if tag and not token:
            sentences.left_out += 1
        elif token and not (is_comment is not None and token == DOCUMENT):
            tokens.append(token)
            tags.append(tag)
            numbers.append(number)
        elif tokens:
            sentences.tokens.append(tokens)
            sentences.tags.append(tags)
            sentences.places.append((source, numbers))
            tokens, tags, numbers = [], [], []
    if len(sentences.tokens) == 1 and len(sentences.tokens[0]) > LONGEST:
        words = len(sentences.tokens[0])
        raise InputError(f"{source}: all {words} words are one sentence; expected a blank line after each sentence")
    return sentences


# JSON lines


def read_json_lines(
    content: bytes, source: str, keys: tuple[str, str] = (TOKENS, TAGS), labels: Sequence[str] | None = None
) -> TaggedSentences:
    """Read lines of JSON, a sentence a line: an object with a list of words and a list of tags.

    content: UTF-8; source: what errors name; keys: of the two lists; labels: the names of tags that are ids. Raises
    InputError that names source and line (from 1).
    """
    sentences, names = TaggedSentences("line"), _by_id(labels)
    for number, line in enumerate(_lines(content, source), start=1):
        if not line.strip():
            continue
        place = f"{source}: line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{place}: not JSON ({error}); expected an object a line") from None
        for key in keys:
            if not isinstance(row, dict) or not isinstance(row.get(key), list):
                raise InputError(
                    f"{place}: no list {key!r}; expected an object with the lists {keys[0]!r} and {keys[1]!r}"
                )
        tokens, tags = (row[key] for key in keys)
        if len(tokens) != len(tags):
            raise InputError(f"{place}: {len(tokens)} tokens and {len(tags)} tags; expected one tag per token")
        if not tokens:
            raise InputError(f"{place}: a sentence without tokens; expected at least one")
        for token in tokens:
            if not isinstance(token, str) or not token or not _is_text(token):
                raise InputError(f"{place}: token {token!r}; expected text in every token")
        sentences.tokens.append(tokens)
        sentences.tags.append([_tag_name(tag, names, place) for tag in tags])
        sentences.places.append((source, number))
    return sentences


def _is_text(value: str) -> bool:
    """Return whether a string can be written: half of a character that JSON writes as two cannot."""
    return re.search("[\ud800-\udfff]", value) is None


def _tag_name(tag: Any, names: Mapping[int, str], place: str) -> str:
    if isinstance(tag, str) and _is_text(tag):
        return tag
    if isinstance(tag, int) and not isinstance(tag, bool):
        if tag in names:
            return names[tag]
        raise _unknown_id(tag, names, place)
    raise InputError(f"{place}: tag {tag!r}; expected a tag's name or id")
