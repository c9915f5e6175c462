from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from lcviz.crosswalk import common_level
from lcviz.errors import ConfigurationError
from lcviz.legends import EIGHT, SCHEMES, find_scheme


def test_worldcover_cannot_tell_dense_from_open_forest_but_all_the_rest():
    level = common_level(EIGHT, SCHEMES["worldcover"])
    assert level.of_map(np.array([0, 1])).tolist() == [0, 0]
    forest = level.of_labels(np.array([10, 95]))
    assert forest.tolist() == [0, 0]
    # Grass, crops and herbaceous wetland are all Herbaceous; moss is nothing that we can say.
    assert len(set(level.of_labels(np.array([30, 40, 90])).tolist())) == 1
    assert level.label_aside == (100,)
    assert level.of_labels(np.array([100, 33])).tolist() == [-1, -1]
    assert len(level.groups) == 7
    assert [group.name for group in level.merged] == [
        "Dense Forests + Open Forests",
        "Herbaceous",
    ]


def test_two_products_keep_grass_and_crops_apart_though_we_do_not():
    level = common_level(SCHEMES["worldcover"], SCHEMES["dynamic-world"])
    grass, crops = level.of_map(np.array([30, 40]))
    assert grass != crops
    assert level.of_labels(np.array([2, 4])).tolist() == [grass, crops]


def test_rangeland_joins_grass_and_shrub_and_with_them_all_of_herbaceous():
    level = common_level(EIGHT, SCHEMES["esri"])
    herbaceous, shrubs = level.of_map(np.array([2, 3]))
    assert herbaceous == shrubs
    assert level.of_labels(np.array([5, 11])).tolist() == [herbaceous, herbaceous]
    assert level.label_aside == (10,)


def test_igbp_is_said_in_full_but_for_mosaics():
    level = common_level(EIGHT, SCHEMES["igbp"])
    assert len(level.groups) == 8
    assert level.label_aside == (14,)


def test_a_scheme_is_compared_with_itself_class_by_class():
    level = common_level(SCHEMES["esri"], SCHEMES["esri"])
    assert len(level.groups) == 9
    assert not level.merged
    assert level.of_map(np.array([11])) == level.of_labels(np.array([11]))


@pytest.mark.parametrize(("a", "b"), list(permutations(SCHEMES, 2)))
def test_groups_part_the_classes_and_share_no_kind_of_land(a, b):
    level = common_level(SCHEMES[a], SCHEMES[b])
    mapped = [code for group in level.groups for code in group.map_codes]
    labels = [code for group in level.groups for code in group.label_codes]
    assert sorted([*mapped, *level.map_aside]) == sorted(SCHEMES[a].classes)
    assert sorted([*labels, *level.label_aside]) == sorted(SCHEMES[b].classes)
    assert all(group.map_codes and group.label_codes for group in level.groups)


def test_labels_may_be_codes_or_names():
    scheme = SCHEMES["worldcover"]
    assert [scheme.code_of(x) for x in (10, 10.0, "10", "10,0", "Tree Cover ", "tree cover")] == [
        10
    ] * 6
    assert [scheme.code_of(x) for x in (11, "oak", "", None, float("nan"), 10.5)] == [None] * 6


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_table_of_ones_own(tmp_path: Path, separator):
    file = tmp_path / "corine.csv"
    rows = [
        ("code", "name", "class"),
        ("111", "Town", "Urban and Built-Up Lands"),
        ("311", "Wood", ""),
    ]
    rows += [("211", "Field", "crops")]
    file.write_text("\n".join(separator.join(row) for row in rows), encoding="utf-8-sig")
    scheme = find_scheme(str(file))
    level = common_level(EIGHT, scheme)
    assert level.label_aside == (311,)
    assert level.of_labels(np.array([111, 211])).tolist() == level.of_map(np.array([4, 2])).tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,name\n1,Town\n", "'class' is neither a column"),
        ("code,name,class\n1,Town,Cities\n", "'cities' is neither a column"),
        ("code,name,class\nx,Town,\n", "cannot be read as a table"),
        ("code,name,class\n", "describes no class"),
        ("", "describes no class"),
    ],
)
def test_a_table_that_cannot_be_used_is_told(tmp_path: Path, text, message):
    file = tmp_path / "own.csv"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        find_scheme(str(file))


def test_an_unknown_scheme_is_told_with_those_that_are_known():
    with pytest.raises(ConfigurationError, match=r"no scheme 'corine'.*worldcover"):
        find_scheme("corine")
