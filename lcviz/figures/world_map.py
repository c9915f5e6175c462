"""The world map: a folium map that needs no internet.

Everything the browser loads (Leaflet, the land) comes from the app's own `static/` folder;
OpenStreetMap's tiles are fetched only once a person ticks them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import folium
import pandas as pd
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template
from folium.utilities import JsCode

from lcviz.figures.style import INK
from lcviz.study.scene_table import patch_count, scene_label

# Relative to the map's frame (/component/<name>/), so that it holds under server.baseUrlPath too.
_VENDOR: Final = "../../app/static/vendor"

Corners = Sequence[tuple[float, float]]

_INHABITED: Final = ((-56, -168), (76, 179))
"""South-west and north-east corner of the first view, (latitude, longitude)."""

_FEW_SCENES: Final = 100
"""More are drawn smaller, so that neighbours stay apart."""

_NEAR: Final = 10
"""Zoom at which a scene, some tens of kilometres wide, fills a small map."""
_KEYS: Final = Path(__file__).with_name("scene_keys.js").read_text(encoding="utf-8")

_THEMES: Final = {
    False: {"sea": "#DFE8ED", "land": "#F7F5EF", "border": "#CFCABD", "ring": INK[False]},
    True: {"sea": "#12191D", "land": "#333C38", "border": "#56605B", "ring": INK[True]},
}

# Properties, not HTML, so that nothing in a scene's place is ever run. The time makes every click
# a new value, in a new object: without it a second click on a scene would not reach the app.
_ON_EACH_SCENE: Final = JsCode(
    """
    function (feature, layer) {
        layer.bindTooltip(function () {
            const box = document.createElement("div");
            feature.properties.lines.forEach(function (line, i) {
                const row = document.createElement(i ? "div" : "strong");
                row.textContent = line;
                box.appendChild(row);
            });
            return box;
        });
        layer.on("click", function () {
            feature.properties = {...feature.properties, clicked: Date.now()};
        });
    }
    """
)


class OfflineMap(folium.Map):
    """A folium map whose only script and style are the Leaflet that ships with the app."""

    default_js = [("leaflet", f"{_VENDOR}/leaflet-1.9.4/leaflet.js")]  # noqa: RUF012
    default_css = [("leaflet_css", f"{_VENDOR}/leaflet-1.9.4/leaflet.css")]  # noqa: RUF012


class _Land(JSCSSMixin, MacroElement):
    """Natural Earth's land and borders, drawn on a canvas below everything else."""

    default_js = [("land", f"{_VENDOR}/natural-earth-50m/land.js")]  # noqa: RUF012
    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {{ this._parent.get_name() }}.createPane("land").style.zIndex = 150;
        {{ this._parent.get_name() }}.attributionControl.setPrefix("Leaflet");
        {{ this._parent.get_name() }}.getContainer().style.background = "{{ this.sea }}";
        L.geoJSON(window.NATURAL_EARTH, {
            pane: "land", interactive: false, renderer: L.canvas({pane: "land", padding: 0.5}),
            attribution: "Natural Earth",
            style: function (feature) {
                return feature.properties.kind === "land"
                    ? {stroke: false, fillColor: "{{ this.land }}", fillOpacity: 1}
                    : {color: "{{ this.border }}", weight: 0.7};
            }
        }).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, sea: str, land: str, border: str) -> None:
        super().__init__()
        self._name = "Land"
        self.sea, self.land, self.border = sea, land, border


