"""Give an uncompressed GeoTIFF the byte layout that SEN12MS's files have.

SEN12MS was written when libtiff stored the size of every strip in 32 bits; since version 4.1 it
uses 16 bits where they suffice. The rest is alike, so the pixels and tags are only moved.
"""

import struct
from pathlib import Path

from lcviz.atomic import atomic_path

_ENTRY = struct.Struct("<HHII")
_SHORT, _LONG = 3, 4
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 12: 8}
_STRIP_OFFSETS, _STRIP_COUNTS = 273, 279


def widen_strip_counts(path: Path) -> None:
    """Store the strip sizes of a little-endian TIFF in 32 bits, as old libtiff did.

    A file that has them so already stays as it is. The file is replaced in one step.
    """
    data = path.read_bytes()
    (start,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, start)
    places = [start + 2 + _ENTRY.size * i for i in range(entries)]
    tags = (_ENTRY.unpack_from(data, place) for place in places)
    fields = {tag: (kind, n, at) for tag, kind, n, at in tags}
    kind, strips, counts_at = fields[_STRIP_COUNTS]
    if kind == _LONG:
        return
    growth = 2 * strips
    head = bytearray(data)
    for place in places:
        tag, kind, n, at = _ENTRY.unpack_from(data, place)
        if tag == _STRIP_COUNTS:
            kind = _LONG
        elif n * _BYTES[kind] > 4 and at > counts_at:
            at += growth
        _ENTRY.pack_into(head, place, tag, kind, n, at)
    _, _, offsets_at = fields[_STRIP_OFFSETS]
    offsets = struct.unpack_from(f"<{strips}I", data, offsets_at)
    struct.pack_into(f"<{strips}I", head, offsets_at, *(o + growth for o in offsets))
    counts = struct.unpack_from(f"<{strips}H", data, counts_at)
    wide = struct.pack(f"<{strips}I", *counts)
    with atomic_path(path) as temporary:
        temporary.write_bytes(head[:counts_at] + wide + head[counts_at + growth :])
