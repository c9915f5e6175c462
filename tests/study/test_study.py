import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lcviz.errors import (
    ArtefactDamagedError,
    ArtefactMissingError,
    StudyNotFoundError,
    StudySchemaError,
)
from lcviz.study import PATCH_COLUMNS, RESULT_COLUMNS, SCENE_COLUMNS, Study, list_studies
from lcviz.study.predictions import read_prediction, write_predictions
from lcviz.study.records import ModelCard, StudyInfo

SCENE = "ROIs0000_spring_1"
PATCH = f"{SCENE}_p30"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    info = StudyInfo(
        name="test", kind="demo", data="../data", seed=3, data_digest="d", demo={"seed": 3}
    )
    return Study.create(tmp_path / "study", info)


def card(experiment: str = "continent-africa") -> ModelCard:
    return ModelCard(
        experiment=experiment,
        axis="continent",
        train_group="Africa",
        config={"learning_rate": 1e-4},
        training_scenes=("a", "b"),
        validation_scenes=("c",),
        band_mean=(1.0,) * 10,
        band_std=(2.0,) * 10,
    )


def test_what_was_created_opens(study: Study) -> None:
    assert Study.open(study.path).info == study.info
    assert study.is_demo
    assert study.data == study.path / "../data"


def test_no_folder_and_no_study(tmp_path: Path) -> None:
    with pytest.raises(StudyNotFoundError, match="no folder"):
        Study.open(tmp_path / "nowhere")
    with pytest.raises(StudyNotFoundError, match=r"study\.json.*precompute run"):
        Study.open(tmp_path)


def test_another_schema_is_refused(study: Study) -> None:
    file = study.path / "study.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": 99}))
    with pytest.raises(StudySchemaError, match="99"):
        Study.open(study.path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1}', '{"schema": 1, "name": 3}'])
def test_a_damaged_study_json_is_named(study: Study, content: str) -> None:
    (study.path / "study.json").write_text(content)
    with pytest.raises((ArtefactDamagedError, StudySchemaError), match=r"study\.json"):
        Study.open(study.path)


def test_missing_artefacts_name_their_command(study: Study) -> None:
    for read, command in (
        (study.scenes, "index"),
        (study.patches, "index"),
        (study.results, "evaluate"),
        (lambda: study.model("season-fall"), "train --experiment season-fall"),
        (lambda: study.labels(PATCH), "quicklooks"),
        (lambda: read_prediction(study, "season-fall", PATCH), "evaluate"),
    ):
        with pytest.raises(ArtefactMissingError, match=f"python -m precompute {command} --study"):
            read()


def test_tables_round_trip_and_damage_is_named(study: Study) -> None:
    scenes = pd.DataFrame([dict.fromkeys(SCENE_COLUMNS)]).assign(scene_id=SCENE, patches=4)
    study.write_scenes(scenes)
    assert study.scenes().scene_id.tolist() == [SCENE]
    file = study.path / "scenes.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ArtefactDamagedError, match=r"scenes\.parquet"):
        study.scenes()
    pd.DataFrame({"scene_id": [SCENE]}).to_parquet(file)
    with pytest.raises(ArtefactDamagedError, match=r"scenes\.parquet"):
        study.scenes()


def test_confusion_survives_as_64_counts(study: Study) -> None:
    row = dict.fromkeys(RESULT_COLUMNS) | {"pixels": 3, "confusion": list(range(64))}
    study.write_results(pd.DataFrame([row]))
    assert list(study.results().confusion[0]) == list(range(64))


def test_browsable_patches_keep_their_order(study: Study) -> None:
    rows = [
        dict.fromkeys(PATCH_COLUMNS)
        | {"patch_id": f"{SCENE}_p{n}", "scene_id": SCENE, "browsable": n != 2}
        for n in (1, 2, 30)
    ]
    study.write_patches(pd.DataFrame(rows))
    assert study.browsable(SCENE) == (f"{SCENE}_p1", f"{SCENE}_p30")
    assert study.browsable("ROIs0000_fall_9") == ()


