"""What each model knows: how sure it is at home, which bands matter, tiles that it was trained on.

The first half of the stage `transfer`, scene by scene; the models' records are made of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data.sen12ms import PatchFiles, PatchList, read_labels
from lcviz.errors import DatasetError
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
from lcviz.forecast.dissimilarity import fit_space, tile_means
from lcviz.forecast.image import Image, centre, evenly, sample_pixels, scene_image
from lcviz.forecast.indicators import SEED, network_features
from lcviz.forecast.simple_model import probabilities as simple_probabilities
from lcviz.landscapes.match import LandscapeSpace, usual_distance
from lcviz.study import Study
from lcviz.study.columns import MEANS
from lcviz.study.forecast_records import FeatureSpace, Kind, SimpleModel, TransferModel
from lcviz.study.records import ModelCard
from lcviz.taxonomy import BANDS, CLASSES, NO_LABEL
from precompute.stages.networks import Networks

REFERENCE_PATCHES: Final = 120
"""Training patches of a model whose tiles are kept, spread evenly over its scenes."""
MAPS: Final = 16
"""Maps of the network that tiles are compared by: those that matter most to its head."""
SOURCE_PIXELS: Final = 2048
"""Labelled pixels of a validation scene."""
SIMPLE_PIXELS: Final = 1000
"""Labelled pixels of a training scene that a simple model sees."""
ABLATED: Final = 2
"""Patches of a validation scene on which the bands' importance is measured."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What of each scene is looked at."""

    patches: int
    """Patches of a scene, spread evenly over it."""
    side: int
    """Pixels along a side of the square in the middle of each that is looked at."""


