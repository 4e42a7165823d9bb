"""The word embedding reduced to the rows that a training set uses, which does not change the trained model."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel


@dataclass(frozen=True)
class Vocabulary:
    """The word embedding of a model, cut into the rows that training uses and the rest.

    name: the matrix's name in the model. used, unused: row numbers, ascending. rest: the unused rows, or None where
    nothing changes them, so that they are the encoder's.
    """

    name: str
    used: torch.Tensor
    unused: torch.Tensor
    rest: torch.Tensor | None


def trim_vocabulary(model: PreTrainedModel, pieces: np.ndarray, keep_rest: bool) -> tuple[Vocabulary, np.ndarray]:
    """Leave only the embedding rows of `pieces` in the model; return what was taken out and the renumbered pieces.

    Exact for training without weight decay: a row that no sentence uses has no gradient, so AdamW never moves it.
    keep_rest: keep the other rows, which pruning needs when it prunes the word embedding.
    """
    embedding = model.get_input_embeddings()
    name = next(name for name, module in model.named_modules() if module is embedding)
    used, renumbered = np.unique(pieces, return_inverse=True)
    weight = embedding.weight.detach()
    used = torch.from_numpy(used.astype(np.int64)).to(weight.device)
    unused = unused_rows(used, len(weight))
    vocabulary = Vocabulary(f"{name}.weight", used, unused, weight[unused] if keep_rest else None)
    embedding.weight = nn.Parameter(weight[used])
    embedding.num_embeddings = len(used)
    padding = [] if embedding.padding_idx is None else (used == embedding.padding_idx).nonzero().flatten().tolist()
    embedding.padding_idx = padding[0] if padding else None
    return vocabulary, renumbered.reshape(-1)


def unused_rows(used: torch.Tensor, rows: int) -> torch.Tensor:
    """Return the numbers of the rows of a matrix that are not in `used`, ascending."""
    outside = torch.ones(rows, dtype=torch.bool, device=used.device)
    outside[used] = False
    return outside.nonzero().flatten()
