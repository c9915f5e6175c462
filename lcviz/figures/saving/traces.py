"""What stands on the axes of a figure of Plotly's, drawn by Matplotlib."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from lcviz.figures.saving.axes import Scale
from lcviz.figures.saving.text import POINTS, Across, Up, put_text
from lcviz.figures.style import GREY

_SYMBOLS: Final = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle-up": "^",
    "x": "X",
    "x-thin": "x",
    "cross": "P",
}
_SMALLER: Final = {"D": 0.75}
"""Markers that Matplotlib draws larger than Plotly does."""
_DASHES: Final = {"dash": (0, (4, 2.5)), "dot": (0, (1, 1.5)), None: "solid", "solid": "solid"}
_STEPS: Final = {"hvh": "steps-mid", "hv": "steps-post", "vh": "steps-pre"}
_SIDES: Final[dict[str, Across]] = {
    "left": "right",
    "center": "center",
    "right": "left",
    "middle": "center",
}
_HEIGHTS: Final[dict[str, Up]] = {"top": "bottom", "middle": "center", "bottom": "top"}


def colour(written: str | None, opacity: float = 1.0) -> tuple[float, float, float, float]:
    """A colour as CSS writes it: `#0072B2`, `rgb(0, 114, 178)`, `rgba(0, 114, 178, .5)`."""
    parts = re.fullmatch(r"rgba?\(([^)]*)\)", written or "")
    if parts:
        numbers = [float(part) for part in parts[1].split(",")]
        alpha = numbers[3] if len(numbers) == 4 else 1.0
        return (numbers[0] / 255, numbers[1] / 255, numbers[2] / 255, alpha * opacity)
    red, green, blue, alpha = to_rgba(written or GREY)
    return (red, green, blue, alpha * opacity)


@dataclass(frozen=True)
class Bars:
    """How the bars that stand on the same axes share their place."""

    mode: str
    gap: float
    place: int
    """Of this trace among them."""
    count: int


def draw_trace(axes: Axes, trace: Mapping[str, Any], x: Scale, y: Scale, bars: Bars) -> None:
    """Draw one trace.

    Raises:
        ValueError: no figure of the house has such a trace yet.
    """
    if trace["type"] == "bar":
        _bars(axes, trace, x, y, bars)
    elif trace["type"] == "scatter":
        _scatter(axes, trace, x, y)
    elif trace["type"] == "heatmap":
        _heatmap(axes, trace)
    elif trace["type"] == "box":
        _box(axes, trace, x, y)
    else:
        raise ValueError(f"a trace {trace['type']!r} cannot be drawn on paper")


def colour_map(scale: Mapping[str, Any]) -> LinearSegmentedColormap:
    """The colour scale of a heat map, or of a trace's markers."""
    stops = [(float(at), colour(said)) for at, said in scale["colorscale"]]
    return LinearSegmentedColormap.from_list("scale", stops, N=256)


def marker_look(trace: Mapping[str, Any]) -> dict[str, Any]:
    """How a trace's markers look in a legend: settings of `Line2D`."""
    marker = trace.get("marker", {})
    symbol, hollow = _symbol(marker.get("symbol"))
    face = colour(_first(marker.get("color")))
    line = marker.get("line", {})
    thin = symbol == "x"
    edge = face if hollow else colour(_first(line.get("color"))) if line.get("color") else face
    return dict(
        marker=symbol,
        markersize=min(_first(marker.get("size", 6)), 12) * POINTS * _SMALLER.get(symbol, 1),
        markerfacecolor="none" if hollow or thin else face,
        markeredgecolor=edge,
        markeredgewidth=_first(line.get("width", 1 if hollow else 0)) * POINTS,
    )


def line_look(line: Mapping[str, Any]) -> dict[str, Any]:
    """How a line looks: settings of `Line2D`."""
    return dict(
        color=colour(line.get("color")),
        linewidth=line.get("width", 2) * POINTS,
        linestyle=_DASHES[line.get("dash")],
    )


def hatch(trace: Mapping[str, Any]) -> str | None:
    """The pattern of a trace's bars, as Matplotlib calls it."""
    shape = trace["marker"].get("pattern", {}).get("shape")
    return "////" if shape == "/" else None


