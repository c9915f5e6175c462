"""Figures of landscapes: spectra, cluster histograms, components, P(group | cluster).

A bar or a point of a cluster carries its number as customdata, `[cluster]`, and can be clicked.
Clusters have their mean true colour (`cluster_names.cluster_colours`), groups their own.
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lcviz.figures import GREY, plain
from lcviz.landscape_groups import Components
from lcviz.landscape_words import cluster_label
from lcviz.taxonomy import (
    AXES,
    BANDS,
    CLASS_COLOURS,
    CLASSES,
    CONTINENT_COLOURS,
    S2_BAND_NAMES,
    S2_WAVELENGTHS,
    SEASON_COLOURS,
)

GROUP_COLOURS: Final = dict(
    zip((*AXES["continent"], *AXES["season"]), (*CONTINENT_COLOURS, *SEASON_COLOURS), strict=True)
)
_ACCENT: Final = "#E0457B"
"""Frames what is chosen: no colour of a group, seen on light and on dark."""
_OPAQUE: Final = {"marker": {"opacity": 1}}
_KEEP: Final = {"selected": _OPAQUE, "unselected": _OPAQUE}
"""A click must not dim what it did not hit: the choice is drawn by the figure itself."""
_GRID: Final = "rgba(138, 143, 140, .22)"


def spectrum_figure(
    clusters: pd.DataFrame, chosen: int, colours: Sequence[str], names: Sequence[str]
) -> go.Figure:
    """Mean DN of one cluster over wavelength (nm), the other clusters thin behind it."""
    means = clusters[[f"mean_{band}" for band in BANDS]].to_numpy(dtype=float)
    others = np.delete(means, chosen, axis=0)
    gaps = np.full((len(others), 1), np.nan)
    behind = {
        **{"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False},
        "x": [*S2_WAVELENGTHS, None] * len(others),
        "y": np.hstack([others, gaps]).ravel(),
        "line": {"color": "rgba(138, 143, 140, .35)", "width": 1},
    }
    curve = {"type": "scatter", "x": S2_WAVELENGTHS, "y": means[chosen], "showlegend": False}
    outline = curve | {"mode": "lines", "line": {"color": GREY, "width": 5}, "hoverinfo": "skip"}
    front = curve | {
        **{"mode": "lines+markers", "line": {"color": colours[chosen], "width": 3}},
        "marker": {"size": 7, "color": colours[chosen], "line": {"color": GREY, "width": 1}},
        "customdata": [
            f"{name} ({band}), {nm} nm"
            for name, band, nm in zip(S2_BAND_NAMES, BANDS, S2_WAVELENGTHS, strict=True)
        ],
        "hovertemplate": "%{customdata}<br>mean %{y:,.0f} DN<extra></extra>",
    }
    return plain(
        [behind, outline, front],
        height=220,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        xaxis={
            **{"title": {"text": "Wavelength (nm)"}, "tickvals": [490, 865, 1610, 2190]},
            **{"zeroline": False, "showgrid": False, "range": [430, 2250], "fixedrange": True},
        },
        yaxis={
            **{"title": {"text": "Mean DN"}, "rangemode": "tozero", "gridcolor": _GRID},
            **{"nticks": 5, "fixedrange": True},
        },
    )


def silhouette_figure(silhouettes: pd.DataFrame, k: int) -> go.Figure:
    """Silhouette by number of clusters; the chosen one is marked."""
    chosen = silhouettes.k == k
    line = {
        **{"type": "scatter", "mode": "lines+markers", "showlegend": False},
        **{"x": silhouettes.k.to_numpy(), "y": silhouettes.silhouette.to_numpy()},
        "line": {"color": GREY, "width": 1.5},
        "marker": {
            "color": [_ACCENT if c else GREY for c in chosen],
            "size": [12 if c else 7 for c in chosen],
        },
        "hovertemplate": "K = %{x}: silhouette %{y:.3f}<extra></extra>",
    }
    return plain(
        [line],
        height=190,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        xaxis={
            **{"title": {"text": "Clusters, K"}, "tickvals": silhouettes.k.tolist()},
            **{"showgrid": False, "fixedrange": True},
        },
        yaxis={"title": {"text": "Silhouette"}, "gridcolor": _GRID, "nticks": 5}
        | {"fixedrange": True},
    )


def class_share_figure(fractions: Sequence[float]) -> go.Figure:
    """Mean class shares of a cluster's labelled patches, one bar a class that occurs."""
    rows = [i for i in np.argsort(fractions, kind="stable")[::-1] if fractions[i] >= 0.005]
    bars = {
        **{"type": "bar", "orientation": "h", "showlegend": False, "cliponaxis": False},
        **{"y": [CLASSES[i] for i in rows], "x": [fractions[i] for i in rows]},
        "text": [f"{fractions[i]:.0%}" for i in rows],
        **{"textposition": "outside", "hovertemplate": "%{y}: %{x:.1%}<extra></extra>"},
        "marker": {
            "color": [CLASS_COLOURS[i] for i in rows],
            "line": {"color": GREY, "width": 1},
        },
    }
    return plain(
        [bars],
        height=24 * len(rows) + 12,
        margin={"l": 0, "r": 32, "t": 4, "b": 4},
        bargap=0.3,
        xaxis={"visible": False, "range": [0, max(fractions)], "fixedrange": True},
        yaxis={"autorange": "reversed", "ticks": "", "fixedrange": True},
    )


