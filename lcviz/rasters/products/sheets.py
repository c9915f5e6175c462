"""A file of one or more bands, GeoTIFF or JPEG 2000, read at the pixels of another grid."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.warp import calculate_default_transform
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.georeference import GeoBox
from lcviz.rasters.checks import (
    DTYPES,
    MAX_BANDS,
    MAX_BLOCK_BYTES,
    MAX_PIXELS,
    MAX_SIDE,
    block_bytes,
)
from lcviz.rasters.gdal_errors import GDAL_ERRORS
from lcviz.rasters.one_file import stamp_of
from lcviz.rasters.reading import InputRaster, guarded

METRES: Final = 10.0
"""Side of a pixel that the networks know."""
_TOLERANCE: Final = 0.01
"""Pixels by which grids may differ."""
_SIGNATURES: Final = {
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "GTiff"),
    **dict.fromkeys((b"\0\0\0\x0c", b"\xff\x4f\xff\x51"), "JP2OpenJPEG"),
}


@contextmanager
def open_sheet(
    path: Path, metres: float | None = None, classes: bool = False
) -> Iterator[InputRaster]:
    """Open one file of a product by itself: no file beside it, or that it names, is read.

    Args:
        path: the file.
        metres: warp it to pixels of this size: finer ones are averaged, of coarser ones the nearest
            is taken.
        classes: whether it holds classes, of 8 bits.

    Raises:
        RasterError: it is no GeoTIFF and no JPEG 2000, damaged, or larger than it can be.
    """
    stamp = stamp_of(path)
    with path.open("rb") as file:
        signature = file.read(4)
    driver = _SIGNATURES.get(signature)
    if driver is None:
        seen = f"starts with {signature!r}" if signature else "is empty"
        raise RasterError(f"{path.name} is neither GeoTIFF nor JPEG 2000: it {seen}")
    damaged = f"{path.name} cannot be opened: it is damaged or cut short. Fetch it again"
    try:
        with guarded():
            dataset = rasterio.open(path, driver=driver, sharing=False)
    except (*GDAL_ERRORS, OSError, ValueError, MemoryError) as error:
        raise RasterError(damaged) from error
    with dataset:
        _check(dataset, path, classes)
        warped = None
        try:
            with guarded():
                if metres is not None:
                    warped = _warped(dataset, path, metres)
                raster = InputRaster(warped or dataset, path, stamp)
        except (*GDAL_ERRORS, OSError, ValueError) as error:
            raise RasterError(damaged) from error
        try:
            yield raster
        finally:
            if warped is not None:
                warped.close()


def _check(dataset: rasterio.DatasetReader, path: Path, classes: bool) -> None:
    rows, columns = dataset.height, dataset.width
    if max(rows, columns) > MAX_SIDE or rows * columns > MAX_PIXELS or dataset.count > MAX_BANDS:
        raise RasterError(
            f"{path.name} has {dataset.count} bands of {rows:,} x {columns:,} pixels; at most "
            f"{MAX_PIXELS / 1e6:,.0f} million pixels are read"
        )
    if block_bytes(dataset) > MAX_BLOCK_BYTES:
        raise RasterError(
            f"{path.name} is stored in blocks of {block_bytes(dataset) / 2**20:,.0f} MiB; at most "
            f"{MAX_BLOCK_BYTES // 2**20} MiB are decoded at once. Write it in tiles"
        )
    known = {*DTYPES, "uint8"} if classes else set(DTYPES)
    if not set(dataset.dtypes) <= known:
        raise RasterError(
            f"{path.name} has numbers of kind {dataset.dtypes[0]}; bands hold 16 bits or more, 8 "
            "bits hold a picture for the eye"
        )


def _warped(dataset: rasterio.DatasetReader, path: Path, metres: float) -> WarpedVRT:
    if dataset.crs is None:
        raise RasterError(f"{path.name} does not say where it lies, so that it cannot be resampled")
    crs = dataset.crs
    if not crs.is_projected or crs.linear_units_factor[1] != 1:
        crs = _utm(dataset)
    bounds = dataset.bounds
    transform, width, height = calculate_default_transform(
        dataset.crs, crs, dataset.width, dataset.height, *bounds, resolution=metres
    )
    finer = (
        abs(
            calculate_default_transform(dataset.crs, crs, dataset.width, dataset.height, *bounds)[
                0
            ].a
        )
        < metres
    )
    if width * height > MAX_PIXELS:
        raise RasterError(f"{path.name} would have {width:,} x {height:,} pixels of {metres:g} m")
    return WarpedVRT(
        dataset,
        crs=crs,
        transform=transform,
        width=width,
        height=height,
        resampling=Resampling.average if finer else Resampling.nearest,
        src_nodata=0 if dataset.nodata is None else dataset.nodata,
        nodata=0 if dataset.nodata is None else dataset.nodata,
    )


def _utm(dataset: rasterio.DatasetReader) -> CRS:
    longitude, latitude = GeoBox(
        (dataset.height, dataset.width), dataset.transform, dataset.crs
    ).centre
    zone = min(int((longitude + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def read_on(
    sheet: InputRaster, grid: GeoBox, window: Window, bands: Sequence[int]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Read bands at the pixels of a grid: each takes the pixel of the sheet that its middle is in.

    So a pixel of 20 m becomes four of 10 m with its value, as in the exports of Earth Engine that
    SEN12MS is made of: a value is always one that was measured.

    Args:
        sheet: the file, upright in the grid's CRS; without CRS, it covers the whole grid.
        grid: the grid.
        window: the part of the grid.
        bands: 1-based places in the sheet.

    Returns:
        Values (bands, rows, columns) in the sheet's dtype, 0 outside it; and where the sheet's own
        mask, if it has one, has data (rows, columns), bool, False outside.

    Raises:
        RasterError: the file cannot be decoded there.
    """
    rows, columns = _nearest(sheet, grid, window)
    shape = (len(rows), len(columns))
    out = np.zeros((len(bands), *shape), dtype=sheet.dtype)
    measured = np.zeros(shape, dtype=np.bool_)
    inside_rows = np.flatnonzero((rows >= 0) & (rows < sheet.height))
    inside_columns = np.flatnonzero((columns >= 0) & (columns < sheet.width))
    if not inside_rows.size or not inside_columns.size:
        return out, measured
    rows, columns = rows[inside_rows], columns[inside_columns]
    top, left = int(rows.min()), int(columns.min())
    part = Window(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)
    pick = np.ix_(rows - top, columns - left)
    place = np.ix_(inside_rows, inside_columns)
    for band, values in zip(range(len(bands)), sheet.raw(part, bands), strict=True):
        out[band][place] = values[pick]
    measured[place] = sheet.unmasked(part)[pick]
    return out, measured