def _scatter(axes: Axes, trace: Mapping[str, Any], x: Scale, y: Scale) -> None:
    mode = trace.get("mode", "lines+markers")
    across, up = x.places(trace["x"]), y.places(trace["y"])
    opacity = trace.get("opacity", 1)
    if trace.get("fill") == "toself":
        _fill(axes, trace, across, up)
        return
    if "error_x" in trace:
        error = trace["error_x"]
        axes.errorbar(
            across,
            up,
            xerr=[_known(error.get("arrayminus", error["array"])), _known(error["array"])],
            fmt="none",
            ecolor=colour(error.get("color")),
            elinewidth=error.get("thickness", 2) * POINTS,
            capsize=error.get("width", 4) * POINTS,
            capthick=error.get("thickness", 2) * POINTS,
        )
    if "lines" in mode:
        line = trace.get("line", {})
        look = line_look(line) | dict(color=colour(line.get("color"), opacity))
        axes.plot(across, up, drawstyle=_STEPS.get(line.get("shape"), "default"), **look)
    if "markers" in mode:
        marker = trace.get("marker", {})
        opacity *= _first(marker.get("opacity", 1))
        symbol, hollow = _symbol(_first(marker.get("symbol")))
        line = marker.get("line", {})
        n = len(across)
        if "colorscale" in marker:
            shares = (np.asarray(marker["color"]) - marker["cmin"]) / (
                marker["cmax"] - marker["cmin"]
            )
            faces = [tuple(face) for face in colour_map(marker)(shares)]
        else:
            faces = [colour(c, opacity) for c in _each(marker.get("color"), n)]
        thin = symbol == "x"
        edges = (
            faces
            if hollow or not line.get("color")
            else [colour(c, opacity) for c in _each(line["color"], n)]
        )
        sizes = np.array(_each(marker.get("size", 6), n), dtype=float)
        points = axes.scatter(
            across,
            up,
            s=(sizes * POINTS * _SMALLER.get(symbol, 1)) ** 2,
            marker=symbol,
            facecolors=(edges if thin else "none") if hollow or thin else faces,
            edgecolors=edges,
            clip_on=trace.get("cliponaxis", True),
            zorder=2.5,
        )
        widths = _each(line.get("width", 1 if hollow or thin else 0), n)
        points.set_linewidth([width * POINTS for width in widths])
    if "text" in mode:
        _label_points(axes, trace, across, up)


def _fill(axes: Axes, trace: Mapping[str, Any], across: Any, up: Any) -> None:
    """Areas whose rings are parted by gaps; a ring that runs the other way round is a hole."""
    gaps = np.flatnonzero(np.isnan(across))
    rings = [
        Path(np.column_stack([across[first:last], up[first:last]]), closed=True)
        for first, last in zip([0, *(gaps[:-1] + 1)], gaps, strict=True)
    ]
    face = colour(trace["fillcolor"])
    area = PathPatch(Path.make_compound_path(*rings), facecolor=face, linewidth=0, zorder=0.5)
    axes.add_patch(area)


def _label_points(axes: Axes, trace: Mapping[str, Any], across: Any, up: Any) -> None:
    vertical, horizontal = trace.get("textposition", "middle center").split()
    reach = _first(trace.get("marker", {}).get("size", 6)) / 2 + 2
    aside = {"left": -1, "center": 0, "right": 1}[horizontal]
    above = {"top": 1, "middle": 0, "bottom": -1}[vertical]
    for place, said in zip(
        zip(across, up, strict=True), _each(trace["text"], len(up)), strict=True
    ):
        text = put_text(
            axes,
            said,
            place,
            axes.transData,
            shift=(aside * reach, above * reach),
            anchor=(_SIDES[horizontal], _HEIGHTS[vertical]),
            size=trace.get("textfont", {}).get("size", 12),
        )
        text.set_path_effects([withStroke(linewidth=1.5, foreground="white")])


