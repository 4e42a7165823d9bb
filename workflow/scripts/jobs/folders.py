"""Refuse folder names that Snakemake or SLURM cannot handle, before anything is built; escape Python's for a shell."""

import os
import re
from collections.abc import Iterable

from ner_pruning.files import InputError

TEMPLATE = re.compile(r"[{}]")
"""What Snakemake takes for a wildcard in the path of a script or of an input file."""

INPUT = re.compile(rf"{TEMPLATE.pattern}|<[a-z][a-z0-9_]*>")
"""What it takes for a wildcard or a path variable in the path of an input file."""

SUBMISSION = re.compile(r'[$`"\\%\n]')
"""What the shell or SLURM reads as something else in a path of the command that submits a job: the plugin puts that
command in double quotes, in which the shell expands, and SLURM replaces % in the path of a job's log."""

SPECIAL = re.compile(r"[^\w@%+=:,./-]")
"""A character that a shell may take for something else."""


def check_names(root: str | os.PathLike, others: Iterable[str | os.PathLike], on_cluster: bool) -> None:
    """Raise InputError for a path that has something in it which would break the start of jobs.

    root: the workflow's folder; others: paths that only the submission of jobs to a cluster has in its commands.
    """
    _check(root, TEMPLATE, "the folder of the workflow", "which Snakemake reads as a wildcard")
    if on_cluster:
        for path in (root, *others):
            _check(path, SUBMISSION, "a path of the study", "which is lost in submission to SLURM")


def check_inputs(paths: Iterable[str | os.PathLike], what: str) -> None:
    """Raise InputError for a path of an input file that Snakemake would read as another; what: whose files they are."""
    for path in paths:
        _check(path, INPUT, what, "which Snakemake would fill in")


def _check(path: str | os.PathLike, forbidden: re.Pattern[str], what: str, why: str) -> None:
    found = forbidden.search(str(path))
    if found:
        shown = str(path).replace("\n", "\\n")
        part = "a line break" if found[0] == "\n" else found[0]
        raise InputError(f"{shown}: {what} has {part} in its name, {why}; expected a name without it")


def escape(path: str) -> str:
    """Return a path as a shell reads it back, and so each folder on it: Snakemake takes the folder of Python's.

    Within quotes, as `shlex.quote` has them, that folder would end in the middle.
    """
    return SPECIAL.sub(lambda found: "'\n'" if found[0] == "\n" else f"\\{found[0]}", path)
