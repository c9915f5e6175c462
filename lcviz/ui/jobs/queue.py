"""One queue for all sessions of the server: predictions run one after another.

Two lanes, so that a patch need not wait for a whole tile: at most one short and one long job run at
a time, whatever the number of visitors, which bounds the working memory.
"""

import itertools
import threading
import time
from collections.abc import Callable
from queue import PriorityQueue
from typing import Any, Final, Literal

from lcviz.errors import LcvizError

Lane = Literal["short", "long"]
_ASKED: Final = 0
_AHEAD: Final = 1
_IDLE_S: Final = 1.5


class JobCancelledError(LcvizError):
    """The job was cancelled before it had a result."""


class Job:
    """Work that somebody waits for; made by `PredictionQueue.submit`."""

    def __init__(self, work: Callable[["Job"], Any]):
        self._work: Callable[[Job], Any] | None = work
        self._done = threading.Event()
        self._cancelled = threading.Event()
        self._result: Any = None
        self._error: BaseException | None = None
        self._started: float | None = None
        self.fraction = 0.0
        """Done so far, 0 to 1; the work sets it."""

    @property
    def done(self) -> bool:
        """Whether there is a result, an error, or nothing more to come."""
        return self._done.is_set()

    @property
    def failed(self) -> bool:
        """Whether there will be no result: cancelled, or done with an error."""
        return self.cancelled or (self.done and self._error is not None)

    @property
    def started(self) -> bool:
        """Whether its turn has come."""
        return self._started is not None

    @property
    def cancelled(self) -> bool:
        """Whether nobody wants it any more; the work asks now and then."""
        return self._cancelled.is_set()

    @property
    def seconds_left(self) -> float | None:
        """Estimate from what is done so far; None before anything is."""
        if self._started is None or self.fraction <= 0:
            return None
        return (time.monotonic() - self._started) * (1 / self.fraction - 1)

    def cancel(self) -> None:
        """Ask the work to stop; one that has not begun never begins."""
        self._cancelled.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is done, at most so many seconds; returns whether it is."""
        return self._done.wait(timeout)

    def result(self) -> Any:
        """What the work returned.

        Raises:
            JobCancelledError: it was cancelled.
            Exception: what the work raised.
        """
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result

    def run(self) -> None:
        """Do the work; the queue's threads call it."""
        self._started = time.monotonic()
        try:
            if self.cancelled or self._work is None:
                raise JobCancelledError("The prediction was cancelled. Start it again.")
            self._result = self._work(self)
        except BaseException as error:  # noqa: BLE001, RUF100 - the waiting page gets it
            self._error = error
        finally:
            self._work = None  # and with it all that the work holds
            self._done.set()


class PredictionQueue:
    """Runs jobs lane by lane, first come, first served."""

    def __init__(self) -> None:
        self._number = itertools.count()
        self._lock = threading.Lock()
        self._unfinished: dict[Lane, list[Job]] = {"short": [], "long": []}
        self._lanes: dict[Lane, PriorityQueue[tuple[int, int, Job]]] = {
            lane: PriorityQueue() for lane in self._unfinished
        }
        self._closing = threading.Event()
        self._asked = threading.Event()
        # Daemons, or the server would wait for them before it comes to `close`.
        self._threads = [
            threading.Thread(target=self._serve, args=(lane,), daemon=True) for lane in self._lanes
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[Job], Any], lane: Lane) -> Job:
        """Put work at the end of a lane; it gets its job, to tell progress and to ask if it is off.

        The work runs in a thread of the queue's.
        """
        job = Job(work)
        with self._lock:
            self._unfinished[lane].append(job)
            self._lanes[lane].put((_ASKED, next(self._number), job))
            self._asked.set()
        return job

    def ahead_of_time(self, work: Callable[[], Any]) -> None:
        """Do something when nobody waits for the short lane; what it raises is dropped."""
        self._lanes["short"].put((_AHEAD, next(self._number), Job(lambda _: work())))

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
            for job in itertools.chain(*self._unfinished.values()):
                job.cancel()
        for lane in self._lanes.values():
            stop = Job(lambda _: None)
            lane.put((_ASKED, next(self._number), stop))
        for thread in self._threads:
            thread.join(patience)

    def _is_idle(self, lane: Lane) -> bool:
        """Whether nobody asks for anything for a while; returns as soon as somebody does."""
        self._asked.clear()
        with self._lock:
            asked = bool(self._unfinished[lane]) or self._closing.is_set()
        return not asked and not self._asked.wait(_IDLE_S)

    def _serve(self, lane: Lane) -> None:
        while not self._closing.is_set():
            priority, number, job = self._lanes[lane].get()
            if priority == _AHEAD and not self._is_idle(lane):
                self._lanes[lane].put((priority, number, job))
                continue
            if self._closing.is_set():
                job.cancel()
            job.run()
            with self._lock:
                if job in self._unfinished[lane]:
                    self._unfinished[lane].remove(job)
            del job  # or an idle lane would keep the last result in memory
