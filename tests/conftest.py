"""No test connects to another machine, nor does a process that it starts; which tests run side by side."""

import os
import runpy
from pathlib import Path

import pytest

GUARD = Path(__file__).parent / "loopback"

runpy.run_path(str(GUARD / "sitecustomize.py"))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), os.environ.get("PYTHONPATH")]))


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have a file's tests run in one process, and first, all in the same, those that need the finished studies."""
    sharing = {item.path for item in items if "finished" in item.fixturenames}
    for item in items:
        item.add_marker(pytest.mark.xdist_group("finished" if item.path in sharing else str(item.path)))
    items.sort(key=lambda item: item.path not in sharing)
