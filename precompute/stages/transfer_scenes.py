"""What each model is like on one scene: its indicators, the simple model's score, adapting."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data.sen12ms import PatchFiles, PatchList, read_labels, read_s2
from lcviz.errors import PatchDamagedError, PatchVanishedError
from lcviz.forecast import indicators
from lcviz.forecast.context import ForecastContext, read_context
from lcviz.forecast.image import Image
from lcviz.forecast.models import Json
from lcviz.forecast.simple_model import class_scores
from lcviz.metrics import N_CLASSES, confusion_matrix
from lcviz.study import Study
from lcviz.study.forecasts import LookedAt
from lcviz.taxonomy import NO_LABEL
from precompute.stages.networks import Networks
from precompute.stages.transfer_models import labels_of, read_scene


@dataclass(frozen=True)
class SceneMeasurer:
    """All models that were not trained on a scene, on that scene; can be sent to a process."""

    networks: Networks
    scored: frozenset[str]
    """Patches that count for the simple models."""
    settings: LookedAt

    def __call__(self, patches: PatchList) -> Json:
        """JSON-like: `indicators`, `simple` (confusions) and `adaptation`, each by experiment.

        `left_out` says why patches could not be read.

        Raises:
            DatasetNotFoundError, PatchVanishedError: the scene's files are not there, or no more.
        """
        study = Study.open(self.networks.study)
        context = _context(self.networks)
        scene_id = patches.scene_id
        left_out: list[str] = []
        image = read_scene(study, scene_id, self.settings, left_out)
        if image is None:
            return {"indicators": {}, "simple": {}, "adaptation": {}, "left_out": left_out}
        experiments = [
            name for name, model in context.models.items() if scene_id not in model.training_scenes
        ]
        by_model: dict[str, dict[str, float | None]] = {}
        if image.valid.any():
            imagery = indicators.look(context, image)
            measured = indicators.measure(context, image, experiments, imagery)
            for name, found in measured.items():
                by_model[name] = {
                    key: None if np.isnan(value) else round(value, 6)
                    for key, value in found.indicators.items()
                }
        labels = labels_of(image, patches.files(), self.settings.side, left_out)
        return {
            "indicators": by_model,
            "simple": self._scores(context, experiments, patches.files(), left_out),
            "left_out": left_out,
            "adaptation": {
                name: self._adaptation(name, image, labels)
                for name in experiments
                if context.models[name].kind == "network"
            },
        }

    def _scores(
        self,
        context: ForecastContext,
        experiments: Sequence[str],
        patches: Sequence[PatchFiles],
        left_out: list[str],
    ) -> dict[str, list[list[int]]]:
        """Confusions of the simple models, over all patches of the scene."""
        confusions = {
            name: np.zeros((N_CLASSES, N_CLASSES), np.int64)
            for name in experiments
            if name in context.simple
        }
        for patch in patches:
            if patch.patch_id not in self.scored or patch.s2 is None or patch.lc is None:
                continue
            try:
                image, labels = read_s2(patch.s2), read_labels(patch.lc).values
            except PatchVanishedError:
                raise
            except PatchDamagedError as error:
                left_out.append(str(error))
                continue
            chosen = image.valid & (labels != NO_LABEL)
            models = [context.simple[name] for name in confusions]
            for name, scores in zip(
                confusions, class_scores(models, image.values[:, chosen]), strict=True
            ):
                predicted = scores.argmax(axis=0).astype(np.uint8)
                confusions[name] += confusion_matrix(labels[chosen], predicted)
        return {name: confusion.tolist() for name, confusion in confusions.items()}

    def _adaptation(self, name: str, image: Image, truth: npt.NDArray[np.uint8]) -> Json:
        """Accuracy with and without the scene's statistics, over the labelled pixels.

        The statistics are of as many pixels as a live adaptation takes (`part_for_statistics`).
        """
        values, valid = image.values, image.valid
        from lcviz.network.adaptation import (  # noqa: PLC0415 - loads torch
            adapt_in_place,
            blend_weight,
            statistics_of,
        )

        predictor = self.networks.predictor(name, features=True)
        counted = valid & (truth != NO_LABEL)
        plain = predictor.classes(values, valid)
        x = predictor.standardised(values, valid)
        network = self.networks.model(name).network
        own = statistics_of(network)
        try:
            changed = adapt_in_place(network, x).argmax(axis=1)
        finally:
            network.load_state_dict(own, strict=False)
        pixels = int(counted.sum())
        return {
            "pixels": pixels,
            "plain": int((plain == truth)[counted].sum()),
            "adapted": int((changed == truth)[counted].sum()),
            "blend": blend_weight(x.shape[0] * x.shape[2] * x.shape[3]),
        }


@lru_cache(maxsize=2)
def _context(networks: Networks) -> ForecastContext:
    study = Study.open(networks.study)
    return read_context(study, (), pd.DataFrame(), networks.device, "auto")
