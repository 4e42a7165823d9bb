"""Predict all test sets of one run."""

from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree

import torch
from compression.encoded import read_encoded
from compression.model import choose_device, load_trained
from compression.predict import lost_words, predict
from compression.predictions import LanguagePredictions, write_manifest, write_predictions
from logs import log_to


def main(
    model_folder: str,
    test_sets: Sequence[tuple[str, str, str]],
    precision: str,
    device: str,
    folder: str,
    manifest: str,
) -> None:
    """Write a file a test set with all its languages, and their manifest; test_sets: (test set, language, path)."""
    model = load_trained(model_folder).to(choose_device(device))
    files = {}
    beside = Path(f"{folder}.incomplete")
    rmtree(beside, ignore_errors=True)
    for name in dict.fromkeys(name for name, _, _ in test_sets):
        parts = []
        for language, path in [(language, path) for other, language, path in test_sets if other == name]:
            sentences = read_encoded(path)
            tags = predict(model, sentences, precision)
            parts.append(LanguagePredictions(language, sentences.digests, tags, lost_words(sentences)))
            print(f"{name} {language}: {len(sentences)} sentences", flush=True)
        files[name] = beside / f"{name}.parquet"
        write_predictions(files[name], parts)
    rmtree(folder, ignore_errors=True)
    beside.rename(folder)
    write_manifest(manifest, {name: Path(folder, file.name) for name, file in files.items()})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        torch.set_num_threads(params.threads)
        sets = list(zip(params.test_sets, params.languages, snakemake.input.sentences, strict=True))
        model_folder = str(Path(snakemake.input.weights).parent)
        main(model_folder, sets, params.precision, params.device, snakemake.output.folder, snakemake.output.manifest)
