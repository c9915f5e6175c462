import numpy as np
import pandas as pd
import pytest
from forecast_study import make_receipts, model_forecast

from lcviz.forecast.words import RULES, SOURCES, first_line, reasons, receipt_table, verdict_line
from lcviz.study.forecasts import INDICATORS

NAMES = ("Water, dark", "Dense forest, green", "Barren, bright")


def test_a_forecast_that_beats_plain_guesses_says_by_how_much():
    line = first_line(make_receipts(beats=True), "continent")
    assert line.startswith("**The forecast is better than plain guesses.**")
    assert "**8.0 points** (95%: 6.0 to 10.0)" in line
    assert "home accuracy 15.0 points" in line and "11.0 points" in line
    assert "n = 300 pairs of a model and a scene, 6 continents" in line
    assert "the mean accuracy of all models elsewhere 13.0 points" in line
    assert "It is how far the models agree, calibrated: several indicators together are not" in line
    assert "(gain -0.5 points (95%: -9.5 to 8.5))" in line
    assert "For simple models, it beats them too." in line


def test_a_forecast_that_does_not_says_ranking_only_and_doubts_the_ranking_too():
    line = first_line(make_receipts(beats=False), "season")
    assert "a ranking only" in line.split("**")[1]
    assert "(gain +3.0 points (95%: -6.0 to 12.0))" in line
    assert "Nor is it shown that the ranking is right (Spearman's rho +0.62" in line


def test_a_ranking_that_is_right_is_called_right():
    receipts = make_receipts(beats=False).assign(rho_low=0.2)
    assert "its order follows the true accuracies" in first_line(receipts, "continent")


def test_a_regression_that_beats_agreement_says_what_it_gains():
    receipts = make_receipts(beats=True).replace({"method": {"fusion": "calibrated"}})
    receipts.loc[receipts.method == "calibrated", ["gain", "gain_low"]] = 0.02, 0.01
    line = first_line(receipts, "continent")
    assert "better than how far models agree alone (gain +2.0 points (95%: 1.0 to 9.5))" in line


def test_receipts_of_an_earlier_version_beat_nothing_and_say_nothing_of_agreement():
    receipts = make_receipts(beats=True)
    receipts = receipts[receipts.method.isin(["forecast", "home", "away"])]
    line = first_line(receipts, "continent")
    assert "a ranking only" in line
    assert "earlier version" in line and "`transfer`" in line


def test_kinds_that_differ_are_told_apart():
    receipts = make_receipts(beats=True)
    receipts.loc[(receipts.kind == "simple"), "gain_low"] = -0.1
    line = first_line(receipts, "continent")
    assert line.startswith("**The forecast is better")
    assert "For simple models, it does not, so that they are only ranked." in line


@pytest.mark.parametrize("lost", ["all", "values"])
def test_without_receipts_it_does_not_know(lost: str):
    receipts = make_receipts(beats=True)
    receipts = receipts.iloc[:0] if lost == "all" else receipts.assign(mae=np.nan)
    line = first_line(receipts, "continent")
    assert "not known in this study: a ranking only" in line
    assert "at least two continents" in line


def test_without_intervals_nothing_is_beaten():
    receipts = make_receipts(beats=True).assign(
        **dict.fromkeys(("gain_low", "gain_high", "mae_low", "mae_high", "rho_low"), np.nan)
    )
    line = first_line(receipts, "continent")
    assert "a ranking only" in line
    assert "nan" not in line


def test_the_table_of_receipts_holds_every_method_with_its_interval():
    table = receipt_table(make_receipts(beats=True), "season")
    assert len(table) == 12
    first = table.iloc[0]
    assert first["Mean absolute error (points)"] == "8.0 [6.0, 10.0]"
    assert first["Coverage of 80% (%)"] == "83 [74, 90]"
    assert first["Forecast better by (points)"] == "--"
    assert first["Seasons"] == 4
    assert table.iloc[4]["Forecast better by (points)"] == "+7.0 [+1.0, +16.0]"


def test_a_verdict_names_the_fallback():
    assert "Africa: trained on landscapes partly like this" in verdict_line(model_forecast(), None)
    bad = model_forecast(verdict="not")
    assert "Use the fallback (Africa, simple model), or label" in verdict_line(
        bad, "Africa, simple model"
    )
    assert "Use a simpler model" in verdict_line(bad, None)
    assert "Nothing is forecast: too few." in verdict_line(model_forecast(why_not="Too few."), None)


def test_reasons_count_tiles_and_name_the_foreign_landscapes():
    outside, most, missing = reasons(model_forecast(), NAMES)
    assert outside.startswith("**25%** of the image (n = 3 tiles)")
    assert "70% of the image is **0 · Water, dark**, of which its training has 0%" in most
    assert "30% of the image is **2 · Barren, bright**" in most
    assert missing == (
        "**70%** of the image is of landscapes that its training hardly has: 0 · Water, dark."
    )
    assert len(reasons(model_forecast(landscapes=pd.DataFrame()), ())) == 1
    assert "**0**" in reasons(model_forecast(), ())[1]


def test_every_indicator_has_a_source_and_the_rules_name_their_numbers():
    assert set(SOURCES) == set(INDICATORS)
    assert "10%" in RULES and "50%" in RULES
