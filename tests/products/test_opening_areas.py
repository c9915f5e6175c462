"""Only an area of what people hold is read."""

import json

import numpy as np
import pytest
import rasterio
from opened_products import expected, opened, read
from product_factory import (
    TEN,
    safe,
)
from raster_factory import PLACE, write
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.rasters.products.places import place_of_box, place_of_geojson

WHOLE = Window(0, 0, 96, 96)


def corner(west: float, north: float, size: float = 400) -> list[float]:
    """West, south, east, north in degrees of a square of metres, from the upper left pixel."""
    left, top = PLACE.c + west, PLACE.f - north
    return list(transform_bounds("EPSG:32633", "EPSG:4326", left, top - size, left + size, top))


def test_only_a_box_is_read(tmp_path):
    box = place_of_box(*corner(200, 300))
    for held in (safe(tmp_path), write(tmp_path / "in.tif", expected(), names=TEN)):
        prepared = opened(tmp_path / "w", held, place=box)
        _, dn, _ = read(prepared)
        with rasterio.open(prepared.path) as file:
            column, row = (round(v) for v in ~PLACE @ (file.transform.c, file.transform.f))
        assert (abs(row - 30), abs(column - 20)) <= (1, 1)
        assert dn.shape[1:] == pytest.approx((40, 40), abs=2)
        rows, columns = dn.shape[1:]
        np.testing.assert_array_equal(
            dn, expected()[:, row : row + rows, column : column + columns]
        )


def test_a_box_round_the_world_is_the_whole_raster(tmp_path):
    prepared = opened(tmp_path / "w", safe(tmp_path), place=place_of_box(-180, -90, 180, 90))
    np.testing.assert_array_equal(read(prepared)[1], expected())


def test_outside_a_polygon_is_no_data(tmp_path):
    west, south, east, north = corner(100, 100, 600)
    triangle = [[west, south], [east, south], [west, north], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [triangle]}
    text = json.dumps({"type": "Feature", "properties": {}, "geometry": geometry})
    prepared = opened(tmp_path / "w", safe(tmp_path), place=place_of_geojson(text))
    _, _, valid = read(prepared)
    assert valid.mean() == pytest.approx(0.5, abs=0.05)
    assert valid[-2, 2] and not valid[2, -2]


def test_an_area_elsewhere_and_no_area_are_told(tmp_path):
    held = safe(tmp_path)
    with pytest.raises(RasterError, match="does not touch the raster"):
        opened(tmp_path / "w", held, place=place_of_box(-70, -10, -69, -9))
    for bad in ("[]", "{", '{"type": "Point", "coordinates": [1, 2]}', '{"type": "Feature"}'):
        with pytest.raises(RasterError, match="polygon"):
            place_of_geojson(bad)
    with pytest.raises(RasterError, match="is no box"):
        place_of_box(10, 5, 9, 6)
