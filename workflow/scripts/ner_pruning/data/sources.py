"""Where a study's sentences come from: a local folder or the Hub, in WikiAnn's layouts or another data set's."""

import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ner_pruning.data.mentions import LABELS
from ner_pruning.files import InputError
from ner_pruning.study.data_form import SPLITS, WIKIANN, DataForm
from ner_pruning.terms import TYPES

# The workflow calls `source_files` while it builds its graph: Parquet and Hub libraries are imported where used.
if TYPE_CHECKING:
    from ner_pruning.data.tag_schemes import Converted, TaggedSentences
    from ner_pruning.data.wikiann import Corpus

ENCODER_SUFFIXES = (".json", ".safetensors", ".bin", ".txt", ".model")
TOKENIZER_NAMES = ("tokenizer.json", "vocab.txt", "vocab.json")  # else a .model of SentencePiece
SPECIAL_PIECES = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_TEXT_NAMES = {"train": "train", "validation": "dev", "test": "test"}  # in XTREME's and Rahimi's files
_LFS_POINTER = b"version https://git-lfs"  # how the text begins that a clone without Git LFS has for a large file


_TEXT_ENDINGS = ("txt", "tsv", "conll", "conllu", "bio", "iob", "iob1", "iob2", "bioes", "bilou", "col", "data")
_JSON_ENDINGS = ("jsonl", "ndjson", "json")
_SHARD = r"(\d{5})-of-(\d{5})(?:-[0-9a-f]{8,64})?"


class _Layout(NamedTuple):
    """A language's files in one layout: for each split those found, and the name of the first that was looked for."""

    name: str
    files: dict[str, list[Path]]
    expected: dict[str, Path]


def check_sizes(
    language: str, corpora: Mapping[str, "Corpus"], expected: Mapping[str, int] | None, allow_other_sizes: bool
) -> None:
    """Raise InputError when a split is empty or, unless `allow_other_sizes`, has another number of sentences.

    corpora: of all splits, or of some; expected: by split; None where no sizes are known, and others are allowed.
    """
    for split, corpus in corpora.items():
        found = len(corpus)
        if found == 0:
            raise InputError(f"{language}: {split}: no sentences")
        if not allow_other_sizes and found != expected[split]:
            raise InputError(
                f"{language}: {split}: {found} sentences; expected {expected[split]} "
                "(sizes select the pruning schedule; `data: allow_other_sizes: true` permits others)"
            )


def check_mentions(language: str, corpora: Mapping[str, "Corpus"]) -> None:
    """Raise InputError when a model would have no mention to learn from, or none to be scored on."""
    for split in ("train", "test"):
        if split in corpora and not any(map(any, corpora[split].tags)):
            raise InputError(
                f"{language}: {split}: all {len(corpora[split])} sentences have the tag O alone; expected mentions of "
                "entities (test sets of shared tasks are often published without their tags)"
            )


def source_files(folder: str | os.PathLike, language: str, form: DataForm = WIKIANN) -> dict[str, list[Path]]:
    """Return the files of a local folder that hold a language, by split: train, validation and test, or one archive.

    Layouts, of which the first complete one is taken: the Hub's (`en/train-00000-of-00001.parquet`, `validation`,
    `test`, in any number of shards), XTREME's (`train-en.tsv`, `dev-en.tsv`, `test-en.tsv`, in the folder or in `en/`),
    Rahimi et al.'s (`en/train`, `en/dev`, `en/test`, or these in `en.tar.gz`), and files of one of the endings that are
    read (`en/train.conll`, …). Of a form with its own paths only the last is looked for, there. Raises InputError that
    names folder, language and what was looked for when there is none, or when a split or a shard is missing.
    """
    return _find_layout(folder, language, form).files


def encoder_files(folder: str | os.PathLike) -> list[Path]:
    """Return the files of a local encoder: config, weights and tokenizer; raises InputError that names what is missing.

    All of them count as the encoder's input, so that a change of any is seen.
    """
    folder = Path(folder)
    _check_folder(folder, "the folder of a model in `encoder: folder`")
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder}: has no config.json; expected in `encoder: folder` the folder of a model")
    _check_encoder_config(folder / "config.json")
    files = sorted(path for path in folder.iterdir() if path.suffix in ENCODER_SUFFIXES and path.is_file())
    if not any(path.suffix in (".safetensors", ".bin") for path in files):
        raise InputError(
            f"{folder}: has no weights; expected in `encoder: folder` model.safetensors or pytorch_model.bin"
        )
    if not any(path.name in TOKENIZER_NAMES or path.suffix == ".model" for path in files):
        raise InputError(f"{folder}: has no tokenizer; expected in `encoder: folder` tokenizer.json")
    for path in files:
        with open(path, "rb") as file:
            if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
                raise InputError(f"{path}: a Git LFS pointer; expected the file itself (`git lfs pull`)")
    return files


