"""Attention within each packed sentence: only for these products, sentences are laid out on a padded grid."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from ner_pruning.training.dropout import dropout as drop

PACKED_ATTENTION = "packed"
"""Name under which transformers knows it: `model.set_attn_implementation(PACKED_ATTENTION)`."""


@dataclass(frozen=True)
class SentenceGrid:
    """Where the pieces of a packed row stand in a grid of sentences × heads × positions, as long as the longest one.

    cells: number of the cell of each piece and head (pieces · heads). shape: sentences, heads, positions.
    bias: 0 where the grid holds a piece, −inf where it holds none (sentences · heads, 1, positions).
    """

    cells: torch.Tensor
    shape: tuple[int, int, int]
    bias: torch.Tensor


def sentence_grid(segments: torch.Tensor, places: torch.Tensor, shape: tuple[int, int, int]) -> SentenceGrid:
    """Return the grid of that shape for a packed row; segments, places: sentence and place of each piece (pieces)."""
    sentences, heads, longest = shape
    cells = (segments[:, None] * heads + torch.arange(heads, device=segments.device)) * longest + places[:, None]
    bias = torch.full((sentences, longest), -torch.inf, device=segments.device)
    bias[segments, places] = 0.0
    return SentenceGrid(cells.flatten(), shape, bias.repeat_interleave(heads, 0)[:, None])


def packed_attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    scaling: float | None = None,
    dropout: float = 0.0,
    *,
    grid: SentenceGrid,
    **others,
) -> tuple[torch.Tensor, None]:
    """Attend within sentences; an attention function of transformers' AttentionInterface.

    query: (1, heads, pieces, size); key, value: likewise, or with fewer heads, each for several of the query's (grouped
    queries). Returns (1, pieces, heads, size). A block-diagonal mask over the packed
    row would compute pieces² scores, most of them masked; the grid has sentences · longest².
    """
    _, heads, pieces, size = query.shape
    sentences, _, longest = grid.shape
    scaling = size**-0.5 if scaling is None else scaling

    if key.shape[1] != heads:
        key, value = (part.repeat_interleave(heads // part.shape[1], 1) for part in (key, value))

    def spread(packed: torch.Tensor) -> torch.Tensor:
        rows = packed[0].transpose(0, 1).reshape(pieces * heads, size)
        cells = rows.new_zeros(sentences * heads * longest, size).index_copy_(0, grid.cells, rows)
        return cells.view(-1, longest, size)

    query, key, value, bias = spread(query), spread(key), spread(value), grid.bias.to(query.dtype)
    if dropout and query.device.type == "cpu":  # the library's call draws dropout by torch's slow generator
        weights = torch.baddbmm(bias, query, key.transpose(1, 2), alpha=scaling).softmax(-1)
        attended = torch.bmm(drop(weights, dropout), value)
    else:
        attended = scaled_dot_product_attention(query, key, value, attn_mask=bias, dropout_p=dropout, scale=scaling)
    return attended.reshape(-1, size).index_select(0, grid.cells).view(1, pieces, heads, size), None


AttentionInterface.register(PACKED_ATTENTION, packed_attention)
