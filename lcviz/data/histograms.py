"""Exact counts of pixels by band and digital number (DN), 0 to 65535, and how they add up.

A histogram is int64 (10, DNs): bands in the order of `taxonomy.BANDS`, column = DN. Columns beyond
the last that is not zero may be missing, so that two histograms may differ in width. Pixels that
are no data are in none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.taxonomy import AXES, BANDS, CONTINENTS, SEASONS

DN_VALUES: Final = 2**16
"""How many values a pixel of a uint16 band can have."""
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Histograms:
    """Counts of each season x continent that holds pixels; one row each."""

    seasons: tuple[str, ...]
    """Season of each row."""
    continents: tuple[str | None, ...]
    """Continent of each row; None for the scenes that lie on none."""
    counts: Counts
    """int64 (rows, 10, DNs)."""

    def by(self, axis: str) -> dict[str, Counts]:
        """Counts of each group of `continent` or `season`: int64 (10, DNs), in taxonomy order.

        A group without pixels is absent; rows without a continent are in no continent's counts.
        """
        groups = np.array(self.continents if axis == "continent" else self.seasons, dtype=object)
        return {
            group: self.counts[groups == group].sum(axis=0)
            for group in AXES[axis]
            if (groups == group).any()
        }


def count_pixels(values: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]) -> Counts:
    """Count the pixels of one image by band and DN.

    Args:
        values: DN, uint16 (10, rows, columns).
        valid: (rows, columns), False where there is no measurement.

    Returns:
        int64 (10, 65536).
    """
    return np.stack([np.bincount(band[valid], minlength=DN_VALUES) for band in values])


def trimmed(counts: Counts) -> Counts:
    """The same counts (..., DNs) without the columns beyond the last that is not zero."""
    occupied = np.flatnonzero(counts.reshape(-1, counts.shape[-1]).any(axis=0))
    return counts[..., : occupied[-1] + 1 if occupied.size else 1]


def aligned(*counts: npt.NDArray[np.int64]) -> list[Counts]:
    """The same counts (..., DNs), all as wide as the widest."""
    width = max(each.shape[-1] for each in counts)
    return [
        each
        if each.shape[-1] == width
        else np.pad(each, [(0, 0)] * (each.ndim - 1) + [(0, width - each.shape[-1])])
        for each in counts
    ]


def add_scenes(scenes: Iterable[tuple[str, str | None, Counts]]) -> Histograms:
    """Add up the histograms of scenes, given as (season, continent, counts), in any order.

    Scenes without a pixel are left out, so that a group which holds nothing else is absent.
    """
    sums: dict[tuple[str, str | None], Counts] = {}
    for season, continent, counts in scenes:
        if counts.any():
            before = sums.get((season, continent), np.zeros((len(BANDS), 1), np.int64))
            sums[season, continent] = np.add(*aligned(before, counts))
    rows = [
        (season, continent)
        for season in dict.fromkeys((*SEASONS, *sorted(season for season, _ in sums)))
        for continent in (*CONTINENTS, None)
        if (season, continent) in sums
    ]
    none = np.zeros((0, len(BANDS), 1), np.int64)
    return Histograms(
        seasons=tuple(season for season, _ in rows),
        continents=tuple(continent for _, continent in rows),
        counts=np.stack(aligned(*(sums[row] for row in rows))) if rows else none,
    )
