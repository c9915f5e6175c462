"""What the server does once: before anybody comes, and when it ends."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from places import ROOT

LIFE = """
import asyncio, sys
from lcviz.ui.server import at_end, serving

closed = []
at_end.callback(closed.append, "closed")

async def life():
    print("zarr" in sys.modules)
    async with serving(None):
        print("zarr" in sys.modules, closed)
    print(closed)

asyncio.run(life())
"""


def test_the_first_pages_libraries_are_loaded_and_what_is_open_is_closed_in_the_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIFE],
        cwd=ROOT,
        env=os.environ | {"STREAMLIT_SERVER_HEADLESS": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["False", "True []", "['closed']"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="xdg-open is Linux's")
@pytest.mark.parametrize(
    ("options", "opened"),
    [
        (["--server.headless", "false"], "http://localhost:{port}"),
        (
            ["--server.headless", "false", "--server.baseUrlPath", "land/cover"],
            "http://localhost:{port}/land/cover",
        ),
        (["--server.headless", "true"], None),
    ],
)
def test_the_browser_is_opened_unless_the_server_is_headless(
    options: list[str], opened: str | None, tmp_path: Path
) -> None:
    browser = tmp_path / "xdg-open"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    browser.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), *options],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seen = tmp_path / "opened"
    try:
        wait_until_it_answers(port, server)
        time.sleep(1.5)
    finally:
        server.terminate()
        server.wait(30)
    expected = None if opened is None else opened.format(port=port) + "\n"
    assert (seen.read_text() if seen.exists() else None) == expected


def wait_until_it_answers(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert server.poll() is None, "the server has ended"
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                # Bound before the app is loaded: an answer comes once it is.
                client.settimeout(30)
                client.sendall(b"GET /_stcore/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
                if client.recv(1):
                    return
        time.sleep(0.1)
    raise AssertionError("the server does not answer")
