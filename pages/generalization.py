from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lcviz.data import published
from lcviz.figures.exports import matrix_cells, matrix_rows
from lcviz.figures.generalization import home_and_away, transfer_figure
from lcviz.generalization.headline import Estimate, headline, model_rows, sentences
from lcviz.generalization.tables import (
    TransferMatrix,
    published_matrix,
    score_scenes,
    transfer_matrix,
)
from lcviz.metrics import MEASURES
from lcviz.study import Study
from lcviz.taxonomy import AXES, EXPERIMENTS
from lcviz.ui.charts import choose_file_format, show_downloads, show_figure
from lcviz.ui.choices import choose, pick
from lcviz.ui.generalization.cell import show_cell
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study, synthetic_note

MATRIX_KEY = "transfer-matrix"
PUBLISHED = {
    "continent": {"published": published.table_4, "earlier": published.earlier_run},
    "season": {"published": published.table_5},
}
TABLES = {
    "study": "This study",
    "published": "Published",
    "earlier": "Published, an earlier run",
    "difference": "This study minus published",
}
CELLS = {  # by whether the standard deviation and the scenes are known
    (True, True): "In a cell: mean and population standard deviation over the test group's scenes, "
    "number of scenes, 95 % interval of the mean (bootstrap over scenes).",
    (True, False): "In a cell: mean and standard deviation over the test group's scenes.",
    (False, True): "In a cell: difference, number of scenes, its 95 % interval (bootstrap over "
    "this study's scenes).",
    (False, False): "In a cell: difference.",
}
FEW_SCENES = 5
VALUES = {"measured": "As measured", "minus-home": "Minus home"}


def published_tables(axis: str) -> dict[str, TransferMatrix]:
    return {name: published_matrix(table(), axis) for name, table in PUBLISHED[axis].items()}


def choose_axis_and_measure(results: pd.DataFrame | None) -> tuple[str, str]:
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
            ["accuracy"] if results is None else list(MEASURES),
            name="measure",
            resets=("table",),
            format_func=lambda name: MEASURES[name].label,
            width=260,
        )
    return axis, measure


def show_estimate(label: str, estimate: Estimate | None, sign: str = "") -> None:
    with st.container(width="content", gap=None):
        st.metric(label, "none" if estimate is None else f"{estimate.value:{sign}.3f}")
        if estimate is not None and estimate.low is not None:
            st.caption(f"95 %: {estimate.low:{sign}.3f} to {estimate.high:{sign}.3f}")


def show_headline(matrix: TransferMatrix, label: str) -> None:
    found = headline(matrix)
    with st.container(horizontal=True, gap="large"):
        show_estimate("At home", found.home)
        show_estimate("Away", found.away)
        show_estimate("Gap, home minus away", found.gap, sign="+")
    n, fewest = len(found.models), found.fewest_home_scenes
    said = f"{label}, mean over {n} {'model' if n == 1 else 'models'}; away is the mean of a "
    said += "model's cells off the diagonal."
    if fewest == 1:
        said += " A home cell with one scene leaves no interval."
    elif fewest is not None and fewest < FEW_SCENES:
        said += f" A home cell rests on {fewest} scenes: an interval of so few is too narrow."
    st.caption(said)
    st.markdown("\n".join(f"- {line}" for line in sentences(found, matrix)))
    st.dataframe(
        model_rows(found, matrix),
        hide_index=True,
        width="stretch",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f")
            for name in ("Home", "Away", "Value there")
        }
        | {"Gap": st.column_config.NumberColumn(format="%+.3f")},
    )


def show_missing_models(study: Study, scores: pd.DataFrame, axis: str) -> None:
    missing = [group for group in AXES[axis] if not (scores.train_group == group).any()]
    if not missing:
        return
    trained = {EXPERIMENTS[experiment] for experiment in study.experiments()}
    stage = "evaluate" if trained.issuperset((axis, group) for group in missing) else "train"
    said = f"No results of models trained on {', '.join(missing)}. {study.how_to_make(stage)}"
    st.info(as_markdown(said), icon=":material/hourglass_empty:")


@dataclass(frozen=True)
class ChosenTable:
    title: str
    measured: TransferMatrix
    shown: TransferMatrix
    """As measured, or a difference."""

    @property
    def is_difference(self) -> bool:
        return self.shown is not self.measured


