"""Rasters of one's own on the page Predict: from a folder and sent, whole, odd or hostile."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from little_disk import files_of_at_most
from page_elements import done, html, predict_button, text, told
from prediction_study import write_raster
from raster_factory import damaged_late, land, sparse, write
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT, TEST_SCENE

from lcviz.taxonomy import S2_BAND_NAMES
from lcviz.ui.predict import server_files

pytest_plugins = ("app_in_process", "live_study")
pytestmark = pytest.mark.usefixtures("closed_queue")
Open = Callable[..., AppTest]


def test_a_raster_waits_for_a_click(live_path: Path, rasters: Path, open_page: Open):
    write_raster(rasters / "mine.tif")
    app = open_page("predict", live_path, source="server", model="all")
    assert "Level-1C" in text(app) and "64 x 96 pixels" in text(app)
    assert not app.get("download_button")
    assert "never seen a real place" in told(app)
    app = done(predict_button(app).click().run())
    assert "n = 6,144 pixels with data of 6,144, 61.4 ha" in text(app)
    assert len(app.get("download_button")) == 3  # map, areas, shares: a vote has no probabilities


def test_a_full_temporary_folder_is_told_in_words(live_path, rasters, open_page):
    write_raster(rasters / "mine.tif")
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    with files_of_at_most(100):
        app = done(predict_button(app).click().run())
    assert "The maps cannot be written" in told(app) and "MB are free" in told(app)
    again = next(b for b in app.button if b.label == "Try again")
    assert "n = 6,144 pixels" in text(done(again.click().run()))


def test_names_that_the_pixels_contradict_are_asked_about(live_path, rasters, open_page):
    write(rasters / "red_first.tif", land(10)[[2, 1, 0, *range(3, 10)]], names=S2_BAND_NAMES)
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    assert "but their pixels look like B4, B3, B2, B5" in app.radio[0].label
    assert app.radio[0].options[0].startswith("As the pixels say")
    app.radio[0].set_value(",".join(S2_BAND_NAMES)).run()
    assert predict_button(app)


def test_an_uncertain_raster_waits_for_an_answer(live_path: Path, rasters: Path, open_page: Open):
    write_raster(rasters / "unsure.tif", bands=10, low=1500)
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    assert "Nothing is predicted before this is answered." in text(app)
    assert not [b for b in app.button if b.label.startswith("Predict with")]
    app.radio[0].set_value("0").run()
    app = done(predict_button(app).click().run())
    assert "n = 6,144 pixels" in text(app)


def test_without_georeference_areas_are_in_pixels(live_path: Path, rasters: Path, open_page: Open):
    write_raster(rasters / "nowhere.tif", place=False)
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    assert "no georeference" in told(app)
    app = done(predict_button(app).click().run())
    assert "areas are in pixels only" in text(app)
    assert "Hectares" not in html(app)


@pytest.mark.parametrize("name", ["../secret.tif", "/etc/hostname", "link.tif", "none.tif", "\0"])
def test_nothing_outside_the_allowed_folder_is_opened(
    live_path: Path, rasters: Path, open_page: Open, name: str
):
    secret = write_raster(rasters.parent / "secret.tif")
    (rasters / "link.tif").symlink_to(secret)
    app = open_page("predict", live_path, source="server", file=name)
    assert "The allowed folder holds no file" in told(app)
    assert str(rasters.parent) not in told(app)


def test_no_folder_is_allowed_unless_somebody_does(live_path: Path, open_page: Open):
    app = open_page("predict", live_path, source="server")
    assert "--rasters FOLDER" in told(app)


def test_an_allowed_folder_that_is_missing_is_told(live_path, open_page, monkeypatch):
    monkeypatch.setenv("LCVIZ_RASTERS", "/no/such/folder")
    assert "/no/such/folder" in told(open_page("predict", live_path, source="server"))


def test_an_upload_is_kept_used_and_removed(live_path: Path, tmp_path: Path, open_page: Open):
    content = write_raster(tmp_path / "mine.tif").read_bytes()
    app = open_page("predict", live_path, source="upload", model=EXPERIMENT)
    assert "deleted once you have left" in text(app)
    app.file_uploader[0].upload("../../mine.tif", content, "image/tiff").run()
    files = app.session_state["session-files"]
    assert files.upload.read_bytes() == content
    assert files.upload.is_relative_to(files.folder)
    app = done(predict_button(app).click().run())
    assert "n = 6,144 pixels" in text(app)
    next(b for b in app.button if b.label == "Remove").click().run()
    assert files.upload is None
    assert not list(files.folder.glob("upload-*"))


def test_a_refused_upload_is_told_what_to_bring(live_path: Path, open_page: Open):
    app = open_page("predict", live_path, source="upload")
    app.file_uploader[0].upload("photo.tif", b"\x89PNG not a TIFF", "image/tiff").run()
    assert "photo.tif is no TIFF file" in told(app) and "Bring a Sentinel-2 GeoTIFF" in told(app)


def test_hostile_files_are_refused_one_by_one_and_the_server_lives_on(
    live_path: Path, rasters: Path, open_page: Open
):
    """Each in turn in one process, then a good one, which is predicted."""
    good = write_raster(rasters / "good.tif").read_bytes()
    vrt = b'<VRTDataset rasterXSize="64" rasterYSize="64"></VRTDataset>'
    (rasters / "vrt.tif").write_bytes(vrt)
    (rasters / "cut.tif").write_bytes(good[: len(good) // 2])
    (rasters / "header.tif").write_bytes(good[:60])
    sparse(rasters / "bomb.tif", 10_000)
    sparse(rasters / "absurd.tif", 120_000, bands=1, blockxsize=4096, blockysize=4096)
    write(rasters / "picture.tif", np.full((3, 64, 64), 90), "uint8")
    write(rasters / "small.tif", np.full((13, 31, 31), 900))
    write(rasters / "nan.tif", np.full((13, 64, 64), np.nan), "float32")
    for name, said in {
        "vrt.tif": "no TIFF file",
        "cut.tif": "cut short",
        "header.tif": "damaged",
        "bomb.tif": "bytes of pixels",
        "absurd.tif": "cut it into tiles",
        "picture.tif": "8 bits hold a picture",
        "small.tif": "at least 32 x 32",
        "nan.tif": "none holds data",
    }.items():
        app = open_page("predict", live_path, source="server", file=name, model=EXPERIMENT)
        assert said in told(app), name
        assert not [b for b in app.button if b.label.startswith("Predict with")]
    app = open_page("predict", live_path, source="server", file="good.tif", model=EXPERIMENT)
    app = done(predict_button(app).click().run())
    assert "n = 6,144 pixels" in text(app)


def test_damage_that_is_met_while_predicting_is_told(
    live_path: Path, rasters: Path, open_page: Open
):
    damaged_late(rasters / "late.tif", "band")
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    app = done(predict_button(app).click().run())
    assert "damaged or cut short" in told(app)
    assert [b for b in app.button if b.label == "Try again"]


def test_two_sessions_have_two_folders(live_path: Path, open_page: Open):
    first, second = (
        done(open_page("predict", live_path, scene=TEST_SCENE)).session_state["session-files"]
        for _ in range(2)
    )
    assert first.folder != second.folder


def test_links_and_other_suffixes_are_not_listed(rasters: Path):
    inside = rasters / "a" / "b.TIF"
    inside.parent.mkdir()
    inside.touch()
    (rasters / "c.txt").touch()
    (rasters / "d.tif").symlink_to(inside)
    assert server_files.list_rasters(rasters) == ["a/b.TIF"]
