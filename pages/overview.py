from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lcviz.study import Study, overview
from lcviz.study.records import ModelCard
from lcviz.study.splits import PAPER_PROTOCOL
from lcviz.ui.choices import choose
from lcviz.ui.overview.data import PatchFacts, patch_facts
from lcviz.ui.overview.samples import show_samples
from lcviz.ui.pictures import show_all_classes
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study, study_link


def read_cards(study: Study) -> list[ModelCard]:
    cards = []
    for experiment in study.experiments():
        with artefact_states():
            cards.append(study.model(experiment))
    return cards


def show_numbers(study: Study, scenes: pd.DataFrame) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric("Scenes", f"{len(scenes):,}", width="content")
        st.metric("Patches", f"{scenes.patches.sum():,}", width="content")
        st.metric("Bands", len(study.info.bands), width="content")
        st.metric("Classes", len(study.info.classes), width="content")
        st.metric("Trained models", len(study.experiments()), width="content")


def show_counts(study: Study, scenes: pd.DataFrame) -> None:
    st.subheader("Scenes and patches", anchor=False)
    count = choose(
        st.segmented_control,
        "Count, as in the paper's Table 1",
        ["patches", "scenes"],
        name="count",
        format_func=str.capitalize,
        required=True,
    )
    difference, sentence = overview.compare_with_published(scenes, count)
    if study.is_demo:
        sentence = "This study's scenes are synthetic: their counts are not comparable."
    tables = {"This study": overview.count_by_group(scenes, count)}
    if not study.is_published:
        tables["SEN12MS, as published"] = overview.published_counts(count)
    for column, (title, table) in zip(st.columns(2, gap="medium"), tables.items(), strict=False):
        with column:
            st.markdown(f"**{title}**")
            show_table(table)
    st.markdown(sentence)
    if difference is not None:
        with st.columns(2, gap="medium")[0]:
            st.markdown("**This study minus SEN12MS**")
            show_table(difference)


def show_table(table: pd.DataFrame) -> None:
    number = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        table, width="stretch", height="content", column_config=dict.fromkeys(table, number)
    )


def show_status(facts: PatchFacts) -> None:
    if len(facts.status) > 1:
        with st.expander("Patches that lack labels or imagery"):
            number = st.column_config.NumberColumn(format="localized")
            st.dataframe(
                facts.status, hide_index=True, width="stretch", column_config={"Patches": number}
            )


def show_bands_and_classes(facts: PatchFacts | None) -> None:
    st.subheader("Bands and classes", anchor=False)
    st.caption(
        "The paper's Table 2: the ten Sentinel-2 bands that the models see, and the eight classes "
        "that MODIS land use (LCCS) is merged into."
    )
    bands, classes = st.columns([2, 3], gap="medium")
    with bands:
        st.dataframe(overview.band_table(), hide_index=True, width="stretch", height="content")
    with classes:
        shares = None if facts is None else facts.label_shares
        show_all_classes(overview.codes_of_classes(), shares)


def show_models(study: Study, cards: Sequence[ModelCard]) -> None:
    st.subheader("Models", anchor=False)
    if study.experiments():
        st.dataframe(
            overview.model_table(cards),
            hide_index=True,
            width="stretch",
            column_config={
                "Validation loss": st.column_config.NumberColumn(format="%.3f"),
                "Validation accuracy": st.column_config.NumberColumn(format="percent"),
            },
        )
        if any(card.split == "paper" for card in cards):
            st.caption(PAPER_PROTOCOL)
        if study.is_demo:
            st.caption(
                "The demo's dataset is small and its training short, so its models are weaker "
                "than those of a whole SEN12MS study."
            )
    else:
        st.caption(as_markdown(f"No model is trained. {study.how_to_make('train')}"))
    st.caption("The paper's Table 3, the model configuration.")
    st.dataframe(overview.settings_table(cards), hide_index=True, width="stretch", height="content")


st.title("lcviz", anchor=False)
st.markdown(
    "How far can a land-cover model travel? lcviz trains a network on one continent or season of "
    "SEN12MS, a worldwide set of satellite scenes, and shows how well it maps all the others."
)
study_link("pages/world_map.py", "Explore the scenes on the world map", ":material/public:")

study = open_study()
st.subheader(f"The study {study.info.name}", anchor=False)
scenes = facts = None
with artefact_states():
    scenes = study.scenes()
    show_numbers(study, scenes)
cards = read_cards(study)

st.subheader("A sample of each continent", anchor=False)
st.caption(
    "As in the paper's Figures 1 and 2. A prediction is by the continent's own model, of a scene "
    "that it was not trained on where there is one; below it, the share of the patch's labelled "
    "pixels on which it agrees with MODIS."
)
with artefact_states():
    facts = patch_facts(study)
    show_samples(study, {c.train_group: c for c in cards if c.axis == "continent"})
if scenes is not None:
    show_counts(study, scenes)
if facts is not None:
    show_status(facts)
show_bands_and_classes(facts)
show_models(study, cards)

st.subheader("Your own data", anchor=False)
st.markdown("With a folder in SEN12MS's layout, whole or in part:")
st.code(
    "python -m precompute run --data DATA --study STUDY\nstreamlit run app.py -- --study STUDY",
    language="bash",
)
