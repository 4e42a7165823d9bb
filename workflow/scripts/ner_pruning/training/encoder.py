"""The pretrained encoder: fetched from the Hub, copied from a folder, or described in the config."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn
from transformers import (
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    MODEL_MAPPING,
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    BertModel,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    logging,
)

from ner_pruning.data.hub import download
from ner_pruning.data.sources import SPECIAL_PIECES, read_vocabulary
from ner_pruning.files import InputError
from ner_pruning.training.encoder_check import cause, check_reads_text, word_embedding
from ner_pruning.training.tokenizer import check_code, save_tokenizer

WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")
"""Names of weights on the Hub, in one file or several; the first that there are count."""

DESCRIPTIONS = ("*.json", "*.txt", "*.model")
"""Names of what a repository on the Hub holds besides weights: config, tokenizer, list of weights."""

logging.set_verbosity_error()
logging.disable_progress_bar()


def fetch_encoder(source: str, revision: str | None, out: Path) -> None:
    """Load an encoder and its fast tokenizer from the Hub or a folder, and save both to the folder `out`.

    source: a Hub id (`google-bert/bert-base-multilingual-cased`) or a folder. revision: commit, for a Hub id.
    An output layer that it comes with is left out; what else its tagging head shares with the head that it comes with
    is kept. Raises InputError when it cannot be had (`hub.download`) or loaded, is of a kind that has no tagging model
    or reads more than text, lacks weights or a fast tokenizer, has weights of other shapes than its config says, or
    another model's tokenizer, and what `tokenizer.save_tokenizer` refuses. No code of a repository is run.
    """
    what = f"{source} (revision {revision})" if revision else source
    folder = _download_encoder(source, revision) if revision else source
    config = _load(f"{what}: its config.json", lambda: AutoConfig.from_pretrained(folder, trust_remote_code=False))
    if type(config) not in MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING:
        raise InputError(
            f"encoder: {what}: transformers has no tagging model of the type {config.model_type}; expected one such as "
            "bert or xlm-roberta"
        )
    _check_code(config, what)
    check_reads_text(config)
    check_code(folder, f"encoder: {what}")
    tokenizer = _load(
        f"{what}: its tokenizer (tokenizer.json, tokenizer_config.json)",
        lambda: AutoTokenizer.from_pretrained(folder, trust_remote_code=False),
    )
    tagger, loading = _load(
        f"{what}: its weights",
        lambda: AutoModelForTokenClassification.from_pretrained(
            folder,
            dtype=torch.float32,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            trust_remote_code=False,
        ),
    )
    _check_weights(tagger, loading, what)
    model = tagger.base_model  # without the pooler, which no tagger uses
    _check_tokenizer(tokenizer, model, what)
    if hasattr(model.config, "auto_map"):  # names code of the repository, which neither runs nor comes along
        del model.config.auto_map
    _save_weights(tagger, loading, out)
    save_tokenizer(tokenizer, folder, out, f"encoder: {what}")


def _download_encoder(name: str, commit: str) -> Path:
    """Return the folder of the Hub's cache with an encoder at one commit, its weights in one format only."""
    what = f"encoder: {name} (revision {commit})"
    folder = download(name, commit, "model", [*DESCRIPTIONS, WEIGHTS[0]], what)
    if not any(folder.glob(WEIGHTS[0])):
        download(name, commit, "model", WEIGHTS, what)
    return folder


def _load(what: str, load: Callable[[], Any]) -> Any:
    """Return what `load` returns; raises InputError that names `what` and the cause."""
    try:
        return load()
    except Exception as error:  # damaged files make the libraries raise whatever their parsers do
        raise InputError(f"encoder: {what} cannot be loaded ({cause(error)})") from None


