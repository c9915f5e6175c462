"""Files of one session: its upload and its results, which nobody else sees and which end with it.

A browser that loses its connection may come back to its session for a while
(`server.disconnectedSessionTTL`); the files are deleted when that while is over.

All sessions of a server share one folder that only its user can enter. A server that was killed
leaves it behind; the next one sweeps it away.
"""

import secrets
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import streamlit as st
from filelock import FileLock

from lcviz.errors import RasterError
from lcviz.ui.jobs.queue import Job
from lcviz.ui.server import at_end

PREFIX: Final = "lcviz-sessions-"
KEPT_RESULTS: Final = 4
"""Predictions whose files a session keeps, the latest."""
_LOCK: Final = "lock"
_PATIENCE: Final = 60.0
_RETURN: Final = 120.0
"""Seconds in which a lost browser may come back, where the server's options do not say."""
_SESSION_KEY: Final = "session-files"


class SessionFiles:
    """A folder with an upload and the latest predictions, until its session lets go of it.

    It is also deleted when this object is.
    """

    def __init__(self, parent: Path):
        self.folder = Path(tempfile.mkdtemp(prefix="session-", dir=parent))
        self.upload: Path | None = None
        """The file; where several were sent, the folder that holds them."""
        self._upload_folder: Path | None = None
        self._workplace: Path | None = None
        self._jobs: OrderedDict[str, tuple[Job, Path]] = OrderedDict()
        # The finaliser must not hold the object itself, or it would never be deleted.
        self._remove = weakref.finalize(self, _remove, self.folder, self._jobs)
        self._lock = threading.Lock()
        self._held = True

    @property
    def closed(self) -> bool:
        """Whether the files are deleted."""
        return not self._remove.alive

    def hold(self) -> None:
        """Keep the files: their session is back."""
        with self._lock:
            self._held = True

    def let_go(self, seconds: float) -> None:
        """Delete the files after so many seconds, unless they are held again by then."""
        with self._lock:
            self._held = False
        timer = threading.Timer(seconds, self._close_unless_held)
        timer.daemon = True
        timer.start()

    def _close_unless_held(self) -> None:
        with self._lock:
            if not self._held:
                self._remove()

    def keep_upload(self, *sent: tuple[str, BinaryIO]) -> Path:
        """Write an upload, of one file or several, to disk in place of the one before.

        Args:
            sent: name and content of each file.

        Raises:
            RasterError: there is no room for it.
        """
        self.forget_upload()
        folder = self._new_folder("upload")
        path = folder
        try:
            folder.mkdir()
            for name, content in sent:
                # What it is called is for people only: no folders in it.
                path = folder / safe_name(name)
                with path.open("wb") as file:
                    shutil.copyfileobj(content, file, 2**20)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise RasterError(
                f"The server has no room for {path.name} ({error.strerror}). Crop it, or try later"
            ) from error
        self._upload_folder = folder
        self.upload = path if len(sent) == 1 else folder
        return self.upload

    def forget_upload(self) -> None:
        """Delete the upload, if there is one."""
        if self._upload_folder is not None:
            shutil.rmtree(self._upload_folder, ignore_errors=True)
        self.upload = self._upload_folder = None

    def workplace(self) -> Path:
        """An empty folder for what is made of a person's files, in place of the one before.

        Raises:
            RasterError: there is no room for it.
        """
        self.clear_workplace()
        self._workplace = self._new_folder("made")
        try:
            self._workplace.mkdir()
        except OSError as error:
            raise RasterError(f"The server has no room ({error.strerror}). Try later") from error
        return self._workplace

    def clear_workplace(self) -> None:
        """Delete what was made."""
        if self._workplace is not None:
            shutil.rmtree(self._workplace, ignore_errors=True)
            self._workplace = None

    def keep_other(self, use: str, name: str, content: BinaryIO) -> Path:
        """Write a file that is no image to be predicted, in place of the last for the same use.

        Raises:
            RasterError: there is no room for it.
        """
        folder = self.folder / f"other-{use}"
        shutil.rmtree(folder, ignore_errors=True)
        path = folder / safe_name(name)
        try:
            folder.mkdir()
            with path.open("wb") as file:
                shutil.copyfileobj(content, file, 2**20)
        except OSError as error:
            raise RasterError(
                f"The server has no room for {path.name} ({error.strerror}). Try later"
            ) from error
        return path

    def results(self) -> list[tuple[str, Any]]:
        """Keys and results of the predictions that are done, the latest first."""
        finished = [(key, job) for key, (job, _) in self._jobs.items() if job.done]
        return [(key, job.result()) for key, job in reversed(finished) if not job.failed]

    def job(self, key: str) -> Job | None:
        """The prediction that was asked for under this key, if it is still kept."""
        if key not in self._jobs:
            return None
        self._jobs.move_to_end(key)
        return self._jobs[key][0]

    def knows(self, subject: str) -> bool:
        """Whether a prediction is kept under a key with this in it."""
        return any(subject in key for key in self._jobs)

    def start(self, key: str, submit: Callable[[Path], Job]) -> Job:
        """Start a prediction in a folder of its own; others of the session that run are off."""
        for other in [k for k, (job, _) in self._jobs.items() if not job.done]:
            self.drop(other)
        while len(self._jobs) >= KEPT_RESULTS:
            self.drop(next(iter(self._jobs)))
        self.drop(key)
        # The work makes it, and so can say it where there is no room.
        folder = self._new_folder("result")
        job = submit(folder)
        self._jobs[key] = (job, folder)
        return job

    def _new_folder(self, kind: str) -> Path:
        return self.folder / f"{kind}-{secrets.token_hex(8)}"

    def drop(self, key: str) -> None:
        """Cancel a prediction and delete its files."""
        if key in self._jobs:
            job, folder = self._jobs.pop(key)
            _clear([(job, folder)], folder)


