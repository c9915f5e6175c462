"""Figures of clusters by themselves: mean spectrum, class shares, how many there should be."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lcviz.figures.style import ACCENT, FAINT, GREY, plain
from lcviz.study.columns import MEANS
from lcviz.taxonomy import BANDS, CLASS_COLOURS, CLASSES, S2_BAND_NAMES, S2_WAVELENGTHS


def spectrum_figure(
    clusters: pd.DataFrame, chosen: int, colours: Sequence[str], names: Sequence[str]
) -> go.Figure:
    """Mean DN of one cluster over wavelength (nm), the other clusters thin behind it."""
    means = clusters[MEANS].to_numpy(dtype=float)
    others = np.delete(means, chosen, axis=0)
    gaps = np.full((len(others), 1), np.nan)
    behind = dict(
        type="scatter",
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        x=[*S2_WAVELENGTHS, None] * len(others),
        y=np.hstack([others, gaps]).ravel(),
        line=dict(color=FAINT, width=1),
    )
    curve = dict(type="scatter", x=S2_WAVELENGTHS, y=means[chosen], showlegend=False)
    outline = curve | dict(mode="lines", line=dict(color=GREY, width=5), hoverinfo="skip")
    front = curve | dict(
        mode="lines+markers",
        line=dict(color=colours[chosen], width=3),
        marker=dict(size=7, color=colours[chosen], line=dict(color=GREY, width=1)),
        customdata=[
            f"{name} ({band}), {nm} nm"
            for name, band, nm in zip(S2_BAND_NAMES, BANDS, S2_WAVELENGTHS, strict=True)
        ],
        hovertemplate="%{customdata}<br>mean %{y:,.0f} DN<extra></extra>",
    )
    return plain(
        [behind, outline, front],
        height=220,
        margin=dict(l=0, r=8, t=8, b=0),
        xaxis=dict(
            title=dict(text="Wavelength (nm)"),
            tickvals=[490, 865, 1610, 2190],
            showgrid=False,
            range=[430, 2250],
        ),
        yaxis=dict(
            title=dict(text="Mean DN"),
            rangemode="tozero",
            zeroline=True,
            nticks=5,
            tickformat=",",
        ),
    )


def silhouette_figure(silhouettes: pd.DataFrame, k: int) -> go.Figure:
    """Silhouette by number of clusters; the chosen one is marked."""
    chosen = silhouettes.k == k
    line = dict(
        type="scatter",
        mode="lines+markers",
        showlegend=False,
        x=silhouettes.k.to_numpy(),
        y=silhouettes.silhouette.to_numpy(),
        line=dict(color=GREY, width=1.5),
        marker=dict(
            color=[ACCENT if c else GREY for c in chosen], size=[12 if c else 7 for c in chosen]
        ),
        hovertemplate="K = %{x}: silhouette %{y:.3f}<extra></extra>",
    )
    return plain(
        [line],
        height=190,
        margin=dict(l=0, r=8, t=8, b=0),
        xaxis=dict(title=dict(text="Clusters, K"), tickvals=silhouettes.k.tolist(), showgrid=False),
        yaxis=dict(title=dict(text="Silhouette"), nticks=5),
    )


def class_share_figure(fractions: Sequence[float]) -> go.Figure:
    """Mean class shares of a cluster's labelled patches, one bar a class that occurs."""
    rows = [i for i in np.argsort(fractions, kind="stable")[::-1] if fractions[i] >= 0.005]
    bars = dict(
        type="bar",
        orientation="h",
        cliponaxis=False,
        y=[CLASSES[i] for i in rows],
        x=[fractions[i] for i in rows],
        text=[f"{fractions[i]:.0%}" for i in rows],
        textposition="outside",
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        marker=dict(color=[CLASS_COLOURS[i] for i in rows]),
    )
    return plain(
        [bars],
        height=24 * len(rows) + 12,
        margin=dict(l=0, r=32, t=4, b=4),
        bargap=0.3,
        xaxis=dict(visible=False, range=[0, max(fractions)]),
        # A grid would run through the numbers beside the bars.
        yaxis=dict(autorange="reversed", showgrid=False),
    )
