"""By how much a model's forecast must lead before the model may be called the best on an image.

That forecasts go with accuracy over all pairs says little of the order of models on one image. So
it is looked at where the answer is known, scene by scene: how much better the other models were,
beside the one with the highest forecast, than their forecasts had said. Of a new scene's such
excess the conformal quantile (`regression.conformal_reach`) is the lead that is needed: with it,
the first is better than every other at once, with the probability `regression.LEVEL`, as far as the
new scene is like those known. Each forecast is of a group of scenes that its fit has not seen.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lcviz.forecast.regression import conformal_reach


@dataclass(frozen=True)
class Lead:
    """What the lead of a forecast is worth among some models."""

    needed: float
    """Difference of two forecasts, 0 to 1; 1 where too few scenes tell."""
    scenes: int
    """Labelled, with at least two of the models to compare."""
    best_first: int
    """Of these scenes: on which the model with the highest forecast was the best."""


def lead_among(
    experiments: Collection[str],
    forecasts: pd.DataFrame,
    indicators: pd.DataFrame,
    left_out: Collection[str] = (),
) -> Lead:
    """The lead that is needed among some models.

    Args:
        experiments: the models that are ranked.
        forecasts: as `study.forecasts.read_forecasts` gives them.
        indicators: as `study.forecasts.read_indicators` gives them.
        left_out: groups whose scenes are not looked at: those of the image.
    """
    known = indicators[indicators.accuracy.notna() & ~indicators.test_group.isin(list(left_out))]
    known = known[known.experiment.isin(list(experiments))]
    pairs = known[["experiment", "scene_id", "accuracy"]].merge(
        forecasts[["experiment", "scene_id", "forecast"]], on=["experiment", "scene_id"]
    )
    excess: dict[str, float] = {}
    best_first = 0
    for scene, models in pairs.dropna().groupby("scene_id"):
        if len(models) < 2:
            continue
        accuracy, forecast = models.accuracy.to_numpy(), models.forecast.to_numpy()
        first = int(forecast.argmax())
        more = (accuracy - accuracy[first]) - (forecast - forecast[first])
        excess[str(scene)] = float(np.delete(more, first).max())
        best_first += bool(accuracy[first] == accuracy.max())
    needed = conformal_reach(np.array(list(excess.values())), list(excess)) if excess else 1.0
    return Lead(max(needed, 0.0), len(excess), best_first)
