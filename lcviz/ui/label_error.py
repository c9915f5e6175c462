"""How much of the error is the labels', how much the model's, where a study knows the truth."""

import streamlit as st

from lcviz.generalization.label_error import label_error, scene_shares, sentence
from lcviz.legends import EIGHT
from lcviz.study import Study
from lcviz.study.records import ModelCard
from lcviz.study.truth import has_truth, read_truth_counts
from lcviz.ui.states import artefact_states


def show_label_error(study: Study, axis: str) -> None:
    """Two sentences, at home and away; nothing where no truth is known."""
    if not has_truth(study):
        return
    with artefact_states():
        table = read_truth_counts(study)
        table = table[table.axis == axis]
        lines = []
        for rows, where in (
            (table[table.split == "home"], "At home"),
            (table[table.split == "test"], "Away from home"),
        ):
            found = label_error(rows)
            if found is not None:
                lines.append(f"- {sentence(found, where)}")
        if lines:
            legends = (study.stamp("index") or {}).get("legends", [])
            st.markdown(
                "Whose error is it? This dataset knows the truth at 10 m, beside the MODIS labels "
                "that its models learned from.\n" + "\n".join(lines)
            )
            if told := [legend for legend in legends if legend != EIGHT.title]:
                st.caption(f"The truth is that of {'; '.join(told)}.")


def show_scene_truth(study: Study, scene_id: str, card: ModelCard) -> None:
    """The same of one model on one scene."""
    if not has_truth(study):
        return
    table = read_truth_counts(study)
    row = table[(table.experiment == card.experiment) & (table.scene_id == scene_id)]
    shares = scene_shares(row)
    if shares.empty:
        return
    found = shares.iloc[0]
    st.markdown(
        f"Against the truth at 10 m the {card.train_group} model is right on "
        f"**{found.model_right:.1%}**, MODIS on {found.labels_right:.1%} "
        f"(n = {int(row.pixels.iloc[0]):,} pixels). They disagree on {1 - found.agree:.1%}: MODIS "
        f"is wrong and the model right on **{found.labels_fault:.1%}**, the model is wrong and "
        f"MODIS right on **{found.model_fault:.1%}**, both are wrong on {found.both_wrong:.1%}."
    )
