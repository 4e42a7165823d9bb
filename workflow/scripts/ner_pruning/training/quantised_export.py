"""A quantised model as transformers stores and loads it: its linear layers' weights in int8, in a file of its own."""

import os

from torch import nn
from transformers import PreTrainedModel, TorchAoConfig
from transformers.quantizers.quantizer_torchao import TorchAoHfQuantizer

from ner_pruning.training.quantisation import int8_weights_and_activations, quantise


def save_in_int8(model: PreTrainedModel, folder: str | os.PathLike) -> int:
    """Quantise a model as `quantise` does, store it in a folder, and return the number of layers in int8.

    Where torchao is installed, `from_pretrained` loads a model that computes the same. Raises InputError where
    `quantise` does.
    """
    layers = quantise(model)
    inside = set(model.base_model.modules())
    left = [name for name, part in model.named_modules() if isinstance(part, nn.Linear) and part not in inside]
    config = TorchAoConfig(int8_weights_and_activations(), modules_to_not_convert=left)
    model.config.quantization_config = config
    model.hf_quantizer = TorchAoHfQuantizer(config, pre_quantized=False)  # by which `save_pretrained` knows
    # in the original format of some encoders (GTE), several matrices are one, which in int8 cannot be split again
    model.save_pretrained(folder, save_original_format=False)
    return layers
