"""Any map of classes, whoever made it: opened once, read in windows."""

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError
from rasterio.windows import Window

from lcviz.assessment.ground import row_areas
from lcviz.errors import RasterError
from lcviz.georeference import (
    GeoBox,
    from_longitude_latitude,
    geobox_of,
    open_dataset,
    to_longitude_latitude,
)
from lcviz.legends import Scheme

_MOST_CODES: Final = 256
NO_PIXEL: Final = -1
_CHUNK: Final = 65_536
"""Pixels counted at once: numpy makes eight bytes of each, which so stay in the cache."""
_CACHE: Final = 128 * 2**20
_KEPT: Final = 64
_COUNTED: Final[dict[Hashable, tuple[Mapping[int, int], Mapping[int, float]]]] = {}
_DIGESTS: Final[dict[Hashable, str]] = {}
"""What was read off whole files, the latest; a file that changes is read again."""
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class ClassMap:
    """An opened map of small whole numbers, each of which stands for a class."""

    file: Path
    dataset: rasterio.DatasetReader
    scheme: Scheme

    @property
    def box(self) -> GeoBox:
        """Where it lies."""
        return geobox_of(self.dataset)

    @property
    def block_rows(self) -> int:
        """Rows of the file's own blocks."""
        return int(self.dataset.block_shapes[0][0])

    def codes(
        self, rows: slice, through: npt.NDArray[np.int16] | None = None
    ) -> npt.NDArray[np.int16]:
        """Codes of some rows, (rows, columns) int16; `NO_PIXEL` where there is none.

        None is no-data, what is masked, and what the scheme has no class for.

        Args:
            rows: which.
            through: what is to stand in place of each code, (256,); the codes themselves if None.

        Raises:
            RasterError: the file cannot be read there.
        """
        window = Window(0, rows.start, self.dataset.width, rows.stop - rows.start)
        return self._known(*self._read(window), through)

    def _read(self, window: Window) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.bool_] | None]:
        """Values, and where they are valid; None where a value alone tells."""
        try:
            values = self.dataset.read(1, window=window)
            if set(self.dataset.mask_flag_enums[0]) <= {MaskFlags.all_valid, MaskFlags.nodata}:
                return values, None
            return values, self.dataset.read_masks(1, window=window) > 0
        except RasterioError as error:
            raise RasterError(
                f"{self.file.name} cannot be read at row {window.row_off}: {error}"
            ) from error

    def _known(
        self,
        values: npt.NDArray[np.integer],
        valid: npt.NDArray[np.bool_] | None,
        through: npt.NDArray[np.int16] | None = None,
    ) -> npt.NDArray[np.int16]:
        known = np.full(_MOST_CODES, NO_PIXEL, np.int16)
        codes = list(self.scheme.classes)
        known[codes] = codes if through is None else through[codes]
        empty = self.dataset.nodata
        if empty is not None and 0 <= empty < _MOST_CODES:
            known[int(empty)] = NO_PIXEL
        if values.dtype != np.uint8:
            small = (values >= 0) & (values < _MOST_CODES)
            valid = small if valid is None else valid & small
            values = np.where(small, values, 0)
        found = known[values]
        if valid is not None:
            found[~valid] = NO_PIXEL
        return found

    def at(
        self, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int16]:
        """Codes of single pixels, (n,) int16; `NO_PIXEL` outside the map too.

        Only the rows of blocks that hold a point are read.
        """
        found = np.full(len(rows), NO_PIXEL, np.int16)
        height, width = self.dataset.shape
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        blocks = rows // self.block_rows
        for block in np.unique(blocks[inside]):
            here = inside & (blocks == block)
            start = int(block) * self.block_rows
            first, last = int(columns[here].min()), int(columns[here].max()) + 1
            stop = min(start + self.block_rows, height)
            window = Window(first, start, last - first, stop - start)
            values, valid = self._read(window)
            places = rows[here] - start, columns[here] - first
            found[here] = self._known(values[places], None if valid is None else valid[places])
        return found

    def count(self, progress: Callable[[float], None] | None = None) -> Mapping[int, int]:
        """Pixels of each class of the scheme that occurs; the whole map is read once a process."""
        return self._tally(progress)[0]

    def ground(self) -> Mapping[int, float] | None:
        """Square metres of each class that occurs; None where the map does not say them."""
        return self._tally(None)[1] if self.row_areas is not None else None

    @cached_property
    def row_areas(self) -> npt.NDArray[np.float64] | None:
        """Area of the pixels of each row, m², as `ground.row_areas` tells it."""
        return row_areas(self.box)

    def _tally(
        self, progress: Callable[[float], None] | None
    ) -> tuple[Mapping[int, int], Mapping[int, float]]:
        key = (str(self.file), self._stamp, tuple(self.scheme.classes))
        if key in _COUNTED:
            return _COUNTED[key]
        total, ground = np.zeros(_MOST_CODES, np.int64), np.zeros(_MOST_CODES)
        height, width = self.dataset.shape
        areas = np.ones(height) if self.row_areas is None else self.row_areas
        alike = bool(np.ptp(areas) == 0)
        chunk = _CHUNK if alike else width
        step = max(
            self.block_rows, 8_000_000 // self.dataset.width // self.block_rows * self.block_rows
        )
        for start in range(0, height, step):
            rows = slice(start, min(start + step, height))
            codes = self.codes(rows).ravel()
            for first in range(0, codes.size, chunk):
                part = codes[first : first + chunk] + 1
                counted = np.bincount(part, minlength=_MOST_CODES + 1)[1:]
                total += counted
                ground += counted * areas[start + first // width]
            if progress is not None:
                progress(rows.stop / height)
        there = [int(code) for code in np.flatnonzero(total)]
        found = {code: int(total[code]) for code in there}, {c: float(ground[c]) for c in there}
        _remember(_COUNTED, key, found)
        return found

    def pixels_of(
        self, longitude: npt.NDArray[np.float64], latitude: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Longitudes and latitudes (degrees, WGS 84) -> rows and columns, also off the map."""
        x, y = from_longitude_latitude(longitude, latitude, self.dataset.crs)
        rows, columns = self.box.to_pixels(x, y)
        far = np.isnan(rows)
        rows, columns = np.where(far, -1, rows), np.where(far, -1, columns)
        return np.floor(rows).astype(np.int64), np.floor(columns).astype(np.int64)

    def places_of(
        self, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Rows and columns -> longitude and latitude of the pixels' middles, degrees (WGS 84)."""
        x, y = self.box.to_xy(rows.astype(np.float64) + 0.5, columns.astype(np.float64) + 0.5)
        return to_longitude_latitude(x, y, self.dataset.crs)

    def digest(self) -> str:
        """Fingerprint of the file, by which a sample knows the map that it was drawn for."""
        key = (str(self.file), self._stamp)
        if key not in _DIGESTS:
            with self.file.open("rb") as opened:
                found = hashlib.file_digest(opened, "blake2b").hexdigest()[:32]
            _remember(_DIGESTS, key, found)
        return _DIGESTS[key]

    @property
    def _stamp(self) -> tuple[int, int]:
        status = self.file.stat()
        return status.st_mtime_ns, status.st_size


@contextmanager
def little_memory() -> Iterator[None]:
    """Let GDAL keep few blocks: a map is read once, in order, and none is asked for again.

    By itself it keeps a twentieth of the machine's memory. Of the whole process: for commands.
    """
    with rasterio.Env(GDAL_CACHEMAX=_CACHE):
        yield


@contextmanager
def open_class_map(file: Path, scheme: Scheme) -> Iterator[ClassMap]:
    """Open a map of classes.

    Raises:
        RasterError: it is no raster, its values are no small whole numbers, or it lies nowhere.
    """
    file = file.expanduser()
    if not file.is_file():
        raise RasterError(f"There is no file {file}.")
    try:
        dataset = open_dataset(file)
    except RasterioError as error:
        raise RasterError(f"{file.name} cannot be opened as a raster: {error}") from error
    with dataset:
        kind = np.dtype(dataset.dtypes[0])
        if kind.kind not in "iu":
            raise RasterError(
                f"{file.name} holds {kind} values; a map of classes holds small whole numbers. "
                "Give the class map, not an image or probabilities"
            )
        if dataset.crs is None or dataset.transform.is_identity:
            raise RasterError(
                f"{file.name} does not say where it lies (no CRS or no transform); points cannot "
                "be put on it. Save it as a georeferenced GeoTIFF"
            )
        yield ClassMap(file, dataset, scheme)


def _remember(kept: dict[Hashable, T], key: Hashable, found: T) -> None:
    while len(kept) >= _KEPT:
        kept.pop(next(iter(kept)), None)
    kept[key] = found
