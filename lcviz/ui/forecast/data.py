"""What the page "Will it work here?" reads of a study: kept until one of its files changes.

Nobody may change what is returned: all visitors share it.
"""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.errors import LcvizError
from lcviz.forecast.adaptation import Adapted
from lcviz.forecast.live import ForecastContext, ImageEvidence, load_context
from lcviz.forecast.verdicts import accuracy_by_verdict
from lcviz.imagery import true_colour
from lcviz.study import Study
from lcviz.study.forecasts import (
    ForecastRecord,
    forecast_experiments,
    read_forecast_record,
    read_indicators,
    read_receipts,
)
from lcviz.study.landscapes import available_k
from lcviz.study.pixels import patch_pixels
from lcviz.taxonomy import AXES
from lcviz.ui.landscapes.data import landscapes_of
from lcviz.ui.shared_study import FORECASTS, PICTURES, kept

Answer = ImageEvidence | Adapted


@dataclass(frozen=True, eq=False)
class ForecastFacts:
    """What the study keeps of its models' transfer."""

    receipts: pd.DataFrame
    indicators: pd.DataFrame
    models: dict[str, ForecastRecord]
    """By experiment, in the order in which they are listed."""
    verdicts: pd.DataFrame
    """As `verdicts.accuracy_by_verdict` gives them."""

    @property
    def axes(self) -> list[str]:
        """Those that models are of."""
        return [axis for axis in AXES if any(m.axis == axis for m in self.models.values())]


@dataclass(frozen=True)
class LandscapeNames:
    """Names and colours of a study's landscapes; both empty where it has none."""

    names: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()


@kept(FORECASTS, entries=4)
def facts_of(study: Study) -> ForecastFacts:
    """What the study keeps.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as the study's readers do.
    """
    # First what every other file rests on, so that its absence names the stage.
    indicators, receipts = read_indicators(study), read_receipts(study)
    models = {name: read_forecast_record(study, name) for name in forecast_experiments(study)}
    return ForecastFacts(receipts, indicators, models, accuracy_by_verdict(indicators, models))


@kept(FORECASTS, entries=2, spinner="Reading the reference tiles ...")
def context_of(study: Study) -> ForecastContext:
    """What a live forecast needs.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `load_context` does.
    """
    return load_context(study)


@kept(FORECASTS, entries=2)
def answers_of(study: Study) -> OrderedDict[str, Answer]:
    """What was computed of the study's own patches, by the key of its job, the latest last.

    The one thing here that changes.
    """
    return OrderedDict()


def landscape_names(study: Study, clusters: int) -> LandscapeNames:
    """Names of the landscapes of the clustering with so many clusters."""
    with suppress(LcvizError):
        if clusters in available_k(study):
            found = landscapes_of(study, clusters)
            return LandscapeNames(found.names, found.colours)
    return LandscapeNames()


@kept(PICTURES, entries=128)
def patch_picture(study: Study, patch_id: str) -> npt.NDArray[np.uint8] | None:
    """True colour of a patch: the kept picture, else from the dataset; None without either."""
    with suppress(LcvizError):
        picture = study.quicklook(patch_id, "s2")
        if picture is not None:
            return picture
    with suppress(LcvizError):
        pixels = patch_pixels(study, patch_id)
        return true_colour(pixels.values, pixels.valid)
    return None
