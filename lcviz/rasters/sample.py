"""A few windows from all over a raster, at a cost that does not grow with it."""

from collections.abc import Iterator, Sequence
from math import ceil, isqrt
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.rasters.reading import InputRaster

_WHOLE: Final = 512
"""A raster of up to so many rows and columns is read whole, if it is stored in small blocks."""
_SIDE: Final = 64
_MOST_WINDOWS: Final = 100
_BUDGET: Final = 512 * 2**20
"""Bytes decoded for a sample, about."""
_ENOUGH: Final = 500
"""Pixels with data that a sample should have."""


class SampleWindow(NamedTuple):
    """Pixels of one window."""

    window: Window
    values: npt.NDArray[Any]
    """(bands, rows, columns), in the file's dtype."""
    measured: npt.NDArray[np.bool_]
    """(bands, rows, columns): where a band holds a number that the file does not call no data."""


def sample_windows(raster: InputRaster, bands: Sequence[int]) -> list[SampleWindow]:
    """Read bands in windows spread evenly over a raster; where they meet no data, look further.

    No reduced picture is read, since a file may say that those are kept in another file.

    Args:
        raster: the raster.
        bands: 1-based places in the file.

    Returns:
        Windows; at least one band holds data in one of them.

    Raises:
        RasterError: a window cannot be decoded, or no pixel that was looked at holds data.
    """
    found = [_read(raster, window, bands) for window in _windows(raster, len(bands))]
    if sum(_data(part) for part in found) < _ENOUGH and max(raster.height, raster.width) > _WHOLE:
        found += [_read(raster, window, bands) for window in _with_data(raster, bands[0])]
    looked = sum(part.measured[0].size for part in found)
    if not any(part.measured.any() for part in found):
        raise RasterError(
            f"{raster.path.name}: {looked:,} of {raster.height * raster.width:,} pixels were "
            "looked at, and none holds data. Bring one with data, cropped to where it has them"
        )
    return found


def _read(raster: InputRaster, window: Window, bands: Sequence[int]) -> SampleWindow:
    values, measured = raster.each_measured(window, bands)
    return SampleWindow(window, values, measured)


def _data(part: SampleWindow) -> int:
    return int(part.measured.any(axis=0).sum())


def _with_data(raster: InputRaster, band: int) -> list[Window]:
    """Windows around what one band holds, where the usual ones are nearly empty."""
    found: list[Window] = []
    rows = raster.block_shape[0] * max(1, 1024 // raster.block_shape[0])
    for top in range(0, raster.height, rows):
        strip = Window(0, top, raster.width, min(rows, raster.height - top))
        _, measured = raster.each_measured(strip, [band])
        places = np.argwhere(measured[0])
        for row, column in places[:: max(1, len(places) // 8)][:8]:
            at_row = min(int(row) + top, max(0, raster.height - _SIDE))
            at_column = min(int(column), max(0, raster.width - _SIDE))
            height, width = min(_SIDE, raster.height), min(_SIDE, raster.width)
            found.append(Window(at_column, at_row, width, height))
        if len(found) >= _MOST_WINDOWS:
            break
    return found


def _windows(raster: InputRaster, bands: int) -> Iterator[Window]:
    height, width = raster.height, raster.width
    if max(height, width) <= _WHOLE:
        yield Window(0, 0, width, height)
        return
    rows, columns = raster.block_shape
    blocks = ceil(_SIDE / rows) * ceil(_SIDE / columns)
    cost = blocks * raster.block_bytes * (1 if raster.interleaved_by_pixel else bands)
    side = isqrt(min(_MOST_WINDOWS, max(4, _BUDGET // cost)))
    for top in _starts(height, rows, side):
        for left in _starts(width, columns, side):
            yield Window(left, top, min(_SIDE, width - left), min(_SIDE, height - top))


def _starts(length: int, block: int, count: int) -> list[int]:
    """Where windows start along an axis, within one block each if blocks are large enough."""
    centres = (np.arange(count) + 0.5) * length / count
    # Anywhere but at the edge of a block, so that no pattern of tiles is followed.
    starts = centres - _SIDE / 2
    if block >= _SIDE:
        starts = np.minimum(starts, (centres // block + 1) * block - _SIDE)
        starts = np.maximum(starts, centres // block * block)
    return sorted({int(start) for start in starts.clip(0, max(0, length - _SIDE))})
