"""What unnamed bands are, told from the pixels: an order, a level, a unit, and how sure that is.

Every known order of bands, with the unit and offset that each product may have, says how likely the
pixels are (`recogniser_model`); Bayes' rule weighs them by that and by how common they are.
"""

import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lcviz.rasters.arrangements import MISNAMED, USUAL, Bands, arrangements, misnamed, swapped
from lcviz.rasters.layouts import Layout
from lcviz.rasters.recogniser_model import (
    levels_of,
    log_density,
    log_slope,
    misfit,
    stretch,
)
from lcviz.rasters.recogniser_sharpness import support
from lcviz.rasters.scalings import SCALINGS, Scaling
from lcviz.taxonomy import S2_BAND_NAMES

Floats = npt.NDArray[np.float64]

PIXELS: Final = 250
"""As many are looked at; neighbours tell little that is new."""
_INDEPENDENT: Final = 12.0
"""Pixels that the mean of all pixels is worth, since those of one image are alike."""
_ALIKE: Final = 0.3
"""The same where nothing varies, as in open water."""
_VARIED: Final = 0.2
"""Standard deviation through mean from which on an image is varied."""
_UNLISTED_PRIOR: Final = 3e-5
"""There are millions of orders that nobody is known to use."""
_EXTRA_SD: Final = 0.5
_ROUGH: Final = 5
_HOPEFUL: Final = 40
_MOST_LOOKS: Final = 6


@dataclass(frozen=True)
class Reading:
    """One answer to what the places of a raster hold."""

    bands: Bands
    """Band at each place, None for what is none."""
    level: str
    scaling: Scaling
    layout: Layout | None
    """The known order that it is; None for one that nobody is known to use, or that was said."""
    probability: float
    log_odds: float
    """Its logarithm, but for a constant that all share."""


@dataclass(frozen=True)
class Recognition:
    """All answers, the likeliest first."""

    readings: tuple[Reading, ...]
    odd: float
    """Share of the pixels that are like no land, water, snow or cloud known, read as the first."""

    def by_order(self) -> list[tuple[Reading, float]]:
        """The likeliest reading of each order of the ten bands, and the order's probability."""
        return _summed(self.readings, _ten_places)

    def by_scaling(self) -> list[tuple[Reading, float]]:
        """Likewise for each unit and offset."""
        return _summed(self.readings, lambda reading: reading.scaling)

    def with_offset(self, offset: float) -> tuple[float, ...]:
        """Probability of an offset among those of products, for each level that it may be of."""
        told = []
        for level in ("L1C", "L2A"):
            usable = [r for r in self.readings if r.level == level and r.scaling.usable]
            scores = [r.log_odds for r in usable]
            if scores:
                weights = np.exp(np.array(scores) - max(scores))
                own = sum(
                    w for w, r in zip(weights, usable, strict=True) if r.scaling.offset == offset
                )
                told.append(float(own / weights.sum()))
        return tuple(told)

    def level(self) -> tuple[str, float]:
        """The likeliest level and its probability."""
        first, probability = _summed(self.readings, lambda reading: reading.level)[0]
        return first.level, probability


def _ten_places(reading: Reading) -> Hashable:
    """Places of the ten bands; None where one is not there."""
    at = places_of(reading.bands)
    return tuple(at.get(band) for band in S2_BAND_NAMES)


def _summed(
    readings: Sequence[Reading], of: Callable[[Reading], Hashable]
) -> list[tuple[Reading, float]]:
    first: dict[Hashable, Reading] = {}
    total: dict[Hashable, float] = {}
    for reading in readings:
        key = of(reading)
        first.setdefault(key, reading)
        total[key] = total.get(key, 0.0) + reading.probability
    return sorted(((first[key], total[key]) for key in first), key=lambda pair: -pair[1])


