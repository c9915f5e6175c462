import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcviz.data.archives import ARCHIVES, archive_named
from lcviz.data.catalog import sen12ms_scenes
from lcviz.data.fetching.selection import (
    Selection,
    parse_continents,
    parse_seasons,
    parse_sensors,
    parse_size,
    selected_scenes,
)
from lcviz.errors import ConfigurationError


def test_the_twelve_archives():
    assert len(ARCHIVES) == len({archive.md5 for archive in ARCHIVES}) == 12
    assert ARCHIVES[5].name == "ROIs1868_summer_s2.tar.gz"
    assert ARCHIVES[5].md5 == "4dbaf72ecb704a4794036fe691427ff3"
    assert archive_named("ROIs1868_summer_s2.tgz").md5 == ARCHIVES[5].md5
    assert archive_named("ROIs0000_spring_s2.tar.gz").md5 is None
    assert archive_named("notes.tar.gz") is archive_named("../ROIs1868_summer_s2.tgz") is None


def test_everything_is_wanted_if_nothing_is_named():
    assert len(selected_scenes(Selection())) == 252


def test_seasons_continents_and_names_narrow_the_choice():
    chosen = selected_scenes(Selection(seasons=("Winter",), continents=("Africa", "Asia")))
    assert set(chosen.season) == {"Winter"}
    assert set(chosen.continent) == {"Africa", "Asia"}
    named = selected_scenes(Selection(scenes=("ROIs1158_spring_1", "fall_6")))
    assert list(named.scene_id) == ["ROIs1158_spring_1", "ROIs1970_fall_6"]
    bare = selected_scenes(Selection(scenes=("8",)))
    assert set(bare.scene) == {8}
    assert len(bare) == (sen12ms_scenes().scene == 8).sum() > 1
    for wrong in ("ROIs1158_summer_1", "spring_999", "../x", ""):
        with pytest.raises(ConfigurationError, match="is no scene"):
            selected_scenes(Selection(scenes=(wrong,)))
    with pytest.raises(ConfigurationError, match="No scene"):
        selected_scenes(Selection(continents=("Antarctica",)))


@settings(max_examples=20)
@given(st.integers(3_000_000_000, 600_000_000_000), st.sampled_from([("s2", "lc"), ("lc",)]))
def test_what_has_room_stays_under_it_and_holds_something_of_each_group(most, sensors):
    selection = Selection(sensors=sensors, most=most)
    chosen = selected_scenes(selection)
    assert chosen.patches.sum() * selection.patch_size <= most
    groups = sen12ms_scenes().groupby(["season", "continent"]).ngroups
    taken = chosen.groupby(["season", "continent"]).ngroups
    assert taken == min(groups, taken)
    if most >= 50_000_000_000:
        assert taken == groups


def test_the_smallest_scene_must_have_room():
    with pytest.raises(ConfigurationError, match="Not one scene has room: the smallest takes"):
        selected_scenes(Selection(most=1_000_000))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("20GB", 20_000_000_000),
        ("500 mb", 500_000_000),
        ("1.5TiB", int(1.5 * 1024**4)),
        ("1024", 1024),
        ("2k", 2000),
    ],
)
def test_sizes(text, size):
    assert parse_size(text) == size


def test_what_people_type():
    assert parse_seasons(["winter", "SPRING"]) == ("Spring", "Winter")
    assert parse_seasons(["ROIs1970_fall"]) == ("Fall",)
    assert parse_continents(["north-america,Africa"]) == ("Africa", "North America")
    assert parse_sensors([]) == ("s1", "s2", "lc")
    assert parse_sensors(["LC", "s2"]) == ("s2", "lc")
    for parse, wrong in (
        (parse_size, "much"),
        (parse_size, "-1GB"),
        (parse_seasons, ["autumn"]),
        (parse_continents, ["Atlantis"]),
        (parse_sensors, ["s3"]),
    ):
        with pytest.raises(ConfigurationError, match=r"is no|there are"):
            parse(wrong)