def histogram_figure(
    table: pd.DataFrame,
    sizes: "pd.Series[int]",
    chosen: int,
    colours: Sequence[str],
    names: Sequence[str],
) -> go.Figure:
    """Cluster histograms, one panel a group on one scale, clusters in the same place in each.

    Args:
        table: groups x clusters; shares, or counts if it holds integers.
        sizes: patches of each group.
        chosen: the cluster to stand out.
        colours: of the clusters, drawn as a strip below the panels.
        names: of the clusters.
    """
    counts = bool(np.issubdtype(table.to_numpy().dtype, np.integer))
    number = ",.0f" if counts else ".1%"
    panels, traces, annotations = len(table), [], []
    clusters = [int(str(cluster)) for cluster in table.columns]
    layout: dict[str, Any] = {}
    strip = 0.035
    height = (1 - strip) / panels
    top = 1.12 * max(float(table.to_numpy().max()), 1e-9)
    for row, (group, values) in enumerate(table.iterrows()):
        axis = f"y{row + 1}"
        high = 1 - row * height
        layout[f"yaxis{row + 1}"] = {
            **{"domain": [high - 0.82 * height, high], "anchor": "x", "range": [0, top]},
            **{"nticks": 3, "gridcolor": _GRID, "zeroline": True, "zerolinecolor": GREY},
            **{"tickformat": ",d" if counts else ".0%", "fixedrange": True},
        }
        colour = GROUP_COLOURS[str(group)]
        traces.append(
            {
                **{"type": "bar", "x": clusters, "y": values.to_numpy(), "yaxis": axis},
                "marker": {
                    "color": [colour if c == chosen else _faded(colour) for c in clusters],
                    "line": {
                        "color": [_ACCENT if c == chosen else colour for c in clusters],
                        "width": [2 if c == chosen else 0.5 for c in clusters],
                    },
                },
                "customdata": [[c] for c in clusters],
                "hovertext": [cluster_label(c, names) for c in clusters],
                "hovertemplate": f"<b>{group}</b><br>%{{hovertext}}<br>%{{y:{number}}}"
                + ("" if counts else f" of {sizes[group]:,} patches")
                + "<extra></extra>",
                **{"showlegend": False, **_KEEP},
            }
        )
        annotations.append(
            {
                "text": f"<b>{group}</b>  n = {sizes[group]:,}",
                **{"xref": "paper", "yref": "paper", "x": 1, "y": high, "yanchor": "top"},
                **{"xanchor": "right", "showarrow": False, "font": {"size": 12}},
            }
        )
    swatches = {
        **{"type": "scatter", "mode": "markers", "x": clusters, "yaxis": f"y{panels + 1}"},
        "y": [0] * len(clusters),
        "marker": {
            **{"symbol": "square", "size": 13, "color": list(colours)},
            "line": {
                "color": [_ACCENT if c == chosen else GREY for c in clusters],
                "width": [2.5 if c == chosen else 1 for c in clusters],
            },
        },
        "customdata": [[c] for c in clusters],
        "hovertext": [cluster_label(c, names) for c in clusters],
        "hovertemplate": "%{hovertext}<extra></extra>",
        **{"showlegend": False, **_KEEP},
    }
    layout[f"yaxis{panels + 1}"] = {
        **{"domain": [0, strip], "visible": False, "range": [-1, 1], "fixedrange": True}
    }
    unit = "Patches in the cluster" if counts else "Share of the group's patches"
    return plain(
        [*traces, swatches],
        height=96 * panels + 90,
        margin={"l": 48, "r": 4, "t": 28, "b": 44},
        bargap=0.18,
        annotations=[*annotations, _corner(unit)],
        xaxis={
            **{"title": {"text": "Cluster, from dark to bright"}, "tickvals": clusters},
            **{"ticks": "", "showgrid": False, "zeroline": False, "fixedrange": True},
            **{"anchor": f"y{panels + 1}", "tickfont": {"size": 11}, "tickangle": 0},
        },
        **layout,
    )


