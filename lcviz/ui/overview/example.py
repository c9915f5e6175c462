"""One patch as the model at home there and one from elsewhere map it."""

import streamlit as st

from lcviz import metrics
from lcviz.errors import LcvizError
from lcviz.generalization.example import example_scenes
from lcviz.generalization.headline import headline
from lcviz.imagery import label_picture
from lcviz.study import Study
from lcviz.study.predictions import read_prediction
from lcviz.study.scene_table import scene_label, scene_table
from lcviz.taxonomy import experiment_name, split_patch_id
from lcviz.ui.choices import current_choice
from lcviz.ui.overview.finding import AXIS, Finding
from lcviz.ui.pictures import PALETTES, Picture, show_class_legend, show_pictures
from lcviz.ui.studies import study_link
from lcviz.words import percent


def show_example(study: Study, finding: Finding) -> None:
    """Show the example; nothing where the study holds none."""
    worst = headline(finding.matrix).worst_pair
    if finding.scores is None or worst is None:
        return
    trained, tested, _ = worst
    for scene_id in example_scenes(finding.scores, finding.matrix, trained, tested):
        for patch_id in study.browsable(scene_id):
            # What is missing or broken is told where it is looked for: samples, the world map.
            try:
                if _show_patch(study, patch_id, trained, tested):
                    return
            except LcvizError:
                continue


def _show_patch(study: Study, patch_id: str, trained: str, tested: str) -> bool:
    """Show one patch; False where a picture of it is not kept or nothing is labelled."""
    image, labels = study.quicklook(patch_id, "s2"), study.labels(patch_id)
    experiment = experiment_name(AXIS, trained)
    maps = [read_prediction(study, experiment_name(AXIS, g), patch_id) for g in (tested, trained)]
    if image is None or labels is None or any(m is None for m in maps):
        return False
    scores = [metrics.accuracy(metrics.confusion_matrix(labels, m)) for m in maps if m is not None]
    if None in scores:
        return False
    scene_id, number = split_patch_id(patch_id)
    scenes = scene_table(study.scenes())
    place = scene_label(scenes[scenes.scene_id == scene_id].iloc[0])
    palette = PALETTES[current_choice("palette", list(PALETTES), "lcviz")]
    st.subheader("What that looks like", anchor=False)
    names = (f"{tested}'s own model", f"{trained}'s model")
    show_pictures(
        [
            Picture(place, "Sentinel-2, true colour", image),
            Picture("Labels", "MODIS land use", label_picture(labels, palette), classes=True),
            *(
                Picture(
                    name,
                    f"agrees on {percent(score)}",
                    label_picture(predicted, palette),
                    classes=True,
                )
                for name, score, predicted in zip(names, scores, maps, strict=True)
                if score is not None and predicted is not None
            ),
        ],
        row=True,
    )
    show_class_legend([labels, *maps], palette, agreement=False)
    st.caption(
        f"A patch of a scene that neither model was trained on: of the scenes in {tested}, the "
        f"one where the two lie as far apart as they do on average, for the pair with the lowest "
        "mean in the table."
    )
    study_link(
        "pages/world_map.py",
        "See this scene on the map",
        ":material/public:",
        scene=scene_id,
        patch=number,
        model=experiment,
    )
    return True
