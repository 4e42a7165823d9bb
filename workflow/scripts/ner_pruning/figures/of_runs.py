"""Figures of what single runs record: their training loss, and the sparsity counted in each of their matrices."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ner_pruning.figures.style import (
    COLUMN_WIDTH,
    FONT_SIZE,
    PAGE_WIDTH,
    REFERENCE_COLOUR,
    SCOPE_NAMES,
    SCOPE_STYLES,
    STYLE,
    TEXT_HEIGHT,
    Colour,
    put_legend,
    put_title,
)
from ner_pruning.files import InputError
from ner_pruning.table import count
from ner_pruning.terms import ALL_SCOPES, Provenance, parse_variant

POINTS = 400
"""Steps of a curve that are drawn, evenly spaced on a logarithmic axis: a run may have two million."""

DENSE_STYLE = ("black", "-")
SPARSITY_LINES = ("-", (0, (6, 2)), ":", "-.", (0, (2, 1)), (0, (1, 3)))
"""From the highest sparsity shown to the lowest; after the last, the first again."""

NO_LAYER = "–"
"""The column of the matrices that belong to no layer."""

KINDS = {
    "word_embeddings": "word embeddings",
    "position_embeddings": "position embeddings",
    "token_type_embeddings": "type embeddings",
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "attention output",
    "intermediate.dense": "intermediate",
    "output.dense": "output",
    "pooler.dense": "pooler",
    "classifier": "classifier",
}
"""What the matrices of BERT are called, in the order of the rows; others keep the end of their name."""

PARTS: dict[str, Colour] = {
    "word embeddings": "#882255",
    "other embeddings": "#CC6677",
    "attention": "#44AA99",
    "feed-forward": "#88CCEE",
    "head": "0.5",
}
"""Parts of a model, with their colours; the head has the matrices after the layers."""

BAR_HEIGHT = 0.17
SPARSITY_SHADES = "cividis_r"
CELL_WIDTH, CELL_HEIGHT = 0.3, 0.17
"""Inches that a number needs in a cell of the heat map."""


@dataclass(frozen=True)
class LossCurves:
    """The training loss of the runs of a training set, ready to draw.

    losses: steps × variants, each the mean over `window` steps up to this one; updates: steps that pruned.
    """

    window: int
    updates: list[int]
    losses: pd.DataFrame


def loss_curves(curves: Mapping[str, pd.DataFrame]) -> LossCurves:
    """Return running means of the loss of a training set's runs, and the steps of their pruning updates.

    curves: by variant, a run's training curve with the columns step, loss (mean over the steps since the last row) and
    sparsity (0 to 1, changes at an update).
    The window is the least number of steps between two updates, so that no mean holds more than one of them; a
    hundredth of the steps without two updates. Raises InputError that names the variant of an empty curve, and of one
    that lacks a column.
    """
    for variant, curve in curves.items():
        missing = [column for column in ("step", "loss", "sparsity") if column not in curve.columns]
        if missing or curve.empty:
            raise InputError(f"training curve of {variant}: {f'no column {missing[0]}' if missing else 'no step'}")
    updates = sorted({step for curve in curves.values() for step in pruning_updates(curve)})
    last = max(int(curve["step"].max()) for curve in curves.values())
    window = int(np.diff(updates).min()) if len(updates) > 1 else max(1, last // 100)
    # The step before each update stays too: there the loss is before it rises.
    steps = np.unique([*np.geomspace(1, last, POINTS).round().astype(int), *updates, *(step - 1 for step in updates)])
    steps = steps[steps > 0]
    losses = {variant: _running_mean(curve, window, steps) for variant, curve in curves.items()}
    return LossCurves(window, updates, pd.DataFrame(losses, index=steps))


def _running_mean(curve: pd.DataFrame, window: int, steps: np.ndarray) -> np.ndarray:
    """Return the mean loss of the `window` steps, or all there are yet, up to each of `steps`; NaN off the curve.

    A row of a curve stands for all steps since the row before, and each of them for the mean of the row.
    """
    ends = np.array([0, *curve["step"]])
    sums = np.cumsum([0.0, *curve["loss"] * np.diff(ends)])
    first = np.maximum(steps - window, 0)
    means = (np.interp(steps, ends, sums) - np.interp(first, ends, sums)) / (steps - first)
    return np.where((steps >= ends[1]) & (steps <= ends[-1]), means, np.nan)


def pruning_updates(curve: pd.DataFrame) -> list[int]:
    """Return the steps at which the sparsity of a run changes."""
    return curve.loc[curve["sparsity"] != curve["sparsity"].shift(fill_value=0.0), "step"].tolist()


@matplotlib.rc_context(STYLE)
def training_curves(sets: Mapping[str, LossCurves], provenance: Provenance) -> Figure:
    """Return the figure `training-curves`: loss by optimiser step, a line a variant, a panel a training set.

    sets: of `loss_curves`, by training set.
    """
    columns = min(3, len(sets))
    rows = math.ceil(len(sets) / columns)
    held = dict.fromkeys(variant for curves in sets.values() for variant in curves.losses)
    variants = sorted(held, key=_by_scope_and_sparsity)
    styles = _variant_styles(variants)
    width = PAGE_WIDTH if columns > 1 else COLUMN_WIDTH
    figure = Figure(figsize=(width, 1.5 * rows + TEXT_HEIGHT + 0.2), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes, (training_set, curves) in zip(panels.flat, sets.items(), strict=False):
        for step in curves.updates:
            axes.axvline(step, color="0.8", linewidth=0.6, zorder=0)
        for variant, losses in curves.losses.items():
            colour, line = styles[variant]
            # The curves of both scopes may be the same: the one below is wider.
            width = 1.0 if parse_variant(variant)[0] == "full" else 1.8
            axes.plot(losses.dropna(), color=colour, linestyle=line, linewidth=width)
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_title(f"{training_set} (mean of {count(curves.window, 'step')})")
    for axes in panels.flat[len(sets) :]:
        axes.remove()
    for place, axes in enumerate(panels.flat[: len(sets)]):
        if place % columns == 0:
            axes.set_ylabel("training loss")
        if place + columns >= len(sets):
            axes.set_xlabel("optimiser step", labelpad=2)
    handles = [Line2D([], [], color=styles[name][0], linestyle=styles[name][1], label=name) for name in variants]
    if any(curves.updates for curves in sets.values()):
        handles.append(Line2D([], [], color="0.8", linewidth=0.6, label="pruning update"))
    put_legend(figure, handles, columns=4 if columns > 1 else 2)
    shown = "dense and at its lowest, middle and highest sparsity" if len(variants) > 1 else "dense"
    head = f"Training loss of {count(len(sets), 'training set')}, the first seed of each, {shown}: running means"
    put_title(figure, head, provenance)
    return figure


def _by_scope_and_sparsity(variant: str) -> tuple[int, int]:
    scope, sparsity = parse_variant(variant)
    return ("", *ALL_SCOPES).index(scope), sparsity


def _variant_styles(variants: list[str]) -> dict[str, tuple[tuple[float, float, float] | str, str]]:
    """Return colour and line of each variant: the colour says the scope, the line the rank of the sparsity."""
    ranked = sorted({parse_variant(variant)[1] for variant in variants} - {0}, reverse=True)
    styles = {}
    for variant in variants:
        scope, sparsity = parse_variant(variant)
        line = SPARSITY_LINES[ranked.index(sparsity) % len(SPARSITY_LINES)] if scope else None
        styles[variant] = (SCOPE_STYLES[scope][0], line) if scope else DENSE_STYLE
    return styles


def matrix_sparsity(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the sparsity of a run's matrices in percent, kinds of matrices × layers, NaN where there is no matrix.

    counts: the run's sparsity.csv, of which the columns matrix, weights and zeros are read. The first column, NO_LAYER,
    has the matrices outside of the layers. Raises InputError for a missing column.
    """
    missing = [column for column in ("matrix", "weights", "zeros") if column not in counts.columns]
    if missing:
        raise InputError(f"sparsity: no column {missing[0]}; expected matrix, weights, zeros")
    names = pd.DataFrame([kind_and_layer(name) for name in counts["matrix"]], columns=["kind", "layer"])
    sums = counts[["weights", "zeros"]].reset_index(drop=True).groupby([names["kind"], names["layer"]]).sum()
    table = (100 * sums["zeros"] / sums["weights"]).unstack("layer")
    known = [kind for kind in KINDS.values() if kind in table.index]
    layers = sorted(layer for layer in table.columns if layer != NO_LAYER)
    first = [NO_LAYER] if NO_LAYER in table.columns else []
    return table.reindex(index=known + [kind for kind in table.index if kind not in known], columns=first + layers)


