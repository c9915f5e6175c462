"""What the numbers of a raster are: a guard that looks before a model does.

Since processing baseline 04.00 (25 January 2022) Sentinel-2's DN are reflectance x 10,000 + 1000.
Source: ESA, Sentinel-2 Products Specification Document, issue 14.9, RADIO_ADD_OFFSET and
BOA_ADD_OFFSET.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lcviz.errors import RasterError
from lcviz.rasters.bands import BandLayout, find_bands
from lcviz.rasters.checks import BRING
from lcviz.rasters.reading import NO_DATA_DN, InputRaster, Units, to_dn
from lcviz.rasters.sample import sample
from lcviz.rasters.tags import tagged_level, tagged_offset

__all__ = ["Choice", "Finding", "Units", "inspect"]

QUANTIFICATION: Final = 10_000
OFFSET: Final = 1000
_DARK: Final = 0.5
"""Per cent of a band's pixels that are at most as bright as what is called its dark end."""
_TOO_DARK: Final = {"L1C": 900, "L2A": 800, "ten bands": 800}
"""A dark end below this has no offset, DN: reflectance would be below -0.01. Atmospheric correction
goes down to -0.02 in the dark."""
_CIRRUS_END: Final = (950, 1100)
_CIRRUS_MEDIAN: Final = 1300
"""B10 sees no ground, so that it is close to the offset, wherever there is no high cloud, DN."""
_RAYLEIGH: Final = 400
"""Air scatters so much blue light that seen from above it no raster is darker, DN."""
_BRIGHTEST_PICTURE: Final = 255
_BRIGHTEST_REFLECTANCE: Final = 2.5
_BRIGHTEST_MEDIAN: Final = 25_000


@dataclass(frozen=True)
class Choice:
    """One answer to what the numbers of a raster are."""

    key: str
    """Short and stable, for a URL: "no-offset", "offset-1000"."""
    label: str
    """The answer in words."""
    units: Units


@dataclass(frozen=True)
class Finding:
    """What a raster is taken for."""

    level: str
    """"L1C" (top of atmosphere), "L2A" (bottom of atmosphere) or "ten bands" (cannot be told)."""
    unit: str
    """"DN" or "reflectance"."""
    offset: int | None
    """DN that was added to all values, 0 or 1000; None if unsure."""
    units: Units
    """How to read it: what is certain, or the likeliest."""
    certain: bool
    """Whether `units` can be used without asking."""
    statement: str
    """What it is taken for and why, in words."""
    warnings: tuple[str, ...]
    """What to show beside any result."""
    questions: tuple[Choice, ...]
    """Answers to choose from when not certain, the likeliest first; else none."""

    @property
    def bands(self) -> tuple[int, ...]:
        """1-based places of the ten bands, in the order of `taxonomy.BANDS`."""
        return self.units.band_order


def inspect(raster: InputRaster) -> Finding:
    """Look at names, tags and a sample of the pixels.

    Raises:
        RasterError: it cannot be used, or cannot be decoded; the message says what was seen and
            what to bring.
    """
    layout = find_bands(raster.count, raster.band_names)
    cirrus = (layout.places["B10"],) if "B10" in layout.places else ()
    pixels = sample(raster, (*layout.order, *cirrus))
    scale, added = _tagged_scale(raster, layout)
    unit = _unit(pixels[:10], Units(layout.order, scale, added))
    factor = 1 if unit == "DN" else QUANTIFICATION
    units = Units(layout.order, scale * factor, added * factor)
    dn = _evidence(pixels, units)
    dark = np.percentile(dn, _DARK, axis=1)
    tagged_as = tagged_level(raster.tags)
    level = tagged_as or layout.level
    by_values = _offset_by_values(level, dn, dark)
    tagged, tag = (0, "offset") if added else tagged_offset(raster.tags)
    if by_values is not None and tagged not in (None, by_values):
        offset, why = None, f"the tag {tag} and the values contradict each other"
    elif by_values is None and tagged is None:
        offset, why = None, "the values allow both"
    else:
        offset = tagged if by_values is None else by_values
        why = f"says the tag {tag}" if by_values is None else "say the values"
    if level == "ten bands" and offset is not None and dark[0] - offset < _RAYLEIGH:
        level = "L2A"
    asked = () if offset is not None else _choices(units, by_values, float(dark.min()))
    return Finding(
        level=level,
        unit=unit,
        offset=offset,
        units=asked[0].units if asked else _without(units, offset or 0),
        certain=not asked,
        statement=_statement(layout, level, unit, offset, why, dark),
        warnings=_warnings(raster, level, layout, dark),
        questions=asked,
    )


def _tagged_scale(raster: InputRaster, layout: BandLayout) -> tuple[float, float]:
    """Scale and offset that the file declares for the ten bands; 1 and 0 where it does not."""
    found = {(raster.scales[place - 1], raster.offsets[place - 1]) for place in layout.order}
    scale, offset = min(found)
    if len(found) > 1 or not (math.isfinite(scale) and math.isfinite(offset) and scale > 0):
        shown = ", ".join(f"{s:g} and {o:g}" for s, o in sorted(found)[:3])
        raise RasterError(
            f"The file declares scale and offset {shown}; one positive scale and one offset for "
            f"all bands are needed. {BRING}"
        )
    return scale, offset


