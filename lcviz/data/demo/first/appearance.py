"""What Sentinel-2 sees of a demo scene's ground."""

import numpy as np
import numpy.typing as npt

from lcviz.data.demo.first.climate import LANDS, Climate, climate
from lcviz.data.demo.first.landscape import Ground
from lcviz.data.demo.first.recipes import RECIPES, STYLES, Cover
from lcviz.data.demo.first.sites import Site
from lcviz.data.demo.first.spectra import spectrum, to_sensor
from lcviz.data.demo.noise import Floats, Noise, hashed, uniform


class Mixture:
    """Shares of pure surfaces at every pixel, filled in cover by cover."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.shares: dict[str, Floats] = {}

    def put(self, where: npt.NDArray[np.bool_], **parts: Floats | float) -> None:
        """Set the shares on a cover's pixels; names have underscores for spaces."""
        for name, share in parts.items():
            layer = self.shares.setdefault(name.replace("_", " "), np.zeros(self.shape))
            np.copyto(layer, share, where=where)

    def cover_with(self, name: str, share: Floats) -> None:
        """Lay a surface over everything else."""
        self.shares = {under: layer * (1 - share) for under, layer in self.shares.items()}
        self.shares[name] = self.shares.get(name, np.zeros(self.shape)) + share

    def reflectance(self) -> Floats:
        """Surface reflectance x 10,000, (13, rows, columns)."""
        matrix = np.stack([spectrum(name) for name in self.shares], axis=1)
        layers = np.stack([layer.ravel() for layer in self.shares.values()])
        return np.asarray((matrix @ layers).reshape(13, *self.shape))


def optical(site: Site, ground: Ground, noise: Noise) -> Floats:
    """Top-of-atmosphere digital numbers before the sensor's own blur and noise; (13, n, n)."""
    sky = climate(site)
    mixture = Mixture(ground.cover.shape)
    canopy = noise.fractal("canopy", 2.8, 2, 0.8)
    clumps = 0.75 * canopy + 0.65 * noise.smooth("clumps", 9)
    patches = noise.fractal("patches", 60, 4, 0.6)
    _trees(mixture, site, sky, ground, canopy, clumps, patches)
    _low_plants(mixture, site, sky, ground, clumps, patches)
    _bare_and_water(mixture, site, sky, ground, noise, patches)
    _built(mixture, site, sky, ground)
    if sky.snow:
        _snowfall(mixture, sky, ground, noise)
    light = _light(site, sky, ground)
    light *= 1 + 0.035 * noise.smooth("grain", 2.2) + 0.05 * patches
    surface = mixture.reflectance() * np.maximum(light, 0.12)
    red, near, short = LANDS[site.continent].tint
    luck = 0.95 + 0.1 * float(uniform(hashed(site.seed, 77))[0])
    surface[3:5] *= red
    surface[5:11] *= near * luck
    surface[11:] *= short
    return to_sensor(surface, sky.haze)


def _light(site: Site, sky: Climate, ground: Ground) -> Floats:
    """Illumination of slopes and dunes relative to flat ground."""
    azimuth = np.radians(sky.sun_azimuth)
    toward = ground.slope_along * np.sin(azimuth) - ground.slope_down * np.cos(azimuth)
    tangent = np.tan(np.radians(sky.sun_zenith))
    shading = -60.0 * RECIPES[site.landscape].relief * np.clip(tangent, 0.45, 1.3) * toward
    shading = np.where(ground.cover == Cover.WATER, 0.0, shading)
    bare = ground.cover == Cover.BARREN
    return 1 + 0.6 * np.tanh(1.3 * shading) + np.where(bare, 0.17 * ground.dune, 0.0)


