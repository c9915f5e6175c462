import json

import numpy as np
import plotly.graph_objects as go
import pytest

from lcviz.distributions.curves import Curves
from lcviz.distributions.distances import DISTANCES
from lcviz.distributions.image_fit import ImageFit
from lcviz.distributions.words import nearest_and_farthest
from lcviz.figures.distributions import Overlay, curves_figure, distance_figure
from lcviz.taxonomy import CONTINENT_COLOURS, CONTINENTS

DN = np.arange(0.0, 1000.0, 100.0)
HEIGHTS = {"Asia": 4.0, "Europe": 8.0}
ALL = list(range(10))


def curves(**settings) -> Curves:
    values = {g: np.outer(np.arange(1, 11), np.full(len(DN), h)) for g, h in HEIGHTS.items()}
    return Curves(**({"dn": DN, "values": values, "label": "Height", "steps": False} | settings))


def overlay(height: float = 1.0) -> Overlay:
    ranges = np.tile([200, 5000], (10, 1))
    fit = ImageFit("Fall 3", "Asia", "Asia", 10, ranges, np.linspace(0, 0.9, 10))
    return Overlay(np.full((10, len(DN)), height), fit)


def texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("bands", [[3], [1, 2], [0, 4, 9], ALL])
@pytest.mark.parametrize("over", [None, overlay()])
def test_each_band_has_a_panel_with_a_curve_of_each_group(bands, over) -> None:
    figure = curves_figure(curves(), bands, overlay=over)
    json.loads(figure.to_json())
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
    panels = {trace.xaxis for trace in figure.data}
    assert len(panels) == len(bands)
    assert len(figure.data) == len(bands) * (3 if over else 2)
    assert sum(bool(trace.showlegend) for trace in figure.data) == (3 if over else 2)
    assert len({figure.layout[name.replace("x", "xaxis")].range for name in panels}) == 1
    asia = figure.data[0]
    assert asia.line.color == CONTINENT_COLOURS[CONTINENTS.index("Asia")]
    assert list(asia.y) == [4.0 * (bands[0] + 1)] * len(DN)
    assert "Height" in texts(figure) and any("DN" in text for text in texts(figure))


def test_no_two_panels_overlap() -> None:
    layout = curves_figure(curves(), ALL).layout
    boxes = []
    for i in range(10):
        number = "" if i == 0 else i + 1
        x, y = layout[f"xaxis{number}"].domain, layout[f"yaxis{number}"].domain
        assert 0 <= x[0] < x[1] <= 1 and 0 <= y[0] < y[1] <= 1
        boxes.append((x, y))
    for i, (x, y) in enumerate(boxes):
        for other_x, other_y in boxes[:i]:
            assert x[0] >= other_x[1] or other_x[0] >= x[1] or y[1] <= other_y[0]


def test_a_panel_is_as_high_as_its_own_curves_or_as_all() -> None:
    own = curves_figure(curves(), ALL, same_scale=False).layout
    assert own.yaxis.range[1] < 10
    assert own.yaxis10.range[1] > 80
    same = curves_figure(curves(), ALL, same_scale=True).layout
    assert same.yaxis.range == same.yaxis10.range


def test_an_image_is_dashed_and_its_group_stands_out() -> None:
    figure = curves_figure(curves(), [9], overlay=overlay(), dark=True)
    asia, europe, image = figure.data
    assert asia.opacity == 1 > europe.opacity
    assert image.line.dash == "dash" and image.line.color == "#FFFFFF"
    assert curves_figure(curves(), [9], overlay=overlay()).data[2].line.color != "#FFFFFF"
    (shade,) = figure.layout.shapes
    assert (shade.x0, shade.x1) == (200, 900)  # no further than what is shown
    assert "90.0% outside" in texts(figure)


def test_a_steep_image_leaves_the_groups_their_room() -> None:
    layout = curves_figure(curves(), [0], overlay=overlay(1000.0)).layout
    assert layout.yaxis.range[1] < 20


def test_counts_are_steps_about_the_middle_of_their_bins() -> None:
    figure = curves_figure(curves(steps=True, dn=DN + 50), [0])
    assert figure.data[0].line.shape == "hvh"
    assert figure.layout.xaxis.range == (0, 1000)


def test_a_heat_map_of_distances_leaves_its_diagonal_empty() -> None:
    table = np.array([[0.0, 12.4], [12.4, 0.0]])
    cells = distance_figure(["Asia", "North America"], [3_932_160, 12], table, "Far", "DN").data[0]
    assert np.isnan(cells.z[0][0]) and cells.z[0][1] == 12.4
    assert cells.text[0][0] == "" and ">12<" in cells.text[0][1]
    assert cells.customdata[0][1] == "Asia and North America: 12.4 DN"
    assert cells.colorbar.title.text == "Far, DN"
    layout = distance_figure(["Asia", "Europe"], [3_932_160, 12], table, "Far", "").layout
    assert "n = 3.93 M" in layout.yaxis.ticktext[0] and "n = 12" in layout.yaxis.ticktext[1]


def test_equal_groups_can_be_drawn() -> None:
    cells = distance_figure(["Asia", "Europe"], [1, 1], np.zeros((2, 2)), "x", "").data[0]
    # A scale from 0 to 0 would have no colours.
    assert (cells.zmin, cells.zmax) == (0, 1)
    assert cells.z[0][1] == cells.z[1][0] == 0 and ">0.00<" in cells.text[0][1]
    assert json.loads(cells.to_json())["z"][0] == [None, 0.0]


def test_the_nearest_and_the_farthest_are_named() -> None:
    table = np.array([[0, 1, 2], [1, 0, 30.4], [2, 30.4, 0]])
    said = nearest_and_farthest(["Asia", "Europe", "Africa"], table, DISTANCES["wasserstein"])
    assert said == "Smallest: Asia and Europe (1 DN); largest: Europe and Africa (30 DN)."
    assert nearest_and_farthest(["Asia", "Europe"], table[:2, :2], DISTANCES["wasserstein"]) == ""
