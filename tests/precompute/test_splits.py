"""Scenes that share ground, from the files of a dataset to its results."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lcviz.errors import ConfigurationError
from lcviz.network.training.recipe import Hardware, TrainingConfig
from lcviz.study import SCENE_COLUMNS, Study
from lcviz.study.splits import scene_parts
from precompute.running.stage import grouped_scenes
from precompute.stages.evaluate import evaluate
from precompute.stages.index import index
from precompute.stages.statistics import statistics
from precompute.stages.train import train

AFRICA = "continent-africa"
NORTH = 8_116_742.0
# Places in zone 37 south, metres; the catalogue knows the continents.
PLACES = {
    "ROIs1158_spring_1": 300_000.0,
    "ROIs1158_spring_6": 301_000.0,  # shares ground with the first
    "ROIs1158_spring_9": 340_000.0,
    "ROIs1158_spring_8": 340_500.0,  # Australia, as the catalogue has it, on the same ground
    "ROIs1868_summer_14": 380_000.0,  # North America
    "ROIs1970_fall_64": 420_000.0,
    "ROIs1970_fall_89": 460_000.0,
}
SHARED = {"ROIs1158_spring_1", "ROIs1158_spring_6"}
QUICK = {"max_epochs": 1, "crop": 32, "batch_size": 2}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, write_patch: Callable[..., Any]) -> Study:
    root = tmp_path_factory.mktemp("splits")
    for scene_id, east in PLACES.items():
        write_patch(root / "data", f"{scene_id}_p0", ("s2", "lc"), scene_origin=(east, NORTH))
    study = index(root / "data", root / "study", browsable=1, seed=0, name="n", workers=0)
    statistics(study, workers=0)
    return study


@pytest.fixture
def study(measured: Study, tmp_path: Path) -> Study:
    (tmp_path / "data").symlink_to(measured.path.parent / "data")
    return Study.open(shutil.copytree(measured.path, tmp_path / "study"))


def test_the_index_knows_what_shares_ground(study: Study) -> None:
    groups = study.scenes().set_index("scene_id").overlap_group
    assert groups["ROIs1158_spring_6"] == groups["ROIs1158_spring_1"]
    assert groups["ROIs1158_spring_8"] == groups["ROIs1158_spring_9"]
    assert groups.nunique() == 5


def test_a_model_is_not_scored_where_it_learned(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    scenes = study.scenes()
    assert set(scenes.continent[scenes.scene_id != "ROIs1868_summer_14"]) == {"Africa", "Australia"}
    train(
        study,
        experiments=[AFRICA],
        config=TrainingConfig(**QUICK),
        hardware=Hardware(device="cpu"),
    )
    card = study.model(AFRICA)
    assert card.split == "three"
    assert len(card.home_scenes) == len(card.validation_scenes) == 1
    assert set(card.training_scenes) >= SHARED
    evaluate(study, device="cpu", workers=0)
    learned = {*card.training_scenes, *card.validation_scenes}
    left_out = "ROIs1158_spring_9" in learned
    results = study.results().set_index("scene_id")
    expected = dict.fromkeys(card.home_scenes, "home")
    expected |= dict.fromkeys(card.validation_scenes, "validation")
    expected |= {"ROIs1868_summer_14": "test"} | ({} if left_out else {"ROIs1158_spring_8": "test"})
    assert results.split.to_dict() == expected
    assert left_out == ("1 pair of model and scene left out" in capsys.readouterr().out)
    assert left_out


def test_the_papers_protocol_looks_at_no_ground(study: Study) -> None:
    config = TrainingConfig(**QUICK, split="paper")
    train(study, experiments=[AFRICA], config=config, hardware=Hardware(device="cpu"))
    card = study.model(AFRICA)
    assert (card.split, card.home_scenes) == ("paper", ())
    assert card.departures["split"] == "paper, where the default recipe has three"
    parts = scene_parts(card, study.scenes()).value_counts()
    assert parts.to_dict() == {"training": 4, "test": 2, "home": 1}


def test_too_little_ground_is_told_with_the_way_out(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(study.data, study.path.parent / "less")
    data = study.path.parent / "less"
    for scene in ("ROIs1970_fall_64", "ROIs1970_fall_89", "ROIs1158_spring_9"):
        folder, _, number = scene.rpartition("_")
        for sensor in ("s2", "lc"):
            shutil.rmtree(data / folder / f"{sensor}_{number}")
    few = index(data, study.path.parent / "few", browsable=1, seed=0, name="n", workers=0)
    statistics(few, workers=0)
    with pytest.raises(ConfigurationError, match="has enough scenes"):
        train(few, experiments=[AFRICA], config=TrainingConfig(**QUICK))
    assert "2 scene(s) with labels on 1 separate piece(s) of ground" in " ".join(
        capsys.readouterr().out.split()
    )


def test_a_study_without_the_column_opens_and_gains_it(study: Study) -> None:
    file = study.path / "scenes.parquet"
    pd.read_parquet(file).drop(columns="overlap_group").to_parquet(file)
    scenes = study.scenes()
    assert tuple(scenes.columns) == SCENE_COLUMNS
    assert scenes.overlap_group.tolist() == scenes.scene_id.tolist()
    # From the catalogue's centres alone, none of which lie near each other.
    assert grouped_scenes(study).overlap_group.tolist() == scenes.scene_id.tolist()
    assert "overlap_group" in pd.read_parquet(file)
