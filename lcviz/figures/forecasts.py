"""Figures of a forecast: accuracy with intervals, and how the image differs from training."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from lcviz.figures.dots import (
    KIND_COLOURS,
    KIND_LABELS,
    KIND_SYMBOLS,
    LEGEND_ABOVE,
    categories,
    dots_with_intervals,
    titled,
    wrapped,
)
from lcviz.figures.scales import PictureScale
from lcviz.figures.style import BLUE, GREY, ORANGE, plain
from lcviz.taxonomy import BANDS, S2_BAND_NAMES

APPLICABILITY: Final = PictureScale(
    "Area of applicability",
    "Dissimilarity over the model's threshold, by tile: red, above 1, lies outside",
    0.0,
    2.0,
    MappingProxyType({"0": 0.0, "1": 1.0, "2 +": 2.0}),
    "RdBu_r",
)


def forecast_figure(ranking: pd.DataFrame, chosen: str) -> go.Figure:
    """Expected accuracy of each model with its 80% interval, best on top, and what was measured.

    Args:
        ranking: as `transfer_ranking` gives it; rows whose forecast is not trusted are left out.
            Each dot's customdata is its experiment, so that it can be picked.
        chosen: experiment whose name is bold.
    """
    rows = ranking[ranking.trusted & ranking.forecast.notna()]
    names = {
        row.experiment: f"<b>{row.label}</b>" if row.experiment == chosen else row.label
        for row in rows.itertuples()
    }
    traces: list[dict[str, Any]] = []
    for kind, symbol in KIND_SYMBOLS.items():
        of_kind = rows[rows.kind == kind]
        if of_kind.empty:
            continue
        traces.append(
            dots_with_intervals(
                of_kind.forecast * 100,
                of_kind.low * 100,
                of_kind.high * 100,
                of_kind.experiment.map(names),
                KIND_LABELS[kind],
                dict(symbol=symbol, size=11, color=KIND_COLOURS[kind]),
            )
            | dict(
                customdata=[
                    [r.experiment, r.low * 100, r.high * 100] for r in of_kind.itertuples()
                ],
                hovertemplate="%{y}: %{x:.1f}%<br>80% interval %{customdata[1]:.1f} to "
                "%{customdata[2]:.1f}%<extra></extra>",
            )
        )
    known = rows[rows.measured.notna()]
    if len(known):
        traces.append(
            dict(
                type="scatter",
                mode="markers",
                name="Measured with labels",
                x=known.measured * 100,
                y=known.experiment.map(names),
                marker=dict(symbol="x-thin", size=9, line=dict(width=2.5, color=GREY)),
                customdata=[[r.experiment, int(r.measured_pixels)] for r in known.itertuples()],
                hovertemplate="%{y}, measured: %{x:.1f}%<br>n = %{customdata[1]:,} labelled "
                "pixels<extra></extra>",
            )
        )
    return plain(
        traces,
        height=27 * max(len(rows), 3) + 110,
        hovermode="closest",
        xaxis=titled("Accuracy (%)") | dict(range=[-1, 101]),
        yaxis=categories([names[e] for e in rows.experiment]),
        legend=LEGEND_ABOVE,
    )


def landscape_figure(
    landscapes: pd.DataFrame, colours: Sequence[str], names: Sequence[str]
) -> go.Figure:
    """Landscapes of the image beside those of a model's training, largest in the image on top.

    Args:
        landscapes: cluster, image, training (shares), as `ModelForecast.landscapes` is.
        colours: of the clusters.
        names: of the clusters.
    """
    rows = landscapes[(landscapes.image > 0) | (landscapes.training >= 0.05)]
    rows = rows.sort_values(["image", "training"], ascending=False).head(8)
    labels = [f"{c} · {names[c]}" if c < len(names) else str(c) for c in rows.cluster.astype(int)]
    fill = [colours[c] if c < len(colours) else GREY for c in rows.cluster.astype(int)]
    bars: list[dict[str, Any]] = [
        dict(
            type="bar",
            orientation="h",
            name=title,
            x=rows[column] * 100,
            y=[wrapped(label, 24) for label in labels],
            marker=dict(color=fill, pattern=pattern),
            text=[short] * len(rows),
            textposition="outside",
            cliponaxis=False,
            textfont=dict(size=10),
            hovertemplate=f"{title}: %{{x:.1f}}%<extra>%{{y}}</extra>",
        )
        for column, title, short, pattern in (
            ("training", "Training tiles", "training", dict(shape="/", size=5, solidity=0.35)),
            ("image", "This image", "image", dict(shape="")),
        )
    ]
    most = 100 * max(float(rows[["image", "training"]].to_numpy().max(initial=0.0)), 0.1)
    return plain(
        bars,
        height=44 * max(len(rows), 2) + 60,
        margin=dict(l=0, r=8, t=8, b=0),
        barmode="group",
        bargap=0.25,
        xaxis=titled("Share of the tiles (%)") | dict(range=[0, 1.2 * most]),
        yaxis=dict(autorange="reversed", type="category"),
    )


def band_figure(outside: npt.NDArray[np.float64]) -> go.Figure:
    """Share of an image's pixels beyond the training scenes' central 99%, band by band.

    Args:
        outside: (10,), 0 to 1.
    """
    bar = dict(
        type="bar",
        x=list(S2_BAND_NAMES),
        y=outside * 100,
        marker=dict(
            color=[ORANGE if share > 0.1 else BLUE for share in outside],
            line=dict(color=GREY, width=0.5),
        ),
        text=[f"{100 * share:.0f}" for share in outside],
        textposition="outside",
        cliponaxis=False,
        customdata=list(BANDS),
        hovertemplate="%{customdata} (%{x}): %{y:.1f}% outside<extra></extra>",
    )
    return plain(
        [bar],
        height=200,
        margin=dict(l=0, r=8, t=16, b=0),
        xaxis=dict(title=dict(text="Band"), type="category"),
        yaxis=titled("Pixels outside (%)")
        | dict(range=[0, max(6.0, 115 * float(np.nanmax(outside, initial=0)))], nticks=5),
        shapes=[
            dict(
                type="line",
                xref="paper",
                x0=0,
                x1=1,
                y0=1,
                y1=1,
                line=dict(color=GREY, dash="dash", width=1.5),
            )
        ],
    )
