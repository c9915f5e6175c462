"""Towns and roads of a demo scene, as mixtures of pure surfaces."""

import numpy as np

from lcviz.data.demo.climate import LANDS, Climate
from lcviz.data.demo.features import Mask
from lcviz.data.demo.landscape import Ground
from lcviz.data.demo.noise import Hashes, hashed, uniform
from lcviz.data.demo.recipes import STYLES, Cover
from lcviz.data.demo.sites import Site
from lcviz.data.demo.surfaces import Mixture
from lcviz.data.demo.vegetation import meadow

_DIRT_ROADS = ("Africa", "South America", "Australia")
_HALL_ROOFS = ("white_roof", "tin_roof", "grey_roof", "dark_roof", "blue_roof", "concrete")
_HALL_SHARES = np.cumsum((0.26, 0.2, 0.24, 0.14, 0.08, 0.08))


def build(mixture: Mixture, site: Site, sky: Climate, ground: Ground) -> None:
    """Fill in houses, gardens, streets and industry, then the roads between towns."""
    built = ground.cover == Cover.TOWN
    if built.any():
        industry = built & is_industry(ground)
        _homes(mixture, site, sky, ground)
        _industry(mixture, site, sky, ground, industry)
    if ground.road.any():
        dirt = 0.7 if site.continent in _DIRT_ROADS else 0.15
        road = ground.road & (ground.cover != Cover.WATER)
        for name in list(mixture.shares):
            mixture.shares[name][road] *= 0.4
        mixture.add(road, asphalt=0.6 * (1 - dirt), **{sky.soil: 0.6 * dirt})


def is_industry(ground: Ground) -> Mask:
    """Which estates and quarters are works, warehouses and yards, not homes; bool (n, n)."""
    out = np.clip(ground.towns.reach, 0, 1)
    estate = uniform(hashed(ground.towns.estate, 8)) < 0.28 + 0.18 * out
    return estate | (uniform(hashed(ground.towns.quarter, 8)) < 0.1 + 0.08 * out)


def _pick(options: tuple[str, ...], hashes: Hashes) -> list[tuple[str, Mask]]:
    """Each option once, with the mask of where it was drawn."""
    drawn = (uniform(hashes) * len(options)).astype(np.int64)
    names = dict.fromkeys(options)
    return [
        (name, np.isin(drawn, [i for i, other in enumerate(options) if other == name]))
        for name in names
    ]


def _homes(mixture: Mixture, site: Site, sky: Climate, ground: Ground) -> None:
    """Quarters from a packed centre to villas: they differ in roofs, gardens and trees."""
    land, town = LANDS[site.continent], ground.towns
    built = ground.cover == Cover.TOWN
    quarter = [uniform(hashed(town.quarter, k)) for k in range(10, 14)]
    plot = [uniform(hashed(town.lot, k)) for k in range(3)]
    usual = STYLES[site.continent].gardens
    # Gardens grow toward the edge of a town; centres are packed.
    gardens = np.clip(usual + 0.6 * (quarter[0] - 0.5) + 0.4 * (town.reach - 0.5), 0.04, 0.85)
    house = plot[0] > gardens
    roof = np.where(house, 0.28 + 0.5 * plot[1], 0.04 + 0.12 * plot[1])
    paved = np.clip(np.where(house, 0.15, 0.06) + 0.12 * (quarter[1] - 0.5), 0, 1)
    # Walls throw shadows on their side away from the sun, the more the lower it stands.
    tall = np.clip(0.75 - 0.6 * town.reach, 0.15, 0.6) * np.tan(np.radians(sky.sun_zenith))
    dark = np.clip(roof * (0.08 + 0.35 * tall * plot[2]), 0, 0.3)
    green = np.clip(1 - roof - paved - dark, 0.0, 1.0)
    trees = green * np.clip(0.2 + 0.5 * quarter[2] + 0.3 * (plot[2] - 0.5), 0.02, 0.8)
    lawn = green - trees
    leaf = sky.leaf if sky.canopy == "broadleaf" else 1.0
    # A quarter keeps to one or two roofs; single houses do as they like.
    whole_quarter = np.where(plot[2] < 0.65, town.quarter, town.lot)
    bright = 0.6 + 0.4 * uniform(hashed(town.quarter, 16)) + 0.6 * plot[1] ** 2
    for name, drawn in _pick(land.roofs, hashed(whole_quarter, 31)):
        mixture.add(built & drawn, **{name.replace(" ", "_"): roof * bright})
    mixture.add(built, asphalt=paved * 0.72, concrete=paved * 0.13)
    mixture.add(built, **{sky.soil: 0.08 * green + paved * 0.15})
    watered = sky.greenness + 0.3 * (1 - sky.greenness) * quarter[3]
    grass = meadow(watered + 0.25 * (plot[1] - 0.5), 0.2 + 0.6 * sky.vigour + 0.3 * (plot[2] - 0.5))
    mixture.add(built, **{name: 0.92 * lawn * share for name, share in grass.items()})
    mixture.add(built, shade=0.2 * trees + dark, bare_wood=0.8 * trees * (1 - leaf))
    mixture.add(built, **{sky.canopy: 0.8 * trees * leaf})
    street = built & town.street
    for layer in mixture.shares.values():
        layer[street] *= 0.4
    dirt = 0.5 if site.continent in _DIRT_ROADS else 0.1
    mixture.add(street, asphalt=0.5 * (1 - dirt), concrete=0.15, **{sky.soil: 0.55 * dirt})


def _industry(mixture: Mixture, site: Site, sky: Climate, ground: Ground, where: Mask) -> None:
    """Large halls of every colour on yards of asphalt, concrete, gravel or weeds."""
    if not where.any():
        return
    town = ground.towns
    mixture.clear(where)
    shade = 0.75 + 0.6 * uniform(hashed(town.quarter, 17))
    tone = (0.55 + 0.9 * uniform(hashed(town.yard, 11))) * shade
    drawn = np.searchsorted(_HALL_SHARES, uniform(hashed(town.yard, 12)), side="right")
    hall = where & town.hall & (uniform(hashed(town.yard, 13)) < 0.82)
    for number, name in enumerate(_HALL_ROOFS):
        mixture.put(hall & (drawn == number), **{name: tone})
    mixture.add(hall, shade=0.05)
    yard = where & ~hall
    kind = uniform(hashed(town.yard, 14))
    grown = np.where(kind > 0.62, 0.75, 0.25 * uniform(hashed(town.lot, 15)))
    ground_left = (1 - grown) * shade
    pale = np.where(kind < 0.2, 0.6, 0.15)
    mixture.put(yard, concrete=ground_left * pale, asphalt=ground_left * (0.8 - pale))
    # Building sites, quarries and stores lie on bare ground.
    open_ground = (kind > 0.2) & (kind < 0.38)
    mixture.put(yard & open_ground, concrete=0.1, asphalt=0.1, pale_gravel=0.35 * ground_left)
    mixture.put(yard, **{sky.soil: ground_left * np.where(open_ground, 0.6, 0.3)})
    grass = meadow(np.full(kind.shape, sky.greenness), 0.4 * sky.vigour)
    mixture.add(yard, **{name: grown * share for name, share in grass.items()})
    street = where & town.street
    mixture.clear(street)
    mixture.put(street, asphalt=0.8, concrete=0.1, green_grass=0.1 * sky.greenness)
