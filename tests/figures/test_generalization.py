import json
import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from results_tables import ACCURACY, ASYMMETRIC, frame, matrix_of

from lcviz.data import published
from lcviz.figures.classes import class_mix_figure, confusion_figure
from lcviz.figures.generalization import home_and_away, scene_distribution, transfer_figure
from lcviz.figures.style import readable
from lcviz.generalization.class_mix import gap_parts
from lcviz.generalization.tables import published_matrix, score_scenes
from lcviz.taxonomy import CLASS_COLOURS, CONTINENT_COLOURS, CONTINENTS

PAPER = published_matrix(published.table_4(), "continent")
MATRIX = matrix_of(*ASYMMETRIC)
EUROPE, NORTH_AMERICA = CONTINENTS.index("Europe"), CONTINENTS.index("North America")


def words(text: str) -> str:
    return re.sub(r"<[^>]+>", " ", text)


def confusion() -> np.ndarray:
    counts = np.zeros((8, 8), dtype=np.int64)
    counts[0, 0], counts[0, 3], counts[3, 3] = 1_500_000, 500_000, 10
    return counts


def figures() -> list[go.Figure]:
    scores = score_scenes(frame(*ASYMMETRIC), "continent", ACCURACY).assign(name="somewhere")
    parts = gap_parts(confusion()[None], confusion()[None])
    assert parts is not None
    return [
        transfer_figure(MATRIX, "Accuracy", chosen=("Europe", "Asia")),
        transfer_figure(PAPER.minus_home(), "Accuracy", difference=True),
        transfer_figure(matrix_of(), "Accuracy"),
        home_and_away(MATRIX, "Accuracy", 0.81),
        home_and_away(matrix_of(), "Accuracy", None),
        scene_distribution(
            {"one": scores, "none": scores[:0]}, ["Asia", "Europe"], "Accuracy", 0.8
        ),
        confusion_figure(confusion(), "counts"),
        class_mix_figure(parts, "home", "away"),
    ]


@pytest.mark.parametrize("figure", figures())
def test_a_figure_can_be_drawn_on_any_background(figure: go.Figure) -> None:
    json.loads(figure.to_json())
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.height > 100


def test_rows_of_the_matrix_are_trained_on() -> None:
    figure = transfer_figure(PAPER, "Accuracy")
    cells = figure.data[0]
    assert cells.z[EUROPE][NORTH_AMERICA] == pytest.approx(61.2)
    assert words(cells.text[EUROPE][NORTH_AMERICA]).strip() == "61.2"
    spread = transfer_figure(PAPER, "Accuracy", spread=True).data[0]
    assert "± 21.2" in words(spread.text[EUROPE][NORTH_AMERICA])
    assert figure.layout.yaxis.ticktext[EUROPE] == "Europe"
    assert figure.layout.yaxis.range == (5.5, -0.5)  # the first row is on top
    frames = figure.data[1]
    place = list(map(tuple, frames.customdata)).index(("Europe", "North America"))
    middle = frames.base[place] + frames.y[place] / 2
    assert (frames.x[place], middle) == (NORTH_AMERICA, EUROPE)
    assert "Trained on Europe, tested on North America" in frames.hovertext[place]


def test_a_cell_tells_scenes_and_interval_as_far_as_they_are_known() -> None:
    figure = transfer_figure(MATRIX, "Accuracy", spread=True)
    cells = figure.data[0]
    both = words(cells.text[EUROPE][NORTH_AMERICA])
    assert "n = 2" in both and "0 to 100" in both
    assert " to " not in words(cells.text[EUROPE][EUROPE])
    assert cells.text[0][0] == ""
    assert len(figure.data[1].x) == 4  # only cells with a value can be clicked
    assert any("No 95% interval" in hover for hover in figure.data[1].hovertext)
    assert any("95% interval 0.0 to 100.0" in hover for hover in figure.data[1].hovertext)


def test_differences_are_coloured_about_zero() -> None:
    cells = transfer_figure(PAPER.minus_home(), "Accuracy", difference=True).data[0]
    assert cells.zmin == -cells.zmax
    assert "+14.5" in cells.text[NORTH_AMERICA][EUROPE]
    accuracy = transfer_figure(PAPER, "Accuracy").data[0]
    assert (accuracy.zmin, accuracy.zmax) == (0, 100)


def test_the_chosen_cell_is_outlined() -> None:
    frames = transfer_figure(PAPER, "x", chosen=("Europe", "North America")).data[1]
    (place,) = frames.selectedpoints
    assert tuple(frames.customdata[place]) == ("Europe", "North America")
    assert frames.marker.opacity == frames.unselected.marker.opacity == 0
    assert frames.selected.marker.opacity == 1
    assert transfer_figure(PAPER, "x").data[1].selectedpoints is None


def test_text_can_be_read_on_light_and_on_dark() -> None:
    ((dark, light, none),) = readable([["a", "b", ""]], np.array([[0.0, 1.0, np.nan]]), "Viridis")
    assert "#FFF" in dark and "#000" in light and none == ""


def test_groups_keep_their_colours_and_the_line_its_place() -> None:
    figure = home_and_away(MATRIX, "Accuracy", 0.81)
    colours = {trace.name: trace.marker.color for trace in figure.data}
    assert colours["Europe"] == CONTINENT_COLOURS[EUROPE]
    assert figure.layout.shapes[0].x0 == 0.81
    assert not home_and_away(MATRIX, "Accuracy", None).layout.shapes


def test_scenes_without_a_value_are_not_drawn() -> None:
    scores = pd.DataFrame({"value": [0.2, np.nan, 0.4], "name": ["a", "b", "c"]})
    (box,) = scene_distribution({"Asia": scores}, ["Asia"], "Accuracy", None).data
    assert list(box.x) == [0.2, 0.4]
    assert "n = 2" in box.name


def test_a_confusion_matrix_shows_the_classes_that_occur() -> None:
    figure = confusion_figure(confusion(), "counts")
    cells = figure.data[0]
    assert cells.z == pytest.approx(np.array([[0.75, 0.25], [0, 1]]))
    assert [[words(text).strip() for text in row] for row in cells.text] == [
        ["1.5M", "500k"],
        ["", "10"],
    ]
    assert figure.data[1].marker.color == (CLASS_COLOURS[0], CLASS_COLOURS[3])
    assert figure.layout.yaxis.title.text == "MODIS label"
    shares = confusion_figure(confusion(), "shares").data[0]
    assert words(shares.text[0][1]).strip() == "25"
    assert "Label Dense Forests, predicted Shrublands<br>500,000 pixels" in cells.customdata[0][1]


def test_a_class_that_is_only_predicted_has_no_share() -> None:
    counts = np.zeros((8, 8), dtype=np.int64)
    counts[0, 1] = 4
    figure = confusion_figure(counts, "shares")
    assert np.isnan(figure.data[0].z[1]).all()


def test_class_mix_keeps_the_colours_of_the_classes() -> None:
    parts = gap_parts(confusion()[None], confusion()[None])
    assert parts is not None
    bars = class_mix_figure(parts, "home", "away").data[0]
    assert bars.marker.color == (CLASS_COLOURS[0], CLASS_COLOURS[3])
    assert bars.x[0] == pytest.approx(2_000_000 / 2_000_010)
