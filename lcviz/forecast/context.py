"""All that forecasts need of a study, read once and shared: records, references, networks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data.histograms import Counts, aligned
from lcviz.errors import ArtefactMissingError
from lcviz.landscapes.match import LandscapeSpace, read_landscape_space
from lcviz.network.loading import load_model
from lcviz.study import Study
from lcviz.study.columns import MEANS
from lcviz.study.forecast_records import Forecaster, ForecastRecord, SimpleModel
from lcviz.study.forecasts import (
    forecast_experiments,
    read_forecast_record,
    read_forecasters,
    read_receipts,
    read_simple_model,
    read_tiles,
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
class ForecastContext:
    """What the stage `transfer` kept of a study. It does not change; threads may share it."""

    study: Study
    models: Mapping[str, ForecastRecord]
    references: Mapping[str, References]
    simple: Mapping[str, SimpleModel]
    training_counts: Mapping[str, Counts | None]
    """Pixels of each model's training scenes by band and DN; None where they are not counted."""
    landscapes: LandscapeSpace | None
    forecasters: tuple[Forecaster, ...]
    receipts: pd.DataFrame
    device: str
    mode: str

    def forecaster(self, experiment: str, left_out: str | None) -> Forecaster | None:
        """The forecaster for a model's kind and axis; None where too little was known to fit it."""
        model = self.models[experiment]
        for each in self.forecasters:
            if (each.kind, each.axis, each.left_out) == (model.kind, model.axis, left_out):
                return each
        return None

    def predictor(self, experiment: str) -> "Predictor":
        """The network of an experiment, ready to give features too."""
        model = load_model(self.study, experiment)
        return model.predictor(self.device, self.mode, features=True)


def load_context(study: Study, device: str = "auto", mode: str = "fast") -> ForecastContext:
    """Read what the stage `transfer` kept.

    Args:
        study: the study.
        device: of the networks, as in `predictor.Predictor`.
        mode: likewise; the stage computed its indicators in the mode "auto".

    Raises:
        ArtefactMissingError: the stage has not been run; the message has the command.
        ArtefactDamagedError: a file cannot be read.
    """
    forecasters, receipts = read_forecasters(study), read_receipts(study)
    return read_context(study, forecasters, receipts, device, mode)


def read_context(
    study: Study,
    forecasters: tuple[Forecaster, ...],
    receipts: pd.DataFrame,
    device: str,
    mode: str,
) -> ForecastContext:
    """The same before there are forecasters."""
    names = forecast_experiments(study)
    models = {name: read_forecast_record(study, name) for name in names}
    counts = _counts_of_sets(study, {model.training_scenes for model in models.values()})
    return ForecastContext(
        study=study,
        models=MappingProxyType(models),
        references=MappingProxyType({n: _references(read_tiles(study, n)) for n in names}),
        simple=MappingProxyType(
            {n: read_simple_model(study, n) for n in names if models[n].kind == "simple"}
        ),
        training_counts=MappingProxyType({n: counts[models[n].training_scenes] for n in names}),
        landscapes=read_landscape_space(study),
        forecasters=forecasters,
        receipts=receipts,
        device=device,
        mode=mode,
    )


def _counts_of_sets(
    study: Study, sets: Collection[tuple[str, ...]]
) -> dict[tuple[str, ...], Counts | None]:
    """Pixels of sets of scenes by band and DN, (10, DNs); None where a scene is not counted.

    A scene that is in several sets is read once.
    """
    counted = {scene: _counts_of(study, scene) for scene in dict.fromkeys(chain(*sets))}
    return {scenes: _sum([counted[scene] for scene in scenes]) for scenes in sets}


def _counts_of(study: Study, scene_id: str) -> Counts | None:
    try:
        return read_scene_histogram(study, scene_id)
    except ArtefactMissingError:
        return None


def _sum(scenes: Sequence[Counts | None]) -> Counts | None:
    known = [counts for counts in scenes if counts is not None]
    if not known or len(known) < len(scenes):
        return None
    return reduce(lambda one, other: np.add(*aligned(one, other)), known)


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
