import csv
import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import datasets
import language_data
import pytest
import resolve_revision
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.sources import SPLITS, check_sizes
from ner_pruning.data.wikiann import Corpus, read_corpus
from ner_pruning.files import InputError
from read_corpora import from_folder, source_paths
from real_data import WIKIANN, needs_wikiann

PROJECT = Path(__file__).parents[3]
TEXT_NAMES = {"train": "train", "validation": "dev", "test": "test"}
COMMIT = "f0a3be6dc5564c0cc4150bb660144800a1f539d4"


def corpora_of_words():
    """A corpus a split, each other than the next, with a token that holds a colon."""
    return {split: Corpus([[split, ":"], ["b"]], [[5, 6], [0]]) for split in SPLITS}


def text_of(corpus, prefix=""):
    return "\n".join(
        "".join(f"{prefix}{token}\t{LABELS[tag]}\n" for token, tag in zip(tokens, tags, strict=True))
        for tokens, tags in zip(corpus.tokens, corpus.tags, strict=True)
    ).encode()


def write_hub(folder, language, corpora, shards=1):
    (folder / language).mkdir(parents=True)
    for split, corpus in corpora.items():
        rows = datasets.Dataset.from_dict({"tokens": corpus.tokens, "ner_tags": corpus.tags}, features=FEATURES)
        for number in range(shards):
            shard = rows.shard(shards, number, contiguous=True)
            shard.to_parquet(folder / language / f"{split}-{number:05d}-of-{shards:05d}.parquet")


def write_xtreme(folder, language, corpora):
    folder.mkdir(parents=True, exist_ok=True)
    for split, corpus in corpora.items():
        (folder / f"{TEXT_NAMES[split]}-{language}.tsv").write_bytes(text_of(corpus))


def write_xtreme_by_language(folder, language, corpora):
    write_xtreme(folder / language, language, corpora)


def write_rahimi(folder, language, corpora):
    (folder / language).mkdir(parents=True)
    for split, corpus in corpora.items():
        (folder / language / TEXT_NAMES[split]).write_bytes(text_of(corpus, f"{language}:"))


