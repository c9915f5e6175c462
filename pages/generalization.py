import pandas as pd
import streamlit as st

from lcviz.data import published
from lcviz.figures.generalization import home_and_away
from lcviz.generalization.tables import TransferMatrix, score_scenes, transfer_matrix
from lcviz.metrics import MEASURES
from lcviz.study import Study
from lcviz.study.truth import has_truth
from lcviz.taxonomy import AXES, EXPERIMENTS
from lcviz.ui.charts import choose_file_format, show_figure
from lcviz.ui.choices import choose
from lcviz.ui.generalization.cell import show_cell
from lcviz.ui.generalization.headline import show_headline, show_published_headline
from lcviz.ui.generalization.matrix import choose_pair, show_matrix
from lcviz.ui.generalization.protocol import show_protocol
from lcviz.ui.generalization.published import show_published_confusion
from lcviz.ui.generalization.table import choose_table
from lcviz.ui.label_error import show_label_error
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study

REFERENCES = {"modis": "MODIS labels", "truth": "Truth at 10 m"}


def choose_axis_and_measure(study: Study, has_results: bool) -> tuple[str, str, str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        axis = choose(
            st.segmented_control,
            "Generalise across",
            list(AXES),
            name="axis",
            resets=("train", "test", "table"),
            format_func=lambda axis: f"{axis.capitalize()}s",
            required=True,
        )
        measure = choose(
            st.selectbox,
            "Measure",
            # The published tables hold nothing else.
            list(MEASURES) if has_results else ["accuracy"],
            name="measure",
            resets=("table",),
            format_func=lambda name: MEASURES[name].label,
            width=260,
        )
        reference = "modis"
        if has_results and has_truth(study):
            reference = choose(
                st.segmented_control,
                "Scored against",
                list(REFERENCES),
                name="reference",
                resets=("table",),
                format_func=REFERENCES.get,
                required=True,
            )
    return axis, measure, reference


def show_missing_models(study: Study, scores: pd.DataFrame, axis: str) -> None:
    missing = [group for group in AXES[axis] if not (scores.train_group == group).any()]
    if not missing:
        return
    trained = {EXPERIMENTS[experiment] for experiment in study.experiments()}
    stage = "evaluate" if trained.issuperset((axis, group) for group in missing) else "train"
    said = f"No results of models trained on {', '.join(missing)}. {study.how_to_make(stage)}"
    st.info(as_markdown(said), icon=":material/info:")


def show_label_noise(study: Study, reference: float) -> None:
    said = (
        f"The dashed line: MODIS land use, which the labels are, is right for about "
        f"{reference:.0%} of its pixels (Sulla-Menashe et al. 2019). What is measured is agreement "
        "with MODIS, not with the ground. So the line is a reference, not a ceiling: a model that "
        "has learnt MODIS's habits can agree with it more often than MODIS is right, and a map "
        "without any error would agree with it about as often as the line says."
    )
    if study.is_demo:
        said += " The demo's labels imitate this: they are the generator's land, with errors."
    st.caption(said)


# A fragment in a fragment: a click on a cell computes and sends again only what it changes.
@st.fragment
def explore_table(
    study: Study,
    scores: pd.DataFrame | None,
    matrix: TransferMatrix | None,
    axis: str,
    name: str,
    against: str,
) -> None:
    measure = MEASURES[name]
    with_line = name == "accuracy" and against == "modis"
    reference = published.modis_layer_accuracy()["LCCS land use"] if with_line else None
    table = choose_table(study, matrix, axis, name)
    if table is None:
        return
    left, right = st.columns([3, 2], gap="medium")
    pair = None
    if matrix is not None:
        st.subheader("Behind one cell", anchor=False)
        pair = choose_pair(matrix, axis)
        # First, as it answers a click; the browser has outlined the cell itself.
        show_cell(study, scores, matrix, pair, measure, reference)
    with left:
        show_matrix(table, measure.label, pair)
    with right:
        show_figure(
            home_and_away(table.measured, measure.label, reference), f"home-and-away-{axis}"
        )
        if reference is not None:
            show_label_noise(study, reference)
    if study.is_published and axis == "continent":
        show_published_confusion()
    choose_file_format()


@st.fragment
def explore(study: Study) -> None:
    results = scores = matrix = None
    if not study.is_published:
        with artefact_states():
            results = study.results(None)
    axis, name, against = choose_axis_and_measure(study, results is not None)
    measure = MEASURES[name]
    if results is not None:
        results = results[results.reference == against]
        with artefact_states():
            scores = score_scenes(results, axis, measure)
            show_missing_models(study, scores, axis)
            matrix = transfer_matrix(scores, axis, seed=study.info.seed)
    if matrix is not None and matrix.mean.isna().all(axis=None):
        st.info(f"No scene of this study has a value of {measure.label}.")
        matrix = None
    if matrix is not None:
        show_headline(matrix, measure.label)
        show_protocol(study, axis)
        if name == "accuracy":
            show_label_error(study, axis)
    if name == "accuracy":
        show_published_headline(axis, alone=matrix is None)
    if study.is_published:
        st.caption("Single scenes, intervals and other measures are not published.")
    explore_table(study, scores, matrix, axis, name, against)


st.title("Generalisation", anchor=False)
st.markdown(
    "Who can be trusted where: how well a model trained on one group of scenes maps every other."
)
explore(open_study())
