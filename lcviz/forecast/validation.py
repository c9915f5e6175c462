"""Forecast every group of scenes by a fit that never saw it, and score: all from the indicators."""

from dataclasses import dataclass

import pandas as pd

from lcviz.errors import ConfigurationError
from lcviz.forecast import regression
from lcviz.forecast.receipts import indicator_correlations, receipts, rivals
from lcviz.study.forecast_records import Forecaster
from lcviz.study.forecasts import FORECAST_COLUMNS, INDICATOR_RHO_COLUMNS, RECEIPT_COLUMNS
from lcviz.taxonomy import AXES, KINDS


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
            groups = sorted(part.test_group.dropna().unique())
            try:
                unseen = {group: regression.fit(part, kind, axis, group) for group in groups}
                for_new = regression.fit(part, kind, axis)
            except ConfigurationError as error:
                problems.append(f"no forecast for the kind {kind!r}. {error}")
                continue
            forecasters += [for_new, *unseen.values()]
            made = pd.concat(
                [
                    regression.predict(forecaster, part[part.test_group == group]).assign(
                        left_out=group
                    )
                    for group, forecaster in unseen.items()
                ]
            )
            part = part.join(made.dropna(), how="inner")
            forecasts.append(part)
            scored.append(receipts(part, kind, axis))
    return Validation(
        tuple(forecasters),
        _stacked(forecasts, FORECAST_COLUMNS),
        _stacked(scored, RECEIPT_COLUMNS),
        _stacked(correlations, INDICATOR_RHO_COLUMNS),
        tuple(problems),
    )


def _stacked(tables: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(tables, ignore_index=True)[list(columns)]
