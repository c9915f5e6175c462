"""What a train x test table says, first in numbers, then in words."""

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
    """A row a model: at home, elsewhere, the gap, and where it is worst."""
    unit, numbers = matrix.unit, ("Home", "Elsewhere", "Gap", "Value there")
    st.dataframe(
        model_rows(headline(matrix), matrix).assign(
            **{name: lambda t, name=name: unit.scale * t[name] for name in numbers}
        ),
        hide_index=True,
        width="stretch",
        height="content",
        column_config={
            name: st.column_config.NumberColumn(
                unit.label(name, difference=name == "Gap"),
                format=f"%{'+' if name == 'Gap' else ''}.{unit.decimals}f",
            )
            for name in numbers
        },
    )


def show_published_headline(axis: str) -> None:
    """What the paper's table of an axis says, in a line."""
    found = headline(published_tables(axis)["published"])
    assert found.home and found.away and found.gap  # every published table is complete
    st.markdown(
        f"{table_title('published', axis)}: at home **{percent(found.home.value)}**, elsewhere "
        f"**{percent(found.away.value)}**, gap **{points(found.gap.value)}**."
    )
