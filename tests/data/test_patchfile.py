"""Files as they get hurt: each either reads or says what is wrong with it, and nothing else."""

import subprocess
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT
from rasterio.crs import CRS
from rasterio.transform import Affine
from sen12ms_files import noise, save_tiff

from lcviz.data.patchfile import SENSORS, check_file, read_bands, read_geobox
from lcviz.errors import PatchDamagedError
from lcviz.georeference import GeoBox

PLACE = GeoBox((256, 256), Affine(10, 0, 375412.25, 0, -10, 8116742.75), CRS.from_epsg(32737))


def intact() -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "patch.tif"
        files = {}
        for sensor in SENSORS:
            save_tiff(path, noise(sensor), PLACE)
            files[sensor] = path.read_bytes()
        return files


INTACT = intact()


def all_bands(sensor):
    return range(1, SENSORS[sensor].bands + 1)


def rewrite(path: Path, pixels: np.ndarray, **options) -> None:
    """Write with GDAL, as a user's own tools would."""
    bands, rows, columns = pixels.shape
    profile = {"crs": PLACE.crs, "transform": PLACE.transform, "dtype": pixels.dtype} | options
    profile = {key: value for key, value in profile.items() if value is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            path, "w", driver="GTiff", count=bands, height=rows, width=columns, **profile
        ) as file:
            file.write(pixels)


@pytest.mark.parametrize("sensor", SENSORS)
def test_an_intact_file_reads_and_has_the_known_size(tmp_path, sensor):
    path = tmp_path / "patch.tif"
    path.write_bytes(INTACT[sensor])
    assert check_file(path, sensor)
    values, geobox = read_bands(path, sensor, all_bands(sensor))
    np.testing.assert_array_equal(values, noise(sensor))
    assert values.dtype == SENSORS[sensor].dtype
    assert geobox == PLACE == read_geobox(path, sensor)


def test_the_files_of_these_tests_are_laid_out_as_every_real_one(tmp_path, real_patches):
    files = sorted(real_patches.glob("ROIs*/*_*/*.tif"))
    assert files
    for file in files:
        with rasterio.open(file) as dataset:
            place = GeoBox(dataset.shape, dataset.transform, dataset.crs)
            save_tiff(tmp_path / "again.tif", dataset.read(), place)
        assert (tmp_path / "again.tif").read_bytes() == file.read_bytes(), file


@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize(
    "options",
    [
        {"compress": "deflate"},
        {"tiled": True, "blockxsize": 64, "blockysize": 64},
        {"ENDIAN": "BIG"},
    ],
    ids=["compressed", "tiled", "big-endian"],
)
def test_a_file_written_anew_is_valid_though_its_size_is_another(tmp_path, sensor, options):
    path = tmp_path / "patch.tif"
    rewrite(path, noise(sensor), **options)
    assert not check_file(path, sensor)
    np.testing.assert_array_equal(read_bands(path, sensor, all_bands(sensor))[0], noise(sensor))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty, expected 1,706,432 bytes"),
        (b"<html>404 Not Found</html>", "is no TIFF file: 26 bytes"),
        (bytes(1_706_432), "is no TIFF file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is no TIFF file"),
        (b"II*\0", "is cut short: 4 bytes, as shipped it has 1,706,432"),
        (INTACT["s2"][:100], "is cut short"),
        (INTACT["s2"][:2496], "is cut short: 2,496 bytes"),
        (INTACT["s2"][:-1], "is cut short: 1,706,431 bytes"),
        (INTACT["s1"], "holds 2 x float32, 256 x 256 pixels; a SEN12MS s2 file has 13 x uint16"),
    ],
    ids=[
        "empty",
        "html",
        "zeros",
        "png",
        "4",
        "100",
        "header only",
        "one byte less",
        "other sensor",
    ],
)
def test_what_a_failed_download_leaves(tmp_path, content, message):
    path = tmp_path / "ROIs1158_spring_s2_1_p30.tif"
    path.write_bytes(content)
    for attempt in (check_file, lambda *a: read_bands(*a, all_bands("s2"))):
        with pytest.raises(PatchDamagedError) as caught:
            attempt(path, "s2")
        assert message in str(caught.value)
        assert str(path) in str(caught.value)


S2 = noise("s2")


