"""Dots with intervals, and the axes they stand on: what figures of forecasts and receipts share."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from lcviz.figures.style import BLUE, GREEN, ORANGE

KIND_SYMBOLS: Final = {"network": "circle", "without": "square", "simple": "triangle-up"}
KIND_COLOURS: Final = {"network": BLUE, "without": GREEN, "simple": ORANGE}
KIND_LABELS: Final = {
    "network": "Network",
    "without": "Network, all continents but one",
    "simple": "Simple model",
}

LEGEND_ABOVE: Final[dict[str, Any]] = dict(x=0, y=1, yanchor="bottom")
"""Where it is never in the way of the axis."""


def dots_with_intervals(
    x: "pd.Series[float]",
    low: "pd.Series[float]",
    high: "pd.Series[float]",
    y: "pd.Series[Any]",
    name: str,
    marker: dict[str, Any],
) -> dict[str, Any]:
    """Dots with intervals; one that is not known is left out."""
    above, below = (high - x).fillna(0).clip(lower=0), (x - low).fillna(0).clip(lower=0)
    return dict(
        type="scatter",
        mode="markers",
        name=name,
        x=x.to_numpy(dtype=float),
        y=y.tolist(),
        marker=marker,
        error_x=dict(
            type="data",
            array=above.to_numpy(),
            arrayminus=below.to_numpy(),
            thickness=1.8,
            width=4,
            color=marker["color"],
        ),
    )


def titled(title: str) -> dict[str, Any]:
    """An axis with a small title."""
    return dict(title=dict(text=title, font=dict(size=12)))


def categories(labels: Sequence[str]) -> dict[str, Any]:
    """An upright axis of names, the first on top."""
    return dict(
        type="category",
        categoryorder="array",
        categoryarray=list(reversed(labels)),
        range=[-0.6, len(labels) - 0.4],
    )


def wrapped(label: str, width: int = 30) -> str:
    """A label on lines of about so many characters, for phones."""
    lines: list[str] = []
    for word in label.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "<br>".join(lines)
