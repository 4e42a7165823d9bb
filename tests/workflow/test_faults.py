"""Faults that are really made: signals, a full disk, a read-only folder, damaged files, two snakemakes at once.

Each must end with a clear line, leave nothing half-written that a later call trusts, and be over with its cause.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path

import psutil
import pytest
import yaml
from workflow_copy import Workflow, copy_workflow

ROOT = Path(__file__).parents[2]
RUNS = [f"runs/hi/{variant}/seed-1" for variant in ("dense", "full-50", "full-80")]
SCORES = [f"results/faults/{run}/scores.csv" for run in RUNS]
FILES = ("weights.safetensors.zst", "config.json", "sparsity.csv", "predictions.json", "scores.csv", "counts.parquet")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
TARGETS = ("snakemake", "job", "both")
EPOCHS = 250
"""Of what is disturbed: some seconds a run, so that a disturbance finds one that trains."""

SECONDS = 180
"""How long a test waits for something that takes seconds, where the machine has other work."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system, for which it must be root")


def write_study(workflow: Workflow, epochs: int, snapshot_minutes: float) -> str:
    """Write the tiny study with other epochs and snapshots to the folder of a copy; return the overlay's name."""
    tiny = yaml.safe_load((ROOT / "studies/tiny.yaml").read_text())
    changes = {"study": "faults", "finetuning": tiny["finetuning"] | {"epochs": epochs}}
    changes |= {"pruning": tiny["pruning"] | {"sparsities": [50, 80]}}
    overlay = tiny | changes | {"snapshots": {"minutes": snapshot_minutes}}
    (workflow.folder / "study.yaml").write_text(yaml.safe_dump(overlay))
    return "study.yaml"


def start(workflow: Workflow, *arguments: str) -> subprocess.Popen:
    """Start snakemake; it prints to the file `printed` of its folder."""
    return workflow.start(workflow.folder / "printed", *arguments)


def wait_until(condition: Callable[[], object], process: subprocess.Popen | None = None) -> object:
    """Wait until a condition holds and return what it is then, or until the process ends and return None."""
    end = time.monotonic() + SECONDS
    while not (held := condition()):
        if process is not None and process.poll() is not None:
            return None
        assert time.monotonic() < end, f"waited {SECONDS} s"
        time.sleep(0.01)
    return held


