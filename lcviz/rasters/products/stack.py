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
    windows = _windows(whole)
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


class StackRaster(InputRaster):
    """A stack read by windows, as the GeoTIFF that `write_stack` writes of it would be.

    Nothing is written: each window is decoded when it is read, and GDAL keeps some of what it
    decoded for the next.

    Args:
        stack: what is read.
        path: of the file that is not written.
        place: as `write_stack` takes it.

    Raises:
        RasterError: as `write_stack`, but for the disk.
    """

    def __init__(self, stack: Stack, path: Path, place: Place | None = None):
        grid = stack.grid
        self._stack, self._place = stack, place
        self._whole = place.window(grid) if place else Window(0, 0, grid.shape[1], grid.shape[0])
        self.height, self.width = int(self._whole.height), int(self._whole.width)
        _require_size(self._whole)
        moved = grid.shifted(self._whole.row_off, self._whole.col_off)
        self.geobox = GeoBox((self.height, self.width), moved.transform, grid.crs)
        self.path, self.stamp = path, stack.layers[0].sheets[0].stamp
        self.dtype = stack.dtype
        self.band_names = tuple(n or None for layer in stack.layers for n in layer.names)
        self.count = len(self.band_names)
        none: dict[str, str] = {}
        self.tags = (stack.tags, *(stack.band_tags or (none,) * self.count))
        self.scales, self.offsets = stack.scales, stack.offsets
        self.nodata = (stack.nodata,) * self.count
        self.from_points = False
        self.block_shape = (_BLOCK, _BLOCK)
        self.block_bytes = _BLOCK**2 * np.dtype(stack.dtype).itemsize
        self.interleaved_by_pixel = False

    def raw(self, window: Window, bands: Sequence[int]) -> npt.NDArray[Any]:
        """As `InputRaster.raw`."""
        there = Window(
            window.col_off + self._whole.col_off,
            window.row_off + self._whole.row_off,
            window.width,
            window.height,
        )
        values = _values(self._stack, there, Written(), ())
        if self._place is not None:
            values[:, self._place.outside(self._stack.grid, there)] = _empty(self._stack)
        chosen: npt.NDArray[Any] = values[[place - 1 for place in bands]]
        return chosen

    def unmasked(self, window: Window) -> npt.NDArray[np.bool_]:
        """All: what is masked in the files is no data here."""
        return np.ones((int(window.height), int(window.width)), dtype=np.bool_)

    def clouds(self, values: Sequence[int]) -> Written:
        """Count what the scene classification calls so, as `write_stack` does."""
        seen = Written()
        if self._stack.classes is not None:
            for window in _windows(self._whole):
                found = read_on(self._stack.classes, self._stack.grid, window, [1])[0][0]
                seen.classified += int(np.count_nonzero(found))
                seen.clouded += int(np.isin(found, values).sum())
        return seen


def _windows(whole: Window) -> list[Window]:
    left, top = whole.col_off, whole.row_off
    return [
        Window(
            column,
            row,
            min(_BLOCK, left + whole.width - column),
            min(_BLOCK, top + whole.height - row),
        )
        for row in range(top, top + int(whole.height), _BLOCK)
        for column in range(left, left + int(whole.width), _BLOCK)
    ]


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
    _require_size(window)
    bands = sum(len(layer.names) for layer in stack.layers)
    pixels = int(window.height) * int(window.width)
    require_room(folder, pixels * bands * np.dtype(stack.dtype).itemsize)


def _require_size(window: Window) -> None:
    rows, columns = int(window.height), int(window.width)
    if max(rows, columns) > MAX_SIDE or rows * columns > MAX_PIXELS:
        raise RasterError(
            f"Together it has {rows:,} x {columns:,} pixels; at most {MAX_PIXELS / 1e6:,.0f} "
            "million are predicted. Name a smaller area"
        )
