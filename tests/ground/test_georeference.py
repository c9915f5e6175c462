import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from lcviz.georeference import GeoBox, from_longitude_latitude, to_longitude_latitude

UTM31 = CRS.from_epsg(32631)


def test_the_middle_of_zone_31_on_the_equator_is_at_3_degrees_east():
    box = GeoBox((256, 256), Affine(10, 0, 500_000 - 1280, 0, -10, 1280), UTM31)
    assert box.centre == pytest.approx((3, 0), abs=1e-9)


def test_shape_is_rows_then_columns():
    box = GeoBox((100, 300), Affine(10, 0, 500_000 - 1500, 0, -10, 500), UTM31)
    assert box.centre == pytest.approx((3, 0), abs=1e-9)


def test_shifted_moves_down_by_rows_and_right_by_columns():
    box = GeoBox((256, 256), Affine(10, 0, 1000, 0, -10, 5000), UTM31).shifted(128, 256)
    assert (box.transform.c, box.transform.f) == (1000 + 2560, 5000 - 1280)


def test_known_point():
    # The Eiffel Tower: 48.8584 N, 2.2945 E is 448,252 m E, 5,411,943 m N in zone 31.
    longitude, latitude = to_longitude_latitude(
        np.array([448_251.9]), np.array([5_411_943.8]), UTM31
    )
    assert longitude[0] == pytest.approx(2.2945, abs=1e-4)
    assert latitude[0] == pytest.approx(48.8584, abs=1e-4)


def test_places_go_to_a_crs_and_back_and_what_it_does_not_reach_is_infinite():
    crs = CRS.from_epsg(32632)
    longitude, latitude = np.array([9.0, 11.5]), np.array([45.0, -3.0])
    there = from_longitude_latitude(longitude, latitude, crs)
    assert there[0][0] == pytest.approx(500_000)
    back = to_longitude_latitude(*there, crs)
    assert np.array(back) == pytest.approx(np.array([longitude, latitude]))
    x, y = from_longitude_latitude(np.array([100.0, 9.0]), np.array([0.0, 95.0]), crs)
    assert not np.isfinite(x[0]) and not np.isfinite(y[1])
