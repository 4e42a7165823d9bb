"""Prediction files come back as written, and any that don't fit the gold are refused with one clear line."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError, file_digest, read_json, sentence_digest, write_json
from ner_pruning.scoring.prediction_files import (
    LanguagePredictions,
    check_alignment,
    read_manifest,
    read_predictions,
    write_manifest,
    write_predictions,
)

YO = Corpus(
    [["Wọlé", "Sóyinká", "kọ̀wé"], ["Èkó"], ["ó", "lọ", "sí", "Ìbàdàn"], ["Èkó"]],
    [[1, 2, 0], [5], [0, 0, 0, 5], [5]],
)
HI = Corpus([["राम", "दिल्ली", "में"], ["भारत"]], [[1, 5, 0], [5]])
RUN = {"run": "multilingual/partial-50/seed-3", "language": "yo", "test_set": "in-script"}
WHERE = "run multilingual/partial-50/seed-3, language yo, test set in-script, sentence"


def predict(language, corpus):
    """Return predictions as the predict script hands them over: arrays of tags, one word lost in the first sentence."""
    tags = [np.array(sentence, dtype=np.int64) for sentence in corpus.tags]
    digests = [sentence_digest(tokens) for tokens in corpus.tokens]
    return LanguagePredictions(language, digests, tags, [1] + [0] * (len(tags) - 1))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "predictions" / "in-script.parquet"
    write_predictions(path, [predict("yo", YO), predict("hi", HI)])
    return path


def rewrite(path, change):
    """Replace a file's table by `change(table)`."""
    pq.write_table(change(pq.read_table(path)), path)


def replace(table, name, values):
    """Return the table with other values in one column."""
    index = table.schema.get_field_index(name)
    return table.set_column(index, table.schema.field(name), pa.array(values, table.schema.field(name).type))


def rows(*order):
    return lambda table: table.take(list(order))


def renumber(table):
    """Number the sentences of each language anew, as a tool would that was given sentences in a wrong order."""
    languages = table["language"].to_pylist()
    return replace(table, "sentence", [languages[:row].count(language) for row, language in enumerate(languages)])


def test_predictions_come_back_as_written(file):
    predictions = read_predictions(file)
    assert list(predictions) == ["yo", "hi"]
    assert predictions["yo"].tags == YO.tags
    assert predictions["hi"].tags == HI.tags
    assert predictions["hi"].digests == [sentence_digest(tokens) for tokens in HI.tokens]
    assert (predictions["yo"].lost, predictions["yo"].sentences) == ([1, 0, 0, 0], [0, 1, 2, 3])
    check_alignment(predictions["yo"], YO, **RUN)
    check_alignment(predictions["hi"], HI, **{**RUN, "language": "hi"})
    check_alignment(predict("yo", YO), YO, **RUN)  # also before writing


def test_file_format(file):
    table = pq.read_table(file)
    expected = {"language": "string", "sentence": "int32", "digest": "string", "lost": "int16"}
    types = {field.name: str(field.type) for field in table.schema}
    assert pa.types.is_list(table.schema.field("tags").type)
    assert table.schema.field("tags").type.value_type == pa.int8()
    assert {name: type for name, type in types.items() if name != "tags"} == expected
    assert json.loads(table.schema.metadata[b"labels"]) == list(LABELS)
    assert table["sentence"].to_pylist() == [0, 1, 2, 3, 0, 1]


def test_equal_predictions_give_equal_bytes(file, tmp_path):
    parts = [predict("yo", YO), predict("hi", HI)]
    lists = [
        LanguagePredictions(part.language, part.digests, [list(t) for t in part.tags], part.lost) for part in parts
    ]
    write_predictions(tmp_path / "again.parquet", lists)
    assert (tmp_path / "again.parquet").read_bytes() == file.read_bytes()
    assert sorted(path.name for path in file.parent.iterdir()) == ["in-script.parquet"]


def sure(corpus, *confidence):
    part = predict("yo", corpus)
    return LanguagePredictions("yo", part.digests, part.tags, part.lost, confidence=confidence)


