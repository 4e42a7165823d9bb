"""A copy of the workflow in a folder of its own, and what snakemake does or would do in it."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "config.yaml", "requirements.lock", "workflow", "studies", "profiles", "resources", "envs")
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", re.MULTILINE)


@dataclass
class Workflow:
    """A copy of the workflow; folder is where it lies and where its results go."""

    folder: Path

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run snakemake in the folder and return its result, output and error as one text."""
        command = [sys.executable, "-m", "snakemake", *arguments]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
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
        jobs = Counter()
        for rule, block in JOB.findall(done.stdout):
            wildcards = re.search(r"^    wildcards: (.*)$", block, re.MULTILINE)
            values = [pair.split("=", 1)[1] for pair in wildcards[1].split(", ")] if wildcards else []
            jobs[" ".join([rule, *values])] += 1
        del jobs["all"]
        return jobs


def copy_workflow(folder: Path) -> Workflow:
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return Workflow(folder)
