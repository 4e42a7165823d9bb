"""What the jobs of a study take, by rule: their number, seconds, CPU seconds and peak memory, and Snakemake's own.

It calls Snakemake with the arguments after `--` and reads /proc while that runs, so no job and no result is changed:

    python benchmarks/rehearsal.py usage.csv -- --cores 2 --configfile studies/rehearsal.yaml

A later call, of the same study or of what was left of it, adds to the file. Without `--`, the tables of a file are
printed: by rule, the longest jobs, and with `--results` the disk space of a study's folders. It imports little and
needs Linux.
"""

import argparse
import csv
import os
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

HEAD = "snakemake"
"""What the process of Snakemake itself is called among the rules."""

INTERVAL = 0.2
"""Seconds between two looks at the processes: what a job takes after the last one is missed."""

GIGABYTE = 1e9
_TICKS = os.sysconf("SC_CLK_TCK")
_SCRIPT = re.compile(rb"/scripts/tmp[^/\0]*?\.(\w+)\.py\0")


class Job(NamedTuple):
    """What a process took until it was last seen: seconds by the clock and of CPU, peak resident memory in bytes.

    rule: the name of the job's script, which is its rule's (`resolve_revision`, `publish` and `export_run` serve
    rules of other names), or HEAD. began: seconds since the epoch.
    """

    rule: str
    began: float
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Run Snakemake, if there are arguments for it, and print the table; exits with Snakemake's status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    own, call = split_call(given)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("usage", type=Path, help="CSV file that gets a row for each job")
    parser.add_argument("--results", type=Path, help="folder of the study, whose disk space is printed")
    given = parser.parse_args(own)
    usage, results = given.usage, given.results
    status = 0 if call is None else measure(usage, [sys.executable, "-m", "snakemake", *call])
    if not usage.exists():
        sys.exit(f"Error: {usage}: no such file; expected one that a call with `--` has written")
    jobs = read_jobs(usage)
    print("\n".join([*table(jobs), "", *longest(jobs), *(["", *disk(results)] if results else [])]))
    sys.exit(status)


def split_call(given: list[str]) -> tuple[list[str], list[str] | None]:
    """Return what stands before `--`, and Snakemake's arguments after it: None where there is none."""
    return (given[: given.index("--")], given[given.index("--") + 1 :]) if "--" in given else (given, None)


def measure(usage: Path, command: Sequence[str]) -> int:
    """Run a command and add a row to `usage` for each of its jobs that has ended, and one for itself; its status."""
    new = not usage.exists()
    with open(usage, "a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        if new:
            rows.writerow(Job._fields)
        process = subprocess.Popen(command)
        for number in (signal.SIGTERM, signal.SIGINT):  # Snakemake ends its jobs and then itself
            signal.signal(number, lambda number, _: process.send_signal(number))
        seen: dict[int, Job] = {}
        while process.poll() is None:
            now = dict(look(process.pid))
            rows.writerows(rounded(seen[pid]) for pid in seen.keys() - now.keys())
            file.flush()
            seen = now
            time.sleep(INTERVAL)
        rows.writerows(map(rounded, seen.values()))
    return process.returncode


def rounded(job: Job) -> Job:
    """Return a job with its seconds to two decimals, which is as much as a process knows."""
    return job._replace(**{name: round(getattr(job, name), 2) for name in Job._fields[1:4]})


def look(head: int) -> Iterator[tuple[int, Job]]:
    """Yield process ids and what those processes took so far: Snakemake's own, and those of its jobs' scripts.

    The processes that a job starts count as jobs of its rule, if they have the same command line.
    """
    children = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (parent := _parent(folder)) is not None:
            children[parent].append(int(folder.name))
    waiting = [head]
    while waiting:
        pid = waiting.pop()
        waiting += children[pid]
        if job := read_process(pid, pid == head):
            yield pid, job


def _parent(folder: Path) -> int | None:
    try:
        return int(folder.joinpath("stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:  # it has ended meanwhile
        return None


def read_process(pid: int, is_head: bool) -> Job | None:
    """Return what a process took so far; None of one that is no job's script, or has ended."""
    folder = Path("/proc", str(pid))
    try:
        script = _SCRIPT.search(folder.joinpath("cmdline").read_bytes())
        fields = folder.joinpath("stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        peak = memory(folder, "VmHWM")
        up = float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])
    except OSError:
        return None
    if peak is None or not (is_head or script):  # a process that is ending has no memory
        return None
    rule = HEAD if is_head else script[1].decode()
    seconds = up - int(fields[19]) / _TICKS
    cpu = sum(int(fields[place]) for place in (11, 12)) / _TICKS  # of itself, in user and in system mode
    return Job(rule, time.time() - seconds, seconds, cpu, peak)


def memory(folder: Path, name: str) -> int | None:
    """Return a figure of a process's status, in bytes, such as VmHWM; None of one that is ending, which has no memory.

    folder: of the process in /proc. Raises OSError if it has ended.
    """
    figure = re.search(rf"^{name}:\s+(\d+) kB$", folder.joinpath("status").read_text(encoding="utf-8"), re.MULTILINE)
    return int(figure[1]) * 1024 if figure else None


def read_jobs(path: Path) -> list[Job]:
    """Return the rows of a file that `measure` has written."""
    with open(path, encoding="utf-8", newline="") as file:
        return [
            Job(row["rule"], *(float(row[name]) for name in Job._fields[1:4]), int(row["peak_bytes"]))
            for row in csv.DictReader(file)
        ]


def table(jobs: Iterable[Job]) -> list[str]:
    """Return the lines of the table: a rule each, those that took most CPU first."""
    by_rule = defaultdict(list)
    for job in jobs:
        by_rule[job.rule].append(job)
    lines = [
        "| rule | jobs | hours | CPU hours | CPU s a job | longest s | peak GB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for rule, found in sorted(by_rule.items(), key=lambda item: -sum(job.cpu_seconds for job in item[1])):
        cpu = sum(job.cpu_seconds for job in found)
        hours = sum(job.seconds for job in found) / 3600
        longest, peak = max(job.seconds for job in found), max(job.peak_bytes for job in found) / GIGABYTE
        lines.append(
            f"| {rule} | {len(found)} | {hours:.2f} | {cpu / 3600:.2f} | {cpu / len(found):.1f} | {longest:.0f} "
            f"| {peak:.2f} |"
        )
    return lines


def longest(jobs: Iterable[Job], count: int = 10) -> list[str]:
    """Return the lines of the table of the jobs that took longest by the clock; Snakemake's own calls are none."""
    ranked = sorted((job for job in jobs if job.rule != HEAD), key=lambda job: -job.seconds)[:count]
    rows = [
        f"| {job.rule} | {job.seconds:.0f} | {job.cpu_seconds:.0f} | {job.peak_bytes / GIGABYTE:.2f} |"
        for job in ranked
    ]
    return ["| longest jobs | seconds | CPU s | peak GB |", "|---|---:|---:|---:|", *rows]


def disk(results: Path) -> list[str]:
    """Return the lines of the table of the files below each folder of a study, most bytes first."""
    lines = []
    for place in results.iterdir():
        files = [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else []
        if files:
            lines.append((sum(path.stat().st_size for path in files), len(files), place.name))
    rows = [f"| {name} | {count:,} | {size / 1e6:,.1f} |" for size, count, name in sorted(lines, reverse=True)]
    return ["| folder | files | MB |", "|---|---:|---:|", *rows]


if __name__ == "__main__":
    main()
