import json
import shutil
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from page_elements import text, told
from streamlit.testing.v1 import AppTest
from study_factory import NO_CONTINENT_SCENE, add_histograms, make_study

from lcviz.data.histograms import Histograms
from lcviz.distributions.distances import DISTANCES, distance_table
from lcviz.distributions.image_fit import fit, outside_in_words
from lcviz.study import Study
from lcviz.study.records import StudyInfo
from lcviz.study.statistics import (
    read_histograms,
    read_scene_histogram,
    write_histograms,
    write_scene_histogram,
)
from lcviz.taxonomy import BANDS, SEASONS
from lcviz.ui.distributions.data import CurveChoices, Distributions, with_own_ranges

pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]
PAGE = "distributions"
SCENE = "ROIs0000_spring_1"  # Africa
GROUPS = ["Africa", "Asia", "Australia", "Europe", "North America", "South America"]
HERE = list(range(10))


@pytest.fixture(scope="session")
def counted_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = make_study(tmp_path_factory.mktemp("counted") / "counted", models=False)
    add_histograms(study)
    return study.path


@pytest.fixture
def counted(counted_study: Path, tmp_path: Path) -> Study:
    """A study of one's own, to be changed."""
    return Study.open(shutil.copytree(counted_study, tmp_path / "counted"))


def figure(app: AppTest, kind: str) -> list[dict]:
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    traces = next(f["data"] for f in figures if f["data"][0]["type"] == kind)
    return [{name: unpacked(value) for name, value in trace.items()} for trace in traces]


def unpacked(value: object) -> object:
    """An array as Plotly sends it."""
    if not (isinstance(value, dict) and "bdata" in value):
        return value
    shape = [int(n) for n in value["shape"].split(",")] if "shape" in value else -1
    return np.frombuffer(b64decode(value["bdata"]), value["dtype"]).reshape(shape)


def curves(app: AppTest) -> list[dict]:
    return figure(app, "scatter")


def names(app: AppTest) -> list[str]:
    """Of the legend, without the n of the groups."""
    shown = [curve["name"] for curve in curves(app) if curve["showlegend"]]
    return [name.partition(", n =")[0] for name in shown]


