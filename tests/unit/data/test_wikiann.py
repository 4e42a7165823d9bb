import json

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ner_pruning.data.wikiann import Corpus, read_corpus, write_corpus
from ner_pruning.files import InputError
from read_corpora import from_shards, from_text
from real_data import WIKIANN, needs_wikiann

SMALL = Corpus(tokens=[["Lamu", "ni", "mji"], ["\u2028", "a\u00a0b"]], tags=[[5, 0, 0], [1, 2]])
TOKENS, TAGS = pa.list_(pa.string()), pa.list_(pa.int8())


def write_table(path, tokens=(["a"], ["b"]), tags=([0], [0]), tokens_type=TOKENS, tags_type=TAGS, **other):
    columns = {"tokens": pa.array(list(tokens), tokens_type), "ner_tags": pa.array(list(tags), tags_type), **other}
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("original", [None, [3, 0]])
def test_a_written_corpus_reads_back_the_same(tmp_path, original):
    corpus = Corpus(SMALL.tokens, SMALL.tags, original)
    write_corpus(tmp_path / "a.parquet", corpus)
    assert read_corpus(tmp_path / "a.parquet") == corpus


def test_columns_have_the_documented_types(tmp_path):
    write_corpus(tmp_path / "a.parquet", Corpus(SMALL.tokens, SMALL.tags, [0, 1]))
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.names == ["tokens", "ner_tags", "original"]
    assert [schema.field(name).type for name in schema.names] == [TOKENS, TAGS, pa.int32()]


def test_the_same_corpus_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_corpus(tmp_path / f"{name}.parquet", SMALL)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


BAD_TABLES = {
    "tag_7": ({"tags": ([0], [7])}, "row 1: tag id 7; expected one of 0 = O, 1 = B-PER"),
    "tag_negative": ({"tags": ([-1], [0])}, "row 0: tag id -1"),
    "tag_null": ({"tags": ([0], [None])}, "row 1: tag id None"),
    "fewer_tags": ({"tokens": (["a"], ["b", "c"])}, "row 1: 2 tokens and 1 tags; expected one tag per token"),
    "empty_token": ({"tokens": (["a"], [""])}, "row 1: an empty token"),
    "null_token": ({"tokens": ([None], ["b"])}, "row 0: an empty token"),
    "empty_sentence": ({"tokens": (["a"], []), "tags": ([0], [])}, "row 1: a sentence without tokens"),
    "null_sentence": ({"tokens": (None, ["b"])}, "row 0: tokens is missing"),
    "null_tags": ({"tags": ([0], None)}, "row 1: ner_tags is missing"),
    "text_tags": (
        {"tags": (["O"], ["O"]), "tags_type": pa.list_(pa.string())},
        "column ner_tags is list<element: string>; expected list<integer>",
    ),
    "joined_tokens": (
        {"tokens": ("a", "b"), "tokens_type": pa.string()},
        "column tokens is string; expected list<string>",
    ),
    "original_negative": ({"original": pa.array([0, -1], pa.int32())}, "row 1: original is not a row number"),
    "original_null": ({"original": pa.array([None, 1], pa.int32())}, "row 0: original is not a row number"),
    "original_text": ({"original": pa.array(["0", "1"])}, "column original is string; expected integer"),
}


@pytest.mark.parametrize("columns, message", BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_bad_table_is_refused_in_one_line_naming_file_and_row(tmp_path, columns, message):
    path = write_table(tmp_path / "bad.parquet", **columns)
    with pytest.raises(InputError) as error:
        read_corpus(path)
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)


def test_a_missing_column_is_named(tmp_path):
    pq.write_table(pa.table({"tokens": pa.array([["a"]])}), tmp_path / "bad.parquet")
    with pytest.raises(InputError, match=r"bad\.parquet: no column ner_tags"):
        read_corpus(tmp_path / "bad.parquet")


def test_a_token_that_is_not_utf8_is_named_by_its_row(tmp_path):
    bytes_of_tokens = pa.array([[b"a"], [b"b", b"\xff"], [b"c"]], pa.list_(pa.binary()))
    tokens = pa.ListArray.from_arrays(bytes_of_tokens.offsets, bytes_of_tokens.values.view(pa.string()))
    tags = pa.array([[0], [0, 0], [0]], TAGS)
    pq.write_table(pa.table({"tokens": tokens, "ner_tags": tags}), tmp_path / "bad.parquet")
    with pytest.raises(InputError, match=r"^\S*bad\.parquet: row 1: a token that is not UTF-8$"):
        read_corpus(tmp_path / "bad.parquet")


