"""The commands `sample` and `assess`, from a map to a report."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box
from typer.testing import CliRunner

from precompute.__main__ import app

SIDE = 300


@pytest.fixture
def truth() -> np.ndarray:
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[:, 100:] = 2
    classes[:, 250:] = 4
    classes[280:] = 7
    return classes


@pytest.fixture
def class_map(tmp_path: Path, truth: np.ndarray) -> Path:
    """Right but for a tenth of the pixels, and empty in a corner."""
    wrong = np.random.default_rng(3).random(truth.shape) < 0.1
    classes = np.where(wrong, 2, truth).astype(np.uint8)
    classes[:20, :20] = 255
    return write(tmp_path / "map.tif", classes)


def write(file: Path, classes: np.ndarray) -> Path:
    place = {"crs": "EPSG:32633", "transform": from_origin(500_000, 5_200_000, 10, 10)}
    rows, columns = classes.shape
    shape = {"height": rows, "width": columns, "count": 1, "dtype": classes.dtype, "nodata": 255}
    with rasterio.open(file, "w", driver="GTiff", **shape, **place) as dataset:
        dataset.write(classes, 1)
    return file


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def label(file: Path, truth: np.ndarray, names: bool = True) -> None:
    """Label all points of a sample with the truth, as a person in another tool would."""
    from lcviz.taxonomy import CLASSES  # noqa: PLC0415

    if file.suffix == ".csv":
        table = pd.read_csv(file)
    else:
        table = gpd.read_file(file, **({"layer": "sample"} if file.suffix == ".gpkg" else {}))
    index = truth[table["row"].astype(int), table["column"].astype(int)]
    table["label"] = [CLASSES[k] if names else str(k) for k in index]
    if file.suffix == ".csv":
        table.to_csv(file, index=False)
    else:
        table.to_file(file, **({"layer": "sample"} if file.suffix == ".gpkg" else {}))


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".csv", ".shp"])
@pytest.mark.parametrize("strata", [None, "map"])
def test_a_sample_goes_out_is_labelled_and_comes_back(tmp_path, class_map, truth, suffix, strata):
    points = tmp_path / f"points{suffix}"
    chosen = ["--strata", strata] if strata else []
    told = run("sample", class_map, "--out", points, "--points", 400, *chosen, "--minimum", 30)
    assert "400 points" in told
    label(points, truth)
    out = tmp_path / "report.json"
    told = run("assess", class_map, "--points", points, "--out", out)
    report = json.loads(out.read_text())
    with rasterio.open(class_map) as dataset:
        classes = dataset.read(1)
    there = classes != 255
    accuracy = (classes == truth)[there].mean()
    assert report["basis"] == ("stratified" if strata else "simple-random")
    overall = report["overall"]
    assert overall["low"] <= accuracy <= overall["high"]
    assert 0.01 < overall["standard_error"] < 0.025
    water = (truth == 7)[there].mean()
    assert report["area"]["Water Bodies"]["low"] <= water <= report["area"]["Water Bodies"]["high"]
    assert report["users"]["Shrublands"]["estimate"] is None
    assert report["producers"]["Barren"]["n"] == 0
    assert f"Overall accuracy: {100 * overall['estimate']:.1f}%" in told


def test_the_same_seed_draws_the_same_points(tmp_path, class_map):
    drawn = []
    for seed in (1, 1, 2):
        file = tmp_path / f"{len(drawn)}.csv"
        run("sample", class_map, "--out", file, "--points", 50, "--seed", seed)
        drawn.append(pd.read_csv(file)[["row", "column"]].to_numpy().tolist())
    assert drawn[0] == drawn[1] != drawn[2]


def test_half_width_says_how_many_points_are_needed(tmp_path, class_map):
    file = tmp_path / "points.csv"
    told = run("sample", class_map, "--out", file, "--half-width", 0.05, "--expected", 0.8)
    # Cochran: 0.16 / (0.05 / 1.96) ** 2 = 245.9, of 89,600 pixels 245.2.
    assert len(pd.read_csv(file)) == 246
    assert "+-5.0 points" in told


def test_points_that_were_not_drawn_are_looked_at_but_give_no_estimate(tmp_path, class_map, truth):
    points = tmp_path / "points.csv"
    run("sample", class_map, "--out", points, "--points", 60)
    label(points, truth)
    table = pd.read_csv(points)[["longitude", "latitude", "label"]]
    (tmp_path / "points.design.json").unlink()
    table.to_csv(points, index=False)
    out = tmp_path / "report.json"
    told = " ".join(run("assess", class_map, "--points", points, "--out", out).split())
    assert "no estimate" in told
    assert "overall" not in json.loads(out.read_text())
    run("assess", class_map, "--points", points, "--design", "simple-random", "--out", out)
    assert json.loads(out.read_text())["basis"] == "simple-random"


def test_labels_in_another_scheme_are_compared_at_the_level_of_both(tmp_path, class_map, truth):
    points = tmp_path / "points.csv"
    run("sample", class_map, "--out", points, "--points", 200)
    label(points, truth, names=False)
    table = pd.read_csv(points)
    table["label"] = table.label.map({0: 10, 2: 40, 4: 50, 7: 80})
    table.loc[0, "label"] = 77
    table.to_csv(points, index=False)
    out = tmp_path / "report.json"
    run("assess", class_map, "--points", points, "--scheme", "worldcover", "--out", out)
    report = json.loads(out.read_text())
    assert "Dense Forests + Open Forests" in report["users"]
    assert any("'77.0' (1)" in remark or "'77' (1)" in remark for remark in report["remarks"])
    assert report["points"] == 199


def test_half_labelled_samples_are_interim(tmp_path, class_map, truth):
    points = tmp_path / "points.csv"
    run("sample", class_map, "--out", points, "--points", 100)
    label(points, truth)
    table = pd.read_csv(points)
    table.loc[40:, "label"] = None
    table.to_csv(points, index=False)
    told = run("assess", class_map, "--points", points)
    assert "Interim: 60 points have no label yet" in told


def test_a_raster_of_labels_is_compared_pixel_by_pixel(tmp_path, class_map, truth):
    reference = write(tmp_path / "truth.tif", truth)
    out = tmp_path / "report.json"
    run("assess", class_map, "--reference", reference, "--out", out)
    report = json.loads(out.read_text())
    with rasterio.open(class_map) as dataset:
        classes = dataset.read(1)
    there = classes != 255
    assert report["overall"]["estimate"] == pytest.approx((classes == truth)[there].mean())
    assert report["points"] == there.sum()


def test_a_raster_may_label_the_points_of_a_sample(tmp_path, class_map, truth):
    # Labels of 30 m, beside a map of 10 m.
    coarse = truth[1::3, 1::3]
    reference = tmp_path / "coarse.tif"
    place = {"crs": "EPSG:32633", "transform": from_origin(500_000, 5_200_000, 30, 30)}
    shape = {"height": 100, "width": 100, "count": 1, "dtype": "uint8", "nodata": 255}
    with rasterio.open(reference, "w", driver="GTiff", **shape, **place) as dataset:
        dataset.write(coarse, 1)
    points, out = tmp_path / "points.csv", tmp_path / "report.json"
    run("sample", class_map, "--out", points, "--points", 150)
    run("assess", class_map, "--points", points, "--reference", reference, "--out", out)
    report = json.loads(out.read_text())
    table = pd.read_csv(points)
    with rasterio.open(class_map) as dataset:
        mapped = dataset.read(1)[table["row"], table["column"]]
    right = mapped == coarse[table["row"] // 3, table["column"] // 3]
    assert report["basis"] == "simple-random" and report["agree"] == right.sum()
    assert any("A pixel of the map is 10 m wide, a label 30 m" in r for r in report["remarks"])


def test_strata_may_part_classes_by_how_sure_a_model_is(tmp_path, class_map, truth):
    sure = tmp_path / "probabilities.tif"
    values = np.full((8, SIDE, SIDE), 5, np.uint8)
    values[0], values[0, :150] = 240, 100
    place = {"crs": "EPSG:32633", "transform": from_origin(500_000, 5_200_000, 10, 10)}
    shape = {"height": SIDE, "width": SIDE, "count": 8, "dtype": "uint8", "nodata": 255}
    with rasterio.open(sure, "w", driver="GTiff", **shape, **place) as dataset:
        dataset.write(values)
    points = tmp_path / "points.csv"
    words = ("sample", class_map, "--out", points, "--points", 90, "--minimum", 5)
    run(*words, "--strata", "confidence", "--probabilities", sure)
    table = pd.read_csv(points)
    assert table.stratum.str.endswith(", unsure").sum() > 20
    assert (table.stratum.str.endswith(", unsure") == (table["row"] < 150)).all()
    assert "go together" in refused(*words, "--strata", "confidence")
    assert "go together" in refused(*words, "--probabilities", sure)
    assert "no probabilities" in refused(
        *words, "--strata", "confidence", "--probabilities", class_map
    )
    with rasterio.open(sure, "w", driver="GTiff", **(shape | {"width": 200}), **place) as dataset:
        dataset.write(values[:, :, :200])
    assert "300 x 200 pixels, the map 300 x 300" in refused(
        *words, "--strata", "confidence", "--probabilities", sure
    )


def test_strata_may_be_polygons_of_ones_own(tmp_path, class_map):
    halves = [
        box(500_000, 5_197_000, 501_000, 5_200_000),
        box(501_000, 5_197_000, 502_000, 5_200_000),
    ]
    named = gpd.GeoDataFrame({"name": ["west", "east"]}, geometry=halves, crs="EPSG:32633")
    districts = tmp_path / "districts.geojson"
    named.to_crs("EPSG:4326").to_file(districts)
    points = tmp_path / "points.csv"
    run(
        *("sample", class_map, "--out", points, "--strata", districts),
        *("--points", 80, "--allocation", "equal"),
    )
    table = pd.read_csv(points)
    assert table.stratum.value_counts().to_dict() == {"west": 40, "east": 40}
    assert (table["column"][table.stratum == "west"] <= 100).all()
    assert table["column"].max() <= 200


def test_bad_points_are_told_in_words(tmp_path, class_map, truth):
    points = tmp_path / "points.csv"
    run("sample", class_map, "--out", points, "--points", 50)
    label(points, truth)
    good = pd.read_csv(points)
    good.rename(columns={"longitude": "latitude", "latitude": "longitude"}).to_csv(
        points, index=False
    )
    assert "swapped" in refused("assess", class_map, "--points", points)
    good.drop(columns="longitude").to_csv(points, index=False)
    assert "needs longitude and latitude" in refused("assess", class_map, "--points", points)
    good.to_csv(points, index=False)
    assert "no column 'klass'" in refused(
        "assess", class_map, "--points", points, "--label", "klass"
    )
    assert "There is no file" in refused("assess", class_map, "--points", tmp_path / "none.gpkg")
    points.write_bytes(b"\x00\x01\x02")
    refused("assess", class_map, "--points", points)
    (tmp_path / "bad.gpkg").write_bytes(b"no geopackage")
    assert "cannot be read" in refused("assess", class_map, "--points", tmp_path / "bad.gpkg")
    good.to_csv(points, index=False)
    assert "no scheme 'corine'" in refused(
        "assess", class_map, "--points", points, "--scheme", "corine"
    )


def test_files_of_other_programs_are_read_as_they_are(tmp_path, class_map, truth):
    points = tmp_path / "points.csv"
    run("sample", class_map, "--out", points, "--points", 50)
    label(points, truth)
    table = pd.read_csv(points)
    table["Bemerkung"] = "Wäldchen"
    table.to_csv(points, index=False, sep=";", decimal=",", encoding="cp1252")
    told = run("assess", class_map, "--points", points)
    assert "decimal commas" in told
    assert "Overall accuracy" in told
    assert "n = 50" in told


def test_what_is_no_class_map_is_refused(tmp_path, truth):
    image = write(tmp_path / "image.tif", truth.astype(np.float32))
    assert "small whole numbers" in refused(
        "sample", image, "--out", tmp_path / "p.csv", "--points", 10
    )
    assert "no file" in refused(
        "sample", tmp_path / "no.tif", "--out", tmp_path / "p.csv", "--points", 10
    )
    fine = write(tmp_path / "map.tif", truth)
    assert "--points" in refused("sample", fine, "--out", tmp_path / "p.csv")
    assert "written as .gpkg" in refused("sample", fine, "--out", tmp_path / "p.doc", "--points", 5)