def kind_and_layer(name: str) -> tuple[str, int | str]:
    """Return what a matrix is and the number of its layer, NO_LAYER outside of the layers.

    name: of the parameter, "bert.encoder.layer.0.attention.self.query.weight". The kind of an encoder that is not
    built as BERT is the part after the layer's number, or else the last part.
    """
    name = name.removesuffix(".weight")
    inside = re.search(r"\.(\d+)\.(.+)$", name)
    if inside:
        return KINDS.get(inside[2], inside[2]), int(inside[1])
    known = [kind for part, kind in KINDS.items() if name == part or name.endswith(f".{part}")]
    return known[0] if known else name.rsplit(".", 1)[-1], NO_LAYER


def weights_left(counts: pd.DataFrame) -> pd.Series:
    """Return how many weights of a run's matrices are not 0, by those of PARTS that it has.

    counts: the run's sparsity.csv, as for `matrix_sparsity`.
    """
    parts = [part_of(name) for name in counts["matrix"]]
    left = (counts["weights"] - counts["zeros"]).groupby(parts).sum()
    return left.reindex([part for part in PARTS if part in left.index])


def part_of(name: str) -> str:
    """Return which of PARTS a matrix belongs to; name: as for `kind_and_layer`."""
    _, layer = kind_and_layer(name)
    if layer != NO_LAYER:
        return "attention" if "att" in name.split(f".{layer}.", 1)[1] else "feed-forward"
    if "embed" not in name:
        return "head"
    return "word embeddings" if re.search("word_embed|tok_embed|embed_tokens", name) else "other embeddings"


