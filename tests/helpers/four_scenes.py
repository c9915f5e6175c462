"""Four scenes, a model trained on the first, and its scores on the rest."""

import pandas as pd

from lcviz.study.records import ModelCard

SCENES = pd.DataFrame(
    {
        "scene_id": ["a", "b", "c", "d"],
        "season": ["Spring", "Summer", "Fall", "Winter"],
        "scene": [1, 2, 3, 4],
        "longitude": [10.0, -20.0, 30.0, float("nan")],
        "latitude": [1.0, 2.0, 3.0, float("nan")],
        "country": ["KE", None, "DE", "FR"],
        "continent": ["Africa", None, "Europe", "Europe"],
        "patches": [10, 20, 30, 1234],
        "overlap_group": ["a", "b", "c", "d"],
    }
)
CARD = ModelCard(
    experiment="continent-africa",
    axis="continent",
    train_group="Africa",
    config={},
    training_scenes=("a",),
    validation_scenes=("b",),
    band_mean=(),
    band_std=(),
)
RESULTS = pd.DataFrame(
    {
        "experiment": ["continent-africa"] * 3 + ["continent-asia"],
        "scene_id": ["b", "c", "d", "c"],
        "accuracy": [0.25, 0.75, None, 0.1],
        "pixels": [100, 200, 0, 200],
    }
)
