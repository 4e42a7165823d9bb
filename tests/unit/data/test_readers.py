"""Every layout and form of entity data that is read, in the trees of names of public data sets, and what is refused."""

import json
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ner_pruning.data import readers
from ner_pruning.data.mentions import LABELS, find_mentions
from ner_pruning.data.sources import SPLITS, check_mentions, source_files
from ner_pruning.data.tag_schemes import convert
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError
from ner_pruning.study.data_form import WIKIANN, DataForm
from read_corpora import from_folder, source_paths
from real_data import WIKIANN as REAL
from real_data import needs_wikiann

DEV = {"train": "train", "validation": "dev", "test": "test"}
VAL = {"train": "train", "validation": "val", "test": "test"}
MISC = ("PER", "ORG", "LOC", "MISC")


def form(**values) -> DataForm:
    return DataForm.of({key: values.get(key, getattr(WIKIANN, key)) for key in DataForm.__dataclass_fields__})


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


# Public data sets: their trees of names and their lines, with made-up text


def masakhaner(folder):
    """masakhane-io/masakhane-ner: data/hau/train.txt, dev.txt, test.txt; MasakhaNER2.0/data the same."""
    for split in DEV.values():
        write(folder / f"data/hau/{split}.txt", f"{split} B-DATE\nya I-DATE\nje O\n\n. O\n")
    return form(
        path="data/{language}/{split}", names={"ha": "hau"}, splits=DEV, entity_types=("PER", "ORG", "LOC", "DATE")
    )


def universal_ner(folder):
    """UniversalNER/UNER_Danish-DDT: da_ddt-ud-train.iob2, with comments, word numbers and annotators."""
    for split in DEV.values():
        lines = [
            "# sent_id = 1",
            f"# text = {split} O",
            f"1\t{split}\tB-ORG\t-\ts",
            "2\t#\tO\t-\ts",
            "",
            "# sent_id = 2",
        ]
        write(folder / f"UNER_Danish-DDT/ha_ddt-ud-{split}.iob2", "\n".join([*lines, "1\t.\tO\tO#O\ts", "", ""]))
    return form(path="UNER_*/{language}_ddt-ud-{split}", splits=DEV, columns={"tokens": 2, "tags": 3})


def conll_2002(folder):
    """esp.train, esp.testa, esp.testb, in one folder; with -DOCSTART- lines in the Dutch files."""
    for split in ("train", "testa", "testb"):
        write(folder / f"ned.{split}", f"-DOCSTART- -DOCSTART- O\n{split} N B-MISC\nx Adj I-MISC\n\n. Punc O\n")
    splits = {"train": "train", "validation": "testa", "test": "testb"}
    return form(path="{language}.{split}", names={"ha": "ned"}, splits=splits, entity_types=MISC)


def conll_2003(folder):
    """eng.train, eng.testa, eng.testb, in IOB1, with four columns and -DOCSTART-."""
    for split in ("train", "testa", "testb"):
        lines = [
            "-DOCSTART- -X- O O",
            "",
            f"{split} NNP I-NP I-MISC",
            "x NN I-NP I-MISC",
            "y NN B-NP B-MISC",
            "",
            ". . O O",
        ]
        write(folder / f"eng.{split}", "\n".join(lines))
    splits = {"train": "train", "validation": "testa", "test": "testb"}
    return form(path="eng.{split}", splits=splits, entity_types=MISC)


def wikineural(folder):
    """Babelscape/wikineural: data/wikineural/en/train.conllu, val, test: word number, word, tag."""
    for split in VAL.values():
        write(folder / f"data/wikineural/ha/{split}.conllu", f"0\t{split}\tB-MISC\n1\tx\tI-MISC\n\n0\t.\tO\n")
    return form(
        path="data/wikineural/{language}/{split}", splits=VAL, columns={"tokens": 2, "tags": -1}, entity_types=None
    )


def multinerd(folder):
    """Babelscape/multinerd on the Hub: train/train_en.jsonl, val/val_en.jsonl, test/test_en.jsonl, with tag ids."""
    for split in VAL.values():
        rows = [
            {"tokens": [split, "x"], "ner_tags": [7, 8], "lang": "ha"},
            {"tokens": ["."], "ner_tags": [0], "lang": "ha"},
        ]
        write(folder / f"{split}/{split}_ha.jsonl", "\n".join(map(json.dumps, rows)))
    labels = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-ANIM", "I-ANIM")
    return form(path="{split}/{split}_{language}", splits=VAL, labels=labels, entity_types=None)


