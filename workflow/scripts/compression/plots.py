"""Figures 1-3, each a pure function of a frame of `compression.analysis`.

They are drawn at the size at which a column of a two-column page prints them, so that the font size is the printed one.
Sparsities stand evenly spaced, as in the paper: 95 and 98 would overlap on a linear axis.
"""

import os
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

import matplotlib

matplotlib.use("Agg")  # before seaborn imports pyplot: compute nodes have no display

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from compression import analysis
from compression.analysis import PERTURBATIONS, SCOPES, SETTINGS, count_range
from compression.terms import IN_LANGUAGE, REGULAR

FONT_SIZE = 8  # points
# Lengths in inches.
COLUMN_WIDTH = 3.35
TICK_WIDTH = 0.19  # what the tick label of a sparsity needs
MARGIN = 0.65  # beside the panels, for the y axis
TEXT_HEIGHT = 1.15  # above and below the panels, for title and legend
REFERENCE_COLOUR = "0.35"
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
}

_COLOURBLIND = sns.color_palette("colorblind")
# One colour, marker and line for one thing in all figures.
SETTING_STYLES = dict(zip(SETTINGS, [(_COLOURBLIND[1], "s"), (_COLOURBLIND[0], "o")], strict=True))
PERTURBATION_STYLES = dict(
    zip(PERTURBATIONS, [(_COLOURBLIND[2], "o"), (_COLOURBLIND[4], "s"), (_COLOURBLIND[3], "^")], strict=True)
)
SIZE_MARKERS = "osD^vP*X"
SCOPE_NAMES = {"partial": "partial", "full": "full (incl. embeddings)", "": "dense"}


def draw_figure(
    number: int, scores: pd.DataFrame, train_sizes: Mapping[str, int], study: str, demo: bool
) -> tuple[Figure, pd.DataFrame]:
    """Return one of figures 1-3 and the numbers it shows.

    scores: the study's tidy scores; train_sizes: training sentences, or their class, by language (figure 2).
    Raises InputError when the study holds nothing of what the figure shows.
    """
    setting = analysis.main_setting(scores)
    if number == 1:
        numbers = analysis.f1_over_languages(scores)
        both = set.intersection(*(analysis.languages_of(scores, setting) for setting in analysis.settings_of(scores)))
        return monolingual_and_multilingual(numbers, bool(both), study, demo), numbers
    if number == 2:
        numbers = analysis.relative_to_dense(scores, setting, REGULAR, train_sizes)
        return sparse_and_dense(numbers, setting, study, demo), numbers
    numbers = analysis.perturbed_fractions(scores, setting)
    return perturbed_and_regular(numbers, setting, study, demo), numbers


def size_styles(sizes: Sequence[int]) -> dict[int, tuple[tuple[float, float, float], str]]:
    """Return colour and marker of each training size, light to dark by rank; sizes: in ascending order."""
    # The light end of the map is left out: it vanishes on paper.
    shades = matplotlib.colormaps["viridis_r"](np.linspace(0.18, 1, len(sizes)))[:, :3]
    return {size: (tuple(shades[i]), SIZE_MARKERS[i % len(SIZE_MARKERS)]) for i, size in enumerate(sizes)}


@matplotlib.rc_context(STYLE)
def monolingual_and_multilingual(frame: pd.DataFrame, same_languages: bool, study: str, demo: bool) -> Figure:
    """Return figure 1: mean F1 by sparsity, a line a setting, with the standard deviation over languages as a band.

    frame: of `analysis.f1_over_languages`; same_languages: whether it holds the same languages in all settings. Columns
    of panels: the regular and the in-language test set; rows: scopes. The dotted line is the chance floor.
    """
    frame = frame[frame["test_set"].isin([REGULAR, IN_LANGUAGE])]
    test_sets, scopes = _held(frame["test_set"], [REGULAR, IN_LANGUAGE]), _held(frame["scope"], [*SCOPES, ""])
    settings, sparsities = _held(frame["setting"], SETTINGS), sorted(frame["sparsity"].unique())
    figure, panels = _panels(len(scopes), len(test_sets), len(sparsities), height=1.6)
    for row, scope in enumerate(scopes):
        for column, test_set in enumerate(test_sets):
            axes = panels[row][column]
            panel = frame[(frame["scope"] == scope) & (frame["test_set"] == test_set)]
            for setting in settings:
                line = panel[panel["setting"] == setting].set_index("sparsity").reindex(sparsities)
                colour, marker = SETTING_STYLES[setting]
                axes.plot(range(len(sparsities)), line["f1"], color=colour, marker=marker, clip_on=False)
                low, high = line["f1"] - line["f1_std"], line["f1"] + line["f1_std"]
                axes.fill_between(range(len(sparsities)), low, high, color=colour, alpha=0.2, linewidth=0)
                if test_set != REGULAR:
                    # The chance floor belongs to the test sets: without the same languages it differs by setting.
                    floor_colour = REFERENCE_COLOUR if same_languages else colour
                    axes.axhline(line["chance_floor"].mean(), color=floor_colour, linestyle=":")
            axes.set_ylim(0, 1)
            if row == 0:
                axes.set_title("regular" if test_set == REGULAR else f"perturbed {test_set}")
            if column == 0:
                axes.set_ylabel(f"F1, {scope or 'dense'}")
    _label_sparsities(panels, sparsities)
    handles = [_handle(setting, *SETTING_STYLES[setting]) for setting in settings]
    _legend(figure, handles + [_reference("chance floor")] * (IN_LANGUAGE in test_sets), columns=3)
    languages = count_range(frame["languages"].min(), frame["languages"].max(), "language")
    if len(settings) > 1:
        languages += " in both settings" if same_languages else " (not the same in both settings)"
    band = "; band: standard deviation over languages" if frame["f1_std"].notna().any() else ""
    head = f"F1 of {' and '.join(settings)} models"
    _title(figure, f"{head}: mean over {languages}, {_seeds(frame)}{band}", study, demo)
    return figure


