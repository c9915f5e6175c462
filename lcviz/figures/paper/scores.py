"""Print figures of scores: train x test tables, home and away, similarity, errors of forecasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any, Self

import numpy as np
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lcviz.figures.paper.sheet import (
    GREY,
    INK,
    MARKERS,
    legend_below,
    printed,
    sheet,
)
from lcviz.figures.style import BLUE, GROUP_COLOURS, ORANGE
from lcviz.figures.widths import COLUMN_MM
from lcviz.generalization.tables import TransferMatrix
from lcviz.taxonomy import AXES


@printed
def matrix_figure(matrix: TransferMatrix, label: str) -> Figure:
    """A train x test table as a heat map, each cell's mean and spread in it.

    Args:
        matrix: shares from 0 to 1.
        label: what they are.
    """
    size = len(matrix.groups)
    figure = sheet(COLUMN_MM, 84 if size > 4 else 76)
    axes = figure.subplots()
    means = 100 * matrix.mean.to_numpy()
    scale = Normalize(min(0.0, float(np.nanmin(means, initial=0))), 100)
    image = axes.imshow(means, cmap="viridis", norm=scale)
    for i in range(size):
        for j in range(size):
            if np.isnan(means[i, j]):
                continue
            red, green, blue, _ = image.cmap(scale(means[i, j]))
            linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
                      for c in (red, green, blue)]  # fmt: skip
            dark = np.dot(linear, (0.2126, 0.7152, 0.0722)) > 0.179
            spread = "" if matrix.std is None else f"\n± {100 * matrix.std.iloc[i, j]:.1f}"
            axes.text(
                j, i, f"{means[i, j]:.1f}{spread}", ha="center", va="center", fontsize=6,
                color="black" if dark else "white",
            )  # fmt: skip
    axes.set_xticks(range(size), [group.replace(" ", "\n") for group in matrix.groups])
    axes.set_yticks(range(size), [group.replace(" ", "\n") for group in matrix.groups])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set(xlabel="Tested on", ylabel="Trained on")
    bar = figure.colorbar(image, ax=axes, location="bottom", aspect=40, pad=0.02)
    bar.set_label(f"{label} (%)")
    bar.outline.set_visible(False)
    return figure


@dataclass(frozen=True)
class Row:
    """One estimate with its 95% interval; NaN where there is none."""

    label: str
    value: float
    low: float
    high: float
    series: str

    @classmethod
    def of(cls, label: str, record: Mapping[Any, Any], name: str, series: str) -> Self:
        """In per cent, of the shares `name`, `<name>_low` and `<name>_high` of a record."""
        value, low, high = (100 * float(record[f"{name}{end}"]) for end in ("", "_low", "_high"))
        return cls(label, value, low, high, series)


@printed
def interval_rows(rows: Sequence[Row], label: str) -> Figure:
    """Estimates with their intervals, a row each; several series of a row beside one another.

    Args:
        rows: in the order in which they are read from above.
        label: of the axis, with its unit.
    """
    labels = list(dict.fromkeys(row.label for row in rows))
    series = list(dict.fromkeys(row.series for row in rows))
    colours = (BLUE, ORANGE, INK)
    figure = sheet(COLUMN_MM, 5.4 * len(labels) * max(1, 0.62 * len(series)) + 22)
    axes = figure.subplots()
    for place, name in enumerate(series):
        part = [row for row in rows if row.series == name]
        y = np.array([labels.index(row.label) for row in part])
        y = y + 0.24 * (place - (len(series) - 1) / 2)
        x = np.array([row.value for row in part])
        reach = np.nan_to_num(np.array([(r.value - r.low, r.high - r.value) for r in part]).T)
        axes.errorbar(
            x, y, xerr=np.abs(reach), fmt=MARKERS[place], markersize=3.5, linewidth=1,
            color=colours[place % len(colours)], label=name,
        )  # fmt: skip
    if all(row.value >= 0 for row in rows):
        axes.set_xlim(left=0)
    axes.set_yticks(range(len(labels)), [fill(text, 24) for text in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(left=False)
    axes.grid(axis="x", linewidth=0.3, color=GREY, alpha=0.4)
    axes.set_xlabel(label)
    if len(series) > 1:
        handles, names = axes.get_legend_handles_labels()
        legend_below(figure, handles, names, 1 if max(map(len, names)) > 20 else len(names))
    return figure


@printed
def similarity_scatter(pairs: pd.DataFrame, columns: dict[str, str], axis: str) -> Figure:
    """Distance of two groups against accuracy from one to the other, a panel a distance.

    Args:
        pairs: as `similarity.pair_table` gives them.
        columns: distance -> its label.
        axis: `continent` or `season`.
    """
    figure = sheet(COLUMN_MM * len(columns) + 6 * (len(columns) - 1), 78)
    panels = figure.subplots(1, len(columns), sharey=True, squeeze=False).ravel()
    groups = [group for group in AXES[axis] if (pairs.train == group).any()]
    for axes, (column, label) in zip(panels, columns.items(), strict=True):
        away = pairs[~pairs.home]
        for place, group in enumerate(groups):
            rows = away[away.train == group]
            axes.scatter(
                rows[column], 100 * rows.accuracy, s=20, marker=MARKERS[place],
                color=GROUP_COLOURS[group], linewidths=1.2,
                edgecolors=[GROUP_COLOURS[test] for test in rows.test],
            )  # fmt: skip
        axes.set_xlabel(label)
        axes.set_xlim(left=0)
    panels[0].set_ylabel("Overall accuracy away from home (%)")
    handles = [
        Line2D([], [], linestyle="", marker=MARKERS[place], color=GROUP_COLOURS[group], ms=4.5)
        for place, group in enumerate(groups)
    ]
    legend_below(figure, handles, groups, 3)
    return figure
