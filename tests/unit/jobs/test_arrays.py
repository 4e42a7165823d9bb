"""Job arrays are refused: the plugin for SLURM drops jobs that do not all come at once."""

from types import SimpleNamespace

import pytest
from jobs.arrays import refuse_arrays
from ner_pruning.files import InputError


def test_arrays_are_refused():
    with pytest.raises(InputError, match="^slurm-array-jobs: .* expected a call without it"):
        refuse_arrays(SimpleNamespace(array_jobs={"finetune"}))


@pytest.mark.parametrize("settings", [None, SimpleNamespace(), SimpleNamespace(array_jobs=None)])
def test_other_settings_are_not(settings):
    refuse_arrays(settings)
