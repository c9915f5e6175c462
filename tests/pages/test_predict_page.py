"""The page Predict: patches of the study, modes, areas, and what is hurt."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from page_elements import done, html, predict_button, text, told
from prediction_study import write_raster
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT, MODELS, PATCHES, TEST_SCENE, TRAINING, make_study

from lcviz.errors import RasterError
from lcviz.metrics import accuracy, confusion_matrix
from lcviz.network.loading import load_model
from lcviz.rasters.reading import open_raster
from lcviz.study import Study
from lcviz.study.pixels import patch_pixels
from lcviz.study.typical import typical_scene
from lcviz.ui.jobs.session_files import server_folder
from lcviz.ui.predict import source
from lcviz.ui.predict.mode import in_words, measured

pytest_plugins = ("app_in_process", "live_study")
pytestmark = pytest.mark.usefixtures("closed_queue")
Open = Callable[..., AppTest]
PATCH = f"{TEST_SCENE}_p{PATCHES[0]}"


@pytest.fixture
def live(live_path: Path, tmp_path: Path) -> Study:
    """A study of one's own, to be damaged."""
    return Study.open(shutil.copytree(live_path, tmp_path / "tiny"))


def test_a_patch_is_predicted_at_once_and_scored(live_path: Path, open_page: Open):
    app = done(open_page("predict", live_path, scene=TEST_SCENE, model=EXPERIMENT))
    assert told(app) == ""
    study = Study.open(live_path)
    pixels = patch_pixels(study, PATCH)
    predictor = load_model(study, EXPERIMENT).predictor(mode="fast")
    classes = predictor.classes(pixels.values[None], pixels.valid[None])[0]
    score = accuracy(confusion_matrix(study.labels(PATCH), classes))
    assert f"**{score:.1%}**" in text(app)
    assert "never saw this scene" in text(app)
    assert "n = 62,976 pixels with data of 65,536, 629.8 ha" in text(app)
    assert "Synthetic" in text(app)
    for index in np.unique(classes[classes != 255]):
        assert f"<td class='n'>{(classes == index).sum():,}</td>" in html(app)


def test_a_training_scene_is_called_one(live_path: Path, open_page: Open):
    app = done(open_page("predict", live_path, scene=TRAINING, model=EXPERIMENT))
    assert "was trained on this scene too" in text(app)


def test_all_models_vote(live_path: Path, open_page: Open):
    app = done(open_page("predict", live_path, scene=TEST_SCENE, model="all"))
    assert told(app) == ""
    assert f"The class that most of {len(MODELS)} models say" in text(app)
    assert f"All {len(MODELS)} models agree on **" in text(app)
    assert "Disagreement" in html(app) and "Model by model" in [s.value for s in app.subheader]
    app.selectbox(key="choice-map").select(EXPERIMENT).run()
    assert "The Africa model was trained on" in text(app)
    assert "Confidence" in html(app)


def test_all_models_are_asked_and_of_a_scene_that_flatters_none(live_path: Path, open_page: Open):
    app = done(open_page("predict", live_path))
    assert app.selectbox(key="choice-model").value == "all"
    study = Study.open(live_path)
    usable = {TEST_SCENE, TRAINING}
    cards = [study.model(name) for name in study.experiments()]
    expected = typical_scene(study.results(), cards, usable)
    assert app.selectbox(key="choice-scene").value == expected


