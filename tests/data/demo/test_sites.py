from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from rasterio.warp import transform

from lcviz.data.catalog import sen12ms_scenes
from lcviz.data.demo import DemoSettings, patch_numbers, sites
from lcviz.data.demo.recipes import RECIPES, STYLES
from lcviz.errors import ConfigurationError
from lcviz.taxonomy import CONTINENTS, PATCH_GRID_COLUMNS, SEASONS, split_scene_id

DEMO = DemoSettings()


def distance_km(longitude, latitude, longitudes, latitudes):
    a, b = np.radians(latitude), np.radians(latitudes)
    half = np.sin((a - b) / 2) ** 2
    half += np.cos(a) * np.cos(b) * np.sin(np.radians(longitude - longitudes) / 2) ** 2
    return 2 * 6371 * np.arcsin(np.sqrt(half))


def test_ten_sites_for_every_continent_and_season():
    counts = Counter((s.continent, s.season) for s in sites(DEMO))
    assert counts == {(c, s): 10 for c in CONTINENTS for s in SEASONS}


def test_no_two_scenes_can_overlap():
    # A scene is 38.4 km wide: two cannot touch if their middles are a diagonal, 54.3 km, apart.
    places = sites(DEMO)
    longitude = np.array([s.longitude for s in places])
    latitude = np.array([s.latitude for s in places])
    for number, site in enumerate(places):
        apart = distance_km(site.longitude, site.latitude, longitude, latitude)
        assert np.delete(apart, number).min() > 54.4, site.place


def test_each_continent_has_the_landscapes_that_towns_snow_and_water_need():
    counts = Counter((s.continent, s.landscape) for s in sites(DEMO))
    for continent in CONTINENTS:
        assert counts[continent, "city"] >= 6
        assert counts[continent, "coast"] >= 5
        high = sum(counts[continent, k] for k in ("mountains", "glacier", "foreland"))
        assert high >= (5 if continent == "Africa" else 11), continent


@pytest.mark.parametrize("scenes", [6, 24])
def test_fewer_scenes_are_spread_over_continents_and_seasons(scenes):
    chosen = sites(DemoSettings(scenes=scenes))
    assert {s.continent for s in chosen} == set(CONTINENTS)
    assert {s.season for s in chosen} == set(SEASONS)
    assert len({(s.continent, s.season) for s in chosen}) == scenes


def test_names_are_unique_and_no_sen12ms_scene_has_them():
    for scenes in (240, 400):
        names = [s.scene_id for s in sites(DemoSettings(scenes=scenes))]
        assert len(set(names)) == scenes
        assert not set(names) & set(sen12ms_scenes().scene_id)
    for site in sites(DEMO):
        assert split_scene_id(site.scene_id) == (site.folder, site.season, site.scene)


def test_scenes_keep_their_name_and_pixels_when_more_are_made():
    few = {s.scene_id: s for s in sites(DemoSettings(scenes=10))}
    many = {s.scene_id: s for s in sites(DemoSettings(scenes=100))}
    assert few.items() <= many.items()


def test_no_site_is_near_a_real_scene():
    real = sen12ms_scenes()
    for site in sites(DEMO):
        nearest = distance_km(site.longitude, site.latitude, real.longitude, real.latitude).min()
        assert nearest > 40, site.place


def test_sites_lie_on_their_continent():
    # Coarse boxes (west, south, east, north) that hold one continent's sites and no other's.
    boxes = {
        "Africa": (-18, -35, 51, 35.5),
        "Asia": (60, 0, 150, 78),
        "Australia": (112, -48, 180, 0),
        "Europe": (-11, 36, 45, 72),
        "North America": (-170, 14, -52, 75),
        "South America": (-82, -56, -34, 13),
    }
    for site in sites(DEMO):
        west, south, east, north = boxes[site.continent]
        assert west <= site.longitude <= east and south <= site.latitude <= north, site.place


def test_every_site_has_a_recipe_and_a_style():
    assert {s.landscape for s in sites(DEMO)} == set(RECIPES)
    assert {s.continent for s in sites(DEMO)} == set(STYLES)


def test_utm_zone_and_hemisphere():
    by_place = {s.place: s for s in sites(DEMO)}
    assert by_place["Iowa"].epsg == 32615
    assert by_place["Canterbury Plains"].epsg == 32759
    assert by_place["Makokou"].epsg == 32633
    for site in sites(DEMO):
        central = (site.epsg % 100) * 6 - 183
        assert abs(site.longitude - central) <= 3
        assert (site.epsg >= 32700) == (site.latitude < 0)


def test_grid_is_centred_on_the_site_and_off_whole_metres():
    for site in sites(DemoSettings(scenes=12)):
        # 29 patches of stride 128 and half a patch more: the middle is 15 strides in.
        east, north = site.origin[0] + 15 * 1280, site.origin[1] - 15 * 1280
        (longitude,), (latitude,) = transform(site.crs, "EPSG:4326", [east], [north])
        assert longitude == pytest.approx(site.longitude, abs=1e-6)
        assert latitude == pytest.approx(site.latitude, abs=1e-6)
        assert site.origin[0] % 1 > 0 and site.origin[1] % 1 > 0


def test_place_of_a_patch_follows_from_its_number():
    site = sites(DEMO)[0]
    first, there = site.transform(0), site.transform(2 * PATCH_GRID_COLUMNS + 3)
    assert there.c - first.c == pytest.approx(3 * 1280)
    assert first.f - there.f == pytest.approx(2 * 1280)
    assert (there.a, there.e) == (10, -10)


def overlaps(a, b):
    (r1, c1), (r2, c2) = divmod(a, PATCH_GRID_COLUMNS), divmod(b, PATCH_GRID_COLUMNS)
    return abs(r1 - r2) < 2 and abs(c1 - c2) < 2


@pytest.mark.parametrize("patches", [2, 6, 20])
def test_exactly_one_pair_of_patches_overlaps(patches):
    settings = DemoSettings(patches=patches)
    for site in sites(settings):
        numbers = patch_numbers(settings, site)
        assert len(set(numbers)) == patches and list(numbers) == sorted(numbers)
        pairs = [(a, b) for a in numbers for b in numbers if a < b and overlaps(a, b)]
        assert len(pairs) == 1


def test_fewer_patches_are_part_of_more_up_to_the_whole_grid():
    site = sites(DEMO)[5]
    sets = [set(patch_numbers(DemoSettings(patches=n), site)) for n in (1, 2, 5, 60, 841)]
    assert all(a < b for a, b in pairwise(sets))
    assert sets[-1] == set(range(841))


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"scenes": 0}, {"scenes": 1001}, {"patches": 0}, {"patches": 842}]
)
def test_settings_out_of_range_name_the_value(wrong):
    with pytest.raises(ConfigurationError, match=str(next(iter(wrong.values())))):
        DemoSettings(**wrong)
