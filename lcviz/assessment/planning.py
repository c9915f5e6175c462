"""How many points, and where: sizes and allocations of a sample, before anything is labelled."""

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np

Allocation = Literal["equal", "proportional", "neyman"]
ALLOCATIONS: Final[tuple[Allocation, ...]] = ("proportional", "equal", "neyman")
Z: Final = 1.959963984540054
"""Standard normal quantile of a 95% interval."""


def points_for(half_width: float, expected: Mapping[str, float], sizes: Mapping[str, int]) -> int:
    """Points that a sample needs for an interval of the overall accuracy.

    Args:
        half_width: half of the 95% interval's width wanted, as a share: 0.05 for +-5 points.
        expected: share of right pixels expected in each stratum, in 0 to 1.
        sizes: pixels of each stratum; with one stratum the sample is a simple random one.

    Returns:
        Points in all, at least 2 a stratum and no more than there are pixels.

    Raises:
        ValueError: `half_width` is not within 0 and 0.5, or a share not within 0 and 1.

    Source: Cochran 1977, equation 5.66 = Olofsson et al. 2014, equation 13, with the correction
    for a finite map; one stratum: Cochran 1977, equation 4.2.
    """
    if not 0 < half_width < 0.5:
        raise ValueError(f"A half width of {half_width} is not between 0 and 0.5.")
    for name, share in expected.items():
        if not 0 <= share <= 1:
            raise ValueError(f"An expected accuracy of {share} ({name}) is not between 0 and 1.")
    total = sum(sizes.values())
    weights = np.array([size / total for size in sizes.values()])
    deviation = np.array([_deviation(expected[name]) for name in sizes])
    error = half_width / Z
    needed = (weights @ deviation) ** 2 / (error**2 + weights @ deviation**2 / total)
    return int(min(max(np.ceil(needed - 1e-9), 2 * len(sizes)), total))


def allocate(
    points: int,
    sizes: Mapping[str, int],
    how: Allocation,
    *,
    expected: Mapping[str, float] | None = None,
    minimum: int = 0,
) -> dict[str, int]:
    """Points of each stratum.

    Args:
        points: in all.
        sizes: pixels of each stratum.
        how: equal, proportional to size, or Neyman's (size x standard deviation: the smallest
            error of the overall accuracy for that many points).
        expected: share of right pixels expected in each stratum, for Neyman's.
        minimum: points that each stratum gets first, so that rare classes can be judged; fewer
            only where it has fewer pixels.

    Returns:
        Points of each stratum, no more than it has pixels; they sum to `points`, or to more where
        the minimum asks for it, or to all pixels.

    Source: Olofsson et al. 2014, section 5.1.2; Cochran 1977, equation 5.26.
    """
    names = list(sizes)
    room = np.array([sizes[name] for name in names], dtype=np.int64)
    if how == "equal":
        share = (room > 0).astype(float)
    elif how == "proportional":
        share = room.astype(float)
    else:
        deviation = [_deviation((expected or {}).get(name, 0.5)) for name in names]
        share = room * np.array(deviation)
    given = np.minimum(room, minimum)
    left = min(points, int(room.sum())) - int(given.sum())
    while left > 0:
        open_ = given < room
        weights = np.where(open_, share, 0.0)
        if not weights.any():
            weights = open_.astype(float)
        extra = np.minimum(_whole(weights / weights.sum() * left, left), room - given)
        given += extra
        left -= int(extra.sum())
    return dict(zip(names, given.tolist(), strict=True))


def expected_half_width(
    allocation: Mapping[str, int],
    expected: Mapping[str, float],
    sizes: Mapping[str, int],
) -> float | None:
    """Half width of the overall accuracy's 95% interval, should the expectation come true.

    None where a stratum has fewer than two points. Source: Cochran 1977, equation 5.7.
    """
    total = sum(sizes.values())
    variance = 0.0
    for name, size in sizes.items():
        points = allocation.get(name, 0)
        if size == 0:
            continue
        if points < 2:
            return None
        left = max(1 - points / size, 0.0)
        variance += (size / total) ** 2 * left * _deviation(expected[name]) ** 2 / points
    return float(Z * np.sqrt(variance))


def _deviation(share: float) -> float:
    """Standard deviation of right and wrong. Nothing is expected to be without error."""
    bounded = min(max(share, 0.01), 0.99)
    return float(np.sqrt(bounded * (1 - bounded)))


def _whole(shares: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers near `shares` that sum to `total`: the largest remainders are rounded up."""
    whole = np.floor(shares).astype(np.int64)
    order = np.argsort(-(shares - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole
