"""The summary at the end of a call of Snakemake: where the results are, or what failed, why, and how to resume."""

import logging
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ner_pruning.progress import duration
from snakemake.api import resolve_snakefile
from snakemake_interface_logger_plugins.common import LogEvent

SHOWN_LOGS, LOG_LINES, LOG_WIDTH = 3, 10, 200
"""Failed jobs whose log's last lines are shown, how many of them, and their longest, in characters."""

LISTED_JOBS = 20
"""Failed jobs that are listed."""

TAIL_BYTES = 64 * 1024
"""Of a log, what is read to find its last lines."""

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What moves a terminal's cursor or colours its text (ECMA-48)."""

RESULTS = {
    "claims": "claims.md",
    "diagnosis": "diagnosis.md",
    "tables": "tables",
    "figures": "figures",
    "scores": "scores.csv",
}
"""What a reader of a study looks at first, and its place in the results."""


TARGETS = frozenset({"all", "default"})
"""The rules that build a whole study: in the Snakefile, and in the one in workflow/."""


@dataclass(frozen=True)
class Job:
    """A job as its user knows it; logs: its own, and what a cluster wrote of it."""

    rule: str
    wildcards: Mapping[str, str]
    logs: Sequence[str]


class JobEvents(logging.Handler):
    """The jobs that a call of Snakemake has started, and which of them have failed, from the events that it logs."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()
        self.started: dict[int, Job] = {}
        self._failed: dict[int, Job] = {}
        self._cluster_logs: dict[int, list[str]] = {}

    @property
    def failed(self) -> list[Job]:
        """The failed jobs, in the order in which they failed."""
        return list(self._failed.values())

    @property
    def seconds(self) -> float:
        """The seconds since the events are listened to."""
        return time.monotonic() - self._began

    def emit(self, record: logging.LogRecord) -> None:
        """Note a job that starts (perhaps not for the first time) or fails."""
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            self.started[record.jobid] = Job(record.rule_name, record.wildcards, record.log)
            self._failed.pop(record.jobid, None)  # it is tried again
        elif event == LogEvent.GROUP_ERROR:  # the errors of its jobs follow
            self._cluster_logs |= {info["jobid"]: record.aux_logs for info in record.job_error_info}
        elif event == LogEvent.JOB_ERROR:
            logs = [*record.log, *self._cluster_logs.pop(record.jobid, [])]
            wildcards = self.started[record.jobid].wildcards if record.jobid in self.started else {}
            self._failed[record.jobid] = Job(record.rule_name, wildcards, logs)


def success(study: str, results: str, runs: int, events: JobEvents, report: str) -> str:
    """Return the summary when all jobs are done; results: the study's folder, report: the command that makes one.

    After a single stage it does not list the results, because those of later stages may be old.
    """
    lines = ["", f"Study {study}: {_count(len(events.started), 'job')} in {duration(events.seconds)}."]
    if not TARGETS & {job.rule for job in events.started.values()}:
        return "\n".join(
            [*lines, f"The requested files are in {results}. Without a target, the rest of the study follows.", ""]
        )
    lines.append(f"The study is complete, with {_count(runs, 'run')}:")
    found = {what: Path(results, name) for what, name in RESULTS.items()}
    lines += [f"    {what:<9}  {path}" for what, path in found.items() if path.exists()]
    return "\n".join([*lines, "To put all results on one page:", f"    {report}", ""])


def failure(study: str, events: JobEvents, snakemake_log: Sequence[str], command: str) -> str:
    """Return the summary when not all jobs are done: the failed jobs, the end of their first logs, how to resume.

    snakemake_log: Snakemake's own log files of this call; command: this call.
    """
    failed, after = events.failed, f"after {duration(events.seconds)}"
    if failed:
        lines = ["", f"Study {study}: {len(failed)} of {_count(len(events.started), 'job')} failed, {after}."]
    else:
        lines = ["", f"Study {study}: ended {after}, but not because of a failed job: {snakemake_log[0]}"]
    for number, job in enumerate(failed[:LISTED_JOBS]):
        lines.append(" ".join([f"  {job.rule}", *(f"{name}={value}" for name, value in job.wildcards.items())]))
        for log in job.logs:
            lines.append(f"    {log}")
            lines += [f"      | {line}" for line in last_lines(log)] if number < SHOWN_LOGS else []
    if len(failed) > LISTED_JOBS:
        lines.append(f"  and {len(failed) - LISTED_JOBS} more: {snakemake_log[0]}")
    lines += ["Finished jobs are kept. To resume (a fine-tuning from its last snapshot), run the same command:"]
    return "\n".join([*lines, f"    {command}", ""])


def last_lines(path: str | os.PathLike) -> list[str]:
    """Return the last lines of a log as they would look on a screen, none that are blank."""
    if not Path(path).exists():
        return ["(not written: the job ended before it started its log)"]
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        text = file.read().decode(errors="replace")
    lines = [CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip() for line in text.split("\n")]
    lines = [line if len(line) <= LOG_WIDTH else f"{line[: LOG_WIDTH - 1]}…" for line in lines if line]
    return lines[-LOG_LINES:] or ["(empty)"]


def program(moved: bool = False) -> list[str]:
    """Return how a shell starts the Snakemake that runs: by its name where PATH leads to it, else by its path.

    moved: whether this process has left the folder of the call (--directory).
    """
    python = shlex.split(sys.executable)[0]  # config.smk has escaped it for a shell
    own, found = Path(python).with_name("snakemake"), shutil.which("snakemake")
    if not own.exists():
        return [python, "-m", "snakemake"]
    if found and os.path.samefile(found, own):
        return ["snakemake"]
    return [os.path.relpath(own) if own.is_relative_to(Path.cwd()) and not moved else str(own)]


def this_call(arguments: Iterable[str], moved: bool = False) -> str:
    """Return the command of this call for a shell.

    arguments: of the process, without its own name; moved: see `program`.
    """
    return shlex.join([*program(moved), *arguments])


def report_call(
    overlays: Iterable[os.PathLike],
    values: Iterable[str],
    snakefile: str | os.PathLike,
    directory: str | os.PathLike | None = None,
) -> str:
    """Return the command that makes a study's report, for the folder in which this call was given.

    overlays, values and directory: as given with --configfile, --config and --directory. With a directory, in which
    Snakemake is by now, all paths are from the root.
    """
    show = os.path.relpath if directory is None else os.path.abspath
    files, values = [show(path) for path in overlays], list(values)
    by_itself = resolve_snakefile(None, allow_missing=True) if directory is None else None
    options = []
    if not Path(snakefile).exists():  # it lies at a Git host
        options = ["--snakefile", str(snakefile)]
    elif by_itself is None or not os.path.samefile(by_itself, snakefile):
        options = ["--snakefile", show(snakefile)]
    options += ["--directory", os.getcwd()] if directory is not None else []
    options += [*(["--configfile", *files] if files else []), *(["--config", *values] if values else [])]
    return shlex.join([*program(directory is not None), "--report", "report.html", *options])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
