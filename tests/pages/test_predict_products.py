"""Products, zips, bands and areas on the page Predict."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from page_elements import done, told
from page_elements import text as escaped
from product_factory import L1C, L2A, loose, safe, scene, zipped
from raster_factory import PLACE
from rasterio.warp import transform_bounds
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT

pytest_plugins = ("app_in_process", "live_study")
pytestmark = pytest.mark.usefixtures("closed_queue")
Open = Callable[..., AppTest]


def text(app: AppTest) -> str:
    return escaped(app).replace("\\", "")


def predicted(app: AppTest) -> AppTest:
    return done(next(b for b in app.button if b.label.startswith("Predict with")).click().run())


def test_a_zip_that_was_uploaded_is_predicted(live_path: Path, tmp_path: Path, open_page: Open):
    content = zipped(safe(tmp_path), tmp_path / "mine.zip").read_bytes()
    app = open_page("predict", live_path, source="upload", model=EXPERIMENT)
    app.file_uploader[0].upload("mine.zip", content, "application/zip").run()
    assert "mine.zip" in text(app)
    assert L1C in text(app) and "Level-1C" in text(app) and "03.01" in text(app)
    assert "n = 9,216 pixels" in text(predicted(app))
    files = app.session_state["session-files"]
    assert [path.name for path in files.folder.glob("made-*/*")] == [f"{L1C}.tif"]
    next(b for b in app.button if b.label == "Remove").click().run()
    assert not list(files.folder.glob("made-*")) + list(files.folder.glob("upload-*"))


def test_all_bands_may_be_uploaded_at_once(live_path: Path, tmp_path: Path, open_page: Open):
    sent = [
        (path.name, path.read_bytes(), "image/jp2")
        for path in sorted(loose(tmp_path, "T33TVJ_20210908T042701_{code}.jp2").iterdir())
    ]
    app = open_page("predict", live_path, source="upload", model=EXPERIMENT)
    app.file_uploader[0].set_value(sent[:9]).run()
    assert "There is no B8A" in told(app)
    next(b for b in app.button if b.label == "Remove").click().run()
    app.file_uploader[0].set_value(sent).run()
    assert "T33TVJ_20210908T042701_B02.jp2 and 9 more" in text(app)
    assert "n = 9,216 pixels" in text(predicted(app))


def test_a_product_on_the_server_is_listed_and_read_in_an_area(
    live_path: Path, rasters: Path, open_page: Open
):
    safe(rasters, L2A, folder="my product é", classes=np.full((96, 96), 4))
    left, top = PLACE.c + 200, PLACE.f - 200
    box = transform_bounds("EPSG:32633", "EPSG:4326", left, top - 400, left + 400, top)
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    assert app.selectbox(key="choice-file").options == ["my product é"]
    assert "96 x 96 pixels" in text(app) and "Level-2A" in text(app)
    app.text_area(key="choice-area").set_value(" ".join(f"{side:.6f}" for side in box)).run()
    assert "96 x 96 pixels" not in text(app)
    assert "area" in app.query_params
    told_sizes = re.findall(r"(\d+) x (\d+) pixels", text(app))
    assert any([*map(int, size)] == pytest.approx([40, 40], abs=2) for size in told_sizes)
    app.text_area(key="choice-area").set_value("somewhere").run()
    assert "is no area" in told(app)
    app.text_area(key="choice-area").set_value("").run()
    app.toggle(key="choice-clouds").set_value(True).run()
    assert "0%, left out" in text(app)
    assert "n = 9,216 pixels" in text(predicted(app))


def test_one_of_several_scenes_is_chosen(live_path: Path, rasters: Path, open_page: Open):
    for day in ("20210908", "20211008"):
        loose(rasters / "two", f"T33TVJ_{day}T042701_{{code}}.tif", scene())
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    app.selectbox(key="choice-scene-of").select("T33TVJ_20211008T042701").run()
    assert "Read from the bands T33TVJ_20211008T042701" in text(app)


@pytest.mark.parametrize("area", [True, False])
def test_a_large_product_is_read_once_it_is_known_which_part_is_wanted(
    live_path: Path, rasters: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch, area: bool
):
    monkeypatch.setattr("lcviz.ui.predict.area._LARGE", 9_000)
    safe(rasters)
    app = open_page("predict", live_path, source="server", model=EXPERIMENT)
    assert "Draw the area that you want" in text(app) and "Taken for" not in text(app)
    assert not [b for b in app.button if b.label.startswith("Predict with")]
    left, top = PLACE.c + 200, PLACE.f - 200
    box = transform_bounds("EPSG:32633", "EPSG:4326", left, top - 400, left + 400, top)
    if area:
        app.text_area(key="choice-area").set_value(",".join(f"{side:.6f}" for side in box)).run()
    else:
        next(b for b in app.button if b.label == "All of it").click().run()
        assert app.text_area(key="choice-area").value == ""
    assert "Taken for" in text(app) and ("96 x 96 pixels" in text(app)) is not area
    assert ("n = 9,216 pixels" in text(predicted(app))) is not area
