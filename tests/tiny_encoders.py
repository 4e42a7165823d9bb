"""Tiny models with random weights of every type for which transformers has a tagging model, made from its defaults."""

import re

import torch
from ner_pruning.training.model import tagging_class
from transformers import MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING, PreTrainedConfig

TYPES = {config.model_type: config for config in MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING}
"""The config classes that transformers, as it is installed, tags tokens with, by their type."""

PIECES = 120

LARGEST = {
    r"(^|_)vocab_size$": PIECES,
    r"(head_dim|d_head|d_kv)$": 8,
    r"(token_id|_index)$": 3,
    r"(layers?|depth)$": 4,
    r"(n_group|topk_group)$": 1,
    r"(heads?|_groups)$": 4,
    r"(position|ctx|seq_len)": 96,
    r"per_tok$": 2,
    r"experts": 4,
    r"window": 8,
    r"": 32,
}
"""By a pattern in the name of a number in a config, the first that is found: the largest it may be."""


def tiny_config(config: PreTrainedConfig) -> PreTrainedConfig:
    """Return a config like another, and of its parts, with small numbers; what follows from them is worked out anew."""
    changed, values = {}, config.to_dict()
    if "qk_rope_head_dim" in values:  # DeepSeek's attention, whose other sizes follow from its parts
        values = {name: value for name, value in values.items() if name not in ("head_dim", "qk_head_dim")}
    for name, value in values.items():
        part = getattr(config, name, None)
        largest = next(number for pattern, number in LARGEST.items() if re.search(pattern, name))
        if isinstance(part, PreTrainedConfig):
            changed[name] = tiny_config(part).to_dict()
        elif type(value) is int and (value > largest or largest == PIECES):
            changed[name] = largest
        elif value is None and (largest == PIECES or re.search("heads$|^head_dim$", name)):
            changed[name] = largest  # a default that cannot be built
        elif value is None and name == "pad_token_id":
            changed[name] = 0
        elif name == "initializer_range":
            changed[name] = 0.2  # scores that differ between positions and sentences
        elif name == "attention_types":  # of GPT-Neo: [[kinds, times each]], as many as layers
            changed[name] = [[["global", "local"], 2]]
    return type(config)(**changed)


def tiny_model(kind: type[PreTrainedConfig]):
    """Return the tagging model of a config class with random weights, always the same."""
    torch.manual_seed(0)
    config = tiny_config(kind())
    return tagging_class(config)(config)
