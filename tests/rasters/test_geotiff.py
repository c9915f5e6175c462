import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from little_disk import files_of_at_most
from rasterio.crs import CRS
from rasterio.transform import Affine

from lcviz.errors import RasterError
from lcviz.georeference import GeoBox
from lcviz.rasters.geotiff import (
    class_map_writer,
    decode_probabilities,
    encode_probabilities,
    most_probable,
    probability_writer,
    write_cog,
)
from lcviz.taxonomy import CLASS_COLOURS, CLASSES

PLACE = Affine(10, 0, 500_000, 0, -10, 4_000_000)
UTM = CRS.from_epsg(32633)


def write_cogs(folder: Path, probabilities: np.ndarray, place: GeoBox, tags: dict[str, str]):
    """Class map and probabilities of a patch, through a working file each."""
    folder.mkdir(exist_ok=True)
    targets = folder / "classes.tif", folder / "probabilities.tif"
    working = folder / "working.tif"
    with class_map_writer(working, place, tags) as file:
        file.write(most_probable(probabilities), 1)
    write_cog(working, targets[0])
    with probability_writer(working, place, tags) as file:
        file.write(encode_probabilities(probabilities))
    write_cog(working, targets[1])
    working.unlink()
    return targets


def box(rows: int, columns: int) -> GeoBox:
    return GeoBox((rows, columns), PLACE, UTM)


def some_probabilities(rows: int = 40, columns: int = 50) -> np.ndarray:
    random = np.random.default_rng(0)
    pixels = random.dirichlet(np.full(8, 0.3), (rows, columns)).astype(np.float32)
    probabilities = np.moveaxis(pixels, -1, 0).copy()
    probabilities[:, 3:5, 7] = np.nan
    return probabilities


def test_probabilities_survive_to_the_step():
    probabilities = some_probabilities()
    decoded = decode_probabilities(encode_probabilities(probabilities))
    np.testing.assert_allclose(decoded, probabilities, atol=0.002001)
    assert encode_probabilities(np.array([0, 1, np.nan], np.float32)).tolist() == [0, 250, 255]


def test_patch_cogs_hold_all_that_a_gis_needs(tmp_path):
    probabilities = some_probabilities()
    tags = {"LCVIZ_MODEL": "continent-africa", "LCVIZ_INPUT": "a\x00<b>.tif"}
    files = write_cogs(tmp_path / "new", probabilities, box(40, 50), tags)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "classes.tif",
        "probabilities.tif",
    ]
    for path in files:
        with rasterio.open(path) as file:
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert (file.transform, file.crs, file.nodata) == (PLACE, UTM, 255)
            assert file.tags()["LCVIZ_MODEL"] == "continent-africa"
            assert file.tags()["LCVIZ_INPUT"] == "a?<b>.tif"
            assert "7 = Water Bodies" in file.tags()["TIFFTAG_IMAGEDESCRIPTION"]
    with rasterio.open(files[0]) as file:
        classes = file.read(1)
        for index, colour in enumerate(CLASS_COLOURS):
            assert file.colormap(1)[index] == (*bytes.fromhex(colour[1:]), 255)
            assert file.tags(1)[f"CLASS_{index}"] == CLASSES[index]
    with rasterio.open(files[1]) as file:
        stored = file.read()
        assert file.descriptions == CLASSES
        assert file.scales == (0.004,) * 8
    missing = np.isnan(probabilities[0])
    assert (classes[missing] == 255).all()
    np.testing.assert_array_equal(classes[~missing], probabilities.argmax(axis=0)[~missing])
    np.testing.assert_array_equal(stored, encode_probabilities(probabilities))


def test_overviews_hold_classes_not_means(tmp_path):
    classes = np.where(np.indices((1200, 1200)).sum(axis=0) % 2, 7, 0).astype(np.uint8)
    with class_map_writer(tmp_path / "work.tif", box(*classes.shape), {}) as file:
        file.write(classes, 1)
    write_cog(tmp_path / "work.tif", tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as file:
        assert file.overviews(1)
        assert set(np.unique(file.read(1, out_shape=(600, 600)))) <= {0, 7}


def test_without_georeference_there_is_none(tmp_path):
    files = write_cogs(
        tmp_path, some_probabilities(), GeoBox((40, 50), Affine.identity(), None), {}
    )
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(files[0]) as file:
        assert file.crs is None
        assert file.transform.is_identity


def test_a_file_is_not_made_from_itself(tmp_path):
    (path, _) = write_cogs(tmp_path, some_probabilities(), box(40, 50), {})
    before = path.read_bytes()
    with pytest.raises(RasterError, match="overwrite"):
        write_cog(path, path)
    assert path.read_bytes() == before


def test_what_is_no_raster_leaves_nothing_behind(tmp_path):
    (tmp_path / "bad.tif").write_bytes(b"no")
    with pytest.raises(RasterError, match="cannot be written"):
        write_cog(tmp_path / "bad.tif", tmp_path / "out.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.tif"]


@pytest.mark.parametrize("share", [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, share):
    classes = np.random.default_rng(0).integers(0, 8, (700, 700), dtype=np.uint8)
    with class_map_writer(tmp_path / "work.tif", box(700, 700), {}) as file:
        file.write(classes, 1)
    write_cog(tmp_path / "work.tif", tmp_path / "whole.tif")
    size = (tmp_path / "whole.tif").stat().st_size
    room = int(share * size) if share < 1 else size - 1
    with files_of_at_most(room), pytest.raises(RasterError, match="disk has space left"):
        write_cog(tmp_path / "work.tif", tmp_path / "out.tif")
    assert {path.name for path in tmp_path.iterdir()} == {"work.tif", "whole.tif"}


def test_a_copy_that_was_cut_short_behind_gdals_back_is_noticed(tmp_path, monkeypatch):
    """A disk may lose what it had accepted."""
    with class_map_writer(tmp_path / "work.tif", box(700, 700), {}) as file:
        file.write(np.random.default_rng(0).integers(0, 8, (700, 700), dtype=np.uint8), 1)
    copy = rasterio.shutil.copy

    def lossy(source, target, **options):
        copy(source, target, **options)
        os.truncate(target, target.stat().st_size - 2000)

    monkeypatch.setattr(rasterio.shutil, "copy", lossy)
    with pytest.raises(RasterError, match="cannot be written"):
        write_cog(tmp_path / "work.tif", tmp_path / "out.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["work.tif"]
