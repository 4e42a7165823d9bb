"""Write one run as a folder that transformers loads: all weights, the tokenizer, and a model card with the scores."""

from pathlib import Path
from shutil import copy
from typing import Any

import pandas as pd
from compression.checkpoint import read_weights
from compression.collection import read_scores
from compression.encoder import TOKENIZER_FILES
from compression.files import atomic_folder, read_json
from compression.model import load_trained
from compression.model_card import model_card
from logs import log_to


def main(run_folder: Path, encoder_folder: Path, about: dict[str, Any], out: str) -> None:
    """Write the folder; about: what `model_card` takes besides the files of the run."""
    card = model_card(
        **about,
        run=read_json(run_folder / "run.json"),
        sparsity=pd.read_csv(run_folder / "sparsity.csv"),
        scores=read_scores(run_folder / "scores.csv"),
    )
    with atomic_folder(out) as folder:
        weights = dict(read_weights(run_folder / "weights.safetensors.zst", encoder_folder))
        load_trained(run_folder / "config.json", weights).save_pretrained(folder)
        for name in TOKENIZER_FILES:
            copy(encoder_folder / name, folder)
        card.save(folder / "README.md")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        main(
            run_folder=Path(snakemake.input.weights).parent,
            encoder_folder=Path(snakemake.input.encoder[0]).parent,
            about={
                "study": params.study,
                "training_set": snakemake.wildcards.training_set,
                "languages": params.languages,
                "encoder": params.encoder_name,
                "dataset": params.dataset_name,
                "hub": params.hub,
            },
            out=snakemake.output[0],
        )
