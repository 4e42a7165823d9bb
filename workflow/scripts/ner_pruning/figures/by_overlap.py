"""Figure 9 and the figure `novelty`: F1 beside the share of test mentions that training has seen, or has not."""

import math
from dataclasses import astuple

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ner_pruning.figures.point_labels import label_points
from ner_pruning.figures.style import (
    COLUMN_WIDTH,
    PAGE_WIDTH,
    PERTURBATION_STYLES,
    STYLE,
    handle,
    held,
    label_axes,
    make_small_multiples,
    number_of,
    put_legend,
    put_title,
    say_if_undefined,
    size_styles,
)
from ner_pruning.statistics.correlations import FEWEST_FOR_INTERVAL, Correlation, pearson, spearman
from ner_pruning.table import count, count_range
from ner_pruning.terms import MONOLINGUAL, PERTURBATIONS, SCOPES, Provenance

NOVELTY_HEIGHT = 1.75  # inches of a panel with its title and ticks
NOVELTY_COLUMNS = 4
UNSEEN_LABEL = "unseen mentions (%)"
FEW_LANGUAGES = 12  # that have room for their labels in a page's column


@matplotlib.rc_context(STYLE)
def f1_and_overlap(frame: pd.DataFrame, setting: str, provenance: Provenance) -> Figure:
    """Return figure 9: dense F1 by the share of test mentions seen in training, a labelled point a language.

    frame: of `correlations.dense_f1_and_overlap`. The title has Pearson's and Spearman's correlation.
    """
    points = frame.dropna(subset=["seen_share"])
    width = COLUMN_WIDTH if len(points) <= FEW_LANGUAGES else PAGE_WIDTH
    figure = Figure(figsize=(width, max(4.2, 0.85 * width)), layout="constrained")
    axes = figure.subplots()
    axes.grid(axis="x")
    styles = size_styles(sorted(points["train_size"].unique()))
    handles = []
    for size, (colour, marker) in styles.items():
        group = points[points["train_size"] == size]
        line = {"color": colour, "marker": marker, "linestyle": "", "label": f"{size} (n={len(group)})"}
        handles += axes.plot(100 * group["seen_share"], group["f1"], **line)
    say_if_undefined(axes, frame["seen_share"], "no test set has mentions")
    axes.set_xlabel("test mentions seen in training (%)")
    axes.set_ylabel("F1 of the dense model")
    axes.margins(0.08)
    if handles:
        put_legend(figure, handles, columns=3, title="training sentences (n languages)")
    seeds = count_range(frame["seeds"].min(), frame["seeds"].max(), "seed")
    only = " (the study has no multilingual ones)" if setting == MONOLINGUAL else ""
    head = f"F1 of dense {setting} models{only} on the regular test sets by overlap of mentions"
    text = f"{head}: {count(len(points), 'language')}, {seeds}; {_correlations(points)}"
    put_title(figure, text, provenance)
    label_points(figure, axes, list(points["language"]), points[["seen_share", "f1"]].to_numpy() * [100, 1])
    return figure


def _correlations(points: pd.DataFrame) -> str:
    """Return what the title says of the correlations."""
    x, y = points["seen_share"].to_numpy(), points["f1"].to_numpy()
    both = (("Pearson's r", pearson(x, y)), ("Spearman's ρ", spearman(x, y)))
    if all(math.isnan(correlation.estimate) for _, correlation in both):
        return "no correlation exists with fewer than 2 languages, or where all have the same F1 or overlap"
    text = ", ".join(f"{name}\N{NO-BREAK SPACE}{_estimate(correlation)}" for name, correlation in both)
    if len(points) < FEWEST_FOR_INTERVAL:
        return f"{text} (no interval exists with fewer than {FEWEST_FOR_INTERVAL} languages)"
    return f"{text} (95 % intervals, Fisher's)"


def _estimate(correlation: Correlation) -> str:
    numbers = [f"{number:.2f}".replace("-", "\N{MINUS SIGN}") for number in astuple(correlation)]
    return numbers[0] if math.isnan(correlation.low) else f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"


@matplotlib.rc_context(STYLE)
def fraction_and_novelty(frame: pd.DataFrame, setting: str, provenance: Provenance) -> Figure:
    """Return the figure `novelty`: perturbed F1 as a fraction of regular F1, by the share of unseen mentions.

    frame: of `summaries.fractions_by_language`. A point a language and perturbation; the panels are the dense model and
    each sparsity of the partial scope, of the full one where the study has no partial one.
    """
    scope = held(frame["scope"], [*SCOPES, ""])[0]
    frame = frame[frame["scope"] == scope]
    defined = frame.dropna(subset=["fraction", "unseen_share"])
    sparsities, perturbations = sorted(frame["sparsity"].unique()), held(frame["perturbation"], PERTURBATIONS)
    figure, cells = make_small_multiples(len(sparsities), [NOVELTY_HEIGHT], NOVELTY_COLUMNS)
    for (axes,), sparsity in zip(cells, sparsities, strict=True):
        panel = defined[defined["sparsity"] == sparsity]
        for perturbation in perturbations:
            points = panel[panel["perturbation"] == perturbation]
            colour, marker = PERTURBATION_STYLES[perturbation]
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
        counts = defined[defined["perturbation"] == perturbation].groupby("sparsity")["language"].nunique()
        number = number_of(counts.reindex(sparsities, fill_value=0))
        handles.append(handle(f"{perturbation} ({number})", *PERTURBATION_STYLES[perturbation], linestyle=""))
    put_legend(
        figure, handles, columns=min(len(handles), 3 if len(cells) > 2 else 2), title="perturbation (n languages)"
    )
    head = f"Perturbed F1 of {setting} models as a fraction of regular F1, by the share of test mentions"
    seeds = count_range(int(frame["seeds"].min()), int(frame["seeds"].max()), "seed")
    missing = "; without those that have no regular F1 above chance or no mentions" if len(defined) < len(frame) else ""
    text = f"{head} that training has not seen: a point a language and perturbation, {seeds}{missing}"
    put_title(figure, text, provenance)
    return figure
