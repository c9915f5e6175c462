"""How much ground a pixel covers."""

import math
from typing import Final

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine

from lcviz.georeference import to_longitude_latitude
from lcviz.rasters.gdal_errors import GDAL_ERRORS

_SEMI_MAJOR: Final = 6_378_137.0
"""Metres, WGS 84; other ellipsoids differ by less than 0.1 % in area."""
_ECCENTRICITY_2: Final = 0.006_694_379_990_141
_DISTORTION: Final = 0.01


def pixel_area(transform: Affine, crs: CRS | None, column: float, row: float) -> float | None:
    """Area of the pixel around a place of a raster.

    In a projected CRS it is that of the map, unless the map is more than 1 % off the ground there,
    as Web Mercator is. Otherwise it is that of the ellipsoid (WGS 84).

    Args:
        transform: (column, row) -> (x, y) in the units of `crs`.
        crs: coordinate reference system, or None.
        column: place from the left edge, pixels.
        row: place from the upper edge, pixels.

    Returns:
        m², or None where the georeference is missing or of no use.
    """
    if crs is None or transform.is_identity or not np.isfinite(transform).all():
        return None
    try:
        ground = _ground_area(transform, crs, column, row)
        if not crs.is_projected:
            return ground
        mapped = abs(transform.determinant) * crs.linear_units_factor[1] ** 2
    except (*GDAL_ERRORS, ValueError):
        return None
    if not (math.isfinite(mapped) and mapped > 0):
        return None
    if ground is None or abs(mapped / ground - 1) <= _DISTORTION:
        return mapped
    return ground


def _ground_area(transform: Affine, crs: CRS, column: float, row: float) -> float | None:
    """Area of the pixel on the ellipsoid, m²: a small parallelogram in longitude and latitude.

    One degree of each is taken at its length there, radii of curvature N and M (Snyder 1987, Map
    Projections: a Working Manual, eqs. 4-19, 4-20).
    """
    a, b = transform.a, transform.b
    d, e = transform.d, transform.e
    x, y = transform @ (column, row)
    xs = np.array([x - a / 2, x + a / 2, x - b / 2, x + b / 2])
    ys = np.array([y - d / 2, y + d / 2, y - e / 2, y + e / 2])
    longitude, latitude = to_longitude_latitude(xs, ys, crs)
    if not (np.isfinite(longitude).all() and np.isfinite(latitude).all()):
        return None
    across = np.radians((longitude[1::2] - longitude[::2] + 180) % 360 - 180)
    along = np.radians(latitude[1::2] - latitude[::2])
    middle = math.radians(float(latitude.mean()))
    if abs(middle) > math.pi / 2:
        return None
    root = 1 - _ECCENTRICITY_2 * math.sin(middle) ** 2
    east = _SEMI_MAJOR / math.sqrt(root) * math.cos(middle)
    north = _SEMI_MAJOR * (1 - _ECCENTRICITY_2) / root**1.5
    area = abs(float(across[0] * along[1] - across[1] * along[0])) * east * north
    return area if area > 0 else None
