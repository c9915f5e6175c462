"""Who does the work of a stage: this process, a local Dask cluster, or any Dask scheduler's."""

import errno
import logging
import os
import pickle
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from lcviz.allocator import keep_freed_memory
from lcviz.errors import LcvizError, WorkersError

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

ALL_CORES: Final = os.cpu_count() or 1
_RETRIES: Final = 2
"""Of a task that raised an error, on whichever worker is free."""
_DEATHS: Final = 3
"""Workers that may die on a task before it is held to be the reason."""
_AHEAD: Final = 2
"""Tasks handed out for each thread, one of which waits: memory does not grow with the rest."""
_PATIENCE: Final = 20
"""Seconds within which a scheduler has to answer."""
_DISK_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_LOGGERS: Final = ("distributed", "distributed.client", "tornado.application", "asyncio")


@dataclass(frozen=True)
class Outcome:
    """What became of one task."""

    result: Any = None
    failure: str | None = None
    """Why there is no result; None where there is one."""


class Workers:
    """Processes that work through tasks; started when first needed, closed on leaving.

    Args:
        number: processes of a local cluster, with one thread each; 0 works in this process.
        scheduler: address of a Dask scheduler whose workers are taken instead, such as
            `tcp://host:8786`. They must be able to import lcviz and precompute, and see the dataset
            and the study under the same paths.
        dashboard: whether the local cluster's dashboard is to be served, to this machine alone.
        say: is told what a person should know while waiting.
    """

    def __init__(
        self,
        number: int = ALL_CORES,
        scheduler: str | None = None,
        *,
        dashboard: bool = False,
        say: Callable[[str], None] = print,
    ) -> None:
        self.number = number
        self.scheduler = scheduler
        self.dashboard = dashboard
        self._say = say
        self._opened = ExitStack()
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None

    @property
    def in_this_process(self) -> bool:
        """Whether no other process is asked to work."""
        return self.scheduler is None and self.number == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the local cluster, or leave the scheduler; work that is not done is given up."""
        self._opened.close()
        self._client = self._cluster = None

    def map(
        self, work: Callable[[Any], Any], tasks: Mapping[str, Any]
    ) -> Iterator[tuple[str, Outcome]]:
        """Do `work` on each task, and yield name and outcome as they are done, in any order.

        A task that fails stops no other. Elsewhere than in this process it is tried again, and a
        worker that dies is replaced.

        Args:
            work: a function or a class at the top of a module, or an instance of one.
            tasks: name -> argument of `work`.

        Raises:
            WorkersError: the scheduler cannot be reached, disappears, or has unfit workers.
            OSError: the disk is full, so that all further work would be lost.
        """
        if self.in_this_process or (self.scheduler is None and len(tasks) < 2):
            for name, task in tasks.items():
                yield name, _outcome_here(work, task)
        elif tasks:
            yield from self._map_on_cluster(work, tasks)

    def _map_on_cluster(
        self, work: Callable[[Any], Any], tasks: Mapping[str, Any]
    ) -> Iterator[tuple[str, Outcome]]:
        from distributed import as_completed  # noqa: PLC0415

        client = self._connected(len(tasks))
        waiting = iter(tasks.items())
        names: dict[Future, str] = {}

        def hand_out() -> list["Future"]:
            try:
                threads = sum(client.nthreads().values())
            except OSError as error:
                raise self._lost() from error
            label = getattr(work, "__name__", type(work).__name__).strip("_")
            fresh = {
                client.submit(_packed(work, task), key=f"{label}-{uuid4()}", retries=_RETRIES): name
                for name, task in islice(waiting, max(1, _AHEAD * threads - len(names)))
            }
            names.update(fresh)
            return list(fresh)

        done = as_completed(hand_out(), loop=client.loop)
        for future in done:
            yield names.pop(future), self._outcome(future)
            done.update(hand_out())

    def _outcome(self, future: "Future") -> Outcome:
        from concurrent.futures import CancelledError  # noqa: PLC0415

        from distributed.scheduler import KilledWorker  # noqa: PLC0415

        try:
            result = future.result()
            if isinstance(result, OSError):
                raise result
            return Outcome(result)
        except CancelledError as error:
            raise self._lost() from error
        except KilledWorker:
            return Outcome(
                failure=f"{_DEATHS + 1} workers died on it, one after the other; is there enough "
                "memory? Try fewer --workers"
            )
        except ModuleNotFoundError as error:
            raise WorkersError(
                f"The workers of {self.scheduler} cannot import {error.name}. Start them with "
                "lcviz's folder on their path, in an environment like this one: "
                f"PYTHONPATH=LCVIZ dask worker {self.scheduler}"
            ) from error
        except Exception as error:
            return _failed(error)

    def _lost(self) -> WorkersError:
        return WorkersError(
            f"The scheduler {self.scheduler or 'of the local workers'} is gone. What was done is "
            "kept; run the same command again, and it goes on from there"
        )

    def _connected(self, tasks: int) -> "Client":
        wanted = min(self.number, tasks)
        if self._client is None:
            for name in _LOGGERS:  # Whatever goes wrong is told once, in words.
                logging.getLogger(name).setLevel(logging.CRITICAL)
            with _interrupts_held():
                self._client = self._join() if self.scheduler else self._start(wanted)
        elif self._cluster is not None and wanted > len(self._cluster.workers):
            self._cluster.scale(wanted)
        return self._client

    def _join(self) -> "Client":
        from distributed import Client  # noqa: PLC0415

        try:
            client = Client(self.scheduler, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise WorkersError(
                f"No Dask scheduler answers at {self.scheduler}. Start one with `dask scheduler`, "
                "or leave --scheduler out to work on this machine"
            ) from error
        self._opened.callback(_leave, client)
        if self.dashboard:
            self._say(f"dashboard: {client.dashboard_link}")
        if not client.nthreads():
            self._say(f"{self.scheduler} has no worker yet; waiting for the first")
        return client

    def _start(self, processes: int) -> "Client":
        import dask  # noqa: PLC0415
        from distributed import Client, LocalCluster  # noqa: PLC0415

        dask.config.set(
            {
                "distributed.scheduler.allowed-failures": _DEATHS,
                # To look at the work a hundred times a second costs a tenth of it.
                "distributed.worker.profile.enabled": self.dashboard,
                "distributed.admin.tick.interval": "500ms",
            }
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Port 8787")  # Another is taken, and told.
            self._cluster = LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:8787" if self.dashboard else None,
                silence_logs=logging.CRITICAL,
                # A worker above its share is paused, and the scene that needs so much never done.
                memory_limit=None,
            )
        self._opened.callback(_stop, self._cluster)
        client = Client(self._cluster, set_as_default=False)
        self._opened.callback(_leave, client)
        if self.dashboard:
            self._say(f"dashboard: {self._cluster.dashboard_link}")
        return client


def as_workers(workers: Workers | int) -> AbstractContextManager[Workers]:
    """The same workers, left as they are; a number starts so many, and stops them afterwards."""
    return nullcontext(workers) if isinstance(workers, Workers) else Workers(workers)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl+C wait until what is started here can be stopped in order.

    Threads and processes started meanwhile never see it: a terminal sends it to all of them, and
    the one that started the rest is to stop them.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave(client: "Client") -> None:
    client.close(timeout=2)


def _stop(cluster: "LocalCluster") -> None:
    """End the workers at once: what they are at is done anew by the next run."""
    for nanny in list(cluster.workers.values()):
        if (process := nanny.process) is not None and process.pid:
            process.process.kill()
    cluster.close(timeout=5)


def _packed(work: Callable[[Any], Any], task: Any) -> Callable[[], Any]:
    """A function for a worker. The scheduler reads it too, and need not know lcviz for it."""
    packed = pickle.dumps((_attempt, work, task))

    def unpack_and_work() -> Any:
        import pickle  # noqa: PLC0415

        attempt, *arguments = pickle.loads(packed)
        return attempt(*arguments)

    return unpack_and_work


def _attempt(work: Callable[[Any], Any], task: Any) -> Any:
    """The result; a full disk's error is handed over as it is, so that it is not tried again."""
    keep_freed_memory()  # Otherwise getting the next task's takes longer than much of the work.
    try:
        return work(task)
    except OSError as error:
        if error.errno in _DISK_FULL:
            return error
        raise


def _outcome_here(work: Callable[[Any], Any], task: Any) -> Outcome:
    keep_freed_memory()
    try:
        return Outcome(work(task))
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> Outcome:
    """The failure of one task; raises what would be every task's."""
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        raise error
    if isinstance(error, LcvizError):
        return Outcome(failure=str(error))
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" ({Path(frame.filename).name}, line {frame.lineno})" for frame in place)
    return Outcome(failure=f"{type(error).__name__}: {error}{where}")
