"""An area of interest: drawn on a map by a box, by corners or by what is seen, as text."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from branca.element import MacroElement
from folium.template import Template

_TOOL: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_DIGITS: Final = 5
"""Of a degree: about a metre, a tenth of a pixel."""


class AreaTool(MacroElement):
    """Buttons on the map: one for a polygon, corner by corner, one for all that the map shows.

    They tell the page as `map_box.BoxTool` does; put that on the map too, for a box.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        ({{ this.tool }})({{ this._parent.get_name() }}, "{{ this.colour }}");
        {% endmacro %}
        """
    )

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._name = "AreaTool"
        self.tool = _TOOL
        self.colour = colour


def area_text(feature: Mapping[str, Any]) -> str | None:
    """What was drawn as short text: `west,south,east,north` of a box, else GeoJSON; degrees.

    Args:
        feature: GeoJSON of a polygon; its property `box` tells whether it is one.

    Returns:
        None for anything that is no polygon.
    """
    try:
        geometry = feature["geometry"]
        ring = [(_wrapped(float(x)), float(y)) for x, y, *_ in geometry["coordinates"][0]]
        if geometry["type"] != "Polygon" or len(ring) < 4:
            return None
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    ring = [(round(x, _DIGITS), round(min(max(y, -90.0), 90.0), _DIGITS)) for x, y in ring]
    if feature.get("properties", {}).get("box"):
        xs, ys = zip(*ring, strict=True)
        sides = (min(xs), min(ys), max(xs), max(ys))
        return ",".join(f"{side:.{_DIGITS}f}" for side in sides)
    return json.dumps({"type": "Polygon", "coordinates": [ring]}, separators=(",", ":"))


def _wrapped(longitude: float) -> float:
    return longitude if -180 <= longitude <= 180 else (longitude + 180) % 360 - 180
