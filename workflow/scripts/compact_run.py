"""Write one run as a folder that transformers loads, with the word pieces that its languages' texts use alone."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from shutil import copy

import numpy as np
import pandas as pd
from huggingface_hub import ModelCard
from jobs.logs import log_to
from ner_pruning.data.encoded_sentences import read_encoded
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.files import atomic_folder, read_json, write_json
from ner_pruning.report.model_card import model_card
from ner_pruning.scoring.score_table import read_scores
from ner_pruning.study.layout import TOKENIZER_FILES
from ner_pruning.training.checkpoint import load_run
from ner_pruning.training.compact import check_same_pieces, compact_model, compact_tokenizer, kept_pieces
from ner_pruning.training.model import PACKED_KEY, first_position
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedModel


def main(
    model: PreTrainedModel,
    tokenizers: tuple[Tokenizer, Tokenizer],
    kept: np.ndarray,
    corpora: Sequence[str],
    encoder_folder: Path,
    card: ModelCard,
    out: str,
) -> None:
    """Write the folder; tokenizers: the whole one and the compact one. corpora: paths of all texts, which it must cut
    as the whole one does."""
    if hasattr(model.config, PACKED_KEY):  # of this workflow's batches, and nothing to transformers
        delattr(model.config, PACKED_KEY)
    compact_model(model, kept)
    with atomic_folder(out) as folder:
        model.save_pretrained(folder)
        for name in TOKENIZER_FILES:
            copy(encoder_folder / name, folder)
        tokenizers[1].save(str(folder / TOKENIZER_FILES[0]))
        renumber_settings(folder / TOKENIZER_FILES[1], kept)
        stored = AutoTokenizer.from_pretrained(folder, trust_remote_code=False).backend_tokenizer
        for path in corpora:
            check_same_pieces(tokenizers[0], stored, read_corpus(path).tokens, path)
        card.save(folder / "README.md")


def renumber_settings(path: Path, kept: np.ndarray) -> None:
    """Give the added pieces that tokenizer_config.json names their new ids."""
    settings = read_json(path)
    if "added_tokens_decoder" in settings:
        number = {old: new for new, old in enumerate(kept.tolist())}
        settings["added_tokens_decoder"] = {
            str(number[int(old)]): token for old, token in settings["added_tokens_decoder"].items()
        }
        write_json(path, settings)


def pieces_of(paths: Iterable[str]) -> list[np.ndarray]:
    """Return the distinct pieces of each file of encoded sentences."""
    return [np.unique(read_encoded(path).pieces) for path in paths]


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, files = snakemake.params, snakemake.input
        encoder_folder = Path(files.encoder[0]).parent
        whole = Tokenizer.from_file(str(encoder_folder / TOKENIZER_FILES[0]))
        model = load_run(weights_path=files.weights, config_path=files.config, encoder_folder=encoder_folder)
        kept = kept_pieces(whole, pieces_of([*files.train, *files.evaluation]), first_position(model))
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
            vocabulary=(len(kept), model.config.vocab_size),
        )
        print(f"{len(kept):,} of {model.config.vocab_size:,} word pieces are kept", flush=True)
        corpora = [*files.corpora]
        main(model, (whole, compact_tokenizer(whole, kept)), kept, corpora, encoder_folder, card, snakemake.output[0])
