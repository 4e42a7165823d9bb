"""Prediction files: one per test set with all its languages, their manifest, and the check that they fit the gold."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ner_pruning.data.mentions import labels_of, types_of
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError, file_digest, read_json, sentence_digest, write_json
from ner_pruning.parquet import read_table, write_table
from ner_pruning.terms import TYPES, Types

_SCHEMA = pa.schema(
    [
        ("language", pa.string()),
        ("sentence", pa.int32()),
        ("digest", pa.string()),
        ("tags", pa.list_(pa.int8())),
        ("lost", pa.int16()),
    ]
)
CONFIDENCE_STEPS = 255
"""Of a stored confidence, which is a whole number from 1 to this; 0 is that of a word that got no prediction."""

_WITH_CONFIDENCE = _SCHEMA.append(pa.field("confidence", pa.list_(pa.uint8())))


@dataclass(frozen=True)
class LanguagePredictions:
    """What one run predicts for one language of one test set; each list has one item a sentence.

    digests: `sentence_digest` of the tokens that the prediction was made for.
    tags: tag ids, one per word; a word that got no prediction has the tag O.
    lost: number of words of the sentence that got no prediction.
    sentences: sentence numbers as a file gives them; None stands for 0, 1, …, which is what gets written.
    types: entity types, whose labels the tag ids are of.
    confidence: how sure the model is of each tag, in CONFIDENCE_STEPS (see `prediction.predict_with_confidence`); None
    in files from before it was stored.
    """

    language: str
    digests: Sequence[str]
    tags: Sequence[Sequence[int]]
    lost: Sequence[int]
    sentences: Sequence[int] | None = None
    types: Types = TYPES
    confidence: Sequence[Sequence[int]] | None = None


def write_predictions(path: str | Path, predictions: Sequence[LanguagePredictions]) -> None:
    """Write the predictions of a test set, its languages one after another; equal input gives equal bytes.

    Raises ValueError for lists of unequal length, a tag id that is none of the labels', languages of several label
    sets, a language given twice, or confidences of some languages only.
    """
    if len({part.language for part in predictions}) != len(predictions):
        raise ValueError(f"{path}: a language is given twice")
    sets = {part.types for part in predictions}
    if len(sets) > 1:
        raise ValueError(f"{path}: predictions of several sets of entity types")
    labels = json.dumps(labels_of(sets.pop() if sets else TYPES))
    if len({part.confidence is None for part in predictions}) > 1:
        raise ValueError(f"{path}: predictions with and without confidence")
    tables = [_to_table(part) for part in predictions]
    schema = tables[0].schema if tables else _SCHEMA
    table = pa.concat_tables([schema.empty_table(), *tables]).combine_chunks()
    write_table(path, table.replace_schema_metadata({"labels": labels}), use_dictionary=["language"])


def _to_table(part: LanguagePredictions) -> pa.Table:
    number = len(part.tags)
    if not number == len(part.digests) == len(part.lost):
        raise ValueError(f"language {part.language}: tags, digests and lost differ in length")
    lengths = np.fromiter(map(len, part.tags), dtype=np.int32, count=number)
    # int64 first, so that an id that doesn't fit int8 is seen and not wrapped
    tags = np.fromiter(chain.from_iterable(part.tags), dtype=np.int64, count=int(lengths.sum()))
    last = 2 * len(part.types)
    if tags.size and not 0 <= tags.min() <= tags.max() <= last:
        raise ValueError(f"language {part.language}: a tag id is outside 0..{last}")
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    columns = [
        pa.repeat(pa.scalar(part.language), number),
        pa.array(np.arange(number, dtype=np.int32)),
        pa.array(part.digests, pa.string()),
        pa.ListArray.from_arrays(pa.array(offsets), pa.array(tags.astype(np.int8)), type=_SCHEMA.field("tags").type),
        pa.array(part.lost, pa.int16()),
    ]
    if part.confidence is None:
        return pa.Table.from_arrays(columns, schema=_SCHEMA)
    if list(map(len, part.confidence)) != lengths.tolist():
        raise ValueError(f"language {part.language}: tags and confidence differ in length")
    confidence = np.fromiter(chain.from_iterable(part.confidence), dtype=np.uint8, count=int(lengths.sum()))
    of_words = pa.ListArray.from_arrays(pa.array(offsets), pa.array(confidence))
    return pa.Table.from_arrays([*columns, of_words.cast(pa.list_(pa.uint8()))], schema=_WITH_CONFIDENCE)


def read_predictions(path: str | Path, entry: Mapping[str, Any] | None = None) -> dict[str, LanguagePredictions]:
    """Return a file's predictions by language, in the file's order.

    entry: what the manifest says of the file, checked if given. Raises InputError for a file that is missing, of
    another format or label list, or not the one of the manifest; for an empty value, an unknown tag id, or a language
    whose rows do not stand together.
    """
    if entry is not None and Path(path).is_file() and file_digest(path) != entry["sha256"]:
        raise InputError(f"{path}: sha256 {file_digest(path)}, expected {entry['sha256']} as in the manifest")
    table = read_table(path)
    if not (table.schema.equals(_SCHEMA) or table.schema.equals(_WITH_CONFIDENCE)):
        found = ", ".join(f"{field.name} {field.type}" for field in table.schema)
        raise InputError(f"{path}: columns {found}; expected {', '.join(f'{f.name} {f.type}' for f in _SCHEMA)}")
    types = _types_in(table.schema.metadata, path)
    if any(column.null_count for column in table.columns):
        raise InputError(f"{path}: a row has an empty value")
    values = table.column("tags").combine_chunks().flatten()
    last = 2 * len(types)
    if values.null_count or not np.isin(values.to_numpy(zero_copy_only=False), range(last + 1)).all():
        raise InputError(f"{path}: a tag id is outside 0..{last}")

    sure = "confidence" in table.schema.names
    if sure and table.column("confidence").combine_chunks().flatten().null_count:
        raise InputError(f"{path}: a row has an empty value")

    codes = table.column("language").combine_chunks().dictionary_encode()
    limits = np.flatnonzero(np.diff(codes.indices.to_numpy(), prepend=-1, append=-1))  # each language's first row, end
    if not len(table):
        raise InputError(f"{path}: no rows")
    if len(limits) - 1 != len(codes.dictionary):
        raise InputError(f"{path}: the rows of a language are not next to each other")
    predictions = {}
    for language, start, end in zip(codes.dictionary.to_pylist(), limits[:-1], limits[1:], strict=True):
        rows = table.slice(start, end - start)
        predictions[language] = LanguagePredictions(
            language,
            rows.column("digest").to_pylist(),
            _lists(rows.column("tags")),
            rows.column("lost").to_pylist(),
            rows.column("sentence").to_pylist(),
            types,
            _lists(rows.column("confidence")) if sure else None,
        )
    for key, found in (("languages", list(predictions)), ("rows", len(table))):
        if entry is not None and found != entry[key]:
            raise InputError(f"{path}: {key} {found}, expected {entry[key]} as in the manifest")
    return predictions


def read_aligned(
    manifest: str | Path, folder: str | Path, test_set: str, gold: Mapping[str, Corpus], *, run: str
) -> dict[str, LanguagePredictions]:
    """Return a run's predictions on a test set for the languages of `gold`, made for exactly its sentences.

    Raises InputError as `read_predictions` and `check_alignment` do.
    """
    predictions = read_predictions(Path(folder, f"{test_set}.parquet"), read_manifest(manifest)[test_set])
    for language, corpus in gold.items():
        check_alignment(predictions[language], corpus, run=run, language=language, test_set=test_set)
    return {language: predictions[language] for language in gold}


def _types_in(metadata: Mapping[bytes, bytes] | None, path: str | Path) -> Types:
    """Return the entity types of the labels in a file's metadata; raises InputError that names the file for others."""
    text = (metadata or {}).get(b"labels", b"none").decode(errors="replace")
    try:
        types = types_of(json.loads(text))
    except (TypeError, ValueError):  # not JSON, or no list
        types = None
    if types is None:
        raise InputError(f"{path}: labels {text} in its metadata, expected O, then B- and I- of each entity type")
    return types


