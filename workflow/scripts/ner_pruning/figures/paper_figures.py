"""The paper's figures by number, and figures 1-3, each a pure function of a frame of `statistics.summaries`."""

from collections.abc import Mapping

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ner_pruning.figures.by_group import groups_of_languages
from ner_pruning.figures.by_overlap import f1_and_overlap
from ner_pruning.figures.style import (
    PERTURBATION_STYLES,
    REFERENCE_COLOUR,
    SCOPE_NAMES,
    SETTING_STYLES,
    STYLE,
    draw_mean,
    handle,
    held,
    label_panels,
    left_out,
    line_by_sparsity,
    make_panels,
    name_test_set,
    number_of,
    put_legend,
    put_title,
    reference,
    say_if_undefined,
    seeds_of,
    size_styles,
)
from ner_pruning.statistics import summaries
from ner_pruning.statistics.correlations import dense_f1_and_overlap
from ner_pruning.statistics.groups import f1_by_group
from ner_pruning.table import count_range
from ner_pruning.terms import IN_LANGUAGE, PERTURBATIONS, REGULAR, SCOPES, SETTINGS, Provenance

TRAINING_SIZE = "training size"
GROUP_FIGURES = {
    4: ("family", REGULAR),
    5: ("script", REGULAR),
    6: (TRAINING_SIZE, IN_LANGUAGE),
    7: ("family", IN_LANGUAGE),
    8: ("script", IN_LANGUAGE),
}
"""By number, what groups the languages, and the test set."""


def draw_figure(
    number: int, scores: pd.DataFrame, groupings: Mapping[str, Mapping[str, str | int]], provenance: Provenance
) -> tuple[Figure, pd.DataFrame]:
    """Return one of figures 1-9 and the numbers it shows.

    scores: the study's tidy scores; groupings: the family, the script, and the training size (sentences, or their
    class) of each language, by the names "family", "script" and "training size".
    Raises InputError when the study holds nothing of what the figure shows.
    """
    setting, train_sizes = summaries.main_setting(scores), groupings[TRAINING_SIZE]
    if number == 2 or number in GROUP_FIGURES:  # only the monolingual models may have sparse ones
        sparse = scores[scores["sparsity"] > 0]
        setting = summaries.main_setting(sparse) if len(sparse) else setting
    if number == 1:
        numbers = summaries.f1_over_languages(scores)
        both = set.intersection(*(summaries.languages_of(scores, setting) for setting in summaries.settings_of(scores)))
        return monolingual_and_multilingual(numbers, bool(both), provenance), numbers
    if number == 2:
        numbers = summaries.relative_to_dense(scores, setting, REGULAR, train_sizes)
        return sparse_and_dense(numbers, setting, provenance), numbers
    if number == 3:
        numbers = summaries.perturbed_fractions(scores, setting)
        return perturbed_and_regular(numbers, setting, provenance), numbers
    if number in GROUP_FIGURES:
        grouping, test_set = GROUP_FIGURES[number]
        numbers = f1_by_group(scores, setting, test_set, groupings[grouping], grouping)
        return groups_of_languages(numbers, grouping, setting, test_set, provenance), numbers
    numbers = dense_f1_and_overlap(scores, setting, train_sizes)
    return f1_and_overlap(numbers, setting, provenance), numbers


@matplotlib.rc_context(STYLE)
def monolingual_and_multilingual(frame: pd.DataFrame, same_languages: bool, provenance: Provenance) -> Figure:
    """Return figure 1: mean F1 by sparsity, a line a setting, with the standard deviation over languages as a band.

    frame: of `summaries.f1_over_languages`; same_languages: whether it holds the same languages in all settings.
    Columns of panels: the regular and the in-language test set; rows: scopes. The dotted line is the chance floor.
    """
    frame = frame[frame["test_set"].isin([REGULAR, IN_LANGUAGE])]
    test_sets, scopes = held(frame["test_set"], [REGULAR, IN_LANGUAGE]), held(frame["scope"], [*SCOPES, ""])
    settings, sparsities = held(frame["setting"], SETTINGS), sorted(frame["sparsity"].unique())
    figure, panels = make_panels(len(scopes), len(test_sets), len(sparsities), height=1.6)
    for row, scope in enumerate(scopes):
        for column, test_set in enumerate(test_sets):
            axes = panels[row][column]
            panel = frame[(frame["scope"] == scope) & (frame["test_set"] == test_set)]
            for setting in settings:
                line = line_by_sparsity(panel[panel["setting"] == setting], sparsities)
                colour, marker = SETTING_STYLES[setting]
                draw_mean(axes, line, "f1", colour, marker)
                if test_set != REGULAR:
                    # The chance floor belongs to the test sets: without the same languages it differs by setting.
                    floor_colour = REFERENCE_COLOUR if same_languages else colour
                    axes.axhline(line["chance_floor"].mean(), color=floor_colour, linestyle=":")
            axes.set_ylim(0, 1)
            if row == 0:
                axes.set_title(name_test_set(test_set))
            if column == 0:
                axes.set_ylabel(f"F1, {scope or 'dense'}")
    label_panels(panels, sparsities)
    handles = [handle(setting, *SETTING_STYLES[setting]) for setting in settings]
    put_legend(figure, handles + [reference("chance floor")] * (IN_LANGUAGE in test_sets), columns=3)
    languages = count_range(frame["languages"].min(), frame["languages"].max(), "language")
    if len(settings) > 1:
        languages += " in both settings" if same_languages else " (not the same in both settings)"
    band = "; band: standard deviation over languages" if frame["f1_std"].notna().any() else ""
    head = f"F1 of {' and '.join(settings)} models"
    put_title(figure, f"{head}: mean over {languages}, {seeds_of(frame)}{band}", provenance)
    return figure


