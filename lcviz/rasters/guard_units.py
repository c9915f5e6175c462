"""What the numbers of a raster's bands are: unit and offset, by the pixels, tags, or a person."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.errors import RasterError
from lcviz.rasters.changed_numbers import refuse_wrapped, stepped, stretched_to
from lcviz.rasters.checks import BRING
from lcviz.rasters.evidence import Evidence
from lcviz.rasters.guard_order import Order
from lcviz.rasters.guard_parts import OFFSET, TOO_DARK, apart
from lcviz.rasters.guard_words import Choice, sureness
from lcviz.rasters.reading import InputRaster, Units
from lcviz.rasters.recogniser import Reading, Recognition, recognise
from lcviz.rasters.scalings import SCALINGS, Scaling
from lcviz.rasters.tags import tagged_offset
from lcviz.taxonomy import S2_BAND_NAMES

_SURE: Final = 0.95
_STRANGE: Final = 0.3
"""Share of pixels like nothing known above which the numbers cannot be told from them."""
_LIKELIER: Final = 0.5
_NEAR_OFFSET: Final = 1400
"""A dark end above this shows nothing that is nearly black, by which an offset is seen, DN."""
_PICTURE: Final = 255
_NEAR_DN: Final = ("bytes", "thousandths")
"""Units for which the DN of dark water may be taken."""
_PLAIN: Final = ((1.0, 0.0), (1e-4, 0.0), (1e-4, -0.1))
"""Scales and offsets that, declared, say nothing of how finely numbers were kept."""
_BY_KEY: Final = {scaling.key: scaling for scaling in SCALINGS}


@dataclass(frozen=True)
class Scale:
    """What the numbers are: DN = stored value x `units_scale` + `units_offset`."""

    unit: str
    """"DN" or "reflectance"."""
    offset: int | None
    """DN that was added to all values, 0 or 1000; None if unsure."""
    units_scale: float
    units_offset: float
    level: tuple[str, float]
    """The likeliest level and how sure it is."""
    statement: str
    warnings: tuple[str, ...] = ()
    topic: str = ""
    question: str = ""
    choices: tuple[Choice, ...] = ()


def settle_scale(
    raster: InputRaster, evidence: Evidence, order: Order, said: Mapping[str, str]
) -> Scale:
    """Find out what the numbers are.

    Args:
        raster: the raster.
        evidence: a sample of its bands.
        order: which bands they are.
        said: what a person says: "unit" -> key of a `Scaling`, "offset" -> "0" or "1000".

    Raises:
        RasterError: they are in no known unit.
    """
    declared = _declared_scale(raster, order)
    refuse_wrapped(raster, evidence, order)
    rows = [
        row
        for row, band in enumerate(order.bands)
        if band is not None
        and row not in evidence.empty
        and not (band == "B10" and row in evidence.few | evidence.alien)
    ]
    values = evidence.values[rows]
    seen = f"The values lie between {values.min():.4g} and {values.max():.4g}"
    if declared != (1.0, 0.0):
        seen += f" after the declared scale {declared[0]:g} and offset {declared[1]:g}"
    known = tuple(order.bands[row] for row in rows)
    levels = ("L1C",) if order.cirrus or "B10" in order.bands else ("L1C", "L2A")
    found = recognise(values, evidence.sharp[rows], known=known, levels=levels)
    if not found.readings:
        raise RasterError(f"{seen}: in no known unit. {BRING}")
    asked = said.get("unit")
    ranked = found.by_scaling()
    best, sure = ranked[0]
    how = _How(declared, order, evidence, found.level())
    if asked is not None:
        scaling = _BY_KEY.get(asked)
        if scaling is None:
            raise RasterError(f"{asked[:40]} is no unit; choose one of: {', '.join(_BY_KEY)}")
        if not scaling.usable:
            return how.settled(scaling, "as it was said")
        ranked = [(r, p) for r, p in ranked if r.scaling.scale == scaling.scale]
        ranked = ranked or [(Reading((), best.level, scaling, None, 1.0, 0.0), 1.0)]
    elif doubt := _doubt(best, sure, found.odd, how, (evidence, rows)):
        near_dn = best.scaling.key in _NEAR_DN and found.odd < _STRANGE
        if near_dn and _may_be_dark(raster, values):
            return how.settled(
                _BY_KEY["dn"],
                "the file says 16 bits",
                f"{seen}: as dark as a clear lake seen from the ground. If this is a picture of 8 "
                "bits, the map is wrong.",
            )
        return how.asks(ranked, f"{seen}{doubt}")
    base = next((r.scaling.scale for r, _ in ranked if r.scaling.usable), 1.0)
    by_values = _offset_by_values(found, how.dark * base)
    mixed = "" if declared[1] else apart(evidence, rows, known, levels, declared[0], base)
    return _with_offset(raster, how, base, by_values, mixed, said.get("offset"))


def _doubt(
    best: Reading, sure: float, odd: float, how: "_How", seen: tuple[Evidence, list[int]]
) -> str:
    """Why the numbers may not be what they are likeliest taken for, after what is seen; or ""."""
    # First: numbers stretched to a round end resemble those of another scale, which they are not.
    if stretched := stretched_to(*seen, how.declared):
        return (
            f". {stretched}, as where numbers were stretched for the eye; if they were, bring them "
            "as they were before"
        )
    if not best.scaling.usable and sure > _LIKELIER:
        return f", as of {best.scaling.words} ({sureness(sure)})"
    if odd >= _STRANGE:
        return f"; {odd:.0%} of the pixels are like no land, water, snow or cloud that is known"
    changed = stepped(how.ten * best.scaling.scale) if how.declared in _PLAIN else ""
    return f". {changed}; bring them as they were before" if changed else ""


def _offset_by_values(found: Recognition, dark: float) -> int | None:
    """0 or 1000 where the pixels leave no doubt, else None.

    The air's light makes Level-1C without the offset resemble Level-2A with it: what the pixels
    tell counts where both levels, or the one that it may be of, say the same.
    """
    if dark < TOO_DARK:
        return 0
    told = found.with_offset(OFFSET)
    # Of Level-1C alone the cirrus band tells too, which is nearly black.
    if min(told, default=0.5) > _SURE and dark <= (2 * OFFSET if len(told) == 1 else _NEAR_OFFSET):
        return OFFSET
    return 0 if max(told, default=0.5) < 1 - _SURE else None


class _How:
    """Makes what `settle_scale` says."""

    def __init__(
        self,
        declared: tuple[float, float],
        order: Order,
        evidence: Evidence,
        level: tuple[str, float],
    ):
        self.declared = declared
        self.order = order
        self.level = level
        rows = [evidence.places.index(place) for place in order.ten]
        self.ten = evidence.values[rows]
        """(10, pixels), in the order of `taxonomy.BANDS`."""
        self.dark = float(np.percentile(self.ten, 0.5, axis=1).min())

    def units(self, scaling: Scaling) -> Units:
        scale, offset = self.declared
        return Units(self.order.ten, scale * scaling.scale, offset * scaling.scale - scaling.offset)

    def settled(self, scaling: Scaling, why: str, *warnings: str) -> Scale:
        units = self.units(scaling)
        dark = self.dark * scaling.scale
        return Scale(
            unit="DN" if scaling.scale == 1 else "reflectance",
            offset=int(scaling.offset) if scaling.usable else 0,
            units_scale=units.scale,
            units_offset=units.offset,
            level=self.level,
            statement=f"{scaling.words}: {why} (dark end of the darkest band: {dark:.0f} DN; "
            f"{self._middle(scaling)})",
            warnings=warnings,
        )

    def _middle(self, scaling: Scaling) -> str:
        """What a person can check a scale by."""
        told = np.median(self.ten, axis=1) * scaling.scale - scaling.offset
        red, infrared = (told[S2_BAND_NAMES.index(name)] / 100 for name in ("B4", "B8"))
        return f"in the middle, red reflects {red:.2g}% and near infrared {infrared:.2g}%"

    def asks(self, ranked: list[tuple[Reading, float]], seen: str) -> Scale:
        likeliest = [reading.scaling for reading, _ in ranked]
        offered = [s for s in likeliest if not s.usable][:2]
        offered += [s for s in (_BY_KEY["dn"], _BY_KEY["reflectance"]) if s in likeliest]
        offered = sorted(dict.fromkeys(offered), key=likeliest.index) or likeliest[:1]
        choices = tuple(Choice(s.key, _as_said(s), self.units(s)) for s in offered)
        settled = self.settled(offered[0], "not for certain")
        question = f"{seen}. What are these numbers?"
        return Scale(
            **{**settled.__dict__, "topic": "unit", "question": question, "choices": choices}
        )


def _as_said(scaling: Scaling) -> str:
    if scaling.key == "dn":
        return "DN (reflectance x 10,000)"
    if scaling.key == "reflectance":
        return "Reflectance of 0 to 1"
    words = scaling.words[0].upper() + scaling.words[1:]
    return f"{words}: make DN of it"


def _with_offset(
    raster: InputRaster,
    how: _How,
    base: float,
    by_values: int | None,
    mixed: str,
    said: str | None,
) -> Scale:
    """Settle, or ask for, the offset of a unit that a product has."""
    plain, added = (
        next(s for s in SCALINGS if s.usable and (s.scale, s.offset) == (base, offset))
        for offset in (0, OFFSET)
    )
    tagged, tag = (0, "offset") if how.declared[1] else tagged_offset(raster.tags)
    if said is not None:
        offset = {"0": 0, "1000": OFFSET}.get(said)
        if offset is None:
            raise RasterError(f"{said[:40]} is no offset; choose 0 or 1000")
        taken = tagged if by_values is None else by_values
        doubts = (
            ()
            if taken in (None, offset)
            else (f"Read with the offset {offset}, though it looks like {taken}.",)
        )
        return how.settled(added if offset else plain, "as it was said", *doubts)
    if mixed:
        why = mixed[0].lower() + mixed[1:]
    elif by_values is not None and tagged not in (None, by_values):
        why = f"the tag {tag} and the values contradict each other"
    elif by_values is None and tagged is None:
        why = "the values allow both"
    else:
        offset = tagged if by_values is None else by_values
        told = f"says the tag {tag}" if by_values is None else "say the values"
        return how.settled(added if offset else plain, told)
    with_it = Choice(
        str(OFFSET),
        f"With the offset of {OFFSET} (processing baseline 04.00 and later, from 2022): remove it",
        how.units(added),
    )
    without = Choice(
        "0",
        "Without offset (processed before 2022, or harmonised): take it as it is",
        how.units(plain),
    )
    likelier = by_values == OFFSET or (by_values is None and how.dark * base >= OFFSET)
    choices = (with_it, without) if likelier else (without, with_it)
    settled = how.settled(added if likelier else plain, why)
    unit = "DN (reflectance x 10,000)" if base == 1 else "reflectance of 0 to 1"
    return Scale(
        **{
            **settled.__dict__,
            "offset": None,
            "statement": f"{unit}, offset unknown: {why}",
            "topic": "offset",
            "question": f"It cannot be told whether the values hold the offset of {OFFSET} DN: "
            f"{why}. How were these numbers made?",
            "choices": choices,
        }
    )


def _may_be_dark(raster: InputRaster, values: npt.NDArray[np.float64]) -> bool:
    kind = np.dtype(raster.dtype)
    within = 0 <= values.min() <= values.max() < _PICTURE  # As bright as can be: a picture.
    return bool(kind.kind in "iu" and kind.itemsize > 1 and within)


def _declared_scale(raster: InputRaster, order: Order) -> tuple[float, float]:
    """Scale and offset that the file declares for the ten bands; 1 and 0 where it does not."""
    found = {(raster.scales[place - 1], raster.offsets[place - 1]) for place in order.ten}
    scale, offset = min(found)
    if len(found) > 1 or not (math.isfinite(scale) and math.isfinite(offset) and scale > 0):
        shown = ", ".join(f"{s:g} and {o:g}" for s, o in sorted(found)[:3])
        raise RasterError(
            f"The file declares scale and offset {shown}; one positive scale and one offset for "
            f"all bands are needed. {BRING}"
        )
    return scale, offset
