"""Shapes and annotations of a figure of Plotly's, drawn by Matplotlib."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Transform, blended_transform_factory

from lcviz.figures.saving.text import POINTS, put_text
from lcviz.figures.saving.traces import colour, line_look


def draw_shape(paper: Axes, by_axis: Mapping[str, Axes], shape: Mapping[str, Any]) -> None:
    """Draw a line or a rectangle.

    Args:
        paper: axes that cover all of Plotly's paper.
        by_axis: name of an axis (`x2`) -> axes that it belongs to.
        shape: one of the layout's.
    """
    at, on = _coordinates(paper, by_axis, shape, ("x", "y"))
    x0, x1, y0, y1 = (float(shape[name]) for name in ("x0", "x1", "y0", "y1"))
    line = shape.get("line", {})
    if shape["type"] == "line":
        on.add_artist(Line2D([x0, x1], [y0, y1], transform=at, zorder=1.5, **line_look(line)))
        return
    fill = shape.get("fillcolor")
    on.add_artist(
        Rectangle(
            (x0, y0),
            x1 - x0,
            y1 - y0,
            transform=at,
            facecolor=colour(fill, shape.get("opacity", 1)) if fill else "none",
            edgecolor=colour(line["color"]) if line.get("color") else "none",
            linewidth=line.get("width", 0) * POINTS,
            zorder=0.8 if shape.get("layer") == "below" else 3,
        )
    )


def draw_annotation(paper: Axes, by_axis: Mapping[str, Axes], note: Mapping[str, Any]) -> None:
    """Write a text where it belongs; arguments as for `draw_shape`."""
    at, _ = _coordinates(paper, by_axis, note, ("paper", "paper"))
    x, y = float(note["x"]), float(note["y"])
    across, up = note.get("xanchor", "auto"), note.get("yanchor", "auto")
    if across == "auto":
        across = _nearest_third(x, "left", "right") if note.get("xref") == "paper" else "center"
    if up == "auto":
        up = _nearest_third(y, "bottom", "top") if note.get("yref") == "paper" else "center"
    put_text(
        paper,
        note["text"],
        (x, y),
        at,
        shift=(note.get("xshift", 0), note.get("yshift", 0)),
        anchor=(across, "center" if up == "middle" else up),
        size=note.get("font", {}).get("size", 12),
        angle=note.get("textangle", 0),
    )


def _nearest_third(share: float, low: str, high: str) -> str:
    return low if share < 1 / 3 else high if share > 2 / 3 else "center"


def _coordinates(
    paper: Axes, by_axis: Mapping[str, Axes], mark: Mapping[str, Any], default: tuple[str, str]
) -> tuple[Transform, Axes]:
    """Coordinates of a mark, and the axes that it stands on."""
    transforms, on = [], paper
    for letter, otherwise in zip("xy", default, strict=True):
        name, _, kind = str(mark.get(f"{letter}ref", otherwise)).partition(" ")
        if name == "paper":
            transforms.append(paper.transAxes)
        else:
            on = by_axis[letter if name == f"{letter}1" else name]
            transforms.append(on.transAxes if kind == "domain" else on.transData)
    return blended_transform_factory(*transforms), on
