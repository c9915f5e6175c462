"""Are forecasts right on average, at both ends, and in every region?

A forecast that knows little stays near the mean: it is too high where accuracy is low, and too low
where it is high. And an interval that holds 80% over all regions may hold far less in one.
"""

from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from lcviz.intervals import jackknife

THIRDS: Final = ("lowest third", "middle third", "highest third")
CALIBRATION_COLUMNS: Final = (
    "by",
    "third",
    "pairs",
    "forecast",
    "accuracy",
    "difference",
    "low",
    "high",
)
COVERAGE_COLUMNS: Final = ("group", "pairs", "scenes", "coverage")


def scored_pairs(
    forecasts: pd.DataFrame, indicators: pd.DataFrame, kind: str, axis: str
) -> pd.DataFrame:
    """Forecast, interval and accuracy of the labelled pairs away from home.

    Args:
        forecasts: as `study_transfer.read_forecasts` gives them.
        indicators: as `study_transfer.read_indicators` gives them.
        kind: of the models.
        axis: `continent` or `season`.
    """
    known = indicators[(indicators.kind == kind) & (indicators.axis == axis)]
    known = known[(known.split == "test") & known.accuracy.notna() & known.test_group.notna()]
    columns = ["experiment", "scene_id", "train_group", "test_group", "accuracy"]
    made = forecasts[["experiment", "scene_id", "forecast", "low", "high"]]
    return known[columns].merge(made, on=["experiment", "scene_id"])


def calibration(pairs: pd.DataFrame) -> pd.DataFrame:
    """Mean forecast and mean accuracy by thirds of the forecast, and by thirds of the accuracy.

    Args:
        pairs: as `scored_pairs` gives them.

    Returns:
        `CALIBRATION_COLUMNS`, `by` being `forecast` or `accuracy`; `difference` is forecast minus
        accuracy, with its 95% interval, groups left out. Nothing with fewer than three pairs.
    """
    rows = []
    for by in ("forecast", "accuracy") if len(pairs) >= len(THIRDS) else ():
        third = (pairs[by].rank(method="first") - 1) * len(THIRDS) // len(pairs)
        for number, name in enumerate(THIRDS):
            part = pairs[third == number]
            value, low, high = jackknife(pairs.assign(third=third), partial(_gap, third=number))
            row = (
                by,
                name,
                len(part),
                part.forecast.mean(),
                part.accuracy.mean(),
                value,
                low,
                high,
            )
            rows.append(row)
    return pd.DataFrame(rows, columns=list(CALIBRATION_COLUMNS))


def coverage_by_group(pairs: pd.DataFrame) -> pd.DataFrame:
    """Share of pairs within their 80% interval, by the group that was left out.

    Args:
        pairs: as `scored_pairs` gives them.

    Returns:
        `COVERAGE_COLUMNS`, lowest coverage first.
    """
    held = pairs.accuracy.between(pairs.low - 1e-9, pairs.high + 1e-9)
    table = (
        pairs.assign(held=held)
        .groupby("test_group")
        .agg(pairs=("held", "size"), scenes=("scene_id", "nunique"), coverage=("held", "mean"))
        .reset_index(names="group")
    )
    return table.sort_values("coverage", kind="stable").reset_index(drop=True)


def in_words(thirds: pd.DataFrame, coverage: pd.DataFrame, axis: str) -> str:
    """Both tables in two sentences (Markdown); empty where there is nothing."""
    if thirds.empty or coverage.empty:
        return ""
    by_accuracy, by_forecast = (thirds[thirds.by == by] for by in ("accuracy", "forecast"))
    shrinks = by_accuracy.low.iloc[0] > 0 and by_accuracy.high.iloc[-1] < 0
    drawn = ": **forecasts are drawn to the mean**" if shrinks else ""
    first, last = coverage.iloc[0], coverage.iloc[-1]
    return (
        f"Where accuracy is in its lowest, middle and highest third, forecasts are off by "
        f"{_points(by_accuracy)} points on average{drawn}; where the forecast is, by "
        f"{_points(by_forecast)}. The intervals that should hold 80% hold "
        f"{first.coverage:.0%} in {first.group} (n = {first.pairs:,} pairs, {first.scenes} scenes) "
        f"to {last.coverage:.0%} in {last.group}, each {axis} unseen."
    )


def _points(thirds: pd.DataFrame) -> str:
    return ", ".join(f"{100 * gap:+.0f}" for gap in thirds.difference)


def _gap(pairs: pd.DataFrame, third: int) -> float:
    part = pairs[pairs.third == third]
    return float((part.forecast - part.accuracy).mean()) if len(part) else np.nan
