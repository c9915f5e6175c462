"""What a person brings: read in the models' unit, or refused in words."""

from pathlib import Path

import numpy as np
import pytest
from raster_factory import SIZE, land, write
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.georeference import open_dataset
from lcviz.rasters.guard import inspect
from lcviz.rasters.reading import open_raster
from lcviz.taxonomy import S2_BAND_INDEXES


def read(path: Path) -> tuple[np.ndarray, np.ndarray, object]:
    with open_raster(path) as raster:
        finding = inspect(raster)
        assert finding.certain, finding.statement
        window = Window(0, 0, raster.width, raster.height)
        return *raster.reading(finding.units).read(window), finding


def test_thirteen_bands_of_l1c_become_the_ten(tmp_path) -> None:
    values, valid, finding = read(write(tmp_path / "a.tif", land()))
    assert finding.level == "L1C"
    assert values.dtype == np.uint16
    np.testing.assert_array_equal(values, land()[[index - 1 for index in S2_BAND_INDEXES]])
    assert valid.all()


@pytest.mark.parametrize(
    ("change", "dtype"),
    [
        (lambda values: values + 1000, "uint16"),
        (lambda values: values / 10_000, "float32"),
        (lambda values: values, "int32"),
    ],
)
def test_other_units_are_converted(tmp_path, change, dtype) -> None:
    values, _, finding = read(write(tmp_path / "a.tif", change(land()), dtype))
    expected = land()[[index - 1 for index in S2_BAND_INDEXES]]
    np.testing.assert_allclose(values, expected, atol=1)
    assert finding.offset == (1000 if dtype == "uint16" else 0)


def test_no_data_stays_no_data(tmp_path) -> None:
    values = land() / 10_000
    values[:, 5, 5] = np.nan
    values[4, 6, 6] = np.inf
    values[:, 7, 7] = 0
    _, valid, _ = read(write(tmp_path / "a.tif", values, "float32"))
    assert not valid[[5, 6, 7], [5, 6, 7]].any()
    assert valid.sum() == SIZE * SIZE - 3


def test_real_patches_are_taken_for_what_they_are(real_patches) -> None:
    files = sorted(real_patches.rglob("*_s2_*.tif"))
    assert files
    for path in files:
        with open_raster(path) as raster:
            finding = inspect(raster)
        assert (finding.level, finding.unit, finding.offset) == ("L1C", "DN", 0), path
        assert finding.certain, path


@pytest.mark.parametrize(
    "transform",
    [Affine.rotation(30) @ Affine.scale(10, -10), Affine(10, 0, 0, 0, 10, 0)],
    ids=["rotated", "south up"],
)
def test_an_unusual_grid_is_kept_as_it_is(tmp_path, transform) -> None:
    with open_raster(write(tmp_path / "a.tif", land(), transform=transform)) as raster:
        assert raster.geobox.transform.almost_equals(transform)


def test_a_raster_without_a_place_can_be_read(tmp_path) -> None:
    path = write(tmp_path / "a.tif", land(), crs=None, transform=Affine.identity())
    with open_raster(path) as raster:
        assert raster.geobox.crs is None
        assert raster.pixel_area_m2 is None
        assert inspect(raster).certain


def refused(path: Path) -> str:
    with pytest.raises(RasterError) as caught, open_raster(path) as raster:
        finding = inspect(raster)
        raster.reading(finding.units).read(Window(0, 0, raster.width, raster.height))
    return str(caught.value)


@pytest.mark.parametrize(
    ("bands", "dtype"), [(3, "uint8"), (13, "uint8"), (3, "uint16"), (4, "uint16")]
)
def test_true_colour_is_refused(tmp_path, bands, dtype) -> None:
    values = np.random.default_rng(0).integers(1, 255, (bands, SIZE, SIZE))
    assert "13 bands" in refused(write(tmp_path / "a.tif", values, dtype))


def test_what_is_no_geotiff_is_refused_whatever_its_name(tmp_path) -> None:
    for name, content in (
        ("empty.tif", b""),
        ("text.tif", b"not a picture at all"),
        ("vrt.tif", b'<VRTDataset rasterXSize="64" rasterYSize="64"></VRTDataset>'),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert "TIFF" in refused(path)
    assert refused(tmp_path / "none.tif")


def test_a_path_that_gdal_would_fetch_is_refused() -> None:
    for path in ("/vsicurl/http://127.0.0.1:9/a.tif", "http://127.0.0.1:9/a.tif", "/vsimem/a.tif"):
        with pytest.raises(RasterError), open_raster(path):
            pass


def test_a_file_outside_the_allowed_folder_is_refused(tmp_path) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    outside = write(tmp_path / "secret.tif", land())
    (allowed / "link.tif").symlink_to(outside)
    for path in (outside, allowed / ".." / "secret.tif", allowed / "link.tif"):
        with pytest.raises(RasterError, match="is not in"), open_raster(path, folder=allowed):
            pass


@pytest.mark.parametrize("kept", [8, 300, 0.5, 0.98])
def test_a_truncated_file_is_refused(tmp_path, kept) -> None:
    path = write(tmp_path / "a.tif", land(), compress="deflate")
    content = path.read_bytes()
    path.write_bytes(content[: kept if kept > 1 else int(kept * len(content))])
    assert refused(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path) -> None:
    path = tmp_path / "bomb.tif"
    profile = {"driver": "GTiff", "count": 13, "dtype": "uint16", "compress": "deflate"}
    with open_dataset(
        path, "w", height=30_000, width=30_000, tiled=True, SPARSE_OK=True, **profile
    ):
        pass
    assert refused(path)


@pytest.mark.parametrize("shape", [(1, 1), (31, 200), (16, 4000)])
def test_too_small_a_raster_is_refused(tmp_path, shape) -> None:
    assert "32 x 32" in refused(write(tmp_path / "a.tif", np.full((13, *shape), 500)))


def test_too_many_bands_are_refused(tmp_path) -> None:
    assert "500 bands" in refused(write(tmp_path / "a.tif", np.full((500, 32, 32), 500)))


@pytest.mark.parametrize("change", ["written", "replaced", "removed"])
def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path, change) -> None:
    path = write(tmp_path / "a.tif", land())
    other = write(tmp_path / "b.tif", land() + 50)
    with open_raster(path) as raster:
        finding = inspect(raster)
        if change == "written":
            path.write_bytes(other.read_bytes())
        elif change == "replaced":
            other.replace(path)
        else:
            path.unlink()
        with pytest.raises(RasterError, match="changed or removed while it was read"):
            raster.reading(finding.units).read(Window(0, 0, SIZE, SIZE))


def test_a_file_that_only_others_read_is_the_same(tmp_path) -> None:
    path = write(tmp_path / "a.tif", land())
    with open_raster(path) as raster:
        finding = inspect(raster)
        path.read_bytes()
        raster.reading(finding.units).read(Window(0, 0, SIZE, SIZE))
