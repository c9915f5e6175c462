"""Values that stand for no data although the file does not say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.rasters.evidence import FILLS, SMALL_FILLS, Evidence
from lcviz.rasters.reading import Fill
from lcviz.rasters.recogniser_model import misfit
from lcviz.rasters.sample import SampleWindow
from lcviz.taxonomy import S2_BAND_NAMES

Floats = npt.NDArray[np.float64]

_SHARE: Final = 0.0005
"""Share of the pixels above which values that repeat are a fill; a few are a sensor's."""
_REPEATS: Final = 64
_SAME_SHARE: Final = 0.005
"""Share of the pixels above which the same numbers in all ten bands are none of a sensor's."""
_ODD: Final = 2.0
"""Misfit per band of a pixel that cannot be measured."""


@dataclass(frozen=True)
class FoundFill:
    """What stands for no data, and where."""

    fill: Fill
    share: float
    """Of the pixels that were looked at."""
    bands: int
    """Of the ten bands that hold it."""
    where: str
    """Rows and columns in words."""

    @property
    def statement(self) -> str:
        """In words."""
        if self.fill.each:
            return (
                f"{100 * self.share:.2g}% of the pixels hold the very same ten numbers "
                f"({self.where}), as where a mean was put in"
            )
        many = "all ten bands" if self.bands == 10 else f"{self.bands} of the ten bands"
        return (
            f"{100 * self.share:.2g}% of the pixels hold {self.fill.value:.7g} in {many} "
            f"({self.where})"
        )


def find_fills(
    evidence: Evidence, rows: list[int], level: str, scale: float, offset: float
) -> tuple[FoundFill, ...]:
    """Find what stands for no data.

    Args:
        evidence: a sample.
        rows: 0-based rows of its arrays that are the ten bands, in the order of `taxonomy.BANDS`.
        level: "L1C" or "L2A".
        scale: DN of one step of a stored value.
        offset: DN to add after that.
    """
    stored = evidence.stored[rows].astype(np.float64)
    if not stored.shape[1]:
        return ()
    found = []
    taken = np.zeros(stored.shape[1], dtype=np.bool_)
    for value in _candidates(stored):
        held = stored == value if abs(value) < _HUGE else _alike(stored, value)
        some = held.any(axis=0) & ~taken
        if not some.any():
            continue
        some &= _cannot_be(stored, held, some, level, scale, offset, value)
        share = float(some.mean())
        known = (abs(value) >= _FAR and value in FILLS) or abs(value) >= _HUGE
        if not share or (share < _SHARE and not known):
            continue
        often = held[:, some].mean(axis=1)
        among = tuple(np.flatnonzero(often > 0.9))
        places = () if known or not among else tuple(evidence.places[rows[i]] for i in among)
        bands = int((often > 0).sum())
        found.append(
            FoundFill(Fill(float(value), places), share, bands, _where(evidence, rows, value))
        )
        taken |= some
    return (*found, *_repeated(evidence, rows, stored, taken))


def _repeated(
    evidence: Evidence, rows: list[int], stored: Floats, taken: npt.NDArray[np.bool_]
) -> Iterator[FoundFill]:
    """The same ten numbers in pixel after pixel, as no sensor measures them."""
    pixels = np.ascontiguousarray(stored.T[~taken])
    if len(pixels) < _REPEATS:
        return
    _, first, counts = np.unique(
        pixels.view(np.dtype((np.void, pixels.itemsize * pixels.shape[1]))),
        return_index=True,
        return_counts=True,
    )
    for at in np.flatnonzero(counts > max(_REPEATS, _SAME_SHARE * stored.shape[1])):
        each = tuple(float(value) for value in pixels[first[at]])
        places = tuple(evidence.places[row] for row in rows)
        share = float(counts[at]) / stored.shape[1]
        where = _where(evidence, rows, each)
        yield FoundFill(Fill(each[0], places, each), share, len(rows), where)


_HUGE: Final = 1e9
_FAR: Final = 99.0


def _alike(stored: Floats, value: float) -> npt.NDArray[np.bool_]:
    return np.asarray((abs(stored) >= _HUGE) & ((stored > 0) == (value > 0)))


def _candidates(stored: Floats) -> list[float]:
    """What may be one: well-known numbers, what fills all bands of a pixel, what is far out."""
    found = [float(v) for v in FILLS if (stored == v).any()]
    huge = stored[abs(stored) >= _HUGE]
    found += [float(huge[huge * sign > 0][0]) for sign in (1, -1) if (huge * sign > 0).any()]
    same = stored[0, (stored == stored[0]).all(axis=0)]
    values, counts = np.unique(same, return_counts=True)
    often = np.argsort(-counts)[:5]
    found += [float(values[i]) for i in often if counts[i] > _SHARE * stored.shape[1]]
    for edge in (stored.min(), stored.max()):
        found.append(float(edge))
    found += [float(v) for v in SMALL_FILLS]
    return list(dict.fromkeys(found))


def _cannot_be(
    stored: Floats,
    held: npt.NDArray[np.bool_],
    some: npt.NDArray[np.bool_],
    level: str,
    scale: float,
    offset: float,
    value: float,
) -> npt.NDArray[np.bool_]:
    """Which of some pixels no sensor can have measured."""
    dn = value * scale + offset
    if abs(value) >= _HUGE or dn > _BRIGHTEST or dn <= _DARKEST:
        return some
    columns = np.flatnonzero(some)
    odd = np.zeros_like(some)
    whole = held[:, columns].all(axis=0)
    odd[columns[whole]] = True
    rest = columns[~whole]
    if rest.size:
        look = rest[:: max(1, rest.size // 20_000)]
        # Where all pixels are unusual, one must be more so.
        others = np.flatnonzero(~held.any(axis=0))
        others = others[:: max(1, others.size // 2_000)]
        usual = misfit(level, stored[:, others] * scale + offset, S2_BAND_NAMES)
        base = max(0.0, float(np.median(usual))) if usual.size else 0.0
        odd_look = misfit(level, stored[:, look] * scale + offset, S2_BAND_NAMES) > _ODD + base
        odd[look] = odd_look
        if look.size < rest.size and odd_look.mean() > 0.5:
            odd[rest] = True
    return odd


_BRIGHTEST: Final = 30_000.0
_DARKEST: Final = -900.0


def _where(evidence: Evidence, rows: list[int], value: float | tuple[float, ...]) -> str:
    """Rows and columns within which a value, or one of each band, is, of the windows looked at."""
    boxes = [_box(part, rows, value) for part in evidence.windows]
    known = np.array([box for box in boxes if box is not None])
    if not known.size:
        return "here and there"
    top, left = known[:, :2].min(axis=0)
    bottom, right = known[:, 2:].max(axis=0)
    return f"within rows {top} to {bottom}, columns {left} to {right}"


def _box(
    part: SampleWindow, rows: list[int], value: float | tuple[float, ...]
) -> tuple[int, int, int, int] | None:
    own = np.reshape(np.array(value), (-1, 1, 1))
    same = part.values[rows].astype(np.float64) == own
    held = np.argwhere(same.all(axis=0) if own.size > 1 else same.any(axis=0))
    if not held.size:
        return None
    (top, left), (bottom, right) = held.min(axis=0), held.max(axis=0)
    row, column = int(part.window.row_off), int(part.window.col_off)
    return row + int(top), column + int(left), row + int(bottom), column + int(right)