def test_the_next_visitor_gets_the_map_that_was_made(
    live: Study, open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    query = {"scene": TEST_SCENE, "model": EXPERIMENT}
    first = done(open_page("predict", live.path, **query))
    folder = server_folder()
    assert len(list(folder.glob("shared-*"))) >= 1

    def compute(*_: object, **__: object) -> None:
        raise RasterError("computed again")

    monkeypatch.setattr("lcviz.ui.predict.run.predict_maps", compute)
    second = done(open_page("predict", live.path, **query))
    assert text(second) == text(first) and not second.main.error
    # What nobody has asked yet is computed.
    assert "computed again" in told(done(open_page("predict", live.path, **query, mode="exact")))


def test_the_mode_says_what_it_costs(live_path: Path, open_page: Open):
    app = done(open_page("predict", live_path, scene=TEST_SCENE, model=EXPERIMENT, mode="exact"))
    assert "Computed in float32: as exact as the network is." in text(app)
    assert in_words(measured()[0]) in text(app)


def test_a_map_is_shown_on_the_world_map_at_its_place(live_path, rasters, open_page):
    write_raster(rasters / "mine.tif")
    app = open_page("predict", live_path, source="server", model=EXPERIMENT, view="place")
    app = done(predict_button(app).click().run())
    assert not app.exception and not app.main.error
    assert "On the map" in app.button_group(key="choice-view").options
    assert "pixels with data" in text(app)


def test_a_raster_that_lies_nowhere_has_no_map_to_be_on(live_path, rasters, open_page):
    write_raster(rasters / "nowhere.tif", place=False)
    app = open_page("predict", live_path, source="server", model=EXPERIMENT, view="place")
    assert not [t for t in app.toggle if t.label == "Draw an area"]
    app = done(predict_button(app).click().run())
    assert not app.exception and "pixels with data" in text(app)


def test_only_the_area_is_predicted_and_can_be_forgotten(live_path, rasters, open_page):
    write_raster(rasters / "mine.tif")
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    assert "64 x 96 pixels" in text(app)
    with open_raster(rasters / "mine.tif") as raster:
        longitude, latitude = raster.geobox.centre
    area = f"{longitude:.5f},{latitude - 1:.5f},{longitude + 1:.5f},{latitude + 1:.5f}"
    app.query_params["area"] = area
    app.run()
    assert "64 x 48 pixels" in text(app) or "64 x 49 pixels" in text(app)
    app.toggle(key="draw-area").set_value(True).run()
    assert "Draw a box or a polygon" in text(app) and not app.exception
    next(b for b in app.button if b.label == "Forget the area").click().run()
    assert "64 x 96 pixels" in text(app) and "area" not in app.query_params


def test_an_area_elsewhere_is_told_and_another_can_be_drawn(live_path, rasters, open_page):
    write_raster(rasters / "mine.tif")
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    app.query_params["area"] = "0,0,1,1"
    app.run()
    assert "The area does not touch the raster" in told(app)
    assert app.toggle(key="draw-area")


def test_the_way_to_the_forecast_keeps_image_and_area(live_path, rasters, open_page):
    write_raster(rasters / "mine.tif")
    query = {"source": "server", "area": "8,44,10,46", "file": "mine.tif"}
    app = open_page("predict", live_path, **query, model=EXPERIMENT)
    app = done(predict_button(app).click().run())
    link = next(x for x in app.get("page_link") if "Will it work" in x.proto.label)
    asked = parse_qs(link.proto.query_string)
    assert {name: asked[name] for name in query} == {n: [value] for n, value in query.items()}


def test_the_pixel_of_the_url_is_shown_and_can_be_typed(live_path: Path, open_page: Open):
    query = {"scene": TEST_SCENE, "model": EXPERIMENT}
    app = done(open_page("predict", live_path, **query, pixel="40,70"))
    assert app.number_input(key="pixel-Row").value == 40
    app.number_input(key="pixel-Column").set_value(71).run()
    assert app.query_params["pixel"] in ("40,71", ["40,71"])
    assert f"{load_model(Study.open(live_path), EXPERIMENT).card.train_group}" in text(app)
    for nonsense in ("", "9999,1", "-1,4", "a,b", "<b>"):
        app = done(open_page("predict", live_path, **query, pixel=nonsense))
        assert app.number_input(key="pixel-Row").value == 128
    app = done(open_page("predict", live_path, **query, pixel="3,3"))
    assert "No data here." in text(app)


@pytest.mark.parametrize("page", ["predict", "transfer"])
def test_a_broken_proj_is_one_line(live_path, open_page, monkeypatch, page):
    fault = "PROJ, which knows coordinate systems, does not work here"
    assert fault not in told(open_page(page, live_path))
    monkeypatch.setattr(source, "proj_fault", lambda: fault)
    assert told(open_page(page, live_path)).count(fault) == 1


def test_a_study_without_models_says_how_to_train(tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "bare", models=False)
    assert "python -m precompute train" in told(open_page("predict", study.path))


def test_a_published_study_says_what_it_is(tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "published", kind="published", models=False)
    app = open_page("predict", study.path)
    assert "only what is published" in text(app)
    assert not told(app)  # Nothing is wrong.


def test_missing_pixels_are_told(live: Study, open_page: Open):
    Study.create(live.path, replace(live.info, data="nowhere"))
    app = open_page("predict", live.path, scene=TEST_SCENE)
    assert "precompute index" in told(app)


def test_broken_weights_are_named_and_the_other_models_go_on(live: Study, open_page: Open):
    live.weights_file(EXPERIMENT).write_bytes(b"no weights")
    app = done(open_page("predict", live.path, scene=TEST_SCENE, model=EXPERIMENT))
    assert "weights.safetensors" in told(app)
    app = done(open_page("predict", live.path, scene=TEST_SCENE, model="all"))
    assert "weights.safetensors" in told(app)
    assert "The Winter model was trained on" in text(app)


@pytest.mark.parametrize("artefact", ["scenes.parquet", "patches.parquet"])
def test_a_damaged_table_is_named(live: Study, open_page: Open, artefact: str):
    (live.path / artefact).write_bytes(b"no table")
    assert artefact in told(open_page("predict", live.path))


def test_damaged_labels_leave_the_prediction(live: Study, open_page: Open):
    (live.path / "quicklooks" / f"{PATCH}.lc.png").write_bytes(b"no picture")
    app = done(open_page("predict", live.path, scene=TEST_SCENE, model=EXPERIMENT))
    assert "lc.png" in told(app)
    assert "pixels with data" in text(app)


@pytest.mark.parametrize("name", ["source", "model", "scene", "patch", "map"])
def test_a_bad_value_in_the_url_falls_back(live_path: Path, open_page: Open, name: str):
    query = {"scene": TEST_SCENE, "model": "all"} | {name: "<b>nonsense"}
    app = open_page("predict", live_path, **query)
    # Before the page looks again for its prediction: a toast is said once.
    assert any("There is no" in toast.value for toast in app.toast) or name == "map"
    assert "nonsense" not in told(done(app))


def test_the_world_map_leads_here(live_path: Path, open_page: Open):
    app = open_page("world_map", live_path, scene=TEST_SCENE, patch=str(PATCHES[1]))
    links = [link for link in app.get("page_link") if "Predict" in link.proto.label]
    assert f"patch={PATCHES[1]}" in links[0].proto.query_string
