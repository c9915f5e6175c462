import numpy as np
import pandas as pd
import pytest
from forecast_study import SIMPLE, make_correlations, make_receipts

from lcviz.figures.forecasts import band_figure, forecast_figure, landscape_figure
from lcviz.figures.receipts import adaptation_figure, error_figure, indicator_figure
from lcviz.forecast.ranking import COLUMNS
from lcviz.study.forecasts import HIGHER_IS_BETTER, INDICATORS


@pytest.fixture
def ranking() -> pd.DataFrame:
    rows = [
        (1, "continent-africa", "Africa", "network", 0.7, 0.5, 0.9, True, 0.66, 5000),
        (2, SIMPLE, "Africa, simple model", "simple", 0.6, 0.5, 0.7, True, np.nan, np.nan),
        (3, "without-asia", "all but Asia", "without", 0.5, 0.3, 0.7, False, 0.4, 5000),
    ]
    columns = "rank experiment label kind forecast low high trusted measured measured_pixels"
    return pd.DataFrame(rows, columns=columns.split()).reindex(columns=list(COLUMNS))


def test_forecasts_are_dots_with_intervals_best_on_top(ranking):
    figure = forecast_figure(ranking, "continent-africa")
    network, simple, measured = figure.data
    assert list(network.x) == [70] and list(simple.x) == [60]
    assert network.error_x.array[0] == pytest.approx(20)
    assert network.error_x.arrayminus[0] == pytest.approx(20)
    assert figure.layout.yaxis.categoryarray[-1] == "<b>Africa</b>"
    assert network.customdata[0][0] == "continent-africa"
    assert list(measured.x) == [66] and measured.customdata[0][1] == 5000
    assert figure.layout.xaxis.title.text == "Accuracy (%)"


def test_what_is_not_trusted_is_not_drawn(ranking):
    drawn = [y for trace in forecast_figure(ranking, "").data for y in trace.y]
    assert "all but Asia" not in drawn
    assert not forecast_figure(ranking.assign(trusted=False), "").data


def test_errors_stand_by_method_and_kind():
    figure = error_figure(make_receipts(beats=True), "continent")
    assert [trace.name for trace in figure.data] == ["Network", "Simple model"]
    assert list(figure.data[0].x) == pytest.approx([8, 8.5, 10, 13, 15, 11])
    assert figure.layout.yaxis.ticktext[0] == "Forecast"
    # Kinds stand beside each other, not on each other.
    assert not set(figure.data[0].y) & set(figure.data[1].y)


def test_every_indicator_is_drawn_on_its_side():
    figure = indicator_figure(make_correlations(), "network", "season")
    rise, fall = figure.data
    assert len(rise.x) == len(HIGHER_IS_BETTER)
    assert len(rise.x) + len(fall.x) == len(INDICATORS)
    assert len(set(figure.layout.yaxis.categoryarray)) == len(INDICATORS)
    assert "rho" in figure.layout.xaxis.title.text


def test_an_indicator_without_a_value_is_left_out():
    correlations = make_correlations().assign(rho=np.nan)
    assert not indicator_figure(correlations, "network", "season").data
    no_interval = make_correlations().assign(rho_low=np.nan, rho_high=np.nan)
    assert not indicator_figure(no_interval, "network", "season").data[0].error_x.array.any()


def test_adapting_shows_a_change_in_points_for_each_pair():
    table = pd.DataFrame(
        {
            **{"axis": "continent", "train_group": "Africa", "scene_id": ["a", "b", "c", "d"]},
            "test_group": ["Asia", "Asia", "Europe", "Europe"],
            "accuracy_plain": [0.5, 0.6, 0.4, np.nan],
            "accuracy_adapted": [0.6, 0.5, 0.4, np.nan],
        }
    )
    figure = adaptation_figure(table, "continent")
    asia, europe = figure.data
    assert np.allclose(asia.x, [10, -10]) and np.allclose(europe.x, [0])
    assert "n = 1 pair" in europe.name
    low, high = figure.layout.xaxis.range
    assert low == -high and high > 10
    assert not adaptation_figure(table.assign(axis="season"), "continent").data


def test_landscapes_of_image_and_training_are_in_per_cent():
    table = pd.DataFrame(
        {"cluster": [0, 1, 2], "image": [0.2, 0.8, 0.0], "training": [0.1, 0.0, 0.01]}
    )
    training, image = landscape_figure(table, ["#111111", "#222222"], ["A", "B"]).data
    assert list(image.x) == [80, 20] and list(training.x) == [0, 10]
    assert list(image.y) == ["1 · B", "0 · A"]
    assert list(image.marker.color) == ["#222222", "#111111"]


def test_bands_are_in_per_cent_and_fit():
    figure = band_figure(np.linspace(0, 0.9, 10))
    assert figure.data[0].y[-1] == pytest.approx(90)
    assert figure.layout.yaxis.range[1] > 90
    assert band_figure(np.zeros(10)).layout.yaxis.range[1] > 1
