import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from places import DEMO
from product_factory import TEN, safe, scene, zipped
from raster_factory import desert, land, write
from rasterio.crs import CRS
from rasterio.transform import Affine
from typer.testing import CliRunner

from precompute.__main__ import app

MODEL = "continent-africa"
PLACE = Affine(10, 0, 5e5, 0, -10, 4e6)
BANDS = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")


def write_input(path: Path, bright: bool = False, bands: int = 10) -> Path:
    scene = desert(bands) if bright else land(bands)
    pixels = scene[:, :40, :48].astype(np.uint16)
    pixels[:, :4] = 0
    profile = {"count": bands, "height": 40, "width": 48, "dtype": "uint16", "nodata": 0}
    place = {"crs": CRS.from_epsg(32633), "transform": PLACE}
    with rasterio.open(path, "w", driver="GTiff", **profile, **place) as file:
        file.write(pixels)
        if bands == 10:
            file.descriptions = BANDS
    return path


def predict(*arguments: object, model: str = MODEL):
    options = ["predict", "--study", str(DEMO), "--model", model]
    return CliRunner().invoke(app, [*options, *map(str, arguments)])


def test_one_command_writes_map_probabilities_and_areas(tmp_path):
    source = write_input(tmp_path / "in.tif")
    out, likely, areas = (tmp_path / "new" / name for name in ("o.tif", "p.tif", "a.csv"))
    result = predict(
        source, out, "--probabilities", likely, "--areas", areas, "--offset", 0, "--mode", "exact"
    )
    assert result.exit_code == 0, result.output
    assert "Sentinel-2" in result.output
    with rasterio.open(out) as file:
        classes = file.read(1)
        assert file.crs == CRS.from_epsg(32633)
        assert file.tags()["LCVIZ_MODEL"] == MODEL
        assert file.tags()["LCVIZ_INPUT"] == "in.tif"
        assert len(file.tags()["LCVIZ_WEIGHTS"]) == 32
    assert (classes[:4] == 255).all()
    assert (classes[4:] < 8).all()
    with rasterio.open(likely) as file:
        stored = file.read()
    np.testing.assert_array_equal(
        np.take_along_axis(stored[:, 4:], classes[None, 4:], axis=0)[0], stored[:, 4:].max(axis=0)
    )
    table = pd.read_csv(areas)
    assert table.pixels.sum() == 36 * 48
    assert table.hectares.sum() == pytest.approx(36 * 48 / 100)
    beside = ["o.qml", "o.tif.aux.xml"]
    named = sorted(path.name for path in out.parent.iterdir())
    assert named == sorted(["a.csv", "o.tif", "p.tif", *beside])


def test_it_asks_for_the_offset_when_unsure(tmp_path):
    source = write_input(tmp_path / "in.tif", bright=True)
    result = predict(source, tmp_path / "out.tif")
    assert result.exit_code == 1
    assert "--offset 1000" in result.output
    assert not (tmp_path / "out.tif").exists()
    maps = []
    for offset in (0, 1000):
        out = tmp_path / f"{offset}.tif"
        assert predict(source, out, "--offset", offset).exit_code == 0
        with rasterio.open(out) as file:
            maps.append(file.tags()["LCVIZ_CONVERSION"])
    assert maps[0].startswith("DN = value x 1 + 0;")
    assert maps[1].startswith("DN = value x 1 + -1000;")


def test_the_input_is_not_overwritten(tmp_path):
    source = write_input(tmp_path / "in.tif")
    before = source.read_bytes()
    link = tmp_path / "link.tif"
    link.symlink_to(source)
    for arguments in (
        (source, source),
        (source, link),
        (source, tmp_path / "o.tif", "--areas", source),
    ):
        result = predict(*arguments)
        assert result.exit_code == 1
        assert "would overwrite the input" in " ".join(result.output.split())
    assert source.read_bytes() == before
    twice = predict(source, tmp_path / "o.tif", "--areas", tmp_path / "o.tif")
    assert twice.exit_code == 1
    assert "Two results" in twice.output


