"""What a release is made of: one version, and what Zenodo reads of it."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


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
