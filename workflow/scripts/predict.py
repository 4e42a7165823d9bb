"""Predict all test sets of one run."""

from collections.abc import Mapping
from pathlib import Path

from jobs.gpus import claim_gpu
from jobs.logs import log_to
from ner_pruning.data.test_sets import read_encoded_evaluation
from ner_pruning.files import atomic_folder, read_json
from ner_pruning.scoring.prediction import predict_language
from ner_pruning.scoring.prediction_files import LanguagePredictions, write_manifest, write_predictions
from ner_pruning.terms import Run
from ner_pruning.training.checkpoint import load_run
from ner_pruning.training.model import choose_device
from ner_pruning.training.process import be_deterministic, use_threads
from ner_pruning.training.quantisation import quantise
from transformers import PreTrainedModel


def main(model: PreTrainedModel, paths: Mapping[str, str], precision: str, folder: str, manifest: str) -> None:
    """Write one file per test set with all its languages, and their manifest; paths: encoded evaluation by language."""
    predictions: dict[str, list[LanguagePredictions]] = {}
    for language, path in paths.items():
        sentences, sizes = read_encoded_evaluation(path)
        for name, part in predict_language(model, language, sentences, sizes, precision).items():
            predictions.setdefault(name, []).append(part)
        print(f"{language}: {len(sentences)} sentences", flush=True)
    with atomic_folder(folder) as beside:
        for name, parts in predictions.items():
            write_predictions(beside / f"{name}.parquet", parts)
    write_manifest(manifest, {name: Path(folder, f"{name}.parquet") for name in predictions})


if __name__ == "__main__":
    with log_to(snakemake.log[0], title=f"predict {Run(*snakemake.wildcards)}"):
        params = snakemake.params
        claim_gpu(params.device, snakemake.config["jobs_per_gpu"])  # before CUDA starts
        use_threads(params.threads)
        be_deterministic()
        model = load_run(
            weights_path=snakemake.input.weights,
            config_path=snakemake.input.config,
            encoder_folder=Path(snakemake.input.encoder).parent,
        )
        paths = dict(zip(params.languages, snakemake.input.sentences, strict=True))
        precision = read_json(snakemake.input.run)["precision"]
        model.to(choose_device(params.device))
        if params.quantisation:
            print(f"{quantise(model)} linear layers in int8", flush=True)
        main(model, paths, precision, folder=snakemake.output.folder, manifest=snakemake.output.manifest)
