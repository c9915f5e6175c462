"""What scripts and notebooks use: open a study, its table, a class map, a forecast.

These names stay as they are; `docs/python.md` shows them. Everything else in lcviz may move.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from affine import Affine
from rasterio.windows import Window

from lcviz.data.sen12ms import Raster
from lcviz.errors import ConfigurationError, RasterError
from lcviz.forecast.context import load_context
from lcviz.forecast.image import raster_image
from lcviz.forecast.live import forecast_image as _forecast_image
from lcviz.generalization.tables import score_scenes
from lcviz.generalization.tables import transfer_matrix as _transfer_matrix
from lcviz.georeference import GeoBox, open_dataset
from lcviz.metrics import MEASURES
from lcviz.network.loading import load_model
from lcviz.rasters import guard
from lcviz.rasters.prediction import predict_raster
from lcviz.rasters.products.opening import prepare
from lcviz.rasters.reading import open_raster
from lcviz.study import Study
from lcviz.study.pixels import patch_pixels
from lcviz.taxonomy import AXES, BANDS

__all__ = [
    "forecast_image",
    "open_study",
    "predict_image",
    "read_image",
    "read_patch",
    "transfer_table",
]
_AT_ONCE: Final = 512
"""Rows and columns up to which an image is predicted in one piece."""


def open_study(path: str | Path) -> Study:
    """Open a study's folder.

    Its tables are pandas frames: `scenes()`, `patches()`, `results()`; its models are named by
    `experiments()`.

    Raises:
        StudyError: there is none, or it cannot be read.
    """
    return Study.open(path)


def transfer_table(
    study: Study,
    axis: Literal["continent", "season"] = "continent",
    reference: Literal["modis", "truth"] = "modis",
) -> pd.DataFrame:
    """Mean accuracy over scenes of every model on every group.

    Args:
        study: the study.
        axis: `continent` or `season`.
        reference: labels to score with, `modis` or, where the dataset has better ones, `truth`.

    Returns:
        Rows = trained on, columns = tested on, 0 to 1, NaN where nothing was scored. The diagonal
        is scored on the home test, which training never saw.

    Raises:
        ConfigurationError: no such axis.
        ArtefactMissingError, ArtefactDamagedError: the models have not been scored.
    """
    if axis not in AXES:
        raise ConfigurationError(f"{axis!r} is no axis; there are {', '.join(AXES)}")
    scores = score_scenes(study.results(reference), axis, MEASURES["accuracy"])
    return _transfer_matrix(scores, axis, resamples=0).mean


def read_patch(study: Study, patch_id: str) -> Raster:
    """The ten bands of a patch: from the study's dataset, or made again if it is the demo's.

    Returns:
        `values` (10, 256, 256), uint16, DN, in the order of `taxonomy.BANDS`; `valid` (256, 256);
        `geobox`.

    Raises:
        DatasetError: the imagery is not at hand, or damaged.
    """
    return patch_pixels(study, patch_id)


def read_image(path: str | Path) -> Raster:
    """Read a Sentinel-2 GeoTIFF, SAFE product, zip or folder of bands, as the models take it.

    Returns:
        `values` (10, rows, columns), uint16, DN without offset; `valid` (rows, columns); `geobox`.

    Raises:
        RasterError: it cannot be read, or it cannot be told what its numbers are.
    """
    with tempfile.TemporaryDirectory() as work:
        made = prepare([Path(path)], Path(work))
        with open_raster(made.path) as raster:
            finding = guard.inspect(raster)
            if not finding.certain:
                raise RasterError(f"{path}: {finding.question} Predict it with the app, which asks")
            reader = raster.reading(finding.units)
            values, valid = reader.read(Window(0, 0, reader.width, reader.height))
            return Raster(values, valid, reader.geobox)


def predict_image(
    study: Study,
    experiment: str,
    image: Raster | npt.NDArray[np.uint16],
    *,
    device: str = "auto",
) -> npt.NDArray[np.uint8]:
    """Map an image with one model.

    Args:
        study: the study.
        experiment: a model of it, such as `continent-africa`.
        image: as `read_patch` and `read_image` return it, or DN (10, rows, columns), uint16, valid
            where not all bands are zero.
        device: auto, cpu or cuda.

    Returns:
        Class indexes (rows, columns), uint8, in the order of `taxonomy.CLASSES`; 255 = no data.

    Raises:
        LcvizError: no such model, or the image does not fit it.
    """
    reader = _ArrayReader.of(image)
    predictor = load_model(study, experiment).predictor(device)
    if max(reader.geobox.shape) <= _AT_ONCE:
        return predictor.classes(reader.values[None], reader.valid[None])[0]
    with tempfile.TemporaryDirectory(prefix="lcviz-") as folder:
        made = predict_raster({experiment: predictor}, reader, Path(folder), probabilities=False)
        with open_dataset(made[experiment].classes) as file:
            classes: npt.NDArray[np.uint8] = file.read(1)
            return classes


def forecast_image(
    study: Study,
    image: Raster | npt.NDArray[np.uint16],
    experiments: list[str] | None = None,
    *,
    device: str = "auto",
) -> pd.DataFrame:
    """What accuracy to expect of models on an image, without labels.

    Args:
        study: with forecasts (stage `transfer`).
        image: as for `predict_image`; of a large one up to 16 windows are looked at.
        experiments: models; all if None.
        device: auto, cpu or cuda.

    Returns:
        One row a model, best first: experiment, forecast, low and high (of the 80% interval, 0 to
        1), trusted (whether the study shows that such forecasts beat plain guesses; else only their
        order may be used), verdict, outside (share of the image outside the area of applicability,
        0 to 1) and why_not (where nothing is forecast). A study of synthetic scenes, as the demo,
        was checked on these alone: of a real image it tells nothing.

    Raises:
        LcvizError: the study has no forecasts, or the image does not fit.
        ValueError: no pixel is valid, or no such model.
    """
    reader = _ArrayReader.of(image)
    scenes = study.scenes() if reader.is_placed else None
    looked_at = raster_image(reader, "image", scenes=scenes)
    found = _forecast_image(load_context(study, device), looked_at, experiments)
    rows = [
        (
            *(m.experiment, m.forecast, m.low, m.high, m.beats_rivals),
            *(m.verdict, m.share_outside_aoa, m.why_not),
        )
        for m in found.models
    ]
    columns = ["experiment", "forecast", "low", "high", "trusted", "verdict", "outside", "why_not"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:4], "float64"))


@dataclass(frozen=True, eq=False)
class _ArrayReader:
    """An array that is read as a raster is."""

    values: npt.NDArray[np.uint16]
    valid: npt.NDArray[np.bool_]
    geobox: GeoBox
    is_placed: bool
    """Whether it is known where it lies."""

    @classmethod
    def of(cls, image: Raster | npt.NDArray[np.uint16]) -> "_ArrayReader":
        is_placed = isinstance(image, Raster)
        values = image.values if isinstance(image, Raster) else np.asarray(image)
        if values.ndim != 3 or len(values) != len(BANDS) or values.dtype != np.uint16:
            raise RasterError(
                f"The image is {values.dtype} {values.shape}; expected uint16 DN, "
                f"({len(BANDS)}, rows, columns): {', '.join(BANDS)}"
            )
        if isinstance(image, Raster):
            return cls(values, image.valid, image.geobox, is_placed)
        nowhere = GeoBox((values.shape[1], values.shape[2]), Affine.identity(), None)
        return cls(values, np.asarray(values.any(axis=0)), nowhere, is_placed)

    def read(self, window: Window) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
        """Values and validity of a window."""
        rows, columns = window.toslices()
        return self.values[:, rows, columns], self.valid[rows, columns]