class Manners(MacroElement):
    """How the map behaves on a page, by wheel, by button and by key.

    The wheel scrolls the page until the map is clicked. Buttons show the whole world, and the open
    scene from near. The scenes are one stop of the tabulator, with arrow keys among them.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        <style>
        path.leaflet-interactive:focus { outline: none; }
        path.leaflet-interactive:focus-visible { stroke-width: 5px; }
        .lcviz-far .lcviz-footprint { display: none; }
        </style>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        (function (map) {
            map.on("click", () => map.scrollWheelZoom.enable());
            map.getContainer().addEventListener("mouseleave", () => map.scrollWheelZoom.disable());
            function nearOrFar() {
                const far = map.getZoom() < {{ this.near }} - 3;  // outlines would be specks
                map.getContainer().classList.toggle("lcviz-far", far);
            }
            map.on("zoomend", nearOrFar);
            map.whenReady(nearOrFar);
            const views = L.control({position: "topleft"});
            views.onAdd = function () {
                const bar = L.DomUtil.create("div", "leaflet-bar");
                function add(name, sign, show) {
                    const button = L.DomUtil.create("a", "", bar);
                    button.href = "#";
                    button.role = "button";
                    button.title = name;
                    button.setAttribute("aria-label", name);
                    button.textContent = sign;
                    L.DomEvent.on(button, "click", function (event) {
                        L.DomEvent.preventDefault(event);
                        show();
                    });
                }
                L.DomEvent.disableClickPropagation(bar);
                add("Whole world", "\u2922", () => map.fitBounds({{ this.bounds }}));
                add("Open scene from near", "\u25ce", () => map.eachLayer(function (layer) {
                    if (layer.options.openScene) map.setView(layer.getLatLng(), {{ this.near }});
                }));
                return bar;
            };
            views.addTo(map);
            ({{ this.keys }})(map);
        })({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "Manners"
        self.bounds = [list(corner) for corner in _INHABITED]
        self.near, self.keys = _NEAR, _KEYS


class _DarkControls(MacroElement):
    """Leaflet's buttons, boxes and tooltips in the colours of the dark theme."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        <style>
        .leaflet-container .leaflet-bar a, .leaflet-container .leaflet-control-layers,
        .leaflet-container .leaflet-control-attribution, .leaflet-tooltip,
        .leaflet-container .leaflet-control-scale-line {
            background: #1C2421; color: #E7ECE8; border-color: #35403B; text-shadow: none; }
        .leaflet-tooltip::before { display: none; }
        </style>
        {% endmacro %}
        """
    )


def base_map(view: Corners, *, dark: bool = False) -> folium.Map:
    """Land and borders, and OpenStreetMap on a tick; a layer control and `Manners` come last.

    Args:
        view: what is seen first, its south-west and north-east corner (latitude, longitude).
        dark: whether the page around it is dark.
    """
    theme = _THEMES[dark]
    world = OfflineMap(tiles=None, zoom_start=1, font_size="0.75rem", control_scale=True)
    # Set here, since without tiles folium leaves the zoom without limits.
    world.options.update(
        minZoom=0, maxZoom=17, zoomSnap=0.25, worldCopyJump=True, scrollWheelZoom=False
    )
    world.fit_bounds(view)
    if dark:
        world.add_child(_DarkControls())
    world.add_child(_Land(theme["sea"], theme["land"], theme["border"]))
    folium.TileLayer(
        "OpenStreetMap", name="OpenStreetMap (online)", overlay=True, show=False
    ).add_to(world)
    return world


def world_map(coloured: pd.DataFrame, *, dark: bool = False) -> folium.Map:
    """A map with one circle a scene; a click on it brings back its `scene_id`.

    Build it anew for every run: folium renames its parts when it renders. Scenes without a place
    are left out.

    Args:
        coloured: a table from `map_colours.colour_scenes`.
        dark: whether the page around it is dark.
    """
    theme = _THEMES[dark]
    world = base_map(_INHABITED, dark=dark)
    placed = coloured[coloured.longitude.notna() & coloured.latitude.notna()]
    folium.GeoJson(
        {
            "type": "FeatureCollection",
            "features": [_feature(row, theme["ring"]) for row in placed.itertuples()],
        },
        marker=folium.CircleMarker(radius=6 if len(placed) <= _FEW_SCENES else 4.5),
        on_each_feature=_ON_EACH_SCENE,
        control=False,
    ).add_to(world)
    world.add_child(Manners())  # after the scenes, whose keys it sets
    folium.LayerControl(position="topright", collapsed=False).add_to(world)
    return world


def open_scene(
    scene: Any,
    footprints: Mapping[str, Any] | None = None,
    patch_id: str | None = None,
    *,
    dark: bool = False,
) -> folium.FeatureGroup | None:
    """What marks the open scene, to be laid over the map without drawing it again.

    A ring, and the outlines of its patches, which are seen from near.

    Args:
        scene: a row of `scene_table`; None, or one without a place, gives None.
        footprints: GeoJSON of its patches, each with its `patch_id`; None where not known.
        patch_id: the open patch, whose outline is stronger.
        dark: whether the page around the map is dark.
    """
    if scene is None or pd.isna(scene.longitude) or pd.isna(scene.latitude):
        return None
    group = folium.FeatureGroup(name="Open scene", control=False)
    ink = _THEMES[dark]["ring"]
    for feature in () if footprints is None else footprints["features"]:
        chosen = feature["properties"]["patch_id"] == patch_id
        outline = folium.Polygon(
            [(y, x) for x, y in feature["geometry"]["coordinates"][0]],
            color=ink,
            weight=2.5 if chosen else 1,
            opacity=1 if chosen else 0.6,
            fill=chosen,
            fill_opacity=0.15,
            interactive=False,
        )
        outline.options["className"] = "lcviz-footprint"
        outline.add_to(group)
    ring = folium.CircleMarker(
        (scene.latitude, scene.longitude),
        radius=11,
        color=ink,
        weight=2.5,
        fill=False,
        interactive=False,
    )
    ring.options["openScene"] = True
    ring.add_to(group)
    return group


def _feature(row: Any, ink: str) -> dict[str, Any]:
    lines = [scene_label(row), patch_count(row)]
    if row.holdout:
        lines.append("Official hold-out scene of SEN12MS")
    if row.split == "training":
        lines.append("Training scene of this model, not scored")
    elif row.split == "overlapping":
        lines.append("Shares ground with a scene this model learned from, not scored")
    elif row.split is not None:
        score = "no score" if pd.isna(row.accuracy) else f"accuracy {row.accuracy:.1%}"
        lines.append(f"{row.split.capitalize()} scene, {score}")
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [row.longitude, row.latitude]},
        "properties": {
            "scene_id": row.scene_id,
            "lines": lines,
            "style": {
                # Seen on the land whatever the colour within: the lowest accuracies are dark.
                "color": row.colour if row.outline else ink,
                "weight": 2 if row.outline else 1,
                "dashArray": "3 3" if row.outline == "dashed" else None,
                "fill": True,
                "fillColor": row.colour,
                "fillOpacity": 0.05 if row.outline else 0.95,
            },
        },
    }
