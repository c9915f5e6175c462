"""Signs that somebody changed a raster's numbers: stretched, multiplied, bent, wrapped round."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.errors import RasterError
from lcviz.rasters.evidence import Evidence
from lcviz.rasters.guard_order import Order
from lcviz.rasters.reading import InputRaster

Floats = npt.NDArray[np.float64]

_FULL: Final = (1, 10_000)
"""Greatest values of numbers that were stretched, in units of a product."""
_NOTHING: Final = 1e-9
_ONCE: Final = 3
"""Values as great as the greatest; where clouds were cut off, there are more."""
_CUT: Final = 0.005
"""Share of values that are cut off above which that is more than clouds."""
_WRAPPED: Final = (60_000, 65_535)


def stretched_to(evidence: Evidence, rows: list[int], declared: tuple[float, float]) -> str:
    """Signs, in words, that somebody chose the smallest and greatest number; or ""."""
    stored = evidence.stored[rows]
    stored = stored[:, (stored != stored[0]).any(axis=0)]  # A fill is no sign.
    if not stored.size:
        return ""
    values = stored.astype(np.float64) * declared[0] + declared[1]
    low, high = float(values.min()), float(values.max())
    full = next((whole for whole in _FULL if math.isclose(high, whole, rel_tol=1e-6)), None)
    if full is None:
        return ""
    if abs(low) < _NOTHING * full:
        return f"The values go from exactly 0 to exactly {full:,}"
    as_great = np.count_nonzero(np.isclose(values, high, rtol=1e-6))
    if as_great <= _ONCE:
        return f"The greatest value is exactly {full:,}, and hardly any other is"
    share = as_great / values.size
    return f"{share:.1%} of the values are exactly {full:,}, none more" if share > _CUT else ""


# Products hold every whole DN. Numbers that were multiplied and rounded leave some out, or hold
# some twice: a comb, which the Fourier transform of the histogram shows as a peak. On 121 real
# images no band's peak was above 3.6 times the middle; multiplied by 0.5, 0.7, 1.4 or 2, over 11.
_LOWEST: Final = 0.15
"""Cycles per DN above which no landscape has structure."""
_FINEST: Final = 8
"""Cycles per DN that are looked at in fractions of DN."""
_PEAK: Final = 7.0
"""Times the middle of the transform."""
_SHARE: Final = 0.1
"""Height of a peak, where 1 is a perfect comb."""
_ON_STEPS: Final = 0.5
"""The same where the numbers are fractions and all lie on steps."""
_RICH: Final = 60
"""DN that a band must span to show a comb."""
_BANDS: Final = 5
"""Bands that must show it."""
_WHOLE: Final = 0.02
"""DN by which a float may miss a whole DN."""
_SAME: Final = 0.01
_CURVES: Final[tuple[tuple[str, Callable[[Floats], Floats]], ...]] = (
    ("square roots of reflectance", np.square),
    ("reflectance bent by a gamma of 2.2", lambda share: np.maximum(share, 0) ** 2.2),
    ("logarithms of reflectance", np.expm1),
)
"""What pictures and networks are fed with, and what undoes it, on reflectance."""


def stepped(dn: Floats) -> str:
    """Signs, in words, that numbers were multiplied or bent; or "".

    Args:
        dn: (bands, pixels), what the numbers would be as DN, without what stands for no data.
    """
    whole = np.mean(np.abs(dn - np.rint(dn)) < _WHOLE) > 1 - _SAME
    if whole:
        combs = [comb for comb in (_comb(np.rint(band), 1, 0.5) for band in dn) if comb]
        if sum(height > _SHARE for _, height in combs) >= _BANDS:
            return "Some whole DN never occur, or far too often: the numbers were multiplied"
    else:
        found = [comb for comb in (_comb(band, 2 * _FINEST, _FINEST) for band in dn) if comb]
        steps = [1 / cycles for cycles, height in found if height > _ON_STEPS]
        step = float(np.median(steps)) if len(steps) >= _BANDS else 1.0
        averaged = abs(1 / step - round(1 / step)) < _SAME  # Halves come of the mean of two.
        if not averaged:
            return (
                f"All numbers are multiples of {step:.3g} DN, where products hold whole DN: they "
                "were multiplied"
            )
    for words, undo in _CURVES:
        with np.errstate(over="ignore", invalid="ignore"):
            straight = undo(dn / 1e4) * 1e4
        if not np.isfinite(straight).all() or straight.max() > 1e6:
            continue
        peaks = [comb for comb in (_comb(band, 16, 1 + _SAME) for band in straight) if comb]
        if sum(abs(cycles - 1) < _SAME and height > _SHARE for cycles, height in peaks) >= _BANDS:
            return f"The numbers are {words}"
    return ""


def _comb(band: Floats, bins: int, most: float) -> tuple[float, float] | None:
    """The strongest regular step of a band's numbers.

    Args:
        band: (pixels,), DN.
        bins: of a histogram for each DN.
        most: cycles per DN that are looked at.

    Returns:
        Cycles per DN, the lowest of those about as strong, and its height of 0 to 1; None where
        none stands out.
    """
    low, high = np.percentile(band, (0.5, 99.5))
    if high - low < _RICH or high - low > 3e4:
        return None
    held = band[(band >= low) & (band <= high)]
    counts = np.bincount(np.rint((held - low) * bins).astype(np.int64))
    size = 2 ** int(np.ceil(np.log2(2 * len(counts))))
    heights = np.abs(np.fft.rfft(counts, size)) / held.size
    cycles = np.fft.rfftfreq(size, 1 / bins)
    look = (cycles >= _LOWEST) & (cycles <= most)
    heights, cycles = heights[look], cycles[look]
    top = float(heights.max())
    if top < _PEAK * np.median(heights):
        return None
    first = int(np.flatnonzero(heights > 0.8 * top)[0])
    near = slice(first, first + 1 + int(np.argmax(heights[first : first + 50] < 0.5 * top)))
    at = first + int(np.argmax(heights[near]))
    return float(cycles[at]), float(heights[at])


def refuse_wrapped(raster: InputRaster, evidence: Evidence, order: Order) -> None:
    """Refuse numbers below 0 that were kept without a sign."""
    if raster.dtype != "uint16":
        return
    rows = [evidence.places.index(place) for place in order.ten]
    low, high = _WRAPPED
    stored = evidence.stored[rows]
    high_ones = stored[(stored > low) & (stored < high)]
    share = high_ones.size / max(1, stored.size)
    if share > 0.0005 and len(np.unique(high_ones)) > 4:
        raise RasterError(
            f"{share:.1%} of the values lie between {high_ones.min():,} and {high_ones.max():,}: "
            "numbers below 0, wrapped round in unsigned 16 bits, as when 1,000 is taken from "
            "smaller ones. Write the raster again with signed numbers (int16) or floats"
        )
