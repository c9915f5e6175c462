"""Where a raster holds data: what stands for none, declared or not, and masks."""

import numpy as np
import pytest
import rasterio
import rasterio.control
from guard_looks import L1C, look
from raster_factory import SIZE, land, write
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.rasters.guard import inspect
from lcviz.rasters.reading import open_raster


@pytest.mark.parametrize(
    ("value", "dtype", "bands"),
    [
        *((value, "uint16", slice(None)) for value in (65_535, 32_767, 1)),
        *((value, "int32", slice(None)) for value in (-999, -9999, -1)),
        *((value, "float32", slice(None)) for value in (-9999, 9999, 3.4e38, -3.4e38)),
        (0, "uint16", slice(1, 3)),
        (65_535, "uint16", slice(2, 4)),
    ],
)
def test_an_undeclared_fill_is_shown_and_asked_about(tmp_path, value, dtype, bands):
    values = land() / (1e4 if dtype == "float32" else 1)
    values[bands, 30:50, 60:80] = value
    path = write(tmp_path / "a.tif", values, dtype)
    finding, _ = look(path)
    assert finding.topic == "fill"
    assert "rows 30 to 49, columns 60 to 79" in finding.question
    with open_raster(path) as raster:
        masked = inspect(raster, {"fill": "no-data"})
        _, valid = raster.reading(masked.units).read(Window(0, 0, SIZE, SIZE))
    assert masked.certain
    expected = np.ones((SIZE, SIZE), dtype=bool)
    expected[30:50, 60:80] = False
    np.testing.assert_array_equal(valid, expected)


@pytest.mark.parametrize("empty", [0, np.nan])
def test_a_cirrus_band_without_data_is_not_missed(tmp_path, empty):
    values = land() / 1e4
    values[10] = empty
    for names in (None, L1C):
        finding, dn = look(write(tmp_path / "a.tif", values, "float32", names=names))
        assert (finding.certain, finding.level) == (True, "L1C")
        np.testing.assert_allclose(dn, land(10), atol=1)


def test_one_of_the_ten_without_data_is_refused(tmp_path):
    values = land() / 1e4
    values[3] = np.nan
    with pytest.raises(RasterError, match="B4 hold no data"):
        look(write(tmp_path / "a.tif", values, "float32", names=L1C))


@pytest.mark.parametrize("dtype", ["int64", "uint32", "float64", "int32"])
def test_wide_numbers_are_read(tmp_path, dtype):
    finding, dn = look(write(tmp_path / "a.tif", land(), dtype))
    assert finding.certain
    np.testing.assert_array_equal(dn, land(10))


def test_files_beside_it_are_told(tmp_path):
    path = write(tmp_path / "a.tif", land())
    (tmp_path / "a.tif.msk").write_bytes(b"II")
    (tmp_path / "a.tfw").write_text("10")
    (tmp_path / "a.tif.aux.xml").write_text("<PAMDataset><NoDataValue>0</NoDataValue></PAMDataset>")
    told = "\n".join(look(path)[0].warnings)
    assert "a.tif.msk" in told
    assert "a.tfw" in told
    assert "tells of no data" in told


@pytest.mark.parametrize("value", [0, np.nan, np.inf, -np.inf])
def test_a_raster_without_data_is_refused(tmp_path, value):
    values = np.full((13, SIZE, SIZE), value)
    with pytest.raises(RasterError, match=r"9,216 of 9,216 pixels.*none holds data"):
        look(write(tmp_path / "a.tif", values, "float32"))


def test_what_a_file_declares_as_no_data_is_none(tmp_path):
    values = land()
    values[:, 30:40] = -9999
    values[3, 50, 50] = -9999
    path = write(tmp_path / "a.tif", values, "int16", nodata=-9999)
    with open_raster(path) as raster:
        _, valid = raster.reading(inspect(raster).units).read(Window(0, 0, SIZE, SIZE))
    assert not valid[30:40].any()
    assert not valid[50, 50]
    assert valid.sum() == SIZE * (SIZE - 10) - 1


@pytest.mark.parametrize("kind", ["alpha", "mask"])
def test_a_mask_of_the_file_is_kept_to(tmp_path, kind):
    seen = np.ones((SIZE, SIZE), np.uint16)
    seen[60:] = 0
    path = tmp_path / "a.tif"
    if kind == "alpha":
        values = np.concatenate([land(), 65535.0 * seen[None]])
        write(path, values, photometric="minisblack")
        with rasterio.open(path, "r+") as file:
            file.colorinterp = (*file.colorinterp[:-1], rasterio.enums.ColorInterp.alpha)
    else:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            write(path, land())
            with rasterio.open(path, "r+") as file:
                file.write_mask(seen.astype(bool))
    with open_raster(path) as raster:
        finding = inspect(raster)
        _, valid = raster.reading(finding.units).read(Window(0, 0, SIZE, SIZE))
    assert finding.level == "L1C"
    np.testing.assert_array_equal(valid, seen.astype(bool))


@pytest.mark.parametrize(
    ("stored", "declared"),
    [(np.float32(-3.4028235e38), -3.40282e38), (np.float32(-9999.9), -9999.9)],
)
def test_no_data_is_compared_as_gdal_does(tmp_path, stored, declared):
    values = (land() / 1e4).astype(np.float32)
    values[:, 10:30, 40:60] = stored
    path = write(tmp_path / "a.tif", values, "float32", nodata=declared)
    with open_raster(path) as raster:
        finding = inspect(raster)
        _, valid = raster.reading(finding.units).read(Window(0, 0, SIZE, SIZE))
    assert finding.certain
    expected = np.ones((SIZE, SIZE), dtype=bool)
    expected[10:30, 40:60] = False
    np.testing.assert_array_equal(valid, expected)


def test_a_mean_put_in_for_what_is_missing_is_asked_about(tmp_path):
    values = land()
    values[:, 30:50, 60:80] = values.mean((1, 2)).round()[:, None, None]
    path = write(tmp_path / "a.tif", values)
    finding, _ = look(path)
    assert finding.topic == "fill"
    assert "the very same ten numbers (within rows 30 to 49, columns 60 to 79)" in finding.question
    with open_raster(path) as raster:
        masked = inspect(raster, {"fill": "no-data"})
        _, valid = raster.reading(masked.units).read(Window(0, 0, SIZE, SIZE))
    expected = np.ones((SIZE, SIZE), dtype=bool)
    expected[30:50, 60:80] = False
    np.testing.assert_array_equal(valid, expected)


def test_little_data_is_told(tmp_path):
    values = np.zeros((13, 700, 1500))
    values[:, 300:396, 1490:] = land()[:, :, 40:50]
    finding, _ = look(write(tmp_path / "a.tif", values, nodata=0, tiled=True, compress="deflate"))
    assert any("% of the raster holds data" in warning for warning in finding.warnings)
