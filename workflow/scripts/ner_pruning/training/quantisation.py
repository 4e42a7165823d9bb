"""Quantisation after training: the linear layers of a trained encoder in whole numbers, by torchao.

docs/quantisation.md describes it. torchao is optional, and imported only where a model is quantised.
"""

from typing import Any

import torch
from transformers import PreTrainedModel

from ner_pruning.files import InputError

TORCHAO = "torchao, which quantises models, {what}; expected the version in requirements-int8.txt"
"""What an error says where it cannot be used."""


def int8_weights_and_activations() -> Any:
    """Return how torchao quantises: weights once, and what a layer reads each time; ImportError without torchao."""
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig

    return Int8DynamicActivationInt8WeightConfig(set_inductor_config=False)


def quantise(model: PreTrainedModel) -> int:
    """Compute the linear layers of a trained model's encoder in int8 from now on, and return how many they are.

    Weights are quantised once, each row (output channel) by its largest magnitude; what a layer reads is quantised when
    it reads it, each piece by its own, so that no sentence's tags depend on others of its batch. Products are summed
    in whole numbers and scaled back to what the layer was given. Embeddings, attention, norms and the tagging head stay
    as they are: the head is small, and decides on tags that are close. Raises InputError where torchao is not
    installed or not as expected, and for an encoder without linear layers.
    """
    try:
        from torchao.quantization import quantize_

        how = int8_weights_and_activations()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torchao":
            raise
        raise InputError(TORCHAO.format(what="is not installed")) from None
    except ImportError as error:
        raise InputError(TORCHAO.format(what=f"cannot be used ({error})")) from None
    layers = sum(isinstance(module, torch.nn.Linear) for module in model.base_model.modules())
    if not layers:
        raise InputError(f"quantisation.int8: a {model.config.model_type} encoder has no linear layer; expected some")
    quantize_(model.base_model, how)
    return layers
