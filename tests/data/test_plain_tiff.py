"""Reading without GDAL: the same values and places as with it, or no answer at all."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

import lcviz.data.patchfile
from lcviz.data.patchfile import SENSORS, read_bands
from lcviz.data.plain_tiff import read_plain
from lcviz.georeference import open_dataset


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
        with open_dataset(
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


@pytest.fixture(scope="module")
def intact(tmp_path_factory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("intact") / "a.tif"
    return {sensor: write(path, sensor).read_bytes() for sensor in SENSORS}


def test_what_is_read_of_a_hurt_header_gdal_reads_alike(intact, tmp_path, monkeypatch) -> None:
    path = tmp_path / "a.tif"

    # The first 210 bytes are the tags; what they point to lies behind them.
    @settings(max_examples=300)
    @given(
        sensor=st.sampled_from(sorted(SENSORS)),
        changes=st.lists(
            st.tuples(
                st.one_of(st.integers(8, 210), st.integers(8, 2496)),
                st.one_of(st.sampled_from([0, 1, 2, 3, 255]), st.integers(0, 255)),
            ),
            min_size=1,
            max_size=3,
        ),
    )
    @example("s2", [(180, 2), (182, 32)])  # numbers given as text
    @example("s2", [(132, 3), (134, 255)])  # more samples accounted for than there are
    def check(sensor, changes) -> None:
        content = bytearray(intact[sensor])
        for place, value in changes:
            content[place] = value
        path.write_bytes(content)
        known = SENSORS[sensor]
        found = read_plain(path, known.bands, known.dtype)
        if found is None or not lcviz.data.patchfile._is_in_utm(found[1]):
            return
        with monkeypatch.context() as context:
            context.setattr(lcviz.data.patchfile, "read_plain", lambda *_: None)
            values, geobox = read_bands(path, sensor, range(1, known.bands + 1))
        np.testing.assert_array_equal(found[0], values)
        assert found[1] == geobox

    check()


def test_a_file_after_another_of_its_scene_has_its_own_place_and_its_own_faults(
    tmp_path: Path, write_patch
) -> None:
    first, second = (
        write_patch(tmp_path, f"ROIs1158_spring_6_p{number}", ("s2",))["s2"] for number in (0, 31)
    )
    for path in (first, second, first):
        values, geobox = read_plain(path, 13, "uint16")  # type: ignore[misc]
        with rasterio.open(path) as dataset:
            np.testing.assert_array_equal(values, dataset.read())
            assert geobox.transform == dataset.transform
            assert geobox.crs == dataset.crs
    content = bytearray(second.read_bytes())
    content[8] ^= 1  # The number of tags.
    second.write_bytes(content)
    assert read_plain(second, 13, "uint16") is None
    second.write_bytes(first.read_bytes()[:-1])
    assert read_plain(second, 13, "uint16") is None
    assert read_plain(first, 13, "uint16") is not None
