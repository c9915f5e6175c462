"""One cell of a train x test table beside the heat map: its number, and the scenes behind it."""

import numpy as np
import pandas as pd
import streamlit as st

from lcviz.figures.generalization import scene_distribution
from lcviz.generalization.tables import TransferMatrix
from lcviz.metrics import Measure
from lcviz.ui.charts import show_figure
from lcviz.ui.generalization.table import ChosenTable


def show_cell(table: ChosenTable, pair: tuple[str, str], measure: Measure) -> None:
    """Show the number of a cell: how good, how sure, how far below home.

    Args:
        table: the chosen one.
        pair: trained on, tested on.
        measure: what is measured.
    """
    trained, tested = pair
    matrix, value = table.measured, table.measured.cell(trained, tested)
    unit = matrix.unit
    st.metric(measure.label, "none" if np.isnan(value) else unit.value(value))
    if np.isnan(value):
        return
    st.markdown(_how_sure(matrix, trained, tested))
    home = matrix.cell(trained, trained)
    if trained != tested and not np.isnan(home):
        st.markdown(f"**{unit.difference(value - home)}** against home ({unit.value(home)}).")
    if table.name == "difference":
        difference = table.shown.cell(trained, tested)
        st.markdown(
            f"**{unit.difference(difference)}** against the published "
            f"{unit.value(value - difference)}."
        )


def _how_sure(matrix: TransferMatrix, trained: str, tested: str) -> str:
    """Spread, n and interval of the mean, as far as they are known."""
    said, unit = "Mean over ", matrix.unit
    if matrix.scenes is None or matrix.std is None:
        said += "the scenes"
        if matrix.std is not None:
            spread = unit.number(matrix.std.loc[trained, tested])
            said += f", whose standard deviation is {spread} {unit.of_difference}".rstrip()
        return said + "; n and intervals are not published."
    n = matrix.scenes.loc[trained, tested]
    said += f"n = {n} {'scene' if n == 1 else 'scenes'}; "
    if n < 2 or matrix.interval is None:
        return said + "one scene gives no interval."
    spread = f"{unit.number(matrix.std.loc[trained, tested])} {unit.of_difference}".rstrip()
    said += f"standard deviation {spread}; "
    low, high = (bound.loc[trained, tested] for bound in matrix.interval)
    if np.isnan(low):
        return said + "scenes that do not differ give no interval."
    said += f"95% interval of the mean {unit.value(low)} to {unit.value(high)}."
    if trained == tested:
        said += " These scenes were held out from training."
    return said


def why_empty(model: pd.DataFrame, trained: str, tested: str) -> str:
    """Why a model was tested on no scene of a group; `model` holds its rows of scores."""
    if model.empty:
        return f"This study holds no result of a model trained on {trained}."
    if trained == tested:
        return (
            f"The model trained on {trained} has no scene at home that it was not trained on, "
            "so it has no home score."
        )
    return f"This study holds no scene of {tested} that the model trained on {trained} was run on."


def pair_name(what: str, pair: tuple[str, str]) -> str:
    """Name of what is saved of a cell: `confusion-north-america-to-asia`."""
    return f"{what}-{pair[0]}-to-{pair[1]}".lower().replace(" ", "-")


def show_scene_distribution(
    rows: pd.DataFrame,
    home: pd.DataFrame,
    names: dict[str, str],
    pair: tuple[str, str],
    measure: Measure,
    reference: float | None,
) -> None:
    """Draw the scenes of a cell, and those at home.

    Args:
        rows: of `generalization.score_scenes`, of the cell.
        home: likewise, of the same model at home.
        names: scene_id -> what people call it.
        pair: trained on, tested on.
        measure: what is measured.
        reference: the label-noise line, 0 to 1, where it applies.
    """
    trained, tested = pair
    cells = {f"Tested on {tested}": rows}
    if trained != tested:
        cells |= {f"At home, {trained}": home}
    show_figure(
        scene_distribution(
            {
                title: cell.assign(name=cell.scene_id.map(lambda s: names.get(s, s)))
                for title, cell in cells.items()
            },
            [tested, trained][: len(cells)],
            measure.label,
            reference,
            measure.unit,
        ),
        pair_name("scenes", pair),
        key="figure-scenes",
        saved_caption=f"{measure.label} of each scene: trained on {trained}, tested on {tested}"
        + (" and at home." if trained != tested else "."),
    )
