"""Figures of classes: confusion matrices and class mixes; every class in its own colour."""

from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from lcviz.figures.style import ACCURACY_SCALE, GREY, INK, colour_bar, plain, readable
from lcviz.generalization.class_mix import GapParts
from lcviz.taxonomy import CLASS_COLOURS, CLASSES

_SHORT_CLASSES: Final = (
    "Dense<br>Forests",
    "Open<br>Forests",
    "Herbaceous",
    "Shrublands",
    "Urban and<br>Built-Up",
    "Snow<br>and Ice",
    "Barren",
    "Water<br>Bodies",
)


def confusion_figure(
    confusion: npt.NDArray[np.int64], text: Literal["shares", "counts"]
) -> go.Figure:
    """A confusion matrix, rows = MODIS label, columns = prediction, of the classes that occur.

    Colour is the share of the row; the text in the cells is that share (%) or the pixels.
    """
    classes = np.flatnonzero(confusion.sum(0) + confusion.sum(1))
    counts = confusion[np.ix_(classes, classes)]
    rows = counts.sum(1, keepdims=True)
    shares = np.divide(counts, rows, out=np.full(counts.shape, np.nan), where=rows > 0)
    names = [CLASSES[index] for index in classes]
    hover = [
        [
            f"Label {label}, predicted {prediction}<br>{counts[i, j]:,} pixels"
            + ("" if np.isnan(shares[i, j]) else f", {shares[i, j]:.1%} of the row")
            for j, prediction in enumerate(names)
        ]
        for i, label in enumerate(names)
    ]
    cells = counts if text == "counts" else shares
    table = dict(
        type="heatmap",
        z=shares,
        zmin=0,
        zmax=1,
        xgap=1,
        ygap=1,
        text=readable(
            [[_pixels(v) if text == "counts" else _percent(v) for v in row] for row in cells],
            shares,
            ACCURACY_SCALE,
        ),
        textfont=dict(size=11),
        colorscale=ACCURACY_SCALE,
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        colorbar=colour_bar("Share of the label's pixels") | dict(tickformat=".0%"),
    )
    places = list(range(len(classes)))
    outside = [-0.8] * len(classes)
    swatches = [
        dict(
            type="scatter",
            mode="markers",
            x=x,
            y=y,
            marker=dict(
                symbol="square",
                size=11,
                color=[CLASS_COLOURS[i] for i in classes],
                line=dict(color=GREY, width=1),
            ),
            hoverinfo="skip",
            showlegend=False,
        )
        for x, y in ((outside, places), (places, outside))
    ]
    axis = dict(tickvals=places, ticktext=[_SHORT_CLASSES[i] for i in classes], showgrid=False)
    end = len(classes) - 0.5
    return plain(
        [table, *swatches],
        height=46 * len(classes) + 230,
        xaxis=axis
        | dict(title=dict(text="Prediction"), range=[-1.1, end], side="top", tickangle=-90),
        yaxis=axis | dict(title=dict(text="MODIS label"), range=[end, -1.1]),
    )


def class_mix_figure(parts: GapParts, home: str, away: str) -> go.Figure:
    """Share of each class among the labels (bars) and its recall (diamonds), home and away.

    Args:
        parts: of the gap between the two.
        home: title of the home side.
        away: title of the other.
    """
    table = parts.classes
    shown = (table.home_share + table.away_share) > 0
    table = table[shown]
    colours = [colour for colour, some in zip(CLASS_COLOURS, shown, strict=True) if some]
    names = [name for name, some in zip(_SHORT_CLASSES, shown, strict=True) if some]
    traces = []
    for axis, side in (("x", "home"), ("x2", "away")):
        on = dict(xaxis=axis, y=names, showlegend=False)
        traces += [
            dict(
                type="bar",
                orientation="h",
                x=table[f"{side}_share"].to_numpy(),
                marker=dict(color=colours),
                hovertemplate="%{y}: %{x:.1%} of the labels<extra></extra>",
                **on,
            ),
            dict(
                type="scatter",
                mode="markers",
                x=table[f"{side}_recall"].to_numpy(),
                marker=dict(
                    symbol="diamond",
                    size=10,
                    color=INK[True],
                    line=dict(color=INK[False], width=1.5),
                ),
                hovertemplate="%{y}: recall %{x:.1%}<extra></extra>",
                **on,
            ),
        ]
    shares = dict(range=[-0.02, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1])
    return plain(
        traces,
        height=34 * len(table) + 125,
        margin=dict(l=76, r=8, t=46, b=0),
        xaxis=shares | dict(domain=[0, 0.47]),
        xaxis2=shares | dict(domain=[0.53, 1]),
        yaxis=dict(autorange="reversed"),
        annotations=[
            # On two lines, or two long names meet on a phone.
            dict(
                text=title.replace(" (", "<br>("),
                x=middle,
                y=1,
                yanchor="bottom",
                font=dict(size=14),
            )
            for title, middle in ((home, 0.235), (away, 0.765))
        ],
    )


def _pixels(count: float) -> str:
    """1234567 -> "1.2M", so that it fits a cell."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.0f}" if count else ""


def _percent(share: float) -> str:
    if np.isnan(share) or not share:
        return ""
    return "<1" if share < 0.005 else f"{100 * share:.0f}"
