"""What Sentinel-1 sees of a demo scene's ground."""

import numpy as np

from lcviz.data.demo.climate import climate
from lcviz.data.demo.landscape import Ground
from lcviz.data.demo.noise import Floats, Noise, hashed, uniform
from lcviz.data.demo.recipes import RECIPES, Cover
from lcviz.data.demo.settlement import is_industry
from lcviz.data.demo.sites import Site

# Mean backscatter, dB, and its spread over a few pixels, dB, per cover: VV, VH, spread.
_BACKSCATTER = np.array(
    [
        (-8.6, -14.0, 0.5),
        (-10.2, -16.0, 0.8),
        (-12.8, -19.8, 0.6),
        (-11.6, -18.6, 0.5),
        (-12.6, -19.4, 0.8),
        (-5.6, -13.0, 3.2),
        (-12.5, -20.5, 0.8),
        (-14.5, -23.0, 1.0),
        (-20.5, -27.5, 0.5),
    ]
)


def backscatter(site: Site, ground: Ground, noise: Noise) -> Floats:
    """VV and VH backscatter in dB before speckle; (2, n, n)."""
    sky = climate(site)
    table = _BACKSCATTER[ground.cover]
    level = np.stack([table[..., 0], table[..., 1]])
    luck = uniform(hashed(site.seed, 41, np.arange(len(Cover))))
    level += (1.6 * (luck - 0.5))[ground.cover]
    parcel = uniform(hashed(ground.parcels.identity, 51)) - 0.5
    other = uniform(hashed(ground.parcels.identity, 52)) - 0.5
    crop = ground.cover == Cover.CROP
    level[0] += np.where(crop, 6.0 * parcel, 0)
    level[1] += np.where(crop, 5.0 * parcel + 2.6 * other, 0)
    town = ground.cover == Cover.TOWN
    walls = np.where(is_industry(ground) & ground.towns.hall, ground.towns.yard, ground.towns.lot)
    corner = uniform(hashed(walls, 53)) ** 3 * 11 - np.where(ground.towns.street, 5, 0)
    level += np.where(town, corner - 2.4, 0)
    level += 0.6 * table[..., 2] * noise.smooth("scatterers", 9)
    water = ground.cover == Cover.WATER
    level[0] += np.where(water, 5.0 * (sky.wind - 0.4), 0)
    sandy = (ground.cover == Cover.BARREN) & (ground.dune != 0)
    level += np.where(sandy, -3.5 + 1.5 * ground.dune, 0)
    # Slopes that face the sensor, which looks across the columns, return more.
    facing = 60.0 * RECIPES[site.landscape].relief * ground.slope_along
    return level + np.where(water, 0, 4.5 * np.tanh(facing / 3))
