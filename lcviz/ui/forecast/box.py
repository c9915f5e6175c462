"""A box of scenes, drawn on the world map or typed in degrees."""

import pandas as pd
import streamlit as st
from streamlit_folium import st_folium

from lcviz.figures import map_colours, world_map
from lcviz.figures.map_box import Box, BoxTool, box_around, box_outline
from lcviz.figures.style import INK
from lcviz.study.scene_table import UNKNOWN
from lcviz.taxonomy import CONTINENTS
from lcviz.ui.choices import pick
from lcviz.ui.pictures import show_map_legend

_MAP_KEY = "transfer-map"
_SIDES = (
    ("West", "west", 180.0),
    ("East", "east", 180.0),
    ("South", "south", 90.0),
    ("North", "north", 90.0),
)


def choose_scenes_in_box(table: pd.DataFrame) -> tuple[Box, pd.DataFrame]:
    """Draw or type a box, kept in the URL's `box`.

    Args:
        table: rows of `scene_table`.

    Returns:
        The box, and the rows that lie in it.
    """
    box = Box.parse(st.query_params.get("box", ""))
    if box is None:
        placed = table.longitude.notna() & table.latitude.notna()
        box = box_around(table, CONTINENTS) if placed.any() else Box(-10.0, 35.0, 40.0, 60.0)
    chosen = table[box.holds(table)]
    dark = st.context.theme.type == "dark"
    coloured = map_colours.colour_scenes(table, "continent")
    world = world_map.world_map(coloured, dark=dark)
    world.add_child(BoxTool("Drag over the scenes", INK[dark]))
    st_folium(
        world,
        key=_MAP_KEY,
        height=380,
        use_container_width=True,
        returned_objects=["last_active_drawing"],
        feature_group_to_add=box_outline(box, dark=dark),
        on_change=_take_drawn,
    )
    show_map_legend(map_colours.legend(coloured), scale=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for label, side, reach in _SIDES:
            key = f"box-{side}"
            st.session_state[key] = float(getattr(box, side))
            st.number_input(
                f"{label} (°)", -reach, reach, step=1.0, key=key, on_change=_take_typed, width=130
            )
    groups = [g for g in (*CONTINENTS, UNKNOWN) if (chosen.continent == g).any()]
    counts = ", ".join(f"{g} {(chosen.continent == g).sum()}" for g in groups)
    st.caption(
        f"{len(chosen)} of {len(table)} scenes lie in the box"
        + (f": {counts}." if counts else ".")
        + " Press *Draw a box* on the map and drag, or type its sides. A west beyond the east "
        "crosses the date line."
    )
    return box, chosen


def _take_drawn() -> None:
    drawing = (st.session_state[_MAP_KEY] or {}).get("last_active_drawing") or {}
    if drawing.get("geometry", {}).get("type") == "Polygon":
        box = Box.of_polygon(drawing)
        if box is not None:
            _pick(box)


def _take_typed() -> None:
    west, east, south, north = (float(st.session_state[f"box-{side}"]) for _, side, _ in _SIDES)
    _pick(Box(west, min(south, north), east, max(south, north)))


def _pick(box: Box) -> None:
    pick("box", str(box))
    pick("window", None)
