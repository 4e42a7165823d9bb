"""A plan refuses what does not fit into the training, of data whose sizes no config says."""

import pytest
from ner_pruning.files import InputError
from ner_pruning.planning.costs import TrainingSetSize
from ner_pruning.terms import Run
from plan import check_fit

RUNS = [Run("sw", "dense", 1), Run("sw", "partial-50", 1), Run("sw", "partial-50-after", 1)]
ROWS = {"sw": [{"up_to": 1000000, "batch_size": 8, "start": 10, "end": 60, "frequency": 10}]}
FINETUNING = {"epochs": 5, "warmup_steps": 0}


def sizes(sentences: int) -> dict[str, TrainingSetSize]:
    return {"sw": TrainingSetSize(sentences, 1, 1, 1, 1, 1)}


def test_what_fits_is_not_refused():
    check_fit(RUNS, sizes(96), ROWS, FINETUNING)  # 12 steps an epoch
    check_fit([RUNS[0], RUNS[2]], sizes(95 - 8), ROWS, FINETUNING)  # which prune at no step


def test_pruning_after_the_end_of_training_is_refused():
    message = "config: schedules: pruning of sw ends at step 60, but 88 sentences in batches of 8 over 5 epochs are 55"
    with pytest.raises(InputError, match=message):
        check_fit(RUNS, sizes(88), ROWS, FINETUNING)


def test_a_warm_up_as_long_as_training_is_refused():
    with pytest.raises(InputError, match="config: finetuning.warmup_steps: 60 is wrong: .* of sw 96 sentences"):
        check_fit(RUNS[:1], sizes(96), ROWS, FINETUNING | {"warmup_steps": 60})
