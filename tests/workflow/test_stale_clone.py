"""A checkout elsewhere to which the results were copied: what runs there (docs/operations.md, What runs again)."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest
from stale_study import AFTER_CARDS, CONFIG, RUNS, Study, trained
from workflow_copy import Workflow, copy_workflow

READ_RESOURCES = AFTER_CARDS | {"examples_table 10"}
"""The jobs that read resources/, beside results, and those after them."""


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments], cwd=folder, check=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A git repository with the workflow."""
    folder = tmp_path_factory.mktemp("repository")
    copy_workflow(folder)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "The workflow")
    return folder


def clone_with(repository: Path, folder: Path, study: Study, flag: str, *parts: str) -> Workflow:
    """Clone the workflow after the study has run, and copy some of its folders there with `cp` and a flag."""
    git(repository, "clone", "--quiet", ".", str(folder))
    subprocess.run(["cp", flag, *parts, str(folder)], cwd=study.workflow.folder, check=True)
    return Workflow(folder)


@pytest.mark.parametrize("flag", ["-a", "-r"])
def test_nothing_runs_in_a_clone_with_the_results_and_their_records(study, repository, tmp_path, flag):
    """Neither where the copies keep their times (-a) nor where they are new (-r); the files of the clone are newer."""
    clone = clone_with(repository, tmp_path / "clone", study, flag, "results", ".snakemake")
    assert clone.planned(study.overlay) == Counter()


def test_without_the_records_only_times_count_until_the_results_are_taken_as_they_are(study, repository, tmp_path):
    clone = clone_with(repository, tmp_path / "clone", study, "-a", "results")
    other = study.changed("epochs", finetuning=study.config["finetuning"] | {"epochs": 3})
    assert "jobs have missing provenance/metadata" in clone.call("-n", "--configfile", study.overlay).stdout
    assert clone.planned_each([study.overlay, other]) == [Counter(READ_RESOURCES)] * 2  # another config is not seen

    clone.run(study.overlay, "--touch", "--forceall")
    assert clone.planned_each([study.overlay, other]) == [Counter(), Counter(trained(RUNS) | CONFIG)]
