import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasterio.crs import CRS
from rasterio.transform import Affine

from lcviz.rasters.pixel_area import pixel_area

WGS84 = CRS.from_epsg(4326)
A, B = 6_378_137.0, 6_356_752.314245


def cell(south: float, north: float, width: float) -> float:
    """Area of a cell of the ellipsoid between two parallels, m², in closed form (degrees)."""
    e = np.sqrt(1 - (B / A) ** 2)

    def below(latitude: float) -> float:
        s = np.sin(np.radians(latitude))
        return s / (1 - (e * s) ** 2) + np.arctanh(e * s) / e

    return np.radians(width) * B**2 / 2 * (below(north) - below(south))


@given(st.floats(-85, 85), st.floats(-179, 179), st.sampled_from([1e-4, 1e-3, 1e-2]))
def test_degrees_are_as_large_as_they_are_there(latitude, longitude, size):
    transform = Affine(size, 0, longitude, 0, -size, latitude)
    expected = cell(latitude - size, latitude, size)
    assert pixel_area(transform, WGS84, 0.5, 0.5) == pytest.approx(expected, rel=1e-4)


def test_the_area_is_that_of_the_place_asked_for():
    transform = Affine(0.01, 0, 10, 0, -0.01, 60)
    assert pixel_area(transform, WGS84, 0.5, 3000.5) == pytest.approx(
        cell(29.99, 30, 0.01), rel=1e-4
    )


def test_metres_of_a_map_are_taken_as_they_are():
    transform = Affine(10, 0, 500_000, 0, -10, 5_000_000)
    assert pixel_area(transform, CRS.from_epsg(32633), 50, 50) == 100
    assert pixel_area(transform @ Affine.rotation(30), CRS.from_epsg(32633), 5, 5) == (
        pytest.approx(100)
    )
    south_up = Affine(10, 0, 500_000, 0, 10, 5_000_000)
    assert pixel_area(south_up, CRS.from_epsg(32633), 50, 50) == 100


def test_feet_are_no_metres():
    transform = Affine(30, 0, 2_000_000, 0, -30, 300_000)
    area = pixel_area(transform, CRS.from_epsg(2263), 5, 5)
    assert area == pytest.approx((30 * 1200 / 3937) ** 2, rel=1e-3)


def test_web_mercator_is_put_right():
    """At 60 degrees north, a map's metre is half a metre of ground."""
    y = A * np.arctanh(np.sin(np.radians(60)))
    area = pixel_area(Affine(10, 0, 0, 0, -10, y), CRS.from_epsg(3857), 0.5, 0.5)
    assert area == pytest.approx(25, rel=0.01)


def test_across_the_date_line():
    transform = Affine(0.01, 0, 179.995, 0, -0.01, 0)
    assert pixel_area(transform, WGS84, 0.5, 0.5) == pytest.approx(cell(-0.01, 0, 0.01), rel=1e-4)


@pytest.mark.parametrize(
    ("transform", "crs"),
    [
        (Affine.identity(), WGS84),
        (Affine(10, 0, 0, 0, -10, 0), None),
        (Affine(float("nan"), 0, 0, 0, -10, 0), WGS84),
        (Affine(0, 0, 10, 0, 0, 10), WGS84),
        (Affine(1, 0, 10, 0, -1, 500), WGS84),
        (Affine(1e300, 0, 0, 0, -1e300, 0), CRS.from_epsg(32633)),
    ],
)
def test_a_place_of_no_use_has_no_area(transform, crs):
    assert pixel_area(transform, crs, 0.5, 0.5) is None
