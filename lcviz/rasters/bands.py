"""Which of a raster's bands are the ten that the models take."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lcviz.errors import RasterError
from lcviz.rasters.checks import BRING
from lcviz.taxonomy import BANDS, S2_BAND_NAMES

L1C_BANDS: Final = (
    "B1",
    "B2",
    "B3",
    "B4",
    "B5",
    "B6",
    "B7",
    "B8",
    "B8A",
    "B9",
    "B10",
    "B11",
    "B12",
)
L2A_BANDS: Final = tuple(name for name in L1C_BANDS if name != "B10")
ORDERS: Final = {13: L1C_BANDS, 12: L2A_BANDS, 10: S2_BAND_NAMES}
"""Number of bands -> what they are when nothing names them."""

# What is left of a name in lower case without blanks, dashes and underscores.
_WORDS: Final = {
    **dict(zip(BANDS, S2_BAND_NAMES, strict=True)),
    **{"coastal": "B1", "coastalaerosol": "B1", "aerosol": "B1", "aerosols": "B1"},
    **{"nir": "B8", "nirbroad": "B8", "broadnir": "B8", "widenir": "B8", "nirwide": "B8"},
    **{"nir08": "B8A", "nir8a": "B8A", "nirnarrow": "B8A", "narrownir": "B8A", "nnir": "B8A"},
    **{"watervapour": "B9", "watervapor": "B9", "nir09": "B9", "cirrus": "B10"},
    **{"swir16": "B11", "swir22": "B12"},
    **{f"{stem}{n}": f"B{n + 4}" for stem in ("rededge", "vegetationrededge") for n in (1, 2, 3)},
    **{"rededge705": "B5", "rededge740": "B6", "rededge783": "B7"},
    **{"rededge071": "B5", "rededge075": "B6", "rededge078": "B7"},
}
_CODE: Final = re.compile(r"(?<![a-z0-9])b(?:and)?[ _-]?0?(\d{1,2}a?)(?![a-z0-9])")
_L2A_EXTRAS: Final = {"scl", "aot", "wvp", "msk_cldprb", "msk_snwprb", "tci_r"}


@dataclass(frozen=True)
class BandLayout:
    """Where the bands of Sentinel-2 are in a raster."""

    places: dict[str, int]
    """Band (B1 to B12, B8A) -> 1-based place, those that there are."""
    level: str
    """"L1C", "L2A", or "ten bands", which could be either."""
    statement: str
    """How they were recognised."""

    @property
    def order(self) -> tuple[int, ...]:
        """1-based places of the ten bands, in the order of `taxonomy.BANDS`."""
        return tuple(self.places[name] for name in S2_BAND_NAMES)


def band_of(name: str | None) -> str | None:
    """Sentinel-2's name of a band, B1 to B12 and B8A, from what a file calls it; or None."""
    text = (name or "").strip().lower()
    word = re.sub(r"[ _-]", "", text)
    if word in _WORDS:
        return _WORDS[word]
    codes = {f"B{code.upper()}" for code in _CODE.findall(text)} & set(L1C_BANDS)
    return codes.pop() if len(codes) == 1 else None


def find_bands(count: int, names: Sequence[str | None]) -> BandLayout:
    """Find the ten bands by their names, and where there are none by the number of bands.

    Args:
        count: number of bands.
        names: what the file calls each of them, None where it does not.

    Raises:
        RasterError: the ten are not all there, or cannot be told apart.
    """
    known = [None] * count if _merely_counted(names) else [band_of(name) for name in names]
    named = [band for band in known if band is not None]
    twice = sorted({band for band in named if named.count(band) > 1})
    if twice:
        raise RasterError(f"The raster has more than one band called {', '.join(twice)}. {BRING}")
    missing = [band for band in S2_BAND_NAMES if band not in named]
    if not missing:
        places = {band: place for place, band in enumerate(known, 1) if band is not None}
        return BandLayout(places, _level(places, names), "by the names of its bands")
    order = ORDERS.get(count)
    if order is None or (named and not _fits(known, names, order)):
        seen = f"The raster has {count} band{'s' if count > 1 else ''}"
        if named:
            seen += f", called {', '.join(name or '?' for name in names)[:200]}"
            seen += f"; there is no {', '.join(missing)}"
        elif count in (1, 3, 4):
            seen += ": a single band or a picture does not hold what the models look at"
        raise RasterError(f"{seen}. {BRING}")
    places = {band: place for place, band in enumerate(order, 1)}
    return BandLayout(places, _level(places, ()), f"by the number of its bands, {count}")


def _fits(known: Sequence[str | None], names: Sequence[str | None], order: Sequence[str]) -> bool:
    """Whether each band that has a name is what `order` has there."""
    return all(not name or band == at for band, name, at in zip(known, names, order, strict=True))


def _level(places: dict[str, int], names: Sequence[str | None]) -> str:
    if "B10" in places:
        return "L1C"
    extras = {(name or "").strip().lower() for name in names}
    return "L2A" if {"B1", "B9"} <= places.keys() or extras & _L2A_EXTRAS else "ten bands"


def _merely_counted(names: Sequence[str | None]) -> bool:
    """Whether the names only number the bands, as "Band 1", "Band 2" and so on do."""
    digits = [
        re.fullmatch(r"(?:b|band)?[ _-]?(\d+)", (name or "").strip().lower()) for name in names
    ]
    return all(match and int(match[1]) == n for n, match in enumerate(digits, 1))
