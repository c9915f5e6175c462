"""Axes of a figure of Plotly's as Matplotlib's: where they stand, what they span, their numbers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator

from lcviz.figures.saving.text import FONT, POINTS, plain_text
from lcviz.figures.style import INK

_GRID: Final = "#DDDFDD"
_ZERO: Final = "#8A8F8C"
_MINUS: Final = "\N{MINUS SIGN}"
_NOTHING: Final = 1e-12  # what reckoning leaves of nought
_SI: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))

Floats = npt.NDArray[np.float64]


class Scale:
    """One axis: its settings, and where the names on it stand."""

    def __init__(self, spec: Mapping[str, Any], values: Iterable[Any]) -> None:
        self.spec = dict(spec)
        self.names: list[str] | None = None
        seen = list(values)
        if spec.get("type") == "category" or any(isinstance(v, str) for v in seen):
            listed = [str(name) for name in _list(spec.get("categoryarray"))]
            self.names = list(dict.fromkeys([*listed, *(str(v) for v in seen)]))

    def places(self, values: Any) -> Floats:
        """Where values lie: numbers as they are, names by their place."""
        if self.names is None:
            return np.array([np.nan if v is None else v for v in _list(values)], dtype=np.float64)
        return np.array([self.names.index(str(v)) for v in _list(values)], dtype=np.float64)


def style_axes(axes: Axes, x: Scale, y: Scale, numbers: tuple[bool, bool]) -> None:
    """Give axes their ranges, numbers, grid and titles, once all is drawn.

    Args:
        axes: of Matplotlib's.
        x: the one across.
        y: the one upright.
        numbers: whether the numbers and the title of each stand beside these axes.
    """
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_axisbelow(True)
    for letter, scale, shown in (("x", x, numbers[0]), ("y", y, numbers[1])):
        spec = scale.spec
        axis = axes.xaxis if letter == "x" else axes.yaxis
        _span(axes, letter, scale)
        _ticks(axis, scale)
        if spec.get("visible") is False:
            axis.set_visible(False)
            continue
        labelled = shown and spec.get("showticklabels", True)
        size = _size(spec.get("tickfont"), 12) * POINTS
        axis.set_tick_params(length=0, pad=2, labelsize=size, labelcolor=INK[False])
        axis.set_tick_params(labelbottom=labelled) if letter == "x" else axis.set_tick_params(
            labelleft=labelled
        )
        if letter == "x" and spec.get("side") == "top":
            axes.xaxis.tick_top()
            axes.xaxis.set_label_position("top")
            axis.set_tick_params(length=0)
        for label in axis.get_ticklabels():
            label.set_fontfamily(FONT)
            label.set_rotation(-spec.get("tickangle", 0) if letter == "x" else 0)
            label.set_linespacing(1.05)
        if spec.get("showgrid", True):
            axis.grid(True, color=_GRID, linewidth=0.5)
        if spec.get("zeroline"):
            line = axes.axvline if letter == "x" else axes.axhline
            line(0, color=_ZERO, linewidth=spec.get("zerolinewidth", 1) * POINTS, zorder=0.9)
        title = spec.get("title") or {}
        if shown and title.get("text"):
            axis.set_label_text(
                plain_text(title["text"]),
                fontsize=_size(title.get("font"), 12) * POINTS,
                fontfamily=FONT,
                color=INK[False],
            )


def number(value: float, form: str | None) -> str:
    """A number as d3's format says it, as far as the figures use that: `.0%`, `,d`, `~s`, `.2f`."""
    value = 0.0 if abs(value) < _NOTHING else value
    if form and form.endswith("%"):
        return f"{value:{form}}"
    if form and form.endswith("s"):
        for size, unit in _SI:
            if abs(value) >= size:
                return f"{value / size:.3g}{unit}"
        return f"{value:.3g}"
    if form and form.endswith("f"):
        return f"{value:{form}}".replace("-", _MINUS)
    said = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"
    return said.replace("-", _MINUS)


def _span(axes: Axes, letter: str, scale: Scale) -> None:
    spec = scale.spec
    low, high = (axes.get_xlim if letter == "x" else axes.get_ylim)()
    if spec.get("range") is not None and len(_list(spec["range"])) == 2:
        low, high = (float(end) for end in _list(spec["range"]))
    elif scale.names is not None:
        low, high = -0.5, len(scale.names) - 0.5
    elif spec.get("rangemode") == "tozero":
        low, high = min(0.0, low), max(0.0, high)
    if spec.get("autorange") == "reversed":
        low, high = high, low
    (axes.set_xlim if letter == "x" else axes.set_ylim)(low, high)


def _ticks(axis: Any, scale: Scale) -> None:
    spec = scale.spec
    if spec.get("tickvals") is not None:
        values = scale.places(spec["tickvals"])
        texts = spec.get("ticktext")
        said = (
            [number(v, spec.get("tickformat")) for v in values]
            if texts is None
            else [plain_text(str(text)) for text in _list(texts)]
        )
    elif scale.names is not None:
        values = np.arange(len(scale.names), dtype=np.float64)
        said = [plain_text(name) for name in scale.names]
    else:
        if spec.get("dtick"):
            low, high = sorted(axis.get_view_interval())
            axis.set_major_locator(FixedLocator(_multiples(low, high, float(spec["dtick"]))))
        else:
            axis.set_major_locator(MaxNLocator(int(spec.get("nticks") or 6), steps=[1, 2, 2.5, 5]))
        axis.set_major_formatter(FuncFormatter(lambda v, _: number(v, spec.get("tickformat"))))
        return
    axis.set_major_locator(FixedLocator(values.tolist()))
    axis.set_major_formatter(FixedFormatter(said))


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(i * step) for i in np.arange(first, last + 1)]


def _size(font: Mapping[str, Any] | None, default: float) -> float:
    return float((font or {}).get("size") or default)


def _list(values: Any) -> Sequence[Any]:
    return [] if values is None else list(values)
