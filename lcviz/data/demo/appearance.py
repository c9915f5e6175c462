"""What Sentinel-2 sees of a demo scene's ground."""

from dataclasses import replace

import numpy as np

from lcviz.data.demo.climate import LANDS, Climate, climate
from lcviz.data.demo.features import chance
from lcviz.data.demo.landscape import Ground
from lcviz.data.demo.noise import Floats, Noise, hashed, uniform
from lcviz.data.demo.recipes import RECIPES, Cover
from lcviz.data.demo.settlement import build
from lcviz.data.demo.sites import Site
from lcviz.data.demo.spectra import to_sensor
from lcviz.data.demo.surfaces import Mixture
from lcviz.data.demo.vegetation import grow

_CLOUD = np.array((4300, 4300, 4300, 4400, 4500, 4600, 4600, 4500, 4600, 2200, 60, 3200, 2400.0))
"""A small cloud at the sensor, DN; B10 sees only the highest ones."""


def optical(site: Site, ground: Ground, noise: Noise) -> Floats:
    """Top-of-atmosphere digital numbers before the sensor's own blur and noise; (13, n, n)."""
    sky = climate(site)
    mixture = Mixture(site.seed, ground.cover.shape)
    grow(mixture, site, sky, ground, noise)
    _bare(mixture, site, ground, noise)
    _water(mixture, site, ground, noise)
    build(mixture, site, sky, ground)
    if sky.snow:
        _snowfall(mixture, sky, ground, noise)
    water = ground.cover == Cover.WATER
    surface = mixture.reflectance()
    red, near, short = LANDS[site.continent].tint
    surface[3:5] *= red
    surface[5:11] *= near
    surface[11:] *= short * (1 - 0.12 * noise.smooth("moist ground", 150))
    light = _light(site, sky, ground)
    rough = 1 + 0.02 * noise.smooth("grain", 2.2) + 0.04 * noise.fractal("patches", 60, 4, 0.6)
    light *= np.where(water, 1.0, rough)
    surface *= np.maximum(light, 0.1)
    glint = 130 * chance(noise, "glint") ** 2 * sky.wind
    surface += np.where(water, glint + 3 * noise.white("waves", range(1))[0], 0.0)
    haze = sky.haze * (1 + 0.18 * noise.fractal("haze", 900, 3, 0.5))
    return _clouds(to_sensor(surface, np.maximum(haze, 0.2)), sky, noise)


def _light(site: Site, sky: Climate, ground: Ground) -> Floats:
    """Illumination of slopes and dunes relative to flat ground."""
    azimuth = np.radians(sky.sun_azimuth)
    toward = ground.slope_along * np.sin(azimuth) - ground.slope_down * np.cos(azimuth)
    tangent = np.tan(np.radians(sky.sun_zenith))
    shading = -60.0 * RECIPES[site.landscape].relief * np.clip(tangent, 0.45, 1.3) * toward
    flat = (ground.cover == Cover.WATER) | (ground.cover == Cover.CROP)
    shading = np.where(flat, 0.0, shading)
    bare = ground.cover == Cover.BARREN
    snow = 0.25 if RECIPES[site.landscape].peaks else 0.0
    depth = np.where(ground.cover == Cover.SNOW, 0.6 + snow, 0.6)
    return 1 + depth * np.tanh(1.3 * shading) + np.where(bare, 0.17 * ground.dune, 0.0)


