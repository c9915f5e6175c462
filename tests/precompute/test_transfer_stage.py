"""What the stage `transfer` measures, on sixteen scenes of four continents."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from transfer_study import EXPERIMENTS, PLACES, copied, scene_ids

from lcviz.forecast import indicators
from lcviz.forecast.adaptation import part_for_statistics
from lcviz.forecast.against_truth import ALL, read_against_truth
from lcviz.forecast.live import forecast_image, load_context, scene_image
from lcviz.forecast.receipts import beats_rivals
from lcviz.network.adaptation import blend_weight
from lcviz.study import Study
from lcviz.study.forecast_records import Forecaster
from lcviz.study.forecasts import (
    INDICATORS,
    forecast_experiments,
    looked_at,
    read_adaptation,
    read_forecast_record,
    read_forecasters,
    read_forecasts,
    read_indicator_correlations,
    read_indicators,
    read_receipts,
    read_tiles,
)


def test_every_pair_that_a_model_was_not_trained_on_is_measured(made: Study) -> None:
    assert forecast_experiments(made) == (
        *EXPERIMENTS,
        *("simple-continent-africa", "simple-continent-asia"),
    )
    pairs = read_indicators(made)
    # 16 scenes but the two that each network, and its simple model, was trained on; 16 but 10.
    assert pairs.groupby("experiment").size().to_dict() == {
        **dict.fromkeys(("continent-africa", "continent-asia"), 14),
        **dict.fromkeys(("simple-continent-africa", "simple-continent-asia"), 14),
        "without-europe": 6,
    }
    networks = pairs[pairs.kind != "simple"]
    others = [name for name in INDICATORS if name != "agreement"]
    assert networks[others].notna().all().all()
    # The only other network knows the region that it was trained on, and is not asked there.
    alone = networks[(networks.kind == "network") & networks.agreement.isna()]
    known_by = {"continent-africa": "Asia", "continent-asia": "Africa"}
    assert len(alone) == 2 * 4
    assert (alone.test_group == alone.experiment.map(known_by)).all()
    simple = pairs[pairs.kind == "simple"]
    without_features = [i for i in others if not i.endswith("_features")]
    assert simple[without_features].notna().all().all()
    assert simple[["di_features", "outside_features"]].isna().all().all()
    shares = pairs[["confidence", "atc", "cott", "outside_bands"]]
    assert ((shares >= 0) & (shares <= 1)).all().all()
    merged = networks.merge(made.results(), on=["experiment", "scene_id"])
    np.testing.assert_array_equal(merged.accuracy_x, merged.accuracy_y)


def test_home_is_nearer_than_what_is_foreign(made: Study) -> None:
    """Africa is the darkest continent, Europe the brightest: imagery alone tells them apart."""
    pairs = read_indicators(made)
    of_africa = (
        pairs[pairs.experiment == "continent-africa"].groupby("test_group").mean(numeric_only=True)
    )
    for indicator in ("band_distance", "di_bands"):
        assert of_africa[indicator]["Africa"] < of_africa[indicator]["Europe"]
    assert of_africa.outside_bands["Europe"] > 0.9


def test_records_hold_what_a_forecast_needs(made: Study) -> None:
    record, tiles = read_forecast_record(made, EXPERIMENTS[0]), read_tiles(made, EXPERIMENTS[0])
    assert record.training_scenes == tuple(scene_ids("Africa")[:2])
    assert set(tiles.patch_id) == {f"{scene}_p0" for scene in record.training_scenes}
    assert record.features is not None
    assert len(record.features.maps) == 16
    assert tiles.shape == (2, 2 + 10 + 16)  # a square of 64 pixels is one tile
    assert record.source_accuracy == pytest.approx(1 / 8, abs=0.1)
    assert record.pixels == 2 * 2048
    assert sum(record.class_marginal) == pytest.approx(1)
    home = made.results().query("experiment == @record.experiment and split == 'home'")
    assert record.home_accuracy == pytest.approx(home.accuracy.mean())
    simple = read_forecast_record(made, "simple-continent-africa")
    assert simple.features is None
    assert simple.home_accuracy is not None


def test_simple_models_are_scored_on_every_labelled_pixel(made: Study) -> None:
    table = read_indicators(made).query("kind == 'simple'")
    assert not table.empty
    assert (table.pixels == 65536).all()
    # Labels are noise: no model can be better than its most frequent class.
    assert table.accuracy.max() < 0.25


def test_forecasts_leave_the_scene_s_continent_out(made: Study) -> None:
    forecasts = read_forecasts(made).merge(
        read_indicators(made)[["experiment", "scene_id", "test_group", "axis"]]
    )
    assert set(forecasts.kind) == {"network", "simple"}  # one model of a kind is too few pairs
    assert (forecasts.left_out == forecasts.test_group).all()
    assert forecasts.forecast.between(0, 1).all()
    assert (forecasts.low <= forecasts.forecast).all()
    fits = read_forecasters(made)
    assert [f.left_out for f in fits if f.kind == "network"] == [None, *PLACES]
    receipts = read_receipts(made)
    rows = receipts[receipts.kind == "network"].set_index("method")
    # Two networks: where one of them is at home, the other has none to agree with.
    assert rows.pairs["agreement"] == 16
    rows = rows.drop("agreement")
    assert (rows.groups == 4).all()
    assert (rows.pairs == 24).all()
    assert not beats_rivals(receipts, "network", "continent")  # the scores are random
    assert set(read_indicator_correlations(made).kind) == {"network", "without", "simple"}


def test_adapting_is_scored_for_networks(made: Study) -> None:
    table = read_adaptation(made)
    assert set(table.experiment) == {"continent-africa", "continent-asia"}
    assert (table.pixels == 64 * 64).all()
    assert table.accuracy_adapted.between(0, 1).all()
    assert (table.accuracy_plain != table.accuracy_adapted).any()
    # What is measured is what is offered: statistics of as many pixels, blended alike.
    offered = part_for_statistics(scene_image(made, scene_ids("Europe")[:1], 1), looked_at(made))
    assert offered.valid.shape == (1, 64, 64)
    assert (table.blend == blend_weight(offered.valid.size)).all()


def test_a_live_forecast_is_the_stored_one(made: Study) -> None:
    context = load_context(made, mode="exact")
    scene = scene_ids("Europe")[0]
    # Whole patches: a forecast looks at their middle, as the stage did.
    image = scene_image(made, [scene], 1)
    evidence = forecast_image(context, image)
    stored = read_indicators(made).query("scene_id == @scene").set_index("experiment")
    unseen = read_forecasts(made).query("scene_id == @scene").set_index("experiment")
    values = [-1 if m.forecast is None else m.forecast for m in evidence.models]
    assert values == sorted(values, reverse=True)
    for model in evidence.models:
        for name, value in model.indicators.items():
            assert value == pytest.approx(stored[name][model.experiment], abs=2e-6, nan_ok=True)
        if model.kind != "without":
            assert model.left_out == "Europe"
            assert model.forecast == pytest.approx(unseen.forecast[model.experiment], abs=1e-4)
            assert not model.beats_rivals
        assert model.share_outside_aoa == (np.nan_to_num(model.aoa_map) > 1).mean()
        assert {p.rpartition("_p")[0] for p, _ in model.nearest} <= set(
            context.models[model.experiment].training_scenes
        )
    africa = next(m for m in evidence.models if m.experiment == "simple-continent-africa")
    assert africa.verdict == "not"
    assert africa.bands_outside.mean() > 0.1


def test_of_an_unknown_region_each_that_it_could_be_is_forecast(
    made: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Forecaster(
        kind="network",
        axis="continent",
        left_out=None,
        columns=("agreement",),
        mean=(0.5,),
        std=(0.1,),
        coefficients=(0.05,),
        intercept=0.6,
        penalty=1.0,
        reach=0.1,
        reach_without=0.1,
        pairs=24,
        scenes=16,
        groups=4,
    )
    context = replace(load_context(made, mode="exact"), forecasters=(line,))
    image = replace(scene_image(made, scene_ids("Europe")[:1], 1), scene_ids=())
    # In Asia, Africa's network would have none to agree with: no such pair was ever checked.
    unknown = forecast_image(context, image, ["continent-africa"])
    assert unknown.models[0].forecast is None
    assert "agreement" in str(unknown.models[0].why_not)
    assert any("the continent is not known" in note for note in unknown.notes)
    known = forecast_image(context, replace(image, continent="Europe"), ["continent-africa"])
    assert known.models[0].forecast is not None
    assert not any("not known" in note for note in known.notes)

    measure = indicators.measure

    def of_two_regions(*arguments: Any) -> dict[str, indicators.Measured]:
        found = measure(*arguments)
        return {name: replace(one, agreements=(0.3, 0.6)) for name, one in found.items()}

    monkeypatch.setattr(indicators, "measure", of_two_regions)
    model = forecast_image(context, image, ["continent-africa"]).models[0]
    # By hand: 0.6 + 0.05 x (0.3 - 0.5) / 0.1 = 0.5, and 0.65 for 0.6.
    assert model.forecast == pytest.approx(0.575)
    assert (model.low, model.high) == pytest.approx((0.4, 0.75))


def test_forecasts_are_laid_beside_the_truth_where_it_is_known(made: Study, tmp_path: Path) -> None:
    study = copied(made.path, tmp_path)
    results = study.results()
    assert read_against_truth(study).empty
    truth = results.assign(reference="truth", accuracy=(results.accuracy - 0.1).clip(lower=0))
    study.write_results(pd.concat([results, truth[truth.test_group != "Asia"]]))
    table = read_against_truth(study)
    away = results[(results.split == "test") & (results.test_group != "Asia")]
    for kind, names in (("network", EXPERIMENTS[:2]), ("without", EXPERIMENTS[2:])):
        rows = table[table.kind == kind].set_index("experiment")
        forecast = read_forecasts(study).query("kind == @kind")
        pairs = away.merge(forecast, on=["experiment", "scene_id"])
        assert set(rows.index) <= {ALL, *names}
        if pairs.empty:
            continue
        assert rows.pairs[ALL] == len(pairs)
        errors = (pairs.forecast - (pairs.accuracy - 0.1)).abs().groupby(pairs.scene_id).mean()
        assert rows.error_accuracy[ALL] == pytest.approx(errors.mean())
    assert len(table)
