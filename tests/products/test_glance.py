import numpy as np
import pytest
from product_factory import safe, scene, zipped
from raster_factory import PLACE, write

from lcviz.errors import RasterError
from lcviz.imagery import stretched
from lcviz.rasters.products.glance import glance


@pytest.mark.parametrize("packed", [False, True])
def test_a_product_is_seen_before_it_is_read(tmp_path, packed):
    held = safe(tmp_path / "held")
    if packed:
        held = zipped(held, tmp_path / "held.zip")
    (tmp_path / "work").mkdir()
    seen = glance(held, tmp_path / "work")
    assert seen.geobox.shape == (96, 96) and seen.pixels == 96 * 96
    assert seen.geobox.transform == PLACE and seen.geobox.crs.to_epsg() == 32633
    visible = np.stack([scene()[band] for band in ("B4", "B3", "B2")])
    np.testing.assert_array_equal(seen.picture, stretched(visible, (visible > 0).all(axis=0)))
    assert not list((tmp_path / "work").iterdir())  # nothing is left
    assert glance(held, tmp_path / "work", side=32).picture.shape == (32, 32, 3)


def test_what_is_no_product_is_left_to_others(tmp_path):
    file = write(tmp_path / "a.tif", np.full((13, 64, 64), 900))
    assert glance(file, tmp_path) is None
    (tmp_path / "empty").mkdir()
    assert glance(tmp_path / "empty", tmp_path) is None


def test_a_product_outside_the_allowed_folder_is_not_looked_at(tmp_path):
    held = safe(tmp_path / "held")
    (tmp_path / "allowed").mkdir()
    with pytest.raises(RasterError, match="not in the allowed folder"):
        glance(held, tmp_path, tmp_path / "allowed")
