"""How an encoder can be trained and pruned, on packed or on padded batches: tried on made-up sentences beforehand."""

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
from ner_pruning.files import InputError, read_json, write_json
from ner_pruning.training.model import (
    PACKED_KEY,
    first_position,
    load_batch,
    load_encoder,
    set_packing,
    tagging_class,
)
from ner_pruning.training.packing import pack

PACKING_TOLERANCE = 1e-4
"""Largest difference of two scores that rounding explains, relative to the largest score."""

SEEN = 1e-5
"""The same of scores that are computed in the same way: of experts that other pieces are sent to, products of other
shapes differ in their last bits."""

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
def settle_packing(folder: Path, max_length: int) -> bool:
    """Return whether an encoder's sentences are packed; where they are not, its config.json says so from then on.

    They are where it gives a sentence the same scores packed with others as alone, and padded where it does so only
    with those: a model that takes no position ids, or attends in its own way, would train on packed sentences that see
    each other. One of the sentences that are tried has max_length pieces, and one none. Raises InputError when neither
    is so, or the encoder has fewer positions than max_length, reads from left to right only, reads the numbers of
    pieces in other ways than its word embedding (training has it trimmed), or has weights that no scope would prune.
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
    _check_matrices(model, kind)
    unlike_packed = _difference(model, sentences, alone, packed=True)
    packed = unlike_packed is None
    if not packed:
        unlike_padded = _difference(model, sentences, alone, packed=False)
        if unlike_padded is not None:
            raise InputError(
                f"{kind} can be trained neither on packed batches ({unlike_packed}) nor on padded ones "
                f"({unlike_padded})"
            )
        print(f"{kind} cannot be trained on packed batches ({unlike_packed}): their sentences are padded", flush=True)
    stored = read_json(folder / "config.json")
    if stored.get(PACKED_KEY, True) != packed:
        write_json(folder / "config.json", stored | {PACKED_KEY: packed})
    return packed


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


def _difference(model: PreTrainedModel, sentences: EncodedSentences, alone: np.ndarray, packed: bool) -> str | None:
    """Return how a model reads sentences in a batch, packed or padded, differently from alone; None if it does not.

    It reads them twice: with its own vocabulary, and with the rows that they use alone, as training does.
    """
    table, (used, numbers) = word_embedding(model), np.unique(sentences.pieces, return_inverse=True)
    whole = table.weight
    try:
        scores = _scores_together(model, sentences, packed)
        table.weight = nn.Parameter(whole[torch.from_numpy(used)])
        renumbered = _scores_together(model, replace(sentences, pieces=numbers), packed)
    except Exception as error:  # a model of another kind raises whatever it stumbles over
        return cause(error)
    finally:
        table.weight = whole
    difference, tolerance = np.abs(scores - alone).max(), PACKING_TOLERANCE * np.abs(alone).max()
    if not difference <= tolerance:
        return f"the scores of a sentence differ by {difference:.2g} from those it has alone"
    if not np.abs(renumbered - scores).max() <= tolerance:
        return "it uses the ids of pieces beyond their embeddings, but training renumbers pieces"
    return None


def _scores_together(model: PreTrainedModel, sentences: EncodedSentences, packed: bool) -> np.ndarray:
    """Return the scores of all pieces (pieces × labels), all sentences read in one batch."""
    set_packing(model, packed)
    batch = load_batch(pack(sentences, np.arange(len(sentences))), model, torch.device("cpu"))
    return model(**batch.arguments).logits.flatten(0, 1)[batch.words].numpy()


def _sees(model: PreTrainedModel, sentences: EncodedSentences, alone: np.ndarray, changed: int, seeing: int) -> bool:
    """Return whether the scores of one piece of the first sentence depend on another, by their places; alone: as
    `_scores_alone` returns them."""
    row = sentences.pieces[: sentences.piece_offsets[1]].copy()
    row[changed] += 1 if row[changed] < sentences.pieces.max() else -1
    scores = model(input_ids=torch.from_numpy(row)[None]).logits[0, seeing].numpy()
    return not np.allclose(scores, alone[: len(row)][seeing], rtol=0, atol=SEEN * np.abs(alone).max())


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
