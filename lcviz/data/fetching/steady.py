"""The bytes of an archive from the first to the last, however often the connection is cut."""

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final

from lcviz.data.fetching.opened import Opened
from lcviz.data.fetching.sources import Address
from lcviz.errors import FetchError

_CHUNK: Final = 1 << 20


class StoppedError(Exception):
    """Reading was stopped from outside."""


@dataclass(frozen=True)
class Patience:
    """How long a server that does not deliver is asked again."""

    attempts: int = 8
    """In a row, without a new byte."""
    first_wait_s: float = 1.0
    """Doubled with each attempt."""
    longest_wait_s: float = 60.0


class SteadyStream:
    """Reads an archive once, from its first byte to its last.

    When the connection is cut, it reads on at the same byte. A server that cannot begin there sends
    all from the start; what was read before is then compared, by its checksum, and passed over.
    """

    def __init__(
        self,
        address: Address,
        patience: Patience | None = None,
        stop: threading.Event | None = None,
        arrived: Callable[[int], None] = lambda count: None,
    ) -> None:
        """Nothing is opened before the first byte is asked for.

        Args:
            address: where the archive lies.
            patience: with servers that do not deliver.
            stop: ends the reading with `StoppedError` when it is set.
            arrived: told how many new bytes came.
        """
        self.address = address
        self.position = 0
        """Bytes read."""
        self.total: int | None = None
        """Bytes of the archive, as the server says; None before it has said so."""
        self.is_whole = False
        """Whether the last byte has been read."""
        self._patience = patience or Patience()
        self._stop = stop or threading.Event()
        self._arrived = arrived
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._mark: str | None = None
        self._opened: Opened | None = None
        self._failures = 0

    @property
    def md5(self) -> str:
        """Checksum of what has been read."""
        return self._md5.hexdigest()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size` of them; none at the end.

        Raises:
            FetchError: the archive cannot be read on.
            StoppedError: the reading was stopped.
        """
        size = _CHUNK if size < 0 else size
        while not self.is_whole:
            try:
                data = self._source().stream.read(size)
            except (OSError, HTTPException, ValueError) as error:
                self._cut(str(error) or type(error).__name__)
                continue
            if data:
                self._take(data)
                return data
            if self.total is None or self.position >= self.total:
                self.is_whole = True
                self.close()
            else:
                self._cut("the connection ended")
        return b""

    def drain(self) -> None:
        """Read what is left, for the checksum; errors as for `read`."""
        while self.read(_CHUNK):
            pass

    def open(self) -> None:
        """Open the archive, to learn its size; errors as for `read`."""
        while self._opened is None and not self.is_whole:
            try:
                self._source()
            except (OSError, HTTPException, ValueError) as error:
                self._cut(str(error) or type(error).__name__)

    def passed(self, data: bytes) -> None:
        """Take bytes that were read in an earlier run for read; before anything else is read."""
        self.position += len(data)
        self._md5.update(data)

    def close(self) -> None:
        """Let go of the connection; a later `read` opens another."""
        if self._opened is not None:
            with suppress(OSError, HTTPException):
                self._opened.stream.close()
            self._opened = None

    def _take(self, data: bytes) -> None:
        self.position += len(data)
        self._failures = 0
        self._md5.update(data)
        self._arrived(len(data))

    def _source(self) -> Opened:
        if self._stop.is_set():
            self.close()
            raise StoppedError
        if self._opened is None:
            opened = self.address.open(self.position, self._mark)
            self._opened = opened
            if opened.start not in (0, self.position):
                raise OSError(f"the server began at byte {opened.start}, not {self.position}")
            # A server that said too much may say in the end that nothing is left.
            told = (self.total, opened.total)
            if None not in told and self.total != opened.total != self.position:
                raise self._changed(f"it had {self.total:,} bytes, now {opened.total:,}")
            self.total, self._mark = opened.total or self.total, opened.mark or self._mark
            if opened.start < self.position:
                self._pass_over(opened)
        return self._opened

    def _pass_over(self, opened: Opened) -> None:
        """Read again what was read already, and see that it is the same."""
        again = hashlib.md5(usedforsecurity=False)
        left = self.position
        while left:
            if self._stop.is_set():
                raise StoppedError
            data = opened.stream.read(min(left, _CHUNK))
            if not data:
                raise OSError("the connection ended")
            again.update(data)
            left -= len(data)
        if again.digest() != self._md5.digest():
            raise self._changed("its beginning is another")

    def _changed(self, how: str) -> FetchError:
        self.close()
        return FetchError(f"{self.address} changed while it was read ({how}); run again")

    def _cut(self, why: str) -> None:
        """Note that the connection failed, and wait before the next; `FetchError` in the end."""
        self.close()
        self._failures += 1
        if self._failures >= self._patience.attempts:
            of = f" of {self.total:,}" if self.total is not None else ""
            raise FetchError(
                f"{self.address} cannot be read on after {self.position:,}{of} bytes ({why}); "
                f"tried {self._failures} times. Run again: what is in place is not read twice"
            )
        wait = self._patience.first_wait_s * 2 ** (self._failures - 1)
        if self._stop.wait(min(wait, self._patience.longest_wait_s)):
            raise StoppedError


def measured_rate(address: Address, seconds: float = 3.0, at_most: int = 8 << 20) -> float:
    """Bytes a second at which the beginning of an archive comes; errors as for `read`."""
    began = time.monotonic()
    with closing(SteadyStream(address)) as stream:
        while time.monotonic() - began < seconds and stream.position < at_most:
            if not stream.read(_CHUNK // 4):
                break
    return stream.position / max(time.monotonic() - began, 1e-6)
