"""GeoTIFFs that a person could bring."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

SIZE = 96
PLACE = Affine(10, 0, 500_000, 0, -10, 5_000_000)


def land(bands: int = 13) -> np.ndarray:
    """DN of a plausible scene with dark water in one corner, (bands, 96, 96)."""
    random = np.random.default_rng(0)
    values = random.normal(1800, 400, (bands, SIZE, SIZE)).clip(300, 6000)
    values[:, :20, :20] = random.uniform(40, 300, (bands, 20, 20))
    values[:3, :20, :20] += 700
    if bands == 13:
        values[10] = random.uniform(5, 30, (SIZE, SIZE))  # cirrus
    return values.round()


def write(
    path: Path,
    values: np.ndarray,
    dtype: str = "uint16",
    names: Sequence[str] | None = None,
    tags: dict[str, str] | None = None,
    scale: tuple[float, float] | None = None,
    **profile,
) -> Path:
    """Write (bands, rows, columns), with names of the bands, tags, and a scale and offset."""
    settings = {
        **{"driver": "GTiff", "count": len(values), "dtype": dtype, "crs": "EPSG:32633"},
        **{"height": values.shape[1], "width": values.shape[2], "transform": PLACE},
    }
    with rasterio.open(path, "w", **(settings | profile)) as dataset:
        dataset.write(values.astype(dtype))
        if names:
            dataset.descriptions = names
        if scale:
            dataset.scales = (scale[0],) * len(values)
            dataset.offsets = (scale[1],) * len(values)
        dataset.update_tags(**(tags or {}))
    return path


def sparse(path: Path, side: int, bands: int = 13, **profile) -> Path:
    """A raster that is all header: no block is stored."""
    settings = {"driver": "GTiff", "count": bands, "dtype": "uint16", "SPARSE_OK": True}
    settings |= {"height": side, "width": side, "compress": "deflate", "tiled": True}
    with rasterio.open(path, "w", **(settings | profile)):
        pass
    return path


def damaged_late(path: Path, interleave: str = "pixel") -> Path:
    """A raster of which one block, that the guard does not look at, cannot be decoded.

    By band, it is one of the last band, which no preview shows.
    """
    values = np.tile(land(), (1, 8, 8))
    tiled = {"tiled": True, "blockxsize": 64, "blockysize": 64}
    write(path, values, compress="deflate", interleave=interleave, **tiled)
    with rasterio.open(path) as file:
        start = file.get_tag_item("BLOCK_OFFSET_8_8", "TIFF", bidx=13)
        length = file.get_tag_item("BLOCK_SIZE_8_8", "TIFF", bidx=13)
    with path.open("r+b") as file:
        file.seek(int(start))
        file.write(bytes(int(length)))
    return path
