"""Pictures, class legends and bars as HTML that fits any width."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from lcviz.figures.map_colours import LegendEntry, accuracy_colours
from lcviz.imagery import AGREEMENT_COLOURS, WORLDCOVER_COLOURS
from lcviz.taxonomy import CLASS_COLOURS, CLASSES, NO_LABEL

PALETTES = {"lcviz": CLASS_COLOURS, "worldcover": WORLDCOVER_COLOURS}
PALETTE_NAMES = {"lcviz": "For any colour vision", "worldcover": "ESA WorldCover"}
_STYLE = Path(__file__).with_name("style.css")
_CROSSHAIR = Path(__file__).with_name("crosshair.js").read_text(encoding="utf-8")


def load_style() -> None:
    """Style what this module shows, and let its pictures share a crosshair; once a page."""
    st.html(_STYLE)
    st.html(
        f'<div class="lcviz-script"><script>{_CROSSHAIR}</script></div>',
        unsafe_allow_javascript=True,
    )


@dataclass(frozen=True)
class Picture:
    """One picture of a patch."""

    title: str
    note: str
    pixels: npt.NDArray[np.uint8] | None
    """(256, 256, 3 or 4), red, green, blue and alpha; None when there is none."""
    absent: str = "Not there"
    """What is said in place of a missing picture."""
    classes: bool = False
    """Whether the pixels are classes, whose edges must not be smoothed."""


def show_pictures(
    pictures: Sequence[Picture],
    score: tuple[str, str] | None = None,
    *,
    pairs: bool = False,
    row: bool = False,
) -> None:
    """Lay pictures out in a grid of as many columns as fit, with a score as its last cell.

    Args:
        pictures: the pictures.
        score: a number and what it says.
        pairs: two columns, however narrow.
        row: all in a row, and two on a narrow screen.
    """
    cells = [_figure(picture) for picture in pictures]
    if score:
        number, meaning = map(escape, score)
        cells.append(f'<div class="score"><b>{number}</b><span>{meaning}</span></div>')
    kind = "lcviz-pictures" + (" pairs" if pairs else "") + (" lcviz-four" if row else "")
    count = f' style="--row: {len(cells)}"' if row else ""
    st.html(f'<div class="{kind}"{count}>{"".join(cells)}</div>')


def show_map_legend(entries: Sequence[LegendEntry], *, scale: bool) -> None:
    """The map's legend: one dot a group, and the accuracy scale with its numbers if `scale`."""
    items = [_scale()] if scale else []
    for entry in entries:
        ring = f"background:none;border:2px {entry.outline} {entry.colour}"
        style = ring if entry.outline else f"background:{entry.colour}"
        items.append(
            f'<span><i class="lcviz-swatch dot" style="{style}"></i>'
            f"{escape(entry.label)} ({entry.scenes})</span>"
        )
    st.html(f'<div class="lcviz-legend">{"".join(items)}</div>')


def show_class_legend(
    maps: Sequence[npt.NDArray[np.uint8] | None], palette: Sequence[str], *, agreement: bool
) -> None:
    """The classes that occur in any of the class maps, and what the other pictures' colours mean.

    Args:
        maps: class indexes, 255 = none; None where there is no map.
        palette: one colour a class.
        agreement: whether the agreement picture is shown.
    """
    present = {
        int(value) for classes in maps if classes is not None for value in np.unique(classes)
    }
    items = [
        _swatch(palette[index], name) for index, name in enumerate(CLASSES) if index in present
    ]
    if NO_LABEL in present:
        items.append('<span><i class="lcviz-swatch none"></i>No data</span>')
    if agreement:
        agree, differ = AGREEMENT_COLOURS
        items += [_swatch(agree, "Agree"), _swatch(differ, "Differ")]
    if items:
        st.html(f'<div class="lcviz-legend">{"".join(items)}</div>')