def pca_figure(
    components: Components,
    shown: Sequence[str],
    patches: Mapping[str, int],
    cloud: pd.DataFrame | None = None,
) -> go.Figure:
    """The groups in the space of components of their cluster histograms.

    Args:
        components: of the groups.
        shown: two or three of its components; three make a figure that can be turned.
        patches: of each group.
        cloud: draws of each group's place, as `landscape_groups.bootstrap_cloud` gives them.
    """
    scores = components.scores
    names = list(scores.columns)
    titles = [f"{c} ({components.explained[names.index(c)]:.0%} of variance)" for c in shown]
    deep = len(shown) == 3
    kind = "scatter3d" if deep else "scatter"
    letters = "xyz"[: len(shown)]
    traces: list[dict[str, Any]] = []
    for group in scores.index if cloud is not None else ():
        drawn = cloud[cloud.group == group] if cloud is not None else scores[:0]
        traces.append(
            {
                **{"type": kind, "mode": "markers", "hoverinfo": "skip", "showlegend": False},
                **{at: drawn[c].to_numpy() for at, c in zip(letters, shown, strict=True)},
                "marker": {
                    **{"color": GROUP_COLOURS[group], "size": 2.5 if deep else 5},
                    **{"opacity": 0.35 if deep else 0.22, "line": {"width": 0}},
                },
            }
        )
    places = scores[list(shown)].to_numpy()
    sides = _label_sides(places[:, :2])
    for row, group in enumerate(scores.index):
        season = group in AXES["season"]
        hover = [f"{c}: {v:+.3f}" for c, v in zip(shown, places[row], strict=True)]
        traces.append(
            {
                **{"type": kind, "mode": "markers+text", "showlegend": False},
                **{at: [v] for at, v in zip(letters, places[row], strict=True)},
                **{"text": [f"<b>{group}</b>"], "textfont": {"size": 12}},
                "textposition": "top center" if deep else sides[row],
                "cliponaxis": False,
                "marker": {
                    **{"color": GROUP_COLOURS[group], "size": 7 if deep else 14, "opacity": 1},
                    "symbol": "diamond" if season else "circle",
                    "line": {"color": GREY, "width": 1},
                },
                "hovertemplate": "<br>".join(
                    [f"<b>{group}</b>, {patches[group]:,} patches", *hover]
                )
                + "<extra></extra>",
            }
        )
        if deep:
            del traces[-1]["cliponaxis"]
    reach = [places, *([cloud[list(shown)].to_numpy()] if cloud is not None else [])]
    ranges = [_padded(np.concatenate(reach)[:, i]) for i in range(len(shown))]
    if deep:
        axis = {"gridcolor": _GRID, "showbackground": False, "zerolinecolor": GREY}
        axis |= {"tickfont": {"size": 10}, "nticks": 5}
        return plain(
            traces,
            height=560,
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            scene={
                f"{at}axis": axis | {"title": {"text": title, "font": {"size": 11}}}
                for at, title in zip(letters, titles, strict=True)
            }
            | {"aspectmode": "cube", "camera": {"eye": {"x": 1.5, "y": 1.5, "z": 0.9}}},
        )
    line = {"gridcolor": _GRID, "zerolinecolor": GREY, "zerolinewidth": 1, "tickformat": ".2f"}
    return plain(
        traces,
        height=500,
        margin={"l": 0, "r": 8, "t": 12, "b": 0},
        xaxis=line | {"title": {"text": titles[0]}, "range": ranges[0], "nticks": 7},
        yaxis=line | {"title": {"text": titles[1]}, "range": ranges[1], "nticks": 7},
    )


