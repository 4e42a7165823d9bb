"""A copy of the workflow in a folder of its own, and what snakemake does or would do in it."""

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

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "config.yaml", "requirements.lock", "workflow", "studies", "profiles", "resources", "envs")
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
    environment: Mapping[str, str] = field(default_factory=dict)

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run snakemake in the folder and return its result, output and error as one text."""
        return self._python("-m", "snakemake", *self.options, *arguments)

    def _python(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [self.python, *arguments]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | self.environment
        return subprocess.run(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def start(self, printed: Path, *arguments: str) -> subprocess.Popen:
        """Start snakemake as a shell does, with its jobs in a process group of its own; it prints to a file.

        SIGINT does to it what it does by default, also where these tests run in the background and ignore it.
        """
        command = [sys.executable, "-m", "snakemake", *arguments]
        with open(printed, "w") as output:
            return subprocess.Popen(
                command,
                cwd=self.folder,
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
        done = self._python(str(DRY_RUNS), *overlays)
        printed = [self.folder.joinpath(f"{overlay}.printed").read_text() for overlay in overlays]
        assert done.returncode == 0, "\n".join([*printed, done.stdout])
        return [printed_jobs(text) for text in printed]


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
