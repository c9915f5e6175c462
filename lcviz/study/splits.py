"""Which part each scene of a study plays for a model."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from lcviz.study.records import ModelCard

PARTS: Final = ("training", "validation", "home", "test", "overlapping")
"""Trained on; chose the epoch; home test; away from home; left out, since it shares ground with a
scene of the first two. Under the paper's protocol none is `validation` or `overlapping`."""
UNSCORED: Final = ("training", "overlapping")
PAPER_PROTOCOL: Final = (
    "The paper's protocol: the home scenes also chose the epoch, which flatters them, and scenes "
    "that share ground were not kept apart."
)


def scene_parts(card: ModelCard, scenes: pd.DataFrame) -> "pd.Series[str]":
    """One of `PARTS` for each scene.

    Args:
        card: of the model.
        scenes: scene_id and overlap_group, as `Study.scenes` gives them.

    Returns:
        By the index of `scenes`.
    """
    ids = scenes.scene_id
    seen = ids.isin([*card.training_scenes, *card.validation_scenes])
    parts = pd.Series("test", index=scenes.index, dtype=object)
    if card.split == "three":
        parts[scenes.overlap_group.isin(scenes.overlap_group[seen])] = "overlapping"
    for part, members in (
        ("validation", card.validation_scenes),
        ("home", card.home_test),
        ("training", card.training_scenes),
    ):
        parts[ids.isin(members)] = part
    return parts


def part_of(card: ModelCard, scenes: pd.DataFrame, scene_id: str) -> str:
    """One of `PARTS` for one scene; `test` for one that the study does not know."""
    parts = scene_parts(card, scenes)[scenes.scene_id == scene_id]
    return "test" if parts.empty else str(parts.iloc[0])


def name_home(table: pd.DataFrame) -> pd.DataFrame:
    """Call the home test of older results what it is.

    Before there were three splits, the rows named `validation` were the home test, as in the
    paper. Results that have a home test keep their names.

    Args:
        table: experiment and split.
    """
    older = ~table.experiment.isin(table.experiment[table.split == "home"])
    return table.assign(split=table.split.mask(older & (table.split == "validation"), "home"))


def protocol_sentence(cards: Sequence[ModelCard], scenes: pd.DataFrame) -> str:
    """What the home test is, and how many scenes are left out away from home.

    Args:
        cards: of models of one axis.
        scenes: as `Study.scenes` gives them.
    """
    paper = [card.train_group for card in cards if card.split == "paper"]
    if len(paper) == len(cards):
        return PAPER_PROTOCOL
    left_out = pd.concat([scene_parts(card, scenes) for card in cards]).eq("overlapping").sum()
    said = "The home scenes neither trained the model nor chose its epoch. "
    said += (
        f"{left_out} {'pair' if left_out == 1 else 'pairs'} of model and scene away from home left "
        "out, where the scene shares ground with one that the model learned from."
        if left_out
        else "No scene away from home shares ground with one that a model learned from."
    )
    return said + (f" For {', '.join(paper)}: {PAPER_PROTOCOL}" if paper else "")
