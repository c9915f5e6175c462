"""What is drawn of histograms: smoothed or binned curves over DN, ranges, quartiles.

Counts are int64 (10, DNs) as in `histograms`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data import published
from lcviz.data.histograms import Counts, aligned
from lcviz.distributions.distances import density, quantiles
from lcviz.taxonomy import BANDS, S2_BAND_NAMES

Floats = npt.NDArray[np.float64]

DN_STEP: Final = 250
"""Ranges begin and end at multiples of it."""
_WIDTHS: Final = (5, 10, 20, 25, 50, 100, 125, 250, 500, 1000, 2500)
_PERCENT_PER_100_DN: Final = 1e4


@dataclass(frozen=True, eq=False)
class Curves:
    """One curve a group and band."""

    dn: Floats
    """(m,)."""
    values: Mapping[str, Floats]
    """Group -> (10, m)."""
    label: str
    """What the values are, with their unit."""
    steps: bool
    """Whether they are those of bins about `dn`."""

    def rows(self, axis: str, bands: Sequence[int]) -> pd.DataFrame:
        """In long form: the group under `axis`, band, dn and the values under `label`."""
        parts = [
            pd.DataFrame({axis: group, "band": BANDS[band], "dn": self.dn, self.label: of[band]})
            for group, of in self.values.items()
            for band in bands
        ]
        return pd.concat(parts, ignore_index=True)


def dn_range(counts: Counts, tail: float) -> tuple[int, int]:
    """The DN between which all bands have all but `tail` of their pixels, in steps of `DN_STEP`.

    Each end leaves out at most half of `tail` of any band.
    """
    held = [band for band in counts if band.any()]
    ends = [quantiles(band, (tail / 2, 1 - tail / 2)) for band in held]
    low = min((int(end[0]) for end in ends), default=0) // DN_STEP * DN_STEP
    high = -(-max((int(end[1]) for end in ends), default=1) // DN_STEP) * DN_STEP
    return low, max(high, low + DN_STEP)


def smoothed(counts: Counts, factor: float, grid: npt.NDArray[np.int64]) -> Floats:
    """Kernel densities of the ten bands, in % of the pixels per 100 DN.

    Args:
        counts: (10, DNs).
        factor: how many times Scott's bandwidth.
        grid: whole DN (m,).

    Returns:
        (10, m); NaN for a band without pixels.
    """
    curves = np.full((len(counts), len(grid)), np.nan)
    for band, of_band in enumerate(counts):
        if of_band.any():
            curves[band] = density(of_band, factor=factor, grid=grid)[1] * _PERCENT_PER_100_DN
    return curves


def bin_width(low: int, high: int, bins: int) -> int:
    """A round width that cuts a range of DN into at most so many bins."""
    return next((w for w in _WIDTHS if (high - low) / w <= bins), _WIDTHS[-1])


def binned(counts: Counts, low: int, high: int, width: int) -> tuple[Floats, Floats]:
    """Exact numbers of pixels in bins.

    Args:
        counts: (10, DNs).
        low: first DN of the first bin.
        high: DN that the last bin reaches or goes beyond.
        width: of a bin, DN.

    Returns:
        Middle of each bin (m,) and pixels (10, m).
    """
    bins = -(-(high - low) // width)
    within = counts[:, low : low + bins * width]
    whole = np.pad(within, ((0, 0), (0, bins * width - within.shape[1])))
    middles = low + width * np.arange(bins, dtype=np.float64) + (width - 1) / 2
    return middles, whole.reshape(len(counts), bins, width).sum(-1).astype(np.float64)


def thinned(grid: npt.NDArray[np.int64], low: int, high: int, points: int) -> npt.NDArray[np.int64]:
    """Places of at most so many grid points, evenly spaced, from `low` to `high` DN."""
    inside = np.flatnonzero((grid >= low) & (grid <= high))
    return inside[:: max(1, -(-len(inside) // points))]


def quartiles(counts: Counts) -> pd.DataFrame:
    """q25, median and q75 of each band that holds a pixel, DN; indexed by band."""
    held = {name: of_band for name, of_band in zip(BANDS, counts, strict=True) if of_band.any()}
    return pd.DataFrame(
        [quantiles(of_band, (0.25, 0.5, 0.75)) for of_band in held.values()],
        index=pd.Index(list(held), name="band"),
        columns=["q25", "median", "q75"],
    )


def group_quartiles(axis: str, by_group: Mapping[str, Counts]) -> pd.DataFrame:
    """Columns `axis`, band, pixels, q25, median, q75: one row a group's band."""
    parts = []
    for group, counts in by_group.items():
        table = quartiles(counts).reset_index()
        table.insert(0, axis, group)
        pixels = dict(zip(BANDS, counts.sum(-1).tolist(), strict=True))
        table.insert(2, "pixels", table.band.map(pixels))
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def beside_published(counts: Counts | None) -> pd.DataFrame:
    """Quartiles of the whole study beside those published of SEN12MS, DN; one row a band.

    Columns band and "<q25 | median | q75>, <study | published>"; only the published ones if
    `counts` is None.
    """
    paper = published.band_statistics().loc[list(BANDS), ["q25", "median", "q75"]]
    tables = {} if counts is None else {"study": quartiles(counts)}
    tables["published"] = paper
    columns = {
        f"{name}, {whose}": table[name].reindex(list(BANDS))
        for name in paper
        for whose, table in tables.items()
    }
    return pd.DataFrame(columns).rename_axis("band").reset_index()


def side_by_side(beside: pd.DataFrame) -> pd.DataFrame:
    """The same in four columns, as narrow as a phone: "943 (941)", the study's and the published.

    Args:
        beside: as `beside_published` gives it; the published stand alone where they are so.
    """
    names = dict(zip(BANDS, S2_BAND_NAMES, strict=True))
    rows = {"Band": beside.band.map(lambda band: f"{names[band]} {band}")}
    for name, title in (("q25", "25%"), ("median", "Median"), ("q75", "75%")):
        known = [
            beside[f"{name}, {whose}"]
            for whose in ("study", "published")
            if f"{name}, {whose}" in beside
        ]
        rows[title] = pd.Series(
            [_with_brackets(*values) for values in zip(*known, strict=True)], beside.index
        )
    return pd.DataFrame(rows)


def _with_brackets(first: float, second: float | None = None) -> str:
    said = "none" if np.isnan(first) else f"{first:,.0f}"
    return said if second is None else f"{said} ({second:,.0f})"


def without(group: Counts, scene: Counts) -> Counts:
    """What is left of a group's counts without one of its scenes."""
    return np.maximum(np.subtract(*aligned(group, scene)), 0)
