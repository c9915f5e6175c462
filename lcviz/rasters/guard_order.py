"""Which bands a raster has: by their names, by the pixels, or as a person says."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from lcviz.errors import RasterError
from lcviz.rasters.bands import said_bands
from lcviz.rasters.checks import BRING
from lcviz.rasters.evidence import Evidence
from lcviz.rasters.guard_words import SURE, Choice, sureness
from lcviz.rasters.layouts import BY_KEY, LAYOUTS, STANDARD, in_words
from lcviz.rasters.reading import InputRaster, Units
from lcviz.rasters.recogniser import Bands, Reading, Recognition, places_of, recognise
from lcviz.taxonomy import S2_BAND_NAMES

_MOST_CHOICES: Final = 5
STRANGE: Final = 0.3
"""Share of pixels like nothing known above which the order cannot be told from them."""
_FEW_KINDS: Final = 0.6
"""Share of bands of few values above which a raster is a map."""
_MASK: Final = 2
_PICTURE: Final = 255


@dataclass(frozen=True)
class Order:
    """Which bands there are."""

    bands: Bands
    """Of each place that was read."""
    ten: tuple[int, ...]
    """1-based places of the ten bands."""
    how: str
    """How they were recognised, in words."""
    by_name: bool
    cirrus: bool = False
    """Whether there is a place for the cirrus band, though nothing in it."""
    with_b1_b9: bool = False
    warnings: tuple[str, ...] = ()
    question: str = ""
    choices: tuple[Choice, ...] = field(default=())


def settle_order(
    raster: InputRaster, evidence: Evidence, named: Bands | None, said: str | None
) -> Order:
    """Find out which bands there are.

    Args:
        raster: the raster.
        evidence: a sample of `named`'s bands, or of all.
        named: what the names say of each place of the raster; None where they say nothing.
        said: what a person says: the key of a layout, or a list of bands.

    Raises:
        RasterError: the ten bands are not there, or what was said does not fit.
    """
    if said is not None:
        bands = _said(raster, said)
        return _order(raster, evidence, bands, "as it was said", by_name=True)
    if named is not None:
        order = _order(raster, evidence, named, "by the names of its bands", by_name=True)
        return _doubted(raster, evidence, named, order)
    if len(evidence.few) > _FEW_KINDS * len(evidence.places):
        raise RasterError(
            f"{len(evidence.few)} of {len(evidence.places)} bands hold a few values only, "
            f"as in a map of classes, or no reflectance at all. {BRING}"
        )
    found = _recognised(evidence)
    return _asked(raster, evidence, found)


def _doubted(raster: InputRaster, evidence: Evidence, named: Bands, order: Order) -> Order:
    """An order that names say; a question where the pixels contradict them beyond doubt."""
    unsure = evidence.empty | evidence.few | evidence.alien
    rows = [row for row in range(len(order.bands)) if row not in unsure]
    bands = tuple(order.bands[row] for row in rows)
    if not set(S2_BAND_NAMES) <= set(bands):
        return order
    found = recognise(evidence.values[rows], evidence.sharp[rows], named=bands)
    if not found.readings:
        return order
    best, sure = found.by_order()[0]
    sane = best.scaling.usable and found.odd < STRANGE
    if not sane or sure < SURE or places_of(best.bands) == places_of(bands):
        return order
    seen = list(named)
    for row, band in zip(rows, best.bands, strict=True):
        seen[evidence.places[row] - 1] = band
    choices = tuple(
        Choice(",".join(band or "-" for band in bands), f"{who}: {in_words(bands)}", units)
        for who, bands in (("As the pixels say", tuple(seen)), ("As the names say", named))
        for units in (Units(_ten(evidence, bands)),)
    )
    question = (
        f"The bands are named {in_words(named)}, but their pixels look like "
        f"{in_words(tuple(seen))} ({sureness(sure)}). Which bands are these, in their order?"
    )
    return replace(order, question=question, choices=choices)


def _recognised(evidence: Evidence) -> Recognition:
    found = recognise(
        evidence.values,
        evidence.sharp,
        not_bands=evidence.alien | evidence.empty,
        few=evidence.few - evidence.empty,
    )
    if not found.readings:
        seen = evidence.values
        raise RasterError(
            f"The values lie between {seen.min():.4g} and {seen.max():.4g}: in no known unit. "
            f"{BRING}"
        )
    return found


def _asked(raster: InputRaster, evidence: Evidence, found: Recognition) -> Order:
    orders = found.by_order()
    best, sure = orders[0]
    count = len(evidence.places)
    standard = BY_KEY[STANDARD[count]].bands if count in STANDARD else None
    usable = [(r, p) for r, p in orders if set(S2_BAND_NAMES) <= set(r.bands)]
    lacking = best.layout is not None and not best.layout.usable
    if lacking and sure >= SURE and found.odd < STRANGE:
        missing = [band for band in S2_BAND_NAMES if band not in best.bands]
        assert best.layout is not None
        raise RasterError(
            f"None of the {count} bands is named, and their pixels are like those of "
            f"{best.layout.users} ({best.layout.statement}): there is no {', '.join(missing)} "
            f"({sureness(sure)}). {BRING}. If it is otherwise, name the bands, or say it: "
            "--bands B2,B3,..."
        )
    clear = sure >= SURE and found.odd < STRANGE
    if clear and standard is not None and _is_standard(best, standard, evidence):
        how = f"by its pixels, in the usual order of {count} bands ({sureness(sure)})"
        cirrus = best.level == "L1C" and "B10" in standard
        return _order(raster, evidence, best.bands, how, by_name=False, cirrus=cirrus)
    if not usable:
        raise RasterError(f"{count} unnamed bands are in no order that is known. {BRING}")
    shown = usable[:_MOST_CHOICES]
    if standard is not None and standard not in [r.bands for r, _ in shown]:
        shown = [*shown[:3], (_as_standard(shown[0][0], standard), 0.0)]
    return _question(raster, evidence, shown, found)


def _is_standard(best: Reading, standard: Bands, evidence: Evidence) -> bool:
    """Whether the ten bands are where they usually are, and nothing else sits among the others."""
    at, usual = places_of(best.bands), places_of(standard)
    if any(at.get(band) != usual[band] for band in S2_BAND_NAMES):
        return False
    others = [place - 1 for band, place in usual.items() if band not in S2_BAND_NAMES]
    return not any(_is_foreign(evidence, place) for place in others if best.bands[place] is None)


def _is_foreign(evidence: Evidence, place: int) -> bool:
    """Whether a band that is not read holds a mask, an index or radar."""
    if place in evidence.empty:
        return False
    held = np.unique(evidence.values[place])
    if held.size > _MASK:
        return place in evidence.alien
    dark = evidence.values.max() <= _PICTURE
    return not (np.all(held == 0) or (dark and held.size == 1))


def _as_standard(like: Reading, standard: Bands) -> Reading:
    return Reading(standard, like.level, like.scaling, None, 0.0, -np.inf)


def _question(
    raster: InputRaster, evidence: Evidence, shown: list[tuple[Reading, float]], found: Recognition
) -> Order:
    best, sure = shown[0]
    choices = tuple(
        Choice(_key(reading), _label(reading, p), _units(raster, evidence, reading))
        for reading, p in shown
    )
    if found.odd >= STRANGE:
        seen = "its pixels are like no land, water, snow or cloud that is known, in any order"
    else:
        users = f", the order of {best.layout.users}" if best.layout else ""
        seen = f"they look like {in_words(best.bands)}{users} ({sureness(sure)})"
    order = _order(raster, evidence, best.bands, "by its pixels, not for certain", by_name=False)
    question = (
        f"None of the {len(evidence.places)} bands is named; {seen}. Which bands are these, in "
        "their order?"
    )
    return replace(order, question=question, choices=choices)


def _key(reading: Reading) -> str:
    layout = _layout_of(reading.bands)
    return layout.key if layout else ",".join(band or "-" for band in reading.bands)


def _label(reading: Reading, probability: float) -> str:
    layout = _layout_of(reading.bands)
    users = f" ({layout.users})" if layout else ""
    return f"{in_words(reading.bands)}{users}: {_chance(probability)}"


def _chance(probability: float) -> str:
    return sureness(probability) if probability > 0.01 else "unlikely"


def _layout_of(bands: Bands):  # type: ignore[no-untyped-def]
    return next((layout for layout in LAYOUTS if layout.bands == bands), None)


def _units(raster: InputRaster, evidence: Evidence, reading: Reading) -> Units:
    return Units(_ten(evidence, reading.bands))


def _said(raster: InputRaster, said: str) -> Bands:
    layout = BY_KEY.get(said.strip().lower())
    if layout is not None:
        if len(layout.bands) != raster.count:
            raise RasterError(
                f"The order {said} has {len(layout.bands)} bands, the raster has {raster.count}. "
                "Name them one by one, - for what is none: --bands B2,B3,..."
            )
        if not layout.usable:
            raise RasterError(f"The order {said} does not hold the ten bands. {BRING}")
        return layout.bands
    bands = said_bands(said, raster.count)
    if bands is None:
        known = ", ".join(layout.key for layout in LAYOUTS if len(layout.bands) == raster.count)
        raise RasterError(
            f"{said[:80]} is no order of bands. Name them one by one, such as B2,B3,B4,..., or "
            f"choose one of: {known or 'none is known for so many bands'}"
        )
    return bands


def _ten(evidence: Evidence, bands: Bands) -> tuple[int, ...]:
    """Places of the ten, from the bands of what was read or of the whole raster."""
    at = places_of(bands)
    if len(bands) == len(evidence.places):
        return tuple(evidence.places[at[name] - 1] for name in S2_BAND_NAMES)
    return tuple(at[name] for name in S2_BAND_NAMES)


def _order(
    raster: InputRaster,
    evidence: Evidence,
    bands: Bands,
    how: str,
    *,
    by_name: bool,
    cirrus: bool = False,
) -> Order:
    whole = len(bands) == raster.count
    read = tuple(bands[place - 1] for place in evidence.places) if whole else bands
    at = places_of(bands)
    ten = tuple(at[name] for name in S2_BAND_NAMES)
    return Order(
        bands=read,
        ten=ten,
        how=how,
        by_name=by_name,
        cirrus=cirrus,
        with_b1_b9={"B1", "B9"} <= set(at),
    )
