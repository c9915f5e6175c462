"""Densities of, and distances between, distributions of DN, from exact counts alone.

Counts are int64 (..., DNs) as in `histograms`, column = DN. Nothing here costs more for more
pixels: 11.8 billion a band are as cheap as eleven.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from lcviz.data.histograms import Counts, aligned

Floats = npt.NDArray[np.float64]

GRID_POINTS: Final = 400
GRID_TAIL: Final = 0.0005
"""Share of the pixels that a grid may leave out at either end."""
SMALLEST_BANDWIDTH: Final = 1.0
"""DN. Values are whole DN: a narrower kernel would draw gaps that are only rounding."""
_REACH: Final = 8.0
"""The kernel is cut off so many bandwidths away, where it is 1e-14 of its peak."""


def quantiles(counts: Counts, shares: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The smallest DN up to which at least these shares of the pixels lie.

    Args:
        counts: (DNs,).
        shares: 0 to 1, (m,).

    Returns:
        DN, int64 (m,).

    Raises:
        ValueError: there is no pixel.
    """
    cumulated = counts.cumsum()
    if not cumulated.size or not cumulated[-1]:
        raise ValueError("There is no pixel, hence no distribution")
    # A share of 1e-16 too much, by rounding, must not move a quantile by a DN.
    wanted = np.asarray(shares, dtype=np.float64) * cumulated[-1] * (1 - 1e-12)
    return np.searchsorted(cumulated, np.maximum(wanted, 0.5))


def scott_bandwidth(counts: Counts) -> float:
    """Scott's rule: n^(-1/5) x sample standard deviation, as in scipy.stats.gaussian_kde.

    Args:
        counts: (DNs,).

    Returns:
        Standard deviation of the kernel, DN; 0 where fewer than two pixels, or equal ones, give
        none.

    Source: Scott 1992, Multivariate Density Estimation.
    """
    n = int(counts.sum())
    if n < 2:
        return 0.0
    occupied = np.flatnonzero(counts)
    dn, weights = occupied.astype(np.float64), counts[occupied].astype(np.float64)
    # Sums, not products by BLAS: its threads wait for one another where cores are shared.
    mean = (dn * weights).sum() / n
    return float(n**-0.2 * np.sqrt(((dn - mean) ** 2 * weights).sum() / (n - 1)))


def density_grid(counts: Counts, points: int = GRID_POINTS) -> npt.NDArray[np.int64]:
    """Whole DN, evenly spaced, from where the distribution rises to where it has fallen.

    Args:
        counts: (DNs,); of several groups together, if they are to share an axis.
        points: how many at most.

    Returns:
        int64 (at most `points`,), rising.

    Raises:
        ValueError: there is no pixel.
    """
    low, high = quantiles(counts, (GRID_TAIL, 1 - GRID_TAIL))
    margin = 3 * max(scott_bandwidth(counts), SMALLEST_BANDWIDTH)
    ends = max(0.0, low - margin), high + margin
    return np.unique(np.linspace(*ends, points).round().astype(np.int64))


