"""A quantised model as transformers stores and loads it: its linear layers' weights in int8, in a file of its own."""

from torch import nn
from transformers import PreTrainedModel, TorchAoConfig
from transformers.quantizers.quantizer_torchao import TorchAoHfQuantizer

from ner_pruning.training.quantisation import quantise


def quantise_to_store(model: PreTrainedModel) -> int:
    """Quantise a model as `quantise` does, so that `save_pretrained` stores it; return the number of linear layers.

    `from_pretrained` loads what it stores where torchao is installed, and computes the same. Raises InputError where
    `quantise` does.
    """
    layers = quantise(model)
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig  # optional, see `quantise`

    inside = set(model.base_model.modules())
    left = [name for name, part in model.named_modules() if isinstance(part, nn.Linear) and part not in inside]
    how = Int8DynamicActivationInt8WeightConfig(set_inductor_config=False)
    config = TorchAoConfig(how, modules_to_not_convert=left)
    model.config.quantization_config = config
    model.hf_quantizer = TorchAoHfQuantizer(config, pre_quantized=False)  # by it `save_pretrained` knows
    return layers
