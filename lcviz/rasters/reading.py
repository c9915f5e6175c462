"""A person's GeoTIFF, which nobody vouches for: opened with every check, read window by window.

Only the file itself is read: no sidecar, no file or address that it names. Whether its numbers are
what the models expect is `raster_units`' to find out, and a person's to confirm.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import ColorInterp, Interleaving, MaskFlags
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.georeference import GeoBox, geobox_of, proj_fault
from lcviz.rasters.areas import pixel_area
from lcviz.rasters.checks import block_bytes, check_structure
from lcviz.rasters.gdal_errors import GDAL_ERRORS
from lcviz.rasters.one_file import Stamp, checked_file, require_same, stamp_of

NO_DATA_DN: Final = -1000
"""At and below it a DN is no measurement: 0, Sentinel-2's no data, less the offset of 1000."""

_STRIP: Final = 256
"""Rows that are brought to DN at a time."""
_CACHE: Final = 320 * 2**20
"""Bytes of decoded blocks that GDAL keeps, by itself a twentieth of the memory: two rows of blocks
of a tile's ten bands in JPEG 2000, so that none that windows share is decoded twice."""
_HUGE: Final = 1e30
_POINTS: Final = 3
"""Ground control points that settle where a raster is."""
_FAULTS: Final = (*GDAL_ERRORS, OSError, ValueError, MemoryError)
_DAMAGED: Final = "has a damaged header. Fetch or write it again"


@dataclass(frozen=True)
class Fill:
    """A value, as stored, that stands for no data: where all of some bands hold it."""

    value: float
    places: tuple[int, ...] = ()
    """1-based places of the bands; none for any band."""
    each: tuple[float, ...] = ()
    """The value of each of `places`, where they are not the same."""


@dataclass(frozen=True)
class Units:
    """What the numbers of a raster mean: DN = value x scale + offset."""

    band_order: tuple[int, ...]
    """1-based places of the ten bands in the file, in the order of `taxonomy.BANDS`."""
    scale: float = 1.0
    offset: float = 0.0
    """DN."""
    fills: tuple["Fill", ...] = ()
    """What stands for no data though the file does not say so."""


