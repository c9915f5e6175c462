"""Calibration and coverage, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from lcviz.forecast.calibration import calibration, coverage_by_group, in_words, scored_pairs


def pairs_of(forecast: float | None = None) -> pd.DataFrame:
    """Sixty pairs of five groups; a forecast that always says the same, or one that is right."""
    rows = [
        (f"m{a}", f"{b}{i}", a, b) for a in "abcde" for b in "abcde" if a != b for i in range(3)
    ]
    table = pd.DataFrame(rows, columns=["experiment", "scene_id", "train_group", "test_group"])
    truth = np.tile(np.array([0.2, 0.5, 0.8]), 20)
    said = truth if forecast is None else np.full(60, forecast)
    return table.assign(accuracy=truth, forecast=said, low=said - 0.1, high=said + 0.1)


def test_one_answer_for_all_is_drawn_to_the_mean():
    found = calibration(pairs_of(0.5))
    by_accuracy = found[found.by == "accuracy"]
    assert by_accuracy.difference.tolist() == pytest.approx([0.3, 0, -0.3])
    assert by_accuracy.pairs.tolist() == [20, 20, 20]
    assert by_accuracy.low.iloc[0] > 0.25 and by_accuracy.high.iloc[2] < -0.25
    said = in_words(found, coverage_by_group(pairs_of(0.5)), "season")
    assert "off by +30, +0, -30 points" in said.replace("-0,", "+0,")
    assert "**forecasts are drawn to the mean**" in said
    # One answer is right on average: that tells nothing of when it can be believed.
    assert "where the forecast is, by " in said


def test_a_forecast_that_is_right_is_calibrated():
    found = calibration(pairs_of())
    assert found.difference.abs().max() == pytest.approx(0)
    assert "drawn to the mean" not in in_words(found, coverage_by_group(pairs_of()), "season")


def test_coverage_is_told_group_by_group():
    pairs = pairs_of()
    low = pairs.low.where((pairs.test_group != "c") | pairs.scene_id.isin(["c0"]), 0.9)
    found = coverage_by_group(pairs.assign(low=low, high=low + 0.2))
    assert found.group[0] == "c"
    assert found.coverage[0] == pytest.approx(1 / 3)
    assert (found.coverage[1:] == 1).all()
    assert found.pairs[0] == 12 and found.scenes[0] == 3
    said = in_words(calibration(pairs), found, "continent")
    assert "hold 33% in c (n = 12 pairs, 3 scenes) to 100% in" in said


def test_only_labelled_pairs_away_from_home_count():
    pairs = pairs_of(0.5)
    indicators = pairs.assign(kind="network", axis="season", split="test")
    more = pd.concat(
        [indicators, indicators.assign(split="validation"), indicators.assign(accuracy=np.nan)]
    )
    assert len(scored_pairs(pairs, more, "network", "season")) == 60
    assert scored_pairs(pairs, more, "simple", "season").empty
    empty = scored_pairs(pairs, more, "simple", "season")
    assert in_words(calibration(empty), coverage_by_group(empty), "season") == ""
