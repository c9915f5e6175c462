"""The study that ships: whole, consistent with itself, and what its seed and weights say."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from places import DEMO

from lcviz.forecast.validation import validate
from lcviz.imagery import true_colour
from lcviz.metrics import accuracy, confusion_matrix
from lcviz.network.predictor import Predictor, load_network
from lcviz.network.training.recipe import DEMO_CONFIG, TrainingConfig
from lcviz.study import Study
from lcviz.study.forecasts import (
    read_forecasters,
    read_forecasts,
    read_indicator_correlations,
    read_indicators,
    read_receipts,
)
from lcviz.study.pixels import patch_pixels
from lcviz.study.predictions import predicted_scenes, read_prediction
from lcviz.study.splits import UNSCORED, scene_parts
from lcviz.taxonomy import (
    CONTINENTS,
    EXPERIMENTS,
    SEASONS,
    WITHOUT_EXPERIMENTS,
)


@pytest.fixture(scope="module")
def demo() -> Study:
    return Study.open(DEMO)


def test_it_covers_every_continent_and_season(demo: Study) -> None:
    assert demo.is_demo
    counts = demo.scenes().groupby(["continent", "season"]).size().unstack()
    assert (counts.loc[list(CONTINENTS), list(SEASONS)] >= 3).all(axis=None)
    assert demo.experiments() == tuple(EXPERIMENTS)


def test_it_stays_light() -> None:
    assert sum(file.stat().st_size for file in DEMO.rglob("*")) < 80e6


def test_no_model_was_scored_on_what_it_was_trained_on(demo: Study) -> None:
    scenes, results = demo.scenes(), demo.results()
    for name, (axis, group) in EXPERIMENTS.items():
        card = demo.model(name)
        own = set(scenes.scene_id[scenes[axis] == group])
        parts = scene_parts(card, scenes)
        assert set(scenes.scene_id[parts.isin(["training", "validation", "home"])]) == own
        assert len(card.home_test) == round(0.2 * len(own))
        assert not set(card.training_scenes) & {*card.validation_scenes, *card.home_test}
        rows = results[results.experiment == name].set_index("scene_id")
        assert (
            rows.split.to_dict()
            == parts.set_axis(scenes.scene_id)[
                lambda part: ~part.isin(UNSCORED).to_numpy()
            ].to_dict()
        )
        if card.split == "three":
            assert not set(card.validation_scenes) & set(card.home_test)
            assert TrainingConfig(**card.config) == DEMO_CONFIG
        # What a card says of its recipe is what its settings are, whichever recipe it was.
        paper = asdict(TrainingConfig())
        departing = {k for k, v in card.config.items() if k in paper and v != paper[k]}
        assert set(card.departures) == departing - {"seed", "workers", "validation_share"}
        for setting, said in card.departures.items():
            assert said.startswith(f"{card.config[setting]}, where")


def test_models_of_all_but_one_continent_never_saw_it(demo: Study) -> None:
    scenes, results = demo.scenes(), demo.results()
    assert demo.experiments_without() == tuple(WITHOUT_EXPERIMENTS)
    for name, continent in WITHOUT_EXPERIMENTS.items():
        card = demo.model(name)
        seen = {*card.training_scenes, *card.validation_scenes, *card.home_test}
        assert seen == set(scenes.scene_id[scenes.continent != continent])
        rows = results[results.experiment == name]
        assert set(rows.scene_id) == set(scenes.scene_id) - set(card.training_scenes)
        assert set(rows.test_group[rows.split == "test"]) == {continent}
        assert {"crops_per_patch", "max_epochs"} <= set(card.departures)
        assert predicted_scenes(demo, name) == ()


def test_forecasts_follow_from_the_indicators(demo: Study) -> None:
    pairs = read_indicators(demo)
    again = validate(pairs)
    assert not again.problems
    for kept, forecaster in zip(read_forecasters(demo), again.forecasters, strict=True):
        assert (kept.columns, kept.left_out) == (forecaster.columns, forecaster.left_out)
        np.testing.assert_allclose(kept.coefficients, forecaster.coefficients, rtol=1e-6)
        assert kept.reach == pytest.approx(forecaster.reach)
    for kept, table in (
        (read_forecasts(demo), again.forecasts),
        (read_receipts(demo), again.receipts),
        (read_indicator_correlations(demo), again.correlations),
    ):
        pd.testing.assert_frame_equal(kept, table, rtol=1e-6)
    known = pairs.merge(demo.results(), on=["experiment", "scene_id"], suffixes=("", "_scored"))
    assert set(known.experiment) == {*demo.experiments(), *demo.experiments_without()}
    np.testing.assert_array_equal(known.accuracy, known.accuracy_scored)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_results_follow_from_the_cached_predictions(demo: Study, experiment: str) -> None:
    results = demo.results()
    patches = demo.patches(["patch_id", "scene_id", "labelled"])
    for row in results[results.experiment == experiment].itertuples():
        total = np.zeros((8, 8), np.int64)
        for patch_id in patches.patch_id[patches.scene_id == row.scene_id]:
            labels, prediction = demo.labels(patch_id), read_prediction(demo, experiment, patch_id)
            assert labels is not None
            assert prediction is not None
            total += confusion_matrix(labels, prediction)
        np.testing.assert_array_equal(np.reshape(row.confusion, (8, 8)), total)
        assert row.pixels == total.sum()
        assert row.accuracy == accuracy(total)


def test_pixels_from_the_seed_give_the_pictures_and_predictions(demo: Study) -> None:
    scene_id = demo.scenes().scene_id.iloc[17]
    patch_id = demo.browsable(scene_id)[2]
    # Another processor may round a pixel differently here and there.
    image = patch_pixels(demo, patch_id)
    picture = demo.quicklook(patch_id, "s2")
    assert picture is not None
    difference = true_colour(image.values, image.valid).astype(int) - picture
    assert abs(difference).mean() < 6  # The picture is kept with losses.

    experiment = "continent-africa"
    card = demo.model(experiment)
    predictor = Predictor(load_network(demo.weights(experiment)), card.band_mean, card.band_std)
    prediction = predictor.classes(image.values[None], image.valid[None])[0]
    assert (prediction == read_prediction(demo, experiment, patch_id)).mean() > 0.999