def test_what_cannot_be_predicted_ends_with_one_message(tmp_path):
    source = write_input(tmp_path / "in.tif")
    unknown = predict(source, tmp_path / "o.tif", model="../../x")
    assert unknown.exit_code == 1
    assert "has no model '../../x'" in unknown.output
    three = predict(write_input(tmp_path / "rgb.tif", bands=3), tmp_path / "o.tif")
    assert three.exit_code == 1
    gone = predict(tmp_path / "gone.tif", tmp_path / "o.tif")
    assert gone.exit_code == 1
    (tmp_path / "text.tif").write_text("hello")
    text = predict(tmp_path / "text.tif", tmp_path / "o.tif")
    assert text.exit_code == 1
    for result in (unknown, three, gone, text):
        assert result.output.count("error:") == 1
        assert "Traceback" not in result.output
    assert not (tmp_path / "o.tif").exists()


def test_damage_that_is_met_late_leaves_nothing(tmp_path):
    """The guard looks at some blocks only; this one is met by the prediction."""
    source = tmp_path / "in.tif"
    pixels = np.tile(land(10), (1, 8, 8)).astype(np.uint16)
    profile = {"count": 10, "height": 768, "width": 768, "dtype": "uint16"}
    tiled = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
    with rasterio.open(source, "w", driver="GTiff", transform=PLACE, **profile, **tiled) as file:
        file.write(pixels)
    with rasterio.open(source) as file:
        start = file.get_tag_item("BLOCK_OFFSET_8_8", "TIFF", bidx=10)
    with source.open("r+b") as file:
        file.seek(int(start))
        file.write(bytes(1000))
    out = tmp_path / "out.tif"
    out.write_bytes(b"an older result")
    result = predict(source, out, "--areas", tmp_path / "a.csv")
    assert result.exit_code == 1
    assert "cannot be decoded at rows" in result.output
    assert out.read_bytes() == b"an older result"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.tif", "out.tif"]


def test_a_place_that_cannot_be_written_ends_with_one_message(tmp_path):
    source = write_input(tmp_path / "in.tif")
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "file" / "out.tif", tmp_path):
        result = predict(source, target)
        assert result.exit_code == 1
        assert result.output.count("error:") == 1


def test_a_damaged_model_ends_with_one_message(tmp_path):
    study = tmp_path / "study"
    (study / "models").mkdir(parents=True)
    shutil.copy(DEMO / "study.json", study)
    shutil.copytree(DEMO / "models" / MODEL, study / "models" / MODEL)
    (study / "models" / MODEL / "weights.safetensors").write_bytes(b"no")
    source = write_input(tmp_path / "in.tif")
    result = CliRunner().invoke(
        app,
        [
            *("predict", "--study", str(study), "--model", MODEL),
            str(source),
            str(tmp_path / "o.tif"),
        ],
    )
    assert result.exit_code == 1
    assert "weights.safetensors" in result.output


def test_an_order_that_is_not_sure_is_asked_and_said(tmp_path):
    values = land()[[0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 8]].astype(np.uint16)
    source = tmp_path / "in [bracket].tif"
    profile = {"count": 13, "height": 96, "width": 96, "dtype": "uint16", "crs": "EPSG:32633"}
    with rasterio.open(source, "w", driver="GTiff", transform=PLACE, **profile) as file:
        file.write(values)
    asked = predict(source, tmp_path / "o.tif")
    assert asked.exit_code == 1
    assert "--bands eurosat" in asked.output
    for said in ("eurosat", "B1,B2,B3,B4,B5,B6,B7,B8,B9,B10,B11,B12,B8A"):
        told = predict(source, tmp_path / "[o].tif", "--bands", said)
        assert told.exit_code == 0, told.output
        with rasterio.open(tmp_path / "[o].tif") as file:
            assert file.tags()["LCVIZ_CONVERSION"].endswith("bands 2 3 4 5 6 7 8 13 11 12")


