"""Will it work here? A forecast of every model's accuracy on an image without labels.

    study = Study.open(path)
    context = load_context(study)          # once a study; does not change, threads may share it
    image = patch_image(study, patch_ids)  # or scene_image(study, ids), raster_image(reader, name)
    found = forecast_image(context, image)
    found.models[0].forecast, found.models[0].low, found.models[0].high

What is needed was kept by the stage `transfer` (`study.forecasts`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.distributions.distances import outside_share
from lcviz.forecast import indicators, regression
from lcviz.forecast.context import ForecastContext, load_context
from lcviz.forecast.dissimilarity import TILE
from lcviz.forecast.image import Image, centre, patch_image, raster_image, scene_image
from lcviz.forecast.indicators import Imagery, Measured
from lcviz.forecast.nearest import nearest_patches
from lcviz.forecast.receipts import beats_rivals
from lcviz.forecast.verdicts import Verdict, verdict
from lcviz.study.forecasts import looked_at
from lcviz.taxonomy import BANDS, Kind, model_label

__all__ = [
    "ForecastContext",
    "Image",
    "ImageEvidence",
    "ModelForecast",
    "centre",
    "forecast_image",
    "load_context",
    "patch_image",
    "raster_image",
    "scene_image",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ModelForecast:
    """What is expected of one model on an image."""

    experiment: str
    label: str
    """For people: "Africa"."""
    kind: Kind
    axis: str
    trained_on_it: bool
    """Whether a scene of the image is among the model's training scenes: nothing is forecast."""
    forecast: float | None
    """Expected accuracy, 0 to 1; None where it cannot be forecast (`why_not` says why)."""
    low: float | None
    """Lower bound of the 80% interval."""
    high: float | None
    left_out: str | None
    """Target group that the forecaster never saw, for an image of the study; None for others."""
    beats_rivals: bool
    """Whether this kind of forecast beat the plain guesses here: else it "does not know"."""
    why_not: str | None
    verdict: Verdict
    share_outside_aoa: float
    """Share of the image's tiles outside the model's area of applicability."""
    aoa_map: npt.NDArray[np.float32]
    """Dissimilarity divided by the threshold, by tile (windows, tile rows, tile columns); above 1
    is outside, NaN where a tile has no valid pixel."""
    nearest: tuple[tuple[str, float], ...]
    """Training patches closest to the image: (patch id, dissimilarity), nearest first, at most one
    a patch, from different scenes where possible."""
    indicators: dict[str, float]
    """`study.forecasts.INDICATORS` -> value, NaN where not known."""
    bands_outside: Floats
    """(10,), share of the image's pixels beyond the central 99% of the training scenes'; NaN where
    these have not been counted."""
    landscapes: pd.DataFrame
    """cluster, image, training: share of the image's and of the model's reference tiles in each
    landscape; empty where the study has none."""


@dataclass(frozen=True, eq=False)
class ImageEvidence:
    """The forecasts of all models for one image, best first; a model without one comes last."""

    image: Image
    models: tuple[ModelForecast, ...]
    tile: int
    """Rows and columns of a tile of the AOA maps, in pixels."""
    notes: tuple[str, ...]
    """What cannot be said and why, in sentences: no landscapes, a sample of windows, ..."""