@matplotlib.rc_context(STYLE)
def sparse_and_dense(frame: pd.DataFrame, setting: str, provenance: Provenance) -> Figure:
    """Return figure 2: relative F1 difference to the dense model by sparsity, a line a training size, a panel a scope.

    frame: of `summaries.relative_to_dense`.
    """
    scopes, sparsities = held(frame["scope"], SCOPES), sorted(frame["sparsity"].unique())
    sizes = sorted(frame["train_size"].unique())
    styles = size_styles(sizes)
    figure, panels = make_panels(1, len(scopes), len(sparsities), height=2.1)
    for axes, scope in zip(panels[0], scopes, strict=True):
        panel = frame[frame["scope"] == scope]
        axes.axhline(0, color=REFERENCE_COLOUR, linestyle="--")
        for size, (colour, marker) in styles.items():
            line = line_by_sparsity(panel[panel["train_size"] == size], sparsities)
            axes.plot(line.index, line["difference"], color=colour, marker=marker)
        say_if_undefined(axes, panel["difference"], "no language has\na dense F1 above 0")
        axes.set_title(SCOPE_NAMES[scope])
    # At least 0.1, so that rounding errors do not look like differences.
    low, high = np.nanmin([*frame["difference"], -0.05]), np.nanmax([*frame["difference"], 0.05])
    panels[0][0].set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    panels[0][0].set_ylabel("relative F1 difference")
    label_panels(panels, sparsities)
    handles = []
    for size, (colour, marker) in styles.items():
        counted = frame.loc[frame["train_size"] == size, "languages"]
        handles.append(handle(f"{size} ({number_of(counted)})", colour, marker))
    put_legend(figure, [*handles, reference("dense", "--")], columns=3, title="training sentences (n languages)")
    head = f"Sparse {setting} models against the dense model on the regular test sets"
    missing = left_out(frame, "dense F1 above 0")
    put_title(figure, f"{head}: mean over languages, {seeds_of(frame)}{missing}", provenance)
    return figure


@matplotlib.rc_context(STYLE)
def perturbed_and_regular(frame: pd.DataFrame, setting: str, provenance: Provenance) -> Figure:
    """Return figure 3: perturbed F1 as a fraction of regular F1 by sparsity, a line a perturbation, panels by scope.

    frame: of `summaries.perturbed_fractions`. The dotted line of the same colour is the chance floor over regular F1.
    """
    scopes, sparsities = held(frame["scope"], [*SCOPES, ""]), sorted(frame["sparsity"].unique())
    perturbations = held(frame["perturbation"], PERTURBATIONS)
    figure, panels = make_panels(1, len(scopes), len(sparsities), height=2.1)
    for axes, scope in zip(panels[0], scopes, strict=True):
        panel = frame[frame["scope"] == scope]
        for perturbation in perturbations:
            line = line_by_sparsity(panel[panel["perturbation"] == perturbation], sparsities)
            colour, marker = PERTURBATION_STYLES[perturbation]
            axes.plot(line.index, line["fraction"], color=colour, marker=marker, clip_on=False)
            # One value has no line to be dotted: it gets a point.
            lone = "." if line["floor_fraction"].notna().sum() == 1 else ""
            axes.plot(line.index, line["floor_fraction"], color=colour, linestyle=":", marker=lone)
        say_if_undefined(axes, panel["fraction"], "no language has\na regular F1\nabove chance")
        axes.set_ylim(0, max(1.0, 1.05 * frame[["fraction", "floor_fraction"]].max().max()))
        axes.set_title(SCOPE_NAMES[scope])
    panels[0][0].set_ylabel("F1 perturbed / regular")
    label_panels(panels, sparsities)
    handles = []
    for perturbation in perturbations:
        counted = frame.loc[frame["perturbation"] == perturbation, "languages"]
        handles.append(handle(f"{perturbation} ({number_of(counted)})", *PERTURBATION_STYLES[perturbation]))
    put_legend(figure, [*handles, reference("chance floor / regular")], columns=2)
    head = f"Perturbed F1 as a fraction of regular F1, {setting} models"
    missing = left_out(frame, "regular F1 above chance")
    put_title(figure, f"{head}: mean over n languages, {seeds_of(frame)}{missing}", provenance)
    return figure
