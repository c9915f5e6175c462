"""The page Generalisation where results are missing, partial or broken."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from generalization_pages import cell, estimates, full_results, headings
from page_elements import text, told
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT, NO_LABELS_SCENE, make_study

from lcviz.data import published
from lcviz.study import Study
from lcviz.taxonomy import CONTINENTS

pytest_plugins = ("app_in_process", "whole_results")
Open = Callable[..., AppTest]
PAGE = "generalization"


def test_missing_results_leave_the_published_tables(study: Study, open_page: Open):
    (study.path / "results.parquet").unlink()
    app = open_page(PAGE, study.path)
    assert any("python -m precompute evaluate" in info.value for info in app.info)
    assert "trained on **Australia** and tested on **Asia** (38.0%)" in text(app)
    assert app.selectbox(key="choice-measure").options == ["Overall accuracy"]
    assert app.selectbox(key="choice-table").options == [
        "Table 4 (published)",
        "An earlier run (published)",
        "The earlier run, as printed",
    ]
    home = np.diag(published.table_4().mean).mean()
    assert estimates(app)["At home"] == f"{home:.1%}"


def test_partial_experiments_are_named(study: Study, open_page: Open):
    app = open_page(PAGE, study.path)
    missing = ", ".join(group for group in CONTINENTS if group != "Africa")
    assert any(f"models trained on {missing}" in info.value for info in app.info)
    assert any("python -m precompute train" in info.value for info in app.info)
    results = study.results()
    own = cell(results, "Africa", "Africa")
    assert estimates(app)["At home"] == f"{own.accuracy.mean():.1%}"
    assert "A home cell with one scene leaves no interval" in text(app)


def test_models_without_results_are_to_be_evaluated(study: Study, open_page: Open):
    results = study.results()
    study.write_results(results[results.experiment != "season-winter"])
    for group in ("Spring", "Summer", "Fall"):  # as if they were trained
        study.model_file(f"season-{group.lower()}").parent.mkdir(parents=True)
        study.model_file(f"season-{group.lower()}").write_text("{}")
    app = open_page(PAGE, study.path, axis="season")
    assert any("python -m precompute evaluate" in info.value for info in app.info)
    assert "At home and elsewhere: Table 5 (published)" in headings(app)


@pytest.mark.parametrize("hurt", [b"not parquet", b""])
def test_broken_results_are_named(study: Study, open_page: Open, hurt: bytes):
    (study.path / "results.parquet").write_bytes(hurt)
    app = open_page(PAGE, study.path)
    assert any("results.parquet" in error.value for error in app.error)
    assert "At home and elsewhere: Table 4 (published)" in headings(app)


@pytest.mark.parametrize("measure", ["accuracy", "kappa"])
def test_confusion_matrices_that_are_none_are_named(study: Study, open_page: Open, measure: str):
    results = study.results()
    results["confusion"] = [[1, 2, 3]] * len(results)
    study.write_results(results)
    app = open_page(PAGE, study.path, measure=measure)
    assert any("results.parquet" in error.value for error in app.error)


def test_empty_results_are_told(study: Study, open_page: Open):
    study.write_results(study.results().iloc[:0])
    app = open_page(PAGE, study.path)
    assert "No scene of this study has a value" in text(app)
    assert "At home and elsewhere: Table 4 (published)" in headings(app)
    assert told(open_page(PAGE, study.path, measure="kappa"))


def test_a_scene_without_labels_is_listed_not_averaged(study: Study, open_page: Open):
    app = open_page(PAGE, study.path, train="Africa", test="Europe")
    assert app.metric[0].value == "none"
    assert "1 of 1 scenes with no labelled pixel: listed, not averaged." in text(app)
    scenes = next(t.value for t in app.dataframe if "Map" in t.value)
    assert NO_LABELS_SCENE in scenes.Map.iloc[0] and EXPERIMENT in scenes.Map.iloc[0]


def test_a_class_that_no_scene_holds_has_no_table(
    full_study: Path, tmp_path: Path, open_page: Open
):
    study = make_study(tmp_path / "snowless", models=False)
    results = full_results()
    snow = np.zeros((8, 8), dtype=bool)
    snow[5], snow[:, 5] = True, True
    results["confusion"] = [np.where(snow.ravel(), 0, c) for c in results.confusion]
    study.write_results(results)
    app = open_page(PAGE, study.path, measure="f1-permanent-snow-and-ice")
    assert "No scene of this study has a value of F1 of Permanent Snow and Ice." in told(app)


def test_a_study_that_does_not_exist(tmp_path: Path, open_page: Open):
    app = open_page(PAGE, tmp_path / "nowhere")
    assert any("nowhere" in error.value for error in app.error)


def test_missing_scenes_do_not_stop_the_table(study: Study, open_page: Open):
    (study.path / "scenes.parquet").unlink()
    app = open_page(PAGE, study.path, train="Africa", test="Asia")
    assert any("python -m precompute index" in info.value for info in app.info)
    assert app.metric
