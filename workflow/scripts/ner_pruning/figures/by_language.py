"""The figure `languages`: F1 by sparsity, a small panel a language."""

import matplotlib
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ner_pruning.figures.style import (
    MOST_COLUMNS,
    REFERENCE_COLOUR,
    SCOPE_LINES,
    SETTING_STYLES,
    STYLE,
    draw_floors,
    handle,
    held,
    label_small_multiples,
    line_by_sparsity,
    make_small_multiples,
    name_test_set,
    put_legend,
    put_title,
    reference,
    scope_handles,
    seeds_of,
)
from ner_pruning.files import InputError
from ner_pruning.statistics.interval_table import by_language, in_each_scope, select
from ner_pruning.table import count
from ner_pruning.terms import IN_LANGUAGE, REGULAR, SCOPES, SETTINGS, Provenance

PANEL_HEIGHT, TALL_PANEL = 1.0, 1.6  # inches, with title and ticks; tall where all panels stand in one band
MARKERS = {REGULAR: None, IN_LANGUAGE: "white"}
"""By test set, what fills a marker: its line's colour, or nothing."""


@matplotlib.rc_context(STYLE)
def all_languages(intervals: pd.DataFrame, groups: pd.DataFrame, provenance: Provenance) -> tuple[Figure, pd.DataFrame]:
    """Return the figure `languages`: colour and marker by setting, line by scope, filled markers for the regular set.

    intervals: of `intervals_table`; groups: of `read_groups`. Panels stand by training size and language. The dotted
    line is the in-language chance floor. Raises InputError when there is no F1 on either test set.
    """
    rows = by_language(select(intervals, statistic=["f1", "chance_floor"], test_set=[REGULAR, IN_LANGUAGE]))
    if rows.empty:
        raise InputError(f"intervals: no F1 on the test sets {REGULAR} and {IN_LANGUAGE}; expected at least one")
    rows = in_each_scope(rows)
    frame, floors = (select(rows, statistic=statistic) for statistic in ("f1", "chance_floor"))
    languages, sparsities = _by_size(frame, groups), sorted(frame["sparsity"].unique())
    height = TALL_PANEL if len(languages) <= MOST_COLUMNS else PANEL_HEIGHT
    figure, cells = make_small_multiples(len(languages), [height])
    for (axes,), language in zip(cells, languages, strict=True):
        panel = select(frame, language=language)
        for (setting, test_set, scope), values in panel.groupby(["setting", "test_set", "scope"], sort=False):
            line = line_by_sparsity(values, sparsities)
            colour, marker = SETTING_STYLES[setting]
            style = {"color": colour, "marker": marker, "markerfacecolor": MARKERS[test_set] or colour}
            axes.plot(line.index, line["estimate"], SCOPE_LINES[scope], **style, markersize=2.6, linewidth=0.9)
        draw_floors(axes, select(floors, language=language, test_set=IN_LANGUAGE), REFERENCE_COLOUR)
        axes.set_title(f"{groups.loc[language, 'name']} ({language})", pad=3)
        axes.set_ylim(0, 1)
    label_small_multiples(cells, sparsities, "F1")
    put_legend(figure, _handles(frame), columns=2 if len(cells) < 3 else 4)
    text = (
        f"F1 by language, fewest training sentences first: {count(len(languages), 'language')}, "
        f"mean over {seeds_of(frame)}"
    )
    put_title(figure, text, provenance)
    return figure, rows


def _by_size(frame: pd.DataFrame, groups: pd.DataFrame) -> list[str]:
    """Return the languages of a frame, smallest class of training sizes first, then by code."""
    return sorted(set(frame["language"]), key=lambda language: (groups.loc[language, "size"], language))


def _handles(frame: pd.DataFrame) -> list[Line2D]:
    """Return the legend: settings, scopes and test sets that the study holds, each by what sets it apart."""
    settings = [handle(setting, *SETTING_STYLES[setting]) for setting in held(frame["setting"], SETTINGS)]
    test_sets = [
        handle(name_test_set(test_set), "black", "o", linestyle="", markerfacecolor=MARKERS[test_set] or "black")
        for test_set in held(frame["test_set"], MARKERS)
    ]
    floor = [reference(f"chance, {IN_LANGUAGE}")] * (IN_LANGUAGE in set(frame["test_set"]))
    return [*settings, *scope_handles(held(frame["scope"], SCOPES)), *test_sets, *floor]
