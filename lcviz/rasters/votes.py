"""What several models say of one raster together: the class that most of them say."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from lcviz.georeference import geobox_of, open_dataset
from lcviz.rasters.areas import areas, count_classes, pixel_area
from lcviz.rasters.geotiff import class_map_writer
from lcviz.rasters.prediction import RasterPrediction
from lcviz.rasters.uncertainty import majority
from lcviz.taxonomy import CLASSES

_ROWS: Final = 512
"""Rows at a time: those of the files' blocks."""


def vote(
    predictions: Sequence[RasterPrediction],
    target: Path,
    tags: Mapping[str, str],
) -> RasterPrediction:
    """Write the class map that most models say, strip by strip.

    Args:
        predictions: of the same raster, at least one.
        target: class map to write.
        tags: its metadata.

    Returns:
        The class map and its areas; there are no probabilities.
    """
    pixels = np.zeros(len(CLASSES), dtype=np.int64)
    ground: npt.NDArray[np.float64] | None = np.zeros(len(CLASSES))
    with ExitStack() as stack:
        maps = [stack.enter_context(open_dataset(p.classes)) for p in predictions]
        geobox = geobox_of(maps[0])
        shape = geobox.shape
        target.parent.mkdir(parents=True, exist_ok=True)
        out = stack.enter_context(class_map_writer(target, geobox, tags))
        for top in range(0, shape[0], _ROWS):
            window = Window(0, top, shape[1], min(_ROWS, shape[0] - top))
            classes = majority(np.stack([file.read(1, window=window) for file in maps]))
            out.write(classes, 1, window=window)
            counted, area = count_classes(classes), pixel_area(geobox, window)
            pixels += counted
            ground = None if ground is None or area is None else ground + counted * area
    return RasterPrediction(target, None, areas(pixels, ground))
