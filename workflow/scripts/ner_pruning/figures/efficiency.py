"""The figure `efficiency`: sentences a second by sparsity and kernels."""

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from ner_pruning.figures.style import (
    COLOURBLIND,
    COLUMN_WIDTH,
    MARGIN,
    NARROW_TEXT_HEIGHT,
    STYLE,
    handle,
    put_legend,
    put_title,
)
from ner_pruning.report.efficiency_table import WHOLE
from ner_pruning.statistics.interval_table import select
from ner_pruning.terms import Provenance, parse_variant

MARKERS = "osD^v"
# Lengths in inches.
PANEL_HEIGHT = 1.4
VARIANT_WIDTH = 0.35


@matplotlib.rc_context(STYLE)
def draw_efficiency(frame: pd.DataFrame, provenance: Provenance) -> Figure:
    """Return the figure: a panel per threads (rows) and batch size (columns), models in the order of the frame.

    frame: of `efficiency.measure`. A point is the median, its bar the quartiles.
    """
    threads, batches = (sorted(set(frame[column].tolist())) for column in ("threads", "batch"))
    whole = select(frame, vocabulary=WHOLE)
    variants, kernels = list(whole["variant"].unique()), list(whole["kernels"].unique())
    styles = {name: (COLOURBLIND[place], MARKERS[place]) for place, name in enumerate(kernels)}
    width = max(COLUMN_WIDTH, MARGIN + len(batches) * len(variants) * VARIANT_WIDTH)
    figure = Figure(figsize=(width, len(threads) * PANEL_HEIGHT + NARROW_TEXT_HEIGHT), layout="constrained")
    panels = figure.subplots(len(threads), len(batches), sharex=True, sharey="col", squeeze=False)
    for row, number in zip(panels, threads, strict=True):
        row[0].set_ylabel(f"sentences/s,\n{number} {'thread' if number == 1 else 'threads'}")
        for axes, batch in zip(row, batches, strict=True):
            for place, name in enumerate(kernels):
                points = select(whole, kernels=name, threads=number, batch=batch).set_index("variant")
                points = points.reindex([variant for variant in variants if variant in points.index])
                middle, shift = points["median"], 0.12 * (place - (len(kernels) - 1) / 2)
                spread = [middle - points["low"], points["high"] - middle]
                colour, marker = styles[name]
                at = [variants.index(variant) + shift for variant in points.index]
                axes.errorbar(at, middle, spread, color=colour, marker=marker, linestyle="none", elinewidth=1)
    for axes, batch in zip(panels[0], batches, strict=True):
        axes.set_title(f"batches of {batch}" if batch > 1 else "one sentence at a time")
        axes.set_ylim(0, 1.05 * select(whole, batch=batch)["high"].max())  # of the whole column, which shares its axis
    for axes in panels[-1]:
        axes.set_xlim(-0.5, len(variants) - 0.5)  # so that no mark lies on the edge
        axes.set_xticks(range(len(variants)), [_short(variant) for variant in variants], rotation=90)
    put_legend(figure, [handle(name, *style) for name, style in styles.items()], columns=2)
    put_title(figure, "Sentences a second by model and kernels: medians, with quartiles as bars", provenance)
    return figure


def _short(variant: str) -> str:
    scope, sparsity = parse_variant(variant)
    return f"{scope} {sparsity}" if scope else variant