def _bare(mixture: Mixture, site: Site, ground: Ground, noise: Noise) -> None:
    patches = noise.fractal("patches", 60, 4, 0.6)
    bare = ground.cover == Cover.BARREN
    if bare.any():
        sand = "red_sand" if site.continent == "Australia" else "sand"
        beach = ground.shore < 12
        dune = np.clip(np.where(ground.dune != 0, 0.92, 0.05) + np.where(beach, 0.9, 0), 0, 1)
        gullies = noise.relief("gullies", 64, 4, 0.6, ridged=1.0)[0]
        dark = np.clip(0.3 + 0.25 * patches - 0.22 * gullies, 0, 1)
        rock = 1 - dune
        pale = 0.05 + 0.65 * RECIPES[site.landscape].aridity
        mixture.put(bare, rock=rock * (1 - dark) * (1 - pale), dark_rock=rock * dark)
        mixture.put(bare, pale_gravel=rock * (1 - dark) * pale, **{sand: dune})
    snow = ground.cover == Cover.SNOW
    if snow.any():
        # Rock pokes through in crags; old snow is greyer than fresh.
        crags = np.clip(1.4 * noise.fractal("crags", 40, 5, 0.65) - 1.5, 0, 0.9)
        old = np.clip(chance(noise, "firn") + 0.3 * noise.fractal("old snow", 120, 4), 0, 1)
        white = (1 - crags) * (0.92 - 0.25 * chance(noise, "dirty snow"))
        mixture.put(snow, snow=white * (1 - old), firn=white * old, dark_rock=crags)


def _water(mixture: Mixture, site: Site, ground: Ground, noise: Noise) -> None:
    """Clear, blue, green, silty or muddy water, each in wide smooth bodies, shallow by the shore.

    Mud reaches far out where a river or the tide stirs it up, in a quarter of the scenes.
    """
    water = ground.cover == Cover.WATER
    if not water.any():
        return
    draw = uniform(hashed(site.seed, 31 + np.arange(5)))
    drift = noise.fractal("currents", 420, 3, 0.4)
    deep = np.clip(0.4 + 1.1 * ground.depth + 0.1 * drift, 0, 1)
    silt = np.clip(1.1 * draw[0] ** 2 + 0.12 * drift, 0, 1) * (1 - 0.7 * deep)
    stirred = np.clip(4.0 * (draw[3] - 0.75), 0, 1)
    mud = np.clip(stirred * (1.2 - 0.5 * deep) + 0.25 * drift * (stirred > 0), 0, 1)
    silt = silt * (1 - mud)
    green = np.clip(1.2 * draw[1] ** 4 + 0.1 * drift, 0, 1) * (1 - silt - mud)
    blue = np.clip(0.9 * draw[2] ** 2.5 - 0.05 + 0.1 * drift, 0, 1) * (1 - silt - mud - green)
    rest = 1 - silt - mud - green - blue
    shallow = 0.5 * np.clip(1 - deep, 0, 1) * rest
    mixture.put(water, muddy_water=mud, silty_water=silt, green_water=green, blue_water=blue)
    mixture.put(water, shallow_water=shallow, clear_water=rest - shallow)


def _snowfall(mixture: Mixture, sky: Climate, ground: Ground, noise: Noise) -> None:
    """Seasonal snow: deep on open ground, hidden under trees, drifted in patches."""
    hold = np.array([0.3, 0.65, 1.0, 1.0, 0.8, 0.5, 1.0, 0.9, 0.75])[ground.cover]
    drift = noise.fractal("drift", 90, 5, 0.6) + 0.3 * ground.height
    level = 2.2 * (sky.snow - 0.5)
    share = np.clip(0.25 + 0.3 * (drift + level), 0, 0.75) * hold
    field = 0.55 + 0.45 * uniform(hashed(ground.parcels.identity, 25))
    share = np.where(ground.cover == Cover.CROP, share * field, share)
    flowing = (ground.cover == Cover.WATER) & (ground.shore == 0)
    mixture.cover_with("snow", np.where(flowing | (ground.cover == Cover.SNOW), 0, share))


def _clouds(seen: Floats, sky: Climate, noise: Noise) -> Floats:
    """Fragments of cloud, and their shadows on the side away from the sun."""
    if not sky.clouds:
        return seen
    level = 2.4 - 12 * sky.clouds
    away = np.radians(sky.sun_azimuth + 180)
    reach = 90 * np.tan(np.radians(sky.sun_zenith))
    window = noise.window
    beneath = replace(
        window,
        row=window.row + int(reach * np.cos(away)),
        column=window.column - int(reach * np.sin(away)),
    )
    thick, cast = (
        np.clip(0.9 * (n.fractal("cloud", 80, 6, 0.55) - level), 0, 1)
        for n in (noise, Noise(noise.seed, beneath))
    )
    return seen * (1 - 0.55 * cast) * (1 - thick) + _CLOUD[:, None, None] * thick
