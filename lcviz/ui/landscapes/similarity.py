"""Does similarity predict transfer? The distances of groups against the accuracy measured."""

import pandas as pd
import streamlit as st

from lcviz.distributions.distances import DISTANCES
from lcviz.figures.similarity import similarity_figure
from lcviz.generalization.similarity import COLUMNS, pair_table, sentence, spearman
from lcviz.generalization.tables import TransferMatrix
from lcviz.landscapes.groups import shares
from lcviz.metrics import MEASURES
from lcviz.study import Study
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import choose
from lcviz.ui.landscapes.data import Landscapes, band_distances_of, matrix_of
from lcviz.ui.states import artefact_states


def show_similarity(study: Study, landscapes: Landscapes | None, axis: str) -> None:
    """Two scatter plots, one point a train-test pair, with what they say.

    Args:
        study: the open study.
        landscapes: its clustering; None where there is none.
        axis: `continent` or `season`.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = choose(
            st.selectbox,
            "Measure",
            list(MEASURES),
            name="measure",
            format_func=lambda name: MEASURES[name].label,
            width=230,
        )
        distance = choose(
            st.selectbox,
            "Distance of band values",
            list(DISTANCES),
            name="distance",
            format_func=lambda name: DISTANCES[name].label,
            width=250,
        )
    matrix: TransferMatrix | None = None
    bands: pd.DataFrame | None = None
    with artefact_states():
        bands = band_distances_of(study, axis, distance)
    with artefact_states():
        matrix = matrix_of(study, axis, measure)
    if matrix is None:
        st.caption("Without measured accuracies there is nothing to compare distances with.")
        return
    cluster_shares = None if landscapes is None else shares(landscapes.counts[axis])
    pairs = pair_table(matrix, cluster_shares, bands)
    if pairs[~pairs.home].empty:
        st.info(f"This study holds no result of a model on a {axis} other than its own.")
        return
    unit = DISTANCES[distance].unit
    labels = {
        "landscape_distance": "Jensen-Shannon distance of cluster histograms",
        "band_distance": f"{DISTANCES[distance].label}, mean over bands"
        + (f" ({unit})" if unit else ""),
    }
    for column, label in labels.items():
        if pairs[column].isna().all():
            continue
        st.markdown(f"**{COLUMNS[column].capitalize()}**")
        said = MEASURES[measure].label
        st.markdown(sentence(spearman(pairs, column), column, axis, outcome=said))
        show_figure(
            similarity_figure(pairs, column, axis, label, said, MEASURES[measure].unit),
            f"{column.replace('_', '-')}-against-{measure}-{axis}s",
            saved_caption=f"{label} against {said}: one point for each pair of a model and a "
            f"{axis}, filled in the colour of what it was trained on, ringed in that of what it "
            "was tested on.",
            key=f"figure-{column}",
        )
    away = int((~pairs.home).sum())
    st.caption(
        f"One point for each of n = {away} pairs of a model and a {axis} it was not trained on: "
        "filled in the colour of what it was trained on, ringed in that of what it was tested on; "
        f"{MEASURES[measure].label} is the mean over the test scenes. Home pairs (diamonds) lie at "
        "distance 0 and do not count in the correlation. Pairs share their groups and are no "
        "independent samples, "
        f"so the interval comes from leaving out one {axis} at a time."
    )
    show_downloads(
        pairs,
        f"similarity-and-{measure}-{axis}s",
        f"Distance of train and test {axis}, and {MEASURES[measure].label}.",
    )