class InputRaster:
    """An opened GeoTIFF that passed the checks of `open_raster`; to be used by one thread."""

    def __init__(self, dataset: rasterio.DatasetReader, path: Path, stamp: Stamp):
        self._dataset = dataset
        self.stamp = stamp
        """Of the file as it was opened."""
        self.path = path
        """Where the file is, links resolved."""
        self.geobox = geobox_of(dataset)
        """As the file has it; the identity and no CRS without georeference."""
        self.height: int = dataset.height
        self.width: int = dataset.width
        self.dtype: str = dataset.dtypes[0]
        alpha = dataset.colorinterp[-1] == ColorInterp.alpha
        self.count: int = dataset.count - alpha
        """Bands, without an alpha band at the end, which only says where there is data."""
        self.band_names: tuple[str | None, ...] = dataset.descriptions[: self.count]
        self.tags: tuple[dict[str, str], ...] = (
            dataset.tags(),
            *(dataset.tags(band) for band in range(1, self.count + 1)),
        )
        """Tags of the file, then of each band."""
        self.scales: tuple[float, ...] = tuple(dataset.scales[: self.count])
        self.offsets: tuple[float, ...] = tuple(dataset.offsets[: self.count])
        self.nodata: tuple[float | None, ...] = tuple(dataset.nodatavals[: self.count])
        self.from_points: bool = False
        """Whether its place was worked out from ground control points."""
        self._place_by_points(dataset)
        self.block_shape: tuple[int, int] = dataset.block_shapes[0]
        self.block_bytes: int = block_bytes(dataset)
        """Decoded bytes of a block: of one band, or of all if they are interleaved by pixel."""
        self.interleaved_by_pixel: bool = dataset.interleaving == Interleaving.pixel
        self._has_alpha = alpha
        self._has_mask = _has_mask(dataset)

    def _place_by_points(self, dataset: rasterio.DatasetReader) -> None:
        """Take the place from ground control points, where they lie on a grid to half a pixel."""
        points, crs = dataset.gcps
        if not self.geobox.transform.is_identity or len(points) < _POINTS or crs is None:
            return
        seen = np.array([(p.col, p.row, 1.0) for p in points])
        told = np.array([(p.x, p.y) for p in points])
        fit, _, rank, _ = np.linalg.lstsq(seen, told, rcond=None)
        pixel = float(np.hypot(*fit[0]))
        if rank == _POINTS and np.abs(seen @ fit - told).max() <= pixel / 2:
            (a, d), (b, e), (c, f) = fit.tolist()
            self.geobox = GeoBox(self.geobox.shape, Affine(a, b, c, d, e, f), crs)
            self.from_points = True

    @property
    def pixel_area_m2(self) -> float | None:
        """Area of the middle pixel on the ground, m²; None if the file does not say where it is."""
        return pixel_area(self.geobox, Window(0, 0, self.width, self.height))

    def raw(self, window: Window, bands: Sequence[int]) -> npt.NDArray[Any]:
        """Read bands as they are in the file.

        Returns:
            Values (bands, rows, columns) in the file's dtype.

        Raises:
            RasterError: the file cannot be decoded there.
            ValueError: the window is not within the raster.
        """
        return self._read(window, list(bands), mask=False)

    def unmasked(self, window: Window) -> npt.NDArray[np.bool_]:
        """Where the file's own mask or alpha band has data, bool (rows, columns)."""
        if self._has_alpha:
            return np.not_equal(self._read(window, self.count + 1, mask=False), 0)
        if self._has_mask:
            return np.not_equal(self._read(window, 1, mask=True), 0)
        return np.ones((int(window.height), int(window.width)), dtype=np.bool_)

    def measured(
        self, window: Window, bands: Sequence[int], fills: Sequence[Fill] = ()
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """Read bands as they are in the file, and where all of them were measured.

        Returns:
            Values (bands, rows, columns) in the file's dtype, and (rows, columns), bool: False
            where a band holds the file's no-data value as GDAL compares it, NaN or infinity, where
            all are 0, where they hold one of `fills`, and where the file's own mask or alpha band
            says so.

        Raises:
            RasterError: the file cannot be decoded there.
            ValueError: the window is not within the raster.
        """
        raw, each = self.each_measured(window, bands)
        valid = np.asarray(each.all(axis=0))
        for fill in fills:
            among = [list(bands).index(place) for place in fill.places if place in bands]
            if fill.each:
                own = [fill.each[fill.places.index(bands[row])] for row in among]
                held = np.stack([_equal(raw[r], v) for r, v in zip(among, own, strict=True)])
                valid &= ~held.all(axis=0)
                continue
            held = _equal(raw, fill.value)
            valid &= ~(held[among].all(axis=0) if among else held.any(axis=0))
        return raw, valid

    def each_measured(
        self, window: Window, bands: Sequence[int]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """The same for each band: values, and bool of their shape. Errors as `measured`."""
        raw = self.raw(window, bands)
        some = np.asarray(self.unmasked(window) & raw.any(axis=0), dtype=np.bool_)
        valid = np.repeat(some[None], len(raw), axis=0)
        for row, (values, place) in enumerate(zip(raw, bands, strict=True)):
            nodata = self.nodata[place - 1]
            if nodata is not None:
                valid[row] &= ~_equal(values, nodata)
            if values.dtype.kind == "f":
                valid[row] &= np.isfinite(values)
        return raw, valid

    def _read(self, window: Window, bands: int | list[int], mask: bool) -> npt.NDArray[Any]:
        top, left = int(window.row_off), int(window.col_off)
        bottom, right = top + int(window.height), left + int(window.width)
        if not (0 <= top < bottom <= self.height and 0 <= left < right <= self.width):
            raise ValueError(f"{window} is not within {self.height} x {self.width} pixels")
        try:
            with guarded():
                read = self._dataset.read_masks if mask else self._dataset.read
                values: npt.NDArray[Any] = read(bands, window=window)
        except _FAULTS as error:
            require_same(self.path, self.stamp)
            raise RasterError(
                f"{self.path.name} cannot be decoded at rows {top} to {bottom}, columns {left} to "
                f"{right}: it is damaged or cut short. Fetch or write it again"
            ) from error
        require_same(self.path, self.stamp)
        return values

    def thumbnail(self, shape: tuple[int, int]) -> npt.NDArray[Any]:
        """The first band in fewer rows and columns, as quickly as the file allows.

        Raises:
            RasterError: it cannot be decoded.
        """
        try:
            with guarded():
                return np.asarray(self._dataset.read(1, out_shape=shape))
        except _FAULTS as error:
            raise RasterError(f"{self.path.name} is damaged or cut short. Fetch it anew") from error

    def reading(self, units: Units) -> "RasterReader":
        """Settle what the numbers mean, so that the raster can be read as the models expect it.

        Raises:
            ValueError: `units` does not name ten bands of this raster, or is not finite.
        """
        return RasterReader(self, units)


class RasterReader:
    """A raster in the models' unit: top-of-atmosphere reflectance x 10,000, no offset."""

    def __init__(self, raster: InputRaster, units: Units):
        order = units.band_order
        if len(set(order)) != 10 or not all(1 <= place <= raster.count for place in order):
            raise ValueError(f"{order} are not ten of {raster.count} bands")
        if not (np.isfinite([units.scale, units.offset]).all() and units.scale > 0):
            raise ValueError(f"{units} is no scale and offset")
        self.raster = raster
        self.units = units
        self.height = raster.height
        self.width = raster.width
        self.geobox = raster.geobox

    def read(self, window: Window) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
        """Read a window.

        A DN below 0, which noise and the removed offset leave in the dark, becomes 0 and stays
        valid. A pixel is not valid where any of the ten bands holds the file's no-data value, NaN,
        infinity, a DN at or below -1000 or above 65,535; where all ten are 0; and where the file's
        own mask or alpha band says so. It is 0 in all bands there.

        Returns:
            DN (10, rows, columns), uint16, in the order of `taxonomy.BANDS`; and where it is valid
            (rows, columns), bool.

        Raises:
            RasterError: the file cannot be decoded there.
            ValueError: the window is not within the raster.
        """
        rows, columns = int(window.height), int(window.width)
        values = np.empty((len(self.units.band_order), rows, columns), dtype=np.uint16)
        measured = np.empty((rows, columns), dtype=np.bool_)
        for start in range(0, rows, _STRIP):  # Floats of all of a large window take a gigabyte.
            part = slice(start, min(start + _STRIP, rows))
            strip = Window(window.col_off, window.row_off + start, columns, part.stop - start)
            raw, valid = self.raster.measured(strip, self.units.band_order, self.units.fills)
            dn = to_dn(raw, self.units)
            valid &= ((dn > NO_DATA_DN) & (dn <= 65_535)).all(axis=0)
            dn[:, ~valid] = 0
            values[:, part] = np.rint(dn.clip(0))
            measured[part] = valid
        return values, measured


def _equal(values: npt.NDArray[Any], number: float) -> npt.NDArray[np.bool_]:
    """Where values are a declared number, which a text may have shortened, as GDAL compares them.

    Source: GDAL, `ARE_REAL_EQUAL`: floats are equal within two units in the last place; beyond
    1e30, where only six digits are often written, any number of that size and sign is.
    """
    if values.dtype.kind != "f" or not np.isfinite(number):
        return np.asarray(values == number)
    if abs(number) > _HUGE:
        return np.asarray((abs(values) > _HUGE) & ((values > 0) == (number > 0)))
    apart = np.finfo(np.float32).eps * 2 * abs(2 * number)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(abs(values.astype(np.float64) - number) <= apart)


def to_dn(raw: npt.NDArray[Any], units: Units) -> npt.NDArray[np.float64]:
    """DN = value x scale + offset, float64, same shape; not finite where `raw` is not."""
    dn = raw.astype(np.float64)
    with np.errstate(over="ignore"):
        dn *= units.scale
        dn += units.offset
    return dn


@contextmanager
def guarded() -> Iterator[None]:
    """Let GDAL read the one file and nothing else."""
    with (
        warnings.catch_warnings(),
        rasterio.Env(
            GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR",
            GDAL_PAM_ENABLED="NO",
            GDAL_GEOREF_SOURCES="INTERNAL",
            CPL_VSIL_CURL_ALLOWED_EXTENSIONS="none",
            GDAL_CACHEMAX=_CACHE,
        ),
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


@contextmanager
def open_raster(path: str | Path, folder: Path | None = None) -> Iterator[InputRaster]:
    """Open a GeoTIFF that nobody vouches for.

    Args:
        path: a file. Its name and suffix do not matter.
        folder: the file must lie in it, links resolved.

    Raises:
        RasterError: no such file, not within `folder`, no GeoTIFF, damaged, or of a size that
            cannot be predicted; the message says what was seen and what to bring.
    """
    file = checked_file(Path(path), folder)
    stamp = stamp_of(file)
    try:
        # A pathlib.Path is opened as it is; a string could be taken for an address or an archive.
        with guarded():
            dataset = rasterio.open(file, driver="GTiff", sharing=False)
    except _FAULTS as error:
        raise RasterError(
            f"{file.name} starts like a TIFF and cannot be opened as one: it is damaged or cut "
            f"short. Fetch or write it again"
        ) from error
    with dataset:
        try:
            with guarded():
                check_structure(dataset, file)
                raster = InputRaster(dataset, file, stamp)
        except _FAULTS as error:
            fault = proj_fault()
            told = f"cannot be placed. {fault}" if fault else _DAMAGED
            raise RasterError(f"{file.name} {told}") from error
        yield raster


def _has_mask(dataset: rasterio.DatasetReader) -> bool:
    """Whether the file holds a mask of its own for all bands."""
    flags = dataset.mask_flag_enums[0]
    return MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags
