"""A box of scenes: drawn on the world map with no plugin, kept in the URL, and what lies in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
import pandas as pd
from branca.element import MacroElement
from folium.template import Template

from lcviz.figures.style import INK


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
    as the last drawing; the plugin itself would have to be fetched from the internet.
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
        (function (map) {
            const frame = map.getContainer();
            const tool = L.control({position: "topleft"});
            let bar, button, armed = false, start = null, drawn = null;
            function arm(on) {
                armed = on;
                button.setAttribute("aria-pressed", on);
                button.textContent = on ? "Drag over the scenes" : "Draw a box";
                map.dragging[on ? "disable" : "enable"]();
                frame.style.cursor = on ? "crosshair" : "";
                frame.style.touchAction = on ? "none" : "";
            }
            tool.onAdd = function () {
                bar = L.DomUtil.create("div", "leaflet-bar lcviz-box-tool");
                button = L.DomUtil.create("a", "", bar);
                button.href = "#";
                button.setAttribute("role", "button");
                L.DomEvent.disableClickPropagation(bar);
                L.DomEvent.on(button, "click", function (event) {
                    L.DomEvent.preventDefault(event);
                    arm(!armed);
                });
                return bar;
            };
            tool.addTo(map);
            arm(false);
            function bounds(event) { return L.latLngBounds(start, map.mouseEventToLatLng(event)); }
            function stop(event) { event.preventDefault(); event.stopPropagation(); }
            frame.addEventListener("pointerdown", function (event) {
                if (!armed || bar.contains(event.target)) return;
                stop(event);
                frame.setPointerCapture(event.pointerId);
                start = map.mouseEventToLatLng(event);
                drawn = L.rectangle(bounds(event), {color: "{{ this.colour }}", weight: 2,
                    dashArray: "5 4", interactive: false}).addTo(map);
            }, true);
            frame.addEventListener("pointermove", function (event) {
                if (start) { stop(event); drawn.setBounds(bounds(event)); }
            }, true);
            function end(event) {
                if (!start) return;
                stop(event);
                const box = bounds(event);
                drawn.remove();
                start = null;
                // The click that ends the drag is no click on a scene.
                frame.addEventListener("click", stop, {capture: true, once: true});
                setTimeout(function () { frame.removeEventListener("click", stop, true); }, 50);
                arm(false);
                const layer = L.rectangle(box);
                layer.feature = {type: "Feature", properties: {drawn: Date.now()}};
                map.fire("draw:created", {layer: layer, layerType: "rectangle"});
            }
            frame.addEventListener("pointerup", end, true);
            frame.addEventListener("pointercancel", end, true);
        })({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, *, dark: bool) -> None:
        super().__init__()
        self._name = "BoxTool"
        self.colour = INK[dark]


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
