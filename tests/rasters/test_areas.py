import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.georeference import GeoBox
from lcviz.rasters.areas import AREA_COLUMNS, areas, count_classes, pixel_area
from lcviz.taxonomy import CLASSES

WGS84 = CRS.from_epsg(4326)
A, B = 6_378_137.0, 6_356_752.314245


def area_of(transform: Affine, crs: CRS | None, window: Window) -> float | None:
    return pixel_area(GeoBox((4000, 4000), transform, crs), window)


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
    assert area_of(transform, WGS84, Window(0, 0, 1, 1)) == pytest.approx(expected, rel=1e-4)


def test_the_area_is_that_of_the_place_asked_for():
    transform = Affine(0.01, 0, 10, 0, -0.01, 60)
    assert area_of(transform, WGS84, Window(0, 3000, 1, 1)) == pytest.approx(
        cell(29.99, 30, 0.01), rel=1e-4
    )


def test_metres_of_a_map_are_taken_as_they_are():
    transform = Affine(10, 0, 500_000, 0, -10, 5_000_000)
    assert area_of(transform, CRS.from_epsg(32633), Window(0, 0, 100, 100)) == 100
    assert area_of(transform @ Affine.rotation(30), CRS.from_epsg(32633), Window(0, 0, 10, 10)) == (
        pytest.approx(100)
    )
    south_up = Affine(10, 0, 500_000, 0, 10, 5_000_000)
    assert area_of(south_up, CRS.from_epsg(32633), Window(0, 0, 100, 100)) == 100


def test_feet_are_no_metres():
    transform = Affine(30, 0, 2_000_000, 0, -30, 300_000)
    area = area_of(transform, CRS.from_epsg(2263), Window(0, 0, 10, 10))
    assert area == pytest.approx((30 * 1200 / 3937) ** 2, rel=1e-3)


def test_web_mercator_is_put_right():
    """At 60 degrees north, a map's metre is half a metre of ground."""
    y = A * np.arctanh(np.sin(np.radians(60)))
    area = area_of(Affine(10, 0, 0, 0, -10, y), CRS.from_epsg(3857), Window(0, 0, 1, 1))
    assert area == pytest.approx(25, rel=0.01)


def test_across_the_date_line():
    transform = Affine(0.01, 0, 179.995, 0, -0.01, 0)
    assert area_of(transform, WGS84, Window(0, 0, 1, 1)) == pytest.approx(
        cell(-0.01, 0, 0.01), rel=1e-4
    )


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
    assert area_of(transform, crs, Window(0, 0, 1, 1)) is None


def test_areas_by_hand():
    classes = np.array([[0, 0, 7], [255, 7, 7]], np.uint8)
    pixels = count_classes(classes)
    assert pixels.tolist() == [2, 0, 0, 0, 0, 0, 0, 3]
    table = areas(pixels, 100.0)
    assert tuple(table.columns) == AREA_COLUMNS
    assert tuple(table["class"]) == CLASSES
    assert table.hectares.iloc[[0, 7]].tolist() == pytest.approx([0.02, 0.03])
    assert table.percent.iloc[[0, 1, 7]].tolist() == pytest.approx([40, 0, 60])


def test_pixels_of_several_sizes_come_as_square_metres():
    pixels = np.array([10, 0, 0, 0, 0, 0, 0, 0])
    table = areas(pixels, np.array([90_000.0, 0, 0, 0, 0, 0, 0, 0]))
    assert table.hectares[0] == pytest.approx(9)


def test_nothing_known_is_missing_not_zero():
    assert areas(np.ones(8, np.int64), None).hectares.isna().all()
    assert areas(np.zeros(8, np.int64), 100.0).percent.isna().all()