def read_vocabulary(path: str | os.PathLike) -> dict[str, int]:
    """Return the ids of the pieces of a WordPiece vocabulary, as BERT's vocab.txt: a piece a line, ids from 0.

    Raises InputError that names the file, and the line of a piece that is there twice, or the special piece that lacks.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; expected in `encoder.random.vocabulary` a vocab.txt or a number"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; expected a vocab.txt with a word piece in each line") from None
    pieces: dict[str, int] = {}
    for number, line in enumerate(text.removesuffix("\n").split("\n")):
        piece = line.removesuffix("\r")
        if piece in pieces:
            raise InputError(f"{path}: line {number + 1}: the piece {piece!r} is in line {pieces[piece] + 1} already")
        pieces[piece] = number
    for piece in SPECIAL_PIECES.values():
        if piece not in pieces:
            raise InputError(
                f"{path}: no piece {piece}; expected a vocab.txt of BERT, with {piece} in a line of its own"
            )
    return pieces


def _check_encoder_config(path: Path) -> None:
    try:
        config = json.loads(path.read_bytes())
    except ValueError as error:  # not JSON, or not text
        raise InputError(f"{path}: not a JSON file ({error})") from None
    if not isinstance(config, dict) or "model_type" not in config:
        raise InputError(f"{path}: no key model_type; expected the config of a transformers model")


def _check_folder(folder: Path, expected: str) -> None:
    """Raise InputError unless a folder exists; expected: what the config names by it."""
    if folder.is_dir():
        return
    found = "not a folder" if folder.exists() else "no such folder"
    hint = "; ~ and $NAME are not expanded" if str(folder).startswith("~") or "$" in str(folder) else ""
    raise InputError(f"{folder}: {found}; expected {expected}{hint}")


def read_local(
    folder: str | os.PathLike, language: str, form: DataForm = WIKIANN, splits: Iterable[str] = SPLITS
) -> dict[str, "Converted"]:
    """Read a language from a local folder (layouts: `source_files`) into one converted corpus per split.

    splits: those that are read. Raises InputError on what `source_files`, the functions of `readers` and
    `tag_schemes.convert` refuse.
    """
    from ner_pruning.data.tag_schemes import convert

    sentences = _read_sentences(folder, language, form, splits)
    return {split: convert(found, form.entity_types, form.rename) for split, found in sentences.items()}


def _read_sentences(
    folder: str | os.PathLike, language: str, form: DataForm, splits: Iterable[str]
) -> dict[str, "TaggedSentences"]:
    from ner_pruning.data import readers

    layout = _find_layout(folder, language, form)
    files = {split: layout.files[split] for split in splits}
    if layout.name in ("Hub", "path"):
        return {split: _read_files(of_split, language, form) for split, of_split in files.items()}
    if layout.name == "archive":
        contents = _read_archive(layout.files["train"][0])
        contents = {split: contents[split] for split in files}
    else:
        contents = {split: (str(path), path.read_bytes()) for split, (path,) in files.items()}
    prefix = "" if layout.name == "XTREME" else f"{language}:"
    return {split: readers.read_tagged_text(content, source, prefix) for split, (source, content) in contents.items()}


def _read_files(files: list[Path], language: str, form: DataForm) -> "TaggedSentences":
    """Read the files of a split, whose endings say how they are written."""
    from ner_pruning.data import readers

    columns = (form.columns["tokens"], form.columns["tags"])
    labels = LABELS if form.labels is None and form.entity_types == TYPES else form.labels  # WikiAnn's for its types
    ending, path = files[0].suffix.removeprefix(".").lower(), files[0]
    if ending == "parquet" or ending in _JSON_ENDINGS:
        if not all(isinstance(name, str) for name in columns):
            raise InputError(
                f"{path}: `data: columns` are numbers ({columns[0]}, {columns[1]}); expected the names of its columns"
            )
        if ending == "parquet":
            return readers.read_shards(files, columns, labels)
        return readers.read_json_lines(path.read_bytes(), str(path), columns, labels)
    return readers.read_columns(path.read_bytes(), str(path), form.name(language), *columns)


def read_hub(repository: str, language: str, commit: str, form: DataForm = WIKIANN) -> dict[str, "Converted"]:
    """Read a language of a Hub data set, at one commit, into one converted corpus per split.

    The data set has the Hub's layout of `source_files`, or that of its form. commit: as `hub.resolve_revision` returns
    it. Raises InputError on what `hub.download` and `read_local` refuse.
    """
    from ner_pruning.data.hub import download

    what = f"{repository}, language {language} (revision {commit})"
    patterns = [f"{language}/*.parquet"]
    if form != WIKIANN:
        bases = [form.base(language, split) for split in SPLITS]
        patterns = [f"{base}{end}" for base in bases for end in ("", "[.-]*", "/*.parquet")]
    return read_local(download(repository, commit, "dataset", patterns, what), language, form)


def _find_layout(folder: str | os.PathLike, language: str, form: DataForm) -> _Layout:
    folder = Path(folder)
    _check_folder(folder, "the data of `data: folder`")
    layouts = list(_layouts(folder, language)) if form.keeps_paths else []
    for layout in layouts:
        if all(layout.files.values()):
            return layout
    layouts.append(_layout_of_form(folder, language, form))
    if all(layouts[-1].files.values()):
        return layouts[-1]
    for layout in layouts:
        missing = [split for split, files in layout.files.items() if not files]
        if len(missing) < len(SPLITS):
            names = ", ".join(f"{split} ({layout.expected[split]})" for split in missing)
            of = "the files of `data: path`" if layout.name == "path" else f"{layout.name}'s layout"
            raise InputError(f"{folder}: {language}: a missing split in {of}: {names}")
    names = ", ".join(f"{layout.expected['train'].relative_to(folder)}" for layout in layouts)
    packed = [path for split in SPLITS for path in _files_matching(folder, f"{form.base(language, split)}*.*z*")]
    hint = f"; {packed[0].relative_to(folder)} is not read, as it is compressed" if packed else ""
    raise InputError(f"{folder}: no data of language {language!r}; looked for {names}{hint}")


def _layout_of_form(folder: Path, language: str, form: DataForm) -> _Layout:
    """Return the files of `data: path`, with any of the endings that are read; raises InputError where one has two."""
    files, expected = {}, {}
    for split in SPLITS:
        base = form.base(language, split)
        kinds = {
            "": [] if form.keeps_paths else _files_matching(folder, base),
            **{
                f".{end}": _files_matching(folder, f"{base}.{end}")
                for end in (*_TEXT_ENDINGS, *_JSON_ENDINGS, "parquet")
            },
            " in shards": [path for parent, name in _parents(folder, base) for path in _find_shards(parent, name)],
            " in a folder": [path for path in _folders_matching(folder, base) for path in _exported(path)],
        }
        found = [paths for paths in kinds.values() if paths]
        if len(found) > 1 or any(len(kinds[end]) > 1 for end in kinds if not end.startswith(" ")):
            names = ", ".join(str(path.relative_to(folder)) for paths in found for path in paths)
            raise InputError(f"{folder}: {language}: {split}: more than one file: {names}; expected one, or its shards")
        files[split] = found[0] if found else []
        expected[split] = folder / f"{base}.conll, .jsonl, .parquet, …"
    return _Layout("path", files, expected)


def _files_matching(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def _folders_matching(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_dir())


def _parents(folder: Path, base: str) -> list[tuple[Path, str]]:
    """Return the folders that a path's files may be in, each with what their names begin with."""
    parent, name = os.path.split(base)
    return [(path, name) for path in _folders_matching(folder, parent)] if parent else [(folder, name)]


