"""Named-entity corpora in WikiAnn's form: the Parquet files of a study, the Hub's Parquet files, and tagged text."""

import codecs
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ner_pruning.data.mentions import LABELS
from ner_pruning.files import InputError
from ner_pruning.parquet import read_table, write_table


@dataclass(frozen=True)
class Corpus:
    """Tagged sentences.

    tokens: words of each sentence; tags: tag ids into LABELS, one per word; original: in a perturbed test set, for each
    sentence, the row of the regular test set it was made from.
    """

    tokens: list[list[str]]
    tags: list[list[int]]
    original: list[int] | None = None

    def __len__(self) -> int:
        return len(self.tokens)


def read_corpus(path: str | os.PathLike) -> Corpus:
    """Read a corpus that `write_corpus` wrote.

    Raises InputError that names the file, and the row (counted from 0), when the file is no Parquet file, when a column
    is missing or of another type, when a sentence or a token is empty, when a sentence has not one tag a token, or when
    a tag is none of 0..6.
    """
    return corpus_from_table(read_table(path), str(path))


def write_corpus(path: str | os.PathLike, corpus: Corpus) -> None:
    """Write a corpus as Parquet: tokens list<string>, ner_tags list<int8> and, if it has them, original int32.

    The file appears whole, and the same corpus gives the same bytes. Raises InputError on what `read_corpus` refuses.
    """
    table = corpus_to_table(corpus)
    _check(table, str(path))
    write_table(path, table)


def corpus_to_table(corpus: Corpus) -> pa.Table:
    """Return the columns tokens list<string>, ner_tags list<int8> and, if the corpus has it, original int32."""
    columns = {
        "tokens": pa.array(corpus.tokens, pa.list_(pa.string())),
        "ner_tags": pa.array(corpus.tags, pa.list_(pa.int8())),
    }
    if corpus.original is not None:
        columns["original"] = pa.array(corpus.original, pa.int32())
    return pa.table(columns)


def read_hub_shards(paths: Sequence[str | os.PathLike]) -> Corpus:
    """Read the Parquet shards of one split as the Hub stores them, one after another; raises as `read_corpus` does.

    Where a file describes its features, its tag names must be LABELS, in this order.
    """
    corpora = []
    for path in paths:
        table = read_table(path)
        for names in _described_tag_names(table, str(path)):
            check_label_names(names, str(path))
        corpora.append(corpus_from_table(table, str(path)))
    return Corpus(
        tokens=[sentence for corpus in corpora for sentence in corpus.tokens],
        tags=[sentence for corpus in corpora for sentence in corpus.tags],
    )


