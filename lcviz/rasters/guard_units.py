"""What the numbers of a raster's bands are: unit and offset, by the pixels, tags, or a person."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.errors import RasterError
from lcviz.rasters.checks import BRING
from lcviz.rasters.evidence import Evidence
from lcviz.rasters.guard_order import Order
from lcviz.rasters.guard_words import Choice
from lcviz.rasters.reading import InputRaster, Units
from lcviz.rasters.recogniser import Reading, Recognition, recognise
from lcviz.rasters.scalings import SCALINGS, Scaling
from lcviz.rasters.tags import tagged_offset

OFFSET: Final = 1000
_SURE: Final = 0.95
_STRANGE: Final = 0.3
"""Share of pixels like nothing known above which the numbers cannot be told from them."""
_LIKELIER: Final = 0.5
_NEAR_OFFSET: Final = 1400
"""A dark end above this shows nothing that is nearly black, by which an offset is seen, DN."""
_TOO_DARK: Final = 800
"""A dark end below this has no offset, DN: reflectance would be below -0.02, as low as atmospheric
correction goes in the dark."""
_PICTURE: Final = 255
_NEAR_DN: Final = ("bytes", "thousandths")
"""Units for which the DN of dark water may be taken."""
_FULL: Final = (1, 10_000)
"""Greatest values of numbers that were stretched, in units of a product."""
_NOTHING: Final = 1e-9
_ONCE: Final = 3
"""Values as great as the greatest; where clouds were cut off, there are more."""
_CUT: Final = 0.005
"""Share of values that are cut off above which that is more than clouds."""
_WRAPPED: Final = (60_000, 65_535)
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
    _refuse_wrapped(raster, evidence, order)
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
    found = recognise(
        values,
        evidence.sharp[rows],
        known=tuple(order.bands[row] for row in rows),
        levels=("L1C",) if order.cirrus or "B10" in order.bands else ("L1C", "L2A"),
    )
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
    elif not best.scaling.usable and sure > _LIKELIER:
        if best.scaling.key in _NEAR_DN and _may_be_dark(raster, values) and found.odd < _STRANGE:
            return how.settled(
                _BY_KEY["dn"],
                "the file says 16 bits",
                f"{seen}: as dark as a clear lake seen from the ground. If this is a picture of 8 "
                "bits, the map is wrong.",
            )
        return how.asks(ranked, f"{seen}, as of {best.scaling.words} ({100 * sure:.3g} % sure)")
    elif found.odd >= _STRANGE:
        return how.asks(
            ranked,
            f"{seen}; {found.odd:.0%} of the pixels are like no land, water, snow or cloud that is "
            "known",
        )
    elif stretched := _stretched(evidence, rows, declared):
        return how.asks(
            ranked,
            f"{stretched}, as where numbers were stretched for the eye; if they were, bring them "
            "as they were before",
        )
    base = next((r.scaling.scale for r, _ in ranked if r.scaling.usable), 1.0)
    by_values = _offset_by_values(found, how.dark * base)
    return _with_offset(raster, how, base, by_values, declared, said.get("offset"))


def _stretched(evidence: Evidence, rows: list[int], declared: tuple[float, float]) -> str:
    """Signs, in words, that somebody gave the smallest and greatest number their values; or ""."""
    stored = evidence.stored[rows]
    stored = stored[:, (stored != stored[0]).any(axis=0)]  # A fill is no sign.
    if not stored.size:
        return ""
    values = stored.astype(np.float64) * declared[0] + declared[1]
    low, high = float(values.min()), float(values.max())
    full = next((whole for whole in _FULL if math.isclose(high, whole, rel_tol=1e-6)), None)
    if full is None:
        return ""
    if abs(low) < _NOTHING * full:
        return f"The values go from exactly 0 to exactly {full:,}"
    as_great = np.count_nonzero(np.isclose(values, high, rtol=1e-6))
    if as_great <= _ONCE:
        return f"The greatest value is exactly {full:,}, and hardly any other is"
    share = as_great / values.size
    return f"{share:.1%} of the values are exactly {full:,}, none more" if share > _CUT else ""


def _offset_by_values(found: Recognition, dark: float) -> int | None:
    """0 or 1000 where the pixels leave no doubt, else None.

    The air's light makes Level-1C without the offset resemble Level-2A with it: what the pixels
    tell counts where both levels, or the one that it may be of, say the same.
    """
    if dark < _TOO_DARK:
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
        dark = np.percentile(evidence.values[rows], 0.5, axis=1)
        self.dark = float(dark.min())

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
            statement=f"{scaling.words}: {why} (dark end of the darkest band: {dark:.0f} DN)",
            warnings=warnings,
        )

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
    declared: tuple[float, float],
    said: str | None,
) -> Scale:
    """Settle, or ask for, the offset of a unit that a product has."""
    plain, added = (
        next(s for s in SCALINGS if s.usable and (s.scale, s.offset) == (base, offset))
        for offset in (0, OFFSET)
    )
    tagged, tag = (0, "offset") if declared[1] else tagged_offset(raster.tags)
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
    if by_values is not None and tagged not in (None, by_values):
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
    within = 0 <= values.min() <= values.max() <= _PICTURE
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


def _refuse_wrapped(raster: InputRaster, evidence: Evidence, order: Order) -> None:
    """Refuse numbers below 0 that were kept without a sign."""
    if raster.dtype != "uint16":
        return
    rows = [evidence.places.index(place) for place in order.ten]
    low, high = _WRAPPED
    stored = evidence.stored[rows]
    high_ones = stored[(stored > low) & (stored < high)]
    share = high_ones.size / max(1, stored.size)
    if share > 0.0005 and len(np.unique(high_ones)) > 4:
        raise RasterError(
            f"{share:.1%} of the values lie between {high_ones.min():,} and {high_ones.max():,}: "
            "numbers below 0, wrapped round in unsigned 16 bits, as when 1,000 is taken from "
            "smaller ones. Write the raster again with signed numbers (int16) or floats"
        )
