"""A copy of the workflow in a folder of its own, and what snakemake does or would do in it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
PARTS = (
    *("Snakefile", "config.yaml", "requirements.lock", "requirements-int8.txt"),
    *("workflow", "studies", "profiles", "resources", "envs"),
)
COLD = {"WARM_PYTHON": ""}
"""The environment in which each process starts by itself and imports what it needs (warm_python.py)."""

DRY_RUNS = ROOT / "tests/dry_runs.py"
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", re.MULTILINE)
FINISHED = re.compile(r"^Finished jobid: (\d+) ", re.MULTILINE)


@dataclass
class Workflow:
    """A copy of the workflow; folder is where it lies and where its results go.

    options: of every call, such as another folder's Snakefile; python: what runs it; environment: variables beyond
    those of the tests.
    """

    folder: Path
    options: Sequence[str] = ()
    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict)  # what differs from this process's

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run snakemake in the folder and return its result, output and error as one text."""
        return self._start(self.python, "-m", "snakemake", *self.options, *arguments)

    def make(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run make in the folder and return as `call` does."""
        return self._start("make", *arguments)

    def _start(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="backslashreplace",
        )

    def start(self, printed: Path, *arguments: str, environment: Mapping[str, str] = COLD) -> subprocess.Popen:
        """Start snakemake as a shell does, with its jobs in a process group of its own; it prints to a file.

        SIGINT does to it what it does by default, also where these tests run in the background and ignore it.
        environment: what differs from this process's; by default, nothing of it is warm.
        """
        command = [sys.executable, "-m", "snakemake", *arguments]
        with open(printed, "wb") as output:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def run(self, overlay: str, *arguments: str) -> str:
        """Run a study and return what was printed; fails when snakemake does."""
        done = self.call(*arguments, "--cores", "2", "--configfile", overlay)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def planned(self, overlay: str | None = None, *arguments: str) -> Counter:
        """Return the jobs that a run would do, as "rule wildcard wildcard …", without the target rule."""
        done = self.call("--dry-run", *arguments, *(["--configfile", overlay] if overlay else []))
        assert done.returncode == 0, done.stdout
        return printed_jobs(done.stdout)

    def planned_each(self, overlays: Sequence[str]) -> list[Counter]:
        """Return for each overlay what `planned` does, much faster."""
        planned = []
        for status, printed in self.dry_runs([("snakemake", ["--configfile", overlay], {}) for overlay in overlays]):
            assert status == 0, printed
            planned.append(printed_jobs(printed))
        return planned

    def dry_runs(self, calls: Sequence[tuple[str, Sequence[str], Mapping[str, str]]]) -> list[tuple[int, str]]:
        """Return the exit status and output of each call: its program, arguments and environment, see `dry_runs`."""
        with TemporaryDirectory(prefix="calls.") as folder:
            path, printed = Path(folder, "calls.json"), [Path(folder, str(number)) for number in range(len(calls))]
            names = ("program", "arguments", "environment", "printed")
            rows = [dict(zip(names, (*call, str(out)), strict=True)) for call, out in zip(calls, printed, strict=True)]
            path.write_text(json.dumps(rows), encoding="utf-8")
            done = self._start(self.python, str(DRY_RUNS), str(path))
            assert done.returncode == 0, done.stdout
            statuses = json.loads(path.with_name("calls.json.statuses").read_text(encoding="utf-8"))
            return [(status, out.read_text(encoding="utf-8")) for status, out in zip(statuses, printed, strict=True)]


def printed_jobs(printed: str) -> Counter:
    """Return the jobs that snakemake has printed, as "rule wildcard wildcard …", without the target rule."""
    jobs = Counter(name for _, name in _numbered_jobs(printed))
    del jobs["all"]
    return jobs


def finished_jobs(printed: str) -> Counter:
    """Return those of the printed jobs that have finished."""
    finished = FINISHED.findall(printed)
    return Counter(name for number, name in _numbered_jobs(printed) if number in finished)


def _numbered_jobs(printed: str) -> Iterator[tuple[str, str]]:
    for rule, block in JOB.findall(printed):
        number = re.search(r"^    jobid: (\d+)$", block, re.MULTILINE)[1]
        wildcards = re.search(r"^    wildcards: (.*)$", block, re.MULTILINE)
        values = [pair.split("=", 1)[1] for pair in wildcards[1].split(", ")] if wildcards else []
        yield number, " ".join([rule, *values])


def copy_workflow(folder: Path) -> Workflow:
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return Workflow(folder)
