"""Where a study's sentences come from: a local folder in one of three layouts, or the Hub."""

import json
import os
import re
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ner_pruning.files import InputError

# The workflow calls `source_files` while it builds its graph: Parquet and Hub libraries are imported where used.
if TYPE_CHECKING:
    from ner_pruning.data.wikiann import Corpus

SPLITS: tuple[str, ...] = ("train", "validation", "test")
ENCODER_SUFFIXES = (".json", ".safetensors", ".bin", ".txt", ".model")
TOKENIZER_NAMES = ("tokenizer.json", "vocab.txt", "vocab.json")  # else a .model of SentencePiece
_TEXT_NAMES = {"train": "train", "validation": "dev", "test": "test"}  # in XTREME's and Rahimi's files
_LFS_POINTER = b"version https://git-lfs"  # how the text begins that a clone without Git LFS has for a large file


class _Layout(NamedTuple):
    """A language's files in one layout: for each split those found, and the name of the first that was looked for."""

    name: str
    files: dict[str, list[Path]]
    expected: dict[str, Path]


def check_sizes(
    language: str, corpora: Mapping[str, "Corpus"], expected: Mapping[str, int], allow_other_sizes: bool
) -> None:
    """Raise InputError when a split is empty or, unless `allow_other_sizes`, has another number of sentences."""
    for split in SPLITS:
        found = len(corpora[split])
        if found == 0:
            raise InputError(f"{language}: {split}: no sentences")
        if found != expected[split] and not allow_other_sizes:
            raise InputError(
                f"{language}: {split}: {found} sentences; expected {expected[split]} "
                "(sizes select the pruning schedule; `data: allow_other_sizes: true` permits others)"
            )


def source_files(folder: str | os.PathLike, language: str) -> list[Path]:
    """Return the files of a local folder that hold a language: train, validation and test, or one archive.

    Layouts, of which the first complete one is taken: the Hub's (`en/train-00000-of-00001.parquet`, `validation`,
    `test`, in any number of shards), XTREME's (`train-en.tsv`, `dev-en.tsv`, `test-en.tsv`, in the folder or in `en/`),
    Rahimi et al.'s (`en/train`, `en/dev`, `en/test`, or these in `en.tar.gz`). Raises InputError that names folder,
    language and what was looked for when there is none, or when a split or a shard is missing.
    """
    files = _find_layout(folder, language).files
    return list(dict.fromkeys(path for split in SPLITS for path in files[split]))


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


def read_local(folder: str | os.PathLike, language: str) -> dict[str, "Corpus"]:
    """Read a language from a local folder (layouts: `source_files`) into one corpus per split.

    Raises InputError on what `source_files`, `wikiann.read_hub_shards` and `wikiann.read_tagged_text` refuse.
    """
    from ner_pruning.data.wikiann import read_hub_shards, read_tagged_text

    layout = _find_layout(folder, language)
    if layout.name == "Hub":
        return {split: read_hub_shards(layout.files[split]) for split in SPLITS}
    if layout.name == "archive":
        contents = _read_archive(layout.files["train"][0])
    else:
        contents = {split: (str(path), path.read_bytes()) for split, (path,) in layout.files.items()}
    prefix = "" if layout.name == "XTREME" else f"{language}:"
    return {split: read_tagged_text(content, source, prefix) for split, (source, content) in contents.items()}


def read_hub(repository: str, language: str, commit: str) -> dict[str, "Corpus"]:
    """Read a language of a Hub data set, at one commit, into one corpus per split.

    The data set has the Hub layout of `source_files`. commit: as `hub.resolve_revision` returns it. Raises InputError
    on what `hub.download` and `read_local` refuse.
    """
    from ner_pruning.data.hub import download

    what = f"{repository}, language {language} (revision {commit})"
    return read_local(download(repository, commit, "dataset", [f"{language}/*.parquet"], what), language)


def _find_layout(folder: str | os.PathLike, language: str) -> _Layout:
    folder = Path(folder)
    _check_folder(folder, "the data of `data: folder`")
    layouts = list(_layouts(folder, language))
    for layout in layouts:
        if all(layout.files.values()):
            return layout
    for layout in layouts:
        missing = [split for split, files in layout.files.items() if not files]
        if len(missing) < len(SPLITS):
            names = ", ".join(f"{split} ({layout.expected[split]})" for split in missing)
            raise InputError(f"{folder}: {language}: a missing split in {layout.name}'s layout: {names}")
    names = ", ".join(f"{layout.expected['train'].relative_to(folder)}" for layout in layouts)
    raise InputError(f"{folder}: no data of language {language!r}; looked for {names}")


def _layouts(folder: Path, language: str):
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
        if match := re.fullmatch(r"(\d{5})-of-(\d{5})", path.stem.removeprefix(f"{split}-")):
            shards[int(match[1]), int(match[2])] = path
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
