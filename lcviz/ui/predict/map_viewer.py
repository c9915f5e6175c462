"""A class map over its image, to look through and to ask for one pixel."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

_HERE: Final = Path(__file__).parent
_HTML: Final = """
<div class="viewer">
  <div class="frame" tabindex="0" role="application"
    aria-label="Map: click a pixel, or move with the arrow keys, to see its class probabilities">
    <img class="base" alt=""><img class="over" alt=""><div class="mark"></div>
  </div>
  <div class="controls">
    <label class="fade">Image
      <input class="opacity" type="range" min="0" max="100" value="65"
        aria-label="Opacity of the map">
      Map <span class="percent"></span></label>
    <div class="layers" role="group" aria-label="What lies over the image"></div>
  </div>
</div>
"""


def show_map(
    *,
    key: str,
    title: str,
    image: str,
    layers: Mapping[str, str],
    shape: tuple[int, int],
    step: int,
    pixel: tuple[int, int],
    on_pixel: Callable[[int, int], None],
) -> None:
    """Show maps over an image, with an opacity that a slider changes at once.

    Args:
        key: of the element.
        title: what the image shows, for those who do not see it.
        image: `data:` address of the picture below.
        layers: name -> `data:` address of a picture that may lie over it; the first is shown.
        shape: rows and columns of the raster, whatever those of the pictures.
        step: pixels that an arrow key moves.
        pixel: row and column that is marked.
        on_pixel: called with the row and column that are picked.
    """

    def picked() -> None:
        chosen = st.session_state[key].get("pixel")
        # What a browser sends is not to be trusted.
        if isinstance(chosen, list) and len(chosen) == 2:
            row, column = (int(v) if isinstance(v, int | float) else -1 for v in chosen)
            if 0 <= row < shape[0] and 0 <= column < shape[1]:
                on_pixel(row, column)

    data = {
        "title": title,
        "image": image,
        "rows": shape[0],
        "columns": shape[1],
        "step": step,
        "layers": [{"name": name, "uri": uri} for name, uri in layers.items()],
        "pixel": list(pixel),
    }
    _component()(key=key, data=data, on_pixel_change=picked)


def _component() -> Any:
    return st.components.v2.component(
        "lcviz_map", html=_HTML, css=_text("map_viewer.css"), js=_text("map_viewer.js")
    )


@cache
def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
