"""A call that would predict in int8 ends before it trains, where it could not."""

from types import SimpleNamespace

import pytest
from jobs import quantisation
from ner_pruning.files import InputError


def job(script: str | None, **wildcards: str) -> SimpleNamespace:
    return SimpleNamespace(rule=SimpleNamespace(script=script), wildcards_dict=wildcards)


BASE = job("../scripts/predict.py", training_set="yo", variant="dense", seed="1")
QUANTISED = job("../scripts/predict.py", training_set="yo", variant="partial-50-int8", seed="1")
SCORED = job("../scripts/score.py", training_set="yo", variant="dense-int8", seed="1")
EXPORTED = job("../scripts/export_run.py", training_set="yo", variant="partial-50-int8", seed="1")
TARGET = job(None)


@pytest.mark.parametrize("jobs", [[], [BASE, SCORED, TARGET]])
def test_what_predicts_nothing_in_int8_needs_no_package(monkeypatch, jobs):
    monkeypatch.setattr(quantisation, "find_spec", lambda name: None)
    quantisation.check_package(jobs, in_conda=True)


@pytest.mark.parametrize("quantised", [QUANTISED, EXPORTED])
@pytest.mark.parametrize(
    ("installed", "in_conda", "where"), [(False, False, "here"), (True, True, "in the environment")]
)
def test_without_the_package_it_is_one_line(monkeypatch, installed, in_conda, where, quantised):
    monkeypatch.setattr(quantisation, "find_spec", lambda name: object() if installed and name == "torchao" else None)
    with pytest.raises(InputError) as error:
        quantisation.check_package([BASE, SCORED, quantised, TARGET], in_conda=in_conda)
    message = str(error.value)
    assert message.startswith("config: quantisation: torchao, which partial-50-int8 needs, is not installed")
    assert where in message and "requirements-int8.txt" in message and "\n" not in message


def test_with_the_package_nothing_is_said(monkeypatch):
    monkeypatch.setattr(quantisation, "find_spec", lambda name: object())
    quantisation.check_package([QUANTISED], in_conda=False)
