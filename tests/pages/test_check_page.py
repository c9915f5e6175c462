"""The page Check it here, from a map to what it is worth."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from checking import check_of, drawn, label_all, plan, small_check
from page_elements import done, html, text, told
from prediction_study import make_prediction_study, write_raster
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT

from lcviz.assessment.journal import Entry
from lcviz.assessment.seen_maps import maps_of_raster
from lcviz.network.loading import load_model
from lcviz.rasters.guard import inspect
from lcviz.rasters.reading import open_raster
from lcviz.study import Study
from lcviz.study.check_records import read_checks
from lcviz.taxonomy import CLASSES
from lcviz.ui.check import label

pytest_plugins = ("app_in_process", "live_study", "map_to_check")
pytestmark = pytest.mark.usefixtures("closed_queue", "home")
Open = Callable[..., AppTest]


def test_without_a_map_it_says_how_to_get_one(live_path: Path, open_page: Open):
    app = open_page("check", live_path)
    assert "You have not predicted a map yet" in told(app)
    app = open_page("check", live_path, **{"map-of": "server"})
    assert "--rasters FOLDER" in told(app)


def test_the_plan_says_how_many_points_are_needed(
    class_map: np.ndarray, live_path: Path, open_page: Open
):
    app = plan(open_page, live_path)
    # Cochran: 0.21 / (0.05 / 1.96)^2 = 322.7, of 4,775 pixels 302.2.
    assert "**303 points** tell the overall accuracy to within ±5.0 points" in text(app)
    app.number_input(key="check-expected").set_value(90).run()
    assert "**135 points**" in text(app)
    app = plan(open_page, live_path, design="classes")
    app.toggle(key="check-by-number").set_value(True).run()
    app.number_input(key="check-points").set_value(60).run()
    table = app.dataframe[0].value.set_index("Stratum")
    # Ten each first; of the other 30, shares of 1,775, 2,400 and 600 pixels: 11.2, 15.1, 3.8.
    assert table.Points.to_dict() == {"Dense Forests": 21, "Herbaceous": 25, "Water Bodies": 14}


def test_a_map_is_drawn_labelled_by_keys_and_known(
    class_map: np.ndarray, live_path: Path, rasters: Path, open_page: Open
):
    write_raster(rasters / "image.tif")
    app = plan(open_page, live_path, design="classes")
    app.toggle(key="check-by-number").set_value(True).run()
    app.number_input(key="check-points").set_value(30).run()
    app.segmented_control(key="check-image").set_value("server").run()
    app.selectbox(key="choice-file").select("image.tif").run()
    app = drawn(app)
    check = check_of(app)
    sample = check.sample().table
    assert len(sample) == 30 and check.surroundings.is_file()
    assert "Each label is kept with the name" in text(app)
    app.text_input(key="check-who").set_value("ann").run()
    assert "0 of 30 points labelled by ann" in html(app)
    assert "Colour infrared, near" in html(app)
    assert sample.map_class.iloc[0] not in text(app), "the map's own class is not to lead"
    app.button(key="check-class-4").click().run()
    assert "1 of 30" in html(app)
    app.button(key="check-undo").click().run()
    assert "0 of 30" in html(app)
    app.button(key="check-skip").click().run()
    assert f"Point {sample.sample_id.iloc[1]}," in text(app)
    app.button(key="check-unsure-button").click().run()
    app.button(key="check-class-0").click().run()
    (entry,) = check.journal.entries()
    assert (entry.sample_id, entry.label, entry.sure) == (
        int(sample.sample_id.iloc[1]),
        "Dense Forests",
        False,
    )
    # A closed browser: another session with the same address goes on where this one stopped.
    again = open_page("check", live_path, check=check.name, step="label")
    again.text_input(key="check-who").set_value("ann").run()
    assert "1 of 30" in html(again)
    label_all(check, class_map, but=3)
    again.run()
    assert "All 30 points are labelled" in told(again)
    again.button(key="check-to-know").click().run()
    assert "Map and labels agree at 27 of 30 points: of the whole map" in text(again)
    assert "User&#x27;s accuracy by class" in html(again) and "Interim" not in told(again)
    table = again.dataframe[0].value.set_index("class")
    assert "ha" not in table.columns and "hectares" in table.columns
    assert not again.exception


def test_a_key_that_was_meant_for_the_point_before_labels_nothing(
    class_map: np.ndarray, live_path: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    _, check = small_check(open_page, live_path)
    app = open_page("check", live_path, check=check.name, step="label")
    app.text_input(key="check-who").set_value("ann").run()
    monkeypatch.setattr(label, "AT_FIRST_S", 60)
    app.button(key="check-class-0").click().run()
    assert check.journal.entries() == ()


def test_half_a_sample_is_interim(class_map: np.ndarray, live_path: Path, open_page: Open):
    _, check = small_check(open_page, live_path)
    table = check.sample().table
    check.journal.write(*(Entry(int(i), "ann", "Herbaceous") for i in table.sample_id[:25]))
    app = open_page("check", live_path, check=check.name, step="know")
    assert "15 points have no label yet" in told(app)
    assert "So far, map and labels agree at" in text(app)


def test_a_prediction_is_checked_with_all_its_models(
    live_path: Path, rasters: Path, open_page: Open, tmp_path: Path
):
    write_raster(rasters / "mine.tif")
    app = open_page("predict", live_path, source="server", model="all")
    app = done(next(b for b in app.button if b.label.startswith("Predict with")).click().run())
    app.switch_page("pages/check.py")
    app.run()
    assert app.selectbox(key="check-prediction").value
    app.selectbox(key="check-map").select(EXPERIMENT).run()
    app.segmented_control(key="choice-design").set_value("confidence").run()
    strata = app.dataframe[0].value.Stratum
    assert strata.str.endswith("sure").all() and len(strata) > 1
    app.segmented_control(key="choice-design").set_value("simple").run()
    app.toggle(key="check-by-number").set_value(True).run()
    app.number_input(key="check-points").set_value(220).run()
    app = drawn(app)
    check = check_of(app)
    assert next(iter(check.record.maps)) == EXPERIMENT and len(check.record.maps) > 2
    assert check.record.maps[EXPERIMENT].confidence and check.surroundings.is_file()
    with rasterio.open(check.map_file(EXPERIMENT)) as file:
        label_all(check, file.read(1), but=60)
    know = open_page("check", live_path, check=check.name, step="know")
    assert not know.exception and "agree at" in text(know)
    assert "right more often than" in text(know)
    assert "network's own confidence" in text(know)
    # Kept with the study only with consent.
    assert know.button(key="check-keep").disabled
    know.checkbox(key="check-consent").set_value(True).run()
    know.button(key="check-keep").click().run()
    (kept,) = read_checks(Study.open(live_path))
    assert kept["maps"][EXPERIMENT]["n"] == 220
    assert check.name not in json.dumps(kept), "the address would open it to everybody"


def test_labels_improve_the_model_that_made_the_map(rasters: Path, open_page: Open, tmp_path: Path):
    study = make_prediction_study(tmp_path / "own")
    write_raster(rasters / "mine.tif")
    app = open_page("predict", study.path, source="server", model=EXPERIMENT)
    app = done(next(b for b in app.button if b.label.startswith("Predict with")).click().run())
    app.switch_page("pages/check.py")
    app.run()
    app.toggle(key="check-by-number").set_value(True).run()
    app.number_input(key="check-points").set_value(120).run()
    app = drawn(app)
    check = check_of(app)
    table = check.sample().table
    check.journal.write(*(Entry(int(i), "ann", CLASSES[0]) for i in table.sample_id[:20]))
    page = open_page("check", study.path, check=check.name, step="improve")
    assert "20 labelled points are too few" in told(page)
    # What another last layer would say is there.
    model = load_model(study, EXPERIMENT)
    with open_raster(rasters / "mine.tif") as raster:
        reader = raster.reading(inspect(raster).units)
        rows, columns = (table[name].to_numpy(np.int64) for name in ("row", "column"))
        maps = maps_of_raster(model, reader, rows, columns)
    head = model.network.head.weight.detach().numpy()[:, :, 0, 0]
    said = (maps @ head[np.roll(np.arange(8), 3)].T).argmax(axis=1)
    check.journal.write(
        *(Entry(int(i), "ann", CLASSES[k]) for i, k in zip(table.sample_id, said, strict=True))
    )
    # Another session brings the image again; another image is refused.
    with rasterio.open(rasters / "mine.tif") as file:
        values, profile = file.read(), file.profile
    with rasterio.open(rasters / "other.tif", "w", **profile) as file:
        file.write(values[:, ::-1])
    page = open_page("check", study.path, check=check.name, step="improve")
    assert "Bring the image again that was predicted: mine.tif" in text(page).replace("\\", "")
    page.segmented_control(key="improve-image").set_value("server").run()
    page.selectbox(key="choice-file").select("other.tif").run()
    assert "other.tif is not the image that was predicted" in told(page)
    page.selectbox(key="choice-file").select("mine.tif").run()
    page = done(page.button(key="improve-start").click().run())
    assert not page.exception and "Refitting helps here" in text(page), told(page)
    assert "Cross-validated in 10 parts" in text(page)
    assert page.button(key="improve-keep").disabled
    page.checkbox(key="improve-consent").set_value(True).run()
    page.text_input(key="improve-place").set_value("Lake / North").run()
    page.button(key="improve-keep").click().run()
    assert "Africa model, adapted to lake-north: kept" in told(page)
    name = f"adapted-{EXPERIMENT}-lake-north"
    assert study.adapted_models() == (name,)
    predict = open_page("predict", study.path, source="server", model=name, file="mine.tif")
    assert "its last layer refitted" in text(predict)
    predict = done(
        next(b for b in predict.button if b.label.startswith("Predict with")).click().run()
    )
    assert not predict.exception and "tags that say which model" in text(predict)


def test_a_raster_labels_the_points_or_is_compared_whole(
    class_map: np.ndarray, live_path: Path, rasters: Path, open_page: Open
):
    _, check = small_check(open_page, live_path)
    with rasterio.open(rasters / "classes.tif") as file:
        profile = file.profile
    truth = class_map.copy()
    truth[:30] = 6
    with rasterio.open(rasters / "register.tif", "w", **profile) as file:
        file.write(truth, 1)
    page = open_page("check", live_path, check=check.name, step="label")
    page.segmented_control(key="check-reference-from").set_value("server").run()
    page.selectbox(key="check-reference-file").select("register.tif").run()
    assert "A pixel of the map is 10 m wide, a label 10 m" in text(page)
    page.button(key="check-reference-all").click().run()
    there = class_map != 255
    agree = (truth == class_map) & there
    assert f"agree at {agree.sum():,} of {there.sum():,} points" in text(page)
    page.button(key="check-reference-take").click().run()
    assert "40 labels are kept, as given by register" in told(page)
    table = check.labelled().table
    assert [CLASSES[k] for k in truth[table["row"], table["column"]]] == table.label.tolist()
    page.selectbox(key="check-reference-scheme").select("worldcover").run()
    assert page.button(key="check-reference-take").disabled
    assert "no label at any point" in told(page)


def test_a_damaged_check_says_so(class_map: np.ndarray, live_path: Path, open_page: Open):
    _, check = small_check(open_page, live_path)
    (check.folder / "sample.gpkg").write_bytes(b"nothing")
    app = open_page("check", live_path, check=check.name, step="label")
    assert "cannot be read" in told(app)
    (check.folder / "check.json").write_text("{")
    app = open_page("check", live_path, check=check.name)
    assert "cannot be read" in told(app)
