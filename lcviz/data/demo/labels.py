"""MODIS-like labels: 500 m cells of the sinusoidal grid, mostly right.

Each cell gets the class that covers most of it, or with a small chance a class it is easily
confused with. MODIS's own land-use layer is right for 81% (Sulla-Menashe et al. 2019).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.data.demo.climate import climate
from lcviz.data.demo.landscape import survey
from lcviz.data.demo.noise import Floats, Window, hashed, key, uniform
from lcviz.data.demo.recipes import Cover
from lcviz.data.demo.sites import PIXEL_SIZE, Site
from lcviz.data.demo.utm import from_utm
from lcviz.taxonomy import PATCH_GRID_COLUMNS, PATCH_SIZE, PATCH_STRIDE

MODIS_RADIUS = 6371007.181
"""Radius of the sphere of MODIS's sinusoidal projection, metres."""
MODIS_CELL = 463.312716528
"""Side of a 500 m cell, metres."""
ERROR_RATES: Final[Mapping[Cover, float]] = {
    Cover.DENSE: 0.07,
    Cover.OPEN: 0.14,
    Cover.GRASS: 0.1,
    Cover.CROP: 0.07,
    Cover.SHRUB: 0.14,
    Cover.TOWN: 0.05,
    Cover.SNOW: 0.05,
    Cover.BARREN: 0.05,
    Cover.WATER: 0.01,
}
"""Share of cells of each cover whose class is taken for another: open forest and shrub are mistaken
often, open water hardly ever."""
_INVALID = ((0.0025, 0), (0.0015, 15), (0.0015, 255))
_TILE = 2 * PATCH_STRIDE
_STEP = 4
_NODE = 64

# What a cell of each cover is taken for when it is mistaken.
_CONFUSED: dict[int, tuple[Cover, ...]] = {
    Cover.DENSE: (Cover.OPEN, Cover.OPEN, Cover.GRASS, Cover.SHRUB),
    Cover.OPEN: (Cover.DENSE, Cover.GRASS, Cover.SHRUB, Cover.CROP),
    Cover.GRASS: (Cover.SHRUB, Cover.OPEN, Cover.SHRUB, Cover.OPEN),
    Cover.CROP: (Cover.OPEN, Cover.SHRUB, Cover.TOWN, Cover.OPEN),
    Cover.SHRUB: (Cover.GRASS, Cover.BARREN, Cover.OPEN, Cover.GRASS),
    Cover.TOWN: (Cover.CROP, Cover.CROP, Cover.GRASS, Cover.OPEN),
    Cover.SNOW: (Cover.BARREN, Cover.BARREN, Cover.BARREN, Cover.GRASS),
    Cover.BARREN: (Cover.SHRUB, Cover.GRASS, Cover.SHRUB, Cover.SNOW),
    Cover.WATER: (Cover.GRASS, Cover.BARREN, Cover.OPEN, Cover.SHRUB),
}
# IGBP, LCCS land cover, LCCS land use, LCCS surface hydrology per cover (MCD12Q1 user guide).
_CODES = np.array(
    [
        (4, 14, 10, 10),
        (8, 21, 20, 20),
        (10, 31, 30, 30),
        (12, 31, 36, 30),
        (7, 43, 40, 40),
        (13, 32, 9, 30),
        (15, 2, 2, 2),
        (16, 1, 1, 1),
        (17, 3, 3, 3),
    ],
    dtype=np.uint8,
)
_FOREST = {
    "rainforest": (2, 12),
    "eucalypt": (2, 12),
    "broadleaf": (4, 14),
    "conifer": (1, 11),
}


@lru_cache(maxsize=32)
def _sinusoidal_nodes(site: Site) -> tuple[int, Floats]:
    """First pixel and sinusoidal (x, y) of every 64th pixel corner of the scene, metres."""
    first = -4 * _NODE
    count = (PATCH_GRID_COLUMNS + 1) * PATCH_STRIDE // _NODE + 9
    east, north = site.origin
    steps = (first + _NODE * np.arange(count)) * PIXEL_SIZE
    xs, ys = np.meshgrid(east + steps, north - steps)
    longitude, latitude = from_utm(site.epsg, xs.ravel(), ys.ravel())
    phi, lam = np.radians(latitude), np.radians(longitude)
    nodes = MODIS_RADIUS * np.stack([lam * np.cos(phi), phi])
    return first, nodes.reshape(2, count, count)


