"""Trees, bushes, grass and crops of a demo scene, as mixtures of pure surfaces."""

import numpy as np

from lcviz.data.demo.climate import LANDS, Climate
from lcviz.data.demo.features import Mask
from lcviz.data.demo.landscape import Ground
from lcviz.data.demo.noise import Floats, Noise, hashed, uniform
from lcviz.data.demo.recipes import RECIPES, STYLES, Cover
from lcviz.data.demo.sites import Site
from lcviz.data.demo.surfaces import Mixture


def grow(mixture: Mixture, site: Site, sky: Climate, ground: Ground, noise: Noise) -> None:
    """Fill in the plants of every cover that has them."""
    canopy = noise.smooth("canopy", 1.7) + 0.4 * noise.smooth("canopy", 4.5)
    clumps = 0.75 * canopy + 0.65 * noise.smooth("clumps", 9)
    patches = noise.fractal("patches", 60, 4, 0.6)
    manner = noise.smooth("manner", 210)
    _dense(mixture, site, sky, ground, canopy, patches, noise)
    _open(mixture, site, sky, ground, clumps, patches, manner, noise)
    _shrubs(mixture, site, sky, ground, clumps, patches, manner, noise)
    _grass(mixture, site, sky, ground, clumps, patches)
    _crops(mixture, site, sky, ground, canopy, patches)


def meadow(green: Floats, vigour: Floats | float) -> dict[str, Floats]:
    """Shares of grass by how much of it is green and how lush the green is."""
    green = np.clip(green, 0.0, 1.0)
    lush = np.clip(vigour, 0.0, 1.0) * green
    return {"lush_grass": lush, "green_grass": green - lush, "dry_grass": 1 - green}


def _times(shares: dict[str, Floats], share: Floats | float) -> dict[str, Floats]:
    return {name: layer * share for name, layer in shares.items()}


def _step(field: Floats, level: float, width: float) -> Floats:
    """A soft step from 0 to 1 at `level`."""
    return np.asarray(np.clip((field - level) / width + 0.5, 0.0, 1.0))


def _dense(
    mixture: Mixture,
    site: Site,
    sky: Climate,
    ground: Ground,
    canopy: Floats,
    patches: Floats,
    noise: Noise,
) -> None:
    dense = ground.cover == Cover.DENSE
    if not dense.any():
        return
    land = LANDS[site.continent]
    leaf = np.clip(sky.leaf + 0.12 * patches, 0, 1) if sky.canopy == "broadleaf" else 1.0
    low_sun = 1 + 0.35 * (np.tan(np.radians(sky.sun_zenith)) - 0.6)
    shade = np.clip((0.17 + 0.16 * canopy + 0.02 * patches) * land.shade * low_sun, 0.0, 0.6)
    # Conifers stand in stands, whose borders are soft at 10 m.
    quantile = 1.6 * (sky.conifers - 0.5) * 2
    stands = _step(noise.fractal("stands", 70, 5, 0.6), -quantile, 0.4)
    if sky.canopy == "conifer":
        stands = 1 - 0.7 * _step(noise.fractal("stands", 70, 5, 0.6), 1.0, 0.4)
    broad = "broadleaf" if sky.canopy == "conifer" else sky.canopy
    crown = 1 - shade
    mixture.put(dense, shade=shade, conifer=crown * stands)
    mixture.add(
        dense,
        **{broad: crown * (1 - stands) * leaf, "bare_wood": crown * (1 - stands) * (1 - leaf)},
    )


def _open(
    mixture: Mixture,
    site: Site,
    sky: Climate,
    ground: Ground,
    clumps: Floats,
    patches: Floats,
    manner: Floats,
    noise: Noise,
) -> None:
    """Trees over grass: a broken canopy, single crowns or groves, by turns."""
    open_ = ground.cover == Cover.OPEN
    if not open_.any():
        return
    shadow = 0.34 * LANDS[site.continent].shade
    crowns = _step(noise.smooth("crowns", 3.6), 0.35, 1.0)
    groves = _step(noise.fractal("groves", 26, 3, 0.6), 0.2, 0.5) * (0.75 + 0.2 * clumps)
    broken = 0.55 + 0.3 * clumps
    single = _step(manner, -0.45, 0.5)
    grouped = _step(manner, 0.55, 0.5)
    tree = broken * (1 - single) + single * ((1 - grouped) * crowns + grouped * groves)
    tree = np.clip(tree + 0.08 * patches, 0.03, 0.95)
    leaf = sky.leaf if sky.canopy == "broadleaf" else 1.0
    bare = 0.08 + 0.2 * RECIPES[site.landscape].aridity
    shares = meadow(sky.greenness + 0.14 * patches, 0.3 * sky.vigour)
    mixture.put(open_, **_times(shares, (1 - tree) * (1 - bare)))
    mixture.put(open_, shade=tree * shadow, bare_wood=tree * (1 - shadow) * (1 - leaf))
    mixture.put(open_, **{sky.canopy: tree * (1 - shadow) * leaf, sky.soil: (1 - tree) * bare})


