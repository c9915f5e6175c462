"""What all print figures look like, and how they are saved: as SVG, PDF and PNG.

Widths are those of `figures.widths`; letters stay between 6 and 8
points, so that they are read at that size. Type is DejaVu Sans, which comes with Matplotlib: it is
embedded in the PDF as TrueType, and outlined in the SVG, so that both look the same everywhere.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Final, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lcviz.atomic import atomic_path

DPI: Final = 300
FORMATS: Final = ("svg", "pdf", "png")
INK: Final = "#16211C"
GREY: Final = "#8A8F8C"
LINES: Final = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 0.6)))
"""One a group, so that curves are told apart without their colours, too."""
MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_MM: Final = 25.4
_STYLE: Final[Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "axes.linewidth": 0.5,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "axes.labelcolor": INK,
    "lines.linewidth": 0.9,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "lcviz",
    "savefig.dpi": DPI,
    "figure.facecolor": "white",
}
_NO_DATE: Final[dict[str, dict[str, Any]]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {},
}
"""The same study gives the same bytes."""

Parameters = ParamSpec("Parameters")


def printed(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Have a function draw in the style of print figures."""

    @wraps(draw)
    def drawn(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        with mpl.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawn


def sheet(width_mm: float, height_mm: float) -> Figure:
    """An empty figure of that size, which makes room for its own labels."""
    # Laid out as it will be seen: letters are a little wider in coarse pixels, or narrower.
    return Figure(figsize=(width_mm / _MM, height_mm / _MM), dpi=DPI, layout="constrained")


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure in all `FORMATS`; the files, each written whole."""
    files = []
    with mpl.rc_context(_STYLE):
        # Laid out once, not three times for each format.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for suffix in FORMATS:
            file = folder / f"{name}.{suffix}"
            with atomic_path(file) as temporary:
                figure.savefig(temporary, format=suffix, metadata=_NO_DATE[suffix])
            files.append(file)
    return files


def legend_below(
    figure: Figure, handles: Sequence[Any], labels: Sequence[str], columns: int
) -> None:
    """One legend for all panels, beneath them."""
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns,
        handlelength=2.2,
        columnspacing=1.4,
    )


def without_frame(axes: Axes) -> None:
    """A panel that is a picture: no axes, a hair line about it."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.4)
