"""What the numbers of a raster are: a guard that looks before a model does.

It asks one thing at a time: which bands these are, what their numbers are, what stands for no data.
Since processing baseline 04.00 (25 January 2022) Sentinel-2's DN are reflectance x 10,000 + 1000.
Source: ESA, Sentinel-2 Products Specification Document, issue 14.9, RADIO_ADD_OFFSET and
BOA_ADD_OFFSET.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lcviz.errors import RasterError
from lcviz.rasters.bands import L2A_EXTRAS, named_bands
from lcviz.rasters.checks import BRING
from lcviz.rasters.evidence import Evidence, gather
from lcviz.rasters.fills import find_fills
from lcviz.rasters.guard_order import Order, settle_order
from lcviz.rasters.guard_units import Scale, settle_scale
from lcviz.rasters.guard_words import Choice, fill_question, warnings_of
from lcviz.rasters.reading import InputRaster, Units
from lcviz.rasters.recogniser import Bands
from lcviz.rasters.tags import tagged_level
from lcviz.taxonomy import S2_BAND_NAMES

__all__ = ["Choice", "Finding", "Units", "inspect"]

_ASKED_SHARE: Final = 0.001
"""Share of the pixels from which on a fill is asked about; less is masked and told."""
_SURE: Final = 0.95
_LITTLE: Final = 0.1
"""Share of the pixels with data below which that is said."""


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
    statement: str
    """What it is taken for and why, in words."""
    warnings: tuple[str, ...]
    """What to show beside any result."""
    topic: str = ""
    """What is asked: "order", "unit", "offset" or "fill"; nothing when certain."""
    question: str = ""
    """The question in words."""
    questions: tuple[Choice, ...] = ()
    """Answers to choose from, the likeliest first; none when certain."""

    @property
    def certain(self) -> bool:
        """Whether `units` can be used without asking."""
        return not self.topic

    @property
    def bands(self) -> tuple[int, ...]:
        """1-based places of the ten bands, in the order of `taxonomy.BANDS`."""
        return self.units.band_order


def inspect(raster: InputRaster, answers: Mapping[str, str] | None = None) -> Finding:
    """Look at names, tags and a sample of the pixels.

    Args:
        raster: an opened raster.
        answers: what a person said to earlier questions: topic -> key of a choice. To "order", a
            list of bands such as "B2, B3, B4, B8, ..." answers too, "-" for what is none.

    Raises:
        RasterError: it cannot be used, or cannot be decoded; the message says what was seen and
            what to bring.
    """
    said = dict(answers or {})
    named = named_bands(raster.band_names)
    evidence = gather(raster, _places_to_read(raster, named))
    order = settle_order(raster, evidence, named, said.get("order"))
    _refuse_empty(evidence, order)
    _refuse_twins(evidence, order)
    scale = settle_scale(raster, evidence, order, said)
    level = _level(raster, order, scale)
    units = Units(order.ten, scale.units_scale, scale.units_offset)
    finding = Finding(
        level=level,
        unit=scale.unit,
        offset=scale.offset,
        units=units,
        statement=_statement(order, level, scale),
        warnings=(
            *order.warnings,
            *scale.warnings,
            *_little(evidence),
            *warnings_of(raster, level),
        ),
    )
    if order.question:
        choices = tuple(
            Choice(choice.key, choice.label, replace(units, band_order=choice.units.band_order))
            for choice in order.choices
        )
        return replace(finding, topic="order", question=order.question, questions=choices)
    if scale.question:
        return replace(finding, topic=scale.topic, question=scale.question, questions=scale.choices)
    return _with_fills(finding, evidence, order, said.get("fill"))


def _places_to_read(raster: InputRaster, named: Bands | None) -> tuple[int, ...]:
    """All bands where nothing names them, else the ten and the cirrus band."""
    if named is None:
        if not len(S2_BAND_NAMES) <= raster.count <= _MOST_UNNAMED:
            picture = ": a single band or a picture does not hold what the models look at"
            raise RasterError(
                f"The raster has {raster.count} band{'s' if raster.count > 1 else ''}, none of "
                f"which is named{picture if raster.count in (1, 3, 4) else ''}. {BRING}"
            )
        return tuple(range(1, raster.count + 1))
    wanted = (*S2_BAND_NAMES, "B10")
    return tuple(place for place, band in enumerate(named, 1) if band in wanted)


_MOST_UNNAMED: Final = 26


def _refuse_empty(evidence: Evidence, order: Order) -> None:
    """Refuse a raster of which one of the ten bands holds nothing."""
    rows = [evidence.places.index(place) for place in order.ten]
    empty = [name for name, row in zip(S2_BAND_NAMES, rows, strict=True) if row in evidence.empty]
    if empty:
        raise RasterError(f"{', '.join(empty)} hold no data, or next to none. {BRING}")


def _refuse_twins(evidence: Evidence, order: Order) -> None:
    """Refuse a raster of which two of the ten bands hold the same numbers."""
    rows = [evidence.places.index(place) for place in order.ten]
    varied = [row for row in rows if row not in evidence.few]
    for one, other in itertools.combinations(varied, 2):
        if np.array_equal(evidence.values[one], evidence.values[other]):
            names = [S2_BAND_NAMES[rows.index(row)] for row in (one, other)]
            raise RasterError(
                f"Bands {evidence.places[one]} and {evidence.places[other]}, which should be "
                f"{names[0]} and {names[1]}, hold the same numbers: one was put in twice. {BRING}"
            )


def _little(evidence: Evidence) -> tuple[str, ...]:
    """That next to nothing of a raster holds data, in words."""
    looked = sum(window.measured[0].size for window in evidence.windows)
    share = sum(int(window.measured.any(axis=0).sum()) for window in evidence.windows) / looked
    if share >= _LITTLE:
        return ()
    return (
        f"About {100 * share:.2g}% of the raster holds data; the rest has no class. Crop it to "
        "where it has data, and it is done sooner.",
    )


def _level(raster: InputRaster, order: Order, scale: Scale) -> str:
    tagged = tagged_level(raster.tags)
    if tagged:
        return tagged
    if "B10" in order.bands or order.cirrus:
        return "L1C"
    extras = {(name or "").strip().lower() for name in raster.band_names}
    if extras & L2A_EXTRAS:
        return "L2A"
    level, sure = scale.level
    if order.with_b1_b9:
        return level if sure >= _SURE else "L2A"
    return level if level == "L2A" and sure >= _SURE else "ten bands"


def _statement(order: Order, level: str, scale: Scale) -> str:
    kind = {
        "L1C": "Sentinel-2 Level-1C (top of atmosphere)",
        "L2A": "Sentinel-2 Level-2A (bottom of atmosphere)",
        "ten bands": "The ten bands of Sentinel-2, of Level-1C or Level-2A",
    }[level]
    return f"{kind}, recognised {order.how}; {scale.statement}."


def _with_fills(finding: Finding, evidence: Evidence, order: Order, said: str | None) -> Finding:
    rows = [evidence.places.index(place) for place in order.ten]
    level = "L1C" if finding.level == "ten bands" else finding.level
    found = find_fills(evidence, rows, level, finding.units.scale, finding.units.offset)
    if not found or said == "measured":
        return finding
    units = replace(finding.units, fills=tuple(fill.fill for fill in found))
    told = tuple(f"{fill.statement}: taken for no data." for fill in found)
    masked = replace(finding, units=units, warnings=(*finding.warnings, *told))
    if said == "no-data" or sum(fill.share for fill in found) < _ASKED_SHARE:
        return masked
    question, choices = fill_question(found, units, finding.units)
    return replace(finding, units=units, topic="fill", question=question, questions=choices)