def show_all_classes(codes: Sequence[str], shares: npt.NDArray[np.float64] | None) -> None:
    """The eight classes in their colours, what they are made of, and how frequent they are.

    Args:
        codes: the land-use codes of each class, as text.
        shares: share of each class among the study's labels, 0 to 1; None without any.
    """
    rows = "".join(
        f'<tr><td><i class="lcviz-swatch" style="background:{CLASS_COLOURS[i]}"></i> '
        f"{escape(name)}<br><small>LCCS {escape(codes[i])}</small></td>"
        f"{'' if shares is None else _bar(shares, i, CLASS_COLOURS)}</tr>"
        for i, name in enumerate(CLASSES)
    )
    last = "" if shares is None else '<th scope="col">Share of labels</th>'
    st.html(
        f'<table class="lcviz-shares"><thead><tr><th scope="col">Class</th>{last}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def show_shares(
    labels: npt.NDArray[np.float64] | None,
    prediction: npt.NDArray[np.float64] | None,
    palette: Sequence[str],
) -> None:
    """Class shares (0 to 1) in the labels and in the prediction, for the classes in either.

    None where not one pixel has a class.
    """
    rows = "".join(
        f'<tr><td><i class="lcviz-swatch" style="background:{palette[i]}"></i> {escape(name)}</td>'
        f"{_bar(labels, i, palette)}{_bar(prediction, i, palette)}</tr>"
        for i, name in enumerate(CLASSES)
        if any(shares is not None and shares[i] for shares in (labels, prediction))
    )
    st.html(
        '<table class="lcviz-shares"><thead><tr><th scope="col">Class</th>'
        f'<th scope="col">MODIS labels</th><th scope="col">Prediction</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def data_uri(pixels: npt.NDArray[np.uint8], *, lossless: bool) -> str:
    """A picture as a `data:` address, WebP; class maps must be `lossless`."""
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=lossless, quality=90, method=2)
    return f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}"


def picture_tag(
    pixels: npt.NDArray[np.uint8], description: str, *, lossless: bool, kind: str = ""
) -> str:
    """A picture as HTML that keeps its place before it is drawn: what is below it never jumps.

    Args:
        pixels: (rows, columns, 3 or 4) uint8, red, green, blue and alpha.
        description: what it shows, for those who do not see it.
        lossless: class maps must be.
        kind: its class in the style sheet, which may make it any width.
    """
    rows, columns = pixels.shape[:2]
    named = f' class="{kind}"' if kind else ""
    return (
        f'<img{named} width="{columns}" height="{rows}" alt="{escape(description)}" '
        f'src="{data_uri(pixels, lossless=lossless)}">'
    )


def _figure(picture: Picture) -> str:
    title, note = escape(picture.title), escape(picture.note)
    if picture.pixels is None:
        body = f'<div class="absent">{escape(picture.absent)}</div>'
    else:
        kind = "classes" if picture.classes else "imagery"
        said = f"{picture.title}: {picture.note}"
        tag = picture_tag(picture.pixels, said, lossless=picture.classes, kind=kind)
        body = f'<div class="frame">{tag}</div>'
    return f"<figure>{body}<figcaption>{title}<br><span>{note}</span></figcaption></figure>"


def _swatch(colour: str, label: str) -> str:
    return f'<span><i class="lcviz-swatch" style="background:{colour}"></i>{escape(label)}</span>'


def _bar(shares: npt.NDArray[np.float64] | None, index: int, palette: Sequence[str]) -> str:
    if shares is None:
        return '<td class="bar">no data</td>'
    width, colour = f"{shares[index]:.1%}", palette[index]
    return (
        f'<td class="bar"><span class="track"><i style="width:{width};background:{colour}">'
        f"</i></span> {width}</td>"
    )


def _scale() -> str:
    stops = ", ".join(accuracy_colours([step / 10 for step in range(11)]))
    ticks = "".join(f"<span>{tick}%</span>" for tick in (0, 25, 50, 75, 100))
    return (
        f'<span>Accuracy <span class="lcviz-scale"><i style="background:linear-gradient(to right, '
        f'{stops})"></i><b>{ticks}</b></span></span>'
    )
