"""Sixteen scenes of four continents, a small square of each, for the stage `transfer`."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sen12ms_files import noise, save_patch

from lcviz.network.densenet import FCDenseNet
from lcviz.study import RESULT_COLUMNS, Study
from lcviz.study.records import ModelCard
from lcviz.taxonomy import train_group_of
from precompute.stages.index import index
from precompute.stages.landscapes import landscapes
from precompute.stages.statistics import statistics
from precompute.stages.train import BAND_MEAN, BAND_STD, is_member

PLACES = {
    "Africa": (20.0, 0.0),
    "Asia": (100.0, 30.0),
    "Australia": (140.0, -25.0),
    "Europe": (10.0, 48.0),
}
EXPERIMENTS = ("continent-africa", "continent-asia", "without-europe")
SETTINGS = {"patches": 1, "side": 64, "device": "cpu", "workers": 0}


def scene_ids(continent: str) -> list[str]:
    first = 1 + 4 * list(PLACES).index(continent)
    return [f"ROIs0000_spring_{number}" for number in range(first, first + 4)]


def make_untouched(root: Path) -> Study:
    """A study that has everything but `transfer/`: brighter continents, random networks."""
    data = root / "data"
    rows = ["season,scene,longitude,latitude,country,continent,patches,holdout"]
    for place, (continent, (longitude, latitude)) in enumerate(PLACES.items()):
        for scene_id in scene_ids(continent):
            number = int(scene_id.rpartition("_")[2])
            s2 = noise("s2", seed=number) // 2 + np.uint16(300 * place)
            lc = noise("lc", seed=number)
            save_patch(data, f"{scene_id}_p0", ("s2", "lc"), {"s2": s2, "lc": lc})
            rows.append(f"spring,{number},{longitude},{latitude},,{continent},1,0")
    (data / "scenes.csv").write_text("\n".join(rows) + "\n")
    study = index(data, root / "study", browsable=1, seed=0, name="four", workers=0)
    statistics(study, workers=0)
    landscapes(study, ks=[16], seed=0, starts=1)
    for seed, name in enumerate(EXPERIMENTS):
        add_model(study, name, seed)
    return study


def add_model(study: Study, name: str, seed: int) -> None:
    """A network that was not trained, and made-up scores."""
    torch.manual_seed(seed)
    axis, group = train_group_of(name)
    scenes = study.scenes()
    members = scenes.scene_id[is_member(scenes, name)].tolist()
    card = ModelCard(
        experiment=name,
        axis=axis,
        train_group=group,
        config={},
        training_scenes=tuple(members[:-2]),
        validation_scenes=tuple(members[-2:]),
        band_mean=BAND_MEAN,
        band_std=BAND_STD,
    )
    history = pd.DataFrame({"epoch": [1], "validation_loss": [0.5]})
    study.write_model(card, FCDenseNet(10, 8).state_dict(), history)
    random = np.random.default_rng(seed)
    rows = [
        (
            *("paper", name, axis, group, row.scene_id, row.continent),
            *("home" if row.scene_id in card.home_test else "test", "modis"),
            *(65536, random.uniform(0.2, 0.9), [0] * 64),
        )
        for row in scenes.itertuples()
        if row.scene_id not in card.training_scenes
    ]
    table = pd.DataFrame(rows, columns=list(RESULT_COLUMNS))
    old = [study.results()] if (study.path / "results.parquet").is_file() else []
    study.write_results(pd.concat([*old, table]))


def copied(untouched: Path, tmp_path: Path) -> Study:
    study = Study.open(shutil.copytree(untouched, tmp_path / "study"))
    # The dataset stays where it is.
    info = (
        (study.path / "study.json").read_text().replace("../data", str(untouched.parent / "data"))
    )
    (study.path / "study.json").write_text(info)
    return Study.open(study.path)


def artefacts(study: Study) -> dict[str, bytes]:
    files = sorted((study.path / "transfer").rglob("*.*"))
    return {str(file.relative_to(study.path)): file.read_bytes() for file in files}
