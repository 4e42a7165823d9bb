"""The training loop on a device that computes nothing (`fake_device`): what a GPU would be asked to do in each step."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

WAIT = "values = torch.stack(losses + scales).tolist()  # the only wait for the device"
NO_VALUE = "DataDependentOutputException"


@pytest.fixture(scope="module")
def results():
    program = [sys.executable, Path(__file__).parents[2] / "fake_loop.py"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(program, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("scope, most", [("dense", 870), ("full", 870), ("movement", 870), ("padded", 970)])
def test_a_step_is_one_copy_few_operators_and_no_wait(results, scope, most):
    """What ends the loop is its last step, whose losses have no values on this device: nothing before it waits."""
    assert (results[scope]["error"], results[scope]["line"]) == (NO_VALUE, WAIT)
    assert len(results[scope]["steps"]) == 3
    for step in results[scope]["steps"]:
        assert (step["others"], step["blocking"], step["back"]) == (1, 0, 0)
        assert 800 < step["operators"] <= most


def test_a_replayed_step_is_one_copy_and_what_is_left_of_the_operators(results):
    """Besides the graph: the seed of dropout, the norm of the gradients and the optimiser."""
    assert (results["replayed"]["error"], results["replayed"]["line"]) == (NO_VALUE, WAIT)
    step = results["replayed"]["steps"][-1]
    assert (step["others"], step["blocking"], step["back"]) == (1, 0, 0)
    assert 5 < step["operators"] <= 30


@pytest.mark.parametrize("fault, error", [("wait", NO_VALUE), ("mix", "FakeTensorDeviceMismatchError")])
def test_a_wait_and_a_mix_of_devices_end_the_loop(results, fault, error):
    assert results[fault]["error"] == error
    assert results[fault]["line"] != WAIT


def test_a_copy_that_blocks_is_seen(results):
    assert [step["blocking"] for step in results["copy"]["steps"]] == [0, 0, 1]
