import streamlit as st

from lcviz.distributions.curves import beside_published, group_quartiles, side_by_side
from lcviz.distributions.image_fit import fit_rows, outside_in_words
from lcviz.distributions.scene_reference import in_words
from lcviz.study import Study
from lcviz.ui.charts import show_downloads
from lcviz.ui.distributions.choices import CurveChoices, choose_curves
from lcviz.ui.distributions.curves import show_curves
from lcviz.ui.distributions.data import Distributions, distributions_of, scene_reference_of
from lcviz.ui.distributions.distances import show_distances
from lcviz.ui.distributions.image import ChosenImage, choose_image, show_link
from lcviz.ui.states import artefact_states
from lcviz.ui.studies import open_study

UNITS = (
    "Digital numbers (DN) are reflectance at the top of the atmosphere times 10,000: 2,500 DN are "
    "25% of the sunlight. Each band is named with its central wavelength, from blue (490 nm) to "
    "short-wave infrared (2,190 nm)."
)


def show_image(study: Study, found: Distributions, picked: CurveChoices) -> ChosenImage | None:
    st.subheader("Is this image like its group?", anchor=False)
    image = None
    with artefact_states():
        image = choose_image(study, found, picked.axis)
    if image is not None:
        fit = image.fit
        st.markdown(outside_in_words(fit.image, fit.whose, fit.pixels, fit.outside, picked.bands))
        with artefact_states():
            reference = scene_reference_of(study, picked.axis, fit.group)
            st.markdown(in_words(reference, fit.outside, picked.bands, fit.group))
    else:
        st.caption("Pick a scene, or a patch of it, to draw it upon its group as a dashed line.")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        show_link(image)
    if image is not None:
        name = image.fit.image
        show_downloads(
            fit_rows(image.fit),
            "outside",
            f"Share of the pixels of {name} outside the central 99% of {image.fit.whose}.",
        )
    return image


def show_quartiles(study: Study, found: Distributions | None, axis: str | None) -> None:
    heading = "Beside the published dataset" if found else "The bands of the published dataset"
    st.subheader(heading, anchor=False)
    table = beside_published(None if found is None else found.whole)
    st.table(side_by_side(table).set_index("Band"))
    said = (
        "DN"
        + ("" if found is None else ", this study's and in brackets the published")
        + ". Published: of the whole of SEN12MS, from the code of the paper's authors (Hu, "
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
    with st.expander("What the numbers are"):
        st.caption(UNITS)


def show_distributions(study: Study, found: Distributions) -> str:
    picked = choose_curves(found)
    if not picked.groups:
        st.info(f"No pixel of this study lies in a known {picked.axis}.")
        return picked.axis
    left, right = st.columns([3, 2], gap="medium")
    with right:
        image = show_image(study, found, picked)
        show_distances(study, found, picked)
    with left:
        show_curves(study, found, picked, image)
    return picked.axis


st.title("Distributions", anchor=False)
st.caption(
    "How the light that satellites record differs from place to place and through the year: the "
    "paper's Figure 3, for each continent or season."
)
explore(open_study())
