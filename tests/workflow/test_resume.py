"""Jobs that are killed, and snakemake with them: the next call goes on from the snapshot to the same scores."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from workflow_copy import Workflow, copy_workflow

RUN = "runs/hi/full-50/seed-1"


@pytest.fixture(scope="module")
def overlay(tmp_path_factory) -> dict:
    """The tiny study with more steps, and a snapshot after every one."""
    tiny = yaml.safe_load(Path(__file__).parents[2].joinpath("studies/tiny.yaml").read_text())
    finetuning = tiny["finetuning"] | {"epochs": 400}
    return tiny | {"study": "resumed", "finetuning": finetuning, "snapshots": {"minutes": 1e-9}}


@pytest.fixture(scope="module")
def undisturbed(overlay, tmp_path_factory) -> Path:
    """The results of the study in a copy of the workflow in which nothing was killed."""
    workflow = copy_workflow(tmp_path_factory.mktemp("undisturbed"))
    (workflow.folder / "study.yaml").write_text(yaml.safe_dump(overlay))
    workflow.run("study.yaml", f"results/resumed/{RUN}/scores.csv")
    return workflow.folder / "results/resumed"


def start(workflow: Workflow) -> subprocess.Popen:
    command = [sys.executable, "-m", "snakemake", f"results/resumed/{RUN}/scores.csv", "--cores", "2", "--nolock"]
    command += ["--configfile", "study.yaml"]
    with open(workflow.folder / "printed", "w") as printed:
        return subprocess.Popen(
            command, cwd=workflow.folder, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
        )


def wait_for(path: Path, process: subprocess.Popen) -> None:
    while not path.exists():
        assert process.poll() is None, "snakemake ended before"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_study_that_is_killed_goes_on_to_the_same_scores(overlay, undisturbed, tmp_path, number):
    """The signal goes to snakemake and its job, as Ctrl-C in a terminal, the end of a session, or a dead machine."""
    workflow = copy_workflow(tmp_path / "killed")
    (workflow.folder / "study.yaml").write_text(yaml.safe_dump(overlay))
    results = workflow.folder / "results/resumed"
    process = start(workflow)
    wait_for(results / RUN / "snapshot/snapshot.json", process)
    os.killpg(process.pid, number)
    assert process.wait(timeout=60) != 0
    assert not (results / RUN / "run.json").exists()
    assert (results / RUN / "snapshot/snapshot.json").exists()

    output = workflow.run("study.yaml", f"results/resumed/{RUN}/scores.csv", "--nolock")
    assert "snapshot: goes on after step " in output
    for name in ("weights.safetensors.zst", "config.json", "sparsity.csv", "scores.csv", "predictions.json"):
        assert (results / RUN / name).read_bytes() == (undisturbed / RUN / name).read_bytes(), name
    assert not (results / RUN / "snapshot").exists()
