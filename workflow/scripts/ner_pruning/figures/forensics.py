"""The figure `forensics`: the published perturbed F1 against what each hypothesis predicts."""

import textwrap

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ner_pruning.figures.style import (
    REFERENCE_COLOUR,
    SCOPE_STYLES,
    STYLE,
    handle,
    label_axes,
    make_small_multiples,
    put_legend,
    put_title,
    reference,
)
from ner_pruning.report.forensics import LIKELIHOODS, ranked, shown_likelihood
from ner_pruning.table import count
from ner_pruning.terms import Provenance

PANEL_HEIGHT = 1.95  # inches, with a title of four lines
LEAST, MOST = 0.0005, 1.0  # F1 on the logarithmic axes; what is less is drawn at the lower end
GROUPS = {"dense": ("black", "o"), "partial": SCOPE_STYLES["partial"], "full": SCOPE_STYLES["full"]}
TITLE_WIDTH = 17  # characters


@matplotlib.rc_context(STYLE)
def published_and_predicted(frame: pd.DataFrame, provenance: Provenance) -> Figure:
    """Return the figure: a panel a hypothesis, the best for the dense cells first; a point a published cell.

    frame: of `forensic_frame`. Bars of dense cells: the range of 95 % of the predicted means of three runs.
    """
    order = ranked(frame[frame["sparsity"] == 0])
    figure, panels = make_small_multiples(len(order), [PANEL_HEIGHT])
    for (axes,), hypothesis in zip(panels, order, strict=True):
        part = frame[frame["hypothesis"] == hypothesis]
        _draw(axes, part)
        fit = part.loc[part["sparsity"] == 0, LIKELIHOODS[0]].mean()
        lines = [*textwrap.wrap(hypothesis, TITLE_WIDTH), f"dense: {shown_likelihood(fit)}"]
        axes.set_title("\n".join(lines), pad=3)
    label_axes(panels, "published F1", ["predicted F1"])
    handles = [handle(name, *style, linestyle="") for name, style in GROUPS.items()]
    put_legend(figure, [*handles, reference("equal", "--")], columns=4)
    languages = count(frame["language"].nunique(), "language")
    text = (
        f"In-language F1 that the paper prints for monolingual models of {languages}, and what each hypothesis "
        "predicts, with the mean log-likelihood of a dense cell; bars: 95 % of the predicted means of three runs"
    )
    put_title(figure, text, provenance)
    return figure


def _draw(axes: Axes, part: pd.DataFrame) -> None:
    axes.set(xscale="log", yscale="log", xlim=(LEAST * 0.8, MOST * 1.2), ylim=(LEAST * 0.8, MOST * 1.2))
    axes.set_xticks([0.001, 0.01, 0.1, 1], ["", ".01", ".1", "1"])
    axes.set_yticks([0.001, 0.01, 0.1, 1], ["", ".01", ".1", "1"])
    axes.minorticks_off()
    axes.plot([LEAST, MOST], [LEAST, MOST], color=REFERENCE_COLOUR, linestyle="--", linewidth=0.8)
    for name in ("full", "partial", "dense"):  # dense ones on top
        points = part[part["scope"] == ("" if name == "dense" else name)]
        if points.empty:  # the layout takes a line without points for one at the corner of the figure
            continue
        colour, marker = GROUPS[name]
        published, predicted, low, high = (
            np.clip(points[column], LEAST, MOST) for column in ("published", "predicted", "low", "high")
        )
        size = 3.2 if name == "dense" else 1.8
        axes.plot(published, predicted, marker, color=colour, markersize=size, alpha=0.8, clip_on=False)
        if name == "dense":
            reach = np.clip([predicted - low, high - predicted], 0, None)
            axes.errorbar(published, predicted, reach, fmt="none", ecolor=colour, alpha=0.5, elinewidth=0.8)
