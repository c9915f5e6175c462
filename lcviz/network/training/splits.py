"""Which scenes of a group a model learns from, which choose its epoch, which judge it at home."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from lcviz.errors import ConfigurationError
from lcviz.network.training.recipe import TrainingConfig


@dataclass(frozen=True)
class Split:
    """The scenes of one group, each sorted."""

    training: tuple[str, ...]
    validation: tuple[str, ...]
    """They choose the epoch."""
    home: tuple[str, ...]
    """They are the home test; under the paper's protocol the same as `validation`."""


def split_scenes(
    scene_ids: Sequence[str],
    overlap_group: Mapping[str, str],
    config: TrainingConfig,
    seed: int | Sequence[int],
) -> Split:
    """Split the scenes of a group, at random and without replacement.

    Scenes that share ground stay together. Each part holds about its share of the scenes: overlap
    groups are taken in random order, each by the first part that it does not take beyond its
    share, and by training where there is none; a part that got nothing gets the smallest.

    Under the paper's protocol (`config.split`) scenes are drawn one by one, whether or not they
    share ground, and those that are held out both choose the epoch and are the home test.

    Args:
        scene_ids: the group's, in any order.
        overlap_group: scene id -> overlap group; a scene that is missing is one of its own.
        config: `split`, `home_share` and `validation_share`.
        seed: of the draw.

    Raises:
        ConfigurationError: too few scenes, or too few that share no ground.
    """
    scenes = sorted(set(scene_ids))
    random = np.random.default_rng(seed)
    if config.split == "paper":
        return _paper_split(scenes, config.home_share, random)
    units: dict[str, list[str]] = {}
    for scene in scenes:
        units.setdefault(overlap_group.get(scene, scene), []).append(scene)
    if len(units) < 3:
        raise ConfigurationError(
            f"{len(scenes)} scene(s) with labels on {len(units)} separate piece(s) of ground; "
            "three are needed, to learn from, to choose the epoch and to test at home. "
            "--split paper needs two scenes"
        )
    members = list(units.values())
    order = [members[i] for i in random.permutation(len(members))]
    parts: dict[str, list[list[str]]] = {"home": [], "validation": [], "training": []}
    room = {
        "home": max(round(config.home_share * len(scenes)), 1),
        "validation": max(round(config.validation_share * len(scenes)), 1),
    }
    for unit in order:
        part = next((part for part, left in room.items() if len(unit) <= left), "training")
        parts[part].append(unit)
        if part in room:
            room[part] -= len(unit)
    for part in ("training", "home", "validation"):
        if not parts[part]:
            donor = max(parts, key=lambda name: len(parts[name]))
            smallest = min(parts[donor], key=len)
            parts[donor].remove(smallest)
            parts[part].append(smallest)
    return Split(**{part: tuple(sorted(chain(*found))) for part, found in parts.items()})


def _paper_split(scenes: list[str], share: float, random: np.random.Generator) -> Split:
    if len(scenes) < 2:
        raise ConfigurationError(
            f"{len(scenes)} scene(s) with labels, too few to be split into training and "
            "validation; at least two are needed"
        )
    held_out = min(max(round(share * len(scenes)), 1), len(scenes) - 1)
    chosen = random.choice(len(scenes), held_out, replace=False)
    held = tuple(scenes[i] for i in sorted(chosen))
    return Split(tuple(s for s in scenes if s not in held), held, held)
