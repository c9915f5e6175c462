"""How far the groups are from one another."""

import pandas as pd
import streamlit as st

from lcviz.distributions.distances import DISTANCES
from lcviz.distributions.scene_reference import floor_in_words
from lcviz.distributions.words import nearest_and_farthest
from lcviz.figures.distributions import distance_figure
from lcviz.study import Study
from lcviz.taxonomy import BANDS, S2_BAND_NAMES
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import choose
from lcviz.ui.distributions.data import (
    CurveChoices,
    Distributions,
    distances_of,
    noise_floor_of,
)
from lcviz.ui.states import artefact_states


def show_distances(study: Study, found: Distributions, picked: CurveChoices) -> None:
    """Draw how far the picked groups are from one another, mean over the picked bands."""
    st.subheader("How far apart are they?", anchor=False)
    if len(picked.groups) < 2:
        said = (
            "this study holds only one" if len(found.by_axis[picked.axis]) < 2 else "one is shown"
        )
        st.caption(f"A distance needs two {picked.axis}s; {said}.")
        return
    name = choose(
        st.selectbox,
        "Distance",
        list(DISTANCES),
        name="distance",
        format_func=lambda name: DISTANCES[name].label,
    )
    measure = DISTANCES[name]
    every = list(found.by_axis[picked.axis])
    rows = [every.index(group) for group in picked.groups]
    table = distances_of(study, picked.axis, name)[rows][:, rows][..., picked.bands].mean(-1)
    pixels = [int(found.by_axis[picked.axis][group][0].sum()) for group in picked.groups]
    over = _describe_bands(picked.bands)
    row = show_figure(
        distance_figure(picked.groups, pixels, table, measure.label, measure.unit),
        f"distances-{picked.axis}s",
        f"{measure.label}, {over}. {nearest_and_farthest(picked.groups, table, measure)}",
        key="figure-distances",
    )
    with row:
        show_downloads(
            pd.DataFrame(table, columns=picked.groups).assign(group=picked.groups)[
                ["group", *picked.groups]
            ],
            f"distances-{picked.axis}s",
            f"{measure.label}{f', {measure.unit}' if measure.unit else ''}, {over}.",
        )
    with artefact_states():
        floor = noise_floor_of(study, picked.axis, name)
        everything = distances_of(study, picked.axis, name)
        st.caption(floor_in_words(everything, floor, picked.bands, measure))


def _describe_bands(bands: list[int]) -> str:
    if len(bands) == 1:
        return f"{BANDS[bands[0]]} ({S2_BAND_NAMES[bands[0]]})"
    return (
        "mean over the ten bands" if len(bands) == len(BANDS) else f"mean over {len(bands)} bands"
    )
