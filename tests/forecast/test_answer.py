from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from forecast_study import model_forecast

from lcviz.forecast.answer import answer, beside, home_protocol
from lcviz.forecast.ranking import image_ranking, known_accuracy, without_order
from lcviz.study.records import ModelCard

NOTHING_KNOWN = known_accuracy(
    pd.DataFrame({"experiment": [], "scene_id": [], "accuracy": [], "pixels": []}), []
)


def ranked(*estimates: tuple[str, float | None, float, float], trusted: bool = True):
    models = [
        replace(
            model_forecast(),
            experiment=f"continent-{name.lower()}",
            label=name,
            forecast=value,
            low=low,
            high=high,
            beats_rivals=trusted,
        )
        for name, value, low, high in estimates
    ]
    return image_ranking(models, "continent", {}, set(), NOTHING_KNOWN)


def test_the_best_is_named_with_its_interval():
    ranking = ranked(("Africa", 0.41, 0.2, 0.62), ("Asia", 0.602, 0.381, 0.81))
    assert answer(ranking) == "**Best here: Asia, 60% (38 to 81%)**"
    assert beside(ranking) == "Africa may be as good: its interval reaches as high."


@pytest.mark.parametrize(("high", "trusted"), [(0.49, False), (0.51, True)])
def test_none_can_be_trusted_where_even_the_best_is_wrong_on_most(high: float, trusted: bool):
    ranking = ranked(("Asia", 0.3, 0.1, high), ("Africa", 0.2, 0.0, 0.4))
    assert answer(ranking).startswith(
        "**Best here" if trusted else "**None of these can be trusted"
    )
    assert "Asia" in answer(ranking)


def test_others_that_may_be_as_good_are_counted():
    ranking = ranked(
        *(("Asia", 0.6, 0.5, 0.7), ("Africa", 0.55, 0.4, 0.65), ("Europe", 0.5, 0.3, 0.6)),
        ("Australia", 0.2, 0.1, 0.3),
    )
    assert beside(ranking) == "2 of the 3 others may be as good: their intervals reach as high."
    assert beside(ranking.iloc[:3]).startswith("All 2 others")
    assert beside(ranking.iloc[[0, 3]]) == "No other model's interval reaches as high."
    assert beside(ranking.iloc[:1]) == ""


def test_a_mean_of_scenes_has_no_interval():
    ranking = ranked(("Asia", 0.6, 0.5, 0.7), ("Africa", 0.5, 0.4, 0.6)).assign(
        low=np.nan, high=np.nan
    )
    assert answer(ranking) == "**Best here: Asia, 60%**"
    assert beside(ranking) == ""


def test_what_is_no_better_than_a_guess_is_not_recommended():
    ranking = ranked(("Asia", 0.6, 0.5, 0.7), trusted=False)
    assert answer(ranking).startswith("**None of these can be trusted here**")
    assert answer(ranking, order_holds=True).startswith("**Most likely best here: Asia.")
    assert "60" not in answer(ranking) + answer(ranking, order_holds=True)


def test_nothing_is_said_of_a_real_place_by_models_that_have_never_seen_one():
    ranking = without_order(ranked(("Asia", 0.9, 0.8, 1.0)))
    assert "never seen a real place" in answer(ranking, foreign=True)


def test_without_a_forecast_there_is_no_best():
    assert "No model can be forecast" in answer(ranked(("Asia", None, np.nan, np.nan)))


def test_home_is_named_with_its_protocol():
    def card(group: str, split: str) -> ModelCard:
        return ModelCard("continent-x", "continent", group, {}, (), (), (0.0,), (1.0,), split)

    assert "(three splits)" in home_protocol([card("Asia", "three")])
    assert "paper's protocol" in home_protocol([card("Asia", "paper")])
    both = home_protocol([card("Asia", "three"), card("Africa", "paper")])
    assert "three splits" in both and "for Africa, which also chose" in both
    assert home_protocol([]) == ""
