"""What each model knows: how sure it is at home, which bands matter, tiles that it was trained on.

The first half of the stage `transfer`, scene by scene; the models' records are made of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.data.sen12ms import PatchFiles, PatchList, read_labels
from lcviz.errors import NoImageryError, PatchDamagedError, PatchVanishedError
from lcviz.forecast.dissimilarity import tile_means
from lcviz.forecast.image import Image, centre, evenly, sample_pixels, scene_image
from lcviz.forecast.indicators import SEED, network_features
from lcviz.forecast.models import Json
from lcviz.study import Study
from lcviz.study.forecasts import LookedAt
from lcviz.study.records import ModelCard
from lcviz.taxonomy import BANDS, CLASSES, NO_LABEL
from precompute.stages.networks import Networks

REFERENCE_PATCHES: Final = 120
"""Training patches of a model whose tiles are kept, spread evenly over its scenes."""
SOURCE_PIXELS: Final = 2048
"""Labelled pixels of a scene of the home test."""
SIMPLE_PIXELS: Final = 1000
"""Labelled pixels of a training scene that a simple model sees."""
ABLATED: Final = 2
"""Patches of a scene of the home test on which the bands' importance is measured."""


@dataclass(frozen=True)
class SourceReader:
    """What the models learned in one scene, or how they do at home; can be sent to a process."""

    networks: Networks
    cards: dict[str, ModelCard]
    settings: LookedAt

    def __call__(self, patches: PatchList) -> Json:
        """JSON-like: `pixels` (n, 11): DN and label; by experiment `references` and `source`.

        `left_out` says why patches could not be read.

        Raises:
            DatasetNotFoundError, PatchVanishedError: the scene's files are not there, or no more.
        """
        study = Study.open(self.networks.study)
        scene_id = patches.scene_id
        left_out: list[str] = []
        result: Json = {"pixels": [], "references": {}, "source": {}, "left_out": left_out}
        image = read_scene(study, scene_id, self.settings, left_out)
        if image is None:
            return result
        labels = labels_of(image, patches.files(), self.settings.side, left_out)
        result["pixels"] = _labelled_pixels(image, labels, SIMPLE_PIXELS).tolist()
        for name, card in self.cards.items():
            if scene_id in card.training_scenes:
                result["references"][name] = self._references(name, card, image)
            elif scene_id in card.home_test and (labels != NO_LABEL).any():
                result["source"][name] = self._source(name, card, image, labels)
        return result

    def _references(self, name: str, card: ModelCard, image: Image) -> Json:
        most = max(1, REFERENCE_PATCHES // len(card.training_scenes))
        picked = evenly(range(len(image.values)), most)
        values, valid = image.values[picked], image.valid[picked]
        predictor = self.networks.predictor(name, features=True)
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
        predictor = self.networks.predictor(name, features=True)
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


def read_scene(
    study: Study, scene_id: str, settings: LookedAt, left_out: list[str]
) -> Image | None:
    """What is looked at of a scene; None where no patch of it has imagery that can be read.

    Args:
        study: the study.
        scene_id: of the scene.
        settings: what is looked at.
        left_out: told why a patch cannot be read.

    Raises:
        DatasetNotFoundError, PatchVanishedError: the imagery is not there, or no more.
    """
    try:
        image = scene_image(study, [scene_id], settings.patches)
    except NoImageryError:
        return None
    except PatchDamagedError as error:
        if isinstance(error, PatchVanishedError):
            raise
        left_out.append(str(error))
        return None
    left_out += image.problems
    return centre(image, settings.side)


def labels_of(
    image: Image, patches: Sequence[PatchFiles], side: int, left_out: list[str]
) -> npt.NDArray[np.uint8]:
    """Class indexes of an image of patches, (windows, rows, columns); 255 where not known.

    Raises:
        PatchVanishedError: a file is there no more.
    """
    files = {patch.patch_id: patch.lc for patch in patches}
    labels = np.full(image.valid.shape, NO_LABEL, dtype=np.uint8)
    for place, name in enumerate(image.names):
        file = files.get(name)
        if file is None:
            continue
        try:
            values = read_labels(file).values
        except PatchVanishedError:
            raise
        except PatchDamagedError as error:
            left_out.append(str(error))
            continue
        top, left = (values.shape[0] - side) // 2, (values.shape[1] - side) // 2
        labels[place] = values[top : top + side, left : left + side]
    return labels


def _labelled_pixels(
    image: Image, labels: npt.NDArray[np.uint8], most: int
) -> npt.NDArray[np.int64]:
    """DN and label of some labelled pixels, (n, 11)."""
    places = sample_pixels(image.valid & (labels != NO_LABEL), most, SEED)
    dn = image.values.swapaxes(0, 1).reshape(len(BANDS), -1)[:, places]
    return np.concatenate([dn.T, labels.ravel()[places, None]], axis=1).astype(np.int64)
