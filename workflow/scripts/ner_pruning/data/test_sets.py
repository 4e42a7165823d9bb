"""All that a language is evaluated on, in one file: the validation split and each test set.

One file instead of five keeps the graph of jobs small: every multilingual run is evaluated on all languages.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import replace

import pyarrow.parquet as pq

from ner_pruning.data.encoded_sentences import EncodedSentences, concatenate, read_encoded, write_encoded
from ner_pruning.data.wikiann import Corpus, corpus_from_table, corpus_to_table
from ner_pruning.files import InputError, atomic_path
from ner_pruning.parquet import read_metadata, read_table

NAMES = "test_sets"
"""Key of a file's metadata: the names of its test sets, as JSON."""


def write_evaluation(path: str | os.PathLike, corpora: Mapping[str, Corpus]) -> None:
    """Write corpora by test set, each as a row group with the columns tokens and ner_tags; the file appears whole."""
    tables = {name: corpus_to_table(replace(corpus, original=None)) for name, corpus in corpora.items()}
    schema = next(iter(tables.values())).schema
    schema = schema.with_metadata({NAMES: json.dumps(list(tables)), **(schema.metadata or {})})
    with atomic_path(path) as beside, pq.ParquetWriter(beside, schema, compression="zstd") as writer:
        for table in tables.values():
            writer.write_table(table.replace_schema_metadata(schema.metadata), row_group_size=max(1, len(table)))


def read_names(path: str | os.PathLike) -> list[str]:
    """Return the names of the test sets of an evaluation file; raises InputError when it is none."""
    return _names(path)


def read_test_set(path: str | os.PathLike, name: str) -> Corpus:
    """Read one test set of an evaluation file; raises InputError when it has none of that name."""
    names = read_names(path)
    if name not in names:
        raise InputError(f"{path}: no test set {name}, only {', '.join(names)}")
    return corpus_from_table(read_table(path, names.index(name)), f"{path}, {name}")


def write_encoded_evaluation(path: str | os.PathLike, parts: Mapping[str, EncodedSentences]) -> None:
    """Write encoded sentences by test set, one after another."""
    sizes = {name: len(part) for name, part in parts.items()}
    write_encoded(path, concatenate(list(parts.values())), {NAMES: json.dumps(sizes)})


def read_encoded_evaluation(path: str | os.PathLike) -> tuple[EncodedSentences, dict[str, int]]:
    """Return the encoded sentences of all test sets, one after another, and their number by test set."""
    return read_encoded(path), _names(path)


def _names(path: str | os.PathLike):
    try:
        return json.loads(read_metadata(path)[NAMES.encode()])
    except KeyError:
        raise InputError(f"{path}: its metadata has no {NAMES}: not an evaluation file") from None
