from itertools import combinations

import numpy as np
import pytest

from lcviz.data.sen12ms import find_patches, read_s1, read_s2
from lcviz.imagery import (
    AGREEMENT_COLOURS,
    NO_DATA_GREY,
    WORLDCOVER_COLOURS,
    agreement_picture,
    label_picture,
    sar_false_colour,
    stretched,
    true_colour,
)
from lcviz.taxonomy import BANDS, CLASS_COLOURS, CLASSES, CONTINENT_COLOURS, SEASON_COLOURS

VALID = np.ones((1, 1), bool)


def pixel(red, green, blue, others=9999):
    values = dict.fromkeys(BANDS, others) | {"red": red, "green": green, "blue": blue}
    return np.array([values[band] for band in BANDS], np.uint16).reshape(10, 1, 1)


def colour(*dn):
    return true_colour(pixel(*dn), VALID)[0, 0].astype(int)


def test_true_colour_ends_of_the_scale():
    assert colour(180, 400, 660).tolist() == [0, 0, 0]
    assert colour(0, 0, 0).tolist() == [0, 0, 0]
    assert colour(9180, 9400, 9660).tolist() == [255, 255, 255]
    assert colour(65535, 65535, 65535).tolist() == [255, 255, 255]


def test_true_colour_of_grey_is_the_asinh_curve():
    for x in (50, 250, 1000, 4000):
        tone = round(255 * np.log(x / 250 + np.hypot(1, x / 250)) / np.log(36 + np.hypot(1, 36)))
        np.testing.assert_allclose(colour(180 + x, 400 + x, 660 + x), tone, atol=1)


def test_true_colour_channels_are_red_green_blue_and_no_other_band_counts():
    assert colour(3000, 500, 700).argmax() == 0
    assert colour(200, 3000, 700).argmax() == 1
    assert colour(200, 500, 3000).argmax() == 2
    np.testing.assert_array_equal(colour(1000, 1000, 1000, 0), colour(1000, 1000, 1000, 9000))


def test_true_colour_does_not_depend_on_the_rest_of_the_patch():
    rng = np.random.default_rng(0)
    patch = rng.integers(0, 10_000, (10, 20, 20), dtype=np.uint16)
    whole = true_colour(patch)
    np.testing.assert_array_equal(true_colour(patch[:, 5:7, 8:9]), whole[5:7, 8:9])


def test_no_data_is_grey():
    s2 = np.zeros((10, 2, 2), np.uint16)
    valid = np.array([[True, False], [False, True]])
    assert (true_colour(s2, valid)[~valid] == NO_DATA_GREY).all()
    assert (true_colour(s2, valid)[valid] == 0).all()
    s1 = np.full((2, 2, 2), -10, np.float32)
    assert (sar_false_colour(s1, valid)[~valid] == NO_DATA_GREY).all()
    assert (sar_false_colour(s1, valid)[valid] != NO_DATA_GREY).any()


def test_sar_ends_of_the_scale_and_known_middle():
    vv = np.array([[-20, 0, -10, -50, 30]], np.float32)
    vh = np.array([[-27, -7, -18, -50, 30]], np.float32)
    picture = sar_false_colour(np.stack([vv, vh]))
    assert picture[0, :, 0].tolist() == [0, 255, 128, 0, 255]
    assert picture[0, :, 1].tolist() == [0, 255, 115, 0, 255]
    assert picture[0, :, 2].tolist() == [112, 112, 128, 0, 0]


@pytest.mark.filterwarnings("error")
def test_sar_that_is_not_finite_is_grey_even_if_called_valid():
    s1 = np.full((2, 1, 4), -10, np.float32)
    s1[0, 0, 0], s1[1, 0, 1], s1[0, 0, 2] = np.nan, np.inf, -np.inf
    picture = sar_false_colour(s1, np.ones((1, 4), bool))
    assert (picture[0, :3] == NO_DATA_GREY).all()
    assert (sar_false_colour(s1) == picture).all()
    assert (picture[0, 3] != NO_DATA_GREY).any()


def test_labels_have_their_colour_and_no_label_is_transparent():
    picture = label_picture(np.array([[0, 4, 255]], np.uint8))
    assert picture.dtype == np.uint8
    assert picture.tolist() == [[[0x00, 0x39, 0x1A, 255], [0xD4, 0x00, 0x55, 255], [0, 0, 0, 0]]]
    other = label_picture(np.array([[0]], np.uint8), WORLDCOVER_COLOURS)
    assert other.tolist() == [[[0x00, 0x64, 0x00, 255]]]


def test_a_value_that_is_no_class_is_refused():
    with pytest.raises(ValueError, match="8 is no class index; expected 0 to 7, or 255"):
        label_picture(np.array([[0, 8]], np.uint8))


def test_agreement_is_drawn_only_where_both_have_a_class():
    labels = np.array([[1, 1, 255, 7, 255]], np.uint8)
    prediction = np.array([[1, 2, 3, 255, 255]], np.uint8)
    agree, disagree = ([*list(bytes.fromhex(c[1:])), 255] for c in AGREEMENT_COLOURS)
    assert agreement_picture(labels, prediction)[0].tolist() == [agree, disagree, *[[0] * 4] * 3]