def choose_table(
    study: Study, matrix: TransferMatrix | None, axis: str, measure: str
) -> ChosenTable | None:
    papers = published_tables(axis) if measure == "accuracy" else {}
    tables = ({} if matrix is None else {"study": matrix}) | papers
    options = [name for name in TABLES if name in tables]
    if not options:
        return None
    if matrix is not None and papers:
        options.append("difference")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = choose(
            st.selectbox, "Table", options, name="table", format_func=TABLES.get, width=260
        )
        if name == "difference":
            if study.is_demo:
                st.caption("A synthetic study minus a real one: it says nothing about SEN12MS.")
            return ChosenTable(TABLES[name], matrix, matrix.minus(papers["published"]))
        values = choose(
            st.segmented_control,
            "Values",
            list(VALUES),
            name="values",
            format_func=VALUES.get,
            required=True,
        )
    measured = tables[name]
    if values == "measured":
        return ChosenTable(TABLES[name], measured, measured)
    return ChosenTable(f"{TABLES[name]}, minus home", measured, measured.minus_home())


def pick_clicked_cell() -> None:
    points = st.session_state[MATRIX_KEY].selection.points
    # A second click on a cell takes its selection away, which here means the same cell again.
    cell = points[0]["customdata"] if points else st.session_state.get("clicked-cell")
    if cell:
        st.session_state["clicked-cell"] = cell
        # The browser has outlined it, unless the click took the outline away.
        st.session_state["outlined-by-browser"] = tuple(cell) if points else None
        pick("train", cell[0])
        pick("test", cell[1])


def choose_pair(matrix: TransferMatrix, axis: str) -> tuple[str, str]:
    found = headline(matrix)
    default = found.worst_pair[:2] if found.worst_pair else AXES[axis][:2]
    with st.container(horizontal=True):
        return tuple(
            choose(st.selectbox, label, AXES[axis], name=name, default=start, width=200)
            for name, label, start in (
                ("train", "Trained on", default[0]),
                ("test", "Tested on", default[1]),
            )
        )


def show_published_headline(axis: str, alone: bool) -> None:
    matrix = published_tables(axis)["published"]
    if alone:
        st.markdown("**The published table**")
        show_headline(matrix, "Overall accuracy")
        return
    found = headline(matrix)
    st.markdown(
        f"Published: at home **{found.home.value:.3f}**, away **{found.away.value:.3f}**, "
        f"gap **{found.gap.value:+.3f}**."
    )
    with st.expander("More of the published table"):
        show_headline(matrix, "Overall accuracy")


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


def pair_to_outline(pair: tuple[str, str] | None, table: list[str]) -> tuple[str, str] | None:
    """The pair as last sent while only clicks change it: an equal figure is not drawn anew."""
    sent = st.session_state.get("outlined", {})
    clicked = st.session_state.get("outlined-by-browser")
    if sent.get("table") != table or clicked != pair:
        sent = st.session_state["outlined"] = {"table": table, "pair": pair}
        st.session_state["outlined-by-browser"] = None
    return sent["pair"]


def show_matrix(table: ChosenTable, measure: str, pair: tuple[str, str] | None) -> None:
    shown = table.shown
    label = f"{measure}, difference" if table.is_difference else measure
    outlined = pair_to_outline(pair, [table.title, label, shown.mean.to_json()])
    figure = transfer_figure(shown, label, difference=table.is_difference, chosen=outlined)
    clickable = {} if pair is None else {"on_select": pick_clicked_cell, "selection_mode": "points"}
    show_figure(figure, f"{shown.axis}s", key=MATRIX_KEY, **clickable)
    caption = f"{table.title}: {measure}, trained on by rows, tested on by columns"
    st.caption(f"{caption}. {CELLS[shown.std is not None, shown.scenes is not None]}")
    show_downloads(matrix_rows(shown), f"{shown.axis}s", caption, matrix_cells(shown))


# A fragment in a fragment: a click on a cell computes and sends again only what it changes.
@st.fragment
def explore_table(
    study: Study,
    scores: pd.DataFrame | None,
    matrix: TransferMatrix | None,
    axis: str,
    name: str,
) -> None:
    measure = MEASURES[name]
    reference = published.modis_layer_accuracy()["LCCS land use"] if name == "accuracy" else None
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
    choose_file_format()


@st.fragment
def explore(study: Study) -> None:
    results = scores = matrix = None
    with artefact_states():
        results = study.results()
    axis, name = choose_axis_and_measure(results)
    measure = MEASURES[name]
    if results is not None:
        with artefact_states():
            scores = score_scenes(results, axis, measure)
            show_missing_models(study, scores, axis)
            matrix = transfer_matrix(scores, axis, seed=study.info.seed)
    if matrix is not None and matrix.mean.isna().all(axis=None):
        st.info(f"No scene of this study has a value of {measure.label}.")
        matrix = None
    if matrix is not None:
        synthetic_note(study)
        show_headline(matrix, measure.label)
    if name == "accuracy":
        show_published_headline(axis, alone=matrix is None)
    explore_table(study, scores, matrix, axis, name)


st.title("Generalisation", anchor=False)
st.markdown(
    "Who can be trusted where: how well a model trained on one group of scenes maps every other."
)
explore(open_study())
