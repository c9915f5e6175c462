import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forecast_study import (
    SIMPLE,
    make_correlations,
    make_forecast_study,
    make_receipts,
)
from page_elements import done, html, text, told
from prediction_study import write_raster
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT, PATCHES, TEST_SCENE, TRAINING, make_study

from lcviz.errors import RasterError
from lcviz.forecast.adaptation import adapt_image
from lcviz.forecast.against_truth import read_against_truth, sentence
from lcviz.forecast.live import patch_image
from lcviz.study import Study
from lcviz.study.forecasts import STAGE, write_receipts
from lcviz.study.truth import COUNTS, write_truth_counts

pytest_plugins = ("app_in_process",)
pytestmark = pytest.mark.usefixtures("closed_queue")
Open = Callable[..., AppTest]
PATCH = str(PATCHES[0])
AROUND_TEST_SCENE = {"source": "box", "box": "90,20,120,45"}
"""What is not looked at before a click, so that nothing is computed."""


@pytest.fixture(scope="session")
def known_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_forecast_study(tmp_path_factory.mktemp("transfer") / "tiny").path


@pytest.fixture
def known(known_path: Path, tmp_path: Path) -> Study:
    """A study of one's own, to be damaged."""
    return Study.open(shutil.copytree(known_path, tmp_path / "tiny"))


def table(app: AppTest):
    return next(e.value for e in app.main.dataframe if "Rank" in e.value)


def test_a_patch_is_forecast_at_once_and_the_answer_comes_first(known_path: Path, open_page: Open):
    app = done(open_page("transfer", known_path, scene=TEST_SCENE, patch=PATCH))
    assert not app.main.error
    first = app.main.markdown[0].value
    best = table(app).iloc[0]
    # No labelled scenes enough to call one the best.
    assert first.startswith("#### **Cannot tell these apart: ")
    assert f"Forecast highest: {best.Model}, {best.Forecast:.1%} (" in first
    assert "The forecast is better than plain guesses" in text(app)
    ranking = table(app)
    assert set(ranking.Model) == {"Africa", "Africa, simple model"}
    assert ranking.Forecast.notna().all()
    indicators = Study.open(known_path).read_table(
        f"{STAGE}/indicators.parquet", ["experiment", "scene_id", "accuracy"], STAGE
    )
    measured = indicators[
        (indicators.experiment == EXPERIMENT) & (indicators.scene_id == TEST_SCENE)
    ].accuracy.iloc[0]
    assert ranking.Measured[ranking.Model == "Africa"].iloc[0] == pytest.approx(measured, abs=6e-4)
    assert "lies outside the model's area of applicability" in text(app)
    # Random indicators tell no good model from a bad one: no verdict, and the page says why.
    assert "how far it lies outside what the model was trained on" in text(app)
    assert "trained on landscapes" not in told(app) and not app.main.success
    assert "Area of applicability" in html(app) and "This image" in html(app)
    assert "Synthetic" in text(app)


def test_adapting_is_shown_beside_the_plain_prediction(known_path: Path, open_page: Open):
    app = done(open_page("transfer", known_path, scene=TEST_SCENE, patch=PATCH, model=EXPERIMENT))
    study = Study.open(known_path)
    found = adapt_image(study, EXPERIMENT, patch_image(study, [f"{TEST_SCENE}_p{PATCH}"]))
    assert f"**{found.changed:.1%}** of the image's pixels change class" in text(app)
    assert "Plain prediction" in html(app) and "Adapted prediction" in html(app)
    assert "Away from home, adapting helps in" in text(app)


