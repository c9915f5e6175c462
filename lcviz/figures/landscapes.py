"""Figures of landscapes by group: cluster histograms and P(group | cluster).

A bar or a point of a cluster carries its number as customdata, `[cluster]`, and can be clicked.
Clusters have their mean true colour (`cluster_names.cluster_colours`), groups their own.
"""

import textwrap
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lcviz.figures.style import ACCENT, GREY, GROUP_COLOURS, plain
from lcviz.landscapes.words import cluster_label

_OPAQUE: Final = dict(marker=dict(opacity=1))
KEEP: Final = dict(selected=_OPAQUE, unselected=_OPAQUE)
"""A click must not dim what it did not hit: the choice is drawn by the figure itself."""


def histogram_figure(
    table: pd.DataFrame,
    sizes: "pd.Series[int]",
    chosen: int | None,
    colours: Sequence[str],
    names: Sequence[str],
) -> go.Figure:
    """Cluster histograms, one panel a group on one scale, clusters in the same place in each.

    Args:
        table: groups x clusters; shares, or counts if it holds integers.
        sizes: patches of each group.
        chosen: the cluster to stand out; None for none.
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
        layout[f"yaxis{row + 1}"] = dict(
            domain=[high - 0.82 * height, high],
            anchor="x",
            range=[0, top],
            nticks=3,
            zeroline=True,
            zerolinecolor=GREY,
            tickformat=",d" if counts else ".0%",
        )
        colour = GROUP_COLOURS[str(group)]
        traces.append(
            dict(
                type="bar",
                x=clusters,
                y=values.to_numpy(),
                yaxis=axis,
                marker=dict(
                    color=[colour if chosen in (c, None) else _faded(colour) for c in clusters],
                    line=dict(
                        color=[ACCENT if c == chosen else colour for c in clusters],
                        width=[2 if c == chosen else 0.5 for c in clusters],
                    ),
                ),
                customdata=[[c] for c in clusters],
                hovertext=[cluster_label(c, names) for c in clusters],
                hovertemplate=f"<b>{group}</b><br>%{{hovertext}}<br>%{{y:{number}}}"
                + ("" if counts else f" of {sizes[group]:,} patches")
                + "<extra></extra>",
                **KEEP,
            )
        )
        annotations.append(
            dict(
                text=f"<b>{group}</b>  n = {sizes[group]:,}",
                x=1,
                y=high,
                yanchor="top",
                xanchor="right",
                font=dict(size=12),
            )
        )
    swatches = dict(
        type="scatter",
        mode="markers",
        x=clusters,
        yaxis=f"y{panels + 1}",
        y=[0] * len(clusters),
        marker=dict(
            symbol="square",
            size=13,
            color=list(colours),
            line=dict(
                color=[ACCENT if c == chosen else GREY for c in clusters],
                width=[2.5 if c == chosen else 1 for c in clusters],
            ),
        ),
        customdata=[[c] for c in clusters],
        hovertext=[cluster_label(c, names) for c in clusters],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
        **KEEP,
    )
    layout[f"yaxis{panels + 1}"] = dict(domain=[0, strip], visible=False, range=[-1, 1])
    unit = "Patches in the cluster" if counts else "Share of the group's patches"
    return plain(
        [*traces, swatches],
        height=96 * panels + 90,
        margin=dict(l=48, r=4, t=28, b=44),
        bargap=0.18,
        annotations=[*annotations, corner(unit)],
        xaxis=dict(
            title=dict(text="Cluster, from dark to bright"),
            tickvals=clusters,
            showgrid=False,
            anchor=f"y{panels + 1}",
            tickfont=dict(size=11),
            tickangle=0,
        ),
        **layout,
    )


def posterior_figure(
    posterior: pd.DataFrame,
    entropy: "pd.Series[float]",
    axis: str,
    chosen: int | None,
    order: Sequence[int],
    names: Sequence[str],
) -> go.Figure:
    """P(group | cluster) as one stacked bar a cluster, with its entropy beside it.

    Args:
        posterior: groups x clusters.
        entropy: by cluster, bits.
        axis: `continent` or `season`.
        chosen: the cluster to be framed; None for none.
        order: of the clusters, from the top.
        names: of the clusters.
    """
    rows = list(range(len(order)))
    labels = [_wrapped(cluster_label(c, names), bold=c == chosen) for c in order]
    traces: list[dict[str, Any]] = []
    for group in posterior.index:
        values = posterior.loc[group, list(order)].to_numpy()
        traces.append(
            dict(
                type="bar",
                orientation="h",
                name=group,
                showlegend=True,
                x=values,
                y=rows,
                marker=dict(
                    color=GROUP_COLOURS[str(group)],
                    line=dict(color="rgba(255, 255, 255, .7)", width=0.5),
                ),
                customdata=[[c] for c in order],
                hovertext=[cluster_label(c, names) for c in order],
                hovertemplate=f"%{{hovertext}}<br>P({group}) = %{{x:.3f}}<extra></extra>",
                **KEEP,
            )
        )
    bits = [
        dict(
            text="none" if np.isnan(entropy[c]) else f"{entropy[c]:.2f}",
            x=1,
            xshift=6,
            xanchor="left",
            y=row,
            yref="y",
            font=dict(size=11),
        )
        for row, c in enumerate(order)
    ]
    title = dict(
        text="Entropy<br>(bits)",
        x=1,
        xshift=6,
        y=-0.55,
        yref="y",
        yanchor="bottom",
        xanchor="left",
        align="left",
        font=dict(size=10),
    )
    frame = [
        dict(
            type="rect",
            xref="x",
            yref="y",
            x0=0,
            x1=1,
            y0=row - 0.45,
            y1=row + 0.45,
            line=dict(color=ACCENT, width=2.5),
        )
        for row, c in enumerate(order)
        if c == chosen
    ]
    return plain(
        traces,
        height=37 * len(order) + 120,
        margin=dict(l=0, r=46, t=8, b=0),
        barmode="stack",
        bargap=0.22,
        annotations=[*bits, title],
        shapes=frame,
        legend=dict(
            y=1,
            yanchor="bottom",
            yref="paper",
            x=0,
            traceorder="normal",
            font=dict(size=11),
            itemwidth=30,
        ),
        xaxis=dict(
            title=dict(text=f"P({axis} | cluster)"),
            range=[0, 1],
            showgrid=False,
            tickvals=[0, 0.25, 0.5, 0.75, 1],
        ),
        yaxis=dict(
            tickvals=rows,
            ticktext=labels,
            range=[len(order) - 0.5, -1.4],
            showgrid=False,
            tickfont=dict(size=10),
        ),
    )


def corner(text: str) -> dict[str, Any]:
    """What the upright axis measures, above it, where it takes no width on a phone."""
    return dict(
        text=text,
        x=0,
        y=1,
        xshift=-44,
        yshift=6,
        xanchor="left",
        yanchor="bottom",
        font=dict(size=12),
    )


def _faded(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"rgba({red}, {green}, {blue}, .45)"


def _wrapped(label: str, *, bold: bool) -> str:
    text = "<br>".join(textwrap.wrap(label, 22))
    return f"<b>{text}</b>" if bold else text