def _unit(pixels: npt.NDArray[Any], units: Units) -> str:
    """ "DN" or "reflectance", by how bright the brightest of the ten bands is."""
    values = to_dn(pixels, units)
    bright = float(np.percentile(values, 99, axis=1).max())
    median = float(np.median(values, axis=1).max())
    declared = (
        f" after the declared scale {units.scale:g} and offset {units.offset:g}"
        if (units.scale, units.offset) != (1, 0)
        else ""
    )
    seen = (
        f"The values lie between {values.min():.4g} and {values.max():.4g}{declared} "
        f"(brightest band: median {median:.4g})"
    )
    whole = np.array_equal(values, np.rint(values))
    if not whole and 0.01 < bright <= _BRIGHTEST_REFLECTANCE:
        unit, factor = "reflectance", QUANTIFICATION
    elif bright > _BRIGHTEST_PICTURE and median <= _BRIGHTEST_MEDIAN:
        unit, factor = "DN", 1
    else:
        picture = bright <= _BRIGHTEST_PICTURE and whole
        what = "as in a picture of 8 bits or a map of classes" if picture else "no known unit"
        raise RasterError(f"{seen}: {what}. {BRING}")
    below = float(np.mean(values * factor < -200))
    if below > 0.1:
        raise RasterError(
            f"{seen}; {below:.0%} are far below zero, so that they are no reflectance, or no data "
            f"that the file does not declare (gdal_edit.py -a_nodata VALUE FILE). {BRING}"
        )
    return unit


def _evidence(pixels: npt.NDArray[Any], units: Units) -> npt.NDArray[np.float64]:
    """DN of the pixels (bands, pixels) that tell of an offset: no undeclared no data."""
    dn = to_dn(pixels, units)
    measured = ((dn > NO_DATA_DN) & (dn <= 65_535)).all(axis=0)
    whole = measured & (pixels != 0).all(axis=0)
    return dn[:, whole if whole.any() else measured]


def _offset_by_values(
    level: str, dn: npt.NDArray[np.float64], dark: npt.NDArray[np.float64]
) -> int | None:
    """0 or 1000 where the pixels leave no doubt, else None."""
    if dark.min() < _TOO_DARK[level]:
        return 0
    if len(dark) > 10 and _CIRRUS_END[0] <= dark[10] <= _CIRRUS_END[1]:
        return OFFSET if np.median(dn[10]) <= _CIRRUS_MEDIAN else None
    return None


def _without(units: Units, offset: int) -> Units:
    return Units(units.band_order, units.scale, units.offset - offset)


def _choices(units: Units, by_values: int | None, dark: float) -> tuple[Choice, ...]:
    with_offset = Choice(
        f"offset-{OFFSET}",
        f"With the offset of {OFFSET} (processing baseline 04.00 and later, from 2022): remove it",
        _without(units, OFFSET),
    )
    without = Choice(
        "no-offset",
        "Without offset (processed before 2022, or harmonised): take it as it is",
        units,
    )
    likelier = by_values == OFFSET or (by_values is None and dark >= _CIRRUS_END[0])
    return (with_offset, without) if likelier else (without, with_offset)


def _statement(
    layout: BandLayout,
    level: str,
    unit: str,
    offset: int | None,
    why: str,
    dark: npt.NDArray[np.float64],
) -> str:
    kind = {
        "L1C": "Sentinel-2 Level-1C (top of atmosphere)",
        "L2A": "Sentinel-2 Level-2A (bottom of atmosphere)",
        "ten bands": "The ten bands of Sentinel-2, of Level-1C or Level-2A",
    }[level]
    numbers = "DN (reflectance x 10,000)" if unit == "DN" else "reflectance of 0 to 1"
    added = {0: "without offset", OFFSET: f"with an offset of {OFFSET} DN", None: "offset unknown"}
    return (
        f"{kind}, recognised {layout.statement}; {numbers}, {added[offset]}: {why} "
        f"(dark end of the darkest band: {dark.min():.0f} DN)."
    )


def _warnings(
    raster: InputRaster, level: str, layout: BandLayout, dark: npt.NDArray[np.float64]
) -> tuple[str, ...]:
    """What a person must know of any prediction from this raster."""
    found = []
    if level == "L2A":
        found.append(
            "This is Level-2A; the models were trained on Level-1C, where the air adds its light. "
            "Expect worse predictions than from the L1C product of the same day."
        )
    elif level == "ten bands":
        found.append(
            "Ten bands do not tell Level-1C from Level-2A. The models were trained on Level-1C; "
            "from Level-2A expect worse predictions."
        )
    t = raster.geobox.transform
    if raster.geobox.crs is None or t.is_identity:
        found.append("The raster has no georeference, so that the result has none and no hectares.")
    elif t.b or t.d:
        found.append("The raster is rotated against its CRS. It is predicted as its pixels lie.")
    elif t.e > 0:
        found.append(
            "The raster is stored south-up: its first row is the southernmost. It is predicted as "
            "its pixels lie; the models saw north up."
        )
    area = raster.pixel_area_m2
    if area is not None and not 9 <= math.sqrt(area) <= 11:
        found.append(
            f"A pixel is {math.sqrt(area):.4g} m wide; the models were trained on pixels of 10 m."
        )
    return tuple(found)
