"""Copies of the workflow for the tests of a folder: one in which nothing has run, one with a finished study."""

import pytest
from workflow_copy import Workflow, copy_workflow


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Workflow:
    return copy_workflow(tmp_path_factory.mktemp("workflow"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workflow:
    """A copy in which the tiny study has run."""
    workflow = copy_workflow(tmp_path_factory.mktemp("finished"))
    workflow.run("studies/tiny.yaml")
    return workflow
