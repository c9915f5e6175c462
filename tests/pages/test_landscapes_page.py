import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from landscape_study import KS, add_landscapes, make_landscape_study
from page_elements import html, text, told
from places import ROOT
from streamlit.testing.v1 import AppTest
from study_factory import make_study

from lcviz.landscapes.groups import cluster_counts, entropy, posterior
from lcviz.study import Study
from lcviz.study.landscapes import read_clusters, read_membership

pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]
PAGE = "landscapes"
STUDIES = ROOT / "studies"
VIEWS = ("gallery", "histograms", "components", "probability", "transfer")


@pytest.fixture(scope="session")
def landscape_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_landscape_study(tmp_path_factory.mktemp("landscapes") / "land").path


@pytest.fixture
def land(landscape_path: Path, tmp_path: Path) -> Study:
    return Study.open(shutil.copytree(landscape_path, tmp_path / "land"))


@pytest.mark.parametrize("axis", ["continent", "season"])
@pytest.mark.parametrize(("view", "figures"), zip(VIEWS, (0, 1, 2, 1, 2), strict=True))
def test_every_view_of_a_whole_study(
    landscape_path: Path, open_page: Open, view: str, figures: int, axis: str
):
    app = open_page(PAGE, landscape_path, view=view, axis=axis)
    assert told(app) == "" and not app.toast
    assert "Synthetic" in text(app)
    # The silhouettes, the spectrum and the classes stand beside each view.
    assert len(app.get("plotly_chart")) == figures + 3
    assert app.get("download_button")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_the_study_that_ships(open_page: Open, view: str):
    app = open_page(PAGE, STUDIES / "demo", view=view, k="24", cluster="3")
    assert not app.error and not app.toast
    n = read_clusters(Study.open(STUDIES / "demo"), 24).patches
    assert f"{n[3]} of {n.sum()} patches" in text(app)


def test_the_largest_cluster_is_shown_with_its_numbers(landscape_path: Path, open_page: Open):
    app = open_page(PAGE, landscape_path, k="4")
    clusters = read_clusters(Study.open(landscape_path), 4)
    largest = int(clusters.patches.argmax())
    assert app.selectbox(key="choice-cluster").value == str(largest)
    n = clusters.patches[largest]
    assert f"{n} of 27 patches ({n / 27:.1%})" in text(app)


def test_a_cluster_of_the_gallery_is_picked_into_the_url(landscape_path: Path, open_page: Open):
    app = open_page(PAGE, landscape_path, k="4", cluster="0")
    app.button(key="landscape-button-2").click().run()
    assert not app.exception
    assert app.query_params["cluster"] in ("2", ["2"])
    assert app.selectbox(key="choice-cluster").value == "2"
    app.button(key="Next cluster").click().run()
    assert app.selectbox(key="choice-cluster").value == "3"
    app.button(key="Next cluster").click().run()
    assert app.selectbox(key="choice-cluster").value == "0"


def test_another_k_makes_the_cluster_void(landscape_path: Path, open_page: Open):
    app = open_page(PAGE, landscape_path, k="16", cluster="15")
    app.selectbox(key="choice-k").select("4").run()
    assert not app.exception and not app.toast
    assert "cluster" not in app.query_params
    assert app.selectbox(key="choice-cluster").options[0].startswith("0 · ")


def test_representatives_open_on_the_world_map(landscape_path: Path, open_page: Open):
    app = open_page(PAGE, landscape_path, k="4", cluster="1")
    shown = read_clusters(Study.open(landscape_path), 4).representatives[1][:4]
    links = [link.proto.query_string for link in app.get("page_link")]
    expected = {tuple(patch.rsplit("_p", 1)) for patch in shown}
    found = {
        (scene, number)
        for scene, number in expected
        if any(f"scene={scene}" in link and f"patch={number}" in link for link in links)
    }
    assert found == expected


@pytest.mark.parametrize("prior", ["equal", "dataset"])
def test_the_prior_is_a_choice(landscape_path: Path, open_page: Open, prior: str):
    app = open_page(PAGE, landscape_path, k="4", view="probability", prior=prior)
    study = Study.open(landscape_path)
    counts = cluster_counts(read_membership(study, 4), study.patches(), "continent")
    table = posterior(counts, prior)
    bits = entropy(table)
    clear = int(bits.idxmin())
    lowest = f"{bits.min():.2f} of at most {np.log2(len(counts)):.2f} bits"
    given = f"**{table[clear].idxmax()}** with P = {table[clear].max():.2f}"
    assert f"{lowest}; {given}" in text(app)


def test_components_can_be_chosen_and_shown_in_space(landscape_path: Path, open_page: Open):
    query = {"view": "components", "space": "3", "together": "both", "x": "PC2"}
    app = open_page(PAGE, landscape_path, **query)
    assert [app.selectbox(key=f"choice-{n}").value for n in "xyz"] == ["PC2", "PC1", "PC3"]
    assert "Drag to turn" in text(app)
    assert "drawn anew 200 times" in text(app)
    app.button_group(key="choice-cloud").set_value("hidden").run()
    assert not app.exception and "drawn anew" not in text(app)


NAMES = "k axis cluster view histogram together space cloud x prior order measure distance"


