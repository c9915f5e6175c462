"""The inner loop of the statistics pass, compiled: counts, sums and doubtful pixels of one image.

Importing this takes a second, for numba; only the offline stage does.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from lcviz.data.histograms import DN_VALUES, Counts
from lcviz.taxonomy import BANDS

SATURATED = DN_VALUES - 1
"""DN of a saturated pixel. Source: ESA, Sentinel-2 Products Specification Document (SATURATED)."""
_BLUE, _GREEN, _RED, _NIR, _SWIR1, _SWIR2 = (
    BANDS.index(band) for band in ("blue", "green", "red", "nir1", "swir1", "swir2")
)


class ImageCounts(NamedTuple):
    """What one image holds, in pixels."""

    valid: int
    """Pixels that are data: not zero in all ten bands."""
    sums: npt.NDArray[np.int64]
    """Sum of the DN of each band, (10,)."""
    saturated: int
    """Pixels saturated in at least one band."""
    cloud_suspect: int
    """Pixels that `is_cloud_suspect`."""


def count_image(values: npt.NDArray[np.uint16], counts: Counts) -> ImageCounts:
    """Count the pixels of one image into `counts`, leaving out those zero in all ten bands.

    Args:
        values: DN, uint16 (10, rows, columns), C-contiguous.
        counts: int64 (10, 65536), gains the image's pixels.
    """
    sums = np.zeros(len(BANDS), np.int64)
    valid, saturated, suspect = _count(values.reshape(len(BANDS), -1), counts, sums)
    return ImageCounts(valid, sums, saturated, suspect)


class SarCounts(NamedTuple):
    """What one image of Sentinel-1 lacks, in pixels."""

    not_finite: int
    """Pixels without a number in VV or VH."""
    zero: int
    """Pixels that are exactly zero in both."""


def count_sar(values: npt.NDArray[np.float32]) -> SarCounts:
    """Count the doubtful pixels of VV and VH, dB, float32 (2, rows, columns), C-contiguous."""
    return SarCounts(*_count_sar(values.reshape(2, -1)))


def count_codes(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """How often each code, 0 to 255, occurs: int64 (256,).

    Args:
        codes: uint8, any shape, C-contiguous.
    """
    return _count_codes(codes.reshape(-1))


@njit(nogil=True, cache=True)
def is_cloud_suspect(
    blue: np.int64, green: np.int64, red: np.int64, nir: np.int64, swir1: np.int64, swir2: np.int64
) -> bool:  # pragma: no cover - compiled
    """Whether a pixel, in DN, passes Fmask's spectral tests for potential cloud.

    Bright, white and hazy: a suspicion, no cloud mask. Bare bright ground, salt and old snow may
    pass too, thin cloud may not; Fmask goes on to ask for temperature and neighbours.

    Source: Zhu & Woodcock 2012, Remote Sensing of Environment 118, 83-94, equations 1 to 4,
    without temperature as in Zhu, Wang & Woodcock 2015, likewise 159, 269-277, for Sentinel-2.
    """
    if 2 * blue - red <= 1600 or swir2 <= 300:  # HOT > 0; SWIR2 above 0.03
        return False
    if nir - red >= 0.8 * (nir + red) or green - swir1 >= 0.8 * (green + swir1):  # NDVI; NDSI
        return False
    mean = (blue + green + red) / 3
    whiteness = abs(blue - mean) + abs(green - mean) + abs(red - mean)
    return bool(whiteness < 0.7 * mean and nir > 0.75 * swir1)


def cloud_suspects(values: npt.NDArray[np.uint16]) -> npt.NDArray[np.bool_]:
    """Which pixels are suspects: DN (10, rows, columns), uint16, no offset -> (rows, columns)."""
    return _suspects(values.reshape(len(BANDS), -1)).reshape(values.shape[1:])


@njit(nogil=True, cache=True)
def _suspects(
    values: npt.NDArray[np.uint16],
) -> npt.NDArray[np.bool_]:  # pragma: no cover - compiled
    found = np.empty(values.shape[1], np.bool_)
    for pixel in range(values.shape[1]):
        found[pixel] = _is_suspect(values, pixel)
    return found


@njit(nogil=True, cache=True)
def _is_suspect(values: npt.NDArray[np.uint16], pixel: int) -> bool:  # pragma: no cover - compiled
    return is_cloud_suspect(
        np.int64(values[_BLUE, pixel]),
        np.int64(values[_GREEN, pixel]),
        np.int64(values[_RED, pixel]),
        np.int64(values[_NIR, pixel]),
        np.int64(values[_SWIR1, pixel]),
        np.int64(values[_SWIR2, pixel]),
    )


@njit(nogil=True, cache=True)
def _reaches(
    values: npt.NDArray[np.uint16], pixel: int, dn: int
) -> bool:  # pragma: no cover - compiled
    found = False
    for band in range(len(values)):
        found |= values[band, pixel] >= dn
    return found


@njit(nogil=True, cache=True)
def _count(
    values: npt.NDArray[np.uint16], counts: Counts, sums: npt.NDArray[np.int64]
) -> tuple[int, int, int]:  # pragma: no cover - compiled
    bands, pixels = values.shape
    zeros = pixels
    any_saturated = False
    for band in range(bands):
        total = 0
        before = counts[band, 0]
        ceiling = counts[band, SATURATED]
        for pixel in range(pixels):
            dn = values[band, pixel]
            counts[band, dn] += 1
            total += dn
        sums[band] = total
        zeros = min(zeros, counts[band, 0] - before)
        any_saturated |= counts[band, SATURATED] > ceiling
    # No more pixels can be no data than are zero in the band with fewest zeros.
    empty = 0
    if zeros > 0:
        for pixel in range(pixels):
            empty += not _reaches(values, pixel, 1)
        for band in range(bands):
            counts[band, 0] -= empty
    saturated = 0
    if any_saturated:
        for pixel in range(pixels):
            saturated += _reaches(values, pixel, SATURATED)
    suspect = 0
    for pixel in range(pixels):
        suspect += _is_suspect(values, pixel)
    return pixels - empty, saturated, suspect


@njit(nogil=True, cache=True)
def _count_sar(values: npt.NDArray[np.float32]) -> tuple[int, int]:  # pragma: no cover - compiled
    not_finite = zero = 0
    for pixel in range(values.shape[1]):
        vv, vh = values[0, pixel], values[1, pixel]
        not_finite += not (np.isfinite(vv) and np.isfinite(vh))
        zero += vv == 0 and vh == 0
    return not_finite, zero


@njit(nogil=True, cache=True)
def _count_codes(
    codes: npt.NDArray[np.uint8],
) -> npt.NDArray[np.int64]:  # pragma: no cover - compiled
    # Neighbours are mostly alike: one table alone would wait for its own last addition.
    counts = np.zeros((4, 256), np.int64)
    for pixel in range(len(codes)):
        counts[pixel & 3, codes[pixel]] += 1
    return counts.sum(axis=0)
