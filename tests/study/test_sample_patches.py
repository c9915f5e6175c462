from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from study_factory import EXPERIMENT, NO_LABELS_SCENE, PATCHES, TEST_SCENE, VALIDATION, make_study

from lcviz.errors import ArtefactDamagedError, ArtefactMissingError
from lcviz.metrics import accuracy, confusion_matrix
from lcviz.study import Study
from lcviz.study.predictions import read_prediction
from lcviz.study.sample_patches import read_sample, sample_orders


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_study(tmp_path_factory.mktemp("samples") / "tiny")


def test_each_continent_with_browsable_patches_has_an_order_of_them(study: Study) -> None:
    patches = study.patches()
    orders = sample_orders(patches, {}, seed=0)
    # North America's only scene has no pictures, and one scene has no continent.
    assert list(orders) == ["Africa", "Asia", "Australia", "Europe", "South America"]
    africa = patches.patch_id[(patches.continent == "Africa") & patches.browsable]
    assert sorted(orders["Africa"]) == sorted(africa)
    assert orders == sample_orders(patches, {}, seed=0)
    assert orders != sample_orders(patches, {}, seed=1)


def test_another_continents_patches_do_not_change_the_order(study: Study) -> None:
    patches = study.patches()
    africa = patches[patches.continent == "Africa"]
    assert sample_orders(africa, {}, 0)["Africa"] == sample_orders(patches, {}, 0)["Africa"]


def test_scenes_that_the_home_model_learnt_from_come_only_if_there_are_no_others(
    study: Study,
) -> None:
    patches, card = study.patches(), study.model(EXPERIMENT)
    held_out = sample_orders(patches, {"Africa": card}, 0)["Africa"]
    assert {patch.rpartition("_p")[0] for patch in held_out} == {VALIDATION}
    trained = patches[patches.scene_id.isin(card.training_scenes)]
    assert len(sample_orders(trained, {"Africa": card}, 0)["Africa"]) == 2 * len(PATCHES)


def test_whole_patches_come_before_those_without_labels() -> None:
    patches = pd.DataFrame(
        {
            "patch_id": ["a_p1", "a_p2", "b_p1"],
            "scene_id": ["a", "a", "b"],
            "continent": ["Asia", "Asia", "Europe"],
            "status": ["no labels", "ok", "no labels"],
            "browsable": [True, True, True],
        }
    )
    assert sample_orders(patches, {}, 0) == {"Asia": ("a_p2",), "Europe": ("b_p1",)}
    assert sample_orders(patches[:0], {}, 0) == {}


def test_a_sample_is_what_the_study_holds_of_the_patch(study: Study) -> None:
    patch_id = f"{TEST_SCENE}_p4"
    sample = read_sample(study, patch_id, study.model(EXPERIMENT))
    assert sample.scene_id == TEST_SCENE
    labels, prediction = study.labels(patch_id), read_prediction(study, EXPERIMENT, patch_id)
    np.testing.assert_array_equal(sample.labels, labels)
    np.testing.assert_array_equal(sample.prediction, prediction)
    np.testing.assert_array_equal(sample.s1, study.quicklook(patch_id, "s1"))
    np.testing.assert_array_equal(sample.s2, study.quicklook(patch_id, "s2"))
    assert sample.accuracy == accuracy(confusion_matrix(labels, prediction))
    assert sample.problems == ()


def test_without_a_model_or_labels_there_is_no_accuracy(study: Study) -> None:
    sample = read_sample(study, f"{TEST_SCENE}_p4", None)
    assert (sample.prediction, sample.accuracy) == (None, None)
    sample = read_sample(study, f"{NO_LABELS_SCENE}_p4", study.model(EXPERIMENT))
    assert sample.has_pictures
    assert (sample.labels, sample.accuracy) == (None, None)


def test_a_patch_without_pictures_has_none_and_no_problem(study: Study) -> None:
    sample = read_sample(study, f"{TEST_SCENE}_p999", None)
    assert not sample.has_pictures
    assert sample.problems == ()


def test_a_broken_picture_stops_no_other(tmp_path: Path) -> None:
    study = make_study(tmp_path / "tiny", models=False)
    (study.path / "quicklooks" / f"{TEST_SCENE}_p4.s2.webp").write_bytes(b"no picture")
    sample = read_sample(study, f"{TEST_SCENE}_p4", None)
    assert sample.s2 is None
    assert sample.s1 is not None
    (problem,) = sample.problems
    assert isinstance(problem, ArtefactDamagedError)


def test_missing_predictions_are_a_problem_that_names_its_command(tmp_path: Path) -> None:
    study = make_study(tmp_path / "tiny", models=False)
    card = make_study(tmp_path / "other").model(EXPERIMENT)
    sample = read_sample(study, f"{TEST_SCENE}_p4", card)
    (problem,) = sample.problems
    assert isinstance(problem, ArtefactMissingError)
    assert "evaluate" in str(problem)
