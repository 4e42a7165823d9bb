"""F1 of a study's models in fp32, next to their stored predictions: in the precision of the study, and in int8.

Reads the results of a study whose trained models are kept, and predicts with each of them in fp32.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from common import run_benchmark
from ner_pruning.data.test_sets import read_encoded_evaluation
from ner_pruning.files import InputError, read_json
from ner_pruning.scoring.f1 import score
from ner_pruning.scoring.prediction import predict_language
from ner_pruning.scoring.prediction_files import read_predictions
from ner_pruning.terms import INT8, MULTILINGUAL, VALIDATION
from ner_pruning.training.checkpoint import load_run
from spreads import spread

COLUMNS = ("variant", "test_set", "precision", "f1", "of_fp32", "words", "same")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print by variant, test set and precision F1 minus that in fp32, and the share of words with the same tag.

    Of F1: median, lowest and highest over models.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("results", type=Path, help="the folder of a study, such as results/mine")
    folder = parser.parse_args(arguments).results
    torch.set_num_threads(1)
    frame = pd.DataFrame(compared(folder), columns=COLUMNS)
    if frame.empty:
        raise InputError(f"{folder}: has no trained models with predictions in another precision than fp32")
    for (variant, test_set, precision), rows in frame.groupby(["variant", "test_set", "precision"], sort=False):
        differences = rows["f1"] - rows["of_fp32"]
        same = rows["same"].sum() / rows["words"].sum()
        print(f"{variant}, {test_set}, {precision} - fp32: {spread(differences)} F1, ", end="")
        print(f"mean {differences.mean():+.4f} over {len(rows)} models, {same:.2%} same tags")
    for precision, rows in frame.groupby("precision"):
        of_all = rows["f1"] - rows["of_fp32"]
        print(f"all, {precision} - fp32: mean {of_all.mean():+.4f}, standard deviation {of_all.std():.4f}, ", end="")
        print(f"{of_all.min():+.4f} to {of_all.max():+.4f}, {rows['same'].sum() / rows['words'].sum():.2%} same tags")


def compared(folder: Path) -> Iterator[tuple]:
    """Yield COLUMNS of each trained model, language and test set, for each precision that it has predicted in."""
    for weights in sorted(folder.glob("runs/*/*/seed-*/weights.safetensors.zst")):
        run = weights.parent
        of_int8 = run.parent.with_name(f"{run.parent.name}-{INT8}") / run.name
        stored = {read_json(run / "run.json")["precision"]: run, INT8: of_int8}
        stored = {name: path for name, path in stored.items() if name != "fp32" and (path / "predictions").is_dir()}
        if not stored:
            continue
        print(f"{run.relative_to(folder / 'runs')} in fp32", file=sys.stderr, flush=True)
        model = load_run(weights, run / "config.json", folder / "encoder")
        for path in sorted((folder / "encoded" / "evaluation").glob("*.parquet")):
            if run.parents[1].name not in (path.stem, MULTILINGUAL):
                continue
            sentences, sizes = read_encoded_evaluation(path)
            gold = np.split(sentences.tags, sentences.word_offsets[1:-1])
            start = 0
            for test_set, in_fp32 in predict_language(model, path.stem, sentences, sizes, "fp32").items():
                of_set = gold[start : start + sizes[test_set]]
                start += sizes[test_set]
                if test_set == VALIDATION:
                    continue
                f1 = score(of_set, in_fp32.tags, sentences.types)["f1"]
                for precision, place in stored.items():
                    tags = read_predictions(place / "predictions" / f"{test_set}.parquet")[path.stem].tags
                    same = sum(int(np.equal(one, other).sum()) for one, other in zip(tags, in_fp32.tags, strict=True))
                    of_precision = score(of_set, tags, sentences.types)["f1"]
                    words = sum(map(len, of_set))
                    yield run.parent.name, test_set, precision, of_precision, f1, words, same


if __name__ == "__main__":
    run_benchmark(main)
