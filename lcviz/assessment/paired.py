"""Two maps judged on the same points: how much more often one is right than the other.

Points at which both are right, or both wrong, say nothing of the difference; so it is known far
better than the two accuracies, whose intervals may well overlap.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.assessment.intervals import LEVEL, NOTHING, Estimate

_DRAWS: Final = 4000
_OUTCOMES: Final = 3
"""Only the first is right, only the second, or neither decides."""
Booleans = npt.NDArray[np.bool_]


def paired_difference(
    first: Booleans,
    second: Booleans,
    stratum: npt.NDArray[np.object_],
    sizes: Mapping[object, float],
) -> Estimate:
    """Overall accuracy of one map minus that of another, from the same probability sample.

    Args:
        first: whether the first map is right at each point, (n,).
        second: whether the second is.
        stratum: of each point, (n,).
        sizes: pixels of each stratum; one without a point is left out.

    Returns:
        The difference in -1 to 1 with standard error and 95% interval. `n` counts the points at
        which exactly one of the two is right.

    The estimate is the stratified mean of the points' differences (Cochran 1977, equations 5.1 and
    5.7). The interval is made as `intervals.ratio_interval` makes its own: shares of the three
    outcomes are drawn from their posterior under Perks' prior, stratum by stratum, and summed; with
    one stratum this is the Bayesian interval for paired proportions of Agresti and Min 2005
    (Biostatistics 6, 241-255, with a weaker prior).
    """
    names = [name for name, size in sizes.items() if size and (stratum == name).any()]
    if not names:
        return NOTHING
    weights = np.array([float(sizes[name]) for name in names])
    size, weights = weights, weights / weights.sum()
    inside = [stratum == name for name in names]
    points = np.array([np.count_nonzero(i) for i in inside])
    gained = np.array([np.count_nonzero(first[i] & ~second[i]) for i in inside])
    lost = np.array([np.count_nonzero(second[i] & ~first[i]) for i in inside])
    share = (gained - lost) / points
    left = np.clip(1 - points / size, 0, 1)
    estimate = float(weights @ share)
    squares = (gained + lost) / points - share**2
    error = None
    if (points > 1).all():
        variance = squares / np.maximum(points - 1, 1) * left
        error = float(np.sqrt(weights**2 @ variance))
    counts = np.stack([gained, lost, points - gained - lost]).astype(float)
    random = np.random.default_rng(len(names))
    draws = random.standard_gamma(counts[:, None] + 1 / _OUTCOMES, (_OUTCOMES, _DRAWS, len(names)))
    draws /= draws.sum(axis=0)
    differences = share + (draws[0] - draws[1] - share) * np.sqrt(left)
    low, high = np.quantile(differences @ weights, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Estimate(
        estimate,
        error,
        min(float(low), estimate),
        max(float(high), estimate),
        int(gained.sum() + lost.sum()),
    )
