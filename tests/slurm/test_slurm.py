"""The tiny study on a real SLURM cluster of one node through the profile, against the same study run locally."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from cluster import CONFIG, GPUS, one_node_cluster, output, why_not
from workflow_copy import Workflow, copy_workflow

VARIANTS = ("dense", "full-50")
JOB = re.compile(r"SLURM job (\d+) on localhost, GPUs: (.+)")
WEIGHTS = "results/tiny/runs/hi/full-50/seed-1/weights.safetensors.zst"
SQUEUE = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3"]


pytestmark = [pytest.mark.slurm, pytest.mark.skipif(why_not() is not None, reason=why_not() or "")]


@pytest.fixture(scope="module")
def local(finished) -> Workflow:
    """A copy of the workflow in which the tiny study has run locally."""
    return finished


@pytest.fixture(scope="module")
def submitted(warm, tmp_path_factory) -> tuple[Workflow, list[dict[str, str]]]:
    """A copy in which it has run through the profile, and what SLURM says of each job, in the order of submission."""
    workflow = copy_workflow(tmp_path_factory.mktemp("submitted"))
    with one_node_cluster(tmp_path_factory.mktemp("cluster")):
        done = workflow.call("--workflow-profile", "profiles/slurm", "--configfile", "studies/tiny.yaml", *SQUEUE)
        assert done.returncode == 0, done.stdout
        jobs = output("scontrol", "--oneliner", "show", "job").splitlines()
    return workflow, [dict(re.findall(r"(\w+)=(\S*)", job)) for job in jobs]


@pytest.fixture(scope="module")
def short_of_memory(finished, tmp_path_factory) -> tuple[Workflow, str, list[dict[str, str]]]:
    """A copy in which a fine-tuning, whose weights were deleted, first asks for less memory than it takes.

    Also what was printed, and SLURM's jobs.
    """
    workflow = Workflow(tmp_path_factory.mktemp("short-of-memory") / "workflow")
    shutil.copytree(finished.folder, workflow.folder, symlinks=True)
    (workflow.folder / WEIGHTS).unlink()
    with one_node_cluster(tmp_path_factory.mktemp("cluster")):
        done = workflow.call(
            *("--workflow-profile", "profiles/slurm", "--configfile", "studies/tiny.yaml", *SQUEUE),
            *("--set-resources", "finetune:mem_mb=200 * attempt ** 3", "--", WEIGHTS),
        )
        jobs = output("scontrol", "--oneliner", "show", "job").splitlines()
    assert done.returncode == 0, done.stdout
    return workflow, done.stdout, [dict(re.findall(r"(\w+)=(\S*)", job)) for job in jobs]


def logged_jobs(workflow: Workflow) -> dict[str, tuple[str, str]]:
    """Return (job, GPUs) of SLURM by log, of the logs that name one."""
    folder = workflow.folder / "results/tiny/logs"
    first = {path: path.read_text().partition("\n")[0] for path in folder.rglob("*.log")}
    return {
        str(path.relative_to(folder)): match.groups() for path, line in first.items() if (match := JOB.fullmatch(line))
    }


def test_the_jobs_that_are_not_local_go_through_sbatch_and_complete(submitted):
    _, jobs = submitted
    expected = [f"rule_finetune_wildcards_hi_{variant}_1" for variant in VARIANTS]
    expected += ["rule_scoring_predict_score"] * len(VARIANTS) + [
        f"rule_{name}" for name in ("bootstrap", "recall", "forgotten", "diagnosis")
    ]
    assert Counter(job["Comment"] for job in jobs) == Counter(expected)
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert all(job["JobName"].startswith("compression_") for job in jobs)


def test_each_rule_runs_where_it_should(submitted):
    workflow, jobs = submitted
    logs = logged_jobs(workflow)
    runs = [f"{rule}/hi/{variant}/seed-1.log" for rule in ("finetune", "predict", "score") for variant in VARIANTS]
    assert set(logs) == {*runs, "bootstrap.log", "recall.log", "forgotten.log", "diagnosis.log"}
    assert {job for job, _ in logs.values()} == {job["JobId"] for job in jobs}
    for variant in VARIANTS:  # one job scores what it has predicted
        assert logs[f"predict/hi/{variant}/seed-1.log"] == logs[f"score/hi/{variant}/seed-1.log"]


def test_runs_see_one_gpu_each_and_other_jobs_none(submitted):
    workflow, jobs = submitted
    gpus = {log: gpus for log, (_, gpus) in logged_jobs(workflow).items()}
    seen = {log: gpus.pop(log) for log in list(gpus) if log.startswith(("finetune/", "predict/", "score/"))}
    assert set(seen.values()) <= {str(number) for number in range(len(GPUS))}
    assert len({value for log, value in seen.items() if log.startswith("finetune/")}) == 2  # they run side by side
    assert gpus == dict.fromkeys(["bootstrap.log", "recall.log", "forgotten.log", "diagnosis.log"], "none")
    asked = {job["Comment"]: job.get("TresPerJob") for job in jobs}
    for rule in ("bootstrap", "recall", "forgotten", "diagnosis"):
        assert asked.pop(f"rule_{rule}") is None
    assert set(asked.values()) == {"gres:gpu:1"}


def test_jobs_ask_for_the_minutes_and_memory_of_the_workflow(submitted):
    _, jobs = submitted
    asked = {job["Comment"]: (job["TimeLimit"], job["MinMemoryNode"]) for job in jobs}
    # 6 steps, and 32 sentences, round up to a minute after the 10 to start; a scoring of 30 follows the prediction
    assert asked == {
        "rule_finetune_wildcards_hi_dense_1": ("00:11:00", "3450M"),
        "rule_finetune_wildcards_hi_full-50_1": ("00:11:00", "4800M"),
        "rule_scoring_predict_score": ("00:41:00", "4000M"),
        "rule_bootstrap": ("00:30:00", "4000M"),
        "rule_recall": ("00:30:00", "4000M"),
        "rule_forgotten": ("00:30:00", "4000M"),
        "rule_diagnosis": ("00:30:00", "4000M"),
    }


def test_a_job_out_of_memory_is_submitted_again_with_more_and_succeeds(local, short_of_memory):
    """Clusters that limit memory by cgroups say OUT_OF_MEMORY; this one kills the job's step, which then fails."""
    workflow, printed, jobs = short_of_memory
    assert [(job["JobState"], job["MinMemoryNode"]) for job in jobs] == [("FAILED", "200M"), ("COMPLETED", "1600M")]
    (log,) = workflow.folder.glob(".snakemake/slurm_logs/rule_finetune/*/1.log")
    assert "Exceeded job memory limit" in log.read_text()
    assert "Trying to restart job" in printed
    ours, theirs = (copy.folder / WEIGHTS for copy in (workflow, local))
    assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("name", ["scores.csv", "intervals.csv", "claims.csv", "diagnosis.csv", "forgotten.csv"])
