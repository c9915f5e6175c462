"""Figures as files: at the width of a column, on white, whole, saying what they are."""

import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from four_scenes import CARD, RESULTS, SCENES
from matplotlib.legend import Legend
from PIL import Image
from results_tables import ASYMMETRIC, matrix_of

from lcviz.figures.classes import class_mix_figure, confusion_figure
from lcviz.figures.clusters import class_share_figure, silhouette_figure, spectrum_figure
from lcviz.figures.components import loadings_figure, pca_figure
from lcviz.figures.distributions import distance_figure
from lcviz.figures.flat_map import flat_map
from lcviz.figures.generalization import home_and_away, scene_distribution, transfer_figure
from lcviz.figures.landscapes import histogram_figure, posterior_figure
from lcviz.figures.map_colours import colour_scenes
from lcviz.figures.saving.axes import number
from lcviz.figures.saving.files import FORMATS, About, figure_file
from lcviz.figures.saving.page import WIDTHS
from lcviz.figures.saving.paper import on_paper
from lcviz.figures.saving.text import Run, plain_text, text_lines
from lcviz.figures.saving.traces import colour
from lcviz.figures.similarity import similarity_figure
from lcviz.generalization.class_mix import gap_parts
from lcviz.generalization.similarity import pair_table
from lcviz.landscapes.groups import entropy, pca, posterior, shares
from lcviz.study.scene_table import scene_table
from lcviz.taxonomy import BANDS

MATRIX = matrix_of(*ASYMMETRIC)
K = 4
NAMES, COLOURS = ("a", "b", "c", "d"), ("#101010", "#404040", "#808080", "#F0F0F0")
COUNTS = pd.DataFrame(
    [[4, 0, 1, 0], [4, 4, 0, 0], [1, 2, 3, 0]], ["Africa", "Europe", "North America"], range(K)
)
POSTERIOR = posterior(COUNTS)
CLUSTERS = pd.DataFrame(
    np.arange(K * 10).reshape(K, 10) * 100.0, columns=[f"mean_{band}" for band in BANDS]
)
CONFUSION = np.zeros((8, 8), np.int64)
CONFUSION[0, 0], CONFUSION[0, 3], CONFUSION[3, 0] = 90, 10, 5
ABOUT = About("Continents", "Rows & columns, n = 4", "the study tiny", "Synthetic")


def scenes() -> go.Figure:
    rows = pd.DataFrame({"value": [0.2, 0.4, 0.9, None], "name": list("abcd")})
    return scene_distribution({"Tested on Asia": rows}, ["Asia"], "Overall accuracy", 0.8)


def posterior_of(chosen: int | None) -> go.Figure:
    return posterior_figure(POSTERIOR, entropy(POSTERIOR), "continent", chosen, range(K), NAMES)


FIGURES = {
    "table": lambda: transfer_figure(MATRIX, "Overall accuracy", spread=True),
    "difference": lambda: transfer_figure(MATRIX.minus_home(), "Overall accuracy", difference=True),
    "home": lambda: home_and_away(MATRIX, "Overall accuracy", 0.8),
    "scenes": scenes,
    "confusion": lambda: confusion_figure(CONFUSION, "counts"),
    "class mix": lambda: class_mix_figure(
        gap_parts(CONFUSION[None], CONFUSION.T[None]), "North America (home)", "Africa"
    ),
    "distances": lambda: distance_figure(
        ("Africa", "North America"), (10, 20_000_000), np.array([[0, 2.0], [2, 0]]), "W", "DN"
    ),
    "histograms": lambda: histogram_figure(
        shares(COUNTS), COUNTS.sum(axis=1), None, COLOURS, NAMES
    ),
    "posterior": lambda: posterior_of(None),
    "components": lambda: pca_figure(pca(shares(COUNTS)), ["PC1", "PC2"], COUNTS.sum(axis=1)),
    "in space": lambda: pca_figure(pca(shares(COUNTS)), ["PC1", "PC2", "PC2"], COUNTS.sum(axis=1)),
    "loadings": lambda: loadings_figure(pca(shares(COUNTS)), ["PC1"], None, COLOURS, NAMES),
    "spectrum": lambda: spectrum_figure(CLUSTERS, 1, COLOURS, NAMES),
    "silhouettes": lambda: silhouette_figure(
        pd.DataFrame({"k": [2, 3, 4], "silhouette": [0.5, 0.3, 0.4]}), 3
    ),
    "classes": lambda: class_share_figure([0.5, 0.25, 0.25, 0, 0, 0, 0, 0]),
    "similarity": lambda: similarity_figure(
        pair_table(MATRIX, shares(COUNTS)), "landscape_distance", "continent", "Distance", "OA"
    ),
}


def written(svg: bytes) -> list[str]:
    """All words in a figure, which its SVG keeps beside their outlines."""
    return re.findall(r"<!-- (.*?) -->", svg.decode())


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_as_wide_as_columns_are_and_nothing_sticks_out(name, columns) -> None:
    drawn = on_paper(FIGURES[name](), columns, "Synthetic")
    wide, high = drawn.get_size_inches()
    assert wide * 25.4 == pytest.approx(WIDTHS[columns])
    drawn.canvas.draw()
    seen = drawn.get_tightbbox(drawn.canvas.get_renderer())
    assert seen.x0 >= 0 and seen.y0 >= 0
    assert seen.x1 <= wide and seen.y1 <= high
    assert high * 25.4 < 297


