"""Rasters put together of products with and without the offset: parts, or bands, that disagree."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.rasters.arrangements import Bands
from lcviz.rasters.evidence import FILLS, SMALL_FILLS, Evidence
from lcviz.rasters.recogniser import recognise, worth_of
from lcviz.rasters.recogniser_model import levels_of, log_density, stretch
from lcviz.rasters.recogniser_sharpness import TEN_METRE

Floats = npt.NDArray[np.float64]

OFFSET: Final = 1000
TOO_DARK: Final = 800
"""A dark end below this has no offset, DN: reflectance would be below -0.02, as low as atmospheric
correction goes in the dark."""
_SURE: Final = 0.99
_SIDE: Final = 4
"""A raster that is looked at whole is cut into so many parts each way."""
_MOST: Final = 36
_ENOUGH: Final = 200
_PIXELS: Final = 250
_BY_FAR: Final = 12.0
"""Natural logarithm of how much likelier numbers must be, some bands of them read otherwise."""


def apart(
    evidence: Evidence,
    rows: Sequence[int],
    bands: Bands,
    levels: tuple[str, ...],
    declared: float,
    scale: float,
) -> str:
    """In words, parts or bands that hold the offset of 1000 DN where others do not; or "".

    Args:
        evidence: a sample.
        rows: 0-based rows of its arrays.
        bands: which band each of them is.
        levels: processing levels that it may be of.
        declared: scale that the file declares, by which `evidence.values` are scaled already.
        scale: DN of one step of a value so scaled.
    """
    known = {row: band for row, band in zip(rows, bands, strict=True) if band is not None}
    rows, bands = list(known), tuple(known.values())
    if not levels_of([*known.values()]):
        return ""
    by_band = _bands_apart(evidence.values[rows], bands, scale)
    return by_band or _places_apart(evidence, rows, bands, levels, declared * scale)


def _places_apart(
    evidence: Evidence, rows: Sequence[int], bands: Bands, levels: tuple[str, ...], scale: float
) -> str:
    told: dict[int, list[str]] = {0: [], OFFSET: []}
    for where, stored in _parts(evidence, rows):
        offset = _offset_of(stored * scale, bands, levels)
        if offset is not None:
            told[offset].append(where)
    if not (told[0] and told[OFFSET]):
        return ""
    total = len(told[0]) + len(told[OFFSET])
    return (
        f"{len(told[OFFSET])} of {total} parts that were looked at hold the offset of {OFFSET} DN, "
        f"such as {told[OFFSET][0]}, the others do not, such as {told[0][0]}: products of two "
        "processing baselines were put together"
    )


def _offset_of(dn: Floats, bands: Bands, levels: tuple[str, ...]) -> int | None:
    if np.percentile(dn, 0.5, axis=1).min() < TOO_DARK:
        return 0
    found = recognise(dn, np.full(len(dn), np.nan), known=bands, levels=levels)
    told = found.with_offset(OFFSET)
    usual = found.readings and found.readings[0].scaling.usable
    return OFFSET if usual and min(told, default=0.0) > _SURE else None


def _parts(evidence: Evidence, rows: Sequence[int]) -> Iterator[tuple[str, Floats]]:
    """Where a part is, and its numbers (bands, pixels)."""
    for window in evidence.windows[:: -(-len(evidence.windows) // _MOST)]:
        values: Floats = window.values[list(rows)].astype(np.float64)
        known = np.asarray(window.measured[list(rows)].all(axis=0), dtype=np.bool_)
        known &= ~np.isin(values, (*FILLS, *SMALL_FILLS)).any(axis=0)
        top, left = int(window.window.row_off), int(window.window.col_off)
        side = _SIDE if len(evidence.windows) == 1 else 1
        height, width = -(-values.shape[1] // side), -(-values.shape[2] // side)
        for row in range(0, values.shape[1], height):
            for column in range(0, values.shape[2], width):
                part = slice(row, row + height), slice(column, column + width)
                pixels = values[(slice(None), *part)][:, known[part]]
                if pixels.shape[1] >= _ENOUGH:
                    yield f"that at row {top + row}, column {left + column}", pixels


def _bands_apart(values: Floats, bands: Bands, scale: float) -> str:
    """The same of the bands of 10 m against the others."""
    pixels = values[:, :: max(1, values.shape[1] // _PIXELS)]
    names = [band for band in bands if band]
    ten = np.array([band in TEN_METRE for band in names])
    shapes = {
        "": (np.zeros(len(ten)), np.ones(len(ten))),
        "10 m": (ten.astype(float),),
        "20 m": (1.0 - ten,),
    }
    worth = worth_of(pixels)
    best = {
        whose: max(
            worth * float(log_density(level, dn, names).mean())
            for offsets in own
            for dn in (stretch(pixels * scale - OFFSET * offsets[:, None]),)
            for level in levels_of(names)
        )
        for whose, own in shapes.items()
    }
    whose = max(best, key=lambda key: best[key])
    if not whose or best[whose] < best[""] + _BY_FAR:
        return ""
    return (
        f"The bands of {whose} look as if they held the offset of {OFFSET} DN, and the others as "
        "if they did not"
    )