def _check_code(config: PreTrainedConfig, what: str) -> None:
    """Refuse a model that code of the repository defines, unless transformers has taken it over under its name."""
    models = MODEL_MAPPING[type(config)]
    taken_over = {"AutoConfig": (type(config),), "AutoModel": models if isinstance(models, tuple) else (models,)}
    for key, classes in taken_over.items():
        own = str((getattr(config, "auto_map", None) or {}).get(key, ""))
        if own and own.rsplit(".", 1)[-1] not in {each.__name__ for each in classes}:
            raise InputError(
                f"encoder: {what}: its model is code of the repository ({own}), which is not run; expected a model "
                "that transformers has"
            )


def _check_weights(tagger: PreTrainedModel, loading: dict[str, Any], what: str) -> None:
    """Refuse an encoder whose weights are missing, of other shapes or not finite; its head does not count."""
    encoder = f"{tagger.base_model_prefix}."
    missing = sorted(name for name in loading["missing_keys"] if name.startswith(encoder))
    if missing:
        raise InputError(f"encoder: {what}: no weights for {missing[0]} ({len(missing)} matrices are missing)")
    for name, found, expected in sorted(loading["mismatched_keys"]):
        if name.startswith(encoder):
            raise InputError(
                f"encoder: {what}: the weights of {name} have the shape {list(found)}; "
                f"expected {list(expected)} by its config.json"
            )
    for name, weight in tagger.base_model.named_parameters():
        if not torch.isfinite(weight).all():
            raise InputError(f"encoder: {what}: the weights of {name} are not all finite")


def _save_weights(tagger: PreTrainedModel, loading: dict[str, Any], out: Path) -> None:
    """Write the encoder of a tagger, with the weights between it and the output layer that were loaded, if any were.

    ModernBERT has such: the dense layer that its pretrained head and that of its tagging model share.
    """
    encoder = f"{tagger.base_model_prefix}."
    outside = [name for name, module in tagger.named_modules() if isinstance(module, nn.Linear)]
    output = [name for name in outside if not name.startswith(encoder)][-1]
    new = {*loading["missing_keys"], *(name for name, _, _ in loading["mismatched_keys"])}
    weights = {name: weight for name, weight in tagger.state_dict().items() if not name.startswith(f"{output}.")}
    if any(not name.startswith(encoder) and name not in new for name in weights):
        weights = {name: weight for name, weight in weights.items() if name not in new}
        tagger.save_pretrained(out, state_dict=weights, max_shard_size="100GB")
    else:
        tagger.base_model.save_pretrained(out, max_shard_size="100GB")


def _check_tokenizer(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, what: str) -> None:
    """Refuse a tokenizer that is not fast, has no pieces, or does not fit the rows of the word embedding.

    A model may have some rows more than its tokenizer pieces, but not half of them.
    """
    if not tokenizer.is_fast:
        raise InputError(f"encoder: {what}: no fast tokenizer (tokenizer.json), which word alignment needs")
    pieces = tokenizer.get_vocab()
    if set(pieces) <= set(tokenizer.all_special_tokens):  # transformers makes such a one where there is none
        raise InputError(f"encoder: {what}: no tokenizer; expected tokenizer.json")
    rows = word_embedding(model).num_embeddings
    last = max(pieces.values())
    if last >= rows or 2 * len(pieces) < rows:
        raise InputError(
            f"encoder: {what}: the tokenizer has {len(pieces)} pieces with ids up to {last}, the model {rows} "
            "embedding rows: the tokenizer of another model"
        )


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


def random_encoder(texts: Iterable[list[str]], sizes: dict[str, Any], seed: int, out: Path) -> None:
    """Build a BERT with random weights and a cased WordPiece vocabulary trained on `texts` (lists of words).

    sizes: vocabulary, hidden, layers, heads, feed_forward, positions; with the path of a vocab.txt as vocabulary, texts
    are not read. Same texts, sizes and seed give the same files.
    """
    vocabulary = sizes["vocabulary"]
    pieces = read_vocabulary(vocabulary) if isinstance(vocabulary, str) else train_wordpiece(texts, vocabulary)
    tokenizer = Tokenizer(models.WordPiece(pieces, unk_token=SPECIAL_PIECES["unk"]))
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