def modis_cells(site: Site, window: Window) -> npt.NDArray[np.int64]:
    """Column and row of the MODIS cell under each pixel's middle; int64 (2, size, size)."""
    first, nodes = _sinusoidal_nodes(site)

    def place(pixels: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Floats]:
        t = (pixels + 0.5 - first) / _NODE
        node = np.floor(t).astype(np.int64)
        return node, t - node

    # Between nodes 640 m apart the projection is straight to within centimetres.
    (r, fr), (c, fc) = place(window.rows), place(window.columns)
    r, fr, c, fc = r[:, None], fr[:, None], c[None, :], fc[None, :]
    upper = nodes[:, r, c] * (1 - fc) + nodes[:, r, c + 1] * fc
    lower = nodes[:, r + 1, c] * (1 - fc) + nodes[:, r + 1, c + 1] * fc
    x, y = upper * (1 - fr) + lower * fr
    return np.floor(np.stack([x, -y]) / MODIS_CELL).astype(np.int64)


def _cell_extent(site: Site) -> tuple[int, int]:
    """Rows and columns that a sheared cell spans, pixels, rounded up generously."""
    _, nodes = _sinusoidal_nodes(site)
    middle = nodes.shape[1] // 2
    here = nodes[:, middle, middle]
    across, down = nodes[:, middle, middle + 1] - here, nodes[:, middle + 1, middle] - here
    per_metre = np.linalg.inv(np.stack([across, down], axis=1) / _NODE)
    columns, rows = np.ceil(MODIS_CELL * np.abs(per_metre).sum(axis=1) * 1.05).astype(int) + 4
    return int(rows), int(columns)


@lru_cache(maxsize=64)
def _sample(
    site: Site, tile_row: int, tile_column: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    window = Window(tile_row * _TILE, tile_column * _TILE, _TILE // _STEP, _STEP)
    return survey(site, window).cover, modis_cells(site, window)


def modis_labels(site: Site, row: int, column: int) -> npt.NDArray[np.uint8]:
    """Labels of the patch whose upper left pixel is (row, column); uint8 (4, 256, 256)."""
    cells = modis_cells(site, Window(row, column, PATCH_SIZE))
    origin = cells.reshape(2, -1).min(axis=1)
    local = cells - origin[:, None, None]
    width, height = local.reshape(2, -1).max(axis=1) + 1

    counts = np.zeros((height * width, len(Cover)), dtype=np.int64)
    high, wide = _cell_extent(site)
    for tile_row in range((row - high) // _TILE, (row + PATCH_SIZE + high) // _TILE + 1):
        for tile_column in range(
            (column - wide) // _TILE, (column + PATCH_SIZE + wide) // _TILE + 1
        ):
            cover, at = _sample(site, tile_row, tile_column)
            x, y = at - origin[:, None, None]
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            np.add.at(counts, (y[inside] * width + x[inside], cover[inside]), 1)
    codes = _cell_codes(site, origin, int(width), int(height), counts)
    return np.ascontiguousarray(codes[local[1] * width + local[0]].transpose(2, 0, 1))


def _cell_codes(
    site: Site,
    origin: npt.NDArray[np.int64],
    width: int,
    height: int,
    counts: npt.NDArray[np.int64],
) -> npt.NDArray[np.uint8]:
    """The four codes of each cell, uint8 (cells, 4)."""
    y, x = np.divmod(np.arange(width * height), width)
    chance = hashed(key(site.seed, "modis"), y + origin[1], x + origin[0])
    # Grass and crops are one class: they share the vote before the finer code is chosen.
    votes = counts.copy()
    herbs = votes[:, Cover.GRASS] + votes[:, Cover.CROP]
    farmed = votes[:, Cover.CROP] >= votes[:, Cover.GRASS]
    votes[:, Cover.GRASS], votes[:, Cover.CROP] = herbs * ~farmed, herbs * farmed
    cover = votes.argmax(axis=1)
    rates = np.array([ERROR_RATES[kind] for kind in Cover])
    mistaken = uniform(chance) < rates[cover]
    pick = (uniform(hashed(chance, 1)) * 4).astype(np.int64)
    confused = np.array([_CONFUSED[k] for k in range(len(Cover))])
    cover = np.where(mistaken, confused[cover, pick], cover)

    codes = _CODES[cover]
    total = np.maximum(counts.sum(axis=1), 1)
    crops, grass = counts[:, Cover.CROP] / total, counts[:, Cover.GRASS] / total
    dense, open_ = cover == Cover.DENSE, cover == Cover.OPEN
    codes[dense, 0], codes[dense, 1] = _FOREST[climate(site).canopy]
    codes[open_ & (crops > 0.12), 2] = 25
    codes[open_ & (crops <= 0.12) & (uniform(hashed(chance, 2)) < 0.5), :2] = (9, 22)
    mosaic = ((cover == Cover.CROP) & (grass > 0.15)) | ((cover == Cover.GRASS) & (crops > 0.15))
    codes[mosaic, 0], codes[mosaic, 2] = 14, 35
    if site.landscape == "tundra":
        codes[(cover == Cover.GRASS) | (cover == Cover.SHRUB), 3] = 51
    draw, level = uniform(hashed(chance, 3)), 0.0
    for share, code in _INVALID:
        codes[(draw >= level) & (draw < level + share), 2] = code
        level += share
    return codes
