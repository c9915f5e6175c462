import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from lcviz.georeference import GeoBox, from_longitude_latitude
from lcviz.rasters.overlay import on_web_map


def box_at(longitude: float, latitude: float, rows: int = 60, columns: int = 80) -> GeoBox:
    """A UTM grid of 10 m whose middle is at that place."""
    zone = int((longitude + 180) // 6) + 1
    crs = CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)
    x, y = from_longitude_latitude(np.array([longitude]), np.array([latitude]), crs)
    transform = Affine(10, 0, float(x[0]) - 5 * columns, 0, -10, float(y[0]) + 5 * rows)
    return GeoBox((rows, columns), transform, crs)


def picture(rows: int = 60, columns: int = 80) -> np.ndarray:
    """Red in the north-west quarter, else blue."""
    drawn = np.zeros((rows, columns, 3), np.uint8)
    drawn[..., 2] = 255
    drawn[: rows // 2, : columns // 2] = [255, 0, 0]
    return drawn


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(15, 46), (-70, -33), (179.999, -17), (-179.999, 64), (3, 0)]
)
def test_a_picture_lies_where_its_raster_does(longitude: float, latitude: float):
    found = on_web_map(picture(), box_at(longitude, latitude), classes=True)
    assert (found.south + found.north) / 2 == pytest.approx(latitude, abs=2e-4)
    middle = (found.west + found.east) / 2
    assert (middle - longitude + 180) % 360 - 180 == pytest.approx(0, abs=4e-4)
    # 600 m from south to north, and never around the world.
    assert (found.north - found.south) * 111_200 == pytest.approx(600, rel=0.08)
    assert 0 < found.east - found.west < 0.1
    rows, columns = found.pixels.shape[:2]
    assert found.pixels[rows // 4, columns // 4].tolist() == [255, 0, 0, 255]
    assert found.pixels[3 * rows // 4, 3 * columns // 4].tolist() == [0, 0, 255, 255]


def test_classes_are_not_mixed_and_outside_is_transparent():
    found = on_web_map(picture(), box_at(17.9, 60), classes=True)
    seen = {tuple(pixel) for pixel in found.pixels.reshape(-1, 4).tolist()}
    assert seen <= {(255, 0, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)}
    assert (0, 0, 0, 0) in seen  # a UTM grid is turned, but on its own meridian
    hole = np.dstack([picture(), np.zeros((60, 80), np.uint8)])
    assert not on_web_map(hole, box_at(15, 60), classes=True).pixels[..., 3].any()


def test_a_small_picture_covers_the_whole_raster():
    whole = on_web_map(picture(), box_at(15, 46), classes=True)
    small = on_web_map(picture(15, 20), box_at(15, 46), classes=True)
    for side in ("south", "west", "north", "east"):
        assert getattr(small, side) == pytest.approx(getattr(whole, side), abs=1e-3)


def test_without_a_crs_there_is_no_place():
    with pytest.raises(ValueError, match="CRS"):
        on_web_map(picture(), GeoBox((60, 80), Affine.identity(), None), classes=True)
