"""What a copy of SEN12MS is enough for, and what it lacks for the rest."""

from collections.abc import Iterable
from dataclasses import dataclass

from lcviz.data.catalog import sen12ms_scenes
from lcviz.data.sen12ms import PatchList
from lcviz.taxonomy import EXPERIMENTS


@dataclass(frozen=True)
class Aim:
    """Something that can be done with SEN12MS, and the scenes that it takes."""

    name: str
    """`continent-africa`, or one of the paper's tables."""
    scenes: int
    """Scenes that it takes."""
    lacking: int
    """How many of them are not there with imagery and labels of every patch."""

    @property
    def is_met(self) -> bool:
        """Whether nothing is missing."""
        return self.lacking == 0


def aims(found: Iterable[PatchList]) -> list[Aim]:
    """What the scenes that were found are enough for, among all that the paper does.

    A model of a group takes the scenes of that group; a table of models on each other's ground
    takes all. A scene counts when each of the patches that the catalogue lists has imagery and
    labels.

    Returns:
        One entry for each of `taxonomy.EXPERIMENTS`, in its order, then Tables 4 and 5.
    """
    usable = {
        scene.scene_id: len(set(scene.numbers.get("s2", ())) & set(scene.numbers.get("lc", ())))
        for scene in found
    }
    scenes = sen12ms_scenes()
    lacks = scenes.scene_id.map(usable).fillna(0) < scenes.patches
    made = []
    for experiment, (axis, group) in EXPERIMENTS.items():
        mine = scenes[axis] == group
        made.append(Aim(experiment, int(mine.sum()), int((mine & lacks).sum())))
    tables = (
        ("Table 4 (continent to continent)", scenes.continent.notna()),
        ("Table 5 (season to season)", scenes.season.notna()),
    )
    return made + [Aim(name, int(all_.sum()), int((all_ & lacks).sum())) for name, all_ in tables]


def aims_in_words(found: list[Aim]) -> list[str]:
    """Sentences: what the copy is enough for, what it is a part of, what the tables lack."""
    models = [aim for aim in found if not aim.name.startswith("Table")]
    tables = [aim for aim in found if aim.name.startswith("Table")]
    met = [aim.name for aim in models if aim.is_met] + [t.name for t in tables if t.is_met]
    begun = [
        f"{aim.name} ({aim.scenes - aim.lacking} of {aim.scenes} scenes)"
        for aim in models
        if 0 < aim.lacking < aim.scenes
    ]
    said = [f"Enough for {', '.join(met)}." if met else "Enough for none of the paper's models."]
    if begun:
        said.append(f"In part for {', '.join(begun)}.")
    lacking: dict[int, list[str]] = {}
    for table in tables:
        if not table.is_met:
            lacking.setdefault(table.lacking, []).append(table.name)
    said += [
        f"For {' and '.join(names)} you lack {count} {'scene' if count == 1 else 'scenes'}."
        for count, names in lacking.items()
    ]
    return said
