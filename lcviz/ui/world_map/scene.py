"""One scene of a study: its place, its patches' pictures, and how well a model did there."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from lcviz import metrics
from lcviz.data.reference import patch_reference
from lcviz.imagery import agreement_picture, label_picture
from lcviz.study import Study
from lcviz.study.predictions import read_prediction
from lcviz.study.records import ModelCard
from lcviz.study.scene_table import patch_count
from lcviz.taxonomy import split_patch_id
from lcviz.ui.choices import choose, current_choice
from lcviz.ui.choose_patch import choose_patch
from lcviz.ui.label_error import show_scene_truth
from lcviz.ui.pictures import (
    PALETTE_NAMES,
    PALETTES,
    Picture,
    show_class_legend,
    show_pictures,
    show_shares,
)
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import study_link


def show_scene(study: Study, scene: pd.Series, card: ModelCard | None) -> str | None:
    """Show one scene, patch after patch; the open patch's id, None without any.

    Args:
        study: the open study.
        scene: its row of `lcviz.study.scene_table` for the model.
        card: the model whose prediction is shown; None without any.
    """
    if study.is_published:
        _show_facts(study, scene, card)
        st.caption(as_markdown(study.how_to_make("quicklooks")))
        return None
    number = None
    with artefact_states():
        numbers = [split_patch_id(patch)[1] for patch in study.browsable(scene.scene_id)]
        if not numbers:
            st.info("No pictures of this scene are kept in the study.")
        else:
            with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
                number = choose_patch(numbers)
            _show_patch(study, f"{scene.scene_id}_p{number}", card)
    _show_facts(study, scene, card)
    if number is None:
        return None
    _show_links(scene.scene_id, number, card)
    return f"{scene.scene_id}_p{number}"


def _show_links(scene_id: str, number: str, card: ModelCard | None) -> None:
    patch = {"source": "patch", "scene": scene_id, "patch": number}
    study_link(
        "pages/predict.py",
        "Predict this patch live",
        ":material/play_circle:",
        **patch,
        **({"model": card.experiment} if card else {}),
    )
    study_link(
        "pages/transfer.py",
        "Will it work here?",
        ":material/help_center:",
        **patch,
        **({"axis": card.axis, "model": card.experiment} if card else {}),
    )


def _show_facts(study: Study, scene: pd.Series, card: ModelCard | None) -> None:
    """Where the scene lies, and what is known of it whatever its patch."""
    if card is not None:
        _show_score(study, scene, card)
    if scene.holdout:
        st.markdown("**Hold-out scene.** One of SEN12MS's official hold-out scenes.")
    st.caption(_place(scene))


def _place(scene: pd.Series) -> str:
    parts = [f"{scene.season}", patch_count(scene)]
    if pd.notna(scene.latitude) and pd.notna(scene.longitude):
        north = "N" if scene.latitude >= 0 else "S"
        east = "E" if scene.longitude >= 0 else "W"
        parts.insert(0, f"{abs(scene.latitude):.2f}° {north}, {abs(scene.longitude):.2f}° {east}")
    return " · ".join([*parts, scene.scene_id.replace("_", r"\_")])


def _show_score(study: Study, scene: pd.Series, card: ModelCard) -> None:
    group = card.train_group
    if scene.split == "training":
        st.markdown(
            f"**Training scene.** The {group} model was trained on this scene: its accuracy here "
            "says nothing about generalisation, so it is not scored."
        )
        return
    if scene.split == "overlapping":
        st.markdown(
            f"**Left out.** This scene shares ground with one that the {group} model learned from, "
            "so it is not scored."
        )
        return
    if scene.split == "validation":
        meaning = (
            f"**Validation scene.** From {group} too, but held out: the {group} model was not "
            "trained on it. It was used to decide when to stop, so it is no part of the score at "
            "home."
        )
    elif scene.split == "home":
        meaning = (
            f"**Home scene.** From {group} too, but held out: the {group} model was not trained on "
            "it."
        )
        if card.split == "paper":
            meaning += " It also decided when to stop, as in the paper, which flatters the model."
    else:
        meaning = f"**Test scene.** The {group} model never saw this scene."
    if pd.isna(scene.pixels):
        score = "The study holds no score of it."
    elif pd.isna(scene.accuracy):
        score = "None of its pixels is labelled, so it has no score."
    else:
        score = (
            f"Accuracy over the whole scene: **{scene.accuracy:.1%}** "
            f"(n = {int(scene.pixels):,} labelled pixels)."
        )
    st.markdown(f"{meaning} {score}")
    with artefact_states():
        show_scene_truth(study, scene.scene_id, card)


def _show_patch(study: Study, patch_id: str, card: ModelCard | None) -> None:
    palette = PALETTES[current_choice("palette", list(PALETTES), "lcviz")]
    s2 = s1 = labels = better = prediction = agreement = score = None
    with artefact_states():
        s2 = study.quicklook(patch_id, "s2")
    with artefact_states():
        s1 = study.quicklook(patch_id, "s1")
    with artefact_states():
        labels = study.labels(patch_id)
    with artefact_states():
        better = None if study.data is None else patch_reference(study.data, patch_id)
    if card is not None:
        with artefact_states():
            prediction = read_prediction(study, card.experiment, patch_id)
    if labels is not None and prediction is not None:
        score = _patch_score(metrics.confusion_matrix(labels, prediction))
        agreement = agreement_picture(labels, prediction)
    show_pictures(
        [
            Picture("Image", "Sentinel-2", s2, "No Sentinel-2 imagery"),
            Picture("Labels", "MODIS", _drawn(labels, palette), "No labels", True),
            *(
                []
                if better is None
                else [Picture("Truth", "at 10 m", _drawn(better[0], palette), classes=True)]
            ),
            Picture(
                "Prediction",
                f"{card.train_group}" if card else "No model",
                _drawn(prediction, palette),
                "No prediction kept",
                True,
            ),
            Picture(
                "Agreement",
                "" if score is None else score[0],
                agreement,
                "Needs labels and a prediction",
                True,
            ),
        ],
        row=True,
    )
    if score is not None:
        st.markdown(f"**{score[0]}** {score[1]}")
    maps = [labels, prediction, None if better is None else better[0]]
    show_class_legend(maps, palette, agreement=agreement is not None)
    with st.expander("Shares of the classes, radar image, colours"):
        if labels is not None and prediction is not None:
            show_shares(metrics.class_shares(labels), metrics.class_shares(prediction), palette)
        show_pictures(
            [Picture("Radar", "Sentinel-1: VV, VH, VV minus VH", s1, "No Sentinel-1 imagery")],
            row=True,
        )
        choose(
            st.segmented_control,
            "Class colours",
            list(PALETTES),
            name="palette",
            format_func=PALETTE_NAMES.get,
            required=True,
        )


def _patch_score(confusion: npt.NDArray[np.int64]) -> tuple[str, str]:
    accuracy = metrics.accuracy(confusion)
    if accuracy is None:
        return "No score", "No pixel of this patch is labelled and predicted."
    return f"{accuracy:.1%}", f"accuracy of this patch (n = {confusion.sum():,} labelled pixels)"


def _drawn(
    classes: npt.NDArray[np.uint8] | None, palette: Sequence[str]
) -> npt.NDArray[np.uint8] | None:
    return None if classes is None else label_picture(classes, palette)
