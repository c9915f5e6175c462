"""A picture of a raster, brought to where and how a web map draws it."""

from dataclasses import dataclass
from math import pi
from typing import Final

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import Resampling, calculate_default_transform, reproject

from lcviz.georeference import GeoBox

_RADIUS: Final = 6_378_137.0
"""Of Web Mercator's sphere, m."""


@dataclass(frozen=True, eq=False)
class Overlay:
    """A picture whose rows and columns are those of a web map (EPSG:3857)."""

    pixels: npt.NDArray[np.uint8]
    """(rows, columns, 4): red, green, blue, alpha; transparent outside the raster."""
    south: float
    """Latitude of its lower edge, degrees (WGS 84)."""
    west: float
    """Longitude of its left edge, degrees; within 180 of the raster's middle, so it may pass 180.
    """
    north: float
    east: float

    @property
    def corners(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """South-west and north-east, each latitude and longitude."""
        return (self.south, self.west), (self.north, self.east)


def on_web_map(picture: npt.NDArray[np.uint8], geobox: GeoBox, *, classes: bool) -> Overlay:
    """Warp a picture that covers a raster to a web map.

    Args:
        picture: (rows, columns, 3 or 4), of as many rows and columns as there are.
        geobox: of the raster.
        classes: whether the colours are classes, which must not be mixed.

    Raises:
        ValueError: the raster has no CRS.
    """
    if geobox.crs is None:
        raise ValueError("without a CRS it cannot be told where a raster lies")
    rows, columns = picture.shape[:2]
    scale = Affine.scale(geobox.shape[1] / columns, geobox.shape[0] / rows)
    transform = geobox.transform @ scale
    # Its own middle, so that no raster is torn at the antimeridian.
    middle = geobox.centre[0]
    mercator = CRS.from_proj4(
        f"+proj=merc +a={_RADIUS} +b={_RADIUS} +lat_ts=0 +lon_0={middle:.6f} +units=m +no_defs"
    )
    bounds = _bounds(transform, rows, columns)
    target, width, height = calculate_default_transform(
        geobox.crs, mercator, columns, rows, *bounds
    )
    source = np.full((4, rows, columns), 255, dtype=np.uint8)
    source[: picture.shape[2]] = np.moveaxis(picture, -1, 0)
    warped = np.zeros((4, height, width), dtype=np.uint8)
    reproject(
        source,
        warped,
        src_transform=transform,
        src_crs=geobox.crs,
        dst_transform=target,
        dst_crs=mercator,
        resampling=Resampling.nearest if classes else Resampling.bilinear,
    )
    left, top = target.c, target.f
    right, bottom = left + target.a * width, top + target.e * height
    return Overlay(
        np.moveaxis(warped, 0, -1),
        south=_latitude(bottom),
        west=middle + _degrees(left),
        north=_latitude(top),
        east=middle + _degrees(right),
    )


def _bounds(transform: Affine, rows: int, columns: int) -> tuple[float, float, float, float]:
    corners = [transform @ c for c in ((0, 0), (columns, 0), (0, rows), (columns, rows))]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _degrees(metres: float) -> float:
    return metres / _RADIUS * 180 / pi


def _latitude(metres: float) -> float:
    return float(np.degrees(2 * np.arctan(np.exp(metres / _RADIUS)) - pi / 2))
