"""Pictures of a raster on the offline map, at their place, with a slider for their opacity."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import folium
from branca.element import MacroElement
from folium.template import Template

from lcviz.figures.map_area import AreaTool
from lcviz.figures.map_box import BoxTool
from lcviz.figures.style import INK
from lcviz.figures.world_map import Corners, Manners, base_map

AREA_COLOUR: Final = "#E0457B"
"""Of an area's outline: no class's, and seen on land, water, snow and forest."""
_ROUND: Final = 0.15
"""Share of a picture's side that is seen around it at first."""


@dataclass(frozen=True)
class MapPicture:
    """A picture that a web map can draw between two corners."""

    name: str
    uri: str
    """`data:` address."""
    corners: tuple[tuple[float, float], tuple[float, float]]
    """South-west and north-east, each latitude and longitude, degrees."""
    pixelated: bool = False
    """Whether it is of classes, whose edges must not be smoothed."""


class _Pictures(MacroElement):
    """The pictures, the last over the others, and a slider for it."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        <style>
        .leaflet-container img.lcviz-classes { image-rendering: pixelated; }
        .lcviz-opacity { display: flex; gap: .5rem; align-items: center; padding: .3rem .6rem;
            font: .8rem sans-serif; color: {{ this.ink }}; background: {{ this.paper }};
            border-radius: 4px; }
        .lcviz-opacity input { width: 8rem; }
        </style>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        (function (map, pictures) {
            const layers = pictures.map(function (picture, i) {
                return L.imageOverlay(picture.uri, picture.corners, {
                    alt: picture.name, className: picture.pixelated ? "lcviz-classes" : "",
                    zIndex: 10 + i,
                }).addTo(map);
            });
            if (layers.length < 2) return;
            const top = layers[layers.length - 1], name = pictures[pictures.length - 1].name;
            const control = L.control({position: "bottomright"});
            control.onAdd = function () {
                const label = L.DomUtil.create("label", "lcviz-opacity leaflet-bar");
                const range = document.createElement("input");
                range.type = "range";
                range.min = 0;
                range.max = 100;
                range.value = window.lcvizOpacity === undefined ? 80 : window.lcvizOpacity;
                range.setAttribute("aria-label", "Opacity of the map");
                const fade = function () {
                    window.lcvizOpacity = range.value;
                    top.setOpacity(range.value / 100);
                };
                range.oninput = fade;
                fade();
                label.append(pictures[0].name, range, name);
                L.DomEvent.disableClickPropagation(label);
                return label;
            };
            control.addTo(map);
        })({{ this._parent.get_name() }}, {{ this.pictures | tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, pictures: Sequence[MapPicture], *, dark: bool) -> None:
        super().__init__()
        self._name = "Pictures"
        self.pictures = [asdict(picture) for picture in pictures]
        self.ink, self.paper = INK[dark], INK[not dark]


def picture_map(pictures: Sequence[MapPicture], *, draw: bool, dark: bool) -> folium.Map:
    """A map of pictures, the last of several with a slider for its opacity.

    Args:
        pictures: at least one, bottom first.
        draw: whether an area can be drawn.
        dark: whether the page around it is dark.
    """
    world = base_map(_around(pictures[0].corners), dark=dark)
    world.add_child(_Pictures(pictures, dark=dark))
    if draw:
        world.add_child(BoxTool("Drag over the area", AREA_COLOUR))
        world.add_child(AreaTool(AREA_COLOUR))
    world.add_child(Manners())
    folium.LayerControl(position="topright", collapsed=True).add_to(world)
    return world


def area_outline(geometry: Mapping[str, object]) -> folium.FeatureGroup:
    """An area (GeoJSON geometry, degrees), to be laid over the map without drawing it again."""
    group = folium.FeatureGroup(name="Area", control=False)
    folium.GeoJson(
        geometry,
        style_function=lambda _: {"color": AREA_COLOUR, "weight": 3, "fillOpacity": 0.05},
        interactive=False,
    ).add_to(group)
    return group


def _around(corners: Corners) -> Corners:
    (south, west), (north, east) = corners
    rows, columns = _ROUND * (north - south), _ROUND * (east - west)
    return (south - rows, west - columns), (north + rows, east + columns)
