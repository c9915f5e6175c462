"""Where an image lies outside a model's area of applicability, as arrays to be drawn."""

import numpy as np
import numpy.typing as npt

from lcviz.forecast.live import Image
from lcviz.imagery import true_colour
from lcviz.rasters.preview import preview_step


def window_colour(image: Image, window: int) -> npt.NDArray[np.uint8]:
    """True colour (rows, columns, 3) of one window of an image."""
    return true_colour(image.values[window], image.valid[window])


def window_applicability(
    image: Image, aoa_map: npt.NDArray[np.float32], tile: int, window: int
) -> npt.NDArray[np.float32]:
    """Dissimilarity over the threshold of one window, by pixel.

    Args:
        image: what was forecast for.
        aoa_map: by tile (windows, tile rows, tile columns), as `ModelForecast.aoa_map` is.
        tile: rows and columns of a tile, in pixels.
        window: its number.

    Returns:
        (rows, columns), float32, NaN where there is no data.
    """
    rows, columns = image.valid.shape[1:]
    pixels = aoa_map[window].repeat(tile, axis=0).repeat(tile, axis=1)
    pixels = np.pad(
        pixels,
        ((0, max(0, rows - pixels.shape[0])), (0, max(0, columns - pixels.shape[1]))),
        constant_values=np.nan,
    )[:rows, :columns]
    return np.where(image.valid[window], pixels, np.float32(np.nan))


def raster_applicability(
    image: Image, aoa_map: npt.NDArray[np.float32], tile: int, side: int
) -> npt.NDArray[np.float32] | None:
    """Dissimilarity over the threshold on every n-th pixel of a whole raster.

    Args:
        image: windows of a raster.
        aoa_map, tile: as for `window_applicability`.
        side: rows and columns, at most; n = `preview_step(rows, columns, side)`.

    Returns:
        (rows, columns), float32, NaN where there is no data and where no window was looked at;
        None for patches.
    """
    if image.windows is None or image.shape is None:
        return None
    step = preview_step(*image.shape, side)
    canvas = np.full([-(-length // step) for length in image.shape], np.nan, np.float32)
    for number, window in enumerate(image.windows):
        top, left = int(window.row_off), int(window.col_off)
        part = window_applicability(image, aoa_map, tile, number)[-top % step :: step]
        part = part[:, -left % step :: step]
        row, column = -(-top // step), -(-left // step)
        place = canvas[row : row + part.shape[0], column : column + part.shape[1]]
        part = part[: place.shape[0], : place.shape[1]]
        np.copyto(place, part, where=np.isfinite(part))
    return canvas


def outside_by_window(aoa_map: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Share of each window's tiles that lie outside, (windows,); NaN for one without data."""
    known = np.isfinite(aoa_map)
    tiles = known.sum(axis=(1, 2))
    outside = (known & (aoa_map > 1)).sum(axis=(1, 2))
    return np.where(tiles > 0, outside / np.maximum(tiles, 1), np.nan)
