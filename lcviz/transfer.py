"""Will it work here? A forecast of every model's accuracy on an image without labels.

    study = Study.open(path)
    kit = load_kit(study)                  # once a study; does not change, threads may share it
    image = patch_image(study, patch_ids)  # or raster_image(reader)
    found = forecast_image(kit, image)
    found.models[0].forecast, found.models[0].low, found.models[0].high

What is needed was kept by the stage `transfer` (`study_transfer`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.windows import Window

from lcviz.rasters import RasterReader
from lcviz.study import Study
from lcviz.study_transfer import Forecaster, Kind, TransferModel
from lcviz.verdicts import Verdict

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Image:
    """Pixels to forecast for: patches of one scene, of several, or windows of a raster."""

    name: str
    """For people: "Spring 12, patch 30", "fields.tif"."""
    values: npt.NDArray[np.uint16]
    """DN (windows, 10, rows, columns); all windows have one size."""
    valid: npt.NDArray[np.bool_]
    """(windows, rows, columns)."""
    names: tuple[str, ...]
    """Of each window: a patch id, or its rows and columns."""
    windows: tuple[Window, ...] | None
    """Where each window lies in the raster; None for patches."""
    shape: tuple[int, int] | None
    """Rows and columns of the whole raster; None for patches."""
    total_windows: int
    """How many windows there are in all; more than `len(values)` where a sample was taken."""
    scene_ids: tuple[str, ...]
    """Scenes of the study that the patches are of; empty for a raster."""


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
    """Lower bound of the 80 % interval."""
    high: float | None
    left_out: str | None
    """Target group that the forecaster never saw, for an image of the study; None for others."""
    beats_rivals: bool
    """Whether this kind of forecast beat both rivals in this study: else it "does not know"."""
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
    """`study_transfer.INDICATORS` -> value, NaN where not known."""
    bands_outside: Floats
    """(10,), share of the image's pixels beyond the central 99 % of the training scenes'; NaN where
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


@dataclass(frozen=True, eq=False)
class Kit:
    """All that forecasts need of a study, read once."""

    study: Study
    models: dict[str, TransferModel]
    tiles: dict[str, pd.DataFrame]
    """Reference tiles by experiment, as `read_tiles` gives them."""
    forecasters: tuple[Forecaster, ...]
    receipts: pd.DataFrame


def load_kit(study: Study) -> Kit:
    """Read what the stage `transfer` kept.

    Raises:
        ArtefactMissingError: the stage has not been run; the message has the command.
        ArtefactDamagedError: a file cannot be read.
    """
    raise NotImplementedError


def patch_image(study: Study, patch_ids: Sequence[str]) -> Image:
    """Read patches of the study's dataset, or of a demo's settings, as one image.

    Raises:
        DatasetError: the imagery is not at hand, or damaged.
    """
    raise NotImplementedError


def scene_image(study: Study, scene_ids: Sequence[str], most: int = 16) -> Image:
    """Patches spread evenly over some scenes, at most `most` in all, as one image.

    Raises:
        DatasetError: the imagery is not at hand, or damaged.
    """
    raise NotImplementedError


def raster_image(reader: RasterReader, name: str, most: int = 16) -> Image:
    """Windows of 256 x 256 pixels spread evenly over a raster, at most `most`, as one image.

    A smaller raster is one window.

    Raises:
        RasterError: a window cannot be read, or none that was looked at holds data.
    """
    raise NotImplementedError


def forecast_image(
    kit: Kit,
    image: Image,
    experiments: Sequence[str] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> ImageEvidence:
    """Forecast the accuracy of models on an image.

    All networks of the study predict the image, since how far they agree is an indicator.

    Args:
        kit: of the study.
        image: at least one valid pixel.
        experiments: models to forecast; all that the kit has, if None.
        progress: called with the share done, 0 to 1, and with what is going on.

    Raises:
        ValueError: the image has no valid pixel, or an experiment is not in the kit.
    """
    raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Adapted:
    """A network's plain and adapted prediction of an image, side by side."""

    plain: npt.NDArray[np.uint8]
    """Class (windows, rows, columns), 255 where not valid."""
    adapted: npt.NDArray[np.uint8]
    blend: float
    """Weight of the training statistics, 0 to 1."""
    changed: float
    """Share of the valid pixels whose class changed."""


def adapt_image(study: Study, experiment: str, image: Image) -> Adapted:
    """Predict an image as it is, and with batch-norm statistics of its own blended in.

    Done on a copy: neither the study nor a running predictor changes.

    Raises:
        KeyError: the experiment is no network (a simple model has no batch normalisation).
    """
    raise NotImplementedError
