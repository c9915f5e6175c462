"""How sure a network is, as a raster of its own: known at every pixel, unlike labels."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.georeference import open_dataset

STEPS: Final = 250
"""A confidence c is stored as round(250 c); 255 is no data."""
_NO_DATA: Final = 255
_PIXELS: Final = 4_000_000


def write_confidence(
    probabilities: Path, target: Path, progress: Callable[[float], None] | None = None
) -> None:
    """Write the largest probability of each pixel, window by window.

    Args:
        probabilities: uint8, a band a class, in steps of 1 / `STEPS`, 255 = no data.
        target: GeoTIFF to write, uint8, likewise.
        progress: told the share that is done.

    Raises:
        RasterError: the probabilities cannot be read.
    """
    try:
        with open_dataset(probabilities) as source:
            if source.count < 2 or source.dtypes[0] != "uint8":
                raise RasterError(
                    f"{probabilities.name} holds {source.count} bands of {source.dtypes[0]}: no "
                    "probabilities. Give what `predict --probabilities` wrote"
                )
            profile = source.profile | {"count": 1, "compress": "deflate", "nodata": _NO_DATA}
            target.parent.mkdir(parents=True, exist_ok=True)
            with open_dataset(target, "w", **profile) as file:
                for rows in _windows(source):
                    window = Window(0, rows.start, source.width, rows.stop - rows.start)
                    values = source.read(window=window)
                    file.write(values.max(axis=0), 1, window=window)
                    if progress is not None:
                        progress(rows.stop / source.height)
    except RasterioError as error:
        raise RasterError(f"{probabilities.name} cannot be read: {error}") from error


def confidence_shape(file: Path) -> tuple[int, int]:
    """Rows and columns of a raster of confidence."""
    with open_dataset(file) as source:
        return source.height, source.width


def read_confidence(file: Path, rows: slice) -> npt.NDArray[np.float32]:
    """Confidence of some rows, (rows, columns) float32, NaN where there is none."""
    with open_dataset(file) as source:
        window = Window(0, rows.start, source.width, rows.stop - rows.start)
        values = source.read(1, window=window)
    return np.where(values == _NO_DATA, np.float32(np.nan), values / np.float32(STEPS))


def confidence_by_stratum(
    file: Path,
    strata: Callable[[slice], npt.NDArray[np.integer]],
    count: int,
    progress: Callable[[float], None] | None = None,
) -> npt.NDArray[np.float64]:
    """Mean confidence of each stratum.

    Args:
        file: as `write_confidence` writes it, on the map's grid.
        strata: rows -> stratum of each pixel, -1 for none.
        count: number of strata.
        progress: told the share that is done.

    Returns:
        (count,) float64, NaN for a stratum without a pixel.
    """
    sums, pixels = np.zeros(count), np.zeros(count)
    with open_dataset(file) as source:
        for rows in _windows(source):
            window = Window(0, rows.start, source.width, rows.stop - rows.start)
            values = source.read(1, window=window)
            of = np.where(values == _NO_DATA, -1, strata(rows)).astype(np.int64)
            inside = of >= 0
            sums += np.bincount(of[inside], values[inside] / STEPS, count)
            pixels += np.bincount(of[inside], minlength=count)
            if progress is not None:
                progress(rows.stop / source.height)
    return np.divide(sums, pixels, out=np.full(count, np.nan), where=pixels > 0)


def confidence_at(
    file: Path, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Confidence at pixels, (n,) float64, NaN where there is none."""
    found = np.full(len(rows), np.nan)
    with open_dataset(file) as source:
        height = int(source.block_shapes[0][0])
        for block in np.unique(rows // height):
            here = rows // height == block
            start = int(block) * height
            window = Window(0, start, source.width, min(height, source.height - start))
            values = source.read(1, window=window)[rows[here] - start, columns[here]]
            found[here] = np.where(values == _NO_DATA, np.nan, values / STEPS)
    return found


def _windows(source: rasterio.DatasetReader) -> list[slice]:
    block = int(source.block_shapes[0][0])
    step = max(1, _PIXELS // (source.width * source.count) // block) * block
    return [slice(a, min(a + step, source.height)) for a in range(0, source.height, step)]
