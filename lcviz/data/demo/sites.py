"""Where the demo's scenes lie, and which patches of them exist.

The 240 places of `sites.csv` were chosen by hand: ten for each continent and season, none within
40 km of a real SEN12MS scene, no two so near that their scenes could overlap. Each continent has
cities, coasts and, Africa apart, high mountains in plenty, so that towns, water and snow are in
many scenes. Oceania counts as Australia, as it does in SEN12MS's catalogue.
"""

import csv
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from lcviz.data.demo.noise import key, uniform
from lcviz.data.demo.utm import to_utm
from lcviz.errors import ConfigurationError
from lcviz.taxonomy import CONTINENTS, PATCH_GRID_COLUMNS, PATCH_STRIDE, SEASONS

if TYPE_CHECKING:  # Pixels can be made where there is no GDAL.
    from affine import Affine
    from rasterio.crs import CRS

VERSION: Final = 3
"""Version of the generator: settings give the same pixels only with the same version."""
GRID_ROWS = 29
"""Rows of patches in a demo scene; with 29 columns, patch numbers run from 0 to 840."""
MAXIMUM_PATCHES = GRID_ROWS * PATCH_GRID_COLUMNS
PIXEL_SIZE = 10.0
_SIDE = (PATCH_GRID_COLUMNS + 1) * PATCH_STRIDE * PIXEL_SIZE
_CORE = range(7, 22)
# Inland landscapes that look the same a few kilometres away, for sites beyond the table.
_MOVABLE = ("savanna", "steppe", "shrubland", "boreal", "rainforest", "desert", "farmland", "city")


