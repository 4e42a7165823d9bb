"""What a call of Snakemake ends with, from the events that it logs; tests/workflow/test_summary.py has real calls."""

import logging
import sys
from pathlib import Path

import pytest
from jobs import summary
from jobs.summary import JobEvents, failure, last_lines, program, report_call, success, this_call
from snakemake_interface_logger_plugins.common import LogEvent

LOG = ["/w/.snakemake/log/1.log"]
COMMAND = "snakemake --cores 2"


@pytest.fixture
def events(monkeypatch) -> JobEvents:
    """Events of a call that has taken 90 s."""
    seconds = iter([1000, 1090])
    monkeypatch.setattr(summary.time, "monotonic", lambda: next(seconds))
    return JobEvents()


def emit(events: JobEvents, event: LogEvent, **fields) -> None:
    events.handle(logging.makeLogRecord({"event": event, **fields}))


def start(events: JobEvents, jobid: int, rule: str, wildcards: dict | None = None) -> None:
    emit(events, LogEvent.JOB_INFO, jobid=jobid, rule_name=rule, wildcards=wildcards or {}, log=[])


def fail(events: JobEvents, jobid: int, rule: str, *logs: str) -> None:
    emit(events, LogEvent.JOB_ERROR, jobid=jobid, rule_name=rule, log=list(logs))


def test_a_whole_study_says_what_lies_where(events, tmp_path):
    for name in ("claims.md", "scores.csv"):
        (tmp_path / name).touch()
    (tmp_path / "tables").mkdir()
    start(events, 1, "finetune")
    start(events, 0, "all")
    assert success("mine", str(tmp_path), 1, events, "snakemake --report report.html").splitlines() == [
        "",
        "Study mine: 2 jobs in 1 min 30 s.",
        "The study is complete, with 1 run:",
        f"    claims     {tmp_path}/claims.md",
        f"    tables     {tmp_path}/tables",
        f"    scores     {tmp_path}/scores.csv",
        "To put all results on one page:",
        "    snakemake --report report.html",
    ]


def test_a_stage_does_not_point_to_what_an_earlier_call_left(events, tmp_path):
    (tmp_path / "claims.md").touch()
    start(events, 1, "finetune")
    text = success("mine", str(tmp_path), 1, events, "snakemake --report report.html")
    assert "Study mine: 1 job in 1 min 30 s." in text
    assert "claims.md" not in text and "--report" not in text


def test_a_failed_job_with_the_end_of_its_log_and_how_to_go_on(events, tmp_path):
    log = tmp_path / "seed-1.log"
    log.write_text("en: 3 sentences\nError: the loss is nan\n")
    start(events, 3, "finetune", {"training_set": "hi", "variant": "dense", "seed": "1"})
    start(events, 4, "finetune")
    fail(events, 3, "finetune", str(log))
    assert failure("mine", events, LOG, COMMAND).splitlines() == [
        "",
        "Study mine: 1 of 2 jobs failed, after 1 min 30 s.",
        "  finetune training_set=hi variant=dense seed=1",
        f"    {log}",
        "      | en: 3 sentences",
        "      | Error: the loss is nan",
        "Finished jobs are kept. To resume (a fine-tuning from its last snapshot), run the same command:",
        "    snakemake --cores 2",
    ]


def test_a_job_that_is_tried_again_has_not_failed(events):
    start(events, 3, "finetune")
    fail(events, 3, "finetune")
    start(events, 3, "finetune")
    assert events.failed == []
    fail(events, 3, "finetune")
    assert [job.rule for job in events.failed] == ["finetune"]


def test_jobs_of_a_group_have_its_cluster_log_too(events):
    """Of a group, Snakemake logs the error with the log of SLURM, and then that of each job without it."""
    jobs = {5: "predict", 6: "score"}
    for jobid, rule in jobs.items():
        start(events, jobid, rule, {"seed": "1"})
    infos = [{"jobid": jobid, "rule_name": rule, "log": [f"{rule}.log"]} for jobid, rule in jobs.items()]
    emit(events, LogEvent.GROUP_ERROR, groupid="scoring", aux_logs=["slurm/7.log"], job_error_info=infos)
    for jobid, rule in jobs.items():
        fail(events, jobid, rule, f"{rule}.log")
    assert [job.logs for job in events.failed] == [["predict.log", "slurm/7.log"], ["score.log", "slurm/7.log"]]
    assert [dict(job.wildcards) for job in events.failed] == [{"seed": "1"}] * 2


