"""Frames as CSV files, apart from how tables are typeset, which makes no data stale."""

import os
from collections.abc import Mapping

import pandas as pd

from ner_pruning.files import InputError, atomic_path


def read_frame(path: str | os.PathLike, types: Mapping[str, str], what: str) -> pd.DataFrame:
    """Return a CSV file whose columns are those of `types`, with their types; what: it is a table of, for errors.

    Raises InputError for other columns or unreadable values.
    """
    try:
        frame = pd.read_csv(path, dtype=dict(types), keep_default_na=False)
    except ValueError as error:
        raise InputError(f"{path}: not a table of {what} ({error})") from None
    if list(frame.columns) != list(types):
        raise InputError(f"{path}: columns {', '.join(frame.columns)}; expected {', '.join(types)}")
    return frame


def write_frame(path: str | os.PathLike, frame: pd.DataFrame) -> None:
    """Write a frame as CSV without its index; the file appears whole."""
    with atomic_path(path) as beside:
        frame.to_csv(beside, index=False, lineterminator="\n")
