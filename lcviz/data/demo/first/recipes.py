"""What each kind of landscape consists of, and how each continent farms and builds.

The numbers are chosen by eye and against the published band statistics; they describe no
particular place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np


class Cover(IntEnum):
    """What covers a pixel: finer than the eight classes."""

    DENSE = 0
    OPEN = 1
    GRASS = 2
    CROP = 3
    SHRUB = 4
    TOWN = 5
    SNOW = 6
    BARREN = 7
    WATER = 8
    ROAD = 9


CLASS_OF_COVER: Final = np.array([0, 1, 2, 2, 3, 4, 5, 6, 7, 4], dtype=np.uint8)
"""Class index (`taxonomy.CLASSES`) of each `Cover`."""


@dataclass(frozen=True)
class Recipe:
    """One kind of landscape. Lengths are in pixels of 10 m."""

    mosaic: Mapping[Cover, float]
    """How strongly each natural or farmed cover competes; the highest at a place wins."""
    relief: float = 0.2
    """Strength of the shading of slopes; mountains have 1."""
    rivers: float = 0.0
    """Distance between rivers, 0 for none."""
    river_width: float = 6.0
    lakes: float = 0.0
    """Share of the ground that lakes cover."""
    sea: bool = False
    peaks: tuple[float, float, float] | None = None
    """Heights (standard deviations) of the tree line, the rock line and the snow line."""
    towns: tuple[float, float, float] = (420.0, 8.0, 34.0)
    """Distance between settlements, smallest and largest radius."""
    roads: float = 420.0
    """Distance between roads, 0 for none."""
    sand: float = 0.0
    """Share of barren ground that is dunes rather than rock and gravel."""
    aridity: float = 0.0
    """0 for ground that stays green, 1 for ground that never is."""


_D, _O, _G, _C, _S, _B = (
    Cover.DENSE,
    Cover.OPEN,
    Cover.GRASS,
    Cover.CROP,
    Cover.SHRUB,
    Cover.BARREN,
)

RECIPES: Final[Mapping[str, Recipe]] = {
    "rainforest": Recipe(
        {_D: 1.5, _O: 0.5, _G: -0.1, _C: -0.2, _S: -0.8},
        relief=0.25, rivers=620, river_width=13, towns=(420, 6, 20), roads=700,
    ),
    "temperate forest": Recipe(
        {_D: 1.3, _O: 0.7, _G: 0.1, _C: 0.1, _S: -0.7},
        relief=0.45, rivers=700, river_width=5, lakes=0.02, towns=(430, 8, 30),
    ),
    "boreal": Recipe(
        {_D: 1.3, _O: 0.9, _G: -0.2, _S: 0.1, _B: -1.2},
        relief=0.2, rivers=900, river_width=7, lakes=0.13, towns=(900, 6, 20), roads=800,
    ),
    "savanna": Recipe(
        {_D: 0.1, _O: 1.0, _G: 0.8, _C: -0.3, _S: 0.4, _B: -0.5},
        relief=0.2, rivers=560, river_width=8, lakes=0.025, towns=(520, 6, 24), aridity=0.4,
    ),
    "farmland": Recipe(
        {_D: 0.4, _O: 0.0, _G: -0.2, _C: 1.6, _S: -1.0},
        relief=0.1, rivers=600, river_width=9, lakes=0.025, towns=(330, 10, 44), roads=330,
        aridity=0.15,
    ),
    "city": Recipe(
        {_D: 0.5, _O: 0.3, _G: 0.1, _C: 0.8, _S: -0.5, _B: -1.0},
        relief=0.15, rivers=760, river_width=9, lakes=0.02, towns=(560, 150, 340), roads=300,
        aridity=0.25,
    ),
    "desert": Recipe(
        {_O: -1.1, _G: -0.7, _C: -1.0, _S: 0.1, _B: 1.8},
        relief=0.45, towns=(760, 8, 30), roads=900, sand=0.75, aridity=0.95,
    ),
    "coast": Recipe(
        {_D: 0.7, _O: 0.5, _G: 0.2, _C: 0.5, _S: 0.3, _B: -0.9},
        relief=0.25, rivers=800, river_width=7, lakes=0.01, sea=True, towns=(420, 16, 90),
        sand=0.3, aridity=0.2,
    ),
    "mountains": Recipe(
        {_D: 1.0, _O: 0.5, _G: 0.5, _C: -0.4, _S: 0.1},
        relief=1.0, rivers=900, river_width=4, lakes=0.01, peaks=(0.0, 0.42, 0.8),
        towns=(520, 6, 24), roads=800, aridity=0.15,
    ),
    "tundra": Recipe(
        {_O: -0.8, _G: 0.8, _S: 1.1, _B: 0.1},
        relief=0.3, rivers=900, river_width=6, lakes=0.12, towns=(1400, 6, 14), roads=0,
        aridity=0.35,
    ),
    "shrubland": Recipe(
        {_D: -0.6, _O: 0.4, _G: 0.4, _C: -0.4, _S: 1.4, _B: 0.6},
        relief=0.35, rivers=800, river_width=4, lakes=0.012, towns=(600, 6, 26), roads=600,
        sand=0.15, aridity=0.65,
    ),
    "steppe": Recipe(
        {_D: -1.0, _O: -0.6, _G: 1.5, _C: 0.8, _S: 0.4, _B: -0.3},
        relief=0.15, rivers=900, river_width=5, lakes=0.03, towns=(560, 8, 30), aridity=0.45,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How a continent's land is used. Lengths are in pixels of 10 m."""

    layout: str
    """`patchwork` (districts of parallel strips) or `sections` (a square survey grid)."""
    parcel: tuple[float, float]
    """Length and width of a usual parcel."""
    pivots: float = 0.0
    """Share of square parcels watered by a circling arm."""
    hedges: float = 0.0
    """Share of parcel borders with trees."""
    streets: tuple[float, float] = (13.0, 9.0)
    """Length and width of a block of houses."""
    crooked: float = 4.0
    """How far streets bend."""
    gardens: float = 0.35
    """Share of lots with plants rather than roofs."""


STYLES: Final[Mapping[str, Style]] = {
    "Africa": Style("patchwork", (9, 6), hedges=0.15, streets=(8, 6), crooked=9, gardens=0.3),
    "Asia": Style("patchwork", (13, 4), hedges=0.05, streets=(9, 7), crooked=3, gardens=0.18),
    "Australia": Style("sections", (44, 34), pivots=0.12, hedges=0.25, gardens=0.45, crooked=2),
    "Europe": Style("patchwork", (22, 9), hedges=0.35, streets=(11, 8), crooked=8, gardens=0.4),
    "North America": Style("sections", (40, 40), pivots=0.3, hedges=0.1, streets=(18, 9),
                           crooked=0.5, gardens=0.45),
    "South America": Style("sections", (52, 40), pivots=0.1, hedges=0.1, streets=(10, 10),
                           crooked=1, gardens=0.25),
}  # fmt: skip
