"""A small picture of a raster of any size, before anything is predicted."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from lcviz.imagery import stretched, true_colour
from lcviz.rasters.reading import InputRaster, Units, to_dn
from lcviz.taxonomy import BANDS

_STRIP_PIXELS: Final = 4_000_000
_VISIBLE: Final = tuple(BANDS.index(name) for name in ("red", "green", "blue"))


class Preview(NamedTuple):
    """A raster's small picture in two contrasts, each (rows, columns, 3), uint8, grey without data.

    Pixel (i, j) is pixel (n i, n j) of the raster, n = `preview_step(height, width, side)`.
    """

    picture: npt.NDArray[np.uint8]
    """True colour by the one tone curve of all pictures."""
    stretched: npt.NDArray[np.uint8]
    """True colour by percentiles of this raster."""


def preview(
    raster: InputRaster,
    units: Units,
    side: int,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Preview:
    """True colour of every n-th pixel, read strip by strip so that memory stays flat.

    Args:
        raster: an opened raster.
        units: what its numbers are taken for.
        side: rows and columns of the picture, at most.
        progress: called after each strip with the fraction that is done, up to 1.

    Raises:
        RasterError: the file cannot be decoded somewhere.
    """
    step = preview_step(raster.height, raster.width, side)
    places = [units.band_order[band] for band in _VISIBLE]
    # Whole blocks: no block is decoded twice.
    block = raster.block_shape[0]
    rows = max(1, _STRIP_PIXELS // raster.width // block) * block
    strips, masks = [], []
    for top in range(0, raster.height, rows):
        window = Window(0, top, raster.width, min(rows, raster.height - top))
        raw, valid = raster.measured(window, places, units.fills)
        first = -top % step
        raw, valid = raw[:, first::step, ::step], valid[first::step, ::step]
        dn = np.nan_to_num(to_dn(raw, units), nan=0, posinf=0, neginf=0)
        strips.append(np.rint(dn.clip(0, 65_535)).astype(np.uint16))
        masks.append(valid)
        progress(min(1.0, (top + rows) / raster.height))
    visible, valid = np.concatenate(strips, axis=1), np.concatenate(masks)
    s2 = np.zeros((len(BANDS), *valid.shape), dtype=np.uint16)
    s2[list(_VISIBLE)] = visible
    return Preview(true_colour(s2, valid), stretched(visible, valid))


def preview_step(height: int, width: int, side: int) -> int:
    """Every how many pixels of a raster one is shown, so that it fits `side` x `side`."""
    return max(1, -(-max(height, width) // side))
