import pandas as pd
import streamlit as st

from lcviz.data.histograms import Counts
from lcviz.distributions.curves import (
    beside_published,
    group_quartiles,
)
from lcviz.distributions.distances import DISTANCES
from lcviz.distributions.image_fit import fit_rows, verdict
from lcviz.distributions.words import nearest_and_farthest
from lcviz.figures.distributions import Overlay, curves_figure, distance_figure
from lcviz.figures.exports import csv
from lcviz.study import Study
from lcviz.taxonomy import BANDS, S2_BAND_NAMES
from lcviz.ui.charts import choose_file_format, show_downloads, show_figure
from lcviz.ui.choices import choose
from lcviz.ui.distributions.choices import CurveChoices, choose_curves
from lcviz.ui.distributions.data import (
    Distributions,
    bandwidths_of,
    curves_of,
    distances_of,
    distributions_of,
    image_curves,
)
from lcviz.ui.distributions.image import ChosenImage, choose_image, show_link
from lcviz.ui.states import artefact_states
from lcviz.ui.studies import open_study, synthetic_note

UNITS = (
    "Digital numbers (DN) are reflectance at the top of the atmosphere times 10,000: 2,500 DN are "
    "25 % of the sunlight. Each band is named with its central wavelength, from blue (490 nm) to "
    "short-wave infrared (2,190 nm)."
)


def describe_bands(bands: list[int]) -> str:
    if len(bands) == 1:
        return f"{BANDS[bands[0]]} ({S2_BAND_NAMES[bands[0]]})"
    return (
        "mean over the ten bands" if len(bands) == len(BANDS) else f"mean over {len(bands)} bands"
    )


def show_curves(
    study: Study, found: Distributions, picked: CurveChoices, image: ChosenImage | None
) -> None:
    curves = curves_of(study, found, picked)
    overlay = None
    if image is not None:
        overlay = Overlay(image_curves(found, picked, image.counts, image.fit.group), image.fit)
    show_figure(
        curves_figure(
            curves,
            picked.bands,
            same_scale=picked.same_scale,
            overlay=overlay,
            dark=st.context.theme.type == "dark",
        ),
        f"distributions-{picked.axis}s",
        key="figure-distributions",
    )
    by_group = {group: found.by_axis[picked.axis][group] for group in picked.groups}
    said = f"Every pixel with data counts once: {pixel_words(by_group)}."
    if picked.values == "density":
        low, high = bandwidths_of(study, picked)
        width = f"{low:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"
        said += f" Gaussian kernel densities, bandwidth {width} DN."
    if image is not None:
        said += (
            f" Dashed: {image.fit.image}"
            + (f", scaled to {image.fit.group}'s pixels" if picked.values == "counts" else "")
            + f". Shaded: the central 99 % of {image.fit.whose}."
        )
    st.caption(said)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Curves",
            lambda: csv(curves.rows(picked.axis, picked.bands)),
            f"distributions-{picked.axis}s.csv",
            "text/csv",
            key="curves-csv",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            help="Save the curves as CSV",
        )


def pixel_words(by_group: dict[str, Counts]) -> str:
    return ", ".join(f"{group} n = {counts[0].sum():,}" for group, counts in by_group.items())


def show_image(study: Study, found: Distributions, picked: CurveChoices) -> ChosenImage | None:
    st.subheader("Is this image in-distribution?", anchor=False)
    image = None
    with artefact_states():
        image = choose_image(study, found, picked.axis)
    if image is not None:
        st.markdown(verdict(image.fit, picked.bands))
    else:
        st.caption("Pick a scene, or a patch of it, to draw it upon its group as a dashed line.")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        show_link(image)
    if image is not None:
        name = image.fit.image
        show_downloads(
            fit_rows(image.fit),
            "outside",
            f"Share of the pixels of {name} outside the central 99 % of {image.fit.whose}.",
        )
    return image


def show_distances(study: Study, found: Distributions, picked: CurveChoices) -> None:
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
    show_figure(
        distance_figure(picked.groups, pixels, table, measure.label, measure.unit),
        f"distances-{picked.axis}s",
        key="figure-distances",
    )
    over = describe_bands(picked.bands)
    st.caption(f"{measure.label}, {over}. {nearest_and_farthest(picked.groups, table, measure)}")
    show_downloads(
        pd.DataFrame(table, columns=picked.groups).assign(group=picked.groups)[
            ["group", *picked.groups]
        ],
        f"distances-{picked.axis}s",
        f"{measure.label}{f', {measure.unit}' if measure.unit else ''}, {over}.",
    )


def show_quartiles(study: Study, found: Distributions | None, axis: str | None) -> None:
    st.subheader("Beside the published dataset", anchor=False)
    table = beside_published(None if found is None else found.whole)
    number = st.column_config.NumberColumn(format="%,d")
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height="content",
        column_config=dict.fromkeys(table.columns[1:], number),
    )
    said = (
        "DN. Published: of the whole of SEN12MS, from the code of the paper's authors (Hu, "
        "Robinson & Dilkina, arXiv:2008.10351)."
    )
    if study.is_demo:
        said += " This study's values are synthetic: they need not agree."
    st.caption(said)
    show_downloads(table, "quartiles", "Quartiles of the bands, DN, beside those published.")
    if found is not None and axis is not None and found.by_axis[axis]:
        with st.expander(f"Quartiles of each {axis}"):
            groups = group_quartiles(axis, found.by_axis[axis])
            st.dataframe(groups, hide_index=True, width="stretch")
            show_downloads(groups, f"quartiles-{axis}s", f"Quartiles of each {axis}, DN.")


@st.fragment
def explore(study: Study) -> None:
    found = axis = None
    with artefact_states():
        found = distributions_of(study)
    if found is not None:
        axis = show_distributions(study, found)
    show_quartiles(study, found, axis)
    choose_file_format()


def show_distributions(study: Study, found: Distributions) -> str:
    picked = choose_curves(found)
    if not picked.groups:
        st.info(f"No pixel of this study lies in a known {picked.axis}.")
        return picked.axis
    synthetic_note(study)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        image = show_image(study, found, picked)
        show_distances(study, found, picked)
    with left:
        show_curves(study, found, picked, image)
    return picked.axis


st.title("Distributions", anchor=False)
st.markdown(
    "How the light that satellites record differs from place to place and through the year."
)
st.caption(UNITS)
explore(open_study())
