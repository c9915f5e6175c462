"""Files that are broken, or made to harm: each is refused in words, and nothing else is touched."""

import os
import re
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from raster_factory import SIZE, damaged_late, land, sparse, write
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.rasters.checks import MAX_BLOCK_BYTES
from lcviz.rasters.guard import inspect
from lcviz.rasters.reading import InputRaster, open_raster

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def read_all(raster: InputRaster) -> np.ndarray:
    """What a prediction reads: the guard's sample, then window by window."""
    reader = raster.reading(inspect(raster).units)
    rows = range(0, raster.height, 64)
    return np.concatenate(
        [
            reader.read(Window(0, row, raster.width, min(64, raster.height - row)))[0]
            for row in rows
        ],
        axis=1,
    )


def refused(path: Path) -> str:
    with pytest.raises(RasterError) as caught, open_raster(path) as raster:
        read_all(raster)
    return str(caught.value)


def vrt_of(path: Path) -> str:
    return (
        '<VRTDataset rasterXSize="96" rasterYSize="96"><VRTRasterBand dataType="UInt16" band="1">'
        f"<SimpleSource><SourceFilename>{path}</SourceFilename><SourceBand>1</SourceBand>"
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


def test_a_vrt_is_no_geotiff_and_opens_nothing(tmp_path):
    secret = write(tmp_path / "secret.tif", land())
    (tmp_path / "a.tif").write_text(vrt_of(secret))
    assert "no TIFF file: it starts with b'<VRT'" in refused(tmp_path / "a.tif")


@pytest.mark.parametrize("driver", ["PNG", "JP2OpenJPEG", "ENVI", "GPKG"])
def test_other_formats_are_refused_whatever_their_name(tmp_path, driver):
    if driver not in rasterio.drivers.raster_driver_extensions().values():
        pytest.skip(f"this GDAL has no {driver}")
    path = tmp_path / "a.tif"
    write(path, land(1), driver=driver)
    assert "no TIFF file" in refused(path)


def test_a_geotiff_needs_no_name(tmp_path):
    path = write(tmp_path / "a.tif", land()).rename(tmp_path / "upload.jpg")
    with open_raster(path) as raster:
        assert inspect(raster).level == "L1C"


@pytest.mark.parametrize(
    "name", ["GTIFF_DIR:1:a.tif", "a.tif?x=1", "vsicurl", "b[1].tif", "né.tif"]
)
def test_a_name_is_a_name_and_no_instruction(tmp_path, name):
    path = write(tmp_path / "a.tif", land()).rename(tmp_path / name)
    with open_raster(path) as raster:
        assert read_all(raster).shape == (10, SIZE, SIZE)


def test_an_archive_is_not_looked_into(tmp_path):
    inside = write(tmp_path / "a.tif", land())
    with zipfile.ZipFile(tmp_path / "b.tif", "w") as archive:
        archive.write(inside, "a.tif")
    assert "no TIFF file" in refused(tmp_path / "b.tif")
    assert "cannot be opened" in refused(Path(f"/vsizip/{tmp_path}/b.tif/a.tif"))


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.tif")
    assert "is no file" in refused(tmp_path / "pipe.tif")
    assert "is no file" in refused(tmp_path)
    assert "is no file" in refused(Path("/dev/zero"))


def test_files_beside_it_are_not_read(tmp_path):
    """Neither a world file, nor GDAL's side file, nor overviews or a mask in other files."""
    path = write(tmp_path / "a.tif", land(), crs=None, transform=None)
    (tmp_path / "a.tfw").write_text("10\n0\n0\n-10\n500000\n4000000\n")
    (tmp_path / "a.tif.aux.xml").write_text(
        '<PAMDataset><SRS>EPSG:32633</SRS><PAMRasterBand band="1"><NoDataValue>1800</NoDataValue>'
        "<Scale>7</Scale></PAMRasterBand></PAMDataset>"
    )
    for beside in ("a.tif.ovr", "a.tif.msk"):
        (tmp_path / beside).write_text(vrt_of(tmp_path / "secret"))
    with open_raster(path) as raster:
        assert (raster.geobox.crs, raster.geobox.transform.is_identity) == (None, True)
        assert set(raster.scales) == {1.0}
        assert set(raster.nodata) == {None}
        assert read_all(raster).shape == (10, SIZE, SIZE)


def test_of_several_pages_the_first_is_the_raster(tmp_path):
    """Other pages, which GDAL would open as files of their own, are left alone."""
    path = write(tmp_path / "a.tif", land())
    write(path, np.full((3, 40, 40), 9), "uint8", APPEND_SUBDATASET="YES")
    with rasterio.open(path) as file:
        assert len(file.subdatasets) == 2
    with open_raster(path) as raster:
        assert inspect(raster).level == "L1C"
        assert read_all(raster).shape == (10, SIZE, SIZE)


def test_nothing_is_written_beside_it(tmp_path):
    path = write(tmp_path / "a.tif", land())
    with open_raster(path) as raster:
        read_all(raster)
    assert [file.name for file in tmp_path.iterdir()] == ["a.tif"]


def test_a_bomb_of_a_size_that_could_be_real_is_refused(tmp_path):
    """2.6 GB of pixels out of some kilobytes."""
    path = sparse(tmp_path / "a.tif", 10_000)
    assert path.stat().st_size < 300_000
    assert "2,600,000,000 bytes of pixels" in refused(path)


@pytest.mark.parametrize("side", [30_000, 120_000])
def test_an_absurd_size_is_refused(tmp_path, side):
    path = sparse(tmp_path / "a.tif", side, bands=1, blockxsize=4096, blockysize=4096)
    message = refused(path)
    assert f"{side:,} x {side:,} pixels" in message
    assert "cut it into tiles" in message


def test_a_bomb_in_one_block_is_refused(tmp_path):
    """A strip is decoded as a whole, however small the window that is read."""
    side = 1700
    profile = {"tiled": False, "blockysize": side, "interleave": "pixel"}
    path = write(tmp_path / "a.tif", np.zeros((13, side, side)), compress="deflate", **profile)
    assert path.stat().st_size < 1_000_000 < MAX_BLOCK_BYTES < 26 * side**2
    assert "stored in blocks of 72 MiB" in refused(path)


@pytest.mark.parametrize(("kind", "bands"), [(4, 1_000_000), (3, 60_000)])
def test_a_million_bands(tmp_path, kind, bands):
    """A header can promise them to a small file."""
    path = write(tmp_path / "a.tif", np.full((1, 32, 32), 500))
    content = bytearray(path.read_bytes())
    (directory,) = struct.unpack_from("<I", content, 4)
    tag = content.index(struct.pack("<HHI", 277, 3, 1), directory)  # SamplesPerPixel
    struct.pack_into("<HHII", content, tag, 277, kind, 1, bands)
    path.write_bytes(content)
    assert re.search("at most 64 are read|cannot be opened|has 1 band", refused(path))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "complex64"])
