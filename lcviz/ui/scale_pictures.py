"""Pictures of numbers, each with its scale below."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st

from lcviz.figures.scales import PictureScale, scale_picture
from lcviz.ui.pictures import picture_tag

_SIDE: Final = 384


def show_scale_pictures(
    pictures: Sequence[tuple[PictureScale, npt.NDArray[np.float32], str]], extra: Sequence[str] = ()
) -> None:
    """Lay pictures out in as many columns as fit.

    Args:
        pictures: what each shows (rows, columns), NaN without data, and a note on it.
        extra: further figures, as HTML.
    """
    figures = [_figure(*picture) for picture in pictures]
    st.html(f'<div class="lcviz-pictures lcviz-scaled">{"".join((*figures, *extra))}</div>')


def small(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Every n-th pixel, so that a small picture is small to send."""
    step = max(1, -(-max(values.shape[:2]) // _SIDE))
    return values[::step, ::step]


def picture_figure(pixels: npt.NDArray[np.uint8], title: str, note: str, below: str = "") -> str:
    """One picture with its caption, as HTML; `below` is HTML between the two."""
    shown = np.ascontiguousarray(small(pixels))
    tag = picture_tag(shown, title, lossless=True, kind="classes whole")
    return (
        f'<figure><div class="frame">{tag}</div>{below}'
        f"<figcaption>{escape(title)}<br><span>{escape(note)}</span></figcaption></figure>"
    )


def scale_bar(scale: PictureScale) -> str:
    """The colours of a scale and its ticks, as HTML."""
    stops = ", ".join(scale.stops())
    reach = scale.high - scale.low
    ticks = "".join(
        f'<span style="left:{100 * (value - scale.low) / reach:.1f}%">{escape(text)}</span>'
        for text, value in scale.ticks.items()
    )
    return (
        f'<div class="lcviz-bar"><i style="background:linear-gradient(to right, {stops})"></i>'
        f"<b>{ticks}</b></div>"
    )


def _figure(scale: PictureScale, values: npt.NDArray[np.float32], note: str) -> str:
    drawn = scale_picture(np.ascontiguousarray(small(values)), scale)
    return picture_figure(drawn, scale.title, f"{scale.meaning}. {note}", scale_bar(scale))
