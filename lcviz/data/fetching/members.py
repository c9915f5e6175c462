"""Take a tar apart as it streams by, trusting nothing that it says.

`tarfile` reads the headers, one at a time. Its own loop is not used: it keeps every member in
memory, takes headers of any size, and ends at a hurt header as if the archive ended there.
"""

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lcviz.data.fetching.steady import SteadyStream
from lcviz.errors import FetchError

_BLOCK: Final = 512
_CHUNK: Final = 1 << 20
_LONGEST_EXTRA: Final = 64 << 10
"""Bytes of a header that extends another; those that occur have some hundred."""
_MOST_EXTRA: Final = 8
"""Such headers in a row."""
_LARGEST_MEMBER: Final = 64 << 20
"""Bytes; the largest file of SEN12MS has 1.7 MB."""
_PADDING: Final = 1 << 20
"""Bytes that may follow the end mark, zeros all; tar pads to 10,240."""
_EXTRA: Final = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE)
_FILES: Final = (tarfile.REGTYPE, tarfile.AREGTYPE)
_PAX: Final = re.compile(rb"(\d{1,6}) ([^=]+)=")


@dataclass(frozen=True)
class Member:
    """What a tar says of one of its members."""

    name: str
    size: int
    """Bytes of its content."""
    is_file: bool
    is_folder: bool


class Members:
    """The members of one archive, in their order; each one's content can be read once.

    A gzip archive and a plain tar are told apart by their first bytes, not by their name.
    """

    def __init__(self, stream: SteadyStream) -> None:
        self._raw = stream
        self._tar = _unpacked(stream)
        self._left = 0
        """Bytes of the current member's content that have not been read."""
        self._fill = 0
        """Bytes of padding behind them."""

    def __iter__(self) -> Iterator[Member]:
        """Raises `FetchError` where the archive is cut, hurt, or none."""
        extra: dict[str, str] = {}
        in_a_row = 0
        while (header := self._header()) is not None:
            in_a_row += 1
            if in_a_row > _MOST_EXTRA:
                raise FetchError(f"{self._raw.address} extends a header without end; it is hurt")
            if header.type == tarfile.XGLTYPE:
                self._start(header.size, _LONGEST_EXTRA)
            elif header.type in _EXTRA:
                self._start(header.size, _LONGEST_EXTRA)
                extra |= _extra(header.type, self.content())
            else:
                name = extra.get("path", header.name)
                size = _whole_number(extra["size"]) if "size" in extra else header.size
                extra, in_a_row = {}, 0
                # Of what is no file, some writers state a size and store nothing.
                self._start(size if header.type in _FILES else 0, _LARGEST_MEMBER)
                if header.type not in _FILES and header.isreg():
                    raise FetchError(f"{self._raw.address} holds {name!r}, a file with holes")
                yield Member(name, size, header.type in _FILES, header.isdir())
            self._skip()
        self._see_the_end()

    def content(self) -> bytes:
        """The content of the current member; again an error where the archive ends within it."""
        content = self._exactly(self._left)
        self._left = 0
        return content

    def _start(self, size: int, largest: int) -> None:
        if not 0 <= size <= largest:
            raise FetchError(
                f"{self._raw.address} holds a member of {size:,} bytes, which none of SEN12MS's "
                "archives does; it is not read on"
            )
        self._left, self._fill = size, -size % _BLOCK

    def _skip(self) -> None:
        left = self._left + self._fill
        while left:
            left -= len(self._exactly(min(left, _CHUNK)))
        self._left = self._fill = 0

    def _header(self) -> tarfile.TarInfo | None:
        """The next header; None at the mark of the end."""
        block = self._exactly(_BLOCK)
        try:
            return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.TarError as error:
            if not block.strip(b"\0"):
                return None
            raise FetchError(
                f"{self._raw.address} is no tar archive, or hurt, at byte {self._raw.position:,} "
                f"({error}); it begins there with {block[:16]!r}"
            ) from error

    def _see_the_end(self) -> None:
        """A tar ends in zeros; anything else is a sign that the archive was cut and joined."""
        rest = self._read(_PADDING)
        if rest.strip(b"\0"):
            raise FetchError(f"{self._raw.address} goes on behind its end; it is hurt")

    def _exactly(self, size: int) -> bytes:
        data = self._read(size)
        if len(data) < size:
            raise FetchError(
                f"{self._raw.address} ends in the middle, after {self._raw.position:,} bytes; "
                "it is cut short there, or the server says less than it has"
            )
        return data

    def _read(self, size: int) -> bytes:
        try:
            return self._tar.read(size)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise FetchError(
                f"{self._raw.address} cannot be unpacked at byte {self._raw.position:,} ({error})"
            ) from error


class _Pushed(io.RawIOBase):
    """A stream of which the first bytes were looked at."""

    def __init__(self, first: bytes, stream: SteadyStream) -> None:
        self._first, self._stream = first, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        data = self._first[: len(buffer)] or self._stream.read(len(buffer))
        self._first = self._first[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _unpacked(stream: SteadyStream) -> io.BufferedIOBase:
    """The tar within a stream, whether it is compressed or not."""
    first = b""
    while len(first) < 2 and (data := stream.read(_CHUNK)):
        first += data
    whole = io.BufferedReader(_Pushed(first, stream), _CHUNK)
    return gzip.GzipFile(fileobj=whole, mode="rb") if first[:2] == b"\x1f\x8b" else whole


def _extra(kind: bytes, content: bytes) -> dict[str, str]:
    """What an extending header says of the path and the size of the member behind it."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return {"path": content.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    if kind == tarfile.GNUTYPE_LONGLINK:
        return {}
    said, at = {}, 0
    while match := _PAX.match(content, at):
        length = int(match[1])
        key = match[2].decode("utf-8", "replace")
        if length <= match.end() - at:
            raise FetchError("An extending header of the archive makes no sense; it is hurt")
        if key in ("path", "size"):
            value = content[match.end() : at + length - 1]
            said[key] = value.decode("utf-8", "surrogateescape")
        elif key.startswith("GNU.sparse"):
            said["size"] = "-1"  # Refused by its size.
        at += length
    return said


def _whole_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