def loadings_figure(
    components: Components,
    shown: Sequence[str],
    chosen: int,
    colours: Sequence[str],
    names: Sequence[str],
) -> go.Figure:
    """How each cluster pulls along the shown components: bars up and down, one panel each."""
    clusters = [int(str(cluster)) for cluster in components.loadings.index]
    reach = 1.1 * float(components.loadings[list(shown)].abs().to_numpy().max())
    traces, annotations, layout = [], [], {}
    height = 1 / len(shown)
    for row, name in enumerate(shown):
        high = 1 - row * height
        layout[f"yaxis{row + 1}"] = {
            **{"domain": [high - 0.86 * height, high], "range": [-reach, reach], "nticks": 5},
            **{"gridcolor": _GRID, "zerolinecolor": GREY, "fixedrange": True, "anchor": "x"},
        }
        traces.append(
            {
                **{"type": "bar", "x": clusters, "y": components.loadings[name].to_numpy()},
                **{"yaxis": f"y{row + 1}", "showlegend": False},
                "marker": {
                    "color": list(colours),
                    "line": {
                        "color": [_ACCENT if c == chosen else GREY for c in clusters],
                        "width": [3 if c == chosen else 1 for c in clusters],
                    },
                },
                "customdata": [[c] for c in clusters],
                "hovertext": [cluster_label(c, names) for c in clusters],
                "hovertemplate": f"%{{hovertext}}<br>{name}: %{{y:+.3f}}<extra></extra>",
                **_KEEP,
            }
        )
        annotations.append(
            {
                **{"text": f"<b>{name}</b>", "xref": "paper", "yref": "paper"},
                **{"x": 1, "xanchor": "right", "y": high, "yanchor": "top", "showarrow": False},
            }
        )
    return plain(
        traces,
        height=130 * len(shown) + 80,
        margin={"l": 48, "r": 4, "t": 28, "b": 44},
        bargap=0.18,
        annotations=[*annotations, _corner("Loading, no unit")],
        xaxis={
            **{"title": {"text": "Cluster, from dark to bright"}, "tickvals": clusters},
            **{"ticks": "", "showgrid": False, "zeroline": False, "fixedrange": True},
            **{"anchor": f"y{len(shown)}", "tickfont": {"size": 11}, "tickangle": 0},
        },
        **layout,
    )


