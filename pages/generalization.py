import pandas as pd
import streamlit as st

from lcviz.data import published
from lcviz.figures.generalization import home_and_away
from lcviz.generalization.tables import TransferMatrix, score_scenes, transfer_matrix
from lcviz.metrics import MEASURES, Measure
from lcviz.study import Study
from lcviz.study.scene_table import scene_label, scene_table
from lcviz.study.truth import has_truth
from lcviz.taxonomy import AXES, EXPERIMENTS
from lcviz.ui.charts import draw_first, show_figure
from lcviz.ui.choices import choose
from lcviz.ui.generalization.behind import show_behind
from lcviz.ui.generalization.cell import show_cell, show_scene_distribution, why_empty
from lcviz.ui.generalization.headline import (
    show_headline,
    show_models,
    show_published_headline,
    show_sentences,
)
from lcviz.ui.generalization.matrix import choose_pair, show_matrix
from lcviz.ui.generalization.protocol import show_protocol
from lcviz.ui.generalization.published import show_published_confusion
from lcviz.ui.generalization.table import ChosenTable, choose_table, show_note
from lcviz.ui.label_error import show_label_error
from lcviz.ui.paper import PAPER
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study

REFERENCES = {"modis": "MODIS labels", "truth": "Truth at 10 m"}


def choose_axis() -> str:
    return choose(
        st.segmented_control,
        "Generalise across",
        list(AXES),
        name="axis",
        resets=("train", "test", "table"),
        format_func=lambda axis: f"{axis.capitalize()}s",
        required=True,
    )


def choose_measure(has_results: bool) -> str:
    return choose(
        st.selectbox,
        "Measure",
        # The published tables hold nothing else.
        list(MEASURES) if has_results else ["accuracy"],
        name="measure",
        resets=("table",),
        format_func=lambda name: MEASURES[name].label,
        width=230,
    )


def choose_reference() -> str:
    return choose(
        st.segmented_control,
        "Scored against",
        list(REFERENCES),
        name="reference",
        resets=("table",),
        format_func=REFERENCES.get,
        required=True,
    )


def show_missing_models(study: Study, scores: pd.DataFrame, axis: str) -> None:
    missing = [group for group in AXES[axis] if not (scores.train_group == group).any()]
    if not missing:
        return
    trained = {EXPERIMENTS[experiment] for experiment in study.experiments()}
    stage = "evaluate" if trained.issuperset((axis, group) for group in missing) else "train"
    said = f"No results of models trained on {', '.join(missing)}. {study.how_to_make(stage)}"
    st.info(as_markdown(said), icon=":material/info:")


def label_noise(study: Study, reference: float) -> str:
    said = (
        f"The dashed line: MODIS land use, which the labels are, is right for about "
        f"{reference:.0%} of its pixels (Sulla-Menashe et al. 2019). What is measured is agreement "
        "with MODIS, not with the ground. So the line is a reference, not a ceiling: a model that "
        "has learnt MODIS's habits can agree with it more often than MODIS is right, and a map "
        "without any error would agree with it about as often as the line says."
    )
    if study.is_demo:
        said += " The demo's labels imitate this: they are the generator's land, with errors."
    return said


def label_noise_line(table: ChosenTable, measure: Measure, against: str) -> float | None:
    if measure is not MEASURES["accuracy"] or (table.is_of_study and against != "modis"):
        return None
    return published.modis_layer_accuracy()["LCCS land use"]


# A fragment in a fragment: a click on a cell computes and sends again only what it changes.
@st.fragment
def explore_table(
    study: Study, scores: pd.DataFrame | None, table: ChosenTable, name: str, against: str
) -> None:
    measure, axis = MEASURES[name], table.measured.axis
    reference = label_noise_line(table, measure, against)
    left, right = st.columns([3, 2], gap="medium")
    rows = home = None
    names: dict[str, str] = {}
    with right:
        pair = choose_pair(table.measured, axis)
        # First, as it answers a click; the browser has outlined the cell itself.
        show_cell(table, pair, measure)
        if table.is_of_study and scores is not None:
            model = scores[scores.train_group == pair[0]]
            rows, home = (model[model.test_group == group] for group in reversed(pair))
            if rows.empty:
                st.info(why_empty(model, *pair))
            else:
                with artefact_states():
                    scenes = scene_table(study.scenes())
                    names = {row.scene_id: scene_label(row) for row in scenes.itertuples()}
                show_scene_distribution(rows, home, names, pair, measure, reference)
                draw_first()
    with left:
        show_matrix(table, study.info.name, measure.label, pair)
    show_summary(study, table, measure, reference)
    if rows is not None and home is not None and len(rows):
        show_behind(rows, home, names, axis, pair, measure)
    elif table.name == "published" and axis == "continent":
        show_published_confusion()


def show_summary(
    study: Study, table: ChosenTable, measure: Measure, reference: float | None
) -> None:
    axis = table.measured.axis
    of_study = table.measured.scenes is not None
    whose = "this study" if of_study else table.title.removesuffix(", minus home")
    st.subheader(f"At home and elsewhere: {whose}", anchor=False)
    show_headline(table.measured, measure.label)
    left, right = st.columns(2, gap="medium")
    with left:
        show_sentences(table.measured)
        if of_study and measure is MEASURES["accuracy"]:
            show_published_headline(axis)
            show_label_error(study, axis)
    with right:
        show_figure(
            home_and_away(table.measured, measure.label, reference),
            f"home-and-away-{axis}s",
            saved_caption=f"{whose.capitalize()}: {measure.label} of each model at home, with its "
            f"95% interval where it is known, and on each other {axis}.",
            of_paper=not of_study,
        )
    show_models(table.measured)
    with st.expander("How this is measured"):
        if of_study:
            show_protocol(study, axis)
        if reference is not None:
            st.caption(label_noise(study, reference))
        st.caption(
            "A cell is the mean over the scenes of the group tested on, its interval Student's t "
            f"over those scenes. The paper: {PAPER}, Tables 4 and 5."
        )


@st.fragment
def explore(study: Study) -> None:
    results = scores = None
    matrix: TransferMatrix | None = None
    if not study.is_published:
        with artefact_states():
            results = study.results(None)
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    with controls:
        axis = choose_axis()
        name = choose_measure(results is not None)
        with_truth = results is not None and has_truth(study)
        against = choose_reference() if with_truth else "modis"
    measure = MEASURES[name]
    if results is not None:
        results = results[results.reference == against]
        with artefact_states():
            scores = score_scenes(results, axis, measure)
            show_missing_models(study, scores, axis)
            matrix = transfer_matrix(scores, axis, seed=study.info.seed, unit=measure.unit)
    if matrix is not None and matrix.mean.isna().all(axis=None):
        st.info(f"No scene of this study has a value of {measure.label}.")
        matrix = None
    with controls:
        table = choose_table(matrix, axis, name)
    if table is not None:
        show_note(table, study)
        explore_table(study, scores, table, name, against)


st.title("Generalisation", anchor=False)
st.caption(
    "How well a model trained on one group of scenes maps every other, in per cent (Cohen's kappa, "
    "no share, from -1 to 1). Across continents this is the paper's Table 4, across seasons its "
    "Table 5."
)
explore(open_study())
