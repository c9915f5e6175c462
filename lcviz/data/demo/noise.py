"""Random-access noise: a value depends on the seed and the place, not on what was asked before.

Every pixel of a scene can be computed without its neighbours, so any patch can be made alone and
two overlapping patches agree. Positions are pixels counted from the upper left corner of the
scene's patch grid. Smooth noise is a lattice of hashed values, interpolated with uniform cubic
B-splines, which is a product of two small matrices.
"""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]

# Standard deviation of a cubic B-spline surface over independent values uniform in (-1, 1):
# sqrt(1/3) times the mean over a cell of the sum of the squared weights, 151/315, once per axis.
_LATTICE_STD = float(np.sqrt(1 / 3) * 151 / 315)


@dataclass(frozen=True)
class Window:
    """A square set of pixels: every `step`-th pixel in both axes."""

    row: int
    """First pixel row."""
    column: int
    """First pixel column."""
    size: int
    """Pixels taken along each axis."""
    step: int = 1
    """Distance between pixels taken."""

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Pixel rows, int64 (size,)."""
        return self.row + self.step * np.arange(self.size)

    @property
    def columns(self) -> npt.NDArray[np.int64]:
        """Pixel columns, int64 (size,)."""
        return self.column + self.step * np.arange(self.size)


def _splitmix(z: Hashes) -> Hashes:
    """The finalising step of SplitMix64 (Steele, Lea & Flood 2014)."""
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def hashed(*parts: npt.ArrayLike) -> Hashes:
    """Hash integers, or broadcastable arrays of integers, to uint64 of the broadcast shape."""
    result = np.zeros(1, dtype=np.uint64)
    for part in parts:
        values = np.asarray(part)
        if values.dtype != np.uint64:
            values = values.astype(np.int64).astype(np.uint64)
        result = _splitmix(result ^ values)
    return result


def uniform(hashes: Hashes) -> Floats:
    """Turn hashes into float64 values in [0, 1)."""
    return (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53


def gaussian(hashes: Hashes) -> Floats:
    """Turn hashes into nearly normal values: four 16-bit uniforms summed, mean 0, variance 1."""
    total = sum((hashes >> np.uint64(s)) & np.uint64(0xFFFF) for s in (0, 16, 32, 48))
    return (np.asarray(total).astype(np.float64) / 65536.0 - 2.0) * np.sqrt(3.0)


@lru_cache(maxsize=4096)
def key(*parts: int | str) -> int:
    """A 64-bit key from numbers and names."""
    numbers = [zlib.crc32(p.encode()) if isinstance(p, str) else p for p in parts]
    return int(hashed(*numbers)[0])


@lru_cache(maxsize=512)
def _basis(start: int, size: int, step: int, wavelength: float) -> tuple[int, Floats, Floats]:
    """First lattice node, weights and their derivatives, both (size, nodes)."""
    t = (start + step * np.arange(size)) / wavelength
    node = np.floor(t).astype(np.int64)
    f = t - node
    first = int(node.min()) - 1
    weights = np.zeros((size, int(node.max()) + 3 - first))
    slopes = np.zeros_like(weights)
    values = ((1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3)
    rates = (-3 * (1 - f) ** 2, 9 * f**2 - 12 * f, -9 * f**2 + 6 * f + 3, 3 * f**2)
    at = np.arange(size)
    for tap in range(4):
        weights[at, node - 1 - first + tap] = values[tap] / 6
        slopes[at, node - 1 - first + tap] = rates[tap] / (6 * wavelength)
    return first, weights, slopes


class Noise:
    """Named noise fields of one scene over one window; all have mean 0 and variance about 1."""

    def __init__(self, seed: int, window: Window) -> None:
        self.seed = seed
        self.window = window

    def _lattice(self, name: str, wavelength: float) -> tuple[Floats, ...]:
        w = self.window
        first_row, rows, row_slopes = _basis(w.row, w.size, w.step, wavelength)
        first_column, columns, column_slopes = _basis(w.column, w.size, w.step, wavelength)
        nodes = hashed(
            key(self.seed, name, int(wavelength * 16)),
            first_row + np.arange(rows.shape[1])[:, None],
            first_column + np.arange(columns.shape[1])[None, :],
        )
        values = (2.0 * uniform(nodes) - 1.0) / _LATTICE_STD
        return values, rows, row_slopes, columns, column_slopes

    def smooth(self, name: str, wavelength: float) -> Floats:
        """One octave: smooth noise whose lattice is `wavelength` pixels wide; (size, size)."""
        values, rows, _, columns, _ = self._lattice(name, wavelength)
        return np.ascontiguousarray(rows @ values @ columns.T)

    def fractal(self, name: str, top: float, octaves: int, gain: float = 0.5) -> Floats:
        """Octaves from `top` pixels downward, each half as wide and `gain` as strong."""
        total = sum(gain**o * self.smooth(name, top / 2**o) for o in range(octaves))
        return np.asarray(total) / np.sqrt(sum(gain ** (2 * o) for o in range(octaves)))

    def relief(
        self, name: str, top: float, octaves: int, gain: float, ridged: float
    ) -> tuple[Floats, Floats, Floats]:
        """Height and its slopes down the rows and along the columns, each (size, size).

        `ridged` blends rounded hills (0) into crests and valleys (1), where an octave is folded
        at its zero line. Heights have variance about 1; slopes are per pixel.
        """
        height, down, along = (np.zeros((self.window.size,) * 2) for _ in range(3))
        for octave in range(octaves):
            strength = gain**octave
            values, rows, row_slopes, columns, column_slopes = self._lattice(name, top / 2**octave)
            n = rows @ values @ columns.T
            n_down, n_along = row_slopes @ values @ columns.T, rows @ values @ column_slopes.T
            fold = (1 - ridged) - 1.66 * ridged * np.sign(n)
            height += strength * ((1 - ridged) * n + ridged * 1.66 * (0.8 - np.abs(n)))
            down += strength * fold * n_down
            along += strength * fold * n_along
        scale = 1 / np.sqrt(sum(gain ** (2 * o) for o in range(octaves)))
        return height * scale, down * scale, along * scale

    def white(self, name: str, channels: Iterable[int]) -> Floats:
        """Independent values per pixel; (channels, size, size)."""
        rows, columns = self.window.rows[:, None], self.window.columns[None, :]
        base = hashed(key(self.seed, name), rows, columns)
        return np.stack([gaussian(hashed(base, c)) for c in channels])


def cells(
    seed: int,
    spacing: float,
    y: Floats,
    x: Floats,
    radius: Callable[[Hashes], Floats | float] = lambda _: 1.0,
) -> tuple[Hashes, Floats, Floats]:
    """Voronoi cells of one jittered point per lattice square of `spacing` pixels.

    `radius` makes some points reach farther than others, by their hash: distances are divided by
    it. Returns the hash of the nearest point, the distance to it, and how much farther the second
    nearest is, in pixels per radius; each of the shape of `y` and `x`.
    """
    row, column = np.floor(y / spacing).astype(np.int64), np.floor(x / spacing).astype(np.int64)
    nearest = np.full(y.shape, np.inf)
    second = np.full(y.shape, np.inf)
    owner = np.zeros(y.shape, dtype=np.uint64)
    for down in (-1, 0, 1):
        for along in (-1, 0, 1):
            h = hashed(seed, row + down, column + along)
            point_y = (row + down + 0.15 + 0.7 * uniform(h)) * spacing
            point_x = (column + along + 0.15 + 0.7 * uniform(hashed(h, 1))) * spacing
            distance = np.hypot(y - point_y, x - point_x) / radius(h)
            closer = distance < nearest
            second = np.where(closer, nearest, np.minimum(second, distance))
            nearest = np.where(closer, distance, nearest)
            owner = np.where(closer, h, owner)
    return owner, nearest, second - nearest
