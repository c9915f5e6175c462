"""Servers on this machine that deliver archives, well and badly."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.servers import FTPServer


class Manners:
    """How an HTTP server behaves; what it saw."""

    def __init__(
        self,
        *,
        ranges: bool = True,
        cut_after: int | None = None,
        announced: float = 1.0,
        status: int = 200,
        secret: str | None = None,
        first_byte_off: int = 0,
    ) -> None:
        self.ranges = ranges
        self.cut_after = cut_after
        """Bytes after which each answer ends too early."""
        self.announced = announced
        """Factor of the true length that is said."""
        self.status = status
        self.secret = secret
        self.first_byte_off = first_byte_off
        """How far from what was asked a part begins, and says so."""
        self.requests: list[tuple[str, str | None]] = []
        self.sent = 0


@contextmanager
def http_server(folder: Path, manners: Manners | None = None) -> Iterator[tuple[str, Manners]]:
    """Serve the files in `folder`; yields the address and the manners."""
    manners = manners or Manners()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            manners.requests.append((self.path, self.headers.get("Range")))
            if manners.status != 200:
                self.send_error(manners.status)
                return
            if manners.secret and self.headers.get("Authorization") != manners.secret:
                self.send_error(401)
                return
            file = folder / self.path.lstrip("/")
            if not file.is_file():
                self.send_error(404)
                return
            content = file.read_bytes()
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
            start = int(asked[1]) if asked and manners.ranges else 0
            if start and start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.end_headers()
                return
            start = max(0, start + (manners.first_byte_off if start else 0))
            body = content[start:]
            self.send_response(206 if asked and manners.ranges else 200)
            if asked and manners.ranges:
                total = int(len(content) * manners.announced)
                self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
            self.send_header("Content-Length", str(int(len(body) * manners.announced)))
            self.end_headers()
            body = body if manners.cut_after is None else body[: manners.cut_after]
            try:
                self.wfile.write(body)
                manners.sent += len(body)
            except OSError:
                pass

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", manners
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def ftp_server(
    folder: Path, *, cut_after: int | None = None, restarts: bool = True
) -> Iterator[str]:
    """Serve `folder` to the user `m1474000`; yields the address with user and password."""
    users = DummyAuthorizer()
    users.add_user("m1474000", "m1474000", str(folder))

    class Cutting(DTPHandler):
        def send(self, data: bytes) -> int:
            if cut_after is not None and self.get_transmitted_bytes() >= cut_after:
                self.close()
                return 0
            return int(super().send(data[: 1 << 14]))

    class Handler(FTPHandler):
        authorizer = users
        dtp_handler = Cutting
        use_sendfile = False
        auth_failed_timeout = 0

        def ftp_REST(self, line: str) -> None:  # noqa: N802
            if restarts:
                super().ftp_REST(line)
            else:
                self.respond("502 Command not implemented.")

    server = FTPServer(("127.0.0.1", 0), Handler)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            server.serve_forever(timeout=0.02, blocking=False)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"ftp://m1474000:m1474000@127.0.0.1:{server.address[1]}"
    finally:
        stop.set()
        thread.join()
        server.close_all()