def test_real_patches_look_like_what_they_are(real_patches):
    patches = {p.patch_id: p for p in find_patches(real_patches)}

    def mean(patch_id):
        raster = read_s2(patches[patch_id].s2)
        return true_colour(raster.values, raster.valid).reshape(-1, 3).mean(axis=0)

    snow, forest = mean("ROIs1158_spring_26_p100"), mean("ROIs1158_spring_39_p100")
    water, fields = mean("ROIs1868_summer_135_p239"), mean("ROIs1868_summer_102_p500")
    # Snow is bright but not one white blob; forest is green and not black; deep water is dark blue.
    assert snow.min() > 190
    assert snow.max() < 245
    assert forest.argmax() == 1
    assert forest[1] > 60
    assert water.argmax() == 2
    assert water.max() < 80
    # Bare fields in summer are brown.
    assert fields[0] > fields[1] > fields[2] > 60
    raster = read_s1(patches["ROIs1970_fall_139_p839"].s1)
    sar = sar_false_colour(raster.values, raster.valid)
    assert (sar.reshape(-1, 3).std(axis=0) > 20).all()
    assert (((sar == 0) | (sar == 255)).mean(axis=(0, 1)) < 0.25).all()


# Colour distance: CIEDE2000 (Sharma, Wu & Dalal 2005) and colour vision deficiencies simulated
# after Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
DEFICIENCIES = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(hex_colour, deficiency="normal"):
    """CIELAB (D65) of an sRGB colour as seen with a deficiency."""
    srgb = np.array(list(bytes.fromhex(hex_colour[1:]))) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    t = np.array(to_xyz) @ linear / [0.95047, 1, 1.08883]
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one, two):
    (l1, a1, b1), (l2, a2, b2) = one, two
    c_mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = (1 - np.sqrt(c_mean**7 / (c_mean**7 + 25**7))) / 2
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = 0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    h = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    d_l, d_c = l2 - l1, c2 - c1
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h))
    t += 0.32 * np.cos(np.radians(3 * h + 6)) - 0.20 * np.cos(np.radians(4 * h - 63))
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * t
    r_t = -2 * np.sqrt(c_mean**7 / (c_mean**7 + 25**7))
    r_t *= np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2))))
    parts = d_l / s_l, d_c / s_c, d_h / s_h
    return np.sqrt(sum(p**2 for p in parts) + r_t * parts[1] * parts[2])


@pytest.mark.parametrize(
    ("one", "two", "distance"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (61, -5, 29), 22.8977),
        ((50, 2.5, 0), (56, -27, -3), 31.9030),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_against_the_pairs_of_sharma_and_others(one, two, distance):
    assert ciede2000(one, two) == pytest.approx(distance, abs=5e-5)


def smallest_distance(palette, deficiency):
    colours = [lab(colour, deficiency) for colour in palette]
    return min(ciede2000(one, two) for one, two in combinations(colours, 2))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_classes_can_be_told_apart_with_any_colour_vision(deficiency):
    assert smallest_distance(CLASS_COLOURS, deficiency) >= (20 if deficiency == "normal" else 10)
    assert smallest_distance(AGREEMENT_COLOURS, deficiency) >= 20


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_seasons_can_be_told_apart_and_from_continents(deficiency):
    assert smallest_distance(SEASON_COLOURS, deficiency) >= 10
    assert smallest_distance((*SEASON_COLOURS, *CONTINENT_COLOURS), "normal") >= 12


def test_agreement_has_no_classs_colours():
    for palette in (CLASS_COLOURS, WORLDCOVER_COLOURS):
        for colour in AGREEMENT_COLOURS:
            nearest = min(ciede2000(lab(colour, "normal"), lab(c, "normal")) for c in palette)
            assert nearest >= 15


def test_worldcovers_colours_cannot_which_is_why_they_are_a_choice_only():
    assert len(WORLDCOVER_COLOURS) == len(CLASSES)
    worst = min(smallest_distance(WORLDCOVER_COLOURS, deficiency) for deficiency in DEFICIENCIES)
    assert worst < 5


@pytest.mark.parametrize(("low", "high"), [(100, 900), (7000, 9000), (1500, 1900)])
def test_the_contrast_of_a_dark_a_bright_and_a_hazy_scene_is_the_same(low: int, high: int):
    share = np.linspace(0, 1, 101)[None]  # the 2nd and 98th percentile are low and high
    ramp = low + (share - 0.02) / 0.96 * (high - low)
    picture = stretched(np.stack([ramp, ramp, ramp]))
    assert (picture[0, :3] == 0).all() and (picture[0, -3:] == 255).all()
    np.testing.assert_allclose(picture[0, 2:99, 0], np.linspace(0, 255, 97), atol=0.51)


def test_haze_that_tints_one_channel_is_taken_away():
    clear = np.random.default_rng(0).uniform(200, 1500, (3, 40, 40))
    hazy = clear + np.array([0, 300, 900])[:, None, None]
    np.testing.assert_allclose(stretched(hazy), stretched(clear), atol=1)


def test_no_data_is_grey_and_counts_for_nothing_in_the_contrast():
    values = np.random.default_rng(0).uniform(200, 1500, (3, 40, 40))
    valid = np.ones((40, 40), bool)
    valid[:10] = False
    spoilt = np.where(valid, values, 65_535)
    spoilt[0, 0, 0] = np.nan
    picture = stretched(spoilt, valid)
    assert (picture[:10] == NO_DATA_GREY).all()
    np.testing.assert_array_equal(picture[10:], stretched(values[:, 10:]))
    assert (stretched(np.full((3, 4, 4), np.nan)) == NO_DATA_GREY).all()
    assert (stretched(np.full((3, 4, 4), 7.0)) == 0).all()
