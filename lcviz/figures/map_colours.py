"""Which scene gets which colour on the world map, and what its legend says.

The tables here hold one row a scene (`lcviz.study.scene_table`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd
from plotly.colors import sample_colorscale

from lcviz.figures.style import ACCURACY_SCALE, GREY
from lcviz.study.scene_table import UNKNOWN
from lcviz.taxonomy import CONTINENT_COLOURS, CONTINENTS, SEASON_COLOURS, SEASONS

ColourBy = Literal["continent", "season", "accuracy"]

TRAINED: Final = "Training scene, not scored"
NO_SCORE: Final = "No score"


@dataclass(frozen=True)
class LegendEntry:
    """One line of the map's legend."""

    label: str
    colour: str
    scenes: int
    outline: str
    """CSS border style of a ring; empty for a filled dot."""


def colour_scenes(table: pd.DataFrame, by: ColourBy) -> pd.DataFrame:
    """Add `colour` (CSS), `outline` (that of a ring: solid or dashed) and `group` (in the legend).

    Accuracy is coloured on a fixed scale from 0 to 1, so that models can be compared.
    """
    if by == "accuracy":
        scored = table.accuracy.notna()
        colours = pd.Series(GREY, index=table.index)
        colours[scored] = accuracy_colours(table.accuracy[scored].tolist())
        trained = table.split == "training"
        return table.assign(
            colour=colours,
            outline=pd.Series("", index=table.index).mask(~scored, "dashed").mask(trained, "solid"),
            group=pd.Series("Scored", index=table.index)
            .mask(~scored, NO_SCORE)
            .mask(trained, TRAINED),
        )
    names, colours_of = {
        "continent": (CONTINENTS, CONTINENT_COLOURS),
        "season": (SEASONS, SEASON_COLOURS),
    }[by]
    of_group = dict(zip(names, colours_of, strict=True))
    return table.assign(colour=table[by].map(of_group).fillna(GREY), outline="", group=table[by])


def accuracy_colours(values: Sequence[float]) -> list[str]:
    """Colours of accuracies from 0 to 1, as `rgb(r, g, b)`."""
    return [str(colour) for colour in sample_colorscale(ACCURACY_SCALE, list(values))]


def legend(coloured: pd.DataFrame) -> tuple[LegendEntry, ...]:
    """What a coloured table shows, one entry a group, in the field's order; only what is there.

    Scored scenes are left out: a continuous scale explains them (`accuracy_colours`).
    """
    order = (*CONTINENTS, *SEASONS, UNKNOWN, TRAINED, NO_SCORE)
    entries = []
    for group in order:
        rows = coloured[coloured.group == group]
        if len(rows):
            first = rows.iloc[0]
            entries.append(LegendEntry(group, first.colour, len(rows), first.outline))
    return tuple(entries)
