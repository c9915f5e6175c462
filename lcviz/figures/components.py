"""Figures of the components of cluster histograms: where the groups lie, and what pulls them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lcviz.figures.landscapes import KEEP, corner
from lcviz.figures.style import ACCENT, GREY, GRID, GROUP_COLOURS, INK, plain
from lcviz.landscapes.groups import Components
from lcviz.landscapes.words import cluster_label
from lcviz.taxonomy import AXES

_NARROW: Final = 340.0
_HIGH: Final = 430.0
_SIDES: Final = {
    "top center": (0, 1),
    "bottom center": (0, -1),
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top right": (1, 1),
    "top left": (-1, 1),
    "bottom right": (1, -1),
    "bottom left": (-1, -1),
}
"""Where a label stands beside its point -> which way that is, right and up."""


def pca_figure(
    components: Components,
    shown: Sequence[str],
    patches: Mapping[str, int],
    cloud: pd.DataFrame | None = None,
    *,
    dark: bool = False,
) -> go.Figure:
    """The groups in the space of components of their cluster histograms.

    Args:
        components: of the groups.
        shown: its components to draw: one, on a line; two; or three, which can be turned.
        patches: of each group.
        cloud: draws of each group's place, as `landscape_groups.bootstrap_cloud` gives them.
        dark: whether the figure will stand on a dark ground.
    """
    scores = components.scores
    names = list(scores.columns)
    deep = len(shown) == 3
    of = "" if deep else " of variance"
    titles = [f"{c} ({components.explained[names.index(c)]:.0%}{of})" for c in shown]
    kind = "scatter3d" if deep else "scatter"
    letters = "xyz"[: len(shown)]
    flat = dict(y=[0] * len(cloud if cloud is not None else scores)) if len(shown) == 1 else {}
    traces: list[dict[str, Any]] = []
    for group in scores.index if cloud is not None else ():
        drawn = cloud[cloud.group == group] if cloud is not None else scores[:0]
        traces.append(
            dict(
                type=kind,
                mode="markers",
                hoverinfo="skip",
                showlegend=False,
                **flat,
                **{at: drawn[c].to_numpy() for at, c in zip(letters, shown, strict=True)},
                marker=dict(
                    color=GROUP_COLOURS[group],
                    size=2.5 if deep else 5,
                    opacity=0.35 if deep else 0.22,
                    line=dict(width=0),
                ),
            )
        )
    places = scores[list(shown)].to_numpy()
    reach = [places, *([cloud[list(shown)].to_numpy()] if cloud is not None else [])]
    ranges = [_padded(np.concatenate(reach)[:, i]) for i in range(len(shown))]
    sides = label_sides(places[:, :2], ranges[:2], list(scores.index))
    for row, group in enumerate(scores.index):
        season = group in AXES["season"]
        hover = [f"{c}: {v:+.3f}" for c, v in zip(shown, places[row], strict=True)]
        traces.append(
            dict(
                type=kind,
                mode="markers+text",
                showlegend=False,
                **flat,
                **{at: [v] for at, v in zip(letters, places[row], strict=True)},
                text=[f"<b>{group}</b>"],
                # With a halo, read upon the clouds, too.
                textfont=dict(size=12, color=INK[dark])
                | ({} if deep else dict(shadow=f"0 0 3px {INK[not dark]}")),
                textposition="top center" if deep else sides[row],
                cliponaxis=False,
                marker=dict(
                    color=GROUP_COLOURS[group],
                    size=7 if deep else 14,
                    opacity=1,
                    symbol="diamond" if season else "circle",
                    line=dict(color=GREY, width=1),
                ),
                hovertemplate="<br>".join([f"<b>{group}</b>, {patches[group]:,} patches", *hover])
                + "<extra></extra>",
            )
        )
        if deep:
            del traces[-1]["cliponaxis"]
    if deep:
        axis = dict(
            gridcolor=GRID,
            showbackground=False,
            zerolinecolor=GREY,
            tickfont=dict(size=10),
            nticks=5,
        )
        return plain(
            traces,
            height=430,
            margin=dict(l=0, r=0, t=0, b=0),
            scene={
                f"{at}axis": axis | dict(title=dict(text=title, font=dict(size=11)))
                for at, title in zip(letters, titles, strict=True)
            }
            | dict(aspectmode="cube", camera=dict(eye=dict(x=1.6, y=1.6, z=0.9))),
        )
    line = dict(fixedrange=False, nticks=7, tickformat=".2f")
    upright = dict(visible=False, range=[-1, 1], fixedrange=False)
    if not flat:
        upright = line | dict(
            title=dict(text=titles[1]),
            range=ranges[1],
            zeroline=True,
            zerolinecolor=GREY,
            zerolinewidth=1,
        )
    return plain(
        traces,
        height=200 if flat else 500,
        margin=dict(l=0, r=8, t=12, b=0),
        xaxis=line | dict(title=dict(text=titles[0]), range=ranges[0]),
        yaxis=upright,
    )


def loadings_figure(
    components: Components,
    shown: Sequence[str],
    chosen: int | None,
    colours: Sequence[str],
    names: Sequence[str],
) -> go.Figure:
    """How each cluster pulls along the shown components: bars up and down, one panel each."""
    clusters = [int(str(cluster)) for cluster in components.loadings.index]
    reach = 1.1 * float(components.loadings[list(shown)].abs().to_numpy().max())
    traces, annotations, layout = [], [], {}
    height = 1 / len(shown)
    for row, name in enumerate(shown):
        high = 1 - row * height
        layout[f"yaxis{row + 1}"] = dict(
            domain=[high - 0.86 * height, high],
            range=[-reach, reach],
            nticks=5,
            zeroline=True,
            zerolinecolor=GREY,
            anchor="x",
        )
        traces.append(
            dict(
                type="bar",
                x=clusters,
                y=components.loadings[name].to_numpy(),
                yaxis=f"y{row + 1}",
                marker=dict(
                    color=list(colours),
                    line=dict(
                        color=[ACCENT if c == chosen else GREY for c in clusters],
                        width=[3 if c == chosen else 1 for c in clusters],
                    ),
                ),
                customdata=[[c] for c in clusters],
                hovertext=[cluster_label(c, names) for c in clusters],
                hovertemplate=f"%{{hovertext}}<br>{name}: %{{y:+.3f}}<extra></extra>",
                **KEEP,
            )
        )
        annotations.append(
            dict(
                text=f"<b>{name}</b>",
                x=1,
                xanchor="right",
                y=high,
                yanchor="top",
            )
        )
    return plain(
        traces,
        height=130 * len(shown) + 80,
        margin=dict(l=48, r=4, t=28, b=44),
        bargap=0.18,
        annotations=[*annotations, corner("Loading, no unit")],
        xaxis=dict(
            title=dict(text="Cluster, from dark to bright"),
            tickvals=clusters,
            showgrid=False,
            anchor=f"y{len(shown)}",
            tickfont=dict(size=11),
            tickangle=0,
        ),
        **layout,
    )


def _padded(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """Room around points for the labels beside them."""
    low, high = float(values.min()), float(values.max())
    room = 0.2 * (high - low) or 0.1
    return [low - room, high + room]


def label_sides(
    places: np.ndarray[Any, np.dtype[np.float64]],
    ranges: Sequence[Sequence[float]],
    labels: Sequence[str],
) -> list[str]:
    """Where each point's label stands, so that it covers no other label and no point.

    Reckoned in pixels of a narrow figure; on a wide one labels are only farther apart.

    Args:
        places: (n, 1 or 2).
        ranges: of the figure's axes, one or two (lowest, highest).
        labels: of the points.
    """
    low, high = np.array(ranges, dtype=np.float64).T
    share = (places - low) / np.where(high > low, high - low, 1)
    x = share[:, 0] * _NARROW
    y = share[:, 1] * _HIGH if share.shape[1] > 1 else np.zeros(len(share))
    taken = [(px - 8, py - 8, px + 8, py + 8) for px, py in zip(x, y, strict=True)]
    sides = []
    for px, py, label in zip(x, y, labels, strict=True):
        width = 7.5 * len(label)
        boxes = {
            side: (px + dx * (10 + width / 2) - width / 2, py + dy * 17 - 8)
            for side, (dx, dy) in _SIDES.items()
        }
        corners = {side: (left, low, left + width, low + 16) for side, (left, low) in boxes.items()}
        best = min(corners, key=lambda side: sum(_overlap(corners[side], box) for box in taken))
        taken.append(corners[best])
        sides.append(best)
    return sides


def _overlap(one: tuple[float, ...], two: tuple[float, ...]) -> float:
    """Area that two boxes (left, bottom, right, top) share, px."""
    wide = min(one[2], two[2]) - max(one[0], two[0])
    high = min(one[3], two[3]) - max(one[1], two[1])
    return max(0.0, wide) * max(0.0, high)
