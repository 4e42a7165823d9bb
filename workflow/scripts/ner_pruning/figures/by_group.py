"""Figures 4-8: F1 by group of languages, small panels in bands."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ner_pruning.figures.style import (
    REFERENCE_COLOUR,
    SCOPE_NAMES,
    SCOPE_STYLES,
    STYLE,
    draw_mean,
    handle,
    held,
    label_small_multiples,
    left_out,
    line_by_sparsity,
    make_small_multiples,
    name_test_set,
    number_of,
    put_legend,
    put_title,
    reference,
    say_if_undefined,
    seeds_of,
)
from ner_pruning.table import count
from ner_pruning.terms import REGULAR, SCOPES, Provenance

PANEL_HEIGHTS = (1.1, 0.95)  # inches: F1 with the group's name above, difference with the ticks below


@matplotlib.rc_context(STYLE)
def groups_of_languages(
    frame: pd.DataFrame, grouping: str, setting: str, test_set: str, provenance: Provenance
) -> Figure:
    """Return one of figures 4-8: two panels a group, F1 by sparsity and below it the relative difference to dense.

    frame: of `groups.f1_by_group`; grouping: what the groups are, such as "family". A line a scope, with the standard
    deviation over languages as a band. The dotted line is the chance floor of perturbed test sets.
    """
    scopes, sparsities = held(frame["scope"], SCOPES), sorted(frame["sparsity"].unique())
    groups = list(frame["group"].unique())
    figure, cells = make_small_multiples(len(groups), PANEL_HEIGHTS)
    limits = _difference_limits(frame)
    for (above, below), group in zip(cells, groups, strict=True):
        rows = frame[frame["group"] == group]
        for scope in scopes:
            line = line_by_sparsity(rows[rows["scope"] == scope], sparsities)
            draw_mean(above, line, "f1", *SCOPE_STYLES[scope])
            draw_mean(below, line, "difference", *SCOPE_STYLES[scope])
        if test_set != REGULAR:
            above.axhline(rows["chance_floor"].mean(), color=REFERENCE_COLOUR, linestyle=":")
        below.axhline(0, color=REFERENCE_COLOUR, linestyle="--", linewidth=0.8)
        say_if_undefined(below, rows["difference"], "no language has\na dense F1\nabove 0", height=0.5)
        above.set_title(f"{_name(group)}\n{number_of(rows['languages'])}")
        above.set_ylim(0, 1)
        below.set_ylim(limits)
        below.yaxis.set_major_locator(MaxNLocator(4))
    label_small_multiples(cells, sparsities, "F1", "relative\ndifference")
    handles = [handle(SCOPE_NAMES[scope], *SCOPE_STYLES[scope]) for scope in scopes]
    floor = [reference("chance floor")] * (test_set != REGULAR)
    put_legend(figure, [*handles, *floor, reference("dense", "--")], columns=2 if len(cells) < 3 else 4)
    band = "; bands: standard deviation over languages" if frame["f1_std"].notna().any() else ""
    head = (
        f"F1 of {setting} models by {grouping} on the {name_test_set(test_set)} test sets; below: relative difference"
    )
    missing = left_out(frame, "dense F1 above 0")
    text = f"{head} to the dense model. Mean over n languages, {seeds_of(frame)}{band}{missing}"
    put_title(figure, text, provenance)
    return figure


def _name(group: str | int) -> str:
    return group if isinstance(group, str) else count(group, "sentence")


def _difference_limits(frame: pd.DataFrame) -> tuple[float, float]:
    """Return the limits of the y axes of differences: all means and bands, and 0.1 at least, as in figure 2."""
    spread = frame["difference_std"].fillna(0)
    low = np.nanmin([*(frame["difference"] - spread), -0.05])
    high = np.nanmax([*(frame["difference"] + spread), 0.05])
    return low - 0.08 * (high - low), high + 0.08 * (high - low)
