"""Steps in place of epochs, and shares of the training: what they are in optimiser steps, by hand."""

import pytest
from ner_pruning.study.schedules import Schedule

SHARES = {"start": 0.12, "end": 0.29, "frequency": 0.024}


def of_row(row, epochs, sentences):
    return Schedule.of_row({"batch_size": 8} | row, epochs, sentences)


def test_a_row_of_steps_needs_no_epochs():
    schedule = of_row({"steps": 100}, None, 60)
    assert (schedule.epochs, schedule.steps(60), schedule.total) == (13, 100, 100)  # 8 steps an epoch, 12.5 epochs
    assert schedule.passes(60) == 12.5
    assert schedule.length(60) == "training has 100 steps"
    whole = of_row({"steps": 16}, 99, 60)  # steps go before the epochs of the config
    assert (whole.epochs, whole.passes(60)) == (2, 2)


def test_a_row_without_new_keys_is_as_before():
    schedule = of_row({"start": 10, "end": 60, "frequency": 10}, 60, 100)
    assert (schedule.epochs, schedule.steps(100), schedule.total) == (60, 780, None)
    assert schedule.passes(100) == 60
    assert schedule.pruning_steps() == [10, 20, 30, 40, 50, 60]


def test_shares_are_of_all_steps():
    """Of the multilingual model of studies/equal-budget.yaml: 0.12 · 8,280 = 993.6, 0.29 · 8,280 = 2,401.2, 198.7."""
    schedule = of_row(SHARES | {"steps": 8280}, None, 100)
    assert (schedule.start, schedule.end, schedule.frequency) == (994, 2401, 199)
    assert of_row(SHARES, 60, 100).pruning_steps() == [94, 113, 132, 151, 170, 189, 208, 226]  # of 780, every 19
    assert schedule.misfit(100) is None


def test_a_short_training_has_a_step_at_least_of_each_share():
    schedule = of_row({"start": 0.01, "end": 0.5, "frequency": 0.01}, 1, 60)
    assert (schedule.start, schedule.end, schedule.frequency) == (1, 4, 1)


@pytest.mark.parametrize(
    ("row", "misfit"),
    [
        (
            {"start": 1, "end": 9, "frequency": 1},
            "ends at step 9, but 60 sentences in batches of 8 over 1 epochs are",
        ),
        ({"start": 1, "end": 9, "frequency": 1, "steps": 8}, "ends at step 9, but training has 8 steps"),
        (
            {"start": 0.3, "end": 0.31, "frequency": 0.01},
            "has start 2, end 2 and frequency 1 in steps, which do not fit together; 60",
        ),
        ({"start": 5, "end": 0.5, "frequency": 1}, "has start 5, end 4 and frequency 1 in steps, which"),
        ({"start": 1, "end": 5, "frequency": 0.9}, "has start 1, end 5 and frequency 7 in steps, which"),
    ],
)
def test_what_does_not_fit_is_said(row, misfit):
    assert of_row(row, 1, 60).misfit(60).startswith(misfit)
