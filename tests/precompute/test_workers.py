"""Workers that fail, die or disappear: the rest is done, and what went wrong is said."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest

from lcviz.errors import DatasetError, WorkersError
from precompute.running.workers import Outcome, Workers


def double(number: int) -> int:
    return 2 * number


def wait(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def fail(how: str) -> str:
    if how == "unexpected":
        raise KeyError("blue")
    if how == "foreseen":
        raise DatasetError("the scene has no bands")
    return how


def fail_at_first(marks: Path) -> int:
    """Fails as long as fewer than two attempts have left a mark."""
    attempts = len(list(marks.iterdir()))
    (marks / f"{attempts}").touch()
    if attempts < 2:
        raise OSError("the disk is slow today")
    return attempts


def die_at_first(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def die(_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill_the_disk(marks: Path) -> None:
    (marks / f"{len(list(marks.iterdir()))}").touch()
    raise OSError(28, "No space left on device")


@pytest.fixture(scope="module")
def two() -> Iterator[Workers]:
    with Workers(2) as workers:
        yield workers


@pytest.fixture(params=["in this process", "on two"])
def any_workers(request: pytest.FixtureRequest, two: Workers) -> Workers:
    return Workers(0) if request.param == "in this process" else two


def test_every_task_is_done_once(any_workers: Workers) -> None:
    found = list(any_workers.map(double, {f"{n}": n for n in range(40)}))
    assert sorted(found, key=lambda pair: int(pair[0])) == [
        (f"{n}", Outcome(2 * n)) for n in range(40)
    ]


def test_results_come_when_they_are_ready(two: Workers) -> None:
    seconds = {"slow": 1.0, "fast": 0.01, "faster": 0.0}
    assert [name for name, _ in two.map(wait, seconds)] != list(seconds)


def test_a_task_that_fails_stops_no_other_and_says_why(any_workers: Workers) -> None:
    found = dict(any_workers.map(fail, {w: w for w in ("unexpected", "foreseen", "no")}))
    assert found["no"] == Outcome("no")
    assert found["foreseen"].failure == "the scene has no bands"
    said = found["unexpected"].failure
    assert said is not None
    assert said.startswith("KeyError: 'blue' (test_workers.py, line ")


def test_a_passing_failure_is_tried_again(two: Workers, tmp_path: Path) -> None:
    found = dict(two.map(fail_at_first, {"a": tmp_path, "b": tmp_path}))
    assert all(outcome.failure is None for outcome in found.values())


def test_a_worker_that_dies_is_replaced_and_its_task_done(two: Workers, tmp_path: Path) -> None:
    tasks = {name: tmp_path / name for name in "abc"}
    assert dict(two.map(die_at_first, tasks)) == dict.fromkeys("abc", Outcome("done"))


def test_a_task_that_kills_every_worker_is_given_up(two: Workers) -> None:
    tasks = {"a": None, "b": None}
    for outcome in dict(two.map(die, tasks)).values():
        assert "workers died on it" in str(outcome.failure)
    assert dict(two.map(double, {"a": 1, "b": 2})) == {"a": Outcome(2), "b": Outcome(4)}


def test_a_full_disk_stops_everything_at_once(any_workers: Workers, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        list(any_workers.map(fill_the_disk, {f"{n}": tmp_path for n in range(50)}))
    assert len(list(tmp_path.iterdir())) <= 10


def test_a_scheduler_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("precompute.running.workers._PATIENCE", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://here"):
        with Workers(scheduler=address) as workers, pytest.raises(WorkersError, match=address):
            list(workers.map(double, {"a": 1}))


def test_the_dashboard_is_served_to_this_machine_alone() -> None:
    said: list[str] = []
    with Workers(2, dashboard=True, say=said.append) as workers:
        assert len(list(workers.map(double, {"a": 1, "b": 2}))) == 2
        address = said[0].removeprefix("dashboard: ")
        assert address.startswith("http://127.0.0.1:")
        with urlopen(address) as page:
            assert b"Dask" in page.read()


def test_without_other_processes_no_port_is_opened() -> None:
    listening = len(psutil.Process().net_connections())
    with Workers(0) as workers:
        list(workers.map(double, {"a": 1, "b": 2}))
        assert len(psutil.Process().net_connections()) == listening
