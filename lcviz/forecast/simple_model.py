"""The simple model to fall back on: multinomial logistic regression by pixel.

It sees one pixel's ten bands and four indices of them, and nothing around it. Its coefficients are
plain numbers, so that predicting takes numpy alone.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from lcviz.errors import ConfigurationError
from lcviz.study.forecast_records import SimpleModel
from lcviz.taxonomy import BANDS, CLASSES

Floats = npt.NDArray[np.float64]

INDICES: Final = {
    "NDVI": ("nir1", "red"),
    "NDWI": ("green", "nir1"),
    "NDBI": ("swir1", "nir1"),
    "NBR": ("nir1", "swir2"),
}
"""Name -> bands a and b of the index (a - b) / (a + b). Sources: Rouse et al. 1974; McFeeters 1996;
Zha, Gao & Ni 2003; Key & Benson 2006."""
FEATURES: Final = (*(f"log {band}" for band in BANDS), *INDICES)
PENALTY: Final = 1.0
"""Inverse strength of the L2 penalty, scikit-learn's C."""
_NEVER: Final = -1e3


def pixel_features(values: npt.NDArray[np.number]) -> Floats:
    """Inputs of the model: log(1 + DN) of the ten bands, and the four `INDICES`.

    Args:
        values: DN (10, ...), not negative.

    Returns:
        (14, ...), float64; an index of two zeros is 0.
    """
    dn = values.astype(np.float64)
    indices = []
    for first, second in INDICES.values():
        a, b = dn[BANDS.index(first)], dn[BANDS.index(second)]
        indices.append(np.divide(a - b, a + b, out=np.zeros_like(a), where=a + b > 0))
    return np.concatenate([np.log1p(dn), np.stack(indices)])


def fit(
    name: str,
    axis: str,
    group: str,
    training_scenes: Sequence[str],
    validation_scenes: Sequence[str],
    dn: npt.NDArray[np.number],
    labels: npt.NDArray[np.integer],
) -> SimpleModel:
    """Fit a model; the same pixels give the same model, whatever their order.

    Args:
        name: `simple-continent-africa`.
        axis: `continent` or `season`.
        group: what it is trained on.
        training_scenes: that the pixels are of.
        validation_scenes: that none of them is of.
        dn: pixels, (n, 10).
        labels: class of each, (n,), 0 to 7.

    Raises:
        ConfigurationError: fewer than two classes are among the labels.
    """
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ConfigurationError(
            f"{name}: the training scenes' labels hold {len(classes)} class(es); a model needs two"
        )
    features = pixel_features(dn.T).T
    order = np.lexsort((*features.T, labels))
    features, labels = features[order], labels[order]
    mean, std = features.mean(axis=0), features.std(axis=0)
    std = np.where(std > 0, std, 1)
    # Logs of bands go together; lbfgs takes 25 times as long for them, and stops before the end.
    regression = LogisticRegression(C=PENALTY, solver="newton-cholesky", tol=1e-6)
    fitted = regression.fit((features - mean) / std, labels)
    coefficients = np.zeros((len(CLASSES), len(FEATURES)))
    intercepts = np.full(len(CLASSES), _NEVER)
    if len(classes) == 2:  # One row, of the second class against the first.
        coefficients[classes] = np.concatenate([np.zeros_like(fitted.coef_), fitted.coef_])
        intercepts[classes] = 0, fitted.intercept_[0]
    else:
        coefficients[classes], intercepts[classes] = fitted.coef_, fitted.intercept_
    return SimpleModel(
        experiment=name,
        axis=axis,
        train_group=group,
        training_scenes=tuple(training_scenes),
        validation_scenes=tuple(validation_scenes),
        feature_names=FEATURES,
        mean=tuple(mean.tolist()),
        std=tuple(std.tolist()),
        coefficients=tuple(map(tuple, coefficients.tolist())),
        intercepts=tuple(intercepts.tolist()),
        training_pixels=len(labels),
        provenance={"penalty_c": PENALTY, "iterations": int(np.max(fitted.n_iter_))},
    )


def class_scores(models: Sequence[SimpleModel], values: npt.NDArray[np.number]) -> list[Floats]:
    """Logits of the same pixels by several models: the greatest is the class.

    Args:
        models: fitted.
        values: DN (10, n).

    Returns:
        For each model (8, n).
    """
    features = pixel_features(values)
    found = []
    for model in models:
        # One product and one sum: standardising is linear, too.
        weights = np.array(model.coefficients) / np.array(model.std)
        found.append(
            weights @ features
            + (np.array(model.intercepts) - weights @ np.array(model.mean))[:, None]
        )
    return found


def probabilities(model: SimpleModel, values: npt.NDArray[np.number]) -> npt.NDArray[np.float32]:
    """Class probabilities of pixels.

    Args:
        model: fitted.
        values: DN (10, ...).

    Returns:
        (8, ...), float32, sum to 1 over the first axis.
    """
    logits = class_scores([model], values.reshape(len(values), -1))[0]
    raised = np.exp(logits - logits.max(axis=0))
    probability = (raised / raised.sum(axis=0)).astype(np.float32)
    return probability.reshape(len(CLASSES), *values.shape[1:])
