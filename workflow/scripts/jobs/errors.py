"""A wrong input as one line at the terminal, without a traceback, while the workflow is read."""

from collections.abc import Iterator
from contextlib import contextmanager

from ner_pruning.files import InputError


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the call of Snakemake with the line of an InputError that is raised within."""
    try:
        yield
    except InputError as error:
        raise SystemExit(f"Error: {error}") from None
