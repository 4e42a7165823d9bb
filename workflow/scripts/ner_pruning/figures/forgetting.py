"""The figure `forgotten`: what pruning forgets by sparsity, in a panel for each property of the mentions."""

from textwrap import fill

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ner_pruning.figures.style import (
    BARS,
    COLOURBLIND,
    PAGE_WIDTH,
    SIZE_MARKERS,
    SPARSITY_LABEL,
    STYLE,
    TICK_WIDTH,
    draw_mean,
    handle,
    held,
    label_sparsities,
    line_by_sparsity,
    number_of,
    put_title,
    say_if_undefined,
    seeds_of,
    shifts,
)
from ner_pruning.statistics.forgetting import FORGOTTEN, languages_of_line
from ner_pruning.statistics.interval_table import MEAN, select
from ner_pruning.statistics.mention_classes import ALL, FREQUENCY, TYPE, WORDS
from ner_pruning.terms import REGULAR, SCOPES, SETTINGS, Provenance, ordered_scopes

SCRIPT = "script"
PANELS = {
    ALL.property: "all mentions",
    TYPE: "by type",
    WORDS: "by number of words",
    FREQUENCY: "by frequency in training",
    SCRIPT: "by script",
}
"""The columns of panels, by the property of their lines."""

MOST_LINES = 7
"""Lines of a panel: of scripts those with the most languages, of types the first."""

PANEL_HEIGHT, TEXT_HEIGHT, LEGEND_LINE = 1.45, 1.25, 0.15  # inches
TITLE_WIDTH = 16  # characters
ADVERBS = {"partial": "partially", "full": "fully"}


@matplotlib.rc_context(STYLE)
def forgotten_by_class(frame: pd.DataFrame, provenance: Provenance) -> Figure:
    """Return the figure: of the mentions that dense models find, the share that others miss, by sparsity.

    frame: of `forgetting.forgetting_table`. Means over languages on the regular test sets, with intervals; a row of
    panels a setting, of the first of `ordered_scopes`, which the title names; none of scripts where all languages have
    the same. At a sparsity of 0 stands the noise floor, which is missing where there is one seed.
    """
    means = select(frame, statistic=FORGOTTEN, language=MEAN, test_set=REGULAR)
    scope = next(iter(ordered_scopes(frame.loc[frame["sparsity"] > 0, "scope"])), SCOPES[0])
    means = select(means, scope=scope)
    means = means.assign(
        panel=means["property"].where(means["group"] == "", SCRIPT),
        line=means["value"].where(means["group"] == "", means["group"].str.removeprefix(f"{SCRIPT} ")),
    )
    settings = held(means["setting"], SETTINGS) or [SETTINGS[0]]
    sparsities = sorted({0, *means["sparsity"]})
    lines = {panel: _lines(means[means["panel"] == panel]) for panel in PANELS}
    if not lines[SCRIPT]:  # all languages have the same
        del lines[SCRIPT]
    longest = min(MOST_LINES, max(len(names) for names in lines.values()))
    heights = len(settings) * (PANEL_HEIGHT + LEGEND_LINE * longest) + TEXT_HEIGHT
    figure = Figure(figsize=(PAGE_WIDTH, heights), layout="constrained")
    grid = figure.subplots(len(settings), len(lines), sharex=True, sharey=True, squeeze=False)
    for row, setting in zip(grid, settings, strict=True):
        of_setting = select(means, setting=setting)
        for axes, panel in zip(row, lines, strict=True):
            part, names = of_setting[of_setting["panel"] == panel], lines[panel][:MOST_LINES]
            handles = []
            for name, colour, marker, shift in zip(names, COLOURBLIND, SIZE_MARKERS, shifts(len(names)), strict=False):
                values = part[part["line"] == name]
                if len(values):
                    draw_mean(axes, line_by_sparsity(values, sparsities), colour, marker, shift)
                    languages = languages_of_line(values, part)[1] or number_of(values["languages"])
                    handles.append(handle(f"{name} ({languages})", colour, marker))
            say_if_undefined(axes, part["estimate"], "too few\nmentions")
            if handles:
                place = {"loc": "upper left", "bbox_to_anchor": (-0.05, -0.3), "borderaxespad": 0}
                axes.legend(handles=handles, handlelength=1, handletextpad=0.4, labelspacing=0.2, **place)
            left_out = f" ({len(names)} of {len(lines[panel])})" if len(names) < len(lines[panel]) else ""
            axes.set_title(fill(f"{PANELS[panel]}{left_out}", TITLE_WIDTH))
            axes.tick_params(labelbottom=True)
            axes.set_xlabel(SPARSITY_LABEL, labelpad=1)
        row[0].set_ylabel(f"share forgotten,\n{setting}")
    width = PAGE_WIDTH / len(lines)
    label_sparsities(grid[0, 0], sparsities, every=int(np.ceil(TICK_WIDTH * len(sparsities) / (width - 0.25))))
    grid[0, 0].set_ylim(0, 1)
    with_floor = means.groupby(["setting", "panel", "line"])["sparsity"].min() == 0
    how = f"{ADVERBS[scope]} pruned model" if scope in ADVERBS else f"pruned model ({scope})"
    text = f"Of the mentions that a dense model finds, the share that a {how} of "
    alone = len(means) > 0 and not with_floor.any()
    text += "the same seed misses (there is one, and so no noise floor)" if alone else "another seed misses"
    text += "; at 0 the noise floor, what a dense model of another seed misses" if with_floor.any() else ""
    if with_floor.any() and not with_floor.all():
        text += "; lines that have no value at 0: both models have the same seed, as there is one, and no floor"
    seeds = f", {seeds_of(means)}" if len(means) else ""
    put_title(figure, f"{text}. Mean over n languages, or those named{seeds}{BARS}", provenance)
    figure.draw_without_rendering()  # the legends hang from the panels: a first layout cuts off the last of many lines
    return figure


def _lines(rows: pd.DataFrame) -> list[str]:
    """Return the names of the lines of a panel in order: those of scripts by number of languages, most first."""
    names = list(dict.fromkeys(rows["line"]))
    if (rows["panel"] == SCRIPT).any():
        languages = rows.groupby("line")["languages"].max()
        names.sort(key=lambda name: (-languages[name], name))
    return names
