"""How far people agree who labelled the same points."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lcviz.assessment.journal import Entry


@dataclass(frozen=True)
class Agreement:
    """Of two people."""

    first: str
    second: str
    points: int
    """That both labelled."""
    agree: int
    kappa: float | None
    """Cohen's; None where both always said the same one class, which leaves nothing to measure."""


def agreements(entries: Sequence[Entry]) -> tuple[Agreement, ...]:
    """Of each two people who have points in common.

    Source: Cohen 1960 (Educational and Psychological Measurement 20, 37-46).
    """
    said: dict[str, dict[int, str]] = {}
    for entry in entries:
        if entry.label is not None:
            said.setdefault(entry.labeller, {})[entry.sample_id] = entry.label
    found = []
    for first, second in combinations(sorted(said), 2):
        both = sorted(said[first].keys() & said[second].keys())
        if both:
            a = [said[first][point] for point in both]
            b = [said[second][point] for point in both]
            agree = sum(x == y for x, y in zip(a, b, strict=True))
            found.append(Agreement(first, second, len(both), agree, _kappa(a, b)))
    return tuple(found)


def _kappa(a: Sequence[str], b: Sequence[str]) -> float | None:
    names = sorted({*a, *b})
    table = np.zeros((len(names), len(names)))
    for x, y in zip(a, b, strict=True):
        table[names.index(x), names.index(y)] += 1
    table /= table.sum()
    chance = float(table.sum(axis=0) @ table.sum(axis=1))
    return None if chance >= 1 else (float(np.trace(table)) - chance) / (1 - chance)
