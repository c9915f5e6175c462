"""Which train x test table is shown: the study's, a published one, or what is between them."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from lcviz.data import published
from lcviz.generalization.tables import TransferMatrix, published_matrix
from lcviz.study import Study
from lcviz.ui.choices import choose

_PUBLISHED: Final = {
    "continent": {
        "published": published.table_4,
        "earlier": published.earlier_run,
        "earlier-printed": lambda: published.as_printed(published.earlier_run()),
    },
    "season": {
        "published": published.table_5,
        "printed": lambda: published.as_printed(published.table_5()),
    },
}
_PAPERS: Final = {"continent": "Table 4", "season": "Table 5"}
TABLES: Final = {
    "study": "This study",
    "published": "{paper} (published)",
    "printed": "{paper}, as printed",
    "earlier": "An earlier run (published)",
    "earlier-printed": "The earlier run, as printed",
    "difference": "This study minus {paper}",
}
_NOTES: Final = {
    ("season", "published"): f"The paper's Table 5 is {published.ORIENTATION}.",
    ("season", "printed"): "As the paper prints Table 5: its rows, called trained on, are in truth "
    "the groups that were tested on.",
    ("continent", "earlier"): f"The earlier run is {published.ORIENTATION}. The paper's text "
    "quotes it as printed: its Europe model in Africa, 0.424, is the Africa model in Europe.",
    ("continent", "earlier-printed"): "As the authors' notebook prints it: its rows, called "
    "trained on, are in truth the groups that were tested on.",
    ("season", "difference"): "The published Table 5 is taken in its true orientation.",
}
"""Axis, table -> how its axes stand."""
_VALUES: Final = {"measured": "As measured", "minus-home": "Minus home"}


def published_tables(axis: str) -> dict[str, TransferMatrix]:
    """What is published of an axis, by its name in `TABLES`."""
    return {name: published_matrix(table(), axis) for name, table in _PUBLISHED[axis].items()}


@dataclass(frozen=True)
class ChosenTable:
    """A table, and how its values are shown."""

    name: str
    """In `TABLES`."""
    title: str
    measured: TransferMatrix
    """Of a difference of two tables, the first."""
    shown: TransferMatrix
    """As measured, or a difference."""

    @property
    def is_difference(self) -> bool:
        """Whether its values are differences."""
        return self.shown is not self.measured

    @property
    def is_of_study(self) -> bool:
        """Whether its scenes are the open study's, so that one can look behind a cell."""
        return self.name in ("study", "difference")


def table_title(name: str, axis: str) -> str:
    """What people call a table: "Table 4 (published)"."""
    return TABLES[name].format(paper=_PAPERS[axis])


def choose_table(matrix: TransferMatrix | None, axis: str, measure: str) -> ChosenTable | None:
    """Choose a table of one measure; None where there is none.

    Args:
        matrix: the study's own; None without results.
        axis: `continent` or `season`.
        measure: its name in `metrics.MEASURES`.
    """
    papers = published_tables(axis) if measure == "accuracy" else {}
    tables = ({} if matrix is None else {"study": matrix}) | papers
    options = [name for name in TABLES if name in tables]
    if not options:
        return None
    if matrix is not None and papers:
        options.append("difference")
    name = choose(
        st.selectbox,
        "Table",
        options,
        name="table",
        resets=("train", "test"),
        format_func=lambda option: table_title(option, axis),
        width=230,
    )
    title = table_title(name, axis)
    if name == "difference" and matrix is not None:
        return ChosenTable(name, title, matrix, matrix.minus(papers["published"]))
    with st.popover("Cells", icon=":material/tune:"):
        values = choose(
            st.segmented_control,
            "Values",
            list(_VALUES),
            name="values",
            format_func=_VALUES.get,
            required=True,
        )
    measured = tables[name]
    if values == "measured":
        return ChosenTable(name, title, measured, measured)
    return ChosenTable(name, f"{title}, minus home", measured, measured.minus_home())


def show_note(table: ChosenTable, study: Study) -> None:
    """How to read a table that is not the study's own; nothing of one that is."""
    note = _NOTES.get((table.measured.axis, table.name))
    if note:
        st.caption(note)
    if table.name == "difference" and study.is_demo:
        st.caption("A synthetic study minus a real one: it says nothing about SEN12MS.")
