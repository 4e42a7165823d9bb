"""The packages: what is required is what the workflow imports, and the lock holds that and no more."""

import ast
import re
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "workflow"
IMPORTED_AS = {"yaml": "pyyaml"}  # where the name of a module is not that of its package
NOT_IMPORTED = {
    "tabulate": "pandas' to_markdown",
    "sentencepiece": "transformers, to convert tokenizers",
    "protobuf": "transformers, to convert tokenizers",
}
OPTIONAL = {"torchao"}  # of runs in int8, which check for it: requirements-int8.txt
OF_SNAKEMAKE = {"snakemake-interface-logger-plugins"}  # imported, and as Snakemake itself requires it
CUDA = re.compile(r"nvidia-|cuda-|triton$")  # what PyPI's torch for Linux requires besides, on its own pins


def requirements(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


def pins(name):
    return dict(line.split("==") for line in requirements(name))


def imported(paths):
    """The packages that Python files import, other than Python's own and the workflow's."""
    modules = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(node.module.split(".")[0])
    own = {path.stem for path in WORKFLOW.rglob("*.py")} | {path.name for path in WORKFLOW.rglob("*") if path.is_dir()}
    return {canonicalize_name(IMPORTED_AS.get(name, name)) for name in modules - sys.stdlib_module_names - own}


def needed(names):
    """The packages that some need, themselves included, by what those that are installed here say of themselves."""
    found, seen, waiting = set(), set(), [Requirement(name) for name in names]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if (name, *sorted(one.extras)) in seen or CUDA.match(name):
            continue
        seen.add((name, *sorted(one.extras)))
        found.add(name)
        for text in requires(name) or []:
            other = Requirement(text)
            if other.marker is None or any(other.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
                waiting.append(other)
    return found


def test_what_is_required_is_what_the_workflow_imports():
    required = {canonicalize_name(name) for name in requirements("requirements.txt")}
    assert required == {"snakemake"} | (imported(WORKFLOW.rglob("*.py")) - OF_SNAKEMAKE - OPTIONAL) | set(NOT_IMPORTED)


def test_the_optional_packages_are_pinned_and_not_in_the_lock():
    assert set(pins("requirements-int8.txt")) == OPTIONAL
    assert not OPTIONAL & set(pins("requirements.lock"))


def test_the_conda_environment_has_what_the_scripts_import():
    environment = yaml.safe_load((ROOT / "envs/study.yaml").read_text(encoding="utf-8"))
    has = {pin.split("==")[0] for part in environment["dependencies"] if isinstance(part, dict) for pin in part["pip"]}
    of_snakemake = {"jsonschema", "pyyaml", "snakemake"}  # in Snakemake's own process, not in a job's environment
    assert has == (imported(WORKFLOW.rglob("*.py")) - OF_SNAKEMAKE - OPTIONAL - of_snakemake) | set(NOT_IMPORTED)


@pytest.mark.parametrize(
    "lock, direct",
    [
        ("requirements.lock", ["requirements.txt"]),
        ("requirements-dev.lock", ["requirements.txt", "requirements-dev.txt"]),
    ],
)
def test_a_lock_holds_what_is_needed_and_no_more(lock, direct):
    needs = needed(name for file in direct for name in requirements(file))
    holds = set(pins(lock)) | (set(pins("requirements.lock")) if len(direct) > 1 else set())
    assert (needs - holds, holds - needs) == (set(), set())


def test_no_package_is_pinned_twice():
    assert set(pins("requirements.lock")) & set(pins("requirements-dev.lock")) == set()
