import numpy as np
import pandas as pd
import pytest

from lcviz.forecast.lead import Lead, lead_among


def tables(scenes: dict[str, list[tuple[float, float]]], group: str = "Asia"):
    """Forecasts and indicators of models a, b, ...: scene -> (forecast, accuracy) of each."""
    rows = [
        ("abc"[number], scene, group, forecast, accuracy)
        for scene, models in scenes.items()
        for number, (forecast, accuracy) in enumerate(models)
    ]
    columns = ["experiment", "scene_id", "test_group", "forecast", "accuracy"]
    table = pd.DataFrame(rows, columns=columns)
    return table[["experiment", "scene_id", "forecast"]], table.drop(columns="forecast")


def test_the_lead_is_the_conformal_quantile_of_what_others_had_more():
    # The second model is better than its forecast, beside the first's, by 0.01, 0.02, ... 0.09.
    scenes = {f"s{i}": [(0.6, 0.5), (0.4, 0.3 + i / 100)] for i in range(1, 10)}
    found = lead_among("ab", *tables(scenes))
    # Of nine scenes of weight 1/10 each, eight make 80 %.
    assert found.needed == pytest.approx(0.08)
    assert (found.scenes, found.best_first) == (9, 9)


def test_the_one_that_was_most_underrated_counts():
    scenes = {f"s{i}": [(0.6, 0.4), (0.5, 0.45), (0.4, 0.7)] for i in range(9)}
    assert lead_among("abc", *tables(scenes)).needed == pytest.approx(0.5)
    found = lead_among("ab", *tables(scenes))
    assert found.needed == pytest.approx(0.15)
    assert found.best_first == 0


def test_no_lead_is_below_zero():
    scenes = {f"s{i}": [(0.6, 0.9), (0.4, 0.1)] for i in range(9)}
    assert lead_among("ab", *tables(scenes)).needed == 0.0


def test_what_is_not_known_tells_nothing():
    scenes = {f"s{i}": [(0.6, 0.5), (0.4, np.nan)] for i in range(9)}
    assert lead_among("ab", *tables(scenes)) == Lead(1.0, 0, 0)
    few = {f"s{i}": [(0.6, 0.5), (0.4, 0.3)] for i in range(3)}
    assert lead_among("ab", *tables(few)) == Lead(1.0, 3, 3)


def test_scenes_of_the_images_own_group_are_not_looked_at():
    scenes = {f"s{i}": [(0.6, 0.5), (0.4, 0.3)] for i in range(9)}
    assert lead_among("ab", *tables(scenes), left_out={"Asia"}).scenes == 0
    assert lead_among("ab", *tables(scenes), left_out={"Africa"}).scenes == 9


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_with_the_lead_that_is_needed_the_first_is_the_best_four_times_in_five(noise: float):
    rng = np.random.default_rng(0)

    def scene():
        forecast = rng.uniform(0.3, 0.9, 3)
        return list(zip(forecast, forecast + rng.normal(0, noise, 3), strict=True))

    needed = lead_among("abc", *tables({f"s{i}": scene() for i in range(200)})).needed
    led = right = 0
    for _ in range(4000):
        models = sorted(scene(), reverse=True)
        if models[0][0] - models[1][0] > needed:
            led += 1
            right += models[0][1] == max(accuracy for _, accuracy in models)
    assert led > 100 and right / led >= 0.8