@dataclass(frozen=True)
class DemoSettings:
    """All that a demo dataset follows from.

    Raises:
        ConfigurationError: a number is out of range.
    """

    seed: int = 0
    """Any integer from 0; another seed gives other landscapes at the same places."""
    scenes: int = 240
    """Scenes in all."""
    patches: int = 12
    """Patches in each scene."""

    def __post_init__(self) -> None:
        limits = {"seed": (0, 2**32 - 1), "scenes": (1, 1000), "patches": (1, MAXIMUM_PATCHES)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigurationError(
                    f"The demo's {name} is {value}; choose a number from {low} to {high}"
                )


@dataclass(frozen=True)
class Site:
    """One scene of the demo."""

    seed: int
    """Seed of everything in the scene, made from the dataset's seed and the place."""
    folder: str
    """`ROIs0000_spring` and so on; SEN12MS has no seed number 0000."""
    season: str
    """As in `taxonomy.SEASONS`."""
    scene: int
    """Number within the folder, from 1."""
    longitude: float
    """Centre of the patch grid, degrees east."""
    latitude: float
    """Centre of the patch grid, degrees north."""
    country: str
    """ISO 3166 two-letter code."""
    continent: str
    """As in `taxonomy.CONTINENTS`."""
    landscape: str
    """Kind of landscape, a key of `recipes.RECIPES`."""
    place: str
    """The nearest well-known name."""

    @property
    def scene_id(self) -> str:
        """`ROIs0000_spring_1`."""
        return f"{self.folder}_{self.scene}"

    @property
    def epsg(self) -> int:
        """EPSG code of the site's UTM zone (WGS 84)."""
        zone = int((self.longitude + 180) // 6) + 1
        return (32600 if self.latitude >= 0 else 32700) + zone

    @property
    def crs(self) -> "CRS":
        """The site's UTM zone."""
        from rasterio.crs import CRS  # noqa: PLC0415

        return CRS.from_epsg(self.epsg)

    @property
    def origin(self) -> tuple[float, float]:
        """Easting and northing of the patch grid's upper left corner, in metres."""
        return _origin(self.epsg, self.longitude, self.latitude)

    def transform(self, number: int) -> "Affine":
        """Georeference of one patch: pixel (column, row) to metres."""
        from affine import Affine  # noqa: PLC0415

        row, column = divmod(number, PATCH_GRID_COLUMNS)
        east, north = self.origin
        step = PATCH_STRIDE * PIXEL_SIZE
        return Affine(PIXEL_SIZE, 0, east + column * step, 0, -PIXEL_SIZE, north - row * step)


@lru_cache(maxsize=256)
def _origin(epsg: int, longitude: float, latitude: float) -> tuple[float, float]:
    east, north = (float(v) for v in to_utm(epsg, np.array(longitude), np.array(latitude)))
    return east - _SIDE / 2, north + _SIDE / 2


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, str], ...]:
    """The places, ordered so that any first part is spread over continents and seasons."""
    with (Path(__file__).parent / "sites.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cell: Counter[tuple[str, str]] = Counter()
    ranked = []
    for row in rows:
        continent = CONTINENTS.index(row["continent"])
        turn = (SEASONS.index(row["season"].capitalize()) - continent) % len(SEASONS)
        place = cell[row["continent"], row["season"]]
        cell[row["continent"], row["season"]] += 1
        ranked.append((place, turn, continent, row))
    return tuple(row for *_, row in sorted(ranked, key=lambda r: r[:3]))


@lru_cache(maxsize=8)
def sites(settings: DemoSettings) -> tuple[Site, ...]:
    """The scenes of a demo dataset, by folder and scene number.

    More scenes than the table has places repeat its inland places a few kilometres to tens of
    kilometres away. A scene keeps its number and its landscape when `scenes` grows.
    """
    table = _table()
    movable = [row for row in table if row["landscape"] in _MOVABLE]
    numbers: Counter[str] = Counter()
    result = []
    for index in range(settings.scenes):
        row = table[index] if index < len(table) else movable[(index - len(table)) % len(movable)]
        place_seed = key(settings.seed, row["place"], index)
        longitude, latitude = float(row["longitude"]), float(row["latitude"])
        if index >= len(table):
            angle, reach = 2 * np.pi * uniform(_as_hash(place_seed)), 0.06 + 0.0004 * index
            longitude += round(float(reach * np.cos(angle)[0]), 4)
            latitude += round(float(reach * np.sin(angle)[0]), 4)
        season = row["season"].capitalize()
        numbers[season] += 1
        result.append(
            Site(
                seed=place_seed,
                folder=f"ROIs0000_{row['season']}",
                season=season,
                scene=numbers[season],
                longitude=round(longitude, 4),
                latitude=round(latitude, 4),
                country=row["country"],
                continent=row["continent"],
                landscape=row["landscape"],
                place=row["place"],
            )
        )
    return tuple(sorted(result, key=lambda s: (SEASONS.index(s.season), s.scene)))


def _as_hash(value: int) -> npt.NDArray[np.uint64]:
    return np.array([value], dtype=np.uint64)


def patch_numbers(settings: DemoSettings, site: Site) -> tuple[int, ...]:
    """Numbers of the patches of one scene, ascending.

    The first two overlap by half; the others are spread without overlap over the middle of the
    scene while there is room, then over all of it. Fewer patches are a part of more patches.
    """
    generator = np.random.default_rng([site.seed, 1])
    cells = [(r, c) for r in range(GRID_ROWS) for c in range(PATCH_GRID_COLUMNS)]
    cells = [cells[i] for i in generator.permutation(len(cells))]
    first = next(cell for cell in cells if cell[0] in _CORE and cell[1] in _CORE)
    second = (first[0], first[1] + 1)

    def rank(cell: tuple[int, int]) -> int:
        if cell == first:
            return 0
        if cell == second:
            return 1
        inside = cell[0] in _CORE and cell[1] in _CORE
        apart = (cell[0] - first[0]) % 2 == 0 and (cell[1] - first[1]) % 2 == 0
        touching = abs(cell[0] - second[0]) < 2 and abs(cell[1] - second[1]) < 2
        return 2 + 2 * (not inside) + (touching or not apart)

    chosen = sorted(cells, key=rank)[: settings.patches]
    return tuple(sorted(r * PATCH_GRID_COLUMNS + c for r, c in chosen))
