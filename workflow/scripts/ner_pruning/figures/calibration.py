"""The figure of calibration: how far off the confidence of the models is, and how sure they are when they are wrong."""

from itertools import product

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from ner_pruning.figures.style import (
    BARS,
    SCOPE_LINES,
    SETTING_STYLES,
    STYLE,
    draw_mean,
    handle,
    held,
    label_panels,
    line_by_sparsity,
    make_panels,
    name_test_set,
    number_of,
    put_legend,
    put_title,
    say_if_undefined,
    scope_handles,
    shifts,
)
from ner_pruning.statistics.calibration import MENTION_ERROR, WHEN_WRONG
from ner_pruning.statistics.interval_table import MEAN, select
from ner_pruning.table import count_range
from ner_pruning.terms import IN_LANGUAGE, REGULAR, SCOPES, SETTINGS, Provenance

SHOWN = {MENTION_ERROR: "calibration error\nof mentions", WHEN_WRONG: "confidence of\nwrong mentions"}
PANEL_HEIGHT = 1.5  # inches


@matplotlib.rc_context(STYLE)
def draw_calibration(frame: pd.DataFrame, provenance: Provenance) -> Figure:
    """Return the figure `calibration`: means over languages by sparsity, colour by setting, line by scope.

    frame: of `calibration.measure_calibration`. Columns of panels: the regular and the in-language test set.
    """
    means = select(frame, language=MEAN)
    scopes = held(means["scope"], SCOPES) or [""]  # of a study of dense models
    means = select(means, scope=scopes)
    test_sets = held(means["test_set"], [REGULAR, IN_LANGUAGE]) or [REGULAR]
    settings, sparsities = held(means["setting"], SETTINGS), sorted(means["sparsity"].unique()) or [0]
    held_lines = set(zip(means["setting"], means["scope"], strict=True))
    lines = [line for line in product(settings, scopes) if line in held_lines]
    figure, panels = make_panels(len(SHOWN), len(test_sets), len(sparsities), PANEL_HEIGHT)
    for row, (measure, name) in zip(panels, SHOWN.items(), strict=True):
        row[0].set_ylabel(name)
        for axes, test_set in zip(row, test_sets, strict=True):
            panel = select(means, measure=measure, test_set=test_set)
            for (setting, scope), shift in zip(lines, shifts(len(lines)), strict=True):
                line = line_by_sparsity(select(panel, setting=setting, scope=scope), sparsities)
                draw_mean(axes, line, *SETTING_STYLES[setting], shift, SCOPE_LINES[scope])
            say_if_undefined(axes, panel["estimate"], "no confidences\nare stored" if frame.empty else "none is wrong")
    for axes, test_set in zip(panels[0], test_sets, strict=True):
        axes.set_title(name_test_set(test_set))
    panels[0][0].set_ylim(0, 1)
    label_panels(panels, sparsities)
    numbers = {setting: number_of(select(means, setting=setting)["languages"]) for setting in settings}
    handles = [handle(f"{setting} ({numbers[setting]})", *SETTING_STYLES[setting]) for setting in settings]
    if handles:
        put_legend(figure, handles + scope_handles(scopes), columns=2, title="models (n languages)")
    seeds = "" if frame.empty else f", {count_range(int(frame['seeds'].min()), int(frame['seeds'].max()), 'seed')}"
    head = "Expected calibration error of predicted mentions, and mean confidence of wrong ones, by sparsity"
    put_title(figure, f"{head}: means over languages{seeds}{BARS} over test sentences", provenance)
    return figure