@matplotlib.rc_context(STYLE)
def sparse_and_dense(frame: pd.DataFrame, setting: str, study: str, demo: bool) -> Figure:
    """Return figure 2: relative F1 difference to the dense model by sparsity, a line a training size, a panel a scope.

    frame: of `analysis.relative_to_dense`.
    """
    scopes, sparsities = _held(frame["scope"], SCOPES), sorted(frame["sparsity"].unique())
    sizes = sorted(frame["train_size"].unique())
    styles = size_styles(sizes)
    figure, panels = _panels(1, len(scopes), len(sparsities), height=2.1)
    for axes, scope in zip(panels[0], scopes, strict=True):
        panel = frame[frame["scope"] == scope]
        axes.axhline(0, color=REFERENCE_COLOUR, linestyle="--")
        for size, (colour, marker) in styles.items():
            line = panel[panel["train_size"] == size].set_index("sparsity").reindex(sparsities)
            axes.plot(range(len(sparsities)), line["difference"], color=colour, marker=marker)
        _say_if_undefined(axes, panel["difference"], "no language has\na dense F1 above 0")
        axes.set_title(SCOPE_NAMES[scope])
    # At least 0.1, so that rounding errors do not look like differences.
    low, high = np.nanmin([*frame["difference"], -0.05]), np.nanmax([*frame["difference"], 0.05])
    panels[0][0].set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    panels[0][0].set_ylabel("relative F1 difference")
    _label_sparsities(panels, sparsities)
    handles = []
    for size, (colour, marker) in styles.items():
        counted = frame.loc[frame["train_size"] == size, "languages"]
        handles.append(_handle(f"{size} ({_number(counted)})", colour, marker))
    _legend(figure, [*handles, _reference("dense", "--")], columns=3, title="training sentences (n languages)")
    head = f"Sparse {setting} models against the dense model on the regular test sets"
    _title(figure, f"{head}: mean over languages, {_seeds(frame)}{_left_out(frame, 'dense')}", study, demo)
    return figure


@matplotlib.rc_context(STYLE)
def perturbed_and_regular(frame: pd.DataFrame, setting: str, study: str, demo: bool) -> Figure:
    """Return figure 3: perturbed F1 as a fraction of regular F1 by sparsity, a line a perturbation, panels by scope.

    frame: of `analysis.perturbed_fractions`. The dotted line of the same colour is the chance floor over regular F1.
    """
    scopes, sparsities = _held(frame["scope"], [*SCOPES, ""]), sorted(frame["sparsity"].unique())
    perturbations = _held(frame["perturbation"], PERTURBATIONS)
    figure, panels = _panels(1, len(scopes), len(sparsities), height=2.1)
    for axes, scope in zip(panels[0], scopes, strict=True):
        panel = frame[frame["scope"] == scope]
        for perturbation in perturbations:
            line = panel[panel["perturbation"] == perturbation].set_index("sparsity").reindex(sparsities)
            colour, marker = PERTURBATION_STYLES[perturbation]
            axes.plot(range(len(sparsities)), line["fraction"], color=colour, marker=marker, clip_on=False)
            # One value has no line to be dotted: it gets a point.
            lone = "." if line["floor_fraction"].notna().sum() == 1 else ""
            axes.plot(range(len(sparsities)), line["floor_fraction"], color=colour, linestyle=":", marker=lone)
        _say_if_undefined(axes, panel["fraction"], "no language has\na regular F1 above 0")
        axes.set_ylim(0, max(1.0, 1.05 * frame[["fraction", "floor_fraction"]].max().max()))
        axes.set_title(SCOPE_NAMES[scope])
    panels[0][0].set_ylabel("F1 perturbed / regular")
    _label_sparsities(panels, sparsities)
    handles = []
    for perturbation in perturbations:
        counted = frame.loc[frame["perturbation"] == perturbation, "languages"]
        handles.append(_handle(f"{perturbation} ({_number(counted)})", *PERTURBATION_STYLES[perturbation]))
    _legend(figure, [*handles, _reference("chance floor / regular")], columns=2)
    head = f"Perturbed F1 as a fraction of regular F1, {setting} models"
    _title(figure, f"{head}: mean over n languages, {_seeds(frame)}{_left_out(frame, 'regular')}", study, demo)
    return figure


