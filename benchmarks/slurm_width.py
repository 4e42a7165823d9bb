"""A study through SLURM, in two ways: the prediction and the score of a run in one job, and in two.

On a cluster of one node that it starts on this machine (as root, with slurm-wlm and munge of Debian, and
requirements-slurm.txt), in the folder of a workflow whose data are prepared:

    python benchmarks/slurm_width.py --jobs 100 -- scores --configfile studies/rehearsal.yaml

Each way goes on where the one before was interrupted, after `--jobs` jobs of SLURM have ended. It prints of each the
jobs of SLURM, the minutes for them, and what Snakemake itself took: CPU and its peak memory. Needs Linux.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rehearsal import GIGABYTE, read_process, split_call

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/slurm"))
from cluster import cancel_all, one_node_cluster, output, why_not

STATUS = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "5"]
"""The cluster has no accounting."""

COMPLETED, FAILED = "COMPLETED", "FAILED,TIMEOUT,OUT_OF_MEMORY,NODE_FAIL"
"""States of jobs that have ended."""

WAYS = {"one job": [], "two jobs": ["--groups", "predict=predicting", "score=scoring"]}
"""How SLURM gets the prediction and the score of a run."""


def main() -> None:
    """Print a row for each way."""
    own, call = split_call(sys.argv[1:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=100, help="jobs of SLURM in each way")
    jobs = parser.parse_args(own).jobs
    if call is None:
        parser.error("expected -- and Snakemake's arguments")
    if (reason := why_not()) is not None:
        sys.exit(f"Error: {reason}")
    print("| predict and score | jobs of SLURM | failed | minutes | head: CPU s | peak GB |", flush=True)
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    with tempfile.TemporaryDirectory() as folder, one_node_cluster(Path(folder)):
        for way, options in WAYS.items():
            print(f"| {way} | {row([*call, *options], jobs)} |", flush=True)


def row(call: Sequence[str], jobs: int) -> str:
    """Return what a call took until so many of its jobs had ended."""
    before, failed_before, began = ended(COMPLETED), ended(FAILED), time.monotonic()
    command = [sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm", *STATUS, *call]
    head = None
    with open("slurm-width.log", "a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which a shell's background ignores
        )
        while process.poll() is None and ended(COMPLETED) - before < jobs:
            head = read_process(process.pid, True) or head
            time.sleep(1)
    minutes, done = (time.monotonic() - began) / 60, ended(COMPLETED) - before
    failed = ended(FAILED) - failed_before
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C, which cancels its jobs
    process.wait()
    cancel_all()
    return f"{done} | {failed} | {minutes:.1f} | {head.cpu_seconds:.0f} | {head.peak_bytes / GIGABYTE:.2f}"


def ended(states: str) -> int:
    """Return the number of the cluster's jobs in some states, tasks of arrays counted one by one."""
    return len(output("squeue", "--noheader", "--array", "--states", states, "--format=%i").split())


if __name__ == "__main__":
    main()
