"""An image beside its class map, to look through, to zoom into and to ask for one pixel."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

_HERE: Final = Path(__file__).parent
_HTML: Final = """
<div class="viewer">
  <div class="panes">
    <figure><figcaption>Image</figcaption>
      <div class="frame"><div class="stage">
        <img class="base" alt=""><div class="mark"></div></div></div></figure>
    <figure><figcaption class="shown"></figcaption>
      <div class="frame" tabindex="0" role="application"
        aria-label="Map: click a pixel, or move with the arrow keys, to see its class probabilities;
          plus and minus zoom">
        <div class="stage"><img class="under" alt=""><img class="over" alt="">
        <div class="mark"></div></div></div></figure>
  </div>
  <div class="controls">
    <div class="buttons" role="group" aria-label="Zoom">
      <button class="in" aria-label="Zoom in">+</button>
      <button class="out" aria-label="Zoom out">&minus;</button>
      <button class="whole">Whole</button>
    </div>
    <div class="buttons"><button class="contrast"
      title="Darkest and brightest 2% of the pixels drawn black and white; pictures can then not be
compared with each other">Stretch contrast</button></div>
    <div class="buttons layers" role="group" aria-label="What lies over the image"></div>
    <label class="fade">Image
      <input class="opacity" type="range" min="0" max="100" value="100"
        aria-label="Opacity of the map">
      map <span class="percent"></span></label>
  </div>
</div>
"""


def show_map(
    *,
    key: str,
    title: str,
    image: str,
    stretched_image: str,
    stretched: bool,
    layers: Mapping[str, str],
    shape: tuple[int, int],
    step: int,
    pixel: tuple[int, int],
    on_pixel: Callable[[int, int], None],
) -> None:
    """Show an image beside the maps of it, whose opacity over the image a slider changes at once.

    Args:
        key: of the element.
        title: what the image shows, for those who do not see it.
        image: `data:` address of the image.
        stretched_image: likewise, with the contrast of this image alone.
        stretched: whether that one is shown at first.
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
        "stretched_image": stretched_image,
        "stretched": stretched,
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
