"""Prediction: the tag of each word of encoded sentences and its probability, in full batches, packed or padded."""

from collections.abc import Mapping

import numpy as np
import torch
from transformers import PreTrainedModel

from ner_pruning.data.encoded_sentences import LOST, EncodedSentences
from ner_pruning.files import InputError
from ner_pruning.progress import SECONDS, ProgressLines
from ner_pruning.scoring.prediction_files import CONFIDENCE_STEPS, LanguagePredictions
from ner_pruning.training.model import is_packed, load_batch, types_of_model
from ner_pruning.training.packing import batches_by_length, pack
from ner_pruning.training.precision import computing_in, piece_multiple

BATCH_PIECES = {"cpu": 512, "cuda": 8192}
"""Pieces of a batch by type of device: large enough for full matrix products, small enough for a cache, or to
start a GPU's kernels in less time than they take."""


def predict(
    model: PreTrainedModel, sentences: EncodedSentences, precision: str, title: str = "prediction"
) -> list[np.ndarray]:
    """Return the tags of `predict_with_confidence` alone."""
    return predict_with_confidence(model, sentences, precision, title)[0]


@torch.inference_mode()
def predict_with_confidence(
    model: PreTrainedModel, sentences: EncodedSentences, precision: str, title: str = "prediction"
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the predicted tag ids of each sentence, one per word, and how sure the model is of each.

    A lost word has the tag O and the confidence 0. The confidence of any other word is the softmax probability of its
    tag, in CONFIDENCE_STEPS (uint8).
    A sentence without a piece is not read: all its words are lost. Sentences with the same pieces, of which test sets
    have many, are predicted once. precision: fp32, or bf16 (autocast). title: what the lines on its progress begin
    with.
    """
    device = next(model.parameters()).device
    tags = np.zeros(len(sentences.first_pieces), np.int8)  # O
    confidence = np.zeros(len(sentences.first_pieces), np.uint8)
    same = first_of_same(sentences)
    distinct = np.unique(same)
    distinct = distinct[sentences.lengths[distinct] > 0]
    budget, padded = BATCH_PIECES[device.type], not is_packed(model)
    lengths = sentences.lengths[distinct]
    lines, done = ProgressLines(int(lengths.sum()), first=SECONDS), 0  # most languages take less and have no line
    # around all batches, so that autocast casts each weight once; `RoundedProducts` rounds them for each batch
    with computing_in(precision, device):
        found, sure, words = [], [], []
        for places in batches_by_length(lengths, budget, padded):
            batch = pack(sentences, distinct[places])
            loaded = load_batch(batch, model, device, piece_multiple(precision, device))
            logits = model(**loaded.arguments).logits.flatten(0, 1).index_select(0, loaded.words)
            best = logits.argmax(-1)
            found.append(best)  # on the device: nothing waits for it
            sure.append(logits.float().log_softmax(-1).gather(-1, best[:, None])[:, 0])
            words.append(batch.word_numbers)
            done += len(batch.pieces)
            if lines.due(done, len(batch.pieces)):
                lines.write(f"{title}: {done / lengths.sum():.0%} done")
    if words:
        numbers = np.concatenate(words)
        tags[numbers] = torch.cat(found).cpu().numpy()
        probability = torch.cat(sure).exp().cpu().numpy()
        confidence[numbers] = np.maximum(1, np.round(CONFIDENCE_STEPS * probability))
    return tuple(
        [each[sentence] for sentence in same]
        for each in (np.split(values, sentences.word_offsets[1:-1]) for values in (tags, confidence))
    )


@torch.inference_mode()
def word_states(model: PreTrainedModel, sentences: EncodedSentences, chosen: np.ndarray) -> np.ndarray:
    """Return what the classifier gets of each word of some sentences: words × hidden size.

    It is the encoder's last hidden state, behind the dense layer that the heads of some models begin with. chosen: a
    range of indices of sentences. A lost word has 0. Computed in float32, without dropout.
    """
    model.eval()
    device = next(model.parameters()).device
    states = np.zeros((len(sentences.first_pieces), model.classifier.in_features), dtype=np.float32)
    read = chosen[sentences.lengths[chosen] > 0]
    budget, padded = BATCH_PIECES[device.type], not is_packed(model)
    got: list[torch.Tensor] = []
    handle = model.classifier.register_forward_pre_hook(lambda _, arguments: got.append(arguments[0]))
    try:
        for places in batches_by_length(sentences.lengths[read], budget, padded):
            batch = pack(sentences, read[places])
            loaded = load_batch(batch, model, device)
            model(**loaded.arguments)
            states[batch.word_numbers] = got.pop().flatten(0, 1).index_select(0, loaded.words).cpu().numpy()
    finally:
        handle.remove()
    return states[sentences.word_offsets[chosen[0]] : sentences.word_offsets[chosen[-1] + 1]]


def first_of_same(sentences: EncodedSentences) -> np.ndarray:
    """Return for each sentence the index of the first one that has the same pieces and words (sentences)."""
    pieces = np.split(sentences.pieces, sentences.piece_offsets[1:-1])
    words = np.split(sentences.first_pieces, sentences.word_offsets[1:-1])
    first: dict[tuple[bytes, bytes], int] = {}
    keys = ((some.tobytes(), others.tobytes()) for some, others in zip(pieces, words, strict=True))
    return np.array([first.setdefault(key, sentence) for sentence, key in enumerate(keys)])


def predict_language(
    model: PreTrainedModel, language: str, sentences: EncodedSentences, sizes: Mapping[str, int], precision: str
) -> dict[str, LanguagePredictions]:
    """Return the predictions for a language by test set; sizes: numbers of sentences, in the order they stand in.

    Raises InputError for a model of other entity types than the sentences'.
    """
    types = types_of_model(model.config, language)
    if types != sentences.types:
        found, expected = ", ".join(types), ", ".join(sentences.types)
        raise InputError(f"{language}: a model of the types {found}; expected {expected}, as of the sentences")
    tags, confidence = predict_with_confidence(model, sentences, precision, language)
    lost = lost_words(sentences)
    parts, start = {}, 0
    for name, size in sizes.items():
        rows = slice(start, start + size)
        parts[name] = LanguagePredictions(
            language, sentences.digests[rows], tags[rows], lost[rows], types=types, confidence=confidence[rows]
        )
        start += size
    return parts


def lost_words(sentences: EncodedSentences) -> np.ndarray:
    """Return the number of words of each sentence that have no piece within the length limit."""
    lost = np.concatenate([[0], np.cumsum(sentences.first_pieces == LOST)])
    return np.diff(lost[sentences.word_offsets])
