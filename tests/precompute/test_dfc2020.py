"""DFC2020 beside SEN12MS: found, placed, and scored on the classes that both can say."""

import csv

import numpy as np
import pandas as pd
import pytest
import torch
from dfc2020 import FOLDERS, write_dfc2020
from sen12ms_files import save_tiff

from lcviz.data.overlap import overlap_groups
from lcviz.data.reference import find_reference
from lcviz.data.scenes import describe_scenes, patch_positions
from lcviz.data.sen12ms import find_patches, find_scenes, read_labels
from lcviz.errors import ConfigurationError, PatchDamagedError
from lcviz.metrics import confusion_matrix
from lcviz.network.densenet import FCDenseNet
from lcviz.study.footprints import read_footprints
from lcviz.study.predictions import read_prediction
from lcviz.study.records import ModelCard
from lcviz.study.truth import read_truth_counts
from precompute.running.stage import patch_lists
from precompute.stages.evaluate import evaluate
from precompute.stages.index import index
from precompute.stages.label_maps import Predictions
from precompute.stages.statistics import statistics

SEEN = "ROIs1158_spring_1"
MODEL = "continent-africa"
# DFC2020 does not part dense from open forest; all else it can say as finely, or finer.
AS_ONE = np.array([0, 0, 2, 3, 4, 5, 6, 7, *range(8, 256)], np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory, write_patch):
    root = tmp_path_factory.mktemp("dfc") / "data"
    write_patch(root, f"{SEEN}_p0", ("s2", "lc"))
    return root


@pytest.fixture(scope="module")
def truth(data):
    return write_dfc2020(data, patches=2)


def lists(data):
    return {scene.scene_id: scene for scene in find_scenes(data)}


def test_its_folders_are_part_of_the_dataset(data, truth):
    unexpected = []
    found = find_scenes(data, unexpected)
    assert unexpected == []
    assert [s.scene_id for s in found] == [SEEN, "ROIs0000_test_0", "ROIs0000_validation_0"]
    assert [p.season for p in find_patches(data)] == ["Spring", "Test", "Test", *["Validation"] * 2]
    assert find_reference(found[0]) is None
    assert find_reference(found[1]).in_words == (
        "DFC2020: Dense Forests and Open Forests count as one class"
    )


def test_each_patch_lies_where_its_header_says_and_the_scene_nowhere(data, truth):
    for folder in FOLDERS:
        patches = lists(data)[f"{folder}_0"].files()
        places = patch_positions(patches)
        for place, patch in enumerate(patches):
            box = read_labels(patch.lc).geobox
            assert (places.longitudes[place], places.latitudes[place]) == pytest.approx(box.centre)
            assert places.crs[place] == box.crs.to_string()
    scenes = describe_scenes(data, find_patches(data)).set_index("scene_id")
    assert np.isnan(scenes.longitude["ROIs0000_test_0"])
    assert scenes.longitude.notna()[SEEN]


def test_a_scene_in_several_zones_shares_ground_with_whatever_is_under_one_of_them():
    scenes = pd.DataFrame({"scene_id": ["a", "b", "c"], "longitude": np.nan, "latitude": np.nan})
    rows = [
        ("a", "EPSG:32614", 480_000.0, 2_150_000.0),
        ("b", "EPSG:32743", 300_000.0, 6_000_000.0),
        ("b", "EPSG:32614", 481_000.0, 2_150_000.0),
        ("c", "EPSG:32614", 600_000.0, 2_150_000.0),
    ]
    patches = pd.DataFrame(rows, columns=["scene_id", "crs", "easting", "northing"])
    assert overlap_groups(scenes, patches).to_dict() == {"a": "a", "b": "a", "c": "c"}


def test_codes_are_read_as_the_classes_that_both_can_say(data, truth):
    scene = lists(data)["ROIs0000_test_0"]
    reference = find_reference(scene)
    assert (reference.compared == AS_ONE).all()
    for patch in scene.files():
        assert (reference.read(patch) == AS_ONE[truth[patch.patch_id]]).all()


def test_models_are_scored_against_it_beside_modis(data, truth, tmp_path, capsys):
    study = index(data, tmp_path / "study", browsable=1, seed=0, name="n", workers=0)
    statistics(study, workers=0)
    torch.manual_seed(1)
    network = FCDenseNet(10, 8)
    card = ModelCard(
        experiment=MODEL,
        axis="continent",
        train_group="Africa",
        config={},
        training_scenes=(SEEN,),
        validation_scenes=(),
        band_mean=(1600.0,) * 10,
        band_std=(900.0,) * 10,
    )
    study.write_model(card, network.state_dict(), pd.DataFrame({"epoch": [1]}))
    evaluate(study, device="cpu", workers=0, predictions=Predictions.ALL)
    said = " ".join(capsys.readouterr().out.split())
    assert "better labels than MODIS's in 2 scenes: DFC2020: Dense Forests and Open Forests" in said
    assert "2 against the truth" in said
    rows = study.results("truth").set_index("scene_id")
    counts = read_truth_counts(study).set_index("scene_id")
    assert set(rows.index) == {"ROIs0000_test_0", "ROIs0000_validation_0"}
    for scene_id in rows.index:
        confusion, agree = np.zeros((8, 8), int), 0
        for patch in patch_lists(study)[scene_id].files():
            predicted = AS_ONE[read_prediction(study, MODEL, patch.patch_id)]
            true, labels = AS_ONE[truth[patch.patch_id]], AS_ONE[read_labels(patch.lc).values]
            confusion += confusion_matrix(true, predicted)
            known = (true != 255) & (labels != 255)
            agree += int(((labels == predicted) & known).sum())
        row = rows.loc[scene_id]
        assert row.confusion.tolist() == confusion.ravel().tolist()
        assert row.split == "test"
        assert pd.isna(row.test_group)
        assert row.pixels == confusion.sum() > 0
        assert confusion[1].sum() == confusion[:, 1].sum() == 0
        assert counts.agree[scene_id] == agree
    assert read_footprints(study).geometry.notna().all()


def test_labels_of_ones_own_with_a_legend_of_ones_own(tmp_path, write_patch):
    files = write_patch(tmp_path, f"{SEEN}_p0", ("s2", "lc"))
    own = tmp_path / "ROIs1158_spring" / "labels_1" / "ROIs1158_spring_labels_1_p0.tif"
    own.parent.mkdir()
    codes = np.arange(256 * 256, dtype=np.uint8).reshape(1, 256, 256) % 4
    save_tiff(own, codes, read_labels(files["lc"]).geobox)
    (scene,) = find_scenes(tmp_path)
    with pytest.raises(ConfigurationError, match=r"labels\.csv"):
        find_reference(scene)
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("code", "name", "class"), (1, "lake", "Water Bodies"), (2, "wood", "Dense Forests")]
        )
    (scene,) = find_scenes(tmp_path)
    reference = find_reference(scene)
    found = reference.read(scene.files()[0])
    assert (found == np.choose(codes[0], [255, 7, 0, 255])).all()
    assert "it has no word for Open Forests" in reference.in_words
    own.write_bytes(b"hurt")
    with pytest.raises(PatchDamagedError, match="cannot be read as labels"):
        reference.read(scene.files()[0])
    own.unlink()
    assert reference.read(scene.files()[0]) is None
