"""Whether an opened GeoTIFF is of a kind and size that can be predicted, told from its header."""

from pathlib import Path
from typing import Final

import numpy as np
import rasterio
from rasterio.enums import Interleaving

from lcviz.errors import RasterError

MIN_SIDE: Final = 32
MAX_SIDE: Final = 100_000
MAX_PIXELS: Final = 4 * 10_980**2
"""Four whole Sentinel-2 tiles."""
MAX_BANDS: Final = 64
MAX_BLOCK_BYTES: Final = 64 * 2**20
"""Decoded bytes of one tile or strip, which is decoded as a whole."""
MAX_COMPRESSION: Final = 1000
"""Decoded bytes for each byte of the file, above `_SMALL`."""
DTYPES: Final = ("int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
BRING: Final = (
    "Bring a Sentinel-2 GeoTIFF: 13 bands of L1C, 12 of L2A, or the ten bands B2 B3 B4 B5 B6 B7 B8 "
    "B8A B11 B12 in this order, as DN (reflectance x 10,000, 16 bits) or as reflectance of 0 to 1"
)

_SMALL: Final = 64 * 2**20
_PAGES: Final = 10


def check_structure(dataset: rasterio.DatasetReader, file: Path) -> None:
    """Refuse what cannot be a raster to predict, before a pixel is decoded.

    Raises:
        RasterError: what was seen, and what to bring.
    """
    rows, columns, bands = dataset.height, dataset.width, dataset.count
    seen = f"{file.name} has {rows:,} x {columns:,} pixels"
    if min(rows, columns) < MIN_SIDE:
        raise RasterError(f"{seen}; at least {MIN_SIDE} x {MIN_SIDE} are needed. {BRING}")
    if max(rows, columns) > MAX_SIDE or rows * columns > MAX_PIXELS:
        raise RasterError(
            f"{seen}; at most {MAX_PIXELS / 1e6:,.0f} million are predicted, and {MAX_SIDE:,} "
            "along a side. Crop it, or cut it into tiles"
        )
    if bands > MAX_BANDS:
        raise RasterError(f"{file.name} has {bands:,} bands, at most {MAX_BANDS} are read. {BRING}")
    pages = len(dataset.subdatasets)
    if bands == 1 and pages >= _PAGES:
        raise RasterError(
            f"{file.name} holds {pages} pages of one band each, GTIFF_DIR:1:{file.name} to "
            f"GTIFF_DIR:{pages}:{file.name}, instead of {pages} bands. Stack them: gdalbuildvrt "
            "-separate all.vrt with these names in their order, then gdal_translate all.vrt OUT.tif"
        )
    dtypes = set(dataset.dtypes)
    if len(dtypes) > 1 or not dtypes <= set(DTYPES):
        kind = f"{bands} band{'s' if bands > 1 else ''} of {'/'.join(sorted(dtypes))}"
        why = "; 8 bits hold a picture for the eye, no reflectance" if "uint8" in dtypes else ""
        raise RasterError(f"{file.name} has {kind}{why}. {BRING}")
    _check_storage(dataset, file)


def _check_storage(dataset: rasterio.DatasetReader, file: Path) -> None:
    """Refuse a file that would take more memory, or hold less, than its header says."""
    block = block_bytes(dataset)
    if block > MAX_BLOCK_BYTES:
        raise RasterError(
            f"{file.name} is stored in blocks of {block / 2**20:,.0f} MiB, which are decoded as a "
            f"whole; at most {MAX_BLOCK_BYTES // 2**20} MiB are. Write it in tiles: "
            "gdal_translate -co TILED=YES IN.tif OUT.tif"
        )
    size = file.stat().st_size
    bits = dataset.tags(1, ns="IMAGE_STRUCTURE").get("NBITS")
    depth = int(bits) if bits else 8 * np.dtype(dataset.dtypes[0]).itemsize
    claimed = dataset.height * dataset.width * dataset.count * depth // 8
    if dataset.compression is None:
        if claimed > size:
            raise RasterError(
                f"{file.name} is cut short: its header promises {claimed:,} bytes of pixels, the "
                f"file has {size:,}. Fetch or write it again"
            )
    elif claimed > max(_SMALL, size * MAX_COMPRESSION):
        raise RasterError(
            f"{file.name} promises {claimed:,} bytes of pixels from a file of {size:,}: no imagery "
            "can be compressed so far. Crop it to where it has data"
        )
    # What is cut off is the end, where the last blocks usually are.
    height, width = dataset.block_shapes[0]
    last = f"{(dataset.width - 1) // width}_{(dataset.height - 1) // height}"
    for band in range(1, dataset.count + 1):
        start = dataset.get_tag_item(f"BLOCK_OFFSET_{last}", "TIFF", bidx=band)
        length = dataset.get_tag_item(f"BLOCK_SIZE_{last}", "TIFF", bidx=band)
        if start is not None and int(start) + int(length or 0) > size:
            raise RasterError(
                f"{file.name} is cut short: its last block should end at byte "
                f"{int(start) + int(length or 0):,}, the file has {size:,}. Fetch or write it again"
            )


def block_bytes(dataset: rasterio.DatasetReader) -> int:
    """Decoded bytes of one block of the file."""
    rows, columns = dataset.block_shapes[0]
    together = dataset.count if dataset.interleaving == Interleaving.pixel else 1
    return rows * columns * together * np.dtype(dataset.dtypes[0]).itemsize
