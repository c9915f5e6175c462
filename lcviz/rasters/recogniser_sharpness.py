"""Which bands were measured at 10 m: they vary from pixel to pixel, others were made finer."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TEN_METRE: Final = frozenset({"B2", "B3", "B4", "B8"})
_USUAL: Final = 0.12
"""Standard deviation of the sharpness of bands that are equally sharp."""
_MOST: Final = 8.0
"""How much it can say, natural logarithm: some software leaves no trace of it."""


def sharpness(windows: Iterable[tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]]) -> Floats:
    """How much each band varies over one pixel against over two, natural logarithm.

    Args:
        windows: values (bands, rows, columns), and where they were measured (rows, columns).

    Returns:
        (bands,); NaN where a band does not vary.
    """
    near: Floats | float = 0.0
    far: Floats | float = 0.0
    for values, valid in windows:
        known = values.astype(np.float64)
        both = valid[:, 1:] & valid[:, :-1]
        across = valid[:, 2:] & valid[:, :-2]
        with np.errstate(invalid="ignore", over="ignore"):
            one = np.where(both, np.diff(known, axis=2), 0) ** 2
            two = np.where(across, known[:, :, 2:] - known[:, :, :-2], 0) ** 2
        near = near + one.sum(axis=(1, 2)) / max(1, both.sum())
        far = far + two.sum(axis=(1, 2)) / max(1, across.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(np.asarray(near) / np.asarray(far))
    return np.where(np.isfinite(ratio), ratio, np.nan)


def support(sharp: Floats, bands: Sequence[str | None]) -> float:
    """How well the sharpness of the places fits the bands that they are taken for; at most 0."""
    groups: tuple[list[float], list[float]] = ([], [])
    for place, band in enumerate(bands):
        if band is not None and band != "B10" and np.isfinite(sharp[place]):
            groups[band in TEN_METRE].append(sharp[place])
    total = 0.0
    for group in groups:
        middle = sorted(group)[len(group) // 2] if group else 0.0
        total += sum((value - middle) ** 2 for value in group)
    return max(-_MOST, -total / (2 * _USUAL**2))
