"""Parquet files, read without threads and written whole."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ner_pruning.files import InputError, atomic_path


def read_table(path: str | os.PathLike, row_group: int | None = None) -> pa.Table:
    """Read a Parquet file, or one of its row groups; raises InputError that names a file that is missing or no Parquet.

    Without threads: Arrow's may abort the process at its end, after all the work is done (apache/arrow issue 34314).
    """
    with _opened(path) as parquet:
        groups = range(parquet.num_row_groups) if row_group is None else [row_group]
        return parquet.read_row_groups(groups, use_threads=False)


def read_table_of(path: str | os.PathLike, form: pa.Schema | Sequence[str]) -> pa.Table:
    """Read a Parquet file as `read_table` does; raises InputError too for one of another schema, or other columns.

    form: the schema, or the names of the columns, whatever their types.
    """
    table = read_table(path)
    same = table.schema.equals(form) if isinstance(form, pa.Schema) else table.column_names == list(form)
    if not same:
        expected = form.names if isinstance(form, pa.Schema) else form
        raise InputError(f"{path}: columns {', '.join(table.column_names)}; expected {', '.join(expected)}")
    return table


def read_metadata(path: str | os.PathLike) -> dict[bytes, bytes]:
    """Return the metadata of a Parquet file's schema; raises as `read_table` does."""
    with _opened(path) as parquet:
        return parquet.schema_arrow.metadata or {}


@contextmanager
def _opened(path: str | os.PathLike) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; an error, then or while it is read, becomes an InputError that names the file.

    An open file is read because pyarrow, given a path, makes columns of folder names such as a=b.
    """
    try:
        with open(path, "rb") as file:
            yield pq.ParquetFile(file, pre_buffer=False)
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise InputError(f"{path}: not a readable Parquet file ({reason})") from None


def write_table(path: str | os.PathLike, table: pa.Table, **options: Any) -> None:
    """Write a Parquet file, compressed with zstd; the file appears whole, equal tables give equal bytes."""
    with atomic_path(path) as beside:
        pq.write_table(table, beside, compression="zstd", **options)
