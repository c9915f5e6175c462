import pandas as pd
import streamlit as st

from lcviz.data import published_landscapes
from lcviz.errors import ArtefactMissingError
from lcviz.figures.clusters import silhouette_figure
from lcviz.landscapes.clustering import PAPER_K
from lcviz.landscapes.words import cluster_label, stability_in_words
from lcviz.study import Study
from lcviz.study.landscapes import STAGE, available_k, read_silhouettes, read_stability
from lcviz.taxonomy import AXES
from lcviz.ui.charts import show_figure
from lcviz.ui.choices import choose, on_pick
from lcviz.ui.landscapes.data import Landscapes, landscapes_of
from lcviz.ui.landscapes.gallery import show_chosen, show_gallery
from lcviz.ui.landscapes.published import (
    show_published_cluster,
    show_published_clusters,
    show_published_similarity,
)
from lcviz.ui.landscapes.similarity import show_similarity
from lcviz.ui.landscapes.views import show_components, show_histograms, show_probabilities
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study

VIEWS = {
    "gallery": "Kinds of land (Figure 4)",
    "histograms": "Histograms (Figure 5)",
    "components": "Components (Figure 6)",
    "probability": "Probability (Figure 7)",
    "transfer": "Likeness and accuracy",
}
QUESTIONS = {
    "gallery": "What kinds of land are there?",
    "histograms": "Which of them does each {axis} hold?",
    "components": "Which {axis}s are alike, and what sets them apart?",
    "probability": "Which landscapes give their {axis} away?",
    "transfer": "Does similarity predict how well a model transfers?",
}


def choose_landscapes(study: Study) -> Landscapes | None:
    ks = [str(k) for k in ((PAPER_K,) if study.is_published else available_k(study))]
    if not ks:
        raise study.missing(study.path / STAGE, STAGE)
    k = int(
        choose(
            st.selectbox,
            "Clusters, K",
            ks,
            name="k",
            default=str(PAPER_K) if str(PAPER_K) in ks else ks[0],
            resets=("cluster",),
            width=110,
        )
    )
    with st.popover("Which K?", icon=":material/help:"):
        show_silhouettes(study, k)
    with artefact_states():
        return landscapes_of(study, k)
    return None


def show_silhouettes(study: Study, k: int) -> None:
    with artefact_states():
        silhouettes = silhouettes_of(study)
        show_figure(
            silhouette_figure(silhouettes, k),
            "silhouettes",
            "Silhouette, -1 to 1: how much nearer a patch is to its own cluster than to the next "
            f"(Rousseeuw 1987). The paper takes K = {PAPER_K}."
            + (" The authors' run, on 10,000 patches." if study.is_published else ""),
        )
        show_stability(study, k)


def show_stability(study: Study, k: int) -> None:
    try:
        table = read_stability(study).set_index("k")
    except ArtefactMissingError:
        said = f"How stable the clusters are is not known. {study.how_to_make(STAGE)}"
        st.caption(as_markdown(said))
        return
    if k in table.index:
        st.markdown(stability_in_words(float(table.stability[k]), k))


def choose_cluster(landscapes: Landscapes) -> int:
    numbers = [str(number) for number in range(landscapes.k)]
    largest = str(landscapes.clusters.patches.to_numpy().argmax())
    number = int(
        choose(
            st.selectbox,
            "Cluster",
            numbers,
            name="cluster",
            default=largest,
            format_func=lambda n: cluster_label(int(n), landscapes.names),
            width=340,
        )
    )
    for label, icon, step in (
        ("Previous cluster", ":material/arrow_back:", -1),
        ("Next cluster", ":material/arrow_forward:", 1),
    ):
        target = str((number + step) % landscapes.k)
        st.button(icon, key=label, help=label, **on_pick("cluster", target))
    return number


def show_view(
    study: Study, landscapes: Landscapes | None, chosen: int, axis: str, view: str
) -> None:
    st.subheader(QUESTIONS[view].format(axis=axis), anchor=False)
    if view == "transfer" and study.is_published and landscapes is not None:
        show_published_similarity(landscapes, axis)
    elif view == "transfer":
        show_similarity(study, landscapes, axis)
    elif landscapes is None:
        return
    elif view == "gallery" and study.is_published:
        show_published_clusters(landscapes)
    elif view == "gallery":
        show_gallery(study, landscapes, chosen)
    elif view == "histograms":
        show_histograms(landscapes, chosen, axis)
    elif view == "components":
        show_components(study, landscapes, chosen, axis)
    else:
        show_probabilities(study, landscapes, chosen, axis)


@st.fragment
def explore(study: Study) -> None:
    landscapes, chosen = None, 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        axis = choose(
            st.segmented_control,
            "Across",
            list(AXES),
            name="axis",
            format_func=lambda axis: f"{axis.capitalize()}s",
            required=True,
        )
        with artefact_states():
            landscapes = choose_landscapes(study)
            if landscapes is not None:
                chosen = choose_cluster(landscapes)
    view = choose(
        st.segmented_control,
        "View",
        list(VIEWS) if landscapes is not None else ["transfer"],
        name="view",
        format_func=VIEWS.get,
        required=True,
        label_visibility="collapsed",
    )
    if landscapes is None:
        show_view(study, None, chosen, axis, view)
    else:
        left, right = st.columns([13, 8], gap="large")
        with left:
            show_view(study, landscapes, chosen, axis, view)
        with right, st.container(key="cluster-column", border=True):
            if study.is_published:
                show_published_cluster(landscapes, chosen, axis)
            else:
                show_chosen(study, landscapes, chosen, axis)


def silhouettes_of(study: Study) -> pd.DataFrame:
    return published_landscapes.silhouettes() if study.is_published else read_silhouettes(study)


st.title("Landscapes", anchor=False)
st.caption(
    "Patches that look alike from above, clustered by their band means, as in the paper's Figures "
    "4 to 7: what kinds of land there are, and who has which."
)
explore(open_study())
