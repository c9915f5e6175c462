"""Whether a network whose last layer is fitted to the labels is right more often: cross-validated.

No label judges a layer that it helped to fit: each fold of the points is predicted by a layer that
was fitted to the others, its penalty chosen among them too. Folds are drawn at random within the
strata. For points that were drawn by design that is how well such a layer does on the rest of the
same map; folds apart in space would tell of another place (Wadoux et al. 2021, Ecological Modelling
457, 109692).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.assessment import estimators
from lcviz.assessment.estimators import LabelledSample
from lcviz.assessment.intervals import Estimate
from lcviz.assessment.paired import paired_difference
from lcviz.assessment.refitting import STRENGTHS, fit_head, mean_surprise

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
FEWEST: Final = 100
"""Points below which the interval of the gain was seen to miss it too often."""
FOLDS: Final = 10
_INNER: Final = 5
_WIDER: Final = 1.2
"""Times the interval of a gain between two maps that stay as they are: each fold is judged by a
layer of its own, and the one that is kept is yet another. Without it 95% hold the gain nine times
in ten (benchmarks/refit.py)."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Labelled points that were drawn by design, with what a network saw at them."""

    maps: Floats
    """The maps before its last layer, (n, maps)."""
    group: Integers
    """What the label says, an index of the level at which map and labels are compared, (n,)."""
    group_of_class: Integers
    """Index of each of the network's classes at that level, -1 where labels cannot say it."""
    stratum: npt.NDArray[np.object_]
    """Of each point, (n,)."""
    sizes: Mapping[object, float]
    """Pixels of each stratum."""
    together: Integers
    """Points with the same number share a label's ground, and so a fold, (n,)."""


@dataclass(frozen=True, eq=False)
class Improvement:
    """What fitting the last layer is worth on the map that the points were drawn for."""

    before: Estimate
    """Overall accuracy of the network as it was."""
    after: Estimate
    """Of the fitted one, cross-validated on the same points."""
    gain: Estimate
    """After minus before, paired; its interval is of the layer fitted to all points."""
    strength: float | None
    """Penalty that did best; None where any change did worse than none."""
    head: Floats
    """The layer fitted to all points, (classes, maps)."""

    @property
    def helps(self) -> bool:
        """Whether the interval of the gain says so."""
        return self.gain.low is not None and self.gain.low > 0


def improve(
    evidence: Evidence,
    head: Floats,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> Improvement:
    """Fit the last layer, and say whether that helps.

    Points count by the pixels that they stand for, as the accuracy does.

    Args:
        evidence: the points.
        head: the last layer as it is, (classes, maps).
        seed: of the folds.
        progress: told the share that is done.
    """
    one = evidence
    points = {name: np.count_nonzero(one.stratum == name) for name in set(one.stratum)}
    weights = np.array([one.sizes[name] / points[name] for name in one.stratum])
    possible = one.group_of_class == one.group[:, None]
    random = np.random.default_rng(seed)
    fold = folds(one.stratum, one.together, FOLDS, random)
    after = np.full(len(one.group), -1)
    for number in range(FOLDS):
        out = fold == number
        if out.any():
            kept = _Points(*(each[~out] for each in (one.maps, possible, weights)))
            inner = folds(one.stratum[~out], one.together[~out], _INNER, random)
            fitted, _ = _best(kept, head, inner)
            after[out] = _groups(one, fitted)[out]
        progress((number + 1) / (FOLDS + 1))
    before = _groups(one, head)
    fitted, strength = _best(_Points(one.maps, possible, weights), head, fold)
    progress(1.0)
    return Improvement(
        before=_accuracy(one, before),
        after=_accuracy(one, after),
        gain=_wider(
            paired_difference(after == one.group, before == one.group, one.stratum, one.sizes)
        ),
        strength=strength,
        head=fitted,
    )


def folds(
    stratum: npt.NDArray[np.object_], together: Integers, count: int, random: np.random.Generator
) -> Integers:
    """Fold of each point, (n,): strata spread evenly, points that belong together in one fold."""
    first, member = np.unique(together, return_index=True, return_inverse=True)[1:]
    shuffled = random.permutation(len(first))
    names = stratum[first[shuffled]].astype(str)
    in_order = shuffled[np.argsort(names, kind="stable")]
    number = np.empty(len(first), np.int64)
    number[in_order] = np.arange(len(first)) % count
    return number[member.ravel()]


@dataclass(frozen=True, eq=False)
class _Points:
    maps: Floats
    possible: npt.NDArray[np.bool_]
    weights: Floats

    def where(self, which: npt.NDArray[np.bool_]) -> "_Points":
        return _Points(self.maps[which], self.possible[which], self.weights[which])


def _best(points: _Points, head: Floats, fold: Integers) -> tuple[Floats, float | None]:
    """The layer fitted with the penalty that surprises least across folds; as it was, if none."""
    numbers = np.unique(fold)
    outs = [points.where(fold == number) for number in numbers]
    kept = [points.where(fold != number) for number in numbers]
    paths = [fit_head(k.maps, k.possible, k.weights, head, STRENGTHS) for k in kept]
    surprises = [sum(_surprise(out, head) for out in outs)]
    for layers in zip(*paths, strict=True):
        surprises.append(sum(map(_surprise, outs, layers)))
        # Weaker penalties take the longest, and once they do harm they do more of it.
        if surprises[-1] > surprises[-2] > min(surprises):
            break
    best = int(np.argmin(surprises))
    if not best:
        return head, None
    *_, layer = fit_head(points.maps, points.possible, points.weights, head, STRENGTHS[:best])
    return layer, STRENGTHS[best - 1]


def _surprise(points: _Points, layer: Floats) -> float:
    """Of all points together, each by its weight."""
    scores = points.maps @ layer.T
    return mean_surprise(scores, points.possible, points.weights) * float(points.weights.sum())


def _groups(evidence: Evidence, head: Floats) -> Integers:
    """What a layer says at each point, at the level of the comparison."""
    return evidence.group_of_class[(evidence.maps @ head.T).argmax(axis=1)]


def _wider(gain: Estimate) -> Estimate:
    if gain.estimate is None or gain.low is None or gain.high is None:
        return gain
    low, high = (gain.estimate + _WIDER * (end - gain.estimate) for end in (gain.low, gain.high))
    return replace(gain, low=max(-1.0, low), high=min(1.0, high))


def _accuracy(evidence: Evidence, said: Integers) -> Estimate:
    """Overall accuracy; a class that labels cannot say is wrong, since a label says another."""
    right = said == evidence.group
    sample = LabelledSample(
        evidence.stratum, right.astype(np.int64), np.ones(len(right), np.int64), evidence.sizes
    )
    return estimators.assess(sample, 2).overall
