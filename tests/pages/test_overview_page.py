"""The overview: samples, the paper's Tables 1 to 3, and what is said when there is less."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from page_elements import html
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT, PATCHES, VALIDATION, make_study

from lcviz.data.catalog import sen12ms_scenes
from lcviz.study import Study
from lcviz.taxonomy import CONTINENTS
from precompute.stages.published import make

pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]


def text(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption))


def links(app: AppTest) -> list[str]:
    """The samples' links to the world map, as `scene=...&patch=...`."""
    return [link.query_string for link in samples(app)]


def titles(app: AppTest) -> list[str]:
    return [link.label.partition("**")[2].partition("**")[0] for link in samples(app)]


def samples(app: AppTest) -> list:
    found = [element.proto for element in app.get("page_link")]
    return [link for link in found if "scene=" in link.query_string and "patch " in link.label]


@pytest.fixture
def opened(whole_study: Path, open_page: Open) -> Callable[..., AppTest]:
    return lambda **query: open_page("overview", whole_study, **query)


def test_each_continent_with_pictures_has_a_sample(opened):
    app = opened()
    # North America's only scene has no pictures; Europe's has no labels; Africa alone has a model.
    assert titles(app) == ["Africa", "Asia", "Australia", "Europe", "South America"]
    assert html(app).count("<img") == 5 * 3 - 1 + 1
    assert "No North America" not in html(app)
    assert html(app).count("No home model") == 4
    assert len(re.findall(r"<span>\d+\.\d% as labelled", html(app))) == 1


def test_a_sample_links_to_its_place_on_the_world_map(opened, open_page, whole_study):
    (africa, *_) = links(opened())
    query = dict(pair.split("=") for pair in africa.split("&"))
    assert query["scene"] == VALIDATION
    assert query["model"] == EXPERIMENT
    there = open_page("world_map", whole_study, **query)
    assert not there.toast
    assert there.selectbox(key="choice-scene").value == VALIDATION
    assert there.selectbox(key="choice-patch").value == query["patch"]


def test_a_click_brings_another_sample_and_the_url_shares_it(opened):
    app = opened()
    seen = [links(app)]
    africa = set()
    for _ in PATCHES:
        africa.add(links(app)[0])
        (button,) = [b for b in app.button if b.label == "Other samples"]
        button.click().run()
        seen.append(links(app))
    assert len(africa) == len(PATCHES)
    assert seen[0] != seen[1]
    assert seen[-1] == seen[0]
    shared = opened(sample="1")
    assert links(shared) == seen[1]
    assert not shared.toast


@pytest.mark.parametrize("nonsense", ["99", "-1", "x"])
def test_a_sample_that_does_not_exist_falls_back_with_a_notice(opened, nonsense):
    app = opened(sample=nonsense)
    assert len(app.toast) == 1
    assert links(app) == links(opened())


def test_the_demo_is_not_compared(opened):
    app = opened()
    assert "synthetic: their counts are not comparable" in text(app)
    assert "minus SEN12MS" not in text(app)
    assert any("Synthetic" in caption.value for caption in app.main.caption)


def test_the_settings_of_the_models_stand_beside_the_papers(opened):
    (settings,) = [t.value for t in opened().dataframe if "Setting" in t.value]
    row = settings.set_index("Setting").loc["Learning rate"]
    assert row.tolist() == ["0.001", "0.0001"]


def test_the_shares_of_the_labels_are_shown(opened):
    assert "Share of labels" in html(opened())


def test_without_models_there_are_samples_without_predictions(tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "bare", models=False)
    app = open_page("overview", study.path)
    assert not app.info and not app.error
    assert html(app).count("No model trained") == 5
    assert "python -m precompute train" in text(app)


def test_a_sample_of_a_training_scene_is_called_one(study: Study, open_page: Open):
    patches = study.patches()
    patches.loc[patches.scene_id == VALIDATION, "browsable"] = False
    study.write_patches(patches)
    assert re.search(r"\d+\.\d%, training scene", html(open_page("overview", study.path)))


def test_a_missing_stage_is_told_once(study: Study, open_page: Open):
    for name, command in (("predictions.zarr", "evaluate"), ("quicklooks", "quicklooks")):
        shutil.rmtree(study.path / name)
        app = open_page("overview", study.path)
        assert sum(f"precompute {command}" in info.value for info in app.info) == 1
        assert not app.error
    assert titles(app) == []


def test_a_continent_whose_pictures_are_gone_is_absent(study: Study, open_page: Open):
    for file in (study.path / "quicklooks").glob("ROIs0000_spring_2_*"):
        file.unlink()
    app = open_page("overview", study.path)
    assert titles(app) == ["Africa", "Australia", "Europe", "South America"]
    assert not app.info and not app.error


