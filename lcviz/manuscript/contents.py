"""All of a manuscript, in its order."""

from collections.abc import Callable, Iterable
from typing import Final

from lcviz.manuscript import bands, dataset, forecasts, landscapes, transfer
from lcviz.manuscript.items import Item, Part
from lcviz.study import Study


def _of(part: Callable[[Study, str], Iterable[Item]], axis: str) -> Part:
    def of_axis(study: Study) -> Iterable[Item]:
        return part(study, axis)

    return of_axis


def _pair(title: str, part: Callable[[Study, str], Iterable[Item]]) -> list[tuple[str, Part]]:
    return [(f"{title} across {axis}s", _of(part, axis)) for axis in ("continent", "season")]


PARTS: Final[list[tuple[str, Part]]] = [
    ("Table 1", dataset.table_1),
    ("Table 2", dataset.table_2),
    ("Table 3", dataset.table_3),
    ("Table 4", _of(transfer.transfer_tables, "continent")),
    ("Table 4 (published)", _of(transfer.published_tables, "continent")),
    ("Table 5", _of(transfer.transfer_tables, "season")),
    ("Table 5 (published)", _of(transfer.published_tables, "season")),
    ("Figures 1 and 2", dataset.figures_1_and_2),
    *_pair("Figure 3", bands.figure_3),
    ("Figure 4", landscapes.clusters),
    *_pair("Figure 5", landscapes.figure_5),
    *_pair("Figure 6", landscapes.figure_6),
    *_pair("Figure 7", landscapes.figure_7),
    ("Models", dataset.models),
    *_pair("The gap", transfer.gap),
    *_pair("Class mix", transfer.class_mix),
    ("Truth", transfer.truth),
    ("Variants", transfer.variants),
    *_pair("Similarity", landscapes.similarity),
    ("Quartiles of the bands", bands.quartiles),
    *_pair("Receipts of the forecasts", forecasts.receipts),
    *_pair("Forecasts against the truth", forecasts.truth),
    ("Maps checked with labels", forecasts.checks),
    *_pair("Indicators", forecasts.indicators),
]
"""What people call each part, and what makes it; the paper's own first."""
