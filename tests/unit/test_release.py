"""What a release is made of: one version, and the same files and packages in every way to set the project up."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from workflow_copy import PARTS

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "envs/Dockerfile"
APPTAINER = ROOT / "envs/apptainer.def"


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_version_is_the_same_everywhere():
    """pyproject.toml has it; those who cite the project, and who read what changed, find the same, and its date."""
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    citation = yaml.safe_load(read(ROOT / "CITATION.cff"))
    released = str(citation.get("date-released", "Unreleased"))
    assert citation["version"] == version
    assert re.findall(r"^## \[(.+?)\] - (\S+)$", read(ROOT / "CHANGELOG.md"), re.M)[0] == (version, released)


def test_what_zenodo_reads_of_the_citation_is_there():
    """By zenodo-rdm's CitationMetadataSchema; without an abstract, a record has no description."""
    citation = yaml.safe_load(read(ROOT / "CITATION.cff"))
    assert {"title", "abstract", "authors", "keywords", "license", "message", "type"} <= set(citation)
    assert not (ROOT / ".zenodo.json").exists()  # with it, Zenodo would read nothing of CITATION.cff


def copied_by_docker() -> set[str]:
    names: set[str] = set()
    for line in re.findall(r"^COPY (.+)$", read(DOCKERFILE), re.M):
        *sources, target = line.split()
        assert target == "./" or sources == [target]  # a folder keeps its name
        names |= set(sources)
    return names


def copied_by_apptainer() -> set[str]:
    section = re.search(r"^%files\n((?: .+\n)+)", read(APPTAINER), re.M)[1]
    rows = [line.split() for line in section.splitlines()]
    assert {target for _, target in rows} == {"/opt/compression/"}
    return {source for source, _ in rows}


@pytest.mark.parametrize("copied", [copied_by_docker, copied_by_apptainer])
def test_a_container_has_the_files_that_a_study_needs(copied):
    """Those that the tests run studies with, and what the set-up reads."""
    assert copied() == {*PARTS, "Makefile", "pyproject.toml", "CITATION.cff", "LICENSE"}
    assert all((ROOT / name).exists() for name in copied())


def test_both_containers_are_set_up_alike():
    """The same packages of the same Debian, and packages of Python by make, as outside."""
    debian = r"apt-get install -y --no-install-recommends (.+?)(?: \\)?$"
    set_up = r"(PIP_NO_CACHE_DIR=1 make \.venv/installed) TORCH"
    of_int8 = r"(\.venv/bin/pip install .+ requirements-int8\.txt)$"
    base = r"(docker\.io/library/debian):"
    release = r"\bDEBIAN=(\S+)"
    for pattern in (debian, set_up, of_int8, base, release):
        (docker,), (apptainer,) = (re.findall(pattern, read(path), re.M) for path in (DOCKERFILE, APPTAINER))
        assert docker == apptainer


def test_the_conda_environment_is_the_lock():
    environment = yaml.safe_load(read(ROOT / "envs/environment.yml"))
    *packages, by_pip = environment["dependencies"]
    assert by_pip == {"pip": ["-r ../requirements.lock"]}  # conda runs pip in the folder of environment.yml
    of_jobs = yaml.safe_load(read(ROOT / "envs/study.yaml"))["dependencies"]
    assert packages == [package for package in of_jobs if isinstance(package, str)]
