"""How the bands of a Sentinel-2 pixel relate: a mixture of Gaussians of log reflectance.

The figures are in `lcviz/data/facts/band_relations.json`, which says where they come from;
`benchmarks/band_order.py` makes them.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SOFT: Final = 30.0
"""DN at which the logarithm begins to be a straight line, so that 0 and less have a place."""
_FLOOR: Final = -150.0
"""Log density below which a pixel is no worse."""
_SLACK: Final = 0.1
"""Standard deviation of brightness that all bands share beside that of the figures."""


class _Subset(NamedTuple):
    """The mixture of some bands."""

    means: Floats
    whitening: Floats
    """(components, bands, bands): inverse Cholesky factors."""
    constants: Floats
    usual: float
    """Median log density of its own pixels, per band."""


def stretch(dn: Floats) -> Floats:
    """log(30 + DN), and a straight line below DN 0; same shape."""
    return np.where(
        dn >= 0, np.log(SOFT + np.maximum(dn, 0)), np.log(SOFT) + np.minimum(dn, 0) / SOFT
    )


def log_slope(dn: Floats) -> Floats:
    """Logarithm of the derivative of `stretch`; same shape."""
    return -np.log(SOFT + np.maximum(dn, 0))


@cache
def facts() -> dict[str, Any]:
    """The figures, as the file has them."""
    text = files("lcviz.data").joinpath("facts/band_relations.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _mixture(level: str) -> tuple[tuple[str, ...], Floats, Floats, Floats]:
    stored = facts()["levels"][level]
    bands = tuple(stored["bands"])
    size = len(bands)
    rows = np.array(stored["covariances"])
    covariances = np.zeros((len(rows), size, size))
    lower = np.tril_indices(size)
    covariances[:, lower[0], lower[1]] = rows
    covariances[:, lower[1], lower[0]] = rows
    return bands, np.array(stored["weights"]), np.array(stored["means"]), covariances


@cache
def _subset(level: str, bands: tuple[str, ...]) -> _Subset:
    known, weights, means, covariances = _mixture(level)
    at = [known.index(band) for band in bands]
    some = covariances[:, at][:, :, at] + _SLACK**2 + 0.004 * np.eye(len(at))
    factors = np.linalg.cholesky(some)
    whitening = np.linalg.inv(factors)
    log_det = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    constants = np.log(weights) - log_det - len(at) / 2 * np.log(2 * np.pi)
    own = _Subset(means[:, at], whitening, constants, 0.0)
    random = np.random.default_rng(0)
    which = random.choice(len(weights), 800, p=weights / weights.sum())
    noise = random.standard_normal((800, len(at)))
    drawn = own.means[which] + np.einsum("nij,nj->ni", factors[which], noise)
    return own._replace(usual=float(np.median(_density(own, drawn.T))) / len(at))


def _density(subset: _Subset, stretched: Floats) -> Floats:
    apart = stretched.T[None] - subset.means[:, None]
    white = np.matmul(apart, subset.whitening.transpose(0, 2, 1))
    each = subset.constants[:, None] - 0.5 * (white**2).sum(axis=2)
    top = each.max(axis=0)
    return np.asarray(top + np.log(np.exp(each - top).sum(axis=0)))


def levels_of(bands: Sequence[str]) -> tuple[str, ...]:
    """Levels that have all these bands."""
    return tuple(level for level in ("L1C", "L2A") if set(bands) <= set(_mixture(level)[0]))


def log_density(level: str, stretched: Floats, bands: Sequence[str]) -> Floats:
    """Log density of pixels, over their stretched values.

    Args:
        level: "L1C" or "L2A".
        stretched: (bands, pixels), `stretch` of reflectance x 10,000 without offset.
        bands: which they are, each once, in any order.

    Returns:
        (pixels,), natural logarithm, floored.
    """
    subset, order = _ordered(level, bands)
    return np.maximum(_density(subset, stretched[order]), _FLOOR)


def misfit(level: str, dn: Floats, bands: Sequence[str]) -> Floats:
    """How much less likely than usual pixels are, per band.

    Args:
        level: "L1C" or "L2A".
        dn: (bands, pixels), reflectance x 10,000 without offset.
        bands: which they are, each once, in any order.

    Returns:
        (pixels,), natural logarithm; 0 is usual, more is worse.
    """
    subset, order = _ordered(level, bands)
    return np.asarray(subset.usual - _density(subset, stretch(dn[order])) / len(bands))


def _ordered(level: str, bands: Sequence[str]) -> tuple[_Subset, list[int]]:
    known = _mixture(level)[0]
    order = sorted(range(len(bands)), key=lambda i: known.index(bands[i]))
    return _subset(level, tuple(bands[i] for i in order)), order
