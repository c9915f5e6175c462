"""Forecast every group of scenes by a fit that never saw it, and score: all from the indicators."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lcviz.errors import ConfigurationError
from lcviz.forecast import regression
from lcviz.forecast.receipts import gain, indicator_correlations, receipts, rivals
from lcviz.forecast.regression import AGREEMENT, FUSION
from lcviz.study.forecast_records import Forecaster
from lcviz.study.forecasts import FORECAST_COLUMNS, INDICATOR_RHO_COLUMNS, RECEIPT_COLUMNS
from lcviz.taxonomy import AXES, KINDS, Kind


@dataclass(frozen=True, eq=False)
class Validation:
    """The forecasts of a study, and how good they were; tables as `study.forecasts` keeps them."""

    forecasters: tuple[Forecaster, ...]
    """By kind and axis one for new regions, then one for each group left out."""
    forecasts: pd.DataFrame
    receipts: pd.DataFrame
    correlations: pd.DataFrame
    problems: tuple[str, ...]
    """What could not be forecast and why, in sentences."""


def validate(pairs: pd.DataFrame) -> Validation:
    """Fit, forecast and score every kind of model on every axis.

    A regression on several indicators is the forecast only where the 95% interval of its gain over
    agreement among models, as it is and calibrated, lies above zero; else calibrated agreement is.

    Args:
        pairs: as `read_indicators` gives them.
    """
    forecasters: list[Forecaster] = []
    problems: list[str] = []
    forecasts, scored, correlations = [], [], []
    for kind in KINDS:
        for axis in AXES:
            part = pairs[(pairs.kind == kind) & (pairs.axis == axis)]
            if part.empty:
                continue
            part = part.join(rivals(part))
            correlations.append(indicator_correlations(part, kind, axis))
            fits: dict[str, list[Forecaster]] = {}
            for method, choices in (("calibrated", AGREEMENT), ("fusion", FUSION)):
                try:
                    fits[method] = _fits(part, kind, axis, choices)
                except ConfigurationError as error:
                    problem = f"no forecast for the kind {kind!r}. {error}"
                    continue
                part = part.join(_unseen(fits[method], part, method))
            if not fits:
                problems.append(problem)
                continue
            better = all(
                gain(part, "fusion", rival)[1] > 0
                for rival in ("agreement", "calibrated")
                if rival in part and "fusion" in fits
            )
            used = (
                "fusion"
                if "calibrated" not in fits or (better and "fusion" in fits)
                else "calibrated"
            )
            forecasters += fits[used]
            renamed = {used: "forecast", f"{used}_low": "low", f"{used}_high": "high"}
            part = part.rename(columns=renamed).assign(left_out=part.test_group)
            part = part.dropna(subset=["forecast"])
            forecasts.append(part)
            scored.append(receipts(part, kind, axis))
    return Validation(
        tuple(forecasters),
        _stacked(forecasts, FORECAST_COLUMNS),
        _stacked(scored, RECEIPT_COLUMNS),
        _stacked(correlations, INDICATOR_RHO_COLUMNS),
        tuple(problems),
    )


def leave_groups_out(
    pairs: pd.DataFrame, kind: Kind, axis: str, choices: Sequence[tuple[str, ...]], method: str
) -> pd.DataFrame:
    """What is forecast of each pair by a fit that never saw its target group.

    Args:
        pairs: as `regression.fit` takes them.
        kind: of the models.
        axis: `continent` or `season`.
        choices: sets of columns, as `regression.fit` takes them.
        method: name of the columns.

    Returns:
        `method`, `<method>_low` and `<method>_high` by the rows of `pairs`.

    Raises:
        ConfigurationError: as `regression.fit`.
    """
    return _unseen(_fits(pairs, kind, axis, choices), pairs, method)


def _fits(
    pairs: pd.DataFrame, kind: Kind, axis: str, choices: Sequence[tuple[str, ...]]
) -> list[Forecaster]:
    """One forecaster for new regions, then one for each group left out."""
    groups = sorted(pairs.test_group.dropna().unique())
    return [regression.fit(pairs, kind, axis, group, choices) for group in (None, *groups)]


def _unseen(forecasters: Sequence[Forecaster], pairs: pd.DataFrame, method: str) -> pd.DataFrame:
    """What is forecast of each group by the fit that never saw it: `method`, its low and high."""
    made = pd.concat(
        [
            regression.predict(each, pairs[pairs.test_group == each.left_out])
            for each in forecasters[1:]
        ]
    )
    return made.rename(
        columns={"forecast": method, "low": f"{method}_low", "high": f"{method}_high"}
    )


def _stacked(tables: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(tables, ignore_index=True)[list(columns)]