def _described_tag_names(table: pa.Table, source: str) -> list[list]:
    """Return all lists of tag names in what `datasets` wrote into a Parquet file about its column ner_tags.

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
    features = _values_of("ner_tags", value)
    return [_listed(names) for feature in features for names in _values_of("names", feature) if names is not None]


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


def _listed(names: Any) -> list:
    """Return tag names in the order of their ids; with the ids if these are not 0, 1, …, as no names are written."""
    if isinstance(names, dict):
        ids = [str(number) for number in range(len(names))]
        return [names[id] for id in ids] if set(ids) == set(names) else [f"{id} = {name}" for id, name in names.items()]
    return names if isinstance(names, list) else [names]


def read_tagged_text(content: bytes, source: str, prefix: str = "") -> Corpus:
    """Read lines `token<TAB>tag`, with blank lines between sentences: XTREME's form, and with a prefix Rahimi et al.'s.

    content: UTF-8, with or without a byte order mark, lines ending in LF or CRLF; source: what errors name; prefix:
    what every line begins with and no token keeps (`en:`). Raises InputError that names source and line (from 1).
    """
    if not content.startswith(codecs.BOM_UTF8 + b"\t"):  # else it is a token: Tamil has this one
        content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line_number = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{source}: line {line_number}: not UTF-8") from None
    corpus = Corpus(tokens=[], tags=[])
    tokens, tags = [], []
    # Only "\n" ends a line: tokens may hold what str.splitlines and str.split take for line ends and spaces.
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        line = line.removesuffix("\r")
        if line:
            token, tag = _split_line(line, f"{source}: line {number}", prefix)
            tokens.append(token)
            tags.append(tag)
        elif tokens:
            corpus.tokens.append(tokens)
            corpus.tags.append(tags)
            tokens, tags = [], []
    return corpus


def _split_line(line: str, place: str, prefix: str) -> tuple[str, int]:
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
    if tag not in LABELS:
        raise InputError(f"{place}: tag {tag!r}; expected one of {', '.join(LABELS)}")
    return token, LABELS.index(tag)


def check_label_names(names: Sequence[str], source: str) -> None:
    """Raise InputError that names `source` unless `names` are the seven LABELS in the order of their ids."""
    if tuple(names) != LABELS:
        found = ", ".join(map(str, names)) or "missing"
        raise InputError(f"{source}: tag names are {found}; expected {', '.join(LABELS)}, in this order")


def corpus_from_table(table: pa.Table, source: str) -> Corpus:
    """Return the corpus in the columns tokens, ner_tags and, where there is one, original.

    source: what errors name. Raises as `read_corpus` does.
    """
    _check(table, source)
    return Corpus(
        tokens=table["tokens"].to_pylist(),
        tags=table["ner_tags"].to_pylist(),
        original=table["original"].to_pylist() if "original" in table.column_names else None,
    )


def _check(table: pa.Table, source: str) -> None:
    """Check a table column by column, not row by row, because it is done on every read."""
    for name, is_item, expected in (
        ("tokens", _is_string, "list<string>"),
        ("ner_tags", pa.types.is_integer, "list<integer>"),
    ):
        if name not in table.column_names:
            raise InputError(f"{source}: no column {name}; expected tokens and ner_tags")
        if table.column_names.count(name) > 1:
            raise InputError(f"{source}: more than one column {name}; expected one")
        type = table.schema.field(name).type
        if not ((pa.types.is_list(type) or pa.types.is_large_list(type)) and is_item(type.value_type)):
            raise InputError(f"{source}: column {name} is {type}; expected {expected}")

    tokens, tags = table["tokens"], table["ner_tags"]
    token_counts, tag_counts = pc.list_value_length(tokens), pc.list_value_length(tags)
    for name, counts in (("tokens", token_counts), ("ner_tags", tag_counts)):
        _refuse_row(pc.is_null(counts), source, f"{name} is missing")
    _refuse_row(pc.equal(token_counts, 0), source, "a sentence without tokens; expected at least one")
    row = _first_true(pc.not_equal(token_counts, tag_counts))
    if row is not None:
        numbers = f"{token_counts[row]} tokens and {tag_counts[row]} tags"
        raise InputError(f"{source}: row {row}: {numbers}; expected one tag per token")

    words, ids = pc.list_flatten(tokens), pc.list_flatten(tags)
    item = _first_true(pc.fill_null(pc.equal(pc.binary_length(words), 0), True))
    if item is not None:
        row = pc.list_parent_indices(tokens)[item]
        raise InputError(f"{source}: row {row}: an empty token; expected text in every token")
    try:
        words.validate(full=True)
    except pa.ArrowInvalid:
        row = pc.list_parent_indices(tokens)[_first_not_utf8(words)]
        raise InputError(f"{source}: row {row}: a token that is not UTF-8") from None
    in_range = pc.and_(pc.greater_equal(ids, 0), pc.less(ids, len(LABELS)))
    item = _first_true(pc.invert(pc.fill_null(in_range, False)))
    if item is not None:
        row = pc.list_parent_indices(tags)[item]
        allowed = ", ".join(f"{id} = {label}" for id, label in enumerate(LABELS))
        raise InputError(f"{source}: row {row}: tag id {ids[item]}; expected one of {allowed}")

    if "original" in table.column_names:
        original = table["original"]
        if not pa.types.is_integer(original.type):
            raise InputError(f"{source}: column original is {original.type}; expected integer")
        valid = pc.fill_null(pc.greater_equal(original, 0), False)
        _refuse_row(pc.invert(valid), source, "original is not a row number; expected 0 or more")


def _is_string(type: pa.DataType) -> bool:
    return pa.types.is_string(type) or pa.types.is_large_string(type)


def _first_not_utf8(words: pa.ChunkedArray) -> int:
    """Return the place of the first of some texts whose bytes are not UTF-8."""
    for place, content in enumerate(words.cast(pa.binary()).to_pylist()):
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            return place
    raise ValueError("all are UTF-8")


def _first_true(flags: pa.ChunkedArray) -> int | None:
    """Return the place of the first True of a Boolean array, None where there is none."""
    place = pc.index(flags, True).as_py()
    return None if place < 0 else place


def _refuse_row(flags: pa.ChunkedArray, source: str, what: str) -> None:
    row = _first_true(flags)
    if row is not None:
        raise InputError(f"{source}: row {row}: {what}")
