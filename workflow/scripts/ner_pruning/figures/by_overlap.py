"""Figure 9 and the figure `novelty`: F1 beside the share of test mentions that training has seen, or has not."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ner_pruning.figures.point_labels import label_points
from ner_pruning.figures.style import (
    COLUMN_WIDTH,
    PAGE_WIDTH,
    STYLE,
    handle,
    held,
    label_axes,
    make_small_multiples,
    number_of,
    perturbation_styles,
    put_legend,
    put_title,
    say_if_undefined,
    seeds_of,
    size_styles,
)
from ner_pruning.files import InputError
from ner_pruning.statistics.correlations import LEAST_WITH_INTERVAL
from ner_pruning.statistics.interval_table import by_language, in_each_scope, main_setting, select
from ner_pruning.table import count
from ner_pruning.terms import MONOLINGUAL, REGULAR, SCOPES, Provenance, perturbations_among

NOVELTY_HEIGHT = 1.75  # inches of a panel with its title and ticks
NOVELTY_COLUMNS = 4
UNSEEN_LABEL = "unseen mentions (%)"
LEAST_POINTS = 3
"""Languages of a correlation that is printed: that of two is 1 or -1, whatever they are."""

COEFFICIENTS = {"overlap_pearson": "Pearson's r", "overlap_spearman": "Spearman's ρ"}
"""What the title calls the correlations, by their statistic."""

FEW_LANGUAGES = 12  # that have room for their labels in a page's column


@matplotlib.rc_context(STYLE)
def f1_and_overlap(
    intervals: pd.DataFrame, groups: pd.DataFrame, provenance: Provenance
) -> tuple[Figure, pd.DataFrame]:
    """Return figure 9: dense F1 by the share of test mentions seen in training, a labelled point a language.

    intervals: of `intervals_table`; groups: of `read_groups`. The title has Pearson's and Spearman's correlation.
    Raises InputError when there is no dense model.
    """
    setting = main_setting(intervals)
    dense = select(intervals, setting=setting, test_set=REGULAR, scope="", sparsity=0)
    frame = _points(by_language(dense), ["f1", "unseen_share"], ["language"])
    if frame.empty:
        raise InputError(f"intervals: no dense {setting} model on the test set {REGULAR}; expected at least one")
    sizes = groups.loc[frame["language"], "size"].to_numpy()
    frame = frame.assign(size_class=sizes, seen_share=1 - frame["unseen_share"])
    points = frame.dropna(subset=["seen_share"])
    width = COLUMN_WIDTH if len(points) <= FEW_LANGUAGES else PAGE_WIDTH
    figure = Figure(figsize=(width, max(4.2, 0.85 * width)), layout="constrained")
    axes = figure.subplots()
    axes.grid(axis="x")
    styles = size_styles(sorted(points["size_class"].unique()))
    handles = []
    for size, (colour, marker) in styles.items():
        group = points[points["size_class"] == size]
        line = {"color": colour, "marker": marker, "linestyle": "", "label": f"{size} (n={len(group)})"}
        handles += axes.plot(100 * group["seen_share"], group["f1"], **line)
    say_if_undefined(axes, frame["seen_share"], "no test set has mentions")
    axes.set_xlabel("test mentions seen in training (%)")
    axes.set_ylabel("F1 of the dense model")
    axes.margins(0.08)
    if handles:
        put_legend(figure, handles, columns=3, title="training sentences (n languages)")
    only = " (the study has no multilingual ones)" if setting == MONOLINGUAL else ""
    head = f"F1 of dense {setting} models{only} on the regular test sets by overlap of mentions"
    correlations = dense[dense["statistic"].isin(COEFFICIENTS)]
    text = f"{head}: {count(len(points), 'language')}, {seeds_of(frame)}; {_correlations(correlations)}"
    put_title(figure, text, provenance)
    label_points(figure, axes, list(points["language"]), points[["seen_share", "f1"]].to_numpy() * [100, 1])
    return figure, pd.concat([frame, correlations])


def _points(rows: pd.DataFrame, statistics: Sequence[str], keys: Sequence[str]) -> pd.DataFrame:
    """Return some statistics next to each other, in a column each, by some keys, with the seeds of the first."""
    first = rows[rows["statistic"] == statistics[0]]
    frame = first[[*keys, "seeds", "most_seeds"]]
    for statistic in statistics:
        values = rows.loc[rows["statistic"] == statistic, [*keys, "estimate"]].rename(columns={"estimate": statistic})
        frame = frame.merge(values, on=list(keys), how="left", validate="1:1")
    return frame


def _correlations(rows: pd.DataFrame) -> str:
    """Return what the title says of the correlations; rows: of the table of intervals."""
    if (rows["languages"] < LEAST_POINTS).all():
        return f"fewer than {LEAST_POINTS} languages say nothing of a correlation"
    rows = rows.dropna(subset=["estimate"])
    if rows.empty:
        return "no correlation exists where all languages have the same F1 or overlap"
    text = ", ".join(f"{COEFFICIENTS[row.statistic]}\N{NO-BREAK SPACE}{_estimate(row)}" for row in rows.itertuples())
    if rows["low"].isna().all():
        few = rows["languages"].max() < LEAST_WITH_INTERVAL
        why = f"fewer than {LEAST_WITH_INTERVAL} languages" if few else "undefined in too many draws"
        return f"{text} (no interval: {why})"
    return f"{text} (95 % intervals)"


def _estimate(row: Any) -> str:
    numbers = [f"{number:.2f}".replace("-", "\N{MINUS SIGN}") for number in (row.estimate, row.low, row.high)]
    return numbers[0] if math.isnan(row.low) else f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"


@matplotlib.rc_context(STYLE)
def fraction_and_novelty(
    intervals: pd.DataFrame, groups: pd.DataFrame, provenance: Provenance
) -> tuple[Figure, pd.DataFrame]:
    """Return the figure `novelty`: perturbed F1 as a fraction of regular F1, by the share of unseen mentions.

    intervals: of `intervals_table`. A point a language and perturbation; the panels are the dense model and each
    sparsity of the partial scope, of the full one where the study has no partial one.
    """
    setting = main_setting(intervals)
    rows = select(
        intervals,
        statistic=["fraction", "unseen_share"],
        setting=setting,
        test_set=perturbations_among(intervals["test_set"]),
    )
    rows = in_each_scope(by_language(rows))
    if rows.empty:
        raise InputError(f"intervals: no {setting} model on a perturbed test set; expected at least one")
    scope = held(rows["scope"], [*SCOPES, ""])[0]
    keys = ["test_set", "language", "scope", "sparsity"]
    frame = _points(select(rows, scope=scope), ["fraction", "unseen_share"], keys)
    defined = frame.dropna(subset=["fraction", "unseen_share"])
    sparsities, perturbations = sorted(frame["sparsity"].unique()), perturbations_among(frame["test_set"])
    styles = perturbation_styles(perturbations)
    figure, cells = make_small_multiples(len(sparsities), [NOVELTY_HEIGHT], NOVELTY_COLUMNS)
    for (axes,), sparsity in zip(cells, sparsities, strict=True):
        panel = defined[defined["sparsity"] == sparsity]
        for perturbation in perturbations:
            points = panel[panel["test_set"] == perturbation]
            colour, marker = styles[perturbation]
            line = {"color": colour, "marker": marker, "linestyle": "", "markeredgewidth": 0, "alpha": 0.8}
            axes.plot(100 * points["unseen_share"], points["fraction"], **line)
        say_if_undefined(axes, panel["fraction"], "no language has\na regular F1\nabove chance\nand mentions")
        axes.set_title(f"{scope} {sparsity} %" if sparsity else "dense")
        axes.set_ylim(-0.04, np.nanmax([1.04, 1.04 * defined["fraction"].max()]))
    if defined.empty:
        cells[0][0].set_xlim(0, 100)
    label_axes(cells, UNSEEN_LABEL, ["F1 perturbed / regular"])
    handles = []
    for perturbation in perturbations:
        counts = defined[defined["test_set"] == perturbation].groupby("sparsity")["language"].nunique()
        number = number_of(counts.reindex(sparsities, fill_value=0))
        handles.append(handle(f"{perturbation} ({number})", *styles[perturbation], linestyle=""))
    put_legend(
        figure, handles, columns=min(len(handles), 3 if len(cells) > 2 else 2), title="perturbation (n languages)"
    )
    head = f"Perturbed F1 of {setting} models as a fraction of regular F1, by the share of test mentions"
    missing = "; without those that have no regular F1 above chance or no mentions" if len(defined) < len(frame) else ""
    text = f"{head} that training has not seen: one point per language and perturbation, {seeds_of(frame)}{missing}"
    put_title(figure, text, provenance)
    return figure, frame