def test_a_repeated_column_is_refused(tmp_path):
    tokens, tags = pa.array([["a"]], TOKENS), pa.array([[1]], TAGS)
    pq.write_table(pa.table([tokens, tags, tags], ["tokens", "ner_tags", "ner_tags"]), tmp_path / "bad.parquet")
    with pytest.raises(InputError, match=r"bad\.parquet: more than one column ner_tags; expected one"):
        read_corpus(tmp_path / "bad.parquet")


@pytest.mark.parametrize("content", [b"", b"tokens,ner_tags\n", b"PAR1 cut short"])
def test_what_is_no_parquet_file_is_refused(tmp_path, content):
    (tmp_path / "bad.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.parquet: not a readable Parquet file"):
        read_corpus(tmp_path / "bad.parquet")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.parquet: not a readable Parquet file \(No such file"):
        read_corpus(tmp_path / "none.parquet")


def test_a_bad_corpus_is_not_written(tmp_path):
    with pytest.raises(InputError, match="row 0: an empty token"):
        write_corpus(tmp_path / "a.parquet", Corpus([[""]], [[0]]))
    assert list(tmp_path.iterdir()) == []


def test_shards_are_read_one_after_another(tmp_path):
    paths = [
        write_table(tmp_path / f"{i}.parquet", ([f"{i}"],), ([i],), tags_type=pa.list_(pa.int64())) for i in (5, 3)
    ]
    assert from_shards(paths) == Corpus([["5"], ["3"]], [[5], [3]])


OURS = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
SWAPPED = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-ORG", "I-ORG"]


def class_label(names):
    return {"names": names, "_type": "ClassLabel"}


FEATURES = {
    "List": lambda names: {"ner_tags": {"feature": class_label(names), "_type": "List"}},
    "LargeList": lambda names: {"ner_tags": {"feature": class_label(names), "_type": "LargeList"}},
    # datasets 2 and 3
    "Sequence": lambda names: {"ner_tags": {"feature": class_label(names), "_type": "Sequence"}},
    "Sequence with a length": lambda names: {
        "ner_tags": {
            "feature": {"num_classes": 7, "names": names, "names_file": None, "id": None, "_type": "ClassLabel"},
            "length": -1,
            "id": None,
            "_type": "Sequence",
        }
    },
    # datasets up to 2.21, of features given as [ClassLabel(…)]
    "list": lambda names: {"ner_tags": [class_label(names)]},
    "list of one sequence": lambda names: {"ner_tags": [{"feature": class_label(names), "_type": "Sequence"}]},
    "class label alone": lambda names: {"ner_tags": class_label(names)},
    # a data card's form
    "list of columns": lambda names: [
        {"name": "tokens", "sequence": "string"},
        {"name": "ner_tags", "sequence": {"class_label": {"names": names}}},
    ],
    "names by id": lambda names: [
        {
            "name": "ner_tags",
            "sequence": {"class_label": {"names": {str(id): name for id, name in enumerate(names)}}},
        }
    ],
    "names by id in another order": lambda names: {
        "ner_tags": class_label({str(id): names[id] for id in reversed(range(len(names)))})
    },
}
"""How versions of `datasets` have written the features of a file into its metadata, for the names of its tags."""


@pytest.mark.parametrize("features", FEATURES.values(), ids=FEATURES)
def test_tag_names_are_read_however_they_are_written(tmp_path, features):
    ours = with_description(tmp_path / "ours.parquet", json.dumps({"info": {"features": features(OURS)}}))
    assert from_shards([ours]) == Corpus([["a"]], [[1]])
    swapped = with_description(tmp_path / "swapped.parquet", json.dumps({"info": {"features": features(SWAPPED)}}))
    assert from_shards([swapped]) == Corpus([["a"]], [[5]])  # by name: their B-LOC is our fifth label


@pytest.mark.parametrize(
    "feature",
    [
        datasets.List(datasets.ClassLabel(names=SWAPPED)),
        datasets.LargeList(datasets.ClassLabel(names=SWAPPED)),
        datasets.Sequence(datasets.ClassLabel(names=SWAPPED)),
        [datasets.ClassLabel(names=SWAPPED)],
    ],
    ids=["List", "LargeList", "Sequence", "list"],
)
def test_tag_names_as_datasets_writes_them_now(tmp_path, feature):
    features = datasets.Features({"tokens": datasets.List(datasets.Value("string")), "ner_tags": feature})
    rows = {"tokens": [["a"]], "ner_tags": [[1]]}
    datasets.Dataset.from_dict(rows, features=features).to_parquet(tmp_path / "a.parquet")
    assert from_shards([tmp_path / "a.parquet"]) == Corpus([["a"]], [[5]])


@pytest.mark.parametrize(
    "names, shown",
    [
        # of a ClassLabel with a number of classes and no names
        (list("0123456"), f"row 0: tag '1'; expected one of {', '.join(OURS)}"),
        (["O", "B-MISC"], "row 0: tag 'B-MISC' of a type that is not in `data: entity_types` (PER, ORG, LOC); add it"),
        (["O"], "row 0: tag id 1; expected one of 0 = O"),
        ({"0": "O", "2": "B-PER"}, "row 0: tag id 1; expected one of 0 = O, 2 = B-PER"),
        (7, "tag names 7 in its metadata; expected a list of names"),
        ([1, 2], "tag names [1, 2] in its metadata; expected a list of names"),
        ([], "row 0: tag ids without names; expected their names in the file, or in `data: labels`"),
    ],
)
def test_other_tag_names_are_refused(tmp_path, names, shown):
    description = json.dumps({"info": {"features": {"ner_tags": {"feature": class_label(names)}}}})
    with pytest.raises(InputError) as error:
        from_shards([with_description(tmp_path / "a.parquet", description)])
    assert str(error.value).startswith(f"{tmp_path}/a.parquet: {shown}")


@pytest.mark.parametrize("names", [["O", "B-PER", "I-PER"], [*OURS, "B-MISC", "I-MISC"], {"1": "B-PER", "7": "I-X"}])
def test_names_of_other_lists_are_read_by_their_ids(tmp_path, names):
    description = json.dumps({"info": {"features": {"ner_tags": {"feature": class_label(names)}}}})
    assert from_shards([with_description(tmp_path / "a.parquet", description)]) == Corpus([["a"]], [[1]])


def with_description(path, description):
    table = pa.table({"tokens": pa.array([["a"]], TOKENS), "ner_tags": pa.array([[1]], TAGS)})
    pq.write_table(table.replace_schema_metadata({"huggingface": description}), path)
    return path


@pytest.mark.parametrize(
    "description",
    [
        "[]",
        "null",
        "3",
        '{"info": []}',
        '{"info": {"features": {"ner_tags": [{"dtype": "int64", "_type": "Value"}]}}}',
        '{"info": {"features": {"ner_tags": {"feature": {"names": null, "_type": "ClassLabel"}}}}}',
        '{"info": {"features": {"pos_tags": [{"names": ["x"], "_type": "ClassLabel"}]}}}',  # of another column
    ],
)
def test_a_description_without_tag_names_says_nothing(tmp_path, description):
    assert from_shards([with_description(tmp_path / "a.parquet", description)]) == Corpus([["a"]], [[1]])


def test_a_description_that_cannot_be_read_is_refused(tmp_path):
    path = with_description(tmp_path / "a.parquet", "{")
    with pytest.raises(InputError, match=r"a\.parquet: its metadata huggingface is not JSON \("):
        from_shards([path])


LAMU = Corpus([["Lamu", "ni"], ["mji"]], [[5, 0], [0]])
TEXTS = {
    "lf": ("Lamu\tB-LOC\nni\tO\n\nmji\tO\n", "", LAMU),
    "crlf": ("Lamu\tB-LOC\r\nni\tO\r\n\r\nmji\tO\r\n\r\n", "", LAMU),
    "no_last_line_end": ("Lamu\tB-LOC\nni\tO\n\nmji\tO", "", LAMU),
    "many_blank_lines": ("\n\nLamu\tB-LOC\nni\tO\n\n\n\nmji\tO\n\n\n", "", LAMU),
    "byte_order_mark": ("\ufeffsw:Lamu\tB-LOC\nsw:ni\tO\n\nsw:mji\tO\n", "sw:", LAMU),
    "byte_order_mark_as_token": ("\ufeff\tO\n", "", Corpus([["\ufeff"]], [[0]])),
    "later_byte_order_mark": ("a\tO\n\ufeff\tO\n", "", Corpus([["a", "\ufeff"]], [[0, 0]])),
    "prefix_removed_once": ("en:en:\tO\nen::\tO\nen:a:b\tO\n", "en:", Corpus([["en:", ":", "a:b"]], [[0, 0, 0]])),
    "colon_without_prefix": ("en:a\tB-ORG\n", "", Corpus([["en:a"]], [[3]])),
    "unicode_line_ends": (
        "a\u2028b\tO\n\u0085\tO\nc\x0bd\x0c\x1c\tO\n",
        "",
        Corpus([["a\u2028b", "\u0085", "c\x0bd\x0c\x1c"]], [[0, 0, 0]]),
    ),
    "unicode_spaces": (
        "a\u00a0b\tO\n\u3000\tO\n \tO\nc \tO\n",
        "",
        Corpus([["a\u00a0b", "\u3000", " ", "c "]], [[0, 0, 0, 0]]),
    ),
    "all_tags": (
        "a\tO\nb\tB-PER\nc\tI-PER\nd\tB-ORG\ne\tI-ORG\nf\tB-LOC\ng\tI-LOC\n",
        "",
        Corpus([list("abcdefg")], [[0, 1, 2, 3, 4, 5, 6]]),
    ),
    "nothing": ("", "", Corpus([], [])),
}


@pytest.mark.parametrize("text, prefix, expected", TEXTS.values(), ids=TEXTS)
def test_tagged_text_is_read(text, prefix, expected):
    assert from_text(text.encode(), "en/train", prefix) == expected


SEVEN = "expected one of O, B-PER, I-PER, B-ORG, I-ORG, B-LOC, I-LOC"
BAD_TEXTS = {
    "lower_case_tag": (b"a\tO\nb\tb-per\n", "", f"line 2: tag 'b-per'; {SEVEN}"),
    "other_type": (b"a\tI-MISC\n", "", "line 1: tag 'I-MISC' of a type that is not in `data: entity_types`"),
    "spaced_tag": (b"a\tO \n", "", f"line 1: tag 'O '; {SEVEN}"),
    "no_tag": (b"a\tO\n\nb\n", "", "line 3: no tag; expected token<TAB>tag"),
    "space_for_tab": (b"a O\n", "", "line 1: no tag; expected token<TAB>tag"),
    "line_of_spaces": (b"a\tO\n \n", "", "line 2: no tag; expected token<TAB>tag"),
    "three_columns": (b"a\tb\tO\n", "", "line 1: 3 columns; expected token<TAB>tag"),
    "no_prefix": (b"en:a\tO\na\tO\n", "en:", "line 2: 'a' does not begin with 'en:'; expected en:token<TAB>tag"),
    "other_prefix": (b"de:a\tO\n", "en:", "line 1: 'de:a' does not begin with 'en:'"),
    "empty_token": (b"\tO\n", "", "line 1: an empty token; expected token<TAB>tag"),
    "empty_token_after_prefix": (b"en:\tO\n", "en:", "line 1: an empty token; expected en:token<TAB>tag"),
    "latin_1": ("a\tO\né\tO\n".encode("latin-1"), "", "line 2: not UTF-8"),
}


@pytest.mark.parametrize("content, prefix, message", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_bad_text_is_refused_in_one_line_naming_file_and_line(content, prefix, message):
    with pytest.raises(InputError) as error:
        from_text(content, "en/train", prefix)
    assert str(error.value).startswith(f"en/train: {message}")
    assert "\n" not in str(error.value)


@needs_wikiann
@pytest.mark.parametrize("language", ["yo", "ta", "ja"])
def test_real_sentences_survive_text_and_parquet(tmp_path, language):
    path = WIKIANN / language / "test-00000-of-00001.parquet"
    names = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
    rows = pq.read_table(path).to_pylist()
    text = "".join(
        "".join(
            f"{language}:{token}\t{names[tag]}\n" for token, tag in zip(row["tokens"], row["ner_tags"], strict=True)
        )
        + "\n"
        for row in rows
    )
    expected = Corpus([row["tokens"] for row in rows], [row["ner_tags"] for row in rows])
    write_corpus(tmp_path / "test.parquet", from_text(text.encode(), language, f"{language}:"))
    assert from_shards([path]) == read_corpus(tmp_path / "test.parquet") == expected
