"""Labels beside the points of a figure, where they cover neither points nor each other."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ner_pruning.figures.style import FONT_SIZE, REFERENCE_COLOUR

POINT = 5.0  # points: what a marker takes
LINE_STEPS = np.linspace(0, 1, 20)  # places on the line to a label where no other label is
DISTANCES = np.arange(4.0, 80.0, 4.0)  # points between a marker and its label, nearest first
_ANGLES = np.radians([0, 90, 180, 270, *range(45, 360, 90), *range(15, 360, 30)])  # the first that is free is taken
DIRECTIONS = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])


def label_points(figure: Figure, axes: Axes, labels: list[str], points: np.ndarray) -> None:
    """Write a label beside each point, where it covers no other label and no point.

    points: labels × (x, y), in data coordinates; a label that is not near its point has a line to it. To be called
    when all else is drawn, because it fixes the limits of the axes.
    """
    figure.draw_without_rendering()  # the layout is made when the figure is drawn
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    to_points = 72 / figure.dpi
    places = axes.transData.transform(points) * to_points if len(points) else points
    frame = np.array(axes.get_window_extent().extents) * to_points
    texts = [
        axes.annotate(label, point, xytext=(0, 0), textcoords="offset points", ha="center", va="center")
        for label, point in zip(labels, points, strict=True)
    ]
    sizes = np.array([text.get_window_extent().size for text in texts]).reshape(-1, 2) * to_points + 1
    for text, point, offset in zip(texts, points, place_labels(places, sizes, frame), strict=True):
        text.set_position(offset)
        reach = np.hypot(*offset)
        if reach > 2 * FONT_SIZE:
            axes.annotate(
                "",
                point,
                xytext=offset * (1 - 0.6 * FONT_SIZE / reach),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": REFERENCE_COLOUR, "shrinkB": 2},
            )


def place_labels(points: np.ndarray, sizes: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Return where the centre of each label goes, as seen from its point; all lengths in points of 1/72 inch.

    points: n × (x, y); sizes: n × (width, height) of the labels; frame: (left, bottom, right, top) that they stay in.
    Labels are placed from left to right, each at the nearest place in DIRECTIONS where it covers no point, label or
    line to a label, and where its own line crosses no label; one that finds no such place goes to the farthest.
    """
    offsets = np.zeros((len(points), 2))
    taken, labels = np.hstack([points - POINT / 2, points + POINT / 2]), np.zeros((0, 4))
    for i in np.lexsort((points[:, 1], points[:, 0])):
        candidates = np.concatenate([DIRECTIONS * (distance + sizes[i] / 2) for distance in DISTANCES])
        boxes = np.hstack([points[i] + candidates - sizes[i] / 2, points[i] + candidates + sizes[i] / 2])
        lines = points[i] + candidates[:, None] * LINE_STEPS[:, None]
        lines = np.concatenate([lines, lines], axis=-1)  # as boxes without extent
        inside = (boxes[:, :2] >= frame[:2]).all(axis=1) & (boxes[:, 2:] <= frame[2:]).all(axis=1)
        free = inside & _are_clear(boxes, taken) & _are_clear(lines, labels).all(axis=1)
        chosen = free.argmax() if free.any() else len(candidates) - 1
        offsets[i] = candidates[chosen]
        labels = np.vstack([labels, boxes[chosen]])
        taken = np.vstack([taken, boxes[chosen], lines[chosen]])
    return offsets


def _are_clear(boxes: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return which boxes overlap none of the taken ones; both: … × (left, bottom, right, top)."""
    apart = (boxes[..., None, :2] >= taken[:, 2:]) | (boxes[..., None, 2:] <= taken[:, :2])
    return apart.any(axis=-1).all(axis=-1)
