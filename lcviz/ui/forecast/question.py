"""For what image a forecast is asked: a patch, a scene, a box of scenes, or a person's raster."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from lcviz.forecast.live import Image, patch_image, raster_image, scene_image
from lcviz.rasters.reading import open_raster
from lcviz.rasters.subject import RasterSubject
from lcviz.study import Study
from lcviz.study.scene_table import scene_table
from lcviz.taxonomy import AXES, split_patch_id
from lcviz.ui.choices import choose
from lcviz.ui.choose_patch import WHOLE_SCENE, choose_patch, choose_scene
from lcviz.ui.forecast.box import choose_scenes_in_box
from lcviz.ui.predict.source import (
    choose_server_file,
    choose_upload,
    input_in_url,
)
from lcviz.ui.predict.study_patch import example_scene
from lcviz.ui.shared_study import usable_by_scene

SOURCES: Final = {
    "patch": "Study scene",
    "box": "Map box",
    "upload": "Upload",
    "server": "Server file",
}
LOOKED_AT: Final = 16
"""Patches or windows that are looked at, at most."""


@dataclass(frozen=True, eq=False)
class Question:
    """An image that is asked about."""

    key: str
    """Tells it from any other of the study."""
    name: str
    """For people."""
    scenes: pd.DataFrame
    """Rows of `scene_table`; none for a raster."""
    read: Callable[[], Image]
    """Reads its pixels; raises an `LcvizError` where it cannot."""
    at_once: bool
    """Whether it is so small that nobody need ask for it by a click."""
    raster: RasterSubject | None = None
    on_map: dict[str, str] | None = None
    """What the world map is asked for to show it."""
    for_predict: dict[str, str] = field(default_factory=dict)
    """What Predict is asked for to show it, or one of its scenes."""

    @property
    def scene_ids(self) -> tuple[str, ...]:
        """Scenes of the study that it is of."""
        return tuple(self.scenes.scene_id)

    def groups(self, axis: str) -> set[str]:
        """Known groups of an axis in which its scenes lie."""
        return {str(group) for group in self.scenes.get(axis, []) if group in AXES[axis]}


def choose_source() -> str:
    """Choose where the image comes from; a key of `SOURCES`."""
    return choose(
        st.segmented_control,
        "Where?",
        list(SOURCES),
        name="source",
        format_func=SOURCES.get,
        resets=("window",),
        required=True,
    )


def choose_question(study: Study, source: str) -> Question | None:
    """Ask what image it is about; None until that is settled.

    Raises:
        LcvizError: the study's tables, or a raster, cannot be read.
    """
    if source in ("upload", "server"):
        subject = choose_upload() if source == "upload" else choose_server_file()
        if subject is None:
            return None
        return _of_raster(subject, study, source)
    table = scene_table(study.scenes())
    if table.empty:
        st.info("The study holds no scene.")
        return None
    if source == "box":
        return _of_box(study, table)
    return _of_patch(study, table)


def _of_raster(subject: RasterSubject, study: Study, source: str) -> Question:
    def read() -> Image:
        with open_raster(subject.path, subject.folder) as raster:
            reader = raster.reading(subject.units)
            return raster_image(reader, subject.name, LOOKED_AT, study.scenes())

    return Question(
        key=subject.key,
        name=subject.name,
        scenes=pd.DataFrame({"scene_id": []}),
        read=read,
        at_once=False,
        raster=subject,
        for_predict=input_in_url(source),
    )


def _of_box(study: Study, table: pd.DataFrame) -> Question | None:
    box, chosen = choose_scenes_in_box(table)
    if chosen.empty:
        st.info("No scene lies in this box. Draw another one.", icon=":material/crop_free:")
        return None
    ids = tuple(chosen.scene_id)
    scenes = "1 scene" if len(ids) == 1 else f"{len(ids)} scenes"
    return Question(
        key=f"box {' '.join(ids)}",
        name=f"{scenes} in {box.in_words()}",
        scenes=chosen,
        read=partial(scene_image, study, ids, LOOKED_AT),
        at_once=False,
        for_predict={"source": "patch", "scene": ids[0]},
    )


def _of_patch(study: Study, table: pd.DataFrame) -> Question:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        scene = choose_scene(table, ("patch", "window"), example_scene(study))
        usable = usable_by_scene(study).get(scene)
        patch_ids = [] if usable is None else usable.patch_id
        numbers = [split_patch_id(patch_id)[1] for patch_id in patch_ids]
        patch = choose_patch(numbers, whole_scene=True, resets=("window",), width=200)
    rows = table[table.scene_id == scene]
    name = f"{rows.season.iloc[0]} {rows.scene.iloc[0]}"
    if patch == WHOLE_SCENE:
        return Question(
            key=scene,
            name=f"the scene {name}",
            scenes=rows,
            read=partial(scene_image, study, (scene,), LOOKED_AT),
            at_once=len(numbers) <= LOOKED_AT // 2,
            on_map={"scene": scene},
            for_predict={"source": "patch", "scene": scene},
        )
    return Question(
        key=f"{scene}_p{patch}",
        name=f"{name}, patch {patch}",
        scenes=rows,
        read=partial(patch_image, study, (f"{scene}_p{patch}",)),
        at_once=True,
        on_map={"scene": scene, "patch": patch},
        for_predict={"source": "patch", "scene": scene, "patch": patch},
    )
