"""What all figures share: colours, markers, sizes, and the parts of a figure that say what it shows.

Figures are drawn at the size at which a column, or the width, of a two-column page prints them, so that the font size
is the printed one. Sparsities stand evenly spaced, as in the paper: 95 and 98 would overlap on a linear axis.
"""

import math
import os
import re
import textwrap
from collections.abc import Iterable, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ner_pruning.files import atomic_path
from ner_pruning.table import count_range
from ner_pruning.terms import PERTURBATIONS, REGULAR, SCOPES, SETTINGS, Provenance

FONT_SIZE = 8  # points
# Lengths in inches.
COLUMN_WIDTH = 3.35
PAGE_WIDTH = 6.3
TICK_WIDTH = 0.19  # what the tick label of a sparsity needs
MARGIN = 0.65  # beside the panels, for the y axis
TEXT_HEIGHT = 1.15  # above and below the panels, for title and legend
NARROW_TEXT_HEIGHT = 1.75  # the same where small panels stand in a page's column
MOST_COLUMNS = 5  # of small panels on a page's width
REFERENCE_COLOUR = "0.35"
SPARSITY_LABEL = "sparsity (%)"
STYLE = {
    **{f"{part}.labelsize": FONT_SIZE for part in ("axes", "xtick", "ytick")},
    "legend.fontsize": FONT_SIZE,
    "legend.title_fontsize": FONT_SIZE,
    "font.size": FONT_SIZE,
    "axes.titlesize": FONT_SIZE,
    "figure.titlesize": FONT_SIZE,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "legend.frameon": False,
    "legend.columnspacing": 0.8,
    "legend.handlelength": 1.6,
    "pdf.fonttype": 42,  # outlines that every reader shows, and text that can be searched
    # Paths look the same everywhere; text would need this font on every reader's machine. The PDF has text to search.
    "svg.fonttype": "path",
    "svg.hashsalt": "compression",  # else the identifiers in the file are random
}
METADATA = {".pdf": {"CreationDate": None}, ".png": {"Software": None}, ".svg": {"Date": None}}
"""By suffix, what to leave out of a file, so that the same figure gives the same bytes."""

Colour = tuple[float, float, float] | str
COLOURBLIND = [
    matplotlib.colors.to_rgb(colour)
    for colour in (
        *("#0173B2", "#DE8F05", "#029E73", "#D55E00", "#CC78BC"),
        *("#CA9161", "#FBAFE4", "#949494", "#ECE133", "#56B4E9"),
    )
]
"""Seaborn's palette "colorblind" (Waskom 2021). Importing seaborn takes each figure's job longer than drawing it."""
# One colour, marker and line for one thing in all figures.
SETTING_STYLES = dict(zip(SETTINGS, [(COLOURBLIND[1], "s"), (COLOURBLIND[0], "o")], strict=True))
PERTURBATION_STYLES = dict(
    zip(PERTURBATIONS, [(COLOURBLIND[2], "o"), (COLOURBLIND[4], "s"), (COLOURBLIND[3], "^")], strict=True)
)
_OTHER_STYLES = [(COLOURBLIND[place], marker) for place, marker in ((5, "D"), (6, "v"), (7, "P"), (8, "X"))]
# Light and dark, so that they differ in grey too.
SCOPE_STYLES = dict(zip(SCOPES, [(COLOURBLIND[9], "o"), ("#882255", "D")], strict=True))
SCOPE_LINES = {"partial": "-", "full": "--", "": "-"}
SIZE_MARKERS = "osD^vP*X"
SCOPE_NAMES = {"partial": "partial", "full": "full (incl. embeddings)", "": "dense"}


def perturbation_styles(perturbations: Iterable[str]) -> dict[str, tuple[Colour, str]]:
    """Return colour and marker of perturbed test sets: those of the paper always have the same."""
    own = [name for name in perturbations if name not in PERTURBATION_STYLES]
    return PERTURBATION_STYLES | {name: _OTHER_STYLES[n % len(_OTHER_STYLES)] for n, name in enumerate(own)}


def size_styles(sizes: Sequence[int]) -> dict[int, tuple[Colour, str]]:
    """Return colour and marker of each training size, light to dark by rank; sizes: in ascending order."""
    # The light end of the map is left out: it vanishes on paper.
    shades = matplotlib.colormaps["viridis_r"](np.linspace(0.18, 1, len(sizes)))[:, :3]
    return {size: (tuple(shades[i]), SIZE_MARKERS[i % len(SIZE_MARKERS)]) for i, size in enumerate(sizes)}


