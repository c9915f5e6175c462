"""95% intervals of proportions that were estimated from a probability sample.

They keep their promise near 0 and 1 and for few points, where estimate +- 1.96 standard errors does
not: a stratum whose ten points are all right shows no variance, and still is not known to be right.
tests/assessment/test_coverage.py simulates it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

LEVEL: Final = 0.95
_DRAWS: Final = 4000
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


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

        def times(value: float | None) -> float | None:
            return None if value is None else value * factor

        error = times(self.standard_error)
        return Estimate(times(self.estimate), error, times(self.low), times(self.high), self.n)


NOTHING: Final = Estimate(None, None, None, None, 0)
"""Of a class that no point speaks of: no estimate, which is not zero."""


def ratio_interval(
    part: Integers,
    rest: Integers,
    outside: Integers,
    sizes: Floats,
    ground: tuple[Floats, Floats] | None = None,
) -> tuple[float, float]:
    """95% interval of a ratio of two totals, of a part to a whole, from a stratified sample.

    Args:
        part: points of each stratum that are in the part, (strata,).
        rest: points that are in the whole but not in the part.
        outside: points that are not in the whole; all 0 where the whole is everything.
        sizes: pixels of each stratum.
        ground: area of a pixel of the part, and of the rest, in each stratum; all alike if None.

    Returns:
        Lower and upper bound, in 0 to 1; 0 and 1 themselves where the sample shows none, or
        nothing else.

    Shares of each stratum are drawn from their posterior under Jeffreys' prior (two outcomes) or
    Perks' (three), and summed by size; the bounds are quantiles of the ratio. Source: Brown, Cai
    and DasGupta 2001 (Statistical Science 16, 101-133, section 3.1.3, and 4.1.2 for the ends), for
    one stratum. The draws are seeded, so that equal samples give equal bounds.
    """
    random = np.random.default_rng(len(part))
    outcomes = [part, rest] if not outside.any() else [part, rest, outside]
    counts = np.stack(outcomes).astype(float)
    points = counts.sum(axis=0)
    draws = random.standard_gamma(
        counts[:, None] + 1 / len(outcomes), (len(counts), _DRAWS, len(part))
    )
    draws /= draws.sum(axis=0)
    seen = counts / np.maximum(points, 1)
    # What is labelled is known: only the rest of a small stratum is in doubt.
    doubt = np.sqrt(np.clip(1 - points / np.maximum(sizes, 1), 0, 1))
    shares = seen[:, None] + (draws - seen[:, None]) * doubt
    shares = np.clip(shares, 0, None)
    each = (np.ones_like(sizes),) * 2 if ground is None else ground
    totals = np.stack([shares[0] @ (sizes * each[0]), shares[1] @ (sizes * each[1])])
    whole = totals[0] + totals[1]
    ratios = np.divide(totals[0], whole, out=np.zeros_like(whole), where=whole > 0)
    low, high = np.quantile(ratios, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low) if part.any() else 0.0, float(high) if rest.any() else 1.0
