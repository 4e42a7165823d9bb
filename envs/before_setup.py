"""Before .venv is set up: end with one line and status 1 if this Python does not do, else say how much it downloads.

    python3 envs/before_setup.py               # is called by make
    python3 envs/before_setup.py --torch cpu   # with PyTorch's wheels for machines without a GPU
    python3 envs/before_setup.py --find        # the Pythons of this machine that do, the oldest first

Any Python 3, and 2.7, must be able to run it, to be told that it is too old: hence no f-strings and no pathlib.
"""

from __future__ import print_function

import argparse
import glob
import os
import platform
import re
import subprocess
import sys

PROJECT = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir)
SIZES = {  # of torch 2.13.0 and the rest of requirements.lock, as measured
    "Linux": "3 GB to download, 6 GB on disk, most of it CUDA for NVIDIA's GPUs; with TORCH=cpu, for machines without "
    "one, 0.4 and 2 GB",
    "Darwin": "0.3 GB to download",
    "cpu": "0.4 GB to download, 2 GB on disk",
}


def supported():
    """Return the minor versions of Python 3 that pyproject.toml declares, such as [11, 12, 13]."""
    with open(os.path.join(PROJECT, "pyproject.toml")) as file:
        low, end = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', file.read()).groups()
    return list(range(int(low), int(end)))


def fault():
    """Return why .venv cannot be made with the Python that runs this, None where it can."""
    minors = supported()
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[0] != 3 or sys.version_info[1] not in minors:
        return "is Python %s; expected 3.%s or 3.%d" % (version, ", 3.".join(map(str, minors[:-1])), minors[-1])
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        return "(Python %s) cannot make a virtual environment: %s; on Debian and Ubuntu it is in python3.%d-venv" % (
            version,
            error,
            sys.version_info[1],
        )
    return None


def find():
    """Return the Pythons on PATH and of pyenv that .venv can be made with, one a version, the oldest first."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found = []
    for minor in supported():
        name = "python3.%d" % minor
        candidates = [os.path.join(folder, name) for folder in folders]
        candidates += sorted(glob.glob(os.path.join(pyenv, "versions", "*", "bin", name)))
        for candidate in filter(os.path.exists, candidates):
            # A name on PATH may be a shim that starts nothing, so each is asked
            asked = subprocess.Popen(
                [candidate, os.path.abspath(__file__), "--only-check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            asked.communicate()
            if asked.returncode == 0:
                found.append(candidate)
                break
    return found


def size(torch):
    """Return the line that says how much will be downloaded; torch: "cpu", or "" for what PyPI has."""
    kind = torch or platform.system()
    return "setting up .venv: about %s" % SIZES[kind] if kind in SIZES else "setting up .venv"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch", choices=["", "cpu"], default="")
    parser.add_argument("--find", action="store_true")
    parser.add_argument("--only-check", action="store_true")
    given = parser.parse_args()
    if given.find:
        print("\n".join(find()))
        return
    wrong = fault()
    if wrong:
        others = [] if given.only_check else find()
        hint = "; with another: make PYTHON=%s" % others[-1] if others else ""
        sys.exit("Error: %s %s%s" % (sys.executable, wrong, hint))
    if not given.only_check and not os.environ.get("PIP_NO_INDEX"):
        print(size(given.torch))


if __name__ == "__main__":
    main()
