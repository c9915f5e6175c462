"""What the distances between groups say, in words."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lcviz.distributions.distances import Distance


def nearest_and_farthest(
    groups: Sequence[str], distances: npt.NDArray[np.float64], measure: Distance
) -> str:
    """Which two groups are nearest to each other, and which farthest.

    Args:
        groups: at least two.
        distances: (groups, groups), symmetric.
        measure: what they are.
    """
    pairs = [(i, j) for i in range(len(groups)) for j in range(i) if np.isfinite(distances[i, j])]
    if len(pairs) < 2:
        return ""
    pairs.sort(key=lambda pair: float(distances[pair]))

    def words(pair: tuple[int, int]) -> str:
        value = distances[pair]
        number = f"{value:,.0f} {measure.unit}" if measure.unit else f"{value:.2f}"
        return f"{groups[pair[1]]} and {groups[pair[0]]} ({number})"

    return f"Smallest: {words(pairs[0])}; largest: {words(pairs[-1])}."
