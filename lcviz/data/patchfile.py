"""One file of a patch: what it must look like, and reading it with every check.

Facts measured on real SEN12MS files: uncompressed GeoTIFF, 256 x 256 pixels of 10 m, WGS 84 / UTM.
A file laid out so is read without GDAL; GDAL reads every other, and says what is wrong with it.
"""

import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import rasterio

from lcviz.data.plain_tiff import read_plain
from lcviz.errors import PatchDamagedError, PatchVanishedError
from lcviz.georeference import GeoBox, open_dataset, proj_fault
from lcviz.taxonomy import PATCH_SIZE

PIXEL_SIZE: Final = 10.0
"""Metres."""


@dataclass(frozen=True)
class Sensor:
    """What a file of one kind must look like."""

    bands: int
    dtype: str
    size: int
    """Bytes of a file as SEN12MS ships it; one that was compressed later differs and is valid."""


SENSORS: Final[Mapping[str, Sensor]] = MappingProxyType(
    {
        "s1": Sensor(bands=2, dtype="float32", size=525_172),
        "s2": Sensor(bands=13, dtype="uint16", size=1_706_432),
        "lc": Sensor(bands=4, dtype="uint8", size=262_788),
    }
)
_KINDS: Final = {**SENSORS, "truth": Sensor(bands=1, dtype="uint8", size=65_960)}
"""The dataset's sensors, and the truth that a made dataset has beside them."""

_TIFF_SIGNATURES: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_geobox(path: Path, sensor: str) -> GeoBox:
    """Check a file's header and return its georeference, without reading pixels.

    Args:
        path: A file of a patch.
        sensor: "s1", "s2" or "lc".

    Raises:
        PatchDamagedError: The header is not that of such a file.
    """
    return read_bands(path, sensor, ())[1]


def check_file(path: Path, sensor: str) -> bool:
    """Check one file cheaply: its header, and its pixels if its size is not the known one.

    Returns:
        Whether its size is the known one.

    Raises:
        PatchDamagedError: The file is not what its name promises.
    """
    known = SENSORS[sensor]
    same_size = _size(path) == known.size
    read_bands(path, sensor, () if same_size else range(1, known.bands + 1))
    return same_size


def _size(path: Path) -> int:
    try:
        status = path.stat()
    except OSError as error:
        raise PatchVanishedError(f"{path}: cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode):
        raise PatchDamagedError(f"{path}: is no file")
    return status.st_size


def read_bands(path: Path, sensor: str, bands: Sequence[int]) -> tuple[npt.NDArray[Any], GeoBox]:
    """Read some bands of a file, after checking that it is what its name promises.

    Args:
        path: A file of a patch.
        sensor: "s1", "s2", "lc" or "truth".
        bands: 1-based places in the file; none to check the header only.

    Returns:
        Values (bands, 256, 256) in the file's dtype, and their place on the ground.

    Raises:
        PatchDamagedError: Empty, truncated, no GeoTIFF, or another number of bands, dtype, size
            in pixels or kind of georeference than SEN12MS has.
        PatchVanishedError: Missing, or on a disk that is.
    """
    size, known = _size(path), _KINDS[sensor]
    if size == 0:
        raise PatchDamagedError(
            f"{path}: the file is empty, expected {known.size:,} bytes; fetch it again"
        )
    plain = read_plain(path, known.bands, known.dtype) if bands else None
    if plain is not None and _is_in_utm(plain[1]):
        return np.stack([plain[0][band - 1] for band in bands]), plain[1]
    try:
        with open_alone(path) as dataset:
            geobox = _check_header(dataset, path, sensor)
            values = dataset.read(list(bands)) if bands else np.empty((0, 0, 0))
    except PatchDamagedError as error:
        _blame_no_file(path, error)
        raise
    except (rasterio.errors.RasterioError, OSError, ValueError) as error:
        _size(path)  # What is gone by now is not damaged.
        _blame_no_file(path, error)
        raise PatchDamagedError(
            f"{path}: {_fault(path, size < known.size)}: {size:,} bytes, as shipped it has "
            f"{known.size:,}; fetch it again"
        ) from error
    return values, geobox


def _blame_no_file(path: Path, error: Exception) -> None:
    """Tell causes outside of a file from damage, so that they are tried again when they are gone.

    Raises:
        PatchVanishedError: the file may not be read, or PROJ does not work.
    """
    try:
        with path.open("rb"):
            pass
    except OSError as refused:
        raise PatchVanishedError(f"{path}: cannot be opened: {refused.strerror}") from error
    if fault := proj_fault():
        raise PatchVanishedError(f"{path}: cannot be placed: {fault}") from error


def _fault(path: Path, short: bool) -> str:
    try:
        with path.open("rb") as file:
            signature = file.read(4)
    except OSError as error:
        return f"cannot be opened ({error.strerror})"
    if signature not in _TIFF_SIGNATURES:
        return "is no TIFF file"
    return "is cut short" if short else "cannot be decoded"


@contextmanager
def open_alone(path: Path) -> Iterator[rasterio.DatasetReader]:
    """Open a GeoTIFF; nothing beside it (.aux.xml, .tfw) may change what it says."""
    with (
        rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
        open_dataset(path, driver="GTiff") as dataset,
    ):
        yield dataset


def _check_header(dataset: rasterio.DatasetReader, path: Path, sensor: str) -> GeoBox:
    known = _KINDS[sensor]
    dtypes = "/".join(sorted(set(dataset.dtypes)))
    seen = f"{dataset.count} x {dtypes}, {dataset.height} x {dataset.width} pixels"
    expected = f"{known.bands} x {known.dtype}, {PATCH_SIZE} x {PATCH_SIZE} pixels"
    if seen != expected:
        raise PatchDamagedError(f"{path}: holds {seen}; a SEN12MS {sensor} file has {expected}")
    place = dataset.transform
    geobox = GeoBox((dataset.height, dataset.width), place, dataset.crs)
    zone = dataset.crs.to_epsg() if dataset.crs else None
    if (
        zone is None
        or not (32601 <= zone <= 32660 or 32701 <= zone <= 32760)
        or not np.allclose(place[:2] + place[3:5], (PIXEL_SIZE, 0, 0, -PIXEL_SIZE), rtol=1e-6)
        or not _is_in_utm(geobox)
    ):
        x, y = _centre(geobox)
        raise PatchDamagedError(
            f"{path}: its georeference is {dataset.crs or 'missing'}, pixel {place.a} x {place.e}, "
            f"centre ({x:.0f}, {y:.0f}); expected WGS 84 / UTM, 10 m pixels, north up"
        )
    return geobox


def _centre(geobox: GeoBox) -> tuple[float, float]:
    x, y = geobox.to_xy(np.array(PATCH_SIZE / 2), np.array(PATCH_SIZE / 2))
    return float(x), float(y)


def _is_in_utm(geobox: GeoBox) -> bool:
    """Whether the middle lies where UTM coordinates can lie."""
    x, y = _centre(geobox)
    return 0 < x < 1e6 and -1e6 < y < 1.1e7
