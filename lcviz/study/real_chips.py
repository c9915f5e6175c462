"""How the study's models did on labelled chips of real land: receipts/real_chips.json.

Counts are kept, no shares: whoever shows them works out share and interval, and knows of how many.
"""

import json
from dataclasses import asdict, field
from typing import Final, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from scipy.stats import binomtest

from lcviz.atomic import write_text
from lcviz.study.records import read_record
from lcviz.study.study import Study

FILE: Final = "receipts/real_chips.json"
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class ModelOnChips:
    """One model."""

    weights: str
    """Digest of the weights that were tried: another one's figures are not this model's."""
    right: dict[str, int]
    """Kind of land -> chips whose commonest predicted class is one that may be said of it."""
    lattice: dict[str, tuple[float, float]]
    """Period in pixels -> amplitude, as probability, and ratio to the surrounding frequencies."""


@dataclass(frozen=True, config=_STRICT)
class Choice:
    """Whether the forecast would have chosen well, on some of the chips."""

    chips: int
    chosen_right: int
    """Chips that the model with the best forecast has right."""
    any_right: int
    """Chips that at least one model has right."""
    best_chosen: int
    """Chips of which no model has more pixels right than the chosen one."""
    right_by_model: dict[str, int]
    """Chips that each model has right, of the same."""


@dataclass(frozen=True, config=_STRICT)
class PlaceWithLabels:
    """One model on one image with labels of 10 m."""

    experiment: str
    image: str
    pixels: int
    right: int
    rim_error: float
    inside_error: float


@dataclass(frozen=True, config=_STRICT)
class RealChips:
    """What was measured, on what."""

    made: str
    """Day, ISO 8601."""
    source: str
    """What the chips are, in words."""
    may_be: dict[str, tuple[int, ...]]
    """Kind of land -> class indexes that are right for it."""
    chips: dict[str, int]
    """Kind of land -> chips that were tried."""
    models: dict[str, ModelOnChips]
    choice: Choice | None = None
    places: tuple[PlaceWithLabels, ...] = field(default_factory=tuple)
    schema: Literal[1] = 1


def read_real_chips(study: Study) -> RealChips | None:
    """What was measured; None where nothing was.

    Raises:
        ArtefactDamagedError: the file cannot be read.
    """
    file = study.path / FILE
    return read_record(RealChips, file) if file.is_file() else None


def write_real_chips(study: Study, measured: RealChips) -> None:
    """Replace what was measured."""
    write_text(study.path / FILE, json.dumps(asdict(measured), indent=1) + "\n")


def wilson(right: int, tried: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share (Wilson 1927, JASA 22, 209-212).

    Raises:
        ValueError: nothing was tried, or more was right than was tried.
    """
    found = binomtest(right, tried).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)
