"""The figure `methods`: F1 by sparsity, a line a pruning method, on the same languages."""

from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ner_pruning.figures.style import (
    BARS,
    REFERENCE_COLOUR,
    STYLE,
    Colour,
    draw_floors,
    draw_mean,
    handle,
    held,
    label_panels,
    line_by_sparsity,
    make_panels,
    name_test_set,
    put_legend,
    put_title,
    reference,
    seeds_of,
    shifts,
)
from ner_pruning.statistics.interval_table import METHOD_TEST_SETS, by_method, in_scope, select
from ner_pruning.study.methods import IN_INT8, METHODS, PRUNING_METHODS
from ner_pruning.table import count_range
from ner_pruning.terms import ALL_SCOPES, SETTINGS, Provenance, method_of

_STYLES: Sequence[tuple[Colour, str]] = (
    ("black", "o"),
    ("#999999", "X"),
    ("#E69F00", "s"),
    ("#D55E00", "v"),
    ("#56B4E9", "^"),
    ("#009E73", "D"),
    ("#CC79A7", "P"),
    ("#0072B2", "*"),
)  # Okabe & Ito 2008, and one more
METHOD_STYLES = dict(zip(PRUNING_METHODS, _STYLES, strict=True))


def style_of(method: str) -> tuple[Colour, str, str]:
    """Return the colour, marker and line of one of METHODS; in int8 the line is dashed."""
    colour, marker = METHOD_STYLES[IN_INT8.get(method, method)]
    return colour, marker, "--" if method in IN_INT8 else "-"


@matplotlib.rc_context(STYLE)
def methods_compared(
    intervals: pd.DataFrame, groups: pd.DataFrame, provenance: Provenance
) -> tuple[Figure, pd.DataFrame]:
    """Return the figure `methods`: mean F1 by sparsity with its interval, a line a method.

    intervals: of `intervals_table`. Rows of panels: settings and scopes; columns: the regular and the in-language test
    set. All lines begin with the dense model, those of int8, dashed, with the dense one in int8; the dotted line is the
    chance floor. Raises InputError where `by_method` does.
    """
    rows = select(by_method(intervals), matrices=ALL_SCOPES)
    frame, floors = (select(rows, statistic=statistic) for statistic in ("f1", "chance_floor"))
    test_sets, sparsities = held(frame["test_set"], METHOD_TEST_SETS), sorted(frame["sparsity"].unique())
    methods = held(frame.loc[frame["sparsity"] > 0, "method"], METHODS)
    shift_of = dict(zip(methods, shifts(len(methods)), strict=True))
    of_dense_int8 = next((shift for method, shift in shift_of.items() if method in IN_INT8), 0.0)
    places = [
        (setting, matrices)
        for setting in held(frame["setting"], SETTINGS)
        for matrices in held(frame.loc[frame["setting"] == setting, "matrices"], ALL_SCOPES)
    ]
    figure, panels = make_panels(len(places), len(test_sets), len(sparsities), height=2.0)
    several = frame["setting"].nunique() > 1
    for of_place, (setting, matrices) in zip(panels, places, strict=True):
        for axes, test_set in zip(of_place, test_sets, strict=True):
            panel = select(frame, setting=setting, matrices=matrices, test_set=test_set)
            scopes = {method_of(scope): scope for scope in panel["scope"]}
            for method, shift in reversed(shift_of.items()):  # magnitude on top
                if method in scopes:
                    line = line_by_sparsity(in_scope(panel, scopes[method]), sparsities)
                    # the dense model is the same one of all methods, and that in int8 of all methods in int8
                    of_dense = of_dense_int8 if method in IN_INT8 else 0.0
                    colour, marker, linestyle = style_of(method)
                    draw_mean(axes, line, colour, marker, np.where(line["sparsity"] == 0, of_dense, shift), linestyle)
            place = {"setting": setting, "matrices": matrices, "test_set": test_set}
            draw_floors(axes, select(floors, **place), REFERENCE_COLOUR)
            axes.set_ylim(0, 1)
        of_place[0].set_ylabel(f"F1, {matrices}{f', {setting}' if several else ''}")
    for axes, test_set in zip(panels[0], test_sets, strict=True):
        axes.set_title(name_test_set(test_set))
    label_panels(panels, sparsities)
    styles = {METHODS[method].name: style_of(method) for method in methods}
    handles = [handle(name, colour, marker, linestyle=line) for name, (colour, marker, line) in styles.items()]
    put_legend(figure, [*handles, reference("chance floor")], columns=2)
    languages = count_range(int(frame["languages"].min()), int(frame["languages"].max()), "language")
    models = "" if several else f"{frame['setting'].iloc[0]} "
    text = f"F1 of {models}models by pruning method: mean over {languages}, {seeds_of(frame)}{BARS}"
    put_title(figure, text, provenance)
    return figure, rows