@pytest.mark.parametrize(
    ("pixels", "options", "message"),
    [
        (S2[:12], {}, "holds 12 x uint16"),
        (S2.astype(np.int16), {}, "holds 13 x int16"),
        (S2.astype(np.float32), {}, "holds 13 x float32"),
        (S2[:, :255], {}, "255 x 256 pixels"),
        (S2[:, :, :128], {}, "256 x 128 pixels"),
        (S2, {"crs": None}, "georeference is missing"),
        (S2, {"crs": None, "transform": None}, "georeference is missing"),
        (S2, {"crs": "EPSG:4326"}, "expected WGS 84 / UTM"),
        (S2, {"crs": "EPSG:3857"}, "expected WGS 84 / UTM"),
        (S2, {"transform": Affine(20, 0, 4e5, 0, -20, 5e6)}, "pixel 20.0 x -20.0"),
        (S2, {"transform": Affine(10, 0, 4e5, 0, 10, 5e6)}, "north up"),
        (S2, {"transform": Affine(8, 6, 4e5, 6, -8, 5e6)}, "north up"),
        (S2, {"transform": Affine(10, 0, 4e7, 0, -10, 5e6)}, "centre (40001280, 4998720)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_well_formed_tiff_of_the_wrong_kind(tmp_path, pixels, options, message):
    path = tmp_path / "patch.tif"
    rewrite(path, pixels, **options)
    for attempt in (check_file, read_geobox):
        with pytest.raises(PatchDamagedError) as caught:
            attempt(path, "s2")
        assert message in str(caught.value)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(PatchDamagedError, match="No such file"):
        check_file(tmp_path / "none.tif", "s2")
    (tmp_path / "folder.tif").mkdir()
    with pytest.raises(PatchDamagedError, match="is no file"):
        check_file(tmp_path / "folder.tif", "s2")


def test_files_beside_a_patch_do_not_change_what_it_says(tmp_path):
    path = tmp_path / "patch.tif"
    path.write_bytes(INTACT["lc"])
    (tmp_path / "patch.tfw").write_text("20\n0\n0\n-20\n0\n0\n")
    (tmp_path / "patch.tif.aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:32601</SRS><GeoTransform>0,20,0,0,0,-20</GeoTransform></PAMDataset>"
    )
    assert read_geobox(path, "lc") == PLACE


HEADER = 2496


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("hurt") / "patch.tif"


def reads_or_is_damaged(path: Path, sensor: str) -> None:
    for attempt in (check_file, read_geobox, lambda *a: read_bands(*a, all_bands(sensor))):
        try:
            attempt(path, sensor)
        except PatchDamagedError as error:
            assert str(path) in str(error)


@pytest.fixture
def silence(capfd):
    """Fails the test if anything was printed, warned of or logged where a user would see it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    captured = capfd.readouterr()
    assert captured.out == ""
    # An offset beyond every file makes libtiff itself write one line, past GDAL's error handler.
    assert captured.err.replace("_tiffSeekProc: Invalid argument.\n", "") == ""


@pytest.mark.usefixtures("silence")
def test_any_truncation(scratch):
    @settings(max_examples=60, deadline=None)
    @given(
        sensor=st.sampled_from(sorted(SENSORS)),
        share=st.floats(0, 1, exclude_max=True),
        header_only=st.booleans(),
    )
    def check(sensor, share, header_only):
        content = INTACT[sensor]
        scratch.write_bytes(content[: int(share * (HEADER if header_only else len(content)))])
        for attempt in (check_file, lambda *a: read_bands(*a, all_bands(sensor))):
            with pytest.raises(PatchDamagedError):
                attempt(scratch, sensor)

    check()


@pytest.mark.usefixtures("silence")
def test_any_bytes_of_the_header_changed(scratch):
    @settings(max_examples=300, deadline=None)
    @given(
        sensor=st.sampled_from(sorted(SENSORS)),
        changes=st.lists(
            st.tuples(st.one_of(st.integers(0, 210), st.integers(0, HEADER)), st.integers(0, 255)),
            min_size=1,
            max_size=6,
        ),
    )
    def check(sensor, changes):
        content = bytearray(INTACT[sensor])
        for place, value in changes:
            content[place] = value
        scratch.write_bytes(content)
        reads_or_is_damaged(scratch, sensor)

    check()


@pytest.mark.usefixtures("silence")
def test_any_bytes_at_all(scratch):
    @settings(max_examples=60, deadline=None)
    @given(content=st.binary(max_size=3000), signed=st.booleans())
    def check(content, signed):
        scratch.write_bytes(b"II*\0\x08\0\0\0" + content if signed else content)
        with pytest.raises(PatchDamagedError):
            read_bands(scratch, "s2", all_bands("s2"))

    check()


def test_a_plain_console_shows_nothing_of_gdal(tmp_path):
    # In a process of its own: pytest would catch what GDAL logs before it reaches the console.
    path = tmp_path / "patch.tif"
    path.write_bytes(INTACT["s2"][:100_000])
    script = (
        "import sys; from pathlib import Path\n"
        "from lcviz.errors import PatchDamagedError; from lcviz.data.patchfile import check_file\n"
        "try: check_file(Path(sys.argv[1]), 's2')\n"
        "except PatchDamagedError as error: print(error)\n"
    )
    root = ROOT
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout == (
        f"{path}: is cut short: 100,000 bytes, as shipped it has 1,706,432; fetch it again\n"
    )
