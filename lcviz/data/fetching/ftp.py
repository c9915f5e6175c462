"""Archives on an FTP server, plain or over TLS."""

import ftplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from lcviz.data.fetching.opened import TIMEOUT_S, Opened
from lcviz.errors import FetchError


class _FtpStream:
    """A file that comes over an FTP connection, which is closed with it."""

    def __init__(self, ftp: ftplib.FTP, connection: socket.socket, left: int | None) -> None:
        self._ftp, self._connection = ftp, connection
        self._left = left
        """Bytes that are to come; None if unknown."""
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; `OSError` where the transfer ends before its time."""
        if self._ended:
            return b""
        data = self._connection.recv(size if size >= 0 else 1 << 20)
        if self._left is not None:
            self._left -= len(data)
        if not data:
            self._ended = True
            self._connection.close()
            if self._left is None:  # Only the server knows whether this was all.
                with _ftp_errors():
                    self._ftp.voidresp()
        return data

    def close(self) -> None:
        """Close both connections."""
        with suppress(OSError):
            self._connection.close()
        self._ftp.close()


@contextmanager
def _ftp_errors() -> Iterator[None]:
    """Errors of the protocol as `OSError`, which they are not all."""
    try:
        yield
    except (ftplib.Error, EOFError) as error:
        raise OSError(str(error) or "the server hung up") from error


def open_ftp(url: str, user: str | None, password: str | None, start: int) -> Opened:
    """Open a file of an FTP server, at byte `start` if it can begin there.

    Raises:
        FetchError: it is not there, or may not be read.
        OSError: anything else.
    """
    parts = urlsplit(url)
    path = unquote(parts.path)
    if any(ord(letter) < 32 for letter in path):
        raise FetchError(f"{url} is no path that can be asked for")
    ftp: ftplib.FTP = (ftplib.FTP_TLS if parts.scheme == "ftps" else ftplib.FTP)()
    try:
        with _ftp_errors():
            ftp.connect(parts.hostname or "", parts.port or ftplib.FTP_PORT, timeout=TIMEOUT_S)
        try:
            ftp.login(user or "anonymous", password or "anonymous@")
        except ftplib.error_perm as error:
            raise FetchError(f"{url}: the server lets no one in so ({error})") from error
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
        with _ftp_errors():
            ftp.voidcmd("TYPE I")
        try:
            total = ftp.size(path)
        except ftplib.error_perm:
            total = None  # Not every server tells sizes.
        connection, start = _retrieve(ftp, path, start, url)
    except BaseException:
        ftp.close()
        raise
    left = None if total is None else total - start
    return Opened(_FtpStream(ftp, connection, left), start, total)


def _retrieve(ftp: ftplib.FTP, path: str, start: int, url: str) -> tuple[socket.socket, int]:
    """The connection that brings the file, and where it begins."""
    if start:
        try:
            return ftp.transfercmd(f"RETR {path}", rest=start), start
        except ftplib.error_perm:
            pass  # It cannot begin elsewhere than at the beginning.
        except (ftplib.Error, EOFError) as error:
            raise OSError(str(error) or "the server hung up") from error
    try:
        with _ftp_errors():
            return ftp.transfercmd(f"RETR {path}"), 0
    except OSError as error:
        if isinstance(error.__cause__, ftplib.error_perm):
            raise FetchError(f"{url}: the server says {error}") from error
        raise
