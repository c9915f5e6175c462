"""Forecasts and adaptations through the server's one queue."""

from lcviz.errors import RasterError
from lcviz.study import Study
from lcviz.transfer import Adapted, Image, ImageEvidence, Kit, adapt_image, forecast_image
from lcviz.ui.prediction_queue import Job, JobCancelledError, Lane
from lcviz.ui.predictors import prediction_service
from lcviz.ui.session_files import session_files
from lcviz.ui.transfer_question import Question


def forecast_job(kit: Kit, question: Question) -> tuple[str, Job | None]:
    """The key of a forecast, and its job if it was asked for and is still kept."""
    key = f"forecast {kit.study.path} {question.key}"
    return key, session_files().job(key)


def start_forecast(kit: Kit, question: Question, key: str) -> Job:
    """Put a forecast into the queue; one alone in its session."""
    lane: Lane = "short" if question.at_once else "long"
    return session_files().start(
        key,
        lambda _: prediction_service().queue.submit(
            lambda job: _forecast(job, kit, question), lane
        ),
    )


def adaptation_job(study: Study, experiment: str, question: Question) -> tuple[str, Job | None]:
    """The key of an adaptation, and its job if it was asked for and is still kept."""
    key = f"adapt {study.path} {question.key} {experiment}"
    return key, session_files().job(key)


def start_adaptation(study: Study, experiment: str, image: Image, key: str) -> Job:
    """Put an adaptation into the queue."""
    lane: Lane = "short" if len(image.values) == 1 else "long"

    def work(job: Job) -> Adapted:
        _stop_if_off(job)
        return adapt_image(study, experiment, image)

    return session_files().start(key, lambda _: prediction_service().queue.submit(work, lane))


def _forecast(job: Job, kit: Kit, question: Question) -> ImageEvidence:
    def tell(fraction: float, doing: str) -> None:
        job.fraction = fraction
        _stop_if_off(job)

    image = question.read()
    if not image.valid.any():
        raise RasterError(f"Nowhere in {question.name} is there data. Choose another place")
    _stop_if_off(job)
    return forecast_image(kit, image, progress=tell)


def _stop_if_off(job: Job) -> None:
    if job.cancelled:
        raise JobCancelledError("The forecast was cancelled. Start it again.")
