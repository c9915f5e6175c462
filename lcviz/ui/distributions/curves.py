"""The curves of the groups, with an image upon them."""

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from lcviz.data.histograms import Counts
from lcviz.figures.distributions import Overlay, curves_figure, groups_figure
from lcviz.figures.exports import csv
from lcviz.study import Study
from lcviz.ui.charts import saved_name, show_figure
from lcviz.ui.distributions.data import (
    CurveChoices,
    Distributions,
    bandwidths_of,
    curves_of,
    image_curves,
    with_own_ranges,
)
from lcviz.ui.distributions.image import ChosenImage


def show_curves(
    study: Study, found: Distributions, picked: CurveChoices, image: ChosenImage | None
) -> None:
    """Draw the picked groups' curves, one panel a band.

    Args:
        study: the open study.
        found: its counts.
        picked: what is drawn of them.
        image: what is laid upon its group; None without.
    """
    if picked.ranges is not None and image is not None:
        picked = with_own_ranges(found, picked, image.counts)
    curves = curves_of(study, found, picked)
    by_group = {group: found.by_axis[picked.axis][group] for group in picked.groups}
    pixels = {group: int(counts[0].sum()) for group, counts in by_group.items()}
    overlay = None
    if image is not None:
        overlay = Overlay(image_curves(found, picked, image.counts, image.fit.group), image.fit)

    def drawn(dark: bool) -> go.Figure:
        if picked.by_group:
            return groups_figure(curves, picked.bands[0], pixels, overlay=overlay, dark=dark)
        return curves_figure(
            curves,
            picked.bands,
            pixels,
            same_scale=picked.same_scale,
            ranges=picked.ranges,
            overlay=overlay,
            dark=dark,
        )

    said = f"Every pixel with data counts once: {_pixel_words(by_group)}."
    if picked.values == "density":
        low, high = bandwidths_of(study, picked)
        width = f"{low:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"
        said += f" Gaussian kernel densities, bandwidth {width} DN."
    if image is not None:
        said += (
            f" Dashed: {image.fit.image}"
            + (f", scaled to {image.fit.group}'s pixels" if picked.values == "counts" else "")
            + f". Shaded: the central 99% of {image.fit.whose}."
        )
    row = show_figure(
        drawn(st.context.theme.type == "dark"),
        f"distributions-{picked.axis}s",
        said,
        to_save=lambda: drawn(dark=False),
        key="figure-distributions",
    )
    with row:
        st.download_button(
            "Curves",
            lambda: csv(curves.rows(picked.axis, picked.bands)),
            f"{saved_name(f'distributions-{picked.axis}s')}.csv",
            "text/csv",
            key="curves-csv",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            help="Save the curves as CSV",
        )


def _pixel_words(by_group: Mapping[str, Counts]) -> str:
    return ", ".join(f"{group} n = {counts[0].sum():,}" for group, counts in by_group.items())
