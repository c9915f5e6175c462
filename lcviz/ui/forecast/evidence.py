"""Why a model should or should not work on an image: pictures, landscapes, bands, adaptation."""

import numpy as np
import pandas as pd
import streamlit as st

from lcviz import metrics
from lcviz.distributions.image_fit import outside_in_words
from lcviz.figures.forecasts import APPLICABILITY, band_figure, landscape_figure
from lcviz.figures.scales import scale_picture
from lcviz.forecast.adaptation import Adapted
from lcviz.forecast.applicability import (
    outside_by_window,
    raster_applicability,
    window_applicability,
    window_colour,
)
from lcviz.forecast.live import Image, ImageEvidence, ModelForecast
from lcviz.forecast.verdicts import in_words, tells
from lcviz.forecast.words import reasons, verdict_line
from lcviz.imagery import agreement_picture, label_picture
from lcviz.rasters.maps import SIDE
from lcviz.study import Study
from lcviz.taxonomy import BANDS, CLASS_COLOURS, S2_BAND_NAMES, split_patch_id, split_scene_id
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import choose
from lcviz.ui.forecast.data import LandscapeNames, landscape_names, patch_picture
from lcviz.ui.forecast.question import Question
from lcviz.ui.forecast.run import adaptation_job, start_adaptation
from lcviz.ui.jobs.progress import follow
from lcviz.ui.pictures import Picture, show_class_legend, show_pictures
from lcviz.ui.scale_pictures import picture_figure, scale_bar
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import study_link

_NEAREST = 4
_ICONS = {"like": ":material/check_circle:", "partly": ":material/help:", "not": ":material/block:"}
_BOXES = {"like": st.success, "partly": st.warning, "not": st.error}


def show_verdict(
    study: Study,
    model: ModelForecast,
    fallback: str | None,
    verdicts: pd.DataFrame,
    *,
    out_of_its_world: bool,
) -> LandscapeNames:
    """The verdict on the chosen model where it means something, and why.

    Args:
        study: the open study.
        model: what is forecast of it.
        fallback: label of the simple model that is ranked best; None without one.
        verdicts: as `accuracy_by_verdict` gives them.
        out_of_its_world: whether the image is real and the study synthetic: nothing was checked on
            such an image.

    Returns:
        Names of the study's landscapes.
    """
    worth = "" if out_of_its_world else in_words(verdicts, model.kind, model.axis)
    if not out_of_its_world and tells(verdicts, model.kind, model.axis):
        _BOXES[model.verdict](verdict_line(model, fallback), icon=_ICONS[model.verdict])
    else:
        st.markdown(f"**{model.label}: how far it lies outside what the model was trained on**")
        if model.why_not:
            why = model.why_not[0].lower() + model.why_not[1:]
            st.info(as_markdown(f"Nothing is forecast: {why}"))
    named = landscape_names(study, len(model.landscapes))
    st.markdown("\n".join(f"- {line}" for line in reasons(model, named.names)))
    if worth:
        st.caption(worth)
    return named


def choose_window(evidence: ImageEvidence, model: ModelForecast) -> int:
    """Choose a window of the image to look at, where there are several."""
    image = evidence.image
    if len(image.names) == 1:
        return 0
    outside = outside_by_window(model.aoa_map)
    numbers = [str(number) for number in range(len(image.names))]
    return int(
        choose(
            st.selectbox,
            "Part of the image",
            numbers,
            name="window",
            format_func=lambda n: _window_label(image, int(n), outside[int(n)]),
            width=300,
        )
    )


