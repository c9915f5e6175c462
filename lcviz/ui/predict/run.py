"""One prediction, from pixels to what the page shows; the queue's threads run it."""

import secrets
import shutil
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.errors import LcvizError
from lcviz.network.loading import LoadedModel, load_model
from lcviz.rasters.maps import ModelMap, predict_maps
from lcviz.rasters.prediction import PredictionCancelledError
from lcviz.rasters.subject import PatchSubject, Subject
from lcviz.study import Study
from lcviz.ui.jobs.queue import Job, Lane, prediction_queue
from lcviz.ui.jobs.session_files import server_folder, session_files
from lcviz.ui.shared_study import MODELS, PATCHES, kept

_SHORT: Final = 1_000_000
"""Pixels times models of a short job."""
_SHARED: Final = 16
"""Predictions of a study's patches that are kept for all who ask."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the page shows."""

    subject: Subject
    """Of which."""
    maps: Mapping[str, ModelMap]
    """By experiment; several models are followed by `maps.VOTE`."""
    models: Mapping[str, LoadedModel]
    disagreement: npt.NDArray[np.float32] | None
    """Of several models, every n-th pixel: see `uncertainty.disagreement`."""
    problems: tuple[LcvizError, ...]
    """Why models that were asked for are not among them."""
    mode: str
    """`fast` or `exact`."""

    @property
    def precision(self) -> str:
        """What the mode came to here: `bfloat16`, `int8` or `float32`."""
        return next(iter(self.models.values())).predictor(mode=self.mode).precision


def lane_of(subject: Subject, models: int) -> Lane:
    """Which lane of the queue a prediction takes."""
    return "short" if subject.height * subject.width * models <= _SHORT else "long"


def start_prediction(
    study: Study, experiments: tuple[str, ...], subject: Subject, mode: str, key: str
) -> Job:
    """Put a prediction into the queue; one alone in its session.

    Args:
        study: the study whose models are asked for.
        experiments: their names.
        subject: what is predicted.
        mode: `fast` or `exact`.
        key: tells the prediction from any other.
    """

    def work(job: Job, folder: Path) -> Prediction:
        if isinstance(subject, PatchSubject):
            return _shared_prediction(job, study, experiments, subject, mode, key)
        return run_prediction(job, study, experiments, subject, mode, folder)

    return session_files().start(
        key,
        lambda folder: prediction_queue().submit(
            lambda job: work(job, folder), lane_of(subject, len(experiments))
        ),
    )


@kept(MODELS, PATCHES, entries=2)
def _shared_predictions(study: Study) -> OrderedDict[str, Prediction]:
    """The latest predictions of a study's own patches, by key; the one thing here that changes."""
    return OrderedDict()


def _shared_prediction(
    job: Job,
    study: Study,
    experiments: tuple[str, ...],
    subject: PatchSubject,
    mode: str,
    key: str,
) -> Prediction:
    """A class that looks at the same patch need not compute it forty times.

    The files last as long as anybody's session, or the store, holds the prediction.
    """
    known = _shared_predictions(study)
    found = known.get(key)
    if found is None:
        folder = server_folder() / f"shared-{secrets.token_hex(8)}"
        found = run_prediction(job, study, experiments, subject, mode, folder)
        weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
        if found.problems:  # perhaps mended by the next time
            return found
        known[key] = found
    known.move_to_end(key)
    while len(known) > _SHARED:
        known.popitem(last=False)
    return found


def run_prediction(
    job: Job,
    study: Study,
    experiments: tuple[str, ...],
    subject: Subject,
    mode: str,
    to: Path,
) -> Prediction:
    """Predict a subject with one or several models.

    Args:
        job: told of progress, and asked whether it is off.
        study: the study whose models are asked for.
        experiments: their names.
        subject: what is predicted.
        mode: `fast` or `exact`.
        to: folder for the files.

    Raises:
        LcvizError: no model could be loaded, the subject cannot be read, or the job is off.
    """
    models, problems = _load(job, study, experiments, mode)

    def progress(fraction: float) -> None:
        job.fraction = fraction

    found = predict_maps(
        models,
        study.info.name,
        subject,
        to,
        mode=mode,
        progress=progress,
        cancelled=lambda: job.cancelled,
    )
    return Prediction(subject, found.by_name, models, found.disagreement, tuple(problems), mode)


def make_ready(study: Study, experiment: str, mode: str) -> LoadedModel:
    """Load a model and make it ready for this page, if it is not yet."""
    model = load_model(study, experiment)
    model.predictor(mode=mode)
    return model


def _load(
    job: Job, study: Study, experiments: tuple[str, ...], mode: str
) -> tuple[dict[str, LoadedModel], list[LcvizError]]:
    """The models that could be loaded, and why others could not."""
    loaded: dict[str, LoadedModel] = {}
    problems = []
    # Two at once, since loading one keeps one core busy.
    with ThreadPoolExecutor(2) as pool:
        loading = {name: pool.submit(make_ready, study, name, mode) for name in experiments}
        for name, model in loading.items():
            if job.cancelled:
                pool.shutdown(cancel_futures=True)
                raise PredictionCancelledError("The prediction was cancelled. Start it again.")
            try:
                loaded[name] = model.result()
            except LcvizError as error:
                problems.append(error)
    if not loaded:
        raise problems[0]
    return loaded, problems
