"""One sample a continent: pictures, labels and the home model's prediction, another at a click."""

from collections.abc import Mapping

import streamlit as st

from lcviz.imagery import label_picture
from lcviz.study import Study
from lcviz.study.records import ModelCard
from lcviz.study.sample_patches import Sample, read_sample
from lcviz.taxonomy import split_patch_id, split_scene_id
from lcviz.ui.choices import current_choice, on_pick
from lcviz.ui.overview.data import orders_of
from lcviz.ui.pictures import PALETTES, Picture, show_class_legend, show_pictures
from lcviz.ui.states import artefact_states
from lcviz.ui.studies import study_link
from lcviz.words import percent

COLUMNS = 3


@st.fragment
def show_samples(study: Study, home_cards: Mapping[str, ModelCard]) -> None:
    """Show one patch of each continent that has pictures.

    Args:
        study: the open study.
        home_cards: continent -> the model trained on it.
    """
    orders = orders_of(study, home_cards)
    numbers = [str(number) for number in range(max(map(len, orders.values()), default=0))]
    if not numbers:
        st.caption("No patch of a known continent can be shown.")
        return
    number = int(current_choice("sample", numbers, "0"))
    samples = {
        continent: read_sample(study, order[number % len(order)], home_cards.get(continent))
        for continent, order in orders.items()
    }
    _show_problems(samples)
    shown = {continent: sample for continent, sample in samples.items() if sample.has_pictures}
    if not shown:
        return
    st.button(
        "Other samples",
        icon=":material/shuffle:",
        disabled=len(numbers) == 1,
        **on_pick("sample", numbers[(number + 1) % len(numbers)]),
    )
    palette = PALETTES[current_choice("palette", list(PALETTES), "lcviz")]
    columns = []
    for place, (continent, sample) in enumerate(shown.items()):
        if place % COLUMNS == 0:
            columns = st.columns(COLUMNS, gap="medium")
        with columns[place % COLUMNS]:
            _show_sample(continent, sample, home_cards.get(continent), palette)
    maps = [c for sample in shown.values() for c in (sample.labels, sample.prediction)]
    show_class_legend(maps, palette, agreement=False)


def _show_problems(samples: Mapping[str, Sample]) -> None:
    """Each problem once: what a whole stage should have made is missing for every sample."""
    problems = {str(error): error for sample in samples.values() for error in sample.problems}
    for error in problems.values():
        with artefact_states():
            raise error


def _show_sample(
    continent: str, sample: Sample, card: ModelCard | None, palette: tuple[str, ...]
) -> None:
    _, season, scene = split_scene_id(sample.scene_id)
    patch = split_patch_id(sample.patch_id)[1]
    study_link(
        "pages/world_map.py",
        f"**{continent}** · {season} {scene}, patch {patch}",
        ":material/public:",
        scene=sample.scene_id,
        patch=patch,
        **({"model": card.experiment} if card else {}),
    )
    labels, prediction = (
        None if classes is None else label_picture(classes, palette)
        for classes in (sample.labels, sample.prediction)
    )
    show_pictures(
        [
            Picture("False colour", "Sentinel-1", sample.s1, "No Sentinel-1 imagery"),
            Picture("True colour", "Sentinel-2", sample.s2, "No Sentinel-2 imagery"),
            Picture("Land use", "MODIS labels", labels, "No labels", True),
            Picture(
                "Prediction",
                _note(sample, card),
                prediction,
                "No prediction kept" if card else "No model trained",
                True,
            ),
        ],
        pairs=True,
    )


def _note(sample: Sample, card: ModelCard | None) -> str:
    if card is None:
        return "No home model"
    if sample.accuracy is None:
        return "Not scored"
    if sample.scene_id in card.training_scenes:
        return f"{percent(sample.accuracy)}, training scene"
    return f"{percent(sample.accuracy)} as labelled"
