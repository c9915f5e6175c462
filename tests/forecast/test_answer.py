from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from forecast_study import model_forecast

from lcviz.forecast.answer import answer, home_protocol, lead_in_words, not_told_apart
from lcviz.forecast.lead import Lead
from lcviz.forecast.ranking import image_ranking, known_accuracy
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


SURE = Lead(0.1, 60, 40)


def test_the_best_is_named_only_where_it_leads_by_more_than_is_needed():
    ranking = ranked(("Africa", 0.41, 0.2, 0.62), ("Asia", 0.602, 0.381, 0.81))
    assert answer(ranking, SURE) == "**Most likely best here: Asia, 60.2% (38.1 to 81.0%)**"
    unsure = answer(ranking, Lead(0.2, 60, 40))
    assert unsure == (
        "**Cannot tell these apart: Asia; Africa. Forecast highest: Asia, 60.2% (38.1 to 81.0%)**"
    )
    assert not any("best here" in answer(ranking, Lead(n, 60, 40)) for n in (0.2, 0.5, 1.0))


def test_those_too_near_the_first_are_named_and_no_others():
    ranking = ranked(
        *(("Asia", 0.6, 0.5, 0.7), ("Africa", 0.55, 0.4, 0.65), ("Europe", 0.51, 0.3, 0.6)),
        ("Australia", 0.2, 0.1, 0.3),
    )
    assert not_told_apart(ranking, SURE) == ["Asia", "Africa", "Europe"]
    assert "apart: Asia; Africa; Europe. " in answer(ranking, SURE)
    assert "Cannot tell these 4 models apart." in answer(ranking, Lead(0.5, 60, 40))
    assert not_told_apart(ranking, Lead(0.0, 60, 40)) == ["Asia"]


def test_equal_forecasts_are_not_told_apart_whatever_is_needed():
    ranking = ranked(("Asia", 0.6, 0.5, 0.7), ("Africa", 0.6, 0.5, 0.7))
    assert answer(ranking, Lead(0.0, 60, 60)).startswith("**Cannot tell these apart: ")


def test_a_model_alone_is_no_best():
    assert (
        answer(ranked(("Asia", 0.6, 0.5, 0.7)), SURE) == "**Forecast: Asia, 60.0% (50.0 to 70.0%)**"
    )


@pytest.mark.parametrize(("high", "trusted"), [(0.49, False), (0.51, True)])
def test_none_can_be_trusted_where_even_the_highest_is_wrong_on_most(high: float, trusted: bool):
    ranking = ranked(("Asia", 0.4, 0.1, high), ("Africa", 0.2, 0.0, 0.4))
    said = answer(ranking, SURE)
    assert said.startswith("**Most likely best" if trusted else "**None of these can be trusted")
    assert "Asia" in said


def test_what_a_lead_is_worth_is_said_with_its_scenes():
    two = ranked(("Asia", 0.6, 0.5, 0.7), ("Africa", 0.55, 0.4, 0.65))
    said = lead_in_words(two, Lead(0.25, 60, 20))
    assert "On 20 of 60 labelled scenes" in said and "more than 25.0 points" in said
    assert "more than" not in lead_in_words(two, Lead(1.0, 3, 2))
    assert "No labelled scene" in lead_in_words(two, Lead(1.0, 0, 0))
    assert lead_in_words(two.iloc[:1], SURE) == ""


def test_a_mean_of_scenes_has_no_interval():
    ranking = ranked(("Asia", 0.6, 0.5, 0.7), ("Africa", 0.4, 0.4, 0.6)).assign(
        low=np.nan, high=np.nan
    )
    assert answer(ranking, SURE) == "**Most likely best here: Asia, 60.0%**"


def test_what_is_no_better_than_a_guess_is_not_recommended():
    ranking = ranked(("Asia", 0.6, 0.5, 0.7), ("Africa", 0.3, 0.2, 0.4), trusted=False)
    assert answer(ranking, SURE).startswith("**None of these can be trusted here**")
    in_order = answer(ranking, SURE, order_holds=True)
    assert in_order.startswith("**Most likely best here: Asia.")
    close = answer(ranking, Lead(0.4, 60, 20), order_holds=True)
    assert close.startswith("**Cannot tell these apart: Asia; Africa. Forecast highest: Asia.")
    assert "60" not in answer(ranking, SURE) + in_order + close


def test_without_a_forecast_there_is_no_best():
    assert "No model can be forecast" in answer(ranked(("Asia", None, np.nan, np.nan)), SURE)


def test_home_is_named_with_its_protocol():
    def card(group: str, split: str) -> ModelCard:
        return ModelCard("continent-x", "continent", group, {}, (), (), (0.0,), (1.0,), split)

    assert "(three splits)" in home_protocol([card("Asia", "three")])
    assert "paper's protocol" in home_protocol([card("Asia", "paper")])
    both = home_protocol([card("Asia", "three"), card("Africa", "paper")])
    assert "three splits" in both and "for Africa, which also chose" in both
    assert home_protocol([]) == ""
