from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from page_elements import text, told
from streamlit.testing.v1 import AppTest
from study_factory import EXPERIMENT, NO_LABELS_SCENE, make_study

from lcviz.data import published
from lcviz.generalization.class_mix import gap_parts, in_words
from lcviz.metrics import cohens_kappa
from lcviz.study import RESULT_COLUMNS, Study
from lcviz.study.truth import TRUTH_COLUMNS, write_truth_counts
from lcviz.taxonomy import AXES, CONTINENTS, EXPERIMENTS

pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]
PAGE = "generalization"
SCENES_PER_GROUP = 4


def figures(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def full_results() -> pd.DataFrame:
    """Ten models on four scenes of each group; each is trained on the first two of its own."""
    random = np.random.default_rng(11)
    rows = []
    for experiment, (axis, train_group) in EXPERIMENTS.items():
        for test_group in AXES[axis]:
            for scene in range(SCENES_PER_GROUP):
                at_home = test_group == train_group
                if at_home and scene < 2:
                    continue
                confusion = random.integers(0, 50, (8, 8)) + np.diag(random.integers(0, 900, 8))
                rows.append(
                    {
                        "experiment": experiment,
                        "axis": axis,
                        "train_group": train_group,
                        "scene_id": f"ROIs0000_fall_{100 * AXES[axis].index(test_group) + scene}",
                        "test_group": test_group,
                        "split": "home" if at_home else "test",
                        "variant": "paper",
                        "reference": "modis",
                        "pixels": int(confusion.sum()),
                        "accuracy": float(np.trace(confusion) / confusion.sum()),
                        "confusion": confusion.ravel(),
                    }
                )
    return pd.DataFrame(rows, columns=list(RESULT_COLUMNS))


@pytest.fixture(scope="session")
def full_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = make_study(tmp_path_factory.mktemp("full") / "full", models=False)
    study.write_results(full_results())
    return study.path


def headings(app: AppTest) -> list[str]:
    return [heading.value for heading in app.subheader]


def estimates(app: AppTest) -> dict[str, str]:
    names = ("At home", "Elsewhere", "Gap")
    return {metric.label: metric.value for metric in app.metric if metric.label in names}


def cell(results: pd.DataFrame, trained: str, tested: str) -> pd.DataFrame:
    return results[(results.train_group == trained) & (results.test_group == tested)]


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


def test_missing_results_leave_the_published_tables(study: Study, open_page: Open):
    (study.path / "results.parquet").unlink()
    app = open_page(PAGE, study.path)
    assert any("python -m precompute evaluate" in info.value for info in app.info)
    assert "trained on **Australia** and tested on **Asia** (38.0%)" in text(app)
    assert app.selectbox(key="choice-measure").options == ["Overall accuracy"]
    assert app.selectbox(key="choice-table").options == [
        "Table 4 (published)",
        "An earlier run (published)",
        "The earlier run, as printed",
    ]
    home = np.diag(published.table_4().mean).mean()
    assert estimates(app)["At home"] == f"{home:.1%}"


def test_partial_experiments_are_named(study: Study, open_page: Open):
    app = open_page(PAGE, study.path)
    missing = ", ".join(group for group in CONTINENTS if group != "Africa")
    assert any(f"models trained on {missing}" in info.value for info in app.info)
    assert any("python -m precompute train" in info.value for info in app.info)
    results = study.results()
    own = cell(results, "Africa", "Africa")
    assert estimates(app)["At home"] == f"{own.accuracy.mean():.1%}"
    assert "A home cell with one scene leaves no interval" in text(app)


def test_models_without_results_are_to_be_evaluated(study: Study, open_page: Open):
    results = study.results()
    study.write_results(results[results.experiment != "season-winter"])
    for group in ("Spring", "Summer", "Fall"):  # as if they were trained
        study.model_file(f"season-{group.lower()}").parent.mkdir(parents=True)
        study.model_file(f"season-{group.lower()}").write_text("{}")
    app = open_page(PAGE, study.path, axis="season")
    assert any("python -m precompute evaluate" in info.value for info in app.info)
    assert "At home and elsewhere: Table 5 (published)" in headings(app)


@pytest.mark.parametrize("hurt", [b"not parquet", b""])
def test_broken_results_are_named(study: Study, open_page: Open, hurt: bytes):
    (study.path / "results.parquet").write_bytes(hurt)
    app = open_page(PAGE, study.path)
    assert any("results.parquet" in error.value for error in app.error)
    assert "At home and elsewhere: Table 4 (published)" in headings(app)


@pytest.mark.parametrize("measure", ["accuracy", "kappa"])
def test_confusion_matrices_that_are_none_are_named(study: Study, open_page: Open, measure: str):
    results = study.results()
    results["confusion"] = [[1, 2, 3]] * len(results)
    study.write_results(results)
    app = open_page(PAGE, study.path, measure=measure)
    assert any("results.parquet" in error.value for error in app.error)


def test_empty_results_are_told(study: Study, open_page: Open):
    study.write_results(study.results().iloc[:0])
    app = open_page(PAGE, study.path)
    assert "No scene of this study has a value" in text(app)
    assert "At home and elsewhere: Table 4 (published)" in headings(app)
    assert told(open_page(PAGE, study.path, measure="kappa"))


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


def test_a_scene_without_labels_is_listed_not_averaged(study: Study, open_page: Open):
    app = open_page(PAGE, study.path, train="Africa", test="Europe")
    assert app.metric[0].value == "none"
    assert "1 of 1 scenes with no labelled pixel: listed, not averaged." in text(app)
    scenes = next(t.value for t in app.dataframe if "Map" in t.value)
    assert NO_LABELS_SCENE in scenes.Map.iloc[0] and EXPERIMENT in scenes.Map.iloc[0]


def test_a_class_that_no_scene_holds_has_no_table(
    full_study: Path, tmp_path: Path, open_page: Open
):
    study = make_study(tmp_path / "snowless", models=False)
    results = full_results()
    snow = np.zeros((8, 8), dtype=bool)
    snow[5], snow[:, 5] = True, True
    results["confusion"] = [np.where(snow.ravel(), 0, c) for c in results.confusion]
    study.write_results(results)
    app = open_page(PAGE, study.path, measure="f1-permanent-snow-and-ice")
    assert "No scene of this study has a value of F1 of Permanent Snow and Ice." in told(app)


def test_a_study_that_does_not_exist(tmp_path: Path, open_page: Open):
    app = open_page(PAGE, tmp_path / "nowhere")
    assert any("nowhere" in error.value for error in app.error)


def test_missing_scenes_do_not_stop_the_table(study: Study, open_page: Open):
    (study.path / "scenes.parquet").unlink()
    app = open_page(PAGE, study.path, train="Africa", test="Asia")
    assert any("python -m precompute index" in info.value for info in app.info)
    assert app.metric


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
    assert "Home" in app.dataframe[0].value
