"""What a manuscript is made of: tables, charts, and what a study lacks for others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from lcviz.errors import LcvizError
from lcviz.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Table:
    """A table with its caption."""

    name: str
    """Of its files: `table-4`."""
    title: str
    """What people call it: `Table 4`."""
    caption: str
    """Plain text: what it shows, n, intervals, seed, what is synthetic."""
    table: pd.DataFrame
    """The numbers in full, for CSV."""
    cells: pd.DataFrame | None = None
    """As it is to be printed, if otherwise."""

    @property
    def printed(self) -> pd.DataFrame:
        """The table as people read it."""
        return self.table if self.cells is None else self.cells


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure with its caption, and the numbers that it draws."""

    name: str
    title: str
    caption: str
    figure: "Figure"
    numbers: pd.DataFrame | None = None


@dataclass(frozen=True)
class Lacking:
    """What a study has not, and why."""

    title: str
    why: str


Item: TypeAlias = Table | Chart
Part = Callable[[Study], Iterable[Item]]


def gather(study: Study, parts: Iterable[tuple[str, Part]]) -> tuple[list[Item], list[Lacking]]:
    """All that a study has of these parts; a part that it lacks stops no other.

    Args:
        study: the study.
        parts: what people call each, and what makes it.
    """
    items: list[Item] = []
    lacking: list[Lacking] = []
    for title, part in parts:
        try:
            for item in part(study):
                items.append(item)
        except LcvizError as error:
            lacking.append(Lacking(title, str(error)))
    return items, lacking


def basis(study: Study) -> str:
    """On what the numbers of a study rest, for the end of a caption."""
    if study.is_published:
        return "Published values; nothing was measured here."
    named = f"tudy “{study.info.name}”, seed {study.info.seed}."
    return f"All imagery and labels are synthetic: s{named}" if study.is_demo else f"S{named}"


def unmarked(markdown: str) -> str:
    """A sentence without its Markdown emphasis."""
    return markdown.replace("**", "").replace("*", "")


def span(numbers: Iterable[float]) -> str:
    """`12`, or `3 to 12`; zeros and gaps left out."""
    known = [int(n) for n in numbers if not np.isnan(n) and n > 0]
    if not known:
        return "0"
    low, high = min(known), max(known)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def with_interval(value: float, low: float, high: float, form: str, times: float = 1) -> str:
    """`12.3 [10.1, 14.5]`; the value alone where there is no interval, a dash without a value."""
    if np.isnan(value):
        return "--"
    said = f"{times * value:{form}}"
    return said if np.isnan(low) else f"{said} [{times * low:{form}}, {times * high:{form}}]"
