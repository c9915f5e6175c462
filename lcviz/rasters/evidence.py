"""What the guard judges a raster by: pixels that were measured, band by band."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lcviz.errors import RasterError
from lcviz.rasters.checks import BRING
from lcviz.rasters.reading import InputRaster
from lcviz.rasters.recogniser_sharpness import sharpness
from lcviz.rasters.sample import SampleWindow, sample_windows

Floats = npt.NDArray[np.float64]

FILLS: Final = (
    65_535,
    65_534,
    32_767,
    -32_768,
    -32_767,
    9_999,
    99_999,
    -9_999,
    -99_999,
    -999,
    -9_990,
    -99,
    4_294_967_295,
    2_147_483_647,
    -2_147_483_648,
)
"""Numbers that stand for no data wherever they are in all bands or far from all others."""
SMALL_FILLS: Final = (0, 1, -1)
"""Likewise, though they may be measured too."""
_HUGE: Final = 1e9
_FEW: Final = 16
"""Different values that a mask or a map of classes has, at most."""
_RICHER: Final = 4
"""How many times as many values other bands have."""
_NEARLY_ALL: Final = 0.9
_INDEX: Final = 1.5
"""Beyond it no index, such as NDVI, is."""
_INDEX_SIZE: Final = 30
"""Middle of the other bands above which a band below `_INDEX` is none of theirs."""
_ENOUGH: Final = 100
_SEEN: Final = 0.05
"""Share of the pixels in which a band must hold data to be one."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """A sample of some bands of a raster."""

    places: tuple[int, ...]
    """1-based, of the bands that were read."""
    windows: tuple[SampleWindow, ...]
    stored: npt.NDArray[Any]
    """(bands, pixels), as stored: where every band that is not empty was measured."""
    clean: npt.NDArray[np.bool_]
    """(pixels,): where no band holds what may stand for no data."""
    values: Floats
    """(bands, pixels): the clean ones, scaled as the file declares."""
    empty: frozenset[int]
    """0-based rows of `stored` that hold next to no data."""
    alien: frozenset[int]
    """0-based rows that hold radar or an index, not reflectance."""
    few: frozenset[int]
    """0-based rows of so few values that they may be a mask or a map of classes."""
    sharp: Floats
    """See `recogniser_sharpness`."""


def gather(raster: InputRaster, places: tuple[int, ...]) -> Evidence:
    """Look at some bands of a raster.

    Raises:
        RasterError: as `sample`.
    """
    windows = tuple(sample_windows(raster, places))
    measured = np.concatenate([w.measured.reshape(len(places), -1) for w in windows], axis=1)
    stored = np.concatenate([w.values.reshape(len(places), -1) for w in windows], axis=1)
    some = max(1, int(measured.any(axis=0).sum()))
    shares = measured.sum(axis=1) / some
    empty = frozenset(int(i) for i in np.flatnonzero(shares < _SEEN))
    full = [i for i in range(len(places)) if i not in empty]
    whole = measured[full].all(axis=0)
    stored = stored[:, whole]
    clean = _clean(stored[full]) if stored.shape[1] else np.zeros(0, dtype=np.bool_)
    scales = np.array([raster.scales[place - 1] for place in places], dtype=np.float64)
    offsets = np.array([raster.offsets[place - 1] for place in places], dtype=np.float64)
    if not (np.isfinite([scales, offsets]).all() and (scales > 0).all()):
        raise RasterError(
            f"The file declares scale and offset {scales.min():g} and {offsets.min():g}; one "
            f"positive scale and one offset for all bands are needed. {BRING}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        values = stored[:, clean].astype(np.float64) * scales[:, None] + offsets[:, None]
    values[~np.isfinite(values)] = 0
    return Evidence(
        places=places,
        windows=windows,
        stored=stored,
        clean=clean,
        values=values,
        empty=empty,
        alien=_alien(values, full),
        few=_few(values, full),
        sharp=sharpness([(w.values, np.asarray(w.measured[full].all(axis=0))) for w in windows]),
    )


def _clean(stored: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where nothing may stand for no data, unless that leaves too little."""
    number = stored.astype(np.float64)
    clean = (abs(number) < _HUGE).all(axis=0)
    kinds = [np.isin(number, FILLS).any(axis=0)]
    if len(number) > 1:
        kinds.append((number == number[0]).all(axis=0))
    kinds += [(number == small).any(axis=0) for small in SMALL_FILLS]
    for fill in kinds:
        left = clean & ~fill
        if left.sum() >= max(_ENOUGH, 0.02 * clean.sum()):
            clean = left
    return np.asarray(clean)


def _alien(values: Floats, full: list[int]) -> frozenset[int]:
    """Rows below zero throughout, or of a size that has nothing to do with the others."""
    if not values.shape[1]:
        return frozenset()
    middle = float(np.median([np.median(values[row]) for row in full]))
    found = set()
    for row in full:
        below = np.mean(values[row] < 0) > _NEARLY_ALL
        whole = np.array_equal(values[row], np.rint(values[row]))
        if below or (middle > _INDEX_SIZE and not whole and np.abs(values[row]).max() <= _INDEX):
            found.add(row)
    return frozenset(found) if len(found) < len(full) else frozenset()


def _few(values: Floats, full: list[int]) -> frozenset[int]:
    if not values.shape[1]:
        return frozenset()
    kinds = {row: _different(values[row]) for row in full}
    usual = float(np.median(list(kinds.values())))
    return frozenset(
        row for row in full if kinds[row] == 1 or kinds[row] <= min(_FEW, usual / _RICHER)
    )


def _different(band: Floats) -> int:
    return len(np.unique(band[:: max(1, band.size // 20_000)]))