def density(
    counts: Counts, *, factor: float = 1.0, grid: npt.ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Gaussian kernel density, by convolution of the counts.

    All values are whole DN, so that this is no approximation by bins: at every whole DN it is
    what scipy.stats.gaussian_kde gives for all the pixels.

    Args:
        counts: (DNs,).
        factor: the bandwidth is so many times Scott's, and at least `SMALLEST_BANDWIDTH`.
        grid: DN at which it is wanted, rounded to whole DN; `density_grid` of the counts if None.

    Returns:
        DN and density per DN, float64 (points,) each.

    Raises:
        ValueError: there is no pixel.
    """
    points = density_grid(counts) if grid is None else np.rint(grid).astype(np.int64)
    occupied = np.flatnonzero(counts)
    if not occupied.size:
        raise ValueError("There is no pixel, hence no distribution")
    bandwidth = max(factor * scott_bandwidth(counts), SMALLEST_BANDWIDTH)
    reach = int(np.ceil(_REACH * bandwidth))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / bandwidth) ** 2)
    shares = counts[occupied[0] : occupied[-1] + 1] / counts.sum()
    length = len(shares) + 2 * reach
    size = next_fast_len(length, real=True)
    smooth = irfft(rfft(shares, size) * rfft(kernel, size), size)[:length]
    # Where there is nothing, the transform leaves rounding errors of either sign.
    smooth = np.maximum(smooth, 0) / (bandwidth * np.sqrt(2 * np.pi))
    places = points - (occupied[0] - reach)
    inside = (places >= 0) & (places < length)
    return points.astype(np.float64), np.where(inside, smooth[places * inside], 0.0)


def wasserstein(p: Counts, q: Counts) -> Floats:
    """Wasserstein-1 distance: the area between the cumulative distributions, DN.

    Args:
        p: counts (..., DNs).
        q: counts (..., DNs).

    Returns:
        (...,), NaN where either has no pixel.
    """
    return np.abs(_difference_of_cumulated(p, q)).sum(-1)


def kolmogorov_smirnov(p: Counts, q: Counts) -> Floats:
    """Kolmogorov-Smirnov statistic: the largest gap between the cumulative distributions, 0 to 1.

    Arguments and result as for `wasserstein`.
    """
    return np.abs(_difference_of_cumulated(p, q)).max(-1)


def jensen_shannon(p: Counts, q: Counts) -> Floats:
    """Jensen-Shannon distance: square root of the divergence in bits, 0 to 1.

    Each DN is a bin of its own, so that an image of few pixels is some way from everything by
    chance alone. Arguments and result as for `wasserstein`.

    Source: Endres & Schindelin 2003, IEEE Transactions on Information Theory 49, 1858-1860.
    """
    p_shares, q_shares = (_shares(each) for each in aligned(p, q))
    middle = (p_shares + q_shares) / 2
    divergence = (_entropy_bits(middle)) - (_entropy_bits(p_shares) + _entropy_bits(q_shares)) / 2
    return np.sqrt(np.maximum(divergence, 0))


@dataclass(frozen=True)
class Distance:
    """One way to tell how far apart two distributions are."""

    label: str
    unit: str
    """Empty where it has none."""
    value: Callable[[Counts, Counts], Floats]
    """Counts (..., DNs) twice -> (...,)."""


DISTANCES: Final[Mapping[str, Distance]] = MappingProxyType(
    {
        "wasserstein": Distance("Wasserstein distance", "DN", wasserstein),
        "jensen-shannon": Distance("Jensen-Shannon distance", "", jensen_shannon),
        "kolmogorov-smirnov": Distance("Kolmogorov-Smirnov statistic", "", kolmogorov_smirnov),
    }
)
"""Every distance by the name it has in an address."""


def distance_table(by_group: Mapping[str, Counts], measure: Distance) -> Floats:
    """Distances between all groups, band by band.

    Args:
        by_group: group -> counts (10, DNs), as `Histograms.by` gives them.
        measure: one of `DISTANCES`.

    Returns:
        (groups, groups, 10), symmetric, zero on the diagonal; `.mean(-1)` is the mean over bands.
    """
    groups = list(by_group.values())
    bands = groups[0].shape[0] if groups else 0
    table = np.zeros((len(groups), len(groups), bands))
    for i, p in enumerate(groups):
        for j, q in enumerate(groups[:i]):
            table[i, j] = table[j, i] = measure.value(p, q)
    return table


def outside_share(image_counts: Counts, group_counts: Counts, tail: float = 0.01) -> Floats:
    """Share of an image's pixels where its group has hardly any: is it in-distribution?

    Args:
        image_counts: (10, DNs).
        group_counts: (10, DNs).
        tail: half of this share of the group's pixels may lie below the range, half above it.

    Returns:
        (10,), share of the image's pixels beyond the group's tail/2 and 1 - tail/2 quantiles;
        about `tail` for an image like its group, NaN for one without pixels.

    Raises:
        ValueError: the group has no pixel.
    """
    shares = _shares(image_counts)
    outside = np.empty(len(shares))
    for band, counts in enumerate(group_counts):
        low, high = quantiles(counts, (tail / 2, 1 - tail / 2))
        outside[band] = shares[band, :low].sum() + shares[band, high + 1 :].sum()
    return outside


def _shares(counts: Counts) -> Floats:
    total = counts.sum(-1, keepdims=True)
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def _difference_of_cumulated(p: Counts, q: Counts) -> Floats:
    p, q = aligned(p, q)
    return _shares(p).cumsum(-1) - _shares(q).cumsum(-1)


def _entropy_bits(shares: Floats) -> Floats:
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return -(np.where(np.isnan(shares), np.nan, shares * logs)).sum(-1)
