"""Which device a run takes, and that a GPU that cannot be used is no silent run on a CPU."""

import pytest
import torch
from ner_pruning.files import InputError
from ner_pruning.training.model import GIVEN_GPUS, choose_device


@pytest.fixture(autouse=True)
def without_gpus(monkeypatch):
    """PyTorch with CUDA, in a process that has not been given a GPU and finds none."""
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name in GIVEN_GPUS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "name, available, expected", [("auto", False, "cpu"), ("auto", True, "cuda"), ("cpu", True, "cpu")]
)
def test_the_device_of_a_config_value(monkeypatch, name, available, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert choose_device(name).type == expected


@pytest.mark.parametrize("variable, value", [("CUDA_VISIBLE_DEVICES", "GPU-aa01"), ("SLURM_JOB_GPUS", "0")])
def test_a_gpu_that_was_given_and_cannot_be_used_is_refused(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    for name in ("auto", "cuda"):
        with pytest.raises(InputError, match=rf"device: {name}, but PyTorch .*CUDA 13\.0.*\({variable}={value}\)"):
            choose_device(name)
    assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize("value", ["", "-1", "NoDevFiles"])
def test_no_gpu_was_given(monkeypatch, value):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert choose_device("auto").type == "cpu"
    with pytest.raises(InputError, match="no CUDA device is visible"):
        choose_device("cuda")


def test_a_pytorch_without_cuda_was_chosen_for_cpus(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert choose_device("auto").type == "cpu"
