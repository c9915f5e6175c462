"""What a train x test table says, first in numbers, then in words."""

import streamlit as st

from lcviz.generalization.headline import Estimate, headline, model_rows, sentences
from lcviz.generalization.tables import TransferMatrix
from lcviz.ui.generalization.table import published_tables


def show_headline(matrix: TransferMatrix, label: str) -> None:
    """At home, away and the gap, what else a table says, and a row a model.

    Args:
        matrix: the table.
        label: of its measure.
    """
    found = headline(matrix)
    with st.container(horizontal=True, gap="large"):
        _show_estimate("At home", found.home)
        _show_estimate("Away", found.away)
        _show_estimate("Gap, home minus away", found.gap, sign="+")
    n, fewest = len(found.models), found.fewest_home_scenes
    said = f"{label}, mean over {n} {'model' if n == 1 else 'models'}; away is the mean of a "
    said += "model's cells off the diagonal."
    if fewest == 1:
        said += " A home cell with one scene leaves no interval."
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


def show_published_headline(axis: str, alone: bool) -> None:
    """What is published of an axis: all of it where the study has nothing, else a line."""
    matrix = published_tables(axis)["published"]
    if alone:
        st.markdown("**The published table**")
        show_headline(matrix, "Overall accuracy")
        return
    found = headline(matrix)
    assert found.home and found.away and found.gap  # every published table is complete
    st.markdown(
        f"Published: at home **{found.home.value:.3f}**, away **{found.away.value:.3f}**, "
        f"gap **{found.gap.value:+.3f}**."
    )
    with st.expander("More of the published table"):
        show_headline(matrix, "Overall accuracy")


def _show_estimate(label: str, estimate: Estimate | None, sign: str = "") -> None:
    with st.container(width="content", gap=None):
        st.metric(label, "none" if estimate is None else f"{estimate.value:{sign}.3f}")
        if estimate is not None and estimate.low is not None:
            st.caption(f"95 %: {estimate.low:{sign}.3f} to {estimate.high:{sign}.3f}")
