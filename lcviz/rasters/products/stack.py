"""What a person brought, written as one GeoTIFF on the 10 m grid that all else reads by windows.

Each file is decoded once, a window at a time. The numbers stay as they are stored; what the product
says of them goes into tags, which the guard holds against the pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.georeference import GeoBox
from lcviz.rasters.checks import MAX_PIXELS, MAX_SIDE
from lcviz.rasters.gdal_errors import GDAL_ERRORS
from lcviz.rasters.products.holdings import require_room
from lcviz.rasters.products.places import Place
from lcviz.rasters.products.sheets import read_on
from lcviz.rasters.reading import InputRaster, guarded

_BLOCK: Final = 1024
"""Rows and columns of a window: a tile of Sentinel-2's JPEG 2000."""
_TILE: Final = 256

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Layer:
    """Bands that lie in the same files, side by side on the ground."""

    names: tuple[str, ...]
    """Descriptions of the bands, "" for none."""
    sheets: tuple[InputRaster, ...]


@dataclass(frozen=True)
class Stack:
    """One GeoTIFF to write."""

    layers: tuple[Layer, ...]
    grid: GeoBox
    dtype: str
    nodata: float | None
    tags: dict[str, str]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    add: tuple[float, ...] = ()
    """What is added to the stored values of each band that are not `nodata`."""
    unusable: tuple[float, ...] = ()
    """Values, beside `nodata`, that are no measurement."""
    classes: InputRaster | None = None
    """Scene classification; pixels of the classes `dropped` become no data."""
    class_place: int | None = None
    """0-based place of the scene classification, where it is one of the bands."""
    dropped: tuple[int, ...] = ()
    band_tags: tuple[dict[str, str], ...] = ()


@dataclass
class Written:
    """What was seen while writing."""

    clouded: int = 0
    """Pixels that the scene classification calls cloud or shadow."""
    classified: int = 0
    """Pixels of which it says anything."""


def write_stack(
    stack: Stack,
    target: Path,
    place: Place | None = None,
    progress: Progress = lambda fraction: None,
    clouds: Sequence[int] = (),
) -> Written:
    """Write a stack, or the part of it at a place.

    Args:
        stack: what to write.
        target: file to write.
        place: keep only the window that holds it, and in it only the place.
        progress: called with the fraction that is done.
        clouds: values of the scene classification that are counted as cloud or shadow.

    Raises:
        RasterError: a file is damaged, the place lies elsewhere, or the disk is full.
    """
    grid = stack.grid
    whole = place.window(grid) if place else Window(0, 0, grid.shape[1], grid.shape[0])
    _check_size(whole, stack, target.parent)
    seen = Written()
    profile = {
        "driver": "GTiff",
        "dtype": stack.dtype,
        "count": sum(len(x.names) for x in stack.layers),
        "height": int(whole.height),
        "width": int(whole.width),
        "nodata": stack.nodata,
        "tiled": True,
        "blockxsize": _TILE,
        "blockysize": _TILE,
        "interleave": "pixel",
        "compress": "zstd",
        "zstd_level": 1,
        "bigtiff": "if_safer",
    }
    left, top = whole.col_off, whole.row_off
    if grid.crs is not None:
        profile |= {"crs": grid.crs, "transform": grid.shifted(top, left).transform}
    elif not grid.transform.is_identity:
        profile |= {"transform": grid.shifted(top, left).transform}
    windows = [
        Window(
            column,
            row,
            min(_BLOCK, left + whole.width - column),
            min(_BLOCK, top + whole.height - row),
        )
        for row in range(top, top + int(whole.height), _BLOCK)
        for column in range(left, left + int(whole.width), _BLOCK)
    ]
    try:
        with guarded(), rasterio.open(target, "w", **profile) as out:
            out.descriptions = tuple(n or None for x in stack.layers for n in x.names)
            out.update_tags(**stack.tags)
            for band, tags in enumerate(stack.band_tags, 1):
                out.update_tags(band, **tags)
            if set(stack.scales) != {1.0} or set(stack.offsets) != {0.0}:
                out.scales, out.offsets = stack.scales, stack.offsets
            for done, window in enumerate(windows, 1):
                values = _values(stack, window, seen, clouds)
                if place is not None:
                    values[:, place.outside(grid, window)] = _empty(stack)
                at = Window(
                    window.col_off - left, window.row_off - top, window.width, window.height
                )
                out.write(values, window=at)
                progress(done / len(windows))
    except (*GDAL_ERRORS, OSError) as error:
        target.unlink(missing_ok=True)
        raise RasterError(
            f"{target.name} cannot be written ({error}). Make room on the disk of {target.parent}"
        ) from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return seen


def _values(stack: Stack, window: Window, seen: Written, clouds: Sequence[int]) -> npt.NDArray[Any]:
    """The stack's values in a window, (bands, rows, columns)."""
    parts = [_layer(stack, layer, window) for layer in stack.layers]
    values = np.concatenate(parts)
    none = np.zeros(values.shape, dtype=np.bool_)
    for special in (stack.nodata, *stack.unusable):
        if special is not None:
            none |= np.isnan(values) if np.isnan(special) else values == special
    if stack.add:
        values += np.array(stack.add, dtype=values.dtype)[:, None, None]
    if stack.nodata is not None:
        values[none] = stack.nodata
    found = None
    if stack.classes is not None:
        found = read_on(stack.classes, stack.grid, window, [1])[0][0]
    elif stack.class_place is not None:
        found = values[stack.class_place].copy()
    if found is not None:
        seen.classified += int(np.count_nonzero(found))
        seen.clouded += int(np.isin(found, clouds).sum())
        values[:, np.isin(found, stack.dropped)] = _empty(stack)
    return values


def _layer(stack: Stack, layer: Layer, window: Window) -> npt.NDArray[Any]:
    size = (len(layer.names), int(window.height), int(window.width))
    out = np.full(size, _empty(stack), dtype=stack.dtype)
    for sheet in layer.sheets:
        places = range(1, len(layer.names) + 1)
        values, measured = read_on(sheet, stack.grid, window, places)
        values = values.astype(stack.dtype)
        for place in places:
            own = sheet.nodata[place - 1]
            if own is not None and own != stack.nodata:
                held = np.isnan(values[place - 1]) if np.isnan(own) else values[place - 1] == own
                values[place - 1][held] = _empty(stack)
        out[:, measured] = values[:, measured]
    return out


def _empty(stack: Stack) -> float:
    return 0.0 if stack.nodata is None else stack.nodata


def _check_size(window: Window, stack: Stack, folder: Path) -> None:
    rows, columns = int(window.height), int(window.width)
    if max(rows, columns) > MAX_SIDE or rows * columns > MAX_PIXELS:
        raise RasterError(
            f"Together it has {rows:,} x {columns:,} pixels; at most {MAX_PIXELS / 1e6:,.0f} "
            "million are predicted. Name a smaller area"
        )
    bands = sum(len(layer.names) for layer in stack.layers)
    require_room(folder, rows * columns * bands * np.dtype(stack.dtype).itemsize)
