"""Which bands of Sentinel-2 a raster's names say that it has."""

import re
from collections.abc import Sequence
from typing import Final

from lcviz.errors import RasterError
from lcviz.rasters.checks import BRING
from lcviz.rasters.layouts import L1C_BANDS, LAYOUTS, STANDARD
from lcviz.taxonomy import BANDS, S2_BAND_NAMES

Bands = tuple[str | None, ...]

# What is left of a name in lower case without blanks, dashes, dots and underscores.
_WORDS: Final = {
    **dict(zip(BANDS, S2_BAND_NAMES, strict=True)),
    "coastal": "B1",
    "coastalaerosol": "B1",
    "aerosol": "B1",
    "aerosols": "B1",
    "nir": "B8",
    "nirbroad": "B8",
    "broadnir": "B8",
    "bnir": "B8",
    "widenir": "B8",
    "nirwide": "B8",
    "visiblenir": "B8",
    "nearinfrared": "B8",
    "nir08": "B8A",
    "nir8a": "B8A",
    "nirnarrow": "B8A",
    "narrownir": "B8A",
    "nnir": "B8A",
    "nirn": "B8A",
    "rededge4": "B8A",
    "vegetationrededge4": "B8A",
    "re4": "B8A",
    "narrownearinfrared": "B8A",
    "nearinfrarednarrow": "B8A",
    "watervapour": "B9",
    "watervapor": "B9",
    "nir09": "B9",
    "wv": "B9",
    "cirrus": "B10",
    "swircirrus": "B10",
    "swir16": "B11",
    "swir22": "B12",
    **{f"{stem}{n}": f"B{n + 4}" for stem in ("rededge", "vegetationrededge") for n in (1, 2, 3)},
    "rededge705": "B5",
    "rededge740": "B6",
    "rededge783": "B7",
    "rededge071": "B5",
    "rededge075": "B6",
    "rededge078": "B7",
}
_BROAD: Final = {"nirbroad", "broadnir", "bnir", "widenir", "nirwide"}
_CODE: Final = re.compile(r"(?<![a-z0-9])b(?:and)?[ _-]?0?(\d{1,2}a?)(?![a-z0-9])")
_NANOMETRES: Final = re.compile(r"(?<![\d.])(\d{3,4}(?:\.\d+)?)\s*(?:nm|nanomet)")
_WAVELENGTHS: Final = {
    "B1": (433, 453),
    "B2": (480, 500),
    "B3": (550, 570),
    "B4": (655, 675),
    "B5": (698, 712),
    "B6": (733, 748),
    "B7": (773, 793),
    "B8": (820, 850),
    "B8A": (858, 872),
    "B9": (935, 950),
    "B10": (1365, 1385),
    "B11": (1600, 1620),
    "B12": (2180, 2210),
}
"""Centres that are written of each band, nm."""
_NUMBERED: Final = re.compile(r"(.*?)0*(\d+)")
L2A_EXTRAS: Final = {"scl", "aot", "wvp", "msk_cldprb", "msk_snwprb", "tci_r"}
"""Names of bands that Level-2A alone has."""


def band_of(name: str | None) -> str | None:
    """Sentinel-2's name of a band, B1 to B12 and B8A, from what a file calls it; or None."""
    text = (name or "").strip().lower()
    word = _word(name)
    if word in _WORDS:
        return _WORDS[word]
    codes = {f"B{code.upper()}" for code in _CODE.findall(text)} & set(L1C_BANDS)
    if len(codes) == 1:
        return codes.pop()
    waves = {float(wave) for wave in _NANOMETRES.findall(text)}
    found = {
        band for wave in waves for band, (low, high) in _WAVELENGTHS.items() if low <= wave <= high
    }
    return found.pop() if len(found) == 1 and not codes else None


def named_bands(names: Sequence[str | None]) -> Bands | None:
    """What the names say.

    Args:
        names: what the file calls each of its bands, None where it does not.

    Returns:
        Band of each place, None for what is no band of Sentinel-2; or None where the names only
        number the bands, or say nothing.

    Raises:
        RasterError: the ten are not all there, or cannot be told apart.
    """
    if _merely_counted(names):
        return None
    known = _known(names)
    named = [band for band in known if band is not None]
    if not named:
        return None
    twice = sorted({band for band in named if named.count(band) > 1})
    if twice:
        raise RasterError(f"The raster has more than one band called {', '.join(twice)}. {BRING}")
    missing = [band for band in S2_BAND_NAMES if band not in named]
    if not missing:
        return tuple(known)
    if any(
        _fits(known, names, layout.bands) for layout in LAYOUTS if layout.key in STANDARD.values()
    ):
        return None
    count = len(names)
    called = ", ".join(name or "?" for name in names)[:200]
    raise RasterError(
        f"The raster has {count} band{'s' if count > 1 else ''}, called {called}; "
        f"there is no {', '.join(missing)}. {BRING}"
    )


def said_bands(said: str, count: int) -> Bands | None:
    """Bands in the order that a person says: "B2, B3, -, ..."; None where it is no such list.

    Raises:
        RasterError: they are not as many as the raster has, or not the ten.
    """
    parts = [part for part in re.split(r"[,;\s]+", said.strip()) if part]
    if len(parts) < len(S2_BAND_NAMES):
        return None
    bands = tuple(None if part in ("-", "x", "?") else band_of(part) for part in parts)
    unknown = [
        p for p, band in zip(parts, bands, strict=True) if not band and p not in ("-", "x", "?")
    ]
    if unknown:
        raise RasterError(
            f"{', '.join(unknown)[:80]}: no band of Sentinel-2; write - for what is none"
        )
    if len(bands) != count:
        raise RasterError(
            f"{len(bands)} bands were named, the raster has {count}; write - for others"
        )
    named = [band for band in bands if band]
    missing = [band for band in S2_BAND_NAMES if band not in named]
    if missing or len(set(named)) < len(named):
        raise RasterError(
            f"There is no {', '.join(missing)} among the bands named"
            if missing
            else "A band was named twice"
        )
    return bands


def _word(name: str | None) -> str:
    text = re.sub(r"[ _.-]", "", (name or "").strip().lower())
    return text.removeprefix("nbart").removeprefix("nbar")


def _known(names: Sequence[str | None]) -> list[str | None]:
    words = [_word(name) for name in names]
    known = [band_of(name) or (_WORDS.get(word)) for name, word in zip(names, words, strict=True)]
    if _BROAD & set(words):  # FORCE: beside BROADNIR, NIR is the narrow one.
        known = ["B8A" if word == "nir" else b for word, b in zip(words, known, strict=True)]
    if "swir3" in words and "swir1" not in words:  # Digital Earth Australia
        named = {"swir2": "B11", "swir3": "B12"}
        known = [named.get(word, band) for word, band in zip(words, known, strict=True)]
    return known


def _fits(
    known: Sequence[str | None], names: Sequence[str | None], order: Sequence[str | None]
) -> bool:
    """Whether each band that has a name is what `order` has there."""
    return len(known) == len(order) and all(
        not name or band == at for band, name, at in zip(known, names, order, strict=True)
    )


def _merely_counted(names: Sequence[str | None]) -> bool:
    """Whether the names only number the bands, as "Band 1", "Band 2" and so on do."""
    parts = [_NUMBERED.fullmatch((name or "").strip().lower()) for name in names]
    if len({part and part[1] for part in parts}) != 1:
        return False
    digits = [int(part[2]) for part in parts if part]
    return digits in ([*range(1, len(names) + 1)], [*range(len(names))])
