"""A tiny study, written through `Study` itself, for tests of the app and of what reads studies.

Labels are blocks of random classes, predictions are labels with random errors, and the results
table is computed from the two, so that every number the app shows can be recomputed.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from lcviz.data.histograms import add_scenes
from lcviz.imagery import label_picture
from lcviz.metrics import accuracy, confusion_matrix
from lcviz.study import PATCH_COLUMNS, RESULT_COLUMNS, SCENE_COLUMNS, Study
from lcviz.study.predictions import write_predictions
from lcviz.study.records import ModelCard, StudyInfo
from lcviz.study.statistics import write_histograms, write_scene_histogram
from lcviz.taxonomy import BANDS, CLASSES, EXPERIMENTS, NO_LABEL, split_scene_id

# scene id, longitude, latitude, country, continent
SCENES = (
    ("ROIs0000_spring_1", 37.9, -17.1, "MZ", "Africa"),
    ("ROIs0000_spring_2", 105.2, 31.4, "CN", "Asia"),
    ("ROIs0000_summer_1", 13.4, 9.8, "CM", "Africa"),
    ("ROIs0000_summer_2", 145.0, -36.5, "AU", "Australia"),
    ("ROIs0000_fall_1", 11.6, 48.3, "DE", "Europe"),
    ("ROIs0000_fall_2", -97.4, 38.1, "US", "North America"),
    ("ROIs0000_winter_1", -60.2, -15.8, "BO", "South America"),
    ("ROIs0000_winter_2", 22.5, -28.6, "ZA", "Africa"),
    ("ROIs0000_winter_3", -30.0, 50.0, None, None),
)
NO_LABELS_SCENE = "ROIs0000_fall_1"
NO_PICTURES_SCENE = "ROIs0000_fall_2"
NO_CONTINENT_SCENE = "ROIs0000_winter_3"
EXPERIMENT, TRAINING, VALIDATION = "continent-africa", "ROIs0000_spring_1", "ROIs0000_winter_2"
TEST_SCENE = "ROIs0000_spring_2"
MODELS = {
    EXPERIMENT: ((TRAINING, "ROIs0000_summer_1"), (VALIDATION,)),
    "season-winter": (("ROIs0000_winter_1", VALIDATION), (NO_CONTINENT_SCENE,)),
}
PATCHES = (3, 4, 33)


def make_study(path: Path, *, kind: str = "demo", models: bool = True) -> Study:
    """Write a study of nine scenes, three patches each, and two models into `path`."""
    rng = np.random.default_rng(7)
    study = Study.create(
        path, StudyInfo(name=path.name, kind=kind, data=None, seed=7, data_digest="made for tests")
    )
    scenes, patches, labels_of = [], [], {}
    for scene_id, longitude, latitude, country, continent in SCENES:
        _, season, number = split_scene_id(scene_id)
        place = (longitude, latitude)
        of_scene = (scene_id, season, number, *place, country, continent, len(PATCHES))
        scenes.append((*of_scene, scene_id))
        for patch in PATCHES:
            patch_id = f"{scene_id}_p{patch}"
            labels = _blocks(rng)
            labelled = scene_id != NO_LABELS_SCENE
            browsable = scene_id != NO_PICTURES_SCENE
            shares = (
                np.bincount(labels[labels != NO_LABEL], minlength=8) / (labels != NO_LABEL).sum()
            )
            status = "ok" if labelled else "no labels"
            pixels = int((labels != NO_LABEL).sum()) if labelled else 0
            patches.append(
                (
                    *(patch_id, scene_id, season, continent, *place, status, browsable, pixels),
                    *rng.uniform(300, 4000, len(BANDS)),
                    *(shares if labelled else np.full(len(CLASSES), np.nan)),
                )
            )
            labels_of[patch_id] = labels
            if browsable:
                noise = rng.integers(0, 40, (256, 256, 1), dtype=np.uint8)
                s2 = label_picture(labels)[..., :3] // 2 + noise
                s1 = np.repeat(noise * 5, 3, axis=2)
                study.write_quicklooks(patch_id, s2=s2, s1=s1, labels=labels if labelled else None)
    study.write_scenes(pd.DataFrame(scenes, columns=list(SCENE_COLUMNS)))
    study.write_patches(pd.DataFrame(patches, columns=list(PATCH_COLUMNS)))
    if models:
        _write_models(study, labels_of, rng)
    return study


def add_histograms(study: Study) -> dict[str, npt.NDArray[np.int64]]:
    """Write counts of every scene, and their sums: scene i has DN 1000 + 10 i to 1099 + 10 i.

    Each value occurs once in a band, and band b lies b DN higher. Returns the counts by scene.
    """
    counts = {}
    for i, (scene_id, *_) in enumerate(SCENES):
        counts[scene_id] = np.zeros((len(BANDS), 4000), np.int64)
        for band in range(len(BANDS)):
            low = 1000 + 10 * i + band
            counts[scene_id][band, low : low + 100] = 1
        write_scene_histogram(study, scene_id, counts[scene_id], "made for tests")
    groups = ((split_scene_id(scene_id)[1], continent) for scene_id, *_, continent in SCENES)
    sums = zip(groups, counts.values(), strict=True)
    write_histograms(study, add_scenes((*group, of_scene) for group, of_scene in sums))
    return counts


def _write_models(
    study: Study, labels_of: dict[str, npt.NDArray[np.uint8]], rng: np.random.Generator
) -> None:
    rows = []
    for experiment, (training, validation) in MODELS.items():
        axis, group = EXPERIMENTS[experiment]
        card = ModelCard(
            experiment=experiment,
            axis=axis,
            train_group=group,
            config={"max_epochs": 12, "learning_rate": 1e-3, "batch_size": 4, "augment": True},
            training_scenes=training,
            validation_scenes=validation,
            band_mean=(1000.0,) * len(BANDS),
            band_std=(500.0,) * len(BANDS),
            history={
                "epochs": 12,
                "best_epoch": 10,
                "best_validation_loss": 0.61,
                "best_validation_accuracy": 0.78,
            },
        )
        history = pd.DataFrame({"epoch": [1, 2], "validation_loss": [0.9, 0.61]})
        study.write_model(card, {"bias": torch.zeros(8)}, history)
        for scene_id, *_, continent in SCENES:
            predictions = {}
            confusion = np.zeros((8, 8), dtype=np.int64)
            for patch in PATCHES:
                labels = labels_of[f"{scene_id}_p{patch}"]
                prediction = np.where(labels == NO_LABEL, 2, labels)
                wrong = rng.random(labels.shape) < rng.uniform(0.05, 0.6)
                prediction[wrong] = rng.integers(0, 8, int(wrong.sum()))
                predictions[f"{scene_id}_p{patch}"] = prediction.astype(np.uint8)
                if scene_id != NO_LABELS_SCENE:
                    confusion += confusion_matrix(labels, prediction.astype(np.uint8))
            if scene_id != NO_PICTURES_SCENE:
                write_predictions(study, experiment, scene_id, predictions)
            if scene_id in training:
                continue
            test_group = continent if axis == "continent" else split_scene_id(scene_id)[1]
            score = accuracy(confusion)
            split = "home" if scene_id in card.home_test else "test"
            rows.append(
                (
                    *("paper", experiment, axis, group, scene_id, test_group, split),
                    *("modis", int(confusion.sum()), score, confusion.ravel().tolist()),
                )
            )
    study.write_results(pd.DataFrame(rows, columns=list(RESULT_COLUMNS)))


def _blocks(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    classes = rng.choice(8, 3, replace=False).astype(np.uint8)
    labels = classes[rng.integers(0, 3, (8, 8))]
    labels[0, 0] = NO_LABEL
    return labels.repeat(32, axis=0).repeat(32, axis=1)
