"""Points as people send them: each fault is said in words, nothing is dropped in silence."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import MultiPoint, Point, box
from typer.testing import CliRunner

from precompute.__main__ import app

SIDE = 60
Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def class_map(tmp_path: Path) -> Path:
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[:, 30:] = 7
    shape = {"height": SIDE, "width": SIDE, "count": 1, "dtype": "uint8", "nodata": 255}
    place = {"crs": "EPSG:32633", "transform": from_origin(500_000, 5_200_000, 10, 10)}
    with rasterio.open(tmp_path / "map.tif", "w", driver="GTiff", **shape, **place) as file:
        file.write(classes, 1)
    return tmp_path / "map.tif"


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "300"})
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def points(tmp_path: Path, class_map: Path) -> pd.DataFrame:
    """Forty points, labelled as the map is."""
    file = tmp_path / "drawn.csv"
    run("sample", class_map, "--out", file, "--points", 40)
    table = pd.read_csv(file)
    table["label"] = table.map_class
    return table


def assess(class_map: Path, table: pd.DataFrame, *words: object) -> tuple[int, str]:
    file = class_map.with_name("points.csv")
    table.to_csv(file, index=False)
    design = class_map.with_name("drawn.design.json").read_text()
    class_map.with_name("points.design.json").write_text(design)
    return run("assess", class_map, "--points", file, *words)


FAULTS: dict[str, tuple[Change, str]] = {
    "duplicates": (
        lambda t: pd.concat([t, t.head(3)]),
        "3 points lie in a pixel that another point has too",
    ),
    "unknown labels": (
        lambda t: t.assign(label=["Corn", "Maïs", *t.label[2:]]),
        "does not know: 'Corn' (1), 'Maïs' (1)",
    ),
    "no place": (lambda t: t.assign(longitude=[None, *t.longitude[1:]]), "Row 1 without"),
    "outside": (
        lambda t: t.assign(latitude=[10.0, *t.latitude[1:]]),
        "1 points lie outside the map",
    ),
    "beyond the earth": (
        lambda t: t.assign(longitude=[4000.0, *t.longitude[1:]]),
        "1 points lie outside the map",
    ),
    "decimal commas in quotes": (
        lambda t: t.assign(
            **{
                name: t[name].map(lambda x: f"{x:.12f}".replace(".", ","))
                for name in ("longitude", "latitude", "inclusion_probability")
            }
        ),
        "decimal commas",
    ),
    "half filled": (
        lambda t: t.assign(label=[*t.label[:10], *[" "] * 30]),
        "Interim: 30 points have no label yet",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_said_and_the_rest_is_used(
    fault: str, class_map: Path, points: pd.DataFrame
) -> None:
    change, said = FAULTS[fault]
    code, told = assess(class_map, change(points))
    assert code == 0 and said in told, told
    assert "Overall accuracy: 100.0%" in told


REFUSED: dict[str, tuple[Change, str]] = {
    "no label at all": (lambda t: t.assign(label=None), "No point can be used"),
    "all labels unknown": (lambda t: t.assign(label="Corn"), "'Corn' (40)"),
    "impossible chances": (lambda t: t.assign(inclusion_probability=1.5), "inclusion probability"),
    "negative chances": (lambda t: t.assign(inclusion_probability=-0.1), "inclusion probability"),
    "swapped": (
        lambda t: t.rename(columns={"longitude": "latitude", "latitude": "longitude"}),
        "swapped",
    ),
    "elsewhere": (lambda t: t.assign(longitude=t.longitude + 5), "No point can be used"),
    "empty": (lambda t: t.head(0), "No point can be used"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_used_is_refused_in_words(
    fault: str, class_map: Path, points: pd.DataFrame
) -> None:
    change, said = REFUSED[fault]
    code, told = assess(class_map, change(points))
    assert code == 1 and said in told, told


def test_vectors_of_other_programs(tmp_path: Path, class_map: Path, points: pd.DataFrame) -> None:
    frame = gpd.GeoDataFrame(
        points[["label", "stratum", "inclusion_probability"]],
        geometry=gpd.points_from_xy(points.longitude, points.latitude),
        crs="EPSG:4326",
    )
    file = tmp_path / "v.gpkg"
    # Another CRS, as QGIS saves it.
    frame.to_crs("EPSG:3857").to_file(file)
    code, told = run("assess", class_map, "--points", file)
    assert code == 0 and "100.0%" in told
    # Squares around the points, as Collect Earth Online draws them.
    metres = frame.to_crs("EPSG:32633")
    metres.geometry = [box(p.x - 4, p.y - 4, p.x + 4, p.y + 4) for p in metres.geometry]
    metres.to_file(file)
    code, told = run("assess", class_map, "--points", file)
    assert code == 0 and "no points but Polygon" in told and "100.0%" in told
    # Several points in one, and none.
    odd = frame.copy()
    odd.geometry = [MultiPoint([p]) for p in frame.geometry]
    odd.loc[0, "geometry"] = Point()
    odd.to_file(file)
    code, told = run("assess", class_map, "--points", file)
    assert code == 0 and "Row 1 without a place" in told and "n = 39" in told
    # No CRS: degrees are believed, metres are not.
    shp = tmp_path / "v.shp"
    frame = frame.rename(columns={"inclusion_probability": "incl_prob"})
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        frame.set_crs(None, allow_override=True).to_file(shp)
    code, told = run("assess", class_map, "--points", shp)
    assert code == 0 and "no CRS; they were taken for longitude and latitude" in told
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        frame.to_crs("EPSG:32633").set_crs(None, allow_override=True).to_file(tmp_path / "m.shp")
    code, told = run("assess", class_map, "--points", tmp_path / "m.shp")
    assert code == 1 and "assign its CRS first" in told


def test_a_broken_design_is_said(class_map: Path, points: pd.DataFrame) -> None:
    file = class_map.with_name("points.csv")
    points.to_csv(file, index=False)
    class_map.with_name("points.design.json").write_text("{")
    code, told = run("assess", class_map, "--points", file)
    assert code == 1 and "points.design.json is no JSON" in told


def test_a_sample_of_another_map_is_said(class_map: Path, points: pd.DataFrame) -> None:
    with rasterio.open(class_map, "r+") as file:
        values = file.read(1)
        values[:, 30:] = 0
        file.write(values, 1)
    code, told = assess(class_map, points)
    assert code == 0 and "another map" in told
    out = class_map.with_name("report.json")
    assess(class_map, points, "--out", out)
    # Half of the map is wrong now, and the old sample finds it.
    overall = json.loads(out.read_text())["overall"]
    assert overall["low"] <= 0.5 <= overall["high"]
