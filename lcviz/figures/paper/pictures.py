"""Print figures that are rows of pictures: patches, labels, predictions, clusters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lcviz.figures.paper.sheet import GREY, legend_below, printed, sheet, without_frame
from lcviz.figures.widths import PAGE_MM
from lcviz.taxonomy import CLASS_COLOURS, CLASSES

Picture = npt.NDArray[np.uint8] | None
"""(rows, columns, 3 or 4); None where there is none."""


@printed
def picture_grid(
    pictures: Mapping[str, Sequence[Picture]],
    titles: Sequence[str],
    notes: Sequence[str] | None = None,
    classes: Sequence[int] = (),
) -> Figure:
    """Pictures in rows of a kind, a column for each place.

    Args:
        pictures: kind of picture -> one for each column.
        titles: of the columns.
        notes: below the last row, one for each column.
        classes: indexes of the classes that the legend names; none without one.
    """
    kinds, columns = list(pictures), len(titles)
    side = (PAGE_MM - 10) / columns
    figure = sheet(PAGE_MM, side * len(kinds) + 8 + (4 if notes else 0) + (9 if classes else 0))
    panels = np.atleast_2d(figure.subplots(len(kinds), columns, squeeze=False))
    for row, kind in enumerate(kinds):
        for column, picture in enumerate(pictures[kind]):
            axes = panels[row, column]
            _show(axes, picture)
            if row == 0:
                axes.set_title(titles[column], loc="center")
            if column == 0:
                axes.set_ylabel(kind)
            if notes and row == len(kinds) - 1:
                axes.set_xlabel(notes[column], fontsize=6)
    _class_legend(figure, classes)
    return figure


@printed
def cluster_mosaic(
    pictures: Sequence[Picture], titles: Sequence[str], colours: Sequence[str], columns: int = 8
) -> Figure:
    """One picture a cluster, with its number, name and size above it.

    Args:
        pictures: of the clusters.
        titles: of the clusters; several lines if need be.
        colours: of the clusters, drawn as a bar at the left of each picture.
        columns: pictures in a row.
    """
    rows = -(-len(pictures) // columns)
    lines = max(title.count("\n") + 1 for title in titles)
    side = PAGE_MM / columns - 2
    figure = sheet(PAGE_MM, rows * (side + 2.6 * lines + 2))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, picture, title, colour in zip(panels, pictures, titles, colours, strict=False):
        _show(axes, picture)
        axes.set_title(title, fontsize=5.5, fontweight="normal", linespacing=1.05)
        axes.spines["left"].set(color=colour, linewidth=3)
    for axes in panels[len(pictures) :]:
        axes.set_visible(False)
    return figure


def _show(axes: Any, picture: Picture) -> None:
    without_frame(axes)
    axes.set_box_aspect(1)
    if picture is None:
        axes.text(0.5, 0.5, "none", ha="center", va="center", color=GREY, transform=axes.transAxes)
        return
    axes.imshow(picture, interpolation="nearest")


def _class_legend(figure: Figure, classes: Sequence[int]) -> None:
    if not classes:
        return
    handles = [Patch(facecolor=CLASS_COLOURS[i], edgecolor=GREY, linewidth=0.4) for i in classes]
    legend_below(figure, handles, [CLASSES[i] for i in classes], 4)
