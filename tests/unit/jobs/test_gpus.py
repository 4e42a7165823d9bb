"""One GPU a job: real processes on GPUs that only a fake driver lists."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from fake_gpus import fake_gpus
from jobs.gpus import VISIBLE, claim_gpu, gpu_slots, select_gpus, visible_gpus

SCRIPTS = Path(__file__).parents[3] / "workflow" / "scripts"
TWO = ("GPU-aa01", "GPU-bb02")
JOB = """
import sys
from jobs.gpus import claim_gpu
claim_gpu("auto", int(sys.argv[1]))
sys.stdin.read()
"""
IMPORTS = """
import torch
def used(*arguments):
    raise SystemExit("CUDA is used")
for name in ("is_available", "device_count", "current_device", "_lazy_init", "init"):
    setattr(torch.cuda, name, used)
import ner_pruning.training.run, ner_pruning.training.checkpoint, ner_pruning.scoring.prediction, jobs.gpus
"""


class Jobs:
    """Processes that claim a GPU and hold it until they are ended."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment, self.running = environment, []

    def start(self, jobs_per_gpu: int = 1, **environment: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", JOB, str(jobs_per_gpu)],
            env=self.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def claimed(self, jobs_per_gpu: int = 1, **environment: str) -> str:
        """Start a job and return the first line that it prints."""
        return self.start(jobs_per_gpu, **environment).stdout.readline().strip()

    def kill(self, number: int) -> None:
        self.running[number].kill()
        self.running[number].wait()


@pytest.fixture
def jobs(tmp_path):
    path = os.pathsep.join([fake_gpus(tmp_path / "driver", TWO), os.environ["PATH"]])
    environment = {name: value for name, value in os.environ.items() if name != VISIBLE}
    jobs = Jobs(environment | {"PATH": path, "TMPDIR": str(tmp_path), "PYTHONPATH": str(SCRIPTS)})
    yield jobs
    for process in jobs.running:
        process.kill()
        process.communicate()


def test_jobs_side_by_side_have_a_gpu_each_and_one_too_many_waits(jobs):
    assert [jobs.claimed(), jobs.claimed()] == ["GPU: GPU-aa01", "GPU: GPU-bb02"]
    third = jobs.start()
    assert third.stdout.readline() == "waits for a GPU: all slots are taken (GPUs: 2, jobs per GPU: 1)\n"
    jobs.kill(1)  # as kill -9 does
    assert third.stdout.readline() == "GPU: GPU-bb02\n"


def test_jobs_share_gpus_as_the_config_says_the_emptiest_first(jobs):
    claimed = [jobs.claimed(2) for _ in range(3)]
    assert claimed == ["GPU: GPU-aa01", "GPU: GPU-bb02", "GPU: GPU-aa01"]
    jobs.kill(1)
    assert [jobs.claimed(2), jobs.claimed(2)] == ["GPU: GPU-bb02"] * 2
    assert jobs.claimed(2).startswith("waits for a GPU: all slots are taken (GPUs: 2, jobs per GPU: 2)")


def test_a_job_that_ends_by_itself_frees_its_gpu(jobs):
    first = jobs.start()
    assert first.stdout.readline() == "GPU: GPU-aa01\n"
    first.communicate()
    assert first.returncode == 0
    assert jobs.claimed() == "GPU: GPU-aa01"


def test_only_gpus_that_are_visible_already_are_taken_whatever_their_names(jobs):
    assert jobs.claimed(**{VISIBLE: "1"}) == "GPU: 1"
    assert jobs.claimed(**{VISIBLE: "1,0"}) == "GPU: 0"  # index 1 is GPU-bb02, which is taken
    assert jobs.claimed(**{VISIBLE: "GPU-bb"}).startswith("waits for a GPU: all slots are taken (GPUs: 1,")


def test_a_claim_is_what_cuda_will_see(jobs):
    see = (
        JOB.replace("sys.stdin.read()", "import os")
        + f"print(os.environ['{VISIBLE}'], os.environ['CUDA_DEVICE_ORDER'])"
    )
    assert jobs.claimed() == "GPU: GPU-aa01"
    printed = subprocess.run(
        [sys.executable, "-c", see, "1"], env=jobs.environment, stdout=subprocess.PIPE, text=True, check=True
    )
    assert printed.stdout.splitlines() == ["GPU: GPU-bb02", "GPU-bb02 PCI_BUS_ID"]
    printed = subprocess.run(
        [sys.executable, "-c", see, "1"],
        env=jobs.environment | {VISIBLE: "0,1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert printed.stdout.splitlines() == ["GPU: 1", "GPU-bb02 PCI_BUS_ID"]  # the one that was locked, by its UUID


@pytest.mark.parametrize(
    "visible, gpus",
    [
        (None, {"GPU-aa01": "GPU-aa01", "GPU-bb02": "GPU-bb02", "GPU-ab03": "GPU-ab03"}),
        ("2,0", {"2": "GPU-ab03", "0": "GPU-aa01"}),
        (" 0 , 1 ", {"0": "GPU-aa01", "1": "GPU-bb02"}),
        ("GPU-bb", {"GPU-bb": "GPU-bb02"}),
        ("GPU-a,0", {}),  # of two GPUs
        ("0,7,1", {"0": "GPU-aa01"}),
        ("0,-1,1", {"0": "GPU-aa01"}),
        ("MIG-5f", {"MIG-5f": "MIG-5f"}),
        ("", {}),
        ("-1", {}),
        ("NoDevFiles", {}),
    ],
)
def test_the_gpus_that_a_value_shows(visible, gpus):
    installed = {"GPU-aa01": [], "GPU-bb02": [], "GPU-ab03": []}
    assert select_gpus(installed, visible) == gpus
    assert list(select_gpus(installed, visible)) == list(gpus)
    assert select_gpus({}, visible) == {}


@pytest.mark.parametrize(
    "visible, gpus",
    [
        (None, {"MIG-11": "MIG-11", "MIG-12": "MIG-12", "GPU-bb02": "GPU-bb02"}),
        ("1,0", {"1": "GPU-bb02", "0": "MIG-11"}),
        ("GPU-aa", {"GPU-aa": "MIG-11"}),
        ("MIG-12", {"MIG-12": "MIG-12"}),
    ],
)
def test_a_divided_gpu_is_as_many_as_its_parts(visible, gpus):
    """By its index or its own name CUDA shows the first of them."""
    assert select_gpus({"GPU-aa01": ["MIG-11", "MIG-12"], "GPU-bb02": []}, visible) == gpus


def test_the_parts_that_the_driver_lists_have_a_job_each(tmp_path, jobs):
    driver = fake_gpus(tmp_path / "driver", ["GPU-aa01", "MIG-11", "MIG-12", "GPU-bb02"])
    jobs.environment["PATH"] = os.pathsep.join([driver, os.environ["PATH"]])
    assert {jobs.claimed() for _ in range(3)} == {"GPU: MIG-11", "GPU: MIG-12", "GPU: GPU-bb02"}
    assert jobs.claimed().startswith("waits for a GPU: all slots are taken (GPUs: 3,")


@pytest.mark.parametrize("case", ["no driver", "a driver without a gpu", "the device cpu", "none visible"])
def test_without_a_gpu_nothing_changes(case, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "driver"
    answers = {"no driver": None, "a driver without a gpu": (["No devices were found"], 6)}
    answer = answers.get(case, (TWO, 0))
    monkeypatch.setenv("PATH", fake_gpus(folder, *answer) if answer else str(tmp_path))
    monkeypatch.delenv(VISIBLE, raising=False)
    if case == "none visible":
        monkeypatch.setenv(VISIBLE, "")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    before = dict(os.environ)
    device = "cpu" if case == "the device cpu" else "auto"
    claim_gpu(device, 2)
    assert dict(os.environ) == before
    assert list((tmp_path / "temporary").iterdir()) == []
    assert capsys.readouterr() == ("", "")
    assert gpu_slots(device, 2) == 0


def test_slots_are_those_of_all_visible_gpus(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", fake_gpus(tmp_path / "driver", TWO))
    monkeypatch.delenv(VISIBLE, raising=False)
    assert [gpu_slots("auto", 1), gpu_slots("cuda", 3), gpu_slots("cpu", 3)] == [2, 6, 0]


def test_a_driver_that_prints_what_is_no_text_has_no_gpus(tmp_path, monkeypatch):
    """It says in the language of the machine, which need not be its encoding, that it is not loaded."""
    folder = fake_gpus(tmp_path / "driver", [])
    program = Path(folder, "nvidia-smi")
    program.write_bytes(program.read_bytes().replace(b"exit 0", b"echo 'Fehler: Ger\xe4t'\nexit 9"))
    monkeypatch.setenv("PATH", os.pathsep.join([folder, os.environ["PATH"]]))
    assert visible_gpus("auto") == {}


def test_what_the_jobs_import_does_not_use_cuda():
    """It would read which GPUs are visible before the job has claimed one."""
    done = subprocess.run([sys.executable, "-c", IMPORTS], env=os.environ | {"PYTHONPATH": str(SCRIPTS)}, check=False)
    assert done.returncode == 0
