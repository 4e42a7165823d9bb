"""The pretrained encoder: fetched from the Hub, copied from a folder, or described in the config."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    BertModel,
    PreTrainedTokenizerFast,
    logging,
)

from compression.encoded import EncodedSentences, pack
from compression.files import InputError
from compression.hub import download
from compression.model import load_encoder, packed_inputs

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")

FILES = ("config.json", "model.safetensors", *TOKENIZER_FILES)
"""What an encoder folder holds."""

WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")
"""Names of weights on the Hub, in one file or several; the first that there are count."""

DESCRIPTIONS = ("*.json", "*.txt", "*.model")
"""Names of what a repository on the Hub holds besides weights: config, tokenizer, list of weights."""

PACKING_TOLERANCE = 1e-4
"""Largest difference of two scores that rounding explains."""

SPECIAL_PIECES = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
logging.set_verbosity_error()
logging.disable_progress_bar()


def fetch_encoder(source: str, revision: str | None, out: Path) -> None:
    """Load an encoder and its fast tokenizer from the Hub or a folder, and save both to the folder `out`.

    source: a Hub id (`google-bert/bert-base-multilingual-cased`) or a folder. revision: commit, for a Hub id.
    Raises InputError when it cannot be had (`hub.download`) or loaded, lacks weights or a fast tokenizer, or has
    another model's tokenizer.
    """
    folder = _download_encoder(source, revision) if revision else source
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True)
        tagger, loading = AutoModelForTokenClassification.from_pretrained(
            folder, dtype=torch.float32, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        cause = " ".join(str(error).split())[:300]
        raise InputError(f"encoder: {source} (revision {revision}) cannot be loaded: {cause}") from None
    if not tokenizer.is_fast:
        raise InputError(f"encoder: {source} has no fast tokenizer (tokenizer.json), which word alignment needs")
    model = tagger.base_model  # without the pooler, which no tagger uses
    missing = sorted(name for name in loading["missing_keys"] if name.startswith(f"{tagger.base_model_prefix}."))
    if missing:
        raise InputError(f"encoder: {source} has no weights for {missing[0]} ({len(missing)} matrices are missing)")
    rows = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        raise InputError(
            f"encoder: {source}: the tokenizer has {len(tokenizer)} pieces, the model {rows} embedding rows: "
            "the tokenizer of another model"
        )
    model.save_pretrained(out, max_shard_size="100GB")
    tokenizer.save_pretrained(out)


def _download_encoder(name: str, commit: str) -> Path:
    """Return the folder of the Hub's cache with an encoder at one commit, its weights in one format only."""
    what = f"encoder: {name} (revision {commit})"
    folder = download(name, commit, "model", [*DESCRIPTIONS, WEIGHTS[0]], what)
    if not any(folder.glob(WEIGHTS[0])):
        download(name, commit, "model", WEIGHTS, what)
    return folder


def train_wordpiece(texts: Iterable[list[str]], size: int) -> dict[str, int]:
    """Return a cased WordPiece vocabulary (piece to id) trained on lists of words.

    size: number of pieces, or as many as the characters need. Same texts, same vocabulary: the trainer numbers
    continuing characters in the order of a hash map and breaks ties by their numbers (tokenizers issue 1794), so they
    are given to it in order, as if they were special pieces.
    """
    lines = [" ".join(words) for words in texts]
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL_PIECES["unk"]))
    _split_as_bert(tokenizer)
    characters = sorted(set(tokenizer.normalizer.normalize_str(" ".join(lines))) - {" "})
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        special_tokens=[*SPECIAL_PIECES.values(), *(f"##{character}" for character in characters)],
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer.get_vocab()


def _split_as_bert(tokenizer: Tokenizer) -> None:
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()


def random_encoder(texts: Iterable[list[str]], sizes: dict[str, int], seed: int, out: Path) -> None:
    """Build a BERT with random weights and a cased WordPiece vocabulary trained on `texts` (lists of words).

    sizes: vocabulary, hidden, layers, heads, feed_forward, positions. Same texts, sizes and seed give the same files.
    """
    tokenizer = Tokenizer(
        models.WordPiece(train_wordpiece(texts, sizes["vocabulary"]), unk_token=SPECIAL_PIECES["unk"])
    )
    _split_as_bert(tokenizer)
    tokenizer.decoder = decoders.WordPiece()
    cls, sep = SPECIAL_PIECES["cls"], SPECIAL_PIECES["sep"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}", special_tokens=[(piece, tokenizer.token_to_id(piece)) for piece in (cls, sep)]
    )
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=sizes["positions"],
        **{f"{name}_token": piece for name, piece in SPECIAL_PIECES.items()},
    )
    torch.manual_seed(seed)
    model = BertModel(
        BertConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=sizes["hidden"],
            num_hidden_layers=sizes["layers"],
            num_attention_heads=sizes["heads"],
            intermediate_size=sizes["feed_forward"],
            max_position_embeddings=sizes["positions"],
            pad_token_id=tokenizer.token_to_id(SPECIAL_PIECES["pad"]),
        ),
        add_pooling_layer=False,
    )
    model.save_pretrained(out)
    wrapped.save_pretrained(out)


@torch.inference_mode()
def check_packing(folder: Path, max_length: int) -> None:
    """Raise InputError unless the encoder in a folder gives a sentence the same tags packed with others as alone.

    Compares the model's own call on one sentence at a time with one packed batch of several: a model that takes no
    position ids, or attends in its own way, would train on sentences that see each other. One sentence has
    max_length pieces, which shows a model that attends within a window.
    """
    model = load_encoder(folder, dropout=0.0, seed=0).eval()
    random = np.random.default_rng(0)
    lengths = np.array([5, 2, max_length])
    pieces = random.integers(model.get_input_embeddings().num_embeddings // 2, size=lengths.sum()) + 5
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    words = np.concatenate([np.arange(length) for length in lengths])  # every piece is the first of a word
    sentences = EncodedSentences(pieces, offsets, words, np.zeros_like(words), offsets, [""] * len(lengths))
    try:
        packed = model(**packed_inputs(pack(sentences, np.arange(len(lengths))), model, torch.device("cpu"))).logits[0]
    except (TypeError, ValueError, RuntimeError, IndexError) as error:
        raise InputError(f"encoder: {model.config.model_type} models take no packed batches ({error})") from None
    model.set_attn_implementation("eager")
    rows = [pieces[start:end] for start, end in zip(offsets[:-1], offsets[1:], strict=True)]
    alone = torch.cat([model(input_ids=torch.from_numpy(row)[None]).logits[0] for row in rows])
    difference = float((packed - alone).abs().max())
    if difference > PACKING_TOLERANCE:
        raise InputError(
            f"encoder: {model.config.model_type} models cannot be trained on packed batches: the scores of a sentence "
            f"differ by {difference:.2g} from those it has alone"
        )
