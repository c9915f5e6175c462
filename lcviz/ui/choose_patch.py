"""Which scene of a study, and which of its patches."""

from collections.abc import Sequence
from typing import Final, Literal

import pandas as pd
import streamlit as st

from lcviz.study.scene_table import default_scene, scene_label
from lcviz.ui.choices import choose, on_pick

WHOLE_SCENE: Final = "scene"
"""What is picked instead of a patch's number."""


def choose_scene(table: pd.DataFrame, resets: tuple[str, ...], default: str | None = None) -> str:
    """Select box over scenes.

    Args:
        table: rows of `scene_table`, at least one.
        resets: other choices that another scene makes void.
        default: the scene that is shown first; None for the first that the model never saw.
    """
    labels = {row.scene_id: scene_label(row) for row in table.itertuples()}
    return choose(
        st.selectbox,
        "Scene",
        list(labels),
        name="scene",
        default=default or default_scene(table, table),
        resets=resets,
        format_func=labels.get,
        width=260,
    )


def choose_patch(
    numbers: Sequence[str],
    *,
    whole_scene: bool = False,
    resets: tuple[str, ...] = (),
    width: int | Literal["stretch"] = "stretch",
) -> str:
    """Select box over the patches of a scene, with buttons for the previous and the next.

    Args:
        numbers: of the patches, at least one unless the whole scene can be picked.
        whole_scene: whether `WHOLE_SCENE` is offered, too.
        resets: other choices that another patch makes void.
        width: of the select box, pixels.
    """
    places = {number: place for place, number in enumerate(numbers)}

    def label(option: str) -> str:
        if option == WHOLE_SCENE:
            return f"The whole scene ({len(numbers)})"
        return f"Patch {option}" + (
            "" if whole_scene else f" ({places[option] + 1} of {len(numbers)})"
        )

    picked = choose(
        st.selectbox,
        "Patch",
        [WHOLE_SCENE, *numbers] if whole_scene else list(numbers),
        name="patch",
        default=numbers[0] if numbers else WHOLE_SCENE,
        resets=resets,
        format_func=label,
        width=width,
    )
    place = places.get(picked)
    for name, icon, step in (
        ("Previous patch", ":material/arrow_back:", -1),
        ("Next patch", ":material/arrow_forward:", 1),
    ):
        target = picked if place is None else numbers[(place + step) % len(numbers)]
        st.button(
            icon,
            key=name,
            help=name,
            disabled=place is None or len(numbers) == 1,
            **on_pick("patch", target),
        )
    return picked
