"""What a raster is taken for as a whole: its level, its place, what lies beside it."""

import os

import numpy as np
import pytest
import rasterio
import rasterio.control
from guard_looks import TEN_OF_L2A, bright, look
from PIL import Image
from raster_factory import PLACE, SIZE, land, surface, write
from rasterio.transform import Affine

from lcviz.errors import RasterError
from lcviz.rasters.guard import inspect
from lcviz.rasters.reading import open_raster


def test_twelve_bands_are_level_2a(tmp_path):
    finding, dn = look(write(tmp_path / "a.tif", surface()))
    assert (finding.level, finding.unit, finding.offset) == ("L2A", "DN", 0)
    assert finding.certain
    np.testing.assert_array_equal(dn, surface()[TEN_OF_L2A])
    assert any("trained on Level-1C" in warning for warning in finding.warnings)


def test_ten_bands_with_air_in_the_blue_could_be_either_level(tmp_path):
    finding, dn = look(write(tmp_path / "a.tif", land(10)))
    assert (finding.level, finding.offset, finding.certain) == ("ten bands", 0, True)
    np.testing.assert_array_equal(dn, land(10))
    assert "do not tell Level-1C from Level-2A" in finding.warnings[0]


def test_ten_bands_without_air_in_the_blue_are_level_2a(tmp_path):
    assert look(write(tmp_path / "a.tif", surface(10)))[0].level == "L2A"


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ({"crs": None, "transform": Affine.identity()}, "no georeference"),
        ({"crs": None}, "no georeference"),
        ({"transform": PLACE @ Affine.rotation(20)}, "rotated"),
        ({"transform": Affine(10, 0, 5e5, 0, 10, 4.9e6)}, "south-up"),
        ({"transform": Affine(20, 0, 5e5, 0, -20, 5e6)}, "20 m wide"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_an_unusual_place_is_told(tmp_path, profile, words):
    finding, _ = look(write(tmp_path / "a.tif", land(), **profile))
    assert finding.certain
    assert [words in warning for warning in finding.warnings] == [True]


def test_a_large_raster_is_judged_by_all_of_it(tmp_path):
    """What tells of an offset may be in one corner only."""
    values = np.tile(bright(), (1, 8, 8))
    values[:, 600:, 600:] = np.tile(land(10)[:, :20, :20], (1, 9, 9))[:, :168, :168]
    finding, _ = look(write(tmp_path / "a.tif", values, tiled=True, blockxsize=64, blockysize=64))
    assert (finding.certain, finding.offset) == (True, 0)


def test_data_in_a_sliver_are_found(tmp_path):
    values = np.zeros((13, 700, 1500))
    values[:, 300:396, 1490:] = land()[:, :, 40:50]
    finding, _ = look(write(tmp_path / "a.tif", values, nodata=0, tiled=True, compress="deflate"))
    assert (finding.certain, finding.level) == (True, "L1C")


def test_ground_control_points_give_a_place(tmp_path):
    corners = ((0, 0), (0, SIZE), (SIZE, 0), (SIZE, SIZE))
    points = [
        rasterio.control.GroundControlPoint(row, column, *(PLACE @ (column, row)))
        for row, column in corners
    ]
    place = {"gcps": points, "transform": None}
    path = write(tmp_path / "a.tif", land(), crs="EPSG:32633", **place)
    with open_raster(path) as raster:
        assert raster.geobox.crs == rasterio.CRS.from_epsg(32633)
        assert raster.geobox.transform.almost_equals(PLACE, 1e-6)
        finding = inspect(raster)
    assert finding.certain
    assert any("ground control points" in warning for warning in finding.warnings)


def test_pages_instead_of_bands_are_named(tmp_path):
    pages = [Image.fromarray(band.astype(np.uint16)) for band in land()]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(RasterError, match=r"13 pages of one band each, GTIFF_DIR:1:a.tif"):
        look(tmp_path / "a.tif")


def test_a_path_that_is_no_utf_8_is_told(tmp_path):
    path = write(tmp_path / "a.tif", land())
    odd = path.rename(tmp_path / os.fsdecode(b"caf\xe9.tif"))
    with pytest.raises(RasterError, match="is no UTF-8"):
        look(odd)
