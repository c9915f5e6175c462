"""What a person brought, made one raster on the page: which scene of it, which area, how."""

from pathlib import Path
from typing import Final

import streamlit as st

from lcviz.errors import RasterError
from lcviz.rasters.products.opening import Prepared, SeveralScenesError, Wish, prepare
from lcviz.rasters.products.places import Place, place_of_box, place_of_geojson
from lcviz.ui.choices import kept_choice, pick
from lcviz.ui.jobs.session_files import session_files
from lcviz.ui.states import as_markdown

_MADE: Final = "raster-made"
_YES: Final = "yes"
WHOLE: Final = "all"
"""What the URL's `area` says where all of a large image is wanted."""
WISHES: Final = ("area", "clouds", "resample", "scene-of")
"""What can be asked of an image, as the URL names it."""


def prepared(path: Path, folder: Path | None, stamp: str, wish: Wish) -> Prepared | None:
    """Make one GeoTIFF of what was brought, once for each wish; None until a scene is named.

    Args:
        path: file, zip or folder.
        folder: all must lie in it, links resolved.
        stamp: changes when the file does.
        wish: as `choose_wish` gives it.

    Raises:
        RasterError: it cannot be used, or the area is none.
    """
    key = f"{path} {stamp} {wish_key()}"
    made = st.session_state.get(_MADE)
    if made is not None and made[0] == key and made[1].path.exists():
        kept: Prepared = made[1]
        return kept
    bar = st.empty()
    try:
        found = prepare(
            [path],
            session_files().workplace(),
            wish,
            folder,
            lambda fraction: _tell(bar, fraction),
        )
    except SeveralScenesError as several:
        _ask_for_scene(several.names)
        return None
    finally:
        bar.empty()
    st.session_state[_MADE] = (key, found)
    return found


def forget_prepared() -> None:
    """Let go of what was made, and of what was asked of it."""
    st.session_state.pop(_MADE, None)
    session_files().clear_workplace()
    for name in WISHES:
        pick(name, None)


def _tell(bar: st.delta_generator.DeltaGenerator, fraction: float) -> None:
    if fraction < 1:
        bar.progress(fraction, "Reading the bands ...")


def choose_wish() -> Wish:
    """Show what can be asked of an image before it is read, and read it.

    Raises:
        RasterError: the area is none.
    """
    with st.popover("Area, clouds, pixel size", icon=":material/crop:"):
        st.session_state["choice-area"] = _typed_area()
        st.text_area(
            "Only this area",
            key="choice-area",
            max_chars=4000,  # it stands in the URL
            placeholder="13.1, 45.2, 13.4, 45.5",
            help="West, south, east, north in degrees; or a polygon as GeoJSON, as geojson.io "
            "draws it. Nothing else is read and predicted. Empty: all of it.",
            on_change=_pick_area,
        )
        without = _toggle(
            "clouds",
            "Leave out cloud and its shadow",
            "By the scene classification (SCL) of a Level-2A product; of Level-1C cloud alone, by "
            "s2cloudless if it is installed, else by its colour. They become no data.",
        )
        resample = _toggle(
            "resample",
            "Resample to 10 m",
            "For pixels of another size. The models know 10 m; no detail is added.",
        )
    return Wish(chosen_place(), resample, without, kept_choice("scene-of"))


def wish_key() -> str:
    """Tells one wish from another."""
    return " ".join(str(kept_choice(name)) for name in WISHES)


def _toggle(name: str, label: str, why: str) -> bool:
    st.session_state[f"choice-{name}"] = kept_choice(name) == _YES
    return st.toggle(label, key=f"choice-{name}", help=why, on_change=_pick_toggle, args=(name,))


def _pick_toggle(name: str) -> None:
    pick(name, _YES if st.session_state[f"choice-{name}"] else None)
    pick("pixel", None)


def _pick_area() -> None:
    pick("area", st.session_state["choice-area"].strip() or None)
    pick("pixel", None)


def _typed_area() -> str:
    area = kept_choice("area") or ""
    return "" if area == WHOLE else area


def chosen_place() -> Place | None:
    """The area that is asked for; None for all of it.

    Raises:
        RasterError: it is none.
    """
    text = _typed_area().strip()
    if not text:
        return None
    if text.startswith(("{", "[")):
        return place_of_geojson(text)
    try:
        west, south, east, north = (float(part) for part in text.replace(",", " ").split())
    except ValueError as error:
        raise RasterError(
            f"{text[:60]!r} is no area. Write west, south, east, north in degrees, or a GeoJSON"
        ) from error
    return place_of_box(west, south, east, north)


def _ask_for_scene(names: tuple[str, ...]) -> None:
    chosen = st.selectbox(
        f"It holds {len(names)} scenes. Which one?",
        names,
        index=None,
        format_func=as_markdown,
        key="choice-scene-of",
    )
    if chosen is None:
        st.caption("Nothing is predicted before this is answered.")
        return
    pick("scene-of", chosen)
    st.rerun()
