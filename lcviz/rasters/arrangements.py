"""Orders that unnamed, or wrongly named, bands may be in, and how common each is before a look."""

import itertools
from collections.abc import Iterator
from typing import Final

from lcviz.rasters.layouts import LAYOUTS, STANDARD, Layout

Bands = tuple[str | None, ...]

USUAL: Final = frozenset(STANDARD.values())
"""Keys of the orders that products themselves have."""
MISNAMED: Final = 1e-3
"""How seldom names are wrong."""
_USUAL_PRIOR: Final = 2.0
"""The usual orders are little commoner here: how sure one can be is for the pixels to say."""
_EXTRA_PRIOR: Final = 0.01
_SLIP_PRIOR: Final = 0.01
_MOST_EXTRAS: Final = 12


def arrangements(
    count: int, not_bands: frozenset[int], few: frozenset[int]
) -> Iterator[tuple[Bands, Layout | None, float]]:
    """Known orders for so many places, some of which may hold no band."""
    for layout in LAYOUTS:
        extras = count - len(layout.bands)
        if extras == 0 and layout.key in USUAL and not not_bands:
            for bands in slips(layout.bands):
                yield bands, None, _SLIP_PRIOR
        if extras == 0 and "B10" in layout.bands:
            place = layout.bands.index("B10")
            if place in not_bands | few:  # Nothing in B10's place: it is not needed.
                bands = tuple(None if band == "B10" else band for band in layout.bands)
                yield bands, layout, _prior(layout)
        for certain in {not_bands, not_bands | few}:
            if not len(certain) <= extras <= _MOST_EXTRAS:
                continue
            for chosen in _extra_places(count, extras, certain):
                free = iter(layout.bands)
                bands = tuple(None if place in chosen else next(free) for place in range(count))
                yield bands, layout, _prior(layout) * _EXTRA_PRIOR**extras


def _prior(layout: Layout) -> float:
    return _USUAL_PRIOR if layout.key in USUAL else 1.0


def slips(bands: Bands) -> Iterator[Bands]:
    """Orders that a usual one becomes by a slip: turned round, or two bands for one another."""
    yield bands[::-1]
    for one, other in (("B8", "B8A"), ("B2", "B4"), ("B11", "B12")):
        yield swapped(bands, bands.index(one), bands.index(other))


def _extra_places(count: int, extras: int, certain: frozenset[int]) -> Iterator[frozenset[int]]:
    """Where places that hold no band may be: anywhere if one or two, else first or last."""
    more = extras - len(certain)
    others = [place for place in range(count) if place not in certain]
    if more <= 1:
        for places in itertools.combinations(others, more):
            yield certain | set(places)
        return
    for first in range(more + 1):
        ends = others[:first] + others[len(others) - (more - first) :]
        yield certain | set(ends)


def misnamed(named: Bands) -> Iterator[tuple[Bands, Layout | None, float]]:
    """Orders that the same bands may have where their names are wrong."""
    for layout in LAYOUTS:
        order = tuple(band for band in layout.bands if band in named)
        if len(order) == len(named) and order != named:
            yield order, layout, MISNAMED
    for order in slips(named):
        yield order, None, MISNAMED


def swapped(bands: Bands, one: int, other: int) -> Bands:
    """An order with two places exchanged."""
    changed = list(bands)
    changed[one], changed[other] = bands[other], bands[one]
    return tuple(changed)
