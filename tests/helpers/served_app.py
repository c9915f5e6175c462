"""A real Chromium against the real app on this machine, with the network beyond it watched."""

import os
import shutil
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
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


# A busy machine is slow, not wrong.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("LCVIZ_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        if os.environ.get("LCVIZ_REQUIRE_BROWSER") == "1":
            pytest.fail("LCVIZ_REQUIRE_BROWSER=1, but there is no chromium on the PATH")
        pytest.skip("no chromium on the PATH; set LCVIZ_CHROMIUM to one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def study_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    demo = ROOT / "studies" / "demo"
    if (demo / "results.parquet").is_file():
        return demo
    from study_factory import make_study  # noqa: PLC0415 - imports torch

    return make_study(tmp_path_factory.mktemp("studies") / "tiny").path


@pytest.fixture(scope="session")
def app(study_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the running app, without a slash at its end."""
    with serve(study_path, tmp_path_factory.mktemp("app")) as address:
        yield address


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


@pytest.fixture
def asked() -> list[str]:
    """Every address that the visitor's browser asks for."""
    return []


@pytest.fixture(params=[1280, 400], ids=["desktop", "phone"])
def page(
    request: pytest.FixtureRequest, browser: Browser, app: str, asked: list[str]
) -> Iterator[Page]:
    """A fresh visitor; leaving the test fails if anything was asked of another machine."""
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    context.on("request", lambda r: asked.append(r.url))
    broken: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()
    elsewhere = [url for url in asked if not url.startswith((app, "data:", "blob:"))]
    assert not elsewhere, f"asked of another machine: {elsewhere}"
    assert not broken, f"scripts failed: {broken}"


def pick_by_keyboard(page: Page, label: str, option: str) -> None:
    """Type an option's name into a select box and take it, once the list offers it first."""
    box = page.get_by_role("combobox", name=label, exact=True)
    offered = page.locator('[role="option"][data-focused="true"]').get_by_text(option, exact=True)
    for attempt in range(3):
        box.focus()
        page.keyboard.type(option)
        try:
            offered.wait_for(timeout=5_000)
        except PlaywrightTimeout:  # a late redraw took what had been typed
            if attempt == 2:
                raise
            page.keyboard.press("Escape")
        else:
            page.keyboard.press("Enter")
            return


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