def test_confidences_come_back_as_written(tmp_path):
    write_predictions(tmp_path / "a.parquet", [sure(YO, [0, 255, 7], [1], [9, 9, 9, 200], [3])])
    part = read_predictions(tmp_path / "a.parquet")["yo"]
    assert part.confidence == [[0, 255, 7], [1], [9, 9, 9, 200], [3]]
    assert part.tags == YO.tags
    check_alignment(part, YO, **RUN)


def test_files_without_confidences_are_read(file):
    assert read_predictions(file)["yo"].confidence is None


def test_confidences_that_do_not_fit_are_refused(tmp_path):
    short = sure(YO, [0, 255, 7], [1], [9, 9, 9], [3])
    with pytest.raises(ValueError, match="tags and confidence differ in length"):
        write_predictions(tmp_path / "a.parquet", [short])
    with pytest.raises(InputError, match=f"{WHERE} 2: 3 confidences, expected 4"):
        check_alignment(short, YO, **RUN)
    with pytest.raises(ValueError, match="with and without confidence"):
        write_predictions(tmp_path / "a.parquet", [sure(YO, [0, 255, 7], [1], [9] * 4, [3]), predict("hi", HI)])


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (LanguagePredictions("yo", ["a"], [[0], [0]], [0, 0]), "differ in length"),
        (LanguagePredictions("yo", ["a"], [[0]], [0, 0]), "differ in length"),
        (LanguagePredictions("yo", ["a"], [[7]], [0]), "outside 0..6"),
        (LanguagePredictions("yo", ["a"], [[-100]], [0]), "outside 0..6"),
        (LanguagePredictions("yo", ["a"], [[256]], [0]), "outside 0..6"),
        (LanguagePredictions("hi", ["a"], [[0]], [0]), "given twice"),
    ],
)
def test_impossible_predictions_are_not_written(tmp_path, part, message):
    with pytest.raises(ValueError, match=message):
        write_predictions(tmp_path / "p.parquet", [predict("hi", HI), part])
    assert not (tmp_path / "p.parquet").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        # shuffled, with and without its numbers; sentences 1 and 3 have the same tokens
        (rows(2, 1, 0, 3, 4, 5), "0: the prediction in its place is numbered 2"),
        (lambda table: renumber(rows(0, 2, 1, 3, 4, 5)(table)), "1: the prediction was made for other tokens"),
        (rows(0, 3, 2, 1, 4, 5), "1: the prediction in its place is numbered 3"),
        # shifted by one
        (lambda table: renumber(rows(1, 2, 3, 3, 4, 5)(table)), "0: the prediction was made for other tokens"),
        (lambda table: renumber(rows(0, 0, 1, 2, 4, 5)(table)), "1: the prediction was made for other tokens"),
        # truncated at either end, and all but emptied
        (rows(0, 1, 2, 4, 5), "3: 3 predicted sentences, expected 4"),
        (lambda table: renumber(rows(1, 2, 3, 4, 5)(table)), "0: the prediction was made for other tokens"),
        (rows(0, 4, 5), "1: 1 predicted sentences, expected 4"),
        # extended
        (lambda table: renumber(rows(0, 1, 2, 3, 3, 4, 5)(table)), "4: 5 predicted sentences, expected 4"),
        (rows(0, 0, 1, 2, 3, 4, 5), "1: the prediction in its place is numbered 0"),
        # not one tag a word; impossible count of lost words
        (
            lambda t: replace(t, "tags", [[1, 2, 0], [5, 0], [0] * 4, [5], [1, 5, 0], [5]]),
            "1: 2 predicted tags, expected 1",
        ),
        (
            lambda t: replace(t, "tags", [[1, 2, 0], [5], [0] * 3, [5], [1, 5, 0], [5]]),
            "2: 3 predicted tags, expected 4",
        ),
        (lambda t: replace(t, "lost", [4, 0, 0, 0, 0, 0]), "0: 4 lost words, expected 0 to 3"),
        (lambda t: replace(t, "lost", [0, 0, -1, 0, 0, 0]), "2: -1 lost words, expected 0 to 4"),
    ],
)
def test_predictions_out_of_line_are_refused(file, change, message):
    rewrite(file, change)
    with pytest.raises(InputError) as error:
        check_alignment(read_predictions(file)["yo"], YO, **RUN)
    assert str(error.value).startswith(f"{WHERE} {message}")
    assert "\n" not in str(error.value)