def forecast_image(
    context: ForecastContext,
    image: Image,
    experiments: Sequence[str] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> ImageEvidence:
    """Forecast the accuracy of models on an image.

    Other networks predict the image as well, since how far they agree is an indicator.

    Args:
        context: of the study.
        image: at least one valid pixel.
        experiments: models to forecast; all that the context has, if None.
        progress: called with the share done, 0 to 1, and with what is going on.

    Raises:
        ValueError: the image has no valid pixel, or an experiment is not in the context.
    """
    chosen = list(context.models) if experiments is None else list(experiments)
    if unknown := [name for name in chosen if name not in context.models]:
        raise ValueError(f"The study keeps nothing of {unknown[0]} to forecast with")
    imagery = indicators.look(context, image)
    # The forecast rests on what is looked at as its fit was: larger windows agree otherwise.
    as_fitted = centre(image, looked_at(context.study).side)
    again = as_fitted.valid.shape != image.valid.shape and as_fitted.valid.any()
    steps = len(indicators.predicting(context, image, chosen)) * (2 if again else 1)
    done = 0

    def advance(experiment: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done / steps, f"{model_label(experiment)} model")

    measured = indicators.measure(context, image, chosen, imagery, advance)
    fitted = measured
    if again:
        seen = indicators.look(context, as_fitted)
        fitted = indicators.measure(context, as_fitted, chosen, seen, advance)
    groups = {name: _left_out(context, image, name) for name in chosen}
    found = [
        _forecast(context, image, imagery, name, measured[name], fitted[name], groups[name])
        for name in chosen
    ]
    found.sort(key=lambda m: -1.0 if m.forecast is None else m.forecast, reverse=True)
    return ImageEvidence(image, tuple(found), TILE, _notes(context, image, chosen))


def _forecast(
    context: ForecastContext,
    image: Image,
    imagery: Imagery,
    name: str,
    found: Measured,
    fitted: Measured,
    left_out: str | None,
) -> ModelForecast:
    """What is expected of a model: the forecast by `fitted`, all else by `found`."""
    model = context.models[name]
    trained = bool(set(image.scene_ids) & set(model.training_scenes))
    value, low, high, why_not = None, None, None, None
    forecaster = context.forecaster(name, left_out)
    if trained:
        why_not = "It was trained on this scene, so that its accuracy here would say nothing."
    elif forecaster is None:
        why_not = (
            f"A forecast is checked on {model.axis}s that it has not seen. That takes labelled "
            f"scenes of {regression.FEWEST_GROUPS + 1} {model.axis}s, {regression.FEWEST_SCENES} "
            "beside those of the one left out; this study has fewer."
        )
    else:
        known = fitted.indicators | {"home_accuracy": model.home_accuracy}
        rows = pd.DataFrame([known | {"agreement": each} for each in fitted.agreements])
        made = regression.predict(forecaster, rows.astype(float))
        if made.forecast.isna().any():
            unknown = [c for c in forecaster.columns if rows[c].isna().any()]
            why_not = f"It rests on what is not known of this image: {', '.join(unknown)}."
        else:
            # Of an unknown region, what holds for each that it could be holds for the image.
            value, low, high = (
                float(made.forecast.mean()),
                float(made.low.min()),
                float(made.high.max()),
            )
    by_features = model.features is not None
    outside = found.indicators["outside_features" if by_features else "outside_bands"]
    distance = found.indicators["landscape_distance"]
    counted = context.training_counts[name]
    return ModelForecast(
        experiment=name,
        label=model_label(name),
        kind=model.kind,
        axis=model.axis,
        trained_on_it=trained,
        forecast=value,
        low=low,
        high=high,
        left_out=None if value is None else left_out,
        beats_rivals=beats_rivals(context.receipts, model.kind, model.axis),
        why_not=why_not,
        verdict=verdict(outside, None if np.isnan(distance) else distance, model.landscape_limit),
        share_outside_aoa=outside,
        aoa_map=_relative(found),
        nearest=nearest_patches(context.references[name], found),
        indicators=fitted.indicators,
        bands_outside=np.full(len(BANDS), np.nan)
        if counted is None
        else outside_share(imagery.counts, counted),
        landscapes=_landscapes(context, imagery, name),
    )


def _left_out(context: ForecastContext, image: Image, name: str) -> str | None:
    """The target group that the image is of, if it is of one alone: its forecaster has not seen it.

    A model trained on all but one continent is forecast likewise, by the scene's continent.
    """
    if not image.scene_ids:
        return None
    scenes = context.study.scenes().set_index("scene_id")
    groups = set(scenes.loc[list(image.scene_ids), context.models[name].axis])
    group = groups.pop() if len(groups) == 1 else None
    return group if context.forecaster(name, group) is not None else None


def _relative(found: Measured) -> npt.NDArray[np.float32]:
    """Dissimilarity in thresholds; a threshold of 0 lets nothing in but the references."""
    threshold = max(found.space.threshold, 1e-9)
    return (found.dissimilarities / threshold).clip(0, 1e6).astype(np.float32)


def _landscapes(context: ForecastContext, imagery: Imagery, name: str) -> pd.DataFrame:
    if context.landscapes is None or imagery.landscapes is None:
        return pd.DataFrame(columns=["cluster", "image", "training"])
    training = context.landscapes.shares(context.references[name].bands)
    return pd.DataFrame(
        {"cluster": range(len(training)), "image": imagery.landscapes, "training": training}
    )


def _notes(context: ForecastContext, image: Image, chosen: Sequence[str]) -> tuple[str, ...]:
    notes = list(image.notes)
    if context.landscapes is None:
        notes.append(
            "The study has no landscapes, so that the verdicts rest on the area of applicability "
            f"alone. {context.study.how_to_make('landscapes')}"
        )
    if any(context.training_counts[name] is None for name in chosen):
        notes.append(
            "The training scenes' values have not been counted, so that band values cannot be "
            f"compared. {context.study.how_to_make('statistics')}"
        )
    if len(image.names) < looked_at(context.study).patches:
        notes.append(
            "Forecasts were checked on whole scenes: on fewer windows accuracy varies more than "
            "their intervals say."
        )
    axes = dict.fromkeys(context.models[name].axis for name in chosen)
    if unknown := [axis for axis in axes if not indicators.region_is_known(image, axis)]:
        notes.append(
            f"Of the image the {' and the '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} "
            "not known, and a network that knows it must not judge the others. So forecasts across "
            f"{' and '.join(f'{axis}s' for axis in unknown)} are made for each that it could be: "
            "their mean is given, with an interval that holds theirs all."
        )
    if not all(each for name in chosen for each in indicators.judges(context, name, image)):
        notes.append(
            "Some models have no other network to agree or disagree with that does not know the "
            "region."
        )
    return tuple(notes)
