"""Text as Plotly writes it (lines, bold, colour, size of parts) on a page of Matplotlib's."""

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any, Final, Literal

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea, VPacker
from matplotlib.transforms import Transform

from lcviz.figures.style import INK

POINTS: Final = 0.6
"""Points on paper of a pixel on the screen: 12 px, the size of most text, become 7.2 points."""
Across = Literal["left", "center", "right"]
Up = Literal["bottom", "center", "top"]
FONT: Final = ("DejaVu Sans",)
"""Comes with Matplotlib: the same figure on every machine."""


@dataclass(frozen=True)
class Run:
    """A part of a line that looks the same throughout."""

    text: str
    bold: bool = False
    colour: str = INK[False]
    size: float | None = None
    """Pixels; None for that of the text around it."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[list[Run]] = [[]]
        self._looks = [Run("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.lines.append([])
            return
        look = self._looks[-1]
        style = dict(attrs).get("style") or ""
        colour = re.search(r"color:\s*([^;]+)", style)
        size = re.search(r"font-size:\s*([\d.]+)px", style)
        look = replace(
            look,
            bold=look.bold or tag == "b",
            colour=colour[1] if colour else look.colour,
            size=float(size[1]) if size else look.size,
        )
        self._looks.append(look)

    def handle_endtag(self, tag: str) -> None:
        if tag != "br" and len(self._looks) > 1:
            self._looks.pop()

    def handle_data(self, data: str) -> None:
        if data:
            self.lines[-1].append(replace(self._looks[-1], text=data))


def text_lines(written: str) -> list[list[Run]]:
    """The lines of a text, each of its parts."""
    reader = _Reader()
    reader.feed(written)
    reader.close()
    return reader.lines


def plain_text(written: str) -> str:
    """A text without its marks, its lines apart."""
    return "\n".join("".join(run.text for run in line) for line in text_lines(written))


def put_text(
    axes: Axes,
    written: str,
    place: tuple[float, float],
    at: Transform,
    *,
    shift: tuple[float, float] = (0, 0),
    anchor: tuple[Across, Up] = ("center", "center"),
    size: float = 12,
    angle: float = 0,
) -> Artist:
    """Write a text.

    Args:
        axes: where.
        written: as Plotly takes it.
        place: x, y in the coordinates of `at`.
        at: the coordinates.
        shift: right and up, px.
        anchor: what of the text lies there: (left, center or right), (bottom, center or top).
        size: px, of what has none of its own.
        angle: as Plotly turns text, clockwise.
    """
    lines = text_lines(written)
    moved = (shift[0] * POINTS, shift[1] * POINTS)
    looks = {replace(run, text="") for line in lines for run in line if run.text.strip()}
    if len(looks) <= 1 or angle:
        look = next(iter(looks), Run(""))
        return axes.annotate(
            plain_text(written),
            place,
            xycoords=at,
            xytext=moved,
            textcoords="offset points",
            ha=anchor[0],
            va=anchor[1],
            rotation=-angle,
            multialignment=anchor[0],
            annotation_clip=False,
            **_properties(look, size),
        )
    rows: list[Artist] = [
        HPacker(
            children=[TextArea(run.text, textprops=_properties(run, size)) for run in line],
            pad=0,
            sep=0,
            align="baseline",
        )
        for line in lines
        if line
    ]
    box = AnnotationBbox(
        VPacker(children=rows, pad=0, sep=0.15 * size * POINTS, align=anchor[0]),
        place,
        xybox=moved,
        xycoords=at,
        boxcoords="offset points",
        box_alignment=(_SHARES[anchor[0]], _SHARES[anchor[1]]),
        frameon=False,
        pad=0,
        annotation_clip=False,
    )
    axes.add_artist(box)
    return box


_SHARES: Final = {"left": 0.0, "bottom": 0.0, "center": 0.5, "right": 1.0, "top": 1.0}


def _properties(look: Run, size: float) -> dict[str, Any]:
    return dict(
        color=look.colour,
        fontsize=(look.size or size) * POINTS,
        fontfamily=FONT,
        fontweight="bold" if look.bold else "normal",
    )
