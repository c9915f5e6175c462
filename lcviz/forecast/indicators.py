"""Every indicator of every model for one image: what the stage stores, and a live forecast uses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.data.histograms import Counts, count_pixels
from lcviz.distributions.distances import wasserstein
from lcviz.forecast import simple_model
from lcviz.forecast.confidence import (
    TRANSPORTED,
    agreement,
    average_confidence,
    average_thresholded_confidence,
    difference_of_confidences,
    nuclear_norm,
    tempered,
    thresholded_transport,
    transport_costs,
)
from lcviz.forecast.context import ForecastContext
from lcviz.forecast.dissimilarity import TILE, dissimilarity, share_outside, tile_means
from lcviz.forecast.image import Image, sample_pixels
from lcviz.landscapes.match import landscape_distance
from lcviz.study.forecast_records import FeatureSpace
from lcviz.study.forecasts import INDICATORS
from lcviz.taxonomy import AXES

Floats = npt.NDArray[np.float64]

PIXELS: Final = 2048
"""Pixels of an image whose probabilities are looked at."""
SEED: Final = 0
_SQUARE: Final = 8
"""Pixels along a side of what the network's maps are averaged over."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What one model says of an image."""

    probabilities: npt.NDArray[np.float32]
    """Of the sampled pixels, (n, 8)."""
    features: Floats | None
    """Of tiles, (windows, tile rows, tile columns, maps); None for a simple model."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The indicators of one model for an image, and where they come from."""

    indicators: dict[str, float]
    """`INDICATORS` -> value, NaN where not known; `agreement` is the mean of `agreements`."""
    agreements: tuple[float, ...]
    """With each set of `judges`: one where the image's region is known."""
    dissimilarities: Floats
    """(windows, tile rows, tile columns), by the network's features, else by band means."""
    tiles: Floats
    """Features that they are of, (tiles, features), in the same order."""
    space: FeatureSpace
    """In which they are measured."""


@dataclass(frozen=True, eq=False)
class Imagery:
    """What is seen of an image without a model."""

    bands: Floats
    """Band means of tiles, (windows, tile rows, tile columns, 10), DN."""
    counts: Counts
    """Its pixels, (10, DNs)."""
    landscapes: Floats | None
    """Share of each landscape, (k,); None where the study has none."""
    sample: npt.NDArray[np.int64]
    """The sampled pixels: flat indexes into (windows, rows, columns)."""


def look(context: ForecastContext, image: Image) -> Imagery:
    """Measure the imagery alone.

    Raises:
        ValueError: no pixel is valid.
    """
    if not image.valid.any():
        raise ValueError(f"{image.name} has no valid pixel")
    bands = np.stack([tile_means(v, ok) for v, ok in zip(image.values, image.valid, strict=True)])
    counts = count_pixels(image.values.swapaxes(0, 1), image.valid)
    landscapes = None if context.landscapes is None else context.landscapes.shares(_flat(bands))
    return Imagery(bands, counts, landscapes, sample_pixels(image.valid, PIXELS, SEED))


def predict(
    context: ForecastContext, experiment: str, image: Image, imagery: Imagery
) -> Prediction:
    """Let one model predict an image."""
    if experiment in context.simple:
        pixels = image.values.swapaxes(0, 1).reshape(10, -1)[:, imagery.sample]
        return Prediction(simple_model.probabilities(context.simple[experiment], pixels).T, None)
    maps = context.models[experiment].features
    assert maps is not None
    predictor = context.predictor(experiment)
    probabilities, pooled = predictor.probabilities_and_features(image.values, image.valid)
    predictor.release()
    sampled = np.moveaxis(probabilities, 1, -1).reshape(-1, probabilities.shape[1])
    features = network_features(pooled[:, list(maps.maps)], image.valid)
    return Prediction(sampled[imagery.sample], features)