def _lists(column: pa.ChunkedArray) -> list[list[int]]:
    """Return a column of lists as Python lists, ten times as fast as its `to_pylist`."""
    array = column.combine_chunks()
    values, lengths = array.flatten().to_numpy().tolist(), array.value_lengths().to_pylist()
    lists, start = [], 0
    for length in lengths:
        lists.append(values[start : start + length])
        start += length
    return lists


def write_manifest(path: str | Path, files: Mapping[str, str | Path]) -> None:
    """Write the manifest of a run's prediction files: SHA-256, languages and number of rows by test set.

    files: path by test set.
    """
    entries = {}
    for test_set, file in files.items():
        predictions = read_predictions(file)
        rows = sum(len(part.tags) for part in predictions.values())
        entries[test_set] = {"sha256": file_digest(file), "languages": list(predictions), "rows": rows}
    write_json(path, {"files": entries})


def read_manifest(path: str | Path) -> dict[str, dict[str, Any]]:
    """Return the entries sha256, languages and rows by test set; raises InputError for a file of another form."""
    manifest = read_json(path)
    entries = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(entries, dict):
        raise InputError(f"{path}: expected an object with the key files")
    for test_set, entry in entries.items():
        if not isinstance(entry, dict) or set(entry) != {"sha256", "languages", "rows"}:
            raise InputError(f"{path}: key {test_set}: expected the keys languages, rows and sha256")
    return entries


