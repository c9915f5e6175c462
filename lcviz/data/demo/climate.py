"""How place and season change a scene: greenness, seasonal snow, the sun, haze, soil and plants.

SEN12MS names its seasons after the northern hemisphere, so spring at 35 degrees south is autumn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from lcviz.data.demo.noise import hashed, uniform
from lcviz.data.demo.recipes import RECIPES
from lcviz.data.demo.sites import Site
from lcviz.taxonomy import SEASONS

_DECLINATION: Final = (10.0, 18.0, -10.0, -18.0)
"""Declination of the sun in the middle of each season, degrees."""
_LOCAL_HOUR_ANGLE: Final = -22.5
"""Sentinel-2 passes at about 10:30 local solar time; degrees from noon."""


@dataclass(frozen=True)
class Land:
    """What is usual on one continent."""

    soil: str
    """Name of the commonest soil's spectrum."""
    canopy: str
    """Name of the trees' spectrum outside boreal and tropical forest."""
    roofs: tuple[str, ...]
    """Names of the usual roofs' spectra, the commonest first and more than once."""
    haze: float
    """Aerosol load; 1 is usual."""
    tint: tuple[float, float, float]
    """How bright the ground is in red, near infrared and short-wave infrared; 1 is usual."""
    shade: float
    """How much of a canopy lies in shadow; 1 is usual."""


_TIN, _GREY, _CLAY = "tin roof", "grey roof", "clay roof"
_DARK, _WHITE, _BLUE = "dark roof", "white roof", "blue roof"

LANDS: Final[Mapping[str, Land]] = {
    "Africa": Land("red soil", "broadleaf", (_TIN, _TIN, _TIN, _GREY, _CLAY, _BLUE),
                   1.2, (1.08, 0.9, 1.1), 0.95),
    "Asia": Land("loess", "broadleaf", (_GREY, _GREY, _DARK, _BLUE, _CLAY, _TIN),
                 1.35, (1.04, 0.95, 0.98), 1.05),
    "Australia": Land("ochre soil", "eucalypt", (_TIN, _CLAY, _GREY, _DARK, _WHITE),
                      0.75, (1.1, 0.86, 1.18), 0.8),
    "Europe": Land("brown soil", "broadleaf", (_CLAY, _CLAY, _CLAY, _DARK, _GREY),
                   0.9, (0.94, 1.04, 0.92), 1.05),
    "North America": Land("grey soil", "broadleaf", (_GREY, _GREY, _DARK, _DARK, _WHITE),
                          0.85, (0.97, 1.07, 0.98), 1.12),
    "South America": Land("dark red soil", "broadleaf", (_CLAY, _CLAY, _TIN, _GREY, _TIN),
                          1.0, (0.92, 1.1, 0.86), 1.0),
}  # fmt: skip


SOILS: Final = tuple(dict.fromkeys(land.soil for land in LANDS.values()))
_USUAL_SOIL: Final = 0.5
"""Share of a continent's scenes on its commonest soil; the others have any."""


@dataclass(frozen=True)
class Climate:
    """One scene's ground, and its state on the day it was taken."""

    soil: str
    """Name of the soil's spectrum, with underscores for spaces."""

    greenness: float
    """Share of green among low plants, 0 to 1."""
    leaf: float
    """Share of leaves that deciduous trees carry, 0 to 1."""
    snow: float
    """Share of open ground under seasonal snow."""
    sun_zenith: float
    """Degrees."""
    sun_azimuth: float
    """Degrees clockwise from north."""
    haze: float
    wind: float
    """Roughness of water, 0 to 1."""
    canopy: str
    """Name of the trees' spectrum."""
    conifers: float
    """Share of the forest that stands in conifers, 0 to 1."""
    vigour: float
    """How lush what is green is, 0 to 1."""
    wet_soil: float
    """0 for dry soil, 1 for soil dark with rain."""
    clouds: float
    """Share of the sky that small clouds cover, 0 to 1."""


