"""The commands that the documentation shows, and what a shell makes of them, without running one."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow_copy import ROOT

DOCUMENTS = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")))
FILES = sorted((ROOT / "Makefile", ROOT / "config.yaml", *ROOT.glob("[ps]*/**/*.yaml"), *ROOT.glob("envs/*.yaml")))
"""Text with code, and files with comments, that may show commands."""

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`((?:[^`\n]|\n(?!\s*\n))+)`")
PROGRAMS = r"(?:snakemake|make|python3?|pip|git|sbatch|squeue|sacct|scancel|tail)"
START = re.compile(rf"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?{PROGRAMS}\s")
BARE = re.compile(
    r"(?:^ *|[.:] )(make [a-z][a-z-]*(?: [A-Z]+=[\w./-]*\w)*)"
    r"|(?<![`\w/-])(snakemake(?: --?[a-z][a-z-]*(?: [\w./-]*\w)?)+)"
)
"""A fenced block; a code span; a span that is a command; a command in a comment, without code quotes."""

RECORDER = f"""#!{sys.executable} -IS
import json, os, sys
names = [name for name in ("CUDA_VISIBLE_DEVICES", "WIKIANN_DIR") if name in os.environ]
call = [sys.argv[0], sys.argv[1:], {{name: os.environ[name] for name in names}}]
with open(os.environ["CALLS"], "a", encoding="utf-8") as file:
    file.write(json.dumps(call) + "\\n")
"""
"""A program that notes that it was called, and no more."""


@dataclass(frozen=True)
class Documented:
    """Commands for a shell, as they stand in a file from a line on."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Call:
    """A program that a shell has started: as it is named, its arguments, what it finds in its environment."""

    program: str
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join([*(f"{name}={value}" for name, value in self.environment), self.program, *self.arguments])


def documented_commands() -> list[Documented]:
    """Return all commands that documents and comments show."""
    found = []
    for path in DOCUMENTS:
        found += commands_of_document(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    for path in FILES:
        found += commands_of_comments(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    return found


def commands_of_document(path: str, text: str) -> Iterator[Documented]:
    """Yield the fenced blocks of a shell, and the code spans that begin with a program.

    Raises ValueError for a block of another kind that has commands: it would be looked over.
    """
    for block in FENCE.finditer(text):
        line = text.count("\n", 0, block.start()) + 2
        if block[1] == "bash":
            yield Documented(path, line, block[2])
        elif any(START.match(f"{row} ") for row in block[2].splitlines()):
            raise ValueError(f"{path}: line {line}: a block with commands; expected ```bash before it")
    outside = FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)
    for span in SPAN.finditer(outside):
        if START.match(span[1]):
            yield Documented(path, outside.count("\n", 0, span.start()) + 1, " ".join(span[1].split()))


def commands_of_comments(path: str, text: str) -> Iterator[Documented]:
    """Yield the commands in the comments of a file, between code quotes or bare."""
    for number, line in enumerate(text.splitlines(), 1):
        _, hash_sign, comment = line.partition("#")
        if hash_sign:
            spans = [span for span in SPAN.findall(comment) if START.match(span)]
            bare = [match[1] or match[2] for match in BARE.finditer(SPAN.sub("", comment))]
            yield from (Documented(path, number, command) for command in (*spans, *bare))


def make_recorders(folder: Path, names: Sequence[str]) -> None:
    """Write programs that note how they are called; a name may have a folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(RECORDER, encoding="utf-8")
        path.chmod(0o755)


def calls_of(text: str, folder: Path, programs: Path) -> list[Call]:
    """Return what a shell calls when it does a text in a folder where it finds no programs but those of `programs`.

    Raises ValueError when the shell fails: a program that is not there, or a text that is not its language.
    """
    notes = programs / "calls"
    notes.write_text("", encoding="utf-8")
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in ("CUDA_VISIBLE_DEVICES", "WIKIANN_DIR")}
        | {"PATH": str(programs), "CALLS": str(notes)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise ValueError(f"{text}\nends with {done.returncode}: {done.stdout.decode('utf-8', 'replace')}")
    calls = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    return [
        Call(_name(program, folder, programs), tuple(arguments), tuple(environment.items()))
        for program, arguments, environment in calls
    ]


def _name(program: str, folder: Path, programs: Path) -> str:
    """Return a program as the text names it: alone where PATH has it, else relative to the folder."""
    path = Path(folder, program)
    return path.name if path.parent == programs else str(path.relative_to(folder))
