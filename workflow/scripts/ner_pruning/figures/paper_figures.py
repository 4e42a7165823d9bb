"""All figures that are drawn from the table of intervals, by name; and figures 1-3."""

from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ner_pruning.figures.by_group import figure_by_group
from ner_pruning.figures.by_language import all_languages
from ner_pruning.figures.by_method import methods_compared
from ner_pruning.figures.by_overlap import f1_and_overlap, fraction_and_novelty
from ner_pruning.figures.style import (
    BARS,
    REFERENCE_COLOUR,
    SCOPE_NAMES,
    SETTING_STYLES,
    STYLE,
    draw_floors,
    draw_mean,
    handle,
    held,
    label_panels,
    left_out,
    line_by_sparsity,
    make_panels,
    name_test_set,
    number_of,
    perturbation_styles,
    put_legend,
    put_title,
    reference,
    say_if_undefined,
    seeds_of,
    shifts,
    size_styles,
)
from ner_pruning.files import InputError
from ner_pruning.statistics.interval_table import (
    EVERY_PERTURBATION,
    EVERY_SETTING,
    MEAN,
    by_group,
    by_language,
    in_each_scope,
    main_setting,
    of_the_paper,
    select,
    settings_of,
)
from ner_pruning.study.contents import GROUPS, METHODS_FIGURE
from ner_pruning.table import count_range
from ner_pruning.terms import IN_LANGUAGE, REGULAR, SCOPES, SETTINGS, Provenance, perturbations_among

Drawn = tuple[Figure, pd.DataFrame]
"""A figure and the rows of the table of intervals that it shows."""

Draw = Callable[[pd.DataFrame, pd.DataFrame, Provenance], Drawn]
"""From the table of intervals and that of the languages (`read_groups`)."""


def draw_figure(name: str, intervals: pd.DataFrame, groups: pd.DataFrame, provenance: Provenance) -> Drawn:
    """Return a figure, and the numbers it shows; name: of FIGURES, or `groups-` and a column of the study's own.

    intervals: of `intervals_table`; groups: of `read_groups`. Raises InputError when the study holds nothing of what
    the figure shows.
    """
    draw = _by_group(name.removeprefix(GROUPS), REGULAR) if name.startswith(GROUPS) else FIGURES[name]
    return draw(intervals if name == METHODS_FIGURE else of_the_paper(intervals), groups, provenance)


@matplotlib.rc_context(STYLE)
def monolingual_and_multilingual(intervals: pd.DataFrame, groups: pd.DataFrame, provenance: Provenance) -> Drawn:
    """Return figure 1: mean F1 by sparsity with its interval, a line a setting.

    Columns of panels: the regular and the in-language test set; rows: scopes. The dotted line is the chance floor.
    Raises InputError when there is no regular F1.
    """
    main_setting(intervals)
    means = select(intervals, language=MEAN, group=EVERY_SETTING, statistic=["f1", "chance_floor"])
    means = in_each_scope(select(means, test_set=[REGULAR, IN_LANGUAGE]))
    frame, floors = (select(means, statistic=statistic) for statistic in ("f1", "chance_floor"))
    test_sets, scopes = held(frame["test_set"], [REGULAR, IN_LANGUAGE]), held(frame["scope"], [*SCOPES, ""])
    settings, sparsities = held(frame["setting"], SETTINGS), sorted(frame["sparsity"].unique())
    regular = select(intervals, statistic="f1", test_set=REGULAR)
    same_languages = bool(_common_languages(regular, "setting", settings_of(intervals)))
    figure, panels = make_panels(len(scopes), len(test_sets), len(sparsities), height=1.6)
    for row, scope in enumerate(scopes):
        for column, test_set in enumerate(test_sets):
            axes = panels[row][column]
            for setting in settings:
                place = {"scope": scope, "test_set": test_set, "setting": setting}
                colour, marker = SETTING_STYLES[setting]
                draw_mean(axes, line_by_sparsity(select(frame, **place), sparsities), colour, marker)
                # The chance floor belongs to the test sets: without the same languages it differs by setting.
                draw_floors(axes, select(floors, **place), REFERENCE_COLOUR if same_languages else colour)
            axes.set_ylim(0, 1)
            if row == 0:
                axes.set_title(name_test_set(test_set))
            if column == 0:
                axes.set_ylabel(f"F1, {scope or 'dense'}")
    label_panels(panels, sparsities)
    handles = [handle(setting, *SETTING_STYLES[setting]) for setting in settings]
    put_legend(figure, [*handles, reference("chance floor")], columns=3)
    languages = count_range(frame["languages"].min(), frame["languages"].max(), "language")
    if len(settings) > 1:
        languages += " in both settings" if same_languages else " (not the same in both settings)"
    head = f"F1 of {' and '.join(settings)} models"
    of_settings = {setting: seeds_of(select(frame, setting=setting)) for setting in settings}
    seeds = next(iter(of_settings.values()))
    if len(set(of_settings.values())) > 1:
        seeds = " and ".join(f"{number} of {setting}" for setting, number in of_settings.items()) + " models"
    put_title(figure, f"{head}: mean over {languages}, {seeds}{BARS}", provenance)
    return figure, means


