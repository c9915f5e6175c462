"""How sure one model is of a pixel, and how far several models agree on it."""

import numpy as np
import numpy.typing as npt

from lcviz.taxonomy import CLASSES, NO_LABEL


def confidence(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probability of the most probable class.

    Args:
        probabilities: (classes, ...), float32, NaN where there is no data.

    Returns:
        1 / classes to 1, shape (...), float32; NaN where there is no data.
    """
    top: npt.NDArray[np.float32] = probabilities.max(axis=0)
    return top


def entropy(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Shannon entropy of the class probabilities: -sum of p log2 p.

    Args:
        probabilities: (classes, ...), float32, NaN where there is no data.

    Returns:
        Bits, 0 (sure) to 3 (all eight classes alike), shape (...), float32; NaN likewise.

    Source: Shannon (1948), A Mathematical Theory of Communication.
    """
    # A probability of 0 adds 0; its logarithm must not make that NaN.
    logs = np.log2(np.where(probabilities == 0, np.float32(1), probabilities))
    bits: npt.NDArray[np.float32] = -(probabilities * logs).sum(axis=0)
    return np.maximum(bits, np.float32(0))


def votes(class_maps: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Number of models that say each class.

    Args:
        class_maps: class indexes (models, ...), uint8, 255 = no data.

    Returns:
        Counts (classes, ...), uint8; all 0 where there is no data.
    """
    return np.stack(
        [(class_maps == index).sum(axis=0, dtype=np.uint8) for index in range(len(CLASSES))]
    )


def majority(class_maps: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The class that most models say; of several, the first in the order of `CLASSES`.

    Args:
        class_maps: class indexes (models, ...), uint8, 255 = no data.

    Returns:
        Class indexes (...), uint8; 255 where no model says any.
    """
    counts = votes(class_maps)
    winner = counts.argmax(axis=0).astype(np.uint8)
    winner[counts.max(axis=0) == 0] = NO_LABEL
    return winner


def disagreement(class_maps: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Share of the models that say another class than the most said one.

    Args:
        class_maps: class indexes (models, ...), uint8, 255 = no data.

    Returns:
        0 (all agree) to below 1, shape (...), float32; NaN where no model says any.
    """
    counts = votes(class_maps)
    with np.errstate(invalid="ignore"):
        share = 1 - counts.max(axis=0) / counts.sum(axis=0, dtype=np.float32)
    return share.astype(np.float32)
