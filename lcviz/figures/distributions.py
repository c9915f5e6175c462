"""Figures of distributions: curves of the bands over DN, and how far groups lie apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from lcviz.distributions.curves import Curves, Floats
from lcviz.distributions.image_fit import ImageFit
from lcviz.figures.style import (
    DISTANCE_SCALE,
    GRID,
    GROUP_COLOURS,
    INK,
    colour_bar,
    plain,
    readable,
)
from lcviz.taxonomy import BANDS, S2_BAND_NAMES, S2_WAVELENGTHS

_COLUMNS: Final = 2
_PANEL, _GAP, _LARGE = 118, 34, 500  # heights, px
_MARGIN: Final = dict(l=56, r=6, t=64, b=48)


@dataclass(frozen=True, eq=False)
class Overlay:
    """An image drawn upon the groups."""

    curves: Floats
    """(10, m), in the unit of the groups' curves."""
    fit: ImageFit


def curves_figure(
    curves: Curves,
    bands: Sequence[int],
    pixels: Mapping[str, int] | None = None,
    *,
    same_scale: bool = True,
    ranges: Mapping[int, tuple[int, int]] | None = None,
    overlay: Overlay | None = None,
    dark: bool = False,
) -> go.Figure:
    """One curve a group: a panel a band, two in a row, as in the paper's Figure 3.

    All panels share the axis of DN, unless each has its own. A single band is drawn large.

    Args:
        curves: of one group or more.
        bands: indexes of the bands to draw, at least one.
        pixels: of each group, for the legend.
        same_scale: whether all panels share the vertical axis too.
        ranges: band -> first and last DN of its panel; None for those of the curves.
        overlay: an image; its group is then drawn before the others, with its central range.
        dark: whether the figure will stand on a dark ground.
    """
    dn, steps = curves.dn, curves.steps
    half = (dn[1] - dn[0]) / 2 if steps and len(dn) > 1 else 0.0
    first, last = float(dn[0] - half), float(dn[-1] + half)
    large = len(bands) == 1
    columns = min(_COLUMNS, len(bands))
    rows = -(-len(bands) // columns)
    panel = _LARGE if large else _PANEL
    between = _GAP if ranges is None else _GAP + 22  # for the numbers of each panel
    plot_height = rows * panel + (rows - 1) * between
    shape = dict(shape="hvh") if steps else {}
    traces: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    highest = _highest(curves, overlay, bands)
    for place, band in enumerate(bands):
        row, column = divmod(place, columns)
        number = "" if place == 0 else str(place + 1)
        # The last panel of each column has the numbers of the axis.
        lowest = place + columns >= len(bands) or ranges is not None
        top = 1 - row * (panel + between) / plot_height
        start, end = (first, last) if ranges is None else map(float, ranges[band])
        domain = [max(0.0, top - panel / plot_height), top]
        gap = 0.06 if same_scale else 0.13
        width = (1 - gap * (columns - 1)) / columns
        left = column * (width + gap)
        axes[f"xaxis{number}"] = dict(
            domain=[left, left + width],
            anchor=f"y{number}",
            range=[start, end],
            nticks=10 if large else 5 if ranges is None else 4,
            showticklabels=lowest,
            tickformat=",d",
            hoverformat=",.0f",
            ticks="outside" if lowest else "",
            ticklen=4,
            tickcolor=GRID,
            tickangle=0,
            unifiedhovertitle=dict(text=f"{_band(band)}, DN %{{x:,.0f}}"),
        )
        reach = highest if same_scale else _highest(curves, overlay, [band])
        axes[f"yaxis{number}"] = dict(
            domain=domain,
            anchor=f"x{number}",
            range=[0, reach * 1.05],
            nticks=8 if large else 4,
            rangemode="tozero",
            showticklabels=column == 0 or not same_scale,
            tickformat="~s",
            zeroline=True,
            zerolinecolor="rgba(138,143,140,.6)",
            zerolinewidth=1,
        )
        thick = 2.2 if large else 1.7
        panel_of = dict(
            xaxis=f"x{number}",
            yaxis=f"y{number}",
            showlegend=place == 0,
            hovertemplate="%{y:.3s}" if steps else "%{y:.2f}%",
        )
        for group, of_group in curves.values.items():
            behind = overlay is not None and group != overlay.fit.group
            line = dict(color=GROUP_COLOURS[group], width=thick) | shape
            traces.append(
                _curve(_with_n(group, pixels), dn, of_group[band], line)
                | dict(opacity=0.35 if behind else 1)
                | panel_of
                | dict(hovertemplate=f"{panel_of['hovertemplate']}<extra>{group}</extra>")
            )
        notes.append(_note(f"<b>{_band(band)}</b>", left, "left", top))
        if overlay is not None:
            line = dict(color=INK[dark], width=thick, dash="dash") | shape
            traces.append(_curve(overlay.fit.image, dn, overlay.curves[band], line) | panel_of)
            low, high = np.clip(overlay.fit.ranges[band], start, end)
            shapes.append(
                dict(
                    type="rect",
                    xref=f"x{number}",
                    yref=f"y{number} domain",
                    x0=float(low),
                    x1=float(high),
                    y0=0,
                    y1=1,
                    layer="below",
                    fillcolor=GROUP_COLOURS[overlay.fit.group],
                    opacity=0.13,
                    line=dict(width=0),
                )
            )
            outside = f"{overlay.fit.outside[band]:.1%} outside"
            # Inside the panel: on a phone there is no room beside the band's name.
            corner = _note(outside, left + width, "right", top)
            notes.append(corner | dict(yanchor="top", yshift=-2, xshift=-2))
    return _panels(
        traces,
        plot_height,
        curves.label,
        notes,
        hovermode="x unified",
        legend=dict(
            x=0,
            xanchor="left",
            yanchor="bottom",
            y=1 + 26 / plot_height,
            font=dict(size=12),
            itemclick=False,
            itemdoubleclick=False,
            title=dict(text=""),
        ),
        shapes=shapes,
        **axes,
    )


def groups_figure(
    curves: Curves,
    band: int,
    pixels: Mapping[str, int],
    *,
    overlay: Overlay | None = None,
    dark: bool = False,
) -> go.Figure:
    """One band: a panel a group, its curve before those of the others, all to the same scales.

    Args:
        curves: of one group or more.
        band: index of the band.
        pixels: of each group.
        overlay: an image, drawn in every panel.
        dark: whether the figure will stand on a dark ground.
    """
    dn, groups = curves.dn, list(curves.values)
    shape = dict(shape="hvh") if curves.steps else {}
    columns = min(_COLUMNS, len(groups))
    rows = -(-len(groups) // columns)
    panel = _PANEL + 30
    plot_height = rows * panel + (rows - 1) * _GAP
    highest = _highest(curves, overlay, [band])
    traces: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    notes = [_note(f"<b>{_band(band)}</b>", 0, "left", 1) | dict(yshift=24)]
    for place, group in enumerate(groups):
        row, column = divmod(place, columns)
        number = "" if place == 0 else str(place + 1)
        top = 1 - row * (panel + _GAP) / plot_height
        width = (1 - 0.06 * (columns - 1)) / columns
        left = column * (width + 0.06)
        axes[f"xaxis{number}"] = dict(
            domain=[left, left + width],
            anchor=f"y{number}",
            range=[float(dn[0]), float(dn[-1])],
            nticks=5,
            tickangle=0,
            tickformat=",d",
            showticklabels=place + columns >= len(groups),
        )
        axes[f"yaxis{number}"] = dict(
            domain=[max(0.0, top - panel / plot_height), top],
            anchor=f"x{number}",
            range=[0, highest * 1.05],
            nticks=4,
            tickformat="~s",
            showticklabels=column == 0,
        )
        of_panel = dict(xaxis=f"x{number}", yaxis=f"y{number}", showlegend=False, hoverinfo="skip")
        for other in (*(g for g in groups if g != group), group):
            own = other == group
            line: dict[str, Any] = dict(color=GROUP_COLOURS[other], width=2.4 if own else 1) | shape
            curve = _curve(other, dn, curves.values[other][band], line) | of_panel
            traces.append(curve | dict(opacity=1 if own else 0.3))
        if overlay is not None:
            line = dict(color=INK[dark], width=1.7, dash="dash") | shape
            traces.append(_curve(overlay.fit.image, dn, overlay.curves[band], line) | of_panel)
        notes.append(_note(_with_n(group, pixels), left, "left", top))
    return _panels(traces, plot_height, curves.label, notes, **axes)


def distance_figure(
    groups: Sequence[str], pixels: Sequence[int], distances: Floats, label: str, unit: str
) -> go.Figure:
    """How far each group lies from each other: a heat map, its diagonal left empty.

    Args:
        groups: at least two.
        pixels: how many each group has.
        distances: (groups, groups), symmetric.
        label: name of the distance.
        unit: of it; empty without one.
    """
    table = np.where(np.eye(len(groups), dtype=bool), np.nan, distances)
    highest = float(np.nanmax(table, initial=0)) or 1.0
    decimals = 0 if highest >= 10 else 2
    texts = [["" if np.isnan(v) else f"{v:,.{decimals}f}" for v in row] for row in table]
    hover = [
        [f"{a} and {b}: {v:,.{decimals + 1}f} {unit}" for b, v in zip(groups, row, strict=True)]
        for a, row in zip(groups, table, strict=True)
    ]
    names = [group.replace(" ", "<br>") for group in groups]
    tested = [
        f'{name}<br><span style="font-size:9px">n = {_short(n)}</span>'
        for name, n in zip(names, pixels, strict=True)
    ]
    axis = dict(showgrid=False, tickvals=list(range(len(groups))))
    heat = dict(
        type="heatmap",
        z=table,
        zmin=0,
        zmax=highest,
        text=readable(texts, table / highest, DISTANCE_SCALE),
        colorscale=DISTANCE_SCALE,
        hoverongaps=False,
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        colorbar=colour_bar(f"{label}, {unit}" if unit else label),
    )
    return plain(
        [heat],
        height=52 * len(groups) + 140,
        margin=dict(l=76, r=8, t=40, b=0),
        xaxis=axis | dict(side="top", ticktext=names, tickangle=0, tickfont=dict(size=11)),
        yaxis=axis | dict(range=[len(groups) - 0.5, -0.5], ticktext=tested),
    )


def _panels(
    traces: list[dict[str, Any]],
    plot_height: int,
    label: str,
    notes: Sequence[dict[str, Any]],
    **layout: Any,
) -> go.Figure:
    """Panels of curves that share the titles of their axes."""
    titles = [
        _title("Digital number (DN)", x=0.5, y=0, yshift=-40),
        _title(label, x=0, y=0.5, xshift=-46, textangle=-90),
    ]
    return plain(
        traces,
        height=plot_height + _MARGIN["t"] + _MARGIN["b"],
        margin=_MARGIN,
        annotations=[*notes, *titles],
        **layout,
    )


def _highest(curves: Curves, overlay: Overlay | None, bands: Sequence[int]) -> float:
    every = [of_group[list(bands)] for of_group in curves.values.values()]
    highest = float(np.nanmax(every, initial=0))
    if overlay is not None:
        # An image is often far steeper than any group: it may leave the panel, they may not.
        highest = max(highest, min(2 * highest, float(np.nanmax(overlay.curves[list(bands)]))))
    return highest or 1.0


def _curve(name: str, dn: Floats, values: Floats, line: dict[str, Any]) -> dict[str, Any]:
    return dict(
        type="scatter", mode="lines", name=name, legendgroup=name, x=dn, y=values, line=line
    )


def _with_n(group: str, pixels: Mapping[str, int] | None) -> str:
    return group if pixels is None else f"{group}, n = {_short(pixels[group])}"


def _band(band: int) -> str:
    return f"{S2_BAND_NAMES[band]} {BANDS[band]}, {S2_WAVELENGTHS[band]} nm"


def _note(text: str, x: float, anchor: str, y: float) -> dict[str, Any]:
    """Small text just above the height `y`."""
    return dict(
        text=text,
        x=x,
        xanchor=anchor,
        y=y,
        yanchor="bottom",
        yshift=2,
        font=dict(size=11.5),
    )


def _title(text: str, **place: Any) -> dict[str, Any]:
    """Of an axis, once for all panels."""
    return dict(text=text, xanchor="center", yanchor="middle", font=dict(size=12)) | place


def _short(n: int) -> str:
    for size, unit in ((1e9, " bn"), (1e6, " M"), (1e3, "k")):
        if n >= size:
            return f"{n / size:.3g}{unit}"
    return str(n)
