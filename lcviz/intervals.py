"""Intervals of what is computed from scenes, groups and pairs of groups; all of 95%.

Pairs of groups are no independent samples: thirty pairs of six continents share six continents, and
one odd continent is in ten of them. So groups are left out one at a time, each with all its pairs,
and the interval comes from how much that changes a statistic: the jackknife. Where a group stands
on both sides of a pair (trained on, tested on), it goes with the pairs of both, which is the vertex
jackknife of a correlation (Snijders & Borgatti 1999, Connections 22, 61-70),

    SE^2 = (n - 2) / 2n * sum over groups of (z without the group - z)^2,

on Fisher's z = artanh(rho), with Student's t of n - 1 degrees of freedom since n is small.

A mean over pairs (an error, a gain, a coverage) moves with what each group and each scene is like,
of which a correlation is mostly free: one group in n changes it by 1 / (n - 1) of how far it is
off, so that the factor is that of the plain jackknife, (n - 1) / n. In simulated worlds of four and
six groups, with effects of groups and scenes, it covered the truth in 93 to 97%, where the effects
are strongly skewed in 89 to 95%; the vertex factor in 84 to 89%. That of correlations covered it
in 94 to 99%.
"""

from collections.abc import Callable
from itertools import permutations
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata, spearmanr, t

FEWEST_GROUPS: Final = 4
"""Groups that the jackknife needs; fewer leave no interval."""
PERCENTILES: Final = (2.5, 97.5)
"""Of the bootstrap: they bound a 95% interval."""
SHUFFLES: Final = 5000
_ALL_UP_TO: Final = 7
Interval = tuple[float, float, float]
"""Value, lower and upper bound; NaN where there is none."""


def jackknife(
    pairs: pd.DataFrame,
    statistic: Callable[[pd.DataFrame], float],
    *,
    correlation: bool = False,
    lowest: float = -np.inf,
    highest: float = np.inf,
) -> Interval:
    """A statistic of pairs, and its interval as described above.

    Args:
        pairs: with train_group and test_group. Where no train group is a test group (models of all
            groups but one), only the test groups are left out.
        statistic: of such a table.
        correlation: whether it is one.
        lowest: that it can be.
        highest: that it can be.

    Returns:
        No bounds with fewer than `FEWEST_GROUPS` groups, where the statistic is not defined without
        one of them, or for a perfect correlation: nothing tells how far it could be from that.
    """
    value = statistic(pairs)
    tested, trained = set(pairs.test_group), set(pairs.train_group)
    shared = not tested.isdisjoint(trained)
    groups = sorted(tested | trained if shared else tested)
    n = len(groups)
    if n < FEWEST_GROUPS or np.isnan(value):
        return value, np.nan, np.nan
    left_out = np.array(
        [
            statistic(
                pairs[(pairs.test_group != g) & ((pairs.train_group != g) if shared else True)]
            )
            for g in groups
        ]
    )
    centre = value
    if correlation:
        if max(abs(value), *np.abs(left_out)) > 1 - 1e-9:
            return value, np.nan, np.nan
        centre, left_out = np.arctanh(value), np.arctanh(left_out)
    if np.isnan(left_out).any():
        return value, np.nan, np.nan
    factor = (n - 2) / (2 * n) if shared and correlation else (n - 1) / n
    reach = t.ppf(0.975, n - 1) * np.sqrt(factor * ((left_out - centre) ** 2).sum())
    ends = np.array([centre - reach, centre + reach])
    if correlation:
        ends = np.tanh(ends)
    low, high = ends.clip(lowest, highest)
    return value, float(low), float(high)


def spearman(pairs: pd.DataFrame, column: str) -> float:
    """Spearman's rank correlation of a column with `accuracy`.

    NaN for fewer than three pairs, or where either does not vary.
    """
    x, y = pairs[column], pairs.accuracy
    if len(pairs) < 3 or x.nunique() == 1 or y.nunique() == 1:
        return float("nan")
    return float(spearmanr(x, y).statistic)


def spearman_interval(pairs: pd.DataFrame, column: str) -> Interval:
    """The same with the interval of the jackknife over groups."""
    return jackknife(pairs, lambda part: spearman(part, column), correlation=True)


def qap(pairs: pd.DataFrame, column: str, *, falling: bool = False) -> float:
    """How often groups dealt at random would correlate as much: p of Spearman's rho.

    The groups are permuted in the distances, rows and columns together, all permutations of up to
    seven groups, else `SHUFFLES` (quadratic assignment procedure: Hubert & Schultz 1976, British
    Journal of Mathematical and Statistical Psychology 29, 190-241).

    Args:
        pairs: train_group, test_group, accuracy and the column, one row a pair, none twice.
        column: a distance of the two groups.
        falling: count only what is as low or lower (one-sided: accuracy falls with distance), not
            what is as far from zero.

    Returns:
        NaN for fewer than `FEWEST_GROUPS` groups, where rho is not defined, or where a distance of
        two of the groups is not known.
    """
    groups = sorted({*pairs.train_group, *pairs.test_group})
    n = len(groups)
    if n < FEWEST_GROUPS or np.isnan(spearman(pairs, column)):
        return float("nan")
    number = {group: place for place, group in enumerate(groups)}
    rows, columns = (of.map(number).to_numpy() for of in (pairs.train_group, pairs.test_group))
    distances = np.full((n, n), np.nan)
    distances[rows, columns] = pairs[column]
    distances = np.where(np.isnan(distances), distances.T, distances)
    orders = (
        np.array(list(permutations(range(n))))
        if n <= _ALL_UP_TO
        else np.array([np.random.default_rng(i).permutation(n) for i in range(SHUFFLES)])
    )
    orders = np.concatenate([np.arange(n)[None], orders[1:]])
    dealt = distances[orders[:, rows], orders[:, columns]]
    if np.isnan(dealt).any():
        return float("nan")
    x, y = rankdata(dealt, axis=1), rankdata(pairs.accuracy)
    x, y = x - x.mean(1, keepdims=True), y - y.mean()
    rhos = (x @ y) / np.sqrt((x**2).sum(1) * (y**2).sum())
    rhos = -rhos if falling else np.abs(rhos)
    return float((rhos >= rhos[0] - 1e-9).mean())


def resampled_means(
    values: npt.NDArray[np.float64], resamples: int, random: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Means over resampled columns, NaN left out: (rows, scenes) -> (resamples, rows).

    A resample without any known value of a row is NaN.
    """
    rows, scenes = values.shape
    if not scenes:
        return np.full((resamples, rows), np.nan)
    picked = random.integers(0, scenes, (resamples, scenes))
    picked += np.arange(resamples)[:, None] * scenes
    times = np.bincount(picked.ravel(), minlength=resamples * scenes)
    weights = times.reshape(resamples, scenes).astype(float)
    known = ~np.isnan(values)
    sums = weights @ np.where(known, values, 0).T
    counts = weights @ known.T.astype(float)
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def bounds(
    draws: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Percentile interval of a bootstrap (Efron & Tibshirani 1993) over the first axis.

    NaN where there is no draw; a draw that is NaN is left out.
    """
    shape = draws.shape[1:]
    flat = draws.reshape(len(draws), -1)
    low, high = np.full((2, flat.shape[1]), np.nan)
    known = ~np.isnan(flat)
    whole = known.all(0)
    low[whole], high[whole] = np.percentile(flat[:, whole], PERCENTILES, axis=0)
    for i in np.flatnonzero(known.any(0) & ~whole):
        low[i], high[i] = np.percentile(flat[known[:, i], i], PERCENTILES)
    return low.reshape(shape), high.reshape(shape)
