"""Three verdicts by fixed rules."""

import numpy as np
import pandas as pd
import pytest
from forecast_study import forecast_record

from lcviz.forecast.verdicts import (
    GAP,
    WORDS,
    accuracy_by_verdict,
    in_words,
    tells,
    verdict,
)


@pytest.mark.parametrize(
    ("outside", "distance", "limit", "expected"),
    [
        (0.0, 0.2, 0.5, "like"),
        (0.1, 0.5, 0.5, "like"),
        (0.11, 0.2, 0.5, "partly"),
        (0.0, 0.51, 0.5, "partly"),
        (0.49, 0.9, 0.5, "partly"),
        (0.5, 0.2, 0.5, "not"),
        (1.0, None, None, "not"),
        (0.05, None, None, "like"),
        (0.05, 0.9, None, "like"),
    ],
)
def test_rules(outside, distance, limit, expected):
    assert verdict(outside, distance, limit) == expected


def test_each_has_words():
    assert set(WORDS) == {"like", "partly", "not"}


@pytest.mark.parametrize("outside", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_has_no_verdict(outside):
    with pytest.raises(ValueError, match="share"):
        verdict(outside, None, None)


def indicators(accuracy: dict[str, float], spread: float) -> pd.DataFrame:
    """Five continents, three scenes of each, one like its training, one partly, one not."""
    random = np.random.default_rng(0)
    groups = ("Africa", "Asia", "Australia", "Europe", "North America")
    outside = {"like": 0.0, "partly": 0.3, "not": 0.8}
    return pd.DataFrame(
        {
            **{"experiment": f"continent-{train.lower().replace(' ', '-')}", "kind": "network"},
            **{"axis": "continent", "train_group": train, "test_group": test, "split": "test"},
            "accuracy": accuracy[name] + random.normal(0, spread),
            **{"outside_bands": 0.0, "outside_features": outside[name]},
            "landscape_distance": np.nan,
        }
        for train in groups
        for test in groups
        if train != test
        for name in outside
    )


def table_of(pairs: pd.DataFrame) -> pd.DataFrame:
    return accuracy_by_verdict(
        pairs, {name: forecast_record(name, ()) for name in pairs.experiment.unique()}
    )


def test_verdicts_are_said_where_they_tell_good_from_bad():
    table = table_of(indicators({"like": 0.8, "partly": 0.6, "not": 0.4}, 0.02))
    rows = table.set_index("verdict")
    assert rows.loc["like", "accuracy"] == pytest.approx(0.8, abs=0.02)
    assert rows.loc["not", "pairs"] == 20
    assert rows.loc[GAP, "accuracy"] == pytest.approx(0.4, abs=0.03)
    assert tells(table, "network", "continent")
    assert "no verdict" not in in_words(table, "network", "continent")
    assert not tells(table, "simple", "continent")
    assert in_words(table, "simple", "continent") == ""


def test_verdicts_are_not_said_where_they_tell_nothing():
    table = table_of(indicators(dict.fromkeys(WORDS, 0.5), 0.1))
    assert not tells(table, "network", "continent")
    said = in_words(table, "network", "continent")
    assert "**no verdict**" in said
    gap = table.set_index("verdict").loc[GAP]
    assert f"{100 * gap.accuracy:+.1f} points (95%: {100 * gap.low:+.1f}" in said


def test_a_verdict_that_was_never_due_settles_nothing():
    pairs = indicators(dict.fromkeys(WORDS, 0.5), 0.1)
    table = table_of(pairs[pairs.outside_features < 0.5])
    assert not tells(table, "network", "continent")
    assert "nan" not in in_words(table, "network", "continent")
    assert table_of(pairs.assign(accuracy=np.nan)).empty