def parquet(path, tags, names, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    features = datasets.Features(
        {"words": datasets.List(datasets.Value("string")), "ner": datasets.List(datasets.ClassLabel(names=names))}
    )
    rows = {"words": [["x"] * len(sentence) for sentence in tags], "ner": tags}
    datasets.Dataset.from_dict(rows, features=features).to_parquet(path)


NER = {"tokens": "words", "tags": "ner"}
REVERSED = ["I-MISC", "B-MISC", "I-LOC", "B-LOC", "I-ORG", "B-ORG", "I-PER", "B-PER", "O"]


def exported(folder):
    """The Hub's exporter (refs/convert/parquet): ha/train/0000.parquet, 0001.parquet."""
    for split in SPLITS:
        parquet(folder / f"ha/{split}/0000.parquet", [[1, 0]], REVERSED)
        parquet(folder / f"ha/{split}/0001.parquet", [[8]], REVERSED)
    return form(columns=NER, entity_types=MISC)


def hashed(folder):
    """Older `push_to_hub`: train-00000-of-00002-<hash>.parquet, here with the split's name with the language."""
    for split in VAL.values():
        parquet(folder / f"data/{split}_ha-00000-of-00002-0a1b2c3d4e5f6789.parquet", [[1, 0]], REVERSED)
        parquet(folder / f"data/{split}_ha-00001-of-00002-9876f5e4d3c2b1a0.parquet", [[0]], ["O"])  # another order
    return form(path="data/{split}_{language}", splits=VAL, columns=NER, entity_types=MISC)


PUBLIC = {
    masakhaner: [7, 8, 0],
    universal_ner: [3, 0],
    conll_2002: [7, 8],
    conll_2003: [7, 8, 7],
    wikineural: [1, 2],
    multinerd: [1, 2],
    exported: [7, 8],
    hashed: [7, 8],
}


@pytest.mark.parametrize("make, first", PUBLIC.items(), ids=[make.__name__ for make in PUBLIC])
def test_public_data_sets_in_their_own_layouts(tmp_path, make, first):
    found = from_folder(tmp_path, "ha", make(tmp_path))
    for corpus in found.values():
        assert corpus.tags == [first, [0]]
    if make not in (exported, hashed):
        firsts = [corpus.tokens[0][0] for corpus in found.values()]
        assert firsts[0] == "train" and len(set(firsts)) == 3 and found["test"].tokens[1] == ["."]


# WikiAnn's own data in other forms


def write_conll(folder, language, corpora):
    for split, corpus in corpora.items():
        text = "\n".join(
            "".join(f"{token} x {LABELS[tag]}\n" for token, tag in zip(tokens, tags, strict=True))
            for tokens, tags in zip(corpus.tokens, corpus.tags, strict=True)
        )
        write(folder / f"{language}/{split}.conll", f"-DOCSTART- x O\n\n{text}")


def write_bioes(folder, language, corpora):
    for split, corpus in corpora.items():
        lines = []
        for tokens, tags in zip(corpus.tokens, corpus.tags, strict=True):
            names = ["O"] * len(tokens)
            for type, start, end in find_mentions(tags):
                names[start:end] = [f"I-{type}"] * (end - start)
                names[start], names[end - 1] = f"B-{type}", f"E-{type}"
                names[start] = f"S-{type}" if end - start == 1 else names[start]
            lines += [f"{token}\t{name}" for token, name in zip(tokens, names, strict=True)] + [""]
        write(folder / f"{language}/{split}.tsv", "\r\n".join(lines))


def write_json(folder, language, corpora):
    for split, corpus in corpora.items():
        rows = [
            {"tokens": tokens, "ner_tags": [LABELS[tag] for tag in tags]}
            for tokens, tags in zip(corpus.tokens, corpus.tags, strict=True)
        ]
        write(folder / f"{language}/{split}.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))


def write_ids(folder, language, corpora):
    for split, corpus in corpora.items():
        rows = zip(corpus.tokens, corpus.tags, strict=True)
        lines = [json.dumps({"tokens": tokens, "ner_tags": tags}) for tokens, tags in rows]
        write(folder / f"{language}/{split}.json", "\n".join(lines))


def write_names(folder, language, corpora):
    """Parquet whose tags are texts, in shards."""
    for split, corpus in corpora.items():
        names = [[LABELS[tag] for tag in tags] for tags in corpus.tags]
        half = len(names) // 2
        for number, part in enumerate((slice(half), slice(half, None))):
            path = folder / language / f"{split}-{number:05d}-of-00002.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table({"tokens": corpus.tokens[part], "ner_tags": names[part]}), path)


def valid(corpus):
    """Return a corpus as valid IOB2: what a conversion to BIOES and back gives of I- tags that begin mentions."""
    tags = []
    for sentence in corpus.tags:
        new = [0] * len(sentence)
        for type, start, end in find_mentions(sentence):
            begin = LABELS.index(f"B-{type}")
            new[start:end] = [begin] + [begin + 1] * (end - start - 1)
        tags.append(new)
    return Corpus(corpus.tokens, tags)


@needs_wikiann
@pytest.mark.parametrize("language", ["yo", "ta", "ja"])
@pytest.mark.parametrize("write_as", [write_conll, write_bioes, write_json, write_ids, write_names])
def test_wikiann_survives_every_form(tmp_path, write_as, language):
    corpora = {
        split: Corpus(corpus.tokens[:400], corpus.tags[:400]) for split, corpus in from_folder(REAL, language).items()
    }
    if write_as is write_conll:  # words with a space have no place between spaces
        assert not any(" " in token for corpus in corpora.values() for tokens in corpus.tokens for token in tokens)
    write_as(tmp_path, language, corpora)
    expected = {split: valid(corpus) for split, corpus in corpora.items()} if write_as is write_bioes else corpora
    assert from_folder(tmp_path, language) == expected


# What is refused, in one line


def conll(content, name="train.conll"):
    def make(folder):
        for split in SPLITS:
            write(folder / f"sw/{split}.conll", "Ann B-PER\nran O\n\nBob B-PER\n")
        (folder / "sw/train.conll").unlink()
        write(folder / f"sw/{name}", content)

    return make


def jsonl(content):
    def make(folder):
        for split in SPLITS:
            write(folder / f"sw/{split}.jsonl", '{"tokens": ["Ann"], "ner_tags": ["B-PER"]}\n')
        write(folder / "sw/train.jsonl", content)

    return make


def shards(*tables):
    def make(folder):
        for split in SPLITS:
            for number, table in enumerate(tables):
                path = folder / f"sw/{split}-{number:05d}-of-{len(tables):05d}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(table, path)

    return make


ONE = pa.table({"tokens": [["a"]], "ner_tags": [[1]]})
CONLL, JSONL, SHARD = "{folder}/sw/train.conll", "{folder}/sw/train.jsonl", "{folder}/sw/train-00000-of-00001.parquet"
BAD = {
    "stray_tab": (
        conll("Ann B-PER\nto\tO\n"),
        {},
        f"{CONLL}: line 2: 1 columns; expected 2 separated by spaces, as in the",
    ),
    "stray_tab_among_tabs": (
        conll("Ann\tB-PER\nto\t\tO\n"),
        {},
        f"{CONLL}: line 2: 3 columns; expected 2 separated by tabs",
    ),
    "no_tag": (conll("Ann B-PER\nran\n"), {}, f"{CONLL}: line 2: 1 columns; expected 2 separated by spaces"),
    "one_column": (conll("Ann\nran\n"), {}, f"{CONLL}: line 1: 1 columns; expected columns 1 and -1"),
    "too_few_columns": (
        conll("Ann O\n"),
        {"columns": {"tokens": 2, "tags": 3}},
        f"{CONLL}: line 1: 2 columns; expected columns 2",
    ),
    "empty_token": (conll("a\tO\n\tB-PER\n"), {}, f"{CONLL}: line 2: an empty token; expected text in column 1"),
    "no_token": (conll("a O\n B-PER\n"), {}, f"{CONLL}: line 2: an empty token; expected text in column 1"),
    "word_numbers": (
        conll("1\tAnn\tB-PER\n2\tran\tO\n\n1\tBob\tO\n"),
        {},
        f"{CONLL}: column 1 counts the words; expected their column in `data: columns: {{{{tokens: 2}}}}`",
    ),
    "rahimi": (conll("sw:Ann\tB-PER\n"), {}, f"{CONLL}: every token begins with 'sw:', as in Rahimi et al.'s layout"),
    "utf_16": (conll("Ann B-PER\n".encode("utf-16")), {}, f"{CONLL}: line 1: not UTF-8"),
    "latin_1": (conll("Ann O\né O\n".encode("latin-1")), {}, f"{CONLL}: line 2: not UTF-8"),
    "only_in_test": (
        lambda folder: (conll("Ann B-PER\n")(folder), write(folder / "sw/test.conll", "May B-DATE\n")),
        {},
        "{folder}/sw/test.conll: line 1: tag 'B-DATE' of a type that is not in `data: entity_types` (PER, ORG, LOC)",
    ),
    "mixed_schemes": (
        conll("Ann B-PER\nran O\nBob S-PER\n"),
        {},
        f"{CONLL}: line 2: tag O after B-PER; expected one scheme",
    ),
    "two_files": (
        lambda folder: (conll("Ann O\n")(folder), write(folder / "sw/train.tsv", "Ann\tO\n")),
        {},
        "{folder}: sw: train: more than one file: sw/train.tsv, sw/train.conll; expected one, or its shards",
    ),
    "missing_split": (
        lambda folder: (conll("Ann O\n")(folder), (folder / "sw/test.conll").unlink()),
        {},
        "{folder}: sw: a missing split in the files of `data: path`: test ({folder}/sw/test.conll, .jsonl, .parquet",
    ),
    "not_json": (jsonl('{"tokens"\n'), {}, f"{JSONL}: line 1: not JSON (Expecting ':' delimiter: line 1 column 10"),
    "a_list_in_json": (
        jsonl("[]\n"),
        {},
        f"{JSONL}: line 1: no list 'tokens'; expected an object with the lists 'tokens' and",
    ),
    "no_such_key": (
        jsonl('{"tokens": ["a"], "tags": ["O"]}'),
        {},
        f"{JSONL}: line 1: no list 'ner_tags'; expected an object",
    ),
    "fewer_tags": (
        jsonl('\n{"tokens": ["a", "b"], "ner_tags": ["O"]}'),
        {},
        f"{JSONL}: line 2: 2 tokens and 1 tags; expected",
    ),
    "token_of_json": (
        jsonl('{"tokens": [1], "ner_tags": ["O"]}'),
        {},
        f"{JSONL}: line 1: token 1; expected text in every",
    ),
    "tag_of_json": (
        jsonl('{"tokens": ["a"], "ner_tags": [true]}'),
        {},
        f"{JSONL}: line 1: tag True; expected a tag's name",
    ),
    "id_without_names": (
        jsonl('{"tokens": ["a"], "ner_tags": [1]}'),
        {"entity_types": MISC},
        f"{JSONL}: line 1: tag ids without names; expected their names in the file, or in `data: labels`",
    ),
    "unknown_id": (
        jsonl('{"tokens": ["a"], "ner_tags": [2]}'),
        {"labels": ("O", "B-PER")},
        f"{JSONL}: line 1: tag id 2; expected one of 0 = O, 1 = B-PER",
    ),
    "empty_sentence": (
        jsonl('{"tokens": [], "ner_tags": []}'),
        {},
        f"{JSONL}: line 1: a sentence without tokens; expected",
    ),
    "parquet_ids_without_names": (
        shards(ONE),
        {"entity_types": MISC},
        f"{SHARD}: row 0: tag ids without names; expected their names in the file, or in `data: labels`",
    ),
    "other_columns": (shards(ONE), {"columns": NER}, f"{SHARD}: no column words; expected words and ner"),
    "numbers_of_columns": (
        shards(ONE),
        {"columns": {"tokens": 1, "tags": 2}},
        f"{SHARD}: `data: columns` are numbers (1, 2); expected the names of its columns",
    ),
    "exporter_shard_missing": (
        lambda folder: (
            exported(folder),
            (folder / "ha/train/0000.parquet").unlink(),
            (folder / "ha").rename(folder / "sw"),
        ),
        {"columns": NER},
        "{folder}/sw/train: no 0000.parquet; expected all shards",
    ),
}


@pytest.mark.parametrize("make, values, line", BAD.values(), ids=BAD)
def test_bad_files_are_refused_in_one_line(tmp_path, make, values, line):
    make(tmp_path)
    with pytest.raises(InputError) as error:
        from_folder(tmp_path, "sw", form(**values))
    assert str(error.value).startswith(line.format(folder=tmp_path))
    assert "\n" not in str(error.value)


# What looks like bad input and is none

GOOD = {
    "byte_order_mark": (b"\xef\xbb\xbfAnn O\n", [["Ann"]]),
    "crlf": (b"Ann O\r\nran O\r\n\r\nBob O\r\n", [["Ann", "ran"], ["Bob"]]),
    "blank_lines_of_spaces_and_tabs": (b"Ann O\n \t\nBob O\n", [["Ann"], ["Bob"]]),
    "spaces_in_a_row": (b"Ann   x   O \n", [["Ann"]]),
    "a_hash_as_a_word": (b"# O\n# B-PER\nAnn O\n", [["#", "#", "Ann"]]),
    "a_comment_with_as_many_columns": (b"# newdoc\n# id 7\nAnn O\n", [["Ann"]]),
    "no-break space": ("a\u00a0b O\n".encode(), [["a\u00a0b"]]),
    "empty": (b"", []),
}


@pytest.mark.parametrize("content, tokens", GOOD.values(), ids=GOOD)
def test_lines_that_are_read(content, tokens):
    assert readers.read_columns(content, "f", "sw").tokens == tokens


@pytest.mark.parametrize("line", [" O", "\tO"])
def test_lines_without_a_word_are_left_out_and_counted(line):
    """As two lines of MasakhaNER's isiXhosa; what comes after them keeps its line."""
    content = f"a{line}\n{line}\nb{line.replace('O', 'B-PER')}\n".encode()
    converted = convert(readers.read_columns(content, "f", "xh"))
    assert converted.corpus == Corpus([["a", "b"]], [[0, 1]])
    assert converted.record == {
        "scheme": "IOB2",
        "changed_tags": 0,
        "renamed_mentions": {},
        "lines_without_a_word": 1,
    }
    with pytest.raises(InputError, match="^f: line 3: tag 'B-PER' of a type"):
        convert(readers.read_columns(content, "f", "xh"), ("LOC",))


@pytest.mark.parametrize(
    "content, columns, tokens",
    [
        # a number of the document in the first line of a sentence alone, as in spreadsheets
        ("1\tAsha\tB-PER\n\tspoke\tO\n\tKisumu\tB-LOC\n", (2, 3), ["Asha", "spoke", "Kisumu"]),
        ("d1 Hi UH O\n   of IN O\n", (2, 4), None),
        ("Ann\tO\t7\n\tO\t7\nspoke\tO\t7\n", (1, 2), ["Ann", "spoke"]),
        ("Ann O 7\n O 7\nspoke O 7\n", (1, 2), ["Ann", "spoke"]),
        ("O\tAnn\nO\t\nO\tspoke\n", (2, 1), ["Ann", "spoke"]),
        ("Hi\tO\tO\n\tB-PER\tO\n", (1, 2), None),
    ],
)
def test_a_line_without_a_word_is_one_with_none_in_the_column_of_words(content, columns, tokens):
    def read():
        return readers.read_columns(content.encode(), "f", "sw", *columns)

    if tokens:
        assert (found := read()).tokens == [tokens] and found.left_out == content.count("\n") - len(tokens)
    else:
        with pytest.raises(InputError, match="^f: line 2: (3 columns; expected 4|an empty token; expected text)"):
            read()


@pytest.mark.parametrize("line", ["\u00a0", "\u3000", "\x0c", "\r\r"])
def test_a_line_of_other_blanks_is_refused_by_its_place(line):
    with pytest.raises(InputError, match="^f: line 2: 1 columns; expected 2 separated by spaces"):
        readers.read_columns(f"Hi O\n{line}\nAnn B-PER\n".encode(), "f", "sw")


def test_within_a_sentence_there_is_no_comment():
    with pytest.raises(InputError, match="^f: line 2: tag 'comment'; expected one of O, B-PER"):
        convert(readers.read_columns(b"Ann O\n# comment\n", "f", "sw"))


def test_a_sentence_of_5000_words_is_one(tmp_path):
    conll("".join(f"w{number} O\n" for number in range(5000)) + "\nAnn B-PER\n")(tmp_path)
    found = from_folder(tmp_path, "sw")["train"]
    assert [len(tokens) for tokens in found.tokens] == [5000, 1]


def test_a_file_without_blank_lines_is_refused():
    content = b"Ann B-PER\nspoke O\n" * 300
    with pytest.raises(InputError, match="f: all 600 words are one sentence; expected a blank line after each"):
        readers.read_columns(content, "f", "sw")
    with pytest.raises(InputError, match="f: all 600 words are one sentence"):
        readers.read_tagged_text(content.replace(b" ", b"\t"), "f")


@pytest.mark.parametrize("columns", [("2", "ner_tags"), ("tokens", "5"), ("word", "tag")])
def test_columns_of_text_have_no_names(columns):
    with pytest.raises(InputError, match="f: columns of text have no names; expected a number in"):
        readers.read_columns(b"1 Ann B-PER\n", "f", "sw", *columns)


@pytest.mark.parametrize("line", ["-DOCSTART-", "-DOCSTART- O", "-DOCSTART- -X- O O", "-DOCSTART-\t-X-\tO\tO"])
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_a_document_begins_with_any_number_of_columns(line, separator):
    words = separator.join(["Ann", "NNP", "B-PER"])
    found = readers.read_columns(f"{line}\n\n{words}\n\n{line}\n\n{words}\n".encode(), "f", "sw")
    assert found.tokens == [["Ann"], ["Ann"]] and found.tags == [["B-PER"], ["B-PER"]]


def test_half_a_character_of_json_is_refused():
    with pytest.raises(InputError, match=r"f: line 1: token '\\ud83d'; expected text in every token"):
        readers.read_json_lines(b'{"tokens": ["a", "\\ud83d"], "ner_tags": ["O", "O"]}', "f")
    with pytest.raises(InputError, match=r"f: line 1: tag 'B-\\ud83d'; expected a tag's name or id"):
        readers.read_json_lines(b'{"tokens": ["a"], "ner_tags": ["B-\\ud83d"]}', "f")


def test_a_tag_that_is_missing_in_parquet_is_refused(tmp_path):
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"tokens": [["a"], ["b"]], "ner_tags": [["O"], [None]]}), path)
    with pytest.raises(InputError, match=r"f.parquet: row 1: a tag is missing; expected one per token"):
        readers.read_shards([path])


