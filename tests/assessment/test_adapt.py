"""The command `adapt`: from a predicted image and labels to a model of one's own, or none."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from prediction_study import make_prediction_study, write_raster
from study_factory import EXPERIMENT
from typer.testing import CliRunner

from lcviz.assessment.points import read_points, write_points
from lcviz.assessment.seen_maps import maps_of_patch, maps_of_raster
from lcviz.georeference import open_dataset
from lcviz.network.loading import load_model
from lcviz.rasters.guard import inspect
from lcviz.rasters.prediction import predict_raster
from lcviz.rasters.reading import Units, open_raster
from lcviz.study import Study
from lcviz.study.pixels import patch_pixels
from lcviz.taxonomy import CLASSES, S2_BAND_INDEXES, model_label
from precompute.__main__ import app

NAME = f"adapted-{EXPERIMENT}-north-lake"


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "300"})
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study, an image, its map, and a sample of it."""
    folder = tmp_path_factory.mktemp("adapt")
    make_prediction_study(folder / "study")
    write_raster(folder / "image.tif")
    run("predict", folder / "image.tif", folder / "map.tif", "--study", folder / "study", "--model",
        EXPERIMENT)  # fmt: skip
    run("sample", folder / "map.tif", "--out", folder / "points.gpkg", "--points", 120)
    return folder


def label(place: Path, name: str, by: np.ndarray | None, only: int = 120) -> Path:
    """Labels as another last layer would have them, or by chance."""
    points = read_points(place / "points.gpkg")
    rows, columns = (points.table[each].to_numpy(np.int64) for each in ("row", "column"))
    model = load_model(Study.open(place / "study"), EXPERIMENT)
    with open_raster(place / "image.tif") as raster:
        maps = maps_of_raster(model, raster.reading(inspect(raster).units), rows, columns)
    said = np.random.default_rng(1).integers(0, 8, 120)
    if by is not None:
        said = (maps @ by.T).argmax(axis=1)
    points.table["label"] = [CLASSES[k] for k in said[:only]] + [None] * (120 - only)
    file = place / f"{name}.gpkg"
    write_points(file, points.table, points.design)
    return file


def words(place: Path, points: Path, *more: object) -> tuple[object, ...]:
    study = place / "study"
    image = place / "image.tif"
    return ("adapt", place / "map.tif", "--image", image, "--points", points, "--study", study,
            "--name", "North Lake", *more)  # fmt: skip


def test_a_model_that_labels_improve_is_kept_and_predicts(place: Path):
    study = Study.open(place / "study")
    head = load_model(study, EXPERIMENT).network.head.weight.detach().numpy()[:, :, 0, 0]
    other = head[np.roll(np.arange(8), 3)]
    file = label(place, "other", other)
    report = place / "report.json"
    said = run(*words(place, file, "--out", report))
    assert "Refitting helps here" in said and "Cross-validated" in said and NAME in said
    told = json.loads(report.read_text())
    assert told["helps"] and told["kept_as"] == NAME and told["cross_validated"]
    assert sum(told["labels"].values()) == told["n"] == 120
    assert study.adapted_models() == (NAME,) and NAME not in study.experiments()
    card = study.model(NAME)
    assert card.experiment == NAME and card.adapted is not None
    assert card.adapted.derived_from == EXPERIMENT and card.adapted.n == 120
    assert card.adapted.gain.low > 0 and card.adapted.image == "image.tif"
    assert card.training_scenes == study.model(EXPERIMENT).training_scenes
    assert model_label(NAME) == "Africa, adapted to north-lake"
    # All but its last layer is the model's that it is from.
    weights, before = study.weights(NAME), study.weights(EXPERIMENT)
    changed = [name for name in weights if not weights[name].equal(before[name])]
    assert changed == ["head.weight"]
    run("predict", place / "image.tif", place / "new.tif", "--study", study.path, "--model", NAME)
    with rasterio.open(place / "new.tif") as new, rasterio.open(place / "map.tif") as old:
        assert new.tags()["LCVIZ_MODEL"] == NAME
        assert (new.read(1) != old.read(1)).mean() > 0.2
    assert "already" in refused(*words(place, file))