def _trees(
    mixture: Mixture,
    site: Site,
    sky: Climate,
    ground: Ground,
    canopy: Floats,
    clumps: Floats,
    patches: Floats,
) -> None:
    land, deciduous = LANDS[site.continent], sky.canopy == "broadleaf"
    leaf = np.clip(sky.leaf + 0.12 * patches, 0, 1) if deciduous else np.ones(canopy.shape)
    dense = ground.cover == Cover.DENSE
    low_sun = 1 + 0.35 * (np.tan(np.radians(sky.sun_zenith)) - 0.6)
    shade = np.clip((0.17 - 0.1 * canopy - 0.05 * patches) * land.shade * low_sun, 0.0, 0.6)
    crown = 1 - shade
    mixture.put(dense, shade=shade, bare_wood=crown * (1 - leaf))
    mixture.put(dense, **{sky.canopy: crown * leaf})
    open_ = ground.cover == Cover.OPEN
    tree = np.clip(0.42 + 0.36 * clumps + 0.1 * patches, 0.03, 0.95)
    rest, green = 1 - tree, np.clip(sky.greenness + 0.12 * patches, 0, 1)
    mixture.put(open_, shade=tree * 0.26 * land.shade, bare_wood=tree * 0.74 * (1 - leaf))
    mixture.put(open_, **{sky.canopy: tree * (1 - 0.26 * land.shade) * leaf})
    mixture.put(open_, green_grass=rest * 0.7 * green, dry_grass=rest * 0.7 * (1 - green))
    mixture.put(open_, **{land.soil: rest * 0.3})


def _low_plants(
    mixture: Mixture,
    site: Site,
    sky: Climate,
    ground: Ground,
    clumps: Floats,
    patches: Floats,
) -> None:
    land, aridity = LANDS[site.continent], RECIPES[site.landscape].aridity
    cold = site.landscape == "tundra"
    green = np.clip(sky.greenness + 0.13 * patches, 0, 1)
    bare = np.clip(0.08 + 0.2 * aridity + 0.06 * clumps, 0, 1)
    grass = ground.cover == Cover.GRASS
    moss = 0.45 if cold else 0.0
    mixture.put(grass, green_grass=(1 - bare) * green * (1 - moss), moss=(1 - bare) * moss)
    mixture.put(grass, dry_grass=(1 - bare) * (1 - green) * (1 - moss), **{land.soil: bare})

    shrub = ground.cover == Cover.SHRUB
    bush = np.clip(0.58 - 0.16 * aridity + 0.28 * clumps + 0.1 * patches, 0.02, 0.95)
    rest = 1 - bush
    dry = 0.35 - 0.15 * aridity
    mixture.put(shrub, shrub=bush * 0.82 * (1 - moss), moss=bush * 0.82 * moss, shade=bush * 0.18)
    mixture.put(shrub, dry_grass=rest * dry, **{land.soil: rest * (1 - dry)})

    crop = ground.cover == Cover.CROP
    parcel = ground.parcels.identity
    stage = uniform(hashed(parcel, 21))
    # A parcel is bare, ripe or green; how many of each follows from the season.
    lush = 0.25 + 0.65 * sky.greenness
    ripe = lush + (1 - lush) * 0.5
    tone, vigour = uniform(hashed(parcel, 22)), uniform(hashed(parcel, 23))
    leafy = np.where(stage < lush, 0.45 + 0.5 * vigour, 0.04 + 0.16 * vigour)
    straw = np.where((stage >= lush) & (stage < ripe), 0.75, 0.12) * (1 - leafy)
    rows = 0.03 * np.sin(2.1 * ground.parcels.along) + 0.04 * patches
    leafy = np.clip(leafy + rows, 0, 1)
    earth = np.clip(1 - leafy - straw, 0, 1)
    edge = ground.parcels.edge < 0.55
    hedge = edge & (uniform(hashed(parcel, 24)) < 2 * STYLES[site.continent].hedges)
    tint = 0.82 + 0.36 * tone
    mixture.put(crop, green_grass=leafy * tint, dry_grass=straw * tint)
    mixture.put(crop, **{land.soil: earth * tint})
    mixture.put(crop & edge, green_grass=0.3 * green, dry_grass=0.4, **{land.soil: 0.3})
    mixture.put(crop & hedge, green_grass=0.2, dry_grass=0.1, shade=0.2, shrub=0.5)
    mixture.put(crop & hedge, **{land.soil: 0.0})


