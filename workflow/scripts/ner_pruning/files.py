"""Files that appear whole, digests of contents, and the one error class for bad input."""

import csv
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from shutil import rmtree
from typing import Any


class InputError(ValueError):
    """Bad input from the user's side: its message is one line that names the file, key or row and what was expected."""


def system_error(error: BaseException) -> int | None:
    """Return the number of the system's error (`errno.ENOSPC`, …) behind an exception, None where there is none.

    Libraries in Rust (safetensors, tokenizers) raise classes of their own whose text has the number: "(os error 28)".
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    if isinstance(error, InputError):
        return None
    match = re.search(r"\[errno (\d+)\]|\(os error (\d+)\)", str(error), re.IGNORECASE)
    return int(match[1] or match[2]) if match else None


@contextmanager
def naming(path: str | os.PathLike) -> Iterator[None]:
    """Have an error of the system that names no file, such as a full disk's, name the one that the block writes."""
    try:
        yield
    except Exception as error:
        number = system_error(error)
        if number is None or getattr(error, "filename", None) is not None:
            raise
        raise OSError(number, os.strerror(number), str(path)) from error


def check_writable(folder: str | os.PathLike) -> None:
    """Raise InputError unless files can be made in a folder or, before it exists, in the one that would hold it."""
    path = Path(folder)
    existing = next(parent for parent in (path, *path.parents) if os.path.lexists(parent))  # also a dangling link
    if not existing.is_dir():
        raise InputError(f"{existing}: not a folder; expected one for the results")
    if not os.access(existing, os.W_OK):
        raise InputError(f"{existing}: cannot be written to; expected a folder for the results of the study")


@contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path next to `path`, and rename it to `path` when the block ends without an error.

    The written file keeps the suffix of `path`, because writers such as matplotlib choose the format by it. What an
    earlier, killed block left there is removed.
    """
    path = Path(path)
    beside = path.with_name(f".{path.stem}.{os.getpid()}.incomplete{path.suffix}")
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{escape(path.stem)}.*.incomplete{escape(path.suffix)}"):
            left.unlink(missing_ok=True)
        try:
            yield beside
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary folder next to `path`, and rename it to `path` when the block ends without an error.

    It replaces what was there. What an earlier, interrupted block left is removed.
    """
    beside = Path(f"{path}.incomplete")
    rmtree(beside, ignore_errors=True)
    with naming(path):
        beside.mkdir(parents=True)
        yield beside
        rmtree(path, ignore_errors=True)
        beside.rename(path)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write `text` as UTF-8 with Unix line ends; the file appears whole."""
    with atomic_path(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys and native script; the file appears whole."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def write_csv(path: str | os.PathLike, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows as `pandas.DataFrame(rows, columns=columns).to_csv` would; the file appears whole.

    For jobs that need nothing else of pandas, whose import takes longer than the rest of them may. Raises ValueError
    when a row has a key that is no column.
    """
    with atomic_path(path) as beside, open(beside, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_json(path: str | os.PathLike) -> Any:
    """Read a JSON file; raises InputError that names the file when it is not valid JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # of JSON, or of its bytes
        raise InputError(f"{path}: not a JSON file ({error})") from None


def file_digest(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a file's content, 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sentence_digest(tokens: Sequence[str]) -> str:
    """Return a digest of a token sequence, 32 hexadecimal digits; no two ways to cut a text into tokens share one.

    Each token is preceded by its length in bytes, so that ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.blake2b(digest_size=16)
    for token in tokens:
        encoded = token.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(4, "little"))
        digest.update(encoded)
    return digest.hexdigest()
