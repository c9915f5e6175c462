"""Bring SEN12MS here: the wanted scenes out of its archives, as they stream by."""

import threading
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from lcviz.data.fetching.keeping import keep
from lcviz.data.fetching.record import Record, read_record, write_record
from lcviz.data.fetching.selection import Selection
from lcviz.data.fetching.sources import find_archives
from lcviz.data.fetching.steady import Patience, SteadyStream, StoppedError, measured_rate
from lcviz.data.fetching.unpacking import Unpacked, unpack
from lcviz.errors import ConfigurationError, FetchError
from precompute.running.stage import console
from precompute.stages.fetch_plan import Task, plan
from precompute.stages.fetch_report import free_bytes, tell_outcome, tell_plan

_BOOKKEEPING: Final = ".fetch"
"""Folder in the dataset's: who is fetching, and what whole archives were found to hold."""
_TO_LOOK: Final = Patience(attempts=3)
"""Before anything is read, a server that is not there is told soon."""
_SPARE: Final = 1.02
"""Files take whole blocks of a disk."""


@dataclass(frozen=True)
class Means:
    """How to read."""

    place: str
    user: str | None = None
    password: str | None = None
    at_once: int = 3
    """Archives."""
    keep: Path | None = None
    """Folder that whole archives are kept in."""
    patience: Patience | None = None


def fetch(data: Path, selection: Selection, means: Means, *, dry_run: bool = False) -> int:
    """Put the wanted files of SEN12MS in place below `data`.

    Args:
        data: folder of the dataset, made if need be; what is there is not fetched again.
        selection: what is wanted.
        means: from where, and how.
        dry_run: only say what would be read and written.

    Returns:
        0 where all that was wanted is in place, 1 where some of it is not.

    Raises:
        ConfigurationError: nothing can be fetched so, there is no room, or another run is at it.
    """
    archives = find_archives(means.place, means.user, means.password)
    record = read_record(data / _BOOKKEEPING)
    tasks = plan(data, selection, archives, record)
    if not tasks:
        console.print("fetch: all that was asked for is in place")
        return 0
    tasks, failures = _sized(tasks, means)
    rate = _rate(tasks)
    tell_plan(console, tasks, rate, data)
    if not dry_run and tasks:
        _check_room(data, tasks)
        (data / _BOOKKEEPING).mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(data / _BOOKKEEPING / "lock", timeout=0):
                failures |= _read_all(data, tasks, means, selection, record)
        except Timeout as error:
            raise ConfigurationError(
                f"Another fetch into {data} is at work; wait for it"
            ) from error
    for name, why in failures.items():
        console.print(f"[bold red]{name}:[/] ", end="")
        console.print(why, markup=False, soft_wrap=True)
    return 1 if failures else 0


def _sized(tasks: list[Task], means: Means) -> tuple[list[Task], dict[str, str]]:
    """The tasks with the sizes of their archives, and why some archives cannot be opened."""

    def ask(task: Task) -> Task | str:
        if task.address.scheme == "rsync" and means.keep is not None:
            return task
        stream = SteadyStream(task.address, means.patience or _TO_LOOK)
        try:
            stream.open()
        except FetchError as error:
            return str(error)
        stream.close()
        return replace(task, size=stream.total)

    with ThreadPoolExecutor(means.at_once) as pool:
        answers = list(pool.map(ask, tasks))
    both = zip(tasks, answers, strict=True)
    failures = {task.archive.name: answer for task, answer in both if isinstance(answer, str)}
    return [answer for answer in answers if isinstance(answer, Task)], failures


def _rate(tasks: list[Task]) -> float | None:
    """Bytes a second at which the first of the archives comes; None if none does."""
    try:
        return measured_rate(tasks[0].address) if tasks else None
    except FetchError:
        return None


def _check_room(data: Path, tasks: Iterable[Task]) -> None:
    free = free_bytes(data)
    needed = int(sum(task.to_write or 0 for task in tasks) * _SPARE)
    if needed > free:
        raise ConfigurationError(
            f"{data} has room for {free / 1e9:.1f} GB, needed are {needed / 1e9:.1f} GB; ask for "
            f"less, such as --most {max(1, int(free / 1e9) - 1)}GB"
        )


def _read_all(
    data: Path, tasks: list[Task], means: Means, selection: Selection, record: Record
) -> dict[str, str]:
    """Read the archives, several at once; archive -> why not all of it could be had."""
    stop, failures = threading.Event(), {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[files]} files"),
    )
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(means.at_once) as pool:
        running: dict[Future[Unpacked], Task] = {}
        for task in tasks:
            bar = progress.add_task(task.archive.name, total=task.size, files=0)
            work = pool.submit(_read, data, task, means, selection, stop, progress, bar)
            running[work] = task
        try:
            while running:
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    task = running.pop(done)
                    try:
                        outcome = done.result()
                    except (FetchError, OSError) as error:
                        failures[task.archive.name] = str(error)
                        continue
                    if (fault := tell_outcome(progress.console, outcome, task.scenes)) is not None:
                        failures[task.archive.name] = fault
                    if outcome.is_whole and not outcome.md5_differs and not outcome.damaged:
                        record[str(task.address)] = outcome.seen
                        write_record(data / _BOOKKEEPING, record)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return failures


def _read(
    data: Path,
    task: Task,
    means: Means,
    selection: Selection,
    stop: threading.Event,
    progress: Progress,
    bar: TaskID,
) -> Unpacked:
    def advance(count: int) -> None:
        progress.advance(bar, count)

    def tell(unpacked: Unpacked) -> None:
        progress.update(bar, files=f"{unpacked.written:,}")

    address = task.address
    if means.keep is not None:
        address = keep(task.archive, address, means.keep, means.patience, stop, advance)
        advance = _ignore
    stream = SteadyStream(address, means.patience, stop, advance)
    room = selection.most if task.to_write is None else 2 * task.to_write
    try:
        return unpack(task.archive, stream, data, task.scenes, room, tell)
    except StoppedError as error:
        raise FetchError("stopped") from error
    finally:
        stream.close()


def _ignore(count: int) -> None:
    """Nothing is to be told."""
