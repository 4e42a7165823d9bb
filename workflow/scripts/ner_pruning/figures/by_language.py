"""The figure `languages`: F1 by sparsity, a small panel a language."""

from collections.abc import Mapping

import matplotlib
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ner_pruning.figures.style import (
    MOST_COLUMNS,
    REFERENCE_COLOUR,
    SCOPE_LINES,
    SCOPE_NAMES,
    SETTING_STYLES,
    STYLE,
    handle,
    held,
    label_small_multiples,
    line_by_sparsity,
    make_small_multiples,
    name_test_set,
    put_legend,
    put_title,
    reference,
)
from ner_pruning.table import count, count_range
from ner_pruning.terms import IN_LANGUAGE, REGULAR, SCOPES, SETTINGS, Provenance

PANEL_HEIGHT, TALL_PANEL = 1.0, 1.6  # inches, with title and ticks; tall where all panels stand in one band
MARKERS = {REGULAR: None, IN_LANGUAGE: "white"}
"""By test set, what fills a marker: its line's colour, or nothing."""


@matplotlib.rc_context(STYLE)
def all_languages(frame: pd.DataFrame, names: Mapping[str, str], provenance: Provenance) -> Figure:
    """Return the figure `languages`: colour and marker by setting, line by scope, filled markers for the regular set.

    frame: of `groups.f1_by_language`; names: of the languages by code. The dotted line is the in-language chance floor.
    """
    languages, sparsities = list(frame["language"].unique()), sorted(frame["sparsity"].unique())
    height = TALL_PANEL if len(languages) <= MOST_COLUMNS else PANEL_HEIGHT
    figure, cells = make_small_multiples(len(languages), [height])
    for (axes,), language in zip(cells, languages, strict=True):
        panel = frame[frame["language"] == language]
        for (setting, test_set, scope), rows in panel.groupby(["setting", "test_set", "scope"], sort=False):
            line = line_by_sparsity(rows, sparsities)
            colour, marker = SETTING_STYLES[setting]
            style = {"color": colour, "marker": marker, "markerfacecolor": MARKERS[test_set] or colour}
            axes.plot(line.index, line["f1"], SCOPE_LINES[scope], **style, markersize=2.6, linewidth=0.9)
        floors = panel.loc[panel["test_set"] == IN_LANGUAGE, "chance_floor"]
        if len(floors):
            axes.axhline(floors.mean(), color=REFERENCE_COLOUR, linestyle=":")
        axes.set_title(f"{names[language]} ({language})", pad=3)
        axes.set_ylim(0, 1)
    label_small_multiples(cells, sparsities, "F1")
    put_legend(figure, _handles(frame), columns=2 if len(cells) < 3 else 4)
    seeds = count_range(frame["seeds"].min(), frame["seeds"].max(), "seed")
    text = f"F1 by language, fewest training sentences first: {count(len(languages), 'language')}, mean over {seeds}"
    put_title(figure, text, provenance)
    return figure


def _handles(frame: pd.DataFrame) -> list[Line2D]:
    """Return the legend: settings, scopes and test sets that the study holds, each by what sets it apart."""
    settings = [handle(setting, *SETTING_STYLES[setting]) for setting in held(frame["setting"], SETTINGS)]
    scopes = [handle(SCOPE_NAMES[s], "black", "", linestyle=SCOPE_LINES[s]) for s in held(frame["scope"], SCOPES)]
    test_sets = [
        handle(name_test_set(test_set), "black", "o", linestyle="", markerfacecolor=MARKERS[test_set] or "black")
        for test_set in held(frame["test_set"], MARKERS)
    ]
    floor = [reference(f"chance, {IN_LANGUAGE}")] * (IN_LANGUAGE in set(frame["test_set"]))
    return [*settings, *scopes, *test_sets, *floor]