@matplotlib.rc_context(STYLE)
def save_figure(figure: Figure, path: str | os.PathLike) -> None:
    """Save the figure as PDF, SVG or PNG (200 dots an inch), by the path's suffix; same figure, same bytes."""
    suffix = os.path.splitext(path)[1]
    figure.savefig(path, dpi=200, metadata=METADATA[suffix])


def save_figures(figure: Figure, paths: Iterable[str | os.PathLike]) -> None:
    """Save the figure at each path as `save_figure` does; each file appears whole."""
    for path in paths:
        with atomic_path(path) as beside:
            save_figure(figure, beside)


def held(values: pd.Series, order: Iterable[str]) -> list[str]:
    """Return what the study holds, in the given order."""
    found = set(values)
    return [value for value in order if value in found]


def make_panels(rows: int, columns: int, sparsities: int, height: float) -> tuple[Figure, Sequence[Sequence[Axes]]]:
    """Return a figure and its panels, rows × columns: as wide as a page's column, wider if the tick labels need it.

    height: inches of a row of panels.
    """
    width = max(COLUMN_WIDTH, MARGIN + columns * sparsities * TICK_WIDTH)
    figure = Figure(figsize=(width, rows * height + TEXT_HEIGHT), layout="constrained")
    return figure, figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)


def make_small_multiples(
    count: int, heights: Sequence[float], most_columns: int = MOST_COLUMNS
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure for many small panels, and the panels of each of `count` things, from top to bottom.

    heights: inches of each of a thing's panels, with their titles and ticks. The columns stand in bands as wide as a
    page, or as a page's column where one or two are enough. All x axes are the same; only the first column of a band
    has numbers at its y axes, so that panels of one row should have the same limits.
    """
    rows, bands = len(heights), math.ceil(count / most_columns)
    columns = math.ceil(count / bands)
    width = PAGE_WIDTH if columns > 2 else COLUMN_WIDTH
    text_height = TEXT_HEIGHT if columns > 2 else NARROW_TEXT_HEIGHT
    figure = Figure(figsize=(width, bands * sum(heights) + text_height), layout="constrained")
    grid = figure.subplots(bands * rows, columns, sharex=True, squeeze=False, height_ratios=list(heights) * bands)
    for axes in grid[:, 1:].flat:
        axes.tick_params(labelleft=False)
    cells = [list(grid[band * rows : (band + 1) * rows, column]) for band in range(bands) for column in range(columns)]
    for axes in [axes for unused in cells[count:] for axes in unused]:
        axes.remove()
    return figure, cells[:count]


def label_sparsities(axes: Axes, sparsities: Sequence[int], every: int = 1) -> None:
    """Label an x axis, and those that share it; sparsities stand at 0, 1, 2, … and each `every`-th has a label."""
    labels = [str(sparsity) if place % every == 0 else "" for place, sparsity in enumerate(sparsities)]
    axes.set_xticks(range(len(sparsities)), labels)
    axes.set_xlim(-0.4, len(sparsities) - 0.6)


def label_panels(panels: Sequence[Sequence[Axes]], sparsities: Sequence[int]) -> None:
    """Label the x axes of the panels of `make_panels`."""
    label_sparsities(panels[0][0], sparsities)
    for axes in panels[-1]:
        axes.set_xlabel(SPARSITY_LABEL, labelpad=2)


def label_axes(cells: Sequence[Sequence[Axes]], x_name: str, y_names: Sequence[str]) -> None:
    """Label the axes of the panels of `make_small_multiples`; y_names: of each of a thing's panels."""
    columns = cells[0][0].get_gridspec().ncols
    for number, cell in enumerate(cells):
        cell[-1].tick_params(labelbottom=True)
        if number + columns >= len(cells):  # nothing stands below it
            cell[-1].set_xlabel(x_name, labelpad=2)
        if number % columns == 0:
            for axes, name in zip(cell, y_names, strict=True):
                axes.set_ylabel(name)


def label_small_multiples(cells: Sequence[Sequence[Axes]], sparsities: Sequence[int], *y_names: str) -> None:
    """Label the axes of small panels with sparsities; every second, third, … one where the panels are too narrow."""
    width = (cells[0][0].figure.get_figwidth() - MARGIN) / cells[0][0].get_gridspec().ncols
    label_sparsities(cells[0][0], sparsities, math.ceil(TICK_WIDTH * len(sparsities) / width))
    label_axes(cells, SPARSITY_LABEL, y_names)


def line_by_sparsity(rows: pd.DataFrame, sparsities: Sequence[int]) -> pd.DataFrame:
    """Return the rows of a line in ascending order, with the places of their sparsities on the axis as the index.

    sparsities: those on the axis. The line passes by those that it has no row of, and breaks at a row without a value.
    """
    rows = rows.sort_values("sparsity")
    return rows.set_index(np.searchsorted(sparsities, rows["sparsity"]))


BARS = "; bars: 95 % intervals"
"""What a title says of the bars of `draw_mean`."""


def draw_mean(
    axes: Axes, line: pd.DataFrame, colour: Colour, marker: str, shift: float | np.ndarray = 0.0, linestyle: str = "-"
) -> None:
    """Draw means by sparsity, each with its interval as a bar; line: of `line_by_sparsity`.

    shift: to the right, of all or of each, so that bars of several lines stand next to each other.
    """
    places = line.index + shift
    axes.plot(places, line["estimate"], linestyle, color=colour, marker=marker, clip_on=False)
    # An end may lie on the wrong side of the value by what was rounded.
    reach = np.clip([line["estimate"] - line["low"], line["high"] - line["estimate"]], 0, None)
    axes.errorbar(places, line["estimate"], reach, fmt="none", ecolor=colour, alpha=0.55, elinewidth=0.9)


def shifts(lines: int) -> list[float]:
    """Return by how much each of some lines is shifted, around 0: a third of the way to the next sparsity together."""
    return [(place - (lines - 1) / 2) * min(0.1, 0.34 / lines) for place in range(lines)]


def draw_floors(axes: Axes, floors: pd.DataFrame, colour: Colour) -> None:
    """Draw a dotted line for each chance floor: one, unless means of other languages stand in a panel."""
    for floor in sorted(set(floors["estimate"].dropna().round(12))):
        axes.axhline(floor, color=colour, linestyle=":")


def handle(label: str, colour: Colour, marker: str, **line: str) -> Line2D:
    """Return a line with its marker for the legend."""
    return Line2D([], [], color=colour, marker=marker, label=label, **line)


def scope_handles(scopes: Iterable[str]) -> list[Line2D]:
    """Return the legend's lines of scopes, black, by what sets them apart where colours are of something else."""
    return [handle(SCOPE_NAMES[scope], "black", "", linestyle=SCOPE_LINES[scope]) for scope in scopes]


def reference(label: str, linestyle: str = ":") -> Line2D:
    """Return a reference line for the legend: dotted, as chance floors are, or dashed, as the dense model is."""
    return Line2D([], [], color=REFERENCE_COLOUR, linestyle=linestyle, label=label)


def put_legend(figure: Figure, handles: Sequence[Line2D], columns: int, title: str | None = None) -> None:
    """Put one legend for all panels below them, where it covers no line."""
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, title=title)