def _bare_and_water(
    mixture: Mixture, site: Site, sky: Climate, ground: Ground, noise: Noise, patches: Floats
) -> None:
    bare = ground.cover == Cover.BARREN
    sand = "red sand" if site.continent == "Australia" else "sand"
    beach = ground.shore < 12
    dune = np.clip(np.where(ground.dune != 0, 0.92, 0.05) + np.where(beach, 0.9, 0), 0, 1)
    gullies = noise.relief("gullies", 64, 4, 0.6, ridged=1.0)[0]
    dark = np.clip(0.3 + 0.25 * patches - 0.22 * gullies, 0, 1)
    rock = 1 - dune
    pale = 0.2 + 0.5 * RECIPES[site.landscape].aridity
    mixture.put(bare, rock=rock * (1 - dark) * (1 - pale), dark_rock=rock * dark)
    mixture.put(bare, **{"pale gravel": rock * (1 - dark) * pale})
    mixture.put(bare, **{sand: dune})
    snow = ground.cover == Cover.SNOW
    mixture.put(snow, snow=np.clip(0.86 + 0.07 * patches, 0, 1), rock=0.1)

    water = ground.cover == Cover.WATER
    swirl = 0.2 * noise.fractal("swirl", 90, 4)
    deep = np.clip(1.15 * ground.depth + 0.3 * swirl, 0, 1)
    silt = np.clip(uniform(hashed(site.seed, 31))[0] + swirl, 0, 1) * (1 - deep)
    mixture.put(water, clear_water=deep, silty_water=silt, shallow_water=1 - deep - silt)


def _built(mixture: Mixture, site: Site, sky: Climate, ground: Ground) -> None:
    land, style, town = LANDS[site.continent], STYLES[site.continent], ground.towns
    built = ground.cover == Cover.TOWN
    pick, kind = uniform(town.lot), uniform(hashed(town.lot, 1))
    block = uniform(hashed(town.block, 2))
    gardens = style.gardens * np.clip(0.45 + 0.9 * town.reach, 0.2, 1.7)
    garden = (pick < gardens) | (block < 0.06)
    hall = (block > 0.955) & (town.reach > 0.25)
    street = town.street & ~hall
    leaf = sky.leaf if sky.canopy == "broadleaf" else 1.0
    tree = 0.55 * (0.3 + 0.7 * leaf)
    bright = 0.62 + 0.7 * kind
    mixture.put(built, **{land.roof: 0.62 * bright})
    mixture.put(built, asphalt=0.3, **{land.soil: 0.08})
    mixture.put(built, green_grass=0.03, dry_grass=0.02)
    tall = built & (kind > 0.975)
    mixture.put(tall, white_roof=0.6, asphalt=0.35, **{land.roof: 0.0})
    yard = built & garden
    mixture.put(yard, asphalt=0.08, shade=0.1, white_roof=0.0, **{land.roof: 0.06, land.soil: 0.1})
    mixture.put(yard, green_grass=0.3 * sky.greenness, dry_grass=0.3 * (1 - sky.greenness))
    mixture.put(yard, **{sky.canopy: tree * 0.65})
    halls = built & hall
    mixture.put(halls, white_roof=np.where(kind < 0.7, 0.55 + 0.4 * block, 0.0), asphalt=0.4)
    mixture.put(halls, shade=0.0, **{land.roof: 0.1, land.soil: 0.0, sky.canopy: 0.0})
    mixture.put(halls, green_grass=0.0, dry_grass=0.0)
    paved = built & street
    mixture.put(paved, asphalt=0.75, white_roof=0.0, shade=0.04, green_grass=0.05, dry_grass=0.03)
    mixture.put(paved, **{land.roof: 0.06, land.soil: 0.07, sky.canopy: 0.05 * leaf})
    road = ground.cover == Cover.ROAD
    dirt = 0.65 if site.continent in ("Africa", "South America", "Australia") else 0.15
    mixture.put(road, asphalt=0.9 - dirt, dry_grass=0.1, **{land.soil: dirt})


def _snowfall(mixture: Mixture, sky: Climate, ground: Ground, noise: Noise) -> None:
    """Seasonal snow: deep on open ground, hidden under trees, drifted in patches."""
    hold = np.array([0.3, 0.65, 1.0, 1.0, 0.8, 0.5, 1.0, 0.9, 0.75, 0.35])[ground.cover]
    drift = noise.fractal("drift", 90, 5, 0.6) + 0.3 * ground.height
    level = 2.2 * (sky.snow - 0.5)
    share = np.clip(0.25 + 0.3 * (drift + level), 0, 0.75) * hold
    field = 0.55 + 0.45 * uniform(hashed(ground.parcels.identity, 25))
    share = np.where(ground.cover == Cover.CROP, share * field, share)
    flowing = (ground.cover == Cover.WATER) & (ground.shore == 0)
    mixture.cover_with("snow", np.where(flowing | (ground.cover == Cover.SNOW), 0, share))
