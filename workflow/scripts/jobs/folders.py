"""Names of folders that Snakemake or SLURM cannot take, refused before anything is made."""

import os
from collections.abc import Iterable

from ner_pruning.files import InputError

TEMPLATE = frozenset("{}")
"""What Snakemake takes for a wildcard in the path of a script."""

SUBMISSION = frozenset("$`\\%\n")
"""What the shell or SLURM reads as something else in a path of the command that submits a job: the plugin puts that
command in double quotes, in which the shell expands, and SLURM replaces % in the path of a job's log."""


def check_names(root: str | os.PathLike, others: Iterable[str | os.PathLike], on_cluster: bool) -> None:
    """Raise InputError for a path that has a character in it which would break the start of jobs.

    root: the workflow's folder; others: paths that only the submission of jobs to a cluster has in its commands.
    """
    _check_characters(root, TEMPLATE, "the folder of the workflow", "which Snakemake takes for a wildcard")
    if on_cluster:
        for path in (root, *others):
            _check_characters(path, SUBMISSION, "a path of the study", "which submission to SLURM loses")
            if "'" in str(path) and '"' in str(path):
                raise InputError(
                    f"""{path}: has ' and " in it, both of which submission to SLURM loses; """
                    "expected at most one of them"
                )


def _check_characters(path: str | os.PathLike, forbidden: frozenset[str], what: str, why: str) -> None:
    found = next((character for character in str(path) if character in forbidden), None)
    if found is not None:
        shown = str(path).replace("\n", "\\n")
        character = "a line break" if found == "\n" else found
        raise InputError(f"{shown}: {what} has {character} in its name, {why}; expected a folder without it")
