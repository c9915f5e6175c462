"""What is kept of each model to forecast with: made of what it learned and was validated on."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.forecast import simple_model
from lcviz.forecast.confidence import (
    TRANSPORTED,
    average_confidence,
    fit_temperature,
    negative_entropy,
    tempered,
    threshold_for,
    transport_costs,
    transport_threshold,
)
from lcviz.forecast.context import scenes_of
from lcviz.forecast.dissimilarity import fit_space
from lcviz.forecast.indicators import SEED
from lcviz.landscapes.clustering import MEANS
from lcviz.landscapes.match import LandscapeSpace, usual_distance
from lcviz.study.forecast_records import FeatureSpace, ForecastRecord, SimpleModel
from lcviz.study.records import ModelCard
from lcviz.taxonomy import BANDS, CLASSES, Kind

MAPS: Final = 16
"""Maps of the network that tiles are compared by: those that matter most to its head."""
Json = dict[str, Any]


def network_record(
    card: ModelCard,
    kind: Kind,
    by_scene: Mapping[str, Json],
    head: npt.NDArray[np.float64],
    landscapes: LandscapeSpace | None,
    home_accuracy: float | None,
) -> tuple[ForecastRecord, pd.DataFrame] | None:
    """A network's record and reference tiles; None without labelled pixels or reference tiles.

    Args:
        card: of the network.
        kind: of the experiment.
        by_scene: scene id -> what `SourceReader` gave.
        head: weights of its head, (8, maps).
        landscapes: of the study.
        home_accuracy: mean over the home test.
    """
    name = card.experiment
    source = [r["source"][name] for r in by_scene.values() if name in r["source"]]
    tiles = [r["references"][name] for r in by_scene.values() if name in r["references"]]
    if not source or not any(t["patch_ids"] for t in tiles):
        return None
    probabilities = np.concatenate([s["probabilities"] for s in source])
    labels = np.concatenate([s["labels"] for s in source]).astype(np.uint8)
    right = np.array([s["right"] for s in source]).sum(axis=0)
    importance = np.maximum(right[0] - right[1:], 0).astype(float)
    features = np.concatenate([t["features"] for t in tiles])
    # How far a logit moves, on average, when a map changes by a standard deviation.
    matters = np.abs(head).mean(axis=0) * features.std(axis=0)
    maps = np.sort(np.argsort(-matters, kind="stable")[:MAPS])
    # What is kept is what is computed with.
    of_maps = features[:, maps].astype(np.float16).astype(np.float64)
    kept = _tile_table(tiles).join(
        pd.DataFrame(of_maps, columns=[f"feature_{i}" for i in range(len(maps))])
    )
    scenes, bands = scenes_of(kept.patch_id.to_numpy()), kept[MEANS].to_numpy()
    record = _record(
        card=card,
        name=name,
        kind=kind,
        probabilities=probabilities,
        labels=labels,
        bands=fit_space(bands, importance, scenes, seed=SEED),
        features=fit_space(
            of_maps, matters[maps], scenes, maps=tuple(int(i) for i in maps), seed=SEED
        ),
        limit=None if landscapes is None else usual_distance(landscapes, bands, scenes),
        home_accuracy=home_accuracy,
    )
    return record, kept


def simple_record(
    model: SimpleModel,
    card: ModelCard,
    by_scene: Mapping[str, Json],
    landscapes: LandscapeSpace | None,
    home_accuracy: float | None,
) -> tuple[ForecastRecord, pd.DataFrame] | None:
    """The same for the simple model of a network's split, with that network's tiles."""
    pixels = pixels_of(by_scene, card.home_test)
    tiles = [
        r["references"][card.experiment]
        for r in by_scene.values()
        if card.experiment in r["references"]
    ]
    if not len(pixels) or not any(t["patch_ids"] for t in tiles):
        return None
    dn, labels = pixels[:, :-1].T, pixels[:, -1].astype(np.uint8)
    probabilities = simple_model.probabilities(model, dn).T
    right = (probabilities.argmax(axis=1) == labels).sum()
    importance = np.zeros(len(BANDS))
    for band in range(len(BANDS)):
        ablated = dn.copy()
        ablated[band] = round(card.band_mean[band])
        still = (simple_model.probabilities(model, ablated).argmax(axis=0) == labels).sum()
        importance[band] = max(right - still, 0)
    table = _tile_table(tiles)
    scenes, bands = scenes_of(table.patch_id.to_numpy()), table[MEANS].to_numpy()
    record = _record(
        card=card,
        name=model.experiment,
        kind="simple",
        probabilities=probabilities,
        labels=labels,
        bands=fit_space(bands, importance, scenes, seed=SEED),
        features=None,
        limit=None if landscapes is None else usual_distance(landscapes, bands, scenes),
        home_accuracy=home_accuracy,
    )
    return record, table


def _record(
    *,
    card: ModelCard,
    name: str,
    kind: Kind,
    probabilities: npt.NDArray[np.floating],
    labels: npt.NDArray[np.uint8],
    bands: FeatureSpace,
    features: FeatureSpace | None,
    limit: float | None,
    home_accuracy: float | None,
) -> ForecastRecord:
    temperature = fit_temperature(probabilities, labels)
    sure = tempered(probabilities, temperature)
    right = float((sure.argmax(axis=1) == labels).mean())
    marginal = np.bincount(labels, minlength=len(CLASSES)) / len(labels)
    # Scenes follow each other: a sample of all of them, not the first ones.
    drawn = np.random.default_rng(SEED).permutation(len(sure))[:TRANSPORTED]
    costs = transport_costs(sure[drawn], marginal.tolist())
    return ForecastRecord(
        experiment=name,
        kind=kind,
        axis=card.axis,
        train_group=card.train_group,
        training_scenes=card.training_scenes,
        validation_scenes=card.home_test,
        home_accuracy=home_accuracy,
        temperature=temperature,
        source_confidence=average_confidence(sure),
        source_accuracy=right,
        atc_threshold=_finite(threshold_for(negative_entropy(sure), right)),
        cott_threshold=_finite(transport_threshold(costs, right)),
        class_marginal=tuple(marginal.tolist()),
        bands=bands,
        features=features,
        landscape_limit=limit,
        pixels=len(labels),
    )


def _finite(threshold: float) -> float:
    """JSON has no infinity; scores and costs are far smaller than this."""
    return float(np.clip(threshold, -1e6, 1e6))


def _tile_table(tiles: Sequence[Json]) -> pd.DataFrame:
    table = pd.DataFrame(np.concatenate([t["bands"] for t in tiles]).round(), columns=MEANS)
    table.insert(0, "patch_id", np.concatenate([t["patch_ids"] for t in tiles]).astype(object))
    table.insert(1, "tile", np.concatenate([t["tiles"] for t in tiles]).astype(np.int64))
    return table


def pixels_of(by_scene: Mapping[str, Json], scene_ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Sampled labelled pixels of some scenes, (n, 11): DN and label."""
    found = [np.array(by_scene[s]["pixels"], dtype=np.int64) for s in scene_ids if s in by_scene]
    found = [pixels for pixels in found if len(pixels)]
    return np.concatenate(found) if found else np.zeros((0, 11), dtype=np.int64)
