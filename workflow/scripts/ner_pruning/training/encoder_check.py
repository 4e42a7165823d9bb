"""Whether an encoder can be trained and pruned on packed batches: tried on made-up sentences before any training."""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

from ner_pruning.data.encoded_sentences import EncodedSentences
from ner_pruning.files import InputError
from ner_pruning.training.attention import PACKED_ATTENTION
from ner_pruning.training.model import first_position, load_batch, load_encoder, tagging_class
from ner_pruning.training.packing import pack

PACKING_TOLERANCE = 1e-4
"""Largest difference of two scores that rounding explains."""

SEEN = 1e-6
"""Largest difference of two scores that is none, when both are computed in the same way."""

SHORT = 5
"""Pieces of a short sentence."""

TEXT_ARGUMENTS = frozenset(
    {
        *("self", "input_ids", "attention_mask", "token_type_ids", "position_ids", "labels", "kwargs"),
        *("inputs_embeds", "head_mask", "past_key_values", "cache", "use_cache", "cache_position"),
        *("output_attentions", "output_hidden_states", "return_dict", "deprecated_arguments"),
        *("global_attention_mask", "input_mask", "perm_mask", "target_mapping", "mems", "use_mems", "lengths"),
        *("langs", "lang_ids", "task_type_ids"),  # have a default that the config, or the model's documentation, names
    }
)
"""Arguments of tagging models that say how word pieces are read, or what is returned; all others are further input."""


def check_reads_text(config: PreTrainedConfig) -> None:
    """Raise InputError when the tagging model of a config reads more than word pieces: boxes, images, entities."""
    names = inspect.signature(tagging_class(config).forward).parameters
    more = [name for name in names if name not in TEXT_ARGUMENTS]
    if more:
        raise InputError(
            f"encoder: {config.model_type} models read more than text ({', '.join(more)}); expected one that reads "
            "only word pieces"
        )


def word_embedding(model: PreTrainedModel) -> nn.Embedding:
    """Return the table with a row for each word piece; raises InputError for a model that has none."""
    try:
        table = model.get_input_embeddings()
    except NotImplementedError:
        table = None
    if not isinstance(table, nn.Embedding):
        raise InputError(
            f"encoder: {model.config.model_type} models have no table of word pieces (torch.nn.Embedding), which is "
            "trimmed and pruned"
        )
    return table


@torch.inference_mode()
def check_packing(folder: Path, max_length: int) -> None:
    """Raise InputError unless the encoder in a folder gives a sentence the same tags packed with others as alone.

    Compares the model's own call on one sentence at a time with one packed batch of several: a model that takes no
    position ids, or attends in its own way, would train on sentences that see each other. One sentence has
    max_length pieces, which shows a model that attends within a window, and one none. Raises it too when the encoder
    has fewer positions than that, reads from left to right only, reads the numbers of pieces in other ways than its
    word embedding (training has it trimmed), or has weights that no scope would prune.
    """
    with _refusing("encoder: its files cannot be reloaded"):
        model = load_encoder(folder, dropout=0.0, seed=0).eval()
        word_embedding(model)
    kind = f"encoder: {model.config.model_type} models"
    _check_positions(model, max_length)
    sentences = _random_sentences(model, np.minimum([SHORT, 0, 2, max_length], max_length))
    alone = _scores_alone(model, sentences, kind)
    if not np.isfinite(alone).all():
        raise InputError("encoder: its scores are NaN; expected finite weights")
    later = _sees(model, sentences, alone, changed=-1, seeing=0)
    earlier = _sees(model, sentences, alone, changed=0, seeing=-1)
    if not (later and earlier):
        unseen = "other pieces" if later == earlier else "the pieces before it" if later else "the pieces after it"
        how = " read from left to right:" if earlier and not later else ":"
        raise InputError(f"{kind}{how} a piece does not see {unseen}; expected an encoder that reads both ways")
    packed = _packed_scores(model, sentences, kind)
    differences = np.abs(packed - alone).max(1)
    long = differences[-max_length:].max()
    if not long <= PACKING_TOLERANCE and (differences[:-max_length] <= PACKING_TOLERANCE).all():
        raise InputError(
            f"{kind} attend within a window, or read long sentences differently: packed with others, the scores of "
            f"one of {max_length} pieces differ by {long:.2g} from those it has alone"
        )
    if not differences.max() <= PACKING_TOLERANCE:
        raise InputError(
            f"{kind} cannot be trained on packed batches: the scores of a sentence differ by {differences.max():.2g} "
            "from those it has alone"
        )
    _check_matrices(model, kind)
    table = word_embedding(model)
    used, numbers = np.unique(sentences.pieces, return_inverse=True)
    table.weight = nn.Parameter(table.weight[torch.from_numpy(used)])
    renumbered = _packed_scores(model, replace(sentences, pieces=numbers), kind)
    if not np.abs(renumbered - packed).max() <= PACKING_TOLERANCE:
        raise InputError(f"{kind} use the ids of pieces beyond their embeddings, but training renumbers pieces")


