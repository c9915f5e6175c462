import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

from lcviz.rasters.areas import areas, count_classes
from lcviz.rasters.geotiff import class_map_writer
from lcviz.rasters.prediction import RasterPrediction
from lcviz.rasters.votes import vote

PLACE = Affine(10, 0, 500_000, 0, -10, 4_000_000)
UTM = CRS.from_epsg(32633)


def prediction(path, classes) -> RasterPrediction:
    with class_map_writer(path, classes.shape, PLACE, UTM, {}) as file:
        file.write(classes, 1)
    return RasterPrediction(path, None, areas(count_classes(classes), 100.0))


def test_most_models_win_strip_by_strip(tmp_path):
    maps = np.random.default_rng(0).integers(0, 8, (3, 1100, 40)).astype(np.uint8)
    maps[0, :300] = maps[1, :300]
    maps[:, :, 5] = 255
    maps[1:, 7, 7] = 255
    predictions = [prediction(tmp_path / f"{i}.tif", m) for i, m in enumerate(maps)]
    windows = []

    def pixel_area(window):
        windows.append(window)
        return 100.0 + window.row_off

    result = vote(predictions, tmp_path / "new" / "v.tif", {"LCVIZ_MODEL": "most"}, pixel_area)
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
    assert max(window.height for window in windows) <= 512
    assert sum(window.height for window in windows) == 1100
    assert result.probabilities is None
    assert result.areas.pixels.sum() == (voted != 255).sum()
    ground = sum((voted[w.toslices()] != 255).sum() * (100 + w.row_off) for w in windows)
    np.testing.assert_allclose(result.areas.hectares.sum(), ground / 1e4)


def test_areas_are_unknown_where_one_strip_is(tmp_path):
    one = prediction(tmp_path / "a.tif", np.zeros((600, 40), np.uint8))
    result = vote([one], tmp_path / "v.tif", {}, lambda window: None if window.row_off else 100.0)
    assert result.areas.hectares.isna().all()
    assert result.areas.pixels[0] == 600 * 40
