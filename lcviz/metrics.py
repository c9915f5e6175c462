"""Confusion matrices and what is read off them.

A confusion matrix here is always (8, 8) int64, rows = MODIS label, columns = prediction, in the
order of `taxonomy.CLASSES`. Pixels without a valid label or without a prediction are in none.

The measures take any number of them at once, (..., 8, 8), and give float64 (...,), with NaN where
a measure has no value: where nothing is labelled, or where no class counts. A class that occurs
neither in the labels nor in the prediction is in no mean; it is no zero.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lcviz.taxonomy import CLASSES, NO_LABEL
from lcviz.words import PLAIN, SHARE, Unit

N_CLASSES = len(CLASSES)
Counts = npt.NDArray[Any]
"""Confusion matrices (..., 8, 8): counts, or shares that stand for them."""
Floats = npt.NDArray[np.float64]


def confusion_matrix(
    labels: npt.NDArray[np.uint8], prediction: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int64]:
    """Count labelled pixels by (label, predicted class).

    Args:
        labels: class indexes 0 to 7, 255 = no valid label; uint8, any shape.
        prediction: class indexes 0 to 7, 255 = no prediction; uint8, the same shape.

    Returns:
        int64 (8, 8), rows = label, columns = prediction.

    Raises:
        ValueError: the shapes differ, or a value is neither a class index nor 255.
    """
    if labels.shape != prediction.shape:
        raise ValueError(f"Labels are {labels.shape}, the prediction is {prediction.shape}")
    for name, values in (("label", labels), ("prediction", prediction)):
        strange = values[(values >= N_CLASSES) & (values != NO_LABEL)]
        if strange.size:
            raise ValueError(f"{strange.flat[0]} is no {name}: 0 to {N_CLASSES - 1}, or {NO_LABEL}")
    counted = (labels != NO_LABEL) & (prediction != NO_LABEL)
    pairs = labels[counted].astype(np.int64) * N_CLASSES + prediction[counted]
    return np.bincount(pairs, minlength=N_CLASSES**2).reshape(N_CLASSES, N_CLASSES)


def accuracy(confusion: npt.NDArray[np.int64]) -> float | None:
    """Overall accuracy of one confusion matrix; None when no pixel is labelled."""
    value = float(overall_accuracy(confusion))
    return None if np.isnan(value) else value


def class_shares(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64] | None:
    """Share of each class among the pixels that have one.

    Args:
        classes: class indexes, 255 = none; uint8, any shape.

    Returns:
        float64 (8,), sums to 1; None when every pixel is 255.
    """
    counts = np.bincount(classes[classes != NO_LABEL].ravel(), minlength=N_CLASSES)
    total = counts.sum()
    return counts / total if total else None


def overall_accuracy(confusions: Counts) -> Floats:
    """Correct pixels / labelled pixels."""
    return _ratio(_correct(confusions).sum(-1), confusions.sum((-2, -1)))


def recalls(confusions: Counts) -> Floats:
    """Correct pixels of a class / pixels labelled so: (..., 8), NaN where none is labelled so."""
    return _ratio(_correct(confusions), confusions.sum(-1))


def f1_scores(confusions: Counts) -> Floats:
    """F1 of each class, 2 TP / (2 TP + FP + FN): (..., 8), NaN where a class does not occur."""
    return _ratio(2 * _correct(confusions), confusions.sum(-1) + confusions.sum(-2))


def intersections_over_unions(confusions: Counts) -> Floats:
    """IoU of each class, TP / (TP + FP + FN): (..., 8), NaN where a class does not occur."""
    correct = _correct(confusions)
    return _ratio(correct, confusions.sum(-1) + confusions.sum(-2) - correct)


def cohens_kappa(confusions: Counts) -> Floats:
    """Agreement beyond chance, (p_o - p_e) / (1 - p_e); NaN where both know one class only.

    Source: Cohen 1960, Educational and Psychological Measurement 20, 37-46.
    """
    shares = _ratio(confusions, confusions.sum((-2, -1), keepdims=True))
    observed = _correct(shares).sum(-1)
    expected = (shares.sum(-1) * shares.sum(-2)).sum(-1)
    one_class = _correct(shares).max(-1) >= 1
    return _ratio(observed - expected, np.where(one_class, 0, 1 - expected))


def mean_of_classes(values: Floats) -> Floats:
    """Mean over the classes that have a value: (..., 8) -> (...,)."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0).sum(-1), known.sum(-1))


def occurring(confusions: Counts) -> npt.NDArray[np.bool_]:
    """Which classes occur in the labels or in the prediction: (..., 8)."""
    return (confusions.sum(-1) + confusions.sum(-2)) > 0


def labelled(confusions: Counts) -> npt.NDArray[np.bool_]:
    """Which classes occur in the labels: (..., 8)."""
    return confusions.sum(-1) > 0


@dataclass(frozen=True)
class Measure:
    """One number read off a confusion matrix."""

    label: str
    value: Callable[[Counts], Floats]
    """(..., 8, 8) -> (...,); NaN where there is none."""
    classes: Callable[[Counts], npt.NDArray[np.bool_]] = occurring
    """Which classes count: (..., 8, 8) -> (..., 8)."""
    unit: Unit = SHARE


def _f1_of(index: int) -> Callable[[Counts], Floats]:
    return lambda confusions: f1_scores(confusions)[..., index]


MEASURES: Final[Mapping[str, Measure]] = MappingProxyType(
    {
        "accuracy": Measure("Overall accuracy", overall_accuracy),
        # A class that is only predicted has no recall.
        "balanced-accuracy": Measure(
            "Balanced accuracy", lambda c: mean_of_classes(recalls(c)), labelled
        ),
        "mean-iou": Measure("Mean IoU", lambda c: mean_of_classes(intersections_over_unions(c))),
        "macro-f1": Measure("Macro F1", lambda c: mean_of_classes(f1_scores(c))),
        "kappa": Measure("Cohen's kappa", cohens_kappa, unit=PLAIN),
    }
    | {
        "f1-" + name.lower().replace(" ", "-"): Measure(f"F1 of {name}", _f1_of(index))
        for index, name in enumerate(CLASSES)
    }
)
"""Every measure by the name it has in an address."""


def _correct(confusions: Counts) -> Counts:
    return np.diagonal(confusions, axis1=-2, axis2=-1)


def _ratio(part: Counts, whole: Counts) -> Floats:
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