def test_same_text_cut_into_other_words_is_refused():
    joined = Corpus([["WọléSóyinká", "kọ̀", "wé"], *YO.tokens[1:]], YO.tags)
    with pytest.raises(InputError, match=f"{WHERE} 0: the prediction was made for other tokens"):
        check_alignment(predict("yo", joined), YO, **RUN)


def test_predictions_of_another_language_are_refused():
    with pytest.raises(InputError, match="language yo, test set in-script: the predictions are of language hi"):
        check_alignment(predict("hi", YO), YO, **RUN)


def with_labels(labels):
    return lambda table: table.replace_schema_metadata({"labels": json.dumps(labels)} if labels else None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_labels([LABELS[0], *LABELS[2:], LABELS[1]]), "labels .* in its metadata, expected"),
        (with_labels(LABELS[:4]), "labels .* in its metadata, expected"),
        (with_labels("O"), "labels .* in its metadata, expected"),
        (with_labels(None), "labels none in its metadata, expected"),
        (lambda table: table.slice(0, 0), "no rows"),
        (rows(0, 4, 1, 2, 3, 5), "the rows of a language are not next to each other"),
        (lambda table: table.drop_columns(["digest"]), "columns .*; expected language string, sentence int32, digest"),
        (
            lambda table: replace(table, "tags", [[7, 0, 0], [0], [0] * 4, [0], [0] * 3, [0]]),
            "a tag id is outside 0..6",
        ),
        (lambda table: replace(table, "tags", [[0, None, 0], [0], [0] * 4, [0], [0] * 3, [0]]), "a tag id is outside"),
        (lambda table: replace(table, "digest", ["a", None, "a", "a", "a", "a"]), "a row has an empty value"),
    ],
)
def test_files_of_another_format_are_refused(file, change, message):
    rewrite(file, change)
    with pytest.raises(InputError, match=rf"in-script\.parquet: {message}"):
        read_predictions(file)


def test_a_file_that_is_not_parquet_is_refused(file):
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(InputError, match=r"in-script\.parquet: not a readable Parquet file"):
        read_predictions(file)


@pytest.fixture
def manifest(file, tmp_path):
    write_manifest(tmp_path / "predictions.json", {"in-script": file})
    return tmp_path / "predictions.json"


def test_manifest(file, manifest):
    entry = {"sha256": file_digest(file), "languages": ["yo", "hi"], "rows": 6}
    assert read_json(manifest) == {"files": {"in-script": entry}}
    assert read_manifest(manifest) == {"in-script": entry}
    assert read_predictions(file, entry)["hi"].tags == HI.tags


def test_a_file_changed_after_the_manifest_is_refused(file, manifest):
    rewrite(file, lambda table: replace(table, "tags", [[0] * 3, [0], [0] * 4, [0], [0] * 3, [0]]))
    with pytest.raises(InputError, match=r"in-script\.parquet: sha256 .*, expected .* as in the manifest"):
        read_predictions(file, read_manifest(manifest)["in-script"])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"languages": ["hi", "yo"]}, "languages .*, expected"),
        ({"rows": 5}, "rows 6, expected 5"),
        ({"colour": "red"}, "key in-script: expected the keys languages, rows and sha256"),
    ],
)
def test_a_wrong_manifest_is_refused(file, manifest, entry, message):
    files = read_json(manifest)["files"]
    write_json(manifest, {"files": {"in-script": files["in-script"] | entry}})
    with pytest.raises(InputError, match=message):
        read_predictions(file, read_manifest(manifest)["in-script"])


def test_a_missing_file_and_a_manifest_without_files_are_refused(file, manifest):
    file.unlink()
    with pytest.raises(InputError, match=r"in-script\.parquet: not a readable Parquet file .*No such file"):
        read_predictions(file, read_manifest(manifest)["in-script"])
    write_json(manifest, [])
    with pytest.raises(InputError, match="expected an object with the key files"):
        read_manifest(manifest)
