"""The rooms of the package, and the order in which they may import each other."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "workflow/scripts/ner_pruning"
ROOMS = ["", "study", "data", "training", "scoring", "statistics", "claims", "report", "figures", "planning"]
"""In the order of the data's way; "" is the package's own folder."""


def room_of(module: str) -> str:
    """Return the room of a dotted name of the package: "ner_pruning.study.grid" is of "study"."""
    part = module.split(".")[1:2]
    return part[0] if part and part[0] in ROOMS else ""


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_before_it(path):
    room = "" if path.parent == PACKAGE else path.parent.name
    imports = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    later = {node.module for node in imports if (node.module or "").startswith("ner_pruning")}
    assert not [module for module in later if ROOMS.index(room_of(module)) > ROOMS.index(room)]
    assert not any(node.level for node in imports), "a relative import"


def test_each_room_says_what_lives_there():
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"} == {*ROOMS[1:]}
    for room in ROOMS:
        assert len(ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8")))) > 60
