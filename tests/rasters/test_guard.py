"""The guard: what a raster is taken for, when it asks, and what it says."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from raster_factory import PLACE, SIZE, land, write
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.rasters.guard import Finding, inspect
from lcviz.rasters.reading import Units, open_raster
from lcviz.taxonomy import S2_BAND_NAMES

L2A = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
TEN_OF_L2A = [L2A.index(name) for name in S2_BAND_NAMES]


def look(path: Path, units: Units | None = None) -> tuple[Finding, np.ndarray]:
    """What the guard says, and the DN as it or `units` says."""
    with open_raster(path) as raster:
        finding = inspect(raster)
        window = Window(0, 0, raster.width, raster.height)
        return finding, raster.reading(units or finding.units).read(window)[0]


def bright(bands: int = 10) -> np.ndarray:
    """A scene without anything dark: it could hold the offset, or not."""
    return np.random.default_rng(1).integers(1500, 4000, (bands, SIZE, SIZE)).astype(float)


def surface(bands: int = 12) -> np.ndarray:
    """Level-2A: without the light of the air, blue is as dark as the rest over water."""
    values = land(bands)
    values[:, :20, :20] = np.random.default_rng(2).uniform(20, 150, (bands, 20, 20)).round()
    return values


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
    "spelling",
    [
        str,
        str.lower,
        lambda name: f"B0{name[1:]}" if len(name) == 2 or name == "B8A" else name,
        lambda name: f"Band {name[1:]}",
        lambda name: f"S2B_{name} - surface",
    ],
    ids=["B8A", "b8a", "B08", "Band 8A", "in a text"],
)
def test_named_bands_are_put_in_order(tmp_path, spelling):
    places = np.random.default_rng(0).permutation(12)
    names = [spelling(L2A[place]) for place in places]
    path = write(tmp_path / "a.tif", surface()[places], names=names)
    finding, dn = look(path)
    assert "by the names" in finding.statement
    assert finding.level == "L2A"
    np.testing.assert_array_equal(dn, surface()[TEN_OF_L2A])


def test_words_name_bands_too_and_others_are_left_out(tmp_path):
    names = ("scl", "swir22", "swir16", "nir08", "nir", "rededge3", "rededge2", "rededge1")
    names += ("red", "green", "blue")
    values = np.concatenate([surface(10), np.full((1, SIZE, SIZE), 4)])[::-1]
    finding, dn = look(write(tmp_path / "a.tif", values, names=names))
    assert finding.level == "L2A"
    np.testing.assert_array_equal(dn, surface(10))


def test_names_that_only_count_are_no_names(tmp_path):
    names = [f"Band {place}" for place in range(1, 14)]
    finding, dn = look(write(tmp_path / "a.tif", land(), names=names))
    assert finding.level == "L1C"
    np.testing.assert_array_equal(dn, land()[[1, 2, 3, 4, 5, 6, 7, 8, 11, 12]])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("B2",) * 10, "more than one band called B2"),
        (("B4", "B3", "B2", *S2_BAND_NAMES[3:]), None),
        (tuple(f"B{n}" for n in range(3, 13)), "there is no B2, B8A"),
        (("VV", "VH", *S2_BAND_NAMES[2:]), "there is no B2, B3"),
    ],
)
def test_names_come_before_the_order(tmp_path, names, message):
    path = write(tmp_path / "a.tif", land(10), names=names)
    if message is None:
        assert look(path)[0].bands == (3, 2, 1, 4, 5, 6, 7, 8, 9, 10)
    else:
        with pytest.raises(RasterError, match=message):
            look(path)


@pytest.mark.parametrize("bands", [1, 4, 9, 11, 14])
def test_a_number_of_bands_that_is_none_of_sentinel_2s(tmp_path, bands):
    with pytest.raises(RasterError, match=f"has {bands} band.*Bring a Sentinel-2 GeoTIFF"):
        look(write(tmp_path / "a.tif", land(bands)))


@pytest.mark.parametrize(
    ("scale", "stored", "offset"),
    [
        ((1e-4, 0.0), lambda dn: dn, 0),
        ((1e-4, -0.1), lambda dn: dn + 1000, 0),
        ((1.0, -1000.0), lambda dn: dn + 1000, 0),
        ((1e-4, 0.0), lambda dn: dn + 1000, 1000),
    ],
)
def test_a_declared_scale_and_offset_are_applied(tmp_path, scale, stored, offset):
    finding, dn = look(write(tmp_path / "a.tif", stored(land()), scale=scale))
    assert finding.certain
    assert finding.offset == offset
    np.testing.assert_allclose(dn, land()[[1, 2, 3, 4, 5, 6, 7, 8, 11, 12]], atol=1)


def test_bands_of_different_scales_are_refused(tmp_path):
    path = write(tmp_path / "a.tif", land())
    with rasterio.open(path, "r+") as file:
        file.scales = (1e-4,) * 12 + (2e-4,)
    with pytest.raises(RasterError, match="declares scale and offset"):
        look(path)


@pytest.mark.parametrize("scale", [(float("nan"), 0.0), (-1e-4, 0.0), (0.0, 0.0)])
def test_a_scale_that_is_none_is_refused(tmp_path, scale):
    with pytest.raises(RasterError, match="one positive scale"):
        look(write(tmp_path / "a.tif", land(), scale=scale))


@pytest.mark.parametrize("bands", [10, 12])
def test_it_asks_when_the_values_allow_both(tmp_path, bands):
    path = write(tmp_path / "a.tif", bright(bands))
    finding, _ = look(path)
    assert (finding.certain, finding.offset) == (False, None)
    keys = {choice.key: choice.units for choice in finding.questions}
    assert set(keys) == {"no-offset", "offset-1000"}
    assert finding.units == finding.questions[0].units
    order = TEN_OF_L2A if bands == 12 else range(10)
    np.testing.assert_array_equal(look(path, keys["no-offset"])[1], bright(bands)[order])
    np.testing.assert_array_equal(look(path, keys["offset-1000"])[1], bright(bands)[order] - 1000)


def test_the_answer_for_reflectance_counts_in_reflectance(tmp_path):
    path = write(tmp_path / "a.tif", bright() / 1e4, "float32")
    finding, _ = look(path)
    keys = {choice.key: choice.units for choice in finding.questions}
    np.testing.assert_allclose(look(path, keys["offset-1000"])[1], bright() - 1000, atol=1)


@pytest.mark.parametrize(
    ("tags", "offset"),
    [
        ({"BOA_ADD_OFFSET": "-1000"}, 1000),
        ({"RADIO_ADD_OFFSET_B2": "-1000.0"}, 1000),
        ({"PROCESSING_BASELINE": "05.09"}, 1000),
        ({"PROCESSING_BASELINE": "02.14"}, 0),
        ({"PRODUCT_URI": "S2A_MSIL2A_20230101T101411_N0509_R022_T33UUP_x.SAFE"}, 1000),
        ({"PRODUCT_URI": "S2A_MSIL2A_20180101T101411_N0206_R022_T33UUP_x.SAFE"}, 0),
        # Harmonised: what was added is gone, whatever the baseline.
        ({"PROCESSING_BASELINE": "05.09", "BOA_ADD_OFFSET": "0"}, 0),
    ],
)
def test_tags_answer_where_the_values_do_not(tmp_path, tags, offset):
    finding, dn = look(write(tmp_path / "a.tif", bright(), tags=tags))
    assert (finding.certain, finding.offset) == (True, offset)
    assert "says the tag" in finding.statement
    np.testing.assert_array_equal(dn, bright() - offset)


@pytest.mark.parametrize("baseline", ["new", "", "99.99.9", "4"])
def test_a_tag_that_says_nothing_is_not_believed(tmp_path, baseline):
    tags = {"PROCESSING_BASELINE": baseline}
    assert not look(write(tmp_path / "a.tif", bright(), tags=tags))[0].certain


def test_it_asks_when_tag_and_values_contradict_each_other(tmp_path):
    finding, _ = look(write(tmp_path / "a.tif", land(), tags={"RADIO_ADD_OFFSET": "-1000"}))
    assert not finding.certain
    assert "contradict" in finding.statement
    assert finding.questions[0].key == "no-offset"


def test_a_product_name_tells_the_level(tmp_path):
    tags = {"PRODUCT": "S2B_MSIL1C_20200101T101411_N0208_R022_T33UUP_x"}
    assert look(write(tmp_path / "a.tif", land(10), tags=tags))[0].level == "L1C"


@pytest.mark.parametrize(
    ("change", "dtype", "message"),
    [
        (lambda dn: dn / 40, "uint16", "picture of 8 bits"),
        (lambda dn: dn % 9, "uint16", "map of classes"),
        (lambda dn: dn / 100, "float32", "no known unit"),
        (lambda dn: dn * 20, "float32", "no known unit"),
        (lambda dn: dn * 1e-12, "float32", "no known unit"),
        (lambda dn: np.where(np.arange(SIZE) < 20, -9999, dn), "int16", "far below zero"),
    ],
    ids=["8 bits in 16", "classes", "per cent", "too bright", "tiny", "undeclared no data"],
)
def test_numbers_in_no_known_unit_are_refused(tmp_path, change, dtype, message):
    with pytest.raises(RasterError, match=f"{message}.*Bring"):
        look(write(tmp_path / "a.tif", change(land()), dtype))


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
    values[:, 600:, 600:] = 300
    finding, _ = look(write(tmp_path / "a.tif", values, tiled=True, blockxsize=64, blockysize=64))
    assert (finding.certain, finding.offset) == (True, 0)