def jobs(process: subprocess.Popen) -> list[psutil.Process]:
    """Return the running scripts of a snakemake."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return [child for child in children if any(".snakemake/scripts/" in part for part in child.cmdline())]
    except psutil.NoSuchProcess:
        return []


def error_lines(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("Error: ")]


def half_written(folder: Path) -> list[Path]:
    """Return what is left of files that were being written: their names are hidden, or say so."""
    own = ".snakemake_timestamp"  # in outputs that are folders
    hidden = [path for path in folder.rglob("*") if path.name.startswith(".") and path.name != own]
    return hidden + list(folder.rglob("*.incomplete"))


# Signals


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Workflow:
    """A copy in which the study has run, undisturbed but for others that are started at the same time."""
    workflow = copy_workflow(tmp_path_factory.mktemp("undisturbed"))
    overlay = write_study(workflow, epochs=EPOCHS, snapshot_minutes=10)
    call = [*SCORES, "--cores", "2", "--configfile", overlay]
    first = workflow.start(workflow.folder / "printed", *call, environment={})  # warm: no signal reaches it
    wait_until(lambda: list(workflow.folder.glob(".snakemake/locks/*.lock")), first)
    workflow.second = workflow.call(*SCORES, "--cores", "1", "--configfile", overlay)
    workflow.other = workflow.call("data", "--cores", "1", "--configfile", "studies/tiny.yaml")
    workflow.locks = list(workflow.folder.glob(".snakemake/locks/*"))
    workflow.during = first.poll() is None
    assert first.wait() == 0, (workflow.folder / "printed").read_text()
    return workflow


def test_a_second_snakemake_on_the_same_study_is_refused_and_the_first_is_unharmed(undisturbed):
    assert undisturbed.during and undisturbed.second.returncode != 0
    assert "Error: Directory cannot be locked." in undisturbed.second.stdout
    assert "It can be removed with the --unlock argument." in undisturbed.second.stdout
    assert "Traceback" not in undisturbed.second.stdout


def test_another_study_may_run_in_the_same_folder_at_the_same_time(undisturbed):
    assert undisturbed.during and undisturbed.other.returncode == 0, undisturbed.other.stdout
    assert (undisturbed.folder / "results/tiny/data/hi/train.parquet").exists()
    assert undisturbed.locks == []  # Snakemake removes the lock of the first with its own: docs/operations.md says so


IN_TRAINING = {
    ("snakemake", signal.SIGKILL),
    ("snakemake", signal.SIGTERM),
    ("job", signal.SIGTERM),  # as SLURM ends it
    ("job", signal.SIGKILL),  # as a machine out of memory does
    ("both", signal.SIGINT),  # Ctrl-C
}
"""The disturbances that wait until a run trains."""


def disturbances(seed: int) -> list[tuple[str, int, bool, float]]:
    """Return each (target, signal, whether it waits until a run trains, seconds after that or after the first job)."""
    draw = random.Random(seed)
    kinds = [*product(TARGETS, SIGNALS)]
    draw.shuffle(kinds)
    return [(*kind, kind in IN_TRAINING, draw.uniform(0, 0.5)) for kind in kinds]


def has_trained(results: Path, since: float) -> bool:
    """Return whether a run has made a snapshot since a time, or none is left to train."""
    for run in RUNS:
        with suppress(FileNotFoundError):  # it goes when the run is stored
            if (results / run / "snapshot/snapshot.json").stat().st_mtime > since:
                return True
    return all((results / run / "run.json").exists() for run in RUNS)


def hit_a_job(process: subprocess.Popen, number: int) -> psutil.Process | None:
    """Send a signal to a running job and return the job, if there was one."""
    for job in jobs(process):
        with suppress(psutil.NoSuchProcess):  # it has just ended by itself
            job.send_signal(number)
            return job
    return None


def disturb(process: subprocess.Popen, target: str, number: int) -> None:
    """Send a signal to snakemake, to one of its jobs, or to all of them as Ctrl-C in a terminal does.

    A job that has done its work and is about to exit does not notice: then snakemake goes on, and the next is hit.
    """
    if target == "job":
        hit = []
        while job := wait_until(lambda: hit_a_job(process, number), process):
            hit.append(job)
            psutil.wait_procs([job], timeout=SECONDS)
        assert hit, "snakemake ended before a job was hit"
    elif target == "snakemake":
        os.kill(process.pid, number)
    else:
        os.killpg(process.pid, number)


def test_disturbances_of_one_study_change_no_byte_of_its_results(undisturbed, tmp_path):
    seed = int(os.environ.get("FAULTS_SEED", "1"))
    workflow = copy_workflow(tmp_path / "disturbed")
    overlay = write_study(workflow, epochs=EPOCHS, snapshot_minutes=0.2 / 60)
    results, resumed, orphans_stopped = workflow.folder / "results/faults", 0, []
    for number, (target, signal_number, waits, seconds) in enumerate(disturbances(seed), 1):
        name, after = signal.Signals(signal_number).name, "training" if waits else "a job"
        what = f"FAULTS_SEED={seed}, {number}: {name} to {target}, {seconds:.2f} s after {after}"
        began = time.time()
        process = start(workflow, *SCORES, "--cores", "1", "--configfile", overlay)
        wait_until(lambda process=process: jobs(process), process)
        if waits:
            wait_until(lambda began=began: has_trained(results, began), process)
        time.sleep(seconds)
        assert process.poll() is None, f"{what}: the study had ended"
        running = jobs(process)
        disturb(process, target, signal_number)
        code = process.wait(timeout=SECONDS)
        psutil.wait_procs(running, timeout=SECONDS)
        printed = (workflow.folder / "printed").read_text()
        resumed += printed.count("resumes after step")
        if (target, signal_number, waits) == ("snakemake", signal.SIGKILL, True):
            orphans_stopped.append("stopped by SIGTERM; the next attempt resumes from here" in printed)
        print(f"{what}: {time.time() - began:.1f} s, ends with {code}")
        assert code != 0, what
        if list(workflow.folder.glob(".snakemake/locks/*.lock")):
            assert signal_number == signal.SIGKILL and target != "job", f"{what}: a lock is left"
            assert workflow.call("--unlock", "--configfile", overlay).returncode == 0
    resumed += workflow.run(overlay, *SCORES).count("resumes after step")
    assert resumed >= 2
    assert any(orphans_stopped) or not orphans_stopped, f"FAULTS_SEED={seed}: jobs went on without snakemake"
    for run, name in product(RUNS, FILES):
        ours, theirs = (copy.folder / "results/faults" / run / name for copy in (workflow, undisturbed))
        assert ours.read_bytes() == theirs.read_bytes(), f"FAULTS_SEED={seed}: {run}/{name}"
    assert half_written(results) == list(results.rglob("snapshot")) == []


# The disk


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[None]:
    """Mount something on a folder as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", *arguments, str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def resize(folder: Path, kilobytes: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(folder)], check=True)


