"""An area of interest: a box or a polygon, brought to the grid of a raster."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS
from rasterio.features import geometry_mask
from rasterio.warp import transform_geom
from rasterio.windows import Window
from rasterio.windows import transform as window_transform
from shapely.errors import ShapelyError
from shapely.geometry import Polygon, box, mapping, shape
from shapely.ops import unary_union

from lcviz.errors import RasterError
from lcviz.georeference import GeoBox

MAX_BYTES: Final = 8 * 2**20
_WGS84: Final = CRS.from_epsg(4326)
_MARGIN: Final = 1e-4
"""Degrees."""
_DENSE: Final = 200
"""Parts into which a side of a box is cut: its sides are bent in another CRS."""


@dataclass(frozen=True)
class Place:
    """A part of the Earth."""

    geometry: Any
    """Polygons of shapely, longitude and latitude, degrees (WGS 84)."""
    is_box: bool
    """Whether it is a box: then the pixels between its sides are kept, else those in it alone."""

    def window(self, grid: GeoBox) -> Window:
        """The part of a grid that holds the place.

        Raises:
            RasterError: the raster does not say where it lies, or none of it lies there.
        """
        if grid.crs is None:
            raise RasterError(
                "The raster does not say where it lies, so that no area of it can be found. "
                "Predict it whole"
            )
        longitude, latitude = grid.centre
        elsewhere = RasterError(
            f"The area does not touch the raster, whose middle is at {longitude:.3f}, "
            f"{latitude:.3f} (longitude, latitude)"
        )
        on_grid = self._on(grid)
        if on_grid.is_empty:
            raise elsewhere
        west, south, east, north = on_grid.bounds
        inverse = ~grid.transform
        corners = [inverse @ (x, y) for x in (west, east) for y in (south, north)]
        columns = sorted(column for column, _ in corners)
        rows = sorted(row for _, row in corners)
        top, left = max(0, int(np.floor(rows[0]))), max(0, int(np.floor(columns[0])))
        bottom = min(grid.shape[0], int(np.ceil(rows[-1])))
        right = min(grid.shape[1], int(np.ceil(columns[-1])))
        if top >= bottom or left >= right:
            raise elsewhere
        return Window(left, top, right - left, bottom - top)

    def outside(self, grid: GeoBox, window: Window) -> npt.NDArray[np.bool_]:
        """Where a window of a grid is not in the place, bool (rows, columns)."""
        size = (int(window.height), int(window.width))
        if self.is_box:
            return np.zeros(size, dtype=np.bool_)
        transform = window_transform(window, grid.transform)
        return np.asarray(
            geometry_mask([mapping(self._on(grid))], size, transform, all_touched=True)
        )

    def _on(self, grid: GeoBox) -> Any:
        """The part of the place that lies on a grid, in the grid's CRS; shapely's."""
        rows, columns = grid.shape
        corners = [grid.transform @ c for c in ((0, 0), (columns, 0), (columns, rows), (0, rows))]
        edge = Polygon(corners)
        edge = edge.segmentize(edge.length / (4 * _DENSE))
        # A little more than the raster, for its sides are bent on the globe.
        ground = shape(transform_geom(grid.crs, _WGS84, mapping(edge))).buffer(_MARGIN)
        part = self.geometry.intersection(ground)
        return shape(transform_geom(_WGS84, grid.crs, mapping(part))) if not part.is_empty else part


def place_of_box(west: float, south: float, east: float, north: float) -> Place:
    """A box in degrees (WGS 84).

    Raises:
        RasterError: it is none.
    """
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise RasterError(
            f"{west:g} {south:g} {east:g} {north:g} is no box: west, south, east, north in "
            "degrees, west below east and south below north"
        )
    longest = max(east - west, north - south)
    return Place(box(west, south, east, north).segmentize(longest / _DENSE), True)


def place_of_geojson(text: str | bytes) -> Place:
    """The polygons of a GeoJSON: a geometry, a feature or a collection, in degrees (WGS 84).

    Raises:
        RasterError: it holds no polygon, or is no GeoJSON.
    """
    if len(text) > MAX_BYTES:
        raise RasterError(f"The GeoJSON has more than {MAX_BYTES // 2**20} MiB. Simplify it")
    try:
        polygons = [shape(one) for one in _polygons(json.loads(text))]
        whole = unary_union(polygons)
        empty = whole.is_empty or not whole.is_valid
        bounds = whole.bounds
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise RasterError("The area is no GeoJSON of polygons. Draw one at geojson.io") from error
    except (ShapelyError, RecursionError) as error:
        raise RasterError("The area's polygon crosses itself or is none. Draw it anew") from error
    if empty or not (
        bounds[0] >= -180 and bounds[2] <= 180 and -90 <= bounds[1] <= bounds[3] <= 90
    ):
        raise RasterError(
            "The area must hold a polygon in degrees, longitude before latitude (WGS 84)"
        )
    return Place(whole, False)


def place_of_file(path: Path) -> Place:
    """The polygons of a GeoJSON file. Errors as `place_of_geojson`, and where it cannot be read."""
    try:
        with path.expanduser().open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RasterError(f"{path} cannot be read: {error.strerror}") from error
    return place_of_geojson(text)


def _polygons(read: Any) -> list[Any]:
    kind = read["type"]
    if kind == "FeatureCollection":
        return [one for feature in read["features"] for one in _polygons(feature)]
    if kind == "Feature":
        return _polygons(read["geometry"])
    if kind == "GeometryCollection":
        return [one for part in read["geometries"] for one in _polygons(part)]
    return [read] if kind in ("Polygon", "MultiPolygon") else []
