"""Parquet files, read without threads and written whole."""

import os
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from compression.files import InputError, atomic_path


def read_table(path: str | os.PathLike, row_group: int | None = None) -> pa.Table:
    """Read a Parquet file, or one of its row groups; raises InputError that names a file that is missing or no Parquet.

    Without threads: Arrow's may abort the process at its end, after all the work is done (apache/arrow issue 34314).
    An open file is read because pyarrow, given a path, makes columns of folder names such as a=b.
    """
    try:
        with open(path, "rb") as file:
            parquet = pq.ParquetFile(file, pre_buffer=False)
            return (
                parquet.read(use_threads=False)
                if row_group is None
                else parquet.read_row_group(row_group, use_threads=False)
            )
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise InputError(f"{path}: not a readable Parquet file ({reason})") from None


def write_table(path: str | os.PathLike, table: pa.Table, **options: Any) -> None:
    """Write a Parquet file, compressed with zstd; the file appears whole, equal tables give equal bytes."""
    with atomic_path(path) as beside:
        pq.write_table(table, beside, compression="zstd", **options)
