"""Counts of pixels: by hand, against numpy, and whatever the order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lcviz.data.counting import SATURATED, count_codes, count_image, count_sar, is_cloud_suspect
from lcviz.data.histograms import DN_VALUES, add_scenes, aligned, count_pixels, trimmed


@given(hnp.arrays(np.uint16, (10, 3, 4), elements=st.sampled_from([0, 1, 7, 900, 65535])))
def test_one_pass_counts_what_numpy_counts(values) -> None:
    valid = values.any(axis=0)
    counts = np.zeros((10, DN_VALUES), np.int64)
    found = count_image(values, counts)
    np.testing.assert_array_equal(counts, count_pixels(values, valid))
    assert found.valid == valid.sum()
    np.testing.assert_array_equal(found.sums, values.astype(np.int64).sum(axis=(1, 2)))
    assert found.saturated == (values == SATURATED).any(axis=0).sum()


def test_counts_of_images_add_up() -> None:
    values = np.full((10, 2, 2), 5, np.uint16)
    counts = np.zeros((10, DN_VALUES), np.int64)
    count_image(values, counts)
    count_image(values + 1, counts)
    assert counts.sum() == 80
    assert (counts[:, 5] == 4).all()
    assert (counts[:, 6] == 4).all()


@given(hnp.arrays(np.uint8, (5, 7)))
def test_codes_are_counted_as_numpy_counts_them(codes) -> None:
    np.testing.assert_array_equal(count_codes(codes), np.bincount(codes.ravel(), minlength=256))


def test_doubtful_pixels_of_sentinel_1() -> None:
    values = np.full((2, 2, 3), -12, np.float32)
    values[0, 0, 0], values[1, 0, 1], values[:, 0, 2] = np.nan, np.inf, np.nan
    values[:, 1, 0], values[0, 1, 1] = 0, 0
    assert count_sar(values) == (3, 1)


def test_what_is_suspected_of_cloud() -> None:
    # blue, green, red, nir1, swir1, swir2 in DN
    assert is_cloud_suspect(4000, 4000, 4000, 4200, 3500, 2500)
    assert not is_cloud_suspect(900, 800, 700, 3000, 1800, 900), "vegetation"
    assert not is_cloud_suspect(900, 700, 500, 300, 100, 80), "water"
    assert not is_cloud_suspect(9000, 9000, 9000, 8500, 600, 500), "snow"


def test_groups_hold_the_sums_of_their_scenes_in_any_order() -> None:
    def scene(dn: int, pixels: int) -> np.ndarray:
        counts = np.zeros((10, dn + 1), np.int64)
        counts[:, dn] = pixels
        return counts

    scenes = [
        ("Spring", "Asia", scene(3, 5)),
        ("Winter", "Asia", scene(1, 2)),
        ("Spring", "Asia", scene(7, 1)),
        ("Spring", None, scene(2, 4)),
        ("Fall", "Africa", np.zeros((10, 9), np.int64)),
    ]
    forwards, backwards = add_scenes(scenes), add_scenes(scenes[::-1])
    np.testing.assert_array_equal(forwards.counts, backwards.counts)
    continents, seasons = forwards.by("continent"), forwards.by("season")
    assert list(continents) == ["Asia"], "a continent without pixels is absent, not zero"
    assert continents["Asia"][0].tolist() == [0, 2, 0, 5, 0, 0, 0, 1]
    assert list(seasons) == ["Spring", "Winter"]
    assert seasons["Spring"][9].tolist() == [0, 0, 4, 5, 0, 0, 0, 1]


def test_a_study_without_pixels_has_no_groups() -> None:
    assert add_scenes([]).by("season") == {}


@given(hnp.arrays(np.int64, (2, 6), elements=st.integers(0, 2)))
def test_trimming_loses_nothing(counts) -> None:
    short = trimmed(counts)
    assert short.shape[1] == 1 or short[:, -1].any()
    np.testing.assert_array_equal(aligned(short, counts)[0], counts)


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises((ValueError, IndexError)):
        count_pixels(np.zeros((10, 2, 2), np.uint16), np.ones((3, 3), bool))
