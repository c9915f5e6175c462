"""What the numbers of a raster are: unit and offset, told, asked about, or refused."""

import numpy as np
import pytest
import rasterio
import rasterio.control
from guard_looks import L1C, bright, look
from raster_factory import SIZE, land, write

from lcviz.errors import RasterError
from lcviz.rasters.guard import inspect
from lcviz.rasters.reading import open_raster
from lcviz.taxonomy import S2_BAND_NAMES


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


def test_reflectance_in_thousandths_can_be_read_when_said(tmp_path):
    path = write(tmp_path / "a.tif", land() / 10, "float32", names=L1C)
    finding, _ = look(path)
    assert (finding.topic, finding.questions[0].key) == ("unit", "thousandths")
    with open_raster(path) as raster:
        finding = inspect(raster, {"unit": "thousandths"})
    assert finding.certain
    np.testing.assert_allclose(look(path, finding.units)[1], land(10), atol=1)


def test_values_of_a_dark_lake_are_dn_where_the_file_says_16_bits(tmp_path):
    finding, _ = look(write(tmp_path / "a.tif", (land() // 40).clip(1)))
    assert (finding.certain, finding.unit, finding.offset) == (True, "DN", 0)
    assert any("picture of 8 bits" in warning for warning in finding.warnings)


@pytest.mark.parametrize(
    ("change", "dtype"),
    [
        (lambda dn: dn * 2, "uint16"),
        (lambda dn: dn / 2, "uint16"),
        (lambda dn: dn * 0.7, "uint16"),
        (lambda dn: dn * 1.4, "uint16"),
        (lambda dn: dn / 5_000, "float32"),
        (lambda dn: dn / 20_000, "float32"),
        (lambda dn: dn / 4_000, "float32"),
        (lambda dn: np.sqrt(dn / 1e4), "float32"),
        (lambda dn: 1e4 * np.sqrt(dn / 1e4), "uint16"),
        (lambda dn: (dn / 1e4) ** (1 / 2.2), "float32"),
        (lambda dn: np.log1p(dn / 1e4), "float32"),
        (lambda dn: (dn / 3_000 * 255).clip(0, 255), "uint16"),
    ],
    ids=[
        *("twice", "half", "0.7", "1.4", "twice reflectance", "half of reflectance", "by 4,000"),
        *("roots", "roots of DN", "gamma", "logarithms", "8 bits in 16"),
    ],
)
@pytest.mark.parametrize("names", [None, S2_BAND_NAMES], ids=["unnamed", "named"])
def test_another_scale_within_what_land_reflects_is_asked_about(tmp_path, change, dtype, names):
    finding, _ = look(write(tmp_path / "a.tif", change(land(10)), dtype, names=names))
    assert finding.topic in ("unit", "order")
    if names:
        assert finding.topic == "unit"


@pytest.mark.parametrize("bands", [10, 12, 13])
def test_the_mean_of_two_dates_and_interpolated_bands_are_no_other_scale(tmp_path, bands):
    values = land(bands)
    mean = (values + np.roll(values, 1, axis=2)) / 2
    between = (3 * values + np.roll(values, 1, axis=1)) / 4
    for number, made in enumerate((mean, between)):
        assert look(write(tmp_path / f"{number}.tif", made / 1e4, "float32"))[0].certain


def test_a_scale_can_be_checked_by_what_land_reflects(tmp_path):
    finding, dn = look(write(tmp_path / "a.tif", land()))
    red, infrared = np.median(dn[2]) / 100, np.median(dn[6]) / 100
    assert f"red reflects {red:.2g}% and near infrared {infrared:.2g}%" in finding.statement


@pytest.mark.parametrize("names", [None, L1C], ids=["unnamed", "named"])
def test_parts_of_two_baselines_are_asked_about(tmp_path, names):
    values = land()
    values[:, :, SIZE // 2 :] += 1000
    path = write(tmp_path / "a.tif", values, names=names)
    finding, _ = look(path)
    assert finding.topic == "offset"
    assert "parts that were looked at hold the offset of 1000 DN" in finding.question
    with open_raster(path) as raster:
        assert inspect(raster, {"offset": "0"}).certain


@pytest.mark.parametrize("places", [(0, 1, 2, 6), (3, 4, 5, 7, 8, 9)], ids=["10 m", "20 m"])
def test_bands_of_two_baselines_are_asked_about(tmp_path, places):
    values = land(10)
    values[list(places)] += 1000
    finding, _ = look(write(tmp_path / "a.tif", values, names=S2_BAND_NAMES))
    assert finding.topic in ("offset", "order", "unit")