@lru_cache(maxsize=64)
def climate(site: Site) -> Climate:
    """The scene's state, from its place, its season, its landscape and a little chance."""
    luck = uniform(hashed(site.seed, np.arange(10)))
    recipe, land = RECIPES[site.landscape], LANDS[site.continent]
    latitude, season = site.latitude, SEASONS.index(site.season)
    local = SEASONS[season if latitude >= 0 else (season + 2) % 4]
    absolute = abs(latitude)
    if absolute < 23.5:
        green = {"Spring": 0.5, "Summer": 0.85, "Fall": 0.75, "Winter": 0.35}[local]
        leaf = 1.0
    else:
        green = {"Spring": 0.75, "Summer": 0.8, "Fall": 0.45, "Winter": 0.3}[local]
        leaf = {"Spring": 0.8, "Summer": 1.0, "Fall": 0.55, "Winter": 0.12}[local]
        if absolute > 45 and local in ("Fall", "Winter"):
            green -= 0.1
    if site.landscape == "rainforest":
        green, leaf = 0.9, 1.0
    green = (green + 0.08) * (1 - 0.75 * recipe.aridity) + 0.3 * (luck[0] - 0.5)
    return Climate(
        soil=_soil(land, float(luck[9])),
        greenness=float(np.clip(green, 0.03, 0.97)),
        leaf=float(np.clip(leaf + 0.3 * (luck[3] - 0.5) * (leaf < 1), 0.0, 1.0)),
        snow=_seasonal_snow(site, local, absolute, float(luck[8])),
        sun_zenith=_zenith(latitude, _DECLINATION[season]),
        sun_azimuth=_azimuth(latitude, _DECLINATION[season]),
        haze=float(np.clip(land.haze * np.exp(1.5 * (luck[1] - 0.5)), 0.35, 3.0)),
        wind=float(luck[2]),
        canopy=_canopy(site, land),
        conifers=_conifers(site, float(luck[4])),
        vigour=float(np.clip(0.1 + 0.85 * luck[5] - 0.45 * recipe.aridity, 0.0, 1.0)),
        wet_soil=float(luck[6] * (1 - 0.7 * recipe.aridity)),
        clouds=float(max(0.0, 0.4 * (luck[7] - 0.84))),
    )


def _soil(land: Land, luck: float) -> str:
    other = SOILS[int((luck - _USUAL_SOIL) / (1 - _USUAL_SOIL) * len(SOILS))]
    return (land.soil if luck < _USUAL_SOIL else other).replace(" ", "_")


def _seasonal_snow(site: Site, local: str, latitude: float, luck: float) -> float:
    """Snow lies in half of the scenes where it can: clear days often follow a thaw."""
    if luck < 0.5:
        return 0.0
    if local == "Winter" and latitude > 45:
        return 0.3 if site.landscape == "mountains" else min(0.45, 0.08 * (latitude - 45))
    if (local == "Fall" and latitude > 66) or (local == "Spring" and latitude > 55):
        return 0.3
    return 0.0


def _canopy(site: Site, land: Land) -> str:
    if site.landscape == "rainforest" or (abs(site.latitude) < 20 and land.canopy == "broadleaf"):
        return "rainforest"
    if site.landscape in ("boreal", "tundra") or (
        site.landscape == "mountains" and abs(site.latitude) > 30 and site.continent != "Australia"
    ):
        return "conifer"
    return land.canopy


def _conifers(site: Site, luck: float) -> float:
    """Plantations nearly everywhere, mixed forest in the temperate north."""
    if site.landscape == "rainforest" or abs(site.latitude) < 20:
        return 0.05 * luck
    return luck * (0.6 if site.latitude > 35 else 0.3)


def _zenith(latitude: float, declination: float) -> float:
    phi, delta, hour = np.radians((latitude, declination, _LOCAL_HOUR_ANGLE))
    cosine = np.sin(phi) * np.sin(delta) + np.cos(phi) * np.cos(delta) * np.cos(hour)
    return float(min(np.degrees(np.arccos(cosine)), 76.0))


def _azimuth(latitude: float, declination: float) -> float:
    phi, delta, hour = np.radians((latitude, declination, _LOCAL_HOUR_ANGLE))
    east = -np.cos(delta) * np.sin(hour)
    north = np.cos(phi) * np.sin(delta) - np.sin(phi) * np.cos(delta) * np.cos(hour)
    return float(np.degrees(np.arctan2(east, north)) % 360)
