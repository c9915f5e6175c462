"""Maps where there is no room for them."""

from pathlib import Path

import numpy as np
import pytest
from little_disk import files_of_at_most
from raster_factory import PLACE, land, write
from rasterio.crs import CRS

from lcviz.data.sen12ms import Raster
from lcviz.errors import RasterError
from lcviz.georeference import GeoBox
from lcviz.rasters.maps import predict_maps
from lcviz.rasters.reading import Units
from lcviz.rasters.subject import PatchSubject, RasterSource


class Model:
    """Says every class at random, as fast as a test; its maps do not get smaller by compression."""

    digest = mode = precision = "none"
    rounds_by_sample = False
    window_side = 864

    def predictor(self, device="auto", mode="fast"):
        return self

    def probabilities(self, s2, valid):
        shares = np.random.default_rng(0).random((len(s2), 8, *s2.shape[2:]), np.float32)
        return shares / shares.sum(axis=1, keepdims=True)

    def for_windows(self, rows, columns, margin, count, sample):
        return self.Windows(rows - 2 * margin, columns - 2 * margin)

    def release(self):
        pass

    class Windows:
        def __init__(self, *inner):
            self.inner = inner

        def probabilities(self, s2, valid):
            return Model().probabilities(np.empty((1, 10, *self.inner)), valid)[0]

        def release(self):
            pass


def patch() -> PatchSubject:
    values = land(10).astype(np.uint16)
    geobox = GeoBox(values.shape[1:], PLACE, CRS.from_epsg(32633))
    whole = np.ones(values.shape[1:], dtype=bool)
    picture = np.zeros((*values.shape[1:], 3), np.uint8)
    return PatchSubject(
        "ROIs1158_spring_1_p30", Raster(values, whole, geobox), None, picture, picture
    )


def raster(folder: Path) -> RasterSource:
    path = write(folder / "a.tif", land(10))
    return RasterSource(path, None, Units(tuple(range(1, 11)), 1.0, 0.0))


class Sized(RasterSource):
    height = width = 96


@pytest.mark.parametrize("kind", ["patch", "raster"])
@pytest.mark.parametrize("room", [0, 1500, 5000, 20_000])
def test_a_full_disk_is_told_in_words_that_name_no_folder(tmp_path, kind, room):
    source = raster(tmp_path)
    subject = patch() if kind == "patch" else Sized(source.path, None, source.units)
    models = {"a": Model(), "b": Model()}
    with files_of_at_most(room), pytest.raises(RasterError, match="cannot be written") as caught:
        predict_maps(models, "study", subject, tmp_path / "maps", mode="fast")
    assert "MB are free" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    # With room again, the same works.
    maps = predict_maps(models, "study", subject, tmp_path / "maps", mode="fast")
    assert set(maps.by_name) == {"a", "b", "vote"}
