"""The maps of a subject: what one or several models say of it, as files and as small arrays."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.network.loading import LoadedModel
from lcviz.rasters import areas, votes
from lcviz.rasters.gdal_errors import GDAL_ERRORS
from lcviz.rasters.geotiff import (
    class_map_writer,
    encode_probabilities,
    most_probable,
    probability_writer,
)
from lcviz.rasters.one_file import require_same
from lcviz.rasters.prediction import (
    PredictionCancelledError,
    RasterPrediction,
    predict_patch,
    predict_raster,
    provenance_tags,
)
from lcviz.rasters.reading import InputRaster, open_raster
from lcviz.rasters.subject import PatchSubject, RasterSource, Subject
from lcviz.rasters.uncertainty import confidence, disagreement, entropy

SIDE: Final = 1024
"""Rows and columns of a picture, at most."""
MOST_PROBABILITIES: Final = 125_000_000
"""Pixels times models whose probabilities are kept: a whole Sentinel-2 tile with one model."""
VOTE: Final = "vote"
"""Name of the map that most models say."""
_PREDICTING: Final = 0.95
"""Share of the time of a raster's maps that its prediction takes."""


@dataclass(frozen=True, eq=False)
class ModelMap:
    """What one model says, or most of several: its files, and small arrays to be drawn."""

    prediction: RasterPrediction
    classes: npt.NDArray[np.uint8]
    """Every n-th pixel of the class map, at most `SIDE` rows and columns."""
    confidence: npt.NDArray[np.float32] | None = None
    """Likewise; None where no probabilities are kept."""
    entropy: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Maps:
    """What all models say of a subject."""

    by_name: Mapping[str, ModelMap]
    """By experiment; several models are followed by `VOTE`."""
    disagreement: npt.NDArray[np.float32] | None
    """Of several models, every n-th pixel: see `uncertainty.disagreement`."""


def keeps_probabilities(subject: Subject, models: int) -> bool:
    """Whether the files of all probabilities are small enough to be kept."""
    return subject.height * subject.width * models <= MOST_PROBABILITIES


