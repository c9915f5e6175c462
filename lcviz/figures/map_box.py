"""A box of scenes: drawn on the world map with no plugin, kept in the URL, and what lies in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import folium
import pandas as pd
from branca.element import MacroElement
from folium.template import Template

from lcviz.figures.style import INK

_TOOL: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Box:
    """A box in degrees; one that crosses the antimeridian has its west east of its east."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str) -> "Box | None":
        """The box that `str` wrote; None for anything else."""
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError:
            return None
        good = -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90
        return cls(west, south, east, north) if good else None

    @classmethod
    def of_polygon(cls, feature: Mapping[str, Any]) -> "Box | None":
        """The box around a GeoJSON polygon with longitudes beyond 180 degrees wrapped."""
        try:
            ring = feature["geometry"]["coordinates"][0]
            longitudes, latitudes = zip(*((float(p[0]), float(p[1])) for p in ring), strict=True)
        except (KeyError, IndexError, TypeError, ValueError):
            return None
        west, east = min(longitudes), max(longitudes)
        if east - west >= 360:
            west, east = -180.0, 180.0
        south, north = (min(max(v, -90.0), 90.0) for v in (min(latitudes), max(latitudes)))
        return cls.parse(str(cls(_wrapped(west), south, _wrapped(east), north)))

    def __str__(self) -> str:
        return ",".join(f"{v:.2f}" for v in (self.west, self.south, self.east, self.north))

    def holds(self, scenes: pd.DataFrame) -> "pd.Series[bool]":
        """Which scenes (columns longitude, latitude) lie in it; one without a place does not."""
        east_of_west, west_of_east = (
            scenes.longitude >= self.west,
            scenes.longitude <= self.east,
        )
        across = self.west > self.east
        inside = (east_of_west | west_of_east) if across else (east_of_west & west_of_east)
        return inside & scenes.latitude.between(self.south, self.north)

    def in_words(self) -> str:
        """`10.0° W to 40.5° E, 35.0° S to 10.0° N`."""
        west, east = (f"{abs(v):.1f}° {'E' if v >= 0 else 'W'}" for v in (self.west, self.east))
        south, north = (f"{abs(v):.1f}° {'N' if v >= 0 else 'S'}" for v in (self.south, self.north))
        return f"{west} to {east}, {south} to {north}"


class BoxTool(MacroElement):
    """A button on the map that lets the next drag, by mouse or finger, draw a box.

    It tells the page as Leaflet's drawing plugin would (`draw:created`), so that the box comes back
    as the last drawing. The plugin itself, at its last version of 2018 (1.0.4), stops with an error
    while a rectangle is drawn, and draws none by finger (its issues 1026 and 923).
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        <style>
        .lcviz-box-tool a { width: auto !important; padding: 0 .6rem; white-space: nowrap;
            font-size: .8rem; }
        .lcviz-box-tool a[aria-pressed="true"] { background: #00694A !important;
            color: #FFF !important; }
        </style>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        ({{ this.tool }})({{ this._parent.get_name() }}, "{{ this.colour }}", "{{ this.hint }}");
        {% endmacro %}
        """
    )

    def __init__(self, hint: str, colour: str) -> None:
        super().__init__()
        self._name = "BoxTool"
        self.tool = _TOOL
        self.hint = hint
        """What is to be done once the button is pressed."""
        self.colour = colour


def box_outline(box: Box, *, dark: bool) -> folium.FeatureGroup:
    """The box, to be laid over the map without drawing it again."""
    group = folium.FeatureGroup(name="Box", control=False)
    east = box.east if box.east >= box.west else box.east + 360
    folium.Rectangle(
        ((box.south, box.west), (box.north, east)),
        color=INK[dark],
        weight=2.5,
        fill=True,
        fill_opacity=0.08,
        interactive=False,
    ).add_to(group)
    return group


def box_around(scenes: pd.DataFrame, continents: Sequence[str]) -> Box:
    """A box around the scenes of the first of these continents that has placed ones, else of all.

    Raises:
        ValueError: no scene has a place.
    """
    placed = scenes[scenes.longitude.notna() & scenes.latitude.notna()]
    for continent in continents:
        rows = placed[placed.continent == continent]
        if len(rows):
            placed = rows
            break
    if placed.empty:
        raise ValueError("no scene has a place")
    return Box(
        max(-180.0, float(placed.longitude.min()) - 1),
        max(-90.0, float(placed.latitude.min()) - 1),
        min(180.0, float(placed.longitude.max()) + 1),
        min(90.0, float(placed.latitude.max()) + 1),
    )


def _wrapped(longitude: float) -> float:
    if -180 <= longitude <= 180:
        return longitude
    return (longitude + 180) % 360 - 180