def show_image_and_training(
    study: Study, evidence: ImageEvidence, model: ModelForecast, question: Question, window: int
) -> None:
    """The image, where it lies outside, and the training patches closest to it."""
    image = evidence.image
    applicability = window_applicability(image, model.aoa_map, evidence.tile, window)
    with st.container(key="transfer-pictures", horizontal=True, gap=None):
        with st.container(key="transfer-picture-image", gap=None):
            st.html(_tile(window_colour(image, window), "This image", _name(image, window)))
            if question.on_map is not None:
                study_link(
                    "pages/world_map.py", "On the map", ":material/public:", **question.on_map
                )
        with st.container(key="transfer-picture-aoa", gap=None):
            drawn = scale_picture(applicability, APPLICABILITY)
            outside = outside_by_window(model.aoa_map)[window]
            note = f"{outside:.0%} of it lies outside" if np.isfinite(outside) else "No data"
            st.html(_tile(drawn, APPLICABILITY.title, note, scale_bar(APPLICABILITY)))
        for patch_id, dissimilarity in model.nearest[:_NEAREST]:
            _show_training_patch(study, patch_id, dissimilarity)
    st.caption(
        f"{APPLICABILITY.meaning} (tiles of {evidence.tile} x {evidence.tile} pixels). Then the "
        f"training patches of the {model.label} model that are closest to the image, nearest first,"
        " from different scenes where possible; DI: dissimilarity index. True colour."
    )
    if len(image.names) > 1:
        _show_whole(evidence, model, question)


def _show_training_patch(study: Study, patch_id: str, dissimilarity: float) -> None:
    scene_id, number = split_patch_id(patch_id)
    _, season, scene = split_scene_id(scene_id)
    with st.container(key=f"transfer-picture-{patch_id}", gap=None):
        picture = patch_picture(study, patch_id)
        note = f"DI {dissimilarity:.2f}"
        if picture is None:
            show_pictures([Picture("Trained on", note, None, "No picture at hand")])
        else:
            st.html(_tile(picture, "Trained on", note))
        study_link(
            "pages/world_map.py",
            f"{season} {scene}, patch {number}",
            ":material/public:",
            scene=scene_id,
            patch=number,
        )


def _show_whole(evidence: ImageEvidence, model: ModelForecast, question: Question) -> None:
    """All windows together: on the raster, or patch by patch."""
    image = evidence.image
    whole = raster_applicability(image, model.aoa_map, evidence.tile, SIDE)
    with st.expander("The whole image"):
        if whole is not None and question.raster is not None:
            figures = [
                picture_figure(question.raster.picture, "True colour", question.name),
                picture_figure(
                    scale_picture(whole, APPLICABILITY),
                    APPLICABILITY.title,
                    f"{len(image.names)} of {image.total_windows} windows were looked at",
                    scale_bar(APPLICABILITY),
                ),
            ]
        else:
            outside = outside_by_window(model.aoa_map)
            figures = [
                figure
                for n in range(len(image.names))
                for figure in (
                    picture_figure(window_colour(image, n), _name(image, n), "True colour"),
                    picture_figure(
                        scale_picture(
                            window_applicability(image, model.aoa_map, evidence.tile, n),
                            APPLICABILITY,
                        ),
                        APPLICABILITY.title,
                        f"{outside[n]:.0%} outside",
                    ),
                )
            ]
        kind = "lcviz-scaled" if whole is not None else "lcviz-models"
        st.html(f'<div class="lcviz-pictures {kind}">{"".join(figures)}</div>')