def _common_languages(rows: pd.DataFrame, column: str, values: Sequence[str]) -> set[str]:
    """Return the languages that have a row with each of some values in a column."""
    rows = by_language(rows)
    return set.intersection(*(set(rows.loc[rows[column] == value, "language"]) for value in values))


@matplotlib.rc_context(STYLE)
def sparse_and_dense(intervals: pd.DataFrame, groups: pd.DataFrame, provenance: Provenance) -> Drawn:
    """Return figure 2: relative F1 difference to dense by sparsity, a line per training size, a panel per scope."""
    setting = sparse_setting(intervals)
    frame = by_group(
        select(intervals, statistic="relative_difference", setting=setting, test_set=REGULAR), grouping="size"
    )
    _refuse_without_sparse(frame, setting, REGULAR)
    scopes, sparsities = held(frame["scope"], SCOPES), sorted(frame["sparsity"].unique())
    styles = size_styles(sorted(frame["group"].unique()))
    figure, panels = make_panels(1, len(scopes), len(sparsities), height=2.1)
    for axes, scope in zip(panels[0], scopes, strict=True):
        panel = select(frame, scope=scope)
        axes.axhline(0, color=REFERENCE_COLOUR, linestyle="--")
        for (size, style), shift in zip(styles.items(), shifts(len(styles)), strict=True):
            line = line_by_sparsity(panel[panel["group"] == size], sparsities)
            draw_mean(axes, line, *style, shift=shift)
        say_if_undefined(axes, panel["estimate"], "no language has\na dense F1 above 0")
        axes.set_title(SCOPE_NAMES[scope])
    # At least 0.1, so that rounding errors do not look like differences.
    values = frame[["estimate", "low", "high"]].to_numpy()
    low, high = np.nanmin([*values.flat, -0.05]), np.nanmax([*values.flat, 0.05])
    panels[0][0].set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    panels[0][0].set_ylabel("relative F1 difference")
    label_panels(panels, sparsities)
    handles = []
    for size, style in styles.items():
        counted = frame.loc[frame["group"] == size, "languages"]
        handles.append(handle(f"{size} ({number_of(counted)})", *style))
    put_legend(figure, [*handles, reference("dense", "--")], columns=3, title="training sentences (n languages)")
    head = f"Sparse {setting} models against the dense model on the regular test sets"
    missing = left_out(frame, "dense F1 above 0")
    put_title(figure, f"{head}: mean over languages, {seeds_of(frame)}{BARS}{missing}", provenance)
    return figure, frame


def sparse_setting(intervals: pd.DataFrame) -> str:
    """Return the setting of the figures of sparse models: only the monolingual models may have such."""
    sparse = intervals[intervals["sparsity"] > 0]
    return main_setting(sparse if settings_of(sparse) else intervals)


def _refuse_without_sparse(rows: pd.DataFrame, setting: str, test_set: str) -> None:
    if not (rows["sparsity"] > 0).any():
        raise InputError(
            f"intervals: no sparse {setting} model on the test set {test_set}; "
            "the difference to the dense one needs one"
        )


