"""The models ranked for one image, as a table: what is forecast, what is known, and the verdict."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from lcviz.forecast.live import ModelForecast
from lcviz.forecast.receipts import beats_rivals
from lcviz.study.forecasts import ForecastRecord
from lcviz.taxonomy import (
    KINDS,
    SIMPLE_PREFIX,
    WITHOUT_EXPERIMENTS,
    kind_of,
    model_label,
    train_group_of,
)

COLUMNS: Final = (
    "rank",
    "experiment",
    "label",
    "kind",
    "train_group",
    "place",
    "forecast",
    "low",
    "high",
    "trusted",
    "measured",
    "measured_pixels",
    "measured_scenes",
    "home_accuracy",
    "outside",
    "verdict",
    "why_not",
)
PLACES: Final = {
    "away": "away",
    "home": "at home",
    "training": "trained on it",
    "unknown": "",
}
"""What an image is to a model -> in words."""


def image_ranking(
    found: Sequence[ModelForecast],
    axis: str,
    homes: Mapping[str, float | None],
    groups: Collection[str],
    known: pd.DataFrame,
) -> pd.DataFrame:
    """Rank models of one axis by what is forecast of them on an image.

    Args:
        found: of all models, best first.
        axis: `continent` or `season`.
        homes: experiment -> home accuracy.
        groups: of that axis in which the image lies; none if that is not known.
        known: measured accuracies of the image's scenes, as `known_accuracy` gives them.

    Returns:
        One row a model, columns `COLUMNS`, ranked ones first. `rank` counts from 1 over the models
        whose forecasts are trusted, over all that are forecast where none is, and is missing for
        others; `place` is a key of `PLACES`; `trusted` tells whether forecasts of this kind beat
        plain guesses, so that their numbers may be shown; `outside` is the share of the image
        outside the area of applicability.
    """
    rows: list[dict[str, Any]] = []
    for one in found:
        if one.axis != axis:
            continue
        rows.append(
            {
                "experiment": one.experiment,
                "label": one.label,
                "kind": one.kind,
                "train_group": _train_group(one.experiment),
                "place": "training" if one.trained_on_it else place_of(one.experiment, groups),
                "forecast": one.forecast,
                "low": one.low,
                "high": one.high,
                "trusted": one.beats_rivals,
                "home_accuracy": homes.get(one.experiment),
                "outside": one.share_outside_aoa,
                "verdict": one.verdict,
                "why_not": one.why_not,
            }
        )
    return _ranked(rows, known)


def scene_ranking(
    forecasts: pd.DataFrame,
    receipts: pd.DataFrame,
    scene_ids: Collection[str],
    models: Mapping[str, ForecastRecord],
    axis: str,
    groups: Collection[str],
    known: pd.DataFrame,
) -> pd.DataFrame:
    """Rank models by the forecasts that a study keeps, where there is no imagery to look at.

    Of several scenes: the mean over those that each model was not trained on, without an interval,
    for the intervals are of single scenes, and a mean of their bounds bounds nothing.

    Args:
        forecasts: as `read_forecasts` gives them.
        receipts: as `read_receipts` gives them.
        scene_ids: of the image.
        models: all that the study has, by experiment.
        axis, groups, known: as for `image_ranking`.

    Returns:
        As `image_ranking` does; `outside` and `verdict` are missing.
    """
    here = forecasts[forecasts.scene_id.isin(list(scene_ids))]
    means = here.groupby("experiment")[["forecast", "low", "high"]].mean()
    if len(scene_ids) > 1:
        means = means.assign(low=np.nan, high=np.nan)
    rows: list[dict[str, Any]] = []
    for name, model in models.items():
        if model.axis != axis:
            continue
        trained = set(scene_ids) <= set(model.training_scenes)
        row: dict[str, Any] = {
            "experiment": name,
            "label": model_label(name),
            "kind": model.kind,
            "train_group": model.train_group,
            "place": "training" if trained else place_of(name, groups),
            "trusted": beats_rivals(receipts, model.kind, axis),
            "home_accuracy": model.home_accuracy,
            "why_not": None,
        }
        if name in means.index:
            row |= means.loc[name].to_dict()
        elif not trained:
            row["why_not"] = "The study keeps no forecast of it here."
        rows.append(row)
    return _ranked(rows, known)


def known_accuracy(indicators: pd.DataFrame, scene_ids: Collection[str]) -> pd.DataFrame:
    """What is measured of each model on some scenes, if they are labelled.

    Returns:
        One row an experiment: accuracy (mean over the scenes), pixels (labelled, of all of them)
        and scenes; only scenes that the model was not trained on and that are labelled count.
    """
    rows = indicators[indicators.scene_id.isin(list(scene_ids)) & indicators.accuracy.notna()]
    return (
        rows.groupby("experiment")
        .agg(accuracy=("accuracy", "mean"), pixels=("pixels", "sum"), scenes=("scene_id", "count"))
        .reset_index()
    )


def place_of(experiment: str, groups: Collection[str]) -> str:
    """Whether an image in these groups is at home or away for a model; a key of `PLACES`."""
    if not groups:
        return "unknown"
    if experiment in WITHOUT_EXPERIMENTS:
        home = WITHOUT_EXPERIMENTS[experiment] not in groups
    else:
        home = set(groups) == {_train_group(experiment)}
    return "home" if home else "away"


def table_for_people(ranking: pd.DataFrame) -> pd.DataFrame:
    """A ranking in words and shares of three decimals, forecasts only where they are trusted."""
    trusted = ranking.trusted.astype(bool)
    table = pd.DataFrame(
        {
            "Rank": ranking["rank"].astype("Int64"),
            "Model": ranking.label,
            "Kind": ranking.kind.map(KINDS),
            "Here": ranking.place.map(PLACES),
            "Forecast": ranking.forecast.where(trusted),
            "80% from": ranking.low.where(trusted),
            "80% to": ranking.high.where(trusted),
            "Measured": ranking.measured,
            "n pixels": ranking.measured_pixels.astype("Int64"),
            "At home": ranking.home_accuracy,
            "Outside": ranking.outside,
        }
    )
    known = table.notna().any() | table.columns.isin(["Rank", "Model", "Here"])
    return table.loc[:, known].round(3)


def best_fallback(ranking: pd.DataFrame) -> str | None:
    """Label of the simple model that is ranked best; None without one."""
    simple = ranking[(ranking.kind == "simple") & ranking.forecast.notna()]
    return None if simple.empty else str(simple.label.iloc[0])


def without_order(ranking: pd.DataFrame) -> pd.DataFrame:
    """A ranking of an image on which nothing was checked: no numbers, and no ranks either."""
    return ranking.assign(trusted=False, rank=np.nan)


def _ranked(rows: list[dict[str, Any]], known: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c in (rows[0] if rows else COLUMNS)])
    table = table.reindex(columns=list(COLUMNS))
    numbers = ["forecast", "low", "high", "home_accuracy", "outside"]
    table[numbers] = table[numbers].astype(float)
    table["trusted"] = table.trusted.astype(bool)
    trusted = table.forecast.where(table.trusted)
    counted = trusted if trusted.notna().any() else table.forecast
    table["rank"] = counted.rank(ascending=False, method="min")
    table = table.sort_values(["rank", "forecast"], ascending=[True, False], kind="stable")
    table = table.reset_index(drop=True)
    measured = known.set_index("experiment")
    for column, source in (
        ("measured", "accuracy"),
        ("measured_pixels", "pixels"),
        ("measured_scenes", "scenes"),
    ):
        table[column] = table.experiment.map(measured[source]).astype(float)
    return table


def _train_group(experiment: str) -> str:
    return train_group_of(experiment.removeprefix(SIMPLE_PREFIX))[1]


def default_model(ranking: pd.DataFrame) -> str:
    """Experiment of the network that is ranked best, else of the first model."""
    networks = ranking[ranking.experiment.map(kind_of) == "network"]
    return str((ranking if networks.empty else networks).experiment.iloc[0])
