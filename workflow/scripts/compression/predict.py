"""Prediction: the tag of each word of encoded sentences, in full batches of packed sentences."""

from collections.abc import Mapping

import numpy as np
import torch
from transformers import PreTrainedModel

from compression.encoded import LOST, EncodedSentences, batches_by_length, pack
from compression.mentions import LABELS
from compression.model import packed_inputs
from compression.predictions import LanguagePredictions

BATCH_PIECES = 512
"""Pieces of a packed batch: large enough for full matrix products, small enough for its square attention mask."""


@torch.inference_mode()
def predict(model: PreTrainedModel, sentences: EncodedSentences, precision: str) -> list[np.ndarray]:
    """Return the predicted tag ids of each sentence, one a word; a lost word has the tag O.

    precision: fp32, or bf16 (autocast).
    """
    device = next(model.parameters()).device
    tags = np.full(len(sentences.first_pieces), LABELS.index("O"), np.int8)
    for chosen in batches_by_length(sentences.lengths, BATCH_PIECES):
        batch = pack(sentences, chosen)
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            logits = model(**packed_inputs(batch, model, device)).logits[0]
        tags[batch.word_numbers] = logits[torch.from_numpy(batch.words).to(device)].argmax(-1).cpu().numpy()
    return np.split(tags, sentences.word_offsets[1:-1])


def predict_language(
    model: PreTrainedModel, language: str, sentences: EncodedSentences, sizes: Mapping[str, int], precision: str
) -> dict[str, LanguagePredictions]:
    """Return the predictions for a language by test set; sizes: numbers of sentences, in the order they stand in."""
    tags, lost = predict(model, sentences, precision), lost_words(sentences)
    parts, start = {}, 0
    for name, size in sizes.items():
        rows = slice(start, start + size)
        parts[name] = LanguagePredictions(language, sentences.digests[rows], tags[rows], lost[rows])
        start += size
    return parts


def lost_words(sentences: EncodedSentences) -> np.ndarray:
    """Return the number of words of each sentence that have no piece within the length limit."""
    lost = np.concatenate([[0], np.cumsum(sentences.first_pieces == LOST)])
    return np.diff(lost[sentences.word_offsets])
