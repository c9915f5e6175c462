"""What a train x test table says, first in numbers, then in words."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from lcviz.generalization.headline import headline, model_rows, sentences
from lcviz.generalization.tables import TransferMatrix
from lcviz.ui.estimates import show_estimates
from lcviz.ui.generalization.table import published_tables, table_title
from lcviz.words import percent, points


def show_headline(matrix: TransferMatrix, label: str) -> None:
    """At home, elsewhere and the gap, and what they are.

    Args:
        matrix: the table.
        label: of its measure.
    """
    found = headline(matrix)
    show_estimates(found)
    n, fewest = len(found.models), found.fewest_home_scenes
    said = f"{label}, mean over {n} {'model' if n == 1 else 'models'}; elsewhere is the mean over "
    said += f"the {matrix.axis}s that a model was not trained on."
    if fewest == 1:
        said += " A home cell with one scene leaves no interval."
    if matrix.scenes is None:
        said += " Single scenes are not published, so there are no intervals."
    st.caption(said)


def show_sentences(matrix: TransferMatrix) -> None:
    """What else a table says, in words."""
    st.markdown("\n".join(f"- {line}" for line in sentences(headline(matrix), matrix)))


def show_models(matrix: TransferMatrix) -> None:
    """A row a model: at home, elsewhere, the gap, and where it is lowest."""
    unit, rows = matrix.unit, model_rows(headline(matrix), matrix)

    def said(values: pd.Series, say: Callable[[float], str] = unit.number) -> list[str]:
        return ["none" if np.isnan(value) else say(value) for value in values]

    worst = zip(rows["Worst on"].fillna(""), said(rows["Value there"]), strict=True)
    table = {
        "Trained on": rows["Trained on"],
        unit.label("Home"): said(rows.Home),
        unit.label("Elsewhere"): said(rows.Elsewhere),
        unit.label("Gap", difference=True): said(rows.Gap, unit.change),
        unit.label("Lowest on"): [f"{group} {value}" if group else value for group, value in worst],
    }
    # Its words wrap where there is little room.
    st.table(pd.DataFrame(table).set_index("Trained on"))


def show_published_headline(axis: str) -> None:
    """What the paper's table of an axis says, in a line."""
    found = headline(published_tables(axis)["published"])
    assert found.home and found.away and found.gap  # every published table is complete
    st.markdown(
        f"{table_title('published', axis)}: at home **{percent(found.home.value)}**, elsewhere "
        f"**{percent(found.away.value)}**, gap **{points(found.gap.value)}**."
    )
