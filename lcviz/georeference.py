"""Where an array lies on the ground, as one value."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.crs import CRS
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import Affine
from rasterio.warp import transform as reproject_points


def proj_fault() -> str:
    """What is wrong with PROJ, which knows coordinate systems, and what to do; "" if it works."""
    try:
        CRS.from_epsg(32633).to_wkt()
    except (CRSError, RasterioError):
        pass
    else:
        return ""
    found = [name for name in ("PROJ_DATA", "PROJ_LIB") if os.environ.get(name)]
    said = f"Unset {' and '.join(found)}, which another program may have set"
    cause = said if found else "Install rasterio again"
    return f"PROJ, which knows coordinate systems, does not work here. {cause}, then start again"


@dataclass(frozen=True)
class GeoBox:
    """Georeference of a raster: shape, affine transform and CRS, which belong together."""

    shape: tuple[int, int]
    """Rows, columns."""
    transform: Affine
    """(column, row) of a pixel's upper left corner -> (x, y) in the units of `crs`."""
    crs: CRS | None
    """Coordinate reference system of x and y; None where it is not known."""

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle of the raster, in degrees (WGS 84).

        Raises:
            ValueError: there is no CRS.
        """
        if self.crs is None:
            raise ValueError("Without a CRS it cannot be told where a raster lies")
        rows, columns = self.shape
        x, y = self.to_xy(np.array([rows / 2]), np.array([columns / 2]))
        longitude, latitude = to_longitude_latitude(x, y, self.crs)
        return float(longitude[0]), float(latitude[0])

    def to_xy(
        self, rows: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Rows and columns (whole numbers are upper left corners) -> x and y in `crs`."""
        t = self.transform
        return t.c + t.a * columns + t.b * rows, t.f + t.d * columns + t.e * rows

    def to_pixels(
        self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The other way round; NaN where x or y is no number, or infinite."""
        t = ~self.transform
        there = np.isfinite(x) & np.isfinite(y)
        x, y = np.where(there, x, np.nan), np.where(there, y, np.nan)
        return t.f + t.d * x + t.e * y, t.c + t.a * x + t.b * y

    def shifted(self, rows: float, columns: float) -> "GeoBox":
        """The same box moved down by `rows` and right by `columns`, both in pixels."""
        t = self.transform
        x, y = self.to_xy(np.array(rows), np.array(columns))
        return GeoBox(self.shape, Affine(t.a, t.b, float(x), t.d, t.e, float(y)), self.crs)


def open_dataset(path: Path, mode: str = "r", **settings: Any) -> Any:
    """`rasterio.open`, without its warning where a raster lies nowhere: its georeference tells."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(path, mode, **settings)


def geobox_of(dataset: DatasetReader) -> GeoBox:
    """Georeference of an opened raster; the identity and no CRS where the file has none."""
    return GeoBox((dataset.height, dataset.width), dataset.transform, dataset.crs or None)


def to_longitude_latitude(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], crs: CRS
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Projected coordinates -> longitude and latitude in degrees (WGS 84).

    Args:
        x: Eastings in the units of `crs`, one dimension.
        y: Northings, same length.
        crs: Coordinate reference system of both.

    Returns:
        Longitudes in -180 to 180 and latitudes in -90 to 90, float64, same length.
    """
    longitude, latitude = reproject_points(crs, CRS.from_epsg(4326), x, y)
    return np.asarray(longitude, dtype=np.float64), np.asarray(latitude, dtype=np.float64)


def from_longitude_latitude(
    longitude: npt.NDArray[np.float64], latitude: npt.NDArray[np.float64], crs: CRS
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Longitude and latitude in degrees (WGS 84) -> x and y in `crs`.

    Args:
        longitude: one dimension.
        latitude: same length.
        crs: of the result.

    Returns:
        Eastings and northings, float64, same length; infinite where the projection does not reach.
    """
    # Not above: most that read this module never need it, and it takes a while to load.
    from pyproj import Transformer  # noqa: PLC0415

    transformer = Transformer.from_crs("EPSG:4326", crs.to_wkt(), always_xy=True)
    x, y = transformer.transform(longitude, latitude)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
