"""Figures of train x test tables: pure functions of tables, transparent for any theme."""

from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from lcviz.figures.exports import matrix_rows
from lcviz.figures.map_colours import ACCURACY_SCALE
from lcviz.generalization.tables import TransferMatrix
from lcviz.taxonomy import AXES, CONTINENT_COLOURS, SEASON_COLOURS

DIVERGING: Final = "RdBu"
"""Red below zero, blue above; told apart with any colour vision."""
GREY: Final = "#8A8F8C"
"""Of lines and outlines: seen on light and on dark."""

FRAME: Final = "#E0007A"
"""Of the chosen cell: far from both ends of every scale in use, with any colour vision."""

GROUP_COLOURS: Final = dict(
    zip((*AXES["continent"], *AXES["season"]), (*CONTINENT_COLOURS, *SEASON_COLOURS), strict=True)
)
TRANSPARENT: Final = "rgba(0,0,0,0)"


def toolbar(name: str, file_format: Literal["svg", "png"]) -> dict[str, Any]:
    """Settings of a chart whose camera button saves it under a name, as SVG or as PNG."""
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
        "toImageButtonOptions": {"format": file_format, "filename": name, "scale": 3},
    }


def transfer_figure(
    matrix: TransferMatrix,
    label: str,
    *,
    difference: bool = False,
    chosen: tuple[str, str] | None = None,
) -> go.Figure:
    """A train x test table: trained on by rows, tested on by columns.

    Each cell tells mean, standard deviation, number of scenes and 95 % interval as far as they
    are known. A frame around each cell that has a value carries its (trained on, tested on) as
    customdata and can be clicked; the coloured cells themselves cannot (Streamlit). It shows only
    while selected, so that the browser outlines a clicked cell without drawing the table anew.

    Args:
        matrix: the table.
        label: what the numbers are.
        difference: whether they are differences, coloured about zero.
        chosen: (trained on, tested on) of the cell to be outlined.
    """
    groups, mean = matrix.groups, matrix.mean.to_numpy()
    reach = max(0.1, np.ceil(10 * np.nanmax(np.abs(mean), initial=0)) / 10)
    lowest = -reach if difference else min(0, np.floor(10 * np.nanmin(mean, initial=0)) / 10)
    highest = reach if difference else 1
    scale = DIVERGING if difference else ACCURACY_SCALE
    wrapped = [group.replace(" ", "<br>") for group in groups]
    cells = {(row.trained_on, row.tested_on): row for row in matrix_rows(matrix).itertuples()}
    table = {
        "type": "heatmap",
        "z": mean,
        "text": readable(
            [[_cell_text(cells.get((i, j)), difference) for j in groups] for i in groups],
            (mean - lowest) / (highest - lowest),
            scale,
        ),
        **{"texttemplate": "%{text}", "textfont": {"size": 12}},
        **{"colorscale": scale, "zmin": lowest, "zmax": highest, "colorbar": colour_bar(label)},
        **{"xgap": 2, "ygap": 2, "hoverinfo": "skip"},
    }
    frames = {
        **{"type": "bar", "showlegend": False, "width": 0.98},
        "x": [groups.index(tested) for _, tested in cells],
        "y": [0.98] * len(cells),
        "base": [groups.index(trained) - 0.49 for trained, _ in cells],
        "marker": {"color": TRANSPARENT, "line": {"color": FRAME, "width": 4}, "opacity": 0},
        **{"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 0}}},
        "customdata": list(cells),
        "hovertext": [_cell_hover(cell, label, difference) for cell in cells.values()],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    if chosen in cells:
        frames["selectedpoints"] = [list(cells).index(chosen)]
    axis = {
        **{"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""},
        **{"tickvals": list(range(len(groups))), "ticktext": wrapped},
    }
    return plain(
        [table, frames],
        height=72 * len(groups) + 150,
        margin={"l": 76, "r": 8, "t": 36, "b": 0},
        hovermode="closest",
        xaxis=axis | {"side": "top"},
        yaxis=axis | {"range": [len(groups) - 0.5, -0.5]},
        # In the corner, where the names of the axes take no room from the cells on a phone.
        annotations=[
            {
                "text": "tested on →<br>trained on ↓",
                **{"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xshift": -6, "yshift": 6},
                **{"xanchor": "right", "yanchor": "bottom", "align": "right", "showarrow": False},
                "font": {"size": 11},
            }
        ],
    )


def home_and_away(matrix: TransferMatrix, label: str, reference: float | None) -> go.Figure:
    """Each model's value at home (a diamond, with its 95 % interval) and on the other groups.

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
            {
                **{"type": "scatter", "mode": "markers", "name": group},
                **{"x": [matrix.cell(name, group) for name in rows], "y": rows},
                "marker": {"size": 9, "color": GROUP_COLOURS[group]},
                "hovertemplate": f"Trained on %{{y}}, tested on {group}: %{{x:.3f}}<extra></extra>",
            }
        )
    home = matrix.home()[trained].dropna()
    at_home = {
        **{"type": "scatter", "mode": "markers", "name": "At home"},
        **{"x": home.to_numpy(), "y": list(home.index)},
        "marker": {"symbol": "diamond-open", "size": 16, "color": GREY, "line": {"width": 2.5}},
        "hovertemplate": "%{y} at home: %{x:.3f}<extra></extra>",
    }
    if matrix.interval is not None:
        low, high = (np.array([b.loc[g, g] for g in home.index]) for b in matrix.interval)
        at_home["error_x"] = {
            **{
                "type": "data",
                "array": high - home.to_numpy(),
                "arrayminus": home.to_numpy() - low,
            },
            **{"thickness": 1.5, "width": 4, "color": GREY},
        }
    return plain(
        [*traces, at_home],
        height=52 * max(len(trained), 3) + 190,
        xaxis={"title": {"text": label}, "range": _range(matrix.mean.to_numpy())},
        yaxis={
            **{"title": {"text": "Trained on"}, "type": "category"},
            "categoryarray": list(reversed(trained)),
        },
        legend={"orientation": "h", "y": -0.22, "title": {"text": "Tested on"}},
        **_reference_line(reference),
    )


def scene_distribution(
    cells: dict[str, pd.DataFrame], colours: list[str], label: str, reference: float | None
) -> go.Figure:
    """How a measure spreads over the scenes of some cells: every scene a point, with a box.

    Args:
        cells: title -> rows of `generalization.score_scenes` with a column `name` for people.
        colours: group whose colour each cell has.
        label: what is measured.
        reference: where to draw the label-noise line, 0 to 1.
    """
    traces = []
    seen = [0.0]
    for (title, scenes), group in zip(cells.items(), colours, strict=True):
        rows = scenes.dropna(subset="value")
        seen += rows.value.tolist()
        traces.append(
            {
                **{"type": "box", "x": rows.value.to_numpy(), "showlegend": False},
                "name": f"{title}<br>n = {len(rows)} scenes",
                **{"boxpoints": "all", "pointpos": 0, "jitter": 0.6, "hoveron": "points"},
                **{"line": {"color": GREY, "width": 1.5}, "fillcolor": TRANSPARENT},
                "marker": {"color": GROUP_COLOURS[group], "size": 8, "opacity": 0.85},
                "hovertext": rows["name"].tolist(),
                "hovertemplate": "%{hovertext}: %{x:.3f}<extra></extra>",
            }
        )
    return plain(
        traces,
        height=110 * len(cells) + 110,
        xaxis={"title": {"text": f"{label} of a scene"}, "range": _range(np.array(seen))},
        yaxis={"autorange": "reversed"},
        **_reference_line(reference),
    )


def plain(traces: list[dict[str, Any]], **layout: Any) -> go.Figure:
    """A figure without a background, its margins narrow.

    Built in one go: adding part by part costs Plotly several times as long.
    """
    background = {"paper_bgcolor": TRANSPARENT, "plot_bgcolor": TRANSPARENT}
    margin = {"margin": {"l": 0, "r": 8, "t": 36, "b": 0}}
    return go.Figure({"data": traces, "layout": background | margin | layout})


def colour_bar(title: str) -> dict[str, Any]:
    """A thin one below the figure, where it takes no width on a phone."""
    return {
        **{"orientation": "h", "y": -0.02, "yanchor": "top", "thickness": 10, "len": 0.9},
        "title": {"text": title, "side": "top"},
    }


def readable(
    texts: list[list[str]], places: npt.NDArray[np.float64], scale: str
) -> list[list[str]]:
    """Texts in black or white, whichever is easier to read on the colour beneath.

    Args:
        texts: of the cells of a heat map.
        places: where each cell's colour is on the scale, 0 to 1; any where there is no text.
        scale: name of Plotly's colour scale.
    """

    known = np.clip(np.nan_to_num(places), 0, 1)
    rgb = np.array(sample_colorscale(scale, known.ravel().tolist(), colortype="tuple"))
    # Relative luminance; black and white contrast alike at 0.179 (WCAG 2).
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    bright = (linear @ (0.2126, 0.7152, 0.0722) > 0.179).reshape(places.shape)
    return [
        [
            f'<span style="color:{"#000" if light else "#FFF"}">{text}</span>' if text else ""
            for text, light in zip(*row, strict=True)
        ]
        for row in zip(texts, bright, strict=True)
    ]


def _reference_line(reference: float | None) -> dict[str, Any]:
    """Layout of the label-noise line; nothing without one."""
    if reference is None:
        return {}
    line = {"dash": "dash", "color": GREY, "width": 1.5}
    place = {"xref": "x", "yref": "paper"}
    return {
        "shapes": [
            {"type": "line", "x0": reference, "x1": reference, "y0": 0, "y1": 1, **place}
            | {"line": line}
        ],
        "annotations": [
            {"x": reference, "y": 1, "yanchor": "bottom", "showarrow": False, **place}
            | {"text": f"MODIS right: {reference:.0%}", "font": {"size": 11}}
        ],
    }


def _range(values: npt.NDArray[np.float64]) -> list[float]:
    """0 to 1, and further below zero where a value (Cohen's kappa) lies there."""
    return [min(0.0, float(np.nanmin(values, initial=0)) - 0.05), 1.02]


def _cell_text(cell: Any, difference: bool) -> str:
    """What stands in a cell, from a row of `exports.matrix_rows`; empty without one."""
    if cell is None:
        return ""
    small = []
    if hasattr(cell, "std"):
        small.append(f"± {cell.std:.3f}")
    if hasattr(cell, "scenes"):
        small.append(f"n = {cell.scenes}")
    if hasattr(cell, "low") and not np.isnan(cell.low):
        # Without its zeros it fits a cell on a phone.
        small.append(f"[{cell.low:.2f}, {cell.high:.2f}]".replace("0.", "."))
    return f"<b>{_number(cell.mean, difference)}</b>" + "".join(
        f'<br><span style="font-size:9px">{line}</span>' for line in small
    )


def _cell_hover(cell: Any, label: str, difference: bool) -> str:
    lines = [
        f"<b>Trained on {cell.trained_on}, tested on {cell.tested_on}</b>",
        f"{label}: {_number(cell.mean, difference)}",
    ]
    if hasattr(cell, "std"):
        lines[-1] += f" ± {cell.std:.3f}"
    if hasattr(cell, "scenes"):
        lines.append("1 scene" if cell.scenes == 1 else f"{cell.scenes} scenes")
    if hasattr(cell, "low"):
        lines.append(
            "No 95 % interval"
            if np.isnan(cell.low)
            else f"95 % interval {cell.low:.3f} to {cell.high:.3f}"
        )
    return "<br>".join(lines)


def _number(value: float, difference: bool) -> str:
    return f"{value:+.3f}" if difference else f"{value:.3f}"
