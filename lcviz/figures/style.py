"""What all figures look like: one template, and the few parts that several are built of.

Greys and lines are seen on light and on dark; text takes the colour of the page around it.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import plotly.io as pio
from plotly.colors import sample_colorscale

from lcviz.taxonomy import AXES, CONTINENT_COLOURS, SEASON_COLOURS

GROUP_COLOURS: Final = dict(
    zip((*AXES["continent"], *AXES["season"]), (*CONTINENT_COLOURS, *SEASON_COLOURS), strict=True)
)

ACCURACY_SCALE: Final = "Viridis"
"""Even in lightness, so that it reads the same with any colour vision."""
DISTANCE_SCALE: Final = "Cividis"
"""As even, and not to be taken for accuracies."""
DIVERGING: Final = "RdBu"
"""Red below zero, blue above; told apart with any colour vision."""

BLUE: Final = "#0072B2"
GREEN: Final = "#009E73"
ORANGE: Final = "#D55E00"
"""From Okabe and Ito's palette, made to be told apart with any colour vision."""

GREY: Final = "#8A8F8C"
"""Of lines, outlines and what has no place on a scale: seen on light and on dark."""
FAINT: Final = "rgba(138, 143, 140, .35)"
"""Of lines behind others."""
GRID: Final = "rgba(138, 143, 140, .22)"
TRANSPARENT: Final = "rgba(0,0,0,0)"
INK: Final = {False: "#16211C", True: "#FFFFFF"}
"""Whether the ground is dark -> what is drawn on it."""

FRAME: Final = "#E0007A"
"""Of the chosen cell: far from both ends of every scale in use, with any colour vision."""
ACCENT: Final = "#E0457B"
"""Frames what is chosen among the groups: no colour of a group, seen on light and on dark."""

TEMPLATE: Final = "lcviz"
TOOLBAR: Final[dict[str, Any]] = {
    "displaylogo": False,
    # Its camera would save the page's theme and what is picked; `lcviz.figures.saving` does not.
    "modeBarButtonsToRemove": [
        "toImage",
        "select2d",
        "lasso2d",
        "autoScale2d",
        "zoomIn2d",
        "zoomOut2d",
    ],
}
"""Settings of a chart on a page: what the buttons above it are."""
_AXIS: Final = dict(fixedrange=True, zeroline=False)
pio.templates[TEMPLATE] = go.layout.Template(
    layout=dict(
        xaxis=_AXIS,
        yaxis=_AXIS,
        legend=dict(orientation="h"),
        annotationdefaults=dict(showarrow=False, xref="paper", yref="paper"),
    ),
    data=dict(
        bar=[dict(showlegend=False, marker=dict(line=dict(color=GREY, width=1)))],
        box=[
            dict(
                showlegend=False,
                boxpoints="all",
                pointpos=0,
                hoveron="points",
                line=dict(color=GREY, width=1.5),
                fillcolor=TRANSPARENT,
            )
        ],
        heatmap=[
            dict(
                texttemplate="%{text}",
                textfont=dict(size=12),
                xgap=2,
                ygap=2,
                # Thin and below the figure, where it takes no width on a phone.
                colorbar=dict(orientation="h", y=-0.02, yanchor="top", thickness=10, len=0.9),
            )
        ],
    ),
)


def plain(traces: list[dict[str, Any]], **layout: Any) -> go.Figure:
    """A figure without a background, its margins narrow and its grid faint.

    Built in one go: adding part by part costs Plotly several times as long.
    """
    # Streamlit's theme paints over these, were they the template's.
    look: dict[str, Any] = dict(
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        margin=dict(l=0, r=8, t=36, b=0),
    )
    axes = {
        name: dict(gridcolor=GRID) | axis
        for name, axis in layout.items()
        if name.startswith(("xaxis", "yaxis"))
    }
    return go.Figure(dict(data=traces, layout=look | layout | axes | dict(template=TEMPLATE)))


def colour_bar(title: str) -> dict[str, Any]:
    """What a colour bar says; where it stands is the template's."""
    return dict(title=dict(text=title, side="top"))


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
