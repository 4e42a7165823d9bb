"""GPUs in one box, through Snakemake: how many jobs start at a time, and which GPU each takes. The GPUs are fake."""

import fcntl
import os
import re
import shutil
from collections import Counter

import pytest
import torch
from fake_gpus import fake_gpus
from workflow_copy import Workflow

TINY = "studies/tiny.yaml"
RUN = "results/tiny/runs/hi/dense/seed-1"
GPUS = ("GPU-aa01", "GPU-bb02")


CONFIG = ("results/tiny/config.yaml", "--forcerun", "study_config")


@pytest.fixture
def driver(tmp_path, monkeypatch) -> None:
    """The machine has two GPUs, and no lock of them that other tests hold."""
    monkeypatch.setenv("PATH", os.pathsep.join([fake_gpus(tmp_path / "driver", GPUS), os.environ["PATH"]]))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def gpu_limit(output: str) -> int | None:
    """Return how many GPUs Snakemake says that the jobs of a call may use at a time, None where it says nothing."""
    limit = re.search(r"^Provided resources: gpu=\D*(\d+)\D*$", output, re.MULTILINE)
    return int(limit[1]) if limit else None


@pytest.mark.parametrize(("rule", "file"), [("finetune", "weights.safetensors.zst"), ("predict", "predictions.json")])
def test_a_job_takes_the_gpu_that_no_other_call_of_snakemake_holds(finished, driver, tmp_path, rule, file):
    """A PyTorch for CUDA finds that it cannot use the made-up GPU, and says so."""
    copy = Workflow(shutil.copytree(finished.folder, tmp_path / "copy"))
    locks = tmp_path / "temporary" / f"compression-gpus-{os.getuid()}"
    locks.mkdir()
    with open(locks / f"{GPUS[0]}.0", "w", encoding="utf-8") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        options = ("--forcerun", rule, "--allowed-rules", rule, "--cores", "1", "--configfile", TINY)
        done = copy.call(f"{RUN}/{file}", *options)
    log = (copy.folder / f"results/tiny/logs/{rule}/hi/dense/seed-1.log").read_text()
    assert f"GPU: {GPUS[1]}\n" in log
    if torch.version.cuda is None:
        assert done.returncode == 0, done.stdout
    else:
        assert f"cannot use the GPU that it was given (CUDA_VISIBLE_DEVICES={GPUS[1]})" in log


@pytest.mark.parametrize(
    "arguments, limit",
    [((), 2), (("--config", "jobs_per_gpu=3"), 6), (("--resources", "gpu=1"), 1)],
    ids=["a job a GPU", "three", "what the user says goes first"],
)
def test_no_more_jobs_start_than_find_a_gpu(workflow, driver, arguments, limit):
    assert gpu_limit(workflow.run(TINY, *CONFIG, *arguments)) == limit


def test_another_number_of_jobs_a_gpu_makes_no_run_stale(finished):
    assert finished.planned(TINY, "--config", "jobs_per_gpu=3") == Counter({"study_config": 1})


def test_without_a_gpu_nothing_changes(finished):
    (snakemake_log, *_) = sorted((finished.folder / ".snakemake/log").iterdir())
    assert "Provided cores: 2" in snakemake_log.read_text()
    assert gpu_limit(snakemake_log.read_text()) is None
    logs = list((finished.folder / "results/tiny/logs").rglob("*.log"))
    assert len(logs) > 20
    assert not [log for log in logs if "GPU" in log.read_text()]
