"""From a dataset to scores: stages one after the other."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from places import DEMO
from three_scenes import CPU, FALL, QUICK, SPRING, measured

from lcviz.data.sen12ms import find_patches, read_s2
from lcviz.errors import ConfigurationError
from lcviz.metrics import confusion_matrix
from lcviz.network.training.recipe import Hardware
from lcviz.study.predictions import predicted_scenes, read_prediction
from precompute.stages.evaluate import evaluate
from precompute.stages.index import index
from precompute.stages.quicklooks import quicklooks
from precompute.stages.statistics import statistics
from precompute.stages.train import is_member, train


def test_results_are_those_of_the_stored_models(data: Path) -> None:
    study = measured(data)
    train(study, experiments=["continent-africa"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=0)
    card = study.model("continent-africa")
    assert sorted(card.training_scenes + card.validation_scenes) == [f"{SPRING}_1", f"{SPRING}_6"]
    results = study.results().set_index("scene_id")
    assert card.training_scenes[0] not in results.index
    assert results.split[card.validation_scenes[0]] == "home"
    assert results.split[f"{SPRING}_8"] == "test"
    assert results.test_group[f"{SPRING}_8"] == "Australia"
    assert results.test_group.isna()[f"{FALL}_999"]

    # Scene 8 has two patches, both browsable: its confusion follows from what is kept.
    expected = sum(
        confusion_matrix(study.labels(p), read_prediction(study, "continent-africa", p))  # type: ignore[arg-type]
        for p in study.browsable(f"{SPRING}_8")
    )
    confusion = np.reshape(results.confusion[f"{SPRING}_8"], (8, 8))
    np.testing.assert_array_equal(confusion, expected)
    assert results.pixels[f"{SPRING}_8"] == confusion.sum()
    assert results.accuracy[f"{SPRING}_8"] == np.trace(confusion) / confusion.sum()
    # A training scene is not scored, but can be looked at.
    assert (
        read_prediction(study, "continent-africa", study.browsable(card.training_scenes[0])[0])
        is not None
    )


def test_a_second_evaluation_scores_only_what_is_new(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = measured(data)
    train(study, experiments=["continent-africa"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=0)
    first = study.results()
    train(study, experiments=["season-spring"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=2)
    assert "1 models" in capsys.readouterr().out.splitlines()[-1]
    both = study.results()
    kept = both[both.experiment == "continent-africa"].reset_index(drop=True)
    assert kept.accuracy.equals(first.accuracy)
    assert set(both.experiment) == {"continent-africa", "season-spring"}


def test_groups_that_are_too_small_are_skipped_and_said(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = measured(data)
    with pytest.raises(ConfigurationError, match="No model can be trained"):
        train(study, experiments=["continent-australia"], config=QUICK, hardware=CPU)
    told = " ".join(capsys.readouterr().out.split())
    assert "continent-australia: skipped, Australia has 1 scene(s) with labels, too few" in told


def test_a_model_of_all_but_one_continent_never_sees_it(data: Path) -> None:
    study = measured(data)
    train(study, experiments=["without-australia"], config=QUICK, hardware=Hardware("cpu"))
    assert study.experiments() == ()
    assert study.experiments_without() == ("without-australia",)
    card = study.model("without-australia")
    assert (card.axis, card.train_group) == ("continent", "all but Australia")
    # Scene 999 lies on no continent, and so in no group of continents.
    assert sorted(card.training_scenes + card.validation_scenes) == [f"{SPRING}_1", f"{SPRING}_6"]
    evaluate(study, device="cpu", workers=0)
    results = study.results().set_index("scene_id")
    assert set(results.train_group) == {"all but Australia"}
    assert results.split[f"{SPRING}_8"] == "test"
    assert card.training_scenes[0] not in results.index
    assert predicted_scenes(study, "without-australia") == ()  # no page shows its maps
    evaluate(study, device="cpu", workers=0)
    assert study.results().set_index("scene_id").equals(results)


def test_the_real_patches_go_the_whole_way(real_patches: Path, tmp_path: Path) -> None:
    demo = DEMO / "models"
    if not demo.is_dir():
        pytest.skip("no demo study to take a model from")
    study = index(real_patches, tmp_path / "real", browsable=4, seed=0, name=None, workers=0)
    statistics(study, workers=0)
    quicklooks(study, workers=0)
    shutil.copytree(demo / "continent-africa", study.path / "models" / "continent-africa")
    evaluate(study, device="cpu", workers=0)

    files = {patch.patch_id: patch for patch in find_patches(real_patches)}
    patches = study.patches().set_index("patch_id")
    assert set(patches.index) == set(files)
    imaged = [patch_id for patch_id, patch in files.items() if patch.s2]
    for patch_id in imaged:
        image = read_s2(files[patch_id].s2)  # type: ignore[arg-type]
        means = image.values[:, image.valid].mean(axis=1)
        np.testing.assert_allclose(
            patches.loc[patch_id, ["mean_blue", "mean_swir2"]].to_list(), means[[0, 9]]
        )
        prediction = read_prediction(study, "continent-africa", patch_id)
        assert prediction is not None
        assert np.array_equal(prediction != 255, image.valid)
    assert patches.labelled[f"{SPRING}_1_p30"] > 0
    assert patches.continent[f"{SPRING}_1_p30"] == "Africa"


def test_members_of_groups() -> None:
    table = pd.DataFrame(
        {"season": ["Spring", "Fall", "Fall"], "continent": ["Africa", "Asia", None]}
    )
    assert is_member(table, "season-fall").tolist() == [False, True, True]
    assert is_member(table, "continent-africa").tolist() == [True, False, False]
    assert is_member(table, "without-africa").tolist() == [False, True, False]
