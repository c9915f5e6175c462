"""The ground of a demo scene: what covers each pixel, and how it lies to the sun."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lcviz.data.demo.first.features import (
    Parcels,
    Towns,
    chance,
    coordinates,
    dunes,
    parcels,
    rivers,
    roads,
    rotated,
    towns,
)
from lcviz.data.demo.first.recipes import CLASS_OF_COVER, RECIPES, STYLES, Cover
from lcviz.data.demo.first.sites import Site
from lcviz.data.demo.noise import Floats, Noise, Window, hashed, uniform

_CENTRE = 15 * 128
"""Middle of the patch grid, pixels."""


@dataclass(frozen=True)
class Ground:
    """One window of a scene; arrays are (size, size)."""

    cover: npt.NDArray[np.uint8]
    """`recipes.Cover`."""
    slope_down: Floats
    """Rise per pixel toward higher rows, in units of the scene's relief."""
    slope_along: Floats
    """Rise per pixel toward higher columns."""
    height: Floats
    """Height, mean 0, variance about 1."""
    dune: Floats
    """Light on dunes, -1 to 1; 0 where there are none."""
    depth: Floats
    """Water: 0 at the shore to 1 far from it."""
    shore: Floats
    """Distance to the sea's edge on land, pixels; infinite far from any sea."""
    parcels: Parcels
    towns: Towns

    @property
    def classes(self) -> npt.NDArray[np.uint8]:
        """True class indexes, uint8."""
        return CLASS_OF_COVER[self.cover]


def survey(site: Site, window: Window) -> Ground:
    """Work out the ground of one window; each pixel depends on the site and its place alone."""
    recipe, style = RECIPES[site.landscape], STYLES[site.continent]
    noise = Noise(site.seed, window)
    y, x = coordinates(noise)
    ridged = 0.75 if recipe.peaks else 0.35
    top = 520 if recipe.peaks else 420
    height, slope_down, slope_along = noise.relief("height", top, 7, 0.5, ridged)
    farm = parcels(noise, style, y, x)
    settlements = towns(noise, recipe.towns, style, y, x)
    cover = _mosaic(site, noise, farm)

    if recipe.peaks:
        _zones(cover, noise, recipe.peaks, height)
    # Towns fray: toward the edge more and more blocks are not built on.
    fray = 0.72 + 0.28 * uniform(hashed(settlements.block, 62))
    is_town = (settlements.reach < fray) & (cover != Cover.SNOW)
    road = roads(noise, recipe.roads, y, x) & (cover != Cover.SNOW)
    cover[road] = Cover.ROAD
    cover[is_town] = Cover.TOWN

    depth = np.zeros(y.shape)
    shore = np.full(y.shape, np.inf)
    if recipe.rivers:
        distance, half = rivers(noise, recipe.rivers, recipe.river_width, y, x)
        _banks(cover, distance, half, recipe.aridity, noise)
        wet = (distance < half) & ~road & (cover != Cover.SNOW)
        cover[wet] = Cover.WATER
        depth = np.where(wet, np.clip((half - distance) / 14, 0, 0.55), depth)
    if recipe.lakes:
        basin = noise.fractal("lake", 170, 5, 0.42) - 0.35 * height * (recipe.peaks is not None)
        level = _quantile(recipe.lakes)
        wet = (basin > level) & ~is_town
        cover[wet] = Cover.WATER
        depth = np.where(wet, np.clip((basin - level) * 2.2, 0.1, 1), depth)
    if recipe.sea:
        out = _offshore(noise, y, x)
        cover[(out > -7) & (out <= 0) & (cover != Cover.TOWN)] = Cover.BARREN
        wet = out > 0
        cover[wet] = Cover.WATER
        depth = np.where(wet, np.clip(out / 150, 0, 1), depth)
        shore = np.where(wet, 0, -out)
    sandy = noise.fractal("sand", 500, 3) < _quantile(1 - recipe.sand) if recipe.sand else None
    dune = np.zeros(y.shape)
    if sandy is not None and not recipe.sea:
        dune = np.where(sandy, dunes(noise, y, x), 0.0)
    return Ground(cover, slope_down, slope_along, height, dune, depth, shore, farm, settlements)


def _quantile(share: float) -> float:
    """Level that a standard normal field exceeds on `share` of the ground (logistic fit)."""
    return float(-np.log(share / (1 - share)) / 1.702)


def _mosaic(site: Site, noise: Noise, farm: Parcels) -> npt.NDArray[np.uint8]:
    """The cover that competes best at each place."""
    best = np.full((noise.window.size,) * 2, -np.inf)
    cover = np.zeros(best.shape, dtype=np.uint8)
    for kind, strength in RECIPES[site.landscape].mosaic.items():
        # Scenes of one recipe differ in their shares.
        score = strength + 0.5 * (chance(noise, f"share {kind.name}") - 0.5)
        field = score + 0.9 * noise.fractal(f"cover {kind.name}", 330, 7, 0.5)
        if kind is Cover.CROP:
            # Farmland ends where a parcel ends, not along a curve.
            field = field + 0.55 * (uniform(farm.identity) - 0.5)
        wins = field > best
        best = np.where(wins, field, best)
        cover[wins] = kind
    # Felled or burnt stands keep the shape of the parcel.
    felled = (cover == Cover.DENSE) & (uniform(hashed(farm.identity, 61)) < 0.03)
    cover[felled & (farm.edge > 0.5)] = Cover.GRASS
    return cover


def _zones(
    cover: npt.NDArray[np.uint8], noise: Noise, lines: tuple[float, float, float], height: Floats
) -> None:
    """Replace the mosaic above the tree line by meadows, rock and snow."""
    tree_line, rock_line, snow_line = lines
    level = height + 0.16 * noise.fractal("zones", 60, 4, 0.6)
    above = level > tree_line
    meadow = noise.fractal("meadow", 120, 4) > 0
    cover[above] = np.where(meadow, Cover.GRASS, Cover.SHRUB)[above]
    cover[level > rock_line] = Cover.BARREN
    cover[level > snow_line] = Cover.SNOW


def _banks(
    cover: npt.NDArray[np.uint8], distance: Floats, half: Floats, aridity: float, noise: Noise
) -> None:
    """Trees along rivers in open country, and bars of sand in dry country."""
    edge = distance - half
    natural = (cover != Cover.TOWN) & (cover != Cover.ROAD) & (cover != Cover.SNOW)
    wooded = (edge < 5 + 3 * noise.smooth("bank", 40)) & natural & (cover != Cover.BARREN)
    cover[wooded] = Cover.DENSE if aridity < 0.6 else Cover.OPEN
    bar = (edge < 2.0) & (noise.smooth("bar", 26) > 0.6 - aridity) & natural
    cover[bar] = Cover.BARREN


def _offshore(noise: Noise, y: Floats, x: Floats) -> Floats:
    """Distance seaward of the shore, roughly in pixels; negative on land."""
    angle = 2 * np.pi * chance(noise, "sea angle")
    _, v = rotated(y - _CENTRE, x - _CENTRE, angle)
    return v - 250 + 330 * noise.fractal("shore", 1100, 8, 0.42)
