"""The word embedding cut down to the rows that a training set uses, without changing what is trained."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel


@dataclass(frozen=True)
class Vocabulary:
    """The word embedding of a model, cut into the rows that training uses and the rest.

    name: the matrix's name in the model. used, unused: row numbers, ascending. rest: the unused rows. padding: number
    of the row that stands for padding and never moves, None if there is none.
    """

    name: str
    used: torch.Tensor
    unused: torch.Tensor
    rest: torch.Tensor
    padding: int | None


def trim_vocabulary(model: PreTrainedModel, pieces: np.ndarray) -> tuple[Vocabulary, np.ndarray]:
    """Leave only the embedding rows of `pieces` in the model; return what was taken out and the renumbered pieces.

    Exact for training without weight decay: a row that no sentence uses has no gradient, so AdamW never moves it.
    """
    embedding = model.get_input_embeddings()
    name = next(name for name, module in model.named_modules() if module is embedding)
    used, renumbered = np.unique(pieces, return_inverse=True)
    weight = embedding.weight.detach()
    used = torch.from_numpy(used.astype(np.int64)).to(weight.device)
    outside = torch.ones(len(weight), dtype=torch.bool, device=weight.device)
    outside[used] = False
    unused = outside.nonzero(as_tuple=True)[0]
    vocabulary = Vocabulary(f"{name}.weight", used, unused, weight[unused], embedding.padding_idx)
    embedding.weight = nn.Parameter(weight[used])
    embedding.num_embeddings = len(used)
    at = (used == vocabulary.padding).nonzero() if vocabulary.padding is not None else ()
    embedding.padding_idx = int(at[0]) if len(at) else None
    return vocabulary, renumbered.reshape(-1)


def restore_vocabulary(model: PreTrainedModel, vocabulary: Vocabulary) -> None:
    """Put the rows that `trim_vocabulary` took out back in their places."""
    embedding = model.get_input_embeddings()
    trained = embedding.weight.detach()
    whole = trained.new_empty(len(vocabulary.used) + len(vocabulary.unused), trained.shape[1])
    whole[vocabulary.used], whole[vocabulary.unused] = trained, vocabulary.rest
    embedding.weight = nn.Parameter(whole)
    embedding.num_embeddings, embedding.padding_idx = len(whole), vocabulary.padding
