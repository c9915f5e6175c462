"""Areas of maps whose pixels differ in size, against PROJ's polygons and simulated samples."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from pyproj import Geod
from rasterio.transform import Affine, from_bounds, from_origin
from typer.testing import CliRunner

from lcviz.assessment import intervals
from lcviz.assessment.class_map import open_class_map
from lcviz.assessment.estimators import LabelledSample, assess
from lcviz.assessment.ground import row_areas
from lcviz.assessment.points import read_points, write_points
from lcviz.georeference import GeoBox
from lcviz.legends import EIGHT
from lcviz.taxonomy import CLASSES
from precompute.__main__ import app

WEST, SOUTH, EAST, NORTH = 10.0, 45.0, 13.0, 48.0
SIDE = 300


@pytest.fixture
def truth() -> np.ndarray:
    """Forest in the north, where pixels are smaller; herbs in the south."""
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[SIDE // 2 :] = 2
    return classes


@pytest.fixture
def tile(tmp_path: Path, truth: np.ndarray) -> Path:
    """A tile of three degrees, a tenth of its pixels wrong."""
    wrong = np.random.default_rng(1).random(truth.shape) < 0.1
    profile = {"driver": "GTiff", "height": SIDE, "width": SIDE, "count": 1, "dtype": "uint8"}
    profile |= {"crs": "EPSG:4326", "transform": from_bounds(WEST, SOUTH, EAST, NORTH, SIDE, SIDE)}
    with rasterio.open(tmp_path / "tile.tif", "w", nodata=255, **profile) as file:
        file.write(np.where(wrong, 7, truth).astype(np.uint8), 1)
    return tmp_path / "tile.tif"


def hectares(south: float, north: float) -> float:
    """Of the tile between two parallels, whose edges follow them."""
    edge = np.linspace(WEST, EAST, 3000)
    longitude = [*edge, *edge[::-1]]
    latitude = [south] * len(edge) + [north] * len(edge)
    return abs(Geod(ellps="WGS84").polygon_area_perimeter(longitude, latitude)[0]) / 1e4


def test_rows_of_a_map_in_degrees_have_geodesic_areas(tile: Path, truth: np.ndarray):
    with open_class_map(tile, EIGHT) as of_map:
        areas = of_map.row_areas
        assert areas is not None and (np.diff(areas) > 0).all()
        assert areas.sum() * SIDE / 1e4 == pytest.approx(hectares(SOUTH, NORTH), rel=1e-5)
        ground = of_map.ground()
        assert ground is not None
        assert sum(ground.values()) == pytest.approx(areas.sum() * SIDE)
        classes = of_map.dataset.read(1)
        assert ground[2] == pytest.approx(((classes == 2).sum(axis=1) * areas).sum())
        assert of_map.count() == {k: (classes == k).sum() for k in (0, 2, 7)}


def test_of_a_projected_map_all_pixels_are_alike_and_of_a_turned_one_nothing_is_said():
    projected = GeoBox((50, 60), from_origin(5e5, 5e6, 10, 10), rasterio.CRS.from_epsg(32632))
    areas = row_areas(projected)
    assert areas is not None and set(areas) == {100.0}
    turned = Affine.translation(10, 48) @ Affine.rotation(40) @ Affine.scale(0.1, -0.1)
    assert row_areas(GeoBox((60, 60), turned, rasterio.CRS.from_epsg(4326))) is None
    assert row_areas(GeoBox((50, 60), Affine.identity(), None)) is None


def test_hectares_of_a_map_in_degrees_hold_the_truth(tile: Path, truth: np.ndarray, tmp_path: Path):
    north = hectares((SOUTH + NORTH) / 2, NORTH)
    for strata in ([], ["--strata", "map"]):
        points = tmp_path / "points.csv"
        command("sample", tile, "--out", points, "--points", 400, *strata)
        read = read_points(points)
        index = truth[read.table["row"], read.table["column"]]
        write_points(points, read.table.assign(label=[CLASSES[k] for k in index]), read.design)
        said = command("assess", tile, "--points", points, "--out", tmp_path / "out.json")
        report = json.loads((tmp_path / "out.json").read_text())
        forest = report["hectares"]["Dense Forests"]
        assert forest["low"] <= north <= forest["high"] and forest["standard_error"] > 0
        whole = forest["estimate"] + report["hectares"]["Herbaceous"]["estimate"]
        assert whole == pytest.approx(hectares(SOUTH, NORTH), rel=1e-4)
        assert " ha (95%: " in said
        # By hand: each point stands for its stratum's pixels, with the area of its own.
        with open_class_map(tile, EIGHT) as of_map:
            counted, areas = of_map.count(), of_map.row_areas
        table = pd.read_csv(points)
        mapped = table.map_class.map(CLASSES.index)
        pixels = mapped.map(counted) / mapped.map(mapped.value_counts())
        ground = pixels * areas[table["row"]]
        share = ground[table.label == "Dense Forests"].sum() / ground.sum()
        assert report["area"]["Dense Forests"]["estimate"] == pytest.approx(share)


def test_intervals_hold_areas_of_ground(monkeypatch: pytest.MonkeyPatch):
    """Pixels from the equator to the pole, in which a class is rare at one end."""
    monkeypatch.setattr(intervals, "_DRAWS", 1000)
    random = np.random.default_rng(3)
    latitude = random.uniform(0, 85, 20_000)
    ground = np.cos(np.radians(latitude))
    label = (random.random(len(latitude)) < 0.1 + 0.5 * latitude / 85).astype(np.int64)
    mapped = np.where(random.random(len(latitude)) < 0.15, 1 - label, label)
    truth = ground[label == 1].sum() / ground.sum()
    sizes = {k: float((mapped == k).sum()) for k in (0, 1)}
    held = 0
    for _ in range(200):
        one = random.choice(len(label), 150, replace=False)
        sample = LabelledSample(
            mapped[one].astype(object), mapped[one], label[one], sizes, ground[one]
        )
        area = assess(sample, 2).area[1]
        held += area.low <= truth <= area.high
    assert held / 200 >= 0.92


def command(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output
