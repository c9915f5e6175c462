"""Pictures of the ground around each point, cut once so that labelling never waits for a raster."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from lcviz.atomic import atomic_path
from lcviz.errors import PointsError, RasterError
from lcviz.georeference import GeoBox, from_longitude_latitude
from lcviz.imagery import NO_DATA_GREY, infrared, true_colour

SIDE: Final = 65
"""Pixels of the image across a picture; the point is in the middle one."""
KINDS: Final = ("True colour", "Colour infrared")
Read = Callable[[Window], tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]]
"""A window -> DN (10, rows, columns), and where they are valid (rows, columns)."""
Pictures = npt.NDArray[np.uint8]


def cut_surroundings(
    file: Path,
    longitude: npt.NDArray[np.float64],
    latitude: npt.NDArray[np.float64],
    *,
    read: Read,
    geobox: GeoBox,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Cut and keep the pictures of all points.

    Args:
        file: .npy to write, (points, 2, SIDE, SIDE, 3) uint8, kinds as in `KINDS`; grey where the
            image has no data.
        longitude: of the points, degrees (WGS 84), (n,).
        latitude: likewise.
        read: the image.
        geobox: where it lies.
        progress: told the share that is done.

    Returns:
        Points that lie on the image.

    Raises:
        RasterError: the image lies nowhere, on no point, or cannot be read.
        PointsError: there is no room for the pictures.
    """
    shape, crs = geobox.shape, geobox.crs
    if crs is None or geobox.transform.is_identity:
        raise RasterError("The image does not say where it lies; points cannot be found on it")
    x, y = from_longitude_latitude(longitude, latitude, crs)
    rows, columns = map(np.floor, geobox.to_pixels(x, y))
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    if not inside.any():
        raise RasterError("No point lies on the image. Does it show the ground of the map?")
    try:
        with atomic_path(file) as temporary:
            whole = (len(rows), len(KINDS), SIDE, SIDE, 3)
            with temporary.open("wb") as opened:
                np.lib.format.write_array_header_1_0(
                    opened, {"descr": "|u1", "fortran_order": False, "shape": whole}
                )
                for i, here in enumerate(inside):
                    if here:
                        cut = _cut(read, shape, int(rows[i]), int(columns[i]))
                    else:
                        cut = np.full(whole[1:], NO_DATA_GREY, np.uint8)
                    opened.write(cut.tobytes())
                    if progress is not None:
                        progress((i + 1) / len(rows))
    except OSError as error:
        raise PointsError(f"The pictures of the points cannot be kept: {error}") from error
    return int(inside.sum())


def surroundings(file: Path, point: int) -> Pictures | None:
    """Pictures of one point, (2, SIDE, SIDE, 3) uint8; None where none were cut.

    Args:
        file: as `cut_surroundings` wrote it.
        point: index of the point.

    Raises:
        RasterError: the file is damaged.
    """
    if not file.is_file():
        return None
    try:
        return np.array(np.load(file, mmap_mode="r")[point])
    except (OSError, ValueError, IndexError) as error:
        raise RasterError(f"{file.name} cannot be read: {error}; draw the sample again") from error


def _cut(read: Read, shape: tuple[int, int], row: int, column: int) -> Pictures:
    half = SIDE // 2
    top, left = max(row - half, 0), max(column - half, 0)
    bottom, right = min(row + half + 1, shape[0]), min(column + half + 1, shape[1])
    values, valid = read(Window(left, top, right - left, bottom - top))
    cut = np.full((len(KINDS), SIDE, SIDE, 3), NO_DATA_GREY, np.uint8)
    to = (
        slice(top - row + half, bottom - row + half),
        slice(left - column + half, right - column + half),
    )
    cut[0][to], cut[1][to] = true_colour(values, valid), infrared(values, valid)
    return cut
