"""Draw a sample from a raster of strata that is read in windows, never whole."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Rows = slice
ReadStrata = Callable[[Rows], npt.NDArray[np.integer]]
"""Rows -> stratum of each pixel, (rows, columns), 0 to strata - 1; -1 where none may be drawn."""
_PIXELS: Final = 16_000_000
"""Of one window: some 16 MB as bytes."""
_CHUNK: Final = 65_536
"""Pixels that are counted, and searched for points, at once: they stay in the processor's cache."""


class Frame:
    """The pixels that may be drawn, counted by stratum and chunk of a window.

    Reading a frame reads the raster once; drawing reads only the windows that hold a point.
    """

    def __init__(
        self,
        read: ReadStrata,
        shape: tuple[int, int],
        strata: int,
        *,
        block_rows: int = 1,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """Count.

        Args:
            read: gives the strata of some rows.
            shape: rows and columns of the raster.
            strata: number of strata.
            block_rows: rows of the file's own blocks, which windows do not cut.
            progress: told the share that is done.
        """
        self._read = read
        self._columns = shape[1]
        self._windows = list(_windows(shape, block_rows))
        counts = []
        self._first = [0]
        """Of each window, the number of its first chunk."""
        for window in self._windows:
            values = read(window).ravel()
            for start in range(0, values.size, _CHUNK):
                chunk = values[start : start + _CHUNK] + 1
                counts.append(np.bincount(chunk, minlength=strata + 1)[1:])
            self._first.append(len(counts))
            if progress is not None:
                progress(window.stop / shape[0])
        self._counts = np.array(counts, np.int64).reshape(len(counts), strata)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Pixels of each stratum, (strata,)."""
        return self._counts.sum(axis=0)

    def draw(
        self, points: Mapping[int, int], seed: int, read: ReadStrata | None = None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Draw pixels without replacement, each pixel of a stratum as likely as the next.

        Args:
            points: number of points by stratum.
            seed: the same seed draws the same points from the same raster.
            read: in place of the frame's own, whose file may be closed by now.

        Returns:
            Rows, columns and strata of the points, each (n,) int64, in random order.

        Raises:
            ValueError: more points than a stratum has pixels.
        """
        random = np.random.default_rng(seed)
        wanted = {}
        for stratum, n in sorted(points.items()):
            size = int(self.sizes[stratum])
            if n > size:
                raise ValueError(f"Stratum {stratum} has {size} pixels, {n} points were asked for.")
            wanted[stratum] = np.sort(_distinct(random, size, n))
        before = np.cumsum(self._counts, axis=0) - self._counts
        found = []
        for number, window in enumerate(self._windows):
            chunks = range(self._first[number], self._first[number + 1])
            here = []
            for stratum, ranks in wanted.items():
                edges = before[chunks.start : chunks.stop, stratum]
                last = before[chunks.stop - 1, stratum] + self._counts[chunks.stop - 1, stratum]
                inside = ranks[slice(*np.searchsorted(ranks, (edges[0], last)))]
                # The chunk of each: the last that begins at or before it.
                of = np.searchsorted(edges, inside, side="right") - 1
                here += [(int(c), stratum, inside[of == c] - edges[c]) for c in np.unique(of)]
            if here:
                found.append(self._places(read or self._read, window, here))
        if not found:
            empty = np.zeros(0, np.int64)
            return empty, empty, empty
        rows, columns, strata = np.concatenate(found, axis=1)
        # Pixels in reading order first, so that the windows leave no trace in the draw.
        order = np.lexsort((columns, rows))[random.permutation(len(rows))]
        return rows[order], columns[order], strata[order]

    def _places(
        self,
        read: ReadStrata,
        window: Rows,
        ranks: Sequence[tuple[int, int, npt.NDArray[np.int64]]],
    ) -> npt.NDArray[np.int64]:
        """Rows, columns and strata of pixels in one window, (3, n).

        `ranks` says chunk, stratum, and which of the chunk's pixels of that stratum.
        """
        values = read(window).ravel()
        places = []
        for chunk, stratum, wanted in ranks:
            start = chunk * _CHUNK
            inside = np.flatnonzero(values[start : start + _CHUNK] == stratum)
            rows, columns = np.divmod(start + inside[wanted], self._columns)
            places.append(np.stack([rows + window.start, columns, np.full_like(rows, stratum)]))
        return np.concatenate(places, axis=1)


def _windows(shape: tuple[int, int], block_rows: int) -> Iterator[Rows]:
    rows, columns = shape
    step = max(1, _PIXELS // max(columns, 1))
    step = max(block_rows, step // block_rows * block_rows)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def _distinct(random: np.random.Generator, size: int, n: int) -> npt.NDArray[np.int64]:
    """`n` different numbers below `size`, without a list of all of them."""
    if n * 4 >= size:
        return random.permutation(size)[:n].astype(np.int64)
    chosen = np.unique(random.integers(0, size, n + n // 8 + 8))
    while len(chosen) < n:
        more = random.integers(0, size, n)
        chosen = np.unique(np.concatenate([chosen, more]))
    return random.permutation(chosen)[:n].astype(np.int64)
