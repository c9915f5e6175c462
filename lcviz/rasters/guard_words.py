"""Questions and warnings of the guard, in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lcviz.rasters.beside import beside
from lcviz.rasters.fills import FoundFill
from lcviz.rasters.reading import InputRaster, Units

SURE: Final = 0.99
"""Probability from which on the recogniser is right nearly always."""
_LIKELIER: Final = 0.5
_SQUARE: Final = 1.05


@dataclass(frozen=True)
class Choice:
    """One answer to what the guard asks."""

    key: str
    """Short and stable, for a URL and the command line: "1000", "eurosat"."""
    label: str
    """The answer in words."""
    units: Units


def sureness(probability: float) -> str:
    """How sure the recogniser is, in words that measurement bears out.

    Of 908 files of real images, 99.4% of those that it gave 0.99 and more were right, and 55% of
    those between 0.5 and 0.99 (benchmarks/RESULTS.md, Order of bands): its figures between are not
    shown.
    """
    if probability >= SURE:
        return "over 99% sure"
    return "likelier than any other, but not sure" if probability > _LIKELIER else "hardly a guess"


def fill_question(
    found: Sequence[FoundFill], masked: Units, kept: Units
) -> tuple[str, tuple[Choice, ...]]:
    """Whether what looks like no data is none."""
    seen = "; ".join(fill.statement for fill in found)
    question = f"{seen}. The file does not declare no data there. Is it none?"
    return question, (
        Choice("no-data", "No data: leave these pixels out of the map", masked),
        Choice("measured", "Measured: predict them as they are", kept),
    )


def warnings_of(raster: InputRaster, level: str) -> tuple[str, ...]:
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
    return (*found, *_place(raster), *beside(raster.path))


def _place(raster: InputRaster) -> list[str]:
    found = []
    t = raster.geobox.transform
    if raster.from_points:
        found.append("Its place was worked out from the file's ground control points.")
    if raster.geobox.crs is None or t.is_identity:
        found.append("The raster has no georeference, so that the result has none and no hectares.")
        return found
    if t.b or t.d:
        found.append("The raster is rotated against its CRS. It is predicted as its pixels lie.")
    elif t.e > 0:
        found.append(
            "The raster is stored south-up: its first row is the southernmost. It is predicted as "
            "its pixels lie; the models saw north up."
        )
    area = raster.pixel_area_m2
    if area is None or not math.isfinite(area) or area <= 0:
        found.append(
            "Its CRS does not say where on Earth it is, so that the areas have no hectares, and "
            "whether a pixel is 10 m wide, as the models need it, is not known."
        )
        return found
    wide, high = math.hypot(t.a, t.d), math.hypot(t.b, t.e)
    ratio = _ground_ratio(raster, wide, high)
    if not 1 / _SQUARE <= ratio <= _SQUARE:
        across = math.sqrt(area * ratio)
        found.append(
            f"A pixel is {across:.3g} x {area / across:.3g} m; the models were trained on square "
            "pixels of 10 m. Warp it to them first: gdalwarp -tr 10 10"
        )
    elif not 9 <= math.sqrt(area) <= 11:
        found.append(
            f"A pixel is {math.sqrt(area):.4g} m wide; the models were trained on pixels of 10 m."
        )
    return found


def _ground_ratio(raster: InputRaster, wide: float, high: float) -> float:
    """Width of the middle pixel through its height, on the ground."""
    ratio = wide / high if high else math.inf
    if raster.geobox.crs is not None and raster.geobox.crs.is_geographic:
        latitude = raster.geobox.transform.f + raster.geobox.transform.e * raster.height / 2
        # Degrees are made square, or made so on the ground: neither is worth a word.
        cosine = math.cos(math.radians(latitude))
        return min((ratio, ratio * cosine), key=lambda r: abs(math.log(r)) if r > 0 else math.inf)
    return ratio
