import numpy as np
import pytest

from lcviz.taxonomy import (
    BANDS,
    CLASS_COLOURS,
    CLASSES,
    EXPERIMENTS,
    NO_LABEL,
    S2_BAND_INDEXES,
    consolidate_land_use,
    group_of,
    kind_of,
    model_label,
    split_scene_id,
)


def test_every_code_maps_as_the_paper_says() -> None:
    codes = np.arange(256, dtype=np.uint8)
    classes = consolidate_land_use(codes)
    expected = {10: 0, 20: 1, 25: 1, 30: 2, 35: 2, 36: 2, 40: 3, 9: 4, 2: 5, 1: 6, 3: 7}
    for code in range(256):
        assert classes[code] == expected.get(code, NO_LABEL)


def test_codes_of_a_wider_type_are_refused() -> None:
    with pytest.raises(TypeError, match="int16"):
        consolidate_land_use(np.array([266], dtype=np.int16))


def test_orders_have_the_right_lengths() -> None:
    assert len(BANDS) == len(S2_BAND_INDEXES) == 10
    assert len(CLASSES) == len(CLASS_COLOURS) == len(set(CLASS_COLOURS)) == 8


def test_experiments_are_six_continents_and_four_seasons() -> None:
    assert len(EXPERIMENTS) == 10
    assert EXPERIMENTS["continent-north-america"] == ("continent", "North America")
    assert EXPERIMENTS["season-winter"] == ("season", "Winter")


def test_scene_ids_are_taken_apart() -> None:
    assert split_scene_id("ROIs1158_spring_1") == ("ROIs1158_spring", "Spring", 1)
    with pytest.raises(ValueError, match="no scene id"):
        split_scene_id("spring_1")


def test_names_tell_the_kind() -> None:
    assert [
        kind_of(n) for n in ("continent-africa", "without-africa", "simple-continent-africa")
    ] == [
        *("network", "without", "simple"),
    ]
    for unknown in ("continent-atlantis", "simple-without-africa", "africa"):
        with pytest.raises(KeyError):
            kind_of(unknown)
    assert model_label("without-north-america") == "all but North America"
    assert model_label("simple-season-winter") == "Winter, simple model"


def test_a_scene_is_in_a_group_of_the_axis_or_in_none():
    assert group_of("season", "Winter") == "Winter"
    assert group_of("season", "Test") is group_of("continent", None) is None
    assert group_of("continent", float("nan")) is None
