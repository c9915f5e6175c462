import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from results_tables import ASYMMETRIC, matrix_of

from lcviz.figures.clusters import class_share_figure, silhouette_figure, spectrum_figure
from lcviz.figures.components import label_sides, loadings_figure, pca_figure
from lcviz.figures.landscapes import histogram_figure, posterior_figure
from lcviz.figures.similarity import similarity_figure
from lcviz.figures.style import GROUP_COLOURS
from lcviz.generalization.similarity import pair_table
from lcviz.landscapes.groups import bootstrap_cloud, entropy, pca, posterior, shares
from lcviz.taxonomy import BANDS, CLASS_COLOURS, S2_WAVELENGTHS

K = 4
NAMES, COLOURS = ("a", "b", "c", "d"), ("#101010", "#404040", "#808080", "#F0F0F0")
COUNTS = pd.DataFrame(
    [[4, 0, 1, 0], [4, 4, 0, 0], [1, 2, 3, 0], [0, 0, 9, 0]],
    ["Africa", "Europe", "North America", "Winter"],
    range(K),
)
SIZES = COUNTS.sum(axis=1)
CLUSTERS = pd.DataFrame(
    np.arange(K * 10).reshape(K, 10) * 100.0, columns=[f"mean_{band}" for band in BANDS]
)
COMPONENTS = pca(shares(COUNTS))
MEMBERSHIP = pd.DataFrame({"patch_id": list("pqrs"), "cluster": [0, 1, 2, 3]})
PATCHES = pd.DataFrame(
    {"patch_id": list("pqrs"), "scene_id": list("xyzx"), "continent": ["Africa"] * 4}
)
CLOUD = bootstrap_cloud(MEMBERSHIP, PATCHES, ["continent"], COMPONENTS, draws=7)
PAIRS = pair_table(matrix_of(*ASYMMETRIC), shares(COUNTS.iloc[:3]))
POSTERIOR = posterior(COUNTS)
SHOWN = ["PC1", "PC2", "PC3"]


def posterior_of_all(order: list[int]) -> go.Figure:
    return posterior_figure(POSTERIOR, entropy(POSTERIOR), "continent", 2, order, NAMES)


def figures() -> list[go.Figure]:
    return [
        spectrum_figure(CLUSTERS, 2, COLOURS, NAMES),
        silhouette_figure(pd.DataFrame({"k": [4, 6], "silhouette": [0.2, np.nan]}), 4),
        class_share_figure([0.5, 0, 0.3, 0, 0.2, 0, 0, 0]),
        histogram_figure(shares(COUNTS), SIZES, 2, COLOURS, NAMES),
        histogram_figure(COUNTS, SIZES, 2, COLOURS, NAMES),
        pca_figure(COMPONENTS, SHOWN[:1], SIZES.to_dict()),
        pca_figure(COMPONENTS, SHOWN[:2], SIZES.to_dict(), CLOUD),
        pca_figure(COMPONENTS, SHOWN, SIZES.to_dict(), CLOUD),
        loadings_figure(COMPONENTS, SHOWN[:2], 2, COLOURS, NAMES),
        posterior_of_all([0, 1, 2, 3]),
        similarity_figure(PAIRS, "landscape_distance", "continent", "Distance", "Accuracy"),
        similarity_figure(PAIRS[:0], "landscape_distance", "continent", "Distance", "Accuracy"),
    ]


@pytest.mark.parametrize("figure", figures())
def test_a_figure_can_be_drawn_on_any_background(figure: go.Figure) -> None:
    json.loads(figure.to_json())
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.height > 60


def test_the_spectrum_is_drawn_over_wavelength() -> None:
    front = spectrum_figure(CLUSTERS, 2, COLOURS, NAMES).data[-1]
    assert tuple(front.x) == S2_WAVELENGTHS
    assert list(front.y) == [2000 + 100 * band for band in range(10)]
    assert front.line.color == COLOURS[2]
    assert front.customdata[6] == "B8 (nir1), 842 nm"


def test_classes_are_drawn_in_their_colours_largest_first() -> None:
    bars = class_share_figure([0.2, 0, 0.3, 0, 0.5, 0.001, 0, 0]).data[0]
    assert list(bars.x) == [0.5, 0.3, 0.2]
    assert list(bars.marker.color) == [CLASS_COLOURS[i] for i in (4, 2, 0)]


