"""Tagged corpora and their Parquet files, in the form of WikiAnn on the Hub: the columns tokens and ner_tags."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ner_pruning.data.mentions import labels_of
from ner_pruning.files import InputError
from ner_pruning.parquet import read_metadata, read_table, write_table
from ner_pruning.terms import TYPES, Types

_TYPES, _TAGGING = b"entity_types", b"tagging"
"""Keys of a file's metadata, as JSON: entity types other than the paper's, and what was done to the tags."""


@dataclass(frozen=True)
class Corpus:
    """Tagged sentences.

    tokens: words of each sentence; tags: label ids, one per word; original: in a perturbed test set, for each sentence,
    the row of the regular test set it was made from; types: entity types, whose labels the ids are of.
    """

    tokens: list[list[str]]
    tags: list[list[int]]
    original: list[int] | None = None
    types: Types = TYPES

    def __len__(self) -> int:
        return len(self.tokens)


def read_corpus(path: str | os.PathLike) -> Corpus:
    """Read a corpus that `write_corpus` wrote.

    Raises InputError that names the file, and the row (counted from 0), when the file is no Parquet file, when a column
    is missing or of another type, when a sentence or a token is empty, when a sentence has not one tag a token, or when
    a tag is no label id.
    """
    return corpus_from_table(read_table(path), str(path))


def write_corpus(path: str | os.PathLike, corpus: Corpus, tagging: Mapping[str, Any] | None = None) -> None:
    """Write a corpus as Parquet: tokens list<string>, ner_tags list<int8> and, if it has them, original int32.

    tagging: what was done to the tags (`tag_schemes.Converted.record`), None for nothing. The file appears whole, and
    the same corpus gives the same bytes. Raises InputError on what `read_corpus` refuses.
    """
    table = corpus_to_table(corpus)
    check_sentences(table, str(path))
    _check_ids(table, str(path), corpus.types)
    if tagging is not None:
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), _TAGGING: json.dumps(tagging)})
    write_table(path, table)


def read_tagging(path: str | os.PathLike) -> dict[str, Any] | None:
    """Return what `write_corpus` was told of the tags of a corpus, None for nothing."""
    text = read_metadata(path).get(_TAGGING)
    return None if text is None else json.loads(text)


def metadata_of_types(types: Types) -> dict[bytes, str]:
    """Return what a file's metadata say of entity types: nothing of the paper's."""
    return {} if types == TYPES else {_TYPES: json.dumps(types)}


def types_in(metadata: Mapping[bytes, bytes] | None, source: str) -> Types:
    """Return the entity types in a file's metadata; source: what the error names."""
    text = (metadata or {}).get(_TYPES)
    if text is None:
        return TYPES
    types = json.loads(text)
    if not isinstance(types, list) or not all(isinstance(type, str) for type in types):
        raise InputError(f"{source}: entity_types {types} in its metadata; expected a list of names")
    return tuple(types)


def corpus_to_table(corpus: Corpus) -> pa.Table:
    """Return the columns tokens list<string>, ner_tags list<int8> and, if the corpus has it, original int32."""
    columns = {
        "tokens": pa.array(corpus.tokens, pa.list_(pa.string())),
        "ner_tags": pa.array(corpus.tags, pa.list_(pa.int8())),
    }
    if corpus.original is not None:
        columns["original"] = pa.array(corpus.original, pa.int32())
    return pa.table(columns).replace_schema_metadata(metadata_of_types(corpus.types) or None)


def corpus_from_table(table: pa.Table, source: str) -> Corpus:
    """Return the corpus in the columns tokens, ner_tags and, where there is one, original.

    source: what errors name. Raises as `read_corpus` does.
    """
    types = types_in(table.schema.metadata, source)
    check_sentences(table, source)
    _check_ids(table, source, types)
    return Corpus(
        tokens=table["tokens"].to_pylist(),
        tags=table["ner_tags"].to_pylist(),
        original=table["original"].to_pylist() if "original" in table.column_names else None,
        types=types,
    )


