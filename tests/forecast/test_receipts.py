"""How good forecasts were, against their rivals."""

import numpy as np
import pandas as pd
import pytest
from forecast_study import make_receipts

from lcviz.forecast.receipts import beats_rivals, receipts
from lcviz.study.forecasts import RECEIPT_COLUMNS


def scored(groups: str = "abcd", error: float = 0.02) -> pd.DataFrame:
    random = np.random.default_rng(1)
    rows = [(f"m-{a}", a, b) for a in groups for b in groups if a != b for _ in range(3)]
    pairs = pd.DataFrame(rows, columns=["experiment", "train_group", "test_group"])
    truth = random.uniform(0.2, 0.8, len(pairs))
    return pairs.assign(
        **{"kind": "network", "split": "test", "accuracy": truth, "left_out": pairs.test_group},
        scene_id=[f"s{i}" for i in range(len(pairs))],
        forecast=truth + error * random.choice([-1, 1], len(pairs)),
        low=truth - 0.1,
        high=np.where(np.arange(len(pairs)) % 4 == 0, truth - 0.05, truth + 0.1),
        **{"home_accuracy": 0.9, "away_accuracy": 0.5, "mean_accuracy": 0.55},
        agreement=truth * 0.5,
    )


def test_receipts_by_hand():
    pairs = scored()
    table = receipts(pairs, "network", "season").set_index("method")
    assert table.loc["forecast", "mae"] == pytest.approx(0.02)
    assert table.loc["forecast", "coverage"] == pytest.approx(0.75)
    assert table.loc["forecast", "width"] == pytest.approx((pairs.high - pairs.low).mean())
    assert table.loc["home", "mae"] == pytest.approx((0.9 - pairs.accuracy).mean())
    assert table.loc["home", "gain"] == pytest.approx(table.loc["home", "mae"] - 0.02)
    assert table.loc["agreement", "mae"] == pytest.approx(pairs.accuracy.mean() / 2)
    assert table.loc["agreement", "rho"] == pytest.approx(1)
    assert "fusion" not in table.index  # nothing says what it is
    assert np.isnan(table.loc["away", "rho"])  # one value does not rank
    assert (table.groups == 4).all()
    assert (table.pairs == 36).all()
    assert beats_rivals(table.reset_index(), "network", "season")


def test_a_forecast_as_bad_as_its_rivals_does_not_beat_them():
    pairs = scored().assign(forecast=0.5)
    table = receipts(pairs, "network", "season")
    assert not beats_rivals(table, "network", "season")
    assert table.set_index("method").loc["away", "gain"] == 0


def test_without_intervals_nothing_is_beaten():
    table = receipts(scored("abc"), "network", "season")
    assert table.gain_low.isna().all()
    assert not beats_rivals(table, "network", "season")
    assert not beats_rivals(table, "simple", "season")


def test_home_pairs_and_unlabelled_ones_are_not_scored():
    pairs = scored()
    home = pairs.assign(split="home", accuracy=0.0)
    more = pd.concat([pairs, home, pairs.assign(accuracy=np.nan)])
    pd.testing.assert_frame_equal(
        receipts(more, "network", "season"), receipts(pairs, "network", "season")
    )
    assert receipts(home, "network", "season").columns.tolist() == list(RECEIPT_COLUMNS)
    assert receipts(home, "network", "season").empty


def test_both_rivals_and_chance_have_to_be_beaten() -> None:
    receipts = make_receipts(beats=True)
    assert beats_rivals(receipts, "network", "continent")
    assert not beats_rivals(make_receipts(beats=False), "network", "continent")
    assert not beats_rivals(receipts, "without", "continent")
    assert not beats_rivals(receipts[receipts.method != "home"], "network", "continent")
    rows = (receipts.kind == "network") & (receipts.axis == "continent")
    for method, column in (("home", "gain_low"), ("away", "gain_low"), ("forecast", "rho_low")):
        for value in (-0.01, 0.0, np.nan):
            spoilt = receipts.copy()
            spoilt.loc[rows & (spoilt.method == method), column] = value
            assert not beats_rivals(spoilt, "network", "continent")
