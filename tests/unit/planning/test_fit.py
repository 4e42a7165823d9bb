"""A plan refuses what does not fit into the training, and measures with the processes that will run at a time."""

import plan
import pytest
import torch
from ner_pruning.data.encoded_sentences import write_encoded
from ner_pruning.data.test_sets import write_encoded_evaluation
from ner_pruning.files import InputError
from ner_pruning.planning.costs import TrainingSetSize
from ner_pruning.planning.power import PlannedLanguage
from ner_pruning.terms import Run
from plan import check_fit
from small_models import random_sentences

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


class Measured(Exception):
    """With how many processes the plan would have measured."""


@pytest.mark.parametrize(
    ("device", "cores", "slots", "expected"),
    [
        ("cuda", 16, 4, (3, [1, 2, 4, 8])),  # nvidia-smi lists GPUs: four slots
        ("cuda", 16, 0, (3, [1, 2, 4, 8])),  # a GPU that it does not list, as in some containers
        ("cuda", 2, 0, (2, [1, 2])),
        ("cpu", 2, 0, (2, [])),
    ],
)
def test_a_gpu_is_measured_with_the_jobs_that_will_share_it(tmp_path, monkeypatch, device, cores, slots, expected):
    """With `jobs_per_gpu: 3`, and with 1, 2, 4 and 8 as far as there are cores and runs."""

    def measure(work, own, others):
        raise Measured(own, others)

    monkeypatch.setattr(plan, "choose_device", lambda _: torch.device(device))
    monkeypatch.setattr(plan.costs, "measure_several", measure)
    monkeypatch.setattr(plan, "pruned_scopes", lambda _: ["partial"])
    sentences = random_sentences([5] * 96)
    write_encoded(tmp_path / "train.parquet", sentences)
    write_encoded_evaluation(tmp_path / "test.parquet", {"regular": sentences})
    with pytest.raises(Measured) as measured:
        plan.main(
            config={
                "finetuning": FINETUNING | {"device": "auto", "threads": 1},
                "jobs_per_gpu": 3,
                "pruning": {},
            },
            runs=[Run("sw", f"partial-{sparsity}", 1) for sparsity in range(10, 90)],
            settings={},
            training_sets={"sw": ["sw"]},
            languages={"sw": PlannedLanguage(96, 96, ["regular"], "", "")},
            schedules=ROWS,
            train_paths={"sw": str(tmp_path / "train.parquet")},
            evaluation_paths={"sw": str(tmp_path / "test.parquet")},
            encoder_folder="encoder",
            scripts={},
            snakefile="Snakefile",
            python="python",
            cores=cores,
            slots=slots,
        )
    assert measured.value.args == expected
