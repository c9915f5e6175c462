"""A page that a figure is drawn on, and what is put above and below its axes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from lcviz.figures.saving.text import POINTS
from lcviz.figures.widths import COLUMN_MM, PAGE_MM

WIDTHS: Final = {1: COLUMN_MM, 2: PAGE_MM}
"""Columns of a paper -> width, mm."""
_PER_INCH: Final = 72 / POINTS  # pixels
_PER_MM: Final = _PER_INCH / 25.4
_HIGHEST: Final = 200 * _PER_MM  # px; a page has little more
_EDGE: Final = 4.0  # px
_KEY_ROOM: Final = 44.0  # px, of what Plotly puts below or above the axes


@dataclass(frozen=True)
class Key:
    """Something to be put above or below the axes."""

    height: float
    """px"""
    above: bool
    put: Callable[[float], None]
    """Takes its lower edge, px from the foot of the page."""


class Page:
    """A page in the making; lengths are pixels of the screen that it imitates."""

    def __init__(self, figure: go.Figure, columns: int) -> None:
        template = figure.layout.template.to_plotly_json()
        defaults = template.get("data", {})
        self.settings: dict[str, Any] = template.get("layout", {})
        self.layout: dict[str, Any] = figure.layout.to_plotly_json()
        self.traces = [
            merged(defaults.get(trace.type, ({},))[0], trace.to_plotly_json())
            for trace in figure.data
        ]
        self.width = WIDTHS[columns] * _PER_MM
        # Fine, so that text is as wide when it is measured as when it is saved.
        self.figure = Figure(dpi=300)
        self.canvas = FigureCanvasAgg(self.figure)
        # Nothing to be seen: what Plotly calls paper.
        self.paper = self.figure.add_axes((0, 0, 1, 1))
        self.paper.set_axis_off()
        self.paper.set_zorder(1)  # its words lie upon whatever else there is
        self.places: list[tuple[Axes, tuple[float, float, float, float]]] = []
        """Axes, and the share of the paper that they take: left, right, bottom, top."""
        self.by_axis: dict[str, Axes] = {}
        """`x2` -> axes that it belongs to."""
        self.margins = dict(left=40.0, right=8.0, top=10.0, bottom=30.0)
        self.plot_height = self._plot_height()

    @property
    def height(self) -> float:
        """Of all, px."""
        return self.plot_height + self.margins["top"] + self.margins["bottom"]

    def _plot_height(self) -> float:
        margin, height = self.layout.get("margin", {}), float(self.layout.get("height", 400))
        # Without a margin below Plotly makes room by itself, out of the same height.
        room = margin.get("t", 36) + (margin.get("b", 0) or 40)
        room += _KEY_ROOM * (any(map(has_scale, self.traces)) + bool(legend_traces(self)))
        return min(max(height - room, 0.55 * height), _HIGHEST)

    def arrange(self) -> None:
        """Put everything in its place."""
        if self.layout.get("yaxis", {}).get("scaleanchor"):  # a unit is as long up as across
            across, up = (self.layout[name]["range"] for name in ("xaxis", "yaxis"))
            wide = self.width - self.margins["left"] - self.margins["right"]
            self.plot_height = wide * (up[1] - up[0]) / (across[1] - across[0])
        self.figure.set_size_inches(self.width / _PER_INCH, self.height / _PER_INCH)
        left, low = self.margins["left"], self.margins["bottom"]
        wide = self.width - left - self.margins["right"]
        self.put(self.paper, left, low, wide, self.plot_height)
        for axes, (x0, x1, y0, y1) in self.places:
            self.put(
                axes,
                left + x0 * wide,
                low + y0 * self.plot_height,
                (x1 - x0) * wide,
                (y1 - y0) * self.plot_height,
            )

    def put(self, axes: Axes, left: float, low: float, wide: float, high: float) -> None:
        """Put axes on the page, px from its lower left corner."""
        axes.set_position(
            (left / self.width, low / self.height, wide / self.width, high / self.height)
        )

    def fit(self) -> None:
        """Make the margins as wide as what stands in them."""
        for _ in range(3):
            self.arrange()
            self.canvas.draw()
            inches = self.figure.get_tightbbox(self.canvas.get_renderer())
            seen = Bbox(np.asarray(inches.get_points()) * _PER_INCH)
            self.margins["top"] += seen.y1 - self.height + _EDGE
            self.margins["right"] += seen.x1 - self.width + _EDGE
            self.margins["left"] += _EDGE - seen.x0
            self.margins["bottom"] += _EDGE - seen.y0

    def add_keys(self, keys: list[Key]) -> None:
        """Put legends and the like above and below what is there, the last outermost."""
        for key in keys:
            self.margins["top" if key.above else "bottom"] += key.height
        self.arrange()
        low, high = 0.0, self.height
        for key in reversed(keys):
            if key.above:
                high -= key.height
                key.put(high)
            else:
                key.put(low)
                low += key.height


def has_scale(trace: Mapping[str, Any]) -> bool:
    """Whether a colour bar tells what a trace's colours are."""
    if trace["type"] == "heatmap":
        return bool(trace.get("showscale", True))
    return bool(trace.get("marker", {}).get("showscale"))


def legend_traces(page: Page) -> list[dict[str, Any]]:
    """The traces that a legend lists, as Plotly chooses them: none where one is alone."""
    listed = [t for t in page.traces if t.get("name") and t.get("showlegend", t["type"] != "box")]
    return listed if len(listed) > 1 or any(t.get("showlegend") for t in listed) else []


def merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the defaults of what they leave out, on every level."""
    both = dict(defaults)
    for name, value in own.items():
        deeper = isinstance(both.get(name), Mapping) and isinstance(value, Mapping)
        both[name] = merged(both[name], value) if deeper else value
    return both
