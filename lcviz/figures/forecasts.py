"""Figures of forecasts: accuracy with intervals, errors, rank correlations, what adapting does."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from lcviz.figures.generalization import GREY, GROUP_COLOURS, plain
from lcviz.figures.scales import PictureScale
from lcviz.study.forecasts import HIGHER_IS_BETTER, INDICATORS, METHODS
from lcviz.taxonomy import AXES, BANDS, S2_BAND_NAMES

KIND_SYMBOLS: Final = {"network": "circle", "without": "square", "simple": "triangle-up"}
KIND_COLOURS: Final = {"network": "#0072B2", "without": "#009E73", "simple": "#D55E00"}
"""From Okabe and Ito's palette, made to be told apart with any colour vision."""
KIND_LABELS: Final = {
    "network": "Network",
    "without": "Network, all continents but one",
    "simple": "Simple model",
}
GRID: Final = "rgba(138, 143, 140, .25)"

APPLICABILITY: Final = PictureScale(
    "Area of applicability",
    "Dissimilarity over the model's threshold, by tile: red, above 1, lies outside",
    0.0,
    2.0,
    MappingProxyType({"0": 0.0, "1": 1.0, "2 +": 2.0}),
    "RdBu_r",
)


def forecast_figure(ranking: pd.DataFrame, chosen: str) -> go.Figure:
    """Expected accuracy of each model with its 80 % interval, best on top, and what was measured.

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
            _intervals(
                of_kind.forecast * 100,
                of_kind.low * 100,
                of_kind.high * 100,
                of_kind.experiment.map(names),
                KIND_LABELS[kind],
                {"symbol": symbol, "size": 11, "color": KIND_COLOURS[kind]},
            )
            | {
                "customdata": [
                    [r.experiment, r.low * 100, r.high * 100] for r in of_kind.itertuples()
                ],
                "hovertemplate": "%{y}: %{x:.1f} %<br>80 % interval %{customdata[1]:.1f} to "
                "%{customdata[2]:.1f} %<extra></extra>",
            }
        )
    known = rows[rows.measured.notna()]
    if len(known):
        traces.append(
            {
                **{"type": "scatter", "mode": "markers", "name": "Measured with labels"},
                **{"x": known.measured * 100, "y": known.experiment.map(names)},
                "marker": {"symbol": "x-thin", "size": 9, "line": {"width": 2.5, "color": GREY}},
                "customdata": [[r.experiment, int(r.measured_pixels)] for r in known.itertuples()],
                "hovertemplate": "%{y}, measured: %{x:.1f} %<br>n = %{customdata[1]:,} labelled "
                "pixels<extra></extra>",
            }
        )
    return plain(
        traces,
        height=27 * max(len(rows), 3) + 110,
        hovermode="closest",
        xaxis=_axis("Accuracy (%)") | {"range": [-1, 101]},
        yaxis=_categories([names[e] for e in rows.experiment]),
        legend=_LEGEND,
    )


def error_figure(receipts: pd.DataFrame, axis: str) -> go.Figure:
    """Mean absolute error of the forecast and of its rivals, by kind, with 95 % intervals.

    Args:
        receipts: as `study_transfer.read_receipts` gives them.
        axis: `continent` or `season`.
    """
    rows = receipts[(receipts.axis == axis) & receipts.mae.notna()]
    labels = [METHODS[name].capitalize() for name in METHODS]
    traces = []
    kinds = [kind for kind in KIND_SYMBOLS if (rows.kind == kind).any()]
    for place, kind in enumerate(kinds):
        of_kind = rows[rows.kind == kind]
        shift = 0.22 * (place - (len(kinds) - 1) / 2)
        traces.append(
            _intervals(
                of_kind.mae * 100,
                of_kind.mae_low * 100,
                of_kind.mae_high * 100,
                of_kind.method.map(list(METHODS).index) + shift,
                KIND_LABELS[kind],
                {"symbol": KIND_SYMBOLS[kind], "size": 11, "color": KIND_COLOURS[kind]},
            )
            | {
                "customdata": [[METHODS[r.method], r.pairs] for r in of_kind.itertuples()],
                "hovertemplate": "%{customdata[0]}: off by %{x:.1f} points<br>n = %{customdata[1]} "
                "pairs<extra></extra>",
            }
        )
    return plain(
        traces,
        height=230,
        xaxis=_axis("Mean absolute error (percentage points)") | {"rangemode": "tozero"},
        yaxis={
            **{"tickvals": list(range(len(labels))), "ticktext": [_wrapped(n) for n in labels]},
            **{"range": [len(labels) - 0.5, -0.5], "fixedrange": True, "gridcolor": GRID},
            "zeroline": False,
        },
        legend=_LEGEND,
    )


def indicator_figure(correlations: pd.DataFrame, kind: str, axis: str) -> go.Figure:
    """Spearman's rho of each indicator with accuracy, with 95 % intervals.

    Args:
        correlations: as `study_transfer.read_indicator_correlations` gives them.
        kind: key of `study_transfer.KINDS`.
        axis: `continent` or `season`.
    """
    rows = correlations[(correlations.kind == kind) & (correlations.axis == axis)]
    rows = rows.dropna(subset="rho").set_index("indicator")
    names = [name for name in INDICATORS if name in rows.index]
    rows = rows.loc[names]
    labels = pd.Series([_wrapped(INDICATORS[n][0].upper() + INDICATORS[n][1:], 34) for n in names])
    traces = []
    for higher, title, colour, symbol in (
        (True, "Should rise with accuracy", "#0072B2", "circle"),
        (False, "Should fall with accuracy", "#D55E00", "diamond"),
    ):
        here = np.array([(name in HIGHER_IS_BETTER) is higher for name in names], dtype=bool)
        if not here.any():
            continue
        part = rows[here]
        traces.append(
            _intervals(
                part.rho,
                part.rho_low,
                part.rho_high,
                labels[here],
                title,
                {"size": 10, "color": colour, "symbol": symbol},
            )
            | {
                "customdata": part[["pairs", "groups"]].to_numpy().tolist(),
                "hovertemplate": "%{y}: rho %{x:+.2f}<br>n = %{customdata[0]} pairs, "
                "%{customdata[1]} groups<extra></extra>",
            }
        )
    return plain(
        traces,
        height=40 * max(len(names), 3) + 100,
        xaxis=_axis("Spearman's rho with accuracy") | _ZERO | {"range": [-1.04, 1.04]},
        yaxis=_categories(labels.tolist()) | {"tickfont": {"size": 11}},
        legend=_LEGEND,
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
            {
                **{"type": "box", "x": part.change.to_numpy(), "showlegend": False},
                "name": f"{group}<br>n = {len(part)} {'pair' if len(part) == 1 else 'pairs'}",
                **{"boxpoints": "all", "pointpos": 0, "jitter": 0.7, "hoveron": "points"},
                **{"line": {"color": GREY, "width": 1.5}, "fillcolor": "rgba(0,0,0,0)"},
                "marker": {"color": GROUP_COLOURS[group], "size": 6, "opacity": 0.75},
                "hovertext": [
                    f"Trained on {r.train_group}, {r.scene_id}: {100 * r.accuracy_plain:.1f} to "
                    f"{100 * r.accuracy_adapted:.1f} %"
                    for r in part.itertuples()
                ],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )
    reach = 1.08 * max(5.0, float(rows.change.abs().max()) if len(rows) else 0.0)
    return plain(
        traces,
        height=64 * max(len(groups), 2) + 90,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        xaxis=_axis("Change of accuracy by adapting (percentage points)")
        | _ZERO
        | {"range": [-reach, reach]},
        yaxis={"autorange": "reversed", "fixedrange": True},
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
        {
            **{"type": "bar", "orientation": "h", "name": title, "showlegend": False},
            **{"x": rows[column] * 100, "y": [_wrapped(label, 24) for label in labels]},
            "marker": {"color": fill, "line": {"color": GREY, "width": 1}, "pattern": pattern},
            **{"text": [short] * len(rows), "textposition": "outside", "cliponaxis": False},
            "textfont": {"size": 10},
            "hovertemplate": f"{title}: %{{x:.1f}} %<extra>%{{y}}</extra>",
        }
        for column, title, short, pattern in (
            ("training", "Training tiles", "training", {"shape": "/", "size": 5, "solidity": 0.35}),
            ("image", "This image", "image", {"shape": ""}),
        )
    ]
    most = 100 * max(float(rows[["image", "training"]].to_numpy().max(initial=0.0)), 0.1)
    return plain(
        bars,
        height=44 * max(len(rows), 2) + 60,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        **{"barmode": "group", "bargap": 0.25},
        xaxis=_axis("Share of the tiles (%)") | {"range": [0, 1.2 * most]},
        yaxis={"autorange": "reversed", "type": "category", "fixedrange": True},
    )


def band_figure(outside: npt.NDArray[np.float64]) -> go.Figure:
    """Share of an image's pixels beyond the training scenes' central 99 %, band by band.

    Args:
        outside: (10,), 0 to 1.
    """
    bar = {
        **{"type": "bar", "x": list(S2_BAND_NAMES), "y": outside * 100, "showlegend": False},
        "marker": {
            "color": ["#D55E00" if share > 0.1 else "#0072B2" for share in outside],
            "line": {"color": GREY, "width": 0.5},
        },
        **{"text": [f"{100 * share:.0f}" for share in outside], "textposition": "outside"},
        "cliponaxis": False,
        "customdata": list(BANDS),
        "hovertemplate": "%{customdata} (%{x}): %{y:.1f} % outside<extra></extra>",
    }
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1}
    return plain(
        [bar],
        height=200,
        margin={"l": 0, "r": 8, "t": 16, "b": 0},
        xaxis={"title": {"text": "Band"}, "type": "category", "fixedrange": True},
        yaxis=_axis("Pixels outside (%)")
        | {"range": [0, max(6.0, 115 * float(np.nanmax(outside, initial=0)))], "nticks": 5},
        shapes=[line | {"line": {"color": GREY, "dash": "dash", "width": 1.5}}],
    )


_LEGEND: Final[dict[str, Any]] = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
"""Above the figure, where it is never in the way of the axis."""
_ZERO: Final[dict[str, Any]] = {"zeroline": True, "zerolinecolor": GREY, "zerolinewidth": 1.5}


def _intervals(
    x: "pd.Series[float]",
    low: "pd.Series[float]",
    high: "pd.Series[float]",
    y: "pd.Series[Any]",
    name: str,
    marker: dict[str, Any],
) -> dict[str, Any]:
    """Dots with intervals; one that is not known is left out."""
    above, below = (high - x).fillna(0).clip(lower=0), (x - low).fillna(0).clip(lower=0)
    return {
        **{"type": "scatter", "mode": "markers", "name": name},
        **{"x": x.to_numpy(dtype=float), "y": y.tolist(), "marker": marker},
        "error_x": {
            **{"type": "data", "array": above.to_numpy(), "arrayminus": below.to_numpy()},
            **{"thickness": 1.8, "width": 4, "color": marker["color"]},
        },
    }


def _axis(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 12}},
        **{"gridcolor": GRID, "zeroline": False, "fixedrange": True},
    }


def _categories(labels: Sequence[str]) -> dict[str, Any]:
    return {
        **{"type": "category", "categoryorder": "array", "fixedrange": True},
        **{"categoryarray": list(reversed(labels)), "gridcolor": GRID},
        "range": [-0.6, len(labels) - 0.4],
    }


def _wrapped(label: str, width: int = 30) -> str:
    """A label on lines of about so many characters, for phones."""
    lines: list[str] = []
    for word in label.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "<br>".join(lines)
