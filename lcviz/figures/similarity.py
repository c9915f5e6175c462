"""Figure of similarity against transfer: distance of two groups, accuracy from one to the other."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lcviz.figures.style import GREY, GROUP_COLOURS, plain
from lcviz.taxonomy import AXES
from lcviz.words import SHARE, Unit


def similarity_figure(
    pairs: pd.DataFrame, column: str, axis: str, label: str, measure: str, unit: Unit = SHARE
) -> go.Figure:
    """One point a train-test pair: filled in the colour it was trained on, ringed as tested on.

    Pairs at home are open diamonds at distance 0.

    Args:
        pairs: as `similarity.pair_table` gives them.
        column: the distance on the horizontal axis.
        axis: `continent` or `season`.
        label: what the distance is, with its unit.
        measure: what the accuracy is.
        unit: of the accuracy.
    """
    known = pairs.dropna(subset=[column, "accuracy"])
    away, home = known[~known.home], known[known.home]
    traces: list[dict[str, Any]] = []
    for group in AXES[axis]:
        rows = away[away.train == group]
        if rows.empty:
            continue
        traces.append(
            dict(
                type="scatter",
                mode="markers",
                name=group,
                x=[None],
                y=[None],
                marker=dict(size=11, color=GROUP_COLOURS[group]),
            )
        )
        traces.append(
            dict(
                type="scatter",
                mode="markers",
                name=group,
                showlegend=False,
                x=rows[column].to_numpy(),
                y=rows.accuracy.to_numpy(),
                marker=dict(
                    size=13,
                    color=GROUP_COLOURS[group],
                    opacity=1,
                    line=dict(width=3, color=[GROUP_COLOURS[test] for test in rows.test]),
                ),
                customdata=rows[["train", "test", "n_scenes"]].to_numpy().tolist(),
                hovertemplate="<b>Trained on %{customdata[0]}, tested on %{customdata[1]}</b>"
                f"<br>{label}: %{{x:.4g}}<br>{measure}: %{{y:{unit.hover}}}"
                "<br>n = %{customdata[2]} scenes<extra></extra>",
            )
        )
    if len(home):
        traces.append(
            dict(
                type="scatter",
                mode="markers",
                name="At home",
                x=home[column].to_numpy(),
                y=home.accuracy.to_numpy(),
                marker=dict(symbol="diamond-open", size=11, color=GREY, line=dict(width=2)),
                customdata=home[["train", "n_scenes"]].to_numpy().tolist(),
                hovertemplate=f"<b>%{{customdata[0]}} at home</b><br>{measure}: %{{y:{unit.hover}}}"
                "<br>n = %{customdata[1]} scenes<extra></extra>",
            )
        )
    reach = float(known[column].max()) if len(known) else 1.0
    low = min(0.0, float(known.accuracy.min()) - 0.05) if len(known) else 0.0
    return plain(
        traces,
        height=430,
        margin=dict(l=0, r=8, t=8, b=0),
        xaxis=dict(
            title=dict(text=label, font=dict(size=12)),
            range=[-0.05 * reach, 1.08 * reach or 1],
            nticks=6,
            fixedrange=False,
        ),
        yaxis=dict(
            title=dict(text=measure), range=[low, 1.02], tickformat=unit.d3, fixedrange=False
        ),
        legend=dict(y=-0.2, title=dict(text="Colour")),
    )
