"""Keep an archive as a file, for those who have the room: a killed run goes on within it."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from lcviz.data.archives import Archive
from lcviz.data.fetching.sources import Address
from lcviz.data.fetching.steady import Patience, SteadyStream, StoppedError
from lcviz.errors import FetchError

_CHUNK: Final = 1 << 20


def keep(
    archive: Archive,
    address: Address,
    folder: Path,
    patience: Patience | None = None,
    stop: threading.Event | None = None,
    arrived: Callable[[int], None] = lambda count: None,
) -> Address:
    """Store an archive in `folder`, if it is not there, and return where it lies now.

    What an earlier run read lies in a `.part` file, which is read on.

    Raises:
        FetchError: it cannot be read to its end, or its MD5 is not the published one; the file is
            removed then.
        StoppedError: `stop` was set.
        OSError: it cannot be written.
    """
    target = folder / archive.name
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        if address.scheme == "rsync":
            _rsync(address, target, stop or threading.Event())
        else:
            _store(archive, SteadyStream(address, patience, stop, arrived), target)
    return Address(target.absolute().as_uri())


def _store(archive: Archive, stream: SteadyStream, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("a+b") as file:
            file.seek(0)
            while data := file.read(_CHUNK):
                stream.passed(data)
            while data := stream.read(_CHUNK):
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
    finally:
        stream.close()
    if archive.md5 not in (None, stream.md5):
        part.unlink()
        raise FetchError(
            f"{stream.address} has MD5 {stream.md5}, published is {archive.md5}; it is not kept"
        )
    part.replace(target)


def _rsync(address: Address, target: Path, stop: threading.Event) -> None:
    program = shutil.which("rsync")
    if program is None:
        raise FetchError(f"{address} needs rsync, which is not installed here")
    parts = urlsplit(address.url)
    user = f"{quote(address.user)}@" if address.user else ""
    url = urlunsplit(parts._replace(netloc=f"{user}{parts.netloc}"))
    part = target.with_name(f"{target.name}.part")
    # The password is not among the arguments, which everyone on this machine can read.
    process = subprocess.Popen(
        [program, "--partial", "--inplace", "--no-links", "--", url, os.fspath(part.absolute())],
        env=os.environ | ({"RSYNC_PASSWORD": address.password} if address.password else {}),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while process.poll() is None:
            if stop.wait(0.2):
                raise StoppedError
    finally:
        if process.poll() is None:
            process.terminate()
        _, said = process.communicate()
    if process.returncode:
        raise FetchError(f"{address}: rsync says {' '.join((said or '').split())[-300:]}")
    part.replace(target)
