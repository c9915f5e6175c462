"""Archives where they lie: https, http, ftp, ftps, a file or a mounted folder."""

import io
import os
import re
import ssl
import stat
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import Request, build_opener

from lcviz import __version__
from lcviz.data.archives import ARCHIVES, Archive, archive_named
from lcviz.data.fetching.ftp import open_ftp
from lcviz.data.fetching.opened import TIMEOUT_S, Opened
from lcviz.errors import ConfigurationError, FetchError

_SCHEMES: Final = ("https", "http", "ftp", "ftps", "file", "rsync")
_ASK_AGAIN: Final = frozenset({408, 421, 425, 429})
"""Answers below 500 that asking again may change."""
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class Address:
    """Where one archive lies. As text it is without the password."""

    url: str
    """Without user and password."""
    user: str | None = None
    password: str | None = None

    def __str__(self) -> str:
        return self.url.removeprefix("file://")

    def __repr__(self) -> str:
        return f"Address({self.url!r})"

    @property
    def scheme(self) -> str:
        """One of https, http, ftp, ftps, file and rsync."""
        return urlsplit(self.url).scheme

    def open(self, start: int = 0, mark: str | None = None) -> Opened:
        """Open the archive, at byte `start` if that can be had.

        Args:
            start: place of the first byte that is wanted.
            mark: what an earlier `open` said; if the archive has changed since, it begins at 0.

        Raises:
            FetchError: it is not there, or may not be read: asking again is of no use.
            OSError, http.client.HTTPException: anything else; asking again may help.
        """
        if self.scheme == "rsync":
            raise FetchError(f"{self} brings whole files only: name a folder for them with --keep")
        if self.scheme == "file":
            return _open_file(Path(unquote(urlsplit(self.url).path)), start)
        if self.scheme in ("ftp", "ftps"):
            return open_ftp(self.url, self.user, self.password, start)
        return _open_http(self, start, mark)


def find_archives(
    place: str, user: str | None = None, password: str | None = None
) -> dict[Archive, Address]:
    """The archives at a place, by name alone.

    Args:
        place: an address or a folder that holds archives, or one archive; `{name}` in an address
            stands for an archive's name. It may hold user and password.
        user: takes the place of the user in the address.
        password: takes the place of the password in the address.

    Returns:
        For a folder of this machine and for one archive, what is there; for any other address the
        twelve of SEN12MS, of which none may be there.

    Raises:
        ConfigurationError: the place cannot be used, or a folder holds no archive.
    """
    scheme, parted, path = place.partition("://")
    if not parted or scheme == "file":
        return _local_archives(Path(unquote(path) if parted else place).expanduser())
    if scheme not in _SCHEMES:
        raise ConfigurationError(
            f"{scheme}:// is no kind of address that can be read; give {', '.join(_SCHEMES)} or "
            "a folder"
        )
    base = _address(place, user, password)
    if "{name}" in place:
        return {a: _with_url(base, base.url.replace("{name}", quote(a.name))) for a in ARCHIVES}
    alone = archive_named(unquote(urlsplit(base.url).path).rpartition("/")[2])
    if alone is not None:
        return {alone: base}
    return {a: _with_url(base, f"{base.url.rstrip('/')}/{a.name}") for a in ARCHIVES}


def _local_archives(place: Path) -> dict[Archive, Address]:
    try:
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        found = {
            archive: Address(file.absolute().as_uri())
            for file in files
            if (archive := archive_named(file.name)) is not None and file.is_file()
        }
    except OSError as error:
        raise ConfigurationError(f"{place} cannot be read: {error.strerror}") from error
    if not found:
        seen = "holds no archive" if place.is_dir() else "is neither a folder nor an archive"
        raise ConfigurationError(
            f"{place} {seen}; expected files like {ARCHIVES[0].name} (or .tgz, .tar)"
        )
    return found


def _address(place: str, user: str | None, password: str | None) -> Address:
    try:
        parts = urlsplit(place)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"The address cannot be read ({error}); check it") from error
    if not parts.hostname:
        raise ConfigurationError("The address names no machine; expected https://host/folder")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    url = urlunsplit(parts._replace(netloc=host if port is None else f"{host}:{port}", fragment=""))
    told = (parts.username, parts.password)
    named = [text if text is None else unquote(text) for text in told]
    return Address(url, user or named[0], password or named[1])


def _with_url(address: Address, url: str) -> Address:
    return Address(url, address.user, address.password)


def _open_file(path: Path, start: int) -> Opened:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise FetchError(f"{path} is not there") from error
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise FetchError(f"{path} is no file")
    file.seek(start)
    return Opened(file, start, status.st_size, f"{status.st_mtime_ns}")


def _open_http(address: Address, start: int, mark: str | None) -> Opened:
    headers = {"User-Agent": f"lcviz/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if mark is not None and not mark.startswith("W/"):
            headers["If-Range"] = mark
    request = Request(address.url, headers=headers)
    if address.user is not None:
        secret = b64encode(f"{address.user}:{address.password or ''}".encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {secret}")
    try:
        response = build_opener().open(request, timeout=TIMEOUT_S)
    except HTTPError as error:
        error.close()
        if error.code == 416 and start:  # Nothing is left behind this place.
            said = (error.headers.get("Content-Range") or "").removeprefix("bytes */")
            return Opened(io.BytesIO(), start, int(said) if said.isdecimal() else start, mark)
        if error.code < 500 and error.code not in _ASK_AGAIN:
            raise FetchError(f"{address}: the server says {error.code} {error.reason}") from error
        raise
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise FetchError(f"{address} is not who it says it is: {error.reason}") from error
        raise
    found = response.headers.get("ETag") or response.headers.get("Last-Modified")
    length = (response.headers.get("Content-Length") or "").strip()
    if response.status == 206:
        match = _RANGE.fullmatch((response.headers.get("Content-Range") or "").strip())
        if match is None:
            response.close()
            raise OSError("the server sends a part without saying which")
        total = None if match[2] == "*" else int(match[2])
        return Opened(response, int(match[1]), total, found)
    return Opened(response, 0, int(length) if length.isdecimal() else None, found)
