import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import datasets
import language_data
import pytest
import resolve_data
from compression.files import InputError
from compression.mentions import LABELS
from compression.sources import SPLITS, check_sizes, read_hub, read_local, source_files
from compression.wikiann import Corpus, read_corpus
from real_data import WIKIANN, needs_wikiann

PROJECT = Path(__file__).parents[2]
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
    assert read_local(tmp_path, "en") == corpora_of_words()


@needs_wikiann
@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("language", ["yo", "te", "ta"])
def test_real_data_survive_every_layout(tmp_path, write, language):
    corpora = read_local(WIKIANN, language)
    write(tmp_path, language, corpora)
    assert read_local(tmp_path, language) == corpora


def test_shards_are_found_and_read_in_order(tmp_path):
    write_hub(tmp_path, "en", corpora_of_words(), shards=2)
    names = [path.name for path in source_files(tmp_path, "en")]
    assert names[:3] == [
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
        "validation-00000-of-00002.parquet",
    ]
    assert read_local(tmp_path, "en") == corpora_of_words()


def test_source_files_are_those_that_are_read(tmp_path):
    write_rahimi(tmp_path, "en", corpora_of_words())
    write_archive(tmp_path, "sw", corpora_of_words(), member_folder="sw/")
    assert source_files(tmp_path, "en") == [tmp_path / "en" / name for name in ("train", "dev", "test")]
    assert source_files(tmp_path, "sw") == [tmp_path / "sw.tar.gz"]


def test_a_complete_layout_is_preferred_to_an_incomplete_one(tmp_path):
    write_xtreme(tmp_path, "en", corpora_of_words())
    write_hub(tmp_path, "en", {"train": corpora_of_words()["train"]})
    assert [path.suffix for path in source_files(tmp_path, "en")] == [".tsv"] * 3


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
        read_local(folder, "en")
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
import compression.sources
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


# The Hub


@pytest.fixture
def pauses(monkeypatch):
    """Replace waiting by a list of the seconds that would have been waited."""
    seconds = []
    monkeypatch.setattr("tenacity.nap.time.sleep", seconds.append)
    return seconds


