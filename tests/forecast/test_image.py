"""The pixels that a forecast is made for."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from prediction_study import make_prediction_study
from rasterio.crs import CRS
from rasterio.transform import Affine
from study_factory import PATCHES, TEST_SCENE, TRAINING

from lcviz.errors import DatasetError, DatasetNotFoundError, RasterError
from lcviz.forecast.image import (
    _place,
    centre,
    evenly,
    nearest_continent,
    patch_image,
    raster_image,
    sample_pixels,
    scene_image,
)
from lcviz.georeference import GeoBox
from lcviz.rasters.reading import Units, open_raster
from lcviz.study import Study
from lcviz.study.pixels import patch_pixels

TEN = Units(band_order=tuple(range(1, 11)))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_prediction_study(tmp_path_factory.mktemp("image") / "study")


def write(path: Path, height: int, width: int, hole: slice = slice(0)) -> Path:
    """Ten bands; band b at row r and column c is 1000 b + 10 r + c, at most, and 0 in `hole`."""
    rows, columns = np.mgrid[:height, :width]
    bands = np.arange(1, 11)[:, None, None]
    values = (1000 * bands + rows + columns).astype(np.uint16)
    values[:, hole] = 0
    profile = {"driver": "GTiff", "height": height, "width": width, "count": 10}
    profile |= {"dtype": "uint16", "crs": CRS.from_epsg(32632)}
    with rasterio.open(path, "w", transform=Affine(10, 0, 5e5, 0, -10, 5e6), **profile) as file:
        file.write(values)
    return path


def test_patches_are_windows(study: Study) -> None:
    ids = [f"{TEST_SCENE}_p{number}" for number in PATCHES[:2]]
    image = patch_image(study, ids)
    assert image.names == tuple(ids)
    assert image.scene_ids == (TEST_SCENE,)
    np.testing.assert_array_equal(image.values[1], patch_pixels(study, ids[1]).values)
    assert not image.valid[:, :10].any()  # the factory's rows without data
    assert patch_image(study, ids[:1]).name == ids[0]


def test_a_damaged_patch_is_left_out_and_said(tmp_path: Path) -> None:
    study = make_prediction_study(tmp_path / "study")
    ids = [f"{TEST_SCENE}_p{number}" for number in PATCHES]
    assert study.data is not None
    file = next(study.data.rglob(f"*_s2_{TEST_SCENE.rpartition('_')[2]}_p{PATCHES[0]}.tif"))
    file.write_bytes(file.read_bytes()[:1000])
    image = patch_image(study, ids)
    assert image.names == tuple(ids[1:])
    assert image.total_windows == 3
    assert "Left out" in image.notes[0]
    with pytest.raises(DatasetError):
        patch_image(study, ids[:1])


def test_scenes_share_the_windows(study: Study) -> None:
    both = scene_image(study, [TEST_SCENE, TRAINING], most=5)
    assert both.scene_ids == (TEST_SCENE, TRAINING)
    assert [name.rpartition("_p")[0] for name in both.names].count(TEST_SCENE) == 3
    assert both.total_windows == 6
    assert both.notes == ("5 of 6 patches were looked at.",)
    assert scene_image(study, [TEST_SCENE]).notes == ()


def test_a_scene_without_imagery_is_an_error(study: Study) -> None:
    with pytest.raises(DatasetNotFoundError, match="has imagery"):
        scene_image(study, ["ROIs0000_spring_99"])
    with pytest.raises(DatasetNotFoundError):
        patch_image(study, [])


@pytest.mark.parametrize(
    ("height", "width", "windows", "total"),
    [
        (60, 300, 2, 2),
        (256, 256, 1, 1),
        (1024, 1024, 16, 16),
        (2000, 3000, 16, 96),
        (100, 9000, 16, 36),
        (9000, 100, 16, 36),
    ],
)
def test_windows_are_spread_over_a_raster(
    tmp_path: Path, height: int, width: int, windows: int, total: int
) -> None:
    with open_raster(write(tmp_path / "in.tif", height, width)) as raster:
        image = raster_image(raster.reading(TEN), "in.tif")
    assert image.windows is not None
    assert len(image.values) == len(set(image.names)) == windows
    assert image.total_windows == total
    assert image.shape == (height, width)
    assert bool(image.notes) is (windows < total)
    assert max(w.row_off + w.height for w in image.windows) == height
    assert max(w.col_off + w.width for w in image.windows) == width
    for window, values in zip(image.windows, image.values, strict=True):
        assert values[0, 0, 0] == min(1000 + window.row_off + window.col_off, 65535)


def test_windows_without_data_are_passed_over(tmp_path: Path) -> None:
    with open_raster(write(tmp_path / "in.tif", 600, 256, slice(0, 300))) as raster:
        image = raster_image(raster.reading(TEN), "in.tif")
    assert len(image.values) == 2
    assert "2 windows" in image.notes[0]
    with (
        open_raster(write(tmp_path / "none.tif", 300, 300, slice(None))) as raster,
        pytest.raises(RasterError, match="none holds data"),
    ):
        raster_image(raster.reading(TEN), "none.tif")


def test_the_centre_is_the_middle(study: Study) -> None:
    image = patch_image(study, [f"{TEST_SCENE}_p{PATCHES[0]}"])
    small = centre(image, 64)
    np.testing.assert_array_equal(small.values, image.values[:, :, 96:160, 96:160])
    assert centre(small, 128).values.shape == small.values.shape
    assert small.names == image.names


def test_a_sample_is_of_valid_pixels_and_always_the_same() -> None:
    valid = np.random.default_rng(0).random((2, 20, 20)) > 0.5
    places = sample_pixels(valid, 100, seed=0)
    assert len(np.unique(places)) == 100
    assert valid.ravel()[places].all()
    np.testing.assert_array_equal(places, sample_pixels(valid, 100, seed=0))
    assert len(sample_pixels(valid, 10_000, seed=0)) == valid.sum()


def test_some_are_taken_from_first_to_last() -> None:
    assert evenly(range(9), 3) == [0, 4, 8]
    assert evenly("ab", 3) == ["a", "b"]


def test_a_place_is_on_the_continent_of_the_nearest_scene():
    scenes = pd.DataFrame(
        {
            "longitude": [10.0, 178.0, -100.0, 0.0],
            "latitude": [50.0, -40.0, 40.0, np.nan],
            "continent": ["Europe", "Australia", "North America", "Africa"],
        }
    )
    assert nearest_continent((5.0, 60.0), scenes) == "Europe"
    # Across the date line, not all the way round.
    assert nearest_continent((-175.0, -35.0), scenes) == "Australia"
    assert nearest_continent(None, scenes) is None
    assert nearest_continent((5.0, 60.0), scenes.assign(continent=None)) is None


def test_a_raster_lies_on_a_continent_where_it_is_known_where():
    scenes = pd.DataFrame(
        {"longitude": [10.0, -100.0], "latitude": [50.0, 40.0], "continent": ["Europe", "America"]}
    )
    transform = Affine(10, 0, 500_000, 0, -10, 5_540_000)
    box = GeoBox((100, 100), transform, CRS.from_epsg(32632))
    assert _place(box) == (pytest.approx(9, abs=0.01), pytest.approx(50, abs=0.02))
    assert nearest_continent(_place(box), scenes) == "Europe"
    assert _place(GeoBox((100, 100), transform, None)) is None