def session_files() -> SessionFiles:
    """The files of the session that asks.

    Raises:
        RasterError: there is no room for its folder.
    """
    files: SessionFiles | None = st.session_state.get(_SESSION_KEY)
    if files is None or _hold(files, files.folder).closed:
        try:
            files = st.session_state[_SESSION_KEY] = SessionFiles(server_folder())
        except OSError as error:
            raise RasterError(
                f"The server has no room for temporary files ({error.strerror}). Try later"
            ) from error
        _hold(files, files.folder)
    return files


def _let_go(files: SessionFiles) -> None:
    files.let_go(st.get_option("server.disconnectedSessionTTL") or _RETURN)


# Streamlit forgets this cache when the browser is gone, and says so; of the session itself nobody
# hears until Python happens to collect it.
@st.cache_resource(scope="session", on_release=_let_go, show_spinner=False)
def _hold(_files: SessionFiles, folder: Path) -> SessionFiles:
    _files.hold()
    return _files


@cache
def server_folder() -> Path:
    """Folder of all sessions of this server, made once; those of dead servers are swept away."""
    parent = Path(tempfile.gettempdir())
    sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    lock = FileLock(folder / _LOCK, thread_local=False)  # another thread may end the server
    lock.acquire()
    at_end.callback(lock.release)
    at_end.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def sweep(parent: Path) -> None:
    """Delete the folders of servers that no longer run: nobody holds their lock."""
    for folder in parent.glob(f"{PREFIX}*"):
        if (folder / _LOCK).is_file():
            with suppress(OSError), FileLock(folder / _LOCK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """A name for a file and for messages: no folders, nothing that does not print, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if c.isprintable()).strip(". ")
    return kept[-80:] or "raster.tif"


def _remove(folder: Path, jobs: OrderedDict[str, tuple[Job, Path]]) -> None:
    _clear(list(jobs.values()), folder)


def _clear(jobs: Sequence[tuple[Job, Path]], folder: Path) -> None:
    """Cancel jobs and delete a folder once none of them writes into it any more."""
    running = [job for job, _ in jobs if not job.done]
    for job in running:
        job.cancel()
    shutil.rmtree(folder, ignore_errors=True)
    if not running:
        return

    def finish() -> None:
        for job in running:
            job.wait(_PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)

    with suppress(RuntimeError):  # the interpreter is ending
        threading.Thread(target=finish, daemon=True).start()
