"""All of a manuscript, in its order."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from lcviz.manuscript import bands, dataset, forecasts, landscapes, transfer
from lcviz.manuscript.items import Part
from lcviz.study import Study


def _across(part: Callable[[Study, str], Iterable[Any]]) -> list[Part]:
    return [partial(part, axis=axis) for axis in ("continent", "season")]


def _pair(title: str, part: Callable[[Study, str], Iterable[Any]]) -> list[tuple[str, Part]]:
    of_continents, of_seasons = _across(part)
    return [(f"{title} across continents", of_continents), (f"{title} across seasons", of_seasons)]


_PUBLISHED: Final = _across(transfer.published_tables)
_TABLES: Final = _across(transfer.transfer_tables)
PARTS: Final[list[tuple[str, Part]]] = [
    ("Table 1", dataset.table_1),
    ("Table 2", dataset.table_2),
    ("Table 3", dataset.table_3),
    ("Table 4", _TABLES[0]),
    ("Table 4 (published)", _PUBLISHED[0]),
    ("Table 5", _TABLES[1]),
    ("Table 5 (published)", _PUBLISHED[1]),
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
