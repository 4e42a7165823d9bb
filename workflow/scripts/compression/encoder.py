"""The pretrained encoder: fetched from the Hub, copied from a folder, or described in the config."""

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, PreTrainedTokenizerFast, logging

from compression.files import InputError

FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
"""What an encoder folder holds."""

SPECIAL_PIECES = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
logging.set_verbosity_error()
logging.disable_progress_bar()


def fetch_encoder(source: str, revision: str | None, out: Path) -> None:
    """Load an encoder and its fast tokenizer from the Hub or a folder, and save both to the folder `out`.

    source: a Hub id (`google-bert/bert-base-multilingual-cased`) or a folder. revision: commit, for a Hub id.
    Raises InputError when it cannot be loaded, has no fast tokenizer, or the tokenizer is of another model.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, revision=revision, use_fast=True)
        model = AutoModel.from_pretrained(source, revision=revision, dtype=torch.float32)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        cause = " ".join(str(error).split())[:300]
        raise InputError(f"encoder: {source} (revision {revision}) cannot be loaded: {cause}") from None
    if not tokenizer.is_fast:
        raise InputError(f"encoder: {source} has no fast tokenizer (tokenizer.json), which word alignment needs")
    rows = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        raise InputError(
            f"encoder: {source}: the tokenizer has {len(tokenizer)} pieces, the model {rows} embedding rows: "
            "the tokenizer of another model"
        )
    model.save_pretrained(out, max_shard_size="100GB")
    tokenizer.save_pretrained(out)


def train_wordpiece(texts: Iterable[list[str]], size: int) -> dict[str, int]:
    """Return a cased WordPiece vocabulary of at most `size` pieces (piece to id), trained on lists of words.

    Same texts, same vocabulary: the trainer numbers continuing characters in the order of a hash map and breaks ties by
    their numbers (tokenizers issue 1794), so they are given to it in order, as if they were special pieces.
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
