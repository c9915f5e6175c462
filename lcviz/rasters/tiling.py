"""Windows over a raster that is too large for one go, so that no seam shows.

An output pixel depends on the input up to `REACH` pixels away: the network's receptive field.
Windows that overlap by at least as much, and start where the network's pooling grid does, give the
same output as the whole raster in one go. Beyond the raster's edge it is mirrored, for as far as
the network sees, so that the edge looks like the rest and not like the zeros that convolutions
pad with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from lcviz.network.densenet import LAYERS, LEVELS, SIZE_MULTIPLE

Scalar = TypeVar("Scalar", bound=np.generic)


def _reach() -> int:
    """Pixels that the input of an output pixel extends up or left; down or right it is less.

    Followed backwards, as the interval of rows that row `phase` of the output depends on.
    """
    above = []
    for phase in range(SIZE_MULTIPLE):
        first = phase
        skips = []
        for _ in range(LEVELS):
            first -= LAYERS  # a dense block: a 3x3 convolution each layer
            skips.append(first)
            # Row 2i of the doubled map reads rows i and i - 1, row 2i + 1 reads row i.
            first = first // 2 - (first % 2 == 0)
        first -= LAYERS  # bottleneck
        for skip in reversed(skips):
            first = min(2 * first, skip)  # average pooling
            first -= LAYERS
        above.append(phase - (first - 3))  # the stem's 7x7 convolution
    return max(above)


REACH: Final = _reach()
"""Pixels between an output pixel and the farthest input pixel that it depends on."""
OVERLAP: Final = -(-REACH // SIZE_MULTIPLE) * SIZE_MULTIPLE
"""`REACH`, rounded up to the network's pooling grid."""
TILE: Final = 1104
"""Rows and columns of output that a window gives at most: ten by ten of a tile of Sentinel-2. With
`OVERLAP` on all sides 1.45 times as many pixels are read as are kept, of which the network's way up
leaves out what is not needed."""


@dataclass(frozen=True)
class Tile:
    """One step through a raster."""

    inner: Window
    """What to keep of the output; the inner windows cover the raster once."""
    read: Window
    """What to read: the inner window and `OVERLAP` pixels around it, as far as the raster goes."""
    padding: tuple[tuple[int, int], tuple[int, int]]
    """Rows above and below, columns left and right that are missing there, to be mirrored: so many
    that all tiles of a raster are of one size."""
    overlap: int = OVERLAP
    """Pixels round the inner window that are looked at and not kept."""

    def pad(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Mirror what was read (..., rows, columns) at the raster's edges."""
        before = ((0, 0),) * (values.ndim - 2)
        return np.pad(values, (*before, *self.padding), mode="reflect")

    def crop(self, output: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Keep the inner window of a padded tile (..., rows, columns)."""
        return self.kept(output[..., self.overlap :, self.overlap :])

    def kept(self, output: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Keep the inner window of what was predicted within the overlap (..., rows, columns)."""
        return output[..., : int(self.inner.height), : int(self.inner.width)]


def tiles(height: int, width: int, tile: int = TILE, overlap: int = OVERLAP) -> Iterator[Tile]:
    """Cut a raster into tiles, row by row from the upper left.

    Args:
        height: rows of the raster.
        width: columns of the raster.
        tile: rows and columns of an inner window, at most; rounded down to a multiple of 8.
        overlap: pixels around it, a multiple of 8. Less than `OVERLAP` is not the whole raster in
            one go, but near it.
    """
    rows, columns = (side - 2 * overlap for side in tile_shape(height, width, tile, overlap))
    for top, bottom in _spans(height, tile):
        for left, right in _spans(width, tile):
            first_row, first_column = max(top - overlap, 0), max(left - overlap, 0)
            last_row, last_column = min(bottom + overlap, height), min(right + overlap, width)
            yield Tile(
                Window(left, top, right - left, bottom - top),
                Window(first_column, first_row, last_column - first_column, last_row - first_row),
                (
                    (first_row - (top - overlap), top + rows + overlap - last_row),
                    (first_column - (left - overlap), left + columns + overlap - last_column),
                ),
                overlap,
            )


def tile_shape(
    height: int, width: int, tile: int = TILE, overlap: int = OVERLAP
) -> tuple[int, int]:
    """Rows and columns of each padded tile that `tiles` gives, multiples of 8."""
    rows, columns = (_size(length, tile) + 2 * overlap for length in (height, width))
    return rows, columns


def count_tiles(height: int, width: int, tile: int = TILE) -> int:
    """Number of tiles that `tiles` gives."""
    return len(_spans(height, tile)) * len(_spans(width, tile))


def _spans(length: int, tile: int) -> list[tuple[int, int]]:
    """Cut a length into parts of about the same size that start at multiples of 8."""
    size = _size(length, tile)
    return [(start, min(start + size, length)) for start in range(0, length, size)]


def _size(length: int, tile: int) -> int:
    parts = -(-length // (tile - tile % SIZE_MULTIPLE))
    return -(-length // (parts * SIZE_MULTIPLE)) * SIZE_MULTIPLE
