"""The forecast where the truth is known, and where indicators tell nothing."""

import numpy as np
import pandas as pd
import pytest

from lcviz.errors import ConfigurationError
from lcviz.forecast.receipts import beats_rivals, indicator_correlations, receipts, rivals
from lcviz.forecast.regression import FUSION, conformal_reach, fit, predict
from lcviz.study.forecasts import INDICATORS
from lcviz.taxonomy import CONTINENTS


def world(seed: int = 0, *, told: bool, scenes: int = 10, spread: float = 0.15) -> pd.DataFrame:
    """Six models on the scenes of six continents.

    Where indicators tell, accuracy is 0.9 - 0.4 x the dissimilarity of the features, with noise of
    0.03; else it is drawn apart from them. Each continent is easier or harder than others.
    """
    random = np.random.default_rng(seed)
    rows = []
    for test_group in CONTINENTS:
        level = random.normal(0, 0.05)
        for scene in range(scenes):
            for train_group in CONTINENTS:
                home = train_group == test_group
                if home and scene > 1:
                    continue
                row = {name: random.normal() for name in INDICATORS}
                row["di_features"] = random.uniform(0, 0.4 if home else 1.5)
                accuracy = (
                    0.9 - 0.4 * row["di_features"] + random.normal(0, 0.03)
                    if told
                    else 0.55 + level + random.normal(0, spread)
                )
                rows.append(
                    row
                    | {
                        "experiment": f"continent-{train_group}",
                        "train_group": train_group,
                        "test_group": test_group,
                        "scene_id": f"{test_group}-{scene}",
                        "split": "home" if home else "test",
                        "accuracy": float(np.clip(accuracy, 0, 1)),
                    }
                )
    pairs = pd.DataFrame(rows)
    return pairs.join(rivals(pairs))


def forecast_unseen(pairs: pd.DataFrame) -> pd.DataFrame:
    parts = [
        predict(fit(pairs, "network", "continent", group), pairs[pairs.test_group == group]).assign(
            left_out=group
        )
        for group in CONTINENTS
    ]
    return pairs.join(pd.concat(parts))


def test_where_the_truth_is_known_it_is_recovered():
    pairs = world(told=True)
    forecaster = fit(pairs, "network", "continent")
    slopes = dict(
        zip(
            forecaster.columns,
            np.array(forecaster.coefficients) / np.array(forecaster.std),
            strict=True,
        )
    )
    assert slopes["di_features"] == pytest.approx(-0.4, abs=0.02)
    assert max(abs(slopes[c]) for c in ("doc", "atc", "agreement")) < 0.01
    # Of normal noise with a standard deviation of 0.03, 80 % lies within 1.28 x 0.03.
    assert forecaster.reach == pytest.approx(1.28 * 0.03, rel=0.2)
    assert forecaster.reach < forecaster.reach_without / 3


def test_where_the_truth_is_known_unseen_continents_are_forecast_and_rivals_beaten():
    found = forecast_unseen(world(told=True))
    table = receipts(found, "network", "continent")
    forecast = table.set_index("method").loc["forecast"]
    assert forecast.mae == pytest.approx(0.03 * np.sqrt(2 / np.pi), rel=0.15)
    assert forecast.rho > 0.9
    assert 0.7 < forecast.coverage < 0.9
    assert forecast.groups == 6
    assert beats_rivals(table, "network", "continent")


@pytest.mark.parametrize("seed", range(5))
def test_where_indicators_tell_nothing_intervals_widen_and_rivals_stay_unbeaten(seed):
    known, unknown = world(seed, told=True), world(seed, told=False)
    forecaster = fit(unknown, "network", "continent")
    assert forecaster.reach > 3 * fit(known, "network", "continent").reach
    # What remains is the mean, as far as it is off.
    assert forecaster.reach == pytest.approx(forecaster.reach_without, rel=0.15)
    found = forecast_unseen(unknown)
    table = receipts(found, "network", "continent")
    forecast = table.set_index("method").loc["forecast"]
    assert forecast.coverage > 0.65
    assert forecast.width > 0.25
    assert not beats_rivals(table, "network", "continent")


def test_over_many_worlds_intervals_hold_what_they_promise():
    held = [
        receipts(forecast_unseen(world(seed, told=False, scenes=6)), "network", "continent")
        .set_index("method")
        .loc["forecast", "coverage"]
        for seed in range(8)
    ]
    assert np.mean(held) == pytest.approx(0.8, abs=0.05)