def _random_sentences(model: PreTrainedModel, lengths: np.ndarray) -> EncodedSentences:
    """Return sentences of random pieces, as many as `lengths` says, each the first of a word."""
    rows = word_embedding(model).num_embeddings
    pieces = np.random.default_rng(0).integers(rows // 2, size=lengths.sum()) + min(SHORT, rows // 2)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    words = np.concatenate([np.arange(length) for length in lengths])
    return EncodedSentences(pieces, offsets, words, np.zeros_like(words), offsets, [""] * len(lengths))


def _scores_alone(model: PreTrainedModel, sentences: EncodedSentences, kind: str) -> np.ndarray:
    """Return the scores of all pieces (pieces × labels), each sentence read by the model's own call."""
    rows = np.split(sentences.pieces, sentences.piece_offsets[1:-1])
    with _refusing(f"{kind} cannot read a sentence of word pieces"):
        model.set_attn_implementation("eager")
        scores = [model(input_ids=torch.from_numpy(row)[None]).logits[0] for row in rows if len(row)]
        return torch.cat(scores).numpy()


def _packed_scores(model: PreTrainedModel, sentences: EncodedSentences, kind: str) -> np.ndarray:
    """Return the scores of all pieces (pieces × labels), all sentences read in one packed batch."""
    with _refusing(f"{kind} accept no packed batches"):
        model.set_attn_implementation(PACKED_ATTENTION)
        batch = pack(sentences, np.arange(len(sentences)))
        return model(**load_batch(batch, model, torch.device("cpu")).arguments).logits[0].numpy()


def _sees(model: PreTrainedModel, sentences: EncodedSentences, alone: np.ndarray, changed: int, seeing: int) -> bool:
    """Return whether the scores of one piece of the first sentence depend on another, by their places; alone: as
    `_scores_alone` returns them."""
    row = sentences.pieces[: sentences.piece_offsets[1]].copy()
    row[changed] += 1 if row[changed] < sentences.pieces.max() else -1
    scores = model(input_ids=torch.from_numpy(row)[None]).logits[0, seeing].numpy()
    return not np.allclose(scores, alone[: len(row)][seeing], rtol=0, atol=SEEN)


def _check_matrices(model: PreTrainedModel, kind: str) -> None:
    """Refuse an encoder whose weights are not all in linear layers and embeddings: `pruning` would leave them out."""
    prunable = {id(module.weight) for module in model.modules() if isinstance(module, (nn.Linear, nn.Embedding))}
    for name, parameter in model.base_model.named_parameters():
        if parameter.ndim > 1 and id(parameter) not in prunable:
            raise InputError(
                f"{kind} have weights outside of linear layers and embeddings ({name}), which could not be pruned"
            )


def _check_positions(model: PreTrainedModel, max_length: int) -> None:
    tables = (getattr(module, "position_embeddings", None) for module in model.base_model.modules())
    counts = [table.num_embeddings - first_position(model) for table in tables if isinstance(table, nn.Embedding)]
    positions = min(counts, default=getattr(model.config, "max_position_embeddings", None) or -1)
    if 0 <= positions < max_length:  # -1, as XLNet has it: as many as one likes
        raise InputError(
            f"config: finetuning.max_length: {max_length} is wrong: it must be at most {positions}, the positions of "
            "the encoder"
        )


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Raise InputError that begins with `what` and names the cause, whatever is raised within."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # a model of another kind raises whatever it stumbles over
        raise InputError(f"{what} ({cause(error)})") from None


def cause(error: Exception) -> str:
    """Return the class of an error and the first sentence of its text: advice on code that is not ours follows."""
    sentence = re.split(r"(?<=\.) ", " ".join(str(error).split()))[0]
    return ": ".join(filter(None, (type(error).__name__, sentence[:300].rstrip("."))))