def test_a_model_comes_back(study: Study) -> None:
    history = pd.DataFrame({"epoch": [0, 1], "validation_loss": [2.0, 1.0]})
    weights = {"head.weight": torch.ones(2, dtype=torch.float16)}
    study.write_model(card(), weights, history)
    study.write_model(card("season-winter"), weights, history)
    assert study.experiments() == ("continent-africa", "season-winter")
    assert study.model("continent-africa") == card()
    assert study.weights("continent-africa")["head.weight"].dtype == torch.float16
    assert study.history("season-winter").validation_loss.tolist() == [2.0, 1.0]


def test_damaged_models_are_named(study: Study) -> None:
    study.write_model(card(), {"w": torch.ones(1)}, pd.DataFrame({"epoch": [0]}))
    study.weights_file("continent-africa").write_bytes(b"junk")
    with pytest.raises(ArtefactDamagedError, match=r"weights\.safetensors"):
        study.weights("continent-africa")
    study.model_file("continent-africa").write_text('{"experiment": 5}')
    with pytest.raises(ArtefactDamagedError, match=r"model\.json"):
        study.model("continent-africa")


def test_pictures_round_trip(study: Study) -> None:
    labels = np.array([0, 1, 2, 3, 4, 5, 7, 255], np.uint8).repeat(32)[None].repeat(256, 0)
    grey = np.full((256, 256, 3), 99, np.uint8)
    study.write_quicklooks(PATCH, s2=grey, s1=None, labels=labels)
    np.testing.assert_array_equal(study.labels(PATCH), labels)
    picture = study.quicklook(PATCH, "s2")
    assert picture is not None
    assert picture.shape == (256, 256, 3)
    assert abs(int(picture.mean()) - 99) <= 2
    assert study.quicklook(PATCH, "s1") is None
    study.write_quicklooks(PATCH, s2=None, s1=grey, labels=None)
    assert study.quicklook(PATCH, "s2") is None
    assert study.labels(PATCH) is None


def test_a_damaged_picture_is_named(study: Study) -> None:
    study.write_quicklooks(PATCH, s2=None, s1=None, labels=np.zeros((256, 256), np.uint8))
    file = study.path / "quicklooks" / f"{PATCH}.lc.png"
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(ArtefactDamagedError, match=rf"{PATCH}\.lc\.png"):
        study.labels(PATCH)


def test_labels_that_are_no_classes_are_damage(study: Study) -> None:
    for strange in (np.full((256, 256), 77, np.uint8), np.zeros((200, 256), np.uint8)):
        study.write_quicklooks(PATCH, s2=None, s1=None, labels=strange)
        with pytest.raises(ArtefactDamagedError, match=rf"{PATCH}\.lc\.png"):
            study.labels(PATCH)


def test_pictures_of_other_patches_are_removed(study: Study) -> None:
    for patch in (PATCH, f"{SCENE}_p31"):
        study.write_quicklooks(patch, s2=None, s1=None, labels=np.zeros((256, 256), np.uint8))
    study.remove_quicklooks(keep={PATCH})
    assert [f.name for f in (study.path / "quicklooks").iterdir()] == [f"{PATCH}.lc.png"]


def test_predictions_round_trip_exactly(study: Study) -> None:
    rng = np.random.default_rng(0)
    maps = {
        f"{SCENE}_p{n}": rng.choice([0, 3, 7, 255], (256, 256)).astype(np.uint8) for n in (30, 31)
    }
    for _ in range(2):  # Written again, the maps replace the old ones.
        write_predictions(study, "continent-africa", SCENE, maps)
    for patch_id, classes in maps.items():
        np.testing.assert_array_equal(read_prediction(study, "continent-africa", patch_id), classes)
    assert read_prediction(study, "continent-africa", f"{SCENE}_p99") is None
    assert read_prediction(study, "season-fall", PATCH) is None


def test_studies_are_listed_by_name(study: Study, tmp_path: Path) -> None:
    (tmp_path / "no-study").mkdir()
    assert list_studies(tmp_path) == (study.path,)
    assert list_studies(tmp_path / "nowhere") == ()
