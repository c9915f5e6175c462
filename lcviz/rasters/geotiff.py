"""Class maps and probabilities as GeoTIFF: tiled while they grow, Cloud-Optimised to take home.

A class map has one uint8 band, 255 = no data, with a colour table. Its class names are the band's
metadata items `CLASS_0` to `CLASS_7`, and in the file's TIFFTAG_IMAGEDESCRIPTION, which GIS show
among a layer's properties. Probabilities have a uint8 band for each class, named after it, in steps
of 0.004 (the band's scale, which GIS apply), 255 = no data.
"""

import errno
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetWriter

from lcviz.atomic import atomic_path
from lcviz.errors import RasterError
from lcviz.georeference import GeoBox, open_dataset
from lcviz.rasters.gdal_errors import GDAL_ERRORS
from lcviz.taxonomy import CLASS_COLOURS, CLASSES, NO_LABEL

PROBABILITY_STEPS: Final = 250
"""A probability p is stored as round(250 p)."""
_BLOCK: Final = 512
_COLOURS: Final = {
    index: (*bytes.fromhex(colour[1:]), 255) for index, colour in enumerate(CLASS_COLOURS)
}


def most_probable(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Probabilities (classes, ...), NaN without data -> class indexes (...), uint8, 255 there."""
    classes = probabilities.argmax(axis=0).astype(np.uint8)
    classes[np.isnan(probabilities[0])] = NO_LABEL
    return classes


def encode_probabilities(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Probabilities 0 to 1, float32 -> uint8 0 to 250, and 255 where NaN; same shape."""
    steps = np.rint(probabilities * PROBABILITY_STEPS)
    return np.nan_to_num(steps, nan=NO_LABEL).astype(np.uint8)


def decode_probabilities(stored: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The reverse of `encode_probabilities`, to within 0.002."""
    probabilities = stored / np.float32(PROBABILITY_STEPS)
    return np.where(stored == NO_LABEL, np.float32(np.nan), probabilities)


@contextmanager
def class_map_writer(
    path: Path,
    geobox: GeoBox,
    tags: Mapping[str, str],
) -> Iterator[DatasetWriter]:
    """A new tiled GeoTIFF for a class map, to be written window by window (band 1).

    Args:
        path: file to write.
        geobox: its rows and columns, and where they lie.
        tags: metadata of the file.
    """
    with _writer(path, geobox, 1, tags) as file:
        file.set_band_description(1, "class")
        file.update_tags(1, **{f"CLASS_{i}": name for i, name in enumerate(CLASSES)})
        file.write_colormap(1, _COLOURS)
        yield file


@contextmanager
def probability_writer(
    path: Path,
    geobox: GeoBox,
    tags: Mapping[str, str],
) -> Iterator[DatasetWriter]:
    """The same for probabilities, encoded by `encode_probabilities`: a band for each class."""
    with _writer(path, geobox, len(CLASSES), tags) as file:
        for band, name in enumerate(CLASSES, start=1):
            file.set_band_description(band, name)
        file.scales = (1 / PROBABILITY_STEPS,) * len(CLASSES)
        file.colorinterp = (ColorInterp.gray,) + (ColorInterp.undefined,) * (len(CLASSES) - 1)
        yield file


@contextmanager
def _writer(
    path: Path,
    geobox: GeoBox,
    bands: int,
    tags: Mapping[str, str],
) -> Iterator[DatasetWriter]:
    # An identity that is written down would be taken for a place.
    transform = None if geobox.transform.is_identity else geobox.transform
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "dtype": "uint8",
        "nodata": NO_LABEL,
        "count": bands,
        "height": geobox.shape[0],
        "width": geobox.shape[1],
        "crs": geobox.crs,
        "transform": transform,
        "tiled": True,
        "blockxsize": _BLOCK,
        "blockysize": _BLOCK,
        "interleave": "band",
        "compress": "deflate",
        "zlevel": 1,
        "bigtiff": "if_safer",
        "photometric": "minisblack",
    }
    with open_dataset(path, "w", **profile) as file:
        names = "; ".join(f"{index} = {name}" for index, name in enumerate(CLASSES))
        about = names if bands == 1 else f"Class probabilities in steps of 0.004: {names}"
        file.update_tags(
            **{name: _clean(value) for name, value in tags.items()},
            TIFFTAG_IMAGEDESCRIPTION=about,
            TIFFTAG_SOFTWARE="lcviz",
        )
        yield file
    _check_whole(path)


def _check_whole(path: Path) -> None:
    """Read a closed file back: GDAL does not tell when a disk is full at the very end.

    Raises:
        RasterioError, OSError: a block is not there, or cannot be read.
    """
    with open_dataset(path) as file:
        for band in file.indexes:
            for (row, column), window in file.block_windows(band):
                block = f"BLOCK_OFFSET_{column}_{row}"
                if file.get_tag_item(block, "TIFF", bidx=band) is None:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                file.read(band, window=window)


def write_cog(source: Path, target: Path) -> None:
    """Write a GeoTIFF of this module as Cloud-Optimised GeoTIFF, whole or not at all.

    Colour table, names, tags, no data and georeference are kept; overviews take the nearest pixel.

    Args:
        source: what a writer of this module wrote.
        target: file to write; one that is there is replaced.

    Raises:
        RasterError: `target` is `source`, or cannot be written.
    """
    if target.exists() and target.samefile(source):
        raise RasterError(f"{target} would overwrite what it is made from; choose another name")
    options = {"compress": "deflate", "predictor": "no", "overview_resampling": "nearest"}
    try:
        with warnings.catch_warnings(), atomic_path(target) as temporary:
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            rasterio.shutil.copy(source, temporary, driver="COG", bigtiff="if_safer", **options)
            _check_copy(source, temporary)
    except (*GDAL_ERRORS, OSError) as error:
        told = str(error).replace(f"{target.parent}/", "")
        raise RasterError(
            f"{target.name} cannot be written ({told}). Check that its disk has space left, then "
            "try again"
        ) from error


def _check_copy(source: Path, copy: Path) -> None:
    """Read a copy back from the disk: GDAL does not tell when a disk is full at the very end.

    Raises:
        RasterioError, OSError: it cannot be read, or is not what was to be written.
    """
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    with open_dataset(source) as wanted, open_dataset(copy) as written:
        if (written.shape, written.count) != (wanted.shape, wanted.count):
            raise OSError("what was written is not what was to be written")
        for _, window in wanted.block_windows(1):
            if not np.array_equal(wanted.read(window=window), written.read(window=window)):
                raise OSError("what was written is not what was to be written")


def _clean(value: str) -> str:
    """Text that the XML of a GeoTIFF's metadata can hold."""
    return re.sub(r"[^\x20-\ud7ff\ue000-\ufffd]", "?", value)[:1000]