@matplotlib.rc_context(STYLE)
def save_figure(figure: Figure, path: str | os.PathLike) -> None:
    """Save the figure in the format of the path's suffix, PDF or PNG (200 dots an inch); same figure, same bytes."""
    suffix = os.path.splitext(path)[1]
    metadata = {".pdf": {"CreationDate": None}, ".png": {"Software": None}}[suffix]
    figure.savefig(path, dpi=200, metadata=metadata)


def _held(values: pd.Series, order: Iterable[str]) -> list[str]:
    """Return what the study holds, in the given order."""
    held = set(values)
    return [value for value in order if value in held]


def _panels(rows: int, columns: int, sparsities: int, height: float) -> tuple[Figure, Sequence[Sequence[Axes]]]:
    """Return a figure and its panels, rows × columns: as wide as a page's column, wider if the tick labels need it.

    height: inches of a row of panels.
    """
    width = max(COLUMN_WIDTH, MARGIN + columns * sparsities * TICK_WIDTH)
    figure = Figure(figsize=(width, rows * height + TEXT_HEIGHT), layout="constrained")
    return figure, figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)


def _label_sparsities(panels: Sequence[Sequence[Axes]], sparsities: Sequence[int]) -> None:
    """Label the x axes; sparsities stand at 0, 1, 2, …"""
    panels[0][0].set_xticks(range(len(sparsities)), [str(sparsity) for sparsity in sparsities])
    panels[0][0].set_xlim(-0.4, len(sparsities) - 0.6)
    for axes in panels[-1]:
        axes.set_xlabel("sparsity (%)", labelpad=2)


def _handle(label: str, colour: tuple[float, float, float], marker: str) -> Line2D:
    return Line2D([], [], color=colour, marker=marker, label=label)


def _reference(label: str, linestyle: str = ":") -> Line2D:
    return Line2D([], [], color=REFERENCE_COLOUR, linestyle=linestyle, label=label)


def _legend(figure: Figure, handles: Sequence[Line2D], columns: int, title: str | None = None) -> None:
    """Put one legend for all panels below them, where it covers no line."""
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, title=title)


def _title(figure: Figure, text: str, study: str, demo: bool) -> None:
    """Write the title, broken into lines that fit the figure's width."""
    characters = int(figure.get_figwidth() * 72 / (FONT_SIZE * 0.56))  # an average character is 0.56 of the font size
    paragraphs = [f"{text}.", f"Study {study}{', demo on synthetic text' if demo else ''}."]
    # A space that does not break keeps a number with its noun.
    paragraphs = [textwrap.fill(re.sub(r"(\d) ", "\\1\N{NO-BREAK SPACE}", part), characters) for part in paragraphs]
    figure.suptitle("\n".join(paragraphs), x=0.01, ha="left")


def _number(counts: pd.Series) -> str:
    """Return "n=5", or "n=4–5" where not every point drawn has the same number of languages."""
    low, high = counts[counts > 0].min() if counts.any() else 0, counts.max()
    return f"n={high}" if low == high else f"n={low}–{high}"


def _seeds(frame: pd.DataFrame) -> str:
    return count_range(int(frame["seeds_low"].min()), int(frame["seeds_high"].max()), "seed")


def _left_out(frame: pd.DataFrame, what: str) -> str:
    return f"; without languages that have no {what} F1 above 0" if frame["undefined"].any() else ""


def _say_if_undefined(axes: Axes, values: pd.Series, why: str) -> None:
    """Write into a panel that would be empty why it is."""
    if values.isna().all():
        axes.text(0.5, 0.75, why, transform=axes.transAxes, ha="center", va="center")
