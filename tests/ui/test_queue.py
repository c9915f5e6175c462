"""The server's one queue: lanes, turns, and what is cut short."""

import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from lcviz.errors import RasterError
from lcviz.ui.jobs import queue as module
from lcviz.ui.jobs.queue import Job, JobCancelledError, PredictionQueue


@pytest.fixture
def queue() -> Iterator[PredictionQueue]:
    queue = PredictionQueue()
    yield queue
    queue.close()


class Gate:
    """Work that has begun once `begun` is set, and ends once `open` is."""

    def __init__(self) -> None:
        self.begun, self.open = threading.Event(), threading.Event()

    def __call__(self, job: Job) -> str:
        self.begun.set()
        assert self.open.wait(30)
        return "stopped" if job.cancelled else "whole"


def test_jobs_of_a_lane_run_one_after_another_in_the_order_of_asking(queue):
    gate, order = Gate(), []
    first = queue.submit(gate, "short")
    assert gate.begun.wait(30)
    later = [queue.submit(lambda _, n=n: order.append(n), "short") for n in range(5)]
    assert [queue.ahead(job) for job in (first, *later)] == [0, 1, 2, 3, 4, 5]
    assert first.started and not first.done and not later[0].started
    gate.open.set()
    assert later[-1].wait(30)
    assert order == [0, 1, 2, 3, 4]
    assert first.result() == "whole" and queue.ahead(first) == 0


def test_a_short_job_does_not_wait_for_a_long_one(queue):
    gate = Gate()
    long = queue.submit(gate, "long")
    assert gate.begun.wait(30)
    assert queue.submit(lambda _: "short", "short").result() == "short"
    assert not long.done
    gate.open.set()
    assert long.result() == "whole"


def test_what_the_work_raises_is_raised_to_whoever_waits(queue):
    def fail(_: Job) -> None:
        raise RasterError("no such band")

    job = queue.submit(fail, "short")
    with pytest.raises(RasterError, match="no such band"):
        job.result()
    assert job.failed and job.done and not job.cancelled
    assert queue.submit(lambda _: 1, "short").result() == 1


def test_a_job_that_is_off_before_its_turn_never_begins(queue):
    gate, begun = Gate(), []
    running = queue.submit(gate, "short")
    assert gate.begun.wait(30)
    off = queue.submit(begun.append, "short")
    after = queue.submit(lambda _: "after", "short")
    off.cancel()
    assert off.failed and off.wait(0)
    assert queue.ahead(after) == 1
    gate.open.set()
    assert after.result() == "after"
    assert begun == [] and running.result() == "whole"
    with pytest.raises(JobCancelledError, match="Start it again"):
        off.result()


def test_a_job_that_runs_hears_that_it_is_off(queue):
    gate = Gate()
    job = queue.submit(gate, "long")
    assert gate.begun.wait(30)
    job.cancel()
    assert job.failed and not job.done
    gate.open.set()
    assert job.result() == "stopped"


def test_the_time_left_follows_from_what_is_done(queue):
    gate = Gate()
    job = queue.submit(gate, "long")
    assert gate.begun.wait(30) and job.seconds_left is None
    job.fraction = 0.5
    first = job.seconds_left
    assert first is not None and first > 0
    job.fraction = 1.0
    assert job.seconds_left == 0
    gate.open.set()


def test_what_is_done_ahead_of_time_waits_until_nobody_asks(queue, monkeypatch):
    monkeypatch.setattr(module, "_IDLE_S", 0.05)
    gate, order, ended = Gate(), [], threading.Event()
    asked = queue.submit(gate, "short")

    def fail() -> None:
        order.append("fails")
        raise RasterError("nobody hears it")

    queue.ahead_of_time(fail)
    queue.ahead_of_time(lambda: (order.append("ahead"), ended.set()))
    assert gate.begun.wait(30) and not ended.wait(0.3) and order == []
    gate.open.set()
    assert ended.wait(30)
    assert order == ["fails", "ahead"] and asked.result() == "whole"


def test_closing_cancels_all_and_waits_for_what_runs():
    queue, begun = PredictionQueue(), threading.Event()

    def until_off(job: Job) -> str:
        begun.set()
        while not job.cancelled:
            time.sleep(0.01)
        return "ended"

    running = queue.submit(until_off, "long")
    assert begun.wait(30)
    waiting = queue.submit(until_off, "long")
    queue.close()
    assert running.done and running.result() == "ended"
    assert waiting.cancelled and waiting.done
    queue.close()
    queue.ahead_of_time(begun.clear)
    assert queue.submit(until_off, "short").failed
    assert begun.is_set()


def test_a_result_is_kept_no_longer_than_its_job(queue):
    class Result:
        pass

    job: Any = queue.submit(lambda _: Result(), "short")
    result = weakref.ref(job.result())
    queue.submit(lambda _: None, "short").result()
    assert result() is not None
    del job
    assert result() is None
