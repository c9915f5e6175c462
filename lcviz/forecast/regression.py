"""From indicators to an expected accuracy with an 80% interval.

The forecast is a ridge regression of accuracy on standardised indicators and the model's home
accuracy. Its penalty is the one with the smallest squared error on groups of scenes that the fit
has not seen, each left out in turn. A large penalty gives the mean accuracy: what is left to say
where indicators tell nothing.

The interval is the forecast plus and minus a conformal quantile (Lei et al. 2018, Distribution-Free
Predictive Inference for Regression, section 2.2) of the absolute residuals of unseen groups: each
group in turn is the part that calibrates (cross-conformal, Vovk 2015). Pairs of one scene depend on
each other, so that each scene counts once, its pairs sharing its weight (Lee, Barber & Willett
2023, Distribution-free inference with hierarchical data). It holds 80% as far as the scenes of a
new region differ from the forecast as those of the known regions do when unseen. The receipts tell
how far that was so.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import Ridge

from lcviz.errors import ConfigurationError
from lcviz.study.forecast_records import Forecaster
from lcviz.taxonomy import Kind

Floats = npt.NDArray[np.float64]

AGREEMENT: Final = (("agreement",),)
"""Calibrated agreement: a line from one indicator to accuracy."""
FUSION: Final = (
    ("agreement", "doc"),
    ("agreement", "confidence", "nuclear_norm"),
    (
        "doc",
        "atc",
        "agreement",
        "nuclear_norm",
        "landscape_distance",
        "band_distance",
        "di_bands",
        "di_features",
        "home_accuracy",
    ),
)
"""Sets of indicators to choose from, named beforehand: agreement with how sure a model is, with how
sure and how spread its predictions are, and one or two indicators of each idea. Indicators that are
not known in a study are left out."""
PREDICTORS: Final = tuple(dict.fromkeys(column for columns in FUSION for column in columns))
LEVEL: Final = 0.8
FEWEST_GROUPS: Final = 3
"""Groups that a fit needs: one to leave out, and two to tell regions apart."""
FEWEST_SCENES: Final = 8
KNOWN: Final = 0.9
"""Share of the pairs for which an indicator must be known to be used; pairs without it are not."""
PENALTIES: Final = tuple(float(10**power) for power in range(-1, 6))


def fit(
    pairs: pd.DataFrame,
    kind: Kind,
    axis: str,
    left_out: str | None = None,
    choices: Sequence[tuple[str, ...]] = FUSION,
) -> Forecaster:
    """Fit a forecaster.

    Args:
        pairs: one row a pair: accuracy, scene_id, test_group and `PREDICTORS`, of one kind and
            axis. Rows without an accuracy or a group are not used.
        kind: of the models.
        axis: `continent` or `season`.
        left_out: target group whose pairs are not used.
        choices: sets of columns, `FUSION` or `AGREEMENT`; the set is chosen like the penalty.

    Raises:
        ConfigurationError: too few groups or scenes are left, or no indicator is known.
    """
    known = pairs[pairs.accuracy.notna() & pairs.test_group.notna()]
    known = known[known.test_group != left_out]
    usable = {c for columns in choices for c in columns if known[c].notna().mean() >= KNOWN}
    # All sets are compared on the same pairs.
    known = known.dropna(subset=sorted(usable))
    groups, scenes = known.test_group.nunique(), known.scene_id.nunique()
    if groups < FEWEST_GROUPS or scenes < FEWEST_SCENES or not usable:
        raise ConfigurationError(
            f"A forecast across {axis}s needs pairs of {FEWEST_GROUPS} {axis}s and "
            f"{FEWEST_SCENES} scenes with labels and indicators beside the one it speaks of; "
            f"there are {groups} and {scenes}"
        )
    known = known.sort_values(["scene_id", "train_group"], kind="stable")
    y = known.accuracy.to_numpy(float)
    group_of, scene_of = known.test_group.to_numpy(), known.scene_id.to_numpy()
    tried: dict[tuple[tuple[str, ...], float], Floats] = {}
    for wanted in choices:
        if columns := tuple(c for c in wanted if c in usable):
            x = known[list(columns)].to_numpy(float)
            tried |= {(columns, p): _unseen(x, y, group_of, p) for p in PENALTIES}
    columns, penalty = min(tried, key=lambda key: float(((tried[key] - y) ** 2).mean()))
    unseen = tried[columns, penalty]
    mean, std, coefficients, intercept = _ridge(known[list(columns)].to_numpy(float), y, penalty)
    return Forecaster(
        kind=kind,
        axis=axis,
        left_out=left_out,
        columns=columns,
        mean=tuple(mean.tolist()),
        std=tuple(std.tolist()),
        coefficients=tuple(coefficients.tolist()),
        intercept=intercept,
        penalty=penalty,
        reach=conformal_reach(np.abs(unseen - y), scene_of),
        reach_without=conformal_reach(np.abs(_unseen_means(y, group_of) - y), scene_of),
        pairs=len(known),
        scenes=scenes,
        groups=groups,
    )


def predict(forecaster: Forecaster, pairs: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of pairs.

    Args:
        forecaster: as `fit` made it.
        pairs: with the forecaster's columns.

    Returns:
        forecast, low, high: within 0 and 1, by the rows of `pairs`; NaN where a column is.
    """
    x = pairs[list(forecaster.columns)].to_numpy(float)
    scaled = (x - np.array(forecaster.mean)) / np.array(forecaster.std)
    value = forecaster.intercept + scaled @ np.array(forecaster.coefficients)
    bounds = {
        "forecast": value,
        "low": value - forecaster.reach,
        "high": value + forecaster.reach,
    }
    return pd.DataFrame(bounds, index=pairs.index).clip(0, 1)


