"""Read the plain GeoTIFF that SEN12MS ships without GDAL, which takes ten times as long.

Only what is certain is read here: little-endian, uncompressed, whole strips one after the other
behind the header, 10 m pixels in WGS 84 / UTM as GDAL writes it. For anything else, damage
included, the answer is None, and GDAL is to be asked.
"""

from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS
from rasterio.transform import Affine

from lcviz.georeference import GeoBox
from lcviz.taxonomy import PATCH_SIZE

_HEAD: Final = 4096
"""Bytes within which header and tags must lie."""
_TYPES: Final = {2: np.dtype("S1"), 3: np.dtype("<u2"), 4: np.dtype("<u4"), 12: np.dtype("<f8")}
_FORMATS: Final = {"u": 1, "f": 3}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _OFFSETS = 256, 257, 258, 259, 262, 273
_SAMPLES, _ROWS, _COUNTS, _PLANAR, _EXTRA, _FORMAT = 277, 278, 279, 284, 338, 339
_SCALE, _TIE, _KEYS, _TEXT = 33550, 33922, 34735, 34737
_WHOLE: Final = (
    _WIDTH,
    _HEIGHT,
    _BITS,
    _COMPRESSION,
    _PHOTOMETRIC,
    _OFFSETS,
    _SAMPLES,
    _ROWS,
    _COUNTS,
    _PLANAR,
    _EXTRA,
    _FORMAT,
    _KEYS,
)
_KINDS: Final = dict.fromkeys(_WHOLE, "u") | {_SCALE: "f", _TIE: "f", _TEXT: "S"}
"""The tags of such a file, no more and no fewer, and the kind of their values."""

Tags = dict[int, npt.NDArray[Any]]


def read_plain(path: Path, bands: int, dtype: str) -> tuple[npt.NDArray[Any], GeoBox] | None:
    """Read all bands of a file laid out as SEN12MS's.

    Args:
        path: a GeoTIFF.
        bands: how many it must hold.
        dtype: of its pixels: "uint8", "uint16" or "float32".

    Returns:
        Values (bands, 256, 256), a view that need not be contiguous, and their place on the
        ground; None where the file is laid out otherwise, is damaged, or cannot be opened.
    """
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(_HEAD)
            kind = np.dtype(dtype).newbyteorder("<")
            layout = _layout(head, bands, kind)
            if layout is None:
                return None
            geobox = layout.geobox(head)
            size, planar = PATCH_SIZE, layout.planar
            pixels = np.empty((bands, size, size) if planar else (size, size, bands), kind)
            file.seek(layout.pixels_at)
            if file.readinto(pixels.data.cast("B")) != pixels.nbytes:
                return None
    except (OSError, ValueError):
        return None
    return pixels if planar else pixels.transpose(2, 0, 1), geobox


class _Layout(NamedTuple):
    """What a whole header says that was found to be of such a file."""

    header: bytes
    """All before the pixels, but for the place on the ground."""
    place_at: int
    """Where x and y of the upper left corner are, two float64."""
    pixels_at: int
    planar: bool
    zone: int
    """EPSG code."""

    def geobox(self, head: bytes) -> GeoBox:
        """Place on the ground of a file with this layout."""
        x, y = np.frombuffer(head, "<f8", 2, self.place_at).tolist()
        shape = (PATCH_SIZE, PATCH_SIZE)
        return GeoBox(shape, Affine(10.0, 0.0, x, 0.0, -10.0, y), _crs(self.zone))


_last_layouts: dict[tuple[int, np.dtype[Any]], _Layout] = {}
"""The last of each kind: the patches of a scene differ in their place alone, and to take a header
apart takes as long as to read the pixels of its file."""


def _layout(head: bytes, bands: int, dtype: np.dtype[Any]) -> _Layout | None:
    last = _last_layouts.get((bands, dtype))
    if last is not None and _without_place(head, last.place_at, last.pixels_at) == last.header:
        return last
    tags = _read_tags(head)
    if tags is None or not _is_plain(tags, bands, dtype):
        return None
    zone = _zone(tags)
    if zone is None:
        return None
    # x and y are the last but two of the six numbers that tie a pixel to the ground.
    place_at = _offset(head, _TIE) + 24
    pixels_at = int(tags[_OFFSETS][0])
    header = _without_place(head, place_at, pixels_at)
    layout = _Layout(header, place_at, pixels_at, bool(tags[_PLANAR][0] == 2), zone)
    _last_layouts[bands, dtype] = layout
    return layout


def _without_place(head: bytes, place_at: int, pixels_at: int) -> bytes:
    return head[:place_at] + head[place_at + 16 : pixels_at]


