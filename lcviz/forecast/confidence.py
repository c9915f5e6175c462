"""What a model's own probabilities tell of its accuracy, without a label.

Probabilities are float (n, 8), rows sum to 1, one row a pixel. All but the temperature are computed
from temperature-scaled probabilities.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment, minimize_scalar

from lcviz.taxonomy import CLASSES

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]

SMALLEST: Final = 1e-7
"""Probabilities below it count as it: float32 knows no smaller difference from 1."""
TRANSPORTED: Final = 300
"""Pixels that are matched with labels: the cost grows with their cube."""
_LOG_TEMPERATURES: Final = (-3.0, 3.0)


def tempered(probabilities: npt.NDArray[np.floating], temperature: float) -> Floats:
    """Probabilities of the logits divided by a temperature: softmax(log p / T), (n, 8)."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST)) / temperature
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def fit_temperature(probabilities: npt.NDArray[np.floating], labels: Labels) -> float:
    """The temperature with the smallest mean cross-entropy on labelled pixels.

    Between exp(-3) and exp(3), where an only right or only wrong model would have none. 1 where
    there is no pixel.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    if not len(labels):
        return 1.0
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        of_label = tempered(probabilities, float(np.exp(log_temperature)))[rows, labels]
        return float(-np.log(np.maximum(of_label, 1e-300)).mean())

    found = minimize_scalar(loss, bounds=_LOG_TEMPERATURES, method="bounded")
    return float(np.exp(found.x))


def average_confidence(probabilities: Floats) -> float:
    """Mean of the greatest probability of each pixel."""
    return float(probabilities.max(axis=1).mean())


def difference_of_confidences(
    probabilities: Floats, source_confidence: float, source_accuracy: float
) -> float:
    """Accuracy at the source less the fall in confidence since then: an accuracy, not clipped.

    Source: Guillory et al. 2021, Predicting with Confidence on Unseen Distributions (DoC).
    """
    return source_accuracy - (source_confidence - average_confidence(probabilities))


def negative_entropy(probabilities: Floats) -> Floats:
    """Sum of p log p, nat, (n,): 0 for a sure pixel, -log 8 for one that could be anything."""
    safe = np.maximum(probabilities, SMALLEST)
    return (safe * np.log(safe)).sum(axis=1)


def threshold_for(scores: Floats, share_above: float) -> float:
    """The score at or above which this share of pixels lies, as nearly as ties allow.

    Args:
        scores: (n,), at least one.
        share_above: 0 to 1.

    Returns:
        `inf` where the share is less than half a pixel.
    """
    ordered = np.sort(scores)
    below = round((1 - share_above) * len(ordered))
    return float(ordered[below]) if below < len(ordered) else float("inf")


def average_thresholded_confidence(probabilities: Floats, threshold: float) -> float:
    """Share of pixels whose negative entropy reaches the threshold: an accuracy.

    The threshold is that reached by as many source pixels as are right there.

    Source: Garg et al. 2022, Leveraging Unlabeled Data to Predict Out-of-Distribution Performance,
    with negative entropy as the score (ATC-NE).
    """
    return float((negative_entropy(probabilities) >= threshold).mean())


def transport_costs(probabilities: Floats, marginal: Sequence[float]) -> Floats:
    """What it costs to carry each prediction to a label, if the labels were as at the source.

    All predictions are matched with labels, one each, so that the sum of the costs is smallest. The
    cost of a prediction p and a label y is the greatest difference of p from certainty of y, which
    is 1 - p(y).

    Args:
        probabilities: of a sample, since the cost grows with its cube.
        marginal: share of each class among the labels at the source, (8,).

    Returns:
        (n,), 0 to 1.

    Source: Lu et al. 2023, Characterizing Out-of-Distribution Error via Optimal Transport,
    with the greatest difference as the cost.
    """
    labels = np.repeat(np.arange(len(CLASSES)), _apportioned(marginal, len(probabilities)))
    costs = 1 - probabilities[:, labels]
    rows, columns = linear_sum_assignment(costs)
    carried = np.empty(len(probabilities))
    carried[rows] = costs[rows, columns]
    return carried


def transport_threshold(source_costs: Floats, source_accuracy: float) -> float:
    """The cost up to which as many source pixels lie as are right there.

    `-inf` where none is.
    """
    return -threshold_for(-source_costs, source_accuracy)


def thresholded_transport(costs: Floats, threshold: float) -> float:
    """Share of pixels whose transport cost does not exceed the threshold: an accuracy.

    Source: Lu et al. 2023 (COTT).
    """
    return float((costs <= threshold).mean())


def agreement(classes: Labels, others: Sequence[Labels]) -> float:
    """Mean share of pixels on which another model says the same; NaN without another one.

    Source: Baek et al. 2022, Agreement-on-the-Line, averaged over the other models.
    """
    if not len(others):
        return float("nan")
    return float(np.mean([(classes == other).mean() for other in others]))


def nuclear_norm(probabilities: Floats) -> float:
    """Sum of the singular values of the predictions, divided by the greatest it can be.

    1 where predictions are sure and spread evenly over all classes; small where they are unsure or
    all alike.

    Source: Deng et al. 2023, Confidence and Dispersity Speak.
    """
    n, classes = probabilities.shape
    greatest = np.sqrt(min(n, classes) * n)
    return float(np.linalg.norm(probabilities, "nuc") / greatest)


def _apportioned(shares: Sequence[float], n: int) -> npt.NDArray[np.int64]:
    """Whole numbers in proportion to shares that add up to `n`: largest remainders first."""
    exact = np.asarray(shares, dtype=np.float64) * n / np.sum(shares)
    whole = np.floor(exact + 1e-9).astype(np.int64)
    rest = np.argsort(whole - exact, kind="stable")[: n - whole.sum()]
    whole[rest] += 1
    return whole