@matplotlib.rc_context(STYLE)
def sparsity_figure(
    counts: Mapping[str, pd.DataFrame], training_set: str, languages: int, seed: int, provenance: Provenance
) -> Figure:
    """Return the figure `sparsity`: the weights that pruning leaves, a bar a variant, by part of the model.

    Below them, where pruning makes some matrices sparser than others (threshold `global`), a heat map of the zeros in
    each matrix, a panel for each scope at its highest sparsity. counts: each run's sparsity.csv, by variant; languages:
    in the training set.
    """
    variants = sorted(counts, key=_by_scope_and_sparsity)
    highest = {parse_variant(variant)[0]: variant for variant in variants}
    tables = {variant: matrix_sparsity(counts[variant]) for variant in highest.values() if _uneven(counts[variant])}
    rows = [len(variants) * BAR_HEIGHT, *(len(table) * CELL_HEIGHT + 0.45 for table in tables.values())]
    figure = Figure(figsize=(PAGE_WIDTH, sum(rows) + 1.6), layout="constrained")
    bars, *panels = figure.subplots(len(rows), 1, squeeze=False, height_ratios=rows)[:, 0]
    _draw_bars(bars, {variant: counts[variant] for variant in variants})
    for axes, (variant, table) in zip(panels, tables.items(), strict=True):
        image = _draw_map(axes, table)
        scope, sparsity = parse_variant(variant)
        axes.set_title(f"{SCOPE_NAMES.get(scope, scope)}, {sparsity} %")
    if panels:
        panels[-1].set_xlabel(f"layer ({NO_LAYER}: outside of the layers)", labelpad=2)
        figure.colorbar(image, ax=panels, label="zeros (%)", aspect=30)
    put_legend(figure, [Patch(color=PARTS[part], label=part) for part in _parts_of(counts)], columns=5)
    model = f"{training_set} models ({count(languages, 'language')}, seed {seed})"
    head = f"Weights that are not 0, as counted in the stored {model}; right: zeros in all matrices together, with any "
    head += "that the encoder had before training"
    put_title(figure, head, provenance)
    return figure


def _parts_of(counts: Mapping[str, pd.DataFrame]) -> list[str]:
    held = {part for table in counts.values() for part in weights_left(table).index}
    return [part for part in PARTS if part in held]


def _uneven(counts: pd.DataFrame) -> bool:
    """Return whether pruning made some of the matrices sparser than others: by more than a weight, and 0.1 %."""
    pruned = counts[counts["pruned"]]
    share = pruned["zeros"].sum() / pruned["weights"].sum()
    return bool(((pruned["zeros"] - share * pruned["weights"]).abs() > 1 + pruned["weights"] / 1000).any())


def _draw_bars(axes: Axes, counts: Mapping[str, pd.DataFrame]) -> None:
    """Draw a bar of millions of weights for each variant, from top to bottom, and a line where the dense model ends."""
    for place, table in enumerate(counts.values()):
        start = 0.0
        for part, number in (weights_left(table) / 1e6).items():
            axes.barh(place, number, left=start, height=0.75, color=PARTS[part])
            start += number
        total = table["weights"].sum()
        axes.annotate(
            f"{100 * table['zeros'].sum() / total:.1f} %",
            (total / 1e6, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
        )
        axes.axvline(total / 1e6, color=REFERENCE_COLOUR, linestyle="--", linewidth=0.8)
    axes.set_yticks(range(len(counts)), list(counts))
    axes.invert_yaxis()
    axes.grid(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("million weights (dashed: all of them)", labelpad=2)


def _draw_map(axes: Axes, table: pd.DataFrame):
    """Draw a heat map and return its image; a cell without a matrix stays white."""
    shades, scale = matplotlib.colormaps[SPARSITY_SHADES], Normalize(0, 100)
    image = axes.imshow(table, cmap=shades, norm=scale, aspect="auto")
    axes.set_xticks(range(table.shape[1]), [str(layer) for layer in table.columns])
    axes.set_yticks(range(len(table)), list(table.index))
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    if _width_of_cells(table) >= CELL_WIDTH:
        for (row, column), value in np.ndenumerate(table.to_numpy()):
            if np.isfinite(value):
                dark = np.dot(shades(scale(value))[:3], [0.3, 0.59, 0.11]) < 0.5  # luminance
                axes.text(column, row, f"{value:.1f}", color="w" if dark else "k", ha="center", va="center_baseline")
    return image


def _width_of_cells(table: pd.DataFrame) -> float:
    """Return inches, about: what the names of the kinds, of 0.55 of the font size a letter, and the colours leave."""
    names = max(len(kind) for kind in table.index) * 0.55 * FONT_SIZE / 72
    return (PAGE_WIDTH - names - 0.9) / table.shape[1]
