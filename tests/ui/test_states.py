"""Every page in three states: artefact there, missing, broken. No page raises."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT, TEST_SCENE, make_study

from lcviz.study import Study

pytest_plugins = ("app_in_process",)
PAGES = ("overview", "world_map", "generalization")
# The generalisation page asks for all ten models: see test_generalization_page.py.
CONTENT_WITHOUT_RESULTS = ("overview", "world_map")
PATCH = f"{TEST_SCENE}_p3"
pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]


def told(app: AppTest) -> list[str]:
    return [element.value for element in (*app.info, *app.error)]


def truncate(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def garble(file: Path) -> None:
    file.write_bytes(b"not what the name says")


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


@pytest.mark.parametrize("page", CONTENT_WITHOUT_RESULTS)
def test_a_whole_study_has_nothing_to_complain_of(page: str, whole_study: Path, open_page: Open):
    app = open_page(page, whole_study)
    assert told(app) == []
    assert any("Synthetic" in caption.value for caption in app.main.caption)
    assert any("Synthetic" in caption.value for caption in app.sidebar.caption)


def test_a_real_study_is_not_called_synthetic(tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "real", kind="sen12ms", models=False)
    app = open_page("world_map", study.path)
    assert not any(
        "Synthetic" in caption.value for caption in (*app.main.caption, *app.sidebar.caption)
    )


@pytest.mark.parametrize(
    ("page", "artefact", "command"),
    [
        ("overview", "scenes.parquet", "python -m precompute index"),
        ("overview", "patches.parquet", "python -m precompute index"),
        ("world_map", "scenes.parquet", "python -m precompute index"),
        ("world_map", "patches.parquet", "python -m precompute index"),
        ("world_map", "results.parquet", "python -m precompute evaluate"),
        ("world_map", "predictions.zarr", "python -m precompute evaluate"),
        ("world_map", "quicklooks", "python -m precompute quicklooks"),
    ],
)
def test_a_missing_artefact_is_named_with_its_command(
    page: str, artefact: str, command: str, study: Study, open_page: Open
):
    remove(study.path / artefact)
    app = open_page(page, study.path, scene=TEST_SCENE)
    assert app.info and not app.error
    assert all(command in info.value for info in app.info)
    assert app.title


@pytest.mark.parametrize("hurt", [truncate, garble])
@pytest.mark.parametrize(
    ("page", "artefact"),
    [
        ("overview", "scenes.parquet"),
        ("overview", "patches.parquet"),
        ("overview", f"models/{EXPERIMENT}/model.json"),
        ("world_map", "scenes.parquet"),
        ("world_map", "patches.parquet"),
        ("world_map", "results.parquet"),
        ("world_map", f"models/{EXPERIMENT}/model.json"),
        ("world_map", f"quicklooks/{PATCH}.s2.webp"),
        ("world_map", f"quicklooks/{PATCH}.s1.webp"),
        ("world_map", f"quicklooks/{PATCH}.lc.png"),
        ("world_map", f"predictions.zarr/{EXPERIMENT}/{TEST_SCENE}/zarr.json"),
    ],
)
def test_a_damaged_artefact_is_named(
    page: str, artefact: str, hurt: Callable[[Path], None], study: Study, open_page: Open
):
    hurt(study.path / artefact)
    app = open_page(page, study.path, scene=TEST_SCENE)
    part = Path(artefact).parent.name if artefact.endswith("zarr.json") else Path(artefact).name
    assert any(part in error.value.replace("\\", "") for error in app.error), told(app)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "study.json"),
        (b"[]", "study.json"),
        (json.dumps({"schema": 99}).encode(), "schema"),
        (json.dumps({"schema": 1}).encode(), "study.json"),
    ],
)
def test_a_damaged_study_file(page: str, content: bytes, said: str, study: Study, open_page: Open):
    (study.path / "study.json").write_bytes(content)
    app = open_page(page, study.path)
    assert any(said in error.value for error in app.error)


@pytest.mark.parametrize("page", PAGES)
def test_a_study_that_does_not_exist(page: str, tmp_path: Path, open_page: Open):
    app = open_page(page, tmp_path / "nowhere")
    assert any("nowhere" in error.value for error in app.error)


@pytest.mark.parametrize("page", PAGES)
def test_a_folder_that_is_no_study(page: str, tmp_path: Path, open_page: Open):
    app = open_page(page, tmp_path)
    assert any("study.json" in error.value for error in app.error)


@pytest.mark.parametrize("page", CONTENT_WITHOUT_RESULTS)
def test_a_study_without_any_model(page: str, tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "bare", models=False)
    app = open_page(page, study.path)
    assert told(app) == []
    assert any("python -m precompute train" in caption.value for caption in app.caption)


def test_a_study_without_scenes(study: Study, open_page: Open):
    study.write_scenes(study.scenes().iloc[:0])
    app = open_page("world_map", study.path)
    assert told(app) == []
    assert any("0 of 0 scenes" in caption.value for caption in app.caption)
    assert told(open_page("overview", study.path)) == []


def test_classes_out_of_range_are_told_not_drawn(study: Study, open_page: Open):
    labels = np.full((256, 256), 77, dtype=np.uint8)
    study.write_quicklooks(
        PATCH, s2=study.quicklook(PATCH, "s2"), s1=study.quicklook(PATCH, "s1"), labels=labels
    )
    app = open_page("world_map", study.path, scene=TEST_SCENE)
    assert any("lc.png" in error.value for error in app.error)


def test_results_of_other_scenes_leave_no_score(study: Study, open_page: Open):
    results = study.results()
    study.write_results(results[results.scene_id != TEST_SCENE])
    app = open_page("world_map", study.path, scene=TEST_SCENE, colour="accuracy")
    assert any("no score" in markdown.value for markdown in app.markdown)


def test_a_scene_without_a_place_is_counted_not_drawn(study: Study, open_page: Open):
    scenes = study.scenes()
    scenes.loc[scenes.scene_id == TEST_SCENE, ["longitude", "latitude"]] = np.nan
    study.write_scenes(scenes)
    app = open_page("world_map", study.path, scene=TEST_SCENE)
    assert any("1 without a known place" in caption.value for caption in app.caption)


def test_only_damaged_patches_are_listed(study: Study, open_page: Open):
    patches: pd.DataFrame = study.patches()
    patches.loc[0, "status"] = "damaged: s2 is truncated"
    study.write_patches(patches)
    app = open_page("overview", study.path)
    assert any("damaged: s2 is truncated" in str(table.value) for table in app.dataframe)
