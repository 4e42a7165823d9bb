"""Prediction of test sentences in fp32 and bf16, against Trainer.predict in batches of 8, its default, and 64."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import ours
import torch
import trainer
from common import Work, alternate, in_child, make_parser, prepared_work, ratio_line, run_benchmark
from ner_pruning.data.encoded_sentences import LOST, read_encoded
from ner_pruning.data.mentions import LABELS
from ner_pruning.scoring.f1 import score
from ner_pruning.scoring.prediction import predict
from ner_pruning.training.model import choose_device
from spreads import spread
from transformers import AutoModelForTokenClassification, Trainer

PRECISIONS = ("fp32", "bf16")
BATCH_SIZES = {"trainer-default": None, "trainer-64": 64}
"""Sentences of a batch of the trainer's; None is its default."""


@dataclass(frozen=True)
class Prediction:
    """Seconds that a prediction took, and the tag id of each word (total words)."""

    seconds: float
    tags: np.ndarray


def main(arguments: Sequence[str] | None = None) -> None:
    """Print sentences a second, F1 and the share of equal labels of each side, then the ratios."""
    parser = make_parser(__doc__, steps=30)
    parser.add_argument("--test-languages", nargs="+", help="whose test sentences are predicted; the one trained on")
    arguments = parser.parse_args(arguments)
    languages = arguments.test_languages or arguments.language.split(",")
    with prepared_work(arguments, {arguments.steps}, languages) as work:
        in_child(train_model, work, arguments.steps)
        sides = {f"ours-{precision}": partial(predict_ours, work, precision) for precision in PRECISIONS}
        sides |= {name: partial(predict_theirs, work, size) for name, size in BATCH_SIZES.items()}
        results = alternate(sides, arguments.repetitions)
        describe(work, results)
    seconds = {side: [prediction.seconds for prediction in predictions] for side, predictions in results.items()}
    for precision in PRECISIONS:
        for name in BATCH_SIZES:
            print(ratio_line(f"prediction-{precision}/{name}", seconds[f"ours-{precision}"], seconds[name]))


def describe(work: Work, results: dict[str, list[Prediction]]) -> None:
    """Print of each side its sentences a second, its F1, and the share of labels that are the trainer's."""
    sentences = read_encoded(work.test_path)
    limits = sentences.word_offsets[1:-1]
    gold = np.split(sentences.tags, limits)
    theirs = results["trainer-default"][0].tags
    print(f"{len(sentences)} test sentences, {len(set(sentences.digests))} distinct ones; ours predicts these once")
    for side, predictions in results.items():
        tags = predictions[0].tags
        f1, equal = score(gold, np.split(tags, limits))["f1"], np.mean(tags == theirs)
        rate = spread(len(sentences) / prediction.seconds for prediction in predictions)
        print(f"  {side}: {rate} sentences a second, F1 {f1:.4f}, {equal:.3%} of the labels are trainer-default's")


def train_model(work: Work, steps: int) -> None:
    """Fine-tune a model for both sides, in the form of either: as the workflow stores it, and as transformers does."""
    work.trained.mkdir()
    ours.train_into(work.trained, work, steps)
    ours.load(work).save_pretrained(work.published)


def predict_ours(work: Work, precision: str) -> Prediction:
    """Predict as the workflow's script does."""
    model = ours.load(work).to(choose_device(work.finetuning["device"]))
    sentences = read_encoded(work.test_path)
    began = time.perf_counter()
    tags = predict(model, sentences, precision)
    return Prediction(time.perf_counter() - began, np.concatenate(tags))


def predict_theirs(work: Work, batch_size: int | None) -> Prediction:
    """Predict with dynamic padding, in the order of the sentences; only the trainer's own part is timed."""
    torch.set_num_threads(work.finetuning["threads"])
    model = AutoModelForTokenClassification.from_pretrained(work.published, trust_remote_code=False)
    sentences = read_encoded(work.test_path)
    rows = trainer.make_rows(sentences, range(len(sentences)))
    others = {} if batch_size is None else {"per_device_eval_batch_size": batch_size}
    predictor = Trainer(
        model,
        trainer.make_arguments(work, str(work.folder / "trainer"), **others),
        data_collator=trainer.make_collator(work),
    )
    began = time.perf_counter()
    output = predictor.predict(rows)
    seconds = time.perf_counter() - began
    tags = np.full(len(sentences.first_pieces), LABELS.index("O"), np.int8)
    tags[sentences.first_pieces != LOST] = output.predictions.argmax(-1)[output.label_ids != trainer.IGNORED]
    return Prediction(seconds, tags)


if __name__ == "__main__":
    run_benchmark(main)
