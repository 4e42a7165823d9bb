"""What make does before and while it sets up .venv: a Python that does not do ends in one line, and nothing is made."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def project(tmp_path):
    """A copy of what the set-up reads, with a lock that has no package."""
    for name in ("Makefile", "pyproject.toml", "envs"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    for name in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_text("# nothing\n", encoding="utf-8")
    return tmp_path


def declare(project, pythons):
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    text = re.sub(r"requires-python = .*", f'requires-python = "{pythons}"', text)
    (project / "pyproject.toml").write_text(text, encoding="utf-8")


def make(project, *arguments, **environment):
    """Call make; return what it did, without make's own line about the recipe that failed."""
    done = subprocess.run(
        ["make", *arguments],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "HOME": str(project), "PIP_NO_INDEX": "1"} | environment,
        capture_output=True,
        text=True,
    )
    done.stderr = "".join(line for line in done.stderr.splitlines(keepends=True) if not line.startswith("make: ***"))
    return done


@pytest.mark.parametrize(
    "pythons, expected",
    [(">=3.8,<3.11", "3.8, 3.9 or 3.10"), (">=3.90,<3.93", "3.90, 3.91 or 3.92")],
    ids=["too new", "too old"],
)
def test_a_python_of_another_version_is_refused_in_one_line(project, pythons, expected):
    declare(project, pythons)
    done = make(project, "demo", f"PYTHON={sys.executable}")
    version = ".".join(map(str, sys.version_info[:3]))
    line = f"Error: {sys.executable} is Python {version}; expected {expected}"
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(re.escape(line) + r"(; with another: make PYTHON=\S+)?\n", done.stderr)
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("module", ["ensurepip", "venv"])
def test_a_python_without_virtual_environments_is_refused_in_one_line(project, tmp_path, module):
    """As Debian's is without python3-venv, which has ensurepip."""
    (tmp_path / "modules").mkdir()
    raises = f"raise ImportError(\"No module named '{module}'\")\n"
    (tmp_path / "modules" / f"{module}.py").write_text(raises, encoding="utf-8")
    done = make(project, "demo", f"PYTHON={sys.executable}", PYTHONPATH=str(tmp_path / "modules"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {sys.executable} (Python {HERE}.")
    assert re.search(
        rf"\) cannot make a virtual environment: No module named '{module}'; on Debian and Ubuntu it is in "
        rf"python{HERE}-venv(; with another: make PYTHON=\S+)?\n$",
        done.stderr,
    )
    assert done.stderr.count("\n") == 1
    assert not (project / ".venv").exists()


def test_a_python_that_is_not_there_is_one_line(project):
    done = make(project, "demo", "PYTHON=/nowhere/python3.12")
    line = "Error: no /nowhere/python3.12 here; expected a Python as README.md names it: make PYTHON=<its path>\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)
    assert not (project / ".venv").exists()


def test_a_virtual_environment_that_was_cut_off_is_made_whole(project):
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to(sys._base_executable)
    done = make(project, ".venv/installed", f"PYTHON={sys.executable}")
    assert (done.returncode, done.stderr) == (0, "")
    shown = [project / ".venv/bin/python", "-m", "pip", "--version"]
    assert str(project / ".venv") in subprocess.run(shown, capture_output=True, text=True, check=True).stdout


def test_the_set_up_for_machines_without_a_gpu(project):
    """One call of pip, which pins PyTorch's own build: where that is not to be had, pip fails and takes no other."""
    shutil.copy(ROOT / "requirements.lock", project)
    shown = make(project, "-n", ".venv/installed", "TORCH=cpu").stdout
    (version,) = re.findall(r"^torch==(\S+)$", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    assert [" ".join(line.split()) for line in shown.splitlines() if " pip install " in line] == [
        f'.venv/bin/python -m pip install --quiet -r requirements.lock "torch=={version}+cpu" '
        "--extra-index-url https://download.pytorch.org/whl/cpu"
    ]
    assert f"`torch=={version}+cpu --extra-index-url" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert "torch" not in make(project, "-n", ".venv/installed").stdout.replace("--torch", "")


def test_another_build_of_pytorch_is_refused(project):
    done = make(project, "demo", "TORCH=gpu")
    assert (done.returncode, done.stdout) == (2, "")
    assert "TORCH is 'gpu'; expected cpu, or nothing for the PyTorch of PyPI" in done.stderr + done.stdout


def said(system, *arguments):
    """What envs/before_setup.py says in a system of this name."""
    code = (
        "import platform, runpy, sys\n"
        f"platform.system = lambda: {system!r}\n"
        f"sys.argv[1:] = {list(arguments)}\n"
        f"runpy.run_path({str(ROOT / 'envs/before_setup.py')!r}, run_name='__main__')\n"
    )
    call = [sys.executable, "-c", code]
    return subprocess.run(call, env={"PATH": ""}, capture_output=True, text=True, check=True).stdout


def test_the_size_is_said_before_the_download():
    """GB, as pip's reports of the lock and the sizes of the files give them."""
    assert said("Linux") == (
        "setting up .venv: about 3 GB to download, 6 GB on disk, most of it CUDA for NVIDIA's GPUs; "
        "with TORCH=cpu, for machines without one, 0.4 and 2 GB\n"
    )
    assert said("Linux", "--torch=cpu") == "setting up .venv: about 0.4 GB to download, 2 GB on disk\n"
    assert said("Darwin") == "setting up .venv: about 0.3 GB to download\n"


def test_pythons_are_found_where_they_lie_and_only_those_that_start(tmp_path):
    """On PATH and in pyenv's folder, one a version; not a name that starts nothing, as pyenv's shims may do."""
    pyenv = tmp_path / "pyenv/versions/x/bin"
    for folder in (tmp_path / "shims", pyenv):
        folder.mkdir(parents=True)
    for minor in (11, 12, 13):
        (tmp_path / f"shims/python3.{minor}").write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
        (tmp_path / f"shims/python3.{minor}").chmod(0o755)
    (pyenv / f"python{HERE}").symlink_to(sys._base_executable)
    found = subprocess.run(
        [sys.executable, ROOT / "envs/before_setup.py", "--find"],
        env={"PATH": str(tmp_path / "shims"), "PYENV_ROOT": str(tmp_path / "pyenv")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines() == [str(pyenv / f"python{HERE}")]


def test_the_versions_of_python_are_the_same_everywhere():
    low, end = map(
        int,
        re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text()).groups(),
    )
    versions = [f"3.{minor}" for minor in range(low, end)]
    words = f"{', '.join(versions[:-1])} or {versions[-1]}"
    for name, count in (("README.md", 1), ("docs/operations.md", 1), ("requirements.lock", 1)):
        assert (ROOT / name).read_text(encoding="utf-8").count(f"Python {words}") == count, name
    assert f'target-version = "py3{low}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    environment = yaml.safe_load((ROOT / "envs/study.yaml").read_text(encoding="utf-8"))
    assert any(f"python={version}" in environment["dependencies"] for version in versions)
