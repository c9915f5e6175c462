"""A check in its folder, what is found of it, and its report."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

from lcviz.assessment.class_map import open_class_map
from lcviz.assessment.confidence import confidence_at, confidence_by_stratum, write_confidence
from lcviz.assessment.findings import find
from lcviz.assessment.folder import Check, CheckedMap, CheckRecord, Promise, list_checks
from lcviz.assessment.journal import RESOLUTION, Entry
from lcviz.assessment.report import class_numbers, report
from lcviz.assessment.samples import (
    count,
    draw,
    plan,
    strata_of_classes,
    strata_of_confidence,
)
from lcviz.assessment.surroundings import SIDE, cut_surroundings, surroundings
from lcviz.assessment.words import promise_sentence
from lcviz.errors import ConfigurationError, PointsError, RasterError
from lcviz.georeference import geobox_of
from lcviz.legends import EIGHT
from lcviz.study import Study
from lcviz.study.check_records import FILE, keep_check, read_checks
from lcviz.taxonomy import CLASSES

SIDES = (80, 120)
PLACE = {"crs": "EPSG:32632", "transform": from_origin(5e5, 5e6, 10, 10)}


def write(file: Path, values: np.ndarray, nodata: int = 255) -> Path:
    values = values if values.ndim == 3 else values[None]
    shape = {"count": len(values), "height": values.shape[1], "width": values.shape[2]}
    with rasterio.open(
        file, "w", driver="GTiff", dtype=values.dtype, nodata=nodata, **shape, **PLACE
    ) as dataset:
        dataset.write(values)
    return file


@pytest.fixture
def truth() -> np.ndarray:
    classes = np.zeros(SIDES, np.uint8)
    classes[:, 60:] = 4
    return classes


@pytest.fixture
def check(tmp_path: Path, truth: np.ndarray) -> Check:
    """Two maps: the first wrong in a tenth of the pixels, the other in a third."""
    random = np.random.default_rng(0)
    maps = {
        name: write(tmp_path / f"{name}.tif", np.where(random.random(SIDES) < wrong, 2, truth))
        for name, wrong in (("good", 0.1), ("bad", 0.33))
    }
    with open_class_map(maps["good"], EIGHT) as of_map:
        strata = strata_of_classes(of_map)
        frame = count(of_map, strata)
        table, design = draw(of_map, strata, frame, plan(strata, frame, points=300), 5)
    record = CheckRecord(
        "A <b>place</b>",
        {
            "good": CheckedMap("Good", "maps/good.tif", promise=Promise(0.5, 0.4, 0.6)),
            "bad": CheckedMap("Bad", "maps/bad.tif"),
        },
    )
    sources = {f"maps/{name}.tif": file for name, file in maps.items()}
    return Check.create(tmp_path / "checks", "a-check", record, sources, table, design)


def label(check: Check, truth: np.ndarray, who: str = "ann", but: int = 0) -> None:
    table = check.sample().table
    names = [CLASSES[k] for k in truth[table["row"], table["column"]]]
    names[:but] = ["Barren"] * but
    check.journal.write(
        *(Entry(int(i), who, n) for i, n in zip(table.sample_id, names, strict=True))
    )


def test_a_check_comes_back_as_it_was(check: Check):
    again = Check.open(check.folder.parent, "a-check")
    assert again.record == check.record
    assert list_checks(check.folder.parent) == ("a-check",)
    with pytest.raises(PointsError, match="already"):
        Check.create(check.folder.parent, "a-check", check.record, {}, pd.DataFrame(), {})
    with pytest.raises(ConfigurationError):
        Check.create(check.folder.parent, "../x", check.record, {}, pd.DataFrame(), {})
    for name in ("none", "..", "a/b", ""):
        with pytest.raises(PointsError, match="not here"):
            Check.open(check.folder.parent, name)


def test_maps_are_judged_on_the_same_points(check: Check, truth: np.ndarray):
    label(check, truth)
    found = find(check, check.labelled(), "label", EIGHT)
    good, bad = (found.maps[name].assessment.overall for name in ("good", "bad"))
    with rasterio.open(check.map_file("good")) as one, rasterio.open(check.map_file("bad")) as two:
        accuracy = [(file.read(1) == truth).mean() for file in (one, two)]
    assert good.low <= accuracy[0] <= good.high and bad.low <= accuracy[1] <= bad.high
    difference = found.differences["bad"]
    assert difference.low <= accuracy[0] - accuracy[1] <= difference.high
    assert difference.low > 0
    assert difference.estimate == pytest.approx(good.estimate - bad.estimate, abs=0.02)
    assert found.maps["good"].hectares == pytest.approx(SIDES[0] * SIDES[1] / 100)
    numbers = class_numbers(found.maps["good"]).set_index(["quantity", "class"])
    urban = numbers.loc[("area_ha", CLASSES[4])]
    assert urban.low <= (truth == 4).sum() / 100 <= urban.high


def test_the_report_holds_all_and_needs_nothing(check: Check, truth: np.ndarray):
    label(check, truth)
    points = check.labelled()
    text = report(check, find(check, points, "label", EIGHT), points.table, points.design)
    assert "The map is right more often than was promised" in text
    assert "Good is right more often than Bad" in text
    assert text.count("<svg") == 3 and "data:image/png;base64," in text
    assert "<b>place" not in text and "A &lt;b&gt;place" in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    told = json.loads(re.search(r'id="findings">(.*?)</script>', text, re.S)[1])
    assert told["design"]["seed"] == 5 and told["maps"]["good"]["points"] == 300


def test_two_people_and_a_settled_point(check: Check, truth: np.ndarray):
    label(check, truth, "ann")
    label(check, truth, "bo", but=3)
    assert check.labelled().table.label.isna().sum() == 3
    first = int(check.sample().table.sample_id.iloc[0])
    check.journal.write(Entry(first, RESOLUTION, "Barren"))
    table = check.labelled().table
    assert table.label.isna().sum() == 2 and table.label.iloc[0] == "Barren"
    (pair, *_) = find(check, check.labelled(), "label", EIGHT).agreements
    assert (pair.points, pair.agree) == (300, 297)


def test_a_promise_is_compared_within_both_intervals(check: Check, truth: np.ndarray):
    label(check, truth)
    found = find(check, check.labelled(), "label", EIGHT)
    overall = found.maps["good"].assessment.overall
    assert "right less often than was promised" in promise_sentence(Promise(0.99, 0.98, 1), overall)
    assert "agree within" in promise_sentence(Promise(0.8, 0.7, 0.9), overall)


def test_confidence_is_known_by_stratum_and_by_point(tmp_path: Path):
    random = np.random.default_rng(1)
    stored = random.integers(0, 251, (8, *SIDES)).astype(np.uint8)
    stored[:, :5] = 255
    write(tmp_path / "p.tif", stored)
    write_confidence(tmp_path / "p.tif", tmp_path / "c.tif")
    strata = np.indices(SIDES)[1] // 60
    means = confidence_by_stratum(tmp_path / "c.tif", lambda rows: strata[rows], 3)
    largest = stored[:, 5:].max(axis=0) / 250
    assert means[:2] == pytest.approx([largest[:, :60].mean(), largest[:, 60:].mean()])
    assert np.isnan(means[2])
    at = confidence_at(tmp_path / "c.tif", np.array([0, 7]), np.array([3, 9]))
    assert np.isnan(at[0]) and at[1] == pytest.approx(stored[:, 7, 9].max() / 250)


def test_strata_part_each_class_by_how_sure_the_model_is(tmp_path: Path, truth: np.ndarray):
    sure = np.full(SIDES, 100, np.uint8)
    sure[:40] = 250
    sure[:, :7] = 255
    write(tmp_path / "c.tif", sure)
    with open_class_map(write(tmp_path / "map.tif", truth), EIGHT) as of_map:
        strata = strata_of_confidence(of_map, tmp_path / "c.tif")
        frame = count(of_map, strata)
        table, _ = draw(of_map, strata, frame, plan(strata, frame, points=80), 1)
    sizes = {n: int(s) for n, s in zip(strata.names, frame.sizes, strict=True) if s}
    assert sizes == {
        "Dense Forests, unsure": 40 * 53,
        "Dense Forests, sure": 40 * 53,
        "Urban and Built-Up Lands, unsure": 40 * 60,
        "Urban and Built-Up Lands, sure": 40 * 60,
    }
    assert ((table["row"] < 40) == table.stratum.str.endswith(", sure")).all()
    assert [s.partition(",")[0] for s in table.stratum] == table.map_class.tolist()


def test_surroundings_are_centred_and_grey_off_the_image(tmp_path: Path):
    values = np.zeros((10, 40, 50), np.uint16)
    values[:, 20, 30] = 9000
    valid = np.ones((40, 50), bool)
    with rasterio.open(write(tmp_path / "m.tif", np.zeros((40, 50), np.uint8))) as file:
        place = {"geobox": geobox_of(file)}

    def read(window):
        part = tuple(slice(a, b) for a, b in window.toranges())
        return values[(slice(None), *part)], valid[part]

    with open_class_map(tmp_path / "m.tif", EIGHT) as of_map:
        longitude, latitude = of_map.places_of(np.array([20, 0]), np.array([30, 0]))
    file = tmp_path / "around.npy"
    far = np.append(longitude, 100.0), np.append(latitude, 0.0)
    assert cut_surroundings(file, *far, read=read, **place) == 2
    middle = SIDE // 2
    white = surroundings(file, 0)[:, middle, middle]
    assert (white > 240).all() and (surroundings(file, 0)[0, middle, middle + 1] < 10).all()
    assert (surroundings(file, 1)[:, 0, 0] == 128).all()
    assert (surroundings(file, 2) == 128).all()
    assert surroundings(tmp_path / "none.npy", 0) is None
    with pytest.raises(RasterError, match="No point lies on the image"):
        cut_surroundings(file, far[0][2:], far[1][2:], read=read, **place)


def test_a_study_keeps_one_record_of_a_check(tmp_path: Path):
    study = Study(tmp_path, None)
    assert read_checks(study) == []
    keep_check(study, {"check": "a", "n": 1})
    keep_check(study, {"check": "b", "n": 2})
    keep_check(study, {"check": "a", "n": 3})
    with (tmp_path / FILE).open("a") as file:
        file.write("{half a line")
    assert {r["check"]: r["n"] for r in read_checks(study)} == {"a": 3, "b": 2}
