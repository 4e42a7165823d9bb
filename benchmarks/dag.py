"""Time and memory of dry runs: of the paper's study, of the same study when it is complete, and of ten times its runs.

It imports little: the peak memory that Linux reports of a process starts at that of its parent.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import yaml
from spreads import spread

ROOT = Path(__file__).resolve().parent.parent
PARTS = (
    *("Snakefile", "config.yaml", "requirements.lock", "requirements-int8.txt"),
    *("workflow", "profiles", "resources", "envs"),
)
SNAKEMAKE = ("-m", "snakemake")
TOUCH = (
    "-c",
    # it pauses 0.1 s after each job, several minutes in all
    "from snakemake.executors.touch import Executor; Executor.SLEEPING_TIME = 0; "
    "from snakemake.cli import main; main()",
    "--touch",
)
NOTHING = "Nothing to be done"
MEGABYTE = 1e6


@dataclass(frozen=True)
class Usage:
    """What a process took: seconds by the clock and of CPU (user and system), peak resident memory in bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Plan:
    """A dry run: the number of jobs it planned, the target included, and what it took."""

    jobs: int
    usage: Usage


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the jobs and memory of the three dry runs, then their seconds, then the ratio of ten times the runs to one.

    The ratio is of CPU seconds, which other work on the machine lengthens less than those of the clock.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--study", type=Path, help="an overlay on config.yaml whose study is planned; the paper's")
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="benchmark-") as folder:
        plans = measure(Path(folder), [str(given.study.resolve())] if given.study else [], given.repetitions)
    print(f"Snakemake {version('snakemake')}, Python {platform.python_version()}")
    for name, repetitions in plans.items():
        peak = spread(plan.usage.peak_bytes / MEGABYTE for plan in repetitions)
        print(f"  {name}: {repetitions[0].jobs} jobs, {peak} MB")
    for name, repetitions in plans.items():
        print(f"seconds dag/{name} {spread(plan.usage.seconds for plan in repetitions)}")
        print(f"cpu-seconds dag/{name} {spread(plan.usage.cpu_seconds for plan in repetitions)}")
    pairs = zip(plans["dry-run"], plans["ten-times-runs"], strict=True)
    print(f"ratio dag/ten-times-runs {spread(ten.usage.cpu_seconds / one.usage.cpu_seconds for one, ten in pairs)}")


def measure(folder: Path, overlays: Sequence[str], repetitions: int) -> dict[str, list[Plan]]:
    """Return the plans of a study without results, of the complete one and of ten times its runs, one a repetition.

    Ends with an error when anything is left to do in the complete one.
    """
    empty, complete = make_workflow(folder / "empty"), make_workflow(folder / "complete")
    complete_study(complete, overlays)
    ten_times = [*overlays, write_ten_times_runs(folder / "ten-times.yaml", overlays)]
    calls = {"dry-run": (empty, overlays), "nothing-to-do": (complete, overlays), "ten-times-runs": (empty, ten_times)}
    plans: dict[str, list[Plan]] = {name: [] for name in calls}
    for number in range(1, repetitions + 1):
        for name, call in calls.items():
            print(f"repetition {number} of {repetitions}: {name}", file=sys.stderr, flush=True)
            plans[name].append(plan(*call))
    if any(check.jobs for check in plans["nothing-to-do"]):
        sys.exit(f"Error: {plans['nothing-to-do'][0].jobs} jobs are left to do in a study that is complete")
    return plans


def plan(folder: Path, overlays: Sequence[str]) -> Plan:
    """Return what a dry run plans in a folder, and what it takes."""
    output, usage = run(folder, SNAKEMAKE, "--dry-run", *with_configs(overlays))
    jobs = 0 if NOTHING in output else int(re.search(r"^total +(\d+)$", output, re.MULTILINE)[1])
    return Plan(jobs, usage)


def make_workflow(folder: Path) -> Path:
    """Make a folder with the workflow and no results, and return it."""
    folder.mkdir()
    for part in PARTS:
        (folder / part).symlink_to(ROOT / part)
    return folder


def write_ten_times_runs(path: Path, overlays: Iterable[str]) -> str:
    """Write an overlay with ten times the seeds of the study, and return its path."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for overlay in overlays:
        config |= yaml.safe_load(Path(overlay).read_text(encoding="utf-8"))
    seeds = list(range(1, 10 * len(config["seeds"]) + 1))
    path.write_text(yaml.safe_dump({"study": config["study"], "seeds": seeds}), encoding="utf-8")
    return str(path)


def complete_study(folder: Path, overlays: Sequence[str]) -> None:
    """Make every output of the study, with little in it, and let Snakemake record that its jobs made them."""
    summary, _ = run(folder, SNAKEMAKE, "--summary", *with_configs(overlays))
    for line in summary.splitlines():
        if "\tmissing\t" in line:
            path = folder / line.split("\t")[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix:
                path.write_text(path.name, encoding="utf-8")
            else:
                path.mkdir()
    run(folder, TOUCH, "--forceall", "--cores", "1", *with_configs(overlays))


def with_configs(overlays: Sequence[str]) -> list[str]:
    return ["--configfile", *overlays] if overlays else []


def run(folder: Path, program: Sequence[str], *arguments: str) -> tuple[str, Usage]:
    """Run a Python program in a folder; return what it printed, errors included, and what it took.

    Ends this one with what was printed when the program fails.
    """
    with TemporaryFile("w+", encoding="utf-8") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *program, *arguments], cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode != 0:
        sys.exit(printed)
    return printed, Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


if __name__ == "__main__":
    main()
