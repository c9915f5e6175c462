"""Figures of receipts: how far forecasts were off, what goes with accuracy, what adapting did."""

from typing import Any, Final

import numpy as np
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
from lcviz.figures.style import BLUE, GREY, GROUP_COLOURS, ORANGE, plain
from lcviz.study.forecasts import HIGHER_IS_BETTER, INDICATORS, METHODS
from lcviz.taxonomy import AXES

_ZERO: Final[dict[str, Any]] = dict(zeroline=True, zerolinecolor=GREY, zerolinewidth=1.5)


def error_figure(receipts: pd.DataFrame, axis: str) -> go.Figure:
    """Mean absolute error of the forecast and of its rivals, by kind, with 95% intervals.

    Args:
        receipts: as `study_transfer.read_receipts` gives them.
        axis: `continent` or `season`.
    """
    rows = receipts[(receipts.axis == axis) & receipts.mae.notna()]
    methods = [name for name in METHODS if (rows.method == name).any()]
    labels = [METHODS[name][0].upper() + METHODS[name][1:] for name in methods]
    traces = []
    kinds = [kind for kind in KIND_SYMBOLS if (rows.kind == kind).any()]
    for place, kind in enumerate(kinds):
        of_kind = rows[rows.kind == kind]
        shift = 0.22 * (place - (len(kinds) - 1) / 2)
        traces.append(
            dots_with_intervals(
                of_kind.mae * 100,
                of_kind.mae_low * 100,
                of_kind.mae_high * 100,
                of_kind.method.map(methods.index) + shift,
                KIND_LABELS[kind],
                dict(symbol=KIND_SYMBOLS[kind], size=11, color=KIND_COLOURS[kind]),
            )
            | dict(
                customdata=[[METHODS[r.method], r.pairs] for r in of_kind.itertuples()],
                hovertemplate="%{customdata[0]}: off by %{x:.1f} points<br>n = %{customdata[1]} "
                "pairs<extra></extra>",
            )
        )
    return plain(
        traces,
        height=90 + 46 * len(labels),
        xaxis=titled("Mean absolute error (percentage points)") | dict(rangemode="tozero"),
        yaxis=dict(
            tickvals=list(range(len(labels))),
            ticktext=[wrapped(n) for n in labels],
            range=[len(labels) - 0.5, -0.5],
        ),
        legend=LEGEND_ABOVE,
    )


def indicator_figure(correlations: pd.DataFrame, kind: str, axis: str) -> go.Figure:
    """Spearman's rho of each indicator with accuracy, with 95% intervals.

    Args:
        correlations: as `study_transfer.read_indicator_correlations` gives them.
        kind: key of `study_transfer.KINDS`.
        axis: `continent` or `season`.
    """
    rows = correlations[(correlations.kind == kind) & (correlations.axis == axis)]
    rows = rows.dropna(subset="rho").set_index("indicator")
    names = [name for name in INDICATORS if name in rows.index]
    rows = rows.loc[names]
    labels = pd.Series([wrapped(INDICATORS[n][0].upper() + INDICATORS[n][1:], 34) for n in names])
    traces = []
    for higher, title, colour, symbol in (
        (True, "Should rise with accuracy", BLUE, "circle"),
        (False, "Should fall with accuracy", ORANGE, "diamond"),
    ):
        here = np.array([(name in HIGHER_IS_BETTER) is higher for name in names], dtype=bool)
        if not here.any():
            continue
        part = rows[here]
        traces.append(
            dots_with_intervals(
                part.rho,
                part.rho_low,
                part.rho_high,
                labels[here],
                title,
                dict(size=10, color=colour, symbol=symbol),
            )
            | dict(
                customdata=part[["pairs", "groups"]].to_numpy().tolist(),
                hovertemplate="%{y}: rho %{x:+.2f}<br>n = %{customdata[0]} pairs, "
                "%{customdata[1]} groups<extra></extra>",
            )
        )
    return plain(
        traces,
        height=40 * max(len(names), 3) + 100,
        xaxis=titled("Spearman's rho with accuracy") | _ZERO | dict(range=[-1.04, 1.04]),
        yaxis=categories(labels.tolist()) | dict(tickfont=dict(size=11)),
        legend=LEGEND_ABOVE,
    )


def adaptation_figure(table: pd.DataFrame, axis: str) -> go.Figure:
    """Change of accuracy by adapting, one point a (model, scene) pair, by test group.

    Args:
        table: as `study_transfer.read_adaptation` gives it.
        axis: `continent` or `season`.
    """
    rows = table[table.axis == axis].dropna(subset=["accuracy_plain", "accuracy_adapted"])
    rows = rows.assign(change=100 * (rows.accuracy_adapted - rows.accuracy_plain))
    groups = [group for group in AXES[axis] if (rows.test_group == group).any()]
    traces: list[dict[str, Any]] = []
    for group in groups:
        part = rows[rows.test_group == group]
        traces.append(
            dict(
                type="box",
                x=part.change.to_numpy(),
                name=f"{group}<br>n = {len(part)} {'pair' if len(part) == 1 else 'pairs'}",
                jitter=0.7,
                marker=dict(color=GROUP_COLOURS[group], size=6, opacity=0.75),
                hovertext=[
                    f"Trained on {r.train_group}, {r.scene_id}: {100 * r.accuracy_plain:.1f} to "
                    f"{100 * r.accuracy_adapted:.1f}%"
                    for r in part.itertuples()
                ],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    reach = 1.08 * max(5.0, float(rows.change.abs().max()) if len(rows) else 0.0)
    return plain(
        traces,
        height=64 * max(len(groups), 2) + 90,
        margin=dict(l=0, r=8, t=8, b=0),
        xaxis=titled("Change of accuracy by adapting (percentage points)")
        | _ZERO
        | dict(range=[-reach, reach]),
        yaxis=dict(autorange="reversed"),
    )