def _bars(axes: Axes, trace: Mapping[str, Any], x: Scale, y: Scale, bars: Bars) -> None:
    marker = trace.get("marker", {})
    if _first(marker.get("opacity", 1)) == 0:
        return  # frames of what is chosen: they belong to the screen
    lying = trace.get("orientation") == "h"
    along, across = (y, x) if lying else (x, y)
    places = along.places(trace["y" if lying else "x"])
    lengths = np.nan_to_num(across.places(trace["x" if lying else "y"]))
    n = len(places)
    step = float(np.min(np.diff(np.unique(places)))) if len(np.unique(places)) > 1 else 1.0
    width = step * (1 - bars.gap)
    starts = np.zeros(n)
    if bars.mode == "stack":
        # Matplotlib draws what it is told: what lies below is remembered on the axes.
        stacked: dict[float, float] = axes.__dict__.setdefault("lcviz_stacked", {})
        for i, (place, length) in enumerate(zip(places, lengths, strict=True)):
            starts[i] = stacked.get(place, 0.0)
            stacked[place] = starts[i] + length
    elif bars.count > 1:
        width /= bars.count
        # The first of a group is on top where the axis is turned round, as names are listed.
        places = places + (bars.place - (bars.count - 1) / 2) * width
    line = marker.get("line", {})
    look: dict[str, Any] = dict(
        color=[colour(c, marker.get("opacity", 1)) for c in _each(marker.get("color"), n)],
        edgecolor=[colour(c) for c in _each(line.get("color", GREY), n)],
        linewidth=[w * POINTS for w in _each(line.get("width", 0), n)],
        hatch=hatch(trace),
    )
    if lying:
        axes.barh(places, lengths, width, left=starts, **look)
    else:
        axes.bar(places, lengths, width, bottom=starts, **look)
    if "text" in trace and trace.get("textposition") == "outside":
        for place, end, said in zip(places, starts + lengths, _each(trace["text"], n), strict=True):
            put_text(
                axes,
                str(said),
                (end, place) if lying else (place, end),
                axes.transData,
                shift=(4, 0) if lying else (0, 3),
                anchor=("left", "center") if lying else ("center", "bottom"),
                size=trace.get("textfont", {}).get("size", 12),
            )


def _heatmap(axes: Axes, trace: Mapping[str, Any]) -> None:
    cells = np.ma.masked_invalid(np.array(trace["z"], dtype=float))
    rows, columns = cells.shape
    axes.pcolormesh(
        np.arange(columns + 1) - 0.5,
        np.arange(rows + 1) - 0.5,
        cells,
        cmap=colour_map(trace),
        vmin=trace.get("zmin"),
        vmax=trace.get("zmax"),
        edgecolors="white",
        linewidth=trace.get("xgap", 0) * POINTS,
    )
    if trace.get("texttemplate") is None or "text" not in trace:
        return
    for row, texts in enumerate(trace["text"]):
        for column, said in enumerate(texts):
            if said:
                put_text(
                    axes,
                    said,
                    (column, row),
                    axes.transData,
                    size=trace.get("textfont", {}).get("size", 12),
                )


def _box(axes: Axes, trace: Mapping[str, Any], x: Scale, y: Scale) -> None:
    values = x.places(trace["x"])
    values = values[np.isfinite(values)]
    place = float(y.places([trace["name"]])[0])
    line = trace.get("line", {})
    look = dict(color=colour(line.get("color")), linewidth=line.get("width", 1.5) * POINTS)
    if len(values):
        axes.boxplot(
            values,
            positions=[place],
            widths=0.5,
            orientation="horizontal",
            showfliers=False,
            manage_ticks=False,
            boxprops=look,
            whiskerprops=look,
            capprops=look,
            medianprops=look,
        )
    marker = trace["marker"]
    spread = 0.5 * trace.get("jitter", 0) * (np.random.default_rng(0).random(len(values)) - 0.5)
    axes.scatter(
        values,
        place + spread,
        s=(marker["size"] * POINTS) ** 2,
        color=colour(marker["color"], marker.get("opacity", 1)),
        linewidths=0,
        zorder=2.5,
    )


def _symbol(name: str | None) -> tuple[str, bool]:
    """Matplotlib's marker, and whether it is hollow."""
    bare = (name or "circle").removesuffix("-open")
    return _SYMBOLS[bare], bare != (name or "circle")


def _first(value: Any) -> Any:
    if isinstance(value, list | tuple | np.ndarray):
        return value[0] if len(value) else None
    return value


def _each(value: Any, n: int) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | np.ndarray) else [value] * n


def _known(values: Any) -> Any:
    return np.clip(np.nan_to_num(np.asarray(values, dtype=float)), 0, None)
