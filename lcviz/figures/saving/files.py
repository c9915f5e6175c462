"""Figures as files that carry what they show and where it comes from: SVG, PNG, PDF."""

from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import Final
from xml.sax.saxutils import escape

import matplotlib
import plotly.graph_objects as go

from lcviz import __version__
from lcviz.figures.saving.paper import on_paper

FORMATS: Final = ("svg", "png", "pdf")
_DOTS_PER_INCH: Final = 600

# Whole fonts, as publishers ask; outlines in SVG, which looks the same wherever it is opened.
matplotlib.rcParams.update(
    {"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "lcviz", "text.parse_math": False}
)
_DRAWING: Final = Lock()
"""Matplotlib keeps fonts that two threads may not use at once."""


@dataclass(frozen=True)
class About:
    """What a file says of itself."""

    title: str
    caption: str
    source: str
    """Study and data, and who made them."""
    note: str = ""
    """Small, in the figure itself."""


def figure_file(figure: go.Figure, file_format: str, about: About, *, columns: int = 1) -> bytes:
    """A figure as a file: on white, at the width of a paper's columns, fonts within.

    The same figure gives the same bytes. PNG has 600 dots per inch.

    Args:
        figure: any of `lcviz.figures`.
        file_format: `svg`, `png` or `pdf`.
        about: kept in the file: SVG's title, desc and metadata, PNG's tEXt, PDF's Info.
        columns: 1 or 2, as wide as `page.WIDTHS` says.
    """
    buffer = BytesIO()
    with _DRAWING:
        drawn = on_paper(figure, columns, about.note)
        drawn.savefig(
            buffer, format=file_format, dpi=_DOTS_PER_INCH, metadata=_metadata(file_format, about)
        )
    if file_format == "svg":
        return _described(buffer.getvalue(), about.caption)
    return buffer.getvalue()


def _metadata(file_format: str, about: About) -> dict[str, str | None]:
    made = f"lcviz {__version__}"
    if file_format == "png":
        return {
            "Title": about.title,
            "Description": about.caption,
            "Source": about.source,
            "Software": made,
        }
    if file_format == "svg":
        return {
            "Title": about.title,
            "Description": about.caption,
            "Source": about.source,
            "Creator": made,
            "Date": None,
        }
    return {
        "Title": about.title,
        "Subject": about.caption,
        "Keywords": about.source,
        "Creator": made,
        "CreationDate": None,
    }


def _described(svg: bytes, caption: str) -> bytes:
    """With a `desc` after the title, which is read out where the picture cannot be seen."""
    return svg.replace(b"</title>", f"</title>\n <desc>{escape(caption)}</desc>".encode(), 1)