def check_sentences(
    table: pa.Table, source: str, names: tuple[str, str] = ("tokens", "ner_tags"), *, named: bool = False
) -> None:
    """Raise InputError unless a table has columns of words and of tags, one tag a word.

    It is checked column by column, not row by row, because it is done on every read. names: of the two columns; named:
    whether tags may also be texts.
    """
    tokens_name, tags_name = names
    for name, is_item, expected in (
        (tokens_name, is_string, "list<string>"),
        (tags_name, _is_tag if named else pa.types.is_integer, f"list<integer>{' or list<string>' * named}"),
    ):
        if name not in table.column_names:
            raise InputError(f"{source}: no column {name}; expected {tokens_name} and {tags_name}")
        if table.column_names.count(name) > 1:
            raise InputError(f"{source}: more than one column {name}; expected one")
        type = table.schema.field(name).type
        if not ((pa.types.is_list(type) or pa.types.is_large_list(type)) and is_item(type.value_type)):
            raise InputError(f"{source}: column {name} is {type}; expected {expected}")

    tokens, tags = table[tokens_name], table[tags_name]
    token_counts, tag_counts = pc.list_value_length(tokens), pc.list_value_length(tags)
    for name, counts in ((tokens_name, token_counts), (tags_name, tag_counts)):
        _refuse_row(pc.is_null(counts), source, f"{name} is missing")
    _refuse_row(pc.equal(token_counts, 0), source, "a sentence without tokens; expected at least one")
    row = _first_true(pc.not_equal(token_counts, tag_counts))
    if row is not None:
        numbers = f"{token_counts[row]} tokens and {tag_counts[row]} tags"
        raise InputError(f"{source}: row {row}: {numbers}; expected one tag per token")

    if named:  # an id that is missing has an error of its own, which names those that there are
        flat = pc.list_flatten(tags)
        item = _first_true(pc.is_null(flat)) if is_string(flat.type) else None
        if item is not None:
            raise InputError(
                f"{source}: row {pc.list_parent_indices(tags)[item]}: a tag is missing; expected one per token"
            )
    words = pc.list_flatten(tokens)
    item = _first_true(pc.fill_null(pc.equal(pc.binary_length(words), 0), True))
    if item is not None:
        row = pc.list_parent_indices(tokens)[item]
        raise InputError(f"{source}: row {row}: an empty token; expected text in every token")
    try:
        words.validate(full=True)
    except pa.ArrowInvalid:
        row = pc.list_parent_indices(tokens)[_first_not_utf8(words)]
        raise InputError(f"{source}: row {row}: a token that is not UTF-8") from None


def _check_ids(table: pa.Table, source: str, types: Types) -> None:
    """Raise InputError unless all tags are label ids of entity types, and the rows of origin are numbers."""
    tags, labels = table["ner_tags"], labels_of(types)
    ids = pc.list_flatten(tags)
    in_range = pc.and_(pc.greater_equal(ids, 0), pc.less(ids, len(labels)))
    item = _first_true(pc.invert(pc.fill_null(in_range, False)))
    if item is not None:
        row = pc.list_parent_indices(tags)[item]
        allowed = ", ".join(f"{id} = {label}" for id, label in enumerate(labels))
        raise InputError(f"{source}: row {row}: tag id {ids[item]}; expected one of {allowed}")

    if "original" in table.column_names:
        original = table["original"]
        if not pa.types.is_integer(original.type):
            raise InputError(f"{source}: column original is {original.type}; expected integer")
        valid = pc.fill_null(pc.greater_equal(original, 0), False)
        _refuse_row(pc.invert(valid), source, "original is not a row number; expected 0 or more")


def is_string(type: pa.DataType) -> bool:
    """Return whether the values of a type are texts."""
    return pa.types.is_string(type) or pa.types.is_large_string(type)


def _is_tag(type: pa.DataType) -> bool:
    return pa.types.is_integer(type) or is_string(type)


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
