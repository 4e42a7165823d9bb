"""No file and no output of a program is read or written in the encoding of the locale; workflow/test_locale.py runs it.

The rule of ruff for this (PLW1514) sees neither `path.read_text()` nor `subprocess.run(text=True)`.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = sorted((*ROOT.glob("workflow/scripts/**/*.py"), *ROOT.glob("benchmarks/*.py")))
RULES = sorted((ROOT / "Snakefile", *ROOT.glob("workflow/rules/*.smk")))

OPENS = ("open", "fdopen", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile", "FileHandler")
BINARY_BY_DEFAULT = ("NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile")
OF_NO_TEXT = ("os", "tarfile", "gzip", "zipfile")
"""Modules whose `open` gives no text unless its mode has a t."""


def guessed_encodings(code: str) -> list[int]:
    """Return the lines of calls that leave it to the locale how bytes are text."""
    lines = []
    for call in (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)):
        method = isinstance(call.func, ast.Attribute)
        name = call.func.attr if method else getattr(call.func, "id", "")
        owner = getattr(call.func.value, "id", "") if method else ""
        given = {keyword.arg: getattr(keyword.value, "value", None) for keyword in call.keywords}
        texts = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        modes = [text for text in (*texts, given.get("mode")) if re.fullmatch(r"[rwaxbt+]{1,4}", str(text))]
        if name in OPENS:
            if name == "open" and owner in OF_NO_TEXT:
                of_text = any("t" in mode for mode in modes)
            else:
                of_text = not any("b" in mode for mode in modes or ["b" if name in BINARY_BY_DEFAULT else "r"])
        else:
            of_text = method and name in ("read_text", "write_text", "reconfigure")
            of_text = of_text or given.get("text") is True or given.get("universal_newlines") is True
        if of_text and "encoding" not in given:
            lines.append(call.lineno)
    return lines


@pytest.mark.parametrize(
    "code, found",
    [
        ("open(path)", True),
        ("open(path, 'w')", True),
        ("path.open()", True),
        ("os.fdopen(number, 'w')", True),
        ("path.read_text()", True),
        ("path.write_text(text)", True),
        ("NamedTemporaryFile('w')", True),
        ("logging.FileHandler(path)", True),
        ("subprocess.run(command, text=True)", True),
        ("subprocess.check_output(command, universal_newlines=True)", True),
        ("open(path, 'rb')", False),
        ("open(path, mode='wb')", False),
        ("open(path, encoding='utf-8')", False),
        ("os.open(path, flags)", False),
        ("tarfile.open(path, 'r:gz')", False),
        ("gzip.open(path, 'r')", False),
        ("gzip.open(path, 'rt')", True),
        ("path.read_text(encoding='utf-8')", False),
        ("write_text(path, text)", False),  # of ner_pruning.files
        ("NamedTemporaryFile()", False),
        ("subprocess.run(command)", False),
        ("subprocess.run(command, text=True, encoding='utf-8')", False),
    ],
)
def test_a_call_that_guesses_is_found(code, found):
    assert guessed_encodings(f"import os\n{code}\n") == ([2] if found else [])


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_call_of_a_script_guesses(path):
    assert guessed_encodings(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_no_call_of_a_rule_file_guesses(path):
    """Each line that is a statement of Python by itself; those of Snakemake's own language call nothing."""
    calls = re.findall(r"(?:\bopen|read_text|write_text)\((?:[^()]|\([^()]*\))*\)", path.read_text(encoding="utf-8"))
    assert [call for call in calls if guessed_encodings(f"path.{call}")] == []