def query(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def cells(app: AppTest) -> dict:
    return figure(app, "heatmap")[0]


def test_all_bands_of_all_continents_are_drawn(counted_study: Path, open_page: Open):
    app = open_page(PAGE, counted_study)
    assert told(app) == ""
    assert names(app) == GROUPS
    assert len(curves(app)) == 10 * len(GROUPS)
    assert "Africa n = 300" in text(app)
    assert "Synthetic" in text(app)
    assert "10,000" in text(app)


def test_the_axis_bands_and_groups_are_picked_by_the_url(counted_study: Path, open_page: Open):
    app = open_page(PAGE, counted_study, axis="season", group=["Fall", "Spring"], band="nir1")
    assert names(app) == ["Spring", "Fall"]
    assert len(curves(app)) == 2
    assert cells(app)["z"][0][1] == pytest.approx(37.5, abs=5)  # scenes 0, 1 against 4, 5


def test_the_matrix_is_the_distance_of_the_counts(counted_study: Path, open_page: Open):
    counts = read_histograms(Study.open(counted_study)).by("continent")
    for name, measure in DISTANCES.items():
        table = distance_table(counts, measure)
        mean = cells(open_page(PAGE, counted_study, distance=name))["z"]
        assert mean[0][1:] == pytest.approx(table.mean(-1)[0][1:])
        assert np.isnan(mean[0][0])
    one = cells(open_page(PAGE, counted_study, distance=name, band="red"))["z"]
    assert one[1][2] == pytest.approx(table[1, 2, BANDS.index("red")])


def test_counts_are_exact(counted_study: Path, open_page: Open):
    app = open_page(PAGE, counted_study, show="counts", band="blue", group="Asia")
    (curve,) = curves(app)
    assert sum(curve["y"]) == 100  # one pixel a DN
    assert "Gaussian" not in text(app)


def test_a_wider_kernel_gives_lower_curves(counted_study: Path, open_page: Open):
    tops = [
        max(curves(open_page(PAGE, counted_study, bandwidth=factor, band="blue"))[0]["y"])
        for factor in ("1", "10")
    ]
    assert tops[1] < tops[0] / 2


def test_the_range_is_picked_by_the_url(counted_study: Path, open_page: Open):
    (curve, *_) = curves(open_page(PAGE, counted_study, **{"from": "1000", "to": "1250"}))
    assert min(curve["x"]) >= 1000 and max(curve["x"]) <= 1250
    app = open_page(PAGE, counted_study, **{"from": "1250", "to": "1000"})
    assert len(curves(app)[0]["x"]) > 10


def test_a_widget_writes_its_pick_into_the_url(counted_study: Path, open_page: Open):
    app = open_page(PAGE, counted_study)
    app.select_slider(key="choice-bandwidth").set_value("2").run()
    assert query(app, "bandwidth") == "2"
    app.select_slider(key="dn-range-1000-1250").set_range("500", "1000").run()
    assert (query(app, "from"), query(app, "to")) == ("500", "1000")
    app.selectbox(key="choice-scene").set_value(SCENE).run()
    assert query(app, "scene") == SCENE
    assert names(app)[-1] == "Spring 1"


def test_a_scene_is_compared_with_the_others_of_its_group(counted_study: Path, open_page: Open):
    app = open_page(PAGE, counted_study, scene=SCENE)
    study = Study.open(counted_study)
    counts = read_scene_histogram(study, SCENE)
    africa = read_histograms(study).by("continent")["Africa"]
    expected = fit("Spring 1", counts, "Africa", africa, counts)
    assert expected is not None and expected.outside.mean() > 0.1
    said = outside_in_words("Spring 1", expected.whose, expected.pixels, expected.outside, HERE)
    assert said in text(app)
    assert "too few to say whether that is much" in text(app)
    assert names(app) == [*GROUPS, "Spring 1"]


def test_a_scene_can_be_compared_with_another_group(counted_study: Path, open_page: Open):
    app = open_page(PAGE, counted_study, scene=SCENE, against="Asia", band="blue", show="counts")
    # Asia has DN 1010 to 1109, its central 99 % among them; the scene 1000 to 1099.
    assert "central 99% of Asia." in text(app) and "**10.0%**" in text(app)
    image = next(curve for curve in curves(app) if curve["name"] == "Spring 1")
    assert sum(image["y"]) == pytest.approx(100)


def test_a_patch_is_read_from_the_dataset(
    counted: Study, tmp_path: Path, write_patch, open_page: Open
):
    counted = Study.create(
        counted.path,
        StudyInfo(name="x", kind="sen12ms", data=str(tmp_path / "data"), seed=7, data_digest="x"),
    )
    pixels = np.full((13, 256, 256), 1050, np.uint16)
    write_patch(tmp_path / "data", f"{SCENE}_p4", ("s2",), {"s2": pixels})
    app = open_page(PAGE, counted.path, scene=SCENE, patch="4")
    assert told(app) == ""
    assert "Spring 1, patch 4" in names(app)
    assert "n = 65,536" in text(app)
    app = open_page(PAGE, counted.path, scene=SCENE, patch="33")
    assert "33" in told(app) and "data" in told(app)
    assert names(app) == GROUPS


def test_a_scene_without_a_continent_can_be_compared(counted_study: Path, open_page: Open):
    app = open_page(PAGE, counted_study, scene=NO_CONTINENT_SCENE)
    assert told(app) == ""
    assert "central 99% of Africa" in text(app)


def test_an_empty_scene_is_said_to_be_empty(counted: Study, open_page: Open):
    write_scene_histogram(counted, SCENE, np.zeros((10, 4), np.int64), "none")
    app = open_page(PAGE, counted.path, scene=SCENE)
    assert any("holds no pixel" in info.value for info in app.info)
    assert names(app) == GROUPS


def test_scenes_counted_no_more_are_named(counted: Study, open_page: Open):
    shutil.rmtree(counted.path / "histograms.zarr" / "scenes" / SCENE)
    app = open_page(PAGE, counted.path, scene=SCENE)
    assert any("python -m precompute statistics" in info.value for info in app.info)
    assert names(app) == GROUPS


def test_one_continent_has_no_distances(counted: Study, open_page: Open):
    whole = read_histograms(counted)
    one = [i for i, continent in enumerate(whole.continents) if continent == "Africa"]
    write_histograms(
        counted,
        Histograms(tuple(whole.seasons[i] for i in one), ("Africa",) * len(one), whole.counts[one]),
    )
    app = open_page(PAGE, counted.path)
    assert told(app) == ""
    assert "A distance needs two continents" in text(app)
    assert len(app.get("plotly_chart")) == 1
    assert {"Spring", "Summer", "Winter"} == set(
        names(open_page(PAGE, counted.path, axis="season"))
    )


def test_scenes_on_no_continent_leave_the_seasons(counted: Study, open_page: Open):
    whole = read_histograms(counted)
    write_histograms(counted, Histograms(whole.seasons, (None,) * len(whole.seasons), whole.counts))
    app = open_page(PAGE, counted.path)
    assert any("known continent" in info.value for info in app.info)
    app = open_page(PAGE, counted.path, axis="season")
    assert names(app) == list(SEASONS)


def test_a_study_without_statistics_says_how_to_make_them(whole_study: Path, open_page: Open):
    app = open_page(PAGE, whole_study)
    assert any("python -m precompute statistics" in info.value for info in app.info)
    assert not app.error
    assert app.table[0].value.Median["B2 blue"] == "1,099"


def test_a_published_study_says_what_it_lacks(tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "facts", kind="published", models=False)
    app = open_page(PAGE, study.path)
    assert not app.info
    assert "only what is published" in text(app)


@pytest.mark.parametrize("content", [b"{", b"not what the name says"])
def test_damaged_histograms_are_named(content: bytes, counted: Study, open_page: Open):
    (counted.path / "histograms.zarr" / "groups" / "zarr.json").write_bytes(content)
    app = open_page(PAGE, counted.path)
    assert any("histograms.zarr" in error.value.replace("\\", "") for error in app.error)


def test_a_study_that_does_not_exist(tmp_path: Path, open_page: Open):
    app = open_page(PAGE, tmp_path / "nowhere")
    assert any("nowhere" in error.value for error in app.error)


def test_the_table_of_quartiles_holds_the_studys_own(counted_study: Path, open_page: Open):
    table = open_page(PAGE, counted_study).table[0].value
    values = np.sort(np.concatenate([1000 + 10 * i + np.arange(100) for i in range(9)]))
    assert table["Median"]["B2 blue"] == f"{values[449]:,} (1,099)"
    assert table["25%"]["B3 green"].startswith(f"{values[224] + 1:,} (")


def test_the_legend_tells_n(counted_study: Path, open_page: Open):
    shown = [curve["name"] for curve in curves(open_page(PAGE, counted_study))]
    assert "Africa, n = 300" in shown


def test_each_band_has_its_own_range_and_it_holds_the_image():
    whole = np.zeros((10, 4000), np.int64)
    whole[:, 1000:1100] = 50
    whole[9, 1600:1700] = 50
    grid = np.arange(4001)
    found = Distributions({}, whole, view=(1000, 1750), limit=4000, grid=grid)
    picked = CurveChoices("continent", ["Asia"], [0, 8, 9], "density", 1.0, 0, 1, True)
    alone = with_own_ranges(found, picked, None)
    assert alone.ranges == {0: (1000, 1250), 8: (1000, 1250), 9: (1000, 1750)}
    assert (alone.low, alone.high) == (1000, 1750)
    image = np.zeros((10, 4000), np.int64)
    image[0, 2900], image[8, 300] = 10, 10
    with_image = with_own_ranges(found, picked, image)
    assert with_image.ranges == {0: (1000, 3000), 8: (250, 1250), 9: (1000, 1750)}


def test_a_picked_range_is_that_of_every_band(counted_study: Path, open_page: Open):
    app = open_page(PAGE, counted_study, **{"from": "1000", "to": "1250"})
    layout = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    reach = [layout[f"xaxis{n}"]["range"] for n in ("", *map(str, range(2, 11)))]
    assert all(one == reach[0] for one in reach)


@pytest.mark.parametrize("axis", ["continent", "season"])
def test_each_group_can_have_a_panel(counted_study: Path, open_page: Open, axis: str):
    app = open_page(PAGE, counted_study, panels="groups", axis=axis, band="red", scene=SCENE)
    assert told(app) == ""
    groups = {curve["name"] for curve in curves(app)} - {"Spring 1"}
    panels = {curve["xaxis"] for curve in curves(app)}
    assert len(panels) == len(groups) > 1
    assert sum(curve["name"] == "Spring 1" for curve in curves(app)) == len(panels)
