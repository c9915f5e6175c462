"""A few pixels from all over a raster, at a cost that does not grow with it."""

from collections.abc import Iterator, Sequence
from math import ceil, isqrt
from typing import Any, Final

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


def sample(raster: InputRaster, bands: Sequence[int]) -> npt.NDArray[Any]:
    """Read bands in windows spread evenly over a raster, where they were measured.

    No reduced picture is read, since a file may say that those are kept in another file.

    Args:
        raster: the raster.
        bands: 1-based places in the file.

    Returns:
        Values (bands, pixels) in the file's dtype; at least one pixel.

    Raises:
        RasterError: a window cannot be decoded, or no pixel that was looked at holds data.
    """
    looked = 0
    kept = []
    for window in _windows(raster, len(bands)):
        values, valid = raster.measured(window, bands)
        looked += valid.size
        kept.append(values[:, valid])
    pixels: npt.NDArray[Any] = np.concatenate(kept, axis=1)
    if not pixels.size:
        raise RasterError(
            f"{raster.path.name}: {looked:,} of {raster.height * raster.width:,} pixels were "
            "looked at, and none holds data. Bring one with data, cropped to where it has them"
        )
    return pixels


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
