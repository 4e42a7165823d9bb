"""Write one run as a folder that transformers loads: all weights, the tokenizer, and a model card with the scores."""

from pathlib import Path
from shutil import copy

import pandas as pd
from huggingface_hub import ModelCard
from jobs.logs import log_to
from ner_pruning.files import atomic_folder, read_json
from ner_pruning.report.model_card import model_card
from ner_pruning.scoring.score_table import read_scores
from ner_pruning.study.layout import TOKENIZER_FILES
from ner_pruning.training.checkpoint import load_run
from ner_pruning.training.model import PACKED_KEY
from transformers import PreTrainedModel


def main(model: PreTrainedModel, card: ModelCard, encoder_folder: Path, out: str) -> None:
    """Write the folder; encoder_folder has the tokenizer."""
    if hasattr(model.config, PACKED_KEY):  # of this workflow's batches, and nothing to transformers
        delattr(model.config, PACKED_KEY)
    with atomic_folder(out) as folder:
        model.save_pretrained(folder)
        for name in TOKENIZER_FILES:
            copy(encoder_folder / name, folder)
        card.save(folder / "README.md")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, files = snakemake.params, snakemake.input
        card = model_card(
            study=params.study,
            training_set=snakemake.wildcards.training_set,
            languages=params.languages,
            encoder=params.encoder_name,
            dataset=params.dataset_name,
            hub=params.hub,
            run=read_json(files.run),
            sparsity=pd.read_csv(files.sparsity),
            scores=read_scores(files.scores),
        )
        encoder_folder = Path(files.encoder[0]).parent
        model = load_run(weights_path=files.weights, config_path=files.config, encoder_folder=encoder_folder)
        main(model, card, encoder_folder, snakemake.output[0])
