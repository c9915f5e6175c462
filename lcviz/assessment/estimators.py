"""What a probability sample with labels says of a map: accuracies, and the area of each class.

One estimator serves all designs: the ratio of two totals under stratified random sampling (Stehman
2014, International Journal of Remote Sensing 35, 4923-4939, equations 24 to 28). With the map's
classes as strata it is Olofsson et al. 2014 (Remote Sensing of Environment 148, 42-57, equations 1
to 11); a simple random sample is post-stratified by the map's classes, whose sizes are known
(Card 1982), with the same formulas.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lcviz.assessment.intervals import NOTHING, Estimate, ratio_interval

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LabelledSample:
    """Points that were drawn by design, with what the map says there and what is there."""

    stratum: npt.NDArray[np.object_]
    """Name of each point's stratum, (n,)."""
    map_class: Integers
    """Class on the map, an index, (n,)."""
    label: Integers
    """Class on the ground, an index, (n,)."""
    sizes: Mapping[object, float]
    """Pixels of each stratum in the whole map; also of strata that have no point."""
    ground: Floats | None = None
    """Area of the pixel at each point, (n,), in any unit; None where all are alike."""

    @property
    def n(self) -> int:
        """Points."""
        return len(self.label)


@dataclass(frozen=True)
class Assessment:
    """All that a sample says, by class index."""

    overall: Estimate
    users: dict[int, Estimate]
    """Share of what is mapped as a class that is that class."""
    producers: dict[int, Estimate]
    """Share of a class on the ground that is mapped as it."""
    area: dict[int, Estimate]
    """Share of the map's ground that is a class; of its pixels, where these are alike."""
    matrix: Floats
    """Estimated shares of the map, (classes, classes), rows = label, columns = map; sums to 1."""
    n: int
    unsampled: tuple[object, ...]
    """Strata without a point: nothing is known there, and what is estimated leaves them out."""


def assess(sample: LabelledSample, classes: int) -> Assessment:
    """Overall, user's and producer's accuracy and the area of each class.

    Args:
        sample: the points.
        classes: number of classes, indexes 0 to classes - 1.

    Returns:
        Estimates with standard errors and 95% intervals. A class that is not on the map has no
        user's accuracy; one that no point is labelled with has no producer's accuracy.

    Raises:
        ValueError: there is no point, or one of a stratum whose size is unknown.
    """
    label, mapped = sample.label, sample.map_class
    agree = label == mapped
    everything = np.ones(sample.n)
    totals = _Totals(sample)
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (label, mapped), totals.weights / totals.weights.sum())
    return Assessment(
        overall=totals.ratio(agree, everything),
        users={k: totals.ratio(agree & (mapped == k), mapped == k) for k in range(classes)},
        producers={
            k: totals.ratio(agree & (label == k), label == k, on_map=False) for k in range(classes)
        },
        area={k: totals.ratio(label == k, everything, of_ground=True) for k in range(classes)},
        matrix=matrix,
        n=sample.n,
        unsampled=totals.unsampled,
    )


class _Totals:
    """Estimated totals over the map, stratum by stratum."""

    def __init__(self, sample: LabelledSample) -> None:
        if not sample.n:
            raise ValueError("There is no labelled point.")
        names = list(sample.sizes)
        index = {name: i for i, name in enumerate(names)}
        unknown = {name for name in sample.stratum if name not in index}
        if unknown:
            raise ValueError(f"The size of stratum {sorted(map(str, unknown))[0]} is not known.")
        self._of = np.array([index[name] for name in sample.stratum])
        sizes = np.array([float(sample.sizes[name]) for name in names])
        self._points = np.bincount(self._of, minlength=len(names))
        self.unsampled = tuple(
            name for name, n, size in zip(names, self._points, sizes, strict=True) if not n and size
        )
        self._sizes = np.where(self._points > 0, sizes, 0.0)
        self._ground = sample.ground
        self.weights: Floats = (self._sizes / np.maximum(self._points, 1))[self._of]

    def ratio(
        self,
        part: npt.ArrayLike,
        whole: npt.ArrayLike,
        *,
        on_map: bool = True,
        of_ground: bool = False,
    ) -> Estimate:
        """Total of `part` over total of `whole`, both (n,), with `part` within `whole`.

        `on_map` says that the whole can be read off the map: strata without it have no say.
        `of_ground` counts square metres in place of pixels, where these differ.

        Stehman 2014, equations 24 (estimate), 25 to 28 (variance).
        """
        y, x = np.asarray(part, float), np.asarray(whole, float)
        n = int(np.count_nonzero(x))
        if not n or not self.weights @ x > 0:
            return NOTHING
        ground = self._ground if of_ground else None
        low, high = self._interval(y, x, on_map, ground)
        if ground is not None:
            y, x = y * ground, x * ground
        total = float(self.weights @ x)
        estimate = min(float(self.weights @ y) / total, 1.0)
        error = None if n == 1 else float(np.sqrt(self._variance(y - estimate * x))) / total
        # Few points in light strata: the estimate itself is never outside.
        return Estimate(estimate, error, min(low, estimate), max(high, estimate), n)

    def _interval(
        self, y: Floats, x: Floats, on_map: bool, ground: Floats | None
    ) -> tuple[float, float]:
        strata = len(self._points)
        part, whole = np.bincount(self._of, y, strata), np.bincount(self._of, x, strata)
        heard = (whole if on_map else self._points) > 0
        part, whole, points = (a[heard].astype(np.int64) for a in (part, whole, self._points))
        each = None
        if ground is not None:
            each = self._mean(ground, y)[heard], self._mean(ground, x - y)[heard]
        return ratio_interval(part, whole - part, points - whole, self._sizes[heard], each)

    def _mean(self, ground: Floats, of: Floats) -> Floats:
        """Mean pixel area of some points in each stratum; of all its points, where it has none."""
        strata = len(self._points)
        every = np.bincount(self._of, ground, strata) / np.maximum(self._points, 1)
        count = np.bincount(self._of, of, strata)
        return np.divide(
            np.bincount(self._of, ground * of, strata), count, out=every, where=count > 0
        )

    def _variance(self, residual: Floats) -> float:
        """Of the total of a residual, (n,); a stratum of one point takes the others' variance."""
        strata = len(self._points)
        mean = np.bincount(self._of, residual, strata) / np.maximum(self._points, 1)
        squares = np.bincount(self._of, (residual - mean[self._of]) ** 2, strata)
        several = self._points > 1
        spread = np.divide(squares, self._points - 1, out=np.zeros(strata), where=several)
        alone = self._points == 1
        if alone.any():
            # Collapsed: one point shows no spread, so that of all points stands for it.
            spread[alone] = residual.var(ddof=1) if len(residual) > 1 else 0.0
        left = np.clip(1 - self._points / np.maximum(self._sizes, 1), 0, 1)
        share = np.divide(spread, self._points, out=np.zeros(strata), where=self._points > 0)
        return float((self._sizes**2 * left * share).sum())
