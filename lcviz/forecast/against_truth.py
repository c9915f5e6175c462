"""Forecasts beside the truth: they are fitted to agreement with MODIS, and tested here on accuracy.

Only pairs away from home count that are scored against both. A scene in no known group (as of a
dataset of many places) is forecast by the fit to all groups, which never saw it. Several models on
one scene are averaged first, since a scene that is hard is so for all; intervals are Student's t
over scenes, 95%, from five scenes on.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import t

from lcviz.forecast import regression
from lcviz.forecast.points import interval_in_points, points, signed_points
from lcviz.generalization.label_error import FEWEST_SCENES
from lcviz.study import Study
from lcviz.study.forecast_records import Forecaster
from lcviz.study.forecasts import read_forecasters, read_forecasts, read_indicators
from lcviz.taxonomy import AXES, KINDS

ALL: Final = "all models"
MEASURED: Final = ("forecast", "agreement", "accuracy")
"""Means of what was forecast, of agreement with MODIS and of accuracy against the truth."""
ERRORS: Final = ("error_agreement", "error_accuracy", "difference")
"""Mean absolute errors of the forecast as one of agreement and as one of accuracy, and by how much
the latter is larger."""
COLUMNS: Final = (
    "kind",
    "axis",
    "experiment",
    "pairs",
    "scenes",
    *MEASURED,
    *(f"{error}{end}" for error in ERRORS for end in ("", "_low", "_high")),
)


def with_new_places(
    forecasts: pd.DataFrame, indicators: pd.DataFrame, forecasters: Sequence[Forecaster]
) -> pd.DataFrame:
    """The forecasts, and those of pairs in no known group: experiment, scene_id, kind, forecast.

    Args:
        forecasts: as `study.forecasts.read_forecasts` gives them.
        indicators: as `read_indicators` does.
        forecasters: as `read_forecasters` does.
    """
    columns = ["experiment", "scene_id", "kind", "forecast"]
    tables = [forecasts[columns]]
    for each in forecasters:
        if each.left_out is not None:
            continue
        rows = indicators[
            (indicators.kind == each.kind)
            & (indicators.axis == each.axis)
            & indicators.test_group.isna()
        ]
        if len(rows):
            made = rows[columns[:3]].join(regression.predict(each, _with_home(rows, indicators)))
            tables.append(made.dropna(subset="forecast")[columns])
    return pd.concat(tables, ignore_index=True)


def _with_home(rows: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    home = indicators[(indicators.split == "home") & indicators.accuracy.notna()]
    mean = home.groupby("experiment").accuracy.mean()
    return rows.assign(home_accuracy=rows.experiment.map(mean).astype(float))


def against_truth(
    forecasts: pd.DataFrame, results: pd.DataFrame, truth: pd.DataFrame
) -> pd.DataFrame:
    """How far forecasts were from agreement with MODIS and from accuracy, model by model.

    Args:
        forecasts: experiment, scene_id, kind, forecast.
        results: experiment, axis, scene_id, split, accuracy, against MODIS.
        truth: experiment, scene_id, accuracy, against better labels.

    Returns:
        `COLUMNS`: by kind and axis a row for all models together, then one a model. Bounds are NaN
        where too few scenes leave none.
    """
    away = results[(results.split == "test") & results.accuracy.notna()]
    pairs = away[["experiment", "axis", "scene_id", "accuracy"]].rename(
        columns={"accuracy": "agreement"}
    )
    pairs = pairs.merge(
        truth[["experiment", "scene_id", "accuracy"]], on=["experiment", "scene_id"]
    )
    pairs = pairs.merge(forecasts, on=["experiment", "scene_id"])
    pairs = pairs.dropna(subset=list(MEASURED))
    pairs = pairs.assign(
        error_agreement=(pairs.forecast - pairs.agreement).abs(),
        error_accuracy=(pairs.forecast - pairs.accuracy).abs(),
    ).assign(difference=lambda p: p.error_accuracy - p.error_agreement)
    rows = []
    for kind in KINDS:
        for axis in AXES:
            part = pairs[(pairs.kind == kind) & (pairs.axis == axis)]
            if part.empty:
                continue
            rows.append({"kind": kind, "axis": axis, "experiment": ALL} | _row(part))
            for experiment, of_model in part.groupby("experiment", sort=False):
                rows.append({"kind": kind, "axis": axis, "experiment": experiment} | _row(of_model))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sentence(table: pd.DataFrame, axis: str) -> str | None:
    """What the table says of an axis, in words (Markdown); None where it says nothing."""
    rows = table[(table.axis == axis) & (table.experiment == ALL)]
    if rows.empty:
        return None
    row = rows.iloc[0]
    off = [
        f"{points(row[name])}{interval_in_points(row[f'{name}_low'], row[f'{name}_high'])}"
        for name in ERRORS[:2]
    ]
    interval = interval_in_points(row.difference_low, row.difference_high)
    if np.isnan(row.difference_low):
        verdict = "too few scenes to say whether that is more than chance"
    elif row.difference_low > 0:
        verdict = "as a forecast of accuracy it is worse"
    elif row.difference_high < 0:
        verdict = "as a forecast of accuracy it is even better"
    else:
        verdict = "it is not shown to be worse as a forecast of accuracy"
    return (
        "**Against the truth.** Forecasts are fitted to agreement with MODIS. On "
        f"n = {row.pairs:,} pairs of {row.scenes} scenes that are scored against both they are off "
        f"by {off[0]} from agreement and by **{off[1]}** from accuracy, a difference of "
        f"{signed_points(row.difference)}{interval}: {verdict}."
    )


def read_against_truth(study: Study) -> pd.DataFrame:
    """`against_truth` of a study; no row where it knows no truth.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as the study's readers do.
    """
    truth = study.results("truth")
    if truth.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    forecasts = with_new_places(
        read_forecasts(study), read_indicators(study), read_forecasters(study)
    )
    return against_truth(forecasts, study.results(), truth)


def _row(pairs: pd.DataFrame) -> dict[str, float]:
    by_scene = pairs.groupby("scene_id")[[*MEASURED, *ERRORS]].mean()
    row: dict[str, float] = {"pairs": len(pairs), "scenes": len(by_scene)}
    row |= {name: float(by_scene[name].mean()) for name in MEASURED}
    for name in ERRORS:
        value, n = float(by_scene[name].mean()), len(by_scene)
        row |= {name: value, f"{name}_low": np.nan, f"{name}_high": np.nan}
        if n >= FEWEST_SCENES:
            reach = float(t.ppf(0.975, n - 1) * by_scene[name].std() / np.sqrt(n))
            lowest = -np.inf if name == "difference" else 0.0
            row |= {f"{name}_low": max(value - reach, lowest), f"{name}_high": value + reach}
    return row
