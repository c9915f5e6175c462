"""Products as they are opened and read."""

from pathlib import Path

import numpy as np
from product_factory import (
    TEN,
    scene,
)
from rasterio.windows import Window

from lcviz.rasters.guard import Finding, inspect
from lcviz.rasters.products.opening import Prepared, Wish, prepare
from lcviz.rasters.reading import open_raster


def opened(work: Path, *paths: Path, **wish) -> Prepared:
    work.mkdir(exist_ok=True)
    return prepare(paths, work, Wish(**wish))


def read(prepared: Prepared, **answers) -> tuple[Finding, np.ndarray, np.ndarray]:
    with open_raster(prepared.path, prepared.folder) as raster:
        finding = inspect(raster, answers)
        window = Window(0, 0, raster.width, raster.height)
        return finding, *raster.reading(finding.units).read(window)


def expected(level: str = "L1C") -> np.ndarray:
    return np.stack([scene(level)[band] for band in TEN])