def predict_maps(
    models: Mapping[str, LoadedModel],
    study: str,
    subject: Subject,
    to: Path,
    *,
    mode: str,
    progress: Callable[[float], None] = lambda fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Maps:
    """Predict a subject with one or several models, and let several vote.

    Args:
        models: by name of the experiment, at least one.
        study: name of the study that they are of.
        subject: what is predicted.
        to: folder for the files, in a folder for each map.
        mode: as `Predictor` takes it.
        progress: called with the fraction that is done, up to 1.
        cancelled: asked again and again.

    Raises:
        PredictionCancelledError: `cancelled` said so.
        RasterError: the subject cannot be read, or the maps cannot be written; none is left.
    """
    try:
        with _no_room_told(to):
            maps = _maps(models, study, subject, to, mode, progress, cancelled)
    except BaseException:
        for name in (*models, VOTE):
            shutil.rmtree(to / name, ignore_errors=True)
        raise
    progress(1.0)
    return maps


@contextmanager
def _no_room_told(folder: Path) -> Iterator[None]:
    """Say in words that maps cannot be written, without where: visitors of the app are told."""
    try:
        yield
    except (*GDAL_ERRORS, OSError) as error:
        free = _megabytes_free(folder)
        raise RasterError(
            f"The maps cannot be written ({getattr(error, 'strerror', None) or 'GDAL failed'}; "
            f"{free} MB are free for them). Free some space, or crop the raster, then start again"
        ) from error


def _megabytes_free(folder: Path) -> str:
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    return f"{shutil.disk_usage(there).free // 10**6:,}"


def _maps(
    models: Mapping[str, LoadedModel],
    study: str,
    subject: Subject,
    to: Path,
    mode: str,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> Maps:
    if isinstance(subject, PatchSubject):
        maps = _patch_maps(models, study, subject, to, mode, progress, cancelled)
    else:
        kept = keeps_probabilities(subject, len(models))
        predictions = raster_maps(
            models,
            study,
            subject,
            to,
            mode=mode,
            probabilities=kept,
            progress=lambda fraction: progress(_PREDICTING * fraction),
            cancelled=cancelled,
        )
        maps = {name: _pictured(prediction) for name, prediction in predictions.items()}
    apart = None
    if len(maps) > 1:
        apart = disagreement(np.stack([m.classes for m in maps.values()]))
        first = _tags(models, study, subject, mode)[next(iter(maps))]
        voted = votes.vote(
            [m.prediction for m in maps.values()],
            to / VOTE / "classes.tif",
            first | {"LCVIZ_MODEL": f"most of {', '.join(maps)}", "LCVIZ_WEIGHTS": ""},
        )
        maps[VOTE] = ModelMap(voted, voted.class_overview(SIDE))
    return Maps(maps, apart)


def raster_maps(
    models: Mapping[str, LoadedModel],
    study: str,
    source: RasterSource,
    to: Path,
    *,
    mode: str,
    device: str = "auto",
    probabilities: bool,
    opened: InputRaster | None = None,
    progress: Callable[[float], None] = lambda fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, RasterPrediction]:
    """The files alone, of a person's raster.

    Args and errors as for `predict_maps`; `probabilities` tells whether they are kept, `device` is
    as `Predictor` takes it, and `opened` is the raster where it is open.
    """
    tags = _tags(models, study, source, mode, device)
    with ExitStack() as stack:
        stack.enter_context(_no_room_told(to))
        raster = opened or stack.enter_context(open_raster(source.path, source.folder))
        if opened is None and source.seen is not None:
            require_same(raster.path, source.seen)
        return predict_raster(
            {name: model.predictor(device, mode) for name, model in models.items()},
            raster.reading(source.units),
            to,
            probabilities=probabilities,
            tags=tags,
            progress=progress,
            cancelled=cancelled,
        )


def _patch_maps(
    models: Mapping[str, LoadedModel],
    study: str,
    subject: PatchSubject,
    to: Path,
    mode: str,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> dict[str, ModelMap]:
    raster = subject.raster
    tags = _tags(models, study, subject, mode)
    area = areas.pixel_area(raster.geobox, Window(0, 0, subject.width, subject.height))
    maps: dict[str, ModelMap] = {}
    for name, model in models.items():
        if cancelled():
            raise PredictionCancelledError("The prediction was cancelled. Start it again.")
        predictor = model.predictor(mode=mode)
        probabilities = predict_patch(predictor, raster.values, raster.valid)
        predictor.release()
        classes = most_probable(probabilities)
        files = to / name / "classes.tif", to / name / "probabilities.tif"
        files[0].parent.mkdir(parents=True, exist_ok=True)
        with class_map_writer(files[0], raster.geobox, tags[name]) as file:
            file.write(classes, 1)
        with probability_writer(files[1], raster.geobox, tags[name]) as file:
            file.write(encode_probabilities(probabilities))
        table = areas.areas(areas.count_classes(classes), area)
        maps[name] = ModelMap(
            RasterPrediction(*files, table),
            classes,
            confidence(probabilities),
            entropy(probabilities),
        )
        progress(len(maps) / len(models))
    return maps


def _pictured(prediction: RasterPrediction) -> ModelMap:
    """A raster's map with the small arrays read from its files."""
    sure = bits = None
    if prediction.probabilities is not None:
        probabilities = prediction.probability_overview(SIDE)
        sure, bits = confidence(probabilities), entropy(probabilities)
    return ModelMap(prediction, prediction.class_overview(SIDE), sure, bits)


def _tags(
    models: Mapping[str, LoadedModel],
    study: str,
    subject: PatchSubject | RasterSource,
    mode: str,
    device: str = "auto",
) -> dict[str, dict[str, str]]:
    """What made each map, by experiment."""
    digest = subject.digest()
    predictors = {name: model.predictor(device, mode) for name, model in models.items()}
    return {
        name: provenance_tags(
            experiment=name,
            study=study,
            weights_digest=model.digest,
            mode=f"{predictors[name].mode}, {predictors[name].precision}",
            input_name=subject.name,
            input_digest=digest,
            conversion=subject.conversion,
        )
        for name, model in models.items()
    }
