"""A patch of the study to be predicted."""

from contextlib import suppress

import streamlit as st

from lcviz.data.sen12ms import Raster
from lcviz.errors import LcvizError
from lcviz.imagery import stretched, true_colour
from lcviz.rasters.subject import PatchSubject
from lcviz.study import Study
from lcviz.study.pixels import patch_pixels
from lcviz.study.records import ModelCard
from lcviz.study.scene_table import scene_table
from lcviz.study.typical import typical_scene
from lcviz.taxonomy import BANDS, split_patch_id
from lcviz.ui.choose_patch import choose_patch, choose_scene
from lcviz.ui.shared_study import MODELS, RESULTS, kept, usable_by_scene
from lcviz.ui.states import artefact_states


def choose_study_patch(study: Study, card: ModelCard | None) -> PatchSubject | None:
    """Choose a scene and one of its patches, and read its pixels.

    Args:
        study: the open study.
        card: of the one model that will predict; None for several.

    Raises:
        LcvizError: the study's tables or the patch's pixels cannot be read.
    """
    table = scene_table(study.scenes(), card)
    usable = usable_by_scene(study)
    table = table[table.scene_id.isin(list(usable))]
    if table.empty:
        st.info("No patch of this study has imagery that could be predicted.")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        default = example_scene(study) if card is None else None
        scene = choose_scene(table, resets=("patch", "pixel"), default=default)
        rows = usable[scene]
        numbers = [split_patch_id(patch_id)[1] for patch_id in rows.patch_id]
        number = choose_patch(numbers, resets=("pixel",), width=190)
    row = rows.iloc[numbers.index(number)]
    raster = _pixels(study, row.patch_id)
    truth = None
    if row.browsable and row.status == "ok":
        with artefact_states():
            truth = study.labels(row.patch_id)
    picture = true_colour(raster.values, raster.valid)
    visible = raster.values[[BANDS.index(band) for band in ("red", "green", "blue")]]
    return PatchSubject(row.patch_id, raster, truth, picture, stretched(visible, raster.valid))


@kept(RESULTS, MODELS, entries=4)
def example_scene(study: Study) -> str | None:
    """The scene that is shown first of several models; None where no score is known."""
    with suppress(LcvizError):  # told where results and models are looked at
        cards = [study.model(name) for name in study.experiments()]
        return typical_scene(study.results(), cards, usable_by_scene(study).keys())
    return None


@kept(entries=32)
def _pixels(study: Study, patch_id: str) -> Raster:
    return patch_pixels(study, patch_id)
