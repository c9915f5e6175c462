"""What tells how a figure is read, above or below its axes: legend, colour bar, remark."""

from collections.abc import Mapping
from typing import Any, Final

from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lcviz.figures.saving.axes import number
from lcviz.figures.saving.page import Key, Page, legend_traces
from lcviz.figures.saving.text import FONT, POINTS, plain_text
from lcviz.figures.saving.traces import colour, colour_map, hatch, line_look, marker_look
from lcviz.figures.style import INK

_EDGE: Final = 4.0  # px
_BAR_HEIGHT: Final = 54.0  # px, of a colour bar with its title and numbers
_MANY: Final = "#BBBFBC"
"""Of bars that have a colour each."""


def colour_bar(page: Page, trace: Mapping[str, Any]) -> Key:
    """A thin bar below the figure."""
    heat = trace["type"] == "heatmap"
    scale = trace if heat else trace["marker"]
    low, high = (scale["zmin"], scale["zmax"]) if heat else (scale["cmin"], scale["cmax"])
    bar = scale["colorbar"]
    axes = page.figure.add_axes((0, 0, 1, 1))
    mapped = ScalarMappable(Normalize(low, high), colour_map(scale))
    drawn = page.figure.colorbar(mapped, cax=axes, orientation="horizontal")
    if drawn.solids is not None:
        drawn.solids.set_edgecolor("face")  # else viewers show seams
    drawn.outline.set_visible(False)
    axes.xaxis.set_major_formatter(lambda value, _: number(value, bar.get("tickformat")))
    axes.tick_params(length=0, pad=2, labelsize=11 * POINTS, labelcolor=INK[False])
    for label in axes.get_xticklabels():
        label.set_fontfamily(FONT)
    axes.set_title(
        plain_text(bar["title"]["text"]),
        fontsize=12 * POINTS,
        fontfamily=FONT,
        pad=3,
        color=INK[False],
    )

    def put(low: float) -> None:
        wide = page.width - page.margins["left"] - page.margins["right"]
        page.put(axes, page.margins["left"] + 0.05 * wide, low + 22, 0.9 * wide, 9)

    return Key(_BAR_HEIGHT, above=False, put=put)


def legend(page: Page) -> Key:
    """As many entries in a row as there is room for; above the figure where Plotly has it so."""
    spec, traces = page.layout.get("legend", {}), legend_traces(page)
    font = dict(family=FONT, size=(spec.get("font") or {}).get("size", 11) * POINTS)
    for columns in range(len(traces), 0, -1):
        box = Legend(
            page.figure,
            [_handle(trace) for trace in traces],
            [plain_text(trace["name"]) for trace in traces],
            ncols=columns,
            loc="lower left",
            bbox_to_anchor=(0, 0),
            bbox_transform=page.figure.transFigure,
            frameon=False,
            borderpad=0,
            borderaxespad=0,
            handlelength=1.4,
            handletextpad=0.5,
            columnspacing=1.2,
            title=plain_text((spec.get("title") or {}).get("text") or "") or None,
            alignment="left",
            prop=font,
            title_fontproperties=font,
        )
        seen = box.get_window_extent(page.canvas.get_renderer())
        wide, high = (
            length / page.figure.dpi * 72 / POINTS for length in (seen.width, seen.height)
        )
        if wide <= page.width - 2 * _EDGE:
            break
    page.figure.add_artist(box)

    def put(low: float) -> None:
        place = (_EDGE / page.width, (low + _EDGE) / page.height)
        box.set_bbox_to_anchor(place, transform=page.figure.transFigure)

    return Key(high + 2 * _EDGE, above=spec.get("y", 0) >= 1, put=put)


def remark(page: Page, text: str) -> Key:
    """A small text in the lower right corner."""
    said = page.figure.text(
        1 - _EDGE / page.width,
        0,
        text,
        ha="right",
        va="bottom",
        fontsize=9 * POINTS,
        fontfamily=FONT,
        color=INK[False],
    )
    return Key(14, above=False, put=lambda low: said.set_y((low + _EDGE) / page.height))


def _handle(trace: Mapping[str, Any]) -> Line2D | Patch:
    if trace["type"] == "bar":
        face = trace["marker"].get("color")
        return Patch(facecolor=colour(face if isinstance(face, str) else _MANY), hatch=hatch(trace))
    mode = trace.get("mode", "lines")
    look: dict[str, Any] = dict(linestyle="none")
    if "lines" in mode:
        look = line_look(trace.get("line", {}))
    if "markers" in mode:
        look |= marker_look(trace)
    return Line2D([], [], **look)
