"""Accuracies as text: percentage points, their intervals, and what was counted."""

import numpy as np


def points(value: float) -> str:
    """0.123 -> `12.3 points`."""
    return f"{100 * value:.1f} points"


def signed_points(value: float) -> str:
    """0.123 -> `+12.3 points`."""
    return f"{100 * value:+.1f} points"


def interval_in_points(low: float, high: float | None, form: str = ".1f") -> str:
    """0.1 and 0.2 -> ` (95%: 10.0 to 20.0)`; nothing where a bound is not known."""
    if high is None or np.isnan(low) or np.isnan(high):
        return ""
    return f" (95%: {100 * low:{form}} to {100 * high:{form}})"


def count(number: int, what: str) -> str:
    """2 and `scene` -> `2 scenes`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