def test_other_types_of_numbers_are_refused(tmp_path, dtype):
    assert f"13 bands of {dtype}" in refused(write(tmp_path / "a.tif", land() / 50, dtype))


def test_an_uncompressed_file_that_was_cut_is_refused_at_once(tmp_path):
    path = write(tmp_path / "a.tif", land())
    os.truncate(path, path.stat().st_size - 5000)
    with pytest.raises(RasterError, match="cut short"), open_raster(path):
        pass


def test_numbers_that_are_none_are_no_data(tmp_path):
    values = land() / 1e4
    values[0, :, :10] = np.nan  # not one of the ten bands
    values[1, 30] = np.nan
    values[2, 31] = np.inf
    values[3, 32] = -np.inf
    values[4, 33] = 3e38
    with open_raster(write(tmp_path / "a.tif", values, "float32")) as raster:
        dn, valid = raster.reading(inspect(raster).units).read(Window(0, 0, SIZE, SIZE))
    assert not valid[30:34].any()
    assert valid.sum() == SIZE * (SIZE - 4)
    assert (dn[:, 30:34] == 0).all()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 0.0, 1e300])
def test_a_place_that_is_none_is_not_fatal(tmp_path, bad):
    transform = rasterio.Affine(bad, 0, 5e5, 0, -bad, 5e6)
    with open_raster(write(tmp_path / "a.tif", land(), transform=transform)) as raster:
        assert inspect(raster).level == "L1C"
        assert raster.pixel_area_m2 is None or np.isfinite(raster.pixel_area_m2)


def test_a_block_that_is_damaged_is_met_where_it_is(tmp_path):
    with open_raster(damaged_late(tmp_path / "a.tif")) as raster:
        reader = raster.reading(inspect(raster).units)
        assert reader.read(Window(0, 0, raster.width, 512))[1].all()
        with pytest.raises(RasterError, match=r"rows 512 to 576.*damaged or cut short"):
            reader.read(Window(0, 512, raster.width, 64))
        assert reader.read(Window(0, 576, raster.width, 192))[1].all()


@given(st.data())
def test_no_damage_to_a_header_does_more_than_be_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damage")
    path = write(folder / "a.tif", land()[:, :40, :40], tiled=True, blockxsize=16, blockysize=16)
    content = bytearray(path.read_bytes())
    (directory,) = struct.unpack_from("<I", content, 4)
    header = [*range(4, 8), *range(directory, directory + 20 * 12)]
    for place in data.draw(st.lists(st.sampled_from(header), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        with open_raster(path) as raster:
            assert read_all(raster).shape == (10, raster.height, raster.width)
    except RasterError as error:
        assert "a.tif" in str(error) or "Bring" in str(error)
    finally:
        shutil.rmtree(folder)
