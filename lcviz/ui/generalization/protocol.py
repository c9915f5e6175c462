"""Say which split the figures rest on."""

import streamlit as st

from lcviz.study import Study
from lcviz.study.splits import protocol_sentence
from lcviz.taxonomy import EXPERIMENTS
from lcviz.ui.states import artefact_states


def show_protocol(study: Study, axis: str) -> None:
    """One line on the split of an axis's models; nothing where none is trained."""
    with artefact_states():
        cards = [study.model(n) for n in study.experiments() if EXPERIMENTS[n][0] == axis]
        if cards:
            st.caption(protocol_sentence(cards, study.scenes()))
