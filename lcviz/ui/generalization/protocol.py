"""Say which split the figures rest on."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lcviz.study import Study
from lcviz.study.records import ModelCard
from lcviz.study.splits import PAPER_PROTOCOL, scene_parts
from lcviz.taxonomy import EXPERIMENTS
from lcviz.ui.states import artefact_states


def show_protocol(study: Study, axis: str) -> None:
    """One line on the split of an axis's models; nothing where none is trained."""
    with artefact_states():
        cards = [study.model(n) for n in study.experiments() if EXPERIMENTS[n][0] == axis]
        if cards:
            st.caption(protocol_sentence(cards, study.scenes()))


def protocol_sentence(cards: Sequence[ModelCard], scenes: pd.DataFrame) -> str:
    """What the home test is, and how many scenes are left out away from home.

    Args:
        cards: of models of one axis.
        scenes: as `Study.scenes` gives them.
    """
    paper = [card.train_group for card in cards if card.split == "paper"]
    if len(paper) == len(cards):
        return PAPER_PROTOCOL
    left_out = pd.concat([scene_parts(card, scenes) for card in cards]).eq("overlapping").sum()
    said = "The home scenes neither trained the model nor chose its epoch. "
    said += (
        f"{left_out} {'pair' if left_out == 1 else 'pairs'} of model and scene away from home left "
        "out, where the scene shares ground with one that the model learned from."
        if left_out
        else "No scene away from home shares ground with one that a model learned from."
    )
    return said + (f" For {', '.join(paper)}: {PAPER_PROTOCOL}" if paper else "")