def posterior_figure(
    posterior: pd.DataFrame,
    entropy: "pd.Series[float]",
    axis: str,
    chosen: int,
    order: Sequence[int],
    names: Sequence[str],
) -> go.Figure:
    """P(group | cluster) as one stacked bar a cluster, with its entropy beside it.

    Args:
        posterior: groups x clusters.
        entropy: by cluster, bits.
        axis: `continent` or `season`.
        chosen: the cluster to be framed.
        order: of the clusters, from the top.
        names: of the clusters.
    """
    rows = list(range(len(order)))
    labels = [_wrapped(cluster_label(c, names), bold=c == chosen) for c in order]
    traces: list[dict[str, Any]] = []
    for group in posterior.index:
        values = posterior.loc[group, list(order)].to_numpy()
        traces.append(
            {
                **{"type": "bar", "orientation": "h", "name": group, "x": values, "y": rows},
                "marker": {
                    "color": GROUP_COLOURS[str(group)],
                    "line": {"color": "rgba(255, 255, 255, .7)", "width": 0.5},
                },
                "customdata": [[c] for c in order],
                "hovertext": [cluster_label(c, names) for c in order],
                "hovertemplate": f"%{{hovertext}}<br>P({group}) = %{{x:.3f}}<extra></extra>",
                **_KEEP,
            }
        )
    bits = [
        {
            "text": "none" if np.isnan(entropy[c]) else f"{entropy[c]:.2f}",
            **{
                "xref": "paper",
                "x": 1,
                "xshift": 6,
                "xanchor": "left",
                "y": row,
                "showarrow": False,
            },
            "font": {"size": 11},
        }
        for row, c in enumerate(order)
    ]
    title = {
        **{"text": "Entropy<br>(bits)", "xref": "paper", "x": 1, "xshift": 6, "y": -0.55},
        "yanchor": "bottom",
        **{"xanchor": "left", "align": "left", "showarrow": False, "font": {"size": 10}},
    }
    place = {"xref": "x", "yref": "y", "x0": 0, "x1": 1}
    frame = [
        {"type": "rect", **place, "y0": row - 0.45, "y1": row + 0.45}
        | {"line": {"color": _ACCENT, "width": 2.5}}
        for row, c in enumerate(order)
        if c == chosen
    ]
    return plain(
        traces,
        height=37 * len(order) + 120,
        margin={"l": 0, "r": 46, "t": 8, "b": 0},
        barmode="stack",
        bargap=0.22,
        annotations=[*bits, title],
        shapes=frame,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "traceorder": "normal"}
        | {"yref": "paper", "x": 0, "font": {"size": 11}, "itemwidth": 30},
        xaxis={
            **{"title": {"text": f"P({axis} | cluster)"}, "range": [0, 1], "fixedrange": True},
            **{"showgrid": False, "tickvals": [0, 0.25, 0.5, 0.75, 1], "zeroline": False},
        },
        yaxis={
            **{"tickvals": rows, "ticktext": labels},
            **{"range": [len(order) - 0.5, -1.4], "ticks": "", "fixedrange": True},
            **{"showgrid": False, "zeroline": False, "tickfont": {"size": 10}},
        },
    )


def _corner(text: str) -> dict[str, Any]:
    """What the upright axis measures, above it, where it takes no width on a phone."""
    return {
        **{"text": text, "xref": "paper", "yref": "paper", "x": 0, "y": 1, "xshift": -44},
        **{"yshift": 6, "xanchor": "left", "yanchor": "bottom", "showarrow": False},
        "font": {"size": 12},
    }


def _faded(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"rgba({red}, {green}, {blue}, .45)"


def _wrapped(label: str, *, bold: bool) -> str:
    text = "<br>".join(textwrap.wrap(label, 22))
    return f"<b>{text}</b>" if bold else text


def _padded(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """Room around points for the labels beside them."""
    low, high = float(values.min()), float(values.max())
    room = 0.2 * (high - low) or 0.1
    return [low - room, high + room]


def _label_sides(places: np.ndarray[Any, np.dtype[np.float64]]) -> list[str]:
    """For each point (n, 2) the side that faces away from its nearest neighbour."""
    spread = np.ptp(places, axis=0)
    scaled = places / np.where(spread > 0, spread, 1)
    sides = []
    for row, place in enumerate(scaled):
        away = place - scaled
        distance = np.hypot(*away.T)
        distance[row] = np.inf
        sides.append("bottom center" if away[distance.argmin()][1] < 0 else "top center")
    return sides