def test_a_compressed_file_is_named(tmp_path):
    for split in SPLITS:
        write(tmp_path / f"sw/{split}.conll.gz", b"\x1f\x8b")
    with pytest.raises(InputError, match=r"no data of language 'sw'; .*; sw/train.conll.gz is not read, as it is comp"):
        source_files(tmp_path, "sw")


@pytest.mark.parametrize("split, refused", [("train", True), ("validation", False), ("test", True)])
def test_a_split_without_a_mention_is_refused_where_it_is_needed(split, refused):
    corpora = {name: Corpus([["Ann"], ["ran"]], [[0 if name == split else 1], [0]]) for name in SPLITS}
    if refused:
        with pytest.raises(InputError, match=f"sw: {split}: all 2 sentences have the tag O alone; expected mentions"):
            check_mentions("sw", corpora)
    else:
        check_mentions("sw", corpora)


def test_an_entity_type_that_scores_have_another_column_of_is_refused():
    with pytest.raises(InputError, match=r"f: an entity type strict; expected another name \(`data: rename`\)"):
        convert(readers.read_columns(b"Ann B-strict\n", "f", "sw"), None)
    assert convert(readers.read_columns(b"Ann B-strict\n", "f", "sw"), None, {"strict": "S"}).corpus.types == ("S",)