def network_features(pooled: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_]) -> Floats:
    """Means of a network's maps over tiles.

    Args:
        pooled: maps averaged over squares of 8 pixels, (windows, maps, rows / 8, columns / 8).
        valid: (windows, rows, columns); a square counts where one of its pixels is valid.

    Returns:
        (windows, tile rows, tile columns, maps), NaN where no pixel of a tile is valid.
    """
    return np.stack(
        [
            tile_means(squares, _squares(ok), TILE // _SQUARE)
            for squares, ok in zip(pooled, valid, strict=True)
        ]
    )


def measure(
    context: ForecastContext,
    image: Image,
    experiments: Sequence[str],
    imagery: Imagery,
    advance: Callable[[str], None] = lambda _: None,
) -> dict[str, Measured]:
    """All indicators of some models.

    Those that a model is compared with (`judges`) predict the image even if not asked for.

    Args:
        context: of the study.
        image: at least one valid pixel.
        experiments: of the context.
        imagery: as `look` gives it.
        advance: called with each model that has predicted.
    """
    predictions = {
        name: _predicted(context, name, image, imagery, advance)
        for name in predicting(context, image, experiments)
    }
    classes = {name: _classes(prediction) for name, prediction in predictions.items()}
    return {
        name: _measured(
            context,
            name,
            predictions[name],
            imagery,
            [
                [classes[judge] for judge in judges_of_one]
                for judges_of_one in judges(context, name, image)
            ],
        )
        for name in experiments
    }


def judges(context: ForecastContext, experiment: str, image: Image) -> list[list[str]]:
    """The networks that a model is compared with: those of its axis that do not know the region.

    A network trained on the continent (or season) of the image would tell how to map it: agreeing
    with it is almost being right. So it is left out, as the forecaster's pairs of that group are. A
    simple model is not compared with the network of its own split.

    Returns:
        One set of networks where it is known of which groups the image is, else one for each group
        that it could be of: one of them is the set that a checked forecast would have had.
    """
    model = context.models[experiment]
    others = {
        name: other.train_group
        for name, other in context.models.items()
        if other.kind == "network"
        and other.axis == model.axis
        and other.train_group != model.train_group
    }
    sets = [
        [name for name, group in others.items() if group not in known]
        for known in _possible_groups(context, image, model.axis)
    ]
    return [each for place, each in enumerate(sets) if each not in sets[:place]]


def region_is_known(image: Image, axis: str) -> bool:
    """Whether it is known in which continents (or seasons) an image lies."""
    return bool(image.scene_ids) or (axis == "continent" and image.continent is not None)


def _possible_groups(context: ForecastContext, image: Image, axis: str) -> list[set[str]]:
    """The groups in which an image lies: one set if they are known, else each group by itself."""
    if not region_is_known(image, axis):
        return [{group} for group in AXES[axis]]
    if not image.scene_ids:
        return [{str(image.continent)}]
    scenes = context.study.scenes().set_index("scene_id")
    return [set(scenes.loc[list(image.scene_ids), axis].dropna())]


def predicting(context: ForecastContext, image: Image, experiments: Sequence[str]) -> list[str]:
    """The models that have to predict an image: those asked for, and all their judges."""
    others = chain.from_iterable(
        each for name in experiments for each in judges(context, name, image)
    )
    return list(dict.fromkeys([*experiments, *others]))


def _predicted(
    context: ForecastContext,
    experiment: str,
    image: Image,
    imagery: Imagery,
    advance: Callable[[str], None],
) -> Prediction:
    found = predict(context, experiment, image, imagery)
    advance(experiment)
    return found


def _measured(
    context: ForecastContext,
    experiment: str,
    prediction: Prediction,
    imagery: Imagery,
    judging: Sequence[Sequence[npt.NDArray[np.uint8]]],
) -> Measured:
    model, references = context.models[experiment], context.references[experiment]
    sure = tempered(prediction.probabilities, model.temperature)
    costs = transport_costs(sure[:TRANSPORTED], model.class_marginal)
    agreements = tuple(agreement(_classes(prediction), others) for others in judging)
    found = dict.fromkeys(INDICATORS, float("nan"))
    found |= {
        "confidence": average_confidence(sure),
        "doc": difference_of_confidences(sure, model.source_confidence, model.source_accuracy),
        "atc": average_thresholded_confidence(sure, model.atc_threshold),
        "cott": thresholded_transport(costs, model.cott_threshold),
        "agreement": float(np.mean(agreements)),
        "nuclear_norm": nuclear_norm(sure),
    }
    if context.landscapes is not None and imagery.landscapes is not None:
        trained = context.landscapes.shares(references.bands)
        found["landscape_distance"] = landscape_distance(imagery.landscapes, trained)
    counted = context.training_counts[experiment]
    if counted is not None:
        found["band_distance"] = float(wasserstein(imagery.counts, counted).mean())
    shape, space, tiles = imagery.bands.shape[:-1], model.bands, _flat(imagery.bands)
    di = dissimilarity(space, references.bands, tiles)[0]
    found["di_bands"] = float(np.nanmean(di))
    found["outside_bands"] = share_outside(di, space)
    if model.features is not None and references.features is not None:
        assert prediction.features is not None
        space, blank = model.features, np.isnan(tiles).any(axis=1, keepdims=True)
        tiles = np.where(blank, np.nan, _flat(prediction.features))
        di = dissimilarity(space, references.features, tiles)[0]
        found["di_features"] = float(np.nanmean(di))
        found["outside_features"] = share_outside(di, space)
    return Measured(found, agreements, di.reshape(shape), tiles, space)


def _classes(prediction: Prediction) -> npt.NDArray[np.uint8]:
    return prediction.probabilities.argmax(axis=1).astype(np.uint8)


def _flat(tiles: Floats) -> Floats:
    return tiles.reshape(-1, tiles.shape[-1])


def _squares(valid: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which squares of the network's maps hold a valid pixel."""
    rows, columns = valid.shape
    padded = np.pad(valid, ((0, -rows % _SQUARE), (0, -columns % _SQUARE)))
    by_square = padded.reshape(padded.shape[0] // _SQUARE, _SQUARE, -1, _SQUARE)
    return np.asarray(by_square.any(axis=(1, 3)))