def test_a_forecaster_never_sees_the_group_it_speaks_of():
    pairs = world(told=True)
    spoilt = pairs.copy()
    of_asia = spoilt.test_group == "Asia"
    spoilt.loc[of_asia, ["accuracy", *INDICATORS]] = 0.0
    first = fit(pairs, "network", "continent", "Asia")
    assert fit(spoilt, "network", "continent", "Asia") == first
    assert fit(spoilt, "network", "continent") != fit(pairs, "network", "continent")


def test_neither_order_nor_unlabelled_pairs_change_a_fit():
    pairs = world(told=True)
    more = pd.concat([pairs, pairs.assign(accuracy=np.nan)])
    assert fit(more.sample(frac=1, random_state=1), "network", "continent") == fit(
        pairs, "network", "continent"
    )


def test_what_is_not_known_in_a_study_is_left_out():
    pairs = world(told=True).assign(landscape_distance=np.nan, band_distance=np.nan)
    forecaster = fit(pairs, "network", "continent")
    assert forecaster.columns == tuple(
        c for c in FUSION[-1] if c not in ("landscape_distance", "band_distance")
    )
    assert predict(forecaster, pairs).notna().all().all()
    unknown = predict(forecaster, pairs.assign(doc=np.nan))
    assert unknown.isna().all().all()


def test_forecasts_are_accuracies():
    forecaster = fit(world(told=True), "network", "continent")
    far = world(told=True).assign(di_features=[-50.0, 50.0] * 156)
    found = predict(forecaster, far)
    assert found.min().min() == 0
    assert found.max().max() == 1
    assert ((found.low <= found.forecast) & (found.forecast <= found.high)).all()


@pytest.mark.parametrize(
    ("groups", "scenes"), [(("Africa", "Asia"), 10), (CONTINENTS, 1), (("Africa",), 10)]
)
def test_too_little_is_said(groups, scenes):
    pairs = world(told=True, scenes=scenes)
    with pytest.raises(ConfigurationError, match="needs pairs of 3 continents and 8 scenes"):
        fit(pairs[pairs.test_group.isin(groups)], "network", "continent")


def test_the_reach_by_hand():
    residuals = np.arange(1, 10) / 10
    scenes = [f"s{i}" for i in range(9)]
    # Nine scenes of weight 1/10 each: eight of them make 80 %.
    assert conformal_reach(residuals, scenes) == 0.8
    assert conformal_reach(residuals[:4], scenes[:4]) == 0.4  # four fifths
    assert conformal_reach(residuals[:3], scenes[:3]) == 1  # three quarters are not enough
    # Six pairs of one scene count as one scene.
    crowded = np.concatenate([np.full(6, 0.9), residuals[:8]])
    assert conformal_reach(crowded, ["crowd"] * 6 + scenes[:8]) == 0.8


def test_rivals_by_hand():
    rows = [
        ("m-a", "A", "A", "home", 0.8),
        ("m-a", "A", "B", "test", 0.5),
        ("m-a", "A", "B", "test", 0.3),
        ("m-a", "A", "C", "test", 0.6),
        ("m-b", "all but B", "B", "test", 0.2),
        ("m-c", "all but C", "C", "test", 0.7),
    ]
    columns = ["experiment", "train_group", "test_group", "split", "accuracy"]
    found = rivals(pd.DataFrame(rows, columns=columns))
    assert found.home_accuracy[:4].tolist() == [0.8] * 4
    assert np.isnan(found.home_accuracy[4])
    # Of A: the mean of its cells B (0.4) and C (0.6), without the one that is asked for.
    np.testing.assert_allclose(found.away_accuracy[:4], [0.5, 0.6, 0.6, 0.4])
    # The mean of all away pairs but those of the group: of B these are 0.6 and 0.7.
    np.testing.assert_allclose(found.mean_accuracy[1], 0.65)
    np.testing.assert_allclose(found.mean_accuracy[0], np.mean([0.5, 0.3, 0.6, 0.2, 0.7]))
    # A model with one away cell has the others' of the table.
    np.testing.assert_allclose(found.away_accuracy[4], np.mean([0.6, 0.7]))


def test_single_indicators_are_ranked_with_intervals():
    table = indicator_correlations(world(told=True), "network", "continent").set_index("indicator")
    best = table.loc["di_features"]
    assert best.rho < -0.9
    assert best.rho_low < best.rho < best.rho_high < -0.8
    assert table.loc["doc"].rho_low < 0 < table.loc["doc"].rho_high
    assert best.groups == 6
