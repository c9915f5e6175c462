"""Which study opens, and how another is chosen."""

import shutil
import sys
from pathlib import Path

import pytest
from places import ROOT
from streamlit.testing.v1 import AppTest

from lcviz.ui import studies

pytest_plugins = ("app_in_process",)
APP = ROOT / "app.py"


@pytest.fixture
def folder(whole_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of studies `demo` and `other`, where the app looks for studies."""
    for name in ("demo", "other"):
        shutil.copytree(whole_study, tmp_path / "studies" / name)
    monkeypatch.setattr(studies, "STUDIES", tmp_path / "studies")
    monkeypatch.delenv("LCVIZ_STUDY", raising=False)
    monkeypatch.setattr(sys, "argv", ["app.py"])
    return tmp_path / "studies"


def run(**query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def chosen(app: AppTest) -> tuple[str, list[str], str]:
    box = app.sidebar.selectbox(key="choice-study")
    return box.value, box.options, app.session_state["study"]


def test_the_demo_opens_and_the_others_are_offered(folder):
    assert chosen(run()) == ("demo", ["demo", "other"], str(folder / "demo"))


def test_the_url_and_the_sidebar_choose_another(folder):
    app = run(study="other")
    assert app.session_state["study"] == str(folder / "other")
    app.sidebar.selectbox(key="choice-study").select("demo").run()
    assert app.session_state["study"] == str(folder / "demo")
    assert app.query_params["study"] in ("demo", ["demo"])


def test_the_study_stays_open_on_another_page(folder):
    app = run(study="other")
    app.query_params.clear()
    app.switch_page("pages/world_map.py").run()
    assert app.session_state["study"] == str(folder / "other")


def test_the_url_opens_no_path_of_the_visitors_choosing(folder, whole_study):
    app = run(study=str(whole_study))
    assert app.session_state["study"] == str(folder / "demo")
    assert len(app.toast) == 1


@pytest.mark.parametrize("way", ["argument", "environment"])
def test_a_study_elsewhere_opens_by_its_path(folder, whole_study, monkeypatch, way):
    if way == "argument":
        monkeypatch.setattr(sys, "argv", ["app.py", "--study", str(whole_study)])
    else:
        monkeypatch.setenv("LCVIZ_STUDY", str(whole_study))
    assert chosen(run()) == ("tiny", ["tiny", "demo", "other"], str(whole_study))


def test_two_studies_of_one_name_are_told_apart(folder, whole_study, tmp_path, monkeypatch):
    elsewhere = shutil.copytree(whole_study, tmp_path / "elsewhere" / "demo")
    monkeypatch.setenv("LCVIZ_STUDY", str(elsewhere))
    assert chosen(run())[1] == ["elsewhere/demo", "studies/demo", "other"]


def test_an_option_without_its_folder_is_explained(folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["app.py", "--study"])
    assert any("-- --study PATH" in error.value.replace("\\", "") for error in run().error)


def test_no_study_at_all_is_explained(folder):
    shutil.rmtree(folder)
    assert any("demo" in error.value for error in run().error)


def test_a_pick_of_another_study_forgets_the_scene(folder):
    app = run(study="other")
    app.switch_page("pages/world_map.py").run()
    app.selectbox(key="choice-scene").select("ROIs0000_winter_2").run()
    app.sidebar.selectbox(key="choice-study").select("demo").run()
    assert app.selectbox(key="choice-scene").value != "ROIs0000_winter_2"
    assert len(app.toast) == 0