def test_two_label_orders_in_shards_are_read_by_name(tmp_path):
    def table(names, tags):
        described = {"info": {"features": {"ner_tags": {"feature": {"names": names, "_type": "ClassLabel"}}}}}
        return pa.table({"tokens": [["a"] * len(tags)], "ner_tags": [tags]}).replace_schema_metadata(
            {"huggingface": json.dumps(described)}
        )

    shards(table(["O", "B-PER", "B-LOC"], [0, 1, 2]), table(["B-LOC", "O", "B-PER"], [1, 2, 0]))(tmp_path)
    assert from_folder(tmp_path, "sw")["train"].tags == [[0, 1, 5], [0, 1, 5]]


def test_files_beside_a_whole_layout_of_wikiann_are_not_looked_at(tmp_path):
    shards(ONE)(tmp_path)
    for ending in ("txt", "tsv"):
        write(tmp_path / f"sw/train.{ending}", "Ann O\n")
    assert from_folder(tmp_path, "sw")["train"] == Corpus([["a"]], [[1]])


def test_the_files_of_a_form_are_those_that_are_read(tmp_path):
    names = [path.relative_to(tmp_path).as_posix() for path in source_paths(tmp_path, "ha", exported(tmp_path))]
    assert names == [f"ha/{split}/{number:04d}.parquet" for split in SPLITS for number in (0, 1)]
