"""Write one run as a folder that transformers loads: its weights, the tokenizer, and a model card with the scores.

All weights, or in a compact export the embeddings of the word pieces alone that its languages' texts use; those of a
quantised run's linear layers in int8.
"""

from collections.abc import Iterable
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from shutil import copy

import numpy as np
import pandas as pd
from huggingface_hub import ModelCard
from jobs.logs import log_to
from ner_pruning.data.encoded_sentences import read_encoded
from ner_pruning.files import atomic_folder, read_json
from ner_pruning.report.model_card import model_card
from ner_pruning.scoring.score_table import read_scores
from ner_pruning.study.layout import TOKENIZER_FILES
from ner_pruning.training.checkpoint import load_run
from ner_pruning.training.compact import compact_model, compact_tokenizer_files, kept_pieces, pieces_of
from ner_pruning.training.model import PACKED_KEY, first_position
from ner_pruning.training.quantised_export import save_in_int8
from tokenizers import Tokenizer
from transformers import PreTrainedModel


def main(
    model: PreTrainedModel,
    card: ModelCard,
    encoder_folder: Path,
    out: str,
    kept: np.ndarray | None = None,
    corpora: Iterable[str] = (),
    *,
    quantised: bool = False,
) -> None:
    """Write the folder; encoder_folder has the tokenizer.

    kept: ids of the pieces of a compact export. corpora: paths of the texts that its tokenizer must cut as the whole
    one does. quantised: whether the model is stored in int8.
    """
    if hasattr(model.config, PACKED_KEY):  # of this workflow's batches, and nothing to transformers
        delattr(model.config, PACKED_KEY)
    if kept is not None:
        compact_model(model, kept)
    with atomic_folder(out) as folder:
        if quantised:
            print(f"{save_in_int8(model, folder)} linear layers in int8", flush=True)
        else:
            model.save_pretrained(folder)
        for name in TOKENIZER_FILES:
            copy(encoder_folder / name, folder)
        if kept is not None:
            compact_tokenizer_files(folder, kept, corpora)
        card.save(folder / "README.md")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, files = snakemake.params, snakemake.input
        encoder_folder = Path(files.encoder[0]).parent
        model = load_run(weights_path=files.weights, config_path=files.config, encoder_folder=encoder_folder)
        kept, vocabulary = None, None
        if params.compact:
            tokenizer = Tokenizer.from_file(str(encoder_folder / TOKENIZER_FILES[0]))
            encoded = (read_encoded(path).pieces for path in [*files.train, *files.evaluation])
            used = chain(encoded, pieces_of(tokenizer, files.corpora))  # which are not cut off at max_length
            kept = kept_pieces(tokenizer, used, first_position(model))
            vocabulary = (len(kept), model.config.vocab_size)
            print(f"{vocabulary[0]:,} of {vocabulary[1]:,} word pieces are kept", flush=True)
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
            vocabulary=vocabulary,
            quantised_by=f"torchao {version('torchao')}" if params.quantisation else None,
        )
        corpora = files.corpora if params.compact else ()
        quantised = bool(params.quantisation)
        main(model, card, encoder_folder, snakemake.output[0], kept, corpora, quantised=quantised)