def put_title(figure: Figure, text: str, provenance: Provenance) -> None:
    """Write the title, broken into lines that fit the figure's width."""
    characters = int(figure.get_figwidth() * 72 / (FONT_SIZE * 0.56))  # an average character is 0.56 of the font size
    paragraphs = [f"{text}.", f"{provenance}."]
    # A space that does not break keeps a number with its noun.
    paragraphs = [textwrap.fill(re.sub(r"(\d) ", "\\1\N{NO-BREAK SPACE}", part), characters) for part in paragraphs]
    figure.suptitle("\n".join(paragraphs), x=0.01, ha="left")


def number_of(counts: pd.Series) -> str:
    """Return "n=5", or "n=4–5" where not every point drawn has the same number of languages."""
    low, high = counts[counts > 0].min() if counts.any() else 0, counts.max()
    return f"n={high}" if low == high else f"n={low}–{high}"


def seeds_of(frame: pd.DataFrame) -> str:
    """Return how many seeds are behind the points: "3 seeds", "2–3 seeds"."""
    return count_range(int(frame["seeds"].min()), int(frame["most_seeds"].max()), "seed")


def left_out(frame: pd.DataFrame, what: str) -> str:
    """Return for the title which languages are left out of means of quotients, if any; what: what they lack."""
    return f"; without languages that have no {what}" if frame["undefined"].any() else ""


def say_if_undefined(axes: Axes, values: pd.Series, why: str, height: float = 0.75) -> None:
    """Write into a panel that would be empty why it is, at a height of 0 to 1."""
    if values.isna().all():
        background = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        axes.text(0.5, height, why, transform=axes.transAxes, ha="center", va="center", bbox=background)


def name_test_set(test_set: str) -> str:
    """Return a test set as titles name it: "regular", "perturbed in-language"."""
    return test_set if test_set == REGULAR else f"perturbed {test_set}"
