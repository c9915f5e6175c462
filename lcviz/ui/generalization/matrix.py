"""A train x test table as a heat map, one cell of which is looked behind.

A click on a cell is answered without sending the figure again: the browser has outlined the cell
itself, and an equal figure is not drawn anew. The session remembers which pair the figure was last
sent with, and which the browser outlined.
"""

from typing import Final

import streamlit as st

from lcviz.figures.generalization import transfer_figure
from lcviz.generalization.headline import headline
from lcviz.generalization.tables import TransferMatrix, matrix_cells, matrix_rows
from lcviz.taxonomy import AXES
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import choose, current_choice, pick
from lcviz.ui.generalization.table import ChosenTable
from lcviz.words import SHARE

_KEY: Final = "transfer-matrix"
_UNITS: Final = {
    (SHARE, False): " in per cent",
    (SHARE, True): " in points, 100 times what the files hold",
}
_IN_CELLS: Final = {"mean": "Mean", "spread": "Mean, spread and n"}


def choose_pair(matrix: TransferMatrix, axis: str) -> tuple[str, str]:
    """Choose a cell by its groups: trained on, tested on; the worst pair, unless one was picked."""
    found = headline(matrix)
    trained, tested = found.worst_pair[:2] if found.worst_pair else AXES[axis][:2]
    with st.container(horizontal=True):
        return (
            choose(st.selectbox, "Trained on", AXES[axis], name="train", default=trained),
            choose(st.selectbox, "Tested on", AXES[axis], name="test", default=tested),
        )


def show_matrix(table: ChosenTable, study: str, measure: str, pair: tuple[str, str]) -> None:
    """Draw a table.

    Args:
        table: the chosen one.
        study: the study's name, for what is saved of its table.
        measure: label of what its values are.
        pair: trained on, tested on: the cell that is outlined.
    """
    shown = table.shown
    spread = current_choice("cells", list(_IN_CELLS), "mean") == "spread"
    outlined = _pair_to_outline(pair, [table.title, measure, str(spread), shown.mean.to_json()])
    figure = transfer_figure(
        shown, measure, difference=table.is_difference, chosen=outlined, spread=spread
    )
    name = f"{shown.axis}s" if table.name == "study" else f"{shown.axis}s-{table.name}"
    of_paper = not table.is_of_study
    unit = _UNITS.get((shown.unit, table.is_difference), "")
    row = show_figure(
        figure,
        name,
        f"{table.title}: {measure}{unit}, the mean over the scenes tested on. Point at a cell "
        "for its spread and n; click it to look closer.",
        saved_caption=f"{table.title}: {measure}{unit}, trained on by rows, tested on by "
        "columns, the mean over the scenes tested on.",
        of_paper=of_paper,
        key=_KEY,
        on_select=_pick_clicked_cell,
        selection_mode="points",
    )
    with row:
        title = f"{study}: {table.title}" if table.is_of_study else table.title
        caption = f"{title}. {measure}, trained on by rows, tested on by columns"
        show_downloads(matrix_rows(shown), name, caption, matrix_cells(shown), of_paper=of_paper)
        choose(
            st.segmented_control,
            "In a cell",
            list(_IN_CELLS),
            name="cells",
            format_func=_IN_CELLS.get,
            required=True,
            label_visibility="collapsed",
        )


def _pick_clicked_cell() -> None:
    points = st.session_state[_KEY].selection.points
    # A second click on a cell takes its selection away, which here means the same cell again.
    cell = points[0]["customdata"] if points else st.session_state.get("clicked-cell")
    if cell:
        st.session_state["clicked-cell"] = cell
        # The browser has outlined it, unless the click took the outline away.
        st.session_state["outlined-by-browser"] = tuple(cell) if points else None
        pick("train", cell[0])
        pick("test", cell[1])


def _pair_to_outline(pair: tuple[str, str] | None, table: list[str]) -> tuple[str, str] | None:
    """The pair as last sent while only clicks change it: an equal figure is not drawn anew."""
    sent = st.session_state.get("outlined", {})
    clicked = st.session_state.get("outlined-by-browser")
    if sent.get("table") != table or clicked != pair:
        sent = st.session_state["outlined"] = {"table": table, "pair": pair}
        st.session_state["outlined-by-browser"] = None
    return sent["pair"]
