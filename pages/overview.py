from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lcviz.study import Study, overview
from lcviz.study.records import ModelCard
from lcviz.study.splits import PAPER_PROTOCOL
from lcviz.ui.choices import choose
from lcviz.ui.overview.data import PatchFacts, patch_facts
from lcviz.ui.overview.example import show_example
from lcviz.ui.overview.finding import finding_of, show_finding
from lcviz.ui.overview.samples import show_samples
from lcviz.ui.paper import ANCHOR, PAPER_IN_SHORT, show_paper_index
from lcviz.ui.pictures import show_all_classes
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study


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
        if not study.is_published:
            st.metric("Trained models", len(study.experiments()), width="content")


def show_counts(study: Study, scenes: pd.DataFrame) -> None:
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
    if study.experiments():
        st.dataframe(
            overview.model_table(cards).assign(
                **{"Validation accuracy": lambda t: 100 * t["Validation accuracy"]}
            ),
            hide_index=True,
            width="stretch",
            column_config={
                "Validation loss": st.column_config.NumberColumn(format="%.3f"),
                "Validation accuracy": st.column_config.NumberColumn(
                    "Validation accuracy, %", format="%.1f"
                ),
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


def show_settings(cards: Sequence[ModelCard]) -> None:
    st.dataframe(overview.settings_table(cards), hide_index=True, width="stretch", height="content")


def show_continents(study: Study, cards: Sequence[ModelCard]) -> None:
    st.subheader("A sample of each continent", anchor=False)
    st.caption(
        "As in the paper's Figures 1 and 2. A prediction is by the continent's own model, of a "
        "scene that it was not trained on where there is one; below it, the share of the patch's "
        "labelled pixels on which it agrees with MODIS."
    )
    show_samples(study, {c.train_group: c for c in cards if c.axis == "continent"})


st.title("lcviz", anchor=False)
st.caption(
    f"How far can a land-cover model travel? {PAPER_IN_SHORT} trained networks on one continent or "
    "season of SEN12MS each and found that how well they map the others varies widely. "
    f"[Where its tables and figures are here](#{ANCHOR})"
)

study = open_study()
finding = finding_of(study)
show_finding(study, finding)
with artefact_states():
    show_example(study, finding)

cards = read_cards(study)
scenes = facts = None
if not study.is_published:
    with artefact_states():
        facts = patch_facts(study)
        show_continents(study, cards)
show_paper_index()
st.subheader(f"The study {study.info.name}", anchor=False)
with artefact_states():
    scenes = study.scenes()
    show_numbers(study, scenes)
if scenes is not None:
    with st.expander("Table 1: scenes and patches"):
        show_counts(study, scenes)
if facts is not None:
    show_status(facts)
with st.expander("Table 2: bands and classes"):
    show_bands_and_classes(facts)
with st.expander("Table 3: how the networks are trained"):
    show_settings(cards)
if not study.is_published:
    with st.expander("The models"):
        show_models(study, cards)
with st.expander("Your own data"):
    st.markdown("With a folder in SEN12MS's layout, whole or in part:")
    st.code(
        "python -m precompute run --data DATA --study STUDY\nstreamlit run app.py -- --study STUDY",
        language="bash",
    )
