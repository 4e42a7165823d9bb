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

    shape: sentences, heads, positions. cells: number of the cell of each piece and head (pieces · heads). sources: the
    other way round, number among those of what stands in each cell (sentences · heads · positions); any where nothing
    does. empty: where that is (sentences · heads · positions, 1). bias: 0 where the grid holds a piece, −inf where it
    holds none (sentences, 1, 1, positions).
    """

    shape: tuple[int, int, int]
    cells: torch.Tensor
    sources: torch.Tensor
    empty: torch.Tensor
    bias: torch.Tensor


def sentence_grid(
    segments: torch.Tensor, places: torch.Tensor, pieces: torch.Tensor, shape: tuple[int, int, int]
) -> SentenceGrid:
    """Return the grid of that shape for a packed row.

    segments, places: sentence and place of each piece of the row (pieces). pieces: number in the row of the piece of
    each sentence and place, −1 where there is none (sentences · positions).
    """
    sentences, heads, longest = shape
    head = torch.arange(heads, device=segments.device)
    cells = (segments[:, None] * heads + head) * longest + places[:, None]
    pieces = pieces.view(sentences, 1, longest)
    empty = pieces < 0
    sources = pieces.clamp(min=0) * heads + head[:, None]
    bias = torch.zeros(empty.shape, device=segments.device).masked_fill_(empty, -torch.inf)
    return SentenceGrid(shape, cells.flatten(), sources.flatten(), empty.expand(shape).reshape(-1, 1), bias[:, :, None])


class ToGrid(torch.autograd.Function):
    """From rows (pieces · heads, size) to the grid's cells (sentences · heads · positions, size).

    Cells that hold no piece get some row, which the attention does not read. Both ways read each row where it stands:
    writing them to where they belong takes a GPU ten times as many kernels when it has to be deterministic.
    """

    @staticmethod
    def forward(ctx, rows: torch.Tensor, cells: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(cells)
        return rows.index_select(0, sources)

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (cells,) = ctx.saved_tensors
        return gradient.index_select(0, cells), None, None


class FromGrid(torch.autograd.Function):
    """From the grid's cells back to rows; the gradient of cells that hold no piece is 0."""

    @staticmethod
    def forward(
        ctx, values: torch.Tensor, cells: torch.Tensor, sources: torch.Tensor, empty: torch.Tensor
    ) -> torch.Tensor:
        ctx.save_for_backward(sources, empty)
        return values.index_select(0, cells)

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        sources, empty = ctx.saved_tensors
        return gradient.index_select(0, sources).masked_fill_(empty, 0), None, None, None


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
    sliding_window: int | None = None,
    **others,
) -> tuple[torch.Tensor, None]:
    """Attend within sentences; an attention function of transformers' AttentionInterface.

    query: (1, heads, pieces, size); key, value: likewise, or with fewer heads, each for several of the query's (grouped
    queries). sliding_window: a piece sees those at a smaller distance than that (local attention), or all of its
    sentence. Returns (1, pieces, heads, size). A block-diagonal mask over the packed
    row would compute pieces² scores, most of them masked; the grid has sentences · longest².
    """
    _, heads, pieces, size = query.shape
    scaling = size**-0.5 if scaling is None else scaling

    if key.shape[1] != heads:
        key, value = (part.repeat_interleave(heads // part.shape[1], 1) for part in (key, value))

    def spread(packed: torch.Tensor) -> torch.Tensor:
        rows = packed.squeeze(0).transpose(0, 1).reshape(pieces * heads, size)
        return ToGrid.apply(rows, grid.cells, grid.sources).view(*grid.shape, size)

    bias = grid.bias if sliding_window is None else within_window(grid.bias, sliding_window)
    query, key, value, bias = spread(query), spread(key), spread(value), bias.to(query.dtype)
    if query.device.type == "cpu" and torch.is_grad_enabled():  # the library's call draws dropout by a slow generator
        one, other = query.flatten(0, 1), key.flatten(0, 1).transpose(1, 2)
        weights = torch.baddbmm(bias.expand(-1, heads, -1, -1).flatten(0, 1), one, other, alpha=scaling).softmax(-1)
        attended = torch.bmm(drop(weights, dropout) if dropout else weights, value.flatten(0, 1))
    else:
        attended = scaled_dot_product_attention(query, key, value, attn_mask=bias, dropout_p=dropout, scale=scaling)
    rows = FromGrid.apply(attended.reshape(-1, size), grid.cells, grid.sources, grid.empty)
    return rows.view(1, pieces, heads, size), None


def within_window(bias: torch.Tensor, window: int) -> torch.Tensor:
    """Return the bias of a grid for local attention: −inf too where two places are `window` or more apart.

    bias: (sentences, 1, 1, positions); returned as it is if no sentence is longer than the window, else (sentences, 1,
    positions, positions). A cell sees itself in any case, so that the softmax of one that holds no piece is no 0 / 0.
    """
    longest = bias.shape[-1]
    if longest <= window:
        return bias
    places = torch.arange(longest, device=bias.device)
    distances = (places[:, None] - places).abs()
    return bias.masked_fill(distances >= window, -torch.inf).masked_fill(distances == 0, 0.0)


AttentionInterface.register(PACKED_ATTENTION, packed_attention)
