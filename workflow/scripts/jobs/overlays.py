"""The overlays that a call lays on config.yaml with --configfile and --config: checked, and read in the same way."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml
from ner_pruning.files import InputError
from ner_pruning.study.config import check_as_written, plain_texts

ONCE = {
    "--configfile": (r"--configfiles?(=.*)?", "with all overlays after it: --configfile base.yaml more.yaml"),
    "--config": (
        r"--config(=.*)?|-[npkfFtlSD]*C.*",
        "with all values after it: --config 'seeds=[1, 2]' multilingual=false",
    ),
}
"""Options of which Snakemake takes the last alone: a pattern of how they are given, and how to give several values."""


def check_given_once(arguments: Sequence[str]) -> None:
    """Raise InputError when an option of ONCE is given twice; arguments: of the call, without the program."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for name, (pattern, example) in ONCE.items():
        if sum(re.fullmatch(pattern, option, re.DOTALL) is not None for option in options) > 1:
            raise InputError(
                f"{name} is given twice, and Snakemake would use only the last; expected it once, {example}"
            )


def read_values(entries: Iterable[str]) -> dict[str, Any]:
    """Return the values of --config by their keys; entries: as given, such as "seeds=[1, 2]".

    Each is read as the line `seeds: [1, 2]` of an overlay would be. Snakemake reads what is within lists and mappings
    as text, and true, null and 1e-5 otherwise than YAML. Raises InputError that names the key for a value that is no
    YAML, a key that is given twice, and Python's None, which YAML reads as a text.
    """
    values: dict[str, Any] = {}
    for entry in entries:
        key, _, text = entry.partition("=")
        line, source = f"{key}: {text}", f"--config {entry}"
        try:
            read = yaml.safe_load(line)
            texts = plain_texts(line)
        except yaml.YAMLError:
            read = texts = None
        if not isinstance(read, dict) or list(read) != [key]:
            raise InputError(f"{source}: not YAML; expected a value as in config.yaml, such as 'seeds=[1, 2]'")
        check_as_written(line, source)
        if "None" in texts:
            raise InputError(f"{source}: None is not a YAML value; expected null, or the text 'None' in quotes")
        if key in values:
            raise InputError(f"{source}: the key {key!r} is given twice; expected it once")
        values |= read
    return values


def check_study(overlays: Mapping[str | os.PathLike, Mapping[str, Any]], values: Mapping[str, Any]) -> None:
    """Raise InputError unless what is laid on config.yaml names a study: results would go into that of config.yaml.

    overlays: their content by path; values: of --config. It is enough that one of them all does.
    """
    if not (overlays or values) or any("study" in laid for laid in (*overlays.values(), values)):
        return
    if overlays:
        raise InputError(
            f"{', '.join(map(str, overlays))}: no study is named, so results would go into that of config.yaml; "
            "add the line `study: name`"
        )
    raise InputError("--config: no study is named, so results would go into that of config.yaml; add `study=name`")