def recognise(
    values: Floats,
    sharp: Floats,
    *,
    known: Bands | None = None,
    named: Bands | None = None,
    levels: tuple[str, ...] = ("L1C", "L2A"),
    not_bands: frozenset[int] = frozenset(),
    few: frozenset[int] = frozenset(),
) -> Recognition:
    """Tell what the places of a raster hold.

    Args:
        values: (places, pixels), as stored, scaled as the file declares; finite, without no data.
        sharp: as `sharpness` measures it, (places,).
        known: band at each place, where that is settled; only the unit is asked then.
        named: band at each place as its name says, which is seldom wrong.
        levels: those that it may be.
        not_bands: places (0-based) that hold no band for certain.
        few: places of so few values that they may hold a mask, or next to nothing.

    Returns:
        Every answer that is not hopeless, the likeliest first.
    """
    step = max(1, values.shape[1] // PIXELS)
    pixels = np.ascontiguousarray(values[:, ::step], dtype=np.float64)
    rich = [i for i in range(len(pixels)) if i not in not_bands | few] or [*range(len(pixels))]
    scalings = _possible_scalings(pixels[rich])
    if known is not None:
        candidates: list[tuple[Bands, Layout | None, float]] = [(known, None, 1.0)]
    elif named is not None:
        candidates = [(named, None, 1.0), *misnamed(named)]
    else:
        candidates = list(arrangements(len(pixels), not_bands, few))
    worth = worth_of(pixels[rich])
    looks = [_Look(pixels, sharp, scaling, worth) for scaling in scalings]
    options = [
        _Option(bands, level, layout, look, prior)
        for bands, layout, prior in candidates
        for level in levels_of([band for band in bands if band])
        if level in levels
        for look in looks
    ]
    # A few pixels tell what is hopeless: units first, then orders.
    usual = [o for o in options if o.layout is None or o.layout.key in USUAL] or options
    likely = _likely_looks(usual, looks)
    options = [option for option in options if option.look in likely]
    rough = np.array([option.score(_ROUGH) for option in options])
    hopeful = np.argsort(-rough, kind="stable")[:_HOPEFUL]
    scored = [_Scored(options[i].score(), options[i]) for i in hopeful]
    if not scored:
        return Recognition((), 1.0)
    if known is None:
        likeliest = max(scored, key=lambda s: s.score).option
        scored += _unlisted(likeliest, _UNLISTED_PRIOR * (1.0 if named is None else MISNAMED))
    scores = np.array([s.score for s in scored])
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    readings = tuple(
        Reading(
            option.bands,
            option.level,
            option.look.scaling,
            option.layout,
            float(weights[i]),
            scored[i].score,
        )
        for i in np.argsort(-weights, kind="stable")
        for option in (scored[i].option,)
    )
    return Recognition(readings, odd_share(pixels, readings[0]))


def worth_of(pixels: Floats) -> float:
    """As many independent pixels the mean of all is worth: fewer where they are alike."""
    spread = pixels.std(axis=1) / np.maximum(np.abs(pixels.mean(axis=1)), 1e-9)
    variety = min(1.0, float(np.median(spread)) / _VARIED) ** 2
    return _ALIKE + (_INDEPENDENT - _ALIKE) * variety


def _likely_looks(options: Sequence["_Option"], looks: Sequence["_Look"]) -> list["_Look"]:
    """The units that the usual orders make likeliest."""
    best = dict.fromkeys(looks, -np.inf)
    for option in options:
        best[option.look] = max(best[option.look], option.score(_ROUGH))
    return sorted(looks, key=lambda look: -best[look])[:_MOST_LOOKS]


def odd_share(values: Floats, reading: Reading) -> float:
    """Share of pixels that are like nothing known, read so."""
    bands, places = _bands_of(reading.bands)
    dn = values[places] * reading.scaling.scale - reading.scaling.offset
    return float(np.mean(misfit(reading.level, dn, bands) > ODD))


ODD: Final = 1.8
"""Misfit per band above which a pixel is like nothing known."""


class _Look:
    """Pixels in one unit."""

    def __init__(self, pixels: Floats, sharp: Floats, scaling: Scaling, worth: float):
        dn = pixels * scaling.scale - scaling.offset
        self.scaling = scaling
        self.sharp = sharp
        self.stretched = stretch(dn)
        self.slope = float(log_slope(dn).sum(axis=0).mean()) + len(dn) * np.log(scaling.scale)
        spread = self.stretched.std(axis=1)
        self.worth = worth
        sd = np.maximum(_EXTRA_SD, spread)
        # Mean log density of a place that has nothing to do with the others.
        self.extra = -0.5 * np.log(2 * np.pi) - np.log(sd) - (spread / sd) ** 2 / 2


@dataclass(frozen=True, eq=False)
class _Option:
    bands: Bands
    level: str
    layout: Layout | None
    look: _Look
    prior: float

    def score(self, step: int = 1) -> float:
        """Log probability, but for a constant; of every `step`-th pixel."""
        names, places = _bands_of(self.bands)
        look = self.look
        stretched = look.stretched[places] if step == 1 else look.stretched[places, ::step]
        density = float(log_density(self.level, stretched, names).mean()) + look.slope
        density += sum(look.extra[i] for i, band in enumerate(self.bands) if band is None)
        told = float(np.log(self.prior) + np.log(look.scaling.prior))
        return look.worth * density + support(look.sharp, self.bands) + told


class _Scored(NamedTuple):
    score: float
    option: _Option


def _bands_of(bands: Bands) -> tuple[list[str], list[int]]:
    places = [place for place, band in enumerate(bands) if band is not None]
    return [band for band in bands if band is not None], places


def _possible_scalings(pixels: Floats) -> list[Scaling]:
    """Those that do not make the middle pixel absurd."""
    middle = float(np.median(pixels))
    bright = float(np.percentile(pixels, 95))
    return [
        s
        for s in SCALINGS
        if -1200 < middle * s.scale - s.offset < 20_000
        and 15 < bright * s.scale - s.offset < 40_000
    ]


def _unlisted(best: _Option, prior: float) -> list[_Scored]:
    """The best order that swaps of two places lead to, if there is one better than the known."""
    places = _bands_of(best.bands)[1]
    option = replace(best, layout=None, prior=prior)
    reached = option.score(_ROUGH)
    for _ in range(len(places)):
        swaps = [
            replace(option, bands=swapped(option.bands, *pair))
            for pair in itertools.combinations(places, 2)
        ]
        scores = [swap.score(_ROUGH) for swap in swaps]
        top = int(np.argmax(scores))
        if scores[top] <= reached + 1:
            break
        option, reached = swaps[top], scores[top]
    known = option.bands == best.bands
    return [] if known else [_Scored(option.score(), option)]


def places_of(bands: Sequence[str | None]) -> dict[str, int]:
    """Band -> 1-based place."""
    return {band: place for place, band in enumerate(bands, 1) if band is not None}
