"""Fixtures that open pages of the app in this process, without a browser."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from places import ROOT
from streamlit.testing.v1 import AppTest
from study_factory import make_study

from lcviz.study import Study
from lcviz.ui.jobs.queue import prediction_queue

APP = ROOT / "app.py"
Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def whole_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_study(tmp_path_factory.mktemp("whole") / "tiny").path


@pytest.fixture
def study(whole_study: Path, tmp_path: Path) -> Study:
    """A study of one's own, to be damaged."""
    return Study.open(shutil.copytree(whole_study, tmp_path / "tiny"))


@pytest.fixture
def rasters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder whose files the app may open."""
    folder = tmp_path / "rasters"
    folder.mkdir()
    monkeypatch.setenv("LCVIZ_RASTERS", str(folder))
    return folder


@pytest.fixture
def closed_queue() -> Iterator[None]:
    """Nothing computes any more when the next test deletes its study."""
    yield
    prediction_queue().close()
    prediction_queue.clear()


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open a page of the app on a study: `open_page("world_map", path, scene="...")`."""

    def open_(page: str, study: Path, /, **query: str | list[str]) -> AppTest:
        monkeypatch.setenv("LCVIZ_STUDY", str(study))
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page(f"pages/{page}.py")
        app.run()
        assert not app.exception
        return app

    return open_
