"""What a network adds to a map that the ground has not: lattices and rims.

A lattice is a pattern that repeats every 2, 4 or 8 pixels, from the steps in which the network
halves and doubles its maps (Odena et al. 2016, Distill, "Deconvolution and Checkerboard
Artifacts"). A rim is a border along the edges of a patch, where the network sees zeros in place of
ground, that is classified worse than the inside.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lcviz.taxonomy import NO_LABEL

PERIODS: Final = (2, 4, 8)
"""Periods that halving up to three times can leave, pixels."""
RIM: Final = 8
"""Width of a rim, pixels."""
_NEAR, _FAR = 2, 5
"""The surroundings of a frequency: this many bins away from it, beyond what a Hann window smears
(one bin to either side), and no more."""


class Lattice(NamedTuple):
    """A pattern of one period in a map or in several."""

    amplitude: float
    """Root mean square of the pattern beyond what the surrounding frequencies hold, in the unit of
    the map; 0 where it holds no more than they do."""
    ratio: float
    """Energy at the pattern's frequencies over that of their surroundings: near 1 without one."""


def lattice(maps: npt.NDArray[np.floating], period: int) -> Lattice:
    """Measure what repeats every `period` pixels along rows and columns, and not every half of it.

    Such a pattern has energy only at frequencies that are multiples of 1 / period along both axes.
    Each is compared with the mean energy of its surroundings in the spectrum, since the ground has
    energy at all frequencies, and more at low ones.

    Args:
        maps: (..., rows, columns), such as probabilities; rows and columns are multiples of
            `period` and at least 8 times as many. Energies are added up over the leading axes.
        period: 2, 4 or 8 pixels.

    Raises:
        ValueError: the maps are too small for the period, or no multiple of it.
    """
    rows, columns = maps.shape[-2:]
    if min(rows, columns) < 8 * period or rows % period or columns % period:
        raise ValueError(
            f"Maps of {rows} x {columns} pixels do not show a period of {period}: rows and columns "
            f"must be multiples of it, at least {8 * period}"
        )
    window = np.outer(_hann(rows), _hann(columns))
    flat = maps.reshape(-1, rows, columns).astype(np.float64)
    flat = flat - flat.mean((-2, -1), keepdims=True)
    # The sum of squares over the pixels, by frequency.
    power = (np.abs(np.fft.fft2(flat * window)) ** 2).sum(0) / (window**2).sum() / rows / columns
    at_frequency, around = 0.0, 0.0
    for row, column in _frequencies(rows, columns, period):
        at_frequency += power[row, column]
        around += _surroundings(power, row, column)
    # A wave of amplitude one keeps this share of its energy at its own frequency.
    kept = window.sum() ** 2 / (window**2).sum()
    excess = max(at_frequency - around, 0.0) * rows * columns / kept / len(flat)
    return Lattice(float(np.sqrt(excess)), float(at_frequency / around) if around else 1.0)


def lattices(maps: npt.NDArray[np.floating]) -> dict[int, Lattice]:
    """`lattice` of each of `PERIODS`."""
    return {period: lattice(maps, period) for period in PERIODS}


class RimError(NamedTuple):
    """Shares of labelled pixels that are wrong; NaN where there is no such pixel."""

    rim: float
    inside: float


def rim_error(
    predictions: Sequence[npt.NDArray[np.uint8]],
    references: Sequence[npt.NDArray[np.uint8]],
    width: int = RIM,
) -> RimError:
    """Error within `width` pixels of the edges of patches, and inside.

    Args:
        predictions: class indexes (rows, columns), 255 = none, one map a patch.
        references: the labels or the truth, of the same shapes.
        width: of the rim, pixels.

    Raises:
        ValueError: shapes differ, or a patch has no inside.
    """
    wrong, counted = np.zeros(2), np.zeros(2)
    for prediction, reference in zip(predictions, references, strict=True):
        if prediction.shape != reference.shape or min(prediction.shape) <= 2 * width:
            raise ValueError(
                f"A prediction of {prediction.shape} and a reference of {reference.shape} have no "
                f"rim of {width} pixels in common"
            )
        inside = np.zeros(prediction.shape, bool)
        inside[width:-width, width:-width] = True
        known = (prediction != NO_LABEL) & (reference != NO_LABEL)
        for place, where in enumerate((known & ~inside, known & inside)):
            wrong[place] += (prediction != reference)[where].sum()
            counted[place] += where.sum()
    return RimError(*np.divide(wrong, counted, out=np.full(2, np.nan), where=counted > 0).tolist())


def _hann(length: int) -> npt.NDArray[np.float64]:
    """Periodic Hann window: all energy of a whole wave stays in three bins."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def _frequencies(rows: int, columns: int, period: int) -> list[tuple[int, int]]:
    """Bins of the frequencies whose waves repeat after `period` pixels and no earlier."""
    steps = range(period)
    return [
        (a * rows // period, b * columns // period) for a in steps for b in steps if a % 2 or b % 2
    ]


def _surroundings(power: npt.NDArray[np.float64], row: int, column: int) -> float:
    """Mean energy of the bins around one, those next to it left out."""
    steps = np.arange(-_FAR, _FAR + 1)
    down, across = np.meshgrid(steps, steps, indexing="ij")
    around = np.maximum(abs(down), abs(across)) >= _NEAR
    rows, columns = power.shape
    return float(power[(row + down[around]) % rows, (column + across[around]) % columns].mean())
