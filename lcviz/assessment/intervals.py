"""95 % intervals of a proportion that was estimated from a probability sample.

Korn and Graubard's: an exact binomial interval at the effective number of points, which keeps its
promise near 0 and 1, where estimate +- 1.96 standard errors does not.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import beta, t

LEVEL: Final = 0.95


@dataclass(frozen=True)
class Estimate:
    """A proportion, or an area, with what is known of its error; None where nothing is."""

    estimate: float | None
    standard_error: float | None
    """None for a single point, which has no variance."""
    low: float | None
    high: float | None
    n: int
    """Sample points that it rests on."""

    def scaled(self, factor: float) -> "Estimate":
        """The same in other units: `factor` hectares for a proportion of 1, say."""
        values = (self.estimate, self.standard_error, self.low, self.high)
        return Estimate(*(None if v is None else v * factor for v in values), n=self.n)


NOTHING: Final = Estimate(None, None, None, None, 0)
"""Of a class that no point speaks of: no estimate, which is not zero."""


def proportion_interval(
    estimate: float,
    standard_error: float | None,
    n: int,
    degrees: float,
    effective: float | None = None,
) -> tuple[float, float]:
    """95 % interval of a proportion.

    Args:
        estimate: in 0 to 1.
        standard_error: of the estimate, with the design in it; None or 0 where the sample shows no
            variation.
        n: points it rests on.
        degrees: degrees of freedom of the variance, points less strata.
        effective: points that equal weights would have needed for the same, where the sample shows
            no variation; `n` if None.

    Returns:
        Lower and upper bound, in 0 to 1.

    Source: Korn and Graubard 1998 (Survey Methodology 24, 193-201): exact binomial limits
    (Clopper and Pearson) at the effective sample size, corrected for degrees of freedom.
    """
    if n <= 0:
        return 0.0, 1.0
    points = float(effective if effective is not None else n)
    if standard_error and 0 < estimate < 1:
        points = estimate * (1 - estimate) / standard_error**2
    degrees = max(degrees, 1.0)
    if n > 1:
        points *= (t.ppf((1 + LEVEL) / 2, n - 1) / t.ppf((1 + LEVEL) / 2, degrees)) ** 2
    points = float(np.clip(points, 0.5, None))
    right = estimate * points
    tail = (1 - LEVEL) / 2
    low = beta.ppf(tail, right, points - right + 1) if right > 0 else 0.0
    high = beta.ppf(1 - tail, right + 1, points - right) if right < points else 1.0
    return float(low), float(high)