def show_landscapes_and_bands(
    model: ModelForecast, named: LandscapeNames, evidence: ImageEvidence, name: str
) -> None:
    """Which landscapes and which band values are foreign to the model."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Landscapes: this image beside its training**")
        if model.landscapes.empty:
            st.caption("This study has no landscapes to compare.")
        else:
            show_figure(
                landscape_figure(model.landscapes, named.colours, named.names),
                "landscapes-of-image",
                key="figure-transfer-landscapes",
            )
            tiles = int(np.isfinite(model.aoa_map).sum())
            st.caption(
                f"n = {tiles:,} tiles of the image; bars in the landscapes' mean true colour, "
                "hatched for the training tiles."
            )
    with right:
        st.markdown("**Bands: values outside the training range**")
        outside = model.bands_outside
        if not np.isfinite(outside).all():
            st.caption(
                "The study keeps no counts of the training scenes' values, so that this cannot be "
                "said."
            )
            return
        pixels = int(evidence.image.valid.sum())
        whose = f"the {model.label} model's training scenes"
        st.markdown(
            outside_in_words(
                name[0].upper() + name[1:], whose, pixels, outside, list(range(len(BANDS)))
            )
        )
        show_figure(band_figure(outside), "bands-outside", key="figure-transfer-bands")
        st.caption(
            "Dashed: 1%, the share of the training pixels themselves; a single scene often lies "
            "farther out, also at home."
        )
        show_downloads(
            pd.DataFrame({"band": BANDS, "sentinel_2": S2_BAND_NAMES, "share_outside": outside}),
            "bands-outside",
            f"Share of the pixels outside the central 99% of {whose}.",
        )


def show_adaptation(
    study: Study, evidence: ImageEvidence, model: ModelForecast, question: Question, window: int
) -> None:
    """The plain prediction beside the adapted one, for a network."""
    st.subheader("Adapting to this image", anchor=False)
    st.markdown(
        "Batch-norm statistics are recomputed on this image and blended with those of the "
        "training (Nado et al. 2020, arXiv:2006.10963; Schneider et al. 2020, arXiv:2006.16971), "
        "on a copy of the model; no label is used."
    )
    if model.kind == "simple":
        st.caption("A simple model has no batch normalisation: there is nothing to adapt.")
        return
    image = evidence.image
    key, job = adaptation_job(study, model.experiment, question)
    small = len(image.values) == 1
    if job is None and small:
        job = start_adaptation(study, model.experiment, question, image, key)
    if job is None or job.failed:
        st.button(
            f"Adapt the {model.label} model" if job is None else "Try again",
            key="adapt",
            icon=":material/tune:",
            on_click=_adapt,
            args=(study, model.experiment, question, image, key),
        )
    if job is None:
        return
    found: Adapted | None = None
    with artefact_states():
        found = follow(job, small, "Adapting")
    if found is not None:
        _show_adapted(study, found, image, window)


def _adapt(study: Study, experiment: str, question: Question, image: Image, key: str) -> None:
    start_adaptation(study, experiment, question, image, key)


def _show_adapted(study: Study, found: Adapted, image: Image, window: int) -> None:
    plain, adapted = found.plain[window], found.adapted[window]
    labels = None
    if image.windows is None:
        with artefact_states():
            labels = study.labels(image.names[window])
    notes = ["As trained", f"Blend: {found.blend:.0%} training statistics"]
    if labels is not None:
        for i, classes in enumerate((plain, adapted)):
            score = metrics.accuracy(metrics.confusion_matrix(labels, classes))
            if score is not None:
                notes[i] += f"; {score:.1%} agree with the labels"
    figures = [
        picture_figure(window_colour(image, window), "This image", _name(image, window)),
        picture_figure(label_picture(plain), "Plain prediction", notes[0]),
        picture_figure(label_picture(adapted), "Adapted prediction", notes[1]),
        picture_figure(
            agreement_picture(plain, adapted),
            "Change",
            "Pale blue: same class; purple: another class",
        ),
    ]
    st.html(f'<div class="lcviz-pictures lcviz-four">{"".join(figures)}</div>')
    show_class_legend([plain, adapted], CLASS_COLOURS, agreement=False)
    n = int(image.valid.sum())
    st.markdown(f"**{found.changed:.1%}** of the image's pixels change class (n = {n:,}).")


def _tile(pixels: np.ndarray, title: str, note: str, below: str = "") -> str:
    return f'<div class="lcviz-pictures">{picture_figure(pixels, title, note, below)}</div>'


def _name(image: Image, window: int) -> str:
    name = image.names[window]
    if image.windows is None:
        scene_id, number = split_patch_id(name)
        _, season, scene = split_scene_id(scene_id)
        return f"{season} {scene}, patch {number}"
    return name


def _window_label(image: Image, window: int, outside: float) -> str:
    said = _name(image, window)
    return f"{said} ({outside:.0%} outside)" if np.isfinite(outside) else f"{said} (no data)"
