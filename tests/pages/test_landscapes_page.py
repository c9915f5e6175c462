"""The landscapes page in each of its states."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lcviz.study import Study
from lcviz.study_landscapes import read_clusters

pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]
STUDIES = Path(__file__).parents[2] / "studies"
VIEWS = ["gallery", "histograms", "components", "probability", "transfer"]


def told(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.info, *app.error))


@pytest.fixture
def demo(tmp_path: Path) -> Study:
    """The tables of the demo study, to be damaged."""
    path = tmp_path / "demo"
    path.mkdir()
    for name in ("study.json", "scenes.parquet", "patches.parquet", "results.parquet"):
        shutil.copy(STUDIES / "demo" / name, path)
    shutil.copytree(STUDIES / "demo" / "landscapes", path / "landscapes")
    return Study.open(path)


@pytest.mark.parametrize("axis", ["continent", "season"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(open_page: Open, view: str, axis: str) -> None:
    app = open_page("landscapes", STUDIES / "demo", view=view, axis=axis, cluster="3")
    assert not app.error
    assert any("Synthetic" in caption.value for caption in app.main.caption)


def test_the_chosen_cluster_is_the_urls(open_page: Open) -> None:
    clusters = read_clusters(Study.open(STUDIES / "demo"), 12)
    app = open_page("landscapes", STUDIES / "demo", k="12", cluster="5")
    said = " ".join(element.value for element in (*app.main.markdown, *app.main.caption))
    patches = int(clusters.patches[5])
    assert f"{patches} of {clusters.patches.sum()} patches" in said


@pytest.mark.parametrize("view", VIEWS)
def test_without_landscapes_the_page_says_how_they_are_made(
    open_page: Open, demo: Study, view: str
) -> None:
    shutil.rmtree(demo.path / "landscapes")
    app = open_page("landscapes", demo.path, view=view)
    assert "python -m precompute landscapes" in told(app)


@pytest.mark.parametrize("view", VIEWS)
def test_a_broken_file_is_named(open_page: Open, demo: Study, view: str) -> None:
    (demo.path / "landscapes" / "k16" / "clusters.parquet").write_bytes(b"no such thing")
    (demo.path / "landscapes" / "k16" / "membership.parquet").write_bytes(b"no such thing")
    app = open_page("landscapes", demo.path, view=view)
    assert ".parquet" in told(app)


def test_the_published_study_says_what_it_lacks(open_page: Open) -> None:
    assert "only what is published" in told(open_page("landscapes", STUDIES / "published"))
