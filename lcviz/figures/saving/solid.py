"""Points in a space of three components, drawn by Matplotlib from where Plotly's camera stands."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lcviz.figures.saving.text import FONT, POINTS, plain_text
from lcviz.figures.saving.traces import colour
from lcviz.figures.style import INK


def draw_solid(
    figure: Figure, traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]
) -> Axes:
    """Draw `scatter3d` traces on axes of their own, which are returned."""
    axes: Any = figure.add_axes((0, 0, 1, 1), projection="3d")
    scene = layout.get("scene", {})
    eye = scene.get("camera", {}).get("eye", dict(x=1.25, y=1.25, z=1.25))
    flat = float(np.hypot(eye["x"], eye["y"]))
    axes.view_init(
        elev=float(np.degrees(np.arctan2(eye["z"], flat))),
        azim=float(np.degrees(np.arctan2(eye["y"], eye["x"]))),
    )
    for trace in traces:
        marker = trace["marker"]
        symbol = "D" if marker.get("symbol") == "diamond" else "o"
        axes.scatter(
            *(np.asarray(trace[name], dtype=float) for name in "xyz"),
            s=(marker["size"] * POINTS * 1.3) ** 2,
            color=colour(marker["color"], marker.get("opacity", 1)),
            marker=symbol,
            linewidths=0,
            depthshade=False,
        )
        if "text" in trace.get("mode", ""):
            for x, y, z, said in zip(
                *(trace[name] for name in ("x", "y", "z", "text")), strict=True
            ):
                axes.text(
                    x,
                    y,
                    z,
                    f"{plain_text(said)}\n",
                    ha="center",
                    va="center",
                    fontsize=11 * POINTS,
                    fontfamily=FONT,
                    color=INK[False],
                )
    for name in "xyz":
        axis = getattr(axes, f"{name}axis")
        axis.set_pane_color((1, 1, 1, 0))
        axis.set_tick_params(labelsize=9 * POINTS, pad=-2)
        title = scene.get(f"{name}axis", {}).get("title", {}).get("text", "")
        axis.set_label_text(plain_text(title), fontsize=11 * POINTS, fontfamily=FONT)
        axis.labelpad = -4
    return axes