@pytest.mark.parametrize("name", NAMES.split())
def test_a_bad_value_in_the_url_falls_back_with_a_notice(
    landscape_path: Path, open_page: Open, name: str
):
    view = {"histogram": "histograms", "prior": "probability", "order": "probability"}
    view |= dict.fromkeys(["together", "space", "cloud", "x"], "components")
    view |= dict.fromkeys(["measure", "distance"], "transfer")
    query = {"view": view.get(name, "gallery")} | {name: "<b>`no\nsuch"}
    app = open_page(PAGE, landscape_path, **query)
    assert any(toast.value.startswith(f"There is no {name}") for toast in app.toast)
    assert not app.error


def test_a_study_without_landscapes_says_which_command_makes_them(land: Study, open_page: Open):
    shutil.rmtree(land.path / "landscapes")
    app = open_page(PAGE, land.path)
    assert any("python -m precompute landscapes" in info.value for info in app.info)
    assert "Distance between band values" in text(app)  # the rest stands
    assert not app.error


@pytest.mark.parametrize("name", ["clusters", "membership"])
@pytest.mark.parametrize("hurt", [b"not parquet", b""])
def test_broken_landscapes_are_named(land: Study, open_page: Open, name: str, hurt: bytes):
    (land.path / "landscapes" / "k16" / f"{name}.parquet").write_bytes(hurt)
    app = open_page(PAGE, land.path)
    assert any(f"{name}.parquet" in error.value for error in app.error)
    whole = open_page(PAGE, land.path, k="4")  # another K stands
    assert not whole.error


def test_broken_silhouettes_do_not_stop_the_rest(land: Study, open_page: Open):
    (land.path / "landscapes" / "silhouettes.parquet").write_bytes(b"x")
    app = open_page(PAGE, land.path)
    assert any("silhouettes.parquet" in error.value for error in app.error)
    assert app.selectbox(key="choice-cluster").value


@pytest.mark.parametrize(
    ("artefact", "command", "stays"),
    [
        ("results.parquet", "evaluate", "there is nothing to compare"),
        ("histograms.zarr", "statistics", "Distance between landscapes"),
    ],
)
def test_what_transfer_lacks_is_named(
    land: Study, open_page: Open, artefact: str, command: str, stays: str
):
    file = land.path / artefact
    shutil.rmtree(file) if file.is_dir() else file.unlink()
    app = open_page(PAGE, land.path, view="transfer")
    assert any(f"python -m precompute {command}" in info.value for info in app.info)
    assert stays in text(app) and not app.error


def test_broken_results_are_named(land: Study, open_page: Open):
    (land.path / "results.parquet").write_bytes(b"x")
    app = open_page(PAGE, land.path, view="transfer")
    assert any("results.parquet" in error.value for error in app.error)


def test_one_continent_has_no_components(land: Study, open_page: Open):
    patches = land.patches()
    land.write_patches(patches.assign(continent="Africa"))
    app = open_page(PAGE, land.path, view="components")
    assert any("1 continent: " in info.value for info in app.info)
    assert not app.error
    assert "nothing to give away" in text(open_page(PAGE, land.path, view="probability"))


def test_two_continents_differ_along_one_component(land: Study, open_page: Open):
    patches = land.patches()
    halves = np.where(np.arange(len(patches)) % 2, "Africa", "Asia")
    land.write_patches(patches.assign(continent=halves))
    app = open_page(PAGE, land.path, view="components")
    assert told(app) == ""
    assert "differ along one component only" in text(app)


@pytest.mark.parametrize("view", ["histograms", "components", "probability", "gallery"])
def test_no_known_continent(land: Study, open_page: Open, view: str):
    land.write_patches(land.patches().assign(continent=None))
    app = open_page(PAGE, land.path, view=view)
    assert not app.error
    assert "None of its patches lies in a known continent." in text(app)


def test_patches_without_pictures_are_told(land: Study, open_page: Open):
    land.write_patches(land.patches().assign(browsable=False))
    app = open_page(PAGE, land.path)
    assert any("keeps no picture" in info.value for info in app.info)
    assert html(app).count("No picture") == max(KS)


def test_missing_quicklooks_say_which_command_makes_them(land: Study, open_page: Open):
    shutil.rmtree(land.path / "quicklooks")
    app = open_page(PAGE, land.path)
    assert any("python -m precompute quicklooks" in info.value for info in app.info)


def test_a_cluster_without_labels_says_so(land: Study, open_page: Open):
    patches = land.patches()
    fractions = [f"fraction_{index}" for index in range(8)]
    land.write_patches(patches.assign(**dict.fromkeys(fractions, np.nan)))
    add_landscapes(land)
    app = open_page(PAGE, land.path)
    assert "None of its patches is labelled." in text(app)
    assert "Unlabelled" in app.selectbox(key="choice-cluster").options[0]


def test_few_patches_leave_the_small_k(tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "few", models=False)
    add_landscapes(study, (3,))
    app = open_page(PAGE, study.path)
    assert told(app) == ""
    assert app.selectbox(key="choice-k").options == ["3"]


def test_new_files_are_seen_at_once(land: Study, open_page: Open):
    before = open_page(PAGE, land.path, view="histograms", k="4")
    assert "27 patches" in text(before)
    land.write_patches(land.patches().iloc[:20])
    add_landscapes(land, (4,))
    assert "of 20 patches" in text(open_page(PAGE, land.path, view="histograms", k="4"))
