import pandas as pd
import pytest
from four_scenes import CARD, RESULTS, SCENES

from lcviz.data.catalog import sen12ms_scenes
from lcviz.study.scene_table import (
    UNKNOWN,
    default_scene,
    filter_scenes,
    groups_present,
    patch_count,
    scene_label,
    scene_table,
    shown_sentence,
)


@pytest.fixture
def table() -> pd.DataFrame:
    return scene_table(SCENES, CARD, RESULTS)


def test_each_scene_has_its_split_and_the_score_of_this_model(table):
    assert list(table.split) == ["training", "home", "test", "test"]
    assert table.accuracy.tolist()[1:3] == [0.25, 0.75]
    assert table.accuracy.isna().tolist() == [True, False, False, True]


def test_a_training_scene_has_no_score_even_if_one_was_written():
    written = pd.concat(
        [RESULTS, RESULTS.iloc[:1].assign(scene_id="a", accuracy=0.99)], ignore_index=True
    )
    table = scene_table(SCENES, CARD, written)
    assert pd.isna(table.accuracy[0])
    assert pd.isna(table.pixels[0])


def test_without_a_model_there_is_no_split():
    table = scene_table(SCENES)
    assert table.split.isna().all()
    assert table.accuracy.isna().all()
    assert groups_present(table, "split") == []


def test_hold_out_scenes_are_known_by_the_catalogue_alone():
    whole = sen12ms_scenes()
    table = scene_table(whole.drop(columns="holdout"))
    assert list(table.holdout) == list(whole.holdout)
    assert table.holdout.sum() == 26
    assert not scene_table(SCENES).holdout.any()


def test_filters_combine_and_an_empty_one_keeps_all(table):
    assert len(filter_scenes(table)) == 4
    kept = filter_scenes(table, continents=["Europe"], splits=["test"], seasons=["Winter"])
    assert list(kept.scene_id) == ["d"]


def test_groups_come_in_the_fields_order(table):
    assert groups_present(table, "continent") == ["Africa", "Europe", UNKNOWN]
    assert groups_present(table, "split") == ["training", "home", "test"]


def test_the_first_scene_to_open_was_not_trained_on(table):
    assert default_scene(table, table) == "c"
    assert default_scene(table, table.iloc[:2]) == "b"
    assert default_scene(table, table.iloc[:0]) == "c"
    assert default_scene(table.iloc[:0], table.iloc[:0]) is None


def test_labels_leave_out_what_is_unknown(table):
    labels = [scene_label(row) for row in table.itertuples()]
    assert labels == [
        "Spring 1 · Kenya, Africa",
        "Summer 2",
        "Fall 3 · Germany, Europe",
        "Winter 4 · France, Europe",
    ]


def test_the_sentence_owns_up_to_scenes_without_a_place(table):
    assert shown_sentence(table, 9) == (
        "4 of 9 scenes shown. 1 without a known place cannot be drawn."
    )


def test_one_patch_is_no_plural() -> None:
    counts = pd.DataFrame({"patches": [1, 2, 1200]})
    assert [patch_count(row) for row in counts.itertuples()] == [
        "1 patch",
        "2 patches",
        "1,200 patches",
    ]
