"""A model cut down to the word pieces that some texts need, with a tokenizer that cuts these texts as before.

Most weights of a multilingual encoder are word embeddings of languages that a tagger never reads (Abdaoui et al. 2020,
"Load What You Need").
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch import nn
from transformers import AutoTokenizer, PreTrainedModel

from ner_pruning.data.wikiann import read_corpus
from ner_pruning.files import InputError, read_json, write_json
from ner_pruning.study.layout import TOKENIZER_FILES
from ner_pruning.training.tokenizer import without_limits

BYTE_PIECE = r"<0x"
"""How the pieces for single bytes begin, which spell what no other piece does."""


def kept_pieces(tokenizer: Tokenizer, pieces: Iterable[np.ndarray], first: int = 0) -> np.ndarray:
    """Return the ids that a compact model keeps, ascending (int64).

    They are those of `pieces`, the special and added ones, and every piece of one character or byte, so that no word is
    unknown that was known before; of Unigram also the least likely piece, from which the cost of an unknown character
    follows; of BPE also what its merges make on the way to a piece. first: ids below it are kept, as they are the
    positions of RoBERTa and XLM-R are counted from such a one (`model.first_position`).
    """
    form = json.loads(tokenizer.to_str())
    kind, vocabulary = form["model"]["type"], tokenizer.get_vocab(with_added_tokens=False)
    prefix = form["model"].get("continuing_subword_prefix") or ""
    kept = {number for part in pieces for number in np.unique(part).tolist()} | set(range(first))
    kept |= set(tokenizer.get_added_tokens_decoder())
    kept |= {number for piece, number in vocabulary.items() if len(piece.removeprefix(prefix).removeprefix("▁")) <= 1}
    kept |= {number for piece, number in vocabulary.items() if piece.startswith(BYTE_PIECE)}
    if unknown := form["model"].get("unk_token"):
        kept.add(tokenizer.token_to_id(unknown))
    if kind == "Unigram":
        scores = [score for _, score in form["model"]["vocab"]]
        kept |= {form["model"]["unk_id"], int(np.argmin(scores))} - {None}
    elif kind == "BPE":
        merges = _merges(form)
        by_id = {number: piece for piece, number in vocabulary.items()}
        names = {by_id[number] for number in kept if number in by_id}
        for piece in list(names):
            names.update("".join(pair) for pair in merges_of(piece, merges))
        kept |= {vocabulary[name] for name in names if name in vocabulary}
    elif kind not in ("WordPiece", "WordLevel"):
        raise InputError(f"tokenizer.json: model.type {kind}; expected WordPiece, WordLevel, Unigram or BPE")
    return np.array(sorted(kept), dtype=np.int64)


def compact_tokenizer(tokenizer: Tokenizer, kept: np.ndarray) -> Tokenizer:
    """Return a tokenizer of the kept pieces alone, with new ids in the same order."""
    form = json.loads(tokenizer.to_str())
    number = _new_numbers(kept)
    model = form["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [entry for old, entry in enumerate(model["vocab"]) if old in number]
        if model["unk_id"] is not None:
            model["unk_id"] = number[model["unk_id"]]
    else:
        model["vocab"] = {piece: number[old] for piece, old in model["vocab"].items() if old in number}
    if model["type"] == "BPE":
        have, needed = set(model["vocab"]), set()
        ranks = _merges(form)
        for piece in have:
            needed.update(merges_of(piece, ranks))
        model["merges"] = [list(pair) for pair in sorted(needed, key=ranks.get) if "".join(pair) in have]
    for token in form["added_tokens"]:
        token["id"] = number[token["id"]]
    if form.get("padding"):
        form["padding"]["pad_id"] = number[form["padding"]["pad_id"]]
    _renumber_processor(form.get("post_processor"), number)
    return Tokenizer.from_str(json.dumps(form, ensure_ascii=False))


def merges_of(piece: str, ranks: dict[tuple[str, str], int]) -> list[tuple[str, str]]:
    """Return the merges by which BPE puts a piece together from its characters; ranks: of the merges, lowest first."""
    parts, used = list(piece), []
    while len(parts) > 1:
        pairs = [pair for pair in zip(parts, parts[1:], strict=False) if pair in ranks]
        if not pairs:
            break
        best = min(pairs, key=ranks.get)
        used.append(best)
        merged, place = [], 0
        while place < len(parts):
            if tuple(parts[place : place + 2]) == best:
                merged.append("".join(best))
                place += 2
            else:
                merged.append(parts[place])
                place += 1
        parts = merged
    return used


def compact_tokenizer_files(folder: Path, kept: np.ndarray, corpora: Iterable[str]) -> None:
    """Make the tokenizer in a folder compact, in place.

    corpora: paths of the texts that transformers must read from the folder as before; raises InputError where
    `check_same_pieces` does.
    """
    path, settings_path = (folder / name for name in TOKENIZER_FILES)
    whole = Tokenizer.from_file(str(path))
    compact_tokenizer(whole, kept).save(str(path))
    settings, number = read_json(settings_path), _new_numbers(kept)
    if added := settings.get("added_tokens_decoder"):
        settings["added_tokens_decoder"] = {str(number[int(old)]): token for old, token in added.items()}
        write_json(settings_path, settings)
    stored = AutoTokenizer.from_pretrained(folder, trust_remote_code=False).backend_tokenizer
    for corpus in corpora:
        check_same_pieces(whole, stored, read_corpus(corpus).tokens, corpus)


def pieces_of(tokenizer: Tokenizer, corpora: Iterable[str]) -> Iterator[np.ndarray]:
    """Yield the ids of the pieces of whole sentences, however long they are; corpora: paths of texts."""
    for corpus in corpora:
        encodings = _encode(tokenizer, read_corpus(corpus).tokens)
        yield np.array([piece for encoding in encodings for piece in encoding.ids], dtype=np.int64)


def check_same_pieces(whole: Tokenizer, compact: Tokenizer, sentences: Sequence[Sequence[str]], source: str) -> None:
    """Raise InputError when the compact tokenizer cuts a sentence, given as words, differently from the whole one."""
    encodings = zip(_encode(whole, sentences), _encode(compact, sentences), strict=True)
    for row, (full, cut) in enumerate(encodings):
        if full.tokens != cut.tokens:
            raise InputError(
                f"{source}: row {row} is cut into other pieces by the compact tokenizer: "
                f"{' '.join(cut.tokens[:12])} instead of {' '.join(full.tokens[:12])}"
            )


def _encode(tokenizer: Tokenizer, sentences: Sequence[Sequence[str]]) -> list[Encoding]:
    """Return whole sentences, given as words, in pieces, whatever length the tokenizer cuts them to."""
    with without_limits(tokenizer):
        return tokenizer.encode_batch([list(words) for words in sentences], is_pretokenized=True)


@torch.no_grad()
def compact_model(model: PreTrainedModel, kept: np.ndarray) -> None:
    """Leave only the kept rows of a model's word embedding in it, and give its config their new ids, in place.

    kept: ascending ids, of `kept_pieces`.
    """
    embedding, config = model.get_input_embeddings(), model.config
    number = _new_numbers(kept)
    weight = nn.Parameter(embedding.weight[torch.from_numpy(kept)].clone(), requires_grad=False)
    embedding.weight, embedding.num_embeddings = weight, len(kept)
    if embedding.padding_idx is not None:
        embedding.padding_idx = number[embedding.padding_idx]
    config.vocab_size = len(kept)
    for key, value in vars(config).items():
        if key.endswith("_token_id") and isinstance(value, int):
            setattr(config, key, number.get(value))


def _new_numbers(kept: np.ndarray) -> dict[int, int]:
    """Return the new id of each kept one."""
    return {old: new for new, old in enumerate(kept.tolist())}


def _merges(form: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Return the rank of each merge of a BPE tokenizer, lowest first."""
    return {tuple(pair): rank for rank, pair in enumerate(form["model"]["merges"])}


def _renumber_processor(part: Any, number: dict[int, int]) -> None:
    """Give the special pieces in a post-processor their new ids, in place."""
    if not part:
        return
    for inner in part.get("processors", []):  # of a sequence
        _renumber_processor(inner, number)
    if part["type"] == "TemplateProcessing":
        for special in part["special_tokens"].values():
            special["ids"] = [number[old] for old in special["ids"]]
    for key in ("sep", "cls"):  # of BERT and RoBERTa: the piece and its id
        if isinstance(part.get(key), list):
            part[key][1] = number[part[key][1]]
