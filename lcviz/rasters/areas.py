"""How much ground a pixel covers, and each class of a map."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Geod
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from lcviz.georeference import GeoBox, to_longitude_latitude
from lcviz.taxonomy import CLASSES

AREA_COLUMNS: Final = ("class", "pixels", "hectares", "percent")
_DISTORTION: Final = 0.01
_WGS84: Final = Geod(ellps="WGS84")
"""Other ellipsoids differ by less than 0.1% in area."""


def pixel_area(geobox: GeoBox, window: Window) -> float | None:
    """Area of the pixel in the middle of a window.

    In a projected CRS it is that of the map, unless the map is more than 1% off the ground there,
    as Web Mercator is. Otherwise it is that of the ellipsoid (WGS 84).

    Returns:
        m², or None where the georeference is missing or of no use.
    """
    transform, crs = geobox.transform, geobox.crs
    if crs is None or transform.is_identity or not np.isfinite(transform).all():
        return None
    row, column = window.row_off + window.height / 2, window.col_off + window.width / 2
    try:
        ground = _ground_area(geobox, row, column)
        if not crs.is_projected:
            return ground
        mapped = abs(transform.determinant) * crs.linear_units_factor[1] ** 2
    except (RasterioError, CPLE_BaseError, ValueError):
        return None
    if not (math.isfinite(mapped) and mapped > 0):
        return None
    if ground is None or abs(mapped / ground - 1) <= _DISTORTION:
        return mapped
    return ground


def _ground_area(geobox: GeoBox, row: float, column: float) -> float | None:
    """Area of the pixel on the ellipsoid, m²: the parallelogram of two geodesics.

    They join the middles of opposite sides (Karney 2013, Algorithms for geodesics, J. Geodesy 87,
    as PROJ has them).
    """
    assert geobox.crs is not None
    rows = row + np.array([0, 0, -0.5, 0.5])
    columns = column + np.array([-0.5, 0.5, 0, 0])
    longitude, latitude = to_longitude_latitude(*geobox.to_xy(rows, columns), geobox.crs)
    if not (np.isfinite(longitude).all() and np.isfinite(latitude).all()):
        return None
    if abs(latitude).max() > 90:
        return None
    azimuths, _, lengths = _WGS84.inv(
        longitude[::2], latitude[::2], longitude[1::2], latitude[1::2]
    )
    area = float(lengths.prod() * abs(np.sin(np.radians(azimuths[1] - azimuths[0]))))
    return area if area > 0 else None


def count_classes(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Pixels of each class in a map of class indexes; 255 is not counted. Int64 (classes,)."""
    return np.bincount(classes.ravel(), minlength=256)[: len(CLASSES)].astype(np.int64)


def areas(
    pixels: npt.NDArray[np.int64], area: float | npt.NDArray[np.float64] | None
) -> pd.DataFrame:
    """Areas of the classes.

    Args:
        pixels: pixels of each class (classes,), int64.
        area: m² of one pixel, or m² of each class where pixels differ (classes,), or None where
            the raster does not say.

    Returns:
        Columns `AREA_COLUMNS`, one row a class in the order of `CLASSES`: name, pixels, hectares
        (NaN where `area` is None) and per cent of the pixels that have a class (NaN without any).
    """
    if area is None:
        hectares = np.full(len(CLASSES), np.nan)
    else:
        squares = np.asarray(area, dtype=np.float64)
        hectares = (squares if squares.ndim else pixels * squares) / 1e4
    total = pixels.sum()
    percent = 100 * pixels / total if total else np.full(len(CLASSES), np.nan)
    return pd.DataFrame(
        {"class": CLASSES, "pixels": pixels, "hectares": hectares, "percent": percent},
        columns=list(AREA_COLUMNS),
    )
