"""What is predicted when a part of a model is not the one that was trained: its head, its encoder or its vocabulary."""

from collections.abc import Sequence

import numpy as np
import torch
from transformers import PreTrainedModel

from ner_pruning.data.encoded_sentences import EncodedSentences
from ner_pruning.data.mentions import LABELS
from ner_pruning.scoring.f1 import GoldRow
from ner_pruning.scoring.prediction import word_states

HEAD_SD = 0.02
"""Standard deviation of the weights of BERT's new heads; it changes no prediction, since their bias is 0."""
SHIFTED_ROWS = (1, 5, 1000)
"""By how many rows a vocabulary with some pieces more or less at its beginning may be shifted."""


def untrained_head_f1(states: np.ndarray, gold: GoldRow, random: np.random.Generator, draws: int) -> np.ndarray:
    """Return the F1 of some new heads over hidden states; states: words of `gold` × hidden size, of `word_states`."""
    heads = random.normal(0, HEAD_SD, (draws, states.shape[1], len(LABELS)))
    return np.array([_f1(states @ head, gold) for head in heads])


def wrong_encoder_f1(model: PreTrainedModel, states: np.ndarray, gold: GoldRow) -> float:
    """Return the F1 of a trained classifier over what that of another model gets, such as the pretrained encoder's."""
    with torch.no_grad():
        return _f1(model.classifier(torch.from_numpy(states)).numpy(), gold)


def wrong_vocabulary_f1(
    model: PreTrainedModel,
    sentences: EncodedSentences,
    chosen: np.ndarray,
    gold: GoldRow,
    shifts: Sequence[int] = SHIFTED_ROWS,
) -> np.ndarray:
    """Return the F1 of a trained model whose word embeddings stand some rows further down; the model is unchanged.

    chosen: indices of the encoded sentences of `gold`.
    """
    embedding = model.get_input_embeddings()
    right, f1 = embedding.weight.detach().clone(), []
    with torch.no_grad():
        for shift in shifts:
            embedding.weight.copy_(right.roll(shift, dims=0))
            f1.append(wrong_encoder_f1(model, word_states(model, sentences, chosen), gold))
        embedding.weight.copy_(right)
    return np.array(f1)


def _f1(scores: np.ndarray, gold: GoldRow) -> float:
    """Return the F1 of the labels with the highest scores; scores: words × labels."""
    row = np.zeros(len(gold.row), dtype=np.int64)
    row[gold.words] = scores.argmax(axis=1)
    return gold.f1(row)
