"""A check that several people share, and one that nobody else may see."""

import os
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from checking import drawn, label_all, plan, small_check
from page_elements import html, text, told
from streamlit.testing.v1 import AppTest

from lcviz.assessment.folder import Check
from lcviz.assessment.journal import Entry
from lcviz.ui.check import checks, outside

pytest_plugins = ("app_in_process", "live_study", "map_to_check")
pytestmark = pytest.mark.usefixtures("closed_queue", "home")
Open = Callable[..., AppTest]


def test_points_go_out_and_come_back(
    class_map: np.ndarray, live_path: Path, open_page: Open, tmp_path: Path
):
    import pandas as pd  # noqa: PLC0415

    from lcviz.assessment.points import read_points  # noqa: PLC0415
    from lcviz.assessment.returned import labels_of, look_at  # noqa: PLC0415
    from lcviz.errors import PointsError  # noqa: PLC0415
    from lcviz.legends import EIGHT, SCHEMES  # noqa: PLC0415

    _, check = small_check(open_page, live_path)
    assert zipfile.ZipFile(BytesIO(outside._file(check, ".shp")())).namelist()
    for suffix in (".gpkg", ".geojson", ".csv", ".zip"):
        file = tmp_path / f"points{suffix}"
        file.write_bytes(outside._file(check, ".shp" if suffix == ".zip" else suffix)())
        points = read_points(file)
        assert len(points.table) == 40
        points.table["mine"] = ["Herbaceous"] * 38 + ["Corn", None]
        entries, remarks = labels_of(check, points, "mine", EIGHT, "qgis")
        assert len(entries) == 38
        assert "'Corn' (1)" in remarks[0] and "2 points of the sample have no label" in remarks[1]
    # Without the numbers, points are known by where they lie; foreign ones are told.
    bare = points.table[["longitude", "latitude", "mine"]]
    moved = pd.concat([bare, bare.head(2).assign(latitude=10.0), bare.head(1)])
    moved.to_csv(tmp_path / "bare.csv", index=False)
    entries, remarks = labels_of(check, read_points(tmp_path / "bare.csv"), "mine", EIGHT, "q")
    assert len(entries) == 38
    assert any("2 points are not of this sample" in r for r in remarks)
    assert any("1 points stand twice" in r for r in remarks)
    far = bare.assign(latitude=10.0)
    far.to_csv(tmp_path / "far.csv", index=False)
    with pytest.raises(PointsError, match="No point of this file"):
        labels_of(check, read_points(tmp_path / "far.csv"), "mine", EIGHT, "q")
    near = bare.assign(longitude=bare.longitude + 20 / 78_000, mine="Barren")
    near.to_csv(tmp_path / "near.csv", index=False)
    said = look_at(check, read_points(tmp_path / "near.csv"), "mine", EIGHT)
    assert "agree at 0 of" in said and "no estimate" in said
    codes = bare.assign(mine=40)
    codes.to_csv(tmp_path / "codes.csv", index=False)
    read = read_points(tmp_path / "codes.csv")
    entries, _ = labels_of(check, read, "mine", SCHEMES["worldcover"], "q")
    assert {e.label for e in entries} == {"Cropland"}
    check.journal.write(Entry(1, "ann", "Barren"))
    with pytest.raises(PointsError, match="already"):
        labels_of(check, read, "mine", SCHEMES["worldcover"], "q")


def test_a_team_works_on_one_sample_and_settles_its_disagreements(
    class_map: np.ndarray,
    live_path: Path,
    open_page: Open,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    team = tmp_path / "team"
    team.mkdir()
    monkeypatch.setenv("LCVIZ_ASSESSMENTS", str(team))
    app = plan(open_page, live_path)
    app.toggle(key="check-by-number").set_value(True).run()
    app.number_input(key="check-points").set_value(20).run()
    app.text_input(key="check-title").set_value("North/../Wälder").run()
    app.toggle(key="check-shared").set_value(True).run()
    app = drawn(app)
    (folder,) = [f for f in team.iterdir() if not f.name.startswith(".")]
    assert folder.name.startswith("north-w-lder-")
    check = Check.open(team, folder.name)
    other = open_page("check", live_path)
    box = next(b for b in other.selectbox if "team" in b.label)
    assert box.options == [folder.name]
    label_all(check, class_map, labeller="ann")
    label_all(check, class_map, but=2, labeller="bo")
    page = open_page("check", live_path, check=folder.name, step="label")
    page.text_input(key="check-who").set_value("cy").run()
    page.segmented_control(key="check-mode").set_value("settle").run()
    assert "2 points to settle" in html(page)
    said = text(page).replace("\\", "")
    assert "ann: " in said and "bo: Barren" in said
    page.button(key="check-class-2").click().run()
    assert "1 points to settle" in html(page)
    know = open_page("check", live_path, check=folder.name, step="know")
    assert "ann and bo agree on 18 of 20 points" in text(know)


def test_nobody_opens_what_is_not_theirs(
    class_map: np.ndarray, live_path: Path, open_page: Open, tmp_path: Path
):
    for name in ("../team", "mine-guess", "..", "a/b", "x" * 300, "mine-"):
        app = open_page("check", live_path, check=name)
        assert "This check is not here" in told(app)
    _, check = small_check(open_page, live_path)
    fresh = open_page("check", live_path)
    assert check.name not in text(fresh)
    assert (checks._private_folder().stat().st_mode & 0o077) == 0


def test_private_checks_go_when_they_were_left_for_long(
    class_map: np.ndarray, live_path: Path, open_page: Open
):
    _, old = small_check(open_page, live_path)
    _, used = small_check(open_page, live_path)
    long_ago = time.time() - (checks.DAYS + 1) * 86_400
    for check in (old, used):
        os.utime(check.folder, (long_ago, long_ago))
    used.journal.write(Entry(1, "ann", "Barren"))
    os.utime(used.folder, (long_ago, long_ago))
    _, new = small_check(open_page, live_path)
    assert [c.folder.exists() for c in (old, used, new)] == [False, True, True]
