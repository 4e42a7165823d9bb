"""Copies of the workflow for the tests of a folder: one in which nothing has run, one with a finished study."""

import pytest
from stale_study import Study, make_study
from workflow_copy import Workflow, copy_workflow


@pytest.fixture(scope="module", autouse=True)
def warm_calls(warm) -> None:
    """Make all calls here with what is warm, but for those that say that they are not."""


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Workflow:
    return copy_workflow(tmp_path_factory.mktemp("workflow"))


@pytest.fixture(scope="session")
def study(finished, tmp_path_factory) -> Study:
    """A study that has run beside the tiny one: it was killed in its first fine-tuning, and went on from there."""
    study = make_study(finished, tmp_path_factory.mktemp("study"))
    study.killed = study.kill_in_a_fine_tuning()
    study.left = finished.planned(study.overlay)
    finished.call("--unlock", "--configfile", study.overlay)
    finished.run(study.overlay)
    return study
