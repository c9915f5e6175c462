"""Figures of train x test tables: pure functions of tables, transparent for any theme."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from lcviz.figures.style import (
    ACCURACY_SCALE,
    DIVERGING,
    FRAME,
    GREY,
    GROUP_COLOURS,
    TRANSPARENT,
    colour_bar,
    plain,
    readable,
)
from lcviz.generalization.tables import TransferMatrix, matrix_rows
from lcviz.words import SHARE, Unit


def transfer_figure(
    matrix: TransferMatrix,
    label: str,
    *,
    difference: bool = False,
    chosen: tuple[str, str] | None = None,
    spread: bool = False,
    small: bool = False,
) -> go.Figure:
    """A train x test table: trained on by rows, tested on by columns.

    Each cell tells the mean in per cent; standard deviation, number of scenes and 95% interval
    are told on pointing at it, as far as they are known. A frame around each cell that has a value
    carries its (trained on, tested on) as customdata and can be clicked; the coloured cells
    themselves cannot (Streamlit). It shows only while selected, so that the browser outlines a
    clicked cell without drawing the table anew.

    Args:
        matrix: the table.
        label: what the numbers are.
        difference: whether they are differences, coloured about zero.
        chosen: (trained on, tested on) of the cell to be outlined.
        spread: whether the cells tell the rest, too.
        small: low, and without the scale that the numbers in the cells tell as well.
    """
    groups, unit = matrix.groups, matrix.unit
    mean, step = unit.scale * matrix.mean.to_numpy(), unit.scale / 10
    reach = max(step, step * np.ceil(np.nanmax(np.abs(mean), initial=0) / step))
    lowest = -reach if difference else min(0, step * np.floor(np.nanmin(mean, initial=0) / step))
    highest = reach if difference else unit.scale
    scale = DIVERGING if difference else ACCURACY_SCALE
    wrapped = [group.replace(" ", "<br>") for group in groups]
    cells = {(row.trained_on, row.tested_on): row for row in matrix_rows(matrix).itertuples()}
    table = dict(
        type="heatmap",
        z=mean,
        text=readable(
            [
                [_cell_text(cells.get((i, j)), unit, difference, spread) for j in groups]
                for i in groups
            ],
            (mean - lowest) / (highest - lowest),
            scale,
        ),
        textfont=dict(size=13 if spread or small else 15),
        colorscale=scale,
        zmin=lowest,
        zmax=highest,
        colorbar=colour_bar(unit.label(label, difference=difference)),
        showscale=not small,
        hoverinfo="skip",
    )
    frames = dict(
        type="bar",
        width=0.98,
        x=[groups.index(tested) for _, tested in cells],
        y=[0.98] * len(cells),
        base=[groups.index(trained) - 0.49 for trained, _ in cells],
        marker=dict(color=TRANSPARENT, line=dict(color=FRAME, width=4), opacity=0),
        selected=dict(marker=dict(opacity=1)),
        unselected=dict(marker=dict(opacity=0)),
        customdata=list(cells),
        hovertext=[_cell_hover(cell, label, unit, difference) for cell in cells.values()],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    if chosen in cells:
        frames["selectedpoints"] = [list(cells).index(chosen)]
    axis = dict(showgrid=False, tickvals=list(range(len(groups))), ticktext=wrapped)
    return plain(
        [table, frames],
        height=(40 if small else 84 if spread else 58) * len(groups) + (44 if small else 108),
        margin=dict(l=76, r=8, t=36, b=0),
        hovermode="closest",
        xaxis=axis | dict(side="top"),
        yaxis=axis | dict(range=[len(groups) - 0.5, -0.5]),
        # In the corner, where the names of the axes take no room from the cells on a phone.
        annotations=[
            dict(
                text="tested on →<br>trained on ↓",
                x=0,
                y=1,
                xshift=-6,
                yshift=6,
                xanchor="right",
                yanchor="bottom",
                align="right",
                font=dict(size=11),
            )
        ],
    )


def home_and_away(matrix: TransferMatrix, label: str, reference: float | None) -> go.Figure:
    """Each model's value at home (a diamond, with its 95% interval) and on the other groups.

    Args:
        matrix: a train x test table, not of differences.
        label: what the numbers are.
        reference: where to draw the label-noise line, 0 to 1.
    """
    trained = [group for group in matrix.groups if matrix.mean.loc[group].notna().any()]
    traces = []
    for group in matrix.groups:
        rows = [
            name for name in trained if name != group and not np.isnan(matrix.cell(name, group))
        ]
        traces.append(
            dict(
                type="scatter",
                mode="markers",
                name=group,
                x=[matrix.cell(name, group) for name in rows],
                y=rows,
                marker=dict(size=9, color=GROUP_COLOURS[group]),
                hovertemplate=f"Trained on %{{y}}, tested on {group}: "
                f"%{{x:{matrix.unit.hover}}}<extra></extra>",
            )
        )
    home = matrix.home()[trained].dropna()
    at_home = dict(
        type="scatter",
        mode="markers",
        name="At home",
        x=home.to_numpy(),
        y=list(home.index),
        marker=dict(symbol="diamond-open", size=16, color=GREY, line=dict(width=2.5)),
        hovertemplate=f"%{{y}} at home: %{{x:{matrix.unit.hover}}}<extra></extra>",
    )
    if matrix.interval is not None:
        low, high = (np.array([b.loc[g, g] for g in home.index]) for b in matrix.interval)
        at_home["error_x"] = dict(
            type="data",
            array=high - home.to_numpy(),
            arrayminus=home.to_numpy() - low,
            thickness=1.5,
            width=4,
            color=GREY,
        )
    return plain(
        [*traces, at_home],
        height=44 * max(len(trained), 3) + 180,
        xaxis=_axis(label, matrix.mean.to_numpy(), matrix.unit),
        yaxis=dict(
            title=dict(text="Trained on"),
            type="category",
            categoryarray=list(reversed(trained)),
            fixedrange=False,
        ),
        legend=dict(y=-0.22, title=dict(text="Tested on")),
        **_reference_line(reference),
    )


def scene_distribution(
    cells: dict[str, pd.DataFrame],
    colours: list[str],
    label: str,
    reference: float | None,
    unit: Unit = SHARE,
) -> go.Figure:
    """How a measure spreads over the scenes of some cells: every scene a point, with a box.

    Args:
        cells: title -> rows of `generalization.score_scenes` with a column `name` for people.
        colours: group whose colour each cell has.
        label: what is measured.
        reference: where to draw the label-noise line, 0 to 1.
        unit: of the measure.
    """
    traces = []
    seen = [0.0]
    for (title, scenes), group in zip(cells.items(), colours, strict=True):
        rows = scenes.dropna(subset="value")
        seen += rows.value.tolist()
        traces.append(
            dict(
                type="box",
                x=rows.value.to_numpy(),
                name=f"{title}<br>n = {len(rows)} scenes",
                jitter=0.6,
                marker=dict(color=GROUP_COLOURS[group], size=8, opacity=0.85),
                hovertext=rows["name"].tolist(),
                hovertemplate=f"%{{hovertext}}: %{{x:{unit.hover}}}<extra></extra>",
            )
        )
    return plain(
        traces,
        height=110 * len(cells) + 110,
        xaxis=_axis(f"{label} of a scene", np.array(seen), unit),
        yaxis=dict(autorange="reversed", fixedrange=False),
        **_reference_line(reference),
    )


def _reference_line(reference: float | None) -> dict[str, Any]:
    """Layout of the label-noise line; nothing without one."""
    if reference is None:
        return {}
    line = dict(dash="dash", color=GREY, width=1.5)
    place = dict(xref="x", yref="paper")
    return dict(
        shapes=[
            dict(type="line", x0=reference, x1=reference, y0=0, y1=1, **place) | dict(line=line)
        ],
        annotations=[
            dict(x=reference, y=1, yanchor="bottom", **place)
            | dict(text=f"MODIS right: {reference:.0%}", font=dict(size=11))
        ],
    )


def _axis(title: str, values: npt.NDArray[np.float64], unit: Unit) -> dict[str, Any]:
    """0 to 1 as the unit has it, and further below zero where a value lies there."""
    lowest = min(0.0, float(np.nanmin(values, initial=0)) - 0.05)
    return dict(
        title=dict(text=title),
        range=[lowest, 1.02],
        tickformat=unit.d3,
        dtick=0.2,
        fixedrange=False,
    )


def _cell_text(cell: Any, unit: Unit, difference: bool, spread: bool) -> str:
    """What stands in a cell, from a row of `tables.matrix_rows`; empty without one."""
    if cell is None:
        return ""
    rest = []
    if spread and hasattr(cell, "std"):
        rest.append(f"± {unit.number(cell.std)}")
    if spread and hasattr(cell, "low") and not np.isnan(cell.low):
        # With one decimal less it fits a cell on a phone.
        low, high = (
            f"{unit.scale * bound:.{unit.decimals - 1}f}" for bound in (cell.low, cell.high)
        )
        rest.append(f"{low} to {high}")
    if spread and hasattr(cell, "scenes"):
        rest.append(f"n = {cell.scenes}")
    return "<br>".join([f"<b>{_number(cell.mean, unit, difference)}</b>", *rest])


def _cell_hover(cell: Any, label: str, unit: Unit, difference: bool) -> str:
    value = unit.difference(cell.mean) if difference else unit.value(cell.mean)
    lines = [
        f"<b>Trained on {cell.trained_on}, tested on {cell.tested_on}</b>",
        f"{label}: {value}",
    ]
    if hasattr(cell, "std"):
        spread = f"{unit.number(cell.std)} {unit.of_difference}".rstrip()
        lines.append(f"Standard deviation between scenes: {spread}")
    if hasattr(cell, "scenes"):
        lines.append("1 scene" if cell.scenes == 1 else f"{cell.scenes} scenes")
    if hasattr(cell, "low"):
        lines.append(
            "No 95% interval"
            if np.isnan(cell.low)
            else f"95% interval {unit.number(cell.low)} to {unit.number(cell.high)}"
        )
    return "<br>".join(lines)


def _number(value: float, unit: Unit, difference: bool) -> str:
    return unit.change(value) if difference else unit.number(value)
