"""One prediction, from pixels to what the page shows; the queue's threads run it."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from lcviz.errors import LcvizError
from lcviz.rasters.areas import areas, count_classes
from lcviz.rasters.geotiff import (
    class_map_writer,
    encode_probabilities,
    most_probable,
    probability_writer,
)
from lcviz.rasters.prediction import (
    PredictionCancelledError,
    RasterPrediction,
    predict_patch,
    predict_raster,
    provenance_tags,
)
from lcviz.rasters.reading import open_raster
from lcviz.rasters.subject import PatchSubject, RasterSubject, Subject
from lcviz.rasters.uncertainty import confidence, disagreement, entropy
from lcviz.rasters.votes import vote
from lcviz.study import Study
from lcviz.ui.jobs.models import LoadedModel, Models
from lcviz.ui.jobs.queue import Job, Lane

SIDE: Final = 1024
"""Rows and columns of a picture on the page, at most."""
MOST_PROBABILITIES: Final = 125_000_000
"""Pixels times models whose probabilities are kept: a whole Sentinel-2 tile with one model."""
VOTE: Final = "vote"
"""Name of the map that most models say."""
_SHORT: Final = 1_000_000
"""Pixels times models of a short job."""
_PREDICTING: Final = 0.95
"""Share of the time of a raster's job that its prediction takes."""


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
class Prediction:
    """What the page shows."""

    maps: Mapping[str, ModelMap]
    """By experiment; several models are followed by `VOTE`."""
    models: Mapping[str, LoadedModel]
    disagreement: npt.NDArray[np.float32] | None
    """Of several models, every n-th pixel: see `uncertainty.disagreement`."""
    problems: tuple[LcvizError, ...]
    """Why models that were asked for are not among them."""


def lane_of(subject: Subject, models: int) -> Lane:
    """Which lane of the queue a prediction takes."""
    return "short" if subject.height * subject.width * models <= _SHORT else "long"


def keeps_probabilities(subject: Subject, models: int) -> bool:
    """Whether the files of all probabilities are small enough to be kept."""
    return subject.height * subject.width * models <= MOST_PROBABILITIES


def run_prediction(
    job: Job, models: Models, study: Study, experiments: tuple[str, ...], subject: Subject, to: Path
) -> Prediction:
    """Predict a subject with one or several models.

    Args:
        job: told of progress, and asked whether it is off.
        models: the server's.
        study: the study whose models are asked for.
        experiments: their names.
        subject: what is predicted.
        to: folder for the files.

    Raises:
        LcvizError: no model could be loaded, the subject cannot be read, or the job is off.
    """
    loaded, problems = _load(job, models, study, experiments)
    tags = {
        name: provenance_tags(
            experiment=name,
            study=study.info.name,
            weights_digest=model.digest,
            mode=f"{model.predictor.mode}, {model.predictor.precision}",
            input_name=subject.name,
            input_digest=_digest(subject),
            conversion=subject.conversion,
        )
        for name, model in loaded.items()
    }
    if isinstance(subject, PatchSubject):
        maps = _predict_patch(job, loaded, tags, subject, to)
    else:
        maps = _predict_raster(job, loaded, tags, subject, to)
    apart = None
    if len(maps) > 1:
        apart = disagreement(np.stack([m.classes for m in maps.values()]))
        names = ", ".join(maps)
        first = next(iter(tags.values()))
        voted = vote(
            [m.prediction for m in maps.values()],
            to / VOTE / "classes.tif",
            first | {"LCVIZ_MODEL": f"most of {names}", "LCVIZ_WEIGHTS": ""},
            subject.pixel_area,
        )
        maps[VOTE] = ModelMap(voted, voted.class_overview(SIDE))
    job.fraction = 1.0
    return Prediction(maps, loaded, apart, tuple(problems))


def _load(
    job: Job, models: Models, study: Study, experiments: tuple[str, ...]
) -> tuple[dict[str, LoadedModel], list[LcvizError]]:
    """The models that could be loaded, and why others could not."""
    loaded: dict[str, LoadedModel] = {}
    problems = []
    # Two at once, since loading one keeps one core busy.
    with ThreadPoolExecutor(2) as pool:
        loading = {name: pool.submit(models.get, study, name) for name in experiments}
        for name, model in loading.items():
            if job.cancelled:
                pool.shutdown(cancel_futures=True)
                raise _cancelled()
            try:
                loaded[name] = model.result()
            except LcvizError as error:
                problems.append(error)
    if not loaded:
        raise problems[0]
    return loaded, problems


def _cancelled() -> PredictionCancelledError:
    return PredictionCancelledError("The prediction was cancelled. Start it again.")


def _predict_patch(
    job: Job,
    models: Mapping[str, LoadedModel],
    tags: Mapping[str, Mapping[str, str]],
    subject: PatchSubject,
    to: Path,
) -> dict[str, ModelMap]:
    raster = subject.raster
    box = raster.geobox
    area = subject.pixel_area(Window(0, 0, subject.width, subject.height))
    maps = {}
    for name, model in models.items():
        if job.cancelled:
            raise _cancelled()
        probabilities = predict_patch(model.predictor, raster.values, raster.valid)
        model.predictor.release()
        classes = most_probable(probabilities)
        files = to / name / "classes.tif", to / name / "probabilities.tif"
        files[0].parent.mkdir(parents=True, exist_ok=True)
        place = (box.shape, box.transform, box.crs, tags[name])
        with class_map_writer(files[0], *place) as file:
            file.write(classes, 1)
        with probability_writer(files[1], *place) as file:
            file.write(encode_probabilities(probabilities))
        maps[name] = ModelMap(
            RasterPrediction(*files, areas(count_classes(classes), area)),
            classes,
            confidence(probabilities),
            entropy(probabilities),
        )
        job.fraction = len(maps) / len(models)
    return maps


def _predict_raster(
    job: Job,
    models: Mapping[str, LoadedModel],
    tags: Mapping[str, Mapping[str, str]],
    subject: RasterSubject,
    to: Path,
) -> dict[str, ModelMap]:
    kept = keeps_probabilities(subject, len(models))

    def progress(fraction: float) -> None:
        job.fraction = _PREDICTING * fraction

    with open_raster(subject.path, subject.folder) as raster:
        predictions = predict_raster(
            {name: model.predictor for name, model in models.items()},
            raster.reading(subject.units),
            to,
            probabilities=kept,
            tags=tags,
            progress=progress,
            cancelled=lambda: job.cancelled,
        )
    maps = {}
    for name, prediction in predictions.items():
        sure = bits = None
        if kept:
            probabilities = prediction.probability_overview(SIDE)
            sure, bits = confidence(probabilities), entropy(probabilities)
        maps[name] = ModelMap(prediction, prediction.class_overview(SIDE), sure, bits)
    return maps


def _digest(subject: Subject) -> str:
    if isinstance(subject, PatchSubject):
        return hashlib.blake2b(subject.raster.values.tobytes()).hexdigest()[:32]
    with subject.path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
