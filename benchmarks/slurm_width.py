"""A study through SLURM, in two ways: the prediction and the score of a run in one job, and in two.

On a cluster of one node that it starts on this machine (as root, with slurm-wlm and munge of Debian, and
requirements-slurm.txt), in the folder of a workflow whose data are prepared:

    python benchmarks/slurm_width.py --jobs 100 -- scores --configfile studies/rehearsal.yaml

Each way resumes what the one before has left when `--jobs` jobs of SLURM had ended. It prints of each the jobs of
SLURM, the minutes for them, and what Snakemake itself took: CPU and its peak memory. With `--minutes 60`, it is one
call in the first way for so long, with a row after each tenth of the time. Needs Linux.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from rehearsal import GIGABYTE, Job, memory, read_process, split_call

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/slurm"))
from cluster import cancel_all, one_node_cluster, output, why_not

STATUS = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "5"]
"""The cluster has no accounting."""

COMPLETED, FAILED = "COMPLETED", "FAILED,TIMEOUT,OUT_OF_MEMORY,NODE_FAIL"
"""States of jobs that have ended."""

WAYS = {"one job": [], "two jobs": ["--groups", "predict=predicting", "score=scoring"]}
"""How SLURM gets the prediction and the score of a run."""


class Progress(NamedTuple):
    """Where a call is: minutes since its start, jobs that SLURM has ended since, and what Snakemake took itself.

    resident_bytes: memory at this moment. head: see `rehearsal.read_process`; None before it could be read.
    """

    minutes: float
    done: int
    failed: int
    resident_bytes: int
    head: Job | None

    def __str__(self) -> str:
        took = f"{self.head.cpu_seconds:.0f} | {self.head.peak_bytes / GIGABYTE:.2f}" if self.head else "- | -"
        return f"{self.done} | {self.failed} | {self.minutes:.1f} | {took}"


def main() -> None:
    """Print a row for each way, or for each tenth of the time."""
    own, call = split_call(sys.argv[1:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=100, help="jobs of SLURM in each way")
    parser.add_argument("--minutes", type=float, help="one call for so long, in the first way, in place of --jobs")
    given = parser.parse_args(own)
    if call is None:
        parser.error("expected -- and Snakemake's arguments")
    if (reason := why_not()) is not None:
        sys.exit(f"Error: {reason}")
    columns = ["jobs of SLURM", "failed", "minutes", "head: CPU s", "peak GB"]
    columns = ["predict and score", *columns] if given.minutes is None else [*columns, "GB now"]
    print(f"| {' | '.join(columns)} |\n|---|{'---:|' * (len(columns) - 1)}", flush=True)
    with tempfile.TemporaryDirectory() as folder, one_node_cluster(Path(folder)):
        if given.minutes is not None:
            rows_over_time(call, given.minutes)
            return
        for way, options in WAYS.items():
            *_, last = until(progress([*call, *options]), lambda now: now.done >= given.jobs)
            print(f"| {way} | {last} |", flush=True)


def rows_over_time(call: Sequence[str], minutes: float) -> None:
    """Print a row after each tenth of the time, or one more when the call ends."""
    tenths = 0
    for now in until(progress(call), lambda now: now.minutes >= minutes):
        if now.minutes * 10 >= minutes * (tenths + 1):
            tenths = int(now.minutes * 10 / minutes)
            print(f"| {now} | {now.resident_bytes / GIGABYTE:.2f} |", flush=True)
    if now.minutes < minutes:
        print(f"| {now} | {now.resident_bytes / GIGABYTE:.2f} |", flush=True)


def until(steps: Iterator[Progress], stop: Callable[[Progress], bool]) -> Iterator[Progress]:
    """Yield steps up to the first at which to stop, and close what makes them."""
    with closing(steps):
        for step in steps:
            yield step
            if stop(step):
                return


def progress(call: Sequence[str]) -> Iterator[Progress]:
    """Run a call through SLURM and yield every second where it is, and once when it has ended; closed, it is cancelled.

    What Snakemake prints is appended to slurm-width.log.
    """
    before, failed_before, began = ended(COMPLETED), ended(FAILED), time.monotonic()
    command = [sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm", *STATUS, *call]
    head, resident = None, 0
    with open("slurm-width.log", "a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which a shell's background ignores
        )
        try:
            running = True
            while running:
                running = process.poll() is None
                head, resident = read_process(process.pid, True) or head, resident_bytes(process.pid) or resident
                minutes, done = (time.monotonic() - began) / 60, ended(COMPLETED) - before
                yield Progress(minutes, done, ended(FAILED) - failed_before, resident, head)
                time.sleep(1)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)  # Ctrl-C, which cancels its jobs
            process.wait()
            cancel_all()


def resident_bytes(pid: int) -> int | None:
    """Return the resident memory of a process; None of one that has ended."""
    try:
        return memory(Path("/proc", str(pid)), "VmRSS")
    except OSError:
        return None


def ended(states: str) -> int:
    """Return the number of the cluster's jobs in some states, tasks of arrays counted one by one."""
    return len(output("squeue", "--noheader", "--array", "--states", states, "--format=%i").split())


if __name__ == "__main__":
    main()