@dataclass(frozen=True)
class SourceReader:
    """What the models learned or were validated on in one scene; can be sent to a process."""

    networks: Networks
    cards: dict[str, ModelCard]
    settings: Settings

    def __call__(self, patches: PatchList) -> Json:
        """JSON-like: `pixels` (n, 11): DN and label; by experiment `references` and `source`."""
        study = Study.open(self.networks.study)
        scene_id = patches.scene_id
        image = read_scene(study, scene_id, self.settings)
        if image is None:
            return {"pixels": [], "references": {}, "source": {}}
        labels = labels_of(image, patches.files(), self.settings.side)
        result: Json = {"references": {}, "source": {}}
        result["pixels"] = _labelled_pixels(image, labels, SIMPLE_PIXELS).tolist()
        for name, card in self.cards.items():
            part = card.split_of(scene_id)
            if part == "training":
                result["references"][name] = self._references(name, card, image)
            elif part == "validation" and (labels != NO_LABEL).any():
                result["source"][name] = self._source(name, card, image, labels)
        return result

    def _references(self, name: str, card: ModelCard, image: Image) -> Json:
        most = max(1, REFERENCE_PATCHES // len(card.training_scenes))
        picked = evenly(range(len(image.values)), most)
        values, valid = image.values[picked], image.valid[picked]
        predictor = self.networks.predictor(name)
        pooled = predictor.probabilities_and_features(values, valid)[1]
        bands = np.stack([tile_means(v, ok) for v, ok in zip(values, valid, strict=True)])
        features = network_features(pooled, valid)
        tiles = bands.shape[1] * bands.shape[2]
        flat = bands.reshape(-1, bands.shape[-1])
        known = np.isfinite(flat).all(axis=1)
        return {
            "patch_ids": np.repeat([image.names[i] for i in picked], tiles)[known].tolist(),
            "tiles": np.tile(np.arange(tiles), len(picked))[known].tolist(),
            "bands": flat[known].tolist(),
            "features": features.reshape(len(flat), -1)[known].round(5).tolist(),
        }

    def _source(
        self, name: str, card: ModelCard, image: Image, labels: npt.NDArray[np.uint8]
    ) -> Json:
        predictor = self.networks.predictor(name)
        probabilities = predictor.probabilities(image.values, image.valid)
        places = sample_pixels(image.valid & (labels != NO_LABEL), SOURCE_PIXELS, SEED)
        by_pixel = np.moveaxis(probabilities, 1, -1).reshape(-1, len(CLASSES))
        few = slice(0, ABLATED)
        truth = labels[few]
        counted = image.valid[few] & (truth != NO_LABEL)
        right = [int((probabilities[few].argmax(axis=1) == truth)[counted].sum())]
        for band in range(len(BANDS)):
            values = image.values[few].copy()
            values[:, band] = round(card.band_mean[band])
            classes = predictor.classes(values, image.valid[few])
            right.append(int((classes == truth)[counted].sum()))
        return {
            "probabilities": by_pixel[places].astype(float).round(6).tolist(),
            "labels": labels.ravel()[places].tolist(),
            "right": right,
            "ablated_pixels": int(counted.sum()),
        }


def read_scene(study: Study, scene_id: str, settings: Settings) -> Image | None:
    """What is looked at of a scene; None where no patch of it can be read."""
    try:
        return centre(scene_image(study, [scene_id], settings.patches), settings.side)
    except DatasetError:
        return None


def labels_of(image: Image, patches: Sequence[PatchFiles], side: int) -> npt.NDArray[np.uint8]:
    """Class indexes of an image of patches, (windows, rows, columns); 255 where not known."""
    files = {patch.patch_id: patch.lc for patch in patches}
    labels = np.full(image.valid.shape, NO_LABEL, dtype=np.uint8)
    for place, name in enumerate(image.names):
        file = files.get(name)
        if file is None:
            continue
        try:
            values = read_labels(file).values
        except DatasetError:
            continue
        top, left = (values.shape[0] - side) // 2, (values.shape[1] - side) // 2
        labels[place] = values[top : top + side, left : left + side]
    return labels


def network_record(
    card: ModelCard,
    kind: Kind,
    by_scene: Mapping[str, Json],
    head: npt.NDArray[np.float64],
    landscapes: LandscapeSpace | None,
    home_accuracy: float | None,
) -> tuple[TransferModel, pd.DataFrame] | None:
    """A network's record and reference tiles; None without labelled pixels or reference tiles.

    Args:
        card: of the network.
        kind: of the experiment.
        by_scene: scene id -> what `SourceReader` gave.
        head: weights of its head, (8, maps).
        landscapes: of the study.
        home_accuracy: mean over the validation scenes.
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
) -> tuple[TransferModel, pd.DataFrame] | None:
    """The same for the simple model of a network's split, with that network's tiles."""
    pixels = pixels_of(by_scene, card.validation_scenes)
    tiles = [
        r["references"][card.experiment]
        for r in by_scene.values()
        if card.experiment in r["references"]
    ]
    if not len(pixels) or not any(t["patch_ids"] for t in tiles):
        return None
    dn, labels = pixels[:, :-1].T, pixels[:, -1].astype(np.uint8)
    probabilities = simple_probabilities(model, dn).T
    right = (probabilities.argmax(axis=1) == labels).sum()
    importance = np.zeros(len(BANDS))
    for band in range(len(BANDS)):
        ablated = dn.copy()
        ablated[band] = round(card.band_mean[band])
        still = (simple_probabilities(model, ablated).argmax(axis=0) == labels).sum()
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


def pixels_of(by_scene: Mapping[str, Json], scene_ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Sampled labelled pixels of some scenes, (n, 11): DN and label."""
    found = [np.array(by_scene[s]["pixels"], dtype=np.int64) for s in scene_ids if s in by_scene]
    found = [pixels for pixels in found if len(pixels)]
    return np.concatenate(found) if found else np.zeros((0, 11), dtype=np.int64)


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
) -> TransferModel:
    temperature = fit_temperature(probabilities, labels)
    sure = tempered(probabilities, temperature)
    right = float((sure.argmax(axis=1) == labels).mean())
    marginal = np.bincount(labels, minlength=len(CLASSES)) / len(labels)
    # Scenes follow each other: a sample of all of them, not the first ones.
    drawn = np.random.default_rng(SEED).permutation(len(sure))[:TRANSPORTED]
    costs = transport_costs(sure[drawn], marginal.tolist())
    return TransferModel(
        experiment=name,
        kind=kind,
        axis=card.axis,
        train_group=card.train_group,
        training_scenes=card.training_scenes,
        validation_scenes=card.validation_scenes,
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


def _labelled_pixels(
    image: Image, labels: npt.NDArray[np.uint8], most: int
) -> npt.NDArray[np.int64]:
    """DN and label of some labelled pixels, (n, 11)."""
    places = sample_pixels(image.valid & (labels != NO_LABEL), most, SEED)
    dn = image.values.swapaxes(0, 1).reshape(len(BANDS), -1)[:, places]
    return np.concatenate([dn.T, labels.ravel()[places, None]], axis=1).astype(np.int64)
