"""A real Chromium and a visitor's page; the network beyond this machine is watched."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_at_rest import PATIENCE_MS
from places import ROOT
from playwright.sync_api import Browser, Page, sync_playwright
from served_app import serve

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


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
