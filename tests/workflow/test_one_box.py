"""GPUs in one box, through Snakemake: how many jobs start at a time, and which GPU each takes. The GPUs are fake."""

import fcntl
import os
import shutil

import pytest
from fake_gpus import fake_gpus
from workflow_copy import Workflow

TINY = "studies/tiny.yaml"
RUN = "results/tiny/runs/hi/dense/seed-1"
GPUS = ("GPU-aa01", "GPU-bb02")


@pytest.fixture
def box(finished, tmp_path, monkeypatch) -> Workflow:
    """A copy of the finished study on a machine with two GPUs."""
    monkeypatch.setenv("PATH", os.pathsep.join([fake_gpus(tmp_path / "driver", GPUS), os.environ["PATH"]]))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return Workflow(shutil.copytree(finished.folder, tmp_path / "box"))


def test_jobs_take_the_gpu_that_no_other_call_of_snakemake_holds(box, tmp_path):
    """Another call's job holds the first GPU; this one starts two jobs at a time, as if it had both."""
    locks = tmp_path / "temporary" / f"compression-gpus-{os.getuid()}"
    locks.mkdir()
    with open(locks / f"{GPUS[0]}.0", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        output = box.run(TINY, "--forcerun", "finetune", "--until", "predict")
    assert "Provided resources: gpu=2\n" in output
    logs = [
        box.folder / f"results/tiny/logs/{rule}/hi/{variant}/seed-1.log"
        for rule in ("finetune", "predict")
        for variant in ("dense", "full-50")
    ]
    assert [f"GPU: {GPUS[1]}\n" in log.read_text() for log in logs] == [True] * 4
    assert not any(GPUS[0] in log.read_text() for log in logs)


def test_another_number_of_jobs_a_gpu_makes_nothing_stale_and_more_jobs_start(box):
    (box.folder / "shared.yaml").write_text("jobs_per_gpu: 3\n")
    output = box.run(TINY, "shared.yaml")
    assert "Provided resources: gpu=6\n" in output
    assert "2 of 2 steps (100%) done" in output  # the config as it is stored, and the target


def test_what_the_user_says_goes_first(box):
    output = box.run(TINY, "--resources", "gpu=1", "--forcerun", "study_config")
    assert "Provided resources: gpu=1\n" in output


def test_without_a_gpu_nothing_changes(finished):
    output = finished.run(TINY, "--forcerun", "study_config")
    assert "Provided resources" not in output
    logs = list((finished.folder / "results/tiny/logs").rglob("*.log"))
    assert len(logs) > 20
    assert not [log for log in logs if "GPU" in log.read_text()]
