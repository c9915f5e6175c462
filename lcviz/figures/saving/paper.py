"""A figure of the app drawn for paper by Matplotlib: at the width of columns, on white.

It is drawn as on a screen so many pixels wide: what is legible on a phone is legible in a column.
"""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from matplotlib.figure import Figure

from lcviz.figures.saving.axes import Scale, style_axes
from lcviz.figures.saving.keys import colour_bar, legend, remark
from lcviz.figures.saving.marks import draw_annotation, draw_shape
from lcviz.figures.saving.page import Page, has_scale, legend_traces, merged
from lcviz.figures.saving.solid import draw_solid
from lcviz.figures.saving.traces import Bars, draw_trace


def on_paper(figure: go.Figure, columns: int = 1, note: str = "") -> Figure:
    """Draw a figure for paper, its words and numbers dark on white.

    Args:
        figure: any of `lcviz.figures`.
        columns: how many columns of a paper it is wide, 1 or 2.
        note: small, in the lower right corner, as that it is synthetic.
    """
    page = Page(figure, columns)
    if any(trace["type"] == "scatter3d" for trace in page.traces):
        page.places.append((draw_solid(page.figure, page.traces, page.layout), (0, 1, 0, 1)))
    else:
        _draw_flat(page)
    page.fit()
    keys = [colour_bar(page, trace) for trace in page.traces if has_scale(trace)]
    if legend_traces(page):
        keys.append(legend(page))
    if note:
        keys.append(remark(page, note))
    page.add_keys(keys)
    return page.figure


def _draw_flat(page: Page) -> None:
    pairs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for trace in page.traces:
        pairs.setdefault((_axis(trace, "x"), _axis(trace, "y")), []).append(trace)
    names = dict.fromkeys(name for pair in pairs for name in pair)
    scales = {name: _scale(page, name) for name in names}
    for (x, y), traces in pairs.items():
        axes = page.figure.add_axes((0, 0, 1, 1))
        bars = [trace for trace in traces if trace["type"] == "bar"]
        for trace in traces:
            place = next((i for i, bar in enumerate(bars) if bar is trace), 0)
            mode, gap = page.layout.get("barmode", "group"), page.layout.get("bargap", 0.2)
            draw_trace(axes, trace, scales[x], scales[y], Bars(mode, gap, place, len(bars)))
        style_axes(
            axes,
            scales[x],
            scales[y],
            numbers=(
                _plain_name(scales[x].spec.get("anchor", "y"), "y") == y,
                _plain_name(scales[y].spec.get("anchor", "x"), "x") == x,
            ),
        )
        page.places.append((axes, (*_domain(scales[x]), *_domain(scales[y]))))
        page.by_axis.setdefault(x, axes)
        page.by_axis.setdefault(y, axes)
    for shape in page.layout.get("shapes", ()):
        draw_shape(page.paper, page.by_axis, shape)
    defaults = page.settings.get("annotationdefaults", {})
    for annotation in page.layout.get("annotations", ()):
        draw_annotation(page.paper, page.by_axis, merged(defaults, annotation))


def _scale(page: Page, name: str) -> Scale:
    letter = name[0]
    values: list[Any] = []
    for trace in page.traces:
        if _axis(trace, letter) != name:
            continue
        if trace["type"] == "box" and letter == "y":
            values.append(trace["name"])
        elif trace.get(letter) is not None:
            values += list(trace[letter])
    own = page.layout.get(f"{letter}axis{name[1:]}", {})
    return Scale(merged(page.settings.get(f"{letter}axis", {}), own), values)


def _axis(trace: Mapping[str, Any], letter: str) -> str:
    return _plain_name(str(trace.get(f"{letter}axis") or letter), letter)


def _plain_name(name: str, letter: str) -> str:
    return letter if name == f"{letter}1" else name


def _domain(scale: Scale) -> tuple[float, float]:
    low, high = scale.spec.get("domain", (0.0, 1.0))
    return float(low), float(high)
