"""What the guard says of a raster."""

from pathlib import Path

import numpy as np
from raster_factory import desert
from rasterio.windows import Window

from lcviz.rasters.guard import Finding, inspect
from lcviz.rasters.reading import Units, open_raster
from lcviz.taxonomy import S2_BAND_NAMES

L1C = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12")
L2A = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
TEN_OF_L2A = [L2A.index(name) for name in S2_BAND_NAMES]


def look(path: Path, units: Units | None = None) -> tuple[Finding, np.ndarray]:
    """What the guard says, and the DN as it or `units` says."""
    with open_raster(path) as raster:
        finding = inspect(raster)
        window = Window(0, 0, raster.width, raster.height)
        return finding, raster.reading(units or finding.units).read(window)[0]


def bright(bands: int = 10) -> np.ndarray:
    """A scene without anything dark: it could hold the offset, or not."""
    return desert(bands)
