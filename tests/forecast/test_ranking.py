from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from forecast_study import forecast_record, make_receipts, model_forecast

from lcviz.forecast.ranking import (
    best_fallback,
    default_model,
    image_ranking,
    known_accuracy,
    place_of,
    scene_ranking,
    table_for_people,
    without_order,
)

INDICATORS = pd.DataFrame(
    {
        "experiment": ["continent-africa", "continent-africa", "continent-asia", "continent-asia"],
        "scene_id": ["a", "b", "a", "b"],
        "accuracy": [0.5, 0.7, 0.4, np.nan],
        "pixels": [100, 200, 100, 0],
    }
)
MODELS = (
    model_forecast(),
    model_forecast(
        experiment="simple-continent-africa",
        label="Africa, simple model",
        kind="simple",
        forecast=0.5,
        beats_rivals=False,
    ),
    model_forecast(experiment="continent-asia", label="Asia", forecast=None, trained_on_it=True),
    model_forecast(experiment="season-winter", label="Winter", axis="season", forecast=0.9),
)


def rank(**changes: object) -> pd.DataFrame:
    settings = {"homes": {"continent-africa": 0.8}, "groups": {"Africa"}}
    known = known_accuracy(INDICATORS, ["a", "b"])
    return image_ranking(MODELS, "continent", **(settings | changes), known=known)


def test_models_of_one_axis_are_ranked_and_what_cannot_be_comes_last():
    ranking = rank()
    assert ranking.label.tolist() == ["Africa", "Africa, simple model", "Asia"]
    # Only the first one's forecast can be believed; the second's is known, and so stands before
    # what has none.
    assert ranking["rank"].iloc[0] == 1 and ranking["rank"].iloc[1:].isna().all()
    assert ranking.place.tolist() == ["home", "home", "training"]
    assert ranking.home_accuracy.iloc[0] == 0.8


def test_known_accuracy_is_the_mean_over_labelled_scenes():
    known = known_accuracy(INDICATORS, ["a", "b"]).set_index("experiment")
    assert known.accuracy["continent-africa"] == pytest.approx(0.6)
    assert known.pixels["continent-africa"] == 300
    assert known.scenes["continent-asia"] == 1
    assert known_accuracy(INDICATORS, ["z"]).empty
    assert rank().measured.tolist()[0] == pytest.approx(0.6)


def test_numbers_that_are_not_trusted_are_not_told():
    table = table_for_people(rank())
    assert table.Forecast.tolist()[0] == 0.6
    assert np.isnan(table.Forecast.iloc[1])
    assert table.Rank.isna().tolist() == [False, True, True]
    nothing = rank().assign(trusted=False)
    assert "Forecast" not in table_for_people(nothing)


def test_where_no_forecast_can_be_believed_all_are_ranked_and_without_order_none():
    doubtful = [replace(model, beats_rivals=False) for model in MODELS]
    ranking = image_ranking(doubtful, "continent", {}, set(), known_accuracy(INDICATORS, []))
    assert ranking["rank"].tolist()[:2] == [1, 2] and np.isnan(ranking["rank"].iloc[2])
    none = without_order(ranking)
    assert none["rank"].isna().all() and not none.trusted.any()


def test_where_home_is():
    assert place_of("without-asia", {"Africa"}) == "home"
    assert place_of("without-asia", {"Africa", "Asia"}) == "away"
    assert place_of("simple-continent-asia", {"Asia"}) == "home"
    assert place_of("season-winter", {"Winter", "Fall"}) == "away"
    assert place_of("continent-asia", set()) == "unknown"


def test_the_fallback_is_the_best_simple_model():
    assert best_fallback(rank()) == "Africa, simple model"
    assert best_fallback(rank().iloc[:1]) is None
    assert default_model(rank()) == "continent-africa"
    assert default_model(rank().iloc[1:2]) == "simple-continent-africa"


def test_no_model_of_an_axis_is_an_empty_ranking():
    ranking = image_ranking(MODELS[:1], "season", {}, set(), known_accuracy(INDICATORS, []))
    assert ranking.empty and "measured" in ranking


def test_kept_forecasts_rank_without_imagery():
    forecasts = pd.DataFrame(
        {
            "experiment": ["continent-africa", "continent-africa", "continent-asia"],
            "scene_id": ["a", "b", "a"],
            "forecast": [0.4, 0.6, 0.7],
            "low": 0.2,
            "high": 0.9,
        }
    )

    models = {
        "continent-africa": forecast_record("continent-africa", ()),
        "continent-asia": forecast_record("continent-asia", ()),
        "continent-europe": forecast_record("continent-europe", ("a", "b", "c")),
    }
    known = known_accuracy(INDICATORS, ["a", "b"])
    receipts = make_receipts(beats=True)
    ranking = scene_ranking(forecasts, receipts, ["a", "b"], models, "continent", {"Africa"}, known)
    assert ranking.experiment.tolist() == ["continent-asia", "continent-africa", "continent-europe"]
    assert ranking.forecast.tolist()[:2] == [0.7, 0.5]
    assert ranking.place.iloc[2] == "training"
    assert ranking.trusted.all() and ranking.outside.isna().all()
