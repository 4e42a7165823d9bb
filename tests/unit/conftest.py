"""What tests of whole runs share."""

import pytest
import torch
from small_runs import make_study


@pytest.fixture
def settings_of_torch():
    """Torch's threads, determinism and denormal numbers are afterwards what other tests expect."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The folder of a small study: encoder and encoded sentences."""
    return make_study(tmp_path_factory.mktemp("study"))