def test_the_next_visitor_gets_the_answer_that_was_computed(
    known: Study, open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    question = {"scene": TEST_SCENE, "patch": PATCH, "model": EXPERIMENT}
    first = done(open_page("transfer", known.path, **question))

    def compute(*_: object, **__: object) -> None:
        raise RasterError("computed again")

    for name in ("forecast_image", "adapt_image"):
        monkeypatch.setattr(f"lcviz.ui.forecast.run.{name}", compute)
    second = done(open_page("transfer", known.path, **question))
    assert not second.main.error
    assert table(second).equals(table(first))
    assert text(second) == text(first)
    # What nobody has asked yet is computed.
    other = done(open_page("transfer", known.path, **question | {"patch": str(PATCHES[1])}))
    assert "computed again" in told(other)


def test_a_simple_model_can_be_chosen_and_has_nothing_to_adapt(known_path, open_page):
    app = done(open_page("transfer", known_path, scene=TEST_SCENE, patch=PATCH, model=SIMPLE))
    assert app.selectbox(key="choice-model").value == SIMPLE
    assert "nothing to adapt" in text(app)


def test_nothing_is_forecast_of_a_training_scene(known_path: Path, open_page: Open):
    app = done(open_page("transfer", known_path, scene=TRAINING, patch=PATCH, model=EXPERIMENT))
    assert "Nothing is forecast: it was trained on this scene" in told(app)
    assert "trained on it" in set(table(app).Here)


def test_where_the_rivals_are_not_beaten_there_is_a_ranking_only(known: Study, open_page: Open):
    write_receipts(known, make_receipts(beats=False), make_correlations())
    app = open_page("transfer", known.path, **AROUND_TEST_SCENE)
    assert "None of these can be trusted here" in app.main.markdown[0].value
    assert "a ranking only" in text(app)
    ranking = table(app)
    assert "Forecast" not in ranking and "80% from" not in ranking
    assert ranking.Rank.notna().any() and ranking.Measured.notna().any()
    assert "not to be relied on" in text(app) and "lcviz-forecast order" in html(app)


def test_where_only_the_order_holds_it_says_which_is_first(known: Study, open_page: Open):
    receipts = make_receipts(beats=False).assign(rho_low=0.2)
    write_receipts(known, receipts, make_correlations())
    app = open_page("transfer", known.path, **AROUND_TEST_SCENE)
    first = table(app).Model.iloc[0]
    said = app.main.markdown[0].value
    assert f"Forecast highest: {first}." in said or f"Most likely best here: {first}." in said


def test_every_model_that_is_ranked_leads_to_predict_with_it(known_path: Path, open_page: Open):
    app = done(open_page("transfer", known_path, scene=TEST_SCENE, patch=PATCH))
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    for part in (f"scene={TEST_SCENE}", f"patch={PATCH}", f"model={EXPERIMENT}"):
        assert part in links["Predict with Africa"]
    # Predict has no simple models.
    assert "Predict with Africa, simple model" not in links
    assert "model=all" in links["See where all models disagree on this image"]


def test_a_model_is_in_the_url_by_its_name(known_path: Path, open_page: Open):
    app = done(open_page("transfer", known_path, scene=TEST_SCENE, patch=PATCH))
    box = app.selectbox(key="choice-model")
    assert set(box.options) == {"Africa", "Africa, simple model"}
    done(box.select(SIMPLE).run())
    assert app.query_params["model"] in (SIMPLE, [SIMPLE])


def test_accuracy_at_home_comes_with_its_protocol(known_path: Path, open_page: Open):
    app = open_page("transfer", known_path, **AROUND_TEST_SCENE)
    assert "(the paper's protocol): that flatters it" in text(app)


def test_a_study_with_one_continent_says_what_it_cannot(known: Study, open_page: Open):
    write_receipts(
        known, make_receipts(beats=True).iloc[:0], make_correlations().assign(rho=np.nan)
    )
    app = open_page("transfer", known.path, **AROUND_TEST_SCENE)
    assert "None of these can be trusted here" in app.main.markdown[0].value
    assert "not known in this study: a ranking only" in text(app)
    assert "Forecast" not in table(app)
    assert "no labelled pair" in text(app)


def test_the_whole_scene_is_looked_at_patch_by_patch(known_path: Path, open_page: Open):
    app = done(open_page("transfer", known_path, scene=TEST_SCENE, patch="scene", window="1"))
    assert not app.main.error
    box = app.selectbox(key="choice-window")
    assert len(box.options) == len(PATCHES) and box.value == "1"
    next(b for b in app.button if b.label.startswith("Adapt the")).click().run()
    assert "change class" in text(done(app))


def test_a_box_holds_scenes_and_waits_for_a_click(known_path: Path, open_page: Open):
    app = open_page("transfer", known_path, source="box", box="90,20,120,45")
    assert "1 of 9 scenes lie in the box: Asia 1." in text(app)
    assert len(table(app)) == 2
    # Until then, what the study keeps of whole scenes.
    assert "the imagery was not looked at" in text(app)
    app.button(key="forecast").click().run()
    assert "lies outside the model's area of applicability" in text(done(app))


def test_a_box_can_be_typed_and_an_empty_one_is_told(known_path: Path, open_page: Open):
    app = open_page("transfer", known_path, source="box", box="0,-90,1,-80")
    assert "No scene lies in this box" in told(app)
    app.number_input(key="box-west").set_value(-180.0).run()
    app.number_input(key="box-east").set_value(180.0).run()
    app.number_input(key="box-north").set_value(90.0).run()
    assert "9 of 9 scenes lie in the box" in text(app)
    assert "-180.00,-90.00,180.00,90.00" in app.query_params["box"]


def test_a_raster_passes_the_guard_and_waits_for_a_click(known_path, rasters, open_page):
    write_raster(rasters / "mine.tif")
    app = open_page("transfer", known_path, source="server")
    assert "Level-1C" in text(app)
    assert "never seen a real place" in told(app)
    # The answer needs no forecast.
    assert "None of these can be trusted here" in app.main.markdown[0].value
    app.button(key="forecast").click().run()
    app = done(app)
    assert not app.main.error
    ranking = table(app)
    assert ranking.Rank.isna().all() and "Measured" not in ranking
    # A real image, models of synthetic scenes: no number, no rank, no verdict, no green tick.
    assert text(app).count("None of these can be trusted here") == 1
    assert "Forecast" not in ranking and "Like its training?" not in ranking
    assert not app.main.success and "trained on landscapes" not in told(app)


def test_an_uncertain_raster_waits_for_an_answer(known_path, rasters, open_page):
    write_raster(rasters / "unsure.tif", bands=10, low=1500)
    app = open_page("transfer", known_path, source="server")
    assert not [b for b in app.button if b.key == "forecast"]


def test_without_imagery_the_kept_forecasts_are_ranked(known: Study, open_page: Open):
    Study.create(known.path, replace(known.info, data="nowhere"))
    app = done(open_page("transfer", known.path, scene=TEST_SCENE, patch=PATCH))
    assert "imagery is not at hand" in told(app)
    ranking = table(app)
    assert ranking.Forecast.notna().all() and "Outside" not in ranking


def test_the_seasons_are_ranked_by_themselves(known_path: Path, open_page: Open):
    app = open_page("transfer", known_path, axis="season", **AROUND_TEST_SCENE)
    assert set(table(app).Model) == {"Winter"}
    assert "on a season that it never saw" in text(app)


def test_a_scene_without_labels_has_no_measured_accuracy(known_path: Path, open_page: Open):
    app = open_page("transfer", known_path, source="box", box="11,48,12,49")
    assert "1 of 9 scenes" in text(app)
    assert "Measured" not in table(app)


def test_a_study_without_the_stage_says_how_to_make_it(tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "bare")
    assert "python -m precompute transfer" in told(open_page("transfer", study.path))


def test_a_published_study_says_what_it_is(tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "published", kind="published", models=False)
    assert "only what is published" in text(open_page("transfer", study.path))


@pytest.mark.parametrize(
    "artefact",
    [
        *("receipts.parquet", "indicators.parquet", "adaptation.parquet", "indicator_rho.parquet"),
        *("forecasters.json", f"models/{EXPERIMENT}.json", f"models/{EXPERIMENT}.parquet"),
    ],
)
def test_a_damaged_file_is_named(known: Study, open_page: Open, artefact: str):
    (known.path / STAGE / artefact).write_bytes(b"no such thing")
    app = open_page("transfer", known.path, **AROUND_TEST_SCENE)
    assert Path(artefact).name in told(app)


@pytest.mark.parametrize("artefact", ["adaptation.parquet", "indicator_rho.parquet"])
def test_a_missing_file_leaves_the_rest(known: Study, open_page: Open, artefact: str):
    (known.path / STAGE / artefact).unlink()
    app = open_page("transfer", known.path, **AROUND_TEST_SCENE)
    assert "python -m precompute transfer" in told(app)
    assert table(app).Forecast.notna().any()


@pytest.mark.parametrize("name", ["axis", "kind", "box"])
def test_a_bad_value_in_the_url_falls_back(known_path: Path, open_page: Open, name: str):
    app = open_page("transfer", known_path, **(AROUND_TEST_SCENE | {name: "<b>nonsense"}))
    assert not app.main.error and "nonsense" not in told(app)
    assert name == "box" or any("There is no" in toast.value for toast in app.toast)


def test_a_model_that_is_none_falls_back(known_path: Path, open_page: Open):
    app = open_page("transfer", known_path, scene=TEST_SCENE, patch=PATCH, model="7. Asia")
    assert done(app).selectbox(key="choice-model").value == EXPERIMENT
    assert "model" not in app.query_params


@pytest.mark.parametrize("page", ["world_map", "predict"])
def test_other_pages_lead_here_with_the_same_patch(known_path: Path, open_page: Open, page: str):
    app = done(open_page(page, known_path, scene=TEST_SCENE, patch=PATCH, model=EXPERIMENT))
    links = [link for link in app.get("page_link") if "Will it work" in link.proto.label]
    for part in (f"scene={TEST_SCENE}", f"patch={PATCH}", f"model={EXPERIMENT}", "axis=continent"):
        assert part in links[-1].proto.query_string


def test_forecasts_stand_beside_the_truth_where_it_is_known(known: Study, open_page: Open) -> None:
    page = ("transfer", known.path)
    assert "Against the truth" not in text(open_page(*page, **AROUND_TEST_SCENE))
    results = known.results()
    truth = results.assign(reference="truth", accuracy=results.accuracy - 0.1)
    known.write_results(pd.concat([results, truth]))
    write_truth_counts(known, results.assign(**dict.fromkeys(COUNTS, 10)))
    app = open_page(*page, **AROUND_TEST_SCENE)
    said = sentence(read_against_truth(known), "continent")
    assert said is not None and said in text(app)
    shown = next(e.value for e in app.main.dataframe if "error_accuracy" in e.value)
    assert shown.experiment.tolist() == ["all models", EXPERIMENT]
