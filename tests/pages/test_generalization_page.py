"""The page Generalisation of a study that is whole."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from generalization_pages import SCENES_PER_GROUP, cell, estimates, full_results, headings
from page_elements import text, told
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT, NO_LABELS_SCENE, make_study

from lcviz.data import published
from lcviz.generalization.class_mix import gap_parts, in_words
from lcviz.metrics import cohens_kappa
from lcviz.study.truth import TRUTH_COLUMNS, write_truth_counts
from lcviz.taxonomy import CONTINENTS

pytest_plugins = ("app_in_process", "whole_results")
Open = Callable[..., AppTest]
PAGE = "generalization"


def figures(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def test_a_whole_study_shows_its_headline_and_the_published_one(full_study: Path, open_page: Open):
    app = open_page(PAGE, full_study)
    assert told(app) == ""
    means = full_results().groupby(["axis", "train_group", "test_group"]).accuracy.mean()
    means = means["continent"].unstack().loc[list(CONTINENTS), list(CONTINENTS)].to_numpy()
    home = np.diag(means).mean()
    away = (means.sum() - np.trace(means)) / 30
    assert estimates(app) == {
        "At home": f"{home:.1%}",
        "Elsewhere": f"{away:.1%}",
        "Gap": f"{100 * (home - away):+.1f} points",
    }
    # Scores are drawn alike for all groups: no order of them is settled.
    assert "The scenes do not settle which pair is the worst (" in text(app)
    assert (
        "Table 4 (published): at home **68.3%**, elsewhere **51.9%**, gap **+16.4 points**."
        in text(app)
    )
    assert "Synthetic" in text(app)
    assert "right for about 81%" in text(app)
    assert figures(app) == 5


def test_a_cell_shows_its_mean_scenes_confusions_and_class_mix(full_study: Path, open_page: Open):
    app = open_page(PAGE, full_study, train="Europe", test="Africa")
    results = full_results()
    rows, home = cell(results, "Europe", "Africa"), cell(results, "Europe", "Europe")
    mean, std = rows.accuracy.mean(), rows.accuracy.std(ddof=0)
    assert app.metric[0].value == f"{mean:.1%}"
    assert f"standard deviation {100 * std:.1f} points" in text(app)
    assert f"n = {SCENES_PER_GROUP} scenes" in text(app)
    parts = gap_parts(*(np.stack(r.confusion).reshape(-1, 8, 8) for r in (home, rows)))
    assert parts is not None
    assert in_words(parts, "Europe", "Africa") in text(app)
    scenes = next(t.value for t in app.dataframe if "Map" in t.value)
    assert scenes["Overall accuracy, %"].is_monotonic_increasing
    assert sorted(scenes["Overall accuracy, %"]) == pytest.approx(sorted(100 * rows.accuracy))
    assert set(scenes.Map) == {
        f"world_map?scene={scene}&model=continent-europe" for scene in rows.scene_id
    }


def test_a_cell_at_home_needs_no_comparison(full_study: Path, open_page: Open):
    app = open_page(PAGE, full_study, train="Asia", test="Asia")
    assert "held out from training" in text(app)
    assert figures(app) == 4


def test_the_url_decides_what_is_shown(full_study: Path, open_page: Open):
    app = open_page(
        PAGE, full_study, axis="season", measure="macro-f1", train="Fall", test="Spring"
    )
    assert app.metric[0].label == "Macro F1"
    assert "Behind this cell: trained on Fall, tested on Spring" in headings(app)
    assert "8 of 8 classes counted" in text(app)
    assert "(published): at home" not in text(app)  # there is no published macro F1
    assert app.selectbox(key="choice-table").options == ["This study"]
    assert not app.toast


def test_picks_go_into_the_url_and_an_axis_resets_the_cell(full_study: Path, open_page: Open):
    app = open_page(PAGE, full_study)
    app.selectbox(key="choice-train").select("Europe").run()
    assert app.query_params["train"] in ("Europe", ["Europe"])
    app.button_group(key="choice-axis").set_value("season").run()
    assert not app.exception and not app.toast
    assert "train" not in app.query_params
    app.selectbox(key="choice-measure").select("kappa").run()
    assert app.query_params["measure"] in ("kappa", ["kappa"])


@pytest.mark.parametrize(
    "name", ["axis", "measure", "table", "values", "cells", "train", "test", "confusion"]
)
def test_a_bad_value_in_the_url_falls_back_with_a_notice(
    full_study: Path, open_page: Open, name: str
):
    nonsense = "<b>`no\nsuch"
    app = open_page(PAGE, full_study, **{name: nonsense})
    assert any(toast.value.startswith(f"There is no {name}") for toast in app.toast)
    assert app.query_params.get(name) not in (nonsense, [nonsense])
    assert not app.error


@pytest.mark.parametrize(
    "table", ["study", "published", "earlier", "earlier-printed", "difference"]
)
@pytest.mark.parametrize("values", ["measured", "minus-home"])
def test_every_table_can_be_shown(full_study: Path, open_page: Open, table: str, values: str):
    app = open_page(PAGE, full_study, table=table, values=values)
    assert told(app) == "" and not app.toast
    behind = 8 if table in ("study", "difference") else 0  # single scenes are not published
    labels = [button.label for button in app.get("download_button")]
    tables = [label for label in labels if label in ("CSV", "LaTeX")]
    assert len(tables) == 2 + behind
    # One and two columns wide.
    assert labels.count("PDF") == labels.count("SVG") == labels.count("PNG") == 2 * figures(app)
    assert ("it says nothing about SEN12MS" in text(app)) == (table == "difference")


def test_there_is_no_earlier_run_of_the_seasons(full_study: Path, open_page: Open):
    app = open_page(PAGE, full_study, axis="season")
    assert app.selectbox(key="choice-table").options == [
        "This study",
        "Table 5 (published)",
        "Table 5, as printed",
        "This study minus Table 5",
    ]


def test_no_validation_scenes_leave_no_home(full_study: Path, tmp_path: Path, open_page: Open):
    study = make_study(tmp_path / "away", models=False)
    results = full_results()
    study.write_results(results[results.split == "test"])
    app = open_page(PAGE, study.path, train="Europe", test="Africa")
    found = estimates(app)
    assert found["At home"] == found["Gap"] == "none" != found["Elsewhere"]
    assert "This needs labelled scenes at home" in text(app)
    app = open_page(PAGE, study.path, train="Europe", test="Europe", values="minus-home")
    assert "has no home score" in text(app)


def test_the_papers_protocol_is_named_and_so_is_what_is_left_out(
    tmp_path: Path, open_page: Open
) -> None:
    study = make_study(tmp_path / "study")
    assert "The paper's protocol" in text(open_page(PAGE, study.path))
    card = study.model(EXPERIMENT)
    three = replace(card, split="three", home_scenes=card.validation_scenes, validation_scenes=())
    study.write_model(three, study.weights(EXPERIMENT), study.history(EXPERIMENT))
    scenes = study.scenes()
    shared = scenes.scene_id == NO_LABELS_SCENE
    study.write_scenes(
        scenes.assign(overlap_group=scenes.overlap_group.mask(shared, card.training_scenes[0]))
    )
    said = text(open_page(PAGE, study.path))
    assert "The paper's protocol" not in said
    assert "1 pair of model and scene away from home left out" in said


def test_where_the_truth_is_known_the_error_is_shared_out(tmp_path: Path, open_page: Open) -> None:
    study = make_study(tmp_path / "study")
    results = study.results()
    right = [np.eye(8, dtype=int).ravel() * 10] * len(results)
    truth = results.assign(reference="truth", confusion=right)
    study.write_results(pd.concat([results, truth.assign(accuracy=1.0, pixels=80)]))
    counts = results[list(TRUTH_COLUMNS)].assign(
        pixels=100, labels_right=80, model_right=70, agree=60, all_agree=55
    )
    write_truth_counts(study, counts)
    app = open_page(PAGE, study.path)
    said = text(app)
    assert "**Away from home** the models agree with MODIS on 60.0% of the pixels" in said
    assert "MODIS is wrong and the model right on **15.0%" in said
    assert "the model is wrong and MODIS right on **25.0%" in said
    against = open_page(PAGE, study.path, reference="truth")
    assert "100.0%" in [metric.value for metric in against.metric]
    assert "100.0%" not in [metric.value for metric in app.metric]


def test_the_whole_page_follows_the_chosen_table(full_study: Path, open_page: Open) -> None:
    paper = published.table_4().mean
    app = open_page(PAGE, full_study, table="published", train="Europe", test="Africa")
    assert app.metric[0].value == f"{paper.loc['Europe', 'Africa']:.1%}"
    assert estimates(app)["At home"] == f"{np.diag(paper).mean():.1%}"
    assert "At home and elsewhere: Table 4 (published)" in headings(app)
    assert "n and intervals are not published" in text(app)
    own = cell(full_results(), "Europe", "Africa").accuracy.mean()
    app = open_page(PAGE, full_study, table="difference", train="Europe", test="Africa")
    assert app.metric[0].value == f"{own:.1%}"
    assert f"**{100 * (own - paper.loc['Europe', 'Africa']):+.1f} points**" in text(app)


def test_what_is_saved_is_named_after_the_study(full_study: Path, open_page: Open) -> None:
    app = open_page(PAGE, full_study)
    names = [button.proto.help.split()[-1] for button in app.get("download_button")]
    assert len(set(names)) == len(names) > 20
    assert all(name.startswith("lcviz_full_") for name in names)
    assert "lcviz_full_continents.pdf" in names


def test_kappa_is_no_per_cent(full_study: Path, open_page: Open) -> None:
    app = open_page(PAGE, full_study, measure="kappa", train="Europe", test="Africa")
    rows = cell(full_results(), "Europe", "Africa")
    value = cohens_kappa(np.stack(list(rows.confusion)).reshape(-1, 8, 8)).mean()
    assert app.metric[0].value == f"{value:.2f}"
    assert not any("%" in metric.value or "points" in metric.value for metric in app.metric)
    assert "Home" in app.main.table[0].value