def test_results_come_all_or_none(tmp_path, monkeypatch):
    """What is written last may find the disk full."""
    source = write_input(tmp_path / "in.tif")
    (tmp_path / "o.tif").write_bytes(b"an older result")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    wanted = (source, tmp_path / "o.tif", "--areas", tmp_path / "a.csv")
    with monkeypatch.context() as patched:
        patched.setattr(pd.DataFrame, "to_csv", full)
        result = predict(*wanted, "--probabilities", tmp_path / "p.tif")
    assert result.exit_code == 1
    assert "No space left" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.tif", "o.tif"]
    assert (tmp_path / "o.tif").read_bytes() == b"an older result"
    assert predict(*wanted).exit_code == 0


def test_what_cannot_be_cleared_away_does_not_spoil_a_map(tmp_path, monkeypatch):
    source = write_input(tmp_path / "in.tif")

    def busy(*_, **__):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    with monkeypatch.context() as patched:
        patched.setattr(os, "rmdir", busy)
        result = predict(source, tmp_path / "o.tif")
    assert result.exit_code == 0, result.output
    with rasterio.open(tmp_path / "o.tif") as file:
        assert file.count == 1


def test_a_folder_that_cannot_be_written_to_is_told_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    result = predict(
        write_input(tmp_path / "in.tif"), tmp_path / "o.tif", "--areas", tmp_path / "file" / "a.csv"
    )
    assert result.exit_code == 1
    assert "cannot be made" in result.output
    assert not (tmp_path / "o.tif").exists()


def test_a_product_a_box_and_parts_of_an_export_are_predicted(tmp_path):
    product = zipped(safe(tmp_path), tmp_path / "my product.zip")
    out = tmp_path / "out"
    result = predict(product, out / "whole.tif", "--mode", "exact")
    assert result.exit_code == 0, result.output
    assert "processing baseline 03.01" in result.output
    ten = np.stack([scene()[band] for band in TEN])
    left = write(tmp_path / "left.tif", ten[:, :, :48], names=TEN)
    moved = Affine(10, 0, 500_480, 0, -10, 5_000_000)
    right = write(tmp_path / "right.tif", ten[:, :, 48:], names=TEN, transform=moved)
    result = predict(left, right, out / "parts.tif", "--mode", "exact")
    assert result.exit_code == 0, result.output
    box = ("15.0030", "45.1475", "15.0090", "45.1512")
    result = predict(product, out / "box.tif", "--mode", "exact", "--box", *box)
    assert result.exit_code == 0, result.output
    with rasterio.open(out / "whole.tif") as whole, rasterio.open(out / "parts.tif") as parts:
        np.testing.assert_array_equal(whole.read(1), parts.read(1))
        assert whole.tags()["LCVIZ_INPUT"].startswith("S2A_MSIL1C_20210908T042701_N0301")
        with rasterio.open(out / "box.tif") as part:
            assert part.width == pytest.approx(47, abs=3)
            assert part.bounds.left > whole.bounds.left
            assert part.bounds.bottom > whole.bounds.bottom
    assert len(list(out.glob("*.tif"))) == 3


def test_an_area_that_is_none_is_one_message(tmp_path):
    source = write_input(tmp_path / "in.tif")
    for options, said in (
        (("--box", 3, 2, 1, 0), "is no box"),
        (("--area", tmp_path / "none.geojson"), "cannot be read"),
        (("--box", 1, 1, 2, 2, "--area", source), "two areas"),
        (("--box", -70, -10, -69, -9), "does not touch the raster"),
    ):
        result = predict(source, tmp_path / "out.tif", *options)
        assert result.exit_code == 1, result.output
        assert said in result.output.replace("\n", " ")
        assert "Traceback" not in result.output
