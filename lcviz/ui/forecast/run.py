"""Forecasts and adaptations through the server's one queue."""

from collections.abc import Callable
from typing import Final

from lcviz.errors import RasterError
from lcviz.forecast.adaptation import Adapted, adapt_image
from lcviz.forecast.live import ForecastContext, Image, ImageEvidence, forecast_image
from lcviz.study import Study
from lcviz.ui.forecast.data import Answer, answers_of
from lcviz.ui.forecast.question import Question
from lcviz.ui.jobs.queue import Job, JobCancelledError, Lane, prediction_queue
from lcviz.ui.jobs.session_files import session_files

_ANSWERS: Final = 16
"""Answers about a study's own patches that are kept for all who ask, 2 MB a patch."""


def forecast_job(context: ForecastContext, question: Question) -> tuple[str, Job | None]:
    """The key of a forecast, and its job if it was asked for and is still kept."""
    key = forecast_key(context.study, question.key)
    return key, session_files().job(key)


def forecast_key(study: Study, image_key: str) -> str:
    """The key of the forecast for an image, as `Question.key` or `Subject.key` tell it."""
    return f"forecast {study.path} {image_key}"


def start_forecast(context: ForecastContext, question: Question, key: str) -> Job:
    """Put a forecast into the queue; one alone in its session."""
    lane: Lane = "short" if question.at_once else "long"
    return _start(context.study, question, key, lane, lambda job: _forecast(job, context, question))


def adaptation_job(study: Study, experiment: str, question: Question) -> tuple[str, Job | None]:
    """The key of an adaptation, and its job if it was asked for and is still kept."""
    key = f"adapt {study.path} {question.key} {experiment}"
    return key, session_files().job(key)


def start_adaptation(
    study: Study, experiment: str, question: Question, image: Image, key: str
) -> Job:
    """Put an adaptation into the queue."""

    def work(job: Job) -> Adapted:
        _stop_if_off(job)
        return adapt_image(study, experiment, image)

    lane: Lane = "short" if len(image.values) == 1 else "long"
    return _start(study, question, key, lane, work)


def _start(
    study: Study, question: Question, key: str, lane: Lane, work: Callable[[Job], Answer]
) -> Job:
    answers = answers_of(study)
    of_study = question.raster is None and question.at_once

    def look_up_or_work(job: Job) -> Answer:
        # A class that asks about the same patch need not compute it forty times.
        found = answers.get(key) or work(job)
        if of_study:
            answers[key] = found
            answers.move_to_end(key)
            while len(answers) > _ANSWERS:
                answers.popitem(last=False)
        return found

    return session_files().start(key, lambda _: prediction_queue().submit(look_up_or_work, lane))


def _forecast(job: Job, context: ForecastContext, question: Question) -> ImageEvidence:
    def tell(fraction: float, doing: str) -> None:
        job.fraction = fraction
        _stop_if_off(job)

    image = question.read()
    if not image.valid.any():
        raise RasterError(f"Nowhere in {question.name} is there data. Choose another place")
    _stop_if_off(job)
    return forecast_image(context, image, progress=tell)


def _stop_if_off(job: Job) -> None:
    if job.cancelled:
        raise JobCancelledError("The forecast was cancelled. Start it again.")
