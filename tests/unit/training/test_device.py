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
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_80", "sm_90", "sm_100", "compute_120"])
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some GPU")
    for name in GIVEN_GPUS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "name, available, expected", [("auto", False, "cpu"), ("auto", True, "cuda"), ("cpu", True, "cpu")]
)
def test_the_device_of_a_config_value(monkeypatch, name, available, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert choose_device(name).type == expected


@pytest.mark.parametrize(
    "capability, runs",
    [((7, 0), False), ((6, 1), False), ((7, 5), True), ((8, 9), True), ((11, 0), False), ((12, 1), True)],
)
def test_a_gpu_of_a_generation_that_pytorch_is_not_compiled_for_is_refused(monkeypatch, capability, runs):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    if runs:
        assert choose_device("auto").type == "cuda"
    else:
        major, minor = capability
        with pytest.raises(InputError, match=rf"nothing compiled for Some GPU \(sm_{major}{minor}\); expected one of"):
            choose_device("auto")
    assert choose_device("cpu").type == "cpu"


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
