"""What was predicted: the map, how sure it is, areas, agreement with labels."""

from collections.abc import Callable
from html import escape
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lcviz import metrics
from lcviz.figures.classes import confusion_figure
from lcviz.figures.scales import CONFIDENCE, DISAGREEMENT, ENTROPY
from lcviz.imagery import agreement_picture, label_picture
from lcviz.network.modes import cost_of
from lcviz.rasters.maps import VOTE, ModelMap
from lcviz.rasters.subject import PatchSubject, Subject
from lcviz.study import Study
from lcviz.study.splits import part_of
from lcviz.taxonomy import CLASS_COLOURS, CLASSES, NO_LABEL, adapted_from, model_label
from lcviz.ui.charts import show_figure
from lcviz.ui.choices import choose, pick
from lcviz.ui.pictures import data_uri, show_class_legend
from lcviz.ui.predict.downloads import download_table, show_downloads, stem
from lcviz.ui.predict.map_viewer import show_map
from lcviz.ui.predict.pixel import chosen_pixel, show_pixel
from lcviz.ui.predict.place_map import show_place_map
from lcviz.ui.predict.run import Prediction
from lcviz.ui.scale_pictures import picture_figure, show_scale_pictures
from lcviz.ui.states import artefact_states
from lcviz.words import percent

_VERDICTS: Final = {
    "training": "was trained on this scene too, so that its score here flatters it",
    "validation": "saw this scene only to decide when training should stop",
    "home": "was not trained on this scene, which is from its home",
    "test": "never saw this scene",
    "overlapping": "was trained on a scene that shares ground with this one, so that its score "
    "here may flatter it",
}
_VIEWS: Final = {"pair": "Side by side", "place": "On the map"}
_NOTES: Final = {
    "training": ", training scene",
    "validation": ", from home",
    "home": ", from home",
    "overlapping": ", shares ground with a training scene",
}


