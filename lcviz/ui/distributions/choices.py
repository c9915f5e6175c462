"""What can be picked of the curves of a study's distributions."""

from typing import Final

import streamlit as st

from lcviz.distributions.curves import DN_STEP
from lcviz.taxonomy import AXES, BANDS, S2_BAND_NAMES
from lcviz.ui.choices import choose, choose_many, current_choice, pick
from lcviz.ui.distributions.data import CurveChoices, Distributions, with_own_ranges

VALUES: Final = {"density": "Density", "counts": "Counts"}
PANELS: Final = ("bands", "groups")
HEIGHTS: Final = {"own": "Each band its own", "same": "Same in all bands"}
_FACTORS: Final = ("0.25", "0.5", "0.75", "1", "1.5", "2", "3", "5", "10")


def choose_curves(found: Distributions) -> CurveChoices:
    """All that is picked of the curves; no group is picked where the axis has none."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        axis = choose(
            st.segmented_control,
            "Groups are",
            list(AXES),
            name="axis",
            resets=("group", "against"),
            format_func=lambda axis: f"{axis.capitalize()}s",
            required=True,
        )
        values = choose(
            st.segmented_control,
            "Show",
            list(VALUES),
            name="show",
            format_func=VALUES.get,
            required=True,
        )
        panels = choose(
            st.segmented_control,
            "A panel for each",
            list(PANELS),
            name="panels",
            format_func=lambda name: "Band" if name == "bands" else axis.capitalize(),
            required=True,
        )
        with st.popover("More", icon=":material/tune:"):
            groups = _choose_groups(found, axis)
            low, high, own = _choose_range(found)
            factor = choose(
                st.select_slider,
                "Bandwidth, times Scott's",
                _FACTORS,
                name="bandwidth",
                default="1",
                disabled=values == "counts",
                help="Width of the kernel that smooths a density, as a multiple of what Scott's "
                "rule gives for each curve. Counts are not smoothed.",
            )
            heights = choose(
                st.segmented_control,
                "Height of the curves",
                list(HEIGHTS),
                name="heights",
                format_func=HEIGHTS.get,
                required=True,
            )
    bands = choose_many(
        st.pills,
        "Bands: pick one to see it large" if panels == "bands" else "Band",
        list(BANDS),
        name="band",
        selection_mode="multi",
        format_func=lambda band: f"{S2_BAND_NAMES[BANDS.index(band)]} {band}",
    )
    shown = [i for i, band in enumerate(BANDS) if band in (bands or BANDS)]
    by_group = panels == "groups"
    picked = CurveChoices(
        axis=axis,
        groups=groups,
        bands=shown[:1] if by_group else shown,
        values=values,
        factor=float(factor),
        low=low,
        high=high,
        same_scale=heights == "same",
        by_group=by_group,
    )
    return with_own_ranges(found, picked, None) if own else picked


def _choose_groups(found: Distributions, axis: str) -> list[str]:
    every = list(found.by_axis[axis])
    picked = choose_many(
        st.pills, f"{axis.capitalize()}s", every, name="group", selection_mode="multi"
    )
    return picked or every


def _choose_range(found: Distributions) -> tuple[int, int, bool]:
    """First and last DN, and whether each band has its own instead, as none was picked."""
    options = [str(dn) for dn in range(0, found.limit + 1, DN_STEP)]
    low, high = (
        current_choice(name, options, str(default))
        for name, default in zip(("from", "to"), found.view, strict=True)
    )
    own = not {"from", "to"} & set(st.query_params)
    if int(low) >= int(high):
        low, high = map(str, found.view)
        own = True
    # Its key follows its value, so that it shows what the URL says: a slider knows that it has two
    # ends by its default alone, and one with a default may not be set through the session.
    key = f"dn-range-{low}-{high}"
    st.select_slider(
        "Range of DN, for all bands; each has its own until one is picked",
        options,
        (low, high),
        key=key,
        on_change=_store_range,
        args=(key,),
    )
    return int(low), int(high), own


def _store_range(key: str) -> None:
    for name, value in zip(("from", "to"), st.session_state[key], strict=True):
        pick(name, value)