def test_labels_by_chance_make_no_model(place: Path, tmp_path: Path):
    file = label(place, "chance", None)
    report = tmp_path / "report.json"
    said = " ".join(run(*words(place, file, "--name", "Chance", "--out", report)).split())
    assert "not shown to help" in said or "does not help" in said
    assert json.loads(report.read_text())["kept_as"] is None
    assert not any("chance" in name for name in Study.open(place / "study").adapted_models())


def test_what_cannot_be_judged_is_not_fitted(place: Path, tmp_path: Path):
    few = label(place, "few", None, only=30)
    assert "30 labelled points are too few" in refused(*words(place, few))
    every = read_points(label(place, "all", None))
    table = every.table.drop(columns=["stratum", "inclusion_probability"])
    write_points(tmp_path / "bare.csv", table, {})
    assert "do not say how they were drawn" in refused(*words(place, tmp_path / "bare.csv"))
    # Another image of the same ground.
    with rasterio.open(place / "image.tif") as source:
        values, profile = source.read(), source.profile
    with rasterio.open(tmp_path / "image.tif", "w", **profile) as file:
        file.write(values[:, ::-1, ::-1])
    said = refused(*words(place, few.with_name("all.gpkg"), "--image", tmp_path / "image.tif"))
    assert "The map is not what continent-africa makes of this image" in said
    with rasterio.open(tmp_path / "half.tif", "w", **(profile | {"width": 40})) as file:
        file.write(values[:, :, :40])
    said = refused(*words(place, few.with_name("all.gpkg"), "--image", tmp_path / "half.tif"))
    assert "64 x 40 pixels, or lies elsewhere" in said
    with rasterio.open(tmp_path / "foreign.tif", "w", **(profile | {"count": 1})) as file:
        file.write(np.zeros((1, 64, 96), np.uint16))
    foreign = words(place, few.with_name("all.gpkg"))
    assert "no model that it names" in refused(*foreign[:1], tmp_path / "foreign.tif", *foreign[2:])


def test_the_maps_at_points_are_those_of_the_whole_raster(tmp_path: Path):
    study = make_prediction_study(tmp_path / "study")
    model = load_model(study, EXPERIMENT)
    rng = np.random.default_rng(0)
    wide = np.kron(rng.integers(300, 4000, (13, 12, 25)), np.ones((1, 8, 8))).astype(np.uint16)
    wide = (wide + rng.integers(0, 300, wide.shape)).astype(np.uint16)
    profile = {"driver": "GTiff", "height": 96, "width": 200, "count": 13, "dtype": "uint16"}
    with open_dataset(tmp_path / "wide.tif", "w", nodata=0, **profile) as file:
        wide[:, :5, :5] = 0
        file.write(wide)
    rows, columns = np.array([0, 2, 70, 95, 40]), np.array([180, 2, 10, 199, 100])
    with open_raster(tmp_path / "wide.tif") as raster:
        reader = raster.reading(Units(S2_BAND_INDEXES, 1.0, 0.0, ()))
        maps = maps_of_raster(model, reader, rows, columns)
        predictor = model.predictor("cpu", "exact")
        (whole,) = predict_raster({"one": predictor}, reader, tmp_path / "out").values()
    head = model.network.head.weight.detach().numpy()[:, :, 0, 0]
    with open_dataset(whole.classes) as file:
        classes = file.read(1)[rows, columns]
    known = np.isfinite(maps).all(axis=1)
    assert known.tolist() == [True, False, True, True, True] and classes[1] == 255
    assert ((maps[known] @ head.T).argmax(axis=1) == classes[known]).all()
    patch = patch_pixels(study, "ROIs0000_spring_2_p3")
    rows, columns = np.array([20, 255, 3]), np.array([0, 255, 9])
    maps = maps_of_patch(model, patch.values, patch.valid, rows, columns)
    said = model.predictor("cpu", "exact").classes(patch.values[None], patch.valid[None])[0]
    assert np.isnan(maps[2]).all(), "its first ten rows are empty"
    assert ((maps[:2] @ head.T).argmax(axis=1) == said[rows[:2], columns[:2]]).all()
