"""Which scene or patch is laid upon its group, and the group it is compared with."""

from dataclasses import dataclass

import streamlit as st

from lcviz.data.histograms import Counts
from lcviz.distributions import image_fit
from lcviz.distributions.image_fit import ImageFit
from lcviz.study import Study
from lcviz.study.scene_table import scene_label, scene_table
from lcviz.study.statistics import read_scene_histogram
from lcviz.taxonomy import split_patch_id
from lcviz.ui.choices import choose
from lcviz.ui.distributions.data import Distributions, patch_counts
from lcviz.ui.shared_study import patches_by_scene
from lcviz.ui.states import artefact_states
from lcviz.ui.studies import study_link

NO_SCENE = "none"
WHOLE_SCENE = "all"


@dataclass(frozen=True, eq=False)
class ChosenImage:
    """A scene or a patch with its counts, beside a group."""

    counts: Counts
    fit: ImageFit
    on_map: dict[str, str]
    """What opens it on the world map."""


def choose_image(study: Study, found: Distributions, axis: str) -> ChosenImage | None:
    """Pick an image and the group it is compared with; None where none is picked."""
    groups = list(found.by_axis[axis])
    scenes = scene_table(study.scenes()).set_index("scene_id", drop=False)
    labels = {NO_SCENE: "None"} | {row.scene_id: scene_label(row) for row in scenes.itertuples()}
    scene_id = choose(
        st.selectbox,
        "Scene",
        list(labels),
        name="scene",
        resets=("patch", "against"),
        format_func=labels.get,
    )
    if scene_id == NO_SCENE:
        return None
    left, right = st.columns(2, gap="small")
    with left:
        patch = _choose_patch(study, scene_id)
    home = scenes.loc[scene_id, axis]
    with right:
        group = choose(
            st.selectbox,
            "Compared with",
            groups,
            name="against",
            default=home if home in groups else groups[0],
        )
    with artefact_states():
        of_scene = read_scene_histogram(study, scene_id)
        counts, name = of_scene, f"{scenes.season[scene_id]} {scenes.scene[scene_id]}"
        if patch != WHOLE_SCENE:
            counts = patch_counts(study, f"{scene_id}_p{patch}")
            name += f", patch {patch}"
        own = of_scene if home == group else None
        compared = image_fit.fit(name, counts, group, found.by_axis[axis][group], own)
        if compared is None:
            st.info(f"{name} holds no pixel with data.")
            return None
        on_map = {"scene": scene_id} | ({} if patch == WHOLE_SCENE else {"patch": patch})
        return ChosenImage(counts, compared, on_map)
    return None


def show_link(image: ChosenImage | None) -> None:
    """A link to the image, or to all scenes, on the world map."""
    label = "All scenes on the world map" if image is None else "This image on the world map"
    study_link(
        "pages/world_map.py", label, ":material/public:", **({} if image is None else image.on_map)
    )


def _choose_patch(study: Study, scene_id: str) -> str:
    patches = patches_by_scene(study).get(scene_id)
    patch_ids = [] if patches is None else patches.patch_id
    options = [WHOLE_SCENE, *sorted((split_patch_id(p)[1] for p in patch_ids), key=int)]
    return choose(
        st.selectbox,
        "Patch",
        options,
        name="patch",
        format_func=lambda n: "The whole scene" if n == WHOLE_SCENE else f"Patch {n}",
    )