@as_root
def test_a_full_disk_while_data_weights_and_a_snapshot_are_written(tmp_path):
    """The disk grows until the next thing does not fit; each time the same command goes on from what is whole."""
    workflow = copy_workflow(tmp_path / "full")
    results = workflow.folder / "results"
    stages = [
        (4, 10, "results/faults/data/hi/train.parquet", "data/hi/validation.parquet"),
        (160, 10, SCORES[0], f"{RUNS[0]}/weights.safetensors.zst"),
        (260, 1e-9, SCORES[0], f"{RUNS[0]}/snapshot/step-2.safetensors"),
    ]
    with mounted(results, "-t", "tmpfs", "-o", "size=4k", "tmpfs"):
        for kilobytes, minutes, target, file in stages:
            resize(results, kilobytes)
            overlay = write_study(workflow, epochs=2, snapshot_minutes=minutes)
            done = workflow.call(target, "--cores", "1", "--configfile", overlay)
            assert done.returncode != 0
            assert error_lines(done.stdout) == [f"Error: results/faults/{file}: No space left on device"], done.stdout
            assert "Traceback" not in done.stdout
            assert not (results / "faults" / file).exists()
            assert half_written(results) == []
        resize(results, 10_000)
        assert "resumes after step 1\n" in workflow.run(overlay, SCORES[0])
        assert half_written(results) == list(results.rglob("snapshot")) == []


@as_root
def test_a_results_folder_that_cannot_be_written_to(tmp_path):
    workflow = copy_workflow(tmp_path / "read-only")
    results = workflow.folder / "results"
    results.mkdir()
    with mounted(results, "--bind", "-o", "ro", str(results)):
        done = workflow.call("data", "--cores", "1", "--configfile", "studies/tiny.yaml")
    assert done.returncode != 0
    assert "results: cannot be written to; expected a folder for the results of the study" in done.stdout
    assert "Traceback" not in done.stdout
    workflow.run("studies/tiny.yaml", "results/tiny/data/hi/train.parquet")


# Damaged files

DAMAGED = {
    "data": ({"evaluation/hi.parquet", "encoded/train/hi.parquet"}, "not a readable Parquet file ("),
    "model": ({f"{RUNS[0]}/weights.safetensors.zst"}, "damaged ("),
}


@pytest.mark.parametrize(("names", "line"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_files_are_named_and_made_again_when_they_are_deleted(finished, tmp_path, names, line):
    workflow = Workflow(tmp_path / "damaged")
    shutil.copytree(finished.folder, workflow.folder, symlinks=True)
    results = workflow.folder / "results/tiny"
    targets = [f"results/tiny/{RUNS[0]}/{name}" for name in ("scores.csv", "weights.safetensors.zst")]
    files = [results / name for name in names] + [workflow.folder / target for target in targets]
    before = {file: file.read_bytes() for file in files}
    for name in names:
        (results / name).write_bytes(before[results / name][:-20])
    done = workflow.call(*targets, "--keep-going", "--cores", "2", "--configfile", "studies/tiny.yaml")
    assert done.returncode != 0
    named = {name for name in names for text in error_lines(done.stdout) if f"results/tiny/{name}: {line}" in text}
    assert named == names, done.stdout
    assert "Traceback" not in done.stdout
    for name in names:
        (results / name).unlink(missing_ok=True)
    workflow.run("studies/tiny.yaml", *targets)
    assert {file: file.read_bytes() for file in files} == before
