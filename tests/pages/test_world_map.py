import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from page_elements import html
from sen12ms_files import save_patch
from streamlit.testing.v1 import AppTest
from study_factory import (
    EXPERIMENT,
    NO_CONTINENT_SCENE,
    NO_LABELS_SCENE,
    NO_PICTURES_SCENE,
    PATCHES,
    SCENES,
    TEST_SCENE,
    TRAINING,
    VALIDATION,
)

from lcviz.metrics import accuracy, confusion_matrix
from lcviz.study import Study
from lcviz.study.predictions import read_prediction
from lcviz.study.splits import part_of

pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]


def text(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def box(app: AppTest, name: str):
    return app.selectbox(key=f"choice-{name}")


@pytest.fixture
def opened(whole_study: Path, open_page: Open) -> Callable[..., AppTest]:
    return lambda **query: open_page("world_map", whole_study, **query)


def test_all_scenes_are_offered_and_counted(opened):
    app = opened()
    assert len(box(app, "scene").options) == len(SCENES)
    assert f"{len(SCENES)} of {len(SCENES)} scenes shown." in text(app)


def test_the_first_view_is_of_a_scene_the_model_never_saw(opened, whole_study):
    study = Study.open(whole_study)
    assert part_of(study.model(EXPERIMENT), study.scenes(), box(opened(), "scene").value) == "test"


def test_the_url_decides_what_is_shown(opened):
    app = opened(scene=VALIDATION, patch="33", model="season-winter", colour="season")
    assert box(app, "scene").value == VALIDATION
    assert box(app, "patch").value == "33"
    assert box(app, "model").value == "season-winter"
    assert app.button_group(key="choice-colour").value in ("season", ["season"])
    assert len(app.toast) == 0


def test_a_pick_goes_into_the_url(opened):
    app = opened()
    box(app, "scene").select(VALIDATION).run()
    box(app, "model").select("season-winter").run()
    assert app.query_params["scene"] in (VALIDATION, [VALIDATION])
    assert app.query_params["model"] in ("season-winter", ["season-winter"])


@pytest.mark.parametrize("name", ["scene", "patch", "model", "colour", "palette", "study"])
def test_a_bad_value_in_the_url_falls_back_with_a_notice(opened, name):
    nonsense = "<b>`no\nsuch"
    app = opened(**{name: nonsense})
    assert [toast.value.startswith(f"There is no {name}") for toast in app.toast] == [True]
    assert app.query_params.get(name) not in (nonsense, [nonsense])
    assert not app.error


def test_buttons_step_through_the_patches_and_around(opened):
    app = opened(scene=TEST_SCENE)
    seen = [box(app, "patch").value]
    for _ in PATCHES:
        app.button(key="Next patch").click().run()
        seen.append(box(app, "patch").value)
    assert seen == [str(number) for number in (*PATCHES, PATCHES[0])]
    app.button(key="Previous patch").click().run()
    assert box(app, "patch").value == str(PATCHES[-1])


def test_another_scene_starts_at_its_first_patch(opened):
    app = opened(scene=TEST_SCENE, patch="33")
    box(app, "scene").select(VALIDATION).run()
    assert box(app, "patch").value == str(PATCHES[0])
    assert len(app.toast) == 0


def test_scores_are_those_of_the_results_and_the_pictures(opened, whole_study):
    study = Study.open(whole_study)
    results = study.results()
    row = results[(results.experiment == EXPERIMENT) & (results.scene_id == TEST_SCENE)].iloc[0]
    app = opened(scene=TEST_SCENE, patch="4")
    assert f"**{row.accuracy:.1%}** (n = {row.pixels:,} labelled pixels)" in text(app)
    patch_id = f"{TEST_SCENE}_p4"
    confusion = confusion_matrix(
        study.labels(patch_id), read_prediction(study, EXPERIMENT, patch_id)
    )
    assert f"**{accuracy(confusion):.1%}** accuracy of this patch" in text(app)
    assert f"n = {confusion.sum():,} labelled pixels" in text(app)


def test_the_part_a_scene_played_is_said_in_words(opened):
    assert "was trained on this scene" in text(opened(scene=TRAINING))
    assert "**Home scene.**" in text(opened(scene=VALIDATION))
    assert "never saw this scene" in text(opened(scene=TEST_SCENE))


def test_a_training_scene_shows_no_score_of_the_scene(opened):
    assert "Accuracy over the whole scene" not in text(opened(scene=TRAINING))


def test_a_scene_without_labels_has_no_score(opened):
    app = opened(scene=NO_LABELS_SCENE)
    assert "no score" in text(app)
    assert html(app).count("<img") == 3
    assert "No labels" in html(app)


def test_a_scene_without_pictures_says_so(opened):
    app = opened(scene=NO_PICTURES_SCENE)
    assert "No pictures of this scene" in text(app)
    assert "<img" not in html(app)


def test_a_scene_without_a_continent_opens(opened):
    app = opened(scene=NO_CONTINENT_SCENE, continent="Unknown")
    assert "1 of 9 scenes shown." in text(app)


def test_a_patch_has_five_pictures_and_a_legend_of_its_classes(opened, whole_study):
    study = Study.open(whole_study)
    app = opened(scene=TEST_SCENE)
    assert html(app).count("<img") == 5
    assert html(app).count('class="classes"') == 3
    labels = study.labels(f"{TEST_SCENE}_p3")
    assert labels is not None
    assert "No data" in html(app)


def test_filters_count_and_keep_the_open_scene(opened):
    app = opened(scene=TEST_SCENE, continent="Africa")
    assert "3 of 9 scenes shown." in text(app)
    assert box(app, "scene").value == TEST_SCENE
    assert len(box(app, "scene").options) == 4


def test_filters_that_exclude_each_other_leave_an_empty_map(opened):
    app = opened(continent="Africa", season="Fall")
    assert "0 of 9 scenes shown." in text(app)
    assert "No scene is left by these filters" in text(app)


def test_an_empty_map_can_be_filled_again_where_it_stands(opened):
    app = opened(continent="Africa", season="Fall")
    app.button(key="clear-on-map").click().run()
    assert "9 of 9 scenes shown." in text(app)
    assert not [button for button in app.button if button.key == "clear-on-map"]


def test_the_truth_of_a_patch_is_shown_beside_modis_where_the_dataset_has_it(study, open_page):
    patch_id = f"{TEST_SCENE}_p4"
    truth = np.full((1, 256, 256), 5, np.uint8)
    save_patch(study.path.parent / "data", patch_id, ("truth",), {"truth": truth})
    record = study.path / "study.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"data": "../data"}))
    app = open_page("world_map", study.path, scene=TEST_SCENE, patch="4")
    assert html(app).count('class="classes"') == 4
    assert "Truth" in html(app) and "Permanent Snow and Ice" in html(app)
    assert "Truth" not in html(open_page("world_map", study.path, scene=TEST_SCENE, patch="3"))


def test_each_filter_is_a_chip_that_takes_it_away(opened):
    app = opened(continent=["Africa", "Asia"], season="Spring")
    chips = [button.label for button in app.button if (button.key or "").startswith("chip-")]
    assert chips == ["Africa", "Asia", "Spring"]
    app.button(key="chip-continent-Africa").click().run()
    assert app.query_params["continent"] in ("Asia", ["Asia"])
    assert "season" in app.query_params
    app.button(key="clear-filters").click().run()
    assert "continent" not in app.query_params and "season" not in app.query_params
    assert "9 of 9 scenes shown." in text(app)


def test_accuracy_comes_first(opened):
    app = opened()
    assert app.button_group(key="choice-colour").value in ("accuracy", ["accuracy"])
    assert "75%" in html(app)


def test_the_legend_lists_only_what_is_shown(opened):
    by_continent = html(opened(continent="Africa", colour="continent"))
    assert "Africa (3)" in by_continent
    assert "Asia (" not in by_continent
    by_accuracy = html(opened(colour="accuracy"))
    assert "Training scene, not scored (2)" in by_accuracy
    assert "No score (1)" in by_accuracy
    assert "75%" in by_accuracy


def test_choices_survive_a_walk_to_another_page(opened):
    app = opened(scene=VALIDATION)
    app.switch_page("pages/overview.py").run()
    app.query_params.clear()
    app.switch_page("pages/world_map.py").run()
    assert box(app, "scene").value == VALIDATION
