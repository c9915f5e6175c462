"""How place and season change a scene: greenness, seasonal snow, the sun, haze, soil and plants.

SEN12MS names its seasons after the northern hemisphere, so spring at 35 degrees south is autumn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from lcviz.data.demo.first.recipes import RECIPES
from lcviz.data.demo.first.sites import Site
from lcviz.data.demo.noise import hashed, uniform
from lcviz.taxonomy import SEASONS

_DECLINATION: Final = (10.0, 18.0, -10.0, -18.0)
"""Declination of the sun in the middle of each season, degrees."""
_LOCAL_HOUR_ANGLE: Final = -22.5
"""Sentinel-2 passes at about 10:30 local solar time; degrees from noon."""


@dataclass(frozen=True)
class Land:
    """What is usual on one continent."""

    soil: str
    """Name of the soil's spectrum."""
    canopy: str
    """Name of the trees' spectrum outside boreal and tropical forest."""
    roof: str
    """Name of the usual roof's spectrum."""
    haze: float
    """Aerosol load; 1 is usual."""
    tint: tuple[float, float, float]
    """How bright the ground is in red, near infrared and short-wave infrared; 1 is usual."""
    shade: float
    """How much of a canopy lies in shadow; 1 is usual."""


LANDS: Final[Mapping[str, Land]] = {
    "Africa": Land("red soil", "broadleaf", "tin roof", 1.25, (1.08, 0.86, 1.12), 0.95),
    "Asia": Land("loess", "broadleaf", "grey roof", 1.5, (1.04, 0.93, 0.97), 1.05),
    "Australia": Land("ochre soil", "eucalypt", "tin roof", 0.75, (1.12, 0.82, 1.22), 0.75),
    "Europe": Land("brown soil", "broadleaf", "clay roof", 1.05, (0.92, 1.04, 0.88), 1.05),
    "North America": Land("grey soil", "broadleaf", "grey roof", 0.85, (0.97, 1.1, 0.98), 1.15),
    "South America": Land("dark red soil", "broadleaf", "clay roof", 1.0, (0.9, 1.16, 0.82), 1.0),
}


@dataclass(frozen=True)
class Climate:
    """One scene's state on the day it was taken."""

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


def climate(site: Site) -> Climate:
    """The scene's state, from its place, its season, its landscape and a little chance."""
    luck = uniform(hashed(site.seed, np.arange(6)))
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
    green = (green + 0.08) * (1 - 0.75 * recipe.aridity) + 0.12 * (luck[0] - 0.5)
    return Climate(
        greenness=float(np.clip(green, 0.03, 0.97)),
        leaf=leaf,
        snow=_seasonal_snow(site, local, absolute),
        sun_zenith=_zenith(latitude, _DECLINATION[season]),
        sun_azimuth=_azimuth(latitude, _DECLINATION[season]),
        haze=float(land.haze * (0.65 + 0.8 * luck[1])),
        wind=float(luck[2]),
        canopy=_canopy(site, land),
    )


def _seasonal_snow(site: Site, local: str, latitude: float) -> float:
    if local == "Winter" and latitude > 45:
        return 0.3 if site.landscape == "mountains" else min(0.6, 0.08 * (latitude - 45))
    if local == "Fall" and latitude > 66:
        return 0.3
    if local == "Spring" and latitude > 55:
        return 0.4
    return 0.0


def _canopy(site: Site, land: Land) -> str:
    if site.landscape == "rainforest" or (abs(site.latitude) < 20 and land.canopy == "broadleaf"):
        return "rainforest"
    if site.landscape in ("boreal", "tundra") or (
        site.landscape == "mountains" and abs(site.latitude) > 30 and site.continent != "Australia"
    ):
        return "conifer"
    return land.canopy


def _zenith(latitude: float, declination: float) -> float:
    phi, delta, hour = np.radians((latitude, declination, _LOCAL_HOUR_ANGLE))
    cosine = np.sin(phi) * np.sin(delta) + np.cos(phi) * np.cos(delta) * np.cos(hour)
    return float(min(np.degrees(np.arccos(cosine)), 76.0))


def _azimuth(latitude: float, declination: float) -> float:
    phi, delta, hour = np.radians((latitude, declination, _LOCAL_HOUR_ANGLE))
    east = -np.cos(delta) * np.sin(hour)
    north = np.cos(phi) * np.sin(delta) - np.sin(phi) * np.cos(delta) * np.cos(hour)
    return float(np.degrees(np.arctan2(east, north)) % 360)