def test_histograms_have_a_panel_a_group_on_one_scale() -> None:
    figure = histogram_figure(shares(COUNTS), SIZES, 1, COLOURS, NAMES)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [list(trace.y) for trace in bars] == shares(COUNTS).to_numpy().tolist()
    ranges = {figure.layout[f"yaxis{n}"].range for n in (1, 2, 3, 4)}
    assert len(ranges) == 1
    europe = bars[1].marker
    assert europe.color[1] == GROUP_COLOURS["Europe"] and europe.color[0] != europe.color[1]
    said = [note.text for note in figure.layout.annotations]
    assert any("North America" in text and "n = 6" in text for text in said)


@pytest.mark.parametrize(
    "figure",
    [
        histogram_figure(COUNTS, SIZES, 2, COLOURS, NAMES),
        loadings_figure(COMPONENTS, SHOWN[:2], 2, COLOURS, NAMES),
        posterior_of_all([3, 2, 0, 1]),
    ],
)
def test_every_bar_carries_its_cluster_and_none_is_dimmed_by_a_click(figure: go.Figure) -> None:
    for trace in figure.data:
        places = trace.y if trace.orientation == "h" else trace.x
        of_cluster = {tuple(data): place for data, place in zip(trace.customdata, places)}  # noqa: B905
        assert set(of_cluster) == {(cluster,) for cluster in range(K)}
        assert trace.unselected.marker.opacity == 1


def test_probabilities_are_stacked_in_the_order_asked_for() -> None:
    order = [2, 3, 0, 1]
    figure = posterior_of_all(order)
    stacked = np.array([trace.x for trace in figure.data], dtype=float)
    np.testing.assert_allclose(stacked, POSTERIOR[order].to_numpy())
    assert [trace.name for trace in figure.data] == list(COUNTS.index)
    bits = entropy(POSTERIOR)
    said = [note.text for note in figure.layout.annotations[:K]]
    assert said == ["none" if c == 3 else f"{bits[c]:.2f}" for c in order]
    assert figure.layout.yaxis.ticktext[0] == "<b>2 · c</b>"
    frame = figure.layout.shapes[0]
    assert frame.y0 < 0 < frame.y1 < 1  # the chosen cluster is on top


def test_groups_lie_at_their_scores_and_axes_tell_the_variance() -> None:
    figure = pca_figure(COMPONENTS, ["PC2", "PC1"], SIZES.to_dict(), CLOUD)
    cloud, points = figure.data[0], figure.data[-len(COUNTS) :]
    assert len(cloud.x) == 7 and cloud.marker.color == GROUP_COLOURS["Africa"]
    placed = [(point.x[0], point.y[0]) for point in points]
    np.testing.assert_allclose(placed, COMPONENTS.scores[["PC2", "PC1"]].to_numpy())
    assert points[3].marker.symbol == "diamond"  # a season among continents
    assert f"PC2 ({COMPONENTS.explained[1]:.0%} of variance)" == figure.layout.xaxis.title.text


def test_three_components_can_be_turned() -> None:
    figure = pca_figure(COMPONENTS, SHOWN, SIZES.to_dict())
    assert {trace.type for trace in figure.data} == {"scatter3d"}
    assert "PC3" in figure.layout.scene.zaxis.title.text


def test_a_pair_is_filled_as_trained_and_ringed_as_tested() -> None:
    figure = similarity_figure(PAIRS, "landscape_distance", "continent", "Distance", "Accuracy")
    points = next(t for t in figure.data if t.customdata is not None and t.name == "Europe")
    assert points.marker.color == GROUP_COLOURS["Europe"]
    assert list(points.marker.line.color) == [GROUP_COLOURS["North America"]]
    assert points.y[0] == 0.5
    home = next(trace for trace in figure.data if trace.name == "At home")
    assert set(home.x) == {0}


def test_labels_of_near_points_stand_on_different_sides():
    near = np.array([[0.0, 0.0], [0.02, 0.01], [0.01, 0.03], [1.0, 1.0]])
    whole = [(0.0, 1.0), (0.0, 1.0)]
    sides = label_sides(near, whole, ["North America", "South America", "Europe", "Asia"])
    assert len(set(sides[:3])) == 3
    assert len(label_sides(near[:, :1], whole[:1], ["Africa", "Asia", "Europe", "Fall"])) == 4
