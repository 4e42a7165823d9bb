import pytest
from compression.files import InputError
from logs import log_to, slurm_job


@pytest.fixture
def log(tmp_path):
    return tmp_path / "logs" / "rule.log"


def test_a_log_outside_of_slurm_holds_what_is_printed(log, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with log_to(str(log)):
        print("en: 3 sentences")
    assert log.read_text() == "en: 3 sentences\n"


def test_a_log_of_a_slurm_job_begins_with_the_job_its_node_and_gpus(log, monkeypatch):
    for name, value in {"SLURM_JOB_ID": "17", "SLURMD_NODENAME": "node3", "CUDA_VISIBLE_DEVICES": "1"}.items():
        monkeypatch.setenv(name, value)
    with log_to(str(log)):
        print("en: 3 sentences")
    assert log.read_text() == "SLURM job 17 on node3, GPUs: 1\nen: 3 sentences\n"


def test_a_slurm_job_without_a_gpu_says_so():
    assert slurm_job({"SLURM_JOB_ID": "17", "SLURMD_NODENAME": "node3"}) == "SLURM job 17 on node3, GPUs: none"


def test_bad_input_is_one_line_in_the_log(log, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(SystemExit), log_to(str(log)):
        raise InputError("en: no file")
    assert log.read_text() == "Error: en: no file\n"
