"""The guard: what a raster is taken for, when it asks, and what it says."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.control
from PIL import Image
from raster_factory import PLACE, SIZE, desert, land, surface, write
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.rasters.guard import Finding, inspect
from lcviz.rasters.layouts import LAYOUTS, STANDARD
from lcviz.rasters.reading import Units, open_raster
from lcviz.taxonomy import S2_BAND_NAMES

L1C = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12")
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
    return desert(bands)


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


@pytest.mark.parametrize("bands", [1, 4, 9])
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


def test_it_asks_when_the_values_allow_both(tmp_path):
    path = write(tmp_path / "a.tif", bright())
    finding, _ = look(path)
    assert (finding.certain, finding.topic, finding.offset) == (False, "offset", None)
    keys = {choice.key: choice.units for choice in finding.questions}
    assert set(keys) == {"0", "1000"}
    assert finding.units == finding.questions[0].units
    np.testing.assert_array_equal(look(path, keys["0"])[1], bright())
    np.testing.assert_array_equal(look(path, keys["1000"])[1], (bright() - 1000).clip(0))
    with open_raster(path) as raster:
        assert inspect(raster, {"offset": "1000"}).units == keys["1000"]


def test_the_answer_for_reflectance_counts_in_reflectance(tmp_path):
    path = write(tmp_path / "a.tif", bright() / 1e4, "float32")
    finding, _ = look(path)
    keys = {choice.key: choice.units for choice in finding.questions}
    np.testing.assert_allclose(look(path, keys["1000"])[1], (bright() - 1000).clip(0), atol=1)


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
    np.testing.assert_array_equal(dn, (bright() - offset).clip(0))


@pytest.mark.parametrize("baseline", ["new", "", "99.99.9", "4"])
def test_a_tag_that_says_nothing_is_not_believed(tmp_path, baseline):
    tags = {"PROCESSING_BASELINE": baseline}
    assert not look(write(tmp_path / "a.tif", bright(), tags=tags))[0].certain


def test_it_asks_when_tag_and_values_contradict_each_other(tmp_path):
    finding, _ = look(write(tmp_path / "a.tif", land(), tags={"RADIO_ADD_OFFSET": "-1000"}))
    assert not finding.certain
    assert "contradict" in finding.statement
    assert finding.questions[0].key == "0"


def test_a_product_name_tells_the_level(tmp_path):
    tags = {"PRODUCT": "S2B_MSIL1C_20200101T101411_N0208_R022_T33UUP_x"}
    assert look(write(tmp_path / "a.tif", land(10), tags=tags))[0].level == "L1C"


@pytest.mark.parametrize(
    ("change", "dtype"),
    [
        (lambda dn: dn % 9, "uint16"),
        (lambda dn: dn / 100, "float32"),
        (lambda dn: dn / 10, "uint16"),
        (lambda dn: dn * 20, "float32"),
        (lambda dn: dn * 1e-12, "float32"),
        (lambda dn: dn - 1000, "int16"),
        (lambda dn: (dn - 1000).clip(0), "uint16"),
        (lambda dn: (dn - 1000).astype(np.int64), "uint16"),
        (lambda dn: dn + 2500, "uint16"),
        (lambda dn: (dn - dn.mean((1, 2))[:, None, None]) / 500, "float32"),
        (np.log, "float32"),
        (lambda dn: dn[:, ::-1] * 0 + np.arange(1, 14)[:, None, None], "uint16"),
    ],
    ids=[
        *("classes", "per cent", "thousandths", "too bright", "tiny", "offset taken twice"),
        *("cut at 0", "wrapped round", "no offset known", "z-scores", "logarithms", "constant"),
    ],
)
@pytest.mark.parametrize("names", [None, L1C], ids=["unnamed", "named"])
def test_numbers_in_no_unit_of_a_product_are_refused_or_asked_about(tmp_path, change, dtype, names):
    path = write(tmp_path / "a.tif", change(land()), dtype, names=names)
    try:
        finding, _ = look(path)
    except RasterError as error:
        assert "Bring" in str(error) or "Write the raster again" in str(error)
    else:
        assert finding.topic in ("order", "unit", "offset")
        assert finding.question
        assert finding.questions


@pytest.mark.parametrize(
    ("stretch", "dtype"),
    [
        (lambda dn: (dn - dn.min()) / np.ptp(dn), "float32"),
        (lambda dn: 10_000 * (dn - dn.min()) / np.ptp(dn), "uint16"),
        (lambda dn: dn / dn.max(), "float32"),
        (lambda dn: (dn / np.percentile(dn, 98)).clip(0, 1), "float32"),
    ],
    ids=["least and most", "the same in integers", "the most alone", "cut off"],
)
@pytest.mark.parametrize("names", [None, L1C], ids=["unnamed", "named"])
def test_a_whole_image_that_was_stretched_is_asked_about(tmp_path, stretch, dtype, names):
    finding, _ = look(write(tmp_path / "a.tif", stretch(land()), dtype, names=names))
    assert finding.topic in ("order", "unit")
    assert "stretched" in finding.question or finding.topic == "order"


@pytest.mark.parametrize("names", [None, S2_BAND_NAMES], ids=["unnamed", "named"])
@pytest.mark.parametrize(
    "slip",
    [
        S2_BAND_NAMES[::-1],
        ("B4", "B3", "B2", *S2_BAND_NAMES[3:]),
        (*S2_BAND_NAMES[:6], "B8A", "B8", "B11", "B12"),
        (*S2_BAND_NAMES[:8], "B12", "B11"),
        ("B2", "B3", "B4", "B8", "B5", "B6", "B7", "B8A", "B11", "B12"),
    ],
    ids=["turned round", "red first", "B8 and B8A", "B11 and B12", "10 m first"],
)
def test_pixels_that_contradict_order_or_names_are_asked_about(tmp_path, slip, names):
    values = land(10)[[S2_BAND_NAMES.index(band) for band in slip]]
    path = write(tmp_path / "a.tif", values, names=names)
    finding, _ = look(path)
    assert finding.topic == "order"
    places = tuple(slip.index(band) + 1 for band in S2_BAND_NAMES)
    assert finding.questions[0].units.band_order == places
    if names:
        assert "named B2 ... B8A, B11, B12, but their pixels look like" in finding.question
    for choice in finding.questions[:2]:
        with open_raster(path) as raster:
            answered = inspect(raster, {"order": choice.key})
        assert answered.topic != "order"
        assert answered.bands == choice.units.band_order


def test_names_are_believed_where_the_pixels_say_little(tmp_path):
    """Water alone does not tell red edge bands apart."""
    water = np.repeat(land(10)[:, 5:6, 5:6], SIZE, axis=1).repeat(SIZE, axis=2)
    water *= np.random.default_rng(0).normal(1, 0.01, (1, SIZE, SIZE))
    values = water[[0, 1, 2, 4, 3, 5, 6, 7, 8, 9]].round()
    names = [*S2_BAND_NAMES[:3], "B6", "B5", *S2_BAND_NAMES[5:]]
    assert look(write(tmp_path / "a.tif", values, names=names))[0].topic != "order"


def test_reflectance_in_thousandths_can_be_read_when_said(tmp_path):
    path = write(tmp_path / "a.tif", land() / 10, "float32", names=L1C)
    finding, _ = look(path)
    assert (finding.topic, finding.questions[0].key) == ("unit", "thousandths")
    with open_raster(path) as raster:
        finding = inspect(raster, {"unit": "thousandths"})
    assert finding.certain
    np.testing.assert_allclose(look(path, finding.units)[1], land(10), atol=1)


ORDERS = [layout for layout in LAYOUTS if layout.usable and layout.key not in STANDARD.values()]


@pytest.mark.parametrize("layout", ORDERS, ids=lambda layout: layout.key)
def test_another_order_is_recognised_and_asked_about(tmp_path, layout):
    level = land() if "B10" in layout.bands else np.insert(surface(), 10, 0, axis=0)
    values = level[[L1C.index(band) for band in layout.bands]]
    finding, _ = look(write(tmp_path / "a.tif", values))
    assert finding.topic == "order"
    assert finding.questions[0].key == layout.key
    with open_raster(tmp_path / "a.tif") as raster:
        answered = inspect(raster, {"order": layout.key})
    assert answered.topic != "order"
    assert answered.bands == tuple(layout.bands.index(band) + 1 for band in S2_BAND_NAMES)


def test_an_order_without_b8a_is_refused(tmp_path):
    with pytest.raises(RasterError, match="there is no B8A"):
        look(
            write(
                tmp_path / "a.tif",
                np.delete(land(), 8, axis=0),
                names=[f"B{n}" for n in range(1, 13)],
            )
        )


@pytest.mark.parametrize("place", [0, 4, 12])
@pytest.mark.parametrize("kind", ["constant", "classes", "index"])
def test_a_band_that_is_none_is_found_and_asked_about(tmp_path, place, kind):
    rows, columns = np.mgrid[:SIZE, :SIZE]
    extra = {
        "constant": np.ones((SIZE, SIZE)),
        "classes": 2 + (rows // 12 + columns // 12) % 9,
        "index": np.sin(rows / 9.0) * 0.9,
    }[kind]
    finding, _ = look(
        write(tmp_path / "a.tif", np.insert(surface(), place, extra, axis=0), "float32")
    )
    assert finding.topic == "order"
    at = [L2A.index(band) + 1 for band in S2_BAND_NAMES]
    assert finding.questions[0].units.band_order == tuple(n + (n > place) for n in at)


def test_radar_before_the_bands_is_found(tmp_path):
    radar = np.random.default_rng(0).normal(-14, 2, (2, SIZE, SIZE))
    finding, _ = look(write(tmp_path / "a.tif", np.concatenate([radar, land(10) / 1e4]), "float32"))
    assert finding.topic == "order"
    assert finding.questions[0].units.band_order == tuple(range(3, 13))


@pytest.mark.parametrize("said", ["B2,B3", "nonsense", ",".join(S2_BAND_NAMES), "ten"])
def test_an_answer_that_does_not_fit_is_refused(tmp_path, said):
    with open_raster(write(tmp_path / "a.tif", land())) as raster, pytest.raises(RasterError):
        inspect(raster, {"order": said})


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


def test_values_of_a_dark_lake_are_dn_where_the_file_says_16_bits(tmp_path):
    finding, _ = look(write(tmp_path / "a.tif", (land() // 40).clip(1)))
    assert (finding.certain, finding.unit, finding.offset) == (True, "DN", 0)
    assert any("picture of 8 bits" in warning for warning in finding.warnings)


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


def test_a_path_that_is_no_utf_8_is_told(tmp_path):
    path = write(tmp_path / "a.tif", land())
    odd = path.rename(tmp_path / os.fsdecode(b"caf\xe9.tif"))
    with pytest.raises(RasterError, match="is no UTF-8"):
        look(odd)
