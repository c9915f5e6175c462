"""The forecast tested on the truth: worked by hand, and how often its intervals cover."""

import numpy as np
import pandas as pd
import pytest

from lcviz.forecast.against_truth import ALL, against_truth, sentence, with_new_places
from lcviz.study.forecast_records import Forecaster


def pairs(rows: list[tuple[str, str, float, float, float]], **other: object) -> tuple:
    """Forecasts, results and truth of (experiment, scene, forecast, agreement, accuracy)."""
    names = ["experiment", "scene_id", "forecast", "agreement", "truth"]
    table = pd.DataFrame(rows, columns=names)
    results = table.assign(accuracy=table.agreement, axis="continent", split="test", **other)
    forecasts = table.assign(kind="network")[["experiment", "scene_id", "kind", "forecast"]]
    return forecasts, results, table.assign(accuracy=table.truth)


def test_worked_by_hand() -> None:
    table = against_truth(
        *pairs(
            [
                ("a", "s1", 0.6, 0.7, 0.5),
                ("a", "s2", 0.6, 0.5, 0.9),
                ("b", "s1", 0.4, 0.4, 0.6),
            ]
        )
    ).set_index("experiment")
    assert table.index.tolist() == [ALL, "a", "b"]
    # Of s1, both models first: agreement off by 0.1 and 0, accuracy by 0.1 and 0.2.
    row = table.loc[ALL]
    assert (row.pairs, row.scenes) == (3, 2)
    assert row.error_agreement == pytest.approx((0.05 + 0.1) / 2)
    assert row.error_accuracy == pytest.approx((0.15 + 0.3) / 2)
    assert row.difference == pytest.approx(0.15)
    assert np.isnan(row.difference_low)
    assert table.loc["b", "error_accuracy"] == pytest.approx(0.2)
    assert table.loc["a", "agreement"] == pytest.approx(0.6)


def test_only_pairs_away_from_home_that_are_scored_against_both_count() -> None:
    forecasts, results, truth = pairs([("a", f"s{i}", 0.5, 0.5, 0.4) for i in range(6)])
    results.loc[0, "split"] = "home"
    results.loc[1, "accuracy"] = np.nan
    table = against_truth(forecasts[forecasts.scene_id != "s2"], results, truth.iloc[:5])
    assert table.pairs.tolist() == [2, 2]
    assert sentence(table, "season") is None
    assert against_truth(forecasts, results, truth.iloc[:0]).empty


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [(0.2, "it is worse"), (-0.2, "even better"), (0.0, "not shown to be worse")],
)
def test_the_verdict_is_as_strong_as_its_interval(shift: float, verdict: str) -> None:
    random = np.random.default_rng(4)
    rows = []
    for scene in range(20):
        noise = random.normal(0, 0.02)
        off = 0.25 if shift < 0 else 0.05
        rows.append(("a", f"s{scene}", 0.5, 0.5 - off + noise, 0.5 - off - shift - noise))
    said = sentence(against_truth(*pairs(rows)), "continent")
    assert said is not None and verdict in said
    assert "n = 20 pairs of 20 scenes" in said
    few = sentence(against_truth(*pairs(rows[:3])), "continent")
    assert few is not None and "too few scenes" in few


def test_intervals_cover_the_truth_in_simulated_worlds() -> None:
    random, covered, worlds = np.random.default_rng(0), 0, 150
    for _ in range(worlds):
        rows = []
        for scene in range(12):
            hard = random.normal(0, 0.05)  # for both models alike
            for model in "ab":
                off = 0.2 + hard + random.normal(0, 0.03)
                rows.append((model, f"s{scene}", 0.5, 0.5, 0.5 - off))
        row = against_truth(*pairs(rows)).iloc[0]
        covered += row.error_accuracy_low <= 0.2 <= row.error_accuracy_high
    assert 0.9 <= covered / worlds <= 0.99


def test_a_scene_of_no_group_is_forecast_by_the_fit_to_all() -> None:
    def forecaster(left_out: str | None, intercept: float) -> Forecaster:
        return Forecaster(
            kind="network", axis="continent", left_out=left_out, columns=("agreement",),
            mean=(0.5,), std=(0.1,), coefficients=(0.05,), intercept=intercept, penalty=1.0,
            reach=0.1, reach_without=0.1, pairs=9, scenes=9, groups=3,
        )  # fmt: skip

    columns = ["experiment", "scene_id", "kind", "axis", "split", "test_group", "agreement"]
    rows = [
        ("a", "known", "network", "continent", "test", "Asia", 0.7),
        ("a", "places", "network", "continent", "test", None, 0.7),
        ("a", "unread", "network", "continent", "test", None, np.nan),
    ]
    indicators = pd.DataFrame(rows, columns=columns).assign(accuracy=0.5)
    kept = pd.DataFrame(
        {"experiment": ["a"], "scene_id": ["known"], "kind": ["network"], "forecast": [0.9]}
    )
    fits = (forecaster(None, 0.4), forecaster("Asia", 0.1))
    found = with_new_places(kept, indicators, fits).set_index("scene_id").forecast
    assert found.to_dict() == pytest.approx({"known": 0.9, "places": 0.5})
