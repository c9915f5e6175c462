"""Reading without GDAL: the same values and places as with it, or no answer at all."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from lcviz.patchfile import SENSORS
from lcviz.rawtiff import read_plain


def write(path: Path, sensor: str, **profile) -> Path:
    known = SENSORS[sensor]
    random = np.random.default_rng(0)
    values = random.integers(0, 200, (known.bands, 256, 256)).astype(known.dtype)
    settings = {
        **{"driver": "GTiff", "height": 256, "width": 256, "count": known.bands},
        **{"dtype": known.dtype, "crs": "EPSG:32733", "interleave": "pixel"},
        "transform": from_origin(399960.5, 7000040.25, 10, 10),
    }
    with rasterio.open(path, "w", **(settings | profile)) as dataset:
        dataset.write(values)
    return path


@pytest.mark.parametrize("interleave", ["pixel", "band"])
@pytest.mark.parametrize("sensor", SENSORS)
def test_a_plain_file_reads_as_gdal_reads_it(tmp_path, sensor, interleave) -> None:
    known = SENSORS[sensor]
    path = write(tmp_path / "a.tif", sensor, interleave=interleave)
    found = read_plain(path, known.bands, known.dtype)
    assert found is not None
    values, geobox = found
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(values, dataset.read())
        assert geobox.crs == dataset.crs
        assert geobox.transform == dataset.transform


def test_real_files_are_plain(real_patches) -> None:
    files = [file for file in sorted(real_patches.rglob("*.tif")) if "_s2_" in file.name]
    assert files
    for path in files:
        found = read_plain(path, 13, "uint16")
        assert found is not None, path
        with rasterio.open(path) as dataset:
            np.testing.assert_array_equal(found[0], dataset.read())
            assert found[1].crs == dataset.crs
            assert found[1].transform == dataset.transform


@pytest.mark.parametrize(
    "profile",
    [
        {"compress": "deflate"},
        {"tiled": True, "blockxsize": 128, "blockysize": 128},
        {"BIGTIFF": "YES"},
        {"ENDIANNESS": "BIG"},
        {"crs": "EPSG:4326"},
        {"dtype": "int16"},
        {"count": 13, "width": 128},
        {"transform": from_origin(399960.5, 7000040.25, 20, 20)},
    ],
)
def test_any_other_layout_is_left_to_gdal(tmp_path, profile) -> None:
    values = {"height": 256, "width": 256} | profile
    path = tmp_path / "a.tif"
    if values["width"] == 256:
        write(path, "s2", **profile)
    else:
        with rasterio.open(
            path, "w", driver="GTiff", dtype="uint16", crs="EPSG:32733", **values
        ) as dataset:
            dataset.write(np.ones((13, 256, 128), np.uint16))
    assert read_plain(path, 13, "uint16") is None


@pytest.mark.parametrize("kept", [0, 7, 100, 4096, 100_000])
def test_a_file_cut_short_has_no_answer(tmp_path, kept) -> None:
    path = write(tmp_path / "a.tif", "s2")
    path.write_bytes(path.read_bytes()[:kept])
    assert read_plain(path, 13, "uint16") is None


def test_a_file_that_is_not_there_has_no_answer(tmp_path) -> None:
    assert read_plain(tmp_path / "none.tif", 13, "uint16") is None
