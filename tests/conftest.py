"""No test connects to another machine, nor does a process that it starts; which tests run side by side."""

import gc
import os
import runpy
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import warm_python
from filelock import FileLock
from workflow_copy import Workflow, copy_workflow
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

GUARD = Path(__file__).parent / "loopback"

runpy.run_path(str(GUARD / "sitecustomize.py"))
# a make that a test starts is not a part of `make test`, and what it starts is no job of SLURM
for of_this_process in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "SLURM_JOB_ID"):
    os.environ.pop(of_this_process, None)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), os.environ.get("PYTHONPATH")]))


class FilesAtATime(LoadScopeScheduling):
    """Gives a process one file after another, and those about stale results as if they were one: they share a study."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return "stale" if path.startswith("tests/workflow/test_stale") else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesAtATime:
    return FilesAtATime(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the longest tests come first, so that no process ends with them; without torchao skip those of int8."""
    if find_spec("torchao") is None:
        for item in items:
            if item.get_closest_marker("int8"):
                item.add_marker(pytest.mark.skip(reason="torchao is not installed (make test-int8)"))
    items.sort(key=lambda item: "workflow" not in item.path.parts)


@pytest.fixture(scope="module", autouse=True)
def few_objects_to_collect() -> None:
    """Leave what is there already out of later collections, of which each run that is trained has one, as a job does.

    With all that tests import, one takes seconds.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def warm() -> None:
    """Have jobs and calls of snakemake run in forks of a Python that has imported what they import, on Linux."""
    if sys.platform == "linux":
        os.environ.update(warm_python.start())


@pytest.fixture(scope="session")
def finished(warm, tmp_path_factory, worker_id) -> Workflow:
    """A copy of the workflow in which the tiny study has run: once, for all processes of the tests."""
    of_all = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    with FileLock(of_all / "tiny.lock"):
        if not (of_all / "tiny").exists():
            running = copy_workflow(of_all / "running")
            running.run("studies/tiny.yaml")
            running.folder.rename(of_all / "tiny")
    own = Workflow(tmp_path_factory.mktemp("finished") / "workflow")
    shutil.copytree(of_all / "tiny", own.folder, symlinks=True)
    return own