def _nearest(
    sheet: InputRaster, grid: GeoBox, window: Window
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows and columns of the sheet in which the middles of the grid's pixels lie."""
    if sheet.geobox == grid:  # It may be rotated.
        return (
            np.arange(window.row_off, window.row_off + window.height),
            np.arange(window.col_off, window.col_off + window.width),
        )
    rows = window.row_off + 0.5 + np.arange(int(window.height))
    columns = window.col_off + 0.5 + np.arange(int(window.width))
    if grid.crs is None or sheet.geobox.crs is None:
        rows = rows * sheet.height / grid.shape[0]
        columns = columns * sheet.width / grid.shape[1]
    else:
        own, t = sheet.geobox.transform, grid.transform
        rows = (t.f + t.e * rows - own.f) / own.e
        columns = (t.c + t.a * columns - own.c) / own.a
    return np.floor(rows + 1e-6).astype(np.int64), np.floor(columns + 1e-6).astype(np.int64)


def fits(sheet: GeoBox, grid: GeoBox) -> bool:
    """Whether a sheet can be read on a grid: same CRS, their corners on the lines of the finer.

    Without georeference, the one must be a whole number of times as fine as the other.
    """
    if (sheet.crs is None) != (grid.crs is None):
        return False
    if grid.crs is None:
        return all(
            fine % coarse == 0 or coarse % fine == 0
            for fine, coarse in zip(grid.shape, sheet.shape, strict=True)
        )
    a, b = sheet.transform, grid.transform
    if sheet.crs != grid.crs or a.b or a.d or b.b or b.d or a.a * b.a <= 0 or a.e * b.e <= 0:
        return False
    off = ((a.c - b.c) / min(a.a, b.a, key=abs), (a.f - b.f) / min(a.e, b.e, key=abs))
    return all(abs(x - round(x)) <= _TOLERANCE for x in off)
