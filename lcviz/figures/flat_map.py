"""The scenes on a map of the world as a figure, to be saved: longitude across, latitude up."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from lcviz.figures.map_colours import ColourBy, legend
from lcviz.figures.style import ACCURACY_SCALE, GREY, INK, colour_bar, plain

_LAND: Final = Path(__file__).parents[2] / "static" / "vendor" / "natural-earth-50m" / "land.js"
_SOUTH, _NORTH = -58, 80
_LAND_COLOUR: Final = "#E9E6DD"


def flat_map(coloured: pd.DataFrame, by: ColourBy) -> go.Figure:
    """Every scene a point on the land, coloured as on the world map.

    Args:
        coloured: a table from `map_colours.colour_scenes`; scenes without a place are left out.
        by: what the colours tell.
    """
    placed = coloured[coloured.longitude.notna() & coloured.latitude.notna()]
    x, y = _land()
    traces: list[dict[str, Any]] = [
        dict(
            type="scatter",
            mode="lines",
            x=x,
            y=y,
            fill="toself",
            fillcolor=_LAND_COLOUR,
            line=dict(width=0, color=_LAND_COLOUR),
            showlegend=False,
        )
    ]
    small = 5 if len(placed) > 100 else 7
    for entry in legend(placed):
        rows = placed[placed.group == entry.label]
        ring = bool(entry.outline)
        traces.append(
            _points(rows, f"{entry.label} ({entry.scenes})")
            | dict(
                showlegend=True,
                marker=dict(
                    size=small,
                    symbol="circle-open" if ring else "circle",
                    color=GREY if ring else entry.colour,
                    line=dict(width=1, color=GREY if ring else INK[False]),
                ),
            )
        )
    if by == "accuracy":
        rows = placed[placed.accuracy.notna()]
        traces.append(
            _points(rows, "Scored")
            | dict(
                showlegend=False,
                marker=dict(
                    size=small,
                    color=(100 * rows.accuracy).tolist(),
                    colorscale=ACCURACY_SCALE,
                    cmin=0,
                    cmax=100,
                    showscale=True,
                    colorbar=colour_bar(f"Accuracy of n = {len(rows)} scenes, %"),
                    line=dict(width=1, color=INK[False]),
                ),
            )
        )
    hidden = dict(visible=False)
    return plain(
        traces,
        height=300,
        margin=dict(l=0, r=0, t=4, b=4),
        xaxis=hidden | dict(range=[-180, 180]),
        yaxis=hidden | dict(range=[_SOUTH, _NORTH], scaleanchor="x"),
    )


def _points(rows: pd.DataFrame, name: str) -> dict[str, Any]:
    return dict(
        type="scatter",
        mode="markers",
        name=name,
        x=rows.longitude.to_numpy(),
        y=rows.latitude.to_numpy(),
    )


@cache
def _land() -> tuple[list[float | None], list[float | None]]:
    """Longitudes and latitudes of the land's rings, None between two of them."""
    import shapely.geometry  # noqa: PLC0415 - the app starts without it

    text = _LAND.read_text(encoding="utf-8")
    land = json.loads(text[text.index("{") : text.rindex("}") + 1])["features"][0]
    x: list[float | None] = []
    y: list[float | None] = []
    for polygon in shapely.geometry.shape(land["geometry"]).geoms:
        turned = shapely.geometry.polygon.orient(polygon)  # holes the other way round
        for ring in (turned.exterior, *turned.interiors):
            x += [*ring.xy[0], None]
            y += [*ring.xy[1], None]
    return x, y
