"""The real app, served on this machine for a browser."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from places import ROOT


@contextmanager
def serve(study_path: Path, folder: Path, *options: str) -> Iterator[str]:
    """The app at an address of its own; it may leave no traceback and no session's files behind.

    Args:
        study_path: study to open.
        folder: for what the server writes, its log and temporary files.
        options: of `streamlit run`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log.txt"
    command = f"-m streamlit run app.py --server.port {port} --server.headless true".split()
    command += ["--server.address", "127.0.0.1", *options, "--", "--study", str(study_path)]
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(60)  # a prediction that runs is waited for
    assert "Traceback" not in log.read_text(), log.read_text()
    assert not list(folder.glob("lcviz-sessions-*")), "files of sessions are left"


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(150):
        if server.poll() is not None:
            break
        try:
            with urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            pass
        time.sleep(0.2)
    pytest.fail(f"the app did not start:\n{log.read_text()}")
