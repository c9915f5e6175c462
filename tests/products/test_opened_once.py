"""A scene that is decoded while it is read, against the GeoTIFF that `prepare` makes of it."""

import numpy as np
import pytest
from product_factory import L2A, TEN, metadata, safe, scene, zipped
from raster_factory import PLACE
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.rasters import guard
from lcviz.rasters.products.opening import Wish, opened_once, prepare
from lcviz.rasters.products.places import place_of_box
from lcviz.rasters.reading import open_raster

CLASSES = np.where(np.arange(96)[:, None] < 30, 9, 4).repeat(96, 1)
UNEVEN = dict.fromkeys(TEN, -1000.0) | {"B5": -900.0}


def expected():
    return np.stack([scene()[band] for band in TEN])


def part():
    west, north = PLACE @ (20, 10)
    east, south = PLACE @ (70, 80)
    return place_of_box(*transform_bounds("EPSG:32633", "EPSG:4326", west, south, east, north))


@pytest.mark.parametrize(
    ("level", "wish"),
    [("L1C", {}), ("uneven", {}), ("L2A", {"without_clouds": True}), ("L1C", {"place": part()})],
)
def test_it_is_what_the_written_one_is(tmp_path, level, wish):
    if level == "L2A":
        product = safe(tmp_path, L2A, classes=CLASSES)
    else:
        xml = metadata(baseline="04.00", offsets=UNEVEN) if level == "uneven" else None
        product = safe(tmp_path, xml=xml)
    (tmp_path / "w").mkdir()
    (tmp_path / "once").mkdir()
    prepared = prepare([product], tmp_path / "w", Wish(**wish))
    with (
        opened_once([product], tmp_path / "once", Wish(**wish)) as once,
        open_raster(prepared.path) as written,
    ):
        raster = once.raster
        assert once.notes == prepared.notes
        assert raster.geobox == written.geobox
        assert (raster.dtype, raster.band_names) == (written.dtype, written.band_names)
        assert (raster.scales, raster.offsets) == (written.scales, written.offsets)
        assert raster.nodata == written.nodata
        assert raster.tags[0].items() <= written.tags[0].items()
        found, wanted = guard.inspect(raster), guard.inspect(written)
        assert (found.units, found.statement) == (wanted.units, wanted.statement)
        assert found.topic == wanted.topic
        whole = Window(0, 0, raster.width, raster.height)
        for window in (whole, Window(3, 5, 40, 30)):
            pixels = [one.reading(wanted.units).read(window) for one in (raster, written)]
            np.testing.assert_array_equal(pixels[0][0], pixels[1][0])
            np.testing.assert_array_equal(pixels[0][1], pixels[1][1])
        assert not list((tmp_path / "once").glob("*.tif"))
    assert not list((tmp_path / "once").iterdir())


def test_out_of_a_zip_it_lasts_as_long_as_it_is_open(tmp_path):
    (tmp_path / "w").mkdir()
    product = zipped(safe(tmp_path), tmp_path / "held.zip")
    with opened_once([product], tmp_path / "w") as once:
        whole = Window(0, 0, 96, 96)
        np.testing.assert_array_equal(once.raster.raw(whole, range(1, 11)), expected())
        assert len(once.files) == len(TEN)
    assert not list((tmp_path / "w").iterdir())


def test_a_raster_of_all_bands_is_read_where_it_is(tmp_path):
    (tmp_path / "w").mkdir()
    (tmp_path / "other").mkdir()
    path = prepare([safe(tmp_path)], tmp_path / "w").path
    with opened_once([path], tmp_path / "other") as once:
        assert once.files == (once.raster.path,) == (path,)


def test_a_damaged_band_is_told_when_it_is_met(tmp_path):
    (tmp_path / "w").mkdir()
    noise = np.random.default_rng(0).integers(500, 4000, (96, 96), dtype=np.uint16)
    product = safe(tmp_path, bands={band: noise + place for place, band in enumerate(scene())})
    band = next(product.rglob("*_B04.jp2"))
    band.write_bytes(band.read_bytes()[:2000])
    with (
        pytest.raises(RasterError, match=r"B04.*(damaged|cut short)"),
        opened_once([product], tmp_path / "w") as once,
    ):
        once.raster.raw(Window(0, 0, 96, 96), range(1, 11))
    assert not list((tmp_path / "w").iterdir())
