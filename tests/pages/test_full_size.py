"""Every page on a study as large as SEN12MS: 252 scenes, 180,662 patches, ten models."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from full_size_study import make_full_size_study
from streamlit.testing.v1 import AppTest

from lcviz.data.catalog import sen12ms_scenes
from lcviz.study import Study
from lcviz.study.landscapes import read_membership
from lcviz.taxonomy import EXPERIMENTS
from lcviz.ui.shared_study import SharedStudy, patches_by_scene, usable_by_scene

pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def full_size(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_full_size_study(tmp_path_factory.mktemp("full") / "full").path


@pytest.mark.parametrize(
    ("page", "choices"),
    [
        ("overview", {}),
        ("world_map", {"scene": "ROIs2017_winter_108", "colour": "accuracy"}),
        ("generalization", {}),
        ("distributions", {"scene": "ROIs1158_spring_8"}),
        ("landscapes", {"view": "gallery"}),
        ("landscapes", {"view": "transfer"}),
        ("predict", {"source": "upload"}),
    ],
)
def test_a_page_shows_all_it_has(page: str, choices: dict[str, str], full_size: Path, open_page):
    app = open_page(page, full_size, **choices)
    assert [element.value for element in (*app.error, *app.info)] == []


def test_without_imagery_prediction_still_offers_every_scene(full_size: Path, open_page: Open):
    app = open_page("predict", full_size, source="patch")
    assert len(app.selectbox(key="choice-scene").options) == 252
    assert ["imagery" in error.value for error in app.error] == [True]


def test_it_is_what_sen12ms_is(full_size: Path):
    study = Study.open(full_size)
    patches, results = study.patches(), study.results()
    assert len(patches) == patches.patch_id.nunique() == 180_662
    counts = patches.groupby("scene_id").size()
    assert counts.equals(sen12ms_scenes().set_index("scene_id").patches.sort_index()[counts.index])
    trained = sum(len(study.model(name).training_scenes) for name in EXPERIMENTS)
    assert len(results) == 10 * 252 - trained
    assert (results.confusion.map(sum) == results.pixels).all()
    assert len(read_membership(study, 16)) == patches.mean_blue.notna().sum()


def test_a_table_is_read_once_and_no_visitor_changes_anothers(full_size: Path):
    first, second = (SharedStudy.open(full_size).patches(["patch_id", "status"]) for _ in range(2))
    first.loc[0, "status"] = "changed"
    first["other"] = 1
    third = SharedStudy.open(full_size).patches(["patch_id", "status"])
    pd.testing.assert_frame_equal(second, third)


def test_a_table_that_is_replaced_is_read_again(tmp_path: Path, full_size: Path):
    whole = Study.open(full_size)
    study = SharedStudy.create(tmp_path / "study", whole.info)
    for rows in (10, 20):
        study.write_patches(whole.patches().iloc[:rows])
        assert len(study.patches()) == rows
        assert sum(map(len, patches_by_scene(study).values())) == rows


def test_patches_by_scene_are_those_of_the_table(full_size: Path):
    study = SharedStudy.open(full_size)
    patches = study.patches(["patch_id", "scene_id", "status", "browsable"])
    scene = "ROIs1970_fall_1"
    of_scene = patches[patches.scene_id == scene]
    assert patches_by_scene(study)[scene].patch_id.tolist() == of_scene.patch_id.tolist()
    usable = of_scene[of_scene.status.isin(["ok", "no labels"])]
    assert usable_by_scene(study)[scene].patch_id.tolist() == usable.patch_id.tolist()
    assert list(study.browsable(scene)) == of_scene.patch_id[of_scene.browsable].tolist()
