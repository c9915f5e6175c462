"""Which forecast a study uses: several indicators only where they beat agreement alone."""

import numpy as np
import pandas as pd

from lcviz.forecast.receipts import beats_rivals, rests_on
from lcviz.forecast.validation import validate
from lcviz.study.forecasts import INDICATORS
from lcviz.taxonomy import CONTINENTS


def pairs_of(*, told_by: str, scenes: int = 4) -> pd.DataFrame:
    """Six models on six continents; accuracy is a line in one indicator, the others are noise."""
    random = np.random.default_rng(0)
    rows = [
        {"train_group": train, "test_group": test, "scene_id": f"{test}{scene}"}
        | {name: random.normal() for name in INDICATORS}
        for test in CONTINENTS
        for scene in range(scenes)
        for train in CONTINENTS
    ]
    pairs = pd.DataFrame(rows)
    told = random.uniform(0.2, 0.8, len(pairs))
    home = pairs.train_group == pairs.test_group
    return pairs.assign(
        **{told_by: told, "kind": "network", "axis": "continent"},
        accuracy=(0.1 + 0.9 * told + random.normal(0, 0.02, len(pairs))).clip(0, 1),
        experiment="continent-" + pairs.train_group.str.lower(),
        split=np.where(home, "home", "test"),
    )


def test_where_agreement_tells_all_it_is_the_forecast():
    found = validate(pairs_of(told_by="agreement"))
    assert rests_on(found.receipts, "network", "continent") == "calibrated"
    assert beats_rivals(found.receipts, "network", "continent")
    assert {f.columns for f in found.forecasters} == {("agreement",)}
    assert len(found.forecasters) == 7
    rows = found.receipts.set_index("method")
    assert rows.mae["forecast"] < 0.03 < rows.mae["mean"]
    # The slope is 0.9: what agrees in 80 % is right in 82 %.
    assert 0.02 < rows.mae["agreement"] < 0.1
    assert rows.gain_low["fusion"] <= 0


def test_several_indicators_are_the_forecast_where_they_tell_more_than_agreement():
    found = validate(pairs_of(told_by="di_features"))
    assert rests_on(found.receipts, "network", "continent") == "fusion"
    rows = found.receipts.set_index("method")
    assert rows.gain_low["calibrated"] > 0 and rows.gain_low["agreement"] > 0
    assert all("di_features" in f.columns for f in found.forecasters)


def test_without_agreement_the_regression_is_left():
    found = validate(pairs_of(told_by="di_features").assign(agreement=np.nan))
    assert rests_on(found.receipts, "network", "continent") == "fusion"
    assert "agreement" not in set(found.receipts.method)
    assert not found.problems