def test_many_failed_jobs_are_a_list_with_the_logs_of_the_first_three(events, tmp_path):
    log = tmp_path / "rule.log"
    log.write_text("".join(f"line {number}\n" for number in range(30)))
    for jobid in range(25):
        start(events, jobid, "finetune", {"seed": str(jobid)})
        fail(events, jobid, "finetune", str(log))
    lines = failure("mine", events, LOG, COMMAND).splitlines()
    assert [line for line in lines if "finetune seed=" in line] == [f"  finetune seed={seed}" for seed in range(20)]
    assert [line for line in lines if "|" in line] == [f"      | line {number}" for number in range(20, 30)] * 3
    assert f"  and 5 more: {LOG[0]}" in lines


def test_an_end_without_a_failed_job_names_the_log_of_snakemake(events):
    start(events, 1, "finetune")
    text = failure("mine", events, LOG, COMMAND)
    assert f"Study mine: ended after 1 min 30 s, but not because of a failed job: {LOG[0]}" in text
    assert COMMAND in text


@pytest.mark.parametrize(
    "content, lines",
    [
        (b"", ["(empty)"]),
        (b"\n \n", ["(empty)"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b" 0%|  |\r50%|# |\r100%|##|\nend\n", ["100%|##|", "end"]),
        (b"50%|# |\r\nend", ["50%|# |", "end"]),
        (b"\x1b[31mError: \x1b[1mbad\x1b[0m\x1b[K\n", ["Error: bad"]),
        ("हिन्दी\n".encode() + b"\xff\n", ["हिन्दी", "\ufffd"]),
        (b"x" * 300, ["x" * 199 + "…"]),
        (b"y\n" + b"x" * 99_999 + b"\n" + b"z\n" * 11, ["z"] * 10),
    ],
)
def test_the_last_lines_of_a_log(tmp_path, content, lines):
    (tmp_path / "rule.log").write_bytes(content)
    assert last_lines(tmp_path / "rule.log") == lines


def test_a_job_that_ended_before_its_log_says_so(tmp_path):
    assert last_lines(tmp_path / "rule.log") == ["(not written: the job ended before it started its log)"]


def test_only_the_end_of_a_large_log_is_read(tmp_path):
    (tmp_path / "rule.log").write_bytes(b"first\n" + b"\n" * summary.TAIL_BYTES)
    assert last_lines(tmp_path / "rule.log") == ["(empty)"]


@pytest.fixture
def environment(tmp_path, monkeypatch) -> Path:
    """The folder of programs of a virtual environment in this folder, which a shell has not activated."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".venv/bin"
    folder.mkdir(parents=True)
    for path in (folder / "snakemake", tmp_path / "other/snakemake"):
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "other"))
    return folder


def test_a_shell_starts_the_same_snakemake(environment, tmp_path, monkeypatch):
    assert program() == [".venv/bin/snakemake"]
    assert program(moved=True) == [f"{environment}/snakemake"]
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert program() == [f"{environment}/snakemake"]
    monkeypatch.setenv("PATH", str(environment))
    assert program() == ["snakemake"]
    (environment / "snakemake").unlink()
    assert program() == [f"{environment}/python", "-m", "snakemake"]


def test_commands_are_quoted_for_a_shell(environment, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(environment))
    assert this_call(["--cores", "2", "--config", "seeds=[1, 2]"]) == "snakemake --cores 2 --config 'seeds=[1, 2]'"
    (tmp_path / "Snakefile").touch()
    assert report_call([], [], "Snakefile") == "snakemake --report report.html"
    command = report_call([tmp_path / "studies/my study.yaml"], ["seeds=[1]"], tmp_path / "Snakefile")
    assert command == "snakemake --report report.html --configfile 'studies/my study.yaml' --config 'seeds=[1]'"


def test_the_report_of_a_workflow_in_another_folder(environment, tmp_path, monkeypatch):
    """With --directory Snakemake is in that folder by now, and the command is given where this call was."""
    monkeypatch.setenv("PATH", str(environment))
    for folder in ("shared", "mine"):
        (tmp_path / folder).mkdir()
    snakefile = tmp_path / "shared/Snakefile"
    snakefile.touch()
    monkeypatch.chdir(tmp_path / "mine")
    overlay = tmp_path / "mine/study.yaml"
    assert report_call([overlay], [], snakefile) == (
        "snakemake --report report.html --snakefile ../shared/Snakefile --configfile study.yaml"
    )
    assert report_call([overlay], [], snakefile, directory="../mine") == (
        f"snakemake --report report.html --snakefile {snakefile} --directory {tmp_path}/mine --configfile {overlay}"
    )
    (tmp_path / "mine/Snakefile").touch()  # another workflow's
    assert "--snakefile ../shared/Snakefile" in report_call([], [], snakefile)