def write_archive(folder, language, corpora, member_folder="./"):
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / f"{language}.tar.gz", "w:gz") as archive:
        for split, corpus in corpora.items():
            content = text_of(corpus, f"{language}:")
            member = tarfile.TarInfo(f"{member_folder}{TEXT_NAMES[split]}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


FEATURES = datasets.Features(
    {"tokens": datasets.List(datasets.Value("string")), "ner_tags": datasets.List(datasets.ClassLabel(names=LABELS))}
)
WRITERS = [write_hub, write_xtreme, write_xtreme_by_language, write_rahimi, write_archive]


@pytest.mark.parametrize("write", WRITERS)
def test_every_layout_gives_the_same_corpora(tmp_path, write):
    write(tmp_path, "en", corpora_of_words())
    assert from_folder(tmp_path, "en") == corpora_of_words()


@needs_wikiann
@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("language", ["yo", "te", "ta"])
def test_real_data_survive_every_layout(tmp_path, write, language):
    corpora = from_folder(WIKIANN, language)
    write(tmp_path, language, corpora)
    assert from_folder(tmp_path, language) == corpora


def test_shards_are_found_and_read_in_order(tmp_path):
    write_hub(tmp_path, "en", corpora_of_words(), shards=2)
    names = [path.name for path in source_paths(tmp_path, "en")]
    assert names[:3] == [
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
        "validation-00000-of-00002.parquet",
    ]
    assert from_folder(tmp_path, "en") == corpora_of_words()


def test_source_files_are_those_that_are_read(tmp_path):
    write_rahimi(tmp_path, "en", corpora_of_words())
    write_archive(tmp_path, "sw", corpora_of_words(), member_folder="sw/")
    assert source_paths(tmp_path, "en") == [tmp_path / "en" / name for name in ("train", "dev", "test")]
    assert source_paths(tmp_path, "sw") == [tmp_path / "sw.tar.gz"]


def test_a_complete_layout_is_preferred_to_an_incomplete_one(tmp_path):
    write_xtreme(tmp_path, "en", corpora_of_words())
    write_hub(tmp_path, "en", {"train": corpora_of_words()["train"]})
    assert [path.suffix for path in source_paths(tmp_path, "en")] == [".tsv"] * 3


def write_then_remove(write, *names):
    def prepare(folder):
        write(folder, "en", corpora_of_words())
        for name in names:
            (folder / name).unlink()

    return prepare


def write_other_shards(folder):
    write_hub(folder, "en", corpora_of_words())
    shutil.copy(folder / "en/train-00000-of-00001.parquet", folder / "en/train-00000-of-00002.parquet")


def write_broken_archive(folder):
    write_archive(folder, "en", corpora_of_words())
    content = (folder / "en.tar.gz").read_bytes()
    (folder / "en.tar.gz").write_bytes(content[: len(content) // 2])


def write_incomplete_archive(folder):
    write_archive(folder, "en", {"train": corpora_of_words()["train"], "test": corpora_of_words()["test"]})


def write_xtreme_without_test_tags(folder):
    write_xtreme(folder, "en", corpora_of_words())
    (folder / "test-en.tsv").write_text("test\n:\n\nb\n")


BAD_FOLDERS = {
    "unknown_language": (
        lambda folder: write_hub(folder, "sw", corpora_of_words()),
        "{folder}: no data of language 'en'; looked for en/train-00000-of-00001.parquet, train-en.tsv",
    ),
    "missing_hub_split": (
        write_then_remove(write_hub, "en/validation-00000-of-00001.parquet"),
        "{folder}: en: a missing split in Hub's layout: validation ({folder}/en/validation-00000-of-00001.parquet)",
    ),
    "missing_xtreme_split": (
        write_then_remove(write_xtreme, "dev-en.tsv", "test-en.tsv"),
        "{folder}: en: a missing split in XTREME's layout: validation ({folder}/dev-en.tsv), test ({folder}/test-en",
    ),
    "missing_rahimi_split": (
        write_then_remove(write_rahimi, "en/test"),
        "{folder}: en: a missing split in Rahimi's layout: test ({folder}/en/test)",
    ),
    "missing_archived_split": (
        write_incomplete_archive,
        "{folder}/en.tar.gz: a missing split: no file dev in the archive",
    ),
    "missing_shard": (
        lambda folder: (
            write_hub(folder, "en", corpora_of_words(), shards=2),
            (folder / "en/train-00001-of-00002.parquet").unlink(),
        ),
        "{folder}/en: train: no train-00001-of-00002.parquet; expected all shards",
    ),
    "shards_of_two_sets": (write_other_shards, "{folder}/en: train: shards of more than one set: train-00000-of-00001"),
    "broken_archive": (write_broken_archive, "{folder}/en.tar.gz: cannot be read as a .tar.gz archive ("),
    "xtreme_without_test_tags": (
        write_xtreme_without_test_tags,
        "{folder}/test-en.tsv: line 1: no tag; expected token<TAB>tag (XTREME's script leaves the tags out",
    ),
    "no_folder": (lambda folder: folder.rmdir(), "{folder}: no such folder"),
}


@pytest.mark.parametrize("prepare, message", BAD_FOLDERS.values(), ids=BAD_FOLDERS)
def test_a_bad_folder_is_refused_in_one_line(tmp_path, prepare, message):
    folder = tmp_path / "data"
    folder.mkdir()
    prepare(folder)
    with pytest.raises(InputError) as error:
        from_folder(folder, "en")
    assert str(error.value).startswith(message.format(folder=folder))
    assert "\n" not in str(error.value)


def test_sizes_are_checked_unless_others_are_allowed():
    corpora = corpora_of_words()
    check_sizes("en", corpora, {"train": 2, "validation": 2, "test": 2}, allow_other_sizes=False)
    check_sizes("en", corpora, {"train": 20000, "validation": 2, "test": 2}, allow_other_sizes=True)
    with pytest.raises(InputError, match=r"^en: test: 2 sentences; expected 10000 .*`data: allow_other_sizes: true`"):
        check_sizes("en", corpora, {"train": 2, "validation": 2, "test": 10000}, allow_other_sizes=False)


def test_an_empty_split_is_never_allowed():
    corpora = {**corpora_of_words(), "validation": Corpus([], [])}
    with pytest.raises(InputError, match="^en: validation: no sentences$"):
        check_sizes("en", corpora, {"train": 2, "validation": 0, "test": 2}, allow_other_sizes=True)


HEAVY = {"pyarrow", "pandas", "numpy", "datasets", "huggingface_hub", "tokenizers", "tenacity"}


def test_importing_sources_imports_no_heavy_library():
    program = f"""
import sys
sys.path.insert(0, "workflow/scripts")
import ner_pruning.data.sources
print(sorted({HEAVY} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@needs_wikiann
def test_all_real_languages_pass_the_data_stage(tmp_path):
    with open(PROJECT / "resources/languages.tsv", encoding="utf-8") as table:
        rows = {row["code"]: row for row in csv.DictReader(table, delimiter="\t")}
    languages = sorted(path.name for path in WIKIANN.iterdir())
    assert len(languages) == 34
    for language in languages:
        train_size, test_size = int(rows[language]["train_size"]), int(rows[language]["test_size"])
        expected = {"train": train_size, "validation": test_size, "test": test_size}
        out = {split: tmp_path / language / f"{split}.parquet" for split in SPLITS}
        language_data.main(out, "local", language, str(WIKIANN), expected, False)
    assert read_corpus(tmp_path / "yo" / "test.parquet").tokens[0]


def test_the_synthetic_source_is_generated(tmp_path):
    pytest.importorskip("faker")
    sizes = {"train": 4, "validation": 3, "test": 2}
    out = {split: tmp_path / f"{split}.parquet" for split in SPLITS}
    language_data.main(out, "synthetic", "sw", {"sizes": sizes, "seed": 0}, sizes, False)
    assert {split: len(read_corpus(path)) for split, path in out.items()} == sizes


def test_a_commit_is_resolved_without_the_hub(tmp_path):
    resolve_revision.main(tmp_path / "source.json", "unimelb-nlp/wikiann", COMMIT, "dataset")
    expected = {"repository": "unimelb-nlp/wikiann", "revision": COMMIT, "commit": COMMIT}
    assert json.loads((tmp_path / "source.json").read_text()) == expected


def test_one_split_is_read_from_its_own_files_alone(tmp_path):
    """A fault in another split is none of this job's."""
    write_rahimi(tmp_path, "en", corpora_of_words())
    (tmp_path / "en/test").write_text("not a table\n")
    out = {"train": tmp_path / "train.parquet"}
    language_data.main(out, "local", "en", str(tmp_path), {"train": 2}, False)
    assert read_corpus(out["train"]) == corpora_of_words()["train"]
    with pytest.raises(InputError, match="^en: train: 2 sentences; expected 3"):
        language_data.main(out, "local", "en", str(tmp_path), {"train": 3}, False)
    with pytest.raises(InputError, match="en/test: line 1: no tag"):
        language_data.main({"test": tmp_path / "test.parquet"}, "local", "en", str(tmp_path), {"test": 2}, False)
