"""The figure of a study's F1 against the published one."""

from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ner_pruning.figures.style import (
    COLUMN_WIDTH,
    REFERENCE_COLOUR,
    STYLE,
    TEXT_HEIGHT,
    held,
    name_test_set,
    put_legend,
    put_title,
    reference,
)
from ner_pruning.report.comparison import MEANINGLESS
from ner_pruning.table import count, count_range
from ner_pruning.terms import PERTURBATIONS, REGULAR, SCOPES, SETTINGS, Provenance

# Lengths in inches.
PANEL_WIDTH, PANEL_HEIGHT = 1.7, 1.55
LONG_TITLE = 0.3  # two more lines than other figures have
SPARSITY_MARKERS = "osD^vP*X"
SPARSITY_SHADES = "plasma_r"
"""The map of the sparsities' colours, from light to dark; training sizes have another."""


@matplotlib.rc_context(STYLE)
def ours_and_theirs(frame: pd.DataFrame, provenance: Provenance) -> Figure:
    """Return the figure `published`: our F1 with its interval against theirs, a point a language and sparsity.

    frame: of `comparison.compare`. Columns of panels: test sets; rows: settings and scopes, with the dense models in
    each. A point is hollow where theirs is below the chance floor, and crossed out where ours is.
    """
    settings, test_sets = held(frame["setting"], SETTINGS), held(frame["test_set"], [REGULAR, *PERTURBATIONS])
    rows = [(setting, scope) for setting in settings for scope in _scopes(frame[frame["setting"] == setting])]
    styles = _sparsity_styles(sorted(frame["sparsity"].unique()))
    width = max(COLUMN_WIDTH, PANEL_WIDTH * len(test_sets))
    height = len(rows) * PANEL_HEIGHT + TEXT_HEIGHT + LONG_TITLE * (1 + provenance.demo)
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(len(rows), len(test_sets), sharex=True, sharey=True, squeeze=False)
    for place, (setting, scope) in enumerate(rows):
        for axes, test_set in zip(panels[place], test_sets, strict=True):
            panel = frame[(frame["setting"] == setting) & (frame["test_set"] == test_set)]
            _draw_points(axes, panel[panel["scope"].isin([scope, ""])], styles)
            if place == 0:
                axes.set_title(name_test_set(test_set))
        panels[place][0].set_ylabel(f"ours: {scope or 'dense'}" + f", {setting}" * (len(settings) > 1))
    for axes in panels[-1]:
        axes.set_xlabel("theirs", labelpad=2)
    panels[0][0].set(xlim=(-0.05, 1), ylim=(-0.05, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    handles = [_point(f"{sparsity} %", colour, marker) for sparsity, (colour, marker) in styles.items()]
    put_legend(figure, [*handles, *_marks(frame), reference("equal", "--")], columns=3)
    languages = count(frame["language"].nunique(), "language")
    seeds = count_range(int(frame["seeds"].min()), int(frame["seeds"].max()), "seed")
    models = f"{settings[0]} models of " if len(settings) == 1 else ""
    head = f"{MEANINGLESS} " * provenance.demo
    head += f"F1 of {models}this study (ours) against F1 in the paper (theirs) by sparsity"
    bars = "; bars: 95 % interval of ours" if frame["ours_low"].notna().any() else ""
    put_title(figure, f"{head}: {languages}, {seeds}{bars}", provenance)
    return figure


def _scopes(frame: pd.DataFrame) -> list[str]:
    """Return the scopes of sparse cells, or "" where all cells are dense."""
    return held(frame["scope"], SCOPES) or [""]


def _sparsity_styles(sparsities: Sequence[int]) -> dict[int, tuple[tuple[float, float, float], str]]:
    """Return colour and marker of each sparsity, light to dark by rank; sparsities: in ascending order."""
    shades = matplotlib.colormaps[SPARSITY_SHADES](np.linspace(0.2, 1, len(sparsities)))[:, :3]
    markers = SPARSITY_MARKERS * (1 + len(sparsities) // len(SPARSITY_MARKERS))
    return dict(zip(sparsities, zip(map(tuple, shades), markers, strict=False), strict=True))


def _draw_points(axes: Axes, panel: pd.DataFrame, styles: dict[int, tuple[tuple[float, float, float], str]]) -> None:
    axes.plot([0, 1], [0, 1], color=REFERENCE_COLOUR, linestyle="--", linewidth=0.8)
    for (sparsity, hollow), points in panel.groupby(["sparsity", panel["theirs_below"].fillna(False).astype(bool)]):
        colour, marker = styles[sparsity]
        spread = np.clip([points["ours"] - points["ours_low"], points["ours_high"] - points["ours"]], 0, None)
        axes.errorbar(points["theirs"], points["ours"], spread, fmt="none", ecolor=colour, alpha=0.5, linewidth=0.8)
        face = "white" if hollow else colour
        axes.plot(points["theirs"], points["ours"], marker, color=colour, markerfacecolor=face, clip_on=False)
    crossed = panel[panel["ours_below"].fillna(False).astype(bool)]
    axes.plot(crossed["theirs"], crossed["ours"], "x", color="black", markersize=5, markeredgewidth=0.6)


def _marks(frame: pd.DataFrame) -> list[Line2D]:
    """Return what the legend says of the points below the chance floor, if there are any."""
    marks = []
    if frame["theirs_below"].any():
        marks.append(_point("theirs below chance", REFERENCE_COLOUR, "o", markerfacecolor="white"))
    if frame["ours_below"].any():
        marks.append(_point("ours below chance", "black", "x"))
    return marks


def _point(label: str, colour: tuple[float, float, float] | str, marker: str, **style: str) -> Line2D:
    return Line2D([], [], color=colour, marker=marker, linestyle="", label=label, **style)
