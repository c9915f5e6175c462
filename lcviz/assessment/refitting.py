"""The last layer of a network fitted anew to labels of one place, held near what it was.

The layer makes class scores of 240 maps: a multinomial logistic regression whose start is known.
With few labels it hardly moves, with many it goes where they say.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp

Floats = npt.NDArray[np.float64]
STRENGTHS: Final = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03)
"""Penalties that are tried, the strongest first; beyond them stands the layer as it was."""
_STEPS: Final = 200
_FLAT: Final = 1e-7
"""A step that gains a smaller share of the loss is the last."""


def fit_head(
    maps: Floats,
    possible: npt.NDArray[np.bool_],
    weights: Floats,
    head: Floats,
    strengths: Sequence[float],
) -> Iterator[Floats]:
    """Fit the layer once for each penalty, each from where the last one ended.

    Args:
        maps: what the layer saw at each point, (n, maps).
        possible: classes that each point's label allows, (n, classes), at least one: more than one
            where the labels' legend cannot tell them apart.
        weights: of each point, (n,).
        head: the layer as it was, (classes, maps).
        strengths: penalties, the strongest first.

    Yields:
        (classes, maps) for each penalty: the smallest mean of -log(probability of the classes that
        the label allows), plus penalty / 2 times the squared change, each map in units of its root
        mean square.

    Source: multinomial logistic regression with a Gaussian prior around known weights (Bishop 2006,
    Pattern Recognition and Machine Learning, sections 4.3.4 and 3.3.1).
    """
    size = np.sqrt((maps**2).mean(axis=0))
    size[size == 0] = 1.0
    scaled, share = maps / size, weights / weights.sum()
    start = maps @ head.T
    change = np.zeros(head.size)
    for strength in strengths:

        def loss(flat: Floats, strength: float = strength) -> tuple[float, Floats]:
            scores = start + scaled @ flat.reshape(head.shape).T
            every, all_together = _shares(scores)
            allowed, allowed_together = _shares(np.where(possible, scores, -np.inf))
            likely = allowed_together - all_together
            gradient = (share[:, None] * (every - allowed)).T @ scaled
            return (
                float(-share @ likely + strength / 2 * flat @ flat),
                gradient.ravel() + strength * flat,
            )

        options = {"maxiter": _STEPS, "ftol": _FLAT}
        change = minimize(loss, change, jac=True, method="L-BFGS-B", options=options).x
        yield head + change.reshape(head.shape) / size


def _shares(scores: Floats) -> tuple[Floats, Floats]:
    """Softmax of each row, and log of the sum of its exponentials: both in one go, many times."""
    highest = scores.max(axis=1, keepdims=True)
    power = np.exp(scores - highest)
    total = power.sum(axis=1, keepdims=True)
    return power / total, (highest + np.log(total))[:, 0]


def mean_surprise(scores: Floats, possible: npt.NDArray[np.bool_], weights: Floats) -> float:
    """Mean of -log(probability of the classes that the label allows), as `fit_head` weighs it.

    Args:
        scores: (n, classes).
        possible: (n, classes).
        weights: (n,).
    """
    allowed = logsumexp(np.where(possible, scores, -np.inf), axis=1)
    return float(weights @ (logsumexp(scores, axis=1) - allowed) / weights.sum())