def _shrubs(
    mixture: Mixture,
    site: Site,
    sky: Climate,
    ground: Ground,
    clumps: Floats,
    patches: Floats,
    manner: Floats,
    noise: Noise,
) -> None:
    """Heath, thicket, scrub over soil or sage, two kinds to a scene and each in its patches."""
    where = ground.cover == Cover.SHRUB
    if not where.any():
        return
    aridity = RECIPES[site.landscape].aridity
    kinds = ("heath", "shrub", "sage") if aridity > 0.5 else ("thicket", "heath", "shrub")
    if site.landscape in ("tundra", "glacier"):
        kinds = ("moss", "heath", "heath")
    first = int(uniform(hashed(site.seed, 93))[0] * 3)
    turn = _step(manner + 0.2 * patches, 0.0, 0.6)
    fine = 0.5 * clumps + 0.5 * noise.smooth("bushes", 5)
    bush = np.clip(0.62 - 0.28 * aridity + (0.1 + 0.16 * aridity) * fine + 0.08 * patches, 0.03, 1)
    rest, dry = 1 - bush, 0.55 - 0.25 * aridity
    shaded = 0.1 + 0.05 * fine
    mixture.put(where, shade=bush * np.clip(shaded, 0, 1))
    for kind, share in ((kinds[first], 1 - turn), (kinds[(first + 1) % 3], turn)):
        mixture.add(where, **{kind: bush * (1 - shaded) * share})
    mixture.put(where, dry_grass=rest * dry * (1 - sky.greenness), **{sky.soil: rest * (1 - dry)})
    mixture.put(where, green_grass=rest * dry * sky.greenness)


def _grass(
    mixture: Mixture, site: Site, sky: Climate, ground: Ground, clumps: Floats, patches: Floats
) -> None:
    """Pasture cut into parcels where land is farmed, open range elsewhere."""
    grass = ground.cover == Cover.GRASS
    if not grass.any():
        return
    aridity = RECIPES[site.landscape].aridity
    cold = site.landscape in ("tundra", "glacier")
    farmed = not cold and RECIPES[site.landscape].mosaic.get(Cover.CROP, -1.0) > -0.25
    field = uniform(hashed(ground.parcels.identity, 26)) - 0.5 if farmed else 0.0 * patches
    bare = np.clip(0.03 + 0.2 * aridity + (0.02 + 0.05 * aridity) * clumps, 0, 1)
    green = sky.greenness + 0.1 * (not farmed) * patches + 0.3 * field + 0.12 * farmed
    # A pasture is grazed, cut or left to grow: neighbours differ in how lush they are.
    lush = (
        0.15
        + 0.75 * sky.vigour
        + 0.9 * (uniform(hashed(ground.parcels.identity, 27)) - 0.45) * farmed
    )
    shares = meadow(green, lush + 0.12 * patches)
    mixture.put(grass, **_times(shares, (1 - bare) * (0.55 if cold else 1.0)))
    mixture.put(grass, **{sky.soil: bare, "moss": 0.45 * (1 - bare) * cold})
    if farmed:
        _hedges(mixture, site, sky, ground, grass)


def _hedges(mixture: Mixture, site: Site, sky: Climate, ground: Ground, where: Mask) -> None:
    """Trees and bushes along the borders of some parcels."""
    parcel, hedges = ground.parcels.identity, STYLES[site.continent].hedges
    lined = uniform(hashed(parcel, 24)) < 2 * hedges
    hedge = where & (ground.parcels.edge < 0.7) & lined
    leaf = sky.leaf if sky.canopy == "broadleaf" else 1.0
    mixture.clear(hedge)
    mixture.put(hedge, shade=0.18, green_grass=0.2, dry_grass=0.1, thicket=0.25)
    mixture.add(hedge, **{sky.canopy: 0.27 * leaf, "bare_wood": 0.27 * (1 - leaf)})


def _crops(
    mixture: Mixture, site: Site, sky: Climate, ground: Ground, canopy: Floats, patches: Floats
) -> None:
    crop = ground.cover == Cover.CROP
    if not crop.any():
        return
    parcel = ground.parcels.identity
    stage = uniform(hashed(parcel, 21))
    # A parcel is bare, ripe or green; how many of each follows from the season.
    ploughed = uniform(hashed(site.seed, 94))[0] - 0.5
    green = np.clip(0.2 + 0.65 * sky.greenness - 0.5 * ploughed, 0.05, 0.95)
    ripe = green + (1 - green) * 0.5
    tone, vigour = uniform(hashed(parcel, 22)), uniform(hashed(parcel, 23))
    grown = stage < green
    uneven = 0.05 * patches + 0.03 * np.sin(2.1 * ground.parcels.along) + 0.025 * canopy
    leafy = np.clip(np.where(grown, 0.35 + 0.65 * vigour, 0.02 + 0.14 * vigour) + uneven, 0, 1)
    stubble = 0.55 * uniform(hashed(parcel, 28)) ** 1.5
    straw = np.where((stage >= green) & (stage < ripe), 0.8, stubble) * (1 - leafy)
    lush = np.where(grown, np.clip(vigour + 0.8 * (sky.vigour - 0.3), 0, 1), 0.2) + uneven
    lush = leafy * np.clip(lush, 0, 1)
    # Ploughed soil dries from field to field.
    tint = (0.75 + 0.95 * tone**1.5) * (1.08 - 0.4 * sky.wet_soil)
    mixture.put(crop, lush_grass=lush, green_grass=leafy - lush, dry_grass=straw)
    mixture.put(crop, **{sky.soil: np.clip(1 - leafy - straw, 0, 1) * tint})
    edge = crop & (ground.parcels.edge < 0.45)
    verge = sky.greenness
    mixture.put(edge, lush_grass=0.0, green_grass=0.55 * verge + 0.1, dry_grass=0.65 * (1 - verge))
    mixture.put(edge, **{sky.soil: 0.25})
    _hedges(mixture, site, sky, ground, crop)
