"""An area of an image, drawn on the map before the image is read and predicted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import streamlit as st
from shapely.geometry import mapping
from streamlit.delta_generator import DeltaGenerator
from streamlit_folium import st_folium

from lcviz.errors import RasterError
from lcviz.figures.map_area import area_text
from lcviz.figures.picture_map import MapPicture, area_outline, picture_map
from lcviz.georeference import GeoBox
from lcviz.rasters.overlay import on_web_map
from lcviz.rasters.products.glance import glance
from lcviz.rasters.products.opening import Wish
from lcviz.ui.choices import kept_choice, pick
from lcviz.ui.jobs.session_files import session_files
from lcviz.ui.pictures import data_uri
from lcviz.ui.predict.preparing import WHOLE

_WHOLE: Final = "raster-whole"
_KEY: Final = "area-map"
_SWITCH: Final = "draw-area"
_LARGE: Final = 16_000_000
"""Pixels of a product from which on it is asked which area is wanted before all is read."""
_SIDE: Final = 512


@dataclass(frozen=True, eq=False)
class _Whole:
    """All of an image, small, whatever area of it is predicted."""

    source: str
    pixels: int
    picture: MapPicture | None
    """None where the image does not say where it lies."""


def remember_whole(source: str, geobox: GeoBox, picture: npt.NDArray[np.uint8]) -> None:
    """Keep the picture of a whole image, to draw an area on it later.

    Args:
        source: tells the image from any other.
        geobox: of the image.
        picture: that covers it.
    """
    known = st.session_state.get(_WHOLE)
    if not (isinstance(known, _Whole) and known.source == source):
        st.session_state[_WHOLE] = _whole(source, geobox, picture)


def decided(source: str, path: Path, folder: Path | None, wish: Wish) -> bool:
    """Ask which area of a large product is wanted, before it is read; False until that is settled.

    Args:
        source: tells the image from any other.
        path: file, zip or folder that was brought.
        folder: all must lie in it.
        wish: what is asked of it.

    Raises:
        RasterError: the product is hostile or damaged.
    """
    if kept_choice("area") is not None:
        return True
    whole = _known_whole(source, path, folder, wish)
    if whole is None or whole.picture is None or whole.pixels <= _LARGE:
        return True
    st.markdown(
        f"**It has {whole.pixels / 1e6:,.0f} million pixels.** Draw the area that you want, or "
        "read all of it, which takes minutes."
    )
    st.button("All of it", icon=":material/select_all:", on_click=_pick, args=(WHOLE,))
    _draw(whole.picture, wish)
    return False


def offer_area(source: str, wish: Wish, row: DeltaGenerator) -> None:
    """Let an area be drawn on a map of the whole image, where that is known.

    Args:
        source: tells the image from any other.
        wish: what is asked of it.
        row: beside whose widgets the switch stands.
    """
    whole = st.session_state.get(_WHOLE)
    if not isinstance(whole, _Whole) or whole.source != source or whole.picture is None:
        return
    with row:
        drawing = st.toggle("Draw an area", key=_SWITCH)
        if wish.place is not None:
            st.button(
                "Forget the area",
                icon=":material/close:",
                type="tertiary",
                on_click=_pick,
                args=(None,),
            )
    if drawing:
        _draw(whole.picture, wish)


def _known_whole(source: str, path: Path, folder: Path | None, wish: Wish) -> _Whole | None:
    known = st.session_state.get(_WHOLE)
    if isinstance(known, _Whole) and known.source == source:
        return known
    with st.spinner("Looking at the product ..."):
        seen = glance(path, session_files().folder, folder, wish.scene)
    if seen is None:
        return None
    remember_whole(source, seen.geobox, seen.picture)
    found: _Whole = st.session_state[_WHOLE]
    return found


def _draw(picture: MapPicture, wish: Wish) -> None:
    dark = st.context.theme.type == "dark"
    outline = None
    if wish.place is not None:
        outline = area_outline(mapping(wish.place.geometry))
    st_folium(
        picture_map([picture], draw=True, dark=dark),
        key=_KEY,
        height=380,
        use_container_width=True,
        returned_objects=["last_active_drawing"],
        feature_group_to_add=outline,
        on_change=_take_drawn,
    )
    said = "Draw a box or a polygon, or move the map (arrow keys, + and -) and take what it shows. "
    said += "Sides in degrees can be typed under *Area, clouds, pixel size*."
    st.caption(said)


def _take_drawn() -> None:
    drawing: dict[str, Any] = (st.session_state[_KEY] or {}).get("last_active_drawing") or {}
    text = area_text(drawing)
    if text is not None:
        _pick(text)
        # The map has done its work and makes room for what is predicted.
        st.session_state[_SWITCH] = False


def _pick(area: str | None) -> None:
    pick("area", area)
    pick("pixel", None)


def _whole(source: str, geobox: GeoBox, picture: npt.NDArray[np.uint8]) -> _Whole:
    pixels = geobox.shape[0] * geobox.shape[1]
    if geobox.crs is None:
        return _Whole(source, pixels, None)
    step = max(1, -(-max(picture.shape[:2]) // _SIDE))
    try:
        drawn = on_web_map(picture[::step, ::step], geobox, classes=False)
    except (RasterError, ValueError):
        return _Whole(source, pixels, None)
    uri = data_uri(drawn.pixels, lossless=False)
    return _Whole(source, pixels, MapPicture("Image", uri, drawn.corners))