@pytest.mark.parametrize("name", ["table", "home", "distances", "posterior", "confusion"])
def test_the_keys_of_a_figure_lie_on_nothing_else(name) -> None:
    drawn = on_paper(FIGURES[name](), 1, "Synthetic")
    drawn.canvas.draw()
    renderer = drawn.canvas.get_renderer()
    legends = [artist for artist in drawn.artists if isinstance(artist, Legend)]
    keys = [key.get_window_extent(renderer) for key in (*drawn.texts, *legends)]
    axes = [a.get_tightbbox(renderer) for a in drawn.axes[1:]]
    assert keys
    assert not [(k, a) for k in keys for a in axes if k.overlaps(a)]


def test_a_file_says_what_it_shows_and_where_it_is_from() -> None:
    files = {name: figure_file(FIGURES["table"](), name, ABOUT) for name in FORMATS}
    root = ElementTree.fromstring(files["svg"])
    svg = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{svg}title") == ABOUT.title
    assert root.findtext(f"{svg}desc") == ABOUT.caption
    assert ABOUT.source in "".join(root.find(f"{svg}metadata").itertext())
    picture = Image.open(BytesIO(files["png"]))
    assert picture.text["Description"] == ABOUT.caption
    assert picture.text["Source"] == ABOUT.source
    assert picture.width == pytest.approx(WIDTHS[1] / 25.4 * 600, abs=1)
    for said in (ABOUT.title, ABOUT.caption, ABOUT.source):
        assert said.encode() in files["pdf"]
    assert b"/FontFile2" in files["pdf"]
    assert b"MediaBox [ 0 0 238." in files["pdf"]  # points: 84 mm


def test_what_is_picked_on_the_page_is_not_saved() -> None:
    plain, picked = (
        figure_file(transfer_figure(MATRIX, "OA", chosen=pair), "svg", ABOUT)
        for pair in (None, ("Europe", "North America"))
    )
    assert plain == picked
    assert not posterior_of(None).layout.shapes and posterior_of(1).layout.shapes
    histograms = FIGURES["histograms"]()
    assert set(histograms.data[0].marker.line.width) == {0.5}
    assert len(set(histograms.data[0].marker.color)) == 1


def test_the_numbers_of_a_table_stand_in_it_in_ink_that_can_be_read() -> None:
    figure = transfer_figure(MATRIX, "Overall accuracy")
    words = written(figure_file(figure, "svg", ABOUT))
    cells = [f"{100 * mean:.1f}" for _, _, mean in MATRIX.pairs()]
    assert cells and set(cells) <= set(words)
    assert "Overall accuracy, %" in words and "Synthetic" in words
    without = written(figure_file(figure, "svg", About("t", "c", "s")))
    assert "Synthetic" not in without


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    axes = on_paper(posterior_of(None)).axes[1]
    first_row = [bar for bar in axes.patches if round(bar.get_y() + bar.get_height() / 2) == 0]
    assert [bar.get_width() for bar in first_row] == pytest.approx(POSTERIOR[0].tolist())
    assert [bar.get_x() for bar in first_row] == pytest.approx(
        [0, *np.cumsum(POSTERIOR[0])[:-1].tolist()]
    )
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first on top


def test_a_figure_is_on_white_whatever_the_theme_and_the_same_every_time() -> None:
    png = figure_file(FIGURES["home"](), "png", ABOUT)
    assert Image.open(BytesIO(png)).convert("RGB").getpixel((3, 3)) == (255, 255, 255)
    assert png == figure_file(FIGURES["home"](), "png", ABOUT)


def test_numbers_as_d3_writes_them() -> None:
    assert number(0.5, ".0%") == "50%"
    assert number(-1e-17, ".0%") == "0%"
    assert number(12000, "~s") == "12k"
    assert number(4000, ",d") == "4,000"
    assert number(-0.4, ".2f") == "\N{MINUS SIGN}0.40"
    assert number(0.25, None) == "0.25"


def test_text_as_plotly_writes_it() -> None:
    lines = text_lines('<b>60.1</b><br><span style="color:#FFF;font-size:9px">± 3 &amp; 4</span>')
    assert lines == [[Run("60.1", bold=True)], [Run("± 3 & 4", colour="#FFF", size=9)]]
    assert plain_text("North<br>America") == "North\nAmerica"


def test_colours_as_css_writes_them() -> None:
    assert colour("rgba(255, 0, 51, .5)", 0.5) == (1, 0, 0.2, 0.25)
    assert colour("#0000FF") == (0, 0, 1, 1)


def test_an_unknown_trace_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'pie' cannot be drawn on paper"):
        on_paper(go.Figure(go.Pie(values=[1, 2])))


def test_the_world_map_is_drawn_with_its_land_and_its_scale() -> None:
    coloured = colour_scenes(scene_table(SCENES, CARD, RESULTS), "accuracy")
    drawn = on_paper(flat_map(coloured, "accuracy"), 1)
    axes = drawn.axes[1]
    scored = axes.collections[-1]
    placed = coloured[coloured.accuracy.notna() & coloured.longitude.notna()]
    assert scored.get_offsets().tolist() == placed[["longitude", "latitude"]].to_numpy().tolist()
    faces = np.array([colour(said) for said in placed.colour])
    assert np.allclose(faces, scored.get_facecolors(), atol=0.01)
    box = axes.get_position()
    wide, high = drawn.get_size_inches()
    assert (box.height * high) / (box.width * wide) == pytest.approx(138 / 360, abs=0.01)
    drawn.canvas.draw()
    pixels = np.asarray(drawn.canvas.buffer_rgba())

    def seen(longitude: float, latitude: float) -> tuple[int, ...]:
        column, row = axes.transData.transform((longitude, latitude))
        return tuple(pixels[len(pixels) - 1 - int(row), int(column), :3].tolist())

    sea, land = (255, 255, 255), (233, 230, 221)
    assert seen(100, 60) == land
    assert seen(-30, 0) == sea
    assert seen(51, 42) == sea  # the Caspian Sea, a hole in the land
