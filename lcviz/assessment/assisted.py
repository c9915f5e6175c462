"""Overall accuracy from labels and a network's own confidence, which is known everywhere.

The confidence need not be right: its mean over the map is corrected by what the labels say of it at
the points. Where it knows something, the interval is narrower than the labels' alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from lcviz.assessment.intervals import LEVEL, Estimate

Floats = npt.NDArray[np.float64]
FEWEST: Final = 200
"""Points below which the interval was seen to miss the truth too often (test_assisted.py)."""
FEWEST_OF_STRATUM: Final = 10
FEWEST_WRONG: Final = 10
"""Wrong points, and right ones, that the normal approximation needs."""


@dataclass(frozen=True)
class Assisted:
    """The estimate, and what the confidence was good for."""

    overall: Estimate
    labels_saved: float
    """Share of the labels that it stands for: 0.2 where 20% more labels alone would do the same;
    negative where it harms."""


def difference_estimate(
    right: npt.NDArray[np.bool_],
    confidence: Floats,
    stratum: npt.NDArray[np.object_],
    sizes: Mapping[object, float],
    mean_confidence: Mapping[object, float],
) -> Assisted | None:
    """Overall accuracy by the tuned difference estimator, stratum by stratum.

    Args:
        right: whether map and label agree at each point, (n,).
        confidence: of the network there, 0 to 1, (n,).
        stratum: of each point, (n,).
        sizes: pixels of each stratum.
        mean_confidence: over all pixels of each stratum.

    Returns:
        None where there are too few points for its interval to be believed.

    Source: Särndal, Swensson and Wretman 1992, section 6.3, with the tuned coefficient of
    Angelopoulos, Duchi and Zrnic 2023 (arXiv:2311.01453, equation 7); one coefficient for all
    strata, and Student's t for the few points that are left.
    """
    y = right.astype(np.float64)
    names = [name for name, size in sizes.items() if size]
    total = sum(sizes[name] for name in names)
    parts = [(name, stratum == name) for name in names]
    if len(y) < FEWEST or min(int(inside.sum()) for _, inside in parts) < FEWEST_OF_STRATUM:
        return None
    if min(int(y.sum()), int((1 - y).sum())) < FEWEST_WRONG:
        return None
    weights = np.array([sizes[name] / total for name in names])
    points = np.array([inside.sum() for _, inside in parts])
    inside_of = [inside for _, inside in parts]
    scale = weights**2 / points
    covariance = np.array([np.cov(y[i], confidence[i]) for i in inside_of])
    spread = float(scale @ covariance[:, 1, 1])
    tuned = float(scale @ covariance[:, 0, 1]) / spread if spread > 0 else 0.0
    residual = y - tuned * confidence
    means = np.array([residual[i].mean() for i in inside_of])
    known = np.array([mean_confidence[name] for name in names])
    estimate = float(weights @ (means + tuned * known))
    # One coefficient was fitted: it takes one degree of freedom.
    degrees = len(y) - len(names) - 1
    variances = np.array([residual[i].var(ddof=1) for i in inside_of])
    variance = float(scale @ variances) * (len(y) - len(names)) / degrees
    plain = float(scale @ covariance[:, 0, 0])
    half = float(t.ppf((1 + LEVEL) / 2, degrees)) * np.sqrt(variance)
    low, high = max(estimate - half, 0.0), min(estimate + half, 1.0)
    overall = Estimate(estimate, float(np.sqrt(variance)), low, high, len(y))
    return Assisted(overall, plain / variance - 1 if variance > 0 else 0.0)