@matplotlib.rc_context(STYLE)
def perturbed_and_regular(intervals: pd.DataFrame, groups: pd.DataFrame, provenance: Provenance) -> Drawn:
    """Return figure 3: perturbed F1 as a fraction of regular F1 by sparsity, a line a perturbation, panels by scope.

    The means are over the languages that have all perturbed test sets, so that the lines can be compared.
    The dotted line of the same colour is the chance floor over regular F1.
    """
    setting = main_setting(intervals)
    fractions = select(intervals, statistic=["fraction", "floor_fraction"], setting=setting)
    rows = select(fractions, language=MEAN, group=EVERY_PERTURBATION)
    if rows.empty:
        raise InputError(f"intervals: no {setting} model on a perturbed test set; expected at least one")
    rows = in_each_scope(rows)
    frame, floors = (select(rows, statistic=statistic) for statistic in ("fraction", "floor_fraction"))
    scopes, sparsities = held(frame["scope"], [*SCOPES, ""]), sorted(frame["sparsity"].unique())
    perturbations = perturbations_among(frame["test_set"])
    styles = perturbation_styles(perturbations)
    figure, panels = make_panels(1, len(scopes), len(sparsities), height=2.1)
    for axes, scope in zip(panels[0], scopes, strict=True):
        for perturbation, shift in zip(perturbations, shifts(len(perturbations)), strict=True):
            place = {"scope": scope, "test_set": perturbation}
            colour, marker = styles[perturbation]
            draw_mean(axes, line_by_sparsity(select(frame, **place), sparsities), colour, marker, shift)
            floor = line_by_sparsity(select(floors, **place), sparsities)["estimate"]
            # One value has no line to be dotted: it gets a point.
            lone = "." if floor.notna().sum() == 1 else ""
            axes.plot(floor.index, floor, color=colour, linestyle=":", marker=lone)
        say_if_undefined(axes, select(frame, scope=scope)["estimate"], "no language has\na regular F1\nabove chance")
        axes.set_ylim(0, 1.05 * np.nanmax([1 / 1.05, *rows[["estimate", "high"]].max()]))
        axes.set_title(SCOPE_NAMES[scope])
    panels[0][0].set_ylabel("F1 perturbed / regular")
    label_panels(panels, sparsities)
    handles = [handle(perturbation, *styles[perturbation]) for perturbation in perturbations]
    put_legend(figure, [*handles, reference("chance floor / regular, in its colour")], columns=2)
    head = f"Perturbed F1 as a fraction of regular F1, {setting} models"
    missing = left_out(frame, "regular F1 above chance")
    languages = count_range(frame["languages"].min(), frame["languages"].max(), "language")
    if len(perturbations) > 1:
        common = _common_languages(fractions, "test_set", perturbations)
        languages += " with all perturbed test sets" if common else " (not the same of all perturbations)"
    put_title(figure, f"{head}: mean of the fractions of {languages}, {seeds_of(frame)}{BARS}{missing}", provenance)
    return figure, rows


def _by_group(grouping: str, test_set: str) -> Draw:
    """Return what draws one of figures 4-8; grouping: "size", "family", "script" or another column of the groups."""

    def draw(intervals: pd.DataFrame, groups: pd.DataFrame, provenance: Provenance) -> Drawn:
        setting = sparse_setting(intervals)
        rows = select(intervals, setting=setting, test_set=test_set)
        _refuse_without_sparse(rows, setting, test_set)
        counted = groups.loc[sorted(set(by_language(select(rows, statistic="f1"))["language"])), grouping]
        means = select(by_group(rows, grouping), statistic=["f1", "relative_difference", "chance_floor"])
        return figure_by_group(in_each_scope(means), counted, provenance)

    return draw


FIGURES: dict[str, Draw] = {
    "figure-1": monolingual_and_multilingual,
    "figure-2": sparse_and_dense,
    "figure-3": perturbed_and_regular,
    "figure-4": _by_group("family", REGULAR),
    "figure-5": _by_group("script", REGULAR),
    "figure-6": _by_group("size", IN_LANGUAGE),
    "figure-7": _by_group("family", IN_LANGUAGE),
    "figure-8": _by_group("script", IN_LANGUAGE),
    "figure-9": f1_and_overlap,
    "languages": all_languages,
    "novelty": fraction_and_novelty,
    METHODS_FIGURE: methods_compared,
}
"""What draws each figure, by name. Figures 1-9 have the paper's numbers."""
