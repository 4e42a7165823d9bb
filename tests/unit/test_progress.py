"""The lines on how far a job is: when they come, and what they say."""

import dataclasses
import re

import pytest
from ner_pruning import progress as progress_module
from ner_pruning.progress import ProgressLines, duration
from ner_pruning.scoring.prediction import predict
from ner_pruning.training import finetune as finetune_module
from ner_pruning.training.finetune import finetune
from ner_pruning.training.pruning import Pruner
from small_models import make_training, random_sentences, tiny_model
from small_runs import run

SENTENCES = random_sentences([3, 60, 7, 2, 19, 5, 33, 4, 6, 5, 11, 3, 48, 2, 9, 8])
LINE = re.compile(
    r"step (\S+) of (\S+) \(epoch (\d+) of (\d+)\), loss ([\d.]+), [\d,]+ tokens/s(?: \(\d+% of peak\))?, (.+)"
)


class Clock:
    """A clock that is moved by hand, in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress_module.time, "perf_counter", clock)
    return clock


def steps(lines: ProgressLines, clock: Clock, numbers: range, seconds: float, tokens: int) -> None:
    """Do steps of so many seconds and tokens each, and write every line that is due."""
    for step in numbers:
        clock.now += seconds
        if lines.due(step, tokens):
            lines.write(f"step {step}")


def test_the_first_line_after_ten_seconds_then_one_a_minute(clock, capsys):
    steps(ProgressLines(300), clock, range(1, 136), seconds=1, tokens=50)
    assert capsys.readouterr().out.splitlines() == [
        "step 10, 50 tokens/s, 4 min 50 s left",
        "step 70, 50 tokens/s, 3 min 50 s left",
        "step 130, 50 tokens/s, 2 min 50 s left",
    ]


def test_tokens_are_those_since_the_last_line_and_time_left_is_of_the_whole_attempt(clock, capsys):
    lines = ProgressLines(220)
    steps(lines, clock, range(1, 11), seconds=1, tokens=600)
    steps(lines, clock, range(11, 41), seconds=2, tokens=600)
    assert capsys.readouterr().out.splitlines() == [
        "step 10, 600 tokens/s, 3 min 30 s left",
        "step 40, 300 tokens/s, 5 min 15 s left",  # 40 steps in 70 s, 180 to go
    ]


def test_a_run_that_goes_on_counts_from_there(clock, capsys):
    """80 of 100 steps by an earlier attempt: at 2 s a step, 15 more take half a minute."""
    steps(ProgressLines(100, done=80), clock, range(81, 86), seconds=2, tokens=10)
    assert capsys.readouterr().out == "step 85, 5 tokens/s, 30 s left\n"


def test_the_last_line_says_how_long_it_took(clock, capsys):
    lines = ProgressLines(3)
    steps(lines, clock, range(1, 4), seconds=2, tokens=10)
    lines.write("step 3")
    assert capsys.readouterr().out == "step 3, 5 tokens/s, took 6 s\n"


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (599, "9 min 59 s"),
        (600, "10 min"),
        (2600, "43 min"),
        (3599, "1 h 0 min"),
        (7500, "2 h 5 min"),
        (86_399, "1 d 0 h"),
        (327_600, "3 d 19 h"),
    ],
)
def test_a_duration(seconds, text):
    assert duration(seconds) == text


def test_training_says_where_it_is_and_its_mean_loss(monkeypatch, capsys):
    """Every line is due: they have the losses of the training curve, and the run takes no other course."""
    training = dataclasses.replace(make_training(epochs=3, learning_rate=1e-3), batch_size=8)
    curve = finetune(tiny_model("bert"), SENTENCES, training, Pruner({}, {}), seed=1)
    (last,) = capsys.readouterr().out.splitlines()  # of a run of less than ten seconds
    assert LINE.fullmatch(last).groups()[:4] == ("6", "6", "3", "3")
    monkeypatch.setattr(progress_module, "SECONDS", 0)
    monkeypatch.setattr(
        finetune_module, "ProgressLines", lambda *total, **others: ProgressLines(*total, first=0, **others)
    )
    again = finetune(tiny_model("bert"), SENTENCES, training, Pruner({}, {}), seed=1)
    lines = [LINE.fullmatch(line).groups() for line in capsys.readouterr().out.splitlines()]
    assert [line[:4] for line in lines] == [(str(step), "6", str(1 + (step - 1) // 2), "3") for step in range(1, 7)]
    assert [line[4] for line in lines] == [f"{row['loss']:.4f}" for row in curve]
    assert [row["loss"] for row in again] == [row["loss"] for row in curve]


def test_prediction_says_how_much_of_the_pieces_is_done(monkeypatch, capsys):
    model = tiny_model("bert").eval()
    predict(model, SENTENCES, "fp32")
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(
        "ner_pruning.scoring.prediction.BATCH_PIECES", {"cpu": 60}
    )  # 225 pieces, the longest sentences first
    monkeypatch.setattr("ner_pruning.scoring.prediction.SECONDS", 0)
    monkeypatch.setattr(progress_module, "SECONDS", 0)
    predict(model, SENTENCES, "fp32", "sw")
    shares = [re.match(r"sw: (\d+)% done, ", line)[1] for line in capsys.readouterr().out.splitlines()]
    assert shares == ["27", "48", "71", "97", "100"]  # 60 pieces, 48, 33 + 19, …


@pytest.mark.usefixtures("settings_of_torch")
def test_a_run_prints_plain_lines(study, tmp_path, capsys):
    run(study, tmp_path / "run", "dense")
    printed = capsys.readouterr()
    assert LINE.fullmatch(printed.out.splitlines()[-1]).groups()[:4] == ("40", "40", "5", "5")
    assert "\r" not in printed.out + printed.err