def check_alignment(predictions: LanguagePredictions, gold: Corpus, *, run: str, language: str, test_set: str) -> None:
    """Refuse predictions that were not made for exactly the sentences of `gold`, in their order.

    Raises InputError that names run, language, test set and the first sentence that differs: in its number, the digest
    of its tokens, its number of tags, its number of lost words, or by missing on one side; or other entity types.
    """
    where = f"run {run}, language {language}, test set {test_set}"
    if predictions.types != gold.types:
        found, expected = ", ".join(predictions.types), ", ".join(gold.types)
        raise InputError(f"{where}: predictions of the types {found}; expected {expected}, as of the gold")
    if predictions.language != language:
        raise InputError(f"{where}: the predictions are of language {predictions.language}")
    predicted, expected = len(predictions.tags), len(gold.tokens)
    sentences = range(predicted) if predictions.sentences is None else predictions.sentences
    rows = zip(sentences, predictions.digests, predictions.tags, predictions.lost, strict=True)
    for number, ((sentence, digest, tags, lost), tokens) in enumerate(zip(rows, gold.tokens, strict=False)):
        here = f"{where}, sentence {number}"
        if sentence != number:
            raise InputError(f"{here}: the prediction in its place is numbered {sentence}")
        if digest != sentence_digest(tokens):
            raise InputError(f"{here}: the prediction was made for other tokens, expected it for {' '.join(tokens)}")
        if len(tags) != len(tokens):
            raise InputError(f"{here}: {len(tags)} predicted tags, expected {len(tokens)}, one per word")
        if predictions.confidence is not None and len(predictions.confidence[number]) != len(tokens):
            found = len(predictions.confidence[number])
            raise InputError(f"{here}: {found} confidences, expected {len(tokens)}, one per word")
        if not 0 <= lost <= len(tokens):
            raise InputError(f"{here}: {lost} lost words, expected 0 to {len(tokens)}")
    if predicted != expected:
        raise InputError(
            f"{where}, sentence {min(predicted, expected)}: {predicted} predicted sentences, expected {expected}"
        )
