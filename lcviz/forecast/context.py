"""All that forecasts need of a study, read once and shared: records, references, networks."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data.histograms import Counts, aligned
from lcviz.errors import ArtefactMissingError
from lcviz.landscapes.match import LandscapeSpace, read_landscape_space
from lcviz.study import Study
from lcviz.study.columns import MEANS
from lcviz.study.forecast_records import Forecaster, SimpleModel, TransferModel
from lcviz.study.forecasts import (
    read_forecasters,
    read_receipts,
    read_simple_model,
    read_tiles,
    read_transfer_model,
    transfer_experiments,
)
from lcviz.study.statistics import read_scene_histogram
from lcviz.taxonomy import split_patch_id

if TYPE_CHECKING:
    from lcviz.network.predictor import Predictor

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class References:
    """Reference tiles of one model."""

    patch_ids: npt.NDArray[np.object_]
    """Patch of each, (n,)."""
    bands: Floats
    """Band means, (n, 10), DN."""
    features: Floats | None
    """Of the network's maps, (n, maps); None for a simple model."""

    @property
    def scenes(self) -> npt.NDArray[np.object_]:
        """Scene of each, (n,)."""
        return scenes_of(self.patch_ids)


@dataclass(frozen=True, eq=False)
class Kit:
    """What the stage `transfer` kept of a study. It does not change; threads may share it."""

    study: Study
    models: dict[str, TransferModel]
    references: dict[str, References]
    simple: dict[str, SimpleModel]
    landscapes: LandscapeSpace | None
    forecasters: tuple[Forecaster, ...]
    receipts: pd.DataFrame
    device: str = "auto"
    mode: str = "auto"
    _predictors: "dict[str, Predictor]" = field(default_factory=dict)
    _counts: dict[str, Counts | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def forecaster(self, experiment: str, left_out: str | None) -> Forecaster | None:
        """The forecaster for a model's kind and axis; None where too little was known to fit it."""
        model = self.models[experiment]
        for each in self.forecasters:
            if (each.kind, each.axis, each.left_out) == (model.kind, model.axis, left_out):
                return each
        return None

    def predictor(self, experiment: str) -> "Predictor":
        """The network of an experiment, made ready at the first call."""
        from lcviz.network.predictor import Predictor, load_network  # noqa: PLC0415 - loads torch

        with self._lock:
            if experiment not in self._predictors:
                card = self.study.model(experiment)
                network = load_network(self.study.weights(experiment))
                self._predictors[experiment] = Predictor(
                    network, card.band_mean, card.band_std, self.device, self.mode, features=True
                )
            return self._predictors[experiment]

    def keep(self, experiment: str, predictor: "Predictor") -> None:
        """Use a predictor that is ready already; it must give features."""
        with self._lock:
            self._predictors[experiment] = predictor

    def training_counts(self, experiment: str) -> Counts | None:
        """Pixels of a model's training scenes by band and DN; None where they are not counted."""
        with self._lock:
            if experiment not in self._counts:
                scenes = self.models[experiment].training_scenes
                self._counts[experiment] = sum_of_scenes(self.study, scenes)
            return self._counts[experiment]


def load_kit(study: Study, device: str = "auto", mode: str = "fast") -> Kit:
    """Read what the stage `transfer` kept.

    Args:
        study: the study.
        device: of the networks, as in `inference.Predictor`.
        mode: likewise; the stage computed its indicators in the mode "auto".

    Raises:
        ArtefactMissingError: the stage has not been run; the message has the command.
        ArtefactDamagedError: a file cannot be read.
    """
    forecasters, receipts = read_forecasters(study), read_receipts(study)
    return read_models(study, forecasters, receipts, device, mode)


def read_models(
    study: Study,
    forecasters: tuple[Forecaster, ...],
    receipts: pd.DataFrame,
    device: str,
    mode: str,
) -> Kit:
    """The same before there are forecasters."""
    names = transfer_experiments(study)
    models = {name: read_transfer_model(study, name) for name in names}
    return Kit(
        study=study,
        models=models,
        references={name: _references(read_tiles(study, name)) for name in names},
        simple={
            name: read_simple_model(study, name)
            for name, model in models.items()
            if model.kind == "simple"
        },
        landscapes=read_landscape_space(study),
        forecasters=forecasters,
        receipts=receipts,
        device=device,
        mode=mode,
    )


def sum_of_scenes(study: Study, scene_ids: Sequence[str]) -> Counts | None:
    """Pixels of some scenes by band and DN, (10, DNs); None where one has not been counted."""
    total: Counts | None = None
    for scene_id in scene_ids:
        try:
            counts = read_scene_histogram(study, scene_id)
        except ArtefactMissingError:
            return None
        if total is None:
            total = counts
        else:
            total, counts = aligned(total, counts)
            total = total + counts
    return total


def scenes_of(patch_ids: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Scene of each patch."""
    return np.array([split_patch_id(patch_id)[0] for patch_id in patch_ids], dtype=object)


def _references(tiles: pd.DataFrame) -> References:
    features = [c for c in tiles.columns if c.startswith("feature_")]
    return References(
        patch_ids=tiles.patch_id.to_numpy(dtype=object),
        bands=tiles[MEANS].to_numpy(float),
        features=tiles[features].to_numpy(float) if features else None,
    )
