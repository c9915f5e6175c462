"""Permutation of groups: could a rank correlation of two square tables be chance?

Pairs share their groups, so the groups of one table are renamed, all its pairs with them (the
quadratic assignment procedure; Hubert & Schultz 1976, Brit. J. Math. Stat. Psychol. 29, 190-241).
"""

from itertools import permutations
from math import factorial
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

MOST: Final = 5040
"""Renamings that are all tried, seven groups' worth; of more groups so many are drawn."""


def qap(distance: pd.DataFrame, outcome: pd.DataFrame, *, seed: int = 0) -> tuple[float, float]:
    """Spearman's rho off the diagonal, and how often renamed groups give one as low or lower.

    Args:
        distance: groups x groups, symmetric.
        outcome: the same groups in the same order, any values; no value may be missing.
        seed: of the drawing, where there are too many renamings to try all.

    Returns:
        (rho, p); p is one-sided: the outcome is expected to fall with distance. NaN for fewer than
        three groups.

    Raises:
        ValueError: the tables are not of the same groups.
    """
    if list(distance.index) != list(outcome.index) or distance.shape != outcome.shape:
        raise ValueError("The two tables are not of the same groups")
    n = len(distance)
    if n < 3:
        return float("nan"), float("nan")
    off = ~np.eye(n, dtype=bool)
    near, right = distance.to_numpy(dtype=float), outcome.to_numpy(dtype=float)
    ranks = np.zeros((n, n))
    ranks[off] = _standardised(rankdata(near[off]))
    target = _standardised(rankdata(right[off]))
    orders = _orders(n, seed)
    found = np.array([ranks[np.ix_(order, order)][off] @ target for order in orders])
    return float(found[0]), float(np.mean(found <= found[0] + 1e-12))


def _orders(n: int, seed: int) -> npt.NDArray[np.intp]:
    """The order as it is, then others: all of them, or a sample."""
    if factorial(n) <= MOST:
        return np.array(list(permutations(range(n))), dtype=np.intp)
    random = np.random.default_rng(seed)
    return np.array([np.arange(n), *(random.permutation(n) for _ in range(MOST - 1))])


def _standardised(ranks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    centred = ranks - ranks.mean()
    length = np.linalg.norm(centred)
    return centred / length if length else np.full_like(centred, np.nan)