def test_a_broken_picture_is_named_and_stops_no_other(study: Study, open_page: Open):
    for patch in PATCHES:
        file = study.path / "quicklooks" / f"ROIs0000_spring_2_p{patch}.s2.webp"
        file.write_bytes(b"no picture")
    app = open_page("overview", study.path)
    (error,) = app.error
    assert "s2.webp" in error.value
    assert len(titles(app)) == 5
    assert "No Sentinel-2 imagery" in html(app)


def test_a_broken_model_card_leaves_the_others(study: Study, open_page: Open):
    study.model_file("season-winter").write_text("{")
    app = open_page("overview", study.path)
    (error,) = app.error
    assert "model.json" in error.value
    (models,) = [t.value for t in app.dataframe if "Trained on" in t.value]
    assert models["Trained on"].tolist() == ["Africa"]


def test_no_place_of_a_known_continent_means_no_sample(study: Study, open_page: Open):
    study.write_patches(study.patches().assign(continent=None))
    app = open_page("overview", study.path)
    assert titles(app) == []
    assert "No patch of a known continent" in text(app)


def test_a_part_of_sen12ms_is_compared_with_the_whole(tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "part", kind="sen12ms", models=False)
    study.write_scenes(sen12ms_scenes()[:200].assign(overlap_group=None))
    app = open_page("overview", study.path)
    assert "holds 200 of SEN12MS's 252 scenes" in text(app)
    assert "minus SEN12MS" in text(app)


@pytest.mark.parametrize(("count", "total"), [(None, 180_662), ("scenes", 252)])
def test_the_url_chooses_what_is_counted(opened, count, total):
    app = opened(**({"count": count} if count else {}))
    totals = [table.value.loc["All", "All"] for table in app.dataframe if "All" in table.value]
    assert totals == [27 if total > 252 else 9, total]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return make(tmp_path / "published").path


def test_the_published_study_tells_what_it_has_and_what_it_lacks(published, open_page):
    app = open_page("overview", published)
    assert not app.error and not app.info
    assert any("python -m precompute run --data DATA" in each.value for each in app.main.code)
    assert "Trained models" not in {metric.label for metric in app.metric}
    assert "is not there" not in text(app)
    assert "Scenes and patches equal the paper's Table 1" in text(app)
    assert [metric.value for metric in app.metric][3:5] == ["252", "180,662"]
    assert "Published facts" in text(app)
    assert "Synthetic" not in text(app)
    assert "Share of labels" not in html(app)


def test_the_published_study_lies_on_the_world_map(published, open_page):
    whole = sen12ms_scenes()
    scene = whole[whole.holdout].iloc[0]
    app = open_page("world_map", published, scene=scene.scene_id)
    assert not app.error
    assert not app.info
    assert "no imagery" in text(app)
    assert "python -m precompute run --data DATA --study STUDY" in text(app)
    assert "252 of 252 scenes shown." in text(app)
    assert f"{scene.patches} patches" in text(app)
    assert "**Hold-out scene.**" in text(app)
    assert app.button_group(key="choice-colour").options == ["Continent", "Season"]
    other = whole[~whole.holdout].iloc[0]
    assert "Hold-out" not in text(open_page("world_map", published, scene=other.scene_id))


DEMO = Path(__file__).parents[2] / "studies" / "demo"


def test_the_finding_comes_first(open_page: Open):
    app = open_page("overview", DEMO)
    assert not app.error and not app.info
    study = Study.open(DEMO)
    means = study.results().query("split in ('home', 'test') and axis == 'continent'")
    means = means.groupby(["train_group", "test_group"]).accuracy.mean().unstack()
    means = means.loc[list(CONTINENTS), list(CONTINENTS)].to_numpy()
    home = np.diag(means).mean()
    away = (means.sum() - np.trace(means)) / 30
    shown = {metric.label: metric.value for metric in app.metric[:3]}
    assert shown == {
        "At home": f"{home:.1%}",
        "Elsewhere": f"{away:.1%}",
        "Gap": f"{100 * (home - away):+.1f} points",
    }
    assert f"Models lose {100 * (home - away):.1f} points of accuracy" in text(app)
    assert "own model" in html(app)


def test_the_published_finding_is_table_4(published: Path, open_page: Open):
    app = open_page("overview", published)
    assert [metric.value for metric in app.metric[:3]] == ["68.3%", "51.9%", "+16.4 points"]
    assert "From the paper's Table 4" in text(app)


def test_every_table_and_figure_of_the_paper_has_its_place(opened):
    app = opened()
    labels = " ".join(link.proto.label for link in app.get("page_link"))
    for part in ("Table 4", "Table 5", *(f"Figure {n}" for n in (3, 5, 6, 7))):
        assert part in labels
    for part in ("Table 1", "Table 2", "Table 3", "Figures 1 and 2"):
        assert f"**{part}**" in text(app)
    assert "arxiv.org/abs/2008.10351" in text(app)
    # A link on the first screen leads to them.
    anchors = {heading.proto.anchor for heading in app.main.subheader}
    assert "(#from-the-paper-to-here)" in text(app) and "from-the-paper-to-here" in anchors
