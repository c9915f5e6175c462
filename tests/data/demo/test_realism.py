"""The synthetic land has the traits of real land that networks trained on it need."""

import csv
from pathlib import Path

import numpy as np
import pytest

import lcviz.data
from lcviz.data.demo import DemoSettings, patch_numbers, sites
from lcviz.data.demo import patch as patch_module
from lcviz.data.demo.climate import climate
from lcviz.data.demo.landscape import survey
from lcviz.data.demo.noise import Window
from lcviz.data.demo.settlement import is_industry
from lcviz.data.demo.surfaces import Mixture, shade_of_the_day
from lcviz.taxonomy import CONTINENTS, PATCH_GRID_COLUMNS

DEMO = DemoSettings()
FACTS = Path(lcviz.data.__file__).parent / "facts" / "real_land.csv"
URBAN, WATER, HERBACEOUS, SNOW = 4, 7, 2, 5
NIR, RED = 7, 3


def fact(kind, band, column):
    with FACTS.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if (r["kind"], r["band"]) == (kind, band)]
    return float(rows[0][column])


def blocks(landscape, classes, count=6):
    """Sentinel-2 and truth of blocks (128 pixels wide) rich in a class, one of each scene."""
    found = []
    for site in (s for s in sites(DEMO) if s.landscape == landscape):
        for number in patch_numbers(DEMO, site)[:4]:
            at = divmod(number, PATCH_GRID_COLUMNS)
            truth = patch_module._truth_block(site, *at)
            if np.isin(truth, classes).mean() > 0.9:
                found.append((patch_module._s2_block(site, *at).astype(float), truth))
                break
        if len(found) == count:
            break
    assert len(found) == count, landscape
    return found


@pytest.mark.slow
def test_open_water_is_as_dark_and_nearly_as_smooth_as_real_water():
    rough, near = [], []
    for s2, _ in blocks("coast", [WATER]):
        band = s2[NIR]
        rough.append(np.sqrt(np.median(np.diff(band, axis=1) ** 2) / 2))
        near.append(np.median(band))
    assert np.median(near) < fact("SeaLake", "nir1", "q90")
    assert np.median(rough) < 2 * fact("SeaLake", "nir1", "t1")


@pytest.mark.slow
def test_farmland_reaches_the_near_infrared_of_real_fields_and_differs_between_scenes():
    fields = blocks("farmland", [HERBACEOUS], count=8)
    pixels = np.concatenate([s2[NIR][truth == HERBACEOUS] for s2, truth in fields])
    low, high = np.percentile(pixels, (10, 90))
    assert low < 1.3 * fact("AnnualCrop", "nir1", "q10")
    assert high > 0.85 * fact("AnnualCrop", "nir1", "q90")
    middles = [np.median(s2[NIR]) for s2, _ in fields]
    assert np.std(middles) > 0.08 * np.mean(middles)


@pytest.mark.slow
def test_towns_are_rough_and_hold_gardens():
    towns = blocks("city", [URBAN])
    pixels = np.concatenate([s2[:, truth == URBAN] for s2, truth in towns], axis=1)
    ndvi = (pixels[NIR] - pixels[RED]) / (pixels[NIR] + pixels[RED])
    assert np.percentile(ndvi, 90) > 0.4 and np.percentile(ndvi, 10) < 0.2
    assert 0.65 < np.median(pixels[NIR]) / fact("Residential", "nir1", "median") < 1.35
    rough = np.median([np.sqrt(np.mean(np.diff(s2[RED], axis=1) ** 2) / 2) for s2, _ in towns])
    assert 0.5 * fact("Residential", "red", "t1") < rough < 2 * fact("Industrial", "red", "t1")


@pytest.mark.slow
def test_every_continent_has_patches_that_are_mostly_town_water_and_but_for_africa_snow():
    for continent in CONTINENTS:
        most = {URBAN: 0, WATER: 0, SNOW: 0}
        for site in sites(DEMO):
            if site.continent != continent or site.landscape not in ("city", "coast", "glacier"):
                continue
            for number in patch_numbers(DEMO, site):
                row, column = divmod(number, PATCH_GRID_COLUMNS)
                classes = survey(site, Window(row * 128, column * 128, 16, 16)).classes
                for index in most:
                    most[index] += (classes == index).mean() > 0.5
        assert most[URBAN] >= 10, continent
        assert most[WATER] >= 5, continent
        assert most[SNOW] >= 5 or continent == "Africa", continent


def test_a_surface_keeps_its_shade_within_a_scene_and_changes_it_between_scenes():
    here, there = shade_of_the_day(5, "green grass"), shade_of_the_day(6, "green grass")
    np.testing.assert_array_equal(here, shade_of_the_day(5, "green grass"))
    assert not np.allclose(here, there)
    draws = np.stack([shade_of_the_day(seed, "green grass") for seed in range(400)])
    assert 0.08 < np.log(draws[:, NIR]).std() < 0.2
    assert abs(np.log(draws[:, NIR]).mean()) < 0.03


def test_a_mixture_weighs_its_surfaces():
    mixture = Mixture(1, (1, 2))
    left = np.array([[True, False]])
    mixture.put(left, snow=0.25, asphalt=0.75)
    mixture.put(~left, asphalt=1.0)
    mixture.cover_with("snow", np.array([[0.0, 0.5]]))
    seen = mixture.reflectance()
    alone = Mixture(1, (1, 1))
    alone.put(np.array([[True]]), snow=1.0)
    snow = alone.reflectance()[:, 0, 0]
    asphalt = (seen[:, 0, 0] - 0.25 * snow) / 0.75
    np.testing.assert_allclose(seen[:, 0, 1], 0.5 * snow + 0.5 * asphalt)


def test_skies_differ_within_a_continent():
    skies = [climate(s) for s in sites(DEMO) if s.continent == "Europe"]
    assert max(s.haze for s in skies) > 2 * min(s.haze for s in skies)
    assert np.std([s.vigour for s in skies]) > 0.15
    assert 0 < sum(s.clouds > 0 for s in skies) < len(skies) / 2


def test_part_of_a_town_is_industry():
    city = next(s for s in sites(DEMO) if s.place == "Chicago")
    ground = survey(city, Window(1280, 1280, 512, 4))
    town = ground.classes == URBAN
    share = is_industry(ground)[town].mean()
    assert 0.02 < share < 0.5