def show_prediction(
    study: Study,
    subject: Subject,
    prediction: Prediction,
    controls: DeltaGenerator,
    ways_on: Callable[[], None],
) -> None:
    """Show a prediction, the map first.

    Args:
        study: the study of the models.
        subject: what was predicted.
        prediction: of it.
        controls: where the choice among several maps stands.
        ways_on: shows where to go from the map, beneath it.
    """
    for problem in prediction.problems:
        with artefact_states():
            raise problem
    with controls:
        name = _choose_map(prediction)
    shown = prediction.maps[name]
    if (shown.classes == NO_LABEL).all():
        st.info("Nowhere in it is there data, so nothing was predicted.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_in_short(subject, prediction, name))
        view = _choose_view(subject)
    title = _map_title(prediction, name)
    if view == "place":
        show_place_map(subject, shown.classes, title)
    else:
        _show_map(subject, shown, title)
    show_class_legend([shown.classes, subject.labels], CLASS_COLOURS, agreement=False)
    st.caption(_about(study, subject, prediction, name))
    ways_on()
    left, right = st.columns([5, 4], gap="large")
    with left:
        _show_areas(subject, prediction, name)
    with right:
        show_pixel(subject, prediction)
    if len(prediction.maps) > 1:
        _show_all_maps(study, subject, prediction)
    _show_certainty(subject, prediction, name)
    if subject.labels is not None:
        _show_confusion(subject, shown)
    show_downloads(study, subject, prediction, name)


def model_title(experiment: str) -> str:
    """`Africa model`, `Africa model, adapted to lake-chad`."""
    if adapted := adapted_from(experiment):
        return f"{model_title(adapted[0])}, adapted to {adapted[1]}"
    return f"{model_label(experiment)} model"


def _map_title(prediction: Prediction, name: str) -> str:
    return f"Most of {len(prediction.models)} models" if name == VOTE else model_title(name)


def _choose_map(prediction: Prediction) -> str:
    names = list(prediction.maps)
    if len(names) == 1:
        return names[0]
    names = [VOTE, *(name for name in names if name != VOTE)]
    return choose(
        st.selectbox,
        "Map of",
        names,
        name="map",
        format_func=lambda name: _map_title(prediction, name),
        width=210,
    )


def _choose_view(subject: Subject) -> str:
    """`pair` (image beside map) or `place` (on the world map)."""
    if subject.geobox.crs is None:
        return "pair"
    return choose(
        st.segmented_control,
        "View",
        list(_VIEWS),
        name="view",
        format_func=_VIEWS.get,
        label_visibility="collapsed",
        width="content",
        required=True,
    )


# The map


def _show_map(subject: Subject, shown: ModelMap, title: str) -> None:
    layers = {title: data_uri(label_picture(shown.classes), lossless=True)}
    if subject.labels is not None:
        layers["MODIS labels"] = data_uri(label_picture(subject.labels), lossless=True)
    step = max(1, -(-max(subject.height, subject.width) // 512))
    show_map(
        key="prediction-map",
        title=f"True colour of {subject.name}",
        image=data_uri(subject.picture, lossless=False),
        stretched_image=data_uri(subject.stretched, lossless=False),
        # A study's pictures can be compared with each other; a person's own is to be seen.
        stretched=not isinstance(subject, PatchSubject),
        layers=layers,
        shape=(subject.height, subject.width),
        step=step,
        pixel=chosen_pixel(subject),
        on_pixel=lambda row, column: pick("pixel", f"{row},{column}"),
    )


# The model, and areas


def _in_short(subject: Subject, prediction: Prediction, name: str) -> str:
    """What the map is worth, in a line."""
    said = []
    if subject.labels is not None:
        confusion = metrics.confusion_matrix(subject.labels, prediction.maps[name].classes)
        n, score = int(confusion.sum()), metrics.accuracy(confusion)
        if score is not None:
            said.append(f"Agrees with the MODIS labels on **{percent(score)}** (n = {n:,} pixels).")
    if prediction.disagreement is not None:
        unanimous = float(np.mean(_known(prediction.disagreement) == 0))
        said.append(f"All {len(prediction.models)} models agree on **{percent(unanimous)}**.")
    elif not said:
        shown = prediction.maps[name]
        if shown.confidence is not None:
            sure = float(np.mean(_known(shown.confidence)))
            said.append(
                f"Mean confidence **{percent(sure)}**: how sure the model is, not how right."
            )
    return " ".join(said)


def _about(study: Study, subject: Subject, prediction: Prediction, name: str) -> str:
    """Which model made the map, whether it knew the scene, and what the mode means for it."""
    if name == VOTE:
        said = f"The class that most of {len(prediction.models)} models say, pixel by pixel."
    else:
        card = prediction.models[name].card
        scenes = len(card.training_scenes)
        said = (
            f"The {card.train_group} model was trained on {scenes} "
            f"{'scene' if scenes == 1 else 'scenes'} from {card.train_group}"
        )
        if isinstance(subject, PatchSubject):
            part = part_of(card, study.scenes(), subject.scene_id)
            said += f"; it {_VERDICTS[part]}"
            if part == "home" and card.split == "paper":
                said += " but chose its epoch (the paper's protocol)"
        said += "."
    return f"{said} {cost_of(prediction.precision)}"


def _show_areas(subject: Subject, prediction: Prediction, name: str) -> None:
    st.subheader("Areas", anchor=False)
    table = prediction.maps[name].prediction.areas
    mapped = bool(table.hectares.notna().any())
    others = [m.prediction.areas.percent for key, m in prediction.maps.items() if key != VOTE]
    head = ["Class", "Pixels", *(["Hectares"] if mapped else []), "Share"]
    if name == VOTE:
        head.append("By model")
    body = ""
    for i, row in enumerate(table.itertuples()):
        if not row.pixels and not any(percent[i] > 0 for percent in others):
            continue
        colour = CLASS_COLOURS[i]
        body += (
            f'<tr><td><i class="lcviz-swatch" style="background:{colour}"></i> '
            f"{escape(CLASSES[i])}</td><td class='n'>{row.pixels:,}</td>"
            + (f"<td class='n'>{row.hectares:,.1f}</td>" if mapped else "")
            + f"<td class='n'>{row.percent:.1f}%</td>"
        )
        if name == VOTE:
            low, high = min(p[i] for p in others), max(p[i] for p in others)
            body += f"<td class='n'>{low:.0f} to {high:.0f}%</td>"
        body += "</tr>"
    cells = "".join(
        f'<th scope="col"{"" if i == 0 else " class=n"}>{name}</th>' for i, name in enumerate(head)
    )
    st.html(
        f'<table class="lcviz-shares lcviz-areas"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
    total, without = int(table.pixels.sum()), subject.height * subject.width
    said = f"n = {total:,} pixels with data of {without:,}"
    if mapped:
        said += f", {table.hectares.sum():,.1f} ha"
    else:
        said += ". The raster does not say where it is, so that areas are in pixels only"
    st.caption(f"{said}. Mapped areas: a model's errors are in them.")


# How sure


def _show_certainty(subject: Subject, prediction: Prediction, name: str) -> None:
    shown = prediction.maps[name]
    pictures = []
    if shown.confidence is not None and shown.entropy is not None:
        pictures += [
            (
                CONFIDENCE,
                shown.confidence,
                f"Mean {percent(float(np.mean(_known(shown.confidence))))}.",
            ),
            (ENTROPY, shown.entropy, f"Mean {np.mean(_known(shown.entropy)):.2f} bits."),
        ]
    if prediction.disagreement is not None:
        mean = np.mean(_known(prediction.disagreement))
        note = f"Mean {mean:.0%} of {len(prediction.models)} models."
        pictures.append((DISAGREEMENT, prediction.disagreement, note))
    extra = []
    if subject.labels is not None:
        picture = agreement_picture(subject.labels, shown.classes)
        extra.append(
            picture_figure(
                picture, "Agreement", "With the MODIS labels: pale blue agrees, purple differs"
            )
        )
    if not pictures and not extra:
        return
    st.subheader(
        "Where the models disagree" if name == VOTE else "How sure is the model?", anchor=False
    )
    show_scale_pictures(pictures, extra)
    st.caption(
        "A network is often sure and wrong away from home: a high confidence is no promise."
        if name != VOTE
        else "Models that agree can still be wrong together."
    )


def _show_all_maps(study: Study, subject: Subject, prediction: Prediction) -> None:
    st.subheader("Model by model", anchor=False)
    figures = []
    rows = []
    for name, one in prediction.maps.items():
        if name == VOTE:
            continue
        note = ""
        if subject.labels is not None:
            score = metrics.accuracy(metrics.confusion_matrix(subject.labels, one.classes))
            if score is not None:
                note = f"{percent(score)} agree with the labels"
            if isinstance(subject, PatchSubject):
                card = prediction.models[name].card
                part = part_of(card, study.scenes(), subject.scene_id)
                note += _NOTES.get(part, "")
        elif one.confidence is not None:
            note = f"Mean confidence {np.mean(_known(one.confidence)):.0%}"
        rows.append({"model": name} | dict(one.prediction.areas.set_index("class").percent))
        figures.append(
            picture_figure(label_picture(one.classes), model_label(name), note.strip(", "))
        )
    st.html(f'<div class="lcviz-pictures lcviz-models">{"".join(figures)}</div>')
    download_table(pd.DataFrame(rows), f"{stem(subject)}_class-shares-by-model")


def _show_confusion(subject: Subject, shown: ModelMap) -> None:
    if subject.labels is None:
        return
    confusion = metrics.confusion_matrix(subject.labels, shown.classes)
    if not confusion.any():
        return
    with st.expander("Confusion with the MODIS labels"):
        show_figure(
            confusion_figure(confusion, "shares"),
            f"confusion-{stem(subject)}",
            key="figure-patch-confusion",
        )
        st.caption(
            f"n = {confusion.sum():,} labelled pixels. Rows are MODIS labels, columns predictions; "
            "colour and text are the share of the row in %."
        )


def _known(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]