def test_scores_are_those_of_a_local_run_to_the_byte(local, submitted, name):
    workflow, _ = submitted
    ours, theirs = (copy.folder / "results/tiny" / name for copy in (workflow, local))
    assert ours.stat().st_size > 0
    assert ours.read_bytes() == theirs.read_bytes()


def test_weights_and_predictions_are_those_of_a_local_run_to_the_byte(local, submitted):
    workflow, _ = submitted
    folders = [copy.folder / "results/tiny/runs" for copy in (workflow, local)]
    names = [
        [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.suffix in (".zst", ".parquet")]
        for folder in folders
    ]
    assert names[0] == names[1] and len(names[0]) == 2 * (1 + 3 + 3)  # weights, what scoring counts, a file a test set
    for name in names[0]:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_neither_run_makes_the_other_stale(local, submitted):
    """The profile changes where jobs run, not what they depend on."""
    workflow, _ = submitted
    assert workflow.planned("studies/tiny.yaml") == Counter()
    assert local.planned("studies/tiny.yaml", "--workflow-profile", "profiles/slurm") == Counter()


def test_the_cluster_leaves_nothing_behind(submitted):
    processes = [path.read_text() for path in Path("/proc").glob("[0-9]*/comm")]
    assert not {name.strip() for name in processes} & {"slurmctld", "slurmd", "slurmstepd", "munged"}
    assert not any((CONFIG / name).exists() for name in ("slurm.conf", "gres.conf"))
