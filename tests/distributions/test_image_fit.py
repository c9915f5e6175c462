"""How far an image lies out of a group. Shares and sentences worked out by hand."""

import numpy as np
import pytest

from lcviz.distributions.image_fit import ImageFit, fit, fit_rows, outside_in_words

ALL = list(range(10))


def counts_of(*values: int, width: int = 2000) -> np.ndarray:
    return np.tile(np.bincount(values, minlength=width), (10, 1)).astype(np.int64)


GROUP = counts_of(*range(1000))  # its central 99 % are 4 to 994


def found(image: np.ndarray, **settings) -> ImageFit:
    compared = fit("Fall 3", image, "Asia", GROUP, **({"own_scene": None} | settings))
    assert compared is not None
    return compared


def with_outside(*shares: float) -> ImageFit:
    ranges = np.zeros((10, 2), np.int64)
    return ImageFit("Fall 3", "Asia", "Asia", 100, ranges, np.array(shares))


def test_pixels_beyond_the_central_range_are_outside() -> None:
    compared = found(counts_of(3, 4, 500, 994, 995))
    assert compared.ranges.tolist() == [[4, 994]] * 10
    assert compared.outside.tolist() == [0.4] * 10
    assert compared.pixels == 5
    rows = fit_rows(compared)
    assert rows.iloc[0].to_dict() == {
        **{"band": "blue", "from_dn": 4, "to_dn": 994, "share_outside": 0.4},
    }


def test_an_image_is_compared_with_the_other_scenes_of_its_group() -> None:
    scene = counts_of(*range(500, 1000), width=1000)
    compared = found(scene, own_scene=scene)
    assert compared.whose == "Asia's other scenes"
    assert (compared.ranges[:, 1] < 500).all()
    assert compared.outside == pytest.approx(np.ones(10))
    assert (found(scene).outside < 0.02).all()


def test_the_only_scene_of_a_group_is_compared_with_itself() -> None:
    compared = found(GROUP, own_scene=GROUP)
    assert "only scene" in compared.whose
    assert (compared.outside <= 0.011).all()


def test_an_image_without_data_is_compared_with_nothing() -> None:
    assert fit("Fall 3", np.zeros((10, 5), np.int64), "Asia", GROUP, None) is None


def said_of(compared: ImageFit, bands: list[int]) -> str:
    of = compared
    return outside_in_words(of.image, of.whose, of.pixels, of.outside, bands)


def test_the_sentence_names_the_worst_of_the_shown_bands() -> None:
    compared = with_outside(*[0.0] * 8, 0.12, 0.9)
    said = said_of(compared, ALL)
    assert "swir2 (B12) (90.0%)" in said and "**10.2%**" in said and "n = 100" in said
    said = said_of(compared, list(range(9)))
    assert "**1.3%**" in said and "most in swir1 (B11) (12.0%)" in said
    said = said_of(compared, [0])
    assert "in blue (B2), **0.0%**" in said and "swir" not in said
    assert "distribution" not in said_of(with_outside(*[0.5] * 10), ALL)
