"""Whether a call could predict and export its quantised runs, before it trains any: that needs an optional package."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from ner_pruning.files import InputError
from ner_pruning.terms import unquantised

SCRIPTS = ("predict.py", "export_run.py")


class PlannedJob(Protocol):
    """What is read of a job of Snakemake: its rule's script, None without one, and its wildcards."""

    rule: "PlannedRule"
    wildcards_dict: dict[str, str]


class PlannedRule(Protocol):
    """See `PlannedJob`."""

    script: str | None


def torchao_version() -> str:
    """Return the version of the installed torchao, "none" if there is none."""
    try:
        return version("torchao")
    except PackageNotFoundError:
        return "none"


def check_package(jobs: Iterable[PlannedJob], in_conda: bool) -> None:
    """Raise InputError where jobs quantise runs, to predict or export them, and torchao is not installed.

    jobs: those to do; in_conda: whether they run in envs/study.yaml, which does not have it.
    """
    of_runs = {job.wildcards_dict["variant"] for job in jobs if Path(job.rule.script or "").name in SCRIPTS}
    variants = sorted(variant for variant in of_runs if unquantised(variant) != variant)
    if variants and (in_conda or find_spec("torchao") is None):
        where = "in the environment of --sdm conda" if in_conda else "here"
        raise InputError(
            f"config: quantisation: torchao, which {variants[0]} needs, is not installed {where}; expected "
            "pip install --no-deps -r requirements-int8.txt, or quantisation: {}"
        )