def _offset(head: bytes, number: int) -> int:
    """Where in `head` the values of a tag are, which are too many for its entry."""
    (entries,) = np.frombuffer(head, "<u2", 1, 8).tolist()
    table = np.frombuffer(head, "<u2,<u2,<u4,<u4", entries, 10).tolist()
    return next(offset for tag, _, _, offset in table if tag == number)


def _read_tags(head: bytes) -> Tags | None:
    """The tags of the only directory, by number; ValueError where one does not lie in `head`."""
    if head[:8] != b"II*\0\x08\0\0\0":
        return None
    (entries,) = np.frombuffer(head, "<u2", 1, 8).tolist()
    table = np.frombuffer(head, "<u2,<u2,<u4,<u4", entries, 10).tolist()
    end = 10 + 12 * entries
    numbers = [number for number, *_ in table]
    if head[end : end + 4] != bytes(4) or numbers != sorted(set(numbers)):
        return None
    if set(numbers) != set(_KINDS):
        return None
    tags = {}
    for place, (number, kind, count, offset) in enumerate(table):
        if kind not in _TYPES or _TYPES[kind].kind != _KINDS[number]:
            return None
        inline = count * _TYPES[kind].itemsize <= 4
        at = 18 + 12 * place if inline else offset
        if not inline and at < end + 4:
            return None
        tags[number] = np.frombuffer(head, _TYPES[kind], count, at)
    return tags


def _is_plain(tags: Tags, bands: int, dtype: np.dtype[Any]) -> bool:
    """Whether the pixels lie one after the other, in whole strips, and are what is wanted."""
    single = {
        number: tags[number][0]
        for number in (_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _ROWS, _PLANAR)
        if tags[number].shape == (1,)
    }
    if len(single) < 7 or not (
        single[_WIDTH] == single[_HEIGHT] == PATCH_SIZE
        and single[_COMPRESSION] == 1
        and single[_PHOTOMETRIC] in (1, 2)
        and single[_SAMPLES] == bands
        and single[_PLANAR] in (1, 2)
        and 1 <= single[_ROWS] <= PATCH_SIZE
        and tags[_BITS].tolist() == [8 * dtype.itemsize] * bands
        and tags[_FORMAT].tolist() == [_FORMATS[dtype.kind]] * bands
    ):
        return False
    # libtiff refuses a file whose samples beyond grey or RGB are not accounted for.
    extra = tags[_EXTRA]
    colours = 1 if single[_PHOTOMETRIC] == 1 else 3
    if extra.shape != (bands - colours,) or extra.dtype != np.dtype("<u2") or extra.max() > 2:
        return False
    planes, samples = (bands, 1) if single[_PLANAR] == 2 else (1, bands)
    tops = np.arange(0, PATCH_SIZE, single[_ROWS], dtype=np.int64)
    rows = np.diff(tops, append=PATCH_SIZE)
    sizes = np.tile(rows * (PATCH_SIZE * samples * dtype.itemsize), planes)
    offsets = tags[_OFFSETS].astype(np.int64)
    return (
        np.array_equal(tags[_COUNTS], sizes)
        and offsets.shape == sizes.shape
        and 8 < offsets[0] <= _HEAD
        and np.array_equal(np.diff(offsets), sizes[:-1])
    )


def _zone(tags: Tags) -> int | None:
    """EPSG code, if the place is written as GDAL writes 10 m pixels in WGS 84 / UTM."""
    keys, tie = tags[_KEYS].tolist(), tags[_TIE].tolist()
    if len(keys) != 32 or len(tie) != 6:
        return None
    zone = keys[27]
    if not (32601 <= zone <= 32660 or 32701 <= zone <= 32760):
        return None
    name = f"WGS 84 / UTM zone {zone % 100}{'N' if zone < 32700 else 'S'}|"
    text, n = f"{name}WGS 84|\0".encode(), len(name)
    expected = [
        (1, 1, 0, 7),
        (1024, 0, 1, 1),
        (1025, 0, 1, 1),
        (1026, _TEXT, n, 0),
        (2049, _TEXT, 7, n),
        (2054, 0, 1, 9102),
        (3072, 0, 1, zone),
        (3076, 0, 1, 9001),
    ]
    x, y = tie[3:5]
    if (
        keys != list(chain.from_iterable(expected))
        or tags[_TEXT].tobytes() != text
        or tags[_SCALE].tolist() != [10, 10, 0]
        or tie != [0, 0, 0, x, y, 0]
    ):
        return None
    return int(zone)


@lru_cache
def _crs(zone: int) -> CRS:
    return CRS.from_epsg(zone)
