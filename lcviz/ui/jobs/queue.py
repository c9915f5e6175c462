"""One queue for all sessions of the server: predictions run one after another.

Two lanes, so that a patch need not wait for a whole tile: at most one short and one long job run at
a time, whatever the number of visitors, which bounds the working memory.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, Final, Literal

import streamlit as st

from lcviz.errors import LcvizError
from lcviz.ui.server import at_end

Lane = Literal["short", "long"]
_IDLE_S: Final = 1.5


class JobCancelledError(LcvizError):
    """The job was cancelled before it had a result."""


class Job:
    """Work that somebody waits for: a future that tells how far it is, and can be cut short.

    `PredictionQueue.submit` makes it.
    """

    def __init__(self) -> None:
        self.future: Future[Any] = Future()
        self._off = threading.Event()
        self._started: float | None = None
        self.fraction = 0.0
        """Done so far, 0 to 1; the work sets it."""

    @property
    def done(self) -> bool:
        """Whether there is a result, an error, or nothing more to come."""
        return self.future.done()

    @property
    def failed(self) -> bool:
        """Whether there will be no result: cancelled, or done with an error."""
        return self.cancelled or (self.done and self.future.exception() is not None)

    @property
    def started(self) -> bool:
        """Whether its turn has come."""
        return self._started is not None

    @property
    def cancelled(self) -> bool:
        """Whether nobody wants it any more; the work asks now and then."""
        return self._off.is_set()

    @property
    def seconds_left(self) -> float | None:
        """Estimate from what is done so far; None before anything is."""
        if self._started is None or self.fraction <= 0:
            return None
        return (time.monotonic() - self._started) * (1 / self.fraction - 1)

    def cancel(self) -> None:
        """Ask the work to stop; one that has not begun never begins."""
        self._off.set()
        self.future.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is done, at most so many seconds; returns whether it is."""
        wait([self.future], timeout)
        return self.done

    def result(self) -> Any:
        """What the work returned.

        Raises:
            JobCancelledError: it was cancelled.
            Exception: what the work raised.
        """
        try:
            return self.future.result()
        except CancelledError as error:
            raise JobCancelledError("The prediction was cancelled. Start it again.") from error

    def run(self, work: Callable[["Job"], Any]) -> Any:
        """Do the work; the queue's threads call it."""
        self._started = time.monotonic()
        return work(self)


class PredictionQueue:
    """Runs jobs lane by lane, first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unfinished: dict[Lane, list[Job]] = {"short": [], "long": []}
        self._lanes = {lane: ThreadPoolExecutor(1) for lane in self._unfinished}
        self._spare = ThreadPoolExecutor(1)
        """Waits until nobody asks for anything."""
        self._closing = threading.Event()
        self._asked = threading.Event()

    def submit(self, work: Callable[[Job], Any], lane: Lane) -> Job:
        """Put work at the end of a lane; it gets its job, to tell progress and to ask if it is off.

        The work runs in a thread of the queue's.
        """
        job = Job()
        with self._lock:
            if self._closing.is_set():
                job.cancel()
                return job
            self._unfinished[lane].append(job)
            job.future = self._lanes[lane].submit(self._run, job, work, lane)
            self._asked.set()
        return job

    def ahead_of_time(self, work: Callable[[], Any]) -> None:
        """Do something when nobody waits for the short lane; what it raises is dropped."""
        with suppress(RuntimeError):  # the queue is closed
            self._spare.submit(self._when_idle, work)

    def ahead(self, job: Job) -> int:
        """How many jobs come before this one, the running one included."""
        with self._lock:
            for jobs in self._unfinished.values():
                if job in jobs:
                    return sum(not other.cancelled for other in jobs[: jobs.index(job)])
        return 0

    def close(self, patience: float = 30.0) -> None:
        """Cancel everything, and wait until what runs has ended or so many seconds have passed.

        A process that ends while a network computes in another thread is aborted.
        """
        self._closing.set()
        self._asked.set()
        with self._lock:
            for job in (*self._unfinished["short"], *self._unfinished["long"]):
                job.cancel()
        with suppress(RuntimeError):  # it is closed already, and so has ended
            pools = (self._spare, *self._lanes.values())
            wait([pool.submit(_nothing) for pool in pools], patience)
            for pool in pools:
                pool.shutdown(wait=False)

    def _run(self, job: Job, work: Callable[[Job], Any], lane: Lane) -> Any:
        try:
            return job.run(work)
        finally:
            with self._lock:
                jobs = self._unfinished[lane]
                # Those before it were cancelled before their turn, and so never came here.
                del jobs[: jobs.index(job) + 1]

    def _when_idle(self, work: Callable[[], Any]) -> None:
        while not self._closing.is_set():
            self._asked.clear()
            with self._lock:
                asked = [job.future for job in self._unfinished["short"] if not job.done]
            wait(asked)
            if not asked and not self._asked.wait(_IDLE_S):
                self._lanes["short"].submit(work).exception()
                return


@st.cache_resource(show_spinner=False)
def prediction_queue() -> PredictionQueue:
    """The server's one queue."""
    queue = PredictionQueue()
    at_end.callback(queue.close)
    return queue


def _nothing() -> None:
    """What is done once all before it in a lane is."""
