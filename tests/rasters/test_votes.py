import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.georeference import GeoBox
from lcviz.rasters.areas import areas, count_classes, pixel_area
from lcviz.rasters.geotiff import class_map_writer
from lcviz.rasters.prediction import RasterPrediction
from lcviz.rasters.votes import vote

PLACE = Affine(10, 0, 500_000, 0, -10, 4_000_000)
UTM = CRS.from_epsg(32633)


def prediction(path, classes, place=PLACE, crs=UTM) -> RasterPrediction:
    with class_map_writer(path, GeoBox(classes.shape, place, crs), {}) as file:
        file.write(classes, 1)
    return RasterPrediction(path, None, areas(count_classes(classes), 100.0))


def test_most_models_win_strip_by_strip(tmp_path):
    maps = np.random.default_rng(0).integers(0, 8, (3, 1100, 40)).astype(np.uint8)
    maps[0, :300] = maps[1, :300]
    maps[:, :, 5] = 255
    maps[1:, 7, 7] = 255
    predictions = [prediction(tmp_path / f"{i}.tif", m) for i, m in enumerate(maps)]
    result = vote(predictions, tmp_path / "new" / "v.tif", {"LCVIZ_MODEL": "most"})
    with rasterio.open(result.classes) as file:
        voted = file.read(1)
        assert (file.crs, file.transform) == (UTM, PLACE)
        assert file.tags()["LCVIZ_MODEL"] == "most"
    np.testing.assert_array_equal(voted[:300, :5], maps[1, :300, :5])
    assert (voted[:, 5] == 255).all()
    assert voted[7, 7] == maps[0, 7, 7]
    # Where all differ, the first of the classes.
    lone = np.array([len(np.unique(column)) == 3 for column in maps[:, 1000].T])
    np.testing.assert_array_equal(voted[1000, lone], maps[:, 1000, lone].min(axis=0))
    assert result.probabilities is None
    assert result.areas.pixels.sum() == (voted != 255).sum()
    assert result.areas.hectares.sum() == (voted != 255).sum() / 100


def test_areas_are_those_of_each_strip(tmp_path):
    """In degrees, pixels nearer to the pole are smaller."""
    place, crs = Affine(0.01, 0, 10, 0, -0.01, 70), CRS.from_epsg(4326)
    one = prediction(tmp_path / "a.tif", np.zeros((600, 40), np.uint8), place, crs)
    result = vote([one], tmp_path / "v.tif", {})
    box = GeoBox((600, 40), place, crs)
    ground = sum(
        window.height * 40 * pixel_area(box, window)
        for window in (Window(0, 0, 40, 512), Window(0, 512, 40, 88))
    )
    assert result.areas.hectares[0] == pytest.approx(ground / 1e4)


def test_areas_are_unknown_where_one_strip_is(tmp_path):
    """The second strip lies beyond the pole."""
    place, crs = Affine(0.01, 0, 10, 0, -0.01, -85.2), CRS.from_epsg(4326)
    one = prediction(tmp_path / "a.tif", np.zeros((600, 40), np.uint8), place, crs)
    result = vote([one], tmp_path / "v.tif", {})
    assert result.areas.hectares.isna().all()
    assert result.areas.pixels[0] == 600 * 40