def conformal_reach(
    residuals: Floats, scenes: Sequence[str] | npt.NDArray[np.object_], level: float = LEVEL
) -> float:
    """The residual that a new scene's stays below with this probability, at most 1.

    Each of K scenes has the weight 1 / (K + 1), shared by its residuals; the rest is the new
    scene's, whose residual could be anything.

    Args:
        residuals: absolute, (n,).
        scenes: of each, (n,).
        level: 0 to 1.

    Returns:
        1, the range of an accuracy, where there are too few scenes.
    """
    _, numbers, counts = np.unique(
        np.asarray(scenes).astype(str), return_inverse=True, return_counts=True
    )
    weights = 1 / (len(counts) + 1) / counts[numbers]
    order = np.argsort(residuals, kind="stable")
    reached = np.searchsorted(weights[order].cumsum(), level - 1e-12)
    return min(float(residuals[order][reached]), 1.0) if reached < len(residuals) else 1.0


def _ridge(x: Floats, y: Floats, penalty: float) -> tuple[Floats, Floats, Floats, float]:
    """Mean, standard deviation, coefficients of standardised columns, intercept."""
    mean, std = x.mean(axis=0), x.std(axis=0)
    std = np.where(std > 0, std, 1)
    fitted = Ridge(alpha=penalty, solver="cholesky").fit((x - mean) / std, y)
    return mean, std, fitted.coef_, float(fitted.intercept_)


def _unseen(x: Floats, y: Floats, groups: npt.NDArray[np.object_], penalty: float) -> Floats:
    """Forecast of each pair by a fit to the other groups."""
    found = np.empty(len(y))
    for group in np.unique(groups):
        inside = groups == group
        mean, std, coefficients, intercept = _ridge(x[~inside], y[~inside], penalty)
        found[inside] = intercept + (x[inside] - mean) / std @ coefficients
    return found.clip(0, 1)


def _unseen_means(y: Floats, groups: npt.NDArray[np.object_]) -> Floats:
    """Mean of the other groups."""
    found = np.empty(len(y))
    for group in np.unique(groups):
        found[groups == group] = y[groups != group].mean()
    return found