def _exported(folder: Path) -> list[Path]:
    """Return the Parquet files 0000.parquet, 0001.parquet, … that the Hub's exporter writes into a split's folder."""
    paths = sorted(path for path in folder.iterdir() if re.fullmatch(r"\d{4}\.parquet", path.name))
    for number, path in enumerate(paths):
        if int(path.stem) != number:
            raise InputError(f"{folder}: no {number:04d}.parquet; expected all shards")
    return paths


def _layouts(folder: Path, language: str) -> Iterator[_Layout]:
    own = folder / language
    yield _Layout(
        "Hub",
        {split: _find_shards(own, split) for split in SPLITS},
        {split: own / f"{split}-00000-of-00001.parquet" for split in SPLITS},
    )
    archive = folder / f"{language}.tar.gz"
    for name, paths in (
        ("XTREME", {split: folder / f"{_TEXT_NAMES[split]}-{language}.tsv" for split in SPLITS}),
        ("XTREME", {split: own / f"{_TEXT_NAMES[split]}-{language}.tsv" for split in SPLITS}),
        ("Rahimi", {split: own / _TEXT_NAMES[split] for split in SPLITS}),
        ("archive", dict.fromkeys(SPLITS, archive)),
    ):
        yield _Layout(name, {split: [path] if path.is_file() else [] for split, path in paths.items()}, paths)


def _find_shards(folder: Path, split: str) -> list[Path]:
    """Return the Parquet shards of a split in their order; raises InputError when some of them are missing."""
    shards = {}
    for path in sorted(folder.glob(f"{split}-*-of-*.parquet")):
        if match := re.fullmatch(_SHARD, path.stem.removeprefix(f"{split}-")):
            number = int(match[1]), int(match[2])
            if number in shards:
                raise InputError(f"{folder}: {split}: shards of more than one set: {shards[number].name}, {path.name}")
            shards[number] = path
    counts = {count for _, count in shards}
    if len(counts) > 1:
        names = ", ".join(path.name for path in shards.values())
        raise InputError(f"{folder}: {split}: shards of more than one set: {names}")
    for count in counts:
        for number in range(count):
            if (number, count) not in shards:
                raise InputError(
                    f"{folder}: {split}: no {split}-{number:05d}-of-{count:05d}.parquet; expected all shards"
                )
    return list(shards.values())


def _read_archive(path: Path) -> dict[str, tuple[str, bytes]]:
    """Return for each split the name of its file, for errors, and its content."""
    contents = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            members = {Path(member.name).name: member for member in archive.getmembers() if member.isfile()}
            for split, name in _TEXT_NAMES.items():
                if name not in members:
                    raise InputError(f"{path}: a missing split: no file {name} in the archive")
                contents[split] = (f"{path}:{members[name].name}", archive.extractfile(members[name]).read())
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read as a .tar.gz archive ({error})") from None
    return contents
