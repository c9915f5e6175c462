import numpy as np
import pytest
from raster_factory import land, write

from lcviz.imagery import stretched, true_colour
from lcviz.rasters.guard import inspect
from lcviz.rasters.preview import preview, preview_step
from lcviz.rasters.reading import open_raster

TEN = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12]


@pytest.mark.parametrize("side", [1000, 96, 50, 7])
@pytest.mark.parametrize("strip", [1_000_000, 96 * 16])
def test_it_is_the_picture_of_every_nth_pixel(tmp_path, monkeypatch, side, strip):
    monkeypatch.setattr("lcviz.rasters.preview._STRIP_PIXELS", strip)
    values = land()
    values[:, 40:60, 10:30] = 0
    path = write(tmp_path / "a.tif", values + 1000 * (values > 0), blockysize=16)
    fractions = []
    with open_raster(path) as raster:
        picture, contrast = preview(raster, inspect(raster).units, side, fractions.append)
    step = preview_step(96, 96, side)
    assert max(picture.shape[:2]) <= side
    expected = true_colour(values[TEN].astype(np.uint16), values.any(axis=0))
    np.testing.assert_array_equal(picture, expected[::step, ::step])
    counted = stretched(values[[3, 2, 1]][:, ::step, ::step], values.any(axis=0)[::step, ::step])
    np.testing.assert_array_equal(contrast, counted)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_numbers_that_are_none_are_drawn_as_no_data(tmp_path):
    values = land() / 1e4
    values[1:4, 5, :6] = [np.nan, np.inf, -np.inf, 3e38, np.nan, np.nan]
    with open_raster(write(tmp_path / "a.tif", values, "float32")) as raster:
        picture, _ = preview(raster, inspect(raster).units, 96)
    grey = true_colour(np.zeros((10, 1, 1), np.uint16), np.zeros((1, 1), bool))[0, 0]
    assert (picture[5, [0, 1, 2, 4, 5]] == grey).all()


@pytest.mark.parametrize("shape", [(1, 1), (10_980, 10_980), (33, 70_000)])
def test_the_step_fits_the_raster_into_the_side(shape):
    step = preview_step(*shape, 1024)
    assert -(-max(shape) // step) <= 1024
    assert step == 1 or -(-max(shape) // (step - 1)) > 1024
