"""Figures 4-8: F1 by group of languages, small panels in bands."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ner_pruning.figures.style import (
    BARS,
    REFERENCE_COLOUR,
    SCOPE_NAMES,
    SCOPE_STYLES,
    STYLE,
    draw_floors,
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
    shifts,
)
from ner_pruning.statistics.interval_table import select
from ner_pruning.table import count
from ner_pruning.terms import REGULAR, SCOPES, Provenance

PANEL_HEIGHTS = (1.1, 0.95)  # inches: F1 with the group's name above, difference with the ticks below


TITLES = {"size": "training size"}
"""What a title calls a grouping, if it is not its name."""


@matplotlib.rc_context(STYLE)
def figure_by_group(means: pd.DataFrame, counted: pd.Series, provenance: Provenance) -> tuple[Figure, pd.DataFrame]:
    """Return one of figures 4-8: two panels a group, F1 by sparsity and below it the relative difference to dense.

    means: F1, relative differences and chance floors of a setting and test set, of `by_group` and `in_each_scope`;
    counted: the group of each language, whose name is the grouping's. A line a scope; the dotted line is the chance
    floor of perturbed test sets.
    """
    (setting,), (test_set,) = means["setting"].unique(), means["test_set"].unique()
    f1, floors = (select(means, statistic=statistic) for statistic in ("f1", "chance_floor"))
    differences = pd.concat([_dense(f1), select(means, statistic="relative_difference")])
    scopes, sparsities = held(means["scope"], SCOPES), sorted(means["sparsity"].unique())
    groups = order_groups(counted)
    figure, cells = make_small_multiples(len(groups), PANEL_HEIGHTS)
    limits = _difference_limits(differences)
    for (above, below), group in zip(cells, groups, strict=True):
        for scope in scopes:
            for axes, values in ((above, f1), (below, differences)):
                line = line_by_sparsity(values[(values["group"] == group) & (values["scope"] == scope)], sparsities)
                draw_mean(axes, line, *SCOPE_STYLES[scope], shift=shifts(len(scopes))[scopes.index(scope)])
        if test_set != REGULAR:
            draw_floors(above, floors[floors["group"] == group], REFERENCE_COLOUR)
        below.axhline(0, color=REFERENCE_COLOUR, linestyle="--", linewidth=0.8)
        of_group = differences.loc[differences["group"] == group, "estimate"]
        say_if_undefined(below, of_group, "no language has\na dense F1\nabove 0", height=0.5)
        above.set_title(f"{_name(group)}\n{number_of(f1.loc[f1['group'] == group, 'languages'])}")
        above.set_ylim(0, 1)
        below.set_ylim(limits)
        below.yaxis.set_major_locator(MaxNLocator(4))
    label_small_multiples(cells, sparsities, "F1", "relative\ndifference")
    handles = [handle(SCOPE_NAMES[scope], *SCOPE_STYLES[scope]) for scope in scopes]
    floor = [reference("chance floor")] * (test_set != REGULAR)
    put_legend(figure, [*handles, *floor, reference("dense", "--")], columns=2 if len(cells) < 3 else 4)
    head = (
        f"F1 of {setting} models by {TITLES.get(counted.name, counted.name)} on the {name_test_set(test_set)} test "
        "sets; below: relative difference"
    )
    missing = left_out(differences, "dense F1 above 0")
    text = f"{head} to the dense model. Mean over n languages, {seeds_of(f1)}{BARS}{missing}"
    put_title(figure, text, provenance)
    return figure, means


def order_groups(groups: pd.Series) -> list[str] | list[int]:
    """Return groups in the order of figures: sizes ascending; names by number of languages, most first, then name.

    groups: of each language.
    """
    languages = groups.value_counts()
    if pd.api.types.is_numeric_dtype(groups):
        return sorted(languages.index)
    return sorted(languages.index, key=lambda group: (-languages[group], group))


def _dense(f1: pd.DataFrame) -> pd.DataFrame:
    """Return the relative difference of dense models to themselves: 0, but NaN where all languages have an F1 of 0."""
    dense = f1[f1["sparsity"] == 0]
    return dense.assign(estimate=np.where(dense["estimate"] > 0, 0.0, np.nan), low=np.nan, high=np.nan, undefined=0)


def _name(group: str | int) -> str:
    return group if isinstance(group, str) else count(group, "sentence")


def _difference_limits(differences: pd.DataFrame) -> tuple[float, float]:
    """Return the limits of the y axes of differences: all means and intervals, and 0.1 at least, as in figure 2."""
    values = differences[["estimate", "low", "high"]].to_numpy()
    low, high = np.nanmin([*values.flat, -0.05]), np.nanmax([*values.flat, 0.05])
    return low - 0.08 * (high - low), high + 0.08 * (high - low)