def loader(*outcomes):
    """Return a `load_dataset` that gives or raises one outcome a call, and the list of its calls."""
    calls = []

    def load_dataset(repository, language, **options):
        calls.append((repository, language, options["split"], options["revision"]))
        outcome = outcomes[min(len(calls), len(outcomes)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return load_dataset, calls


def hub_rows(features=FEATURES):
    return [
        datasets.Dataset.from_dict({"tokens": corpus.tokens, "ner_tags": corpus.tags}, features=features)
        for corpus in corpora_of_words().values()
    ]


def test_the_hub_is_asked_again_until_it_answers(monkeypatch, pauses):
    load_dataset, calls = loader(ConnectionError("Couldn't reach"), TimeoutError("slow"), hub_rows())
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert read_hub("unimelb-nlp/wikiann", "sw", COMMIT) == corpora_of_words()
    assert calls == [("unimelb-nlp/wikiann", "sw", ["train", "validation", "test"], COMMIT)] * 3
    assert pauses == [10, 20]


def server_error(status):
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    request = httpx2.Request("GET", "https://huggingface.co/datasets/unimelb-nlp/wikiann")
    return HfHubHTTPError(f"{status} Server Error", response=httpx2.Response(status, request=request))


def wrapped(cause):
    error = datasets.exceptions.DatasetGenerationError("An error occurred while generating the dataset")
    error.__cause__ = cause
    return error


HUB_ERRORS = {
    "unreachable": (lambda: ConnectionError("Couldn't reach the Hub"), 4),
    "server": (lambda: server_error(503), 4),
    "too_many_requests": (lambda: server_error(429), 4),
    "wrapped_server": (lambda: wrapped(server_error(500)), 4),
    "not_allowed": (lambda: server_error(401), 1),
    "unknown_language": (lambda: ValueError("BuilderConfig 'qq' not found. Available: ['yo', 'jv']"), 1),
    "unknown_repository": (lambda: datasets.exceptions.DatasetNotFoundError("Dataset doesn't exist"), 1),
}


@pytest.mark.parametrize("make, attempts", HUB_ERRORS.values(), ids=HUB_ERRORS)
def test_a_hub_error_ends_in_one_line(monkeypatch, pauses, make, attempts):
    load_dataset, calls = loader(make())
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(InputError) as error:
        read_hub("unimelb-nlp/wikiann", "qq", COMMIT)
    message = (
        f"unimelb-nlp/wikiann, language qq (revision {COMMIT}): cannot be had from the Hub ({type(make()).__name__}"
    )
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
    assert len(calls) == attempts


@pytest.mark.parametrize(
    "feature",
    [datasets.ClassLabel(names=[*LABELS[:5], "I-LOC", "B-LOC"]), datasets.Value("int64")],
    ids=["other_order", "no_names"],
)
def test_other_tag_names_on_the_hub_are_refused(monkeypatch, feature):
    features = datasets.Features({**FEATURES, "ner_tags": datasets.List(feature)})
    monkeypatch.setattr(datasets, "load_dataset", loader(hub_rows(features))[0])
    with pytest.raises(InputError, match=r"language sw .*: train: tag names are .*; expected O, B-PER, I-PER"):
        read_hub("unimelb-nlp/wikiann", "sw", COMMIT)


def test_a_commit_is_resolved_without_the_hub(tmp_path):
    resolve_data.main(tmp_path / "source.json", "unimelb-nlp/wikiann", COMMIT)
    expected = {"repository": "unimelb-nlp/wikiann", "revision": COMMIT, "commit": COMMIT}
    assert json.loads((tmp_path / "source.json").read_text()) == expected


HUB_CLIENT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from compression.files import InputError
from compression.sources import read_hub, resolve_revision
commit = resolve_revision("a/b", "main", "dataset")
corpora = read_hub("a/b", "sw", commit)
errors = []
for language, revision in (("qq", commit), ("sw", "1" * 40)):
    try:
        read_hub("a/b", language, revision)
    except InputError as error:
        errors.append(str(error))
print(json.dumps([commit, {split: [c.tokens, c.tags] for split, c in corpora.items()}, errors]))
"""


def test_the_libraries_load_from_a_hub_as_it_answers(tmp_path, hub_server):
    environment = {**os.environ, "HF_ENDPOINT": hub_server, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", HUB_CLIENT, str(PROJECT / "workflow/scripts")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    commit, corpora, errors = json.loads(result.stdout.splitlines()[-1])
    assert commit == COMMIT
    assert corpora == {split: [corpus.tokens, corpus.tags] for split, corpus in corpora_of_words().items()}
    assert "BuilderConfig 'qq' not found. Available: ['sw']" in errors[0]
    assert f"Revision '{'1' * 40}' doesn't exist" in errors[1]


@pytest.fixture
def hub_server(tmp_path):
    """Serve a data set `a/b` with one language over the part of the Hub's interface that loading it uses."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread
    from urllib.parse import unquote, urlsplit

    write_hub(tmp_path / "served", "sw", corpora_of_words())
    splits = "".join(f"  - split: {split}\n    path: sw/{split}-*\n" for split in SPLITS)
    (tmp_path / "served/README.md").write_text(f"---\nconfigs:\n- config_name: sw\n  data_files:\n{splits}---\n")
    files = {
        str(path.relative_to(tmp_path / "served")): path.read_bytes()
        for path in (tmp_path / "served").rglob("*")
        if path.is_file()
    }

    class Hub(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            path = unquote(urlsplit(self.path).path)
            kind, _, rest = path.removeprefix("/api").removeprefix("/datasets/a/b/").partition("/")
            revision, _, name = rest.partition("/")
            if revision not in ("main", COMMIT):
                self.answer(404, b"", "RevisionNotFound")
            elif kind == "resolve":
                self.answer(200, files[name]) if name in files else self.answer(404, b"", "EntryNotFound")
            elif kind == "revision":
                self.answer(200, json.dumps({"id": "a/b", "sha": COMMIT}).encode())
            else:
                listed = [file for file in files if file.startswith(f"{name}/")] if name else ["README.md"]
                entries = [{"type": "file", "path": file, "size": len(files[file]), "oid": "0" * 40} for file in listed]
                if not name:
                    entries.append({"type": "directory", "path": "sw", "size": 0, "oid": "0" * 40})
                self.answer(200, json.dumps(entries).encode())

        do_HEAD = do_GET

        def answer(self, status, content, error=None):
            self.send_response(status)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{hash(content):x}"')
            if error:
                self.send_header("X-Error-Code", error)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
